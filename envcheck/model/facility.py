"""A facility as its file states it: subjects, facts with their places, waivers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from envcheck.text.problems import Place
from envcheck.units.quantity import Interval


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


class Period(NamedTuple):
    """When something happened, known by its month or year only: on some day from ``first`` to ``last``."""

    first: date
    last: date


class Fact(NamedTuple):
    """What is known of one attribute, as it is written and where.

    `value` by type: text, region, choice: str; choices: frozenset[str]; yes_no: bool; event: bool, date
    or Period; date: date;
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
