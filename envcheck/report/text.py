"""Findings for the terminal: the outcome first, then what fails, what is undetermined, and the rest in numbers."""

from __future__ import annotations

from typing import IO, NamedTuple

from envcheck import __version__
from envcheck.asking import facts_to_ask
from envcheck.judge import concerned, decisive
from envcheck.model import STATUSES, Comparison, Finding, Report, Result, Status
from envcheck.report import words
from envcheck.report.layout import Page, Span
from envcheck.text import EMPTY, Text
from envcheck.vocabulary import Vocabulary

STYLE = {
    "fail": "bold red",
    "non_compliant": "bold red",
    "unknown": "yellow",
    "undetermined": "bold yellow",
    "pending": "cyan",
    "waived": "magenta",
    "pass": "green",
    "compliant": "bold green",
    "not_applicable": "dim",
}
SYMBOL = {"fail": "✗", "unknown": "?", "pending": "…", "waived": "~", "pass": "✓", "not_applicable": "–"}
ASKED = 15
BAN = "✗ never"


class Manner(NamedTuple):
    """How the report is told: its language, colours (None asks the terminal), and how much of it."""

    lang: str
    color: bool | None = None
    verbose: bool = False
    quiet: bool = False


def write(result: Result, vocabulary: Vocabulary, stream: IO[str], manner: Manner) -> None:
    """Write the result to a terminal or a file; `quiet` leaves out all but the outcome and what fails."""
    _Writer(Page(stream, color=manner.color), result, vocabulary, manner).write()


