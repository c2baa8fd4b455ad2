"""Tables of a register that are workbooks: the first sheet, every cell as text."""

from __future__ import annotations

from collections import Counter

import polars as pl

from envcheck.files import reading
from envcheck.forms.cells import Cell, sheets
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
    problems: list[Problem] = []
    found = sheets(reading.read(path), path, problems)
    if others := [sheet for sheet in found[1:] if sheet.rows]:
        what = tr("more than one sheet with content: {title}", title=others[0].title)
        hint = tr("put # before the names of sheets that are not to be read, or make a file of each")
        problems.append(Problem(others[0].place, what, hint))
    if problems:
        raise InputError(problems)
    cells_of = dict(found[0].rows) if found else {}
    headings = {column: cell.text.strip() for column, cell in cells_of.pop(1, {}).items()}
    if twice := [heading for heading, number in Counter(headings.values()).items() if number > 1]:
        raise InputError([Problem(found[0].place, tr("column {text} again", text=twice[0]))])
    stray = [cell for cells in cells_of.values() for column, cell in cells.items() if column not in headings]
    if stray:
        raise InputError([Problem(stray[0].place, tr("this column has no heading in row 1"))])
    columns = {
        heading: [_shown(cells[column]) if column in cells else None for cells in cells_of.values()]
        for column, heading in headings.items()
    }
    table = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return table.with_columns(pl.Series(NUMBER, list(cells_of), dtype=pl.UInt32))


def _shown(cell: Cell) -> str:
    """A cell as the text that it shows; a number with its per cent sign."""
    return f"{cell.text} %" if cell.percent else cell.text
