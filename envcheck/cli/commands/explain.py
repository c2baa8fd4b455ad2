"""`envcheck explain`: how a rule judges a subject, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import IO, TYPE_CHECKING, NamedTuple

import click

from envcheck.cli import completion
from envcheck.cli.commands.config import CONFIGURED
from envcheck.cli.options import (
    AS_OF,
    LANG,
    NO_COLOR,
    OK,
    OUTPUT,
    RULES,
    SET,
    as_record,
    color_asked,
    deliver,
    help_text,
    language,
)
from envcheck.text.messages import EMPTY, join, ptr, tr
from envcheck.text.problems import InputError, Place, Problem, nearest

if TYPE_CHECKING:
    from envcheck.model.facility import Facility, Subject
    from envcheck.model.rule import Pack, Rule
    from envcheck.report.explain import Explained
    from envcheck.vocabulary.words import Vocabulary


class ExplainOptions(NamedTuple):
    """The options of `explain`."""

    file: str
    rule: str
    subject: str | None
    as_of: date | None
    folders: tuple[str, ...]
    changes: tuple[str, ...]
    form: str
    output: str | None
    lang: str | None
    no_color: bool


@click.command(
    "explain",
    help=help_text(
        tr("Explain how RULE judges SUBJECT (default: all that it may concern)."),
        tr(
            "RULE is an id (gas-boiler-1t-nox), PACK/ID, a ledger id, or a title or a part of it; SUBJECT is a path as in findings: boilers/B1, facility."
        ),
        lines=(
            "envcheck explain plant.yaml gas-boiler-1t-nox boilers/B1",
            "envcheck explain plant.yaml kundulun-2023-113 --as-of 2026-01-01 --lang en",
        ),
    ),
)
@click.argument("file", metavar="FILE", shell_complete=completion.files)
@click.argument("rule", shell_complete=completion.rules)
@click.argument("subject", required=False)
@AS_OF
@RULES
@SET
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help=help_text(tr("Output format."))
)
@OUTPUT
@LANG
@NO_COLOR
@CONFIGURED
@as_record(ExplainOptions)
def command(options: ExplainOptions) -> int:
    """Write the derivation of a rule on one subject, or on all that it is about."""
    from envcheck import api
    from envcheck.rulebook.selection import find_rule

    book = api.load_rules(*options.folders)
    facilities = api.read_facilities([options.file], book, options.changes)
    if len(facilities) != 1:
        raise InputError([Problem(Place(options.file), tr("name one facility file"))])
    rules = find_rule(book.packs(), options.rule)
    chosen = _subjects(facilities[0], options.subject, [one for _, one in rules], book.vocabulary)
    day, manner = options.as_of or date.today(), (language(options.lang), color_asked(options.no_color))
    found = _judge_subjects(facilities[0], rules, chosen, day)
    if options.form == "json":
        from envcheck.report.explain import as_json

        deliver(options.output, as_json(found, book.vocabulary))
    else:
        deliver(options.output, lambda s: _write(s, found, book.vocabulary, manner))
    return OK


def _subjects(facility: Facility, name: str | None, rules: Sequence[Rule], words: Vocabulary) -> tuple[Subject, ...]:
    """The subjects asked about that a rule can be about."""
    kinds = {rule.kind for rule in rules}
    subjects = facility.subjects()
    if name is not None:
        subjects = tuple(s for s in subjects if s.path == name)
        if not subjects:
            known = [s.path for s in facility.subjects()]
            what = tr("the file holds no subject {name}", name=name)
            raise InputError([Problem(Place("SUBJECT"), what, nearest(name, known))])
    fitting = tuple(s for s in subjects if s.kind in kinds)
    if not fitting:
        labels = [words.kinds[kind].label for kind in sorted(kinds)]
        kinds_named = join(ptr("list of words", ", "), labels)
        what = tr("the rule is about this kind of subject, of which there is none: {kinds}", kinds=kinds_named)
        known = [s.path for s in facility.subjects() if s.kind in kinds]
        raise InputError(
            [Problem(Place(name or facility.source), what, nearest(name or "", known) if known else EMPTY)]
        )
    return fitting


def _judge_subjects(
    facility: Facility, rules: Sequence[tuple[Pack, Rule]], subjects: Sequence[Subject], day: date
) -> list[Explained]:
    from envcheck.judging.judge import judge
    from envcheck.judging.situation import Situation

    found: list[Explained] = []
    for pack, rule in rules:
        for one in (subject for subject in subjects if subject.kind == rule.kind):
            at = Situation(facility, one, day, pack.definitions)
            found.append((judge(rule, pack, at), pack, at))
    return found


def _write(stream: IO[str], found: Sequence[Explained], words: Vocabulary, manner: tuple[str, bool | None]) -> None:
    """Every finding in full, those that do not apply in one line where there are others."""
    from envcheck.report import explain as pages

    first = True
    for finding, pack, at in found:
        short = finding.status == "not_applicable" and len(found) > 1
        if not first and not short:
            stream.write("\n" + "─" * 40 + "\n\n")
        if short:
            pages.brief(finding, stream, manner)
        else:
            pages.write(finding, pack, at, words, stream, manner)
        first = False
