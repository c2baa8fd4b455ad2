"""The days on which something changes for a facility: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from envcheck.facility.whatif import assumed, goal, restates
from envcheck.judging.gaps import GapLabel, gap_labels
from envcheck.judging.timeline import Day, Timeline, Turn, failing
from envcheck.report.formats import plain
from envcheck.report.formats.json import finding_data, pack_data, text_data
from envcheck.report.formats.text import STYLE, SYMBOL
from envcheck.report.parts import phrases
from envcheck.report.parts.events import EVENTS, permit_name, told_turns, urgency
from envcheck.report.parts.layout import Page
from envcheck.text.messages import EMPTY, Text, listed, ntr, tr
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

FORMAT = "envcheck/timeline/1"


def as_json(found: Timeline, vocabulary: Vocabulary) -> str:
    """The timeline as JSON text."""
    facility = found.now.facility
    gap_label = gap_labels(found.packs, vocabulary)
    data = {
        "format": FORMAT,
        "envcheck": __version__,
        "facility": {"id": facility.id, "name": facility.name, "source": facility.source},
        "from": found.since.isoformat(),
        "to": found.until.isoformat() if found.until else None,
        "packs": [pack_data(pack, found.since) for pack in found.packs],
        "now": {"outcome": found.now.outcome, "failing": failing(found.now)},
        "days": [_day_data(day, gap_label) for day in found.days],
    }
    return plain.as_json(data) + "\n"


def _day_data(day: Day, gap_label: GapLabel) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "outcome_before": day.before.outcome,
        "outcome": day.after.outcome,
        "failing_before": failing(day.before),
        "failing": failing(day.after),
        "plans_ended": [pack.id for pack in day.ended],
        "permits_ended": [{**p._asdict(), "until": p.until.isoformat()} for p in day.permits],
        "changes": [
            {
                "event": turn.event,
                "rule": turn.after.rule.key,
                "subject": turn.after.subject.path,
                "status_before": turn.before.status,
                "status": turn.after.status,
                "replaced_by": list(turn.successors),
                "event_text": text_data(EVENTS[turn.event]),
                "finding": finding_data(turn.after, gap_label),
            }
            for turn in day.turns
        ],
    }


def write(
    found: Timeline,
    vocabulary: Vocabulary,
    stream: IO[str],
    lang: str,
    *,
    color: bool | None = None,
    verbose: bool = False,
) -> None:
    """The timeline for people: day by day, what begins to bite, what fails then and by how much."""
    _Writer(found, vocabulary, Page(stream, color=color), lang, verbose).write()


class _Writer:
    def __init__(self, found: Timeline, vocabulary: Vocabulary, page: Page, lang: str, verbose: bool) -> None:
        self.found, self.words, self.page, self.lang, self.verbose = found, vocabulary, page, lang, verbose
        self.packs = {pack.id: pack for pack in found.packs}
        self.gap_label = gap_labels(found.packs, vocabulary)

    def say(self, text: Text, style: str = "", indent: int = 0) -> None:
        self.page.paragraph((text.within(self.lang), style), indent=indent, hang=2 if indent else 0)

    def write(self) -> None:
        found, facility = self.found, self.found.now.facility
        self.say(tr("{name} ({id}): timeline", name=facility.name, id=facility.id), "bold")
        if changes := assumed(facility):
            self.say(tr("What if (not what the file says): {changes}", changes=changes), "bold magenta")
        outcome, now = phrases.OUTCOME[found.now.outcome], failing(found.now)
        self.say(
            ntr(
                "{day}: {outcome}, {n} must or in-principle requirement fails",
                "{day}: {outcome}, {n} must or in-principle requirements fail",
                now,
                day=found.since,
                outcome=outcome,
            ),
            STYLE[found.now.outcome],
        )
        for day in found.days:
            self.day(day)
        if not found.days:
            last = tr(", up to {until}", until=found.until) if found.until else EMPTY
            self.say(tr("nothing changes after that day{last}", last=last))
        self.page.blank()
        self.say(
            tr("As things stand in the file: only the date moves on."),
            "dim",
        )

    def day(self, day: Day) -> None:
        self.page.blank()
        before, after = failing(day.before), failing(day.after)
        outcome, more = phrases.OUTCOME[day.after.outcome], after - before
        change = tr(" ({difference})", difference=f"{more:+d}") if more else EMPTY
        head = ntr(
            "{day}  {outcome}, {n} fails{change}",
            "{day}  {outcome}, {n} fail{change}",
            after,
            day=day.date,
            outcome=outcome,
            change=change,
        )
        self.say(head, "bold")
        for pack in day.ended:
            self.say(tr("the plan's period is over, its findings still count: {plan}", plan=pack.title), "dim", 1)
        for permit in day.permits:
            self.say(tr("a permit has run out: {permit}", permit=permit_name(permit)), "yellow", 1)
        told = sorted(day.turns, key=urgency) if self.verbose else told_turns(day)
        for turn in told:
            self.turn(turn)
        rest = len(day.turns) - len(told)
        if rest:
            self.count([turn for turn in day.turns if turn not in told])

    def count(self, turns: Sequence[Turn]) -> None:
        met = sum(turn.after.status == "pass" for turn in turns)
        if met:
            self.say(
                ntr("✓ {n} more is met already (-v lists it)", "✓ {n} more are met already (-v lists them)", met),
                "green",
                1,
            )
        if len(turns) > met:
            over = len(turns) - met
            self.say(
                ntr("– {n} no longer applies (-v lists it)", "– {n} no longer apply (-v lists them)", over), "dim", 1
            )

    def turn(self, turn: Turn) -> None:
        finding, rule = turn.after, turn.after.rule
        was, now = phrases.STATUS[turn.before.status], phrases.STATUS[finding.status]
        event = EVENTS[turn.event]
        self.page.paragraph(
            (f"{SYMBOL[finding.status]} ", STYLE[finding.status]),
            (rule.title.within(self.lang), "bold"),
            (f"  {finding.subject.path}  {phrases.MODALITY[rule.modality].within(self.lang)}", "dim"),
            indent=1,
            hang=2,
        )
        heirs = f" ({', '.join(turn.successors)})" if turn.successors else ""
        if turn.before.status == finding.status:
            self.say(tr("{event}{heirs}: {now}", event=event, heirs=heirs, now=now), "", 4)
        else:
            self.say(tr("{event}{heirs}: {was} → {now}", event=event, heirs=heirs, was=was, now=now), "", 4)
        if finding.status == "unknown":
            self.say(tr("missing {missing}", missing=phrases.lacking(finding, self.gap_label)), "", 4)
            if not self.verbose:
                return
        else:
            self.short_of(turn)
        self.say(phrases.source(rule, self.packs[rule.pack]), "dim", 4)

    def short_of(self, turn: Turn) -> None:
        """The numbers that decide, and what is short of them."""
        finding = turn.after
        for comparison in phrases.shown(finding):
            told = phrases.against(comparison, named=True)
            needed = goal(finding, comparison)
            if needed is not None and not restates(comparison, needed):
                told = listed((told, needed.text))
            self.say(told, "", 4)
        if finding.status in ("fail", "pending"):
            for step in phrases.unsaid(finding):
                if step.kind == "ban":
                    self.say(tr("a flat ban"), "", 4)
                else:
                    line = phrases.step(step, self.words).within(self.lang)
                    self.page.paragraph((line, "dim"), indent=4, hang=2)
