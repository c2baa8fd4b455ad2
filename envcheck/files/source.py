"""Read YAML and JSON as text with marks: every scalar keeps its spelling and its place.

Nothing is typed here: a plain loader would turn 150203 into a number, 012 into 10, `no` into False and 0.07 into a
binary float. The vocabulary types every scalar later.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import yaml

from envcheck.files import bounds, reading
from envcheck.text.messages import EMPTY, Text, tr
from envcheck.text.problems import InputError, Place, Problem, nearest

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar(NamedTuple):
    """A value as it is spelled."""

    place: Place
    text: str
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        """Not known: an empty value, `null` or `~`."""
        return not self.quoted and self.text in NULLS


class Listing(NamedTuple):
    """A list."""

    place: Place
    items: tuple[Node, ...]


class Mapping(NamedTuple):
    """A mapping; keys keep their own places."""

    place: Place
    entries: dict[str, Node]
    keys: dict[str, Place]


Node = Scalar | Listing | Mapping


def read_file(path: str, label: str | None = None) -> Node:
    """The tree of a YAML or JSON file.

    Raises:
        InputError: unreadable, not UTF-8, malformed, too deep, with duplicate keys, anchors or tags.
    """
    return read_bytes(reading.read(path), label or path)


def read_bytes(data: bytes, name: str) -> Node:
    """The tree of a YAML or JSON text; JSON where ``name`` ends in .json. Raises as `read_file`."""
    if len(data) > bounds.FILE:
        refuse(Place(name), reading.too_large(bounds.FILE))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        refuse(
            Place(name, line, 1),
            tr("not UTF-8 text"),
            tr("save the file in UTF-8"),
        )
    return _build(_as_yaml(text, name) if name.endswith(".json") else text, name)


def refuse(place: Place, what: Text, remedy: Text = EMPTY) -> NoReturn:
    """Stop with one problem."""
    raise InputError([Problem(place, what, remedy)])


def _as_yaml(text: str, name: str) -> str:
    """JSON that is valid, as YAML that reads the same; places stay where they are."""

    def no_constant(word: str) -> NoReturn:
        raise ValueError(word)

    try:
        json.loads(text, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        refuse(Place(name, error.lineno, error.colno), tr("not valid JSON: {detail}", detail=error.msg))
    except RecursionError:
        refuse(Place(name), tr("nested too deeply"))
    except ValueError as error:
        refuse(Place(name), tr("not a usable number: {error}", error=str(error)[:40]))
    pair = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")

    def join(match: re.Match[str]) -> str:
        high, low = int(match[1], 16), int(match[2], 16)
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"

    return pair.sub(join, text).replace("\t", " ")


def _build(text: str, name: str) -> Node:
    problems: list[Problem] = []
    try:
        events = iter(yaml.parse(text, Loader=Loader))
        tree = _document(events, name, problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        refuse(place, tr("not valid YAML: {detail}", detail=error.problem or error.context), _yaml_hint())
    except (yaml.YAMLError, ValueError) as error:
        reason = str(error).splitlines()[0][:80] if str(error) else type(error).__name__
        refuse(Place(name), tr("not valid YAML: {detail}", detail=reason), _yaml_hint())
    if problems:
        raise InputError(problems)
    return tree


def _yaml_hint() -> Text:
    return tr("check indentation, the space after colons, and quotes")


def _place(event: Any, name: str) -> Place:
    return Place(name, event.start_mark.line + 1, event.start_mark.column + 1)


def _document(events: Iterator[Any], name: str, problems: list[Problem]) -> Node:
    tree: Node | None = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if tree is not None:
                refuse(_place(event, name), tr("one document a file"))
            tree = _node(next(events), events, name, problems, 0)
    if tree is None:
        refuse(Place(name), tr("the file is empty"))
    return tree


def _node(event: Any, events: Iterator[Any], name: str, problems: list[Problem], depth: int) -> Node:
    place = _place(event, name)
    if depth > bounds.DEPTH:
        refuse(place, tr("nested too deeply"))
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        refuse(
            place,
            tr("YAML anchors (& and *) are not supported"),
            tr("write the value out; quote a text that begins with one"),
        )
    if event.tag is not None and event.tag != "!":
        refuse(place, tr("YAML tags (!) are not supported"))
    if isinstance(event, yaml.ScalarEvent):
        return Scalar(place, event.value, event.style not in (None, ""))
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Node] = []
        for child in events:
            if isinstance(child, yaml.SequenceEndEvent):
                break
            items.append(_node(child, events, name, problems, depth + 1))
        return Listing(place, tuple(items))
    entries: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for child in events:
        if isinstance(child, yaml.MappingEndEvent):
            break
        key = _node(child, events, name, problems, depth + 1)
        value = _node(next(events), events, name, problems, depth + 1)
        if not isinstance(key, Scalar):
            refuse(key.place, tr("a key must be text"))
        if key.text in entries:
            first = keys[key.text].line
            problems.append(
                Problem(
                    key.place,
                    tr("key {key} again (first on line {first})", key=key.text, first=first),
                    tr("remove one of them"),
                )
            )
            continue
        entries[key.text] = value
        keys[key.text] = key.place
    return Mapping(place, entries, keys)


# --- helpers for those who read trees of a known shape -------------------------------------------------------------


class Reader:
    """Takes a tree of a known shape apart and collects what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    most = bounds.PROBLEMS
    """After so many problems reading stops."""

    def report(self, place: Place, what: Text, remedy: Text = EMPTY) -> None:
        """Note a problem and go on, unless there are too many already.

        Raises:
            InputError: with all of them.
        """
        self.problems.append(Problem(place, what, remedy))
        if len(self.problems) > self.most:
            more = tr("more than {most} mistakes: reading stopped here", most=self.most)
            raise InputError([*self.problems[: self.most], Problem(place, more)])

    def finish(self) -> None:
        """Raise InputError if anything was wrong."""
        if self.problems:
            raise InputError(self.problems)

    def mapping(self, node: Node, known: frozenset[str] | set[str] | None = None) -> dict[str, Node]:
        """The entries that are not null; unknown keys are reported with the nearest known ones."""
        if not isinstance(node, Mapping):
            self.report(node.place, tr("a mapping (key: value) is due here"))
            return {}
        if known is not None:
            for key in node.entries:
                if key not in known:
                    self.report(node.keys[key], tr("unknown key {key}", key=key), nearest(key, known))
        return {k: v for k, v in node.entries.items() if not (isinstance(v, Scalar) and v.is_null)}

    def listing(self, node: Node) -> tuple[Node, ...]:
        """The items of a list."""
        if not isinstance(node, Listing):
            self.report(node.place, tr("a list is due here"))
            return ()
        return node.items

    def text(self, node: Node) -> str:
        """The text of a scalar."""
        if not isinstance(node, Scalar):
            self.report(node.place, tr("a text is due here"))
            return ""
        return node.text

    def texts(self, node: Node) -> tuple[str, ...]:
        """The texts of a list, or of a single scalar."""
        if isinstance(node, Scalar):
            return (node.text,)
        return tuple(self.text(item) for item in self.listing(node))

    def bilingual(self, node: Node) -> Text:
        """A mapping with `zh` and `en`."""
        entries = self.mapping(node, {"zh", "en"})
        for lang in ("zh", "en"):
            if lang not in entries and isinstance(node, Mapping):
                self.report(node.place, tr("no {lang} text", lang=lang))
        return Text(*(self.text(entries[lang]) if lang in entries else "" for lang in ("zh", "en")))
