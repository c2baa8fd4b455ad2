"""Tables of a register that are workbooks: the first sheet, every cell as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from envcheck.files import reading
from envcheck.forms.cells import AS_CSV, Cell, Sheet, sheets
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Problem

NUMBER = "\0number"
"""The number of a row in its table, where rows carry it; no heading has a NUL in it."""
SHEET = "\0sheet"
"""The sheet of a row, where there are several."""


def rows(path: str) -> pl.DataFrame:
    """The rows below the headings, each with its `NUMBER` in the sheet; rows that are empty are left out.

    Raises:
        InputError: it is no workbook that can be read, or a cell stands where there is no heading.
    """
    found = tables(path)
    if len(found) > 1:
        what = tr("more than one sheet with content: {title}", title=found[1][0].title)
        hint = tr("put # before the names of sheets that are not to be read, or make a file of each")
        raise InputError([Problem(found[1][0].place, what, hint)])
    return found[0][1] if found else _framed({}, ())


def tables(path: str, chosen: Sequence[str] = ()) -> list[tuple[Sheet, pl.DataFrame]]:
    """The sheets that hold something (the first where none does), with their rows.

    Raises:
        InputError: as `rows`.
    """
    problems: list[Problem] = []
    found = [
        one for one in sheets(reading.read(path, remedy=AS_CSV), path, problems) if not chosen or one.title in chosen
    ]
    if problems:
        raise InputError(problems)
    return [(sheet, _table(sheet)) for sheet in [one for one in found if one.rows] or found[:1]]


def _table(sheet: Sheet) -> pl.DataFrame:
    cells_of = dict(sheet.rows)
    headings = {column: cell.text.strip() for column, cell in cells_of.pop(1, {}).items()}
    if twice := [heading for heading, number in Counter(headings.values()).items() if number > 1]:
        raise InputError([Problem(sheet.place, tr("column {text} again", text=twice[0]))])
    stray = [cell for cells in cells_of.values() for column, cell in cells.items() if column not in headings]
    if stray:
        raise InputError([Problem(stray[0].place, tr("this column has no heading in row 1"))])
    columns = {
        heading: [_shown(cells[column]) if column in cells else None for cells in cells_of.values()]
        for column, heading in headings.items()
    }
    return _framed(columns, cells_of)


def _framed(columns: Mapping[str, Sequence[str | None]], numbers: Iterable[int]) -> pl.DataFrame:
    table = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return table.with_columns(pl.Series(NUMBER, list(numbers), dtype=pl.UInt32))


def _shown(cell: Cell) -> str:
    """A cell as the text that it shows; a number with its per cent sign."""
    return f"{cell.text} %" if cell.percent else cell.text
