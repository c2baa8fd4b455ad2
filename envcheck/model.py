"""What flows through envcheck: packs and their rules, facilities and their subjects, findings and results.

Named tuples rather than frozen dataclasses: setting up a dataclass takes several times as long, and every start of the
program would pay for it. A pack has an identity of its own, by which engines keep what they make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

from envcheck.expressions import Node
from envcheck.text.messages import EMPTY, Text
from envcheck.text.problems import Place
from envcheck.units.quantity import Interval

Modality = Literal["must", "in_principle", "target", "encourage"]
Status = Literal["pass", "fail", "unknown", "pending", "waived", "not_applicable"]
Outcome = Literal["compliant", "non_compliant", "undetermined"]

MODALITIES: tuple[Modality, ...] = ("must", "in_principle", "target", "encourage")
STATUSES: tuple[Status, ...] = ("pass", "fail", "unknown", "pending", "waived", "not_applicable")
DECISIVE = frozenset({"must", "in_principle"})
"""Modalities whose rules decide a facility's outcome."""

# --- packs -----------------------------------------------------------------------------------------------------------


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


# --- facilities ------------------------------------------------------------------------------------------------------


class Measurement(NamedTuple):
    """A measured concentration: dry gas at 273.15 K and 101.325 kPa unless `wet`, or water.

    `oxygen` and `moisture` are in percent by volume; oxygen is measured on the same basis as the value, and without
    bounds where it was written but is not known. `wet` is None where moisture is stated and no basis.
    """

    value: Interval
    unit: str
    text: str
    oxygen: Interval | None = None
    wet: bool | None = False
    moisture: Interval | None = None
    measured_on: date | None = None
    convention: str = ""
    place: Place | None = None


class Fact(NamedTuple):
    """What is known of one attribute, as it is written and where.

    `value` by type: text, region, choice: str; choices: frozenset[str]; yes_no: bool; event: bool or date; date: date;
    level: Interval (rank); number, ratio, quantity: Interval in the canonical unit; emissions, water, amounts: a
    mapping of substance to Measurement; records: a tuple of mappings.
    """

    value: object
    text: str
    place: Place
    convention: str = ""


class Subject(NamedTuple):
    """One thing that a rule can concern; `path` is `facility` or `boilers/B1`.

    `overrides` are the attributes it would take from the facility but states itself.
    """

    kind: str
    id: str
    path: str
    facts: Mapping[str, Fact]
    place: Place
    overrides: tuple[str, ...] = ()


class Waiver(NamedTuple):
    """A document that lets a failing rule be, until a day."""

    rule: str
    subject: str
    document: str
    approver: str
    until: date
    reason: str
    place: Place


class Input(NamedTuple):
    """A file that was read, and the SHA-256 of its bytes."""

    file: str
    digest: str


class Facility(NamedTuple):
    """A facility file: the facility itself as a subject, and the lists of subjects in it by plural."""

    source: str
    itself: Subject
    lists: Mapping[str, tuple[Subject, ...]]
    waivers: tuple[Waiver, ...]
    inputs: tuple[Input, ...] = ()
    """The files that it was read from, its monitoring series among them."""

    @property
    def id(self) -> str:
        """The facility's id."""
        return self.itself.id

    @property
    def name(self) -> str:
        """The facility's name, or its id."""
        fact = self.itself.facts.get("name")
        return str(fact.value) if fact else self.id

    def subjects(self) -> tuple[Subject, ...]:
        """Every subject, the facility first."""
        return (self.itself, *(s for subjects in self.lists.values() for s in subjects))

    def by_kind(self) -> dict[str, tuple[Subject, ...]]:
        """The subjects of every kind there is."""
        found: dict[str, list[Subject]] = {}
        for subject in self.subjects():
            found.setdefault(subject.kind, []).append(subject)
        return {kind: tuple(subjects) for kind, subjects in found.items()}

    def of_kind(self, kind: str) -> tuple[Subject, ...]:
        """The subjects of a kind."""
        return tuple(s for s in self.subjects() if s.kind == kind)


