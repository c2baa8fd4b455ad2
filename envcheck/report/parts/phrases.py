"""The phrases of reports, in both languages: statuses, flags, and one sentence for every finding."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from envcheck.judging import steps
from envcheck.judging.gaps import GapLabel, Presumed
from envcheck.model.evidence import Step
from envcheck.model.facility import Measurement, Subject, Waiver
from envcheck.model.finding import Comparison, Finding, Grounds, Report, Result
from envcheck.model.rule import STATUSES, Pack, Rule
from envcheck.report.parts import conditions
from envcheck.text.messages import EMPTY, Text, join, listed, ntr, ptr, tr
from envcheck.units.quantity import UNBOUNDED, Interval, show, split
from envcheck.vocabulary.words import Vocabulary

STATUS = {
    "pass": tr("pass"),
    "fail": tr("fail"),
    "unknown": tr("unknown"),
    "pending": tr("pending"),
    "waived": tr("waived"),
    "not_applicable": tr("not applicable"),
}
OUTCOME = {
    "compliant": tr("compliant"),
    "non_compliant": tr("non-compliant"),
    "undetermined": tr("undetermined"),
}
MODALITY = {
    "must": tr("must"),
    "in_principle": tr("in principle"),
    "target": tr("target"),
    "encourage": tr("encouraged"),
}
FLAGS = {
    "reference_o2_assumed": tr("no oxygen content given: taken as already at reference"),
    "limit_unverified": tr("the limit was not verified against the standard's text"),
    "boundary": tr("exactly on a number that the text leaves ambiguous"),
    "after_plan_period": tr("the plan's period has ended"),
    "only_listed_substances": tr("only the substances listed were judged"),
    "differs_if_rounded": tr("would pass if rounded to the limit's digits"),
    "below_detection": tr("below the detection limit"),
    "valid_minutes_assumed": tr("minutes of valid data not given: hours taken as whole"),
    "governing": tr("several rules limit this quantity: this is the strictest"),
    "waiver_expired": tr("the waiver has expired"),
    "permit_expired": tr("a permit in the file has run out"),
    "strict": tr("would pass but for --strict"),
    "presumed": tr("presumed not to concern it: a stated fact would overrule this"),
    "contradiction": tr("the file denies what the text itself says of it"),
    "row_not_named": tr("the table may have a row for this process: name the row that takes it"),
    "series_unmoving": tr("all readings are the same: check the instrument"),
    "series_all_zero": tr("all readings are zero: check the instrument"),
    "name_almost": tr("the name is spelled almost as one that the rule looks for: write it as it is"),
    "no_date_printed": tr("the text prints no date: due on the plan's last day"),
}


def clean(text: str) -> str:
    """A text without characters that steer a terminal or reorder a line."""
    if text.isprintable():
        return text
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)


def writable(text: str) -> str:
    """A text without halves of characters, which stand for the bytes of names that are not UTF-8: they become escapes."""
    return text.encode(errors="backslashreplace").decode()


SPACE, PLUS = Text(" ", " "), Text(" + ", " + ")
OPERATORS = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠", "<": "<", ">": ">"}


QUOTED = 160
"""So many characters of a plan's own words are told."""
DIGITS = (6, 9, 12, 18)
"""How many significant digits of a computed number are shown, and how many where these would hide its side of a limit."""


def amount(value: Interval | None, unit: str, bound: Fraction | None = None) -> str:
    """A computed value for people; rounding never takes it to its limit ``bound`` or across."""
    if value is None or value == UNBOUNDED:
        return "?"
    tail = f" {unit}" if unit else ""
    if value.exact is not None:
        return _rounded(value.exact, bound) + tail
    if value.high is None:
        return f"≥ {_rounded(value.low or Fraction(0), bound)}{tail}"
    return f"≤ {_rounded(value.high, bound)}{tail}"


def _rounded(value: Fraction, bound: Fraction | None) -> str:
    for digits in DIGITS:
        near = _significant(value, digits)
        if bound is None or (near > bound, near < bound) == (value > bound, value < bound):
            return show(near)
    return show(value)


def _significant(value: Fraction, digits: int) -> Fraction:
    """A number with so many significant digits, but with all that it has before the point."""
    if not value:
        return value
    first = (Decimal(value.numerator) / Decimal(value.denominator)).adjusted()
    return round(value, max(digits - 1 - first, 0))


def limit(comparison: Comparison) -> str:
    """A limit for people: ≤ 30 mg/m3."""
    value = comparison.limit
    sign = OPERATORS[comparison.op]
    if value.exact is None:
        low = show(value.low, 6) if value.low is not None else "?"
        high = show(value.high, 6) if value.high is not None else "?"
        return f"{sign} {low}…{high} {comparison.unit}".rstrip()
    return f"{sign} {show(value.exact, 6)} {comparison.unit}".rstrip()


def percent(margin: Interval | None) -> str:
    """A margin's size in percent."""
    if margin is None or margin.exact is None:
        return ""
    return show(_significant(abs(margin.exact) * 100, 3)) + " %"


