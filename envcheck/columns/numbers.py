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

from envcheck import gas

ONE = 1_000_000
BELOW = 1e9
"""Numbers up to here, with no more than six decimals, are whole millionths in 64 bits."""
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
WIDEST = 9 * 10**18
GREATEST = 10**15


def spelled(number: float) -> str:
    """The decimal that a float cell stands for.

    >>> spelled(30.099999999999998), spelled(0.07)
    ('30.1', '0.07')
    """
    return f"{number:.15g}"


def exact(number: float) -> Fraction:
    """The exact value of that decimal."""
    return Fraction(spelled(number))


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


def millionths(number: pl.Expr) -> pl.Expr:
    """A column of floats as whole millionths; right where `is_millionths` holds."""
    return (number * ONE).round().cast(pl.Int64, strict=False)


def is_millionths(number: pl.Expr) -> pl.Expr:
    """Whether a float's decimal has no more than six places and is not too great."""
    scaled = number * ONE
    return (number.abs() < BELOW) & ((scaled - scaled.round()).abs() <= scaled.abs() * 3e-16)


def compared(left: pl.Expr, left_scale: Fraction, op: str, right: pl.Expr, right_scale: Fraction) -> pl.Expr:
    """Whether `left * left_scale op right * right_scale`, for whole numbers; scales above zero, crosswise."""
    ratio = left_scale / right_scale
    wide = max(ratio.numerator, ratio.denominator) * GREATEST >= WIDEST
    kind = pl.Int128 if wide else pl.Int64
    return ordered(
        left.cast(kind) * pl.lit(ratio.numerator, kind), op, right.cast(kind) * pl.lit(ratio.denominator, kind)
    )


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

    measured × (21 − reference) `op` limit × (21 − oxygen), after GB 13271-2014 5.2, both sides whole millionths;
    `factor` brings the column's unit to that of the limit. Oxygen in percent, below 21.
    """
    left = factor * (gas.AIR_OXYGEN - reference)
    room = gas.AIR_OXYGEN * ONE - millionths(oxygen)
    if limit == 0:
        return ordered(millionths(measured), op, pl.lit(0))
    return compared(millionths(measured), left, op, room, limit)
