"""Drawn monitoring series: where the means lie against their limit, which are beyond it, and where data are missing.

A year of hours is thinned to the least and the greatest mean of each column, so that no exceedance is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from envcheck.judging.series_means import far_end, points
from envcheck.model.facility import Subject
from envcheck.model.finding import Comparison
from envcheck.model.series import Series, month_of
from envcheck.units.quantity import compare, show

COLUMNS, HEIGHT = 360, 1000
"""The grid of the drawing; it is stretched to the width of the page, so that lines keep their own width."""
HEADROOM, FARTHEST = Fraction(11, 10), 4
"""Room above what is drawn; a mean beyond this many times its limit is drawn cut off."""
MOST_LABELS, ROOM_FOR_LABELS = 4, 84
"""So many fit under a drawing on a phone; none begins beyond this percentage of its width."""


class Gap(NamedTuple):
    """Columns without a valid mean."""

    start: int
    width: int


class Label(NamedTuple):
    """A time under the drawing, at a part of its width."""

    at: str
    text: str


class Chart(NamedTuple):
    """What is drawn, in columns from 0 and heights from 0 (above) to `HEIGHT` (below)."""

    columns: int
    height: int
    means: str
    """The outline of what lies between the least and the greatest mean of each column, as an SVG path."""
    beyond: str
    """A line from the limit to the worst mean of each column in which one is beyond it."""
    gaps: tuple[Gap, ...]
    limits: tuple[int, ...]
    labels: tuple[Label, ...]
    top: str
    """The number at the upper edge."""
    cut: bool


class Column(NamedTuple):
    """The hours or days that share one column of a chart."""

    least: Fraction
    greatest: Fraction
    worst: Fraction | None
    """The worst mean that is beyond the limit."""


def chart(subject: Subject, comparison: Comparison) -> Chart | None:
    """The drawing of the series behind a comparison; None where there is none, or nothing valid in it."""
    told = comparison.series
    fact = subject.facts.get("series")
    if told is None or fact is None or not isinstance(fact.value, Series) or not told.means:
        return None
    series = fact.value
    first, last = series.times[0], series.times[-1]
    number = min(COLUMNS, last - first + 1)
    columns: dict[int, Column] = {}
    for point in points(series, told):
        at = (point.time - first) * number // (last - first + 1)
        low, high = point.value
        assert low is not None
        assert high is not None
        truth = compare(point.value, told.op, told.limit)
        worst = far_end(point.value, told.op) if truth is False else None
        known = columns.get(at)
        if known is None:
            columns[at] = Column(low, high, worst)
            continue
        if worst is not None and known.worst is not None:
            worst = max(worst, known.worst) if told.op in ("<", "<=") else min(worst, known.worst)
        columns[at] = Column(min(low, known.least), max(high, known.greatest), known.worst if worst is None else worst)
    limits = sorted({end for end in told.limit if end is not None})
    top = max([*limits, *(column.greatest for column in columns.values())]) * HEADROOM
    bound = max(limits, default=Fraction(0)) * FARTHEST
    cut = top > bound > 0
    top = bound if cut else _round_up(top or Fraction(1))

    def height(value: Fraction) -> int:
        return round((1 - min(max(value / top, Fraction(0)), Fraction(1))) * HEIGHT)

    spread = 24 if told.every == "day" and not series.daily else 1
    wide = max(1, -(-spread * number // (last - first + 1)))
    return Chart(
        columns=number,
        height=HEIGHT,
        means="".join(_outline(columns, run, height) for run in _runs(sorted(columns), wide)),
        beyond="".join(
            f"M{at}.5 {height(limits[-1] if told.op in ('<', '<=') else limits[0])}V{height(column.worst)}"
            for at, column in sorted(columns.items())
            if column.worst is not None and limits
        ),
        gaps=tuple(_gaps(sorted(columns), number, wide)),
        limits=tuple(height(limit) for limit in limits),
        labels=tuple(_labels(series)),
        top=f"{show(top, 4)} {told.unit}".rstrip(),
        cut=cut,
    )


def _round_up(value: Fraction) -> Fraction:
    """The next number of two digits."""
    scale = Fraction(10) ** (len(str(int(value))) - 2) if value >= 10 else Fraction(1, 10)
    return ceil(value / scale) * scale


def _runs(known: Sequence[int], wide: int) -> Iterator[list[int]]:
    """Columns in a row; `wide` is how many columns one mean takes up."""
    run: list[int] = []
    for at in known:
        if run and at - run[-1] > wide:
            yield run
            run = []
        run.append(at)
    if run:
        yield run


def _outline(columns: dict[int, Column], run: Sequence[int], height: object) -> str:
    assert callable(height)
    above = [f"{at}.5 {height(columns[at].greatest)}" for at in run]
    below = [f"{at}.5 {height(columns[at].least)}" for at in reversed(run)]
    if len(run) == 1:
        # A single column is as wide as a column is.
        at = run[0]
        high, low = height(columns[at].greatest), height(columns[at].least)
        return f"M{at} {high}H{at + 1}V{low}H{at}Z"
    return "M" + "L".join([*above, *below]) + "Z"


def _gaps(known: Sequence[int], number: int, wide: int) -> Iterator[Gap]:
    after = 0
    for at in [*known, number]:
        if at > after:
            yield Gap(after, at - after)
        after = at + (wide if at < number else 0)


def _labels(series: Series) -> Iterator[Label]:
    """The beginnings of months, every second or third where there are many; the first day where there is none."""
    first, last = series.times[0], series.times[-1]
    days = range(first // series.a_day, last // series.a_day + 1)
    starts = [day for day in days if month_of(day)[1] == day] if len(days) > 45 else [days[0]]
    every = -(-len(starts) // MOST_LABELS)
    for day in starts[::every]:
        at = Fraction(max(day * series.a_day - first, 0) * 100, last - first + 1)
        if at <= ROOM_FOR_LABELS:
            yield Label(show(round(at, 2)) + "%", series.shown(day * series.a_day)[: 7 if len(days) > 45 else 10])
