"""Conditions on one attribute that is no number: words, yes or no, days, whether it is stated at all."""

from __future__ import annotations

import unicodedata
from datetime import date
from fractions import Fraction

from envcheck.judging.logic import Answer, Truth, spot, step
from envcheck.judging.readings import substance_of
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.facility import Period
from envcheck.units.quantity import Interval, compare

NEVER = date.max
"""The day of what has not happened."""


def absent(value: ex.Value, text: str) -> Answer:
    return Answer(None, (value.name,), (step(None, text, f"{value.name} = ?"),))


def fold(text: str) -> str:
    """A text without what does not matter when names are compared: width, blanks, case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def one_of(node: ex.OneOf, at: Situation) -> Answer:
    fact = at.fact(node.value)
    if fact is None:
        return absent(node.value, node.text)
    truth: Truth
    if isinstance(fact.value, frozenset):
        truth = not fact.value.isdisjoint(node.among)
    elif node.value.type == "region":
        truth = _in_region(str(fact.value), node.among)
    elif node.value.type == "text":
        truth = fold(str(fact.value)) in {fold(word) for word in node.among}
    else:
        truth = fact.value in node.among
    missing = (node.value.name,) if truth is None else ()
    return Answer(truth, missing, (step(truth, node.text, f"{node.value.path[0]} = {fact.text}{spot(fact.place)}"),))


def _in_region(code: str, among: tuple[str, ...]) -> Truth:
    """A region holds all whose code begins with its own; of a wider one it is not known."""
    if any(code.startswith(region) for region in among):
        return True
    return None if any(region.startswith(code) for region in among) else False


def contains(node: ex.Contains, at: Situation) -> Answer:
    fact = at.fact(node.value)
    if fact is None:
        return absent(node.value, node.text)
    truth = fold(node.part) in fold(str(fact.value))
    return Answer(truth, steps=(step(truth, node.text, f"{node.value.path[0]} = {fact.text}{spot(fact.place)}"),))


def known(node: ex.Known, at: Situation) -> Answer:
    if node.value.type == "list":
        truth = node.value.path[0] in at.facility.lists
        if node.decisive and not truth:
            return Answer(None, (f"facility.{node.value.path[0]}",), (step(None, node.text),))
        return Answer(truth, steps=(step(truth, node.text),))
    fact = at.fact(node.value)
    truth = fact is not None and (len(node.value.path) == 1 or substance_of(fact, node.value.path[1]) is not None)
    truth = truth or has_series(node.value, at)
    if node.decisive and not truth:
        return Answer(None, (node.value.name,), (step(None, node.text),))
    return Answer(truth, steps=(step(truth, node.text),))


def dated(node: ex.Dated, at: Situation) -> Answer:
    fact = at.fact(node.value)
    truth = fact is not None and isinstance(fact.value, date | Period)
    return Answer(truth, steps=(step(truth, node.text),))


def listed(node: ex.Listed, at: Situation) -> Answer:
    """Whether a table has rows for a process: it may have one for a process that is told in general words."""
    fact = at.fact(node.value)
    if fact is None:
        return absent(node.value, node.text)
    truth: Truth = True if fact.value in node.among else None if fact.value in node.possible else False
    missing, flags = ((node.value.name,), ("row_not_named",)) if truth is None else ((), ())
    return Answer(
        truth, missing, (step(truth, node.text, f"{node.value.path[0]} = {fact.text}{spot(fact.place)}"),), flags=flags
    )


def holds(node: ex.Holds, at: Situation) -> Answer:
    fact = at.fact(node.value)
    if fact is None:
        return absent(node.value, node.text)
    truth = _happened(fact.value, at.as_of)
    missing = (node.value.name,) if truth is None else ()
    return Answer(
        truth, missing, steps=(step(truth, node.text, f"{node.value.path[0]} = {fact.text}{spot(fact.place)}"),)
    )


def _happened(value: object, as_of: date) -> Truth:
    """Whether an event has happened; one known by its month may have, within that month."""
    first, last = value if isinstance(value, Period) else (value, value)
    if isinstance(first, date) and isinstance(last, date):
        return True if last <= as_of else False if first > as_of else None
    return bool(value)


def compare_days(node: ex.CompareDays, at: Situation) -> Answer:
    """A comparison of days. What has not happened by the day asked about comes after every other day."""
    terms = (node.left, node.right)
    days = [_day(term, at) for term in terms]
    details = [_told(term, at) for term in terms]
    detail = ", ".join(one for one in details if one)
    first, second = days
    if first is None or second is None:
        missing = tuple(
            term.name for term, day in zip(terms, days, strict=True) if day is None and isinstance(term, ex.Value)
        )
        return Answer(None, missing, (step(None, node.text, detail),))
    truth = first is not NEVER and compare(_ordinal(first), node.op, _ordinal(second))
    missing = tuple(term.name for term in terms if isinstance(term, ex.Value)) if truth is None else ()
    return Answer(truth, missing, steps=(step(truth, node.text, detail),))


def _day(term: ex.Constant | ex.Value | ex.Day, at: Situation) -> date | Period | None:
    """The day of a term, or the month or year that it lies in: `NEVER` for an event that has not happened, None where
    it is not known, or not whether it has happened.
    """
    if isinstance(term, ex.Day):
        return term.on(at.as_of)
    if isinstance(term, ex.Constant):
        assert isinstance(term.value, date)
        return term.value
    fact = at.fact(term)
    if fact is None:
        return None
    if term.type == "event":
        happened = _happened(fact.value, at.as_of)
        if not happened:
            return NEVER if happened is False else None
    return fact.value if isinstance(fact.value, date | Period) else None


def _told(term: ex.Constant | ex.Value | ex.Day, at: Situation) -> str:
    if isinstance(term, ex.Value):
        fact = at.fact(term)
        return f"{term.path[0]} = ?" if fact is None else f"{term.path[0]} = {fact.text}{spot(fact.place)}"
    day = _day(term, at)
    return "" if term.text == str(day) else f"{term.text} = {day}"


def _ordinal(day: date | Period) -> Interval:
    if isinstance(day, Period):
        return Interval(Fraction(day.first.toordinal()), Fraction(day.last.toordinal()))
    return Interval.point(day.toordinal())


def has_series(value: ex.Value, at: Situation) -> bool:
    """Whether the subject has a monitoring series of what a value names."""
    if "series" not in at.subject.facts or value.of_facility:
        return False
    from envcheck.judging.series_conditions import series_of  # few subjects have one

    return series_of(at, value.path) is not None
