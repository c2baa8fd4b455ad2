"""A screening for the terminal: the outcome first, then what fails most, who is worst, and what was not judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, NamedTuple

from envcheck.model.finding import Outcome
from envcheck.model.rule import DECISIVE, STATUSES, Modality, Status
from envcheck.register.results.summary import Counts, OfRule, Ranked, Refused, Summary, Worst
from envcheck.report.formats.text import STYLE
from envcheck.report.parts import phrases
from envcheck.report.parts.layout import Page, Span, columns
from envcheck.text.messages import EMPTY, Text, join, listed, ntr, ptr, tr
from envcheck.version import __version__

SHOWN = 10
"""So many rules and regions are told in a text; the JSON summary has them all."""
TABLES = 8
"""Up to so many tables are told one by one."""
KINDS = 8
"""So many kinds of subject without a table are named."""
OUTCOMES: tuple[Outcome, ...] = ("non_compliant", "undetermined", "compliant")
ORDER: tuple[Status, ...] = ("fail", "unknown", "pending", "pass")
SPOKEN: tuple[Status, ...] = (*ORDER, "waived")
"""The statuses of findings that concern their subject, as a reader wants them."""
FAILING = tr("Rules that fail most")
OPEN = tr("Rules most often undetermined (of those that decide)")
NOWHERE = tr("(not stated)")
CAUTION = tr(
    "The plan's own text decides; a finding is a reason to verify, not a penalty. "
    "What is not stated is unknown, and a row that was not judged is not compliant."
)


class Files(NamedTuple):
    """Where findings and refused rows were written; empty where nothing was."""

    findings: str = ""
    rejects: str = ""


class Row(NamedTuple):
    """A row of a table: numbers, what they are about, and more on it."""

    numbers: Sequence[Span]
    text: Sequence[Span]
    detail: str = ""


class Manner(NamedTuple):
    """How the screening is told: its language, colours (None asks the terminal), and how much of it."""

    lang: str
    color: bool | None = None
    quiet: bool = False


def beyond(worst: Worst) -> Text:
    """How far a failing number lies beyond its limit; empty where no number tells."""
    if worst.margin is None or worst.margin >= 0:
        return EMPTY
    share = share_of(-worst.margin)
    return tr("{share} beyond the limit", share=share)


def share_of(part: float) -> str:
    """A share in percent, to three figures."""
    shown = f"{part * 100:.3g}"
    return (f"{float(shown):.0f}" if "e" in shown else shown) + " %"


def rows_line(summary: Summary) -> Text:
    """Read = judged + rejected."""
    read, judged, rejected = f"{summary.read:,}", f"{summary.judged:,}", f"{summary.rejected:,}"
    return tr("{read} rows read = {judged} judged + {rejected} rejected", read=read, judged=judged, rejected=rejected)


def measured_line(summary: Summary) -> Text:
    """The same for rows of measurements."""
    return tr(
        "{read} rows of measurements read = {judged} judged + {rejected} rejected",
        read=f"{summary.measured:,}",
        judged=f"{summary.measured - summary.unmeasured:,}",
        rejected=f"{summary.unmeasured:,}",
    )


def flags_line(summary: Summary) -> Text:
    """How many findings rest on what was not stated, or not verified."""
    told = [tr("{n} {flag}", n=f"{number:,}", flag=phrases.FLAGS[name]) for name, number in summary.flags.items()]
    flags = join(ptr("list", "; "), told)
    return tr("of which: {flags}", flags=flags)


def beyond_tables(summary: Summary) -> Text:
    """What a register does not hold, or this one."""
    if summary.measured:
        return tr("Waivers are not part of a register: check such facilities with envcheck check")
    return tr("This register holds no measurements, and none holds waivers: check such facilities with envcheck check")


def worst_rules(summary: Summary, count: int) -> tuple[OfRule, ...]:
    """The rules with most failing findings, those that decide first."""
    return tuple(one for one in summary.rules if one.counts["fail"])[:count]


def open_rules(summary: Summary, count: int) -> tuple[OfRule, ...]:
    """The rules that most often cannot be decided, of those that decide."""
    chosen = [one for one in summary.rules if one.counts["unknown"] and one.rule.modality in DECISIVE]
    return tuple(sorted(chosen, key=lambda one: (-one.counts["unknown"], one.rule.key))[:count])


def rows_of(refused: Refused) -> Text:
    """Some of the rows that were refused for a reason, by file and row, and how many more there are."""
    places = ", ".join(f"{one.file}:{one.row} {one.facility}".rstrip() for one in refused.examples)
    more = refused.rows - len(refused.examples)
    return tr("{places} and {more} more", places=places, more=f"{more:,}") if more else Text(places, places)


def write(summary: Summary, files: Files, stream: IO[str], manner: Manner) -> None:
    """Write the summary; `quiet` leaves out all but the outcome, the rows and the ranking of what fails."""
    _Writer(summary, files, Page(stream, color=manner.color), manner).write()


class _Writer:
    def __init__(self, summary: Summary, files: Files, page: Page, manner: Manner) -> None:
        self.summary, self.files, self.page, self.manner = summary, files, page, manner

    def say(self, text: Text, style: str = "", indent: int = 0) -> None:
        self.page.paragraph((self.of(text), style), indent=indent, hang=2 if indent else 0)

    def of(self, text: Text) -> str:
        return text.within(self.manner.lang)

    def table(self, headings: Sequence[Text], rows: Iterable[Row]) -> None:
        """Numbers right-aligned under their headings, a text that wraps beside them, a detail below the text."""
        made = list(rows)
        heads = [self.of(heading) for heading in headings]
        first = Row([(head, "dim") for head in heads[:-1]], [(heads[-1], "dim")])
        every = [first, *made]
        widths = [max(columns(row.numbers[n][0]) for row in every) for n in range(len(heads) - 1)]
        beside = sum(widths) + 2 * len(widths) + 2
        for row in every:
            spans: list[Span] = []
            for number, width in zip(row.numbers, widths, strict=True):
                spans += [(" " * (width - columns(number[0]) + 2), ""), number]
            self.page.beside([*spans, ("  ", "")], *row.text, at=beside)
            if row.detail:
                self.page.paragraph((row.detail, "dim"), indent=beside)

    def write(self) -> None:
        found = self.summary
        if not self.manner.quiet:
            head = tr(
                "envcheck {version} · as of {day} · engine {engine}",
                version=__version__,
                day=found.as_of,
                engine=found.engine,
            )
            self.page.paragraph((self.of(head), ""), (f" · {found.source}", ""))
            self.page.blank()
        for notice in (phrases.narrowed(found.narrowed), phrases.configured(found.configured)):
            if notice != EMPTY:
                self.say(notice, "bold magenta")
        self.outcome()
        if not self.manner.quiet:
            self.plans()
            self.rules()
        self.ranking()
        if not self.manner.quiet:
            self.regions()
        self.rejects()
        if not self.manner.quiet:
            self.unchecked()
            self.page.blank()
            self.say(CAUTION, "dim")
        self.written()

    def outcome(self) -> None:
        found = self.summary
        number = sum(found.facilities.values())
        spans: list[Span] = [(self.of(ntr("{n} facility: ", "{n} facilities: ", number)), "bold")]
        for place, name in enumerate(OUTCOMES):
            count = found.facilities[name]
            gap = self.of(ptr("list", ", ")) if place else ""
            spans += [(gap, ""), (f"{self.of(phrases.OUTCOME[name])} {count:,}", STYLE[name] if count else "dim")]
        if found.rejected_facilities:
            number = found.rejected_facilities
            told = tr("; {number} more not judged (unreadable rows)", number=f"{number:,}")
            spans.append((self.of(told), "bold yellow"))
        self.page.paragraph(*spans)
        self.say(rows_line(found), "bold yellow" if found.rejected else "")
        if found.measured:
            self.say(measured_line(found), "bold yellow" if found.unmeasured else "")
        chosen = tuple(rows for rows in found.tables if rows.rejected) or found.tables
        if len(found.tables) > 1 and len(chosen) <= TABLES and not self.manner.quiet:
            tables = ", ".join(f"{rows.name} {rows.judged:,}/{rows.read:,}" for rows in chosen)
            self.say(tr("by table (judged/read): {tables}", tables=tables), "dim", 2)
        for note in found.notes:
            self.say(note, "dim", 2)
        total = sum(found.totals.values())
        spans = [(self.of(tr("{total} findings = ", total=f"{total:,}")), "")]
        for place, status in enumerate(STATUSES):
            count = found.totals[status]
            spans += [(" + " if place else "", ""), (f"{self.of(phrases.STATUS[status])} {count:,}", STYLE[status])]
        self.page.paragraph(*spans, hang=2)
        if found.flags:
            self.say(flags_line(found), "magenta", 2)

    def heading(self, text: Text) -> None:
        self.page.blank()
        self.say(text, "bold")

    def numbers(self, counts: Counts) -> list[Span]:
        return [(f"{counts[status]:,}", STYLE[status] if counts[status] else "dim") for status in ORDER]

    def plans(self) -> None:
        self.heading(tr("By plan"))
        told = [plan for plan in self.summary.plans if any(plan.counts[status] for status in SPOKEN)]
        rows: list[Row] = []
        for plan in told:
            pack = plan.pack
            digest = pack.digest[:12]
            detail = tr("{id} version {version}, {digest}", id=pack.id, version=pack.version, digest=digest)
            if pack.ended(self.summary.as_of):
                detail += tr(", period ended")
            rows.append(Row(self.numbers(plan.counts), [(self.of(pack.title), "")], self.of(detail)))
        self.table([*self.status_heads(), tr("plan")], rows)
        rest = ", ".join(plan.pack.id for plan in self.summary.plans if plan not in told)
        if rest:
            self.say(tr("concern nothing in the register: {rest}", rest=rest), "dim", 2)

    def status_heads(self) -> list[Text]:
        return [phrases.STATUS[status] for status in ORDER]

    def rules(self) -> None:
        for heading, chosen in (
            (FAILING, worst_rules(self.summary, SHOWN)),
            (OPEN, open_rules(self.summary, SHOWN)),
        ):
            if chosen:
                self.heading(heading)
                self.table([*self.status_heads(), tr("rule")], [self.rule(one) for one in chosen])

    def rule(self, one: OfRule) -> Row:
        rule = one.rule
        clause = self.of(tr("clause {clause}", clause=rule.clause))
        detail = f"{self.of(phrases.MODALITY[rule.modality])} · {clause} · {rule.key}"
        return Row(self.numbers(one.counts), [(self.of(rule.title), "")], detail)

    def ranking(self) -> None:
        chosen = [one for one in self.summary.ranking if not self.manner.quiet or failing(one, "must", "in_principle")]
        if not chosen:
            return
        number = len(chosen)
        self.heading(tr("Most serious facilities (first {number})", number=number))
        heads = [phrases.MODALITY["must"], phrases.MODALITY["in_principle"], tr("other"), phrases.STATUS["unknown"]]
        titles = self.summary.titles
        rows: list[Row] = []
        for one in chosen:
            fails = failing(one, "must"), failing(one, "in_principle"), failing(one, "target", "encourage")
            cells = [(f"{number:,}", "bold red" if number else "dim") for number in fails]
            cells.append((f"{one.unknown:,}", STYLE["unknown"] if one.unknown else "dim"))
            detail = ""
            if one.worst is not None:
                what = (titles[one.worst.rule], Text(one.worst.subject, one.worst.subject), beyond(one.worst))
                detail = self.of(listed(part for part in what if part != EMPTY))
            rows.append(Row(cells, [(one.facility, "bold"), (f" {one.name}" if one.name else "", "")], detail))
        self.table([*heads, tr("facility and what fails worst")], rows)

    def regions(self) -> None:
        regions = self.summary.regions
        if not regions:
            return
        self.heading(tr("By region (requirements that decide)"))
        heads = [phrases.STATUS["fail"], phrases.STATUS["unknown"], tr("subjects"), tr("region")]
        rows: list[Row] = []
        for one in regions[:SHOWN]:
            numbers = [
                (f"{one.fails:,}", STYLE["fail"] if one.fails else "dim"),
                (f"{one.unknown:,}", STYLE["unknown"] if one.unknown else "dim"),
                (f"{one.subjects:,}", ""),
            ]
            rows.append(Row(numbers, [(one.region or self.of(NOWHERE), "")]))
        self.table(heads, rows)
        rest = len(regions) - SHOWN
        if rest > 0:
            self.say(tr("and {rest} more regions: see --summary", rest=rest), "dim", 2)

    def rejects(self) -> None:
        found = self.summary
        if not found.rejects:
            return
        self.heading(tr("Rows not judged {rejected}, by reason", rejected=f"{found.rejected + found.unmeasured:,}"))
        for one in found.rejects[: 3 if self.manner.quiet else SHOWN]:
            self.page.beside([(f"{one.rows:>6,} ", "bold yellow")], (self.of(one.reason), ""), at=7)
            self.page.paragraph((self.of(rows_of(one)), "dim"), indent=7, hang=2)

    def unchecked(self) -> None:
        found = self.summary
        if not found.uncovered and not found.manual:
            return
        self.heading(tr("What was not checked"))
        if found.uncovered:
            number, kinds = sum(one.rules for one in found.uncovered), len(found.uncovered)
            some = found.uncovered[:KINDS]
            named = listed(one.kind.label + Text(f" {one.rules}", f" {one.rules}") for one in some)
            if kinds > KINDS:
                named += Text(" …", " …")
            self.say(
                tr(
                    "{number} rules are about {kinds} kinds of subject without a table: {named}",
                    number=number,
                    kinds=kinds,
                    named=named,
                ),
                "dim",
                2,
            )
        if found.manual:
            number = found.manual
            self.say(
                tr(
                    "to be looked at by people: {number} duties that no data can settle (envcheck rules coverage lists them)",
                    number=number,
                ),
                "dim",
                2,
            )

    def written(self) -> None:
        if self.files.findings or self.files.rejects:
            self.page.blank()
        if self.files.findings:
            self.say(tr("findings: {findings}", findings=self.files.findings))
        if self.files.rejects:
            self.say(tr("rows not judged: {rejects}", rejects=self.files.rejects))


def failing(one: Ranked, *modalities: Modality) -> int:
    """How many failing findings of a facility are of these modalities."""
    return sum(one.fails[m] for m in modalities)
