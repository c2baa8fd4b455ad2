"""Whom a rule concerns, found by asking it: what it answers where one fact is stated and all others are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from envcheck.judging.judge import concerns
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.facility import Facility, Fact, Subject
from envcheck.model.rule import Pack, Rule
from envcheck.text.problems import Place
from envcheck.vocabulary.words import Vocabulary

Concern = Literal["concerned", "unknown", "presumed_not", "not_concerned"]
CONCERNS: tuple[Concern, ...] = ("concerned", "unknown", "presumed_not", "not_concerned")
FACILITY = "facility"
LISTS = frozenset({"choice", "choices", "level"})
FLAGS = frozenset({"yes_no", "event"})


class Key(NamedTuple):
    """An attribute that a rule reads: of its subject, or of the facility."""

    owner: str
    name: str


class Row(NamedTuple):
    """One attribute, and the values of it by what the rule answers where only that is stated."""

    key: Key
    answers: Mapping[Concern, tuple[str, ...]]


def scope(rule: Rule, pack: Pack, words: Vocabulary) -> tuple[Row, ...]:
    """Whom a rule concerns by each list of words and each yes-or-no fact that its conditions read, one at a time."""
    rows: list[Row] = []
    for key, kind in sorted(reads(rule, pack).items()):
        found: dict[Concern, list[str]] = {}
        all_words = _values(key, kind, words)
        same = alike(rule.when, key.name, map(str, all_words), pack) if kind in ("choice", "choices") else {}
        answers: dict[object, Concern] = {}
        for value in all_words:
            one = same.get(str(value), value)
            if one not in answers:
                answers[one] = ask(rule, pack, words, {key: one})
            found.setdefault(answers[one], []).append(_spelled(value))
        if found:
            rows.append(Row(key, {one: tuple(found[one]) for one in CONCERNS if one in found}))
    return tuple(rows)


def ask(rule: Rule, pack: Pack, words: Vocabulary, facts: Mapping[Key, object], as_of: date | None = None) -> Concern:
    """What a rule answers on a subject of which only these facts are known, in the pack's region."""
    answer, _ = concerns(rule, pack, situation(rule.kind, pack, words, facts, as_of or rule.start))
    if answer.truth is not False:
        return "unknown" if answer.truth is None else "concerned"
    return "presumed_not" if answer.presumed else "not_concerned"


def situation(kind: str, pack: Pack, words: Vocabulary, facts: Mapping[Key, object], as_of: date) -> Situation:
    """A subject of a kind of which only these facts are known, in the pack's region."""
    here = Place("scope")
    of_facility = {"region": Fact(pack.region, pack.region, here)}
    of_subject: dict[str, Fact] = {}
    for key, value in facts.items():
        fact = Fact(_held(key, value, words), _spelled(value), here)
        (of_facility if key.owner == FACILITY else of_subject)[key.name] = fact
    whole = Subject(FACILITY, "x", FACILITY, of_facility, here)
    part = whole if kind == FACILITY else Subject(kind, "x", f"{kind}/x", of_subject, here)
    return Situation(Facility("scope", whole, {}, ()), part, as_of, pack.definitions)


def reads(rule: Rule, pack: Pack) -> dict[Key, str]:
    """The attributes that the conditions of a rule read, through definitions, with their types; those in lists left out."""
    return {Key(_owner(value, kind), value.path[0]): value.type for value, kind in values(rule.when, rule.kind, pack)}


def values(item: Any, kind: str, pack: Pack, seen: frozenset[str] = frozenset()) -> Iterator[tuple[ex.Value, str]]:
    """The attributes that an expression about a kind reads, through definitions, each with the kind that reads it."""
    if isinstance(item, ex.Value):
        yield item, kind
    elif isinstance(item, ex.Defined):
        if item.name not in seen:
            one = pack.definitions[item.name]
            yield from values(one.parts, one.kind, pack, seen | {item.name})
    elif isinstance(item, ex.Over | ex.Total | ex.Within):
        return
    elif isinstance(item, tuple):
        for part in item:
            yield from values(part, kind, pack, seen)


def alike(item: Any, name: str, words: Iterable[str], pack: Pack) -> dict[str, str]:
    """For each word of an attribute the first that no condition in an expression tells from it: one answers for all."""
    asked = [frozenset(node.among) for node in _asked(item, pack) if node.value.path[0] == name]
    first: dict[tuple[bool, ...], str] = {}
    return {word: first.setdefault(tuple(word in among for among in asked), word) for word in words}


def _asked(item: Any, pack: Pack, seen: frozenset[str] = frozenset()) -> Iterator[ex.OneOf]:
    """The conditions on words in an expression, through definitions."""
    if isinstance(item, ex.OneOf):
        yield item
    elif isinstance(item, ex.Defined):
        if item.name not in seen:
            yield from _asked(pack.definitions[item.name].parts, pack, seen | {item.name})
    elif isinstance(item, tuple):
        for part in item:
            yield from _asked(part, pack, seen)


def _owner(value: ex.Value, kind: str) -> str:
    return FACILITY if value.of_facility or value.inherited else kind


def _values(key: Key, kind: str, words: Vocabulary) -> tuple[object, ...]:
    if kind in FLAGS:
        return (True, False)
    attribute = words.attribute(words.kinds[key.owner], key.name)
    return tuple(words.choices[attribute.choices]) if attribute is not None and kind in LISTS else ()


def _held(key: Key, value: object, words: Vocabulary) -> object:
    attribute = words.attribute(words.kinds[key.owner], key.name)
    assert attribute is not None
    if attribute.type == "choices":
        return frozenset({value})
    if attribute.type == "level":
        from envcheck.units.quantity import Interval

        return Interval.point(list(words.choices[attribute.choices]).index(str(value)))
    return value


def _spelled(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
