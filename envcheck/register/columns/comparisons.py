"""Comparisons as columns: numbers, days and levels of a row, and what the lists of its facility add up to."""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from envcheck.judging.conditions import NEVER
from envcheck.model import expressions as ex
from envcheck.register.columns import numbers
from envcheck.register.columns.layout import DAY, WHOLE_NUMBER
from envcheck.register.columns.row import Row
from envcheck.register.columns.truths import FALSE, TRUE, UNKNOWN, Refusal, all_of, any_of
from envcheck.text.messages import tr
from envcheck.units.quantity import Interval, compare


def compared(node: ex.Compare, row: Row) -> pl.Expr:
    """Whether a comparison holds."""
    left, right = node.left, node.right
    if isinstance(left, ex.Value) and left.type == "level":
        assert isinstance(right, ex.Constant)
        assert isinstance(right.value, Fraction)
        rank = row.cell(left).expression.to_physical().cast(pl.Int64)
        return numbers.ordered(rank, node.op, pl.lit(int(right.value)))
    if isinstance(right, ex.Constant):
        assert isinstance(right.value, Fraction)
        return held(left, node.op, right.value, right.reference_oxygen, row)
    return _against(left, node.op, right, row)


def days_compared(node: ex.CompareDays, row: Row) -> pl.Expr:
    """As `conditions.compare_days`: what has not happened by the day asked about comes after every other day."""
    right = node.right
    if isinstance(right, ex.Day):
        other = pl.lit(right.on(row.as_of))
    elif isinstance(right, ex.Value):
        other = _day(right, row)
    else:
        other = pl.lit(right.value)
    first = _day(node.left, row)
    holds = numbers.ordered(first, node.op, other)
    return pl.when((first == NEVER) & other.is_not_null()).then(FALSE).otherwise(holds)


def _day(value: ex.Value, row: Row) -> pl.Expr:
    """The day of an attribute: `NEVER` for an event that has not happened, null where it is not known."""
    if value.type != "event":
        return row.cell(value, dtype=pl.Date).expression
    day = row.cell(value, suffix=DAY, dtype=pl.Date).expression
    said = row.cell(value, dtype=pl.Boolean).expression
    return pl.when((day > row.as_of) | said.not_()).then(pl.lit(NEVER)).otherwise(day)


def held(term: ex.Term, op: str, limit: Fraction, reference: Fraction | None, row: Row) -> pl.Expr:
    """Whether a term holds against a constant."""
    if isinstance(term, ex.Value):
        return _value_held(term, op, limit, reference, row)
    if isinstance(term, ex.Greatest):
        return _greatest(term, op, limit, row)
    if isinstance(term, ex.LeastRatio):
        return _least_ratio(term, op, limit, row)
    if isinstance(term, ex.Product):
        return held(term.term, op, limit / term.factor, None, row)
    if isinstance(term, ex.Quotient):
        return _quotient(term, op, limit, row)
    if isinstance(term, ex.Total):
        low, high, scale = total(term, row)
        return between(low, high, op, limit, scale)
    known = compare(Interval.point(_number(term)), op, Interval.point(limit))
    return pl.lit(known)


def _value_held(value: ex.Value, op: str, limit: Fraction, reference: Fraction | None, row: Row) -> pl.Expr:
    below = row.below(value)
    if below is None:
        return _number_held(value, op, limit, reference, row)
    if op in ("==", "!="):
        same = _value_held(value, "<=", limit, reference, row) & _value_held(value, ">=", limit, reference, row)
        return same if op == "==" else ~same
    return numbers.held_below(_number_held(value, op, limit, reference, row), below, op, limit)


def _number_held(value: ex.Value, op: str, limit: Fraction, reference: Fraction | None, row: Row) -> pl.Expr:
    cell = row.cell(value, dtype=pl.Float64)
    oxygen = row.oxygen(value, WHOLE_NUMBER) if reference is not None else None
    if oxygen is not None and reference is not None and (reference * numbers.ONE).denominator != 1:
        raise Refusal(tr("a reference oxygen content of more than six decimals"))
    if oxygen is None or reference is None:
        return numbers.held(cell.expression, op, limit / cell.factor)
    row.use_exactly(value)
    measured = row.cell(value, suffix=WHOLE_NUMBER, dtype=pl.Float64)
    return numbers.held_at_reference(measured.expression, cell.factor, oxygen, reference, op, limit)


def whole_number(term: ex.Term, row: Row) -> tuple[pl.Expr, pl.Expr, Fraction]:
    """A term as whole numbers, its least and greatest, and what one of them is in the canonical unit."""
    if isinstance(term, ex.Value):
        cell = row.cell(term, dtype=pl.Float64)
        row.use_exactly(term)
        number = row.cell(term, suffix=WHOLE_NUMBER, dtype=pl.Float64).expression.cast(pl.Int128, strict=False)
        below = row.below(term)
        least = number if below is None else pl.when(below).then(pl.lit(0, pl.Int128)).otherwise(number)
        return least, number, cell.factor / numbers.ONE
    if isinstance(term, ex.Product):
        low, high, scale = whole_number(term.term, row)
        return low, high, scale * term.factor
    if isinstance(term, ex.Total):
        return total(term, row)
    if isinstance(term, ex.Constant):
        number = pl.lit(_number(term).numerator, pl.Int128)
        return number, number, Fraction(1, _number(term).denominator)
    raise Refusal(tr("a comparison of ratios or greatest amounts with each other"))


