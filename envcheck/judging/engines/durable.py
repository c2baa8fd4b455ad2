"""durable-rules as the inference engine: it derives the definitions, finds the rules that concern each subject, and
infers the outcome. What it is given and what it may decide:

- Enumerations are facts as they are; every other atomic condition is judged exactly outside and handed over as true,
  false or unknown, because durable-rules has no exact numbers and treats absent facts as not matching.
- It proposes a rule where its conditions are met *or unknown*; the shared judge decides. Rules with the same conditions
  form one class, classes and definitions come in rulesets of few rules: more than 64 rules true for one fact, or some
  hundred fields in one, are more than it can take.
- Facts are posted once, in a state of their own that is deleted at once; every ruleset has a rule that always matches,
  because a fact that nothing matches is an error there.
- Its compiled core is called as it is: the Python host around it swallows errors and keeps two timer threads for every
  host, and we need neither of its timers nor its callbacks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeGuard

import durable_rules_engine as core  # type: ignore[import-not-found]

from envcheck.judging.evaluate import evaluate
from envcheck.judging.judge import concerned, decisive, judge
from envcheck.judging.logic import definition_truth
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.facility import Facility
from envcheck.model.finding import Finding, Outcome
from envcheck.model.rule import Definition, Pack

RULES_A_SET = 40
FIELDS_A_SET = 120
VALUES_A_FIELD = 6
ALTERNATIVES = 8
PARTS = "shfp"
"""The letters of the parts of a definition: stated, holds, fails, presume_not."""
NOT = dict(zip(PARTS, "SHFP", strict=True))
LETTER = {True: "t", False: "f", None: "?"}
Condition = dict[str, Any]
# A field of our own: "id" and "sid" also stand in the state that durable-rules matches beside the facts.
POSTED = {"sid": "1", "id": "1", "posted": "t"}
ANSWERED = "answered"
ALWAYS: Condition = {"posted": "t"}
NEVER: Condition = {"posted": "f"}


class EngineFault(RuntimeError):
    """durable-rules answered what it cannot answer: a fault of ours or of its own, never of the input."""


class Ruleset(NamedTuple):
    """A ruleset for durable-rules: the fields its facts need, and its rules as JSON, named by what they stand for."""

    name: str
    fields: tuple[tuple[str, ex.Node], ...]
    rules: str

    @staticmethod
    def of(fields: Mapping[ex.Node, str], conditions: Mapping[str, Condition]) -> Ruleset:
        """A ruleset of these conditions; its name says its content, so that equal ones are registered once."""
        rules = {hit: {"all": [{"m": condition}]} for hit, condition in {ANSWERED: ALWAYS, **conditions}.items()}
        text = json.dumps(rules, ensure_ascii=False)
        name = "envcheck-" + hashlib.sha256(text.encode()).hexdigest()[:24]
        return Ruleset(name, tuple((name, node) for node, name in fields.items()), text)


class Plan(NamedTuple):
    """One pack for durable-rules: per kind the levels of definitions and the classes of rules."""

    definitions: Mapping[str, tuple[tuple[Ruleset, ...], ...]]
    classes: Mapping[str, tuple[Ruleset, ...]]
    class_of: Mapping[str, str]
    """Rule id to the name of its class."""


def run(facility: Facility, packs: Sequence[Pack], as_of: date) -> tuple[tuple[Finding, ...], Outcome]:
    """As `direct.run`: the same findings in the same order."""
    findings: list[Finding] = []
    by_kind = facility.by_kind()
    for pack in packs:
        plan = _plan(pack)
        at = Situation(facility, facility.itself, as_of, pack.definitions)
        common = _derive(plan, "facility", at, {})
        asked = {kind: [at.of(subject) for subject in subjects] for kind, subjects in by_kind.items()}
        proposed: dict[str, frozenset[str]] = {}
        for kind in plan.classes:
            for here in asked.get(kind, ()):
                standing = _derive(plan, "facility", here.of_facility(), {}) if here.subject.overrides else common
                proposed[here.subject.path] = _propose(plan, here, standing)
        for rule in pack.rules:
            for here in asked.get(rule.kind, ()):
                finding = judge(rule, pack, here)
                named = plan.class_of[rule.id] in proposed[here.subject.path]
                if not named and finding.status != "not_applicable":
                    raise EngineFault(f"{rule.key} was not proposed for {here.subject.path}")
                findings.append(finding)
    return tuple(findings), _outcome(findings)


# --- asking ----------------------------------------------------------------------------------------------------------


def _derive(plan: Plan, kind: str, at: Situation, common: Mapping[str, str]) -> dict[str, str]:
    """The definitions of a kind as letters, level by level; those of the facility are known already."""
    known = dict(common)
    for level in plan.definitions.get(kind, ()):
        found = {hit for ruleset in level for hit in _ask(ruleset, at, known)}
        for name in {hit[1:] for hit in found}:
            known[name] = LETTER[_settled(at.definitions[name], {hit[0] for hit in found if hit[1:] == name})]
    return known


def _settled(definition: Definition, found: set[str]) -> bool | None:
    """Whether a definition holds, from the parts of it that were found: `PARTS` that hold, or do not (`NOT`)."""
    stated, holds, fails, presumed = (
        True if part in found else False if NOT[part] in found else None for part in PARTS
    )
    return definition_truth(stated, holds, fails, presumed, closed=definition.closed)


def _propose(plan: Plan, at: Situation, common: Mapping[str, str]) -> frozenset[str]:
    kind = at.subject.kind
    known = _derive(plan, kind, at, common) if kind != "facility" else dict(common)
    return frozenset(hit for ruleset in plan.classes[kind] for hit in _ask(ruleset, at, known))


def _ask(ruleset: Ruleset, at: Situation, known: Mapping[str, str]) -> list[str]:
    """Post one fact to a ruleset; the names of the conditions that match."""
    fact = dict(POSTED)
    for name, node in ruleset.fields:
        fact[name] = _letter(node, at, known)
    return _post(ruleset, fact)


def _letter(node: ex.Node, at: Situation, known: Mapping[str, str]) -> str:
    if isinstance(node, ex.Defined):
        return known.get(node.name, "?")
    if _is_enumeration(node):
        fact = at.fact(node.value)
        return "?" if fact is None else str(fact.value)
    return LETTER[evaluate(node, at).truth]


def _post(ruleset: Ruleset, fact: dict[str, str]) -> list[str]:
    """The names of the conditions that a fact matches, the state of it deleted afterwards."""
    handle = _registered(ruleset.name, ruleset.rules)
    _, state = core.assert_fact(handle, json.dumps(fact, ensure_ascii=False))
    started = core.start_action_for_state(handle, state)
    action = started[1] if started else None
    hits: list[str] = []
    while action:
        hits += json.loads(action)
        action = core.complete_and_start_action(handle, state)
    core.delete_state(handle, fact["sid"])
    if ANSWERED not in hits:
        raise EngineFault(f"ruleset {ruleset.name} did not answer")
    return [hit for hit in hits if hit != ANSWERED]


@cache
def _registered(name: str, rules: str) -> Any:
    """The handle of a ruleset; a name can be registered once a process."""
    return core.create_ruleset(name, rules)


def _outcome(findings: Sequence[Finding]) -> Outcome:
    """The outcome of a facility, inferred from what its decisive findings hold."""
    statuses = {f.status for f in findings if decisive(f)}
    fact = {
        **POSTED,
        "fails": LETTER["fail" in statuses],
        "unknown": LETTER["unknown" in statuses],
        "concerned": LETTER[concerned(findings)],
    }
    ruleset = Ruleset.of(
        {},
        {
            "non_compliant": {"fails": "t"},
            "undetermined": {"$and": [{"fails": "f"}, {"$or": [{"unknown": "t"}, {"concerned": "f"}]}]},
            "compliant": {"$and": [{"fails": "f"}, {"unknown": "f"}, {"concerned": "t"}]},
        },
    )
    hits: list[Any] = sorted(set(_post(ruleset, fact)))
    if len(hits) != 1:
        raise EngineFault(f"outcome: {hits}")
    answer: Outcome = hits[0]
    return answer


# --- compiling -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _plan(pack: Pack) -> Plan:
    named: dict[tuple[str, tuple[ex.Node, ...]], str] = {}
    kinds: dict[str, list[tuple[str, ex.Node, bool, bool]]] = {}
    class_of: dict[str, str] = {}
    for rule in pack.rules:
        key = (rule.kind, rule.when)
        if key not in named:
            named[key] = f"c{len(named)}"
            kinds.setdefault(rule.kind, []).append((named[key], ex.And(rule.when, ""), True, False))
        class_of[rule.id] = named[key]
    return Plan(_levels(_used(pack)), {kind: _rulesets(items) for kind, items in kinds.items()}, class_of)


def _used(pack: Pack) -> dict[str, Definition]:
    """The definitions that conditions of the rules are made of, at first or second hand."""
    found: dict[str, Definition] = {}
    waiting = [name for rule in pack.rules for condition in rule.when for name in _names(condition)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = pack.definitions[name]
            waiting += _leaned_on(found[name])
    return {name: found[name] for name in sorted(found)}


def _names(node: ex.Node) -> list[str]:
    """The definitions among the parts of a condition; those deeper down are judged outside with what holds them."""
    return [atom.name for atom, _ in map(_plain, _parts(node)) if isinstance(atom, ex.Defined)]


def _leaned_on(definition: Definition) -> list[str]:
    return [name for node in _parts_of(definition).values() for name in _names(node)]


def _parts_of(definition: Definition) -> dict[str, ex.Node]:
    """The parts that a definition has, by their letters."""
    return {letter: part for letter, part in zip(PARTS, definition.parts, strict=True) if part is not None}


def _levels(definitions: Mapping[str, Definition]) -> dict[str, tuple[tuple[Ruleset, ...], ...]]:
    """The definitions of each kind in the order in which they build on one another."""
    depth: dict[str, int] = {}

    def deep(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max((deep(other) for other in _leaned_on(definitions[name])), default=0)
        return depth[name]

    found: dict[str, dict[int, list[tuple[str, ex.Node, bool, bool]]]] = {}
    for name, definition in definitions.items():
        level = found.setdefault(definition.kind, {}).setdefault(deep(name), [])
        for letter, part in _parts_of(definition).items():
            level.append((f"{letter}{name}", part, True, True))
            level.append((f"{NOT[letter]}{name}", part, False, True))
    return {kind: tuple(_rulesets(levels[n]) for n in sorted(levels)) for kind, levels in found.items()}


def _rulesets(items: Sequence[tuple[str, ex.Node, bool, bool]]) -> tuple[Ruleset, ...]:
    """Conditions (name, expression, wanted truth, whether for sure) in rulesets small enough for durable-rules."""
    found: list[Ruleset] = []
    fields: dict[ex.Node, str] = {}
    conditions: dict[str, Condition] = {}

    def close() -> None:
        if conditions:
            found.append(Ruleset.of(fields, conditions))
        fields.clear()
        conditions.clear()

    for name, node, truth, sure in items:
        keys = dict.fromkeys(_key(_plain(part)[0]) for part in _parts(node))
        if len(conditions) >= RULES_A_SET or len({*keys, *fields}) > FIELDS_A_SET:
            close()
        for key in keys:
            fields.setdefault(key, f"x{len(fields)}")
        conditions[name] = _condition(node, truth, sure, fields)
    close()
    return tuple(found)


def _is_enumeration(node: ex.Node) -> TypeGuard[ex.OneOf]:
    return isinstance(node, ex.OneOf) and node.value.type == "choice" and len(node.among) <= VALUES_A_FIELD


def _key(atom: ex.Node) -> ex.Node:
    """What atoms that share a field have in common: an enumeration's value is one field for all its conditions."""
    return ex.OneOf(atom.value, (), "") if _is_enumeration(atom) else atom


