"""What amounts in a failing formula would have to be, all else staying as it is."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from envcheck.judging.readings import Reading, substance_of
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.facility import Measurement
from envcheck.model.finding import Amount
from envcheck.units.quantity import Interval


def needed(node: ex.Compare, left: Reading, right: Reading, at: Situation) -> tuple[Amount, ...]:
    """The amounts that together make a failing comparison of a formula hold; none where they alone would not.

    Every number in it has to be known exactly: what is missing could keep it from holding.
    """
    bound = right.value.exact
    if bound is None or bound < 0 or left.gaps or right.gaps or node.op not in ("<", "<=", ">", ">="):
        return ()
    term = node.left
    if isinstance(term, ex.Total):
        now = left.value.exact
        return (Amount("", "", node.op, now, bound, term.unit),) if now is not None else ()
    if isinstance(term, ex.LeastRatio) and node.op in (">", ">="):
        return _of_ratio(term, node.op, bound, at)
    if isinstance(term, ex.Quotient) and isinstance(term.over, ex.Value):
        return _of_quotient(term.over, term.under, left.value, node, bound, at)
    return ()


def _of_ratio(term: ex.LeastRatio, op: str, ratio: Fraction, at: Situation) -> tuple[Amount, ...]:
    """The least amounts over the line, of the substances that fall short; those stated below the line stay."""
    found: list[Amount] = []
    for substance, under in _stated(term.under, term.substances, at):
        over_fact = at.fact(term.over)
        over = substance_of(over_fact, substance, at.as_of) if over_fact is not None else None
        added = under.value.exact
        if added == 0:
            continue
        now = over.value.exact if over is not None else None
        if over is None or added is None or now is None:
            return ()
        least = ratio * added
        if now < least or (op == ">" and now == least):
            found.append(Amount(".".join((*term.over.path, substance)), over.text, op, now, least, over.unit))
    return tuple(found)


def _stated(value: ex.Value, substances: tuple[str, ...], at: Situation) -> Iterator[tuple[str, Measurement]]:
    fact = at.fact(value)
    for substance in substances if fact is not None else ():
        assert fact is not None
        measurement = substance_of(fact, substance, at.as_of)
        if measurement is not None:
            yield substance, measurement


def _of_quotient(
    over: ex.Value, under: ex.Term, quotient: Interval, node: ex.Compare, bound: Fraction, at: Situation
) -> tuple[Amount, ...]:
    """The amount over the line, where it stands nowhere else in the comparison."""
    again = any(part == over for part in (*ex.walk((under,)), *ex.walk((node.right,))))
    fact = at.fact(over)
    if again or len(over.path) != 1 or fact is None or not isinstance(fact.value, Interval):
        return ()
    now, ratio = fact.value.exact, quotient.exact
    if now is None or not now or not ratio:
        return ()
    # The amount below the line is now ÷ ratio, whatever it is made of.
    return (Amount(over.path[0], fact.text, node.op, now, bound * now / ratio, over.unit),)
