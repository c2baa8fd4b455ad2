"""Packs and what is in them: rules, definitions, examples, manual items.

A pack has an identity of its own, by which engines keep what they make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from envcheck.model.expressions import Node
from envcheck.text.messages import EMPTY, Text
from envcheck.text.problems import Place

Modality = Literal["must", "in_principle", "target", "encourage"]
Status = Literal["pass", "fail", "unknown", "pending", "waived", "not_applicable"]

MODALITIES: tuple[Modality, ...] = ("must", "in_principle", "target", "encourage")
STATUSES: tuple[Status, ...] = ("pass", "fail", "unknown", "pending", "waived", "not_applicable")
DECISIVE = frozenset({"must", "in_principle"})
"""Modalities whose rules decide a facility's outcome."""


class Definition(NamedTuple):
    """A derived fact. The first that answers decides, else it is unknown.

    `stated`: the fact that decides wherever the file states it; `holds`: whom the text itself names; `fails`: who is surely
    not concerned; `presume_not`: whom we do not ask. A stated no does not free whom the text names: that is unknown.
    """

    name: str
    kind: str
    title: Text
    holds: Node
    fails: Node | None
    stated: Node | None = None
    presume_not: Node | None = None
    closed: bool = False
    """Whether it fails wherever `holds` does not: neither `stated` nor `fails` nor `presume_not` was written."""
    closed_by: Text = EMPTY
    """The words by which the text itself closes a list in it."""

    @property
    def parts(self) -> tuple[Node | None, ...]:
        """What it is made of: `stated`, `holds`, `fails`, `presume_not`; None for a part that it has not."""
        return self.stated, self.holds, self.fails, self.presume_not


class Example(NamedTuple):
    """What a rule must answer for a given subject."""

    given: str
    """The subject's own attributes, as a YAML text."""
    facility: str
    as_of: date
    expect: Status
    flags: tuple[str, ...]
    place: Place


class Rule(NamedTuple):
    """One checkable requirement."""

    id: str
    pack: str
    clause: str
    covers: tuple[str, ...]
    title: Text
    kind: str
    when: tuple[Node, ...]
    require: tuple[Node, ...]
    modality: Modality
    start: date
    reviewed_on: date
    place: Place
    remedy: Text = EMPTY
    due: date | None = None
    note: Text = EMPTY
    basis: tuple[str, ...] = ()
    boundary: Text = EMPTY
    end: date | None = None
    missing_fails: bool = False
    replaces: tuple[str, ...] = ()
    no_date_printed: bool = False
    """Whether the text prints no date of its own, so that it is due on the plan's last day."""
    closed_by: Text = EMPTY
    """The words by which the text itself closes a list in its conditions."""
    sentences: tuple[str, ...] = ()
    """The plan's own words for what it covers, each once."""

    @property
    def key(self) -> str:
        """The rule's name among all packs."""
        return f"{self.pack}/{self.id}"

    def in_force(self, as_of: date) -> bool:
        """Whether it asks for anything on a day."""
        return as_of >= self.start and (self.end is None or as_of <= self.end)

    def has_time(self, as_of: date) -> bool:
        """Whether its deadline is not past: the due day itself belongs to the time given."""
        return self.due is not None and as_of <= self.due


class ManualItem(NamedTuple):
    """A duty that no data can settle."""

    id: str
    clause: str
    covers: tuple[str, ...]
    title: Text
    kind: str
    when: tuple[Node, ...]
    modality: Modality


class NotChecked(NamedTuple):
    """Requirements that are neither checked nor listed for people."""

    covers: tuple[str, ...]
    reason: Text


@dataclass(frozen=True, eq=False, repr=False)
class Pack:
    """One plan as rules."""

    id: str
    version: str
    title: Text
    number: str
    issuer: Text
    region: str
    start: date
    end: date | None
    digest: str
    reviewed_on: date
    notes: tuple[Text, ...]
    definitions: Mapping[str, Definition]
    rules: tuple[Rule, ...]
    manual: tuple[ManualItem, ...]
    not_checked: tuple[NotChecked, ...]
    text_digest: str = ""
    """The SHA-256 of the published text that its sentences are quoted from."""

    @property
    def citation(self) -> Text:
        """How the plan is cited: by its document number, else by its title."""
        return Text(self.number, self.number) if self.number else Text(f"《{self.title.zh}》", self.title.en)

    def definition(self, kind: str, name: str) -> Definition | None:
        """The definition of a name for a kind of subject: its own, else the one that all share."""
        return self.definitions.get(f"{kind}.{name}") or self.definitions.get(name)

    def ended(self, as_of: date) -> bool:
        """Whether the plan's period is over."""
        return self.end is not None and as_of > self.end
