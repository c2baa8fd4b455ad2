"""The command line: which commands there are, and what becomes of an error.

Commands live in `commands/`, one a file, and load only when called. Exit codes: 0 compliant, 1 something fails,
3 undetermined, 2 wrong input or call, 70 a fault of our own.
"""

from __future__ import annotations

import gc
import gettext
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from envcheck.cli.options import help_text, message_language
from envcheck.files import streams
from envcheck.files.bounds import PROBLEMS
from envcheck.text.messages import LOCALE, tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.version import __version__

WRONG, FAULT, INTERRUPTED = 2, 70, 130
OUT_OF_MEMORY = re.compile(
    r"out of memory|cannot allocate memory|failed to map segment|can't start new thread|spawn.{0,40}thread"
    r"|memory allocation of|os error (?:11|12)\b|resource temporarily unavailable",
    re.IGNORECASE,
)
"""How systems and libraries say that memory ran out."""
COMMANDS = {
    "check": tr("Check facility files against the plans that bind them."),
    "screen": tr("Screen a register: tables with one subject a row."),
    "config": tr("Show the defaults in force and where they come from."),
    "diff": tr("Compare two results: what got worse, better, appeared, vanished."),
    "verify": tr("Judge a kept result again and say whether it still holds."),
    "explain": tr("Explain step by step how a rule judges a subject."),
    "timeline": tr("Show which requirements begin to bite on which day."),
    "template": tr("Make a form with the fields that rules can use."),
    "convert": tr("Turn a facility file into YAML, JSON or a workbook."),
    "rules": tr("Look at the rule packs and test them."),
    "schema": tr("Print the JSON Schemas of facility files and of findings."),
}


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"envcheck.cli.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section(help_text(tr("Commands"))):
            formatter.write_dl([(name, help_text(text)) for name, text in COMMANDS.items()])


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=help_text(tr("Hold facility files against environmental plans.")),
)
@click.version_option(__version__, prog_name="envcheck", help=help_text(tr("Show the version and exit.")))
def cli() -> None:
    """All commands."""


def main() -> NoReturn:
    """Run envcheck; bad input ends with its problems on stderr and exit code 2, a fault of ours with 70."""
    gc.set_threshold(200_000)  # a check makes many small records and no garbage worth stopping for
    streams.end_on_signals()
    streams.make_safe()
    configured: dict[str, str] = {}
    _localize_click()
    try:
        code = cli.main(standalone_mode=False, prog_name="envcheck", obj=configured)
        sys.stdout.flush()
    except InputError as error:
        code = _write_problems(error.problems, configured.get("lang"))
    except click.ClickException as error:
        error.show()
        code = WRONG
    except (click.exceptions.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except SystemExit:
        raise
    except BaseException as error:  # a panic of Polars is no Exception
        lacking = out_of_memory(error)
        if lacking is None:
            code = _report_fault(configured.get("lang"))
        else:  # nothing more can be loaded
            sys.stderr.write(lacking.within(message_language(configured.get("lang"))) + "\n")
            code = WRONG
    sys.exit(code)


def _localize_click() -> None:
    """Let click's own words ("Usage", "Missing option") come from our catalogue, in the language of the call."""
    gettext.bindtextdomain("click", LOCALE)
    gettext.textdomain("click")
    os.environ["LANGUAGE"] = message_language()


def _write_problems(problems: Sequence[Problem], configured: str | None) -> int:
    """Write the problems of the input, one a line, and how many more there are."""
    from envcheck.report.parts.phrases import clean

    lang = message_language(configured)
    for problem in problems[:PROBLEMS]:
        click.echo(clean(problem.within(lang)), err=True)
    if len(problems) > PROBLEMS:
        click.echo(tr("and {rest} more mistakes", rest=len(problems) - PROBLEMS).within(lang), err=True)
    return WRONG


def out_of_memory(error: BaseException) -> Problem | None:
    """What to tell where memory ran out, in whatever words that was said; None for other errors."""
    matched = OUT_OF_MEMORY.search(str(error)) if isinstance(error, ImportError | OSError | RuntimeError) else None
    panic = OUT_OF_MEMORY.search(str(error)) if type(error).__name__ == "PanicException" else None
    if not (isinstance(error, MemoryError) or matched or panic):
        return None
    return Problem(Place("envcheck"), tr("there is not enough memory"), tr("free some, or read less at once"))


def _report_fault(configured: str | None) -> int:
    """Write what went wrong inside envcheck."""
    import traceback

    traceback.print_exc()
    click.echo(tr("A fault of envcheck itself; please report the above").within(message_language(configured)), err=True)
    return FAULT
