"""Hold facilities against packs: the one function behind `check`, and the rules' own examples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from envcheck.judging import engines, permits
from envcheck.judging.evaluate import evaluate
from envcheck.judging.judge import outcome as judged
from envcheck.judging.judge import strictly, unused_waivers
from envcheck.judging.situation import Situation
from envcheck.model.facility import Facility
from envcheck.model.finding import Finding, Report, Result
from envcheck.model.rule import ManualItem, Pack
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem


def binds(pack: Pack, facility: Facility) -> bool:
    """Whether a pack's region may hold the facility."""
    stated = [s.facts["region"] for s in facility.subjects() if "region" in s.facts]
    if "region" not in facility.itself.facts:
        return True
    return any(str(r.value).startswith(pack.region) or pack.region.startswith(str(r.value)) for r in stated)


def check(
    facilities: Iterable[Facility],
    packs: Sequence[Pack],
    as_of: date,
    engine: str,
    *,
    everywhere: bool = False,
    strict: bool = False,
) -> Result:
    """All findings of the packs on the facilities.

    Packs whose region does not hold a facility are named as not binding, unless `everywhere` asks for them all. `strict`
    lets nothing pass on an assumption or an unverified limit.

    Raises:
        InputError: nothing would be checked (no pack binds a facility, or no rule is about anything in it).
    """
    run = engines.get(engine)
    reports: list[Report] = []
    problems: list[Problem] = []
    for facility in facilities:
        bound = [pack for pack in packs if everywhere or binds(pack, facility)]
        others = tuple(pack.id for pack in packs if pack not in bound)
        findings, outcome = run(facility, bound, as_of)
        if not findings:
            problems.append(_nothing(facility, packs, bound))
            continue
        if strict:
            findings = tuple(strictly(finding) for finding in findings)
            outcome = judged(findings)
        findings = permits.flagged(mark_governing(findings), facility, bound, as_of)
        manual = tuple(
            (pack, item) for pack in bound for item in pack.manual if _may_concern(item, pack, facility, as_of)
        )
        reports.append(Report(facility, outcome, findings, manual, others, unused_waivers(facility, findings)))
    if problems:
        raise InputError(problems)
    return Result(as_of, engine, tuple(packs), tuple(reports))


def mark_governing(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Flag the strictest of several rules that limit the same quantity of a subject in the same direction.

    Where the quantity was measured, the strictest limit is the one that leaves the least room for it (this also ranks
    limits at different reference oxygen contents); else the lowest maximum or the highest minimum.
    """
    groups: dict[tuple[str, str, str], list[int]] = {}
    for number, finding in enumerate(findings):
        limit = finding.comparison
        if finding.status != "not_applicable" and limit is not None and limit.limit.exact is not None:
            groups.setdefault((finding.subject.path, limit.path, limit.op[:1]), []).append(number)
    governing = {min(group, key=lambda n: _room(findings[n])) for group in groups.values() if len(group) > 1}
    return tuple(f._replace(flags=(*f.flags, "governing")) if n in governing else f for n, f in enumerate(findings))


def _room(finding: Finding) -> tuple[bool, Fraction]:
    limit = finding.comparison
    assert limit is not None
    assert limit.limit.exact is not None
    if limit.margin is not None and limit.margin.exact is not None:
        return False, limit.margin.exact
    return True, limit.limit.exact if limit.op.startswith("<") else -limit.limit.exact


def _nothing(facility: Facility, packs: Sequence[Pack], bound: Sequence[Pack]) -> Problem:
    place = Place(facility.source)
    if not bound:
        regions = ", ".join(f"{pack.id} ({pack.region})" for pack in packs)
        region = facility.itself.facts["region"].text
        return Problem(
            place,
            tr("no pack binds region {region}: nothing was checked", region=region),
            tr("Loaded: {regions}", regions=regions),
        )
    return Problem(
        place,
        tr("no selected rule is about any subject in the file: nothing was checked"),
        tr("add boilers, outlets, projects …, or look at --select"),
    )


def _may_concern(item: ManualItem, pack: Pack, facility: Facility, as_of: date) -> bool:
    at = Situation(facility, facility.itself, as_of, pack.definitions)
    return any(
        all(evaluate(condition, at.of(subject)).truth is not False for condition in item.when)
        for subject in facility.of_kind(item.kind)
    )
