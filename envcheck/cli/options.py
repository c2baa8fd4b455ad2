"""What the commands share: options, the language, and output that appears whole or not at all."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from functools import cache
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from envcheck.cli import completion
from envcheck.files import reading, writing
from envcheck.files.bounds import SUBJECTS
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem

if TYPE_CHECKING:
    from envcheck.files.source import Node
    from envcheck.model.facility import Facility, Input
    from envcheck.model.rule import Pack
    from envcheck.rulebook.loading import Rulebook
    from envcheck.vocabulary.words import Vocabulary

T = TypeVar("T")
OK, FAILED, UNDETERMINED = 0, 1, 3


def language(chosen: str | None = None) -> str:
    """The language asked for, else the locale's; Chinese where the locale says nothing."""
    if chosen:
        return chosen
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "zh"


@cache
def spoken(configured: str | None = None) -> str:
    """The language of messages, as the words of the call ask, else the configuration, else the locale.

    Help and usage errors are told before the options of the call and its configuration are read.
    """
    words = sys.argv[1:]
    for number, word in enumerate(words):
        value = words[number + 1] if word == "--lang" and number + 1 < len(words) else word.removeprefix("--lang=")
        if value in ("zh", "en") and word.startswith("--lang"):
            return value
    return language(configured)


def said(*paragraphs: Text, lines: Sequence[str] = ()) -> str:
    """A help text in the language of the call, with examples that keep their lines."""
    told = [paragraph.within(spoken()) for paragraph in paragraphs]
    if lines:
        told.append("\n".join(("\b", *lines)))
    return "\n\n".join(told)


