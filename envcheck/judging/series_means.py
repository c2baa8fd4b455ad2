"""What a monitoring series comes to: its valid means (of hours, days or windows), what is excluded, every month's account.

What is not valid leaves both sides. A month needs valid data for three quarters of the hours (or days) that it ran
(HJ 75-2017), a day needs 20 valid hours (HJ 76-2017), a window three quarters of its hours. Hours without a row count as
hours that the source ran, and as not valid.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from heapq import nlargest
from typing import Literal, NamedTuple

from envcheck.judging.readings import show_interval
from envcheck.model.expressions import Share
from envcheck.model.monitoring import Monitored, Month, Peak
from envcheck.model.series import HOURS_A_DAY, IDLE, Series, month_of
from envcheck.text.problems import Place
from envcheck.units.gas import factor
from envcheck.units.quantity import Interval, compare, show

VALID_HOURS_A_DAY = 20
ENOUGH = Fraction(3, 4)
"""The share of the hours that a source ran for which there must be valid data (HJ 75-2017; the same for a window)."""
WORST = 5
STILL = 24
"""So many readings that are all the same do not come from an instrument that measures."""
NO_ROW = "no_row"


class Demand(NamedTuple):
    """What is asked of a series: which means keep which limit; days outside `start` and `end` are not looked at."""

    every: Literal["hour", "day", "window"]
    hours: int
    substance: str
    op: str
    limit: Interval
    unit: str
    reference: Fraction | None
    share: Share | None
    start: date | None = None
    end: date | None = None
    until: date | None = None
    """The day asked about, where the series goes on behind it: what comes later does not count."""


class Timed(NamedTuple):
    """A mean of a period that begins at a time, and the row it stands in (-1 for a mean of several)."""

    time: int
    value: Interval
    row: int = -1


def covers(series: Series, start: date | None, end: date | None) -> bool:
    """Whether a series has any row from one day to another."""
    return bool(_rows(series, start, end))


def account(series: Series, demand: Demand) -> Monitored:
    """What the series says: its valid means, what is excluded, and every month's account."""
    rows = _rows(series, demand.start, last_day(demand.end, demand.until))
    means = series.means(demand.substance, demand.reference)
    valid = [Timed(series.times[row], value, row) for row in rows if isinstance(value := means[row], Interval)]
    first, last = (series.times[rows[0]], series.times[rows[-1]]) if rows else (0, -1)
    total = last - first + 1 if rows else 0
    excluded = Counter(reason for row in rows if isinstance(reason := means[row], str))
    excluded[NO_ROW] += total - len(rows)
    if demand.every == "day" and not series.daily:
        judged_means = _days(valid)
        truths = list(_truths(judged_means, demand))
        months = _months_of_days(series, demand, rows, judged_means, truths)
    else:
        judged_means = _windows(valid, first, last, demand.hours) if demand.every == "window" else valid
        truths = list(_truths(judged_means, demand))
        accounted = truths if judged_means is valid else list(_truths(valid, demand))
        months = _months(series, demand, rows, valid, accounted)
    beyond = [mean for mean, truth in zip(judged_means, truths, strict=True) if truth is False]
    return monitored(
        demand,
        file=series.file,
        daily=series.daily,
        span=(series.shown(first), series.shown(last)) if rows else ("", ""),
        total=total,
        valid=len(valid),
        excluded=excluded,
        means=len(judged_means),
        exceeding=len(beyond),
        undecided=sum(truth is None for truth in truths),
        months=months,
        worst=[_peak(series, demand, mean) for mean in _worst(beyond or judged_means, demand, most=len(beyond))],
        still=len(valid) >= STILL and _all_same(series.values[demand.substance][mean.row] for mean in valid),
    )


def monitored(
    demand: Demand,
    *,
    file: str,
    daily: bool,
    span: tuple[str, str],
    total: int,
    valid: int,
    excluded: Mapping[str, int],
    means: int,
    exceeding: int,
    undecided: int,
    months: tuple[Month, ...],
    worst: Iterable[Peak],
    still: bool,
) -> Monitored:
    """What was counted in a series for a demand; `span` is the first and the last time."""
    return Monitored(
        file=file,
        substance=demand.substance,
        every=demand.every,
        hours=demand.hours,
        reference=demand.reference,
        op=demand.op,
        limit=demand.limit,
        unit=demand.unit,
        daily=daily,
        first=span[0],
        last=span[1],
        total=total,
        valid=valid,
        excluded=tuple(sorted((reason, number) for reason, number in excluded.items() if number)),
        means=means,
        exceeding=exceeding,
        undecided=undecided,
        months=months,
        worst=tuple(worst),
        still=still,
        share=least_share(months) if demand.share is not None else None,
    )


