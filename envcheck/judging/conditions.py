"""Conditions on one attribute that is no number: words, yes or no, days, whether it is stated at all."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

from envcheck.judging.logic import Answer
from envcheck.judging.readings import substance_of
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.evidence import Gap, Stated, Step, Truth
from envcheck.model.facility import Fact, Period
from envcheck.units.quantity import Interval, compare
from envcheck.vocabulary.names import folded

NEVER = date.max
"""The day of what has not happened."""


def absent(value: ex.Value, text: str) -> Answer:
    """The answer where a fact is not stated."""
    return Answer(None, (value.gap(),), (Step("condition", text, None, (Stated(value.name, None),)),))


def _stated(value: ex.Value, fact: Fact) -> Stated:
    return Stated(value.path[0], fact.text, fact.place)


def one_of(node: ex.OneOf, at: Situation) -> Answer:
    """Whether a value is one of a list, or of several values one is."""
    fact = at.fact(node.value)
    if fact is None:
        return absent(node.value, node.text)
    truth: Truth
    if isinstance(fact.value, frozenset):
        truth = not fact.value.isdisjoint(node.among)
    elif node.value.type == "region":
        truth = _in_region(str(fact.value), node.among)
    elif node.value.type == "text":
        said = folded(str(fact.value))
        truth = said in {folded(word) for word in node.among} or _unless_almost(node.almost, said)
    else:
        truth = fact.value in node.among
    gaps = (node.value.gap(),) if truth is None else ()
    flags = ("name_almost",) if truth is None and node.almost else ()
    return Answer(truth, gaps, (Step("condition", node.text, truth, (_stated(node.value, fact),)),), flags=flags)


def _unless_almost(pattern: str, said: str) -> Truth:
    """What a name that is not the one asked for answers: no, unless it is spelled almost as that."""
    return None if pattern and re.search(pattern, said) else False


def _in_region(code: str, among: tuple[str, ...]) -> Truth:
    """A region holds all whose code begins with its own; of a wider one it is not known."""
    if any(code.startswith(region) for region in among):
        return True
    return None if any(region.startswith(code) for region in among) else False


def contains(node: ex.Contains, at: Situation) -> Answer:
    """Whether a text contains another, folded as names are compared."""
    fact = at.fact(node.value)
    if fact is None:
        return absent(node.value, node.text)
    said = folded(str(fact.value))
    truth = folded(node.part) in said or _unless_almost(node.almost, said)
    gaps, flags = ((node.value.gap(),), ("name_almost",)) if truth is None else ((), ())
    return Answer(truth, gaps, (Step("condition", node.text, truth, (_stated(node.value, fact),)),), flags=flags)


def known(node: ex.Known, at: Situation) -> Answer:
    """Whether a fact is stated at all."""
    if node.value.type == "list":
        truth = node.value.path[0] in at.facility.lists
        if node.decisive and not truth:
            return Answer(
                None, (Gap("fact", node.value.path, "facility", "facility"),), (Step("condition", node.text, None),)
            )
        return Answer(truth, steps=(Step("condition", node.text, truth),))
    fact = at.fact(node.value)
    truth = fact is not None and (
        len(node.value.path) == 1 or substance_of(fact, node.value.path[1], at.as_of) is not None
    )
    truth = truth or has_series(node.value, at)
    if node.decisive and not truth:
        return Answer(None, (node.value.gap(),), (Step("condition", node.text, None),))
    return Answer(truth, steps=(Step("condition", node.text, truth),))


def dated(node: ex.Dated, at: Situation) -> Answer:
    """Whether a day is stated."""
    fact = at.fact(node.value)
    truth = fact is not None and isinstance(fact.value, date | Period)
    return Answer(truth, steps=(Step("condition", node.text, truth),))


def listed(node: ex.Listed, at: Situation) -> Answer:
    """Whether a table has rows for a process: it may have one for a process that is told in general words."""
    fact = at.fact(node.value)
    if fact is None:
        return absent(node.value, node.text)
    truth: Truth = True if fact.value in node.among else None if fact.value in node.possible else False
    gaps, flags = ((node.value.gap(),), ("row_not_named",)) if truth is None else ((), ())
    return Answer(truth, gaps, (Step("condition", node.text, truth, (_stated(node.value, fact),)),), flags=flags)


def holds(node: ex.Holds, at: Situation) -> Answer:
    """Whether a yes-or-no fact is yes, or an event has happened by the day asked about."""
    fact = at.fact(node.value)
    if fact is None:
        return absent(node.value, node.text)
    truth = _happened(fact.value, at.as_of)
    gaps = (node.value.gap(),) if truth is None else ()
    return Answer(truth, gaps, (Step("condition", node.text, truth, (_stated(node.value, fact),)),))


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
    facts = tuple(fact for term in terms if (fact := _stated_day(term, at)) is not None)
    first, second = days
    if first is None or second is None:
        gaps = tuple(
            term.gap() for term, day in zip(terms, days, strict=True) if day is None and isinstance(term, ex.Value)
        )
        return Answer(None, gaps, (Step("condition", node.text, None, facts),))
    truth = first is not NEVER and compare(_ordinal(first), node.op, _ordinal(second))
    gaps = tuple(term.gap() for term in terms if isinstance(term, ex.Value)) if truth is None else ()
    return Answer(truth, gaps, (Step("condition", node.text, truth, facts),))


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


def _stated_day(term: ex.Constant | ex.Value | ex.Day, at: Situation) -> Stated | None:
    """A term as a step tells it; nothing where the condition says the day itself."""
    if isinstance(term, ex.Value):
        fact = at.fact(term)
        return Stated(term.path[0], None) if fact is None else _stated(term, fact)
    day = str(_day(term, at))
    return None if term.text == day else Stated(term.text, day)


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
