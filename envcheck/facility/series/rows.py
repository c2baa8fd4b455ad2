"""Rows of monitoring series: their times, states, minutes and concentrations."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from envcheck.facility.series.headings import MINUTES, STATE, STATES, TIMESTAMP, Cell, Column, HeadingReader
from envcheck.files.source import Scalar, refuse
from envcheck.model.series import HOURS_A_DAY, NORMAL
from envcheck.text.messages import EMPTY, tr
from envcheck.text.problems import Place
from envcheck.units.quantity import NUMBER, Interval, is_not_detected, parse_number, split, unit_key
from envcheck.vocabulary.words import Attribute, Vocabulary

STAMP = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:(?:T|\s+|(?<=日))(\d{1,2})(?:[:时](?:(\d{1,2})(?:[:分](?:(\d{1,2})(?:\.0+)?秒?)?)?)?)?)?",
    re.ASCII,
)
HOUR = re.compile(r"[ T]([01]\d|2[0-3]):00(:00)?", re.ASCII)
"""What follows the day in the usual spelling."""
ZONED = re.compile(r"[0-9]{4}\S+[T ]\S*[0-9](\.[0-9]+)?\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})", re.ASCII | re.IGNORECASE)
"""A time with its distance from Greenwich."""
YEARS = range(1950, 2200)


class Row(NamedTuple):
    """One row as it was read."""

    time: int
    line: int
    state: str
    minutes: Fraction | None
    oxygen: Fraction | None
    values: tuple[Interval | None, ...]


class RowReader(HeadingReader):
    """Reads rows; what it meets first (hours or days) it expects of all."""

    def __init__(self, vocabulary: Vocabulary, attribute: Attribute) -> None:
        super().__init__(vocabulary, attribute)
        self.daily: bool | None = None
        self.cells: dict[tuple[str, str], Interval | None] = {}
        self.known_states: dict[str, str] = {"": NORMAL}
        self.days: dict[str, int] = {}
        self.minutes_told = False

    def row(self, cells: list[Cell], columns: list[Column | None], due: int) -> Row | None:
        """One row; None where it is empty or cannot be read."""
        if not any(text.strip() for _, text in cells):
            return None
        if len(cells) != due:
            what = tr("{cells} cells under {due} headings", cells=len(cells), due=due)
            self.report(cells[0][0], what, tr("an empty cell needs its comma too"))
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
                (p for (p, t), c in zip(cells, columns, strict=True) if has_role(c, MINUTES) and not t.strip()), None
            )
            if place is not None:
                self.report(
                    place,
                    tr("an hour with a value has no minutes"),
                    tr("leave the whole column out where minutes are not known"),
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
        parts = split(text, measured=column.substance is not None)
        if is_not_detected(text):
            node = node._replace(text=text)
        elif column.unit and parts is not None and parts[2]:
            if unit_key(parts[2]) != unit_key(column.unit):
                self.wrong(node, column.attribute, tr("the heading has the unit already"))
                return None
            node = node._replace(text=text)
        if column.substance is not None:
            measured = self.concentration(node, column.attribute, column.substance)
            found = measured.value if measured is not None else None
            if found is not None and found.high is None:
                example = f"< 0.5 {column.unit or column.attribute.unit}".rstrip()
                self.wrong(node, column.attribute, tr("give the detection limit, as in {example}", example=example))
        else:
            fact = self.quantity(node, column.attribute)
            found = fact.value if fact is not None and isinstance(fact.value, Interval) else None
            if found is not None and found.exact is None:
                self.wrong(node, column.attribute, tr("write percent, as in 5.2"))
        if len(self.problems) == before:
            self.cells[key] = found
        elif not any(character.isdigit() for character in text) and not is_not_detected(text):
            remedy = tr(
                "leave a cell empty where there is no value (a mapping of a register may say empty: [{text}])",
                text=text[:40],
            )
            self.problems[-1] = self.problems[-1]._replace(remedy=remedy)
        return found

    def state(self, place: Place, text: str) -> str:
        """The state of an hour, by any of its words; normal, and reported, where it is not known."""
        found = self.known_states.get(text)
        if found is None:
            spellings = (text, text.upper(), text.lower().replace("-", "_"))
            choice = next((c for word in spellings if (c := self.words.choice(STATES, word)) is not None), None)
            if choice is None:
                near = self.words.offered(STATES, text)
                self.report(place, tr("unknown state '{text}'", text=text[:40]), near)
                return NORMAL
            found = self.known_states[text] = choice.id
        return found

    def minutes(self, place: Place, text: str) -> Fraction | None:
        """The minutes of an hour with valid data; None where they are not stated."""
        found = parse_number(text) if text else None
        if text and (found is None or not 0 <= found <= 60):
            what = tr("minutes cannot be '{text}'", text=text[:40])
            self.report(place, what, tr("they lie from 0 to 60"))
        return found

    def time(self, place: Place, text: str) -> int | None:
        """The hour that a time begins, or the day; what it is for the first row it is for all."""
        known = self.days.get(text[:10])
        if known is not None and self.daily is False and HOUR.fullmatch(text, 10):
            return known * HOURS_A_DAY + int(text[11:13])
        match = STAMP.fullmatch(text if text.isascii() else unicodedata.normalize("NFKC", text))
        day = _day(match) if match is not None else None
        if match is None and ZONED.fullmatch(text):
            what = tr("the time '{text}' has a time zone", text=text[:40])
            self.report(place, what, tr("write the local time, without a zone"))
            return None
        if match is None or day is None:
            what = tr("the time '{text}' cannot be read", text=text[:40])
            self.report(place, what, tr("write it as 2025-01-01 13:00"))
            return None
        daily = match[4] is None
        hour = int(match[4] or 0)
        if hour >= HOURS_A_DAY or int(match[5] or 0) or int(match[6] or 0):
            what = tr("{text} is not the beginning of an hour", text=text[:40])
            hint = tr("a time names the beginning of its hour, 00:00 to 23:00")
            self.report(place, what, hint)
            return None
        if self.daily is None:
            self.daily = daily
            if daily and self.of == "emissions":
                what = tr("hourly means are due for gas; this has a day only")
                refuse(place, what, tr("write it as 2025-01-01 13:00"))
        elif self.daily != daily:
            what = tr("some rows name an hour and some a day")
            self.report(place, what, EMPTY)
            return None
        if len(match[0]) >= 16 and text[4] == text[7] == "-":
            self.days[text[:10]] = day
        return day if daily else day * HOURS_A_DAY + hour


def has_role(column: Column | None, role: str) -> bool:
    """Whether a column is read and holds what `role` names."""
    return column is not None and column.role == role


def _day(match: re.Match[str]) -> int | None:
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return day.toordinal() if day.year in YEARS else None