def points(series: Series, told: Monitored) -> list[Timed]:
    """All means of the kind that was held against a limit."""
    means = series.means(told.substance, told.reference)
    valid = [Timed(series.times[row], value, row) for row, value in enumerate(means) if isinstance(value, Interval)]
    if told.every == "window":
        return _windows(valid, series.times[0], series.times[-1], told.hours)
    return _days(valid) if told.every == "day" and not series.daily else valid


def _all_same(values: Iterator[Interval | None]) -> bool:
    first = next(values)
    return all(value == first for value in values)


def last_day(*days: date | None) -> date | None:
    """The first of some last days."""
    return min((day for day in days if day is not None), default=None)


def _rows(series: Series, start: date | None, end: date | None) -> range:
    """The rows from one day to another."""
    low = start.toordinal() * series.a_day if start is not None else series.times[0]
    high = (end.toordinal() + 1) * series.a_day if end is not None else series.times[-1] + 1
    return range(bisect_left(series.times, low), bisect_left(series.times, high))


def least_share(months: Sequence[Month]) -> Interval | None:
    """The least share within the limit of the months with enough valid data."""
    shares = [month.share for month in months if month.enough and month.share is not None]
    lows, highs = [s.low for s in shares if s.low is not None], [s.high for s in shares if s.high is not None]
    return Interval(min(lows), min(highs)) if shares else None


def _truths(means: Iterable[Timed], demand: Demand) -> Iterator[bool | None]:
    """Whether each mean keeps the limit."""
    bound, op = demand.limit.exact, demand.op
    over, under = bound.as_integer_ratio() if bound is not None else (0, 0)
    for mean in means:
        low, high = mean.value
        if low is not high or low is None or not under:
            yield compare(mean.value, op, demand.limit)
            continue
        # Two exact numbers, cross-multiplied: a year of hours is compared for every limit.
        numerator, denominator = low.as_integer_ratio()
        apart = numerator * under - over * denominator
        yield apart < 0 if op == "<" else apart <= 0 if op == "<=" else apart > 0 if op == ">" else apart >= 0


def _months(
    series: Series, demand: Demand, rows: range, valid: Sequence[Timed], truths: Sequence[bool | None]
) -> tuple[Month, ...]:
    """The account of every month by the rows of the series; whole months where a share is asked, else what it covers."""
    idle = _idle(series, rows, series.a_day)
    return _accounts(series, demand, rows, idle, _by_day(valid, truths, series.a_day), series.a_day)


def _months_of_days(
    series: Series, demand: Demand, rows: range, days: Sequence[Timed], truths: Sequence[bool | None]
) -> tuple[Month, ...]:
    """The account of every month in days: a day on which the source stood still all along is none that data are due for."""
    idle = {day: 1 for day, number in _idle(series, rows, HOURS_A_DAY).items() if number == HOURS_A_DAY}
    return _accounts(series, demand, rows, idle, _by_day(days, truths, HOURS_A_DAY), 1)


