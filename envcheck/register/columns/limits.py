"""Limit tables as columns: every row of a table that concerns a subject is kept, and there is such a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from envcheck.model import expressions as ex
from envcheck.register.columns.comparisons import held
from envcheck.register.columns.row import Row
from envcheck.register.columns.truths import FALSE, TRUE, UNKNOWN, all_of, any_of


class Bound(NamedTuple):
    """One side of a row of a table: where the row speaks of a subject, and whether the subject keeps it."""

    limit: ex.Limit
    value: ex.Value
    op: str
    number: pl.Expr | None
    """The limit, null where it is unknown which exception applies; None where it was not verified and never judges."""
    speaks: pl.Expr
    truth: pl.Expr
    level: int
    held: pl.Expr
    """Whether the number keeps the limit, be it known or not that the row applies."""


def within(node: ex.Within, row: Row) -> tuple[pl.Expr, int]:
    """Whether a substance map keeps every row of a table that concerns it, and the levels that this rests on."""
    bounds = list(bounds_of(node, row))
    speaking = any_of([bound.speaks for bound in bounds])
    kept = all_of([pl.when(bound.speaks).then(bound.truth).otherwise(TRUE) for bound in bounds])
    return pl.when(speaking).then(kept).otherwise(UNKNOWN), max((bound.level for bound in bounds), default=0)


def bounds_of(node: ex.Within, row: Row) -> Iterator[Bound]:
    """The sides of all rows of a table."""
    process = row.cell(node.process).expression if node.process is not None else None
    for limit in node.limits:
        chosen = TRUE if process is None else (process == limit.process).fill_null(False)
        applies, level = row.condition(limit.when) if limit.when is not None else (TRUE, 0)
        value = ex.Value(
            (*node.values.path, limit.substance),
            node.values.type,
            limit.unit,
            node.values.of_facility,
            node.values.inherited,
        )
        speaks = chosen & applies.fill_null(True) & _in_force(limit, value, row)
        if limit.confidence == "unsure":
            yield Bound(limit, value, "<=", None, speaks, UNKNOWN, level, UNKNOWN)
            continue
        for op, number in (("<=", _maximum(limit, row)), (">=", _constant(limit.minimum))):
            if number is None:
                continue
            truth, deeper = _kept(limit, value, op, row)
            settled = pl.when(applies.is_null() & ~truth.fill_null(False)).then(UNKNOWN).otherwise(truth)
            known = truth if limit.when is None else settled
            yield Bound(limit, value, op, number, speaks, known, max(level, deeper), truth)


def _constant(number: Fraction | None) -> pl.Expr | None:
    return None if number is None else pl.lit(float(number))


def _maximum(limit: ex.Limit, row: Row) -> pl.Expr | None:
    """The maximum of a row, that of the exception that applies; null where it lies between several."""
    if limit.maximum is None or not limit.exceptions:
        return _constant(limit.maximum)
    usual = pl.lit(float(limit.maximum))
    maxima = [(row.condition(e.when)[0], pl.lit(float(e.maximum))) for e in limit.exceptions]
    possible = [pl.when(when.is_null()).then(maximum) for when, maximum in maxima]
    least = pl.min_horizontal(usual, *possible)
    found: pl.Expr = pl.when(least == pl.max_horizontal(usual, *possible)).then(least)
    for when, maximum in reversed(maxima):
        found = pl.when(when).then(maximum).otherwise(found)
    return found


def _in_force(limit: ex.Limit, value: ex.Value, row: Row) -> pl.Expr:
    """Whether a row holds on the day of the measurement, or on the day asked about where none is stated."""
    if limit.start is None and limit.end is None:
        return TRUE
    day = pl.coalesce(row.cell(value, "measured_on", dtype=pl.Date).expression, pl.lit(row.as_of))
    # A day beside a substance that was not measured says nothing.
    day = pl.when(row.cell(value).expression.is_not_null()).then(day).otherwise(pl.lit(row.as_of))
    return (day >= (limit.start or date.min)) & (day <= (limit.end or date.max))


def _kept(limit: ex.Limit, value: ex.Value, op: str, row: Row) -> tuple[pl.Expr, int]:
    """Whether a side of a row is kept; where it is unknown which exception applies, whether all or none are."""
    if op == ">=":
        assert limit.minimum is not None
        return held(value, op, limit.minimum, limit.reference_oxygen, row), 0
    assert limit.maximum is not None

    def kept(maximum: Fraction) -> pl.Expr:
        return held(value, op, maximum, limit.reference_oxygen, row)

    usual = kept(limit.maximum)
    if not limit.exceptions:
        return usual, 0
    conditions = [row.condition(exception.when) for exception in limit.exceptions]
    answers = [(condition, kept(e.maximum)) for (condition, _), e in zip(conditions, limit.exceptions, strict=True)]
    every = all_of([usual, *(pl.when(when.is_null()).then(told).otherwise(TRUE) for when, told in answers)])
    some = any_of([usual, *(pl.when(when.is_null()).then(told).otherwise(FALSE) for when, told in answers)])
    hull = pl.when(every).then(TRUE).when(~some).then(FALSE).otherwise(UNKNOWN)
    for when, told in reversed(answers):
        hull = pl.when(when).then(told).otherwise(hull)
    return hull, max(level for _, level in conditions)
