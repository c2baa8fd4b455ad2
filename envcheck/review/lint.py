"""What is doubtful in a pack that loads: kinds of fault that let a bound subject slip out or pass on part of a standard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from envcheck.model import expressions as ex
from envcheck.model.rule import Definition, Pack, Rule
from envcheck.review.scope import FACILITY, Key, alike, ask, reads, values
from envcheck.rulebook.presumptions import leaned_on
from envcheck.text.messages import EMPTY, Text, join, ptr, tr
from envcheck.text.problems import Place
from envcheck.vocabulary.words import ANY_TRADE, Vocabulary

TYPE, INDUSTRY = Key(FACILITY, "type"), Key(FACILITY, "industry")
PUBLIC = frozenset({"district", "city", "township", "village", "community"})
"""Types that are no enterprise: what is asked of one is not asked of the other."""
SHOWN = 6


class Doubt(NamedTuple):
    """A doubtful place in a pack: its code, what it is about (a rule, a definition, a table), what is doubtful."""

    code: str
    about: str
    place: Place
    what: Text


def lint(packs: Sequence[Pack], words: Vocabulary) -> tuple[Doubt, ...]:
    """Every doubt about these packs and the tables that they lean on, in the order of the packs."""
    found: list[Doubt] = []
    for pack in packs:
        for definition in pack.definitions.values():
            found += _definition(definition, pack, words)
        for rule in pack.rules:
            found += _lists(rule, pack, words)
            found += _processes(rule, pack, words)
            found += _acts(rule, pack)
    found += _tables(packs)
    return tuple(dict.fromkeys(found))


# --- definitions -----------------------------------------------------------------------------------------------------


def _definition(definition: Definition, pack: Pack, words: Vocabulary) -> Iterator[Doubt]:
    """A definition that fails wherever it does not hold, and one whose parts hold together."""
    if definition.fails is None:
        return
    about, place = f"{pack.id}/{definition.name}", Place(pack.id)
    if definition.closed_by == EMPTY and _contrary(definition.holds, definition.fails):
        yield Doubt(
            "mere-contrary",
            about,
            place,
            tr("fails is the mere contrary of holds: leave it out, or say who is surely not concerned"),
        )
    both = _together(definition, pack, words)
    if both:
        told = tr("holds and fails both hold where {facts}", facts=both)
        yield Doubt("holds-and-fails", about, place, told)


def _contrary(holds: ex.Node, fails: ex.Node) -> bool:
    if isinstance(fails, ex.Not):
        return fails.part == holds or (
            isinstance(fails.part, ex.OneOf)
            and isinstance(holds, ex.OneOf)
            and (fails.part.value, set(fails.part.among)) == (holds.value, set(holds.among))
        )
    return isinstance(holds, ex.Not) and _contrary(fails, holds)


def _together(definition: Definition, pack: Pack, words: Vocabulary) -> str:
    """A type and an industry for which a definition both holds and fails by its own parts; empty where there is none."""
    kinds = {Key(FACILITY if v.of_facility or v.inherited else k, v.path[0]) for v, k in _read(definition, pack)}
    if TYPE not in kinds or INDUSTRY not in kinds:
        return ""
    from envcheck.judging.evaluate import evaluate
    from envcheck.review.scope import situation

    assert definition.fails is not None
    whole = (definition.holds, definition.fails)
    for one in dict.fromkeys(alike(whole, "type", words.choices["facility_type"], pack).values()):
        for other in dict.fromkeys(alike(whole, "industry", words.choices["industry"], pack).values()):
            at = situation(definition.kind, pack, words, {TYPE: one, INDUSTRY: other}, pack.start)
            if evaluate(definition.holds, at).truth and evaluate(definition.fails, at).truth:
                return f"type = {one}, industry = {other}"
    return ""


def _read(definition: Definition, pack: Pack) -> Iterator[tuple[ex.Value, str]]:
    return values((definition.holds, definition.fails), definition.kind, pack)


# --- rules -----------------------------------------------------------------------------------------------------------


def _lists(rule: Rule, pack: Pack, words: Vocabulary) -> Iterator[Doubt]:
    """Lists of types or industries that overrule what the file states: the fact that decides, or the duty itself."""
    read = reads(rule, pack)
    closed = rule.closed_by != EMPTY or any(
        pack.definitions[name].closed_by != EMPTY for name in leaned_on(pack.definitions, rule.when)
    )
    if closed or not (TYPE in read or INDUSTRY in read) or _of_public_bodies(rule, pack, words):
        return
    facts = [
        key
        for key, kind in read.items()
        if kind in ("yes_no", "event") and ask(rule, pack, words, {key: True}) != "not_concerned"
    ]
    duty = {key: False for key in _duties(rule, pack) if key not in read}
    for code, stated in (("list-overrules-fact", dict.fromkeys(facts, True)), ("list-overrules-duty", duty)):
        if not stated or ask(rule, pack, words, stated) == "not_concerned":
            continue
        out = [
            word
            for key, names in ((TYPE, "facility_type"), (INDUSTRY, "industry"))
            if key in read
            for word in _let_out(rule, pack, words, stated, key, names)
            if word not in PUBLIC
        ]
        if out:
            named = join(ptr("list of words", ", "), [key.name for key in stated])
            listed = ", ".join(out[:SHOWN]) + (" …" if len(out) > SHOWN else "")
            told = tr(
                "{facts} stated, but not concerned where type or industry is {listed}", facts=named, listed=listed
            )
            yield Doubt(code, rule.key, rule.place, told)


def _let_out(
    rule: Rule, pack: Pack, words: Vocabulary, stated: Mapping[Key, object], key: Key, names: str
) -> list[str]:
    """The words of an attribute by which a rule does not concern a subject of which these facts are stated."""
    same = alike(rule.when, key.name, words.choices[names], pack)
    out = {
        word
        for word in dict.fromkeys(same.values())
        if ask(rule, pack, words, {**stated, key: word}) == "not_concerned"
    }
    return [word for word, one in same.items() if one in out]


def _of_public_bodies(rule: Rule, pack: Pack, words: Vocabulary) -> bool:
    """Whether a rule is about districts, towns and villages only: what it asks is asked of nobody else."""
    others = [word for word in words.choices["facility_type"] if word not in PUBLIC]
    return all(
        ask(rule, pack, words, {TYPE: word}) == "not_concerned"
        for word in dict.fromkeys(alike(rule.when, "type", others, pack).values())
    )


def _duties(rule: Rule, pack: Pack) -> list[Key]:
    """The yes-or-no facts that a rule demands of its subject."""
    return [
        Key(FACILITY if value.of_facility or value.inherited else kind, value.path[0])
        for value, kind in values(rule.require, rule.kind, pack)
        if value.type in ("yes_no", "event")
    ]


def _processes(rule: Rule, pack: Pack, words: Vocabulary) -> Iterator[Doubt]:
    """A rule on a table that lets out a process told in general words."""
    if rule.closed_by != EMPTY or not any(
        isinstance(n, ex.Within) and n.process is not None for n in ex.walk(rule.require)
    ):
        return
    key = Key(rule.kind, "process")
    general = [c.id for c in words.choices["process"].values() if ANY_TRADE in c.trades]
    out = [word for word in general if ask(rule, pack, words, {key: word}) == "not_concerned"]
    if out:
        told = tr("a process told as {listed} is let out", listed=", ".join(out[:SHOWN]))
        yield Doubt("general-process-let-out", rule.key, rule.place, told)


def _acts(rule: Rule, pack: Pack) -> Iterator[Doubt]:
    """A rule on acts that reads no date."""
    if rule.kind == "observed_act" and not any(
        value.path[0] == "observed_on" for value, _ in values((rule.when, rule.require), rule.kind, pack)
    ):
        yield Doubt("act-without-date", rule.key, rule.place, tr("an act is judged whatever its day: read observed_on"))


# --- tables ----------------------------------------------------------------------------------------------------------


def _tables(packs: Sequence[Pack]) -> Iterator[Doubt]:
    """Rows past their end without a successor, in the tables that rules lean on."""
    for pack in packs:
        for rule in pack.rules:
            for node in ex.walk(rule.require):
                if isinstance(node, ex.Within):
                    yield from _rows(node, rule)


def _rows(node: ex.Within, rule: Rule) -> Iterator[Doubt]:
    for limit in node.limits:
        if limit.end is None:
            continue
        later = [
            other
            for other in node.limits
            if (other.process, other.substance) == (limit.process, limit.substance)
            and (other.start or date.min) > limit.end
        ]
        if not later and not any(
            (o.process, o.substance) == (limit.process, limit.substance) and (o.end is None or o.end > limit.end)
            for o in node.limits
        ):
            told = tr(
                "{process} {substance} ends on {day} without a successor",
                process=limit.process,
                substance=limit.substance,
                day=limit.end,
            )
            yield Doubt("limit-without-successor", limit.table, rule.place, told)
