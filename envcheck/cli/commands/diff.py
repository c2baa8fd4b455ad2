"""`envcheck diff`: what got worse, better, appeared or vanished between two results."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import click

from envcheck.cli import completion
from envcheck.cli.commands.config import CONFIGURED, configured
from envcheck.cli.options import (
    FAILED,
    FORMAT,
    LANG,
    NO_COLOR,
    OK,
    OUTPUT,
    RULE_PACKS,
    Day,
    as_record,
    color_asked,
    deliver,
    help_text,
    language,
    verbose_option,
)
from envcheck.files import bounds, reading
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem

RESULT = "envcheck/findings/1"


class DiffOptions(NamedTuple):
    """The options of `diff`."""

    files: tuple[str, ...]
    days: tuple[date, ...]
    packs: tuple[str, ...]
    folders: tuple[str, ...]
    form: str
    output: str | None
    lang: str | None
    verbose: bool
    no_color: bool


@click.command(
    "diff",
    help=help_text(
        tr("Compare two JSON results, two facility files, or one file at two dates."),
        tr(
            "Ends with 1 if something got worse (a failing or undetermined finding that appears is worse), else with 0."
        ),
        lines=(
            "envcheck diff march.json april.json",
            "envcheck diff plant-2025.yaml plant-2026.yaml --as-of 2026-01-01",
            "envcheck diff plant.yaml --as-of 2025-06-01 --as-of 2026-06-01",
        ),
    ),
)
@click.argument("files", nargs=-1, required=True, metavar="OLD [NEW]", shell_complete=completion.files)
@click.option(
    "--as-of",
    "days",
    type=Day(),
    multiple=True,
    help=help_text(tr("The day asked about; twice for the old and the new.")),
)
@RULE_PACKS
@FORMAT
@OUTPUT
@LANG
@verbose_option(tr("List everything."))
@NO_COLOR
@CONFIGURED
@as_record(DiffOptions)
def command(options: DiffOptions) -> int:
    """Compare two results, and tell by the exit code whether something got worse."""
    from envcheck.judging.diff import compare
    from envcheck.report import diff as pages

    if len(options.files) > 2 or len(options.days) > 2 or (len(options.files) == 1 and len(options.days) != 2):
        what = tr("two files are due, or one file and two dates")
        hint = tr("as in diff A B, or diff A --as-of OLD --as-of NEW")
        raise InputError([Problem(Place("diff"), what, hint)])
    sides = options.files if len(options.files) == 2 else options.files * 2
    dates = options.days if len(options.days) == 2 else (options.days or (None,)) * 2
    problems: list[Problem] = []
    results: list[dict[str, Any]] = []
    for path, day in zip(sides, dates, strict=True):
        try:
            results.append(_result(path, day, options.packs, options.folders))
        except InputError as error:
            problems.extend(p for p in error.problems if p not in problems)
    if problems:
        raise InputError(problems)
    found = compare(*results)
    if options.form == "json":
        deliver(options.output, pages.as_json(found, configured()))
    else:
        shown = color_asked(options.no_color)
        deliver(
            options.output,
            lambda s: pages.write(found, s, language(options.lang), color=shown, verbose=options.verbose),
        )
    return FAILED if any(one.is_worse for one in found.differences) else OK


def _result(path: str, day: date | None, packs: Sequence[str], folders: Sequence[str]) -> dict[str, Any]:
    """A result kept in a file, or made from a facility file."""
    kept = read_result(path)
    if kept is None:
        return _check(path, day or date.today(), packs, folders)
    if day is not None and day.isoformat() != kept["as_of"]:
        what = tr("this result is as of {day}", day=date.fromisoformat(kept["as_of"]))
        hint = tr("--as-of cannot change a result that is kept")
        raise InputError([Problem(Place(path), what, hint)])
    return kept


def read_result(path: str) -> dict[str, Any] | None:
    """The result in a JSON file; None where the file is something else.

    Raises:
        InputError: it is a result that cannot be used.
    """
    if path == "-":
        return None
    if os.path.isdir(path):
        return None
    data = reading.read(path, bounds.RESULT)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not str(found.get("format", "")).startswith("envcheck/findings/"):
        return None
    if found["format"] != RESULT or not _is_result(found):
        what = tr("not a result of envcheck that can be used")
        hint = tr("make it anew with check --format json")
        raise InputError([Problem(Place(path), what, hint)])
    return found


def _is_result(result: dict[str, Any]) -> bool:
    """Whether a result holds what comparing it takes."""
    from envcheck.model.rule import STATUSES
    from envcheck.report.parts.phrases import OUTCOME

    try:
        date.fromisoformat(result["as_of"])
        texts = [pack["id"] for pack in result["packs"]]
        for facility in result["facilities"]:
            texts += [facility["id"], facility["name"]]
            if facility["outcome"] not in OUTCOME:
                return False
            for finding in facility["findings"]:
                texts += [finding["rule"], finding["subject"], *finding["missing"]]
                texts += [finding["title"]["zh"], finding["title"]["en"]] if finding.get("title") else []
                for number in ("measured", "limit"):
                    held = finding.get(number)
                    texts += [held["value"], held["unit"]] if held else []
                texts += [finding["limit"]["op"]] if finding.get("limit") else []
                if finding["status"] not in STATUSES:
                    return False
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return all(isinstance(text, str) for text in texts)


def _check(path: str, day: date, packs: Sequence[str], folders: Sequence[str]) -> dict[str, Any]:
    from envcheck import api
    from envcheck.report.formats.json import result_data

    rules = api.load_rules(*folders)
    facilities = api.read_facilities([path], rules)
    result = api.check(facilities, rules, as_of=day, packs=packs)
    return result_data(result._replace(narrowed=()), rules.vocabulary)
