"""`envcheck check`: hold facility files against the plans that bind them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from typing import IO, TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from envcheck.cli import completion
from envcheck.cli.commands.config import CONFIGURED, configured
from envcheck.cli.options import (
    AS_OF,
    FAIL_ON,
    FAILED,
    LANG,
    NO_COLOR,
    OK,
    OUTPUT,
    RULE_PACKS,
    SELECTION,
    SET,
    UNDETERMINED,
    as_record,
    color_asked,
    deliver,
    help_text,
    language,
    quiet_option,
    verbose_option,
    watching,
)
from envcheck.files import bounds, reading
from envcheck.report.formats import FORMATS
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem

if TYPE_CHECKING:
    from envcheck.judging.diff import Data
    from envcheck.model.facility import Facility
    from envcheck.model.finding import Result
    from envcheck.rulebook.loading import Rulebook

ENDINGS = {form: form for form in FORMATS} | {"xml": "junit", "txt": "text"}
"""The formats that the ending of an output file asks for."""
GATES = ("must", "in_principle", "target", "encourage", "unknown", "none")


class CheckOptions(NamedTuple):
    """The options of `check`."""

    files: tuple[str, ...]
    as_of: date | None
    packs: tuple[str, ...]
    folders: tuple[str, ...]
    changes: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    engine: str | None
    form: str | None
    output: str | None
    baseline: str | None
    lang: str | None
    fail_on: str
    strict: bool
    quiet: bool
    verbose: bool
    no_color: bool


@click.command(
    "check",
    help=help_text(
        tr("Check facility files against the plans that bind them."),
        lines=(
            "envcheck check facilities/gas-boiler-house.yaml",
            "envcheck check plant.yaml --as-of 2026-01-01 --lang en",
            "envcheck check plant.yaml --format json -o findings.json",
            'envcheck check plant.yaml --set boilers/B1.emissions.NOx="28 mg/m3"',
        ),
    ),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=completion.files)
@AS_OF
@RULE_PACKS
@SET
@SELECTION
@click.option(
    "--engine",
    type=click.Choice(["durable", "direct"]),
    help=help_text(tr("Inference engine (default: durable where it loads).")),
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help=help_text(tr("Output format (default: by the ending of the output file, else text).")),
)
@OUTPUT
@click.option(
    "--baseline",
    metavar="OLD",
    help=help_text(tr("With --format sarif: say what is new since OLD (a JSON result or SARIF log).")),
    shell_complete=completion.files,
)
@LANG
@FAIL_ON
@click.option("--strict", is_flag=True, help=help_text(tr("Let nothing pass on an assumption or an unverified limit.")))
@quiet_option(tr("Only outcomes and what fails."))
@verbose_option(tr("All findings and their derivation."))
@NO_COLOR
@CONFIGURED
@as_record(CheckOptions)
def command(options: CheckOptions) -> int:
    """Check the files, write the result in the format asked for, and tell by the exit code what it comes to."""
    from envcheck import api

    gated = gates(options.fail_on)
    form = _format(options.form, options.output)
    old = _baseline(options.baseline, form) if options.baseline is not None else None
    rules = api.load_rules(*options.folders)
    found = api.read_readable(options.files, rules, options.changes, watch=watching(tr("reading"), quiet=options.quiet))
    if not found.facilities:
        raise InputError(found.problems)
    result = _checked(options, found.facilities, rules)._replace(configured=configured(), unread=found.unread)
    manner = (language(options.lang), color_asked(options.no_color), options.verbose, options.quiet)
    deliver(options.output, _rendered(result, rules, form, manner, old))
    if options.changes:
        # On paper and for programs the result stays what it is; the screen tells what changed.
        to_screen = form == "text" and options.output in (None, "-")
        _tell_changes(options, result, rules, sys.stdout if to_screen else sys.stderr)
    if found.problems:
        raise InputError(found.problems)
    return _exit_code(result, gated)


def _tell_changes(options: CheckOptions, result: Result, rules: Rulebook, stream: IO[str]) -> None:
    """What changed status against the files as they are, where these can be judged at all."""
    from envcheck import api
    from envcheck.report import whatif

    if api.STANDARD_INPUT in options.files:
        told = tr("Standard input is read once only, so that nothing is compared with the input without --set.")
        click.echo(told.within(language(options.lang)), file=stream)
        return
    as_filed = _as_filed(options, result, rules)
    if as_filed is None:
        told = tr("Without --set the input cannot be judged, so that nothing is compared.")
        click.echo(told.within(language(options.lang)), file=stream)
        return
    whatif.write(as_filed, result, stream, language(options.lang), color=color_asked(options.no_color))


def _as_filed(options: CheckOptions, result: Result, rules: Rulebook) -> Result | None:
    """The same files without what was set; None where they cannot be judged so."""
    from envcheck import api

    found = api.read_readable(options.files, rules)
    if found.unread != result.unread:
        return None
    try:
        return _checked(options, found.facilities, rules)
    except InputError:
        return None


def _checked(options: CheckOptions, facilities: Sequence[Facility], rules: Rulebook) -> Result:
    from envcheck import api

    return api.check(
        facilities,
        rules,
        as_of=options.as_of,
        packs=options.packs,
        select=options.select,
        ignore=options.ignore,
        engine=options.engine,
        strict=options.strict,
        watch=watching(tr("checking"), quiet=options.quiet),
    )


def _format(form: str | None, output: str | None) -> str:
    """The format asked for; the ending of a named output file comes before a configured default.

    Raises:
        InputError: none is asked for, and the ending says none.
    """
    ending = os.path.splitext(output or "")[1].lower().removeprefix(".")
    asked = ENDINGS.get(ending)
    origin = click.get_current_context().get_parameter_source("form")
    if form is not None and not (origin is ParameterSource.DEFAULT_MAP and asked):
        return form
    if ending and asked is None:
        what = tr("the output has an ending that says no format")
        known = ", ".join(f".{known}" for known in ENDINGS if known != "text")
        raise InputError([Problem(Place(output or ""), what, tr("Known: {words}", words=known))])
    return asked or "text"


def _baseline(path: str, form: str) -> Data:
    """The earlier result that a SARIF log is held against."""
    from envcheck.cli.commands.diff import read_result
    from envcheck.report.parts.baseline import of_log

    if form != "sarif":
        what = tr("it goes with --format sarif only")
        raise InputError([Problem(Place("--baseline"), what, tr("use diff for other formats"))])
    found: Data | None = read_result(path)
    if found is None:
        found = of_log(reading.read(path, bounds.RESULT))
    if found is None:
        what = tr("neither a JSON result nor a SARIF log of envcheck")
        hint = tr("make one with check --format json")
        raise InputError([Problem(Place(path), what, hint)])
    return found


def _rendered(
    result: Result, rules: Rulebook, form: str, manner: tuple[str, bool | None, bool, bool], baseline: Data | None
) -> str | bytes | Callable[[IO[str]], None]:
    """The result in a format; text as it streams, since only the stream knows whether it takes colours."""
    if form == "text":
        from envcheck.report.formats import text

        return lambda stream: text.write(result, rules.vocabulary, stream, text.Manner(*manner))
    from envcheck import api

    return api.render(result, rules, form, manner[0], verbose=manner[2], baseline=baseline)


def gates(text: str) -> frozenset[str]:
    """What `--fail-on` names.

    Raises:
        InputError: a word of it is not known, or there is none.
    """
    words = frozenset(word.strip() for word in text.split(",") if word.strip())
    unknown = sorted(words - set(GATES))
    if unknown or not words:
        raise InputError(
            [
                Problem(
                    Place("--fail-on"),
                    tr("unknown: {word}", word=", ".join(unknown) or tr("(empty)")),
                    tr("Known: {words}", words=", ".join(GATES)),
                )
            ]
        )
    return words


def _exit_code(result: Result, gates: frozenset[str]) -> int:
    """1 if a rule of a gated modality fails (or an unknown is gated), else 3 if undetermined, else 0."""
    if gates == {"none"}:
        return OK
    findings = [f for report in result.reports for f in report.findings]
    if any(f.status == "fail" and f.rule.modality in gates for f in findings):
        return FAILED
    undetermined = any(report.outcome == "undetermined" for report in result.reports)
    if undetermined and "unknown" in gates:
        return FAILED
    return UNDETERMINED if undetermined else OK
