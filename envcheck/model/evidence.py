"""Evidence: the steps that lead to an answer, as data; `judging.steps` renders them."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from envcheck.text.problems import Place

Truth = bool | None
"""True and False are shown by the facts, None is unknown."""
Asked = Literal[
    "condition",
    "definition",
    "not_definition",
    "comparison",
    "ban",
    "missing_fails",
    "not_yet",
    "no_longer",
    "region",
    "no_limit",
    "unsure_limit",
    "daily_means",
]
WorkedOut = Literal["reading", "arithmetic", "item", "sum", "day", "series", "excluded", "month", "peak"]
Kind = Literal[Asked, WorkedOut]
ASKED: frozenset[str] = frozenset(get_args(Asked))
"""Kinds of steps that ask something, and so have a truth; the others work something out."""


class Stated(NamedTuple):
    """A fact as the file states it; `text` is None where it does not."""

    name: str
    text: str | None
    place: Place | None = None
    converted: str = ""
    """Its value in the canonical unit, where the file states it in another."""
    convention: str = ""
    """What of the conversion is a convention, not physics."""


class Gap(NamedTuple):
    """What is missing for an answer: a fact, valid data of a monitoring series, or a verified limit."""

    kind: Literal["fact", "series", "limit"]
    path: tuple[str, ...]
    """The attribute, its substance and the part of a measurement; the column of a series; the name of a limit."""
    subject: str = ""
    """Whose fact it is (`facility`, `boilers/B1`); empty for the subject that is asked about."""
    subject_kind: str = ""
    detail: str = ""
    """How much of a series is missing: `2025-06 539/720 h`."""

    def of(self, subject: str, kind: str) -> Gap:
        """The gap seen from outside the subject that was asked about; no limit is a subject's own."""
        return self if self.subject or self.kind == "limit" else self._replace(subject=subject, subject_kind=kind)

    @property
    def name(self) -> str:
        """The gap as the JSON contract's `missing` has it: `boilers/B1.emissions.NOx`."""
        if self.kind == "limit":
            return f"limit: {self.path[0]}"
        lead = (self.subject,) if self.subject else ()
        name = ".".join((*lead, "series", *self.path) if self.kind == "series" else (*lead, *self.path))
        return f"{name}: {self.detail}" if self.detail else name


class Step(NamedTuple):
    """One step: what was asked or worked out, what it came to, and the facts that it rests on.

    `text` is a condition, a definition's name or a formula as rules and tables write them; `result` a number with its
    unit, a code or a day; `of` the item of a list that the step is about, by its path.
    """

    kind: Kind
    text: str = ""
    truth: Truth = None
    facts: tuple[Stated, ...] = ()
    result: str = ""
    of: str = ""
    place: Place | None = None

    @property
    def worked_out(self) -> bool:
        """Whether it is arithmetic: a value brought to another state, or to a unit that physics alone does not give."""
        return self.kind == "arithmetic" or any(fact.convention and not fact.converted for fact in self.facts)

    @property
    def denied(self) -> bool:
        """Whether it asks something of the subject itself that does not hold."""
        return self.truth is False and self.kind in ASKED and not self.of