def measured(comparison: Comparison) -> str:
    """A measured value for people: whole where it is compared as it was written, else as `amount` tells it."""
    value, parts = comparison.measured, split(comparison.as_written)
    if value is not None and value.exact is not None and parts is not None and parts[1] == value.exact:
        return f"{show(value.exact)} {comparison.unit}".rstrip()
    return amount(value, comparison.unit, comparison.limit.exact)


def distance(comparison: Comparison) -> Text:
    """How far a value lies on which side of its limit."""
    share = percent(comparison.margin)
    margin = comparison.margin.exact if comparison.margin is not None else None
    if not share or margin is None:
        return EMPTY
    if comparison.op == "==":
        return EMPTY if margin == 0 else tr("{share} off", share=share)
    if margin == 0 and comparison.truth is False:
        return tr("exactly the limit, which is itself not allowed")
    upper = comparison.op in ("<", "<=")
    if margin < 0:
        return tr("{share} over", share=share) if upper else tr("{share} short", share=share)
    return tr("{share} to spare", share=share)


def against(comparison: Comparison, *, named: bool = False) -> Text:
    """A measured value, its limit, and how far apart they are; ``named`` puts the path before them."""
    value, bound, far = measured(comparison), limit(comparison), distance(comparison)
    if named:
        value = f"{comparison.path} {value}"
    told = tr("{value}, limit {limit}", value=value, limit=bound)
    return listed((told, far)) if far != EMPTY else told


def source(rule: Rule, pack: Pack, *, coded: bool = True) -> Text:
    """Where a rule comes from, and when it is due; ``coded`` with the rule's key, by which programs know it."""
    due = tr("; due {due}", due=rule.due) if rule.due else EMPTY
    if not coded:
        return tr("clause {plan} {clause}{due}", plan=pack.citation, clause=rule.clause, due=due)
    return tr("clause {plan} {clause} [{rule}]{due}", plan=pack.citation, clause=rule.clause, rule=rule.key, due=due)


def quote(rule: Rule) -> Text:
    """The plan's own words for what a rule asks, cut where they run on."""
    words = ptr("list", "; ").zh.join(rule.sentences)
    return tr("text “{words}”", words=words if len(words) <= QUOTED else words[: QUOTED - 1] + "…")


def whose(subject: Subject, vocabulary: Vocabulary) -> Text:
    """A subject as people call it: what it is, its id, and its name."""
    if subject.kind == "facility":
        return tr("the facility as a whole")
    label, name = vocabulary.kinds[subject.kind].label, subject.facts.get("name")
    told = Text(f"{label.zh} {subject.id}", f"{label.en} {subject.id}")
    return told + tr(" ({label})", label=name.text) if name is not None and name.text != subject.id else told


def waiver(one: Waiver) -> Text:
    """A waiver with its approver, its last day and its reason."""
    return tr(
        "waiver {document} ({approver}), until {until}: {reason}",
        document=one.document,
        approver=one.approver,
        until=one.until,
        reason=one.reason,
    )


def stated(measurement: Measurement) -> list[Text]:
    """What the file states beside a concentration: oxygen, moisture, the day it was measured."""
    found: list[Text] = []
    if measurement.oxygen is not None:
        found.append(tr("O2 {share}", share=amount(measurement.oxygen, "%")))
    if measurement.wet:
        found.append(tr("wet, moisture {share}", share=amount(measurement.moisture, "%")))
    if measurement.measured_on is not None:
        found.append(tr("measured on {day}", day=measurement.measured_on))
    return found


def shown(finding: Finding) -> list[Comparison]:
    """The governing number and every other one that does not hold."""
    main = finding.comparison
    others = [c for c in finding.comparisons if c is not main and c.truth is False]
    return [c for c in (main, *others) if c is not None and c.measured is not None]


def notes(finding: Finding, but: Sequence[str] = ()) -> list[Text]:
    """What is to be known of a finding by its flags, ``but`` for some; of a doubtful boundary, which doubt it is."""
    reading = tr("{note}: {reading}", note=FLAGS["boundary"], reading=finding.rule.boundary)
    told = {**FLAGS, "boundary": reading}
    return [told[flag] for flag in finding.flags if flag in FLAGS and flag not in but]


def total(report: Report) -> Text:
    """The sum that every report prints: rules times subjects, by status."""
    counts = [join(SPACE, (STATUS[status], report.count(status))) for status in STATUSES]
    return tr(
        "rules × subjects: {number} = {counts}; besides, {people} to be looked at by people",
        number=len(report.findings),
        counts=join(PLUS, counts),
        people=len(report.manual),
    )


def narrowed(options: Sequence[str]) -> Text:
    """That only some of the rules were asked, where options make it so."""
    listed = ", ".join(options)
    return tr("only some of the rules were asked: {options}", options=listed) if listed else EMPTY


def configured(settings: Sequence[str]) -> Text:
    """What of a run was set by a configuration file, and by which."""
    listed = "; ".join(settings)
    return tr("set by a configuration file: {settings}", settings=listed) if listed else EMPTY