def _idle(series: Series, rows: range, a_day: int) -> Counter[int]:
    """In how many rows of each day the source did not run as usual."""
    return Counter(series.times[row] // a_day for row in rows if series.states[row] in IDLE)


def _by_day(means: Sequence[Timed], truths: Sequence[bool | None], a_day: int) -> Iterator[tuple[int, bool | None]]:
    """The day of each mean, and whether it keeps the limit."""
    return ((mean.time // a_day, truth) for mean, truth in zip(means, truths, strict=True))


def _accounts(
    series: Series,
    demand: Demand,
    rows: range,
    idle: Mapping[int, int],
    means: Iterable[tuple[int, bool | None]],
    a_day: int,
) -> tuple[Month, ...]:
    """Months with how much was due (`a_day` pieces a day but for idle ones), valid, within and beyond the limit."""
    if not rows:
        return ()
    due = due_in(series.times[rows[0]], series.times[rows[-1]], demand, series.a_day, a_day)
    counts = {name: [0, 0, 0, 0] for name in due}
    for day, number in idle.items():
        counts[month_of(day)[0]][0] += number
    for day, truth in means:
        count = counts[month_of(day)[0]]
        count[1] += 1
        count[2] += truth is True
        count[3] += truth is False
    return months_of(due, counts)


def due_in(begins: int, ends: int, demand: Demand, in_day: int, a_day: int) -> dict[str, int]:
    """How much each month would hold between two times (of which a day has `in_day`), at `a_day` pieces a day."""
    first, last = begins // in_day, ends // in_day
    found: dict[str, int] = {}
    for name, low, high in _calendar(first, last):
        # A share is of the whole month, whatever part of it the file holds; hourly rows may begin and end within a day.
        whole = demand.share is not None
        begin, end = (low, high) if whole else (max(low, first), min(high, last + 1))
        begin = max(begin, demand.start.toordinal()) if demand.start is not None else begin
        end = min(end, demand.end.toordinal() + 1) if demand.end is not None else end
        due = (end - begin) * a_day
        if not whole and a_day > 1:
            due -= begins % a_day if begin == first else 0
            due -= a_day - 1 - ends % a_day if end == last + 1 else 0
        found[name] = due
    return found


def months_of(due: Mapping[str, int], counts: Mapping[str, Sequence[int]]) -> tuple[Month, ...]:
    """The accounts of months by name; ``counts`` are the idle pieces, the valid, those within and beyond the limit."""
    found: list[Month] = []
    for name, number in due.items():
        idle, valid, within, beyond = counts.get(name, (0, 0, 0, 0))
        if number != idle:
            found.append(Month(name, number - idle, valid, within, beyond, valid >= ENOUGH * (number - idle)))
    return tuple(found)


def _calendar(first: int, last: int) -> Iterator[tuple[str, int, int]]:
    """The months from one day to another: name, first day, the day after the last."""
    day = first
    while day <= last:
        name, low, high = month_of(day)
        yield name, low, high
        day = high


def _days(valid: Sequence[Timed]) -> list[Timed]:
    """The means of the days with enough valid hours."""
    by_day: dict[int, list[Interval]] = {}
    for mean in valid:
        by_day.setdefault(mean.time // HOURS_A_DAY, []).append(mean.value)
    return [
        Timed(day * HOURS_A_DAY, _mean(values)) for day, values in by_day.items() if len(values) >= VALID_HOURS_A_DAY
    ]


def _mean(values: Sequence[Interval]) -> Interval:
    total = Interval.point(0)
    for value in values:
        total = total.plus(value)
    return total.scaled(Fraction(1, len(values)))


def _windows(valid: Sequence[Timed], first: int, last: int, hours: int) -> list[Timed]:
    """The means of all windows of so many hours that lie between two times and have enough valid hours."""
    found: list[Timed] = []
    total, count, head, tail = Interval.point(0), 0, 0, 0
    for begin in range(first, last - hours + 2):
        while head < len(valid) and valid[head].time < begin + hours:
            total, count, head = total.plus(valid[head].value), count + 1, head + 1
        while tail < head and valid[tail].time < begin:
            gone = valid[tail].value
            assert gone.low is not None
            assert gone.high is not None
            total, count, tail = total.plus(Interval(-gone.low, -gone.high)), count - 1, tail + 1
        if count >= ENOUGH * hours:
            found.append(Timed(begin, total.scaled(Fraction(1, count))))
    return found


def far_end(value: Interval, op: str) -> Fraction:
    """The end of a mean that lies nearest to breaking a limit, or farthest beyond it."""
    end = value.high if op in ("<", "<=") else value.low
    assert end is not None
    return end


# --- the worst -------------------------------------------------------------------------------------------------------


def _worst(means: Sequence[Timed], demand: Demand, *, most: int) -> list[Timed]:
    """The worst means, those that overlap another left out; one of them where none is beyond the limit."""
    upper = demand.op in ("<", "<=")

    def badness(mean: Timed) -> Fraction:
        end = far_end(mean.value, demand.op)
        return end if upper else -end

    number = WORST if most else 1
    if demand.every != "window":
        return nlargest(number, means, key=badness)
    chosen: list[Timed] = []
    for mean in sorted(means, key=badness, reverse=True):
        if all(abs(mean.time - other.time) >= demand.hours for other in chosen):
            chosen.append(mean)
        if len(chosen) == number:
            break
    return chosen


def _peak(series: Series, demand: Demand, mean: Timed) -> Peak:
    at = series.shown(mean.time)
    if demand.every == "day" and not series.daily:
        at = at[:10]
    if mean.row < 0:
        return peak(demand, at, mean.value, Place(series.file))
    place = Place(series.file, series.lines[mean.row])
    oxygen = series.oxygen[mean.row] if series.oxygen is not None else None
    return peak(demand, at, mean.value, place, series.values[demand.substance][mean.row], oxygen)


def peak(
    demand: Demand,
    at: str,
    value: Interval,
    place: Place,
    before: Interval | None = None,
    oxygen: Fraction | None = None,
) -> Peak:
    """One of the worst means with its arithmetic: ``before`` it was brought to the reference, and at which oxygen."""
    number = f"{show_interval(value)} {demand.unit}".rstrip()
    where = f" ({base_name(place.file)}:{place.line})" if place.line else ""
    if demand.reference is None or oxygen is None or before is None:
        return Peak(at, value, f"{at}: {number}{where}", place)
    assert value == before.scaled(factor(oxygen, demand.reference))
    sum_ = f"{show_interval(before)} × (21 − {show(demand.reference)}) ÷ (21 − {show(oxygen, 6)}) = {number}"
    return Peak(at, value, f"{at}: {sum_}{where}", place)


def base_name(file: str) -> str:
    """The name of a file without its folders."""
    return file.replace("\\", "/").rpartition("/")[2]
