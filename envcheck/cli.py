"""The command line: which commands there are, and what becomes of an error.

Commands live in `commands/`, one a file, and load only when called. Exit codes: 0 compliant, 1 something fails,
3 undetermined, 2 wrong input or call, 70 a fault of our own.
"""

from __future__ import annotations

import gc
import gettext
import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from envcheck import __version__
from envcheck.commands import said, spoken
from envcheck.text import LOCALE, InputError, tr

OK, WRONG, FAULT, INTERRUPTED = 0, 2, 70, 130
COMMANDS = {
    "check": tr("Check facility files against the plans that bind them."),
    "screen": tr("Screen a register: tables with one subject a row."),
    "config": tr("Show the defaults in force and where they come from."),
    "diff": tr("Compare two results: what got worse, better, appeared, vanished."),
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
        command: click.Command = import_module(f"envcheck.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section(said(tr("Commands"))):
            formatter.write_dl([(name, said(text)) for name, text in COMMANDS.items()])


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=said(tr("Hold facility files against environmental plans.")),
)
@click.version_option(__version__, prog_name="envcheck", help=said(tr("Show the version and exit.")))
def cli() -> None:
    """All commands."""


def main() -> NoReturn:
    """Run envcheck; bad input ends with its problems on stderr and exit code 2, a fault of ours with 70."""
    gc.set_threshold(200_000)  # a check makes many small records and no garbage worth stopping for
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    configured: dict[str, str] = {}
    _speak()
    try:
        code = cli.main(standalone_mode=False, prog_name="envcheck", obj=configured)
    except InputError as error:
        code = _tell(error, configured.get("lang"))
    except click.ClickException as error:
        error.show()
        code = WRONG
    except (click.exceptions.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = OK
    except SystemExit:
        raise
    except BaseException:  # a panic of Polars is no Exception
        code = _confess(configured.get("lang"))
    sys.exit(code)


def _speak() -> None:
    """Let click's own words ("Usage", "Missing option") come from our catalogue, in the language of the call."""
    gettext.bindtextdomain("click", LOCALE)
    gettext.textdomain("click")
    os.environ["LANGUAGE"] = spoken()


def _tell(error: InputError, configured: str | None) -> int:
    """Write every problem of the input, one a line."""
    from envcheck.report.words import clean

    for problem in error.problems:
        click.echo(clean(problem.within(spoken(configured))), err=True)
    return WRONG


def _confess(configured: str | None) -> int:
    """Write what went wrong inside envcheck."""
    import traceback

    traceback.print_exc()
    click.echo(tr("A fault of envcheck itself; please report the above").within(spoken(configured)), err=True)
    return FAULT
