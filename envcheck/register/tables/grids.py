"""Tables as they were found, before anything is known of them: sheets and texts as rows of cells."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from envcheck.files import reading
from envcheck.forms.cells import AS_CSV, Cell
from envcheck.forms.pages import Merged, Page, pages
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem

SMALL = 50 * 1024 * 1024
"""Bytes of a text up to which it is read whole, so that its layout can be seen; larger ones stream."""
TEXTS = (".csv", ".tsv")
DELIMITERS = (",", ";", "\t", "；", "|")
LOOKED_AT = 200
"""So many lines tell what parts the cells of a text."""
UTF_8 = "UTF-8"


class Grid(NamedTuple):
    """A sheet or a text by its rows (those that are empty left out): cells by column, from 1 on."""

    title: str
    """Of the sheet; empty for a text."""
    rows: tuple[tuple[int, Mapping[int, str]], ...]
    merged: tuple[Merged, ...] = ()
    hidden: bool = False
    hidden_columns: frozenset[int] = frozenset()
    hidden_rows: int = 0
    faults: Mapping[tuple[int, int], Problem] = {}
    widths: Mapping[int, int] = {}
    """How many cells the lines of a text have, where that tells a line that was cut off; by row."""


class Encoded(NamedTuple):
    """A text, in which encoding and with which delimiter it stood in its file."""

    text: str
    encoding: str
    delimiter: str


def of_workbook(path: str) -> list[Grid]:
    """The sheets of a workbook but those whose names begin with # or _.

    Raises:
        InputError: it is no workbook that can be read.
    """
    found = pages(reading.read(path, remedy=AS_CSV), path)
    return [_of_page(page) for page in found if not page.sheet.title.startswith(("#", "_"))]


def _of_page(page: Page) -> Grid:
    rows = tuple((row, {column: shown(cell) for column, cell in cells.items()}) for row, cells in page.sheet.rows)
    return Grid(page.sheet.title, rows, page.merged, page.hidden, page.hidden_columns, page.hidden_rows, page.faults)


def shown(cell: Cell) -> str:
    """A cell as the text that it shows; a number with its per cent sign."""
    return f"{cell.text} %" if cell.percent else cell.text


def decoded(path: str) -> Encoded:
    """A text in UTF-8, UTF-16 (with a mark in front) or GBK.

    Raises:
        InputError: it is in none of them.
    """
    data = reading.read(path, SMALL)
    text, encoding = text_of(data, path)
    return Encoded(text, encoding, delimiter(text))


def text_of(data: bytes, path: str) -> tuple[str, str]:
    """A text and its encoding.

    Raises:
        InputError: it is in none that is known.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        attempts = (("utf-16", "UTF-16"),)
    else:
        attempts = (("utf-8-sig", UTF_8), ("gb18030", "GBK"))  # type: ignore[assignment]
    for codec, name in attempts:
        try:
            return data.decode(codec), name
        except UnicodeDecodeError:
            continue
    line = data.count(b"\n", 0, _first_fault(data)) + 1
    raise InputError([Problem(Place(path, line), tr("not UTF-8 text"))])


def _first_fault(data: bytes) -> int:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def delimiter(text: str) -> str:
    """What parts the cells: the sign by which most of the first lines fall into the same number of cells, and many."""
    lines = [line for line in text[: 1 << 18].splitlines() if line.strip()][:LOOKED_AT]
    best, most = ",", 0
    for sign in DELIMITERS:
        counts = Counter(len(row) for row in _split(lines, sign))
        counts.pop(1, None)
        found = max((number * (width - 1) for width, number in counts.items()), default=0)
        if found > most:
            best, most = sign, found
    return best


def _split(lines: Sequence[str], sign: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=sign)
    except csv.Error:
        return


def of_text(given: Encoded, path: str) -> Grid:
    """The lines of a text; lines that are blank are left out.

    Raises:
        InputError: a quotation mark is not closed or stands in the wrong place.
    """
    reader = csv.reader(io.StringIO(given.text, newline=""), delimiter=given.delimiter, strict=True)
    rows: list[tuple[int, dict[int, str]]] = []
    widths: dict[int, int] = {}
    first = 1
    try:
        for cells in reader:
            filled = {column: cell.strip() for column, cell in enumerate(cells, 1) if cell.strip()}
            if filled:
                rows.append((first, filled))
                widths[first] = len(cells)
            first = reader.line_num + 1
    except csv.Error:
        raise InputError([Problem(Place(path, reader.line_num), misquoted())]) from None
    return Grid("", tuple(rows), widths=widths)


def misquoted() -> Text:
    """What is told of a line whose quotation marks do not pair."""
    return tr("a quotation mark is not closed or stands in the wrong place")


def spread(grid: Grid) -> tuple[Grid, int]:
    """The grid with what stands in a cell that is merged over several rows in each of them, and how many cells are."""
    rows = {number: dict(cells) for number, cells in grid.rows}
    filled = 0
    for area in grid.merged:
        value = rows.get(area.top, {}).get(area.left)
        if value is None or area.bottom == area.top:
            continue
        for number in range(area.top + 1, area.bottom + 1):
            if number in rows and area.left not in rows[number]:
                rows[number][area.left] = value
                filled += 1
    return grid._replace(rows=tuple(sorted(rows.items()))), filled
