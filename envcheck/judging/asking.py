"""The facts to ask for: one list, ordered by how many findings each would help to settle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from envcheck.model.finding import Finding, Report
from envcheck.model.rule import Pack
from envcheck.text.messages import Text, tr
from envcheck.vocabulary.words import PARTS, Kind, Vocabulary

Called = Callable[[Finding, str], Text]
"""What people call a missing fact of a finding."""


class Ask(NamedTuple):
    """A missing fact: where it belongs, what it is called, and how many undetermined findings lack it."""

    path: str
    label: Text
    findings: int
    decisive: int


def facts_to_ask(report: Report, packs: Sequence[Pack], vocabulary: Vocabulary) -> tuple[Ask, ...]:
    """The missing facts of a report, those that settle most decisive findings first."""
    from envcheck.judging.judge import decisive

    counts: dict[str, list[int]] = {}
    labels: dict[str, Text] = {}
    called = naming(packs, vocabulary)
    for finding in report.findings:
        if finding.status != "unknown":
            continue
        for name in finding.missing:
            path = full_path(finding, name)
            if path not in labels:
                labels[path] = called(finding, name)
            count = counts.setdefault(path, [0, 0])
            count[0] += 1
            count[1] += decisive(finding)
    asks = [Ask(path, labels[path], n, d) for path, (n, d) in counts.items()]
    return tuple(sorted(asks, key=lambda ask: (-ask.decisive, -ask.findings, ask.path)))


class Presumed(NamedTuple):
    """A definition that was taken not to hold, the facts that would overrule this (path, label), and the rules it spares."""

    title: Text
    facts: tuple[tuple[str, Text], ...]
    findings: int


def presumptions(report: Report, packs: Sequence[Pack], vocabulary: Vocabulary) -> tuple[Presumed, ...]:
    """What was presumed of a facility, each once, those that spare most rules first."""
    found: dict[tuple[Text, tuple[str, ...]], tuple[Finding, list[str]]] = {}
    for finding in report.findings:
        for one in finding.presumed:
            paths = tuple(full_path(finding, name) for name in one.facts)
            found.setdefault((one.title, paths), (finding, []))[1].append(finding.rule.key)
    called = naming(packs, vocabulary)
    listed = [
        Presumed(title, tuple((path, called(finding, path)) for path in paths), len(rules))
        for (title, paths), (finding, rules) in found.items()
    ]
    return tuple(sorted(listed, key=lambda one: (-one.findings, one.title, one.facts)))


def naming(packs: Sequence[Pack], vocabulary: Vocabulary) -> Called:
    """How to call the facts that findings of these packs miss."""
    by_id = {pack.id: pack for pack in packs}
    return lambda finding, name: _label(finding, name, by_id[finding.rule.pack], vocabulary)


def full_path(finding: Finding, name: str) -> str:
    """A missing fact with its subject: `boilers/B1.emissions.NOx`."""
    if name.startswith(("facility.", "limit: ")) or "/" in name.partition(".")[0]:
        return name
    return f"{finding.subject.path}.{name}"


def _label(finding: Finding, name: str, pack: Pack, vocabulary: Vocabulary) -> Text:
    if name.startswith("limit: "):
        return tr("look up the limit {name}", name=name[7:])
    path = full_path(finding, name)
    owner, _, rest = path.partition(".")
    kind = vocabulary.kinds["facility"]
    if "/" in owner:
        kind = vocabulary.plural(owner.partition("/")[0]) or kind
    parts = rest.split(".")
    if parts[0] == "series" and len(parts) > 1:
        detail = rest.removeprefix("series.")
        return tr("valid monitoring data: {detail}", detail=detail)
    definition = pack.definition(kind.id, parts[0])
    if definition is not None and vocabulary.attribute(kind, parts[0]) is None:
        return definition.title
    listed = vocabulary.plural(parts[0])
    if listed is not None:
        return tr("list of {kind}", kind=Text(listed.label.zh, listed.plural))
    return _attribute(vocabulary, kind, parts)


def _attribute(vocabulary: Vocabulary, kind: Kind, parts: list[str]) -> Text:
    attribute = vocabulary.attribute(kind, parts[0])
    if attribute is None or not attribute.is_map or len(parts) == 1:
        return vocabulary.label(kind, (parts[0],))
    part = tuple(word for word in parts[-1:] if word in PARTS)
    substance = ".".join(parts[1 : len(parts) - len(part)])
    return vocabulary.label(kind, (parts[0], substance, *part))