def _parts(node: ex.Node) -> Iterator[ex.Node]:
    """The parts of a conjunction or of a short disjunction; anything else is its own only part.

    What is nested deeper is judged outside as one part: durable-rules multiplies out alternatives within a pattern.
    """
    if isinstance(node, ex.And):
        for part in node.parts:
            yield from _parts(part) if isinstance(part, ex.And) else (part,)
    elif isinstance(node, ex.Or) and len(node.parts) <= ALTERNATIVES:
        yield from node.parts
    else:
        yield node


def _plain(part: ex.Node) -> tuple[ex.Node, bool]:
    """A part without the negations in front of it, and whether it is wanted true."""
    wanted = True
    while isinstance(part, ex.Not):
        part, wanted = part.part, not wanted
    return part, wanted


def _condition(node: ex.Node, truth: bool, sure: bool, fields: Mapping[ex.Node, str]) -> Condition:
    """The pattern of facts for which ``node`` is ``truth`` for sure, or is not shown to be the contrary."""
    either = isinstance(node, ex.Or) and len(node.parts) <= ALTERNATIVES
    parts = []
    for part in _parts(node):
        atom, wanted = _plain(part)
        parts.append(_literal(atom, wanted == truth, sure, fields[_key(atom)]))
    every = truth != either
    return _joined("$and" if every else "$or", parts, empty=every)


def _literal(atom: ex.Node, truth: bool, sure: bool, field: str) -> Condition:
    if not _is_enumeration(atom):
        return {field: LETTER[truth]} if sure else {"$neq": {field: LETTER[not truth]}}
    values = list(atom.among)
    if truth:
        return _joined("$or", [{field: value} for value in (values if sure else [*values, "?"])], empty=False)
    return _joined("$and", [{"$neq": {field: value}} for value in ([*values, "?"] if sure else values)], empty=True)


def _joined(operator: str, parts: list[Condition], *, empty: bool) -> Condition:
    if not parts:
        return ALWAYS if empty else NEVER
    return parts[0] if len(parts) == 1 else {operator: parts}
