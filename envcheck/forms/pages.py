"""The sheets of a workbook as somebody laid them out: merged and hidden cells, formulas by the values that are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from envcheck.forms.cells import Cell, Sheet, opened, read_cell
from envcheck.text.problems import Place, Problem

FORMULA, ERROR = "f", "e"


class Merged(NamedTuple):
    """A range of cells that are shown as one."""

    top: int
    left: int
    bottom: int
    right: int


class Page(NamedTuple):
    """A sheet with all that its layout says."""

    sheet: Sheet
    merged: tuple[Merged, ...]
    hidden: bool
    hidden_columns: frozenset[int]
    hidden_rows: int
    faults: Mapping[tuple[int, int], Problem]
    """Cells that hold no fact (an error, a formula without a stored value), by row and column."""


def pages(data: bytes, name: str) -> list[Page]:
    """The sheets of a workbook, hidden ones too.

    Raises:
        InputError: not a workbook, too large, or built to harm.
    """
    book = opened(data, name)
    stored = None
    found: list[Page] = []
    for sheet in book.worksheets:
        rows: dict[int, dict[int, Cell]] = {}
        faults: dict[tuple[int, int], Problem] = {}
        for (row, column), raw in sorted(sheet._cells.items()):
            if raw.value is None:
                continue
            shown = raw
            if raw.data_type == FORMULA:
                stored = stored or opened(data, name, stored=True)
                shown = stored[sheet.title][raw.coordinate]
            problems: list[Problem] = []
            # A formula of which no value is stored is told of as a formula.
            one = raw if shown.value is None else shown
            cell = read_cell(one, Place(f"{name}[{sheet.title}!{raw.coordinate}]"), problems)
            if problems:
                faults[row, column] = problems[0]
                rows.setdefault(row, {})
            elif cell is not None and (cell.text.strip() or cell.numeric):
                rows.setdefault(row, {})[column] = cell
        found.append(_page(sheet, name, rows, faults))
    return found


def _page(sheet: Any, name: str, rows: dict[int, dict[int, Cell]], faults: Mapping[tuple[int, int], Problem]) -> Page:
    from openpyxl.utils import column_index_from_string

    hidden: set[int] = set()
    for letter, column in sheet.column_dimensions.items():
        if column.hidden:
            first = column.min or column_index_from_string(letter)
            hidden |= set(range(first, min(column.max or first, first + 100) + 1))
    merged = tuple(Merged(r.min_row, r.min_col, r.max_row, r.max_col) for r in sheet.merged_cells.ranges)
    found = Sheet(Place(f"{name}[{sheet.title}]"), sheet.title, tuple(sorted(rows.items())))
    number = sum(1 for row in rows if sheet.row_dimensions[row].hidden)
    return Page(found, merged, sheet.sheet_state != "visible", frozenset(hidden), number, faults)
