"""Hold facilities against packs: the one function behind `check`, and the rules' own examples."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from envcheck import engines
from envcheck.evaluate import Situation, evaluate
from envcheck.judge import unused_waivers
from envcheck.model import Facility, ManualItem, Pack, Report, Result
from envcheck.text import InputError, Place, Problem, Text


def binds(pack: Pack, facility: Facility) -> bool:
    """Whether a pack's region may hold the facility."""
    fact = facility.itself.facts.get("region")
    if fact is None:
        return True
    region = str(fact.value)
    return region.startswith(pack.region) or pack.region.startswith(region)


def check(
    facilities: Sequence[Facility], packs: Sequence[Pack], as_of: date, engine: str, *, everywhere: bool = False
) -> Result:
    """All findings of the packs on the facilities.

    Packs whose region does not hold a facility are named as not binding, unless `everywhere` asks for them all.

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
        manual = tuple(
            (pack, item) for pack in bound for item in pack.manual if _may_concern(item, pack, facility, as_of)
        )
        reports.append(Report(facility, outcome, findings, manual, others, unused_waivers(facility, findings)))
    if problems:
        raise InputError(problems)
    return Result(as_of, engine, tuple(packs), tuple(reports))


def _nothing(facility: Facility, packs: Sequence[Pack], bound: Sequence[Pack]) -> Problem:
    place = Place(facility.source)
    if not bound:
        regions = ", ".join(f"{pack.id} ({pack.region})" for pack in packs)
        region = facility.itself.facts["region"].text
        return Problem(
            place,
            Text(
                f"没有适用于行政区划 {region} 的规则包，未作任何检查",
                f"no pack binds region {region}: nothing was checked",
            ),
            Text(f"已载入：{regions}", f"Loaded: {regions}"),
        )
    return Problem(
        place,
        Text(
            "选中的规则不涉及文件中的任何对象，未作任何检查",
            "no selected rule is about any subject in the file: nothing was checked",
        ),
        Text(
            "请补充锅炉、排放口、项目等对象，或检查 --select", "add boilers, outlets, projects …, or look at --select"
        ),
    )


def _may_concern(item: ManualItem, pack: Pack, facility: Facility, as_of: date) -> bool:
    at = Situation(facility, facility.itself, as_of, pack.definitions)
    return any(
        all(evaluate(condition, at.of(subject)).truth is not False for condition in item.when)
        for subject in facility.of_kind(item.kind)
    )
