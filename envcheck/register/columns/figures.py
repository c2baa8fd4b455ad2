"""The numbers behind a status, for reading: what was measured, the limit it was held against, the room left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

import polars as pl

from envcheck.model import expressions as ex
from envcheck.register.columns.comparisons import total, total_known
from envcheck.register.columns.limits import bounds_of
from envcheck.register.columns.logic import Frame
from envcheck.register.columns.truths import FALSE, TRUE, UNKNOWN, any_of
from envcheck.units import gas

FIGURES = {"measured": pl.Float64, "op": pl.String, "limit": pl.Float64, "unit": pl.String, "margin": pl.Float64}
NOTHING = pl.lit(None, dtype=pl.Float64)
Side = Literal["low", "high"]
CHOSEN = "chosen"
TOLD = ("reference_o2_assumed", "limit_unverified", "below_detection")
"""The flags of findings that are told of registers as well."""
FAR = 1e6
"""The rank of a number without a margin."""


class Figure(NamedTuple):
    """A number of a row held against a limit, as `finding.Comparison` for one subject."""

    truth: pl.Expr
    measured: pl.Expr
    limit: pl.Expr
    op: str
    unit: str
    speaks: pl.Expr = TRUE
    """Where the number is part of the answer."""
    flags: tuple[tuple[str, pl.Expr], ...] = ()
    """What is to be known of the number, and of which rows."""
    answer: pl.Expr | None = None
    """Its truth as it stands in the answer, where that is not `truth`."""


def figures(node: ex.Node, frame: Frame) -> Iterator[Figure]:
    """The numbers that a requirement compares, as they stand in its answer."""
    if isinstance(node, ex.And):
        for part in node.parts:
            yield from figures(part, frame)
    elif isinstance(node, ex.Or):
        whole = frame.condition(node)[0]
        for part in node.parts:
            own = frame.condition(part)[0]
            telling = own.fill_null(False) | ~whole.fill_null(False)
            for figure in figures(part, frame):
                yield figure._replace(speaks=figure.speaks & telling)
    elif isinstance(node, ex.Compare):
        yield from _compared(node, frame)
    elif isinstance(node, ex.Within):
        for bound in bounds_of(node, frame):
            if bound.number is not None:
                measured = _value(bound.value, bound.limit.reference_oxygen, frame, _side(bound.op))
                flags = tuple(_flags(bound.value, bound.limit.reference_oxygen, frame))
                flags += (("limit_unverified", TRUE),) if bound.limit.confidence == "known" else ()
                yield Figure(
                    bound.held, measured, bound.number, bound.op, bound.limit.unit, bound.speaks, flags, bound.truth
                )


def _compared(node: ex.Compare, frame: Frame) -> Iterator[Figure]:
    left = node.left
    if isinstance(left, ex.Value) and left.type in ("level", "date", "event"):
        return
    reference = node.right.reference_oxygen if isinstance(node.right, ex.Constant) else None
    unit = left.of.unit if isinstance(left, ex.Greatest) else left.unit if isinstance(left, ex.Value | ex.Total) else ""
    truth = frame.condition(node)[0]
    measured, limit = _number(left, reference, frame, _side(node.op)), _number(node.right, None, frame)
    flags = (*_flags(left, reference, frame), *_flags(node.right, None, frame))
    yield Figure(truth, measured, limit, node.op, unit, flags=flags)


def _flags(term: ex.Term, reference: Fraction | None, frame: Frame) -> Iterator[tuple[str, pl.Expr]]:
    """What `readings.read_value` flags of a number: an oxygen content that no column could tell, a detection limit."""
    if isinstance(term, ex.Product):
        yield from _flags(term.term, None, frame)
    elif isinstance(term, ex.Value):
        if reference is not None and frame.oxygen(term) is None:
            yield "reference_o2_assumed", frame.cell(term, dtype=pl.Float64).expression.is_not_null()
        if (below := frame.below(term)) is not None:
            yield "below_detection", below


def flags_of(chosen: Sequence[Figure]) -> tuple[str, ...]:
    """The flags that a requirement with these numbers may have."""
    return tuple(name for name in TOLD if any(name in dict(figure.flags) for figure in chosen))


def flagged(chosen: Sequence[Figure], required: pl.Expr) -> dict[str, pl.Expr]:
    """Which rows have which flags: of a requirement that does not hold (``required``), those of its parts that do not."""
    holds = required.fill_null(True)
    found: dict[str, pl.Expr] = {}
    for name in flags_of(chosen):
        parts = [
            flag
            & figure.speaks
            & (holds | (figure.truth if figure.answer is None else figure.answer).eq_missing(FALSE))
            for figure in chosen
            for flag in [flag for told, flag in figure.flags if told == name]
        ]
        found[name] = pl.any_horizontal(parts).fill_null(False)
    return found


def _side(op: str) -> Side:
    """Which bound of a number tells: the greatest that it can be against what it may not exceed, else the least."""
    return "high" if op in ("<", "<=") else "low"


def _number(term: ex.Term, reference: Fraction | None, frame: Frame, side: Side | None = None) -> pl.Expr:
    """A term as a float in its canonical unit, or one of its bounds; null where it is not known (that well)."""
    if isinstance(term, ex.Value):
        return _value(term, reference, frame, side)
    if isinstance(term, ex.Constant):
        assert isinstance(term.value, Fraction)
        return pl.lit(float(term.value))
    if isinstance(term, ex.Total):
        low, high, scale = total(term, frame)
        known = total_known(term, frame) if side is not None else low == high
        return pl.when(known).then((low if side == "low" else high).cast(pl.Float64) * float(scale))
    if isinstance(term, ex.Product):
        return _number(term.term, None, frame, side) * float(term.factor)
    if isinstance(term, ex.Quotient):
        under = _number(term.under, None, frame)
        return pl.when(under > 0).then(_number(term.over, None, frame, side) / under)
    if isinstance(term, ex.Greatest):
        parts = (part for name, part in frame.parts_of(term.of).items() if name in term.substances)
        greatest = pl.max_horizontal(pl.lit(0.0), *(_value(part, None, frame) for part in parts))
        return pl.when(frame.map_known(term.of)).then(greatest)
    return _least_ratio(term, frame)


def _least_ratio(term: ex.LeastRatio, frame: Frame) -> pl.Expr:
    under, over = frame.parts_of(term.under), frame.parts_of(term.over)
    ratios: list[pl.Expr] = []
    lacking: list[pl.Expr] = []
    for name in (n for n in dict.fromkeys([*under, *over]) if n in term.substances):
        below = _value(under[name], None, frame) if name in under else NOTHING
        above = _value(over[name], None, frame) if name in over else NOTHING
        ratios.append(pl.when(below > 0).then(above / below))
        lacking.append((below.is_null() != above.is_null()) & (below != 0).fill_null(True))
    return pl.when(~any_of(lacking)).then(pl.min_horizontal(ratios)) if ratios else NOTHING


def _value(value: ex.Value, reference: Fraction | None, frame: Frame, side: Side | None = None) -> pl.Expr:
    """A number of the row in its canonical unit, at the reference oxygen content where the limit has one."""
    cell, below = frame.cell(value, dtype=pl.Float64), frame.below(value)
    measured = cell.expression * float(cell.factor)
    if below is not None and side != "high":
        measured = pl.when(below).then(pl.lit(0.0) if side == "low" else NOTHING).otherwise(measured)
    oxygen = frame.oxygen(value) if reference is not None else None
    if oxygen is None or reference is None:
        return measured
    return measured * float(gas.AIR_OXYGEN - reference) / (gas.AIR_OXYGEN - oxygen)


# --- the one that tells most -----------------------------------------------------------------------------------------


def governing(chosen: Sequence[Figure], status: pl.Expr) -> Iterator[list[pl.Expr]]:
    """What puts the number that tells most (`judge.governing`) beside a row: the columns of `FIGURES`, step by step.

    It is the worst that fails, the unknown one, or the tightest that holds. Each step's columns rest on those before.
    """
    if not chosen:
        yield [pl.lit(None, dtype=kind).alias(name) for name, kind in FIGURES.items()]
        return
    if len(chosen) == 1:
        figure, told = chosen[0], pl.when(chosen[0].speaks)
        op, unit = pl.lit(figure.op), pl.lit(figure.unit or None, dtype=pl.String)
        columns = {"measured": figure.measured, "op": op, "limit": figure.limit, "unit": unit}
        yield [told.then(column).alias(name) for name, column in columns.items()]
        yield [_margin(figure.op).alias("margin")]
        return
    wanted = pl.when(status == "pass").then(TRUE).when(status == "unknown").then(UNKNOWN).otherwise(FALSE)
    numbered = list(enumerate(chosen))
    yield [
        *(figure.measured.alias(f"measured{n}") for n, figure in numbered),
        *(figure.limit.alias(f"limit{n}") for n, figure in numbered),
        *(pl.when(figure.speaks).then(figure.truth.eq_missing(wanted)).alias(f"telling{n}") for n, figure in numbered),
    ]
    yield [_margin(figure.op, n).alias(f"margin{n}") for n, figure in numbered]
    yield [_rank(n).alias(f"rank{n}") for n, _ in numbered]
    least = pl.min_horizontal(f"rank{n}" for n, _ in numbered)
    yield [
        pl.coalesce(pl.when(pl.col(f"rank{n}") == least).then(pl.lit(n, pl.UInt32)) for n, _ in numbered).alias(CHOSEN)
    ]

    def of_chosen(name: str) -> pl.Expr:
        return pl.coalesce(pl.when(pl.col(CHOSEN) == n).then(pl.col(f"{name}{n}")) for n, _ in numbered).alias(name)

    ops = pl.lit(pl.Series([figure.op for figure in chosen], dtype=pl.String))
    units = pl.lit(pl.Series([figure.unit or None for figure in chosen], dtype=pl.String))
    yield [
        of_chosen("measured"),
        ops.gather(pl.col(CHOSEN)).alias("op"),
        of_chosen("limit"),
        units.gather(pl.col(CHOSEN)).alias("unit"),
        of_chosen("margin"),
    ]


def _margin(op: str, number: int | str = "") -> pl.Expr:
    """The room left as a share of the limit; below zero where it is exceeded."""
    measured, limit = pl.col(f"measured{number}"), pl.col(f"limit{number}")
    if op == "!=":
        return NOTHING
    # Polars multiplies by the reciprocal of a constant, but not in a table of one row: the last digit would hang on the
    # size of a batch. So the limit becomes a column.
    share = limit + measured * 0
    room = (limit - measured) / share if op in ("<", "<=") else (measured - limit) / share
    return pl.when(limit != 0).then(-room.abs() if op == "==" else room)


def _rank(number: int) -> pl.Expr:
    """Telling ones first, the least room first, those without a margin last."""
    telling = pl.col(f"telling{number}")
    rank = pl.col(f"margin{number}").fill_null(FAR) + pl.when(telling).then(0.0).otherwise(1000 * FAR)
    return pl.when(telling.is_not_null()).then(rank)