class _Writer:
    def __init__(self, page: Page, result: Result, vocabulary: Vocabulary, manner: Manner) -> None:
        self.page, self.result, self.words, self.manner = page, result, vocabulary, manner
        self.packs = {pack.id: pack for pack in result.packs}

    def say(self, zh: str, en: str, style: str = "", indent: int = 0) -> None:
        self.page.paragraph((zh if self.manner.lang == "zh" else en, style), indent=indent)

    def of(self, text: Text) -> str:
        return text.within(self.manner.lang)

    def write(self) -> None:
        as_of, engine = self.result.as_of, self.result.engine
        if not self.manner.quiet:
            zh = f"envcheck {__version__} · 评估日期 {as_of} · 引擎 {engine}"
            self.say(zh, f"envcheck {__version__} · as of {as_of} · engine {engine}")
        for report in self.result.reports:
            self.report(report)
        if not self.manner.quiet:
            self.page.blank()
            self.say(
                "以规划原文为准；本结果是核查线索，不是处罚决定。未写明的事实一律视为未知。",
                "The plan's own text decides; a finding is a reason to verify, not a penalty. What is not stated is unknown.",
                "dim",
            )

    def report(self, report: Report) -> None:
        self.page.blank()
        facility = report.facility
        self.say(f"{facility.name}（{facility.id}）", f"{facility.name} ({facility.id})", "bold")
        head: Span = ("结论：" if self.manner.lang == "zh" else "Outcome: ", "")
        self.page.paragraph(head, (self.of(words.OUTCOME[report.outcome]), STYLE[report.outcome]))
        if not concerned(report.findings):
            self.say(
                "没有一条规则涉及文件中的对象，未能得出结论",
                "no rule concerns anything in the file: nothing was shown",
                "yellow",
            )
        if " --set " in facility.source:
            from envcheck.whatif import assumed

            changes = assumed(facility)
            self.say(f"假设（并非档案所载）：{changes}", f"What if (not what the file says): {changes}", "bold magenta")
        if not self.manner.quiet:
            self.scope(report)
        self.status(report, "fail", Text("不符合", "Fails"))
        if self.manner.quiet:
            return
        self.unknown(report)
        self.status(report, "pending", Text("未到期", "Not due yet"))
        self.status(report, "waived", Text("已豁免", "Waived"))
        if self.manner.verbose:
            self.status(report, "pass", Text("符合", "Passes"))
            self.status(report, "not_applicable", Text("不涉及", "Not applicable"))
        self.manual(report)
        for waiver in report.unused_waivers:
            zh = f"未用到的豁免：{waiver.rule}（{waiver.document}，{waiver.place}）"
            self.say(zh, f"waiver not used: {waiver.rule} ({waiver.document}, {waiver.place})", "magenta")
        self.totals(report)

    def scope(self, report: Report) -> None:
        """What the facility was held against, and what not."""
        for pack in self.result.packs:
            if pack.id not in report.not_binding:
                ended = pack.ended(self.result.as_of)
                zh = f"{pack.title.zh}（{pack.number or pack.region}，规则包 {pack.id} 版本 {pack.version}，{pack.digest[:12]}"
                en = f"{pack.title.en} ({pack.number or pack.region}, pack {pack.id} version {pack.version}, {pack.digest[:12]}"
                self.say(
                    zh + ("，规划期已结束）" if ended else "）"), en + (", period ended)" if ended else ")"), "dim", 2
                )
        if report.not_binding:
            listed = ", ".join(report.not_binding)
            self.say(f"不适用于该行政区划的规则包：{listed}", f"packs that do not bind its region: {listed}", "dim", 2)

    def status(self, report: Report, status: Status, title: Text) -> None:
        chosen = [f for f in report.findings if f.status == status]
        softer = title + Text("（目标、鼓励类，不影响结论）", " (targets and encouragement: no bearing on the outcome)")
        for group, heading in (
            ([f for f in chosen if decisive(f)], title),
            ([f for f in chosen if not decisive(f)], softer),
        ):
            if group:
                self.page.blank()
                self.page.paragraph((f"{self.of(heading)} {len(group)}", STYLE[status]))
                for finding in sorted(group, key=words.worst_first):
                    self.finding(finding)

    def finding(self, finding: Finding) -> None:
        rule, status = finding.rule, finding.status
        brief = not decisive(finding) and not self.manner.verbose
        self.page.paragraph(
            (f"{SYMBOL[status]} ", STYLE[status]),
            (self.of(rule.title), "bold"),
            (f"  {finding.subject.path}  {self.of(words.MODALITY[rule.modality])}", "dim"),
            indent=1,
            hang=2,
        )
        if status == "not_applicable":
            self.say(finding.reason.zh, finding.reason.en, "dim", 4)
        else:
            self.numbers(finding)
            self.series(finding)
            if not brief:
                self.reasons(finding)
        plan = self.packs[rule.pack].citation
        due = Text(f"；期限 {rule.due}", f"; due {rule.due}") if rule.due else EMPTY
        zh = f"依据 {plan.zh} {rule.clause}〔{rule.key}〕{due.zh}"
        self.say(zh, f"clause {plan.en} {rule.clause} [{rule.key}]{due.en}", "dim", 4)
        notes = [words.FLAGS[flag] for flag in finding.flags if flag in words.FLAGS and flag != "after_plan_period"]
        if notes:
            self.say("注意 " + "；".join(n.zh for n in notes), "note " + "; ".join(n.en for n in notes), "dim", 4)
        if status in ("fail", "pending") and rule.remedy != EMPTY and not brief:
            self.say(f"整改 {rule.remedy.zh}", f"remedy {rule.remedy.en}", "", 4)
        if finding.waiver is not None:
            waiver = finding.waiver
            zh = f"豁免 {waiver.document}（{waiver.approver}），至 {waiver.until}：{waiver.reason}"
            en = f"waiver {waiver.document} ({waiver.approver}), until {waiver.until}: {waiver.reason}"
            self.say(zh, en, "dim", 4)

    def numbers(self, finding: Finding) -> None:
        """The governing number against its limit, and every other one that does not hold."""
        main = finding.comparison
        others = [c for c in finding.comparisons if c is not main and c.truth is False]
        for lead, comparison in ((Text("实测", "measured"), main), *((Text("另有", "also"), c) for c in others)):
            if comparison is not None and comparison.measured is not None:
                self.number(lead, comparison, named=len(finding.comparisons) > 1)
                if comparison.truth is False:
                    self.needed(finding, comparison)

    def needed(self, finding: Finding, comparison: Comparison) -> None:
        """The value that would pass, in the user's own unit."""
        from envcheck.whatif import goal, restates

        found = goal(finding, comparison)
        if found is not None and not restates(comparison, found):
            self.say(found.text.zh, found.text.en, "", 4)

    def number(self, lead: Text, comparison: Comparison, *, named: bool) -> None:
        value, limit, far = words.measured(comparison), words.limit(comparison), words.distance(comparison)
        name = f"{comparison.path} " if named else ""
        zh = f"{lead.zh} {name}{value}，限值 {limit}" + (f"，{far.zh}" if far.zh else "")
        en = f"{lead.en} {name}{value}, limit {limit}" + (f", {far.en}" if far.en else "")
        self.say(zh, en, "", 4)

    def series(self, finding: Finding) -> None:
        """What monitoring series say: how much data there was, and the worst hours."""
        if any(c.series is not None for c in finding.comparisons):
            from envcheck.report import series

            for one in series.monitored(finding):
                told = series.summary(one, self.words)
                self.say(told.zh, told.en, "", 4)
                for peak in one.worst:
                    self.page.paragraph((peak.step, "dim"), indent=6, hang=2)

    def reasons(self, finding: Finding) -> None:
        """The arithmetic; with `verbose` the whole derivation, else only the sums and what does not hold."""
        worst = {peak.step for c in finding.comparisons if c.series is not None for peak in c.series.worst}
        told = [s for s in finding.trace if s not in worst]
        telling = told if self.manner.verbose else [s for s in told if " × " in s or " ÷ " in s]
        if finding.status in ("fail", "pending") and not self.manner.verbose:
            telling += [s for s in finding.against if s not in telling]
        for step in telling:
            if step == BAN:
                self.say("属一律禁止的情形", "a flat ban: what the conditions describe must not be", "dim", 4)
            else:
                self.page.paragraph((step, "dim"), indent=4, hang=2)

    def unknown(self, report: Report) -> None:
        unknown = [f for f in report.findings if f.status == "unknown"]
        if not unknown:
            return
        deciding = sum(decisive(f) for f in unknown)
        self.page.blank()
        self.say(
            f"待定 {len(unknown)}（其中 {deciding} 项影响结论）；需补充的资料，按可判定的项数排列",
            f"Undetermined {len(unknown)} ({deciding} bear on the outcome); facts to ask for, those that settle most first",
            STYLE["unknown"],
        )
        asks = facts_to_ask(report, self.result.packs, self.words)
        shown = asks if self.manner.verbose else asks[:ASKED]
        for ask in shown:
            self.page.paragraph(
                (f"{ask.findings:>3} ", STYLE["unknown"]), (self.of(ask.label), ""), (f"  {ask.path}", "dim"), hang=4
            )
        if len(asks) > len(shown):
            rest = len(asks) - len(shown)
            self.say(f"另有 {rest} 项（-v 全部列出）", f"and {rest} more (-v lists all)", "dim", 4)
        if self.manner.verbose:
            for finding in unknown:
                self.finding(finding)

    def manual(self, report: Report) -> None:
        if not report.manual:
            return
        self.page.blank()
        count, hint = len(report.manual), EMPTY if self.manner.verbose else Text("（-v 列出）", " (-v lists them)")
        self.say(f"须人工核查 {count} 项{hint.zh}", f"To be looked at by people: {count}{hint.en}")
        for pack, item in report.manual if self.manner.verbose else ():
            zh, en = (
                f"□ {item.title.zh}  {pack.citation.zh} {item.clause}",
                f"□ {item.title.en}  {pack.citation.en} {item.clause}",
            )
            self.page.paragraph((zh if self.manner.lang == "zh" else en, ""), indent=1, hang=2)

    def totals(self, report: Report) -> None:
        self.page.blank()
        spans: list[Span] = [(f"{'合计' if self.manner.lang == 'zh' else 'Total'} {len(report.findings)} = ", "")]
        for number, status in enumerate(STATUSES):
            spans.append((" + " if number else "", ""))
            spans.append((f"{self.of(words.STATUS[status])} {report.count(status)}", STYLE[status]))
        self.page.paragraph(*spans)
