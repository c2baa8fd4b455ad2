"""One finding a line: the keys of the JSON contract, with the facility and the day asked about on every line.

Duties for people and waivers that nothing used are lines of their own, so that none of them is lost on the way; their
status is `manual` and `unused_waiver`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from envcheck.judging.gaps import gap_labels
from envcheck.model.finding import Result
from envcheck.report.formats.json import finding_data, manual_data, waiver_data
from envcheck.report.formats.plain import as_json
from envcheck.vocabulary.words import Vocabulary


def render(result: Result, vocabulary: Vocabulary, _lang: str = "zh") -> str:
    """The findings of all facilities, in both languages, a line each."""
    return "".join(as_json(row, indent=None) + "\n" for row in rows(result, vocabulary))


def rows(result: Result, vocabulary: Vocabulary) -> Iterator[dict[str, Any]]:
    """Every finding, then every duty for people and every unused waiver, facility by facility."""
    gap_label = gap_labels(result.packs, vocabulary)
    for report in result.reports:
        head = {
            "as_of": result.as_of.isoformat(),
            "facility": report.facility.id,
            "name": report.facility.name,
            "source": report.facility.source,
            "outcome": report.outcome,
            "configured": list(result.configured),
            "unread": list(result.unread),
        }
        for finding in report.findings:
            yield {**head, **finding_data(finding, gap_label)}
        for pack, item in report.manual:
            yield {**head, "status": "manual", **manual_data(pack, item)}
        for waiver in report.unused_waivers:
            yield {**head, "status": "unused_waiver", **waiver_data(waiver)}
