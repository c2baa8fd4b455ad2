"""What a rule is asked of: a subject in its facility, on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from envcheck.judging.logic import Answer
from envcheck.model import expressions as ex
from envcheck.model.facility import Facility, Fact, Subject
from envcheck.model.rule import Definition


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

    def of_facility(self) -> Situation:
        """The same question about the facility as the subject sees it: with the zone, region, industry … that the subject states itself."""
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
