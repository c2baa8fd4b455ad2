"""Run the examples that rules carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.files.source import Listing, Node, Scalar
from envcheck.files.source import Mapping as MappingNode
from envcheck.judging.judge import judge
from envcheck.judging.situation import Situation
from envcheck.judging.steps import trace_line
from envcheck.model.finding import Finding
from envcheck.model.rule import Example, Pack, Rule
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import Vocabulary


@dataclass(frozen=True, slots=True)
class Failure:
    """An example whose answer is another than expected."""

    rule: Rule
    example: Example
    finding: Finding | None
    problems: tuple[Problem, ...] = ()


def run(words: Vocabulary, examples: Mapping[str, tuple[Example, ...]], pack: Pack) -> Iterator[Failure | None]:
    """Each example of a pack: None where it answers as expected, else the failure."""
    for rule in pack.rules:
        for example in examples.get(rule.key, ()):
            try:
                finding = answer(words, pack, rule, example)
            except InputError as error:
                yield Failure(rule, example, None, error.problems)
                continue
            right = finding.status == example.expect and set(example.flags) <= set(finding.flags)
            yield None if right else Failure(rule, example, finding)


def answer(words: Vocabulary, pack: Pack, rule: Rule, example: Example) -> Finding:
    """The finding of a rule on the subject that an example describes.

    Raises:
        InputError: the example uses what the vocabulary does not have.
    """
    described = facility_file.read(_tree(words, pack, rule, example), words)
    subject = described.itself if rule.kind == "facility" else described.of_kind(rule.kind)[0]
    return judge(rule, pack, Situation(described, subject, example.as_of, pack.definitions))


def _tree(words: Vocabulary, pack: Pack, rule: Rule, example: Example) -> Node:
    """An example as the tree of a facility file."""
    place = example.place
    given = _at(source.read_bytes(example.given.encode(), place.file), place)
    around = _at(source.read_bytes(example.facility.encode(), place.file), place)
    if not isinstance(given, MappingNode) or not isinstance(around, MappingNode):
        raise InputError([Problem(place, tr("an example is a mapping (key: value)"))])
    entries: dict[str, Node] = {
        "format": Scalar(place, facility_file.FORMAT),
        "id": Scalar(place, "example"),
        "region": Scalar(place, pack.region),
        **around.entries,
    }
    if rule.kind == "facility":
        entries.update(given.entries)
    else:
        one = MappingNode(
            place, {"id": Scalar(place, "1"), **given.entries}, dict.fromkeys(["id", *given.entries], place)
        )
        entries[words.kinds[rule.kind].plural] = Listing(place, (one,))
    return MappingNode(place, entries, dict.fromkeys(entries, place))


def _at(node: Node, place: Place) -> Node:
    """A tree with every place set to that of the example."""
    if isinstance(node, Scalar):
        return Scalar(place, node.text, node.quoted)
    if isinstance(node, Listing):
        return Listing(place, tuple(_at(item, place) for item in node.items))
    return MappingNode(place, {k: _at(v, place) for k, v in node.entries.items()}, dict.fromkeys(node.entries, place))


def describe(failure: Failure, lang: str) -> Iterator[str]:
    """A failure as lines: where, what was expected, what came, and why."""
    example, finding = failure.example, failure.finding
    head = f"{example.place}: {failure.rule.key}"
    for problem in failure.problems:
        yield f"{head}: {problem.within(lang)}"
    if finding is None:
        return
    flags = f" {list(example.flags)}" if example.flags else ""
    got = f"{finding.status} {list(finding.flags)}" if example.flags else finding.status
    told = tr("expected {expected}, got {got}", expected=f"{example.expect}{flags}", got=got).within(lang)
    yield f"{head}: {told} · {example.as_of} · {example.given}"
    for step in finding.steps:
        yield f"    {trace_line(step)}"
    if finding.gaps:
        yield f"    missing: {', '.join(finding.missing)}"
