"""A monitoring series: hourly or daily means in columns, and which of them are valid.

Times are whole hours (or days, for daily means) counted from the first day of the calendar that Python knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from envcheck.units import gas
from envcheck.units.quantity import Interval

HOURS_A_DAY = 24
LEAST_MINUTES = 45
"""Minutes of valid data that make an hour valid (HJ 76-2017, annex on data)."""
NORMAL = "normal"
IDLE = frozenset({"start_up", "shut_down", "banked", "stopped"})
"""States in which the source does not run as usual: their hours are not among those that data are due for (HJ 75-2017)."""
Mean = Interval | str
"""A valid mean, or the state or reason for which it is not valid."""


@dataclass(frozen=True, eq=False)
class Series:
    """Means of one subject over time; all columns are as long as `times`, which ascend without repeats."""

    file: str
    daily: bool
    water: bool
    """Whether its values are of `water`, else of `emissions`."""
    times: tuple[int, ...]
    lines: tuple[int, ...]
    """Where each row stands in the file; 0 where that is not known."""
    states: tuple[str, ...]
    minutes: tuple[Fraction | None, ...] | None
    """Minutes of valid data in each hour; None where nothing is said of them."""
    oxygen: tuple[Fraction | None, ...] | None
    """Oxygen in percent of dry gas."""
    values: Mapping[str, tuple[Interval | None, ...]]
    """By substance, in mg/m3 of dry gas or in mg/L (or in the substance's own unit)."""
    digest: str = ""
    """The SHA-256 of the file; empty where it is part of another."""
    kept: dict[object, Any] = field(default_factory=dict, repr=False)
    """What was worked out before: a series is asked the same by many rules and on many days."""
    accounts: Callable[[Any], Any] | None = None
    """What a series whose rows stay in a table comes to for a demand; None as long as that is not worked out. `times`
    are then one of each day, and the other columns may be empty."""

    @property
    def a_day(self) -> int:
        """How many times there are in a day."""
        return 1 if self.daily else HOURS_A_DAY

    def shown(self, time: int) -> str:
        """A time for people: when the hour begins, or the day."""
        return _day(time).isoformat() if self.daily else hour_shown(time)

    def means(self, substance: str, reference: Fraction | None) -> tuple[Mean, ...]:
        """The mean of every row, at the reference oxygen content (percent) where there is one and oxygen was measured."""
        key = ("means", substance, reference)
        found = self.kept.get(key)
        if found is None:
            found = self.kept[key] = tuple(self._means(substance, reference))
        means: tuple[Mean, ...] = found
        return means

    def _means(self, substance: str, reference: Fraction | None) -> list[Mean]:
        oxygen = self.oxygen if reference is not None else None
        factors: dict[int, Fraction | str] = {}  # by identity: equal texts of a file are one number
        found: list[Mean] = []
        for row, (state, value) in enumerate(zip(self.states, self.values[substance], strict=True)):
            reason = self._reason(row, state, value)
            if reason or value is None or oxygen is None or reference is None:
                found.append(reason or value or "no_value")
                continue
            share = oxygen[row]
            factor = factors.get(id(share))
            if factor is None:
                factor = factors[id(share)] = _factor(share, reference)
            found.append(factor if isinstance(factor, str) else value.scaled(factor))
        return found

    def _reason(self, row: int, state: str, value: Interval | None) -> str:
        """Why a row is not valid whatever the limit; empty where it is."""
        if state != NORMAL:
            return state
        if value is None or value.low is None:
            return "no_value"
        if self.minutes is not None and (minutes := self.minutes[row]) is not None and minutes < LEAST_MINUTES:
            return "too_few_minutes"
        return "negative_value" if value.low.numerator < 0 else ""


def _factor(oxygen: Fraction | None, reference: Fraction) -> Fraction | str:
    """What a mean is multiplied by, or the reason for which it cannot be brought to the reference oxygen content."""
    if oxygen is None:
        return "no_oxygen"
    if not gas.LEAST_OXYGEN < oxygen < gas.AIR_OXYGEN:
        return "oxygen_out_of_range"
    return gas.factor(oxygen, reference)


def hour_shown(time: int) -> str:
    """An hour for people.

    >>> hour_shown(date(2025, 3, 1).toordinal() * 24 + 7)
    '2025-03-01 07:00'
    """
    return f"{_day(time // HOURS_A_DAY).isoformat()} {time % HOURS_A_DAY:02}:00"


@lru_cache(maxsize=1024)
def _day(ordinal: int) -> date:
    return date.fromordinal(ordinal)


@lru_cache(maxsize=1024)
def month_of(day: int) -> tuple[str, int, int]:
    """The month of a day (an ordinal): its name ("2025-03"), its first day and the first day after it.

    >>> month_of(date(2025, 2, 14).toordinal())[0]
    '2025-02'
    """
    one = date.fromordinal(day)
    following = date(one.year + one.month // 12, one.month % 12 + 1, 1)
    return f"{one.year:04}-{one.month:02}", one.replace(day=1).toordinal(), following.toordinal()
