"""Monitoring series of many subjects at once: what each comes to for one demand, counted in columns.

The answers are those of `means.account`. Whole millionths are compared exactly; other numbers in doubles, where these lie
farther from the limit than they can err. Who has a number closer to it, and windows, are left to `means.account`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from heapq import nlargest
from typing import Any, NamedTuple

import polars as pl

from envcheck.judging import series_means
from envcheck.judging.series_means import NO_ROW, VALID_HOURS_A_DAY, WORST, Demand
from envcheck.model.monitoring import Monitored, Peak
from envcheck.model.series import HOURS_A_DAY, IDLE, NORMAL, hour_shown
from envcheck.register.columns import numbers
from envcheck.text.problems import Place
from envcheck.units import gas
from envcheck.units.quantity import Interval

SUBJECT, SUBSTANCE, TIME, MONTH = "#subject", "#substance", "#time", "#month"
UNIT, VALUE, OXYGEN, REASON, WHOLE, FILE, ROW = "#unit", "#value", "#oxygen", "#reason", "#whole", "#file", "#row"
DAY, MEAN, SLACK, WITHIN, BEYOND, STOOD = "#day", "#mean", "#slack", "#within", "#beyond", "#stood"
BADNESS = "#badness"
ERROR = 1e-12
"""No mean in doubles is wrong by a greater share. A number of fifteen digits may be off by 5e-15 of itself, which makes
up to 5e-14 of oxygen in percent; the rest is a few roundings (for a day, of 24 sums)."""
Row = Mapping[str, Any]


class Hours(NamedTuple):
    """Hourly means in memory: a row a subject, substance and hour, none of them twice.

    Columns: `subject` (a number), `substance`, `time` (hours as in `Series`), `month` (months since the year 0), `value`
    as written in `unit` (which of `units`), `oxygen` (percent), `reason` (`normal`, or why the hour is not valid
    whatever the limit), `whole` (its numbers are whole millionths), `file` (which of `files`) and `row` of it.
    """

    rows: pl.DataFrame
    units: Sequence[Fraction]
    """What one of each unit is in the unit of limits."""
    oxygen: bool
    """Whether the oxygen content was measured."""
    files: Sequence[str]

    def measured(self) -> pl.Expr:
        """The value in the unit of limits."""
        if all(unit == 1 for unit in self.units):
            return pl.col(VALUE)
        factors = pl.Series([float(unit) for unit in self.units])
        return pl.col(VALUE) * pl.lit(factors).gather(pl.col(UNIT))

    def converts(self, demand: Demand) -> bool:
        """Whether means are brought to the reference oxygen content."""
        return demand.reference is not None and self.oxygen

    def exact(self, row: Row, demand: Demand) -> Fraction:
        """The mean of a valid row as a fraction."""
        value = numbers.exact(row[VALUE]) * self.units[row[UNIT]]
        if not self.converts(demand):
            return value
        assert demand.reference is not None
        return value * gas.factor(numbers.exact(row[OXYGEN]), demand.reference)


def accounts(hours: Hours, demand: Demand, subjects: Sequence[int]) -> dict[int, Monitored]:
    """What the series of each subject comes to; those that columns cannot decide are left out."""
    if demand.every == "window":
        return {}
    covered = hours.rows.lazy().filter(pl.col(SUBJECT).is_in(list(subjects)), *_asked_days(demand))
    spans = covered.group_by(SUBJECT).agg(pl.col(TIME).min().alias("first"), pl.col(TIME).max().alias("last")).collect()
    rows = _hours(hours, demand, covered.filter(pl.col(SUBSTANCE) == demand.substance)).collect()
    judged = _days(hours, demand, rows) if demand.every == "day" else rows
    unsure = set(judged.filter(pl.col(WITHIN).is_null() | pl.col(BEYOND).is_null())[SUBJECT].unique())
    gathered = _Gathered(
        hours, demand, _by_subject(_months(judged)), _by_subject(rows.group_by(SUBJECT, REASON).len()),
        _worst(hours, demand, judged, rows), _still(rows),
    )  # fmt: skip
    told = {subject: (first, last) for subject, first, last in spans.iter_rows()}
    return {one: gathered.of(one, *told.get(one, (0, -1))) for one in subjects if one not in unsure}


def _asked_days(demand: Demand) -> Iterator[pl.Expr]:
    if demand.start is not None:
        yield pl.col(TIME) >= demand.start.toordinal() * HOURS_A_DAY
    last = series_means.last_day(demand.end, demand.until)
    if last is not None:
        yield pl.col(TIME) < (last.toordinal() + 1) * HOURS_A_DAY


# --- means, and whether they keep the limit --------------------------------------------------------------------------


def _hours(hours: Hours, demand: Demand, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Every row with its mean (null where the hour is not valid) and whether it lies within or beyond the limit."""
    measured, oxygen, reason = hours.measured(), pl.col(OXYGEN), pl.col(REASON)
    mean, slack, exact = measured, measured * ERROR, partial(numbers.held, measured)
    if hours.converts(demand):
        assert demand.reference is not None
        wrong = numbers.held(oxygen, "<=", gas.LEAST_OXYGEN) | numbers.held(oxygen, ">=", Fraction(gas.AIR_OXYGEN))
        kind = hours.rows.schema[REASON]
        reason = (
            pl.when(reason != NORMAL).then(reason)
            .when(oxygen.is_null()).then(pl.lit("no_oxygen", kind))
            .when(wrong).then(pl.lit("oxygen_out_of_range", kind))
            .otherwise(reason)
        )  # fmt: skip
        room = gas.AIR_OXYGEN - oxygen
        mean = measured * float(gas.AIR_OXYGEN - demand.reference) / room
        slack = mean * ERROR * (1 + 1 / room)
        exact = partial(_held_at_reference, measured, oxygen, demand.reference)
    read = rows.with_columns(reason.alias(REASON), reason.is_in(list(IDLE)).cast(pl.UInt8).alias(STOOD))
    valid = pl.col(REASON) == NORMAL
    read = read.with_columns(pl.when(valid).then(mean).alias(MEAN), pl.when(valid).then(slack).alias(SLACK))
    return read.with_columns(*_truths(demand, pl.col(WHOLE), exact))


