"""Findings for the terminal: the outcome first, then what fails, what is undetermined, and the rest in numbers."""

from __future__ import annotations

from typing import IO, NamedTuple

from envcheck.judging.gaps import facts_to_ask, presumptions
from envcheck.judging.judge import concerned, decisive, grounds
from envcheck.judging.problems import Problem
from envcheck.model.finding import Comparison, Finding, Report, Result
from envcheck.model.rule import STATUSES, Status
from envcheck.report.parts import failing, phrases
from envcheck.report.parts.layout import Page, Span
from envcheck.text.messages import EMPTY, Text, join, ptr, tr
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

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

    def say(self, text: Text, style: str = "", indent: int = 0) -> None:
        self.page.paragraph((self.of(text), style), indent=indent)

    def of(self, text: Text) -> str:
        return text.within(self.manner.lang)

    def write(self) -> None:
        as_of, engine = self.result.as_of, self.result.engine
        if not self.manner.quiet:
            head = tr(
                "envcheck {version} · as of {day} · engine {engine}", version=__version__, day=as_of, engine=engine
            )
            self.say(head)
        for notice in phrases.notices(self.result):
            self.say(notice, "bold magenta")
        for report in self.result.reports:
            self.report(report)
        if not self.manner.quiet:
            self.page.blank()
            self.say(
                tr(
                    "The plan's own text decides; a finding is a reason to verify, not a penalty. What is not stated is unknown."
                ),
                "dim",
            )

    def report(self, report: Report) -> None:
        self.page.blank()
        facility = report.facility
        self.say(tr("{name} ({id})", name=facility.name, id=facility.id), "bold")
        head = self.of(tr("Outcome: "))
        self.page.paragraph((head, ""), (self.of(phrases.OUTCOME[report.outcome]), STYLE[report.outcome]))
        found = failing.groups(report.findings)
        if (told := failing.told(found)) != EMPTY:
            self.say(told)
        rests = phrases.rests_on(grounds(report.findings))
        if rests != EMPTY and not self.manner.quiet:
            self.say(rests, "dim")
        if not concerned(report.findings):
            self.say(
                tr("no rule concerns anything in the file: nothing was shown"),
                "yellow",
            )
        if " --set " in facility.source:
            from envcheck.facility.whatif import assumed

            changes = assumed(facility)
            self.say(tr("What if (not what the file says): {changes}", changes=changes), "bold magenta")
        if not self.manner.quiet:
            self.scope(report)
        for group in found:
            self.page.blank()
            self.page.paragraph((self.of(group.heading), STYLE["fail"]))
            for problem in group.problems:
                self.problem(problem)
        if self.manner.quiet:
            return
        self.unknown(report)
        self.status(report, "pending", tr("Not due yet"))
        self.status(report, "waived", tr("Waived"))
        if self.manner.verbose:
            self.status(report, "pass", tr("Passes"))
            self.status(report, "not_applicable", tr("Not applicable"))
        self.presumed(report)
        self.manual(report)
        for waiver in report.unused_waivers:
            unused = tr(
                "waiver not used: {rule} ({document}, {place})",
                rule=waiver.rule,
                document=waiver.document,
                place=waiver.place,
            )
            self.say(unused, "magenta")
        self.totals(report)

    def scope(self, report: Report) -> None:
        """What the facility was held against, and what not."""
        for pack in self.result.packs:
            if pack.id not in report.not_binding:
                against = tr(
                    "{title} ({number}, pack {pack} version {version}, {digest}{ended})",
                    title=pack.title,
                    number=pack.number or pack.region,
                    pack=pack.id,
                    version=pack.version,
                    digest=pack.digest[:12],
                    ended=tr(", period ended") if pack.ended(self.result.as_of) else EMPTY,
                )
                self.say(against, "dim", 2)
        if report.not_binding:
            listed = ", ".join(report.not_binding)
            self.say(tr("packs that do not bind its region: {listed}", listed=listed), "dim", 2)

    def status(self, report: Report, status: Status, title: Text) -> None:
        chosen = [f for f in report.findings if f.status == status]
        softer = title + tr(" (targets and encouragement: no bearing on the outcome)")
        for group, heading in (
            ([f for f in chosen if decisive(f)], title),
            ([f for f in chosen if not decisive(f)], softer),
        ):
            if group:
                self.page.blank()
                self.page.paragraph((f"{self.of(heading)} {len(group)}", STYLE[status]))
                for finding in sorted(group, key=phrases.worst_first):
                    self.finding(finding)

    def problem(self, problem: Problem) -> None:
        """The strictest requirement with its numbers, then every clause that is broken, then what would put it right."""
        first = problem.findings[0]
        self.head(first)
        self.numbers(first)
        self.series(first)
        if problem.decisive or self.manner.verbose:
            self.reasons(first)
        for clause in failing.clauses(problem, self.packs):
            self.page.paragraph((self.of(clause), "dim"), indent=4, hang=2)
        for quote in failing.quotes(problem) if problem.decisive or self.manner.verbose else ():
            self.page.paragraph((self.of(quote), "dim"), indent=4, hang=2)
        if (notes := failing.notes(problem)) != EMPTY:
            self.say(tr("note {note}", note=notes), "dim", 4)
        remedy = failing.remedy(problem)
        if remedy != EMPTY and (problem.decisive or self.manner.verbose):
            self.say(tr("remedy {remedy}", remedy=remedy), "", 4)

    def head(self, finding: Finding) -> None:
        rule, status = finding.rule, finding.status
        self.page.paragraph(
            (f"{SYMBOL[status]} ", STYLE[status]),
            (self.of(rule.title), "bold"),
            (f"  {finding.subject.path}  {self.of(phrases.MODALITY[rule.modality])}", "dim"),
            indent=1,
            hang=2,
        )

    def finding(self, finding: Finding) -> None:
        rule, status = finding.rule, finding.status
        brief = not decisive(finding) and not self.manner.verbose
        self.head(finding)
        if status == "not_applicable":
            self.say(finding.reason, "dim", 4)
        else:
            self.numbers(finding)
            self.series(finding)
            if not brief:
                self.reasons(finding)
        self.say(phrases.source(rule, self.packs[rule.pack]), "dim", 4)
        notes = phrases.notes(finding, but=("after_plan_period",))
        if notes:
            told = join(ptr("list", "; "), notes)
            self.say(tr("note {note}", note=told), "dim", 4)
        if status == "pending" and rule.remedy != EMPTY and not brief:
            self.say(tr("remedy {remedy}", remedy=rule.remedy), "", 4)
        if finding.waiver is not None:
            self.say(phrases.waiver(finding.waiver), "dim", 4)

    def numbers(self, finding: Finding) -> None:
        """The governing number against its limit, and every other one that does not hold."""
        main = finding.comparison
        others = [c for c in finding.comparisons if c is not main and c.truth is False]
        for lead, comparison in ((tr("measured"), main), *((tr("also"), c) for c in others)):
            if comparison is not None and comparison.measured is not None:
                self.number(lead, comparison, named=len(finding.comparisons) > 1)
                if comparison.truth is False:
                    self.needed(finding, comparison)

    def needed(self, finding: Finding, comparison: Comparison) -> None:
        """The value that would pass, in the user's own unit."""
        from envcheck.facility.whatif import goal, restates

        found = goal(finding, comparison)
        if found is not None and not restates(comparison, found):
            self.say(found.text, "", 4)

    def number(self, lead: Text, comparison: Comparison, *, named: bool) -> None:
        told = f"{self.of(lead)} {self.of(phrases.against(comparison, named=named))}"
        self.page.paragraph((told, ""), indent=4)

    def series(self, finding: Finding) -> None:
        """What monitoring series say: how much data there was, and the worst hours."""
        if any(c.series is not None for c in finding.comparisons):
            from envcheck.report.parts import series

            for one in series.monitored(finding):
                told = series.summary(one, self.words)
                self.say(told, "", 4)
                for peak in one.worst:
                    self.page.paragraph((peak.step, "dim"), indent=6, hang=2)

    def reasons(self, finding: Finding) -> None:
        """The arithmetic; with `verbose` the whole derivation, else only the sums and what does not hold."""
        told = [step for step in finding.steps if step.kind != "peak"]
        short = phrases.unsaid(finding) if finding.status in ("fail", "pending") else ()
        telling = told if self.manner.verbose else [step for step in told if step.worked_out or step in short]
        for step in telling:
            if step.kind == "ban":
                self.say(tr("a flat ban: what the conditions describe must not be"), "dim", 4)
            else:
                self.page.paragraph(
                    (
                        self.of(phrases.condition(step, self.words, self.packs[finding.rule.pack], finding.rule)),
                        "dim",
                    ),
                    indent=4,
                    hang=2,
                )

    def unknown(self, report: Report) -> None:
        unknown = [f for f in report.findings if f.status == "unknown"]
        if not unknown:
            return
        deciding = sum(decisive(f) for f in unknown)
        self.page.blank()
        self.say(
            tr(
                "Undetermined {unknown} ({deciding} bear on the outcome); facts to ask for, those that settle most first",
                unknown=len(unknown),
                deciding=deciding,
            ),
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
            self.say(tr("and {rest} more (-v lists all)", rest=rest), "dim", 4)
        if self.manner.verbose:
            for finding in unknown:
                self.finding(finding)

    def presumed(self, report: Report) -> None:
        """What was presumed not to concern the facility, and what would overrule it."""
        found = presumptions(report, self.result.packs, self.words)
        if not found:
            return
        self.page.blank()
        spared = sum(f.status == "not_applicable" and bool(f.presumed) for f in report.findings)
        hint = EMPTY if self.manner.verbose else tr(" (-v lists them)")
        self.say(phrases.presumed(spared, hint))
        for one in found if self.manner.verbose else ():
            self.page.paragraph((self.of(phrases.presumption(one)), "dim"), indent=1, hang=2)

    def manual(self, report: Report) -> None:
        if not report.manual:
            return
        self.page.blank()
        count, hint = len(report.manual), EMPTY if self.manner.verbose else tr(" (-v lists them)")
        self.say(tr("To be looked at by people: {count}{hint}", count=count, hint=hint))
        for pack, item in report.manual if self.manner.verbose else ():
            told = f"□ {self.of(item.title)}  {self.of(pack.citation)} {item.clause}"
            self.page.paragraph((told, ""), indent=1, hang=2)

    def totals(self, report: Report) -> None:
        self.page.blank()
        total = self.of(tr("Total"))
        spans: list[Span] = [(f"{total} {len(report.findings)} = ", "")]
        for number, status in enumerate(STATUSES):
            spans.append((" + " if number else "", ""))
            spans.append((f"{self.of(phrases.STATUS[status])} {report.count(status)}", STYLE[status]))
        self.page.paragraph(*spans)
