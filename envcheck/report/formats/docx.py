"""Findings as an inspection record (现场核查记录): facility, outcome, findings, facts to ask for, checklist, signatures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH

from envcheck.facility.whatif import goal, restates
from envcheck.judging.gaps import FactRequest, facts_to_ask, gap_labels
from envcheck.judging.judge import decisive, grounds
from envcheck.judging.problems import Problem
from envcheck.model.facility import Subject
from envcheck.model.finding import Finding, Report, Result
from envcheck.model.rule import Pack, Status
from envcheck.report.parts import failing, paper, phrases, series
from envcheck.report.parts.bars import label_of
from envcheck.report.parts.office import TINT, saved_document
from envcheck.text.messages import EMPTY, Text, day, join, ptr, tr
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

IN_FULL: tuple[tuple[Status, Text], ...] = (
    ("fail", tr("What fails")),
    ("unknown", tr("What is undetermined")),
    ("pending", ptr("heading", "Not due yet")),
    ("waived", ptr("heading", "Waived")),
)
FACTS = ("name", "id", "type", "industry", "region", "zone", "group", "park", "commissioned")
SIGNED = (
    tr("Inspectors (signatures, card numbers)"),
    tr("Recorder (signature)"),
    tr("For the facility (signature, seal)"),
    tr("Witness (signature)"),
    tr("Date and time of inspection"),
    tr("Place of inspection"),
)
BOX = "□ "
ASKED = 8
"""So many facts to ask for are listed without the annex."""


def render(result: Result, words: Vocabulary, lang: str, *, annex: bool = False) -> bytes:
    """One inspection record a facility, each on pages of its own, in one language; the ``annex`` tells every finding."""
    return _Record(result, words, lang, annex=annex).render()


class _Record:
    def __init__(self, result: Result, words: Vocabulary, lang: str, *, annex: bool) -> None:
        self.result, self.words, self.lang, self.annexed = result, words, lang, annex
        self.packs = {pack.id: pack for pack in result.packs}
        self.gap_label = gap_labels(result.packs, words)
        self.document: Any = paper.blank()

    def of(self, text: Text) -> str:
        return phrases.clean(text.within(self.lang))

    def render(self) -> bytes:
        for number, report in enumerate(self.result.reports):
            if number:
                self.document.add_page_break()
            self.report(report)
        properties = self.document.core_properties
        properties.title = self.of(tr("Inspection record"))
        properties.author, properties.comments = "envcheck", ""
        properties.created = properties.modified = datetime(1980, 1, 1)  # noqa: DTZ001 (a fixed day, in no zone)
        return saved_document(self.document)

    def report(self, report: Report) -> None:
        title = self.document.add_heading(self.of(tr("Inspection record")), 0)
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self.heading(tr("1. The facility"))
        self.facility(report)
        self.heading(tr("2. Outcome"))
        self.outcome(report)
        self.heading(tr("3. Problems"))
        self.problems(report)
        self.heading(tr("4. What is undetermined"))
        self.asked(report)
        self.heading(tr("5. To be looked at by people"))
        self.manual(report)
        self.heading(tr("6. Statement of the facility, and signatures"))
        self.signatures(report)
        if self.annexed:
            self.document.add_page_break()
            self.heading(tr("Annex: findings"))
            if report.not_binding:
                listed = ", ".join(report.not_binding)
                self.paragraph(tr("Packs that do not bind its region: {listed}", listed=listed))
            self.findings(report)

    def heading(self, text: Text, level: int = 1) -> None:
        self.document.add_heading(self.of(text), level)

    def paragraph(self, text: Text, *, bold: bool = False) -> Any:
        paragraph = self.document.add_paragraph()
        paragraph.add_run(phrases.writable(self.of(text))).bold = bold
        return paragraph

    # --- sections

    def facility(self, report: Report) -> None:
        facility, cells = report.facility, []
        kind = self.words.kinds["facility"]
        for name in FACTS:
            fact = facility.itself.facts.get(name)
            if fact is not None:
                cells.append((self.of(self.words.label(kind, (name,))), self.shown(name, fact.value, fact.text)))
        cells.append((self.of(tr("File")), phrases.clean(facility.source)))
        cells.append((self.of(tr("As of")), self.of(day(self.result.as_of))))
        self.pairs(cells)
        plans = [
            tr("{title} ({number}{ended})", title=pack.title, number=pack.number or pack.region, ended=ended)
            for pack in self.result.packs
            if pack.id not in report.not_binding
            for ended in [tr(", period ended") if pack.ended(self.result.as_of) else EMPTY]
        ]
        listed = join(ptr("list", "; "), plans)
        self.paragraph(tr("Held against: {plans}", plans=listed))

    def pairs(self, cells: Sequence[tuple[str, str]]) -> None:
        """Labels with their values, two of them side by side."""
        padded = [*cells, ("", "")] if len(cells) % 2 else list(cells)
        rows = [(*first, *second) for first, second in zip(padded[::2], padded[1::2], strict=True)]
        self.table(None, rows, (30, 55, 30, 55))

    def shown(self, name: str, value: object, text: str) -> str:
        """A fact of the facility for people: choices by their labels."""
        attribute = self.words.kinds["facility"].attributes[name]
        if attribute.type == "region":
            known = self.words.choices.get("region", {}).get(str(value))
            return f"{self.of(known.label)} {value}" if known is not None else str(value)
        chosen = value if isinstance(value, frozenset) else {value}
        if attribute.choices:
            labels = [
                self.words.choices[attribute.choices][str(one)].label.within(self.lang)
                for one in sorted(map(str, chosen))
            ]
            return self.of(join(ptr("list of words", ", "), labels))
        return self.of(day(value)) if isinstance(value, date) else phrases.clean(text)

    def outcome(self, report: Report) -> None:
        word = phrases.OUTCOME[report.outcome]
        self.paragraph(tr("Outcome: {word}", word=word), bold=True)
        spared = sum(bool(f.presumed) for f in report.findings)
        lines = (
            failing.told(failing.groups(report.findings)),
            phrases.rests_on(grounds(report.findings)),
            phrases.presumed(spared) if spared else EMPTY,
            phrases.total(report),
        )
        for line in lines:
            if line != EMPTY:
                self.paragraph(line)
        for notice in phrases.notices(self.result):
            self.paragraph(notice, bold=True)
        for waiver in report.unused_waivers:
            unused = tr(
                "Waiver not used: {rule} ({document}, until {until})",
                rule=waiver.rule,
                document=waiver.document,
                until=waiver.until,
            )
            self.paragraph(unused)

    def problems(self, report: Report) -> None:
        """What decides, a row each: facts and numbers, every clause that is broken, what would put it right."""
        found = [group for group in failing.groups(report.findings) if group.title != failing.SOFT]
        if not found:
            self.paragraph(tr("None."))
        heads = [self.of(text) for text in (tr("No."), tr("Problem"), tr("What was found"), tr("Clauses and remedy"))]
        for group in found:
            self.heading(group.heading, 2)
            rows = [
                (str(n), self.problem(one), self.found(one.findings[0], brief=True), self.grounds(one))
                for n, one in enumerate(group.problems, 1)
            ]
            self.table(heads, rows, (10, 40, 56, 64), TINT["fail"])
        soft = [group for group in failing.groups(report.findings) if group.title == failing.SOFT]
        for group in soft:
            self.paragraph(group.heading)

    def problem(self, problem: Problem) -> str:
        first = problem.findings[0]
        weight = phrases.MODALITY[first.rule.modality]
        told = (phrases.whose(problem.subject, self.words), first.rule.title, tr("({weight})", weight=weight))
        return "\n".join(self.of(line) for line in told)

    def grounds(self, problem: Problem) -> str:
        told = (*failing.clauses(problem, self.packs, coded=False), *failing.quotes(problem))
        lines = [self.of(line) for line in told]
        if (remedy := failing.remedy(problem)) != EMPTY:
            lines.append(self.of(tr("remedy: {remedy}", remedy=remedy)))
        if (notes := failing.notes(problem)) != EMPTY:
            lines.append(self.of(tr("note: {notes}", notes=notes)))
        return "\n".join(lines)

    def findings(self, report: Report) -> None:
        heads = [
            self.of(text)
            for text in (
                tr("No."),
                tr("Requirement"),
                tr("Subject"),
                tr("What was found"),
            )
        ]
        for status, title in IN_FULL:
            chosen = [f for f in report.findings if f.status == status]
            chosen.sort(key=lambda f: not decisive(f))
            if not chosen:
                continue
            self.heading(tr("{title} ({count})", title=title, count=len(chosen)), 2)
            rows = [
                (str(n), self.requirement(f), phrases.clean(f.subject.path), self.found(f))
                for n, f in enumerate(chosen, 1)
            ]
            self.table(heads, rows, (12, 64, 30, 64), TINT[status])
        passed, aside = report.count("pass"), report.count("not_applicable")
        self.paragraph(
            tr("Besides, {passed} hold and {aside} do not apply; the workbook lists them.", passed=passed, aside=aside)
        )

    def requirement(self, finding: Finding) -> str:
        rule = finding.rule
        pack: Pack = self.packs[rule.pack]
        due = tr("; due {due}", due=rule.due) if rule.due else EMPTY
        source = Text(f"{pack.citation.zh} {rule.clause}", f"{pack.citation.en} {rule.clause}")
        weight = phrases.MODALITY[rule.modality]
        aside = EMPTY if decisive(finding) else tr(", no bearing on the outcome")
        lines = (
            rule.title,
            tr("{source} ({weight}{aside}{due})", source=source, weight=weight, aside=aside, due=due),
        )
        return "\n".join(self.of(line) for line in lines) + f"\n[{rule.key}]"

    def found(self, finding: Finding, *, brief: bool = False) -> str:
        lines: list[str] = []
        for comparison in phrases.shown(finding):
            quantity = label_of(finding.subject, comparison, self.words)
            lines.append(self.of(tr("{quantity}: {numbers}", quantity=quantity, numbers=phrases.against(comparison))))
            needed = goal(finding, comparison) if comparison.truth is False else None
            if needed is not None and not restates(comparison, needed):
                lines.append(self.of(needed.text))
        for one in series.monitored(finding):
            lines.append(self.of(series.summary(one, self.words)))
            lines += [phrases.clean(peak.step) for peak in one.worst]
        if finding.status == "unknown":
            lines.append(self.of(tr("missing: {listed}", listed=phrases.lacking(finding, self.gap_label))))
        elif finding.status in ("fail", "pending"):
            steps = [step for step in finding.steps if step.worked_out]
            lines += [
                self.of(phrases.condition(step, self.words, self.packs[finding.rule.pack], finding.rule))
                for step in (*steps, *phrases.unsaid(finding))
            ]
            if brief:
                return "\n".join(dict.fromkeys(lines))
            remedy = finding.rule.remedy
            lines += [self.of(tr("remedy: {remedy}", remedy=remedy))] if remedy != EMPTY else []
        if finding.waiver is not None:
            lines.append(self.of(phrases.waiver(finding.waiver)))
        notes = phrases.notes(finding)
        if notes:
            told = join(ptr("list", "; "), notes)
            lines.append(self.of(tr("note: {notes}", notes=told)))
        return "\n".join(dict.fromkeys(lines))

    def asked(self, report: Report) -> None:
        asks = facts_to_ask(report, self.result.packs, self.words)
        if not asks:
            self.paragraph(tr("None."))
            return
        subjects = {subject.path: subject for subject in report.facility.subjects()}
        of: dict[Text, list[FactRequest]] = {}
        for ask in asks:
            of.setdefault(ask.label, []).append(ask)
        rows = [
            (
                BOX + self.of(label),
                self.owners(subjects[a.subject] for a in each if a.subject in subjects),
                str(sum(a.findings for a in each)),
                "",
            )
            for label, each in of.items()
        ]
        shown = rows if self.annexed else rows[:ASKED]
        heads = [self.of(text) for text in (tr("Fact"), tr("Of which subject"), tr("Settles"), tr("Answer"))]
        self.table(heads, shown, (62, 52, 16, 40))
        if len(rows) > len(shown):
            self.paragraph(
                tr("and {rest} more facts: the annex and the workbook list them", rest=len(rows) - len(shown))
            )

    def owners(self, subjects: Iterable[Subject]) -> str:
        """Subjects by their ids, behind what they are: 锅炉 B2、B3."""
        of: dict[Text, list[str]] = {}
        for subject in subjects:
            whole = subject.kind == "facility"
            label = phrases.whose(subject, self.words) if whole else self.words.kinds[subject.kind].label
            of.setdefault(label, []).extend([] if whole else [subject.id])
        comma = self.of(ptr("list of words", ", "))
        return "\n".join(f"{self.of(label)} {comma.join(ids)}".rstrip() for label, ids in of.items())

    def manual(self, report: Report) -> None:
        if not report.manual:
            self.paragraph(tr("None."))
            return
        heads = [self.of(t) for t in (tr("Item"), ptr("source", "Clause"), ptr("to fill in", "What was found"))]
        rows = [
            (BOX + self.of(item.title), f"{self.of(pack.citation)} {phrases.clean(item.clause)}", "")
            for pack, item in report.manual
        ]
        self.table(heads, rows, (80, 48, 42))

    def signatures(self, report: Report) -> None:
        closing = tr(
            "The plan's own text decides; this record is a reason to verify, not a penalty. What is not stated is unknown."
        )
        self.paragraph(closing)
        self.paragraph(tr("Statement of the facility: "))
        self.pairs([(self.of(text), "\n") for text in SIGNED])
        used = "; ".join(
            f"{pack.id} {pack.version} {pack.digest[:12]}"
            for pack in self.result.packs
            if pack.id not in report.not_binding
        )
        self.paragraph(tr("Made by envcheck {version}; rule packs: {packs}", version=__version__, packs=used))

    def table(
        self, heads: Sequence[str] | None, rows: Sequence[Sequence[str]], widths: Sequence[int], tint: str = ""
    ) -> None:
        paper.table(self.document, heads, rows, widths, tint)
