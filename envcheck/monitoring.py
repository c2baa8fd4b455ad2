"""Monitoring series as they are written: a CSV file beside the facility file, or a list in it."""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from envcheck.headings import MINUTES, OXYGEN, STATE, TIMESTAMP, Cell, Column, HeadingReader
from envcheck.quantity import NUMBER, Interval, parse_number, split
from envcheck.series import HOURS_A_DAY, NORMAL, Series
from envcheck.source import Listing, Mapping, Node, Scalar, refuse
from envcheck.text import EMPTY, InputError, Place, Problem, Text, nearest
from envcheck.vocabulary import Attribute, Vocabulary

STATES = "monitoring_state"
MAX_BYTES = 64 * 1024 * 1024
TOLD = 20
"""So many mistakes of one series are told, the others counted."""
STAMP = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:(?:T|\s+|(?<=日))(\d{1,2})(?:[:时](?:(\d{1,2})(?:[:分](?:(\d{1,2})(?:\.0+)?秒?)?)?)?)?)?",
    re.ASCII,
)
HOUR = re.compile(r"[ T]([01]\d|2[0-3]):00(:00)?", re.ASCII)
"""What follows the day in the usual spelling."""
YEARS = range(1950, 2200)


class Row(NamedTuple):
    """One row as it was read."""

    time: int
    line: int
    state: str
    minutes: Fraction | None
    oxygen: Fraction | None
    values: tuple[Interval | None, ...]


def read(node: Node, attribute: Attribute, vocabulary: Vocabulary) -> Series:
    """The series that an attribute names by a path (relative to the file that it stands in) or holds as a list.

    Raises:
        InputError: no such file, unknown columns, or cells that cannot be read; only the first mistakes are told.
    """
    reader = _SeriesReader(vocabulary, attribute)
    try:
        return reader.listed(node) if isinstance(node, Listing) else reader.file(node)
    except InputError as error:
        raise InputError(_capped(error.problems)) from None


