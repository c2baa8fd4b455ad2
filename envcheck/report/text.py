"""Findings for the terminal: the outcome first, then what fails, what is undetermined, and the rest in numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import IO

from rich.console import Console
from rich.text import Text as Line

from envcheck import __version__
from envcheck.asking import facts_to_ask
from envcheck.judge import decisive
from envcheck.model import STATUSES, Finding, Pack, Report, Result, Status
from envcheck.report import words
from envcheck.report.words import clean
from envcheck.text import Text
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


def write(result: Result, vocabulary: Vocabulary, stream: IO[str], lang: str, *, color: bool | None, verbose: bool, quiet: bool) -> None:
    """Write the result to a terminal or a file; `quiet` leaves out all but the outcome and what fails."""
    console = Console(
        file=stream,
        force_terminal=True if color else None,
        no_color=color is False,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        width=None if stream.isatty() else 80,
    )
    _Writer(console, result, vocabulary, lang, verbose, quiet).write()


class _Writer:
    def __init__(self, console: Console, result: Result, vocabulary: Vocabulary, lang: str, verbose: bool, quiet: bool) -> None:
        self.console, self.result, self.words, self.lang = console, result, vocabulary, lang
        self.verbose, self.quiet = verbose, quiet
        self.packs = {pack.id: pack for pack in result.packs}

    def say(self, zh: str, en: str, style: str = "", indent: int = 0) -> None:
        self.line(Line(clean(zh if self.lang == "zh" else en), style=style), indent)

    def line(self, line: Line, indent: int = 0) -> None:
        for part in line.wrap(self.console, self.console.width - indent):
            part.rstrip()
            self.console.print(Line(" " * indent) + part)

    def of(self, text: Text) -> str:
        return clean(text.within(self.lang))

    def write(self) -> None:
        as_of, engine = self.result.as_of, self.result.engine
        if not self.quiet:
            self.say(f"envcheck {__version__} · 评估日期 {as_of} · 引擎 {engine}", f"envcheck {__version__} · as of {as_of} · engine {engine}")
        for report in self.result.reports:
            self.report(report)
        if not self.quiet:
            self.console.print()
            self.say(
                "以规划原文为准；本结果是核查线索，不是处罚决定。未列出的事实一律视为未知。",
                "The plan's own text decides; a finding is a reason to verify, not a penalty. What is not stated is unknown.",
                "dim",
            )

    def report(self, report: Report) -> None:
        self.console.print()
        name = clean(report.facility.name)
        self.say(f"{name}（{report.facility.id}）", f"{name} ({report.facility.id})", "bold")
        head = Line("结论：" if self.lang == "zh" else "Outcome: ")
        head.append(self.of(words.OUTCOME[report.outcome]), style=STYLE[report.outcome])
        self.line(head)
        if not self.quiet:
            for pack in self.result.packs:
                if pack.id not in report.not_binding:
                    self.pack(pack)
            if report.not_binding:
                listed = ", ".join(report.not_binding)
                self.say(f"不适用于该行政区划的规则包：{listed}", f"packs that do not bind its region: {listed}", "dim", 2)
        self.status(report, "fail", Text("不符合", "Fails"))
        if self.quiet:
            return
        self.unknown(report)
        self.status(report, "pending", Text("未到期", "Not due yet"))
        self.status(report, "waived", Text("已豁免", "Waived"))
        if self.verbose:
            self.status(report, "pass", Text("符合", "Passes"))
            self.status(report, "not_applicable", Text("不涉及", "Not applicable"))
        self.manual(report)
        self.waivers(report)
        self.totals(report)

    def pack(self, pack: Pack) -> None:
        ended = pack.ended(self.result.as_of)
        zh = f"{pack.title.zh}（{pack.number}，规则包 {pack.id} 版本 {pack.version}，{pack.digest[:12]}"
        en = f"{pack.title.en} ({pack.number}, pack {pack.id} version {pack.version}, {pack.digest[:12]}"
        self.say(zh + ("，规划期已结束）" if ended else "）"), en + (", its period has ended)" if ended else ")"), "dim", 2)

    def status(self, report: Report, status: Status, title: Text) -> None:
        chosen = [f for f in report.findings if f.status == status]
        for group, heading in (
            ([f for f in chosen if decisive(f)], title),
            ([f for f in chosen if not decisive(f)], title + Text("（目标、鼓励类，不影响结论）", " (targets and encouragement: no bearing on the outcome)")),
        ):
            if group:
                self.console.print()
                line = Line(f"{self.of(heading)} {len(group)}", style=STYLE[status])
                self.line(line)
                for finding in sorted(group, key=_badness):
                    self.finding(finding)

    def finding(self, finding: Finding) -> None:
        rule = finding.rule
        head = Line(f"{SYMBOL[finding.status]} ", style=STYLE[finding.status])
        head.append(self.of(rule.title), style="bold")
        head.append(f"  {clean(finding.subject.path)}  {self.of(words.MODALITY[rule.modality])}", style="dim")
        self.line(head, 1)
        main = finding.comparison
        if finding.status == "not_applicable":
            self.say(finding.reason.zh, finding.reason.en, "dim", 4)
        elif main is not None and main.measured is not None:
            far = words.distance(main)
            value, limit = words.measured(main), words.limit(main)
            self.say(f"实测 {value}，限值 {limit}，{far.zh}".rstrip("，"), f"measured {value}, limit {limit}, {far.en}".rstrip(", "), "", 4)
        others = [c for c in finding.comparisons if c is not main and c.truth is False and c.measured is not None]
        for other in others:
            far = words.distance(other)
            value, limit = words.measured(other), words.limit(other)
            self.say(f"另：{other.path} {value}，限值 {limit}，{far.zh}", f"also: {other.path} {value}, limit {limit}, {far.en}", "", 4)
        brief = not decisive(finding) and not self.verbose
        if not brief and finding.status != "not_applicable":
            self.reasons(finding)
        number = self.packs[rule.pack].number
        due_zh, due_en = (f"；期限 {rule.due}", f"; due {rule.due}") if rule.due else ("", "")
        self.say(f"依据 {number} {rule.clause}〔{rule.key}〕{due_zh}", f"clause {number} {rule.clause} [{rule.key}]{due_en}", "dim", 4)
        notes = [words.FLAGS[flag] for flag in finding.flags if flag in words.FLAGS and flag != "after_plan_period"]
        if notes:
            self.say("注意 " + "；".join(n.zh for n in notes), "note " + "; ".join(n.en for n in notes), "dim", 4)
        if finding.status in ("fail", "pending") and rule.remedy.en and not brief:
            self.say(f"整改 {rule.remedy.zh}", f"remedy {rule.remedy.en}", "", 4)
        if finding.waiver is not None:
            waiver = finding.waiver
            self.say(
                f"豁免 {waiver.document}（{waiver.approver}），至 {waiver.until}：{waiver.reason}",
                f"waiver {waiver.document} ({waiver.approver}), until {waiver.until}: {waiver.reason}",
                "dim",
                4,
            )

    def reasons(self, finding: Finding) -> None:
        """The arithmetic; with `verbose` the whole derivation, else only the sums and what does not hold."""
        steps = finding.trace if self.verbose else [s for s in finding.trace if s[:1] == "✗" or " × " in s or " ÷ " in s]
        for step in steps:
            self.line(Line(clean(step), style="dim"), 4)

    def unknown(self, report: Report) -> None:
        unknown = [f for f in report.findings if f.status == "unknown"]
        if not unknown:
            return
        deciding = sum(decisive(f) for f in unknown)
        self.console.print()
        self.say(
            f"待定 {len(unknown)}（其中 {deciding} 项影响结论）；需补充的资料，按可判定的项数排列",
            f"Undetermined {len(unknown)} ({deciding} bear on the outcome); facts to ask for, those that settle most first",
            STYLE["unknown"],
        )
        asks = facts_to_ask(report, self.result.packs, self.words)
        shown = asks if self.verbose else asks[:15]
        for ask in shown:
            line = Line(f"{ask.findings:>3} ", style=STYLE["unknown"])
            line.append(self.of(ask.label))
            line.append(f"  {clean(ask.path)}", style="dim")
            self.line(line, 1)
        if len(asks) > len(shown):
            rest = len(asks) - len(shown)
            self.say(f"另有 {rest} 项（-v 全部列出）", f"and {rest} more (-v lists all)", "dim", 5)
        if self.verbose:
            for finding in unknown:
                self.finding(finding)

    def manual(self, report: Report) -> None:
        if not report.manual:
            return
        self.console.print()
        count = len(report.manual)
        self.say(f"须人工核查 {count} 项" + ("" if self.verbose else "（-v 列出）"), f"To be looked at by people: {count}" + ("" if self.verbose else " (-v lists them)"))
        for pack, item in report.manual if self.verbose else ():
            self.say(f"□ {item.title.zh}  {pack.number} {item.clause}", f"□ {item.title.en}  {pack.number} {item.clause}", "", 1)

    def waivers(self, report: Report) -> None:
        for waiver in report.unused_waivers:
            self.say(
                f"未用到的豁免：{waiver.rule}（{waiver.document}，{waiver.place}）",
                f"waiver not used: {waiver.rule} ({waiver.document}, {waiver.place})",
                "magenta",
            )

    def totals(self, report: Report) -> None:
        self.console.print()
        parts = Line(f"{'合计' if self.lang == 'zh' else 'Total'} {len(report.findings)} = ")
        for number, status in enumerate(STATUSES):
            parts.append(" + " if number else "")
            parts.append(f"{self.of(words.STATUS[status])} {report.count(status)}", style=STYLE[status])
        self.line(parts)


def _badness(finding: Finding) -> tuple[bool, Fraction, str, str]:
    main = finding.comparison
    margin = main.margin.exact if main is not None and main.margin is not None else None
    return (margin is None, margin if margin is not None else Fraction(0), finding.rule.key, finding.subject.path)

