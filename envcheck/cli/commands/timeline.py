"""`envcheck timeline`: which requirements begin to bite on which day, and what fails then."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import click

from envcheck.cli import completion
from envcheck.cli.commands.config import CONFIGURED
from envcheck.cli.options import (
    FORMAT,
    LANG,
    NO_COLOR,
    OK,
    OUTPUT,
    RULE_PACKS,
    SET,
    Day,
    as_record,
    color_asked,
    deliver,
    help_text,
    language,
    verbose_option,
)
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem


class TimelineOptions(NamedTuple):
    """The options of `timeline`."""

    file: str
    since: date | None
    until: date | None
    packs: tuple[str, ...]
    folders: tuple[str, ...]
    changes: tuple[str, ...]
    form: str
    output: str | None
    lang: str | None
    verbose: bool
    no_color: bool


@click.command(
    "timeline",
    help=help_text(
        tr("Show what begins to bite on which day, and what fails then."),
        lines=(
            "envcheck timeline plant.yaml",
            "envcheck timeline plant.yaml --from 2025-01-01 --to 2026-12-31 --format json",
            'envcheck timeline plant.yaml --set boilers/B1.emissions.NOx="28 mg/m3"',
        ),
    ),
)
@click.argument("file", metavar="FILE", shell_complete=completion.files)
@click.option("--from", "since", type=Day(), help=help_text(tr("The first day (default: today).")))
@click.option("--to", "until", type=Day(), help=help_text(tr("The last day (default: no end).")))
@RULE_PACKS
@SET
@FORMAT
@OUTPUT
@LANG
@verbose_option(tr("Also what is met and what ends."))
@NO_COLOR
@CONFIGURED
@as_record(TimelineOptions)
def command(options: TimelineOptions) -> int:
    """Write what changes for a facility on which day."""
    from envcheck import api
    from envcheck.report import timeline as pages

    first = options.since or date.today()
    if options.until is not None and options.until < first:
        what = tr("{until} lies before the first day {first}", until=options.until, first=first)
        raise InputError([Problem(Place("--to"), what)])
    book = api.load_rules(*options.folders)
    facilities = api.read_facilities([options.file], book, options.changes)
    if len(facilities) != 1:
        raise InputError([Problem(Place(options.file), tr("name one facility file"))])
    found = api.timeline(facilities[0], book, first, options.until, packs=options.packs)
    if options.form == "json":
        deliver(options.output, pages.as_json(found, book.vocabulary))
    else:
        shown = color_asked(options.no_color)
        manner = language(options.lang)
        deliver(
            options.output,
            lambda s: pages.write(found, book.vocabulary, s, manner, color=shown, verbose=options.verbose),
        )
    return OK
