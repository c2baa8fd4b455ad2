"""Answers from monitoring series: conditions over time, and what plain conditions and limit tables ask of a series."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from envcheck.judging.logic import Answer
from envcheck.judging.readings import rounding, show_interval
from envcheck.judging.series_means import ENOUGH, Demand, account, base_name, covers, far_end, last_day
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.evidence import Gap, Stated, Step
from envcheck.model.finding import Comparison, Means
from envcheck.model.monitoring import Monitored
from envcheck.model.series import Series
from envcheck.text.problems import Place
from envcheck.units.quantity import Interval, compare, show

MONTHS_NAMED = 3


def series_of(at: Situation, path: tuple[str, ...]) -> Series | None:
    """The monitoring series of the subject, where it holds a substance of a map such as `emissions`."""
    fact = at.subject.facts.get("series")
    if fact is None or len(path) != 2 or not isinstance(fact.value, Series):
        return None
    medium = "water" if fact.value.water else "emissions"
    return fact.value if path[0] == medium and path[1] in fact.value.values else None


def means_of(series: Series, limited: Literal["hour", "day"] | None = None) -> Literal["hour", "day"]:
    """Over which means a limit is judged: what it says itself, else for gas hours, for water days."""
    return "day" if series.daily else limited or ("day" if series.water else "hour")


def over_time(node: ex.OverTime, at: Situation) -> Answer:
    """Whether the means of the subject's series keep a limit."""
    series = series_of(at, node.value.path)
    if series is None:
        recorded = "series" in at.subject.facts
        gap = Gap("series", (node.value.path[1],)) if recorded else Gap("fact", ("series",))
        return Answer(None, (gap,), (Step("condition", node.text, None, (Stated(gap.name, None),)),))
    assert isinstance(node.limit.value, Fraction)
    bound, reference = Interval.point(node.limit.value), node.limit.reference_oxygen
    demand = Demand(node.every, node.hours, node.value.path[1], node.op, bound, node.value.unit, reference, node.share)
    return judged(series, _by(at, series, demand), node.text)


def of_comparison(node: ex.Compare, value: ex.Value, bound: Interval, at: Situation) -> Answer:
    """Whether every valid hour (of gas) or day (of water) fulfils a comparison that does not speak of time."""
    series = series_of(at, value.path)
    assert series is not None
    reference = node.right.reference_oxygen if isinstance(node.right, ex.Constant) else None
    every = means_of(series)
    demand = Demand(every, 1, value.path[1], node.op, bound, value.unit, reference, None)
    return judged(series, _by(at, series, demand), f"every_{every}({node.text})")


def of_limit(limit: ex.Limit, value: ex.Value, op: str, bound: Interval, text: str, at: Situation) -> Answer:
    """Whether a row of a table is kept on the days on which it holds."""
    series = series_of(at, value.path)
    assert series is not None
    share, reference = limit.share, limit.reference_oxygen
    every = means_of(series, limit.means) if share is None else "hour"
    demand = Demand(every, 1, limit.substance, op, bound, limit.unit, reference, share, limit.start, limit.end)
    lead = f"every_{every}" if share is None else f"share_of_hours {share.op} {show(share.least)} %"
    return judged(series, _by(at, series, demand), f"{lead}: {text}")


def _by(at: Situation, series: Series, demand: Demand) -> Demand:
    """A demand that looks at nothing behind the day asked about."""
    later = series.times[-1] // series.a_day > at.as_of.toordinal()
    return demand._replace(until=at.as_of) if later else demand


def on_record(limit: ex.Limit, value: ex.Value, at: Situation) -> bool:
    """Whether the subject has a series of a row's substance, with data from days on which the row holds."""
    series = series_of(at, value.path)
    return series is not None and covers(series, limit.start, last_day(limit.end, at.as_of))


def _means(demand: Demand) -> Means:
    """Over which means a demand limits a substance, in the words of rules."""
    if demand.share is not None:
        return "share_of_hours"
    names: dict[str, Means] = {"hour": "every_hour", "day": "every_day", "window": "every_mean"}
    return names[demand.every]


def judged(series: Series, demand: Demand, text: str) -> Answer:
    """The answer of a series to a demand; `text` is the demand as the rule or the table puts it."""
    key = (demand, text)
    found: Answer | None = series.kept.get(key)
    if found is None:
        found = series.kept[key] = _judged(series, demand, text)
    return found


