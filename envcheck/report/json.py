"""The JSON contract: keys are only ever added, numbers are texts, the same input gives the same bytes."""

from __future__ import annotations

import json
from typing import Any

from envcheck import __version__
from envcheck.model import STATUSES, Comparison, Finding, Report, Result, Waiver
from envcheck.quantity import Interval, show
from envcheck.report.words import message
from envcheck.text import EMPTY, Place, Text
from envcheck.vocabulary import Vocabulary

FORMAT = "envcheck/findings/1"


def render(result: Result, _words: Vocabulary | None = None, _lang: str = "zh") -> str:
    """The result as JSON text, in both languages, ending in a newline."""
    return json.dumps(_result(result), ensure_ascii=False, indent=1) + "\n"


def _result(result: Result) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "envcheck": __version__,
        "as_of": result.as_of.isoformat(),
        "engine": result.engine,
        "packs": [
            {
                "id": pack.id,
                "version": pack.version,
                "digest": pack.digest,
                "plan_period_ended": pack.ended(result.as_of),
                "region": pack.region,
                "title": _text(pack.title),
                "number": pack.number,
                "reviewed_on": pack.reviewed_on.isoformat(),
            }
            for pack in result.packs
        ],
        "facilities": [_report(report) for report in result.reports],
    }


def _report(report: Report) -> dict[str, Any]:
    counts = {status: report.count(status) for status in STATUSES}
    return {
        "id": report.facility.id,
        "name": report.facility.name,
        "source": report.facility.source,
        "outcome": report.outcome,
        "counts": {**counts, "manual": len(report.manual)},
        "manual": [
            {
                "covers": list(item.covers),
                "clause": item.clause,
                "pack": pack.id,
                "id": item.id,
                "modality": item.modality,
                "title": _text(item.title),
            }
            for pack, item in report.manual
        ],
        "packs_not_binding": list(report.not_binding),
        "unused_waivers": [_waiver(waiver) for waiver in report.unused_waivers],
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
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
        "trace": list(finding.trace),
        "message": _text(message(finding)),
        "title": _text(rule.title),
        "remedy": _text(rule.remedy) if rule.remedy != EMPTY else None,
        "note": _text(rule.note) if rule.note != EMPTY else None,
        "basis": list(rule.basis),
        "comparisons": [
            {
                "path": c.path,
                "holds": c.truth,
                "measured": _measured(c),
                "limit": _limit(c),
                "margin": _number(c.margin),
                "place": _place(c.place) if c.place else None,
            }
            for c in finding.comparisons
        ],
        "waiver": _waiver(finding.waiver) if finding.waiver else None,
        "place": _place(finding.subject.place),
        "rule_place": _place(rule.place),
    }


def _measured(comparison: Comparison) -> dict[str, str] | None:
    value = comparison.measured
    if value is None or value.high is None:
        return None
    return {"value": show(value.high), "unit": comparison.unit}


def _limit(comparison: Comparison) -> dict[str, str] | None:
    value = comparison.limit.exact
    return None if value is None else {"op": comparison.op, "value": show(value), "unit": comparison.unit}


def _number(value: Interval | None) -> str | None:
    return show(value.exact, 6) if value is not None and value.exact is not None else None


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column}


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "rule": waiver.rule,
        "subject": waiver.subject or None,
        "document": waiver.document,
        "approver": waiver.approver,
        "until": waiver.until.isoformat(),
        "reason": waiver.reason,
        "place": _place(waiver.place),
    }
