"""Findings as an inspection record (现场核查记录): facility, outcome, findings, facts to ask for, checklist, signatures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH

from envcheck import __version__
from envcheck.asking import facts_to_ask
from envcheck.judge import decisive
from envcheck.model import STATUSES, Finding, Pack, Report, Result, Status
from envcheck.report import paper, series
from envcheck.report import words as say
from envcheck.report.office import TINT, saved
from envcheck.text import EMPTY, Text
from envcheck.vocabulary import Vocabulary

IN_FULL: tuple[tuple[Status, Text], ...] = (
    ("fail", Text("不符合项", "What fails")),
    ("unknown", Text("待定项（资料不全）", "What is undetermined")),
    ("pending", Text("未到期项", "Not due yet")),
    ("waived", Text("已豁免项", "Waived")),
)
FACTS = ("name", "id", "type", "industry", "region", "zone", "group", "park", "commissioned")
SIGNED = (
    Text("检查人员（签名）、执法证号", "Inspectors (signatures, card numbers)"),
    Text("记录人（签名）", "Recorder (signature)"),
    Text("被检查单位负责人（签名、盖章）", "For the facility (signature, seal)"),
    Text("在场见证人（签名）", "Witness (signature)"),
    Text("检查时间", "Date and time of inspection"),
    Text("检查地点", "Place of inspection"),
)
BOX = "□ "


def render(result: Result, words: Vocabulary, lang: str) -> bytes:
    """One inspection record a facility, each on pages of its own, in one language."""
    return _Record(result, words, lang).render()


class _Record:
    def __init__(self, result: Result, words: Vocabulary, lang: str) -> None:
        self.result, self.words, self.lang = result, words, lang
        self.packs = {pack.id: pack for pack in result.packs}
        self.document: Any = paper.blank()

    def of(self, text: Text) -> str:
        return say.clean(text.within(self.lang))

    def render(self) -> bytes:
        for number, report in enumerate(self.result.reports):
            if number:
                self.document.add_page_break()
            self.report(report)
        properties = self.document.core_properties
        properties.title = self.of(Text("现场核查记录", "Inspection record"))
        properties.author, properties.comments = "envcheck", ""
        properties.created = properties.modified = datetime(1980, 1, 1)  # noqa: DTZ001 (a fixed day, in no zone)
        return saved(self.document)

    def report(self, report: Report) -> None:
        title = self.document.add_heading(self.of(Text("现场核查记录", "Inspection record")), 0)
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self.heading(Text("一、基本情况", "1. The facility"))
        self.facility(report)
        self.heading(Text("二、核查结论", "2. Outcome"))
        self.outcome(report)
        self.heading(Text("三、核查发现", "3. Findings"))
        self.findings(report)
        self.heading(Text("四、需补充的资料", "4. Facts to ask for"))
        self.asked(report)
        self.heading(Text("五、人工核查事项", "5. To be looked at by people"))
        self.manual(report)
        self.heading(Text("六、被检查单位意见与签字", "6. Statement of the facility, and signatures"))
        self.signatures()

    def heading(self, text: Text, level: int = 1) -> None:
        self.document.add_heading(self.of(text), level)

    def paragraph(self, text: Text, *, bold: bool = False) -> Any:
        paragraph = self.document.add_paragraph()
        paragraph.add_run(self.of(text)).bold = bold
        return paragraph

    # --- sections

    def facility(self, report: Report) -> None:
        facility, rows = report.facility, []
        kind = self.words.kinds["facility"]
        for name in FACTS:
            fact = facility.itself.facts.get(name)
            if fact is not None:
                rows.append((self.of(self.words.label(kind, (name,))), self.shown(name, fact.value, fact.text)))
        rows.append((self.of(Text("档案文件", "File")), say.clean(facility.source)))
        rows.append((self.of(Text("评估日期", "As of")), str(self.result.as_of)))
        for pack in self.result.packs:
            if pack.id not in report.not_binding:
                ended = Text("，规划期已结束", ", period ended") if pack.ended(self.result.as_of) else EMPTY
                zh = f"{pack.title.zh}（{pack.number or pack.region}{ended.zh}）\n{pack.id} {pack.version} {pack.digest[:12]}"
                en = f"{pack.title.en} ({pack.number or pack.region}{ended.en})\n{pack.id} {pack.version} {pack.digest[:12]}"
                rows.append((self.of(Text("核查依据", "Held against")), zh if self.lang == "zh" else en))
        rows.append((self.of(Text("程序", "Program")), f"envcheck {__version__}"))
        self.table(None, rows, (40, 130))

    def shown(self, name: str, value: object, text: str) -> str:
        """A fact of the facility for people: choices by their labels."""
        attribute = self.words.kinds["facility"].attributes[name]
        chosen = value if isinstance(value, frozenset) else {value}
        if attribute.choices:
            labels = [
                self.words.choices[attribute.choices][str(one)].label.within(self.lang)
                for one in sorted(map(str, chosen))
            ]
            return "、".join(labels) if self.lang == "zh" else ", ".join(labels)
        return say.clean(text)

    def outcome(self, report: Report) -> None:
        word = say.OUTCOME[report.outcome]
        self.paragraph(Text(f"结论：{word.zh}", f"Outcome: {word.en}"), bold=True)
        heads = [self.of(say.STATUS[status]) for status in STATUSES]
        counts = [str(report.count(status)) for status in STATUSES]
        total = self.of(Text("合计", "total"))
        self.table([*heads, total], [[*counts, str(len(report.findings))]], (24,) * 6 + (26,))
        for waiver in report.unused_waivers:
            zh = f"未用到的豁免：{waiver.rule}（{waiver.document}，至 {waiver.until}）"
            self.paragraph(Text(zh, f"Waiver not used: {waiver.rule} ({waiver.document}, until {waiver.until})"))
        if report.not_binding:
            listed = ", ".join(report.not_binding)
            self.paragraph(
                Text(f"不适用于该行政区划的规则包：{listed}", f"Packs that do not bind its region: {listed}")
            )

    def findings(self, report: Report) -> None:
        heads = [
            self.of(text)
            for text in (
                Text("序号", "No."),
                Text("要求与依据", "Requirement"),
                Text("对象", "Subject"),
                Text("情况", "What was found"),
            )
        ]
        for status, title in IN_FULL:
            chosen = [f for f in report.findings if f.status == status]
            chosen.sort(key=lambda f: not decisive(f))
            if not chosen:
                continue
            self.heading(Text(f"{title.zh}（{len(chosen)}）", f"{title.en} ({len(chosen)})"), 2)
            rows = [
                (str(n), self.requirement(f), say.clean(f.subject.path), self.found(f)) for n, f in enumerate(chosen, 1)
            ]
            self.table(heads, rows, (12, 64, 30, 64), TINT[status])
        passed, aside = report.count("pass"), report.count("not_applicable")
        self.paragraph(
            Text(
                f"另有符合 {passed} 项、不涉及 {aside} 项，明细见核查结果工作簿。",
                f"Besides, {passed} hold and {aside} do not apply; the workbook lists them.",
            )
        )

    def requirement(self, finding: Finding) -> str:
        rule = finding.rule
        pack: Pack = self.packs[rule.pack]
        due = Text(f"；期限 {rule.due}", f"; due {rule.due}") if rule.due else EMPTY
        source = Text(f"{pack.citation.zh} {rule.clause}", f"{pack.citation.en} {rule.clause}")
        weight = say.MODALITY[rule.modality]
        aside = EMPTY if decisive(finding) else Text("，不影响结论", ", no bearing on the outcome")
        lines = (
            rule.title,
            Text(f"{source.zh}（{weight.zh}{aside.zh}{due.zh}）", f"{source.en} ({weight.en}{aside.en}{due.en})"),
        )
        return "\n".join(self.of(line) for line in lines) + f"\n[{rule.key}]"

    def found(self, finding: Finding) -> str:
        lines: list[str] = []
        for comparison in dict.fromkeys((finding.comparison, *finding.comparisons)):
            if comparison is None or comparison.measured is None:
                continue
            if comparison is not finding.comparison and comparison.truth is not False:
                continue
            value, limit, far = say.measured(comparison), say.limit(comparison), say.distance(comparison)
            zh = f"{comparison.path}：{value}，限值 {limit}" + (f"，{far.zh}" if far.zh else "")
            en = f"{comparison.path}: {value}, limit {limit}" + (f", {far.en}" if far.en else "")
            lines.append(self.of(Text(zh, en)))
        for one in series.monitored(finding):
            lines.append(self.of(series.summary(one, self.words)))
            lines += [say.clean(peak.step) for peak in one.worst]
        if finding.status == "unknown":
            listed = ", ".join(finding.missing)
            lines.append(self.of(Text(f"缺少：{listed}", f"missing: {listed}")))
        elif finding.status in ("fail", "pending"):
            lines += [say.clean(step) for step in finding.trace if " × " in step or " ÷ " in step]
            lines += [say.clean(step) for step in finding.against]
            remedy = finding.rule.remedy
            lines += [self.of(Text(f"整改：{remedy.zh}", f"remedy: {remedy.en}"))] if remedy != EMPTY else []
        if finding.waiver is not None:
            waiver = finding.waiver
            zh = f"豁免：{waiver.document}（{waiver.approver}），至 {waiver.until}：{waiver.reason}"
            en = f"waiver: {waiver.document} ({waiver.approver}), until {waiver.until}: {waiver.reason}"
            lines.append(self.of(Text(zh, en)))
        notes = [self.of(say.FLAGS[flag]) for flag in finding.flags if flag in say.FLAGS]
        if notes:
            lines.append(self.of(Text("注意：", "note: ")) + ("；" if self.lang == "zh" else "; ").join(notes))
        return "\n".join(dict.fromkeys(lines))

    def asked(self, report: Report) -> None:
        asks = facts_to_ask(report, self.result.packs, self.words)
        if not asks:
            self.paragraph(Text("无。", "None."))
            return
        heads = [
            self.of(text)
            for text in (
                Text("资料", "Fact"),
                Text("字段", "Key"),
                Text("可判定", "Settles"),
                Text("核查所得", "Answer"),
            )
        ]
        rows = [(BOX + self.of(a.label), say.clean(a.path), str(a.findings), "") for a in asks]
        self.table(heads, rows, (62, 54, 16, 38))

    def manual(self, report: Report) -> None:
        if not report.manual:
            self.paragraph(Text("无。", "None."))
            return
        heads = [self.of(t) for t in (Text("事项", "Item"), Text("依据", "Clause"), Text("核查情况", "What was found"))]
        rows = [
            (BOX + self.of(item.title), f"{self.of(pack.citation)} {say.clean(item.clause)}", "")
            for pack, item in report.manual
        ]
        self.table(heads, rows, (80, 48, 42))

    def signatures(self) -> None:
        closing = Text(
            "以规划原文为准；本记录是核查线索，不是处罚决定。未写明的事实一律视为未知。",
            "The plan's own text decides; this record is a reason to verify, not a penalty. What is not stated is unknown.",
        )
        self.paragraph(closing)
        rows = [(self.of(text), "\n") for text in (Text("被检查单位意见", "Statement of the facility"), *SIGNED)]
        self.table(None, rows, (60, 110))

    def table(
        self, heads: Sequence[str] | None, rows: Sequence[Sequence[str]], widths: Sequence[int], tint: str = ""
    ) -> None:
        paper.table(self.document, heads, rows, widths, tint)
