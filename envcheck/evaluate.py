"""What is true of a subject: expressions evaluated in three-valued logic, with their evidence.

True and False are shown by the facts, None is unknown. `false and unknown` is false, `true and unknown` is unknown.
Nothing here prints, reads a file or looks at the clock.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from envcheck import expressions as ex
from envcheck import gas
from envcheck.model import Comparison, Definition, Facility, Fact, Measurement, Subject
from envcheck.quantity import UNBOUNDED, Interval, compare, rounded_like, show
from envcheck.text import Place

Truth = bool | None
SIGN = {True: "✓", False: "✗", None: "?"}


class Answer(NamedTuple):
    """Whether something holds, and why: missing facts where it is unknown, the steps, the numbers compared."""

    truth: Truth
    missing: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Situation:
    """A subject in its facility on a day, with the definitions of the pack that asks."""

    facility: Facility
    subject: Subject
    as_of: date
    definitions: Mapping[str, Definition]
    memo: dict[tuple[type, ex.Node, str], Answer] = field(default_factory=dict, compare=False, repr=False)

    def of(self, subject: Subject) -> Situation:
        """The same question about another subject of the facility."""
        return Situation(self.facility, subject, self.as_of, self.definitions, self.memo)

    def standing(self) -> Situation:
        """The facility as it stands for the subject: with the zone, region, industry … that the subject states itself."""
        whole, part = self.facility.itself, self.subject
        if not part.overrides:
            return self.of(whole)
        facts = {**whole.facts, **{name: part.facts[name] for name in part.overrides}}
        return self.of(Subject(whole.kind, whole.id, f"facility@{part.path}", facts, part.place))

    def fact(self, value: ex.Value) -> Fact | None:
        """What is known of an attribute, the facility's where the subject takes it from there."""
        facts = self.facility.itself.facts if value.of_facility else self.subject.facts
        found = facts.get(value.path[0])
        if found is None and value.inherited:
            found = self.facility.itself.facts.get(value.path[0])
        return found


def evaluate(node: ex.Node, at: Situation) -> Answer:
    """Whether a condition holds; asked once of each subject, however many rules share it."""
    kind = type(node)
    key = (kind, node, at.subject.path)
    found = at.memo.get(key)
    if found is None:
        found = at.memo[key] = _EVALUATORS[kind](node, at)
    return found


def conjunction(answers: Iterable[Answer]) -> Answer:
    """All of them; only the parts that do not hold flag a conjunction that does not."""
    parts = tuple(answers)
    truths = {part.truth for part in parts}
    truth = False if False in truths else None if None in truths else True
    return Answer(
        truth,
        _union(p.missing for p in parts if truth is None and p.truth is None),
        tuple(step for p in parts for step in p.steps),
        tuple(c for p in parts for c in p.comparisons),
        _union(p.flags for p in parts if truth is not False or p.truth is False),
    )


def disjunction(answers: Iterable[Answer]) -> Answer:
    """At least one of them; only the parts that hold count as evidence where one does."""
    parts = tuple(answers)
    truths = {part.truth for part in parts}
    truth = True if True in truths else None if None in truths else False
    telling = [p for p in parts if p.truth] if truth else parts
    return Answer(
        truth,
        _union(p.missing for p in parts if truth is None and p.truth is None),
        tuple(step for p in telling for step in p.steps),
        tuple(c for p in telling for c in p.comparisons),
        _union(p.flags for p in telling),
    )


def negation(answer: Answer) -> Answer:
    """The contrary."""
    truth = None if answer.truth is None else not answer.truth
    return Answer(truth, answer.missing, answer.steps, (), answer.flags)


