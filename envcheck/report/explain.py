"""A finding derived step by step: clause, concern, demand, date, status, what would settle it, remedy."""

from __future__ import annotations

from typing import IO

from envcheck import expressions as ex
from envcheck.answers import SIGN, Answer
from envcheck.asking import facts_to_ask
from envcheck.evaluate import evaluate
from envcheck.model import Finding, Pack, Report
from envcheck.report import words
from envcheck.report.evidence import evidence, spot, values_in
from envcheck.report.layout import Page, Span
from envcheck.report.text import STYLE, SYMBOL
from envcheck.situation import Situation
from envcheck.text import EMPTY, Text
from envcheck.vocabulary import Vocabulary
from envcheck.whatif import assumed, goal, restates

TRUTH = {
    True: Text("成立", "holds"),
    False: Text("不成立", "does not hold"),
    None: Text("未知", "not known"),
}
HUE = {True: "green", False: "red", None: "yellow"}


def write(
    finding: Finding,
    pack: Pack,
    at: Situation,
    vocabulary: Vocabulary,
    stream: IO[str],
    manner: tuple[str, bool | None],
) -> None:
    """Write the derivation of a finding; `manner` is the language and whether to use colours (None asks the terminal)."""
    lang, color = manner
    _Writer(finding, pack, at, vocabulary, Page(stream, color=color), lang).write()


def brief(finding: Finding, stream: IO[str], manner: tuple[str, bool | None]) -> None:
    """Write one line on a finding that does not apply."""
    lang, color = manner
    colon = Text("：", ": ").within(lang)
    Page(stream, color=color).paragraph(
        (f"{SYMBOL[finding.status]} {finding.subject.path}  ", "dim"),
        (f"{finding.rule.title.within(lang)}{colon}{finding.reason.within(lang)}", "dim"),
        hang=2,
    )