def _capped(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    rest = len(problems) - TOLD
    if rest <= 0:
        return problems
    more = Problem(Place(problems[0].place.file), Text(f"另有 {rest} 处错误", f"and {rest} more mistakes"))
    return (*problems[:TOLD], more)


class _SeriesReader(HeadingReader):
    def __init__(self, vocabulary: Vocabulary, attribute: Attribute) -> None:
        super().__init__(vocabulary, attribute)
        self.daily: bool | None = None
        self.cells: dict[tuple[str, str], Interval | None] = {}
        self.known_states: dict[str, str] = {"": NORMAL}
        self.days: dict[str, int] = {}
        self.minutes_told = False

    # --- where the rows come from

    def file(self, node: Node) -> Series:
        if not isinstance(node, Scalar) or not node.text.strip():
            refuse(node.place, Text("应填 CSV 文件的路径", "the path of a CSV file is due"))
        path = os.path.join(_folder(node.place), node.text.strip())
        try:
            with open(path, "rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            what = Text(f"监测数据文件 {path} 无法读取（{reason}）", f"series file {path} cannot be read ({reason})")
            refuse(node.place, what, Text("路径相对于本文件", "the path is relative to this file"))
        if len(data) > MAX_BYTES:
            refuse(Place(path), Text("文件超过 64 MB", "the file is larger than 64 MB"))
        return self.table(path, _csv(path, data))

    def listed(self, node: Listing) -> Series:
        """A list of mappings, as a table whose headings are their keys."""
        items = [item for item in node.items if isinstance(item, Mapping)]
        for item in node.items:
            if not isinstance(item, Mapping):
                self.report(item.place, Text("这里应为“键: 值”", "a mapping (key: value) is due here"))
        keys = {key: item.keys[key] for item in reversed(items) for key in reversed(item.entries)}
        names = [*reversed(keys)]

        def rows() -> Iterator[list[Cell]]:
            yield [(keys[name], name) for name in names]
            for item in items:
                nodes = [item.entries.get(name) for name in names]
                yield [(one.place, self._plain(one)) if one is not None else (item.place, "") for one in nodes]

        return self.table(node.place.file, rows())

    def _plain(self, node: Node) -> str:
        return "" if isinstance(node, Scalar) and node.is_null else self.text(node)

    # --- the table

    def table(self, file: str, rows: Iterator[list[Cell]]) -> Series:
        headings = next(rows, [])
        columns = self.columns(headings, file)
        self.finish()
        self.minutes_told = any(_is(column, MINUTES) for column in columns)
        found: dict[int, Row] = {}
        for cells in rows:
            row = self.row(cells, columns, len(headings))
            if row is None:
                continue
            first = found.setdefault(row.time, row)
            if first is not row:
                stamp = next(text for (_, text), column in zip(cells, columns, strict=True) if _is(column, TIMESTAMP))
                what = Text(
                    f"时间 {stamp} 重复（首次在第 {first.line} 行）", f"{stamp} again (first on line {first.line})"
                )
                self.report(cells[0][0], what, Text("每个时段只能有一行", "there is one row an hour or a day"))
        if not found and not self.problems:
            self.report(Place(file), Text("监测数据没有一行", "the series has no rows"))
        self.finish()
        return self.series(file, [found[time] for time in sorted(found)], columns)

    def series(self, file: str, rows: list[Row], columns: list[Column | None]) -> Series:
        roles = {column.role for column in columns if column is not None}
        substances = [column.role for column in columns if column is not None and column.substance is not None]
        by_substance = zip(*(row.values for row in rows), strict=True)
        return Series(
            file=file,
            daily=bool(self.daily),
            water=self.of == "water",
            times=tuple(row.time for row in rows),
            lines=tuple(row.line for row in rows),
            states=tuple(row.state for row in rows),
            minutes=tuple(row.minutes for row in rows) if MINUTES in roles else None,
            oxygen=tuple(row.oxygen for row in rows) if OXYGEN in roles else None,
            values=dict(zip(substances, by_substance, strict=True)),
        )

    # --- cells

    def row(self, cells: list[Cell], columns: list[Column | None], due: int) -> Row | None:
        """One row; None where it is empty or cannot be read."""
        if not any(text.strip() for _, text in cells):
            return None
        if len(cells) != due:
            what = Text(f"此行有 {len(cells)} 格，列名有 {due} 个", f"{len(cells)} cells under {due} headings")
            self.report(cells[0][0], what, Text("空值也要留出分隔符", "an empty cell needs its comma too"))
            return None
        time: int | None = None
        state, minutes, oxygen = NORMAL, None, None
        values: list[Interval | None] = []
        for (place, cell), column in zip(cells, columns, strict=True):
            text = cell.strip()
            if column is None:
                continue
            if column.substance is not None:
                values.append(self.cell(place, text, column))
            elif column.role == TIMESTAMP:
                time = self.time(place, text)
            elif column.role == STATE:
                state = self.state(place, text)
            elif column.role == MINUTES:
                minutes = self.minutes(place, text)
            else:
                share = self.cell(place, text, column)
                oxygen = share.exact if share is not None else None
        if time is None:
            return None
        if minutes is None and self.minutes_told:
            self.complete(cells, columns, state, values)
        return Row(time, cells[0][0].line, state, minutes, oxygen, tuple(values))

    def complete(
        self,
        cells: list[Cell],
        columns: list[Column | None],
        state: str,
        values: list[Interval | None],
    ) -> None:
        """Where minutes are told, an hour with a value tells them."""
        if state == NORMAL and any(value is not None for value in values):
            place = next(
                (p for (p, t), c in zip(cells, columns, strict=True) if _is(c, MINUTES) and not t.strip()), None
            )
            if place is not None:
                self.report(
                    place,
                    Text("有数值的时段缺少有效分钟数", "an hour with a value has no minutes"),
                    Text("不清楚有效分钟时，请删去整列", "leave the whole column out where minutes are not known"),
                )

    def cell(self, place: Place, text: str, column: Column) -> Interval | None:
        """A concentration or an oxygen content; None where the cell is empty or wrong."""
        if not text:
            return None
        key = (column.role, text)
        if key in self.cells:
            return self.cells[key]
        if column.factor is not None and NUMBER.fullmatch(text):
            value = Fraction(text) if column.factor == 1 else Fraction(text) * column.factor
            found: Interval | None = Interval(value, value)
            self.cells[key] = found
            return found
        before = len(self.problems)
        node = Scalar(place, f"{text} {column.unit}".rstrip())
        if column.unit and (parts := split(text)) is not None and parts[2]:
            self.wrong(node, column.attribute, Text("单位已写在列名中", "the heading has the unit already"))
            return None
        if column.substance is not None:
            measured = self.concentration(node, column.attribute, column.substance)
            found = measured.value if measured is not None else None
        else:
            fact = self.quantity(node, column.attribute)
            found = fact.value if fact is not None and isinstance(fact.value, Interval) else None
            if found is not None and found.exact is None:
                self.wrong(node, column.attribute, Text("应填百分数，如 5.2", "write percent, as in 5.2"))
        if len(self.problems) == before:
            self.cells[key] = found
        elif not any(character.isdigit() for character in text):
            self.problems[-1] = self.problems[-1]._replace(
                remedy=Text("没有数值的，单元格留空", "leave a cell empty where there is no value")
            )
        return found

    def state(self, place: Place, text: str) -> str:
        found = self.known_states.get(text)
        if found is None:
            spellings = (text, text.upper(), text.lower().replace("-", "_"))
            choice = next((c for word in spellings if (c := self.words.choice(STATES, word)) is not None), None)
            if choice is None:
                near = nearest(text, self.words.choices[STATES])
                self.report(place, Text(f"未知的状态“{text[:40]}”", f"unknown state '{text[:40]}'"), near)
                return NORMAL
            found = self.known_states[text] = choice.id
        return found

    def minutes(self, place: Place, text: str) -> Fraction | None:
        found = parse_number(unicodedata.normalize("NFKC", text)) if text else None
        if text and (found is None or not 0 <= found <= 60):
            what = Text(f"有效分钟数“{text[:40]}”不可用", f"minutes cannot be '{text[:40]}'")
            self.report(place, what, Text("应为 0 至 60 的数", "they lie from 0 to 60"))
        return found

    def time(self, place: Place, text: str) -> int | None:
        """The hour that a time begins, or the day; what it is for the first row it is for all."""
        known = self.days.get(text[:10])
        if known is not None and self.daily is False and HOUR.fullmatch(text, 10):
            return known * HOURS_A_DAY + int(text[11:13])
        match = STAMP.fullmatch(text if text.isascii() else unicodedata.normalize("NFKC", text))
        day = _day(match) if match is not None else None
        if match is None or day is None:
            what = Text(f"时间“{text[:40]}”无法理解", f"the time '{text[:40]}' cannot be read")
            self.report(place, what, Text("写法如 2025-01-01 13:00", "write it as 2025-01-01 13:00"))
            return None
        daily = match[4] is None
        hour = int(match[4] or 0)
        if hour >= HOURS_A_DAY or int(match[5] or 0) or int(match[6] or 0):
            what = Text(f"时间 {text[:40]} 不是整点", f"{text[:40]} is not the beginning of an hour")
            hint = Text("时间为该小时的起点，00:00 至 23:00", "a time names the beginning of its hour, 00:00 to 23:00")
            self.report(place, what, hint)
            return None
        if self.daily is None:
            self.daily = daily
            if daily and self.of == "emissions":
                what = Text(
                    "废气监测数据应为小时均值，此处只有日期", "hourly means are due for gas; this has a day only"
                )
                refuse(place, what, Text("写法如 2025-01-01 13:00", "write it as 2025-01-01 13:00"))
        elif self.daily != daily:
            what = Text("有的行是小时，有的行是日期", "some rows name an hour and some a day")
            self.report(place, what, EMPTY)
            return None
        if len(match[0]) >= 16 and text[4] == text[7] == "-":
            self.days[text[:10]] = day
        return day if daily else day * HOURS_A_DAY + hour


def _is(column: Column | None, role: str) -> bool:
    return column is not None and column.role == role


def _day(match: re.Match[str]) -> int | None:
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return day.toordinal() if day.year in YEARS else None


def _folder(place: Place) -> str:
    """The folder of the file that a place names; a cell of a workbook is `form.xlsx[outlets!C5]`."""
    file = place.file.rpartition("[")[0] if place.file.endswith("]") else place.file
    return os.path.dirname(file)


def _csv(path: str, data: bytes) -> Iterator[list[Cell]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = Text("请另存为“CSV UTF-8（逗号分隔）”", "save it as CSV UTF-8 (comma delimited)")
        refuse(Place(path, line), Text("不是 UTF-8 文本", "not UTF-8 text"), hint)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in rows:
            place = Place(path, line)
            yield [(place, cell) for cell in cells]
            line = rows.line_num + 1
    except csv.Error as error:
        refuse(Place(path, line), Text("此行不是有效的 CSV", f"not valid CSV: {error}"))
