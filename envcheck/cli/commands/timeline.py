"""`envcheck timeline`: which requirements begin to bite on which day, and what fails then."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from envcheck.cli import completion
from envcheck.cli.commands.config import CONFIGURED
from envcheck.cli.options import (
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

if TYPE_CHECKING:
    from envcheck.model.facility import Facility


class TimelineOptions(NamedTuple):
    """The options of `timeline`."""

    files: tuple[str, ...]
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
            "envcheck timeline facilities/ --to 2026-12-31 -o deadlines.ics",
        ),
    ),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=completion.files)
@click.option("--from", "since", type=Day(), help=help_text(tr("The first day (default: today).")))
@click.option("--to", "until", type=Day(), help=help_text(tr("The last day (default: no end).")))
@RULE_PACKS
@SET
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "ics"]),
    default="text",
    show_default=True,
    help=help_text(tr("Output format; ics is a calendar, of several files too.")),
)
@OUTPUT
@LANG
@verbose_option(tr("Also what is met and what ends."))
@NO_COLOR
@CONFIGURED
@as_record(TimelineOptions)
def command(options: TimelineOptions) -> int:
    """Write what changes for a facility on which day; as a calendar, for several."""
    from envcheck import api
    from envcheck.report import timeline as pages

    first = options.since or date.today()
    if options.until is not None and options.until < first:
        what = tr("{until} lies before the first day {first}", until=options.until, first=first)
        raise InputError([Problem(Place("--to"), what)])
    form = _format(options.form, options.output)
    book = api.load_rules(*options.folders)
    facilities = api.read_facilities(options.files, book, options.changes)
    if form == "ics":
        from envcheck.report import calendar

        _told_apart(facilities)
        # What is due on the last day turns on the day after.
        until = options.until + timedelta(days=1) if options.until not in (None, date.max) else options.until
        all_found = [api.timeline(one, book, first, until, packs=options.packs) for one in facilities]
        manner = language(options.lang)
        deliver(
            options.output,
            calendar.render(all_found, book.vocabulary, manner, options.until, verbose=options.verbose),
        )
        return OK
    if len(facilities) != 1:
        hint = tr("--format ics takes several")
        raise InputError([Problem(Place(options.files[0]), tr("name one facility file"), hint)])
    found = api.timeline(facilities[0], book, first, options.until, packs=options.packs)
    if form == "json":
        deliver(options.output, pages.as_json(found, book.vocabulary))
    else:
        shown = color_asked(options.no_color)
        manner = language(options.lang)
        deliver(
            options.output,
            lambda s: pages.write(found, book.vocabulary, s, manner, color=shown, verbose=options.verbose),
        )
    return OK


def _format(form: str, output: str | None) -> str:
    """The format asked for; a file that is named as a calendar is one."""
    given = click.get_current_context().get_parameter_source("form") is ParameterSource.COMMANDLINE
    return "ics" if not given and os.path.splitext(output or "")[1].lower() == ".ics" else form


def _told_apart(facilities: list[Facility]) -> None:
    """That no two facilities share an id: the events of one would overwrite those of the other in a calendar."""
    seen: dict[str, str] = {}
    for one in facilities:
        if one.id in seen:
            what = tr("the id {id} is that of {file} too", id=one.id, file=seen[one.id])
            raise InputError([Problem(Place(one.source), what)])
        seen[one.id] = one.source