def _union(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _spot(place: Place | None) -> str:
    return f" ({os.path.basename(place.file)}:{place.line})" if place is not None and place.line else ""


def _step(truth: Truth, text: str, detail: str = "") -> str:
    return f"{SIGN[truth]} {text}" + (f" · {detail}" if detail else "")


def _absent(value: ex.Value, text: str) -> Answer:
    return Answer(None, (value.name,), (_step(None, text, f"{value.name} = ?"),))


# --- words -----------------------------------------------------------------------------------------------------------


def fold(text: str) -> str:
    """A text without what does not matter when names are compared: width, blanks, case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _one_of(node: ex.OneOf, at: Situation) -> Answer:
    fact = at.fact(node.value)
    if fact is None:
        return _absent(node.value, node.text)
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
    return Answer(truth, missing, (_step(truth, node.text, f"{node.value.path[0]} = {fact.text}{_spot(fact.place)}"),))


def _in_region(code: str, among: tuple[str, ...]) -> Truth:
    """A region holds all whose code begins with its own; of a wider one it is not known."""
    if any(code.startswith(region) for region in among):
        return True
    return None if any(region.startswith(code) for region in among) else False


def _contains(node: ex.Contains, at: Situation) -> Answer:
    fact = at.fact(node.value)
    if fact is None:
        return _absent(node.value, node.text)
    truth = fold(node.part) in fold(str(fact.value))
    return Answer(truth, steps=(_step(truth, node.text, f"{node.value.path[0]} = {fact.text}{_spot(fact.place)}"),))


def _known(node: ex.Known, at: Situation) -> Answer:
    fact = at.fact(node.value)
    truth = fact is not None and (len(node.value.path) == 1 or _substance(fact, node.value.path[1]) is not None)
    return Answer(truth, steps=(_step(truth, node.text),))


def _holds(node: ex.Holds, at: Situation) -> Answer:
    fact = at.fact(node.value)
    if fact is None:
        return _absent(node.value, node.text)
    truth = fact.value <= at.as_of if isinstance(fact.value, date) else bool(fact.value)
    return Answer(truth, steps=(_step(truth, node.text, f"{node.value.path[0]} = {fact.text}{_spot(fact.place)}"),))


def _defined(node: ex.Defined, at: Situation) -> Answer:
    if not node.of_facility:
        return _definition(at.definitions[node.name], at)
    found = evaluate(node._replace(of_facility=False), at.standing())
    if not found.missing:
        return found
    missing = tuple(m if m.startswith("facility.") else f"facility.{m}" for m in found.missing)
    return Answer(found.truth, missing, found.steps, found.comparisons, found.flags)


def _definition(definition: Definition, at: Situation) -> Answer:
    holds = evaluate(definition.holds, at)
    answers: tuple[Answer, ...] = (holds,)
    if definition.fails is None:
        truth = holds.truth
    else:
        fails = evaluate(definition.fails, at)
        answers = (holds, fails)
        truth = None if holds.truth == fails.truth else True if holds.truth else False if fails.truth else None
    steps = tuple(s for a in answers for s in a.steps)
    missing = _union(a.missing for a in answers) or (definition.name,)
    return Answer(truth, missing if truth is None else (), (*steps, _step(truth, definition.name)))


# --- numbers ---------------------------------------------------------------------------------------------------------


class Reading(NamedTuple):
    """What is known of a term: its bounds, what is missing for more, how it came about."""

    value: Interval
    missing: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    text: str = ""
    place: Place | None = None
    measured_on: date | None = None


def _unknown(name: str) -> Reading:
    return Reading(UNBOUNDED, (name,))


def _term(term: ex.Term, at: Situation, reference: Fraction | None = None) -> Reading:
    if isinstance(term, ex.Constant):
        assert isinstance(term.value, Fraction)
        return Reading(Interval.point(term.value), text=term.text)
    if isinstance(term, ex.Value):
        return _value(term, at, reference)
    if isinstance(term, ex.Product):
        inner = _term(term.term, at)
        return Reading(inner.value.scaled(term.factor), inner.missing, inner.steps, inner.flags)
    if isinstance(term, ex.Total):
        return _total(term, at)
    if isinstance(term, ex.Greatest):
        return _greatest(term, at)
    if isinstance(term, ex.LeastRatio):
        return _least_ratio(term, at)
    over, under = _term(term.over, at), _term(term.under, at)
    return Reading(
        _ratio(over.value, under.value),
        _union((over.missing, under.missing)),
        (*over.steps, *under.steps, f"{_show(over.value)} ÷ {_show(under.value)}"),
    )


def _ratio(over: Interval, under: Interval) -> Interval:
    """A quotient of amounts that are not negative; without bounds where the divisor may be zero."""
    if under.low is None or under.low <= 0 or over.low is None:
        return UNBOUNDED
    return Interval(
        over.low / under.high if under.high is not None else Fraction(0),
        over.high / under.low if over.high is not None else None,
    )


def _show(value: Interval) -> str:
    if value.exact is not None:
        return show(value.exact, 6)
    low = "?" if value.low is None else show(value.low, 6)
    return f"{low}…{'?' if value.high is None else show(value.high, 6)}"


def _substance(fact: Fact, substance: str) -> Measurement | None:
    return fact.value.get(substance) if isinstance(fact.value, Mapping) else None


def _value(value: ex.Value, at: Situation, reference: Fraction | None) -> Reading:
    fact = at.fact(value)
    if fact is None:
        return _unknown(value.name)
    if len(value.path) == 2:
        measurement = _substance(fact, value.path[1])
        return _unknown(value.name) if measurement is None else _measured(value, measurement, fact.place, reference)
    assert isinstance(fact.value, Interval)
    step = f"{value.path[0]} = {fact.text}{_spot(fact.place)}"
    if fact.convention:
        step += f" = {_show(fact.value)} {value.unit}; {fact.convention}"
    elif value.unit and fact.value.exact is not None and not fact.text.endswith(value.unit):
        step += f" = {_show(fact.value)} {value.unit}"
    return Reading(fact.value, (), (step,), (), fact.text, fact.place)


def _measured(value: ex.Value, m: Measurement, place: Place, reference: Fraction | None) -> Reading:
    """A concentration as the limit takes it: dry, and at the reference oxygen content where the limit has one."""
    name = ".".join(value.path)
    steps = [f"{name} = {m.text}{_spot(place)}" + (f"; {m.convention}" if m.convention else "")]
    flags: list[str] = []
    amount, oxygen = m.value, m.oxygen
    if amount.exact is None:
        flags.append("below_detection")
    if m.wet:
        if m.moisture is None or m.moisture.exact is None:
            return Reading(UNBOUNDED, (f"{value.name}.moisture",), tuple(steps), tuple(flags), m.text, place)
        before, share = amount, m.moisture.exact
        amount = gas.dry(amount, share)
        oxygen = None if oxygen is None else gas.dry(oxygen, share)
        steps.append(f"{_show(before)} ÷ (1 − {show(share)} %) = {_show(amount)} {m.unit}")
    if reference is not None:
        if oxygen is None or oxygen.exact is None:
            flags.append("reference_o2_assumed")
        else:
            before = amount
            amount = gas.at_reference(amount, oxygen.exact, reference)
            steps.append(
                f"{_show(before)} × (21 − {show(reference)}) ÷ (21 − {show(oxygen.exact, 6)}) = {_show(amount)} {m.unit}"
            )
    return Reading(amount, (), tuple(steps), tuple(flags), m.text, place, m.measured_on)


def _total(term: ex.Total, at: Situation) -> Reading:
    """A sum or a count; an item whose condition or amount is unknown widens the bounds (amounts are not negative)."""
    items = at.facility.lists.get(term.plural)
    if items is None:
        return _unknown(f"facility.{term.plural}")
    total, missing, steps = Interval.point(0), [], []
    for item in items:
        here = at.of(item)
        chosen = evaluate(term.where, here) if term.where is not None else Answer(True)
        if chosen.truth is False:
            continue
        part = _value(ex.Value(term.path, "", term.unit), here, None) if term.path else Reading(Interval.point(1))
        amount = part.value
        if part.missing:
            amount = Interval(Fraction(0), None)
            missing += [f"{item.path}.{name}" for name in part.missing]
        if chosen.truth is None:
            amount = Interval(Fraction(0), amount.high)
            missing += [name if name.startswith("facility.") else f"{item.path}.{name}" for name in chosen.missing]
        steps.append(f"{item.path}: {_show(amount)}")
        total = total.plus(amount)
    steps.append(f"{term.text} = {_show(total)} {term.unit}".rstrip())
    return Reading(total, tuple(dict.fromkeys(missing)), tuple(steps))


def _amounts(value: ex.Value, at: Situation) -> tuple[dict[str, Measurement], Place] | None:
    fact = at.fact(value)
    if fact is None or not isinstance(fact.value, Mapping):
        return None
    return dict(fact.value), fact.place


def _greatest(term: ex.Greatest, at: Situation) -> Reading:
    found = _amounts(term.of, at)
    if found is None:
        return _unknown(term.of.name)
    amounts = {s: m for s, m in found[0].items() if s in term.substances}
    steps = tuple(f"{term.of.path[0]}.{s} = {m.text}{_spot(found[1])}" for s, m in amounts.items())
    value = Interval.point(0)
    for measurement in amounts.values():
        value = Interval(_most(value.low, measurement.value.low), _most(value.high, measurement.value.high))
    return Reading(value, (), steps or (f"{term.of.path[0]}: – ({term.medium})",))


def _most(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return None if one is None or other is None else max(one, other)


def _least_ratio(term: ex.LeastRatio, at: Situation) -> Reading:
    under = _amounts(term.under, at)
    if under is None:
        return _unknown(term.under.name)
    over = _amounts(term.over, at)
    offered = over[0] if over is not None else {}
    least: Interval | None = None
    missing: list[str] = []
    steps: list[str] = []
    # A substance with an offset but no stated addition was left out, not zero.
    wanted = dict.fromkeys([*under[0], *offered])
    for substance in (s for s in wanted if s in term.substances):
        added, offset = under[0].get(substance), offered.get(substance)
        if added is None:
            missing.append(f"{term.under.name}.{substance}")
            ratio = Interval(Fraction(0), None)
        elif added.value.high == 0:
            continue
        elif offset is None:
            missing.append(f"{term.over.name}.{substance}")
            ratio = Interval(Fraction(0), None)
        else:
            ratio = _ratio(offset.value, added.value)
            steps.append(
                f"{substance}: {offset.text} ÷ {added.text} = {_show(ratio)}{_spot(over[1] if over else None)}"
            )
        if least is None:
            least = ratio
        else:
            high = [h for h in (least.high, ratio.high) if h is not None]
            low = None if least.low is None or ratio.low is None else min(least.low, ratio.low)
            least = Interval(low, min(high) if high else None)
    if least is None:
        return _unknown(term.under.name)
    flags = ("only_listed_substances",)
    return Reading(least, tuple(missing), tuple(steps), flags, "", under[1])


# --- comparisons -----------------------------------------------------------------------------------------------------


def _compare(node: ex.Compare, at: Situation) -> Answer:
    if isinstance(node.left, ex.Value) and node.left.type in ("date", "event"):
        return _compare_days(node, node.left, at)
    reference = node.right.reference_oxygen if isinstance(node.right, ex.Constant) else None
    left, right = _term(node.left, at, reference), _term(node.right, at)
    truth = compare(left.value, node.op, right.value)
    missing = _union((left.missing, right.missing))
    if truth is None and not missing and isinstance(node.left, ex.Value):
        missing = (node.left.name,)
    name = ".".join(node.left.path) if isinstance(node.left, ex.Value) else node.text.split(node.op)[0].strip()
    ranked = isinstance(node.left, ex.Value) and node.left.type == "level"
    comparison = () if ranked else (_comparison(name, truth, left, node.op, right.value, _unit(node.left)),)
    steps = (*left.steps, *right.steps, _step(truth, node.text, "" if ranked else f"{_show(left.value)}"))
    flags = (*left.flags, *right.flags, *_rounding(truth, left.value, node.op, right.value))
    return Answer(truth, missing if truth is None else (), steps, comparison, flags)


def _unit(term: ex.Term) -> str:
    if isinstance(term, ex.Value | ex.Total):
        return term.unit
    return term.of.unit if isinstance(term, ex.Greatest) else ""


def _compare_days(node: ex.Compare, value: ex.Value, at: Situation) -> Answer:
    fact = at.fact(value)
    assert isinstance(node.right, ex.Constant)
    if fact is None or not isinstance(fact.value, date):
        return _absent(value, node.text)
    ordinal = [Interval.point(day.toordinal()) for day in (fact.value, node.right.value) if isinstance(day, date)]
    truth = compare(ordinal[0], node.op, ordinal[1])
    return Answer(truth, steps=(_step(truth, node.text, f"{value.path[0]} = {fact.text}{_spot(fact.place)}"),))


def _comparison(name: str, truth: Truth, reading: Reading, op: str, limit: Interval, unit: str) -> Comparison:
    known = reading.value.high is not None and not reading.missing
    margin = _margin(reading.value, op, limit) if known else None
    measured = reading.value if known else None
    return Comparison(name, truth, measured, op, limit, unit, margin, reading.text, reading.place)


def _margin(measured: Interval, op: str, limit: Interval) -> Interval | None:
    """The room left as a share of the limit; below zero where the limit is exceeded."""
    value, bound = measured.high if op in ("<", "<=") else measured.low, limit.exact
    if value is None or bound is None or bound == 0 or op == "!=":
        return None
    if op in ("<", "<="):
        return Interval.point((bound - value) / bound)
    return Interval.point((value - bound) / bound if op in (">", ">=") else -abs(value - bound) / bound)


def _rounding(truth: Truth, measured: Interval, op: str, limit: Interval) -> tuple[str, ...]:
    """Flags a failure by the full value that rounding to the limit's digits would undo (GB/T 8170-2008)."""
    value, bound = measured.exact, limit.exact
    if truth is not False or value is None or bound is None or op not in ("<=", ">="):
        return ()
    return ("differs_if_rounded",) if rounded_like(value, bound) == bound else ()


def _within(node: ex.Within, at: Situation) -> Answer:
    limits = node.limits
    if node.process is not None:
        process = at.fact(node.process)
        if process is None:
            return _absent(node.process, node.text)
        limits = tuple(limit for limit in limits if limit.process == process.value)
    answers = [answer for limit in limits for answer in _limit(limit, node.values, at)]
    if answers:
        return conjunction(answers)
    return Answer(
        None, (f"limit: {node.text} on {at.as_of}",), (_step(None, node.text, f"no limit in force on {at.as_of}"),)
    )


def _limit(limit: ex.Limit, values: ex.Value, at: Situation) -> list[Answer]:
    """Whether one row of a table is kept; nothing where the row does not apply."""
    applies = evaluate(limit.when, at) if limit.when is not None else Answer(True)
    value = ex.Value((*values.path, limit.substance), values.type, limit.unit, values.of_facility, values.inherited)
    reading = _value(value, at, limit.reference_oxygen)
    day = reading.measured_on or at.as_of
    if applies.truth is False or (limit.start and day < limit.start) or (limit.end and day > limit.end):
        return []
    label = f"{limit.table} {limit.process} {limit.substance}"
    if limit.confidence == "unsure":
        return [Answer(None, (f"limit: {label}",), (_step(None, f"{label}: unsure"),))]
    flags = ("limit_unverified",) if limit.confidence == "known" else ()
    maximum, missing = _maximum(limit, at)
    answers: list[Answer] = []
    for op, bound in (("<=", maximum), (">=", None if limit.minimum is None else Interval.point(limit.minimum))):
        if bound is None:
            continue
        truth = compare(reading.value, op, bound)
        lacking = _union((reading.missing, missing)) or (value.name,)
        if applies.truth is None and truth is not True:
            truth, lacking = None, _union((applies.missing, reading.missing, missing))
        reference = "" if limit.reference_oxygen is None else f" @ {show(limit.reference_oxygen)} % O2"
        text = f"{limit.substance} {op} {_show(bound)} {limit.unit}".rstrip() + f"{reference} [{label}]"
        answers.append(
            Answer(
                truth,
                lacking if truth is None else (),
                (*reading.steps, _step(truth, text, _show(reading.value) if not reading.missing else "")),
                (_comparison(".".join(value.path), truth, reading, op, bound, limit.unit),),
                (*reading.flags, *flags, *_rounding(truth, reading.value, op, bound)),
            )
        )
    return answers


def _maximum(limit: ex.Limit, at: Situation) -> tuple[Interval | None, tuple[str, ...]]:
    """The maximum of a row: between its exceptions' where it is unknown which of them applies."""
    if limit.maximum is None:
        return None, ()
    bound = Interval.point(limit.maximum)
    missing: tuple[str, ...] = ()
    for exception in limit.exceptions:
        answer = evaluate(exception.when, at)
        if answer.truth:
            return Interval.point(exception.maximum), ()
        if answer.truth is None:
            bound = bound.hull(Interval.point(exception.maximum))
            missing = _union((missing, answer.missing))
    return bound, missing


def _over(node: ex.Over, at: Situation) -> Answer:
    items = at.facility.lists.get(node.plural)
    if items is None:
        return Answer(None, (f"facility.{node.plural}",), (_step(None, node.text, f"{node.plural} = ?"),))
    answers: list[Answer] = []
    for item in items:
        here = at.of(item)
        chosen = evaluate(node.where, here) if node.where is not None else Answer(True)
        if chosen.truth is False:
            continue
        answer = evaluate(node.condition, here)
        if chosen.truth is None and answer.truth is not node.every:
            answer = Answer(None, _union((chosen.missing, answer.missing)), answer.steps)
        missing = tuple(m if m.startswith("facility.") else f"{item.path}.{m}" for m in answer.missing)
        steps = tuple(f"{item.path}: {s}" for s in answer.steps)
        answers.append(Answer(answer.truth, missing, steps, answer.comparisons, answer.flags))
    found = conjunction(answers) if node.every else disjunction(answers)
    return Answer(
        found.truth, found.missing, (*found.steps, _step(found.truth, node.text)), found.comparisons, found.flags
    )


def _not(node: ex.Not, at: Situation) -> Answer:
    found = negation(evaluate(node.part, at))
    *steps, last = found.steps
    told = last.removeprefix(last[:2])
    if told == node.text or told.startswith(f"{node.text} · "):
        steps.append(f"{SIGN[found.truth]} {told}")
    else:
        steps += [last, _step(found.truth, node.text)]
    return Answer(found.truth, found.missing, tuple(steps), (), found.flags)


def _never(node: ex.Never, _at: Situation) -> Answer:
    return Answer(False, steps=(_step(False, node.text),))


_EVALUATORS: dict[Any, Callable[[Any, Situation], Answer]] = {
    ex.Compare: _compare,
    ex.OneOf: _one_of,
    ex.Contains: _contains,
    ex.Known: _known,
    ex.Holds: _holds,
    ex.Defined: _defined,
    ex.Over: _over,
    ex.Within: _within,
    ex.Never: _never,
    ex.Not: _not,
    ex.And: lambda node, at: conjunction(evaluate(part, at) for part in node.parts),
    ex.Or: lambda node, at: disjunction(evaluate(part, at) for part in node.parts),
}
