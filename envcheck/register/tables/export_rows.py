"""The rows of a wide table of measurements in long form: one an hour (or a day), a point and a pollutant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from envcheck.facility.facts import NOTHING
from envcheck.facility.series.headings import OXYGEN, STATES
from envcheck.facility.series.rows import ZONED
from envcheck.model.series import NORMAL
from envcheck.register.tables import exports
from envcheck.register.tables.around import Around
from envcheck.register.tables.captions import INFLUENT, Reader, plain
from envcheck.register.tables.exports import DAY, DAY_NUMBER, EFFLUENT, STAMP, Column
from envcheck.register.tables.grids import Grid
from envcheck.register.tables.mappings import Settings
from envcheck.register.tables.sections import NOTE, NOTES, NUMBERED, REPEATED, TOTAL, TOTALS, Section
from envcheck.text.messages import Text, tr
from envcheck.text.problems import Place, Problem
from envcheck.units.quantity import parse_number
from envcheck.vocabulary.words import Vocabulary

STATISTIC = re.compile(
    r"([小日周月季年]?(时|度)?[均平]{1,2}值?|平均|最[大小高低]值?|样本[数量]?|个数|数据个数|有效(数据)?[个数率].*|[日月季年]?(污染物)?排放总量.*|总量.*|累[计积].*"
    r"|合格率.*|达标率.*|超标.*|标准限?值.*|限值.*|执行标准.*|考核.*|传输率.*|标准差|去除率.*|烟气.*总量.*|samples?|count|n)\s*[（(]?.*",
    re.IGNORECASE,
)
NO_READING = re.compile(r"n\.?a\.?n?|#n/a|null|none|nil|-(99+|9+\.9+)(\.0+)?|无效值?|缺失|缺测", re.IGNORECASE)
"""What stands for no reading in a column of values: a mapping is to say so, for others mean a state by it."""
MARKED = re.compile(r"(?P<value>[-+]?[0-9.]+)\s*[（(](?P<mark>[A-Za-z]{1,2})[)）]")
INFLOW = tr("points of the influent, not read")
BLOCKS = tr("lines that say what follows")


class Long(NamedTuple):
    """One value: when, whose, of what, in which row."""

    time: str
    firm: str
    point: str
    substance: str
    value: str
    unit: str
    oxygen: str
    state: str
    minutes: str
    row: int


class Read(NamedTuple):
    """What a table comes to: values, what is known around their points, and what is told."""

    values: list[Long]
    facts: dict[tuple[str, str], dict[str, str]]
    """By firm and point: what columns say of them."""
    around: dict[tuple[str, str], Around]
    first: dict[tuple[str, str], int]
    aside: dict[Text, list[int]]
    marks: dict[str, dict[str, int]]
    """Marks that are not understood, by heading."""
    missing: dict[str, dict[str, int]]
    """What seems to stand for no reading and no mapping calls so, by heading."""
    problems: list[Problem]
    hours: int


class RowsReader:
    """Reads the rows of one table."""

    def __init__(
        self, table: Section, found: Mapping[int, Column], reader: Reader, settings: Settings, place: str
    ) -> None:
        self.table, self.columns, self.words, self.settings, self.path = table, found, reader.words, settings, place
        self.reader = reader
        self.silent = {*NOTHING, *settings.empty}
        self.figures = {n for word in settings.empty if (n := parse_number(word)) is not None}
        self.states: dict[tuple[str, str], str | None] = {}
        self.read = Read([], {}, {}, {}, {}, {}, {}, [], 0)
        self.of: dict[str, list[int]] = {}
        for number, column in found.items():
            self.of.setdefault(column.role, []).append(number)
        self.faults: dict[int, list[tuple[int, Problem]]] = {}
        for (row, number), problem in table.grid.faults.items():
            self.faults.setdefault(row, []).append((number, problem))
        self.remarks = self._remarks()

    def _remarks(self) -> list[int]:
        """Columns of remarks that hold nothing but states."""
        rows = [cells for _, cells in self.table.rows]
        held = []
        for number in self.of.get("aside", ()):
            texts = {cells[number] for cells in rows if number in cells} - self.silent
            if texts and all(self._state(number, text) for text in texts):
                held.append(number)
        return held

    def all(self) -> Read:
        """The whole table, from above its headings on: what a line says holds for the rows below it."""
        grid: Grid = self.table.grid
        around = Around()
        data = {number for number, _ in self.table.rows}
        set_aside = {number: what for what, rows in self.table.aside.items() for number in rows}
        hourly = self._hourly()
        hours = 0
        for number, cells in grid.rows:
            if number < self.table.first:
                around = around.beside(cells)
            elif number <= self.table.last:
                continue
            elif number in data and (stamp := self._time(cells, around, hourly=hourly)) is not None:
                hours += self._row(number, cells, stamp, around)
            elif (what := self._what(cells, set_aside.get(number))) is not None:
                if what == BLOCKS:
                    around = around.beside(cells)
                self.read.aside.setdefault(what, []).append(number)
            else:
                self.read.problems.append(Problem(Place(self.path, number), *self._timeless(cells)))
        return self.read._replace(hours=hours)

    def _timeless(self, cells: Mapping[int, str]) -> tuple[Text, Text]:
        text = next((cells[number] for number in self.of["time"] if number in cells), next(iter(cells.values())))
        if ZONED.fullmatch(text):
            return tr("the time '{text}' has a time zone", text=text[:40]), tr("write the local time, without a zone")
        return tr("the time '{text}' cannot be read", text=text[:40]), tr("write it as 2025-01-01 13:00")

    def _what(self, cells: Mapping[int, str], known: Text | None) -> Text | None:
        """What a line is that is no row; None where that is not known."""
        texts = [plain(text) for _, text in sorted(cells.items())]
        if known in (TOTALS, REPEATED):
            return known
        if any(TOTAL.fullmatch(text) or STATISTIC.fullmatch(text) for text in texts[:2]):
            return TOTALS
        if Around().beside(cells)._replace(titled="") != Around():
            return BLOCKS
        if known is not None or NOTE.match(texts[0]) or (len(texts) == 1 and NUMBERED.fullmatch(texts[0])):
            return NOTES
        if len(texts) > 1 and all(self.reader.is_heading(text) or self.reader.is_unit(text) for text in texts):
            return REPEATED
        times = self.of["time"]
        if not any(column in cells for column in times) and not self._values(cells):
            return NOTES
        return BLOCKS if len(texts) == 1 and not re.match("[0-9]", texts[0]) else None

    def _values(self, cells: Mapping[int, str]) -> bool:
        return any(number in cells for role in ("value", "oxygen") for number in self.of.get(role, ()))

    # --- times

    def _hourly(self) -> bool:
        """Whether the rows are of hours."""
        times = self.of["time"][0]
        matches = (STAMP.fullmatch(plain(cells[times])) for _, cells in self.table.rows if times in cells)
        return any(match is not None and match["h"] is not None for match in matches)

    def _time(self, cells: Mapping[int, str], around: Around, *, hourly: bool) -> str | None:
        """The time of a row as a series has it; as it stands where it is none, and None where nothing looks like one."""
        column = self.of["time"][0]
        text = plain(cells.get(column, ""))
        if not text:
            return None
        match = STAMP.fullmatch(text)
        if match is None or not any(match.groupdict().values()):
            bare = DAY_NUMBER.fullmatch(text)
            heading = self.columns[column].heading
            if bare is not None and not re.search("时", heading) and around.month is not None and not hourly:
                return f"{around.month[0]:04}-{around.month[1]:02}-{int(bare[1]):02}"
            if bare is not None and around.day is not None:
                return _stamp(around.day, int(bare[1]))
            return text if re.match("[0-9]", text) else None
        day = around.day
        if match["y"]:
            day = int(match["y"]), int(match["m"]), int(match["d"])
        elif match["m2"]:
            year = (around.day or around.month or (0,))[0]
            day = (year, int(match["m2"]), int(match["d2"])) if year else None
        if day is None:
            return text
        hour, until = match["h"], match["h2"]
        if hour is None:
            iso = DAY.fullmatch(text)
            if hourly and self.table.grid.title and iso is not None:
                return _stamp(day, 0)  # a workbook has midnight as a day
            return text if hourly else f"{day[0]:04}-{day[1]:02}-{day[2]:02}"
        if (
            int(match["min"] or 0)
            or int(match["s"] or 0)
            or (until is not None and int(until) not in (int(hour) + 1, (int(hour) + 1) % 24))
        ):
            return text
        return _stamp(day, int(hour))

    # --- values

    def _row(self, number: int, cells: Mapping[int, str], stamp: str, around: Around) -> int:
        """Add the values of a row; tells whether it is one of what is judged."""
        stray = next((column for column in cells if column not in self.columns), None)
        if stray is not None:
            what = tr("this column has no heading in row {row}", row=self.table.last)
            self.read.problems.append(Problem(Place(self.path, number), what))
            return 0
        if self.table.grid.widths.get(number, max(self.columns)) < max(self.columns):
            self.read.problems.append(Problem(Place(self.path, number), tr("the line has fewer cells than headings")))
        used = {n for role in ("time", "value", "oxygen", "state", "minutes") for n in self.of.get(role, ())}
        self.read.problems.extend(problem for column, problem in self.faults.get(number, ()) if column in used)
        firm = self._first("firm", cells) or self.settings.facility or around.firm
        minutes = self._first("minutes", cells)
        running = [
            s
            for n in (*self._unnamed(), *self.remarks)
            if (s := self._state(n, cells.get(n, ""))) not in (None, NORMAL)
        ]
        for group in exports.points_of(self.columns):
            point = self._first("point", cells) or self.settings.subject or around.point or group
            if group and point != group:
                point = group if not around.point else f"{around.point}·{group}"
            if INFLUENT.search(point) and not EFFLUENT.search(INFLUENT.sub("", point)):
                self.read.aside.setdefault(INFLOW, []).append(number)
                continue
            key = firm, point
            self.read.first.setdefault(key, number)
            self.read.around.setdefault(key, around)
            self._facts(key, number, cells)
            air, air_state = self._oxygen(cells, group)
            for column_number in self.of.get("value", ()):
                column = self.columns[column_number]
                if column.point != group:
                    continue
                value, mark = self._cell(cells.get(column_number, ""), column.heading)
                own = self._own_state(column.name, group, cells)
                state = next((s for s in (mark, own, *running) if s and s != NORMAL), "")
                self.read.values.append(
                    Long(
                        stamp,
                        firm,
                        point,
                        column.name,
                        value,
                        column.unit,
                        "" if air_state else air,
                        state,
                        minutes,
                        number,
                    )
                )
        return 1

    def _first(self, role: str, cells: Mapping[int, str]) -> str:
        texts = (plain(cells.get(number, "")) for number in self.of.get(role, ()))
        return next((text for text in texts if text and text not in self.silent), "")

    def _unnamed(self) -> Iterator[int]:
        return (number for number in self.of.get("state", ()) if not self.columns[number].name)

    def _own_state(self, name: str, group: str, cells: Mapping[int, str]) -> str:
        for number in self.of.get("state", ()):
            column = self.columns[number]
            if column.name == name and column.point in ("", group):
                found = self._state(number, cells.get(number, ""))
                if found and found != NORMAL:
                    return found
        return ""

    def _oxygen(self, cells: Mapping[int, str], group: str) -> tuple[str, str]:
        for number in self.of.get("oxygen", ()):
            if self.columns[number].point in ("", group):
                value, mark = self._cell(cells.get(number, ""), self.columns[number].heading)
                return value, mark or self._own_state(OXYGEN, group, cells)
        return "", ""

    def _cell(self, text: str, heading: str) -> tuple[str, str]:
        """A value, and the state that stands in the place of it or behind it."""
        bare = text.strip()
        if not bare or bare in self.silent or (self.figures and parse_number(bare) in self.figures):
            return "", ""
        if NO_READING.fullmatch(bare):
            counted = self.read.missing.setdefault(heading, {})
            counted[bare] = counted.get(bare, 0) + 1
            return "", ""
        match = MARKED.fullmatch(bare)
        if match is not None and (state := _known(match["mark"], self.words)):
            return match["value"], state
        if not re.search("[0-9]", bare) and len(bare) > 1 and (state := _known(bare, self.words)) and state != NORMAL:
            return "", state
        return bare, ""

    def _state(self, number: int, text: str) -> str | None:
        """The state that a mark tells; None, and counted, where it is not known."""
        bare = text.strip()
        if not bare or bare in self.silent:
            return ""
        heading = self.columns[number].heading
        key = (heading, bare)
        if key not in self.states:
            meant = self.settings.words.get(heading, {}).get(bare, bare)
            self.states[key] = _known(meant, self.words)
        found = self.states[key]
        if found is None and self.columns[number].role == "state":
            counted = self.read.marks.setdefault(heading, {})
            counted[bare] = counted.get(bare, 0) + 1
        return found

    def _facts(self, key: tuple[str, str], number: int, cells: Mapping[int, str]) -> None:
        held = self.read.facts.setdefault(key, {})
        for column_number in self.of.get("fact", ()):
            name, text = self.columns[column_number].name, cells.get(column_number, "").strip()
            if text and text not in self.silent and held.setdefault(name, text) != text:
                what = tr(
                    "{name} is {first} in one row and {other} in another", name=name, first=held[name], other=text
                )
                self.read.problems.append(Problem(Place(self.path, number), what))


def _stamp(day: tuple[int, int, int], hour: int) -> str:
    return f"{day[0]:04}-{day[1]:02}-{day[2]:02} {hour:02}:00"


def _known(mark: str, words: Vocabulary) -> str | None:
    """The state of a mark; that of a figure (0, 1) no two makers agree on."""
    for spelled in (mark, mark.upper(), mark.lower().replace("-", "_")):
        choice = words.choice(STATES, spelled)
        if choice is not None:
            return choice.id
    return None
