"""The cells of a workbook that somebody else made: opened with care, each value as the text that YAML would hold."""

from __future__ import annotations

import io
import operator
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from envcheck.files import bounds, reading
from envcheck.files.source import refuse
from envcheck.forms.keys import unfit
from envcheck.text.messages import tr
from envcheck.text.problems import Place, Problem

WIDE = tuple(mark.encode(code) for mark in ("<?", "<w", "<!", "\ufeff<") for code in ("utf-16-le", "utf-16-be"))
"""How a part in UTF-16 begins: its marks are not seen as such, and no spreadsheet program writes one."""
DECLARED = re.compile(rb"\A\W{0,3}<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']*)")
PLAIN = frozenset({b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252"})
"""Encodings in which a mark is spelled as in ASCII."""
CELL = re.compile(rb"<(?:[\w.-]+:)?(?:c|row)[\s/>]")
SPREAD_OVER = re.compile(rb"<(?:[\w.-]+:)?(?:mergeCell|hyperlink)\s([^>]*)")
REFERENCE = re.compile(rb"(?:\A|\s)ref\s*=\s*[\"']\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?[\"']")
LONGEST_FORM = 255
PIECE = re.compile(r'"[^"]*"?|\\.|[_*].|\[[^\]]*\]|.', re.DOTALL)
"""The pieces of a number format: quoted text, an escaped character, a space or filling, brackets, a sign."""
CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9.]{1,20})\]")
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
AS_CSV = tr("cut off what is empty, or save the table as CSV")
MAKE_ONE = tr("make a form with envcheck template, and save it as .xlsx without a password")


class Cell(NamedTuple):
    """A cell that is not empty; `numeric` where it holds a number, `percent` where a per cent sign is shown behind it."""

    place: Place
    row: int
    column: int
    text: str
    numeric: bool = False
    percent: bool = False


class Sheet(NamedTuple):
    """A sheet by its rows; rows and cells that are empty are left out."""

    place: Place
    title: str
    rows: tuple[tuple[int, dict[int, Cell]], ...]

    def at(self, row: int, column: int) -> Place:
        """Where a cell stands, whether or not it is empty."""
        from openpyxl.utils import get_column_letter

        return Place(f"{self.place.file.removesuffix(']')}!{get_column_letter(column)}{row}]")


def sheets(data: bytes, name: str, problems: list[Problem]) -> list[Sheet]:
    """The sheets of a workbook; cells that cannot be read as facts (formulas, errors) are told in ``problems``.

    Raises:
        InputError: not a workbook, too large, or built to harm.
    """
    book = opened(data, name)
    return [_sheet(sheet, name, problems) for sheet in book.worksheets if not sheet.title.startswith(("#", "_"))]


def aside(data: bytes, name: str, title: str) -> Sheet | None:
    """A sheet that is not read as facts, by its title. Raises as `sheets`."""
    found = next((sheet for sheet in opened(data, name).worksheets if sheet.title == title), None)
    return None if found is None else _sheet(found, name, [])


