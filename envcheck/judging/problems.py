"""Problems: what fails, once, with every clause that it breaks. Pure.

A figure that exceeds the same or several limits, or one duty that several clauses ask for, is one thing to put right.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from envcheck.judging.judge import decisive
from envcheck.model.evidence import Step
from envcheck.model.facility import Subject
from envcheck.model.finding import Finding
from envcheck.model.rule import MODALITIES

UPPER = ("<", "<=")
LOWER = (">", ">=")


class Problem(NamedTuple):
    """Failing findings of one subject on one quantity or one duty."""

    subject: Subject
    about: tuple[str, ...]
    """The quantity, or the facts that a duty asks for; empty for what is banned."""
    findings: tuple[Finding, ...]
    """What decides first, then the strictest: the tightest limit, a plan in force, the earliest due day."""

    @property
    def decisive(self) -> bool:
        """Whether it bears on the outcome."""
        return any(decisive(f) for f in self.findings)

    @property
    def ended(self) -> bool:
        """Whether it rests on plans alone whose period is over, by what decides in it."""
        bearing = [f for f in self.findings if decisive(f)] or self.findings
        return all("after_plan_period" in f.flags for f in bearing)


Quantity = tuple[str, str]
"""What was measured, and on which side it is limited."""


def problems(findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """The problems of one facility's findings, the first by its first finding; each failing finding is in exactly one."""
    failing = [f for f in findings if f.status == "fail"]
    duties: dict[str, set[frozenset[str]]] = {}
    for finding in failing:
        if _quantity(finding) is None and (facts := _denied(finding)):
            duties.setdefault(finding.subject.path, set()).add(facts)
    grouped: dict[tuple[object, ...], list[Finding]] = {}
    about: dict[tuple[object, ...], tuple[str, ...]] = {}
    for finding in failing:
        path, quantity = finding.subject.path, _quantity(finding)
        key: tuple[object, ...]
        name: tuple[str, ...]
        if quantity is not None:
            key, name = (path, *quantity), (quantity[0],)
        elif facts := _denied(finding):
            duty = _least(facts, duties[path])
            key, name = (path, duty), tuple(sorted(duty))
        else:
            key, name = (path, finding.rule.key), ()
        grouped.setdefault(key, []).append(finding)
        about[key] = name
    return tuple(
        Problem(group[0].subject, about[key], tuple(sorted(group, key=_strictest_first)))
        for key, group in grouped.items()
    )


def _quantity(finding: Finding) -> Quantity | None:
    main = finding.comparison
    if main is None or main.truth is not False:
        return None
    side = "upper" if main.op in UPPER else "lower" if main.op in LOWER else main.op
    return ".".join(main.attribute) or main.path, side


def _denied(finding: Finding) -> frozenset[str]:
    """The subject's own facts by which a duty is not met; a day of the calendar is none."""

    def asked(step: Step) -> Iterable[str]:
        return (fact.name for fact in step.facts if fact.place is not None or fact.text is None)

    return frozenset(name for step in finding.against if step.denied for name in asked(step))


def _least(facts: frozenset[str], duties: Iterable[frozenset[str]]) -> frozenset[str]:
    """The narrowest duty that meeting these would take: two duties that only share an alternative stay two."""
    return min((one for one in duties if one <= facts), key=lambda one: (len(one), sorted(one)))


def _strictest_first(finding: Finding) -> tuple[bool, Fraction, bool, int, date, str]:
    rule, main = finding.rule, finding.comparison
    tightness = Fraction(0)
    if main is not None and (limit := main.limit.exact) is not None:
        tightness = -limit if main.op in LOWER else limit
    ended = "after_plan_period" in finding.flags
    return not decisive(finding), tightness, ended, MODALITIES.index(rule.modality), rule.due or rule.start, rule.key
