"""Permits that have run out, and the findings of rules that ask for a permit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from envcheck.model import expressions as ex
from envcheck.model.facility import Facility
from envcheck.model.finding import Finding
from envcheck.model.rule import Pack

WORD = "permit"
"""What the names of attributes about permits have in them."""


class Permit(NamedTuple):
    """A permit as the file states it, with its last day."""

    kind: str
    number: str
    until: date


def dated(facility: Facility) -> tuple[Permit, ...]:
    """The permits of a facility that have a last day, each kind and number by its latest one."""
    fact = facility.itself.facts.get("permits")
    last: dict[tuple[str, str], date] = {}
    for record in fact.value if fact is not None and isinstance(fact.value, tuple) else ():
        until = record["until"].value if "until" in record else None
        if isinstance(until, date):
            name = tuple(str(record[key].value) if key in record else "" for key in ("kind", "number"))
            key = (name[0], name[1])
            last[key] = max(until, last.get(key, until))
    return tuple(Permit(kind, number, until) for (kind, number), until in last.items())


def expired(facility: Facility, as_of: date) -> tuple[Permit, ...]:
    """The permits that have run out; the last day itself still belongs to a permit, and a later one takes its place."""
    every = dated(facility)
    valid = {permit.kind for permit in every if permit.kind and permit.until >= as_of}
    return tuple(permit for permit in every if permit.until < as_of and permit.kind not in valid)


def flagged(
    findings: tuple[Finding, ...], facility: Facility, packs: Sequence[Pack], as_of: date
) -> tuple[Finding, ...]:
    """The findings, with a flag on each whose rule asks for a permit where one has run out; no status changes."""
    if not expired(facility, as_of):
        return findings
    by_id = {pack.id: pack for pack in packs}
    asking: Mapping[str, bool] = {
        finding.rule.key: any(
            _permits((finding.rule.when, finding.rule.require), by_id[finding.rule.pack], finding.rule.kind)
        )
        for finding in findings
        if finding.status != "not_applicable"
    }
    return tuple(
        finding._replace(flags=(*finding.flags, "permit_expired"))
        if finding.status != "not_applicable" and asking[finding.rule.key]
        else finding
        for finding in findings
    )


def _permits(parts: object, pack: Pack, kind: str, seen: frozenset[str] = frozenset()) -> Iterator[bool]:
    """A yes for every attribute about permits that conditions read, also in the definitions that they name."""
    for part in ex.walk(parts):
        if isinstance(part, ex.Value):
            yield from [True] if WORD in part.path[0] else []
        elif isinstance(part, ex.Defined) and part.name not in seen:
            found = pack.definition("facility" if part.of_facility else kind, part.name)
            if found is not None:
                own = tuple(one for one in found.parts if one is not None)
                yield from _permits(own, pack, found.kind, seen | {part.name})