class Day(click.ParamType):  # type: ignore[type-arg]
    """A date as 2025-12-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(said(tr("'{value}' is no date: write one as 2025-12-31", value=value)), param, ctx)


RULES = click.option(
    "--rules",
    "folders",
    multiple=True,
    metavar="DIR",
    help=said(tr("Packs beside the shipped ones.")),
    shell_complete=completion.folders,
)
LANG = click.option(
    "--lang", type=click.Choice(["zh", "en"]), help=said(tr("Language of texts (default: the locale's)."))
)
PACK = click.option(
    "--pack",
    "chosen",
    multiple=True,
    metavar="ID",
    help=said(tr("Only these packs.")),
    shell_complete=completion.pack_ids,
)
OUTPUT = click.option(
    "-o",
    "--output",
    metavar="FILE",
    help=said(tr("Write to FILE (whole or not at all).")),
    shell_complete=completion.files,
)
SET = click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="PATH=VALUE",
    help=said(tr('What if: a value in place of the file\'s, as in boilers/B1.emissions.NOx="28 mg/m3".')),
)
AS_OF = click.option("--as-of", type=Day(), help=said(tr("The day asked about (default: today).")))
SELECT = click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    help=said(tr("Only these rules (ID, PACK/ID, ledger id; * is a wildcard).")),
)
IGNORE = click.option("--ignore", multiple=True, metavar="RULE", help=said(tr("Not these rules.")))
FAIL_ON = click.option(
    "--fail-on",
    metavar="LIST",
    default="must,in_principle",
    show_default=True,
    help=said(tr("What makes the exit code 1: must, in_principle, target, encourage, unknown or none.")),
)
NO_COLOR = click.option("--no-color", is_flag=True, help=said(tr("No colours.")))
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

    def put(stream: IO[bytes]) -> None:
        # A name in another encoding is no text in UTF-8: what stands for its bytes is told as an escape.
        text = io.TextIOWrapper(stream, "utf-8", "backslashreplace", newline="\n")
        content(text) if callable(content) else text.write(str(content))
        text.flush()
        text.detach()

    writing.write(output, content if isinstance(content, bytes) else put)


def read_tree(path: str, words: Vocabulary, data: bytes | None = None) -> Node:
    """The tree of a facility file: a workbook, YAML or JSON; `-` is standard input, unless its `data` were read.

    Raises:
        InputError: it cannot be read.
    """
    from envcheck.files import source

    name = "stdin" if path == "-" else path
    data = read_bytes(path) if data is None else data
    if path.lower().endswith(".xlsx") or data.startswith(b"PK\x03\x04"):
        from envcheck.forms import read

        return read.read_bytes(data, name, words)
    tree = source.read_bytes(data, name)
    for node in tree.entries.values() if isinstance(tree, source.Mapping) else ():
        if isinstance(node, source.Listing) and len(node.items) > SUBJECTS:
            source.refuse(node.place, tr("more than {most} subjects in one list", most=SUBJECTS), tr("part the file"))
    return tree


def read_facilities(
    paths: Sequence[str], words: Vocabulary, changes: Sequence[str] = (), *, quiet: bool = True
) -> list[Facility]:
    """The facilities of files and folders, with the changes of `--set` made in each; `-` is standard input.

    Unless `quiet`, a terminal is shown how far it is.

    Raises:
        InputError: with the mistakes of all of them, or where a folder holds no facility file.
    """
    from envcheck.facility import facility_file as facility

    assume = _assumption(changes, words)
    problems: list[Problem] = []
    found: list[Facility] = []
    with progress(_expanded(paths, problems), tr("reading"), quiet=quiet) as shown:
        for path in shown:
            try:
                data = read_bytes(path)
                tree = read_tree(path, words, data)
                read = assume(tree) if assume is not None else facility.read(tree, words)
                found.append(read._replace(inputs=_inputs(read, path, data)))
            except InputError as error:
                problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return found


def read_bytes(path: str) -> bytes:
    """The bytes of a file; `-` is standard input. Raises InputError as `files.read`."""
    return reading.standard_input() if path == "-" else reading.read(path)


def _inputs(facility: Facility, path: str, data: bytes) -> tuple[Input, ...]:
    """The files that a facility was read from."""
    import hashlib

    from envcheck.model.facility import Input

    series: list[Any] = [s.facts["series"].value for s in facility.subjects() if "series" in s.facts]
    named = {one.file: one.digest for one in series if one.digest}
    own = Input("stdin" if path == "-" else path, hashlib.sha256(data).hexdigest())
    return (own, *(Input(file, digest) for file, digest in sorted(named.items())))


def _assumption(changes: Sequence[str], words: Vocabulary) -> Callable[[Node], Facility] | None:
    """How to read a tree with the changes of `--set` made; None where there are none."""
    if not changes:
        return None
    from envcheck.facility import facility_file as facility
    from envcheck.facility import whatif

    unread = [text for text in changes if not _is_text(text)]
    if unread:
        raise InputError(Problem(Place("--set"), tr("not UTF-8 text")) for _ in unread)
    assumed = [whatif.parse(text) for text in changes]
    return lambda tree: whatif.marked(facility.read(whatif.apply(tree, assumed, words), words), assumed)


def _is_text(word: str) -> bool:
    """Whether a word of the call was in UTF-8."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def progress(items: Sequence[T], doing: Text, *, quiet: bool) -> AbstractContextManager[Iterable[T]]:
    """The items, with a bar on stderr where there are many and someone looks."""
    if quiet or len(items) <= MANY or not sys.stderr.isatty() or os.environ.get("CI"):
        return nullcontext(items)
    return click.progressbar(
        items, label=doing.within(language(click.get_current_context().params.get("lang"))), file=sys.stderr
    )


def _expanded(paths: Sequence[str], problems: list[Problem]) -> list[str]:
    """Files as they are, folders as the facility files in them."""
    found: list[str] = []
    for path in paths:
        if not os.path.isdir(path):
            found.append(path)
            continue
        try:
            names = reading.listed(path)
        except InputError as error:
            problems.extend(error.problems)
            continue
        inside = [n for n in names if n.endswith((".yaml", ".yml", ".json", ".xlsx")) and n[0] != "."]
        if not inside:
            problems.append(Problem(Place(path), tr("no facility file in this folder")))
        found.extend(os.path.join(path, name) for name in inside)
    return found


def named(book: Rulebook, ids: Sequence[str]) -> tuple[Pack, ...]:
    """The packs of these ids, all where none is named; the rules of others are not read.

    Raises:
        InputError: an id names no pack.
    """
    from envcheck.rulebook.selection import chosen_packs

    return chosen_packs(book.packs(wanted=lambda pack: not ids or pack.id in ids), ids)


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
    from envcheck.judging.check import binds
    from envcheck.rulebook.selection import chosen_packs, selected

    if chosen or select or ignore:
        return selected(named(book, chosen), select, ignore)
    kinds = {subject.kind for one in facilities for subject in one.subjects()}
    return chosen_packs(book.packs(kinds, lambda pack: any(binds(pack, one) for one in facilities)), ())
