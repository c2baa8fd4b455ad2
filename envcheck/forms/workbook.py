"""A facility's workbook: one sheet for the facility, one for each list, drop-downs, and what people need beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from envcheck.files.source import refuse
from envcheck.forms.cells import number_text
from envcheck.forms.comments import HEADINGS as COLUMNS
from envcheck.forms.comments import SHEET, Comment, rows
from envcheck.forms.keys import CHOICES_SHEET, FACILITY, MARK, Key, fit, headed, is_date, is_number
from envcheck.report.parts.office import CELL_LIMIT, HEAD, printable, put_text, saved
from envcheck.text.messages import tr
from envcheck.text.problems import Place

LAST_ROW = 1000
"""How far down drop-downs reach."""
GREY, ITALIC, WHITE = Font(color="808080", size=9), Font(color="808080", italic=True), Font(color="FFFFFF", bold=True)
FILL, PALE = PatternFill("solid", fgColor=HEAD), PatternFill("solid", fgColor="FFF9E5")
WRAP = Alignment(wrap_text=True, vertical="top")
HEADINGS = ("key", "#label", "value", "unit", "#example", "#explanation")
TITLES = (
    tr("field"), tr("name"), tr("value"), tr("unit"), tr("example"),
    tr("explanation"),
)  # fmt: skip


class Field(NamedTuple):
    """A row of the facility's sheet or a column of another: what it is called and what it takes."""

    name: str
    label: str
    unit: str = ""
    key: Key | None = None
    note: str = ""
    example: str = ""
    options: tuple[str, ...] = ()


class Table(NamedTuple):
    """A sheet: its fields, and the values of each of its rows (the facility has one row)."""

    name: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[str | None, ...], ...] = ()


def write(tables: Sequence[Table], introduction: Sequence[str], lang: str, comments: Sequence[Comment] = ()) -> bytes:
    """The workbook; `introduction` is a sheet in front of the others that is not read, `comments` are one behind them.

    Raises:
        InputError: a text is longer than a cell can hold.
    """
    book: Any = Workbook()
    book.remove(book.active)
    if introduction:
        _introduce(book.create_sheet(tr("#read me").within(lang)), introduction, tables)
    lists = _Lists()
    for table in tables:
        sheet = book.create_sheet(table.name)
        (_upright if table.name == FACILITY else _across)(sheet, table, lists, lang)
        printable(sheet)
    if comments:
        _keep(book.create_sheet(SHEET), comments)
    lists.write(book)
    book.properties.creator = "envcheck"
    return saved(book)


def _introduce(sheet: Any, lines: Sequence[str], tables: Sequence[Table]) -> None:
    sheet.column_dimensions["A"].width = 100
    names = {table.name for table in tables}
    for number, line in enumerate(lines, 1):
        cell = sheet.cell(number, 1)
        put_text(cell, fit(line))
        cell.alignment = WRAP
        if number == 1:
            cell.font = Font(bold=True, size=14)
        word = line.partition(" ")[0]
        if word in names:
            cell.hyperlink = f"#'{word}'!A1"
            cell.font = Font(color="0563C1", underline="single")


