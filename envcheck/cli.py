"""The command line: which commands there are, and what becomes of an error.

Commands live in `commands/`, one a file, and load only when called. Exit codes: 0 compliant, 1 something fails,
3 undetermined, 2 wrong input or call, 70 a fault of our own.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from envcheck import __version__
from envcheck.text import InputError, Text

OK, WRONG, FAULT, INTERRUPTED = 0, 2, 70, 130
COMMANDS = {
    "check": Text("核查企业档案", "Check facility files against the plans that bind them."),
    "config": Text("查看配置", "Show the defaults in force and where they come from."),
    "diff": Text("比较两次结果", "Compare two results: what got worse, better, appeared, vanished."),
    "explain": Text("逐步说明一条结论", "Explain step by step how a rule judges a subject."),
    "timeline": Text("列出要求的生效与到期时间", "Show which requirements begin to bite on which day."),
    "template": Text("生成待填的表格", "Make a form with the fields that rules can use."),
    "convert": Text("转换档案格式", "Turn a facility file into YAML, JSON or a workbook."),
    "rules": Text("查看、检验规则包", "Look at the rule packs and test them."),
    "schema": Text("输出 JSON Schema", "Print the JSON Schemas of facility files and of findings."),
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
        with formatter.section("Commands"):
            formatter.write_dl([(name, f"{text.en} {text.zh}。") for name, text in COMMANDS.items()])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="envcheck")
def cli() -> None:
    """Hold facility files against environmental plans. 用生态环境规划的要求核查企业档案。"""


def main() -> NoReturn:
    """Run envcheck; bad input ends with its problems on stderr and exit code 2, a fault of ours with 70."""
    gc.set_threshold(200_000)  # a check makes many small records and no garbage worth stopping for
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    configured: dict[str, str] = {}
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
    except Exception:
        code = _confess(configured.get("lang"))
    sys.exit(code)


def _tell(error: InputError, configured: str | None) -> int:
    """Write every problem of the input, one a line."""
    from envcheck.report.words import clean

    for problem in error.problems:
        click.echo(clean(problem.within(_language(configured))), err=True)
    return WRONG


def _confess(configured: str | None) -> int:
    """Write what went wrong inside envcheck."""
    import traceback

    traceback.print_exc()
    text = Text("envcheck 内部错误，请报告以上内容", "A fault of envcheck itself; please report the above")
    click.echo(text.within(_language(configured)), err=True)
    return FAULT


def _language(configured: str | None) -> str:
    """The language of the command line, of the configuration that a command has read, or of the locale."""
    from envcheck.commands import language

    return language(_chosen_language(sys.argv) or configured)


def _chosen_language(arguments: Sequence[str]) -> str | None:
    for number, word in enumerate(arguments):
        value = word.partition("=")[2] if word.startswith("--lang=") else None
        if word == "--lang" and number + 1 < len(arguments):
            value = arguments[number + 1]
        if value in ("zh", "en"):
            return value
    return None
