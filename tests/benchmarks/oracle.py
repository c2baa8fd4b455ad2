"""The statuses of the benchmark's rules on one row, worked out plainly: fractions, three-valued logic, no cleverness."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from ruleset import (
    AS_OF,
    CLEAN,
    DIRTY,
    REGION,
    AtLeast,
    Before,
    CleanFuel,
    Condition,
    Done,
    Either,
    No,
    OneOf,
    Rule,
    Within,
    in_force,
    shortfall,
)

Truth = bool | None
Row = Mapping[str, Any]


def status(rule: Rule, row: Row) -> str:
    """What a rule says of a row of the register."""
    region = row["region"]
    if region is not None and not region.startswith(REGION) and not REGION.startswith(region):
        return "not_applicable"
    if not in_force(rule):
        return "not_applicable"
    in_region = None if region is None or not region.startswith(REGION) else True
    concern = every([in_region, *(truth(condition, row) for condition in rule.when)])
    if concern is False:
        return "not_applicable"
    holds = every(truth(condition, row) for condition in rule.require) if rule.require else False
    if holds is None and rule.missing_fails:
        holds = False
    if concern is None or holds is None:
        return "unknown"
    return "pass" if holds else shortfall(rule)


def every(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def truth(condition: Condition, row: Row) -> Truth:
    if isinstance(condition, No):
        inner = truth(condition.of, row)
        return None if inner is None else not inner
    if isinstance(condition, Either):
        parts = [truth(part, row) for part in condition.parts]
        return True if True in parts else None if None in parts else False
    if isinstance(condition, CleanFuel):
        fuel = row["fuel"]
        return True if fuel in CLEAN else False if fuel in DIRTY else None
    if isinstance(condition, Within):
        return keeps(condition, row)
    if isinstance(condition, AtLeast):
        capacity = number(row["capacity (t/h)"])
        return None if capacity is None else capacity >= condition.capacity
    value = row[condition.column]
    if value is None:
        return None
    if isinstance(condition, OneOf):
        return (value in condition.words) is not condition.negated
    if isinstance(condition, Done):
        return bool(value <= AS_OF)
    if isinstance(condition, Before):
        return bool(value < condition.day)
    return bool(value)


def number(value: float | None) -> Fraction | None:
    """The decimal number that a double was written as; no number (NaN) is not known."""
    return None if value is None or math.isnan(value) else Fraction(repr(value))


def keeps(limit: Within, row: Row) -> Truth:
    """Whether the concentration keeps the limit; without an oxygen content it is taken as already at reference."""
    value = number(row[f"emissions.{limit.substance} (mg/m3)"])
    if value is None:
        return None
    if limit.reference:
        stated = row[f"emissions.{limit.substance}.O2 (%)"]
        oxygen = number(stated)
        if stated is not None:
            if oxygen is None or oxygen >= 21:
                return None
            value *= (21 - Fraction(limit.reference)) / (21 - oxygen)
    return value <= Fraction(limit.limit)