def unread(files: Sequence[str]) -> Text:
    """That some of the files could not be read, and so were not checked."""
    listed = ", ".join(files)
    return tr("not read, and not checked: {files}", files=listed) if listed else EMPTY


def notices(result: Result) -> list[Text]:
    """What is told above all findings: what was not read, what was not asked, and what a configuration file set."""
    told = (unread(result.unread), narrowed(result.narrowed), configured(result.configured))
    return [text for text in told if text != EMPTY]


def unsaid(finding: Finding) -> tuple[Step, ...]:
    """The steps that make a requirement fail, where the numbers shown do not tell it all."""
    told = sum(c.truth is False for c in shown(finding))
    return finding.against if len(finding.against) > told else ()


def step(one: Step, vocabulary: Vocabulary) -> Text:
    """A step of a derivation for people."""
    return steps.render(one, vocabulary.conventions)


def condition(one: Step, vocabulary: Vocabulary, pack: Pack, rule: Rule) -> Text:
    """A step about a condition of a rule in people's words; a definition of the pack is told by its title."""
    definition = pack.definition(rule.kind, one.text) if one.kind in ("definition", "not_definition") else None
    if definition is None or one.of:
        told = conditions.tell(one, rule, pack, vocabulary)
        return step(one, vocabulary) if told == EMPTY else told
    sign, title = steps.SIGN[one.truth], definition.title
    if one.kind == "definition":
        return tr("{sign} {title}", sign=sign, title=title)
    return tr("{sign} not: {title}", sign=sign, title=title)


def rests_on(grounds: Grounds) -> Text:
    """On what an outcome rests beside what the file shows; empty where on nothing else."""
    parts = []
    if grounds.assumed:
        parts.append(
            ntr(
                "{n} finding on an assumption about a number",
                "{n} findings on assumptions about numbers",
                grounds.assumed,
            )
        )
    if grounds.unverified:
        parts.append(ntr("{n} on an unverified limit", "{n} on unverified limits", grounds.unverified))
    if grounds.presumed:
        parts.append(ntr("{n} on a presumption", "{n} on presumptions", grounds.presumed))
    leaning = join(ptr("list", "; "), parts)
    return tr("Rests on more than the file shows: {parts}", parts=leaning) if parts else EMPTY


def presumed(spared: int, hint: Text = EMPTY) -> Text:
    """How many requirements were presumed not to concern the facility."""
    return ntr(
        "{n} requirement presumed not to concern it; a stated fact overrules this{hint}",
        "{n} requirements presumed not to concern it; a stated fact overrules this{hint}",
        spared,
        hint=hint,
    )


def presumption(one: Presumed) -> Text:
    """A definition that was taken not to hold, and the facts that overrule this."""
    facts = join(
        ptr("list of words", ", "), [tr("{label} ({name})", label=label, name=path) for path, label in one.facts]
    )
    return tr("presumed not to hold: {title}; stating {facts} overrules it", title=one.title, facts=facts)


def missing(finding: Finding, gap_label: GapLabel) -> tuple[Text, ...]:
    """The facts that a finding misses: what people call them, their codes in brackets."""
    found: list[Text] = []
    for gap in finding.gaps:
        label = gap_label(finding, gap)
        if gap.kind == "limit":
            label = tr("a verified limit ({name})", name=gap.path[0])
        elif label.zh != gap.name and gap.kind != "series":  # months and hours are named in the label of a series
            label = tr("{label} ({name})", label=label, name=gap.name)
        found.append(label)
    return tuple(found)


def lacking(finding: Finding, gap_label: GapLabel) -> Text:
    """All that `missing` names, one after another."""
    return join(ptr("list of words", ", "), missing(finding, gap_label))


def message(finding: Finding, gap_label: GapLabel) -> Text:
    """One sentence on a finding."""
    title, main = finding.rule.title, finding.comparison
    if finding.status == "not_applicable":
        return tr("{title}: {reason}", title=title, reason=finding.reason)
    if finding.status == "unknown":
        return tr("{title}: missing {missing}", title=title, missing=lacking(finding, gap_label))
    parts = title
    if main is not None and main.measured is not None:
        far = distance(main)
        parts = tr("{title}: {value} ({limit})", title=title, value=measured(main), limit=limit(main))
        if far != EMPTY:
            parts = listed((parts, far))
    word = STATUS[finding.status]
    due = finding.rule.due
    if finding.status == "pending":
        return tr("{parts}; due by {due}", parts=parts, due=due)
    if finding.status == "waived" and finding.waiver is not None:
        until, document = finding.waiver.until, finding.waiver.document
        return tr("{parts}; waived until {until} ({document})", parts=parts, until=until, document=document)
    return tr("{parts}; {word}", parts=parts, word=word)


def worst_first(finding: Finding) -> tuple[bool, Fraction, str, str]:
    """A key that sorts findings by how far their limits are exceeded; those without a number come last."""
    main = finding.comparison
    margin = main.margin.exact if main is not None and main.margin is not None else None
    return margin is None, margin or Fraction(0), finding.rule.key, finding.subject.path
