"""Exact comparisons on columns of binary floats.

A float cell stands for the decimal of fifteen significant digits that it is nearest to: that is what a double carries,
and what was typed into the table. Against a constant one comparison with the right float is exact; where two numbers
of a row meet (oxygen contents, sums, ratios) both are brought to whole millionths and multiplied crosswise, so that
nothing is divided and nothing rounded.
"""

from __future__ import annotations

import math
from fractions import Fraction

import polars as pl

from envcheck.units import gas
from envcheck.units.quantity import Interval, compare

ONE = 1_000_000
BELOW = 1e8
"""Numbers up to here, with no more than six decimals, are whole millionths that a double holds, and some times them."""
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
GREATEST = 10**30
"""What sums and counts of a list stay below."""


def shortest_decimal(number: float) -> str:
    """The decimal that a float cell stands for.

    >>> shortest_decimal(30.099999999999998), shortest_decimal(0.07)
    ('30.1', '0.07')
    """
    return f"{number:.15g}"


def exact(number: float) -> Fraction:
    """The exact value of that decimal."""
    return Fraction(shortest_decimal(number))


def edge(limit: Fraction, *, last: bool, strict: bool) -> float:
    """The last (or first) float whose decimal is not above (or not below) a limit; `strict` leaves the limit out."""
    towards, sign = (math.inf, 1) if last else (-math.inf, -1)

    def within(number: float) -> bool:
        distance = sign * (exact(number) - limit)
        return distance < 0 if strict else distance <= 0

    number = float(limit)
    while not within(number):
        number = math.nextafter(number, -towards)
    while within(math.nextafter(number, towards)):
        number = math.nextafter(number, towards)
    return number


def held(number: pl.Expr, op: str, limit: Fraction) -> pl.Expr:
    """Whether a column of floats holds against a constant."""
    if op in ("<", "<="):
        return number.le(edge(limit, last=True, strict=op == "<"))
    if op in (">", ">="):
        return number.ge(edge(limit, last=False, strict=op == ">"))
    low, high = edge(limit, last=False, strict=False), edge(limit, last=True, strict=False)
    within = (number >= low) & (number <= high)
    return within if op == "==" else ~within


def held_below(truth: pl.Expr, below: pl.Expr, op: str, limit: Fraction) -> pl.Expr:
    """``truth`` of a number that, where it is ``below``, lies from zero up to what was held: as both ends, if they agree.

    Not for `==` and `!=`, which may differ between the ends.
    """
    least = compare(Interval.point(0), op, Interval.point(limit))
    return pl.when(below & (truth != least)).then(pl.lit(None, dtype=pl.Boolean)).otherwise(truth)


def millionths(number: pl.Expr) -> pl.Expr:
    """A column of floats as whole millionths, still in floats, which hold them; right where `is_millionths` holds."""
    return (number * ONE).round()


def is_millionths(number: pl.Expr, whole: pl.Expr, *, positive: bool = False) -> pl.Expr:
    """Whether the decimal of a float has no more than six places and is no further than `BELOW` from zero.

    ``whole`` is what `millionths` made of it. If ``positive``, it may not be below zero either.
    """
    size = whole if positive else whole.abs()
    return (size <= BELOW * ONE) & ((number * ONE - whole).abs() <= size * 3e-16)


def compared(
    left: pl.Expr, left_scale: Fraction, op: str, right: pl.Expr, right_scale: Fraction, greatest: int = GREATEST
) -> pl.Expr:
    """Whether `left * left_scale op right * right_scale`, for whole numbers; scales above zero, crosswise.

    Neither number is above ``greatest``: products that doubles or 64 bits cannot hold are made in 128.
    """
    ratio = left_scale / right_scale
    most = max(ratio.numerator, ratio.denominator) * greatest
    kind = pl.Float64 if most <= 2**53 else pl.Int64 if most < 2**63 else pl.Int128
    first, second = (number.cast(kind, strict=False) for number in (left, right))
    return ordered(first * pl.lit(ratio.numerator, kind), op, second * pl.lit(ratio.denominator, kind))


def ordered(left: pl.Expr, op: str, right: pl.Expr) -> pl.Expr:
    """A comparison by its sign."""
    if op == "<":
        return left < right
    if op == "<=":
        return left <= right
    if op == ">":
        return left > right
    if op == ">=":
        return left >= right
    return left == right if op == "==" else left != right


def held_at_reference(
    measured: pl.Expr, factor: Fraction, oxygen: pl.Expr, reference: Fraction, op: str, limit: Fraction
) -> pl.Expr:
    """Whether a concentration, brought to the reference oxygen content, holds against a limit.

    measured × (21 − reference) `op` limit × (21 − oxygen), after GB 13271-2014 5.2. Both are whole millionths, oxygen in
    percent and below 21; where it is not known, so is the answer. `factor` brings the column's unit to that of the limit.
    """
    below_air = gas.AIR_OXYGEN - reference
    room = gas.AIR_OXYGEN * ONE - oxygen
    if limit == 0:
        return pl.when(oxygen.is_not_null()).then(ordered(measured, op, pl.lit(0.0)))
    return compared(measured, factor * below_air, op, room, limit, int(BELOW) * ONE)
