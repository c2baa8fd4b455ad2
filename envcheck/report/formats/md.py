"""Findings as Markdown, for mail, tickets and wikis: the outcome first, then what fails, what to ask for, and counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from envcheck.facility.whatif import goal
from envcheck.judging.gaps import facts_to_ask, presumptions
from envcheck.judging.judge import decisive, grounds
from envcheck.judging.problems import Problem
from envcheck.model.finding import Finding, Report, Result
from envcheck.model.rule import STATUSES, Pack, Status
from envcheck.report.parts import failing, phrases, series
from envcheck.text.messages import EMPTY, Text, day, ptr, tr
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

SPECIAL = re.compile(r"[\\`*_\[\]|~$#]|(?<=:)//|(?<=www)\.")
FOOTER = tr(
    "The plan's own text decides; a finding is a reason to verify, not a penalty. What is not stated is unknown."
)
COLUMNS = (
    tr("requirement"),
    tr("subject"),
    tr("found"),
    tr("limit"),
    tr("margin"),
    tr("to pass"),
    tr("due"),
    ptr("source", "clause"),
    tr("remedy"),
    tr("note"),
)
CLAUSE, REMEDY, NOTE = 7, 8, 9
LISTED: tuple[tuple[Status, Text], ...] = (
    ("pending", tr("Not due yet")),
    ("waived", tr("Waived")),
)


def render(result: Result, vocabulary: Vocabulary, lang: str) -> str:
    """The result as one Markdown document in a language."""
    return "\n".join(_document(result, vocabulary, lang)).rstrip("\n") + "\n"


def escaped(text: str) -> str:
    """A text that Markdown shows as it is: no markup, no HTML, no link, no line of its own."""
    shown = phrases.clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(lambda found: "\\" + found[0], shown)


def _document(result: Result, vocabulary: Vocabulary, lang: str) -> Iterator[str]:
    title = tr("Check against environmental plans").within(lang)
    held_on = tr("As of {day}", day=result.as_of).within(lang)
    yield from (f"# {title}", "", f"{held_on} · envcheck {__version__} · {result.engine}", "")
    for notice in phrases.notices(result):
        yield from (f"**{escaped(notice.within(lang))}**", "")
    if len(result.reports) > 1:
        yield from _overview(result, lang)
    for report in result.reports:
        yield from _facility(report, result, vocabulary, lang)
    yield from _scope(result, lang)
    yield from (escaped(FOOTER.within(lang)), "")


def _overview(result: Result, lang: str) -> Iterator[str]:
    names = [tr("facility"), tr("outcome"), *(phrases.STATUS[s] for s in STATUSES)]
    rows = [
        [
            escaped(r.facility.name) + _aside(r.facility.id, lang),
            phrases.OUTCOME[r.outcome].within(lang),
            *(str(r.count(s)) for s in STATUSES),
        ]
        for r in result.reports
    ]
    yield from _table([name.within(lang) for name in names], rows)


def _facility(report: Report, result: Result, vocabulary: Vocabulary, lang: str) -> Iterator[str]:
    facility = report.facility
    packs = {pack.id: pack for pack in result.packs}
    yield from (f"## {escaped(facility.name)}{_aside(facility.id, lang)}", "")
    head = tr("Outcome: ").within(lang)
    yield from (f"**{head}{phrases.OUTCOME[report.outcome].within(lang)}** · {escaped(facility.source)}", "")
    found = failing.groups(report.findings)
    if (told := failing.told(found)) != EMPTY:
        yield from (f"**{escaped(told.within(lang))}**", "")
    rests = phrases.rests_on(grounds(report.findings))
    if rests != EMPTY:
        yield from (escaped(rests.within(lang)), "")
    yield from _counts(report, lang)
    for problems in found:
        yield from (f"### {escaped(problems.heading.within(lang))}", "")
        yield from _problems(problems.problems, packs, vocabulary, lang)
    for status, heading in LISTED:
        chosen = [f for f in report.findings if f.status == status]
        softer = heading + tr(" (targets and encouragement: no bearing on the outcome)")
        for group, name in (
            ([f for f in chosen if decisive(f)], heading),
            ([f for f in chosen if not decisive(f)], softer),
        ):
            if group:
                yield from (f"### {name.within(lang)} {len(group)}", "")
                yield from _findings(group, packs, vocabulary, lang)
    yield from _asks(report, result.packs, vocabulary, lang)
    yield from _presumed(report, result.packs, vocabulary, lang)
    if report.manual:
        people = tr("To be looked at by people").within(lang)
        yield from (f"### {people} {len(report.manual)}", "")
        for pack, item in report.manual:
            yield f"- [ ] {escaped(item.title.within(lang))}{_aside(f'{pack.citation.within(lang)} {item.clause}', lang)}"
        yield ""
    for waiver in report.unused_waivers:
        unused = tr("Waiver not used: ").within(lang)
        yield from (f"{unused}{escaped(f'{waiver.rule} ({waiver.document}, {waiver.place})')}", "")
    if report.not_binding:
        others = tr("Packs that do not bind its region: ").within(lang)
        yield from (f"{others}{escaped(', '.join(report.not_binding))}", "")


def _counts(report: Report, lang: str) -> Iterator[str]:
    names = [*(phrases.STATUS[s] for s in STATUSES), tr("total"), tr("for people")]
    numbers = [*(report.count(s) for s in STATUSES), len(report.findings), len(report.manual)]
    yield from _table([name.within(lang) for name in names], [[str(number) for number in numbers]])
    yield from (escaped(phrases.total(report).within(lang)), "")


def _problems(problems: Sequence[Problem], packs: dict[str, Pack], vocabulary: Vocabulary, lang: str) -> Iterator[str]:
    """A table of problems, the worst first: the strictest requirement with its numbers, and every clause that is broken."""
    rows = []
    for problem in problems:
        first = problem.findings[0]
        row = _row(first, packs[first.rule.pack], vocabulary, lang)
        row[CLAUSE] = _lines(
            [clause.within(lang) for clause in (*failing.clauses(problem, packs), *failing.quotes(problem))]
        )
        row[REMEDY] = escaped(failing.remedy(problem).within(lang))
        row[NOTE] = escaped(failing.notes(problem).within(lang))
        rows.append(row)
    yield from _rows(rows, lang)
    for problem in problems:
        yield from _series(problem.findings[0], vocabulary, lang)


def _findings(findings: Sequence[Finding], packs: dict[str, Pack], vocabulary: Vocabulary, lang: str) -> Iterator[str]:
    """A table of findings, those that miss their limit by most first; columns with nothing in them are left out."""
    ordered = sorted(findings, key=phrases.worst_first)
    rows = [_row(finding, packs[finding.rule.pack], vocabulary, lang) for finding in ordered]
    yield from _rows(rows, lang)
    for finding in findings:
        yield from _series(finding, vocabulary, lang)


def _rows(rows: Sequence[Sequence[str]], lang: str) -> Iterator[str]:
    filled = [number for number in range(len(COLUMNS)) if any(row[number] for row in rows)]
    yield from _table([COLUMNS[n].within(lang) for n in filled], [[row[n] for n in filled] for row in rows])


def _series(finding: Finding, vocabulary: Vocabulary, lang: str) -> Iterator[str]:
    """What monitoring series say of a finding: how much data there was, and the worst hours."""
    found = series.monitored(finding)
    if not found:
        return
    yield f"- {escaped(finding.rule.title.within(lang))}{_aside(finding.subject.path, lang)}"
    for one in found:
        yield f"  - {escaped(series.summary(one, vocabulary).within(lang))}"
        yield from (f"    - {escaped(peak.step)}" for peak in one.worst)
    yield ""


def _row(finding: Finding, pack: Pack, vocabulary: Vocabulary, lang: str) -> list[str]:
    rule = finding.rule
    shown = phrases.shown(finding)
    named = len(finding.comparisons) > 1
    measured = [f"{c.path} {phrases.measured(c)}" if named else phrases.measured(c) for c in shown]
    measured = measured or [phrases.condition(told, vocabulary, pack, rule).within(lang) for told in finding.against]
    notes = [note.within(lang) for note in phrases.notes(finding)]
    if finding.waiver is not None:
        notes.append(phrases.waiver(finding.waiver).within(lang))
    return [
        escaped(rule.title.within(lang)) + _aside(phrases.MODALITY[rule.modality].within(lang), lang),
        escaped(finding.subject.path),
        _lines(measured),
        _lines([phrases.limit(c) for c in shown]),
        _lines([phrases.distance(c).within(lang) for c in shown if phrases.distance(c) != EMPTY]),
        _lines([found.text.within(lang) for c in shown if (found := goal(finding, c)) is not None]),
        day(rule.due).within(lang) if rule.due else "",
        _lines([f"{pack.citation.within(lang)} {rule.clause}", rule.key]),
        escaped(rule.remedy.within(lang)),
        _lines(notes),
    ]


def _asks(report: Report, packs: Sequence[Pack], vocabulary: Vocabulary, lang: str) -> Iterator[str]:
    asks = facts_to_ask(report, packs, vocabulary)
    if not asks:
        return
    number = report.count("unknown")
    heading = tr("Undetermined {number}: facts to ask for", number=number).within(lang)
    yield from (f"### {heading}", "")
    colon = tr(": ").within(lang)
    for ask in asks:
        settles = tr("helps with {findings}, {decisive} of them decisive", findings=ask.findings, decisive=ask.decisive)
        yield f"- [ ] {escaped(ask.label.within(lang))}{_aside(ask.path, lang)}{colon}{settles.within(lang)}"
    yield ""


def _presumed(report: Report, packs: Sequence[Pack], vocabulary: Vocabulary, lang: str) -> Iterator[str]:
    found = presumptions(report, packs, vocabulary)
    if not found:
        return
    spared = sum(bool(f.presumed) for f in report.findings)
    yield from (escaped(phrases.presumed(spared).within(lang)), "")
    yield from (f"- {escaped(phrases.presumption(one).within(lang))}" for one in found)
    yield ""


def _scope(result: Result, lang: str) -> Iterator[str]:
    used = [p for p in result.packs if any(p.id not in report.not_binding for report in result.reports)]
    title = tr("Packs used").within(lang)
    yield from (f"## {title}", "")
    names = (tr("plan"), tr("pack"), tr("version"), tr("digest"))
    rows = []
    for pack in used:
        ended = tr(" (period ended)").within(lang) if pack.ended(result.as_of) else ""
        plan = f"{pack.title.within(lang)} {pack.number}".strip() + ended
        rows.append([escaped(plan), escaped(pack.id), escaped(pack.version), pack.digest])
    yield from _table([name.within(lang) for name in names], rows)


def _aside(text: str, lang: str) -> str:
    return tr(" ({label})", label=escaped(text)).within(lang)


def _lines(texts: Sequence[str]) -> str:
    return "<br>".join(escaped(text) for text in texts)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"| {' | '.join('---' for _ in names)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
