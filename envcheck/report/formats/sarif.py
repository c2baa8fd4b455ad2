"""SARIF 2.1.0: what fails and what is undetermined, each at the line of the facility file that it rests on.

Consumers often ignore `kind` and show a pass as an alert, so passes and what does not apply are written only on request.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from envcheck.judging.diff import Data, Difference
from envcheck.judging.gaps import GapLabel, gap_labels
from envcheck.model.facility import Waiver
from envcheck.model.finding import Finding, Report, Result
from envcheck.model.rule import STATUSES, ManualItem, Pack, Rule
from envcheck.report.formats.json import (
    finding_data,
    manual_data,
    pack_data,
    report_data,
    result_data,
    text_data,
    waiver_data,
)
from envcheck.report.formats.plain import as_json
from envcheck.report.parts.baseline import beside
from envcheck.report.parts.phrases import clean, message
from envcheck.text.messages import EMPTY, Text, tr
from envcheck.text.problems import Place
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
KIND = {
    "pass": "pass",
    "fail": "fail",
    "waived": "fail",
    "unknown": "open",
    "pending": "informational",
    "not_applicable": "notApplicable",
}
LEVEL = {"must": "error", "in_principle": "warning", "target": "note", "encourage": "note"}
BY_DEFAULT = frozenset({"fail", "waived", "unknown"})
PROPERTIES = (
    "status", "modality", "clause", "covers", "due", "measured", "limit", "margin", "would_pass", "missing", "flags", "trace", "waiver",
)  # fmt: skip


def render(
    result: Result,
    vocabulary: Vocabulary,
    lang: str = "zh",
    *,
    every: bool = False,
    baseline: Data | None = None,
) -> str:
    """The result as one SARIF run; with `every` all statuses and the duties for people.

    Beside a `baseline` (a result in the shape of the JSON contract) every result says whether it is new.
    """
    packs = {pack.id: pack for pack in result.packs}
    gap_label = gap_labels(result.packs, vocabulary)
    results: list[dict[str, Any]] = []
    descriptors: dict[str, dict[str, Any]] = {}
    for report in result.reports:
        for finding in report.findings:
            if every or finding.status in BY_DEFAULT:
                descriptors.setdefault(finding.rule.key, _rule(finding.rule, packs[finding.rule.pack], lang))
                results.append(_result(finding, report, gap_label, lang))
        for pack, item in report.manual if every else ():
            descriptors.setdefault(f"{pack.id}/{item.id}", _duty(pack, item, lang))
            results.append(_manual(pack, item, report, lang))
    if baseline is not None:
        found = beside(baseline, result_data(result, vocabulary), STATUSES if every else BY_DEFAULT)
        for one in results:
            one["baselineState"] = found.states[_key(one)]
        results += [_absent(one, lang) for one in found.absent]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(result, results, descriptors, gap_label, lang)]}
    return as_json(log) + "\n"


def _run(
    result: Result,
    results: Sequence[dict[str, Any]],
    descriptors: Mapping[str, dict[str, Any]],
    gap_label: GapLabel,
    lang: str,
) -> dict[str, Any]:
    """The run around its results: the tool with its rules, the call, and what was judged by what."""
    index = {name: number for number, name in enumerate(descriptors)}
    return {
        "tool": {
            "driver": {
                "name": "envcheck",
                "version": __version__,
                "language": _language(lang),
                "rules": list(descriptors.values()),
            }
        },
        "language": _language(lang),
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not result.unread,
                "toolExecutionNotifications": [
                    _unused(waiver, lang) for report in result.reports for waiver in report.unused_waivers
                ],
            }
        ],
        "results": [{**one, **_indexed(one["ruleId"], index)} for one in results],
        "properties": {
            "as_of": result.as_of.isoformat(),
            "engine": result.engine,
            "narrowed": list(result.narrowed),
            "configured": list(result.configured),
            "unread": list(result.unread),
            "packs": [pack_data(pack, result.as_of) for pack in result.packs],
            "facilities": [
                _chosen(report_data(report, gap_label), ("id", "name", "source", "outcome", "counts"))
                for report in result.reports
            ],
        },
    }


def _language(lang: str) -> str:
    return "zh-CN" if lang == "zh" else "en"


def _rule(rule: Rule, pack: Pack, lang: str) -> dict[str, Any]:
    descriptor: dict[str, Any] = {
        "id": rule.key,
        "shortDescription": _message(rule.title, lang),
        "defaultConfiguration": {"level": LEVEL[rule.modality]},
        "properties": {
            "modality": rule.modality,
            "plan": text_data(pack.title),
            "number": pack.number,
            "clause": rule.clause,
            "covers": list(rule.covers),
            "basis": list(rule.basis),
            "tags": [rule.pack, rule.modality],
        },
    }
    if rule.remedy != EMPTY:
        descriptor["help"] = _message(rule.remedy, lang)
    if rule.note != EMPTY:
        descriptor["fullDescription"] = _message(rule.note, lang)
    return descriptor


def _duty(pack: Pack, item: ManualItem, lang: str) -> dict[str, Any]:
    return {
        "id": f"{pack.id}/{item.id}",
        "shortDescription": _message(item.title, lang),
        "defaultConfiguration": {"level": "none"},
        "properties": manual_data(pack, item),
    }


def _result(finding: Finding, report: Report, gap_label: GapLabel, lang: str) -> dict[str, Any]:
    place = (finding.comparison and finding.comparison.place) or finding.subject.place
    kind = KIND[finding.status]
    found: dict[str, Any] = {
        "ruleId": finding.rule.key,
        "kind": kind,
        "level": LEVEL[finding.rule.modality] if kind == "fail" else "none",
        "message": _message(message(finding, gap_label), lang),
        "locations": [_location(place, report, finding.subject.path)],
        "partialFingerprints": _fingerprint(report.facility.id, finding.rule.key, finding.subject.path),
        "properties": _chosen(finding_data(finding, gap_label), PROPERTIES),
    }
    if finding.waiver is not None and finding.status == "waived":
        waiver = finding.waiver
        found["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": clean(f"{waiver.reason} ({waiver.document}, {waiver.approver})"),
                "location": {"physicalLocation": _physical(waiver.place)},
                "properties": {"until": waiver.until.isoformat()},  # the standard has no expiry
            }
        ]
    return found


def _manual(pack: Pack, item: ManualItem, report: Report, lang: str) -> dict[str, Any]:
    name = f"{pack.id}/{item.id}"
    return {
        "ruleId": name,
        "kind": "review",
        "level": "none",
        "message": _message(item.title, lang),
        "locations": [_location(report.facility.itself.place, report, "facility")],
        "partialFingerprints": _fingerprint(report.facility.id, name, "facility"),
        "properties": {"status": "manual", **manual_data(pack, item)},
    }


def _key(result: Mapping[str, Any]) -> tuple[str, str, str]:
    """Facility, rule and subject of a result."""
    where = result["locations"][0]["logicalLocations"][0]
    return where["fullyQualifiedName"].removesuffix(f"/{where['name']}"), result["ruleId"], where["name"]


def _absent(difference: Difference, lang: str) -> dict[str, Any]:
    """What the baseline lists and this result does not: it passes now, does not apply, or was not asked."""
    title = (difference.old or {}).get("title") or {"zh": difference.rule, "en": difference.rule}
    text = tr("no longer listed: {title}", title=Text(title["zh"], title["en"]))
    name = {"name": difference.subject, "fullyQualifiedName": f"{difference.facility}/{difference.subject}"}
    return {
        "ruleId": difference.rule,
        "kind": "informational",
        "level": "none",
        "message": _message(text, lang),
        "locations": [{"logicalLocations": [name]}],
        "partialFingerprints": _fingerprint(difference.facility, difference.rule, difference.subject),
        "baselineState": "absent",
        "properties": {"status": difference.old["status"] if difference.old else None},
    }


def _indexed(rule: str, index: Mapping[str, int]) -> dict[str, int]:
    return {"ruleIndex": index[rule]} if rule in index else {}


def _unused(waiver: Waiver, lang: str) -> dict[str, Any]:
    text = tr("waiver not used: {rule} ({document})", rule=waiver.rule, document=waiver.document)
    return {
        "level": "warning",
        "message": _message(text, lang),
        "locations": [{"physicalLocation": _physical(waiver.place)}],
        "properties": waiver_data(waiver),
    }


def _message(text: Text, lang: str) -> dict[str, str]:
    """A message that is plain text: braces doubled as SARIF 3.11.5 asks, nothing that reads as a link (3.11.6)."""
    plain = clean(text.within(lang)).replace("{", "{{").replace("}", "}}")
    return {"text": plain.replace("](", "] (")}


def _location(place: Place, report: Report, subject: str) -> dict[str, Any]:
    name = {"name": subject, "fullyQualifiedName": f"{report.facility.id}/{subject}"}
    return {"physicalLocation": _physical(place), "logicalLocations": [name]}


def _physical(place: Place) -> dict[str, Any]:
    file = place.file.partition("[")[0] if place.file.endswith("]") else place.file  # a cell of a workbook
    physical: dict[str, Any] = {"artifactLocation": {"uri": relative_uri(file)}}
    if place.line:
        region = {"startLine": place.line}
        physical["region"] = {**region, "startColumn": place.column} if place.column else region
    return physical


def relative_uri(path: str) -> str:
    """A file as seen from where envcheck runs, in the spelling of URIs; an absolute one where it lies elsewhere."""
    plain = os.path.normpath(path)
    if os.path.isabs(plain):
        try:
            here = os.path.join(os.getcwd(), "")
        except OSError:  # the working folder was removed
            here = ""
        if not here or not plain.startswith(here):
            return "file://" + _quoted(plain)
        plain = plain.removeprefix(here)
    return _quoted(plain)


def _quoted(path: str) -> str:
    """A path whose bytes need not be text in UTF-8."""
    return quote(path.replace(os.sep, "/").encode(errors="surrogateescape"))


def _fingerprint(*parts: str) -> dict[str, str]:
    """What tells a finding from all others, whatever its line or value."""
    return {"envcheckFinding/v1": hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]}


def _chosen(data: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: data[key] for key in keys}
