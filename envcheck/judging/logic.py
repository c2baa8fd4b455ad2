"""Answers in three-valued logic, with their evidence.

True and False are shown by the facts, None is unknown. `false and unknown` is false, `true and unknown` is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from envcheck.model.evidence import Gap, Step, Truth
from envcheck.model.finding import Comparison, Presumption

T = TypeVar("T")


class Answer(NamedTuple):
    """Whether something holds, and why: what is missing only where it is unknown, the steps, the numbers compared."""

    truth: Truth
    gaps: tuple[Gap, ...] = ()
    steps: tuple[Step, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    flags: tuple[str, ...] = ()
    presumed: tuple[Presumption, ...] = ()
    """On what a no by presumption rests."""


def definition_truth(stated: Truth, holds: Truth, fails: Truth, presumed: Truth, *, closed: bool) -> Truth:
    """Whether a definition holds, from the answers of its parts (None for a part that it has not).

    A stated fact decides; that it is denied does not free whom the text itself names.
    """
    if stated:
        return True
    if holds:
        return None if stated is False or fails else True
    if stated is False or fails or presumed:
        return False
    return holds if closed else None


def conjunction(answers: Iterable[Answer]) -> Answer:
    """All of them; only the parts that do not hold flag a conjunction that does not."""
    parts = tuple(answers)
    if len(parts) == 1:
        return parts[0]
    truths = [part.truth for part in parts]
    truth = False if False in truths else None if None in truths else True
    return Answer(
        truth,
        union([p.gaps for p in parts]) if truth is None else (),
        tuple([step for p in parts for step in p.steps]),
        tuple([c for p in parts for c in p.comparisons]),
        union([p.flags for p in parts if truth is not False or p.truth is False]),
        _presumed([p for p in parts if p.truth is False], every=False),
    )


def disjunction(answers: Iterable[Answer]) -> Answer:
    """At least one of them; only the parts that hold count as evidence where one does."""
    parts = tuple(answers)
    truths = [part.truth for part in parts]
    truth = True if True in truths else None if None in truths else False
    telling = [p for p in parts if p.truth] if truth else parts
    return Answer(
        truth,
        union([p.gaps for p in parts]) if truth is None else (),
        tuple([step for p in telling for step in p.steps]),
        tuple([c for p in telling for c in p.comparisons]),
        union([p.flags for p in telling]),
        _presumed(parts, every=True) if truth is False else (),
    )


def negation(answer: Answer) -> Answer:
    """The contrary."""
    truth = None if answer.truth is None else not answer.truth
    return Answer(truth, answer.gaps, answer.steps, (), answer.flags, answer.presumed)


def _presumed(noes: Sequence[Answer], *, every: bool) -> tuple[Presumption, ...]:
    """What these noes rest on; nothing where one of them is enough and rests on no presumption."""
    if not every and any(not no.presumed for no in noes):
        return ()
    return tuple(dict.fromkeys([one for no in noes for one in no.presumed]))


def union(groups: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    """The items of all groups, each once, in their order."""
    return tuple(dict.fromkeys([item for group in groups for item in group]))