class _Writer:
    def __init__(
        self, finding: Finding, pack: Pack, at: Situation, vocabulary: Vocabulary, page: Page, lang: str
    ) -> None:
        self.finding, self.pack, self.at, self.words = finding, pack, at, vocabulary
        self.page, self.lang, self.number = page, lang, 0

    def say(self, zh: str, en: str, style: str = "", indent: int = 3) -> None:
        self.page.paragraph((zh if self.lang == "zh" else en, style), indent=indent, hang=2)

    def of(self, text: Text) -> str:
        return text.within(self.lang)

    def heading(self, zh: str, en: str) -> None:
        self.number += 1
        self.page.blank()
        self.say(f"{self.number}. {zh}", f"{self.number}. {en}", "bold", 0)

    def write(self) -> None:
        finding, facility = self.finding, self.at.facility
        rule = finding.rule
        self.say(f"{rule.title.zh}〔{rule.key}〕", f"{rule.title.en} [{rule.key}]", "bold", 0)
        name = finding.subject.facts.get("name")
        called = f" {name.text}" if name is not None else ""
        zh = f"{finding.subject.path}{called}；{facility.name}（{facility.id}）；评估日期 {self.at.as_of}"
        en = f"{finding.subject.path}{called}; {facility.name} ({facility.id}); as of {self.at.as_of}"
        self.say(zh, en, "", 0)
        if changes := assumed(facility):
            self.say(
                f"假设（并非档案所载）：{changes}", f"What if (not what the file says): {changes}", "bold magenta", 0
            )
        self.clause()
        self.concern()
        self.demand()
        if finding.status != "not_applicable":
            self.date()
        self.status()
        self.settle()
        if rule.remedy != EMPTY and finding.status in ("fail", "pending", "waived", "unknown"):
            self.heading("整改", "Remedy")
            self.say(rule.remedy.zh, rule.remedy.en)

    # --- 1 the clause

    def clause(self) -> None:
        rule, pack = self.finding.rule, self.pack
        self.heading("依据", "Clause")
        self.say(f"{pack.title.zh} {pack.number}".rstrip(), f"{pack.title.en} {pack.number}".rstrip())
        covers = ", ".join(rule.covers)
        self.say(f"条款 {rule.clause}；要求编号 {covers}", f"clause {rule.clause}; requirements {covers}")
        modality = words.MODALITY[rule.modality]
        self.say(f"效力：{modality.zh}", f"modality: {modality.en}")
        if rule.basis:
            basis = ", ".join(rule.basis)
            self.say(f"引用标准 {basis}", f"standards it leans on: {basis}")
        for label, note in ((Text("说明", "note"), rule.note), (Text("界限", "boundary"), rule.boundary)):
            if note != EMPTY:
                self.say(f"{label.zh}：{note.zh}", f"{label.en}: {note.en}")

    # --- 2 the concern

    def concern(self) -> None:
        rule, path = self.finding.rule, self.finding.subject.path
        self.heading(f"该规则是否涉及 {path}", f"Does the rule concern {path}?")
        kind = self.words.kinds[rule.kind]
        self.step(True, Text(f"对象类别：{kind.label.zh}", f"kind of subject: {kind.label.en}"))
        self.region()
        self.period()
        for condition in rule.when:
            self.condition(condition)
        verdict = {
            "not_applicable": Text("结论：不涉及", "so it does not concern the subject"),
            "unknown": Text("结论：涉及，或不能排除涉及", "so it concerns the subject, or may"),
        }.get(self.finding.status, Text("结论：涉及", "so it concerns the subject"))
        self.say(f"→ {verdict.zh}", f"→ {verdict.en}")

    def region(self) -> None:
        fact = self.at.standing().subject.facts.get("region")
        code, own = str(fact.value) if fact is not None else "", self.pack.region
        truth = True if code.startswith(own) else None if own.startswith(code) else False
        where = spot(fact.place) if fact is not None else ""
        self.step(
            truth,
            Text(
                f"规划适用于行政区划 {own}；档案：{code or '未知'}{where}",
                f"the plan binds region {own}; the file says {code or 'nothing'}{where}",
            ),
        )

    def period(self) -> None:
        rule, day = self.finding.rule, self.at.as_of
        self.step(rule.start <= day, Text(f"自 {rule.start} 起施行", f"in force from {rule.start}"))
        if rule.end is not None:
            self.step(day <= rule.end, Text(f"施行至 {rule.end}", f"in force until {rule.end}"))

    # --- conditions and their evidence

    def step(self, truth: bool | None, text: Text) -> None:
        self.page.paragraph((f"{SIGN[truth]} ", HUE[truth]), (self.of(text), ""), indent=3, hang=2)

    def condition(self, node: ex.Node) -> Answer:
        answer = evaluate(node, self.at)
        told = TRUTH[answer.truth]
        title = self.at.definitions[node.name].title if isinstance(node, ex.Defined) else EMPTY
        named = Text(f"：{title.zh}", f": {title.en}") if title != EMPTY else EMPTY
        self.step(answer.truth, Text(f"{node.text}{named.zh}（{told.zh}）", f"{node.text}{named.en} ({told.en})"))
        values = list(dict.fromkeys(values_in(node, self.at)))
        for value in values:
            for text, style in evidence(value, self.at, self.finding.rule.kind, self.words):
                self.say(text.zh, text.en, style, 6)
        names = {".".join(value.path) for value in values}
        for number, line in enumerate(answer.steps):
            last = number == len(answer.steps) - 1
            echo = last and line[2:].partition(" · ")[0] == node.text
            if not echo and not any(line.startswith(f"{name} = ") for name in names):
                self.page.paragraph((self.of(words.step(line, self.words)), "dim"), indent=6, hang=2)
        return answer

    # --- 3 the demand

    def demand(self) -> None:
        finding, rule = self.finding, self.finding.rule
        self.heading("要求", "What it demands")
        if finding.status == "not_applicable":
            for node in rule.require:
                self.say(f"{node.text}（不涉及，故不判断）", f"{node.text} (not asked, since it does not apply)")
            return
        for node in rule.require:
            if isinstance(node, ex.Never):
                self.step(False, Text("一律不得", "a flat ban: nothing that it concerns can meet it"))
            else:
                self.condition(node)
        if rule.missing_fails:
            self.say("缺少记录即视为不符合", "a record that is missing counts as not met")
        for comparison in finding.comparisons:
            if comparison.measured is None:
                continue
            numbers = f"{comparison.path} {words.measured(comparison)}", words.limit(comparison)
            far, needed = words.distance(comparison), goal(finding, comparison)
            tail = [far] if far != EMPTY else []
            if needed is not None and not restates(comparison, needed):
                tail.append(needed.text)
            zh = "，".join([f"比较：{numbers[0]}，限值 {numbers[1]}", *(t.zh for t in tail)])
            en = ", ".join([f"compared: {numbers[0]}, limit {numbers[1]}", *(t.en for t in tail)])
            self.page.paragraph(
                (f"{SIGN[comparison.truth]} ", HUE[comparison.truth]),
                (zh if self.lang == "zh" else en, ""),
                indent=3,
                hang=2,
            )

    # --- 4 the date

    def date(self) -> None:
        rule, day, waiver = self.finding.rule, self.at.as_of, self.finding.waiver
        self.heading("日期", "The date")
        if rule.due is None:
            self.say(f"没有期限：自 {rule.start} 起即须符合", f"no deadline: it holds from {rule.start} on")
        elif day < rule.due:
            self.say(
                f"{day} < {rule.due}：期限未到，尚未做到的记为“未到期”",
                f"{day} < {rule.due}: not due yet, so that a shortfall is pending",
            )
        else:
            self.say(f"{day} ≥ {rule.due}：期限已到", f"{day} ≥ {rule.due}: it is due")
        if waiver is not None:
            sign = "≤" if day <= waiver.until else ">"
            zh = f"豁免 {waiver.document}（{waiver.approver}，{waiver.reason}）{spot(waiver.place)}：{day} {sign} {waiver.until}"
            en = f"waiver {waiver.document} ({waiver.approver}, {waiver.reason}){spot(waiver.place)}: {day} {sign} {waiver.until}"
            self.say(zh, en)
        if self.pack.ended(day):
            self.say(
                f"规划期已于 {self.pack.end} 结束，其要求仍按原文核查",
                f"the plan's period ended on {self.pack.end}; its findings still count",
            )

    # --- 5 to 7 the status and what follows

    def status(self) -> None:
        finding = self.finding
        self.heading("结论", "Status")
        spans: list[Span] = [(f"{SYMBOL[finding.status]} ", STYLE[finding.status])]
        spans.append((self.of(words.STATUS[finding.status]), STYLE[finding.status]))
        self.page.paragraph(*spans, indent=3)
        if finding.status == "not_applicable":
            self.say(finding.reason.zh, finding.reason.en)
        for flag in finding.flags:
            if flag in words.FLAGS and flag != "after_plan_period":
                note = words.FLAGS[flag]
                self.say(f"注意 {note.zh}", f"note {note.en}", "dim")

    def settle(self) -> None:
        if not self.finding.missing:
            return
        self.heading("补充以下资料即可判定", "What would settle it")
        report = Report(self.at.facility, "undetermined", (self.finding,), (), (), ())
        for ask in facts_to_ask(report, [self.pack], self.words):
            self.page.paragraph((f"□ {self.of(ask.label)}", ""), (f"  {ask.path}", "dim"), indent=3, hang=2)
