"""What findings lack: how people call it, and which facts to ask for first, by how many findings each helps to settle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from envcheck.model.evidence import Gap
from envcheck.model.finding import Finding, Report
from envcheck.model.rule import Pack
from envcheck.text.messages import Text, tr
from envcheck.vocabulary.words import Vocabulary

GapLabel = Callable[[Finding, Gap], Text]
"""What people call a gap of a finding."""


class FactRequest(NamedTuple):
    """A missing fact: where it belongs, what it is called, and how many undetermined findings lack it."""

    path: str
    label: Text
    findings: int
    decisive: int
    subject: str = ""
    """The path of the subject that it is a fact of; empty for a limit."""


def facts_to_ask(report: Report, packs: Sequence[Pack], vocabulary: Vocabulary) -> tuple[FactRequest, ...]:
    """The missing facts of a report, those that settle most decisive findings first."""
    from envcheck.judging.judge import decisive

    counts: dict[str, list[int]] = {}
    labels: dict[str, Text] = {}
    subjects: dict[str, str] = {}
    gap_label = gap_labels(packs, vocabulary)
    for finding in report.findings:
        if finding.status != "unknown":
            continue
        for gap in finding.gaps:
            path = full_path(finding, gap)
            if path not in labels:
                labels[path] = gap_label(finding, gap)
                subjects[path] = gap.of(finding.subject.path, finding.subject.kind).subject
            count = counts.setdefault(path, [0, 0])
            count[0] += 1
            count[1] += decisive(finding)
    asks = [FactRequest(path, labels[path], n, d, subjects[path]) for path, (n, d) in counts.items()]
    return tuple(sorted(asks, key=lambda ask: (-ask.decisive, -ask.findings, ask.path)))


class Presumed(NamedTuple):
    """A definition that was taken not to hold, the facts that would overrule this (path, label), and the rules it spares."""

    title: Text
    facts: tuple[tuple[str, Text], ...]
    findings: int


def presumptions(report: Report, packs: Sequence[Pack], vocabulary: Vocabulary) -> tuple[Presumed, ...]:
    """What was presumed of a facility, each once, those that spare most rules first."""
    found: dict[tuple[Text, tuple[Gap, ...]], tuple[Finding, list[str]]] = {}
    for finding in report.findings:
        for one in finding.presumed:
            facts = tuple(gap.of(finding.subject.path, finding.subject.kind) for gap in one.facts)
            found.setdefault((one.title, facts), (finding, []))[1].append(finding.rule.key)
    gap_label = gap_labels(packs, vocabulary)
    listed = [
        Presumed(title, tuple((gap.name, gap_label(finding, gap)) for gap in facts), len(rules))
        for (title, facts), (finding, rules) in found.items()
    ]
    return tuple(sorted(listed, key=lambda one: (-one.findings, one.title, one.facts)))


def gap_labels(packs: Sequence[Pack], vocabulary: Vocabulary) -> GapLabel:
    """How to call the facts that findings of these packs miss."""
    by_id = {pack.id: pack for pack in packs}
    return lambda finding, gap: _label(finding, gap, by_id[finding.rule.pack], vocabulary)


def full_path(finding: Finding, gap: Gap) -> str:
    """The name of a gap with its subject: `boilers/B1.emissions.NOx`."""
    return gap.of(finding.subject.path, finding.subject.kind).name


def _label(finding: Finding, gap: Gap, pack: Pack, vocabulary: Vocabulary) -> Text:
    if gap.kind == "limit":
        return tr("look up the limit {name}", name=gap.path[0])
    if gap.kind == "series":
        detail = f"{gap.path[0]}: {gap.detail}" if gap.detail else gap.path[0]
        return tr("valid monitoring data: {detail}", detail=detail)
    name = gap.path[0]
    kind = vocabulary.kinds[gap.subject_kind or finding.subject.kind]
    attribute = vocabulary.attribute(kind, name)
    definition = pack.definition(kind.id, name)
    if definition is not None and attribute is None:
        return definition.title
    listed = vocabulary.plural(name)
    if listed is not None:
        return tr("list of {kind}", kind=Text(listed.label.zh, listed.plural))
    return vocabulary.label(kind, gap.path if attribute is not None and attribute.is_map else (name,))
