"""A finding derived step by step: clause, concern, demand, date, status, what would settle it, remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from envcheck.facility.whatif import assumed, goal, restates
from envcheck.judging.evaluate import evaluate
from envcheck.judging.gaps import facts_to_ask, gap_labels
from envcheck.judging.logic import Answer
from envcheck.judging.situation import Situation
from envcheck.judging.steps import SIGN
from envcheck.model import expressions as ex
from envcheck.model.evidence import ASKED
from envcheck.model.finding import Finding, Report
from envcheck.model.rule import Pack
from envcheck.report.formats import plain
from envcheck.report.formats.json import finding_data, text_data
from envcheck.report.formats.text import STYLE, SYMBOL
from envcheck.report.parts import phrases
from envcheck.report.parts.evidence import evidence, place_suffix, values_in
from envcheck.report.parts.layout import Page, Span
from envcheck.text.messages import EMPTY, Text, listed, ptr, tr
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

FORMAT = "envcheck/explain/1"
Explained = tuple[Finding, Pack, Situation]
"""A finding with its pack and what it was asked of."""
TRUTH = {
    True: tr("holds"),
    False: tr("does not hold"),
    None: tr("not known"),
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


def as_json(found: Sequence[Explained], vocabulary: Vocabulary) -> str:
    """The findings with their steps as JSON text: each as in the result of a check."""
    facility, day = found[0][2].facility, found[0][2].as_of
    gap_label = gap_labels([pack for _, pack, _ in found], vocabulary)
    data = {
        "format": FORMAT,
        "envcheck": __version__,
        "facility": {"id": facility.id, "name": facility.name, "source": facility.source},
        "as_of": day.isoformat(),
        "findings": [
            {**finding_data(finding, gap_label), "plan": text_data(pack.citation)} for finding, pack, _ in found
        ],
    }
    return plain.as_json(data) + "\n"


def brief(finding: Finding, stream: IO[str], manner: tuple[str, bool | None]) -> None:
    """Write one line on a finding that does not apply."""
    lang, color = manner
    colon = tr(": ").within(lang)
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

    def say(self, text: Text, style: str = "", indent: int = 3) -> None:
        self.page.paragraph((self.of(text), style), indent=indent, hang=2)

    def of(self, text: Text) -> str:
        return text.within(self.lang)

    def heading(self, text: Text) -> None:
        self.number += 1
        self.page.blank()
        self.page.paragraph((f"{self.number}. {self.of(text)}", "bold"), hang=2)

    def write(self) -> None:
        finding, facility = self.finding, self.at.facility
        rule = finding.rule
        self.say(tr("{title} [{key}]", title=rule.title, key=rule.key), "bold", 0)
        name = finding.subject.facts.get("name")
        called = f" {name.text}" if name is not None else ""
        whose = tr(
            "{subject}; {name} ({id}); as of {day}",
            subject=f"{finding.subject.path}{called}",
            name=facility.name,
            id=facility.id,
            day=self.at.as_of,
        )
        self.say(whose, "", 0)
        if changes := assumed(facility):
            self.say(tr("What if (not what the file says): {changes}", changes=changes), "bold magenta", 0)
        self.clause()
        self.concern()
        self.demand()
        if finding.status != "not_applicable":
            self.date()
        self.status()
        self.settle()
        if rule.remedy != EMPTY and finding.status in ("fail", "pending", "waived", "unknown"):
            self.heading(tr("Remedy"))
            self.say(rule.remedy)

    # --- 1 the clause

    def clause(self) -> None:
        rule, pack = self.finding.rule, self.pack
        self.heading(ptr("source", "Clause"))
        self.page.paragraph((f"{self.of(pack.title)} {pack.number}".rstrip(), ""), indent=3, hang=2)
        covers = ", ".join(rule.covers)
        self.say(tr("clause {clause}; requirements {covers}", clause=rule.clause, covers=covers))
        for sentence in rule.sentences:
            self.say(tr("text “{words}”", words=sentence))
        modality = phrases.MODALITY[rule.modality]
        self.say(tr("modality: {modality}", modality=modality))
        if rule.basis:
            basis = ", ".join(rule.basis)
            self.say(tr("standards it leans on: {basis}", basis=basis))
        for label, note in ((ptr("of a rule", "note"), rule.note), (tr("boundary"), rule.boundary)):
            if note != EMPTY:
                self.say(tr("{label}: {note}", label=label, note=note))

    # --- 2 the concern

    def concern(self) -> None:
        rule, path = self.finding.rule, self.finding.subject.path
        self.heading(tr("Does the rule concern {path}?", path=path))
        kind = self.words.kinds[rule.kind]
        self.step(True, tr("kind of subject: {label}", label=kind.label))
        self.region()
        self.period()
        for condition in rule.when:
            self.condition(condition)
        verdict = {
            "not_applicable": tr("so it does not concern the subject"),
            "unknown": tr("so it concerns the subject, or may"),
        }.get(self.finding.status, tr("so it concerns the subject"))
        self.page.paragraph((f"→ {self.of(verdict)}", ""), indent=3, hang=2)

    def region(self) -> None:
        fact = self.at.of_facility().subject.facts.get("region")
        code, own = str(fact.value) if fact is not None else "", self.pack.region
        truth = True if code.startswith(own) else None if own.startswith(code) else False
        where = place_suffix(fact.place) if fact is not None else ""
        self.step(
            truth,
            tr(
                "the plan binds region {own}; the file says {code}{where}",
                own=own,
                code=code or tr("nothing"),
                where=where,
            ),
        )

    def period(self) -> None:
        rule, day = self.finding.rule, self.at.as_of
        self.step(rule.start <= day, tr("in force from {start}", start=rule.start))
        if rule.end is not None:
            self.step(day <= rule.end, tr("in force until {end}", end=rule.end))

    # --- conditions and their evidence

    def step(self, truth: bool | None, text: Text) -> None:
        self.page.paragraph((f"{SIGN[truth]} ", HUE[truth]), (self.of(text), ""), indent=3, hang=2)

    def condition(self, node: ex.Node) -> Answer:
        answer = evaluate(node, self.at)
        told = TRUTH[answer.truth]
        title = self.at.definitions[node.name].title if isinstance(node, ex.Defined) else EMPTY
        named = tr(": {title}", title=title) if title != EMPTY else EMPTY
        self.step(answer.truth, tr("{text}{named} ({told})", text=node.text, named=named, told=told))
        values = list(dict.fromkeys(values_in(node, self.at)))
        for value in values:
            for text, style in evidence(value, self.at, self.finding.rule.kind, self.words):
                self.say(text, style, 6)
        names = {".".join(value.path) for value in values}
        for number, step in enumerate(answer.steps):
            last = number == len(answer.steps) - 1
            echo = last and step.kind in ASKED and step.text == node.text
            stated = step.kind == "reading" and step.facts[0].name in names
            if not echo and not stated:
                self.page.paragraph((self.of(phrases.step(step, self.words)), "dim"), indent=6, hang=2)
        return answer

    # --- 3 the demand

    def demand(self) -> None:
        finding, rule = self.finding, self.finding.rule
        self.heading(tr("What it demands"))
        if finding.status == "not_applicable":
            for node in rule.require:
                self.say(tr("{text} (not asked, since it does not apply)", text=node.text))
            return
        for node in rule.require:
            if isinstance(node, ex.Never):
                self.step(False, tr("a flat ban: nothing that it concerns can meet it"))
            else:
                self.condition(node)
        if rule.missing_fails:
            self.say(tr("a record that is missing counts as not met"))
        for comparison in finding.comparisons:
            if comparison.measured is None:
                continue
            needed = goal(finding, comparison)
            told = tr("compared: {numbers}", numbers=phrases.against(comparison, named=True))
            if needed is not None and not restates(comparison, needed):
                told = listed((told, needed.text))
            self.step(comparison.truth, told)

    # --- 4 the date

    def date(self) -> None:
        rule, day, waiver = self.finding.rule, self.at.as_of, self.finding.waiver
        self.heading(tr("The date"))
        if rule.due is None:
            self.say(tr("no deadline: it holds from {start} on", start=rule.start))
        elif rule.has_time(day):
            self.say(
                tr("{day} ≤ {due}: there is still time, so that a shortfall is pending", day=day, due=rule.due),
            )
        else:
            self.say(tr("{day} > {due}: it is due", day=day, due=rule.due))
        if waiver is not None:
            sign = "≤" if day <= waiver.until else ">"
            told = tr(
                "waiver {document} ({approver}, {reason}){spot}: {day} {sign} {until}",
                document=waiver.document,
                approver=waiver.approver,
                reason=waiver.reason,
                spot=place_suffix(waiver.place),
                day=day,
                sign=sign,
                until=waiver.until,
            )
            self.say(told)
        if self.pack.ended(day):
            self.say(
                tr("the plan's period ended on {end}; its findings still count", end=self.pack.end),
            )

    # --- 5 to 7 the status and what follows

    def status(self) -> None:
        finding = self.finding
        self.heading(tr("Status"))
        spans: list[Span] = [(f"{SYMBOL[finding.status]} ", STYLE[finding.status])]
        spans.append((self.of(phrases.STATUS[finding.status]), STYLE[finding.status]))
        self.page.paragraph(*spans, indent=3)
        if finding.status == "not_applicable":
            self.say(finding.reason)
        for flag in finding.flags:
            if flag in phrases.FLAGS and flag != "after_plan_period":
                note = phrases.FLAGS[flag]
                self.say(tr("note {note}", note=note), "dim")

    def settle(self) -> None:
        if not self.finding.gaps:
            return
        self.heading(tr("What would settle it"))
        report = Report(self.at.facility, "undetermined", (self.finding,), (), (), ())
        for ask in facts_to_ask(report, [self.pack], self.words):
            self.page.paragraph((f"□ {self.of(ask.label)}", ""), (f"  {ask.path}", "dim"), indent=3, hang=2)
