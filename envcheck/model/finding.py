"""What a check comes to: comparisons, presumptions, findings, reports, results."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

from envcheck.model.evidence import Gap, Step
from envcheck.model.facility import Facility, Subject, Waiver
from envcheck.model.monitoring import Monitored
from envcheck.model.rule import ManualItem, Pack, Rule, Status
from envcheck.text.messages import EMPTY, Text
from envcheck.text.problems import Place
from envcheck.units.quantity import Interval

Outcome = Literal["compliant", "non_compliant", "undetermined"]


Means = Literal["every_hour", "every_day", "every_mean", "share_of_hours"]
"""The conditions over time, as rules call them."""


class Amount(NamedTuple):
    """An amount in a formula, and what it would have to be (`op` and `bound`), all else staying as it is."""

    path: str
    """The attribute; empty where the formula is itself the amount: a sum or a count."""
    as_written: str
    op: str
    now: Fraction
    bound: Fraction
    unit: str


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
    attribute: tuple[str, ...] = ()
    """What was measured: an attribute and its substance; empty for a formula."""
    means: Means | None = None
    """Over which means of a series it is limited."""
    needed: tuple[Amount, ...] = ()
    """Of a formula that fails: the amounts in it that together would make it hold."""


class Presumption(NamedTuple):
    """A definition that was taken not to hold, by its title, and the facts that overrule this where they are stated."""

    title: Text
    facts: tuple[Gap, ...]


class Finding(NamedTuple):
    """One rule applied to one subject."""

    rule: Rule
    subject: Subject
    status: Status
    comparison: Comparison | None = None
    """The comparison that governs: the worst one that fails, else the tightest."""
    comparisons: tuple[Comparison, ...] = ()
    gaps: tuple[Gap, ...] = ()
    """What is missing to settle it."""
    flags: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    against: tuple[Step, ...] = ()
    """The steps that make a requirement fail."""
    reason: Text = EMPTY
    """Why it does not apply."""
    waiver: Waiver | None = None
    presumed: tuple[Presumption, ...] = ()
    """What was presumed where it does not apply."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of its gaps, as the JSON contract has them."""
        return tuple(gap.name for gap in self.gaps)


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
    unread: tuple[str, ...] = ()
    """Files that were named and could not be read: nothing is said of what they hold."""