def _held_at_reference(measured: pl.Expr, oxygen: pl.Expr, reference: Fraction, op: str, limit: Fraction) -> pl.Expr:
    parts = numbers.millionths(measured), numbers.millionths(oxygen)
    return numbers.held_at_reference(parts[0], Fraction(1), parts[1], reference, op, limit)


def _truths(demand: Demand, whole: pl.Expr, exact: Callable[[str, Fraction], pl.Expr]) -> Iterator[pl.Expr]:
    """Whether the mean lies within the limit, and beyond it: false where there is none, null where it is too close."""
    low, high = demand.limit
    if demand.op in (">", ">="):
        low, high = high, low

    def kept(bound: Fraction | None, *, unbounded: bool) -> pl.Expr:
        if bound is None:
            return pl.lit(unbounded)
        mean, limit = pl.col(MEAN), float(bound)
        near = (mean - limit).abs() <= pl.col(SLACK)
        apart = numbers.ordered(mean, demand.op, pl.lit(limit))
        return pl.when(whole).then(exact(demand.op, bound)).when(~near).then(apart)

    there = pl.col(MEAN).is_not_null()
    yield pl.when(there).then(kept(low, unbounded=False)).otherwise(pl.lit(False)).alias(WITHIN)
    yield pl.when(there).then(~kept(high, unbounded=True)).otherwise(pl.lit(False)).alias(BEYOND)


