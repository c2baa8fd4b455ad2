"""What a monitoring series comes to: its months, its peaks, its valid share."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

from envcheck.text.problems import Place
from envcheck.units.quantity import Interval


class Peak(NamedTuple):
    """One of the worst means of a series, from the time `at` on; `step` is the arithmetic that leads to it."""

    at: str
    value: Interval
    step: str
    place: Place


class Month(NamedTuple):
    """A calendar month ("2025-03") of a series: the hours (or days) that data are due for, and what is known of them."""

    name: str
    due: int
    valid: int
    within: int
    beyond: int
    enough: bool

    @property
    def share(self) -> Interval | None:
        """Those within the limit in percent of the valid ones."""
        if not self.valid:
            return None
        return Interval(Fraction(100 * self.within, self.valid), Fraction(100 * (self.valid - self.beyond), self.valid))


class Monitored(NamedTuple):
    """What a series says of a limit."""

    file: str
    substance: str
    every: Literal["hour", "day", "window"]
    """Which means are held against the limit."""
    hours: int
    """How many hours a mean is over."""
    reference: Fraction | None
    op: str
    limit: Interval
    unit: str
    daily: bool
    """Whether a row of the series is a day, else an hour."""
    first: str
    last: str
    total: int
    """Rows that the time from first to last has."""
    valid: int
    excluded: tuple[tuple[str, int], ...]
    """States and reasons for which rows do not count, with how many there are."""
    means: int
    """How many means there were to hold against the limit."""
    exceeding: int
    undecided: int
    """How many of them are known only within bounds that hold the limit."""
    months: tuple[Month, ...]
    worst: tuple[Peak, ...]
    still: bool = False
    """Whether its readings are many, and all the same."""
    share: Interval | None = None
    """The least share of hours within the limit in a month, in percent, where a share is demanded."""
