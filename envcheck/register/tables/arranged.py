"""Tables as offices keep them, brought to one row of headings over the rows: what was done, and left out, is told."""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from envcheck.files import reading
from envcheck.register.columns.layout import FAULT
from envcheck.register.tables import grids, sections
from envcheck.register.tables.captions import Meaning, Reader
from envcheck.register.tables.kinds import proposed
from envcheck.register.tables.mappings import Settings
from envcheck.register.tables.meanings import meanings_of, with_id
from envcheck.register.tables.sections import Section
from envcheck.register.tables.telling import columns_told, named, rows_told
from envcheck.register.tables.workbook import NUMBER, SHEET
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import Kind

HEAD = 1 << 18


class Arranged(NamedTuple):
    """A table with one row of headings: its rows, what its headings mean, what is told of how it was read."""

    kind: Kind
    rows: pl.DataFrame
    renamed: Mapping[str, str]
    notes: tuple[Text, ...]
    sections: tuple[Section, ...] = ()
    meanings: Mapping[str, Meaning] = {}
    """By heading."""


class Source(NamedTuple):
    """A file as it was found."""

    path: str
    grids: tuple[grids.Grid, ...]
    notes: tuple[Text, ...] = ()


def is_plain(path: str, reader: Reader) -> bool:
    """Whether a text has its headings in its first line, commas and UTF-8: it can be read in columns at once."""
    if os.path.getsize(path) >= grids.SMALL:
        return True
    if not path.lower().endswith(".csv"):
        return False
    head = reading.head(path, HEAD)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    if "\r" in text.replace("\r\n", "").removesuffix("\r"):
        return False
    if len(head) == HEAD:
        text = text[: text.rfind("\n") + 1] or text
    lines = text.split("\n", sections.LOOKED_AT)
    try:
        head_cells = next(csv.reader(lines[:1], strict=True), [])
        if not text.strip():
            return True
        if not head_cells or not all(cell.strip() for cell in head_cells):
            return False
        given = grids.Encoded("\n".join(lines[: sections.LOOKED_AT]), grids.UTF_8, ",")
        if grids.delimiter(given.text) != "," and len(head_cells) == 1:
            return False
        grid = grids.of_text(given, path)
    except (csv.Error, InputError):
        return True  # what is wrong with it is told by those who read it
    found = sections.section(grid, reader)
    return found is None or found.first == found.last == 1


def found_in(path: str) -> Source:
    """The sheets or the lines of a file, as they are.

    Raises:
        InputError: it cannot be read.
    """
    if path.lower().endswith(".xlsx"):
        return Source(path, tuple(grids.of_workbook(path)))
    given = grids.decoded(path)
    notes: list[Text] = []
    if given.encoding != grids.UTF_8:
        notes.append(tr("read as {encoding} text", encoding=given.encoding))
    if given.delimiter != ",":
        sign = {"\t": tr("tabs"), ";": tr("semicolons"), "；": tr("semicolons")}.get(given.delimiter, tr("bars"))
        notes.append(tr("cells are parted by {sign}", sign=sign))
    return Source(path, (grids.of_text(given, path),), tuple(notes))


def arranged(found: Source, kind: Kind | None, reader: Reader, settings: Settings) -> Arranged:
    """The table of a file.

    Raises:
        InputError: there is no table, or it is not clear which or of what; a cell stands where no heading is.
    """
    chosen, notes = _sections(found, reader, settings)
    if kind is None:
        kind = proposed(found.path, chosen, reader)
        notes.append(tr("taken for a table of {plural}", plural=Text(kind.label.zh, kind.plural)))
    group, more = _group(found, chosen, kind, reader)
    notes += more
    meanings = meanings_of(group, kind, reader, settings)
    rows = _frame(found.path, group, meanings)
    notes += rows_told(group)
    rows, meanings, added = with_id(rows, meanings, kind)
    notes += added
    notes += columns_told(meanings)
    renamed = {text: meant.spelled for text, meant in meanings.items() if meant.role != "open"}
    return Arranged(kind, rows, renamed, (*found.notes, *notes), tuple(group), meanings)


# --- sheets -----------------------------------------------------------------------------------------------------------