# --- findings --------------------------------------------------------------------------------------------------------


class Peak(NamedTuple):
    """One of the worst means of a series, from the time `at` on; `step` is the arithmetic that leads to it."""

    at: str
    value: Interval
    step: str
    place: Place


class Month(NamedTuple):
    """A calendar month ("2025-03") of a series: the hours (or days) that data are due for, and what is known of them."""

    name: str
    due: int
    valid: int
    within: int
    beyond: int
    enough: bool

    @property
    def share(self) -> Interval | None:
        """Those within the limit in percent of the valid ones."""
        if not self.valid:
            return None
        return Interval(Fraction(100 * self.within, self.valid), Fraction(100 * (self.valid - self.beyond), self.valid))


class Monitored(NamedTuple):
    """What a series says of a limit."""

    file: str
    substance: str
    every: Literal["hour", "day", "window"]
    """Which means are held against the limit."""
    hours: int
    """How many hours a mean is over."""
    reference: Fraction | None
    op: str
    limit: Interval
    unit: str
    daily: bool
    """Whether a row of the series is a day, else an hour."""
    first: str
    last: str
    total: int
    """Rows that the time from first to last has."""
    valid: int
    excluded: tuple[tuple[str, int], ...]
    """States and reasons for which rows do not count, with how many there are."""
    means: int
    """How many means there were to hold against the limit."""
    exceeding: int
    undecided: int
    """How many of them are known only within bounds that hold the limit."""
    months: tuple[Month, ...]
    worst: tuple[Peak, ...]
    share: Interval | None = None
    """The least share of hours within the limit in a month, in percent, where a share is demanded."""


class Comparison(NamedTuple):
    """A number held against a limit: `margin` is the room left as a share of the limit, below 0 where it is exceeded."""

    path: str
    truth: bool | None
    measured: Interval | None
    op: str
    limit: Interval
    unit: str
    margin: Interval | None
    as_written: str = ""
    place: Place | None = None
    series: Monitored | None = None
    """What the number was found in, where it was found in a series."""


class Presumption(NamedTuple):
    """A definition that was taken not to hold, by its title, and the facts that overrule this where they are stated."""

    title: Text
    facts: tuple[str, ...]


class Finding(NamedTuple):
    """One rule applied to one subject."""

    rule: Rule
    subject: Subject
    status: Status
    comparison: Comparison | None = None
    """The comparison that governs: the worst one that fails, else the tightest."""
    comparisons: tuple[Comparison, ...] = ()
    missing: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    """The steps of the trace that make a requirement fail."""
    reason: Text = EMPTY
    """Why it does not apply."""
    waiver: Waiver | None = None
    presumed: tuple[Presumption, ...] = ()
    """What was presumed where it does not apply."""


class Grounds(NamedTuple):
    """On what an outcome rests: how many of the findings that decide lean on what the file does not show."""

    assumed: int
    """They pass or fail on an assumption about a number."""
    unverified: int
    """They pass or fail on a limit that was not verified."""
    presumed: int
    """They do not apply by a presumption."""
    failing: int
    ended: int
    """Of the failing ones, those of plans whose period is over."""


class Report(NamedTuple):
    """All findings on one facility."""

    facility: Facility
    outcome: Outcome
    findings: tuple[Finding, ...]
    manual: tuple[tuple[Pack, ManualItem], ...]
    not_binding: tuple[str, ...]
    """Packs whose region does not hold the facility."""
    unused_waivers: tuple[Waiver, ...]

    def count(self, status: Status) -> int:
        """How many findings have a status."""
        return sum(1 for f in self.findings if f.status == status)


class Result(NamedTuple):
    """What one run found."""

    as_of: date
    engine: str
    packs: tuple[Pack, ...]
    reports: tuple[Report, ...]
    narrowed: tuple[str, ...] = ()
    """What kept rules from being asked, as it was called for: `--ignore RULE`."""
    configured: tuple[str, ...] = ()
    """What a configuration file set, with the file."""
