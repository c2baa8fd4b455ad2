"""JUnit XML: a suite for each facility and pack, a case for each finding and each duty for people.

An unknown is an error, not a skip: most build servers paint skipped cases green, and nothing passes for lack of data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from envcheck.judging.gaps import GapLabel, gap_labels
from envcheck.judging.steps import trace_line
from envcheck.model.finding import Finding, Report, Result
from envcheck.model.rule import ManualItem, Pack
from envcheck.report.parts.phrases import MODALITY, OUTCOME, STATUS, clean, message
from envcheck.text.messages import EMPTY, tr
from envcheck.vocabulary.words import Vocabulary

OUTCOMES = {
    "fail": "failure",
    "unknown": "error",
    "pending": "skipped",
    "waived": "skipped",
    "not_applicable": "skipped",
}
NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
MANUAL = tr("to be looked at by people")


def render(result: Result, vocabulary: Vocabulary, lang: str = "zh") -> str:
    """The result as one JUnit document."""
    root = ET.Element("testsuites", name="envcheck")
    gap_label = gap_labels(result.packs, vocabulary)
    for report in result.reports:
        suites = [_suite(result, report, pack, gap_label, lang) for pack in result.packs if _has_cases(report, pack)]
        for waiver in report.unused_waivers:
            _property(suites[0], "unused_waiver", f"{waiver.rule}; {waiver.document}; {waiver.place}")
        root.extend(suites)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _has_cases(report: Report, pack: Pack) -> bool:
    return any(f.rule.pack == pack.id for f in report.findings) or any(p.id == pack.id for p, _ in report.manual)


def _suite(result: Result, report: Report, pack: Pack, gap_label: GapLabel, lang: str) -> ET.Element:
    facility = report.facility
    suite = ET.Element("testsuite", name=_xml(f"{facility.name} ({facility.id}) · {pack.id}"))
    ET.SubElement(suite, "properties")
    for name, value in (
        ("facility", facility.id),
        ("source", facility.source),
        ("as_of", result.as_of.isoformat()),
        ("outcome", OUTCOME[report.outcome].within(lang)),
        ("plan", pack.title.within(lang)),
        ("pack_version", pack.version),
        ("pack_digest", pack.digest),
    ):
        _property(suite, name, value)
    if result.unread:
        _property(suite, "unread", ", ".join(result.unread))
    if result.narrowed:
        _property(suite, "narrowed", ", ".join(result.narrowed))
    if result.configured:
        _property(suite, "configured", "; ".join(result.configured))
    for finding in report.findings:
        if finding.rule.pack == pack.id:
            suite.append(_case(finding, facility.id, pack, gap_label, lang))
    for owner, item in report.manual:
        if owner.id == pack.id:
            suite.append(_manual(item, facility.id, pack, lang))
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
    return suite


def _case(finding: Finding, facility: str, pack: Pack, gap_label: GapLabel, lang: str) -> ET.Element:
    rule = finding.rule
    case = _named(f"{finding.subject.path} {rule.id}", facility, pack)
    tag = OUTCOMES.get(finding.status)
    said = message(finding, gap_label).within(lang)
    if tag is not None:
        word = STATUS[finding.status].within(lang)
        ET.SubElement(case, tag, type=finding.status, message=_xml(said)).text = _xml(f"{word}: {said}")
    lines: Sequence[str] = (
        said,
        f"{pack.citation.within(lang)} {rule.clause} [{rule.key}] {MODALITY[rule.modality].within(lang)}",
        str((finding.comparison and finding.comparison.place) or finding.subject.place),
        rule.remedy.within(lang) if rule.remedy != EMPTY else "",
        *map(trace_line, finding.steps),
    )
    ET.SubElement(case, "system-out").text = "\n".join(_xml(one) for one in lines if one)
    return case


def _manual(item: ManualItem, facility: str, pack: Pack, lang: str) -> ET.Element:
    case = _named(f"{item.kind} {item.id}", facility, pack)
    said = f"{MANUAL.within(lang)}: {item.title.within(lang)} ({pack.citation.within(lang)} {item.clause})"
    ET.SubElement(case, "skipped", type="manual", message=_xml(said))
    return case


def _named(name: str, facility: str, pack: Pack) -> ET.Element:
    return ET.Element("testcase", classname=_xml(f"{facility}.{pack.id}"), name=_xml(name))


def _property(suite: ET.Element, name: str, value: str) -> None:
    properties = suite.find("properties")
    assert properties is not None
    ET.SubElement(properties, "property", name=name, value=_xml(value))


def _xml(text: str) -> str:
    """A text without characters that XML has no way to write."""
    return NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", clean(text))
