"""The JSON contract: keys are only ever added, numbers are texts, the same input gives the same bytes."""

from __future__ import annotations

from datetime import date
from typing import Any

from envcheck.facility.whatif import goal
from envcheck.judging.gaps import GapLabel, gap_labels, presumptions
from envcheck.judging.judge import grounds
from envcheck.judging.problems import Problem, problems
from envcheck.judging.steps import trace_line
from envcheck.model.evidence import ASKED, Stated, Step
from envcheck.model.facility import Waiver
from envcheck.model.finding import Comparison, Finding, Report, Result
from envcheck.model.monitoring import Monitored
from envcheck.model.rule import STATUSES, ManualItem, Pack
from envcheck.report.formats.plain import as_json
from envcheck.report.parts.phrases import message
from envcheck.text.messages import EMPTY, Text
from envcheck.text.problems import Place
from envcheck.units.quantity import Interval, show
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

FORMAT = "envcheck/findings/1"


def render(result: Result, vocabulary: Vocabulary, _lang: str = "zh") -> str:
    """The result as JSON text, in both languages, ending in a newline."""
    return as_json(result_data(result, vocabulary)) + "\n"


def result_data(result: Result, vocabulary: Vocabulary) -> dict[str, Any]:
    """The whole contract."""
    gap_label = gap_labels(result.packs, vocabulary)
    return {
        "format": FORMAT,
        "envcheck": __version__,
        "as_of": result.as_of.isoformat(),
        "engine": result.engine,
        "packs": [pack_data(pack, result.as_of) for pack in result.packs],
        "narrowed": list(result.narrowed),
        "configured": list(result.configured),
        "unread": list(result.unread),
        "facilities": [
            {**report_data(report, gap_label), "presumptions": _presumptions(report, result, vocabulary)}
            for report in result.reports
        ],
    }


def pack_data(pack: Pack, as_of: date) -> dict[str, Any]:
    """A pack: what it is, which bytes it had, and whether its plan's period is over."""
    return {
        "id": pack.id,
        "version": pack.version,
        "digest": pack.digest,
        "plan_period_ended": pack.ended(as_of),
        "region": pack.region,
        "title": text_data(pack.title),
        "number": pack.number,
        "reviewed_on": pack.reviewed_on.isoformat(),
        "text_sha256": pack.text_digest or None,
    }


def report_data(report: Report, gap_label: GapLabel) -> dict[str, Any]:
    """All about one facility."""
    counts = {status: report.count(status) for status in STATUSES}
    return {
        "id": report.facility.id,
        "name": report.facility.name,
        "source": report.facility.source,
        "inputs": [{"file": one.file, "sha256": one.digest} for one in report.facility.inputs],
        "outcome": report.outcome,
        "rests_on": grounds(report.findings)._asdict(),
        "counts": {**counts, "manual": len(report.manual)},
        "problems": [problem_data(problem) for problem in problems(report.findings)],
        "manual": [manual_data(pack, item) for pack, item in report.manual],
        "packs_not_binding": list(report.not_binding),
        "unused_waivers": [waiver_data(waiver) for waiver in report.unused_waivers],
        "findings": [finding_data(finding, gap_label) for finding in report.findings],
    }


def problem_data(problem: Problem) -> dict[str, Any]:
    """What fails, once, with the findings that it breaks by rule and subject, the strictest first."""
    return {
        "subject": problem.subject.path,
        "about": list(problem.about),
        "decisive": problem.decisive,
        "after_plan_period": problem.ended,
        "sentences": list(dict.fromkeys(text for f in problem.findings for text in f.rule.sentences)),
        "findings": [{"rule": f.rule.key, "subject": f.subject.path} for f in problem.findings],
    }


