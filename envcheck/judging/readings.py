"""What is known of a number: readings of attributes, brought to the state that a limit is written for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.evidence import Gap, Stated, Step, Truth
from envcheck.model.facility import Fact, Measurement
from envcheck.model.finding import Comparison
from envcheck.text.problems import Place
from envcheck.units import gas
from envcheck.units.quantity import UNBOUNDED, Interval, rounded_like, show


class Reading(NamedTuple):
    """What is known of a term: its bounds, what is missing for more, how it came about."""

    value: Interval
    gaps: tuple[Gap, ...] = ()
    steps: tuple[Step, ...] = ()
    flags: tuple[str, ...] = ()
    text: str = ""
    place: Place | None = None
    measured_on: date | None = None


def unknown(gap: Gap) -> Reading:
    """The reading of a number that is not stated."""
    return Reading(UNBOUNDED, (gap,))


def quotient(over: Interval, under: Interval) -> Interval:
    """A quotient of amounts that are not negative; without bounds where the divisor may be zero."""
    if under.low is None or under.low <= 0 or over.low is None:
        return UNBOUNDED
    return Interval(
        over.low / under.high if under.high is not None else Fraction(0),
        over.high / under.low if over.high is not None else None,
    )


def show_interval(value: Interval) -> str:
    """An interval for a derivation: a number, or its bounds with `?` for what is not known."""
    if value.exact is not None:
        return show(value.exact, 6)
    if value == UNBOUNDED:
        return "?"
    low = "?" if value.low is None else show(value.low, 6)
    return f"{low}…{'?' if value.high is None else show(value.high, 6)}"


def substance_of(fact: Fact, substance: str, as_of: date) -> Measurement | None:
    """What a map states of a substance; what was measured after the day asked about is no evidence for that day."""
    found = fact.value.get(substance) if isinstance(fact.value, Mapping) else None
    if found is None or (found.measured_on is not None and found.measured_on > as_of):
        return None
    assert isinstance(found, Measurement)
    return found


def read_value(value: ex.Value, at: Situation, reference: Fraction | None) -> Reading:
    """The number that an attribute states, at a reference oxygen content where one is asked for."""
    fact = at.fact(value)
    if fact is None:
        return unknown(value.gap())
    if len(value.path) == 2:
        measurement = substance_of(fact, value.path[1], at.as_of)
        return (
            unknown(value.gap())
            if measurement is None
            else _measured(value, measurement, measurement.place or fact.place, reference)
        )
    assert isinstance(fact.value, Interval)
    elsewhere = value.unit and fact.value.exact is not None and not fact.text.endswith(value.unit)
    converted = f"{show_interval(fact.value)} {value.unit}" if fact.convention or elsewhere else ""
    stated = Stated(value.path[0], fact.text, fact.place, converted, fact.convention)
    return Reading(fact.value, (), (_read(stated),), (), fact.text, fact.place)


def _read(stated: Stated) -> Step:
    return Step("reading", facts=(stated,))


def _measured(value: ex.Value, m: Measurement, place: Place, reference: Fraction | None) -> Reading:
    """A concentration as the limit takes it: dry, and at the reference oxygen content where the limit has one."""
    name = ".".join(value.path)
    steps = [_read(Stated(name, m.text, place, convention=m.convention))]
    flags: list[str] = []
    amount, oxygen = m.value, m.oxygen
    if amount.exact is None:
        flags.append("below_detection")
    if m.value.high is None:
        return Reading(
            m.value, (value.gap("detection_limit"),), tuple(steps), tuple(flags), m.text, place, m.measured_on
        )
    if m.wet is None:
        return Reading(UNBOUNDED, (value.gap("basis"),), tuple(steps), tuple(flags), m.text, place)
    if m.wet:
        if m.moisture is None or m.moisture.exact is None:
            return Reading(UNBOUNDED, (value.gap("moisture"),), tuple(steps), tuple(flags), m.text, place)
        before, share = amount, m.moisture.exact
        amount = gas.dry(amount, share)
        oxygen = None if oxygen is None else gas.dry(oxygen, share)
        steps.append(_worked_out(f"{show_interval(before)} ÷ (1 − {show(share)} %)", amount, m.unit))
    if reference is not None:
        if oxygen is not None and oxygen.exact is None:
            return Reading(UNBOUNDED, (value.gap("O2"),), tuple(steps), tuple(flags), m.text, place, m.measured_on)
        if oxygen is None or oxygen.exact is None:
            flags.append("reference_o2_assumed")
        else:
            before = amount
            amount = gas.at_reference(amount, oxygen.exact, reference)
            factor = f"(21 − {show(reference)}) ÷ (21 − {show(oxygen.exact, 6)})"
            steps.append(_worked_out(f"{show_interval(before)} × {factor}", amount, m.unit))
    return Reading(amount, (), tuple(steps), tuple(flags), m.text, place, m.measured_on)


def _worked_out(formula: str, value: Interval, unit: str) -> Step:
    return Step("arithmetic", formula, result=f"{show_interval(value)} {unit}")


def _amounts(value: ex.Value, at: Situation) -> tuple[dict[str, Measurement], Place] | None:
    fact = at.fact(value)
    if fact is None or not isinstance(fact.value, Mapping):
        return None
    return dict(fact.value), fact.place


def greatest(term: ex.Greatest, at: Situation) -> Reading:
    """The greatest of the amounts stated of several substances."""
    found = _amounts(term.of, at)
    if found is None:
        return unknown(term.of.gap())
    amounts = {s: m for s, m in found[0].items() if s in term.substances}
    steps = tuple(_read(Stated(f"{term.of.path[0]}.{s}", m.text, found[1])) for s, m in amounts.items())
    value = Interval.point(0)
    for measurement in amounts.values():
        value = Interval(_most(value.low, measurement.value.low), _most(value.high, measurement.value.high))
    return Reading(value, (), steps or (Step("arithmetic", f"{term.of.path[0]}: – ({term.medium})"),))


def _most(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else max(one, other)


def least_ratio(term: ex.LeastRatio, at: Situation) -> Reading:
    """The least of the ratios of two amounts, substance by substance."""
    under = _amounts(term.under, at)
    if under is None:
        return unknown(term.under.gap())
    over = _amounts(term.over, at)
    offered, where = over if over is not None else ({}, None)
    least: Interval | None = None
    gaps: list[Gap] = []
    steps: list[Step] = []
    # A substance with an offset but no stated addition was left out, not zero.
    wanted = dict.fromkeys([*under[0], *offered])
    for substance in (s for s in wanted if s in term.substances):
        added, offset = under[0].get(substance), offered.get(substance)
        if added is None:
            gaps.append(term.under.gap(substance))
            ratio = Interval(Fraction(0), None)
        elif added.value.high == 0:
            continue
        elif offset is None:
            gaps.append(term.over.gap(substance))
            ratio = Interval(Fraction(0), None)
        else:
            ratio = quotient(offset.value, added.value)
            steps.append(
                Step(
                    "arithmetic", f"{substance}: {offset.text} ÷ {added.text}", result=show_interval(ratio), place=where
                )
            )
        if least is None:
            least = ratio
        else:
            high = [h for h in (least.high, ratio.high) if h is not None]
            low = None if least.low is None or ratio.low is None else min(least.low, ratio.low)
            least = Interval(low, min(high) if high else None)
    if least is None:
        return unknown(term.under.gap())
    flags = ("only_listed_substances",)
    return Reading(least, tuple(gaps), tuple(steps), flags, "", under[1])


# --- against a limit -------------------------------------------------------------------------------------------------


def held_against(
    measured: ex.Value | str, truth: Truth, reading: Reading, op: str, limit: Interval, unit: str
) -> Comparison:
    """A reading (of an attribute or a formula) held against a limit; without numbers where they are not known."""
    known = reading.value.high is not None and not reading.gaps
    margin = _margin(reading.value, op, limit) if known else None
    number = reading.value if known else None
    attribute = measured.path if isinstance(measured, ex.Value) else ()
    path = ".".join(measured.path) if isinstance(measured, ex.Value) else measured
    return Comparison(path, truth, number, op, limit, unit, margin, reading.text, reading.place, attribute=attribute)


def _margin(measured: Interval, op: str, limit: Interval) -> Interval | None:
    """The room left as a share of the limit; below zero where the limit is exceeded."""
    value, bound = measured.high if op in ("<", "<=") else measured.low, limit.exact
    if value is None or bound is None or bound == 0 or op == "!=":
        return None
    if op in ("<", "<="):
        return Interval.point((bound - value) / bound)
    return Interval.point((value - bound) / bound if op in (">", ">=") else -abs(value - bound) / bound)


def rounding(truth: Truth, measured: Interval, op: str, limit: Interval) -> tuple[str, ...]:
    """Flags a failure by the full value that rounding to the limit's digits would undo (GB/T 8170-2008)."""
    value, bound = measured.exact, limit.exact
    if truth is not False or value is None or bound is None or op not in ("<=", ">="):
        return ()
    return ("differs_if_rounded",) if rounded_like(value, bound) == bound else ()
