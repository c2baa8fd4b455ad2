"""The summary of a screening as JSON: keys are only ever added, the same input gives the same bytes."""

from __future__ import annotations

from typing import Any

from envcheck.model.rule import STATUSES
from envcheck.register.results.summary import Counts, OfRule, Ranked, Refused, Summary
from envcheck.report.formats.json import pack_data, text_data
from envcheck.report.formats.plain import as_json
from envcheck.version import __version__

FORMAT = "envcheck/screening/1"


def render(summary: Summary) -> str:
    """The summary as JSON text, in both languages, ending in a newline."""
    return as_json(screening_data(summary)) + "\n"


def screening_data(summary: Summary) -> dict[str, Any]:
    """The whole contract."""
    return {
        "format": FORMAT,
        "envcheck": __version__,
        "as_of": summary.as_of.isoformat(),
        "engine": summary.engine,
        "source": summary.source,
        "packs": [pack_data(pack, summary.as_of) for pack in summary.packs],
        "narrowed": list(summary.narrowed),
        "configured": list(summary.configured),
        "reading": [text_data(note) for note in summary.notes],
        "rows": {
            rows.name: {
                "source": rows.path, "read": rows.read, "judged": rows.judged, "rejected": rows.rejected,
                "rules": rows.rules,
            }
            for rows in summary.tables
        },
        "rows_total": {"read": summary.read, "judged": summary.judged, "rejected": summary.rejected},
        "measurements": {
            "read": summary.measured, "judged": summary.measured - summary.unmeasured, "rejected": summary.unmeasured,
        },
        "totals": _counts(summary.totals),
        "flags": dict(summary.flags),
        "facilities": {**summary.facilities, "rejected": summary.rejected_facilities},
        "plans": [
            {"pack": plan.pack.id, "rules": plan.rules, "counts": _counts(plan.counts), "manual": plan.manual}
            for plan in summary.plans
        ],
        "rules": [_rule(one) for one in summary.rules],
        "regions": [one._asdict() for one in summary.regions],
        "ranking": [_ranked(one) for one in summary.ranking],
        "rejects": [_refused(one) for one in summary.rejects],
        "not_covered": [{"kind": one.kind.plural, "rules": one.rules} for one in summary.uncovered],
    }  # fmt: skip


def _counts(counts: Counts) -> dict[str, int]:
    return {status: counts[status] for status in STATUSES}


def _rule(one: OfRule) -> dict[str, Any]:
    rule = one.rule
    return {
        "rule": rule.key,
        "title": text_data(rule.title),
        "clause": rule.clause,
        "covers": list(rule.covers),
        "modality": rule.modality,
        "due": rule.due.isoformat() if rule.due else None,
        "kind": rule.kind,
        "counts": _counts(one.counts),
        "flags": dict(one.flags),
    }


def _ranked(one: Ranked) -> dict[str, Any]:
    worst = one.worst
    return {
        "facility": one.facility,
        "name": one.name,
        "fails": dict(one.fails),
        "unknown": one.unknown,
        "worst": None if worst is None else {
            "rule": worst.rule,
            "subject": worst.subject,
            "margin": None if worst.margin is None else f"{worst.margin:.6g}",
        },
    }  # fmt: skip


def _refused(refused: Refused) -> dict[str, Any]:
    return {
        "reason": text_data(refused.reason),
        "rows": refused.rows,
        "examples": [
            {"file": one.file, "row": one.row, "facility": one.facility, "reason": text_data(one.reason)}
            for one in refused.examples
        ],
    }
