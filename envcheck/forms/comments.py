"""The comments of a YAML file: found with the entries they are about, kept on a sheet, written back at those entries.

No reader of YAML hands comments over, so they are found in the text: what follows a `#` that no value holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import yaml

from envcheck.files.source import Listing, Loader, Mapping, Node, Scalar, read_bytes
from envcheck.forms.cells import Sheet
from envcheck.forms.keys import FACILITY
from envcheck.vocabulary.words import Kind, Vocabulary

SHEET = "#notes"
"""The sheet of a workbook that keeps them; by its name it is not read as facts."""
HEADINGS = ("path", "position", "comment")
BESIDE, ABOVE = "beside", "above"
UNWRITABLE = re.compile("[^\t\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029\ufeff]")
"""What no line of YAML holds; a sheet may."""


class Comment(NamedTuple):
    """A comment on the entry at a path (`boilers/B1.capacity`; at the end of the file where that is empty)."""

    path: str
    beside: bool
    text: str


class _Entry(NamedTuple):
    line: int
    path: str
    value: Node


def find(data: bytes, tree: Node, words: Vocabulary) -> tuple[Comment, ...]:
    """The comments of a YAML file that was read without a mistake."""
    text = data.decode("utf-8-sig")
    lines = text.splitlines()
    entries = list(_entries(tree, words))
    found: list[Comment] = []
    for line, column in _marks(text):
        told = lines[line - 1][column + 1 :].removeprefix(" ").rstrip()
        if lines[line - 1][:column].strip():
            before = [entry for entry in entries if entry.line <= line]
            found.append(Comment(before[-1].path if before else "", bool(before), told))
        else:
            after = min((entry.line for entry in entries if entry.line > line), default=0)
            path = next((entry.path for entry in entries if entry.line == after), "")
            found.append(Comment(path, False, told))
    return tuple(found)


def _marks(text: str) -> Iterator[tuple[int, int]]:
    """Line and column (from 1 and from 0) of every `#` that begins a comment."""
    covered = bytearray(len(text) + 1)
    scalars: list[Any] = [one for one in yaml.parse(text, Loader=Loader) if isinstance(one, yaml.ScalarEvent)]
    for scalar in scalars:
        begin, end = scalar.start_mark.index, scalar.end_mark.index
        if scalar.style in ("|", ">"):  # behind the sign a comment may stand
            first = text.find("\n", begin, end)
            begin = end if first < 0 else first
        covered[begin:end] = b"\x01" * (end - begin)
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        for match in re.finditer(r"(?<!\S)#", line):
            if not covered[start + match.start()]:
                yield number, match.start()
                break
        start += len(line)


def _entries(tree: Node, words: Vocabulary) -> Iterator[_Entry]:
    """The entries of a facility file in their order, by the names that the vocabulary has for them."""
    whole = words.kinds[FACILITY]
    for key, node in tree.entries.items() if isinstance(tree, Mapping) else ():
        line = tree.keys[key].line if isinstance(tree, Mapping) else 0
        kind = words.plural(key) if key != FACILITY else None
        if kind is None:
            yield from _inside(key, line, node, whole, words, "")
            continue
        yield _Entry(line, key, node)
        for number, item in enumerate(node.items if isinstance(node, Listing) else (), 1):
            named = item.entries.get("id") if isinstance(item, Mapping) else None
            path = f"{key}/{named.text if isinstance(named, Scalar) else number}"
            yield _Entry(item.place.line, path, item)
            for name, value in item.entries.items() if isinstance(item, Mapping) else ():
                assert isinstance(item, Mapping)
                yield from _inside(name, item.keys[name].line, value, kind, words, f"{path}.")


def _inside(key: str, line: int, node: Node, kind: Kind, words: Vocabulary, lead: str) -> Iterator[_Entry]:
    """An attribute, and what is nested in it."""
    attribute = words.attribute_by_key(kind, key)
    path = lead + (attribute.name if attribute is not None else key)
    yield _Entry(line, path, node)
    substances = attribute is not None and attribute.is_map
    yield from _nested(path, node, words, substances=substances)


def _nested(path: str, node: Node, words: Vocabulary, *, substances: bool = False) -> Iterator[_Entry]:
    if isinstance(node, Listing):
        for number, item in enumerate(node.items, 1):
            yield _Entry(item.place.line, f"{path}/{number}", item)
            yield from _nested(f"{path}/{number}", item, words)
    elif isinstance(node, Mapping):
        for key, value in node.entries.items():
            known = words.substance(key) if substances else None
            inner = f"{path}.{known.id if known is not None else key}"
            yield _Entry(node.keys[key].line, inner, value)
            yield from _nested(inner, value, words)


# --- back into YAML --------------------------------------------------------------------------------------------------


def insert(text: str, comments: Sequence[Comment], words: Vocabulary) -> str:
    """A YAML file with the comments at their entries, or at the nearest that is left of them."""
    lines = text.splitlines()
    entries = list(_entries(read_bytes(text.encode(), "yaml"), words))
    starts = {entry.line for entry in entries}
    at = {entry.path: entry for entry in entries}
    above: dict[int, list[str]] = {}
    tails: dict[int, list[str]] = {}
    for comment in comments:
        entry = at.get(comment.path) or next((at[path] for path in _wider(comment.path) if path in at), None)
        told = comment.text if comment.path in at or not comment.path else f"{comment.path}: {comment.text}"
        told = UNWRITABLE.sub(lambda m: f"\\u{ord(m[0]):04x}", told)
        if entry is None:
            above.setdefault(len(lines) + 1, []).append(f"# {told}".rstrip())
        elif comment.beside and _ends_on_its_line(entry, starts, len(lines)):
            tails.setdefault(entry.line, []).append(told)
        else:
            line = lines[entry.line - 1]
            indent = line[: len(line) - len(line.lstrip())]
            above.setdefault(entry.line, []).append(f"{indent}# {told}".rstrip())
    found: list[str] = []
    for number in range(1, len(lines) + 2):
        found += above.get(number, ())
        if number <= len(lines):
            tail = f"  # {'; '.join(tails[number])}" if number in tails else ""
            found.append(lines[number - 1] + tail)
    return "\n".join(found) + "\n"


def _wider(path: str) -> Iterator[str]:
    """The entries that an entry stands in, nearest first."""
    for match in reversed(list(re.finditer("[./]", path))):
        yield path[: match.start()]


def _ends_on_its_line(entry: _Entry, starts: set[int], last: int) -> bool:
    """Whether a comment may follow on the line: not within a text that goes on below."""
    return not isinstance(entry.value, Scalar) or entry.line == last or entry.line + 1 in starts


# --- on a sheet ------------------------------------------------------------------------------------------------------


def rows(comments: Iterable[Comment]) -> Iterator[tuple[str, str, str]]:
    """The comments as rows under `HEADINGS`."""
    return ((c.path, BESIDE if c.beside else ABOVE, c.text) for c in comments)


def of_sheet(sheet: Sheet) -> tuple[Comment, ...]:
    """The comments that a sheet keeps; whatever else people wrote on it stays with the file as a whole."""
    found: list[Comment] = []
    for number, cells in sheet.rows:
        told: list[Any] = [cells[column].text if column in cells else "" for column in (1, 2, 3)]
        if number > 1 and any(told):
            found.append(Comment(told[0].strip(), told[1].strip() == BESIDE, told[2]))
    return tuple(found)
