"""What is true of a subject: expressions evaluated in three-valued logic, with their evidence.

Nothing here prints, reads a file or looks at the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from envcheck.judging import conditions
from envcheck.judging.amounts import needed
from envcheck.judging.limits import of_row
from envcheck.judging.logic import Answer, conjunction, definition_truth, disjunction, negation, union
from envcheck.judging.readings import (
    Reading,
    greatest,
    held_against,
    least_ratio,
    quotient,
    read_value,
    rounding,
    show_interval,
    substance_of,
    unknown,
)
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.evidence import ASKED, Gap, Stated, Step, Truth
from envcheck.model.facility import Subject
from envcheck.model.finding import Comparison, Presumption
from envcheck.model.rule import Definition
from envcheck.units.quantity import Interval, compare


def evaluate(node: ex.Node, at: Situation) -> Answer:
    """Whether a condition holds; asked once of each subject, however many rules share it."""
    kind = type(node)
    key = (kind, node, at.subject.path)
    found = at.memo.get(key)
    if found is None:
        found = at.memo[key] = _EVALUATORS[kind](node, at)
    return found


def _defined(node: ex.Defined, at: Situation) -> Answer:
    if not node.of_facility:
        return _definition(at.definitions[node.name], at)
    found = evaluate(node._replace(of_facility=False), at.of_facility())
    if not found.gaps and not found.presumed:
        return found
    presumed = tuple(p._replace(facts=_of_facility(p.facts)) for p in found.presumed)
    return found._replace(gaps=_of_facility(found.gaps), presumed=presumed)


def _of_facility(gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    return tuple(gap.of("facility", "facility") for gap in gaps)


def _definition(definition: Definition, at: Situation) -> Answer:
    stated, holds, fails, presumed = (
        Answer(None) if part is None or isinstance(part, ex.Never) else evaluate(part, at) for part in definition.parts
    )
    truth = definition_truth(stated.truth, holds.truth, fails.truth, presumed.truth, closed=definition.closed)
    presumption: tuple[Presumption, ...] = ()
    if truth is None:
        telling: tuple[Answer, ...] = (stated, holds, fails)
    elif truth:
        telling = (stated,) if stated.truth else (holds,)
    elif stated.truth is False or fails.truth:
        telling = (stated,) if stated.truth is False else (fails,)
    elif definition.closed:
        telling, presumption = (holds,), holds.presumed
    else:
        telling = (presumed,)
        presumption = (Presumption(definition.title, _overruling(definition)), *presumed.presumed)
    gaps: tuple[Gap, ...] = ()
    flags: tuple[str, ...] = ()
    if truth is None:
        gate = presumed.gaps if presumed.truth is None else ()
        itself = (Gap("fact", (definition.name,)),)
        gaps = union((gate, stated.gaps)) or union((holds.gaps, fails.gaps)) or itself
        flags = union([("name_almost",) for part in (holds, fails) if "name_almost" in part.flags])
        if holds.truth and (stated.truth is False or fails.truth):
            gaps, flags = itself, ("contradiction",)
    steps = tuple(s for answer in telling for s in answer.steps)
    return Answer(truth, gaps, (*steps, Step("definition", definition.name, truth)), flags=flags, presumed=presumption)


def _overruling(definition: Definition) -> tuple[Gap, ...]:
    """The facts that overrule a presumption: those that decide where they are stated, else those the text names."""
    part = definition.stated or definition.holds
    return tuple(dict.fromkeys(value.gap() for value in ex.walk((part,)) if isinstance(value, ex.Value)))


# --- numbers ---------------------------------------------------------------------------------------------------------


def _term(term: ex.Term, at: Situation, reference: Fraction | None = None) -> Reading:
    if isinstance(term, ex.Constant):
        assert isinstance(term.value, Fraction)
        return Reading(Interval.point(term.value), text=term.text)
    if isinstance(term, ex.Value):
        return read_value(term, at, reference)
    if isinstance(term, ex.Product):
        inner = _term(term.term, at)
        return Reading(inner.value.scaled(term.factor), inner.gaps, inner.steps, inner.flags)
    if isinstance(term, ex.Total):
        return _total(term, at)
    if isinstance(term, ex.Greatest):
        return greatest(term, at)
    if isinstance(term, ex.LeastRatio):
        return least_ratio(term, at)
    over, under = _term(term.over, at), _term(term.under, at)
    return Reading(
        quotient(over.value, under.value),
        union((over.gaps, under.gaps)),
        (*over.steps, *under.steps, Step("arithmetic", f"{show_interval(over.value)} ÷ {show_interval(under.value)}")),
    )


def _total(term: ex.Total, at: Situation) -> Reading:
    """A sum or a count; an item whose condition or amount is unknown widens the bounds (amounts are not negative)."""
    items = at.facility.lists.get(term.plural)
    if items is None:
        return unknown(_unlisted(term))
    total = Interval.point(0)
    gaps: list[Gap] = []
    steps: list[Step] = []
    for item in items:
        here = at.of(item)
        chosen = evaluate(term.where, here) if term.where is not None else Answer(True)
        if chosen.truth is False:
            continue
        part = read_value(ex.Value(term.path, "", term.unit), here, None) if term.path else Reading(Interval.point(1))
        amount = part.value
        if part.gaps:
            amount = Interval(Fraction(0), None)
            gaps += _of_item(item, part.gaps)
        if chosen.truth is None:
            amount = Interval(Fraction(0), amount.high)
            gaps += _of_item(item, chosen.gaps)
        steps.append(Step("item", show_interval(amount), of=item.path))
        total = total.plus(amount)
    steps.append(Step("sum", term.text, result=f"{show_interval(total)} {term.unit}".rstrip()))
    return Reading(total, tuple(dict.fromkeys(gaps)), tuple(steps))


# --- comparisons -----------------------------------------------------------------------------------------------------


def _compare(node: ex.Compare, at: Situation) -> Answer:
    if isinstance(node.left, ex.Value) and conditions.has_series(node.left, at) and node.op not in ("==", "!="):
        return _compare_series(node, node.left, at)
    return _compare_numbers(node, at)


def _compare_numbers(node: ex.Compare, at: Situation) -> Answer:
    reference = node.right.reference_oxygen if isinstance(node.right, ex.Constant) else None
    left, right = _term(node.left, at, reference), _term(node.right, at)
    truth = compare(left.value, node.op, right.value)
    gaps = union((left.gaps, right.gaps))
    if truth is None and not gaps and isinstance(node.left, ex.Value):
        gaps = (node.left.gap(),)
    measured = node.left if isinstance(node.left, ex.Value) else node.measured
    ranked = isinstance(node.left, ex.Value) and node.left.type == "level"
    comparison: tuple[Comparison, ...] = ()
    if not ranked:
        held = held_against(measured, truth, left, node.op, right.value, _unit(node.left))
        formula = truth is False and not isinstance(node.left, ex.Value)
        comparison = (held._replace(needed=needed(node, left, right, at)) if formula else held,)
    steps = (
        *left.steps,
        *right.steps,
        Step("comparison", node.text, truth, result="" if ranked else show_interval(left.value)),
    )
    flags = (*left.flags, *right.flags, *rounding(truth, left.value, node.op, right.value))
    return Answer(truth, gaps if truth is None else (), steps, comparison, flags)


def _compare_series(node: ex.Compare, value: ex.Value, at: Situation) -> Answer:
    """A comparison with a substance that is in a series: the series keeps it, and so does a value stated beside it."""
    from envcheck.judging.series_conditions import of_comparison

    found = of_comparison(node, value, _term(node.right, at).value, at)
    fact = at.fact(value)
    stated = fact is not None and substance_of(fact, value.path[1], at.as_of) is not None
    return conjunction((_compare_numbers(node, at), found)) if stated else found


def _over_time(node: ex.OverTime, at: Situation) -> Answer:
    from envcheck.judging.series_conditions import over_time

    return over_time(node, at)


def _unit(term: ex.Term) -> str:
    if isinstance(term, ex.Value | ex.Total):
        return term.unit
    return term.of.unit if isinstance(term, ex.Greatest) else ""


def _within(node: ex.Within, at: Situation) -> Answer:
    limits = node.limits
    if node.process is not None:
        process = at.fact(node.process)
        if process is None:
            return conditions.absent(node.process, node.text)
        limits = tuple(limit for limit in limits if limit.process == process.value)
    answers = [answer for limit in limits for answer in _row(limit, node.values, at)]
    if answers:
        return conjunction(answers)
    return Answer(
        None, (Gap("limit", (f"{node.text} on {at.as_of}",)),), (Step("no_limit", node.text, result=str(at.as_of)),)
    )


def _row(limit: ex.Limit, values: ex.Value, at: Situation) -> list[Answer]:
    """What a row of a table says of a subject; nothing where it does not apply."""
    applies = evaluate(limit.when, at) if limit.when is not None else Answer(True)
    if applies.truth is False:
        return []
    maximum, gaps = _maximum(limit, at)
    return of_row(limit, values, applies, maximum, gaps, at)


def _maximum(limit: ex.Limit, at: Situation) -> tuple[Interval | None, tuple[Gap, ...]]:
    """The maximum of a row: between its exceptions' where it is unknown which of them applies."""
    if limit.maximum is None:
        return None, ()
    bound = Interval.point(limit.maximum)
    gaps: tuple[Gap, ...] = ()
    for exception in limit.exceptions:
        answer = evaluate(exception.when, at)
        if answer.truth:
            return Interval.point(exception.maximum), ()
        if answer.truth is None:
            bound = bound.hull(Interval.point(exception.maximum))
            gaps = union((gaps, answer.gaps))
    return bound, gaps


