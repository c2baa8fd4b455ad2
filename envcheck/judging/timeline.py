"""What changes for a facility on which day: requirements that start, fall due, end; waivers and plans that run out.

Judged by the same rules as a check, on the first day and on each later day on which something can change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple

from envcheck.judging.check import check
from envcheck.judging.permits import Permit, dated, expired
from envcheck.model import expressions as ex
from envcheck.model.facility import Facility, Period
from envcheck.model.finding import Finding, Report
from envcheck.model.rule import DECISIVE, Pack, Rule

Event = Literal["start", "due", "replaced", "end", "waiver_end", "limit", "fact"]
DAY = timedelta(days=1)


class Turn(NamedTuple):
    """A requirement on a subject that changes on a day."""

    event: Event
    before: Finding
    after: Finding
    successors: tuple[str, ...] = ()
    """The rules that take its place."""


class Day(NamedTuple):
    """What changes on one day."""

    date: date
    before: Report
    after: Report
    turns: tuple[Turn, ...]
    ended: tuple[Pack, ...]
    """Plans whose period is over from this day on."""
    permits: tuple[Permit, ...] = ()
    """Permits that have run out from this day on, and that no other of their kind replaces."""


class Timeline(NamedTuple):
    """How things stand for a facility on the first day, and every later day on which something changes."""

    since: date
    until: date | None
    packs: tuple[Pack, ...]
    now: Report
    days: tuple[Day, ...]


def timeline(
    facility: Facility, packs: Sequence[Pack], since: date, until: date | None = None, *, everywhere: bool = False
) -> Timeline:
    """The days after `since`, up to and with `until`, on which something changes for the facility as it stands.

    Raises:
        InputError: nothing would be checked.
    """

    @cache
    def on(day: date) -> Report:
        return check([facility], packs, day, "direct", everywhere=everywhere).reports[0]

    now = on(since)
    bound = tuple(pack for pack in packs if pack.id not in now.not_binding)
    dates = [day for day in sorted(_days(facility, bound)) if since < day and (until is None or day <= until)]
    # Between these days nothing changes, so that each is held against the one before it.
    days = [
        _day(day, on(before), on(day), bound)._replace(permits=_run_out(facility, before, day))
        for before, day in pairwise((since, *dates))
    ]
    return Timeline(since, until, bound, now, tuple(day for day in days if day.turns or day.ended or day.permits))


def _run_out(facility: Facility, before: date, day: date) -> tuple[Permit, ...]:
    was = expired(facility, before)
    return tuple(permit for permit in expired(facility, day) if permit not in was)


def failing(report: Report) -> int:
    """How many decisive rules fail."""
    return sum(f.status == "fail" and f.rule.modality in DECISIVE for f in report.findings)


def _days(facility: Facility, packs: Sequence[Pack]) -> set[date]:
    """Every day on which a finding on the facility can change."""
    kinds = {subject.kind for subject in facility.subjects()}
    found = {waiver.until + DAY for waiver in facility.waivers}
    found |= {day for permit in dated(facility) for day in _after(permit.until)}
    stated = [f.value for s in facility.subjects() for f in s.facts.values()]
    found |= {
        day for value in stated for day in (value if isinstance(value, Period) else (value,)) if isinstance(day, date)
    }
    for pack in packs:
        found |= _after(pack.end)
        for rule in pack.rules:
            if rule.kind in kinds:
                found |= {rule.start, *_after(rule.end), *_after(rule.due)}
                for limit in _limits(rule):
                    found |= {*([limit.start] if limit.start else []), *_after(limit.end)}
    return found


def _after(last: date | None) -> set[date]:
    return set() if last is None or last == date.max else {last + DAY}


def _limits(rule: Rule) -> Iterator[ex.Limit]:
    return (part for part in ex.walk((rule.when, rule.require)) if isinstance(part, ex.Limit))


def _day(day: date, before: Report, after: Report, packs: Sequence[Pack]) -> Day:
    turns: list[Turn] = []
    was = {(f.rule.key, f.subject.path): f for f in before.findings}
    for finding in after.findings:
        earlier = was[finding.rule.key, finding.subject.path]
        event = _event(day, earlier, finding)
        if event is not None:
            heirs = tuple(r.key for p in packs for r in p.rules if event == "end" and finding.rule.key in r.replaces)
            turns.append(Turn("replaced" if heirs else event, earlier, finding, heirs))
    return Day(day, before, after, tuple(turns), tuple(p for p in packs if day in _after(p.end)))


def _event(day: date, before: Finding, after: Finding) -> Event | None:
    """What happens to a requirement on a day; None where nothing does, or where it never concerned the subject."""
    rule = after.rule
    if before.status == after.status == "not_applicable":
        return None
    if day == rule.start:
        return "start"
    if day in _after(rule.end):
        return "end"
    if day in _after(rule.due):
        return "due"
    if before.status == after.status and _bounds(before) == _bounds(after):
        return None
    if before.waiver is not None and day in _after(before.waiver.until):
        return "waiver_end"
    return "limit" if _bounds(before) != _bounds(after) else "fact"


def _bounds(finding: Finding) -> tuple[object, ...]:
    return tuple((c.path, c.op, c.limit, c.unit) for c in finding.comparisons)