def _keep(sheet: Any, comments: Sequence[Comment]) -> None:
    """The comments of the file that the workbook was made from."""
    for row, texts in enumerate([COLUMNS, *rows(comments)], 1):
        for column, text in enumerate(texts, 1):
            if text:
                put_text(sheet.cell(row, column), _fitting(text, SHEET))
            sheet.cell(row, column).alignment = WRAP
    for letter, width in zip("ABC", (40, 12, 100), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    printable(sheet)


class _Lists:
    """Drop-downs: their values stand on a hidden sheet, for a cell's own list holds no more than 255 characters."""

    def __init__(self) -> None:
        self.columns: dict[tuple[str, ...], int] = {}

    def validation(self, sheet: Any, field: Field) -> DataValidation | None:
        """The drop-down of a field; one in which several values may stand, or a value of one's own, only proposes."""
        if not field.options:
            return None
        column = get_column_letter(self.columns.setdefault(field.options, len(self.columns) + 1))
        source = f"'{CHOICES_SHEET}'!${column}$1:${column}${len(field.options)}"
        proposed = field.key is not None and field.key.attribute.type in ("choices", "text")
        rule = DataValidation("list", formula1=source, allow_blank=True, showErrorMessage=not proposed)
        rule.error, rule.errorTitle = " / ".join(field.options)[:200], "envcheck"
        sheet.add_data_validation(rule)
        return rule

    def write(self, book: Any) -> None:
        if not self.columns:
            return
        sheet = book.create_sheet(CHOICES_SHEET)
        sheet.sheet_state = "hidden"
        for values, column in self.columns.items():
            for row, value in enumerate(values, 1):
                put_text(sheet.cell(row, column), fit(value))


def _upright(sheet: Any, table: Table, lists: _Lists, lang: str) -> None:
    """A row a field."""
    put_text(sheet.cell(1, 1), MARK)
    put_text(sheet.cell(2, 1), MARK)
    for column, (heading, title) in enumerate(zip(HEADINGS, TITLES, strict=True), 2):
        put_text(sheet.cell(1, column), heading)
        sheet.cell(1, column).font = GREY
        put_text(sheet.cell(2, column), title.within(lang))
        sheet.cell(2, column).font, sheet.cell(2, column).fill = WHITE, FILL
    values = table.rows[0] if table.rows else (None,) * len(table.fields)
    rules: dict[tuple[str, ...], DataValidation | None] = {}
    for row, (field, value) in enumerate(zip(table.fields, values, strict=True), 3):
        for column, text in ((2, field.name), (3, field.label), (5, field.unit), (6, field.example), (7, field.note)):
            cell = sheet.cell(row, column)
            if text:
                put_text(cell, fit(text))
            cell.alignment = WRAP
            cell.font = GREY if column == 2 else ITALIC if column == 6 else Font()
        cell = sheet.cell(row, 4)
        cell.fill, cell.alignment = PALE, WRAP
        _format(cell, field)
        if value is not None:
            _put(cell, value, field)
        several = field.key is not None and field.key.attribute.type == "choices"
        where = (*field.options, "*" if several else "")
        if where not in rules:
            rules[where] = lists.validation(sheet, field)
        rule = rules[where]
        if rule is not None:
            rule.add(cell.coordinate)
    for letter, width in zip("ABCDEFG", (3, 26, 44, 30, 12, 18, 80), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "E3"


def _across(sheet: Any, table: Table, lists: _Lists, lang: str) -> None:
    """A row a subject: headings, labels, explanations and an example above them."""
    leads = (tr("label"), tr("explanation"), tr("example"))
    for row, lead in enumerate(leads, 2):
        put_text(sheet.cell(row, 1), f"{MARK}{lead.within(lang)}")
    put_text(sheet.cell(1, 1), MARK)
    for column, field in enumerate(table.fields, 2):
        unit = f" ({field.unit})" if field.unit else ""
        texts = (headed(field.name, field.unit), f"{field.label}{unit}", field.note, field.example)
        for row, (text, font) in enumerate(zip(texts, (GREY, WHITE, GREY, ITALIC), strict=True), 1):
            cell = sheet.cell(row, column)
            if text:
                put_text(cell, fit(text))
            cell.font, cell.alignment = font, WRAP
        sheet.cell(2, column).fill = FILL
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = max(14, min(28, len(texts[0]) + 2))
        _format(sheet.column_dimensions[letter], field)
        rule = lists.validation(sheet, field)
        if rule is not None:
            rule.add(f"{letter}5:{letter}{max(LAST_ROW, len(table.rows) + 4)}")
        for row, values in enumerate(table.rows, 5):
            value = values[column - 2]
            if value is not None:
                _format(sheet.cell(row, column), field)
                _put(sheet.cell(row, column), value, field)
    sheet.column_dimensions["A"].width = 8
    sheet.row_dimensions[2].height, sheet.row_dimensions[3].height = 32, 90
    sheet.freeze_panes = "C5"


def _format(cell: Any, field: Field) -> None:
    """A format that keeps a spreadsheet from making dates of ids and clock times of ratios."""
    if field.key is not None and is_date(field.key):
        cell.number_format = "yyyy-mm-dd"
    elif field.key is None or not is_number(field.key):
        cell.number_format = "@"


def _put(cell: Any, text: str, field: Field) -> None:
    """A value as a number or a date where reading it gives the very same text, else as the text it is."""
    number = text.removesuffix(f" {field.unit}") if field.unit else text
    if field.key is not None and is_number(field.key) and re.fullmatch(r"-?\d{1,15}(\.\d{1,12})?", number):
        if number_text(float(number)) == number and (not field.unit or number != text):
            cell.value = int(number) if re.fullmatch(r"-?\d+", number) else float(number)
            return
    elif field.key is not None and is_date(field.key) and re.fullmatch(r"(19[1-9]\d|20\d\d)-\d\d-\d\d", text):
        cell.value = date.fromisoformat(text)
        cell.number_format = "yyyy-mm-dd"
        return
    put_text(cell, _fitting(text, field.name))


def _fitting(text: str, name: str) -> str:
    """A text as a cell can hold it."""
    fitting = fit(text)
    if len(fitting) > CELL_LIMIT:
        what = tr("{name} is longer than {cell_limit} characters", name=name, cell_limit=CELL_LIMIT)
        refuse(Place(name), what, tr("use YAML or JSON"))
    return fitting
