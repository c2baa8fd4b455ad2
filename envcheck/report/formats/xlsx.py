"""Findings as a workbook: summary, findings, facts to ask for, manual items, and the input as it was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from envcheck.judging.gaps import GapLabel, facts_to_ask, gap_labels
from envcheck.judging.judge import decisive
from envcheck.model.facility import Fact, Measurement, Subject
from envcheck.model.finding import Finding, Report, Result
from envcheck.model.rule import STATUSES
from envcheck.report.formats.json import FORMAT
from envcheck.report.parts import failing, phrases
from envcheck.report.parts.layout import columns as wide
from envcheck.report.parts.office import CELL_LIMIT, HEAD, TINT, printable, put_text, saved
from envcheck.text.messages import EMPTY, Text, join, listed, ptr, tr
from envcheck.units.quantity import Interval
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

Value = str | int | Fraction | date | None
WRAP = Alignment(wrap_text=True, vertical="top")
WHITE, BOLD = Font(color="FFFFFF", bold=True), Font(bold=True)
FILL = PatternFill("solid", fgColor=HEAD)
SHARE = "0.0%"
MEASURED, MARGIN = 9, 13
"""The columns of measured values and of margins among those of `FINDINGS`."""
ORDER = ("fail", "unknown", "pending", "waived", "pass", "not_applicable")
LINE, MOST_LINES = 15, 4
"""The height of a line in points, and how many lines of a cell are shown at once."""

SUMMARY = (
    (ptr("column", "facility"), 20), (ptr("column", "name"), 36), (tr("outcome"), 18), (ptr("column", "file"), 36),
    *((phrases.STATUS[status], 12) for status in STATUSES), (tr("total (rules × subjects)"), 22), (tr("manual items"), 12),
    (tr("unused waivers"), 12),
)  # fmt: skip
PROBLEMS = (
    (ptr("column", "facility"), 20), (tr("subject"), 28), (tr("problem"), 44), (tr("modality"), 10), (tr("decisive"), 10),
    (tr("by ended plans alone"), 14), (tr("what was found"), 44), (tr("requirements broken"), 12), (ptr("source", "clause"), 60), (tr("the plan's own words"), 60),
    (tr("remedy"), 40), (tr("notes"), 36),
)  # fmt: skip
FINDINGS = (
    (ptr("column", "facility"), 18), (tr("subject"), 18), (tr("status"), 12), (tr("requirement"), 40),
    (tr("modality"), 10), (tr("decisive"), 10), (tr("message"), 60),
    (tr("quantity"), 18), (ptr("column", "measured"), 12), (tr("op"), 7), (tr("limit"), 12),
    (tr("unit"), 10), (tr("margin (below 0: exceeded)"), 14), (tr("due"), 18),
    (ptr("column", "missing"), 36), (tr("remedy"), 40), (tr("notes"), 36), (tr("derivation"), 60),
    (tr("plan"), 28), (tr("clause"), 14), (tr("rule"), 34), (tr("ledger ids"), 24),
    (tr("place"), 36),
)  # fmt: skip
MISSING = (
    (ptr("column", "facility"), 20), (tr("fact"), 50), (tr("path"), 44), (tr("findings it helps"), 14),
    (tr("of them decisive"), 14), (tr("answer"), 40),
)  # fmt: skip
MANUAL = (
    (ptr("column", "facility"), 20), (tr("item"), 60), (tr("modality"), 10), (tr("plan"), 28),
    (tr("clause"), 14), (tr("ledger ids"), 28), (tr("what was found"), 40),
)  # fmt: skip
INPUT = (
    (ptr("column", "facility"), 20), (tr("subject"), 22), (tr("key"), 30), (tr("name"), 40),
    (tr("as written"), 30), (tr("in canonical unit"), 16), (tr("unit"), 10), (tr("place"), 44),
)  # fmt: skip


def render(result: Result, words: Vocabulary, lang: str) -> bytes:
    """The result as a workbook in one language; texts are never formulas, margins are numbers."""
    book: Any = Workbook()
    book.remove(book.active)
    book.properties.creator = "envcheck"
    book.properties.category = FORMAT
    _summary(book.create_sheet(tr("summary").within(lang)), result, lang)
    problems = [row for r in result.reports for row in _problems(r, result, words, lang)]
    _table(book.create_sheet(tr("problems").within(lang)), PROBLEMS, problems, lang)
    packs = {pack.id: pack.citation.within(lang) for pack in result.packs}
    ordered = [(r, f) for r in result.reports for f in sorted(r.findings, key=_telling)]
    gap_label = gap_labels(result.packs, words)
    findings = [_finding(r, f, packs, gap_label, words, lang) for r, f in ordered]
    sheet = book.create_sheet(tr("findings").within(lang))
    _table(sheet, FINDINGS, findings, lang, {3: [f.status for _, f in ordered]})
    for row, (_, finding) in enumerate(ordered, 2):
        sheet.cell(row, MEASURED).number_format = _digits(finding)
        if sheet.cell(row, MARGIN).value is not None:
            sheet.cell(row, MARGIN).number_format = SHARE
    sheet.print_area = f"A1:G{len(findings) + 1}"  # the rest is for sorting; the message says it in words
    asked = [
        (r.facility.id, a.label.within(lang), a.path, a.findings, a.decisive, None)
        for r in result.reports
        for a in facts_to_ask(r, result.packs, words)
    ]
    _table(book.create_sheet(tr("missing facts").within(lang)), MISSING, asked, lang)
    manual = [
        (r.facility.id, i.title.within(lang), phrases.MODALITY[i.modality].within(lang), packs[p.id], i.clause, ", ".join(i.covers), None)
        for r in result.reports
        for p, i in r.manual
    ]  # fmt: skip
    _table(book.create_sheet(tr("manual items").within(lang)), MANUAL, manual, lang)
    read = [row for r in result.reports for subject in r.facility.subjects() for row in _facts(r, subject, words, lang)]
    _table(book.create_sheet(tr("input as read").within(lang)), INPUT, read, lang)
    return saved(book)


def _summary(sheet: Any, result: Result, lang: str) -> None:
    """What was checked, with which packs, and how it came out."""
    head: list[tuple[Text, Value]] = [
        (tr("as of"), result.as_of),
        (tr("envcheck"), __version__),
        (tr("engine"), result.engine),
    ]
    if result.unread:
        head.append((tr("not read, and not checked"), ", ".join(result.unread)))
    if result.narrowed:
        head.append((tr("only some of the rules"), ", ".join(result.narrowed)))
    if result.configured:
        head.append((tr("set by a configuration file"), "; ".join(result.configured)))
    for row, (label, value) in enumerate(head, 1):
        _put(sheet.cell(row, 1), label.within(lang), lang)
        sheet.cell(row, 1).font = BOLD
        _put(sheet.cell(row, 2), value, lang)
        sheet.cell(row, 2).alignment = Alignment(horizontal="left")
    rows = [_facility(report, lang) for report in result.reports]
    outcomes = [report.outcome for report in result.reports]
    after = _table(sheet, SUMMARY, rows, lang, {3: outcomes}, top=len(head) + 2)
    columns = tuple(
        (text, 0)
        for text in (
            tr("pack"), tr("plan"), tr("number"), tr("version"),
            tr("region"), tr("period ended"), tr("does not bind"), tr("digest (SHA-256)"),
        )
    )  # fmt: skip
    packs = [
        (
            pack.id, pack.title.within(lang), pack.number, pack.version, pack.region, _yes(pack.ended(result.as_of), lang),
            ", ".join(r.facility.id for r in result.reports if pack.id in r.not_binding), pack.digest,
        )
        for pack in result.packs
    ]  # fmt: skip
    after = _table(sheet, columns, packs, lang, top=after + 2)
    closing = tr(
        "The plan's own text decides; a finding is a reason to verify, not a penalty. What is not stated is unknown."
    )
    _put(sheet.cell(after + 2, 1), closing.within(lang), lang)
    for row in sheet.iter_rows(min_row=len(head) + 2, max_row=after):
        lines = 1
        for cell, (_, width) in zip(row, SUMMARY, strict=False):
            digest = isinstance(cell.value, str) and len(cell.value) == 64  # may run on to the right
            cell.alignment = Alignment(vertical="top", horizontal="left", wrap_text=not digest)
            lines = max(lines, 1 if digest else -(-wide(str(cell.value or "")) // (width - 1)))
        sheet.row_dimensions[row[0].row].height = LINE * min(lines, MOST_LINES)
    sheet.auto_filter.ref = None


def _facility(report: Report, lang: str) -> tuple[Value, ...]:
    counts = [report.count(status) for status in STATUSES]
    own = (
        report.facility.id,
        report.facility.name,
        phrases.OUTCOME[report.outcome].within(lang),
        report.facility.source,
    )
    return (*own, *counts, len(report.findings), len(report.manual), len(report.unused_waivers))


def _problems(report: Report, result: Result, words: Vocabulary, lang: str) -> Iterator[tuple[Value, ...]]:
    packs = {pack.id: pack for pack in result.packs}
    for group in failing.groups(report.findings):
        for problem in group.problems:
            first = problem.findings[0]
            shown = [phrases.against(c) for c in phrases.shown(first)]
            shown += [phrases.condition(s, words, packs[first.rule.pack], first.rule) for s in phrases.unsaid(first)]
            yield (
                report.facility.id,
                phrases.whose(problem.subject, words).within(lang),
                first.rule.title.within(lang),
                phrases.MODALITY[first.rule.modality].within(lang),
                _yes(problem.decisive, lang),
                _yes(problem.ended, lang),
                "\n".join(line.within(lang) for line in shown),
                len(problem.findings),
                "\n".join(clause.within(lang) for clause in failing.clauses(problem, packs, coded=False)),
                "\n".join(quote.within(lang) for quote in failing.quotes(problem)),
                failing.remedy(problem).within(lang),
                failing.notes(problem).within(lang),
            )


def _telling(finding: Finding) -> tuple[int, bool]:
    """What fails first, then what is undetermined; what decides before what does not."""
    return ORDER.index(finding.status), not decisive(finding)


def _finding(
    report: Report, finding: Finding, packs: Mapping[str, str], gap_label: GapLabel, words: Vocabulary, lang: str
) -> tuple[Value, ...]:
    rule, main = finding.rule, finding.comparison
    measured: Value = None
    if main is not None and main.measured is not None:
        measured = main.measured.exact if main.measured.exact is not None else phrases.amount(main.measured, "")
    notes = [note.within(lang) for note in phrases.notes(finding)]
    if finding.waiver is not None:
        notes.append(phrases.waiver(finding.waiver).within(lang))
    return (
        report.facility.id,
        finding.subject.path,
        phrases.STATUS[finding.status].within(lang),
        rule.title.within(lang),
        phrases.MODALITY[rule.modality].within(lang),
        _yes(decisive(finding), lang),
        phrases.message(finding, gap_label).within(lang),
        main.path if main is not None else None,
        measured,
        phrases.OPERATORS[main.op] if main is not None else None,
        main.limit.exact if main is not None else None,
        main.unit if main is not None else None,
        main.margin.exact if main is not None and main.margin is not None else None,
        rule.due,
        "\n".join(text.within(lang) for text in phrases.missing(finding, gap_label)),
        rule.remedy.within(lang) if rule.remedy != EMPTY else None,
        join(ptr("list", "; "), notes).within(lang),
        "\n".join(phrases.step(told, words).within(lang) for told in finding.steps),
        packs[rule.pack],
        rule.clause,
        rule.key,
        ", ".join(rule.covers),
        str(main.place if main is not None and main.place is not None else finding.subject.place),
    )


def _facts(report: Report, subject: Subject, words: Vocabulary, lang: str) -> Iterator[tuple[Value, ...]]:
    kind = words.kinds[subject.kind]
    for name, fact in subject.facts.items():
        label = words.label(kind, (name,)).within(lang)
        attribute = words.attribute(kind, name)
        head = (report.facility.id, subject.path)
        if isinstance(fact.value, Mapping):
            for substance, measurement in fact.value.items():
                told = words.label(kind, (name, substance)).within(lang)
                yield (*head, f"{name}.{substance}", told, *_measurement(measurement, lang), str(fact.place))
        elif isinstance(fact.value, tuple) and not isinstance(fact.value, Interval):
            for number, row in enumerate(fact.value, 1):
                for key, part in row.items():
                    if key:
                        yield (*head, f"{name}.{number}.{key}", f"{label}·{key}", part.text, None, "", str(part.place))
        else:
            ranked = attribute is not None and attribute.type == "level"
            unit = attribute.unit if attribute is not None else ""
            yield (*head, name, label, fact.text, None if ranked else _number(fact), unit, str(fact.place))


def _measurement(m: Measurement, lang: str) -> tuple[Value, Value, Value]:
    return listed((m.text, *phrases.stated(m))).within(lang), m.value.exact, m.unit


def _number(fact: Fact) -> Value:
    return fact.value.exact if isinstance(fact.value, Interval) else None


def _yes(value: bool, lang: str) -> str:
    return (tr("yes") if value else tr("no")).within(lang)


# --- cells -----------------------------------------------------------------------------------------------------------


def _table(
    sheet: Any,
    columns: Sequence[tuple[Text, int]],
    rows: Iterable[Sequence[Value]],
    lang: str,
    tints: Mapping[int, Sequence[str]] | None = None,
    top: int = 1,
) -> int:
    """A table with filter and fixed heading; `tints` colours a column by status. Returns its last row."""
    for column, (title, width) in enumerate(columns, 1):
        cell = sheet.cell(top, column)
        _put(cell, title.within(lang), lang)
        cell.font, cell.fill, cell.alignment = WHITE, FILL, WRAP
        if width:
            sheet.column_dimensions[get_column_letter(column)].width = width
    last = top
    for last, row in enumerate(rows, top + 1):
        for column, value in enumerate(row, 1):
            if value is None or value == "":
                continue
            cell = sheet.cell(last, column)
            _put(cell, value, lang)
            cell.alignment = WRAP
        if top == 1:
            sheet.row_dimensions[last].height = LINE * _lines(row, columns)
        for column, statuses in (tints or {}).items():
            sheet.cell(last, column).fill = PatternFill("solid", fgColor=TINT[statuses[last - top - 1]])
    if top == 1:
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
    sheet.auto_filter.ref = f"A{top}:{get_column_letter(len(columns))}{max(last, top)}"
    printable(sheet)
    return last


def _lines(row: Sequence[Value], columns: Sequence[tuple[Text, int]]) -> int:
    """How many lines a row takes: not every program works it out when it opens the file."""
    most = 1
    for value, (_, width) in zip(row, columns, strict=True):
        if isinstance(value, str):
            most = max(most, sum(-(-wide(line) // max(width - 1, 1)) or 1 for line in value.split("\n")))
    return min(most, MOST_LINES)


def _digits(finding: Finding) -> str:
    """The number format that shows a measured value with as many digits as reports tell it with."""
    if finding.comparison is None or finding.comparison.measured is None or finding.comparison.measured.exact is None:
        return "General"
    places = len(phrases.measured(finding.comparison).partition(" ")[0].partition(".")[2])
    return f"0.{'0' * places}" if places else "0"


def _put(cell: Any, value: Value, lang: str) -> None:
    """A number as the double next to it (the exact one stands in the text), a date, or a text that stays one."""
    if isinstance(value, Fraction):
        cell.value = int(value) if value.denominator == 1 and abs(value) < 10**15 else float(value)
    elif isinstance(value, str):
        text = "\n".join(phrases.clean(line) for line in value.split("\n"))
        put_text(cell, text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - 1] + "…")
    else:
        cell.value = value
        if isinstance(value, date):
            cell.number_format = ptr("number format of a date", "[$-809]d mmmm yyyy").within(lang)
