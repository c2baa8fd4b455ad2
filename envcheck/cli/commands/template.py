"""`envcheck template`: a form with just the fields that the rules in force can use."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import click

from envcheck.cli import completion
from envcheck.cli.commands.config import CONFIGURED
from envcheck.cli.options import (
    LANG,
    OK,
    RULE_PACKS,
    Day,
    as_record,
    deliver,
    help_text,
    language,
)
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem, nearest

if TYPE_CHECKING:
    from envcheck.forms.fields import Form
    from envcheck.vocabulary.words import Vocabulary


class TemplateOptions(NamedTuple):
    """The options of `template`."""

    kind: str
    industry: str | None
    region: str | None
    as_of: date | None
    lists: tuple[str, ...]
    output: str
    packs: tuple[str, ...]
    folders: tuple[str, ...]
    lang: str | None


@click.command(
    "template",
    help=help_text(
        tr("Make a form for a TYPE of facility, with the fields that its rules can use."),
        lines=(
            "envcheck template heating_plant --region 150203 -o form.xlsx",
            "envcheck template enterprise --industry steel --region 150203 --as-of 2026-01-01 -o form.yaml",
            "envcheck template 加油站 --region 1503 --list oil_tankers -o form.xlsx",
        ),
    ),
)
@click.argument("kind", metavar="TYPE", shell_complete=completion.types)
@click.option("--industry", help=help_text(tr("The industry, such as steel.")), shell_complete=completion.industries)
@click.option(
    "--region",
    metavar="CODE",
    help=help_text(tr("Region, by code or name (150203, 昆都仑区).")),
    shell_complete=completion.regions,
)
@click.option("--as-of", type=Day(), help=help_text(tr("The day whose rules count (default: today).")))
@click.option(
    "--list",
    "lists",
    multiple=True,
    metavar="NAME",
    help=help_text(tr("Only these lists, such as boilers.")),
    shell_complete=completion.kinds,
)
@click.option("-o", "--output", required=True, metavar="FILE", help=help_text(tr("Write to FILE.xlsx or FILE.yaml.")))
@RULE_PACKS
@LANG
@CONFIGURED
@as_record(TemplateOptions)
def command(options: TemplateOptions) -> int:
    """Write a form for a kind of facility."""
    from envcheck.forms import fields
    from envcheck.rulebook import loading

    ending = os.path.splitext(options.output)[1].lower()
    if ending not in (".yaml", ".yml", ".xlsx"):
        what = tr("the output has an ending that says no format")
        raise InputError([Problem(Place(options.output), what, tr("Known: .xlsx .yaml"))])
    book = loading.load(options.folders)
    known = _known(book.vocabulary, options.kind, options.industry, options.region)
    day = options.as_of or date.today()
    packs = book.named(options.packs)
    form = _only(fields.form(packs, book.vocabulary, known, day), options.lists, book.vocabulary)
    tongue = language(options.lang)
    lines = _introduction(form, book.vocabulary, known, day, tongue, sheets=ending == ".xlsx")
    content: str | bytes
    if ending == ".xlsx":
        from envcheck.forms import tables, workbook

        content = workbook.write(tables.of_form(form, known, book.vocabulary, tongue), lines, tongue)
    else:
        from envcheck.forms import plain

        content = plain.blank(form, known, book.vocabulary, lines, tongue)
    deliver(options.output, content)
    return OK


def _known(words: Vocabulary, kind: str, industry: str | None, region: str | None) -> dict[str, str]:
    """What the call says of the facility, as the vocabulary names it."""
    problems: list[Problem] = []
    known: dict[str, str] = {}
    for option, name, listing, word in (
        ("TYPE", "type", "facility_type", kind),
        ("--industry", "industry", "industry", industry),
    ):
        if word is None:
            continue
        choice = words.choice(listing, word)
        if choice is None:
            what = tr("unknown: {word}", word=word[:40])
            problems.append(Problem(Place(option), what, words.offered(listing, word)))
        else:
            known[name] = choice.id
    if region is not None:
        code = words.region(region)
        if code is None:
            hint = tr("write a region code or name such as 150203 or 昆都仑区")
            problems.append(Problem(Place("--region"), tr("unknown: {region}", region=region[:40]), hint))
        else:
            known["region"] = code
    if problems:
        raise InputError(problems)
    return known


def _only(form: Form, lists: tuple[str, ...], words: Vocabulary) -> Form:
    """The form with the lists asked for, all of them where none is named."""
    plurals = {words.kinds[kind].plural: kind for kind in form.fields if kind != "facility"}
    problems = [
        Problem(Place("--list"), tr("no list {name}", name=name), nearest(name, plurals))
        for name in lists
        if name not in plurals
    ]
    if not form.rules:
        what = tr("no rule in force can concern it: there is nothing to ask")
        problems.append(Problem(Place("template"), what, tr("look at --region and --as-of")))
    if problems:
        raise InputError(problems)
    kept = {"facility", *(plurals[name] for name in lists or plurals)}
    return form._replace(fields={kind: uses for kind, uses in form.fields.items() if kind in kept})


def _introduction(
    form: Form, words: Vocabulary, known: dict[str, str], day: date, lang: str, *, sheets: bool
) -> list[str]:
    """What a form says above its fields: how it is filled in, and by which plans it was made."""
    choice = words.choices["facility_type"][known["type"]]
    stated = ", ".join(f"{name} = {value}" for name, value in known.items())
    lines = [
        tr("envcheck form: {label}", label=choice.label),
        tr(
            "made from the rules in force on {day} ({stated}): {rules} rules may concern it",
            day=day,
            stated=stated,
            rules=form.rules,
        ),
        *(tr("plan: {title} ({citation})", title=pack.title, citation=pack.citation) for pack in form.packs),
        tr("Leave empty what is not known: empty means unknown, not no. An id is required."),
    ]
    if sheets:
        lines += [
            tr("A bare number takes the unit in the heading; write another unit beside it, as in 14 MW. No formulas."),
            tr(
                "Rows whose column A begins with #, columns whose heading does, and sheets whose name does are not read."
            ),
            tr("When filled in, run: envcheck check FILE.xlsx"),
            tr("Sheets:"),
        ]
    told = [line.within(lang) for line in lines]
    if sheets:
        told.append("facility " + words.kinds["facility"].label.within(lang))
        told += [f"{words.kinds[k].plural} {words.kinds[k].label.within(lang)}" for k in form.fields if k != "facility"]
    else:
        told.append(
            tr(
                "Lines that begin with `# ` are fields: take `# ` away and write a value after the colon, keep the indent."
            ).within(lang)
        )
    return told
