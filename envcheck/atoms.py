"""Conditions on one attribute that is no number: words, yes or no, days, whether it is stated at all."""

from __future__ import annotations

import unicodedata
from datetime import date

from envcheck import expressions as ex
from envcheck.answers import Answer, Truth, spot, step
from envcheck.quantity import Interval, compare
from envcheck.readings import substance_of
from envcheck.situation import Situation


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
        return Answer(truth, steps=(step(truth, node.text),))
    fact = at.fact(node.value)
    truth = fact is not None and (len(node.value.path) == 1 or substance_of(fact, node.value.path[1]) is not None)
    truth = truth or has_series(node.value, at)
    return Answer(truth, steps=(step(truth, node.text),))


def holds(node: ex.Holds, at: Situation) -> Answer:
    fact = at.fact(node.value)
    if fact is None:
        return absent(node.value, node.text)
    truth = fact.value <= at.as_of if isinstance(fact.value, date) else bool(fact.value)
    return Answer(truth, steps=(step(truth, node.text, f"{node.value.path[0]} = {fact.text}{spot(fact.place)}"),))


def compare_days(node: ex.Compare, value: ex.Value, at: Situation) -> Answer:
    fact = at.fact(value)
    assert isinstance(node.right, ex.Constant)
    if fact is None or not isinstance(fact.value, date):
        return absent(value, node.text)
    ordinal = [Interval.point(day.toordinal()) for day in (fact.value, node.right.value) if isinstance(day, date)]
    truth = compare(ordinal[0], node.op, ordinal[1])
    return Answer(truth, steps=(step(truth, node.text, f"{value.path[0]} = {fact.text}{spot(fact.place)}"),))


def has_series(value: ex.Value, at: Situation) -> bool:
    """Whether the subject has a monitoring series of what a value names."""
    if "series" not in at.subject.facts or value.of_facility:
        return False
    from envcheck.overtime import series_of  # few subjects have one

    return series_of(at, value.path) is not None
