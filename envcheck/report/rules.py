"""Rules as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envcheck.model import Pack, Rule
from envcheck.report.words import MODALITY
from envcheck.text import EMPTY, Text
from envcheck.vocabulary import Vocabulary


def listing(packs: Sequence[Pack], lang: str) -> Iterator[str]:
    """Every pack, and a line a rule."""
    for pack in packs:
        yield f"{pack.id}  {pack.title.within(lang)}  {pack.number}".rstrip()
        for rule in pack.rules:
            yield f"  {rule.key}  {rule.clause}  {rule.title.within(lang)}"
        manual, skipped = len(pack.manual), sum(len(n.covers) for n in pack.not_checked)
        zh = f"  规则 {len(pack.rules)}，人工核查 {manual}，不核查的要求 {skipped}"
        en = f"  {len(pack.rules)} rules, {manual} manual items, {skipped} requirements not checked"
        yield Text(zh, en).within(lang)


def page(pack: Pack, rule: Rule, vocabulary: Vocabulary, lang: str) -> Iterator[str]:
    """One rule whole."""

    def row(zh: str, en: str, value: str) -> str:
        return f"  {zh}：{value}" if lang == "zh" else f"  {en}: {value}"

    yield f"{rule.key}  {rule.title.within(lang)}"
    yield row("规划", "plan", f"{pack.title.within(lang)} {pack.number}".rstrip())
    yield row("条款", "clause", rule.clause)
    yield row("要求编号", "covers", ", ".join(rule.covers))
    yield row("效力", "modality", MODALITY[rule.modality].within(lang))
    yield row("对象", "subject", vocabulary.kinds[rule.kind].label.within(lang))
    for condition in rule.when:
        yield row("适用条件", "when", condition.text)
    for condition in rule.require:
        yield row("要求", "require", condition.text)
    yield row("施行", "in force", f"{rule.start}{f' – {rule.end}' if rule.end else ''}")
    if rule.due:
        yield row("期限", "due", str(rule.due))
    if rule.missing_fails:
        yield row("缺少资料", "missing", Text("视为不符合", "counts as failing").within(lang))
    if rule.basis:
        yield row("引用", "basis", ", ".join(rule.basis))
    for zh, en, text in (
        ("整改", "remedy", rule.remedy),
        ("说明", "note", rule.note),
        ("界限", "boundary", rule.boundary),
    ):
        if text != EMPTY:
            yield row(zh, en, text.within(lang))
    yield row("核对日期", "reviewed on", str(rule.reviewed_on))
    yield row("出处", "file", str(rule.place))