def opened(data: bytes, name: str, *, stored: bool = False) -> Any:
    """A workbook of openpyxl; with ``stored`` its formulas are the values that were stored beside them.

    Raises:
        InputError: not a workbook, too large, or built to harm.
    """
    if len(data) > bounds.FILE:
        refuse(Place(name), reading.too_large(bounds.FILE), AS_CSV)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _guard(archive, name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        refuse(Place(name), tr("not an Excel workbook that can be read"), MAKE_ONE)
    except Exception as error:  # zlib has an error of its own
        if type(error).__module__ != "zlib":
            raise
        refuse(Place(name), tr("not an Excel workbook that can be read"), MAKE_ONE)
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # drawings and extensions that it leaves out hold no facts
            return openpyxl.load_workbook(io.BytesIO(data), data_only=stored, keep_links=False)
    except RecursionError:
        refuse(Place(name), tr("the workbook is nested too deeply"), MAKE_ONE)
    except Exception as error:  # what a foreign workbook can break is not listed anywhere
        what = f"{type(error).__name__}: {error}"[:120]
        refuse(Place(name), tr("the workbook is broken ({what})", what=what), MAKE_ONE)


def _guard(archive: zipfile.ZipFile, name: str) -> None:
    """Refuse what would fill the memory; a part never unpacks to more than it declares."""
    parts = archive.infolist()
    if len(parts) > bounds.PARTS or sum(part.file_size for part in parts) > bounds.UNPACKED:
        refuse(Place(name), tr("the workbook is too large when unpacked"), AS_CSV)
    cells = spread = 0
    for part in parts:  # whatever they are named: what a part is, another part says
        content = archive.read(part)
        picture = part.filename.startswith("xl/media/") and not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
        if picture:
            continue
        declared = DECLARED.match(content)
        if content.startswith(WIDE) or (declared is not None and declared[1].lower() not in PLAIN):
            refuse(Place(name), tr("a part of the workbook is not UTF-8 text"), MAKE_ONE)
        if b"<!DOCTYPE" in content:
            refuse(Place(name), tr("the workbook declares a document type"), MAKE_ONE)
        cells += sum(1 for _ in CELL.finditer(content))
        spread += sum(_area(found[1]) for found in SPREAD_OVER.finditer(content))
        if cells > bounds.CELLS:
            what = tr("the workbook has more than {most} cells and rows", most=bounds.CELLS)
            refuse(Place(name), what, AS_CSV)
        if spread > bounds.SPREAD:
            what = tr("merged cells or links of the workbook cover more than {most} cells", most=bounds.SPREAD)
            refuse(Place(name), what, tr("undo them"))


def _area(attributes: bytes) -> int:
    """How many cells a merged range or a link covers; too many where that is not plainly said."""
    found = REFERENCE.search(attributes)
    if found is None:
        return bounds.SPREAD + 1
    columns = [_column(letters) for letters in (found[1], found[3] or found[1])]
    rows = [int(number) for number in (found[2], found[4] or found[2])]
    return (abs(columns[1] - columns[0]) + 1) * (abs(rows[1] - rows[0]) + 1)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet(sheet: Any, name: str, problems: list[Problem]) -> Sheet:
    rows: dict[int, dict[int, Cell]] = {}
    # Only cells that exist: asking for every row and column would walk a million of them for one stray format.
    for (row, column), raw in sorted(sheet._cells.items()):
        if raw.value is None:
            continue
        cell = read_cell(raw, Place(f"{name}[{sheet.title}!{raw.coordinate}]"), problems)
        if cell is not None and (cell.text.strip() or cell.numeric):
            rows.setdefault(row, {})[column] = cell
    return Sheet(Place(f"{name}[{sheet.title}]"), sheet.title, tuple(rows.items()))


def read_cell(raw: Any, place: Place, problems: list[Problem]) -> Cell | None:
    """A cell of openpyxl; one that holds no fact is told in ``problems``."""
    value = raw.value
    if raw.data_type in ("f", "e"):
        what = tr("the cell holds a formula")
        if raw.data_type == "e":
            what = tr("the cell holds the error {value}", value=value)
        problems.append(Problem(place, what, tr("put in the value itself")))
        return None
    if isinstance(value, time | timedelta):
        what = tr("the cell was turned into the time {value}", value=value)
        problems.append(Problem(place, what, tr("format the cell as text and fill it again")))
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        signs, literal = percent_signs(str(raw.number_format), value)
        return Cell(place, raw.row, raw.column, number_text(value, signs), numeric=True, percent=signs > 0 or literal)
    return Cell(place, raw.row, raw.column, _text(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        day = value.time() == time(0)
        return value.date().isoformat() if day else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return unfit(str(value))


def percent_signs(form: str, value: float) -> tuple[int, bool]:
    """How many per cent signs of a number format multiply a value by a hundred, and whether one is shown as mere text.

    Quoted and escaped characters are text (ECMA-376 part 1, 18.8.31); of several sections one is for the value.

    >>> percent_signs("0.0%", 0.052), percent_signs('0.0"%"', 5.2), percent_signs("0;-0%", 1)
    ((1, False), (0, True), (0, False))
    """
    sections: list[tuple[str, int, bool]] = [("", 0, False)]
    for match in PIECE.finditer(form[:LONGEST_FORM]):
        piece, (condition, signs, literal) = match[0], sections[-1]
        if piece == ";":
            sections.append(("", 0, False))
        elif piece == "%":
            sections[-1] = (condition, signs + 1, literal)
        elif piece[0] in '"\\％':
            sections[-1] = (condition, signs, literal or "%" in piece or "％" in piece)
        elif CONDITION.fullmatch(piece):
            sections[-1] = (piece, signs, literal)
    chosen = _section([condition for condition, _, _ in sections[:3]], value)
    return sections[chosen][1:]


def _section(conditions: list[str], value: float) -> int:
    """Which of the sections of a number format shows a value."""
    if not any(conditions):
        if len(conditions) > 1 and value < 0:
            return 1
        return 2 if len(conditions) > 2 and value == 0 else 0
    for number, condition in enumerate(conditions):
        match = CONDITION.fullmatch(condition)
        if match is not None and OPERATORS[match[1]](value, float(match[2])):
            return number
    return next((number for number, condition in enumerate(conditions) if not condition), len(conditions) - 1)


def number_text(value: float, signs: int = 0) -> str:
    """A number of a cell as it was typed: the shortest decimal that is the same double, without exponent.

    It is multiplied by a hundred for each of the per cent ``signs`` that it is shown with.

    >>> number_text(0.07), number_text(20.0), number_text(0.052, 1)
    ('0.07', '20', '5.2')
    """
    exact = Decimal(repr(value)) * 100**signs
    if not exact.is_finite():
        return str(value)
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def marked(cells: dict[int, Cell]) -> bool:
    """Whether a row is for people only."""
    return 1 in cells and cells[1].text.startswith("#")


def filled(sheet: Sheet, below: int) -> Iterator[tuple[int, dict[int, Cell]]]:
    """The rows with facts below a row."""
    return ((row, cells) for row, cells in sheet.rows if row > below and not marked(cells))
