"""`envcheck timeline`: which requirements begin to bite on which day, and what fails then."""

from __future__ import annotations

from datetime import date

import click

from envcheck.cli import completion
from envcheck.cli.commands.config import CONFIGURED
from envcheck.cli.options import (
    LANG,
    NO_COLOR,
    OK,
    OUTPUT,
    PACK,
    RULES,
    SET,
    Day,
    color_asked,
    deliver,
    language,
    said,
)
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem


@click.command(
    "timeline",
    help=said(
        tr("Show what begins to bite on which day, and what fails then."),
        lines=(
            "envcheck timeline plant.yaml",
            "envcheck timeline plant.yaml --from 2025-01-01 --to 2026-12-31 --format json",
            'envcheck timeline plant.yaml --set boilers/B1.emissions.NOx="28 mg/m3"',
        ),
    ),
)
@click.argument("file", metavar="FILE", shell_complete=completion.files)
@click.option("--from", "since", type=Day(), help=said(tr("The first day (default: today).")))
@click.option("--to", "until", type=Day(), help=said(tr("The last day (default: no end).")))
@PACK
@RULES
@SET
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@OUTPUT
@LANG
@click.option("-v", "--verbose", is_flag=True, help=said(tr("Also what is met and what ends.")))
@NO_COLOR
@CONFIGURED
def command(
    file: str,
    since: date | None,
    until: date | None,
    chosen: tuple[str, ...],
    folders: tuple[str, ...],
    changes: tuple[str, ...],
    form: str,
    output: str | None,
    lang: str | None,
    verbose: bool,
    no_color: bool,
) -> int:
    """Write what changes for a facility on which day."""
    from envcheck import api
    from envcheck.report import timeline as pages

    first = since or date.today()
    if until is not None and until < first:
        what = tr("{until} lies before the first day {first}", until=until, first=first)
        raise InputError([Problem(Place("--to"), what)])
    book = api.load_rules(*folders)
    facilities = api.read_facilities([file], book, changes)
    if len(facilities) != 1:
        raise InputError([Problem(Place(file), tr("name one facility file"))])
    found = api.timeline(facilities[0], book, first, until, packs=chosen)
    if form == "json":
        deliver(output, pages.as_json(found, book.vocabulary))
    else:
        shown = color_asked(no_color)
        manner = language(lang)
        deliver(output, lambda s: pages.write(found, book.vocabulary, s, manner, color=shown, verbose=verbose))
    return OK
