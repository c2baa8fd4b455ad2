"""Facilities of a register read one by one, as facility files are: where a cell is not plain, or cannot be read at all."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, NamedTuple

from envcheck.facility import facility_file
from envcheck.files.source import Listing, Node, Scalar
from envcheck.files.source import Mapping as Branch
from envcheck.forms.cells import Cell
from envcheck.forms.entries import EntryReader, Row
from envcheck.judging.engines import direct
from envcheck.model.facility import Facility
from envcheck.model.finding import Finding
from envcheck.model.rule import Pack
from envcheck.register.columns import numbers
from envcheck.register.columns.layout import FACILITY_ID, Column, Layout
from envcheck.text.messages import EMPTY, Text, join, ptr, tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import PARTS, Vocabulary

BESIDE = tuple(f".{part}" for part in PARTS)


class Line(NamedTuple):
    """One row of a table: of what kind, which row (the headings of a CSV file or a sheet are row 1), its cells."""

    kind: str
    number: int
    cells: Mapping[str, Any]
    sheet: str = ""
    """Of a table that stands on several."""
    fault: Text | None = None
    """Why the row cannot be read, where that is seen before its cells are."""

    def file(self, source: str) -> str:
        """The file and the sheet that it stands on."""
        return f"{source}[{self.sheet}]" if self.sheet else source


class Reject(NamedTuple):
    """A row that was not judged, and why."""

    line: Line
    facility: str
    reason: Text


class Judged(NamedTuple):
    """A facility that was judged: its rows, what they say, its findings on what concerns a subject of a table."""

    facility: str
    whole: Facility
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]


def of_kinds(packs: Iterable[Pack], kinds: Container[str]) -> list[Pack]:
    """The packs with the rules on these kinds of subject only."""
    return [replace(pack, rules=tuple(rule for rule in pack.rules if rule.kind in kinds)) for pack in packs]


def judge(
    facilities: Mapping[str, Sequence[Line]],
    layouts: Mapping[str, Layout],
    sources: Mapping[str, str],
    packs: Sequence[Pack],
    words: Vocabulary,
    as_of: date,
) -> Iterator[Judged | Reject]:
    """Judge whole facilities by their rows and by ``packs`` with rules on subjects of tables only.

    One row that cannot be read refuses its facility, each row with the reason.
    """
    for name, lines in facilities.items():
        if not name:
            yield from (Reject(line, "", tr("the row names no facility")) for line in lines)
            continue
        try:
            whole = facility_of_rows(name, lines, layouts, sources, words)
        except InputError as error:
            yield from refused(name, lines, sources, error)
            continue
        findings, _ = direct.run(whole, packs, as_of)
        yield Judged(name, whole, tuple(lines), tuple(applicable(findings)))


def applicable(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings that concern their subject; the others are by far the most, and nobody asks for them."""
    return (f for f in findings if f.status != "not_applicable")


def refused(name: str, lines: Sequence[Line], sources: Mapping[str, str], error: InputError) -> Iterator[Reject]:
    """The rows of a facility that cannot be judged, each with the reason."""
    for line in lines:
        place = _place(line, sources)
        own = [problem for problem in error.problems if problem.place == place]
        reason = join(ptr("list", "; "), list(dict.fromkeys(problem_text(problem) for problem in own)))
        if not own:
            first = error.problems[0]
            where = first.place
            reason = tr("another row of the facility cannot be read ({where}: {what})", where=where, what=first.what)
        yield Reject(line, name, reason)


def problem_text(problem: Problem) -> Text:
    """What is wrong with a row, and what would be right."""
    return problem.what + (tr(". ") if problem.remedy.en else EMPTY) + problem.remedy


def _place(line: Line, sources: Mapping[str, str]) -> Place:
    return Place(line.file(sources[line.kind]), line.number)


def facility_of_rows(
    name: str, lines: Sequence[Line], layouts: Mapping[str, Layout], sources: Mapping[str, str], words: Vocabulary
) -> Facility:
    """The facility that rows describe.

    Raises:
        InputError: with every mistake in them.
    """
    own = [line for line in lines if line.kind == "facility"]
    reader = EntryReader(words)
    place = _place(own[0] if own else lines[0], sources)
    entries: dict[str, Node] = {"format": Scalar(place, facility_file.FORMAT), "id": Scalar(place, name, quoted=True)}
    if any(layout.firms_named for layout in layouts.values()):
        entries["name"] = Scalar(place, name, quoted=True)
    if "facility" in layouts and not own:
        reader.report(place, tr("the table of facilities has no {name}", name=name))
    if len(own) > 1:
        for line in own:
            reader.report(_place(line, sources), tr("id {name} again", name=name))
    for line in own[:1]:
        entries |= _entries(line, layouts[line.kind], place, reader)
    for line in lines:
        if line.fault is not None:
            reader.report(_place(line, sources), line.fault)
    for kind, layout in layouts.items():
        nodes: list[Node] = []
        for line in lines:
            if line.kind == kind != "facility":
                at = _place(line, sources)
                item = _entries(line, layout, at, reader)
                if not item:
                    reader.report(at, tr("an empty row"))
                nodes.append(_branch(item, at))
        if nodes:
            entries[layout.kind.plural] = Listing(place, tuple(nodes))
    reader.finish()
    return facility_file.read(_branch(entries, place), words)


def _branch(entries: dict[str, Node], place: Place) -> Node:
    return Branch(place, entries, dict.fromkeys(entries, place))


def _entries(line: Line, layout: Layout, place: Place, reader: EntryReader) -> dict[str, Node]:
    columns = [c for c in layout.columns.values() if c.name != FACILITY_ID]
    cells = {column.name: _cell(column, line, place) for column in columns}
    stated = [column for column in columns if not column.key.part or _beside_value(column, cells)]
    rows = (Row(column.key, column.unit, place, cells[column.name]) for column in stated)
    return reader.entries(tuple(rows))[0]


def _beside_value(column: Column, cells: Mapping[str, Cell | None]) -> bool:
    """An oxygen content beside an empty concentration states nothing."""
    name = column.name.removesuffix(f".{column.key.part}")
    values = (
        [cell for o, cell in cells.items() if o.startswith(name.removesuffix("*")) and not o.endswith(BESIDE)]
        if name.endswith("*")
        else [cells.get(name)]
    )
    return any(value is not None for value in values)


def _cell(column: Column, line: Line, place: Place) -> Cell | None:
    text = cell_text(line.cells.get(column.heading))
    return None if text is None else Cell(place, line.number, 1, text)


def cell_text(value: Any) -> str | None:
    """A cell as a text; None where it is empty."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return numbers.shortest_decimal(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).strip()
    return text or None


def grouped(lines: Iterable[tuple[str | None, Line]]) -> dict[str, list[Line]]:
    """Rows by facility, in the order in which facilities come up."""
    found: dict[str, list[Line]] = {}
    for name, line in lines:
        found.setdefault(name or "", []).append(line)
    return found


def key_of(line: Line, layout: Layout) -> str | None:
    """The facility that a row belongs to; None where the row does not say."""
    return cell_text(line.cells.get(layout.key.heading))
