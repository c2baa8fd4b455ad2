"""Rows of a table of measurements read one by one, as a series in a facility file is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from envcheck.facility.series.headings import MINUTES, OXYGEN, STATE, TIMESTAMP, Cell, Column
from envcheck.facility.series.rows import Row, RowReader
from envcheck.judging.series_means import NO_ROW
from envcheck.model.series import Series
from envcheck.register.columns.hours import Measured
from envcheck.register.columns.series import ROW
from envcheck.register.judging.row_by_row import cell_text
from envcheck.register.tables.measurements import POLLUTANT, UNIT, VALUE, Table
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem, nearest
from envcheck.vocabulary.words import Substance, Vocabulary

ORDER = (TIMESTAMP, STATE, MINUTES, OXYGEN)
READ = (*ORDER, POLLUTANT, VALUE, UNIT)


def reader(table: Table, words: Vocabulary) -> RowReader:
    """What reads the rows of a table, of one pollutant in one unit."""
    found = RowReader(words, table.series)
    found.minutes_told = table.columns.has(MINUTES)
    return found


def column(reading: RowReader, pollutant: str, unit: str, place: Place) -> Column | None:
    """The column that a pollutant in a unit would be in a series; None (and a problem) where it is none."""
    if not pollutant:
        reading.report(place, tr("the row names no pollutant"))
        return None
    before = len(reading.problems)
    plain = reading.column(place, pollutant)
    del reading.problems[before:]
    if plain is None or plain.substance is None:
        hint = tr("the oxygen content stands in a column of its own, {example}", example="O2 (%)")
        if plain is None or plain.role != OXYGEN:
            medium = "water" if reading.of == "water" else "air"
            hint = nearest(pollutant, (one.id for one in reading.words.substances.values() if medium in one.media))
        reading.report(place, tr("'{pollutant}' is no pollutant", pollutant=pollutant[:40]), hint)
        return None
    found = reading.column(place, f"{pollutant} ({unit})") if unit else plain
    return None if len(reading.problems) > before else found


def measured(table: Table, pollutant: str, unit: str, words: Vocabulary) -> Measured | None:
    """What a pollutant in a unit is, where bare numbers can be read as columns."""
    found = column(reader(table, words), pollutant, unit, Place(table.path))
    if found is None or found.substance is None or found.factor is None or found.factor <= 0:
        return None
    return Measured(found.substance.id, found.factor)


class Reading(NamedTuple):
    """The rows of one subject: its series by substance, or what is wrong with them."""

    series: Mapping[str, Series]
    problems: tuple[Problem, ...]


def read(rows: Iterable[tuple[Table, Mapping[str, Any]]], words: Vocabulary) -> Reading:
    """The rows of one subject, from its tables (all of one kind), as series."""
    subject = _Subject(words)
    for table, row in rows:
        subject.add(table, row)
    return subject.read()


def _spelled(value: Any) -> str:
    """A cell as a text; midnight is an hour here."""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else cell_text(value) or ""


class _Subject:
    def __init__(self, words: Vocabulary) -> None:
        self.words = words
        self.tables: dict[str, Table] = {}
        self.readers: dict[tuple[str, str, str], tuple[RowReader, list[Column | None]]] = {}
        self.rows: dict[str, dict[int, Row]] = {}
        self.problems: list[Problem] = []

    def add(self, table: Table, row: Mapping[str, Any]) -> None:
        self.tables[table.path] = table
        headings = table.columns.headings
        cells = {role: _spelled(row[headings[role]]) for role in READ if role in headings}
        unit = cells.get(UNIT, table.columns.unit)
        place = Place(table.path, row[ROW])
        found = self.readers.get((table.path, cells[POLLUTANT], unit))
        if found is None:
            found = self._columns(table, cells[POLLUTANT], unit, place)
            self.readers[table.path, cells[POLLUTANT], unit] = found
        reading, columns = found
        if reading.problems:
            reading.problems.clear()
        value = columns[-1]
        if value is None or value.substance is None:
            column(reading, cells[POLLUTANT], unit, place)
        else:
            told = [(place, cells[role]) for role in (*(r for r in ORDER if r in headings), VALUE)]
            self._row(reading, told, columns, value.substance)
        self.problems += reading.problems

    def _columns(self, table: Table, pollutant: str, unit: str, place: Place) -> tuple[RowReader, list[Column | None]]:
        reading = reader(table, self.words)
        names = [f"{OXYGEN} (%)" if role == OXYGEN else role for role in ORDER if table.columns.has(role)]
        columns = [reading.column(place, name) for name in names]
        return reading, [*columns, column(reading, pollutant, unit, place)]

    def _row(self, reading: RowReader, cells: list[Cell], columns: list[Column | None], substance: Substance) -> None:
        place = cells[0][0]
        try:
            row = reading.row(cells, columns, len(cells))
        except InputError as error:
            self.problems += error.problems
            return
        if row is None:
            if not reading.problems:
                reading.report(place, tr("the row names no time"))
            return
        if any(other.daily is not None and other.daily != reading.daily for other, _ in self.readers.values()):
            reading.report(place, tr("some rows name an hour and some a day"))
        held = self.rows.setdefault(substance.id, {})
        first = held.setdefault(row.time, row)
        if first is not row:
            what = tr("{stamp} again (first on line {line})", stamp=cells[0][1], line=first.line)
            reading.report(place, what, tr("there is one row an hour or a day"))

    def read(self) -> Reading:
        if self.problems:
            return Reading({}, tuple(self.problems))
        times = sorted({time for rows in self.rows.values() for time in rows})
        return Reading({name: self._series(name, rows, times) for name, rows in self.rows.items()}, ())

    def _series(self, substance: str, rows: Mapping[int, Row], times: Sequence[int]) -> Series:
        """All hours of the subject: one without a row of this substance is one without a row."""
        table = next(iter(self.tables.values()))
        nothing = Row(0, 0, NO_ROW, None, None, (None,))
        held = [rows.get(time, nothing) for time in times]
        has = table.columns.has
        return Series(
            file=table.path,
            daily=any(reading.daily for reading, _ in self.readers.values()),
            water=table.series.of == "water",
            times=tuple(times),
            lines=tuple(row.line if len(self.tables) == 1 else 0 for row in held),
            states=tuple(row.state for row in held),
            minutes=tuple(row.minutes for row in held) if has(MINUTES) else None,
            oxygen=tuple(row.oxygen for row in held) if has(OXYGEN) else None,
            values={substance: tuple(row.values[0] for row in held)},
        )
