"""Rules as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envcheck.model.rule import Pack, Rule
from envcheck.report.parts.phrases import MODALITY
from envcheck.text.messages import EMPTY, Text, join, ptr, tr
from envcheck.vocabulary.words import Vocabulary


def listing(packs: Sequence[Pack], lang: str) -> Iterator[str]:
    """Every pack, and a line a rule."""
    for pack in packs:
        yield f"{pack.id}  {pack.title.within(lang)}  {pack.number}".rstrip()
        for rule in pack.rules:
            yield f"  {line(rule, lang)}"
        manual, skipped = len(pack.manual), sum(len(n.covers) for n in pack.not_checked)
        counts = tr(
            "{rules} rules, {manual} manual items, {skipped} requirements not checked",
            rules=len(pack.rules),
            manual=manual,
            skipped=skipped,
        )
        yield f"  {counts.within(lang)}"


def line(rule: Rule, lang: str) -> str:
    """One rule on a line."""
    return f"{rule.key}  {rule.clause}  {rule.title.within(lang)}"


def page(pack: Pack, rule: Rule, vocabulary: Vocabulary, lang: str) -> Iterator[str]:
    """One rule whole."""

    def row(label: Text, value: object) -> str:
        return "  " + tr("{label}: {note}", label=label, note=value).within(lang)

    yield f"{rule.key}  {rule.title.within(lang)}"
    yield row(tr("plan"), f"{pack.title.within(lang)} {pack.number}".rstrip())
    yield row(tr("clause"), rule.clause)
    yield row(tr("covers"), ", ".join(rule.covers))
    yield row(tr("modality"), MODALITY[rule.modality])
    yield row(tr("subject"), vocabulary.kinds[rule.kind].label)
    for condition in rule.when:
        yield row(tr("when"), condition.text)
    for condition in rule.require:
        yield row(tr("require"), condition.text)
    yield row(tr("in force"), join(Text(" – ", " – "), (rule.start, rule.end) if rule.end else (rule.start,)))
    if rule.due:
        yield row(tr("due"), rule.due)
    if rule.missing_fails:
        yield row(tr("missing"), tr("counts as failing"))
    if rule.basis:
        yield row(tr("basis"), ", ".join(rule.basis))
    for label, text in (
        (tr("remedy"), rule.remedy),
        (ptr("of a rule", "note"), rule.note),
        (tr("boundary"), rule.boundary),
        (tr("the text closes its list"), rule.closed_by),
    ):
        if text != EMPTY:
            yield row(label, text)
    yield row(tr("reviewed on"), rule.reviewed_on)
    yield row(tr("file"), rule.place)