def _judged(series: Series, demand: Demand, text: str) -> Answer:
    if series.daily and (demand.every != "day" or demand.share is not None):
        gap = Gap("series", (demand.substance,), detail="hourly means")
        return Answer(None, (gap,), (Step("daily_means", text, result=series.file),))
    told: Monitored | None = series.accounts(demand) if series.accounts is not None else account(series, demand)
    if told is None:
        return Answer(None, (Gap("series", (demand.substance,)),), (Step("condition", text),))
    truth, gaps = _verdict(told, demand)
    measured = told.worst[0].value if told.worst else None
    op, limit, unit = demand.op, demand.limit, demand.unit
    if demand.share is not None:
        measured, op, limit, unit = told.share, demand.share.op, Interval.point(demand.share.least), "%"
    margin = None
    if measured is not None and limit.exact:
        room = far_end(measured, op) - limit.exact
        margin = Interval.point((-room if op in ("<", "<=") else room) / limit.exact)
    place = told.worst[0].place if told.worst else Place(series.file)
    means, attribute = _means(demand), ("water" if series.water else "emissions", demand.substance)
    hours = f"{demand.hours} h: " if means == "every_mean" else ""
    path = f"{means}({hours}{'.'.join(attribute)})"
    comparison = Comparison(path, truth, measured, op, limit, unit, margin, "", place, told, attribute, means)
    flags = _flags(series, demand, told, truth)
    steps = (*_steps(told, demand), Step("comparison", text, truth, result=_outcome(told, demand)))
    return Answer(truth, gaps, steps, (comparison,), flags)


# --- the verdict -----------------------------------------------------------------------------------------------------


def _verdict(told: Monitored, demand: Demand) -> tuple[bool | None, tuple[Gap, ...]]:
    lacking = [month for month in told.months if not month.enough]
    if demand.share is None:
        truth = False if told.exceeding else None if told.undecided or lacking or not told.means else True
    else:
        least = Interval.point(demand.share.least)
        shares = [month.share for month in told.months if month.enough]
        truths = {compare(share, demand.share.op, least) for share in shares if share is not None}
        truth = False if False in truths else None if None in truths or lacking or not truths else True
    if truth is not None:
        return truth, ()
    details = []
    unit = "d" if told.daily or demand.every == "day" else "h"
    if lacking or not told.means:
        parts = [f"{month.name} {month.valid}/{month.due} {unit}" for month in lacking[:MONTHS_NAMED]]
        rest = len(lacking) - len(parts)
        parts += [f"+{rest}"] if rest > 0 else []
        details.append(", ".join(parts) or f"{told.valid}/{told.total} {unit}")
    if told.undecided:
        details.append(f"below_detection {told.undecided}")
    return None, tuple(Gap("series", (demand.substance,), detail=detail) for detail in details)


def _flags(series: Series, demand: Demand, told: Monitored, truth: bool | None) -> tuple[str, ...]:
    flags: list[str] = []
    if not series.daily and series.minutes is None:
        flags.append("valid_minutes_assumed")
    if demand.reference is not None and series.oxygen is None:
        flags.append("reference_o2_assumed")
    if told.still:
        zero = told.worst and told.worst[0].value.exact == 0
        flags.append("series_all_zero" if zero else "series_unmoving")
    held = series.values[demand.substance]
    if any(value is not None and value.low is not value.high and value.exact is None for value in held):
        flags.append("below_detection")
    if demand.share is None and told.worst:
        flags += rounding(truth, told.worst[0].value, demand.op, demand.limit)
    return tuple(flags)


def _steps(told: Monitored, demand: Demand) -> Iterator[Step]:
    """The derivation: what was looked at, what does not count, the months, the worst means."""
    unit = "d" if told.daily else "h"
    counted = f"{told.first} … {told.last}, {told.valid} / {told.total} {unit}"
    yield Step("series", f"series.{told.substance} = {base_name(told.file)}: {counted}")
    if told.excluded:
        yield Step("excluded", "− " + ", ".join(f"{reason} {number} {unit}" for reason, number in told.excluded))
    pieces = "d" if told.daily or told.every == "day" else "h"
    for month in told.months:
        if not month.enough:
            yield Step("month", f"{month.name}: {month.valid} / {month.due} {pieces} < {show(ENOUGH * 100)} %")
        elif month.share is not None and demand.share is not None and _tells(month.share, told, demand.share):
            fewest, most = month.within, month.valid - month.beyond
            hours = str(most) if fewest == most else f"{fewest}…{most}"
            yield Step("month", f"{month.name}: {hours} / {month.valid} {pieces} = {show_interval(month.share)} %")
    for peak in told.worst:
        yield Step("peak", peak.step)


def _tells(share: Interval, told: Monitored, due: ex.Share) -> bool:
    """Whether a month is the one of the least share, or one that does not keep what is due."""
    return share == told.share or compare(share, due.op, Interval.point(due.least)) is not True


def _outcome(told: Monitored, demand: Demand) -> str:
    if demand.share is not None:
        return f"{show_interval(told.share)} %" if told.share is not None else "?"
    return f"{told.exceeding} / {told.means}"