def _over(node: ex.Over, at: Situation) -> Answer:
    items = at.facility.lists.get(node.plural)
    if items is None:
        return Answer(None, (_unlisted(node),), (Step("condition", node.text, None, (Stated(node.plural, None),)),))
    answers: list[Answer] = []
    spared: list[Presumption] = []
    for item in items:
        here = at.of(item)
        chosen = evaluate(node.where, here) if node.where is not None else Answer(True)
        if chosen.truth is False:
            spared += _presumed_of(item, chosen)
            continue
        answer = evaluate(node.condition, here)
        if chosen.truth is None and answer.truth is not node.every:
            answer = Answer(None, union((chosen.gaps, answer.gaps)), answer.steps)
        steps = tuple(s._replace(of=f"{item.path}: {s.of}" if s.of else item.path) for s in answer.steps)
        answers.append(
            answer._replace(gaps=_of_item(item, answer.gaps), steps=steps, presumed=_presumed_of(item, answer))
        )
    found = conjunction(answers) if node.every else disjunction(answers)
    presumed = found.presumed if node.every or found.truth is not False else (*found.presumed, *spared)
    return found._replace(
        steps=(*found.steps, Step("condition", node.text, found.truth)), presumed=tuple(dict.fromkeys(presumed))
    )


def _unlisted(node: ex.Over | ex.Total) -> Gap:
    return Gap("fact", (node.plural,), "facility", "facility")