def _sections(found: Source, reader: Reader, settings: Settings) -> tuple[list[Section], list[Text]]:
    """The tables that a file may hold, and what is told of sheets that hold none."""
    titles = [grid.title for grid in found.grids]
    if lacking := [title for title in settings.sheets if title not in titles]:
        what = tr("there is no sheet {title}", title=lacking[0])
        raise InputError([Problem(Place(found.path), what, tr("Known: {words}", words=", ".join(titles)))])
    chosen = [g for g in found.grids if (g.title in settings.sheets if settings.sheets else not g.hidden)]
    tables = [(grid, sections.section(grid, reader, settings.header_row)) for grid in chosen]
    kept = [table for _, table in tables if table is not None]
    notes: list[Text] = []
    left = [grid.title for grid, table in tables if table is None and grid.rows]
    if kept and left:
        notes.append(tr("sheets without a table, not read: {sheets}", sheets=named(left)))
    others = [grid for grid in found.grids if grid not in chosen and grid.rows]
    if hidden := [grid.title for grid in others if grid.hidden]:
        notes.append(tr("hidden sheets, not read: {sheets}", sheets=named(hidden)))
    if unasked := [grid.title for grid in others if not grid.hidden]:
        notes.append(tr("sheets that were not asked for: {sheets}", sheets=named(unasked)))
    if not kept:
        what = tr("no row of headings was found")
        if settings.header_row is not None:
            what = tr("row {row} holds no headings", row=settings.header_row)
        raise InputError([Problem(Place(found.path), what, tr("say in which row they stand: --header-row 3"))])
    return kept, notes


def _group(found: Source, tables: Sequence[Section], kind: Kind, reader: Reader) -> tuple[list[Section], list[Text]]:
    """The tables with the same headings, which are one; others are told of, or it is not clear which is meant."""
    groups: dict[frozenset[str], list[Section]] = {}
    for table in tables:
        groups.setdefault(table.names, []).append(table)
    known = {
        names: sum(reader.meaning(c, kind).role == "read" for c in group[0].captions.values())
        for names, group in groups.items()
    }
    several = [names for names in groups if known[names] >= 2 and any(table.rows for table in groups[names])]
    if len(groups) > 1 and len(several) > 1:
        sheets = [named(table.grid.title for table in groups[names]) for names in several]
        what = tr("sheets with different headings: {sheets}", sheets=" | ".join(sheets))
        hint = tr("choose with --sheet NAME, or put # before the names of sheets that are not to be read")
        raise InputError([Problem(Place(found.path), what, hint)])
    chosen = several[0] if several else max(groups, key=lambda names: known[names])
    left = [t.grid.title for names, group in groups.items() if names != chosen for t in group]
    notes = [tr("sheets with other headings, not read: {sheets}", sheets=named(left))] if left else []
    group = groups[chosen]
    if len(group) > 1:
        notes.append(tr("read as one table: the sheets {sheets}", sheets=named(t.grid.title for t in group)))
    return group, notes


# --- rows -------------------------------------------------------------------------------------------------------------


def _frame(path: str, group: Sequence[Section], meanings: Mapping[str, Meaning]) -> pl.DataFrame:
    """The rows of all sections under their headings, as texts."""
    problems: list[Problem] = []
    texts = list(meanings)
    columns: dict[str, list[str | None]] = {text: [] for text in texts}
    numbers: list[int] = []
    sheets: list[str] = []
    faults: list[str | None] = []
    for table in group:
        title = table.grid.title
        at: dict[str, int] = {}
        for column, caption in table.captions.items():
            if caption.text in at and meanings[caption.text].role == "read":
                what = tr("column {text} again", text=caption.text)
                problems.append(Problem(Place(_sheet(path, title), table.last), what))
            at.setdefault(caption.text, column)
        width = max(table.captions)
        own = {column for text, column in at.items() if meanings[text].role in ("read", "firm", "open")}
        kept = {number for number, _ in table.rows}
        problems += [p for (row, column), p in sorted(table.grid.faults.items()) if row in kept and column in own]
        for number, cells in table.rows:
            if not cells:
                continue
            stray = next((column for column in cells if column not in table.captions), None)
            if stray is not None:
                what = tr("this column has no heading in row {row}", row=table.last)
                hint = tr("say in which row the headings stand: --header-row 3")
                problems.append(Problem(Place(_cell(path, title, number, stray)), what, hint))
                break
            for text in texts:
                columns[text].append(cells.get(at[text]))
            numbers.append(number)
            sheets.append(title)
            short = table.grid.widths.get(number, width) < width
            faults.append("short" if short else None)
    if problems:
        raise InputError(problems)
    frame = pl.DataFrame(columns, schema=dict.fromkeys(texts, pl.String))
    more = [pl.Series(NUMBER, numbers, dtype=pl.UInt32)]
    if len(group) > 1:
        more.append(pl.Series(SHEET, sheets, dtype=pl.String))
    if any(faults):
        more.append(pl.Series(FAULT, faults, dtype=pl.String))
    return frame.with_columns(more)


def _sheet(path: str, title: str) -> str:
    return f"{path}[{title}]" if title else path


def _cell(path: str, title: str, row: int, column: int) -> str:
    from openpyxl.utils import get_column_letter

    letter = get_column_letter(column)
    return f"{path}[{title}!{letter}{row}]" if title else f"{path}:{row}:{column}"