def _days(hours: Hours, demand: Demand, rows: pl.DataFrame) -> pl.DataFrame:
    """The same by day; a day on which the source stood still all along counts as one such day."""
    measured, valid = hours.measured(), pl.col(MEAN).is_not_null()
    converted = pl.lit(hours.converts(demand))
    by_day = rows.with_columns((pl.col(TIME) // HOURS_A_DAY).alias(DAY)).group_by(SUBJECT, DAY, maintain_order=True)
    days = by_day.agg(
        pl.col(MONTH).first(),
        (pl.col(STOOD).sum() == HOURS_A_DAY).cast(pl.UInt8).alias(STOOD),
        valid.sum().cast(pl.Int64).alias("count"),
        pl.col(MEAN, SLACK).mean(),
        numbers.millionths(measured).cast(pl.Int64).filter(valid).sum().alias("sum"),
        ((pl.col(WHOLE) | ~valid).all() & ~converted).alias(WHOLE),
    )

    def exact(op: str, limit: Fraction) -> pl.Expr:
        most = HOURS_A_DAY * int(numbers.BELOW) * numbers.ONE
        if limit == 0:
            return numbers.ordered(pl.col("sum"), op, pl.lit(0))
        return numbers.compared(pl.col("sum"), Fraction(1), op, pl.col("count"), limit * numbers.ONE, most)

    enough = pl.col("count") >= VALID_HOURS_A_DAY
    days = days.with_columns(pl.when(enough).then(pl.col(MEAN)).alias(MEAN), (pl.col(DAY) * HOURS_A_DAY).alias(TIME))
    return days.with_columns(*_truths(demand, pl.col(WHOLE), exact))


# --- what is counted -------------------------------------------------------------------------------------------------


def _months(judged: pl.DataFrame) -> pl.DataFrame:
    """By subject and month: means that stood still, valid ones, those within and beyond the limit."""
    valid = pl.col(MEAN).is_not_null().alias("valid")
    sums = (column.cast(pl.Int64).sum() for column in (pl.col(STOOD), valid, pl.col(WITHIN), pl.col(BEYOND)))
    return judged.group_by(SUBJECT, MONTH).agg(*sums)


def _still(rows: pl.DataFrame) -> set[int]:
    """The subjects whose valid readings are many, and all the same."""
    valid = rows.lazy().filter(pl.col(MEAN).is_not_null()).group_by(SUBJECT)
    counted = valid.agg(pl.len().alias("many"), pl.struct(VALUE, UNIT).n_unique().alias("distinct"))
    same = counted.filter(pl.col("many") >= series_means.STILL, pl.col("distinct") == 1)
    return set(same.collect()[SUBJECT])


def _by_subject(table: pl.DataFrame) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for subject, *rest in table.iter_rows():
        found.setdefault(subject, []).append(tuple(rest))
    return found


def _worst(hours: Hours, demand: Demand, judged: pl.DataFrame, rows: pl.DataFrame) -> dict[int, list[Peak]]:
    """By subject the worst means beyond the limit; the one nearest to it where none is."""
    sign = 1 if demand.op in ("<", "<=") else -1
    valid = judged.filter(pl.col(MEAN).is_not_null()).with_columns((pl.col(MEAN) * sign).alias(BADNESS))
    beyond = valid.filter(BEYOND)
    failing = beyond[SUBJECT].unique()
    rest = valid.join(failing.to_frame(), on=SUBJECT, how="anti")
    chosen = pl.concat([_foremost(beyond, WORST), _foremost(rest, 1)])
    peaks = _peaks_of_days if demand.every == "day" else _peaks_of_hours
    found: dict[int, list[Peak]] = {}
    for subject, peak in peaks(hours, demand, chosen, rows):
        found.setdefault(subject, []).append(peak)
    most = dict.fromkeys(failing, WORST)
    return {
        subject: nlargest(
            most.get(subject, 1), told, key=lambda peak: sign * series_means.far_end(peak.value, demand.op)
        )
        for subject, told in found.items()
    }


def _foremost(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """The rows of each subject, in time, that may be among its ``most`` worst, as well as doubles can tell.

    Of rows with the very same numbers only the first count.
    """
    least = (pl.col(BADNESS) - pl.col(SLACK)).top_k(most).min().alias("least")
    near = rows.join(rows.group_by(SUBJECT).agg(least), on=SUBJECT)
    near = near.filter(pl.col(BADNESS) + pl.col(SLACK) >= pl.col("least")).sort(SUBJECT, TIME)
    same = [VALUE, UNIT, OXYGEN] if VALUE in rows.columns else [DAY]
    return near.group_by(SUBJECT, *same, maintain_order=True).head(most).sort(SUBJECT, TIME)


def _peaks_of_hours(
    hours: Hours, demand: Demand, chosen: pl.DataFrame, _rows: pl.DataFrame
) -> Iterator[tuple[int, Peak]]:
    for row in chosen.iter_rows(named=True):
        measured = Interval.point(numbers.exact(row[VALUE]) * hours.units[row[UNIT]])
        oxygen = numbers.exact(row[OXYGEN]) if hours.converts(demand) else None
        place = Place(hours.files[row[FILE]], row[ROW])
        mean = Interval.point(hours.exact(row, demand))
        yield row[SUBJECT], series_means.peak(demand, hour_shown(row[TIME]), mean, place, measured, oxygen)


def _peaks_of_days(
    hours: Hours, demand: Demand, chosen: pl.DataFrame, rows: pl.DataFrame
) -> Iterator[tuple[int, Peak]]:
    valid = rows.filter(pl.col(MEAN).is_not_null()).with_columns((pl.col(TIME) // HOURS_A_DAY).alias(DAY))
    values: dict[tuple[int, int], list[Fraction]] = {}
    for row in valid.join(chosen.select(SUBJECT, DAY), on=[SUBJECT, DAY], how="semi").iter_rows(named=True):
        values.setdefault((row[SUBJECT], row[DAY]), []).append(hours.exact(row, demand))
    for subject, day in chosen.select(SUBJECT, DAY).iter_rows():
        found = values[subject, day]
        mean = Interval.point(sum(found, Fraction(0)) / len(found))
        yield subject, series_means.peak(demand, hour_shown(day * HOURS_A_DAY)[:10], mean, Place(hours.files[0]))


class _Gathered(NamedTuple):
    """What was counted for a demand, by subject."""

    hours: Hours
    demand: Demand
    months: Mapping[int, list[tuple[Any, ...]]]
    reasons: Mapping[int, list[tuple[Any, ...]]]
    peaks: Mapping[int, list[Peak]]
    still: set[int]

    def of(self, subject: int, first: int, last: int) -> Monitored:
        """The account of a subject with rows from one time to another."""
        demand = self.demand
        rows = last >= first
        reasons = dict(self.reasons.get(subject, ()))
        total = last - first + 1
        valid = reasons.pop(NORMAL, 0)
        if total > valid + sum(reasons.values()):
            reasons[NO_ROW] = total - valid - sum(reasons.values())
        counts = {f"{m // 12:04}-{m % 12 + 1:02}": counted for m, *counted in self.months.get(subject, ())}
        judged, within, beyond = (sum(count[n] for count in counts.values()) for n in (1, 2, 3))
        a_day = 1 if demand.every == "day" else HOURS_A_DAY
        months = (
            series_means.months_of(series_means.due_in(first, last, demand, HOURS_A_DAY, a_day), counts) if rows else ()
        )
        return series_means.monitored(
            demand,
            file=self.hours.files[0],
            daily=False,
            span=(hour_shown(first), hour_shown(last)) if rows else ("", ""),
            total=total,
            valid=valid,
            excluded=reasons,
            means=judged,
            exceeding=beyond,
            undecided=judged - within - beyond,
            months=months,
            worst=self.peaks.get(subject, ()),
            still=subject in self.still,
        )