def _of_item(item: Subject, gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """What is missing of an item of a list."""
    return tuple(gap.of(item.path, item.kind) for gap in gaps)


def _presumed_of(item: Subject, answer: Answer) -> tuple[Presumption, ...]:
    return tuple(one._replace(facts=_of_item(item, one.facts)) for one in answer.presumed)


def _not(node: ex.Not, at: Situation) -> Answer:
    found = negation(evaluate(node.part, at))
    *steps, last = found.steps
    if last.text == node.text and last.kind in ASKED and not last.of:
        steps.append(last._replace(truth=found.truth))
    else:
        steps += [last, _contrary(node, found.truth)]
    return found._replace(steps=tuple(steps))


def _contrary(node: ex.Not, truth: Truth) -> Step:
    """The step of a contrary; that of a definition keeps its name, by which reports find its title."""
    if isinstance(node.part, ex.Defined) and node.text == f"not {node.part.name}":
        return Step("not_definition", node.part.name, truth)
    return Step("condition", node.text, truth)


def _never(node: ex.Never, _at: Situation) -> Answer:
    return Answer(False, steps=(Step("ban", node.text, False),))


_EVALUATORS: dict[Any, Callable[[Any, Situation], Answer]] = {
    ex.Compare: _compare,
    ex.CompareDays: conditions.compare_days,
    ex.OneOf: conditions.one_of,
    ex.Contains: conditions.contains,
    ex.Known: conditions.known,
    ex.Dated: conditions.dated,
    ex.Listed: conditions.listed,
    ex.Holds: conditions.holds,
    ex.Defined: _defined,
    ex.Over: _over,
    ex.OverTime: _over_time,
    ex.Within: _within,
    ex.Never: _never,
    ex.Not: _not,
    ex.And: lambda node, at: conjunction(evaluate(part, at) for part in node.parts),
    ex.Or: lambda node, at: disjunction(evaluate(part, at) for part in node.parts),
}
