"""What the commands share: options, the language, and output that appears whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from typing import IO, TYPE_CHECKING, Any

import click

from envcheck.text import InputError, Place, Problem, Text

if TYPE_CHECKING:
    from envcheck.model import Facility, Pack
    from envcheck.rulebook import Rulebook
    from envcheck.vocabulary import Vocabulary

OK, FAILED, UNDETERMINED = 0, 1, 3


def language(chosen: str | None = None) -> str:
    """The language asked for, else the locale's; Chinese where the locale says nothing."""
    if chosen:
        return chosen
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "zh"


class Day(click.ParamType):  # type: ignore[type-arg]
    """A date as 2025-12-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r}: write a date as 2025-12-31 / 日期写法为 2025-12-31", param, ctx)


RULES = click.option(
    "--rules", "folders", multiple=True, metavar="DIR", help="Packs beside the shipped ones. 另加的规则包文件夹。"
)
LANG = click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of texts (default: the locale's). 语言。")
PACK = click.option("--pack", "chosen", multiple=True, metavar="ID", help="Only these packs. 只用这些规则包。")


def deliver(output: str | None, content: str | bytes | Callable[[IO[str]], object]) -> None:
    """Write to stdout, or to a file that appears whole or not at all.

    Raises:
        InputError: the file cannot be written.
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
    part = f"{output}.{os.getpid()}.part"
    try:
        if isinstance(content, bytes):
            with open(part, "wb") as raw:
                raw.write(content)
        else:
            with open(part, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(content) if isinstance(content, str) else content(stream)
        os.replace(part, output)
    except OSError as error:
        what = Text(f"无法写入（{error.strerror}）", f"cannot be written ({error.strerror})")
        raise InputError([Problem(Place(output), what)]) from None
    finally:
        if os.path.exists(part):
            os.unlink(part)


def read_facilities(paths: Sequence[str], words: Vocabulary) -> list[Facility]:
    """The facilities of files and folders; `-` is standard input.

    Raises:
        InputError: with the mistakes of all of them, or where a folder holds no facility file.
    """
    from envcheck import facility, source

    problems: list[Problem] = []
    found: list[Facility] = []
    for path in _expanded(paths, problems):
        try:
            tree = source.read_bytes(sys.stdin.buffer.read(), "stdin") if path == "-" else source.read_file(path)
            found.append(facility.read(tree, words))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return found


def _expanded(paths: Sequence[str], problems: list[Problem]) -> list[str]:
    """Files as they are, folders as the facility files in them."""
    found: list[str] = []
    for path in paths:
        if not os.path.isdir(path):
            found.append(path)
            continue
        inside = sorted(n for n in os.listdir(path) if n.endswith((".yaml", ".yml", ".json", ".xlsx")) and n[0] != ".")
        if not inside:
            problems.append(Problem(Place(path), Text("文件夹中没有企业档案", "no facility file in this folder")))
        found.extend(os.path.join(path, name) for name in inside)
    return found


def packs_for(
    book: Rulebook,
    facilities: Sequence[Facility],
    chosen: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> tuple[Pack, ...]:
    """The packs to hold facilities against: those named, else all, with rules only where they may bind.

    Raises:
        InputError: a pack or rule named does not exist, or none is left.
    """
    from envcheck.check import binds
    from envcheck.selection import chosen_packs, selected

    if chosen or select or ignore:
        return selected(chosen_packs(book.packs(), chosen), select, ignore)
    kinds = {subject.kind for one in facilities for subject in one.subjects()}
    return chosen_packs(book.packs(kinds, lambda pack: any(binds(pack, one) for one in facilities)), ())
