"""What several commands share: their options, the language of texts, and output that appears whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from functools import cache, wraps
from typing import IO, Any, TypeVar

import click

from envcheck.cli import completion
from envcheck.files import writing
from envcheck.text.messages import Text, tr

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])
Options = TypeVar("Options")
OK, FAILED, UNDETERMINED = 0, 1, 3


def language(chosen: str | None = None) -> str:
    """The language asked for, else the locale's; Chinese where the locale says nothing."""
    if chosen:
        return chosen
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "zh"


@cache
def message_language(configured: str | None = None) -> str:
    """The language of messages, as the words of the call ask, else the configuration, else the locale.

    Help and usage errors are told before the options of the call and its configuration are read.
    """
    words = sys.argv[1:]
    for number, word in enumerate(words):
        value = words[number + 1] if word == "--lang" and number + 1 < len(words) else word.removeprefix("--lang=")
        if value in ("zh", "en") and word.startswith("--lang"):
            return value
    return language(configured)


def help_text(*paragraphs: Text, lines: Sequence[str] = ()) -> str:
    """A help text in the language of the call, with examples that keep their lines."""
    told = [paragraph.within(message_language()) for paragraph in paragraphs]
    if lines:
        told.append("\n".join(("\b", *lines)))
    return "\n\n".join(told)


class Day(click.ParamType):  # type: ignore[type-arg]
    """A date as 2025-12-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day that an option names."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(help_text(tr("'{value}' is no date: write one as 2025-12-31", value=value)), param, ctx)


RULES = click.option(
    "--rules",
    "folders",
    multiple=True,
    metavar="DIR",
    help=help_text(tr("Packs beside the shipped ones.")),
    shell_complete=completion.folders,
)
LANG = click.option(
    "--lang", type=click.Choice(["zh", "en"]), help=help_text(tr("Language of texts (default: the locale's)."))
)
PACK = click.option(
    "--pack",
    "packs",
    multiple=True,
    metavar="ID",
    help=help_text(tr("Only these packs.")),
    shell_complete=completion.pack_ids,
)
OUTPUT = click.option(
    "-o",
    "--output",
    metavar="FILE",
    help=help_text(tr("Write to FILE (whole or not at all).")),
    shell_complete=completion.files,
)
SET = click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="PATH=VALUE",
    help=help_text(tr('What if: a value in place of the file\'s, as in boilers/B1.emissions.NOx="28 mg/m3".')),
)
AS_OF = click.option("--as-of", type=Day(), help=help_text(tr("The day asked about (default: today).")))
SELECT = click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    help=help_text(tr("Only these rules (ID, PACK/ID, ledger id, * is a wildcard; or a title, or a part of one).")),
    shell_complete=completion.rules,
)
IGNORE = click.option(
    "--ignore", multiple=True, metavar="RULE", help=help_text(tr("Not these rules.")), shell_complete=completion.rules
)
FAIL_ON = click.option(
    "--fail-on",
    metavar="LIST",
    default="must,in_principle",
    show_default=True,
    help=help_text(tr("What makes the exit code 1: must, in_principle, target, encourage, unknown or none.")),
)
FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
NO_COLOR = click.option("--no-color", is_flag=True, help=help_text(tr("No colours.")))


def quiet_option(what: Text) -> Callable[[F], F]:
    """The option for less; each command says of what."""
    return click.option("-q", "--quiet", is_flag=True, help=help_text(what))


def verbose_option(what: Text) -> Callable[[F], F]:
    """The option for more; each command says of what."""
    return click.option("-v", "--verbose", is_flag=True, help=help_text(what))


def group(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one, in the order in which help lists them."""

    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


RULE_PACKS = group(PACK, RULES)
"""Which packs, and where they are."""
SELECTION = group(SELECT, IGNORE)


def as_record(record: Callable[..., Options]) -> Callable[[Callable[[Options], int]], Callable[..., int]]:
    """Hand a command its options as one record, whose fields are named as the options' parameters."""

    def decorate(command: Callable[[Options], int]) -> Callable[..., int]:
        @wraps(command)
        def collected(**given: Any) -> int:
            return command(record(**given))

        return collected

    return decorate


MANY = 20
"""From more files than this a terminal gets a progress bar."""


def color_asked(no_color: bool) -> bool | None:
    """False for no colours, True where they are forced, None to ask the terminal."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE") else None


def deliver(output: str | None, content: str | bytes | Callable[[IO[str]], object]) -> None:
    """Write to stdout, or to a file that appears whole or not at all.

    Raises:
        InputError: the file cannot be written, or must not be.
    """
    if output is None or output == "-":
        if callable(content):
            content(sys.stdout)
        elif isinstance(content, bytes):
            sys.stdout.buffer.write(content)
        else:
            sys.stdout.write(content)
        sys.stdout.flush()
        return
    if isinstance(content, bytes):
        writing.write(output, content)
    else:
        writing.write_text(output, content)


def watching(doing: Text, *, quiet: bool) -> Callable[[Sequence[T]], AbstractContextManager[Iterable[T]]]:
    """How to hand items on with a bar on stderr where there are many and someone looks."""

    def watch(items: Sequence[T]) -> AbstractContextManager[Iterable[T]]:
        if quiet or len(items) <= MANY or not sys.stderr.isatty() or os.environ.get("CI"):
            return nullcontext(items)
        tongue = language(click.get_current_context().params.get("lang"))
        return click.progressbar(items, label=doing.within(tongue), file=sys.stderr)

    return watch
