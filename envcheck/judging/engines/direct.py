"""Plain evaluation: every rule is asked about every subject of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from envcheck.judging.judge import judge, outcome
from envcheck.judging.situation import Situation
from envcheck.model.facility import Facility
from envcheck.model.finding import Finding, Outcome
from envcheck.model.rule import Pack


def run(facility: Facility, packs: Sequence[Pack], as_of: date) -> tuple[tuple[Finding, ...], Outcome]:
    """The findings of all packs on a facility, by pack, rule and subject, and its outcome."""
    findings: list[Finding] = []
    by_kind = facility.by_kind()
    for pack in packs:
        at = Situation(facility, facility.itself, as_of, pack.definitions)
        asked = {kind: [at.of(subject) for subject in subjects] for kind, subjects in by_kind.items()}
        for rule in pack.rules:
            findings.extend(judge(rule, pack, here) for here in asked.get(rule.kind, ()))
    return tuple(findings), outcome(findings)
