"""Findings as an inspection record (现场核查记录): facility, outcome, findings, facts to ask for, checklist, signatures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH

from envcheck.facility.whatif import goal, restates
from envcheck.judging.gaps import facts_to_ask, gap_labels
from envcheck.judging.judge import decisive, grounds
from envcheck.model.finding import Finding, Report, Result
from envcheck.model.rule import STATUSES, Pack, Status
from envcheck.report.parts import paper, phrases, series
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


def render(result: Result, words: Vocabulary, lang: str) -> bytes:
    """One inspection record a facility, each on pages of its own, in one language."""
    return _Record(result, words, lang).render()


class _Record:
    def __init__(self, result: Result, words: Vocabulary, lang: str) -> None:
        self.result, self.words, self.lang = result, words, lang
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
        self.heading(tr("3. Findings"))
        self.findings(report)
        self.heading(tr("4. Facts to ask for"))
        self.asked(report)
        self.heading(tr("5. To be looked at by people"))
        self.manual(report)
        self.heading(tr("6. Statement of the facility, and signatures"))
        self.signatures()

    def heading(self, text: Text, level: int = 1) -> None:
        self.document.add_heading(self.of(text), level)

    def paragraph(self, text: Text, *, bold: bool = False) -> Any:
        paragraph = self.document.add_paragraph()
        paragraph.add_run(phrases.writable(self.of(text))).bold = bold
        return paragraph

    # --- sections

    def facility(self, report: Report) -> None:
        facility, rows = report.facility, []
        kind = self.words.kinds["facility"]
        for name in FACTS:
            fact = facility.itself.facts.get(name)
            if fact is not None:
                rows.append((self.of(self.words.label(kind, (name,))), self.shown(name, fact.value, fact.text)))
        rows.append((self.of(tr("File")), phrases.clean(facility.source)))
        rows.append((self.of(tr("As of")), self.of(day(self.result.as_of))))
        for pack in self.result.packs:
            if pack.id not in report.not_binding:
                ended = tr(", period ended") if pack.ended(self.result.as_of) else EMPTY
                plan = tr("{title} ({number}{ended})", title=pack.title, number=pack.number or pack.region, ended=ended)
                exact = f"{pack.id} {pack.version} {pack.digest[:12]}"
                rows.append((self.of(tr("Held against")), f"{self.of(plan)}\n{exact}"))
        rows.append((self.of(tr("Program")), f"envcheck {__version__}"))
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
            return self.of(join(ptr("list of words", ", "), labels))
        return self.of(day(value)) if isinstance(value, date) else phrases.clean(text)

    def outcome(self, report: Report) -> None:
        word = phrases.OUTCOME[report.outcome]
        self.paragraph(tr("Outcome: {word}", word=word), bold=True)
        rests = phrases.rests_on(grounds(report.findings))
        if rests != EMPTY:
            self.paragraph(rests)
        heads = [self.of(phrases.STATUS[status]) for status in STATUSES]
        counts = [str(report.count(status)) for status in STATUSES]
        total = self.of(tr("total"))
        self.table([*heads, total], [[*counts, str(len(report.findings))]], (24,) * 6 + (26,))
        self.paragraph(phrases.total(report))
        for notice in phrases.notices(self.result):
            self.paragraph(notice, bold=True)
        spared = sum(bool(f.presumed) for f in report.findings)
        if spared:
            self.paragraph(phrases.presumed(spared))
        for waiver in report.unused_waivers:
            unused = tr(
                "Waiver not used: {rule} ({document}, until {until})",
                rule=waiver.rule,
                document=waiver.document,
                until=waiver.until,
            )
            self.paragraph(unused)
        if report.not_binding:
            listed = ", ".join(report.not_binding)
            self.paragraph(tr("Packs that do not bind its region: {listed}", listed=listed))

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

    def found(self, finding: Finding) -> str:
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
                self.of(phrases.condition(step, self.words, self.packs[finding.rule.pack], finding.rule.kind))
                for step in (*steps, *phrases.unsaid(finding))
            ]
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
        heads = [
            self.of(text)
            for text in (
                tr("Fact"),
                tr("Key"),
                tr("Settles"),
                tr("Answer"),
            )
        ]
        rows = [(BOX + self.of(a.label), phrases.clean(a.path), str(a.findings), "") for a in asks]
        self.table(heads, rows, (62, 54, 16, 38))

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

    def signatures(self) -> None:
        closing = tr(
            "The plan's own text decides; this record is a reason to verify, not a penalty. What is not stated is unknown."
        )
        self.paragraph(closing)
        rows = [(self.of(text), "\n") for text in (tr("Statement of the facility"), *SIGNED)]
        self.table(None, rows, (60, 110))

    def table(
        self, heads: Sequence[str] | None, rows: Sequence[Sequence[str]], widths: Sequence[int], tint: str = ""
    ) -> None:
        paper.table(self.document, heads, rows, widths, tint)