def total(term: ex.Total, row: Row) -> tuple[pl.Expr, pl.Expr, Fraction]:
    """A sum or count over a list of the facility: what is known of it at least and at most."""
    name, scale = row.lists.total(term)
    low, high = (f"{name}.{end}" if name else None for end in ("low", "high"))
    return row.context(low, pl.Int128), row.context(high, pl.Int128), scale


def total_known(term: ex.Total, row: Row) -> pl.Expr:
    """Whether nothing is missing for a sum or count."""
    name, _ = row.lists.total(term)
    return row.context(f"{name}.known" if name else None, pl.Boolean)


def _against(left: ex.Term, op: str, right: ex.Term, row: Row) -> pl.Expr:
    if isinstance(left, ex.Constant):
        return held(right, numbers.TURNED[op], _number(left), None, row)
    low, high, scale = whole_number(left, row)
    other_low, other_high, other = whole_number(right, row)
    return apart(low, high, scale, op, other_low, other_high, other)


def _greatest(term: ex.Greatest, op: str, limit: Fraction, row: Row) -> pl.Expr:
    """The greatest amount of a map; what is not listed is not there, and nothing listed is nothing added."""
    if op in ("==", "!="):
        raise Refusal(tr("equality of a greatest amount"))
    parts = [part for name, part in row.parts_of(term.of).items() if name in term.substances]
    kept = [_value_held(part, op, limit, None, row) for part in parts]
    nothing = pl.lit(compare(Interval.point(0), op, Interval.point(limit)))
    above = op in (">", ">=")
    known = [truth.fill_null(not above) for truth in kept]
    found = any_of([nothing, *known]) if above else all_of([nothing, *known])
    return pl.when(row.map_known(term.of)).then(found).otherwise(UNKNOWN)


def _least_ratio(term: ex.LeastRatio, op: str, limit: Fraction, row: Row) -> pl.Expr:
    """Every ratio must hold; a substance that only one of the two maps states is not known."""
    if op not in (">", ">="):
        raise Refusal(tr("a least ratio takes > or >= only"))
    under, over = row.parts_of(term.under), row.parts_of(term.over)
    kept: list[pl.Expr] = []
    counted: list[pl.Expr] = []
    for name in (n for n in dict.fromkeys([*under, *over]) if n in term.substances):
        below = _ratio_part(under.get(name), row)
        above = _ratio_part(over.get(name), row)
        zero = (below[0] == 0).fill_null(False)
        stated = below[0].is_not_null() | above[0].is_not_null()
        ratio = numbers.compared(above[0], above[1], op, below[0], below[1] * limit)
        kept.append(pl.when(zero | ~stated).then(TRUE).otherwise(ratio))
        counted.append(stated & ~zero)
    known = row.map_known(term.under)
    return pl.when(known & any_of(counted)).then(all_of(kept)).otherwise(UNKNOWN)


def _ratio_part(value: ex.Value | None, row: Row) -> tuple[pl.Expr, Fraction]:
    if value is None:
        return pl.lit(None, dtype=pl.Int128), Fraction(1)
    number, _, scale = whole_number(value, row)
    return number, scale


def _quotient(term: ex.Quotient, op: str, limit: Fraction, row: Row) -> pl.Expr:
    """A ratio of amounts against a constant; not known where the divisor may be zero."""
    if op in ("==", "!=") or limit <= 0:
        raise Refusal(tr("a ratio is compared with a number above zero by size only"))
    low, high, scale = whole_number(term.over, row)
    under_low, under_high, under = whole_number(term.under, row)
    holds = apart(low, high, scale, op, under_low, under_high, under * limit)
    return pl.when((under_low > 0) & low.is_not_null()).then(holds).otherwise(UNKNOWN)


def _number(term: ex.Term) -> Fraction:
    assert isinstance(term, ex.Constant)
    assert isinstance(term.value, Fraction)
    return term.value


def apart(
    low: pl.Expr, high: pl.Expr, scale: Fraction, op: str, other_low: pl.Expr, other_high: pl.Expr, other: Fraction
) -> pl.Expr:
    """A comparison of two numbers known within bounds: true or false of all values between them, else unknown."""
    if op in (">", ">="):
        return apart(other_low, other_high, other, numbers.TURNED[op], low, high, scale)
    if op in ("==", "!="):
        same = numbers.compared(low, scale, "==", other_low, other)
        point = low.eq_missing(high) & other_low.eq_missing(other_high)
        below = numbers.compared(high, scale, "<", other_low, other).fill_null(False)
        above = numbers.compared(low, scale, ">", other_high, other).fill_null(False)
        equal = pl.when(point).then(same).when(below | above).then(FALSE).otherwise(UNKNOWN)
        return equal if op == "==" else ~equal
    holds = numbers.compared(high, scale, op, other_low, other).fill_null(False)
    fails = numbers.compared(low, scale, ">" if op == "<=" else ">=", other_high, other).fill_null(False)
    return pl.when(holds).then(TRUE).when(fails).then(FALSE).otherwise(UNKNOWN)


def between(low: pl.Expr, high: pl.Expr, op: str, limit: Fraction, scale: Fraction) -> pl.Expr:
    """A number known within bounds against a constant."""
    number = pl.lit(limit.numerator, pl.Int128)
    return apart(low, high, scale, op, number, number, Fraction(1, limit.denominator))
