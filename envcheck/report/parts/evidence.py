"""The facts behind a condition: what people call them, their values as written, where, and in the canonical unit."""

from __future__ import annotations

import os
from collections.abc import Iterator

from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.facility import Fact, Measurement
from envcheck.report.parts import phrases
from envcheck.text.messages import EMPTY, Text, listed, tr
from envcheck.text.problems import Place
from envcheck.units.quantity import Interval
from envcheck.vocabulary.words import Vocabulary

Line = tuple[Text, str]
"""A text and its style."""


def values_in(node: ex.Node | ex.Term, at: Situation) -> Iterator[ex.Value]:
    """The subject's and the facility's own attributes in a condition; lists of others are told by its steps."""
    if isinstance(node, ex.Value):
        yield node
    elif isinstance(node, ex.Compare):
        yield from values_in(node.left, at)
        yield from values_in(node.right, at)
    elif isinstance(node, ex.CompareDays):
        yield node.left
        if isinstance(node.right, ex.Value):
            yield node.right
    elif isinstance(node, ex.OneOf | ex.Contains | ex.Known | ex.Dated | ex.Listed | ex.Holds | ex.OverTime):
        yield node.value
    elif isinstance(node, ex.Not):
        yield from values_in(node.part, at)
    elif isinstance(node, ex.And | ex.Or):
        for part in node.parts:
            yield from values_in(part, at)
    elif isinstance(node, ex.Product):
        yield from values_in(node.term, at)
    elif isinstance(node, ex.Quotient):
        yield from values_in(node.over, at)
        yield from values_in(node.under, at)
    elif isinstance(node, ex.Defined) and not node.of_facility:
        definition = at.definitions[node.name]
        for side in definition.parts:
            if side is not None:
                yield from values_in(side, at)
    elif isinstance(node, ex.Within) and node.process is not None:
        yield node.process


def evidence(value: ex.Value, at: Situation, kind: str, vocabulary: Vocabulary) -> Iterator[Line]:
    """The lines that tell an attribute of a subject of a kind."""
    owner = vocabulary.kinds["facility" if value.of_facility else kind]
    name, fact = ".".join(value.path), at.fact(value)
    gap_label = vocabulary.label(owner, value.path)
    lead = tr("{name}: ", name=Text(*(name if word == name else f"{word} ({name})" for word in gap_label)))
    held: object = fact.value if fact is not None else None
    if len(value.path) == 2 and isinstance(held, dict):
        held = held.get(value.path[1])
    recorded = at.subject.facts.get("series")
    in_series = recorded is not None and len(value.path) == 2 and value.path[1] in getattr(recorded.value, "values", ())
    if recorded is not None and in_series and held is None:
        yield lead + tr("monitoring series {file}", file=recorded.text) + _both(place_suffix(recorded.place)), ""
    elif fact is None or held is None:
        yield lead + tr("not stated"), "yellow"
    elif isinstance(held, Measurement):
        yield from _measurement(lead, held, fact.place)
    else:
        yield lead + _choice(owner.id, value, fact, vocabulary) + _both(place_suffix(fact.place)), ""
        if isinstance(held, Interval) and value.unit:
            canonical = phrases.amount(held, value.unit)
            if fact.convention or "".join(canonical.split()) != "".join(fact.text.split()):
                note = vocabulary.convention(fact.convention)
                yield _both(f"{fact.text} = {canonical}") + note, "dim"


def place_suffix(place: Place) -> str:
    """Where a fact stands, for the end of a line."""
    if place.line:
        return f" ({os.path.basename(place.file)}:{place.line})"
    return f" ({place.file})" if place.file else ""


def _both(text: str) -> Text:
    return Text(text, text)


def _choice(kind: str, value: ex.Value, fact: Fact, vocabulary: Vocabulary) -> Text:
    """A value as written; behind the id of a choice, what people call it."""
    attribute = vocabulary.attribute(vocabulary.kinds[kind], value.path[0])
    listing = vocabulary.choices.get(attribute.choices, {}) if attribute is not None and attribute.choices else {}
    found = listing.get(fact.text)
    label = tr(" ({label})", label=found.label) if found is not None else EMPTY
    return _both(fact.text) + label


def _measurement(lead: Text, held: Measurement, place: Place) -> Iterator[Line]:
    told = listed((held.text, *phrases.stated(held)))
    yield lead + told + _both(place_suffix(getattr(held, "place", None) or place)), ""
    if held.convention:
        yield _both(held.convention), "dim"
    elif not held.text.endswith(held.unit):
        yield _both(f"{held.text} = {phrases.amount(held.value, held.unit)}"), "dim"
