"""What a form must ask: the attributes that rules in force can use for a facility of a type, an industry and a region.

A rule drops out where its conditions are already false for a facility of which only these are known. Everything else is
open: in particular `known(x)` is not taken as false merely because the form has not been filled in yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from envcheck.forms.keys import FACILITY, WHOLE, Key, parse
from envcheck.judging.check import binds
from envcheck.judging.judge import concerns
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.facility import Facility, Fact, Subject
from envcheck.model.rule import Definition, Pack, Rule
from envcheck.text.messages import Text
from envcheck.text.problems import Place
from envcheck.vocabulary.words import Vocabulary

ALWAYS = ("id", "name", "type", "region", "industry")
CONTROLLED = ("PM", "SO2", "NOx", "VOCs", "COD", "NH3-N", "TN", "TP")
"""The substances whose total is controlled; a sum over `every` substance is asked for these, others can be added."""


class Use(NamedTuple):
    """An attribute, or one substance of it, and the titles of the rules that use it."""

    key: Key
    titles: tuple[Text, ...]


class Form(NamedTuple):
    """The fields of a form by kind, in the order of the vocabulary; the facility's own come first."""

    fields: Mapping[str, tuple[Use, ...]]
    rules: int
    packs: tuple[Pack, ...]


def form(packs: Sequence[Pack], words: Vocabulary, known: Mapping[str, str], as_of: date) -> Form:
    """The fields that packs can use of a facility of which these attributes are known (`type`, `industry`, `region`)."""
    here = Place(FACILITY)
    facts = {name: Fact(value, value, here) for name, value in known.items()}
    facility = Facility(FACILITY, Subject(FACILITY, FACILITY, FACILITY, facts, here), {}, ())
    used: dict[str, dict[str, tuple[Key, dict[str, Text]]]] = {FACILITY: {}}
    for name in ALWAYS:
        key = parse(name, words.kinds[FACILITY], words)
        assert key is not None
        used[FACILITY][name] = (key, {})
    count, asking = 0, []
    for pack in packs:
        if not binds(pack, facility):
            continue
        opened = replace(pack, definitions={n: _open(d, known) for n, d in pack.definitions.items()})
        rules = [rule for rule in pack.rules if _may_concern(rule, opened, facility, known, as_of)]
        count += len(rules)
        if rules:
            asking.append(pack)
        for rule in rules:
            for kind, path in _uses((rule.when, rule.require), rule.kind, pack, set(), as_of):
                found = used.setdefault(kind, {})
                spelled = ".".join(path)
                key = parse(spelled, words.kinds[kind], words) if spelled else None
                if key is not None:
                    found.setdefault(key.text, (key, {}))[1].setdefault(rule.key, rule.title)
                    series = words.kinds[kind].attributes.get("series")
                    if series is not None and key.attribute.name == series.of:
                        found.setdefault(series.name, (Key(series), {}))[1].setdefault(rule.key, rule.title)
    return Form({kind: _ordered(kind, used[kind], words) for kind in words.kinds if kind in used}, count, tuple(asking))


def _may_concern(rule: Rule, pack: Pack, facility: Facility, known: Mapping[str, str], as_of: date) -> bool:
    subject = facility.itself
    if rule.kind != FACILITY:
        subject = Subject(rule.kind, "x", f"{rule.kind}/x", {}, subject.place)
    asked = rule._replace(when=_open(rule.when, known))
    return concerns(asked, pack, Situation(facility, subject, as_of, pack.definitions))[0].truth is not False


def _open(item: Any, known: Mapping[str, str]) -> Any:
    """An expression in which `known(x)` is undecided, except for what is known."""
    if isinstance(item, ex.Known) and item.value.path[0] not in known:
        return ex.Holds(item.value, item.text)
    if not isinstance(item, tuple):
        return item
    parts = [_open(part, known) for part in item]
    return type(item)(*parts) if hasattr(item, "_fields") else tuple(parts)


def _uses(item: Any, kind: str, pack: Pack, seen: set[str], as_of: date) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every attribute that an expression about a kind asks for, through definitions and lists, by kind and path."""
    if isinstance(item, ex.Value):
        yield (FACILITY if item.of_facility or item.inherited else kind), item.path
    elif isinstance(item, ex.Defined):
        definition: Definition = pack.definitions[item.name]
        if item.name not in seen:
            seen.add(item.name)
            yield from _uses(definition.parts, definition.kind, pack, seen, as_of)
    elif isinstance(item, ex.Over | ex.Total):
        yield item.kind, ()
        if isinstance(item, ex.Total) and item.path:
            yield item.kind, item.path
        inner = (item.where, item.condition) if isinstance(item, ex.Over) else (item.where,)
        yield from _uses(inner, item.kind, pack, seen, as_of)
    elif isinstance(item, ex.LeastRatio | ex.Greatest):
        main = [name for name in CONTROLLED if name in item.substances] or item.substances
        values = (item.over, item.under) if isinstance(item, ex.LeastRatio) else (item.of,)
        for value in values:
            for kind_, path in _uses(value, kind, pack, seen, as_of):
                yield from ((kind_, (*path, name)) for name in main)
    elif isinstance(item, ex.Within):
        yield from _uses(item.process, kind, pack, seen, as_of)
        for limit in item.limits:
            if not ((limit.start and as_of < limit.start) or (limit.end and as_of > limit.end)):
                yield from _at_reference(item.values._replace(path=(*item.values.path, limit.substance)), kind, limit)
                yield from _uses((limit.when, limit.exceptions), kind, pack, seen, as_of)
    elif isinstance(item, ex.Compare) and isinstance(item.left, ex.Value):
        yield from _at_reference(item.left, kind, item.right)
        yield from _uses(item.right, kind, pack, seen, as_of)
    elif isinstance(item, tuple):
        for part in item:
            yield from _uses(part, kind, pack, seen, as_of)


def _at_reference(value: ex.Value, kind: str, limit: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A value, and the oxygen content that brings it to the reference of its limit."""
    owner = FACILITY if value.of_facility or value.inherited else kind
    yield owner, value.path
    if isinstance(limit, ex.Constant | ex.Limit) and limit.reference_oxygen is not None:
        yield owner, (value.path[0], WHOLE, "O2")


def _ordered(kind: str, used: Mapping[str, tuple[Key, dict[str, Text]]], words: Vocabulary) -> tuple[Use, ...]:
    """The fields of a kind: always its id and name, then in the order of the vocabulary."""
    whole = words.kinds[kind]
    found = dict(used)
    for name in ("id", "name"):
        key = parse(name, whole, words)
        assert key is not None
        found.setdefault(name, (key, {}))
    named = {key.attribute.name for key, _ in found.values() if key.substance}
    found = {text: use for text, use in found.items() if text not in named}  # its substances ask for the whole map
    names = {attribute.name: number for number, attribute in enumerate(words.attributes(whole))}
    first = {name: number for number, name in enumerate(ALWAYS)}
    substances = {name: number for number, name in enumerate(words.substances)}

    def rank(key: Key) -> tuple[int, int, int, str]:
        early = first.get(key.attribute.name, len(first))
        return (
            early,
            names[key.attribute.name],
            substances.get(key.substance, -1 if not key.substance else 999),
            key.part,
        )

    return tuple(
        Use(key, tuple(titles.values())) for key, titles in sorted(found.values(), key=lambda use: rank(use[0]))
    )