def _presumptions(report: Report, result: Result, vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """What was presumed, and the facts that would overrule it."""
    return [
        {"title": text_data(one.title), "facts": [path for path, _ in one.facts], "findings": one.findings}
        for one in presumptions(report, result.packs, vocabulary)
    ]


def manual_data(pack: Pack, item: ManualItem) -> dict[str, Any]:
    """A duty that people must look at."""
    return {
        "covers": list(item.covers),
        "clause": item.clause,
        "pack": pack.id,
        "id": item.id,
        "modality": item.modality,
        "title": text_data(item.title),
    }


def finding_data(finding: Finding, gap_label: GapLabel) -> dict[str, Any]:
    """One finding."""
    rule, main = finding.rule, finding.comparison
    return {
        "rule": rule.key,
        "subject": finding.subject.path,
        "status": finding.status,
        "modality": rule.modality,
        "pack": rule.pack,
        "clause": rule.clause,
        "covers": list(rule.covers),
        "due": rule.due.isoformat() if rule.due else None,
        "measured": _measured(main) if main else None,
        "limit": _limit(main) if main else None,
        "margin": _number(main.margin) if main else None,
        "missing": list(finding.missing),
        "flags": list(finding.flags),
        "trace": [trace_line(step) for step in finding.steps],
        "steps": [_step_data(step) for step in finding.steps],
        "message": text_data(message(finding, gap_label)),
        "title": text_data(rule.title),
        "remedy": text_data(rule.remedy) if rule.remedy != EMPTY else None,
        "note": text_data(rule.note) if rule.note != EMPTY else None,
        "basis": list(rule.basis),
        "comparisons": [
            {
                "path": c.path,
                "holds": c.truth,
                "measured": _measured(c),
                "limit": _limit(c),
                "margin": _number(c.margin),
                "place": place_data(c.place) if c.place else None,
                "would_pass": _goal(finding, c),
                **({"series": series_data(c.series)} if c.series is not None else {}),
            }
            for c in finding.comparisons
        ],
        "would_pass": _goal(finding, main) if main else None,
        **({"series": series_data(main.series)} if main is not None and main.series is not None else {}),
        "waiver": waiver_data(finding.waiver) if finding.waiver else None,
        "place": place_data(finding.subject.place),
        "measured_place": place_data(main.place) if main and main.place else None,
        "rule_place": place_data(rule.place),
    }


def _step_data(step: Step) -> dict[str, Any]:
    """One step of the derivation: what it does not have is left out."""
    data: dict[str, Any] = {"kind": step.kind}
    if step.kind in ASKED:
        data["holds"] = step.truth
    data |= {key: value for key in ("of", "text", "result") if (value := getattr(step, key))}
    if step.facts:
        data["facts"] = [_fact_data(fact) for fact in step.facts]
    return data


def _fact_data(fact: Stated) -> dict[str, Any]:
    data: dict[str, Any] = {"name": fact.name, "stated": fact.text}
    data |= {key: value for key in ("converted", "convention") if (value := getattr(fact, key))}
    if fact.place is not None:
        data["place"] = place_data(fact.place)
    return data


def series_data(series: Monitored) -> dict[str, Any]:
    """What a monitoring series says of a limit: how much data there was, the months, the worst means."""
    return {
        "file": series.file,
        "substance": series.substance,
        "means": f"{series.hours} h" if series.every == "window" else series.every,
        "limit": _bound(series.op, series.limit, series.unit),
        "reference_oxygen": show(series.reference) if series.reference is not None else None,
        "rows": "day" if series.daily else "hour",
        "first": series.first,
        "last": series.last,
        "hours": series.total,
        "valid": series.valid,
        "excluded": dict(series.excluded),
        "judged": series.means,
        "exceeding": series.exceeding,
        "undecided": series.undecided,
        "share": _number(series.share),
        "months": [
            {
                "month": month.name,
                "due": month.due,
                "valid": month.valid,
                "within": month.within,
                "exceeding": month.beyond,
                "enough": month.enough,
                "share": _number(month.share),
            }
            for month in series.months
        ],
        "worst": [
            {
                "at": peak.at,
                "value": show(peak.value.high) if peak.value.high is not None else None,
                "unit": series.unit,
                "step": peak.step,
                "place": place_data(peak.place),
            }
            for peak in series.worst
        ],
    }


def _measured(comparison: Comparison) -> dict[str, str] | None:
    value = comparison.measured
    if value is None or value.high is None:
        return None
    return {"value": show(value.high), "unit": comparison.unit}


def _goal(finding: Finding, comparison: Comparison) -> dict[str, str] | None:
    found = goal(finding, comparison)
    if found is None:
        return None
    return {"op": found.op, "value": show(found.value), "unit": found.unit, **text_data(found.text)}


def _limit(comparison: Comparison) -> dict[str, str] | None:
    return _bound(comparison.op, comparison.limit, comparison.unit)


def _bound(op: str, limit: Interval, unit: str) -> dict[str, str] | None:
    value = limit.exact
    return None if value is None else {"op": op, "value": show(value), "unit": unit}


def _number(value: Interval | None) -> str | None:
    return show(value.exact, 6) if value is not None and value.exact is not None else None


def text_data(text: Text) -> dict[str, str]:
    """A text in both languages."""
    return {"zh": text.zh, "en": text.en}


def place_data(place: Place) -> dict[str, Any]:
    """A place; line 0 means the file as a whole."""
    return {"file": place.file, "line": place.line, "column": place.column}


def waiver_data(waiver: Waiver) -> dict[str, Any]:
    """A waiver as the file states it."""
    return {
        "rule": waiver.rule,
        "subject": waiver.subject or None,
        "document": waiver.document,
        "approver": waiver.approver,
        "until": waiver.until.isoformat(),
        "reason": waiver.reason,
        "place": place_data(waiver.place),
    }
