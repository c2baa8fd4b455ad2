"""The days on which something changes for a facility: for people, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from envcheck import __version__
from envcheck.asking import Called, naming
from envcheck.judge import decisive
from envcheck.report import words
from envcheck.report.json import finding_data, pack_data, text_data
from envcheck.report.layout import Page
from envcheck.report.text import STYLE, SYMBOL
from envcheck.text import EMPTY, Text
from envcheck.timeline import Day, Timeline, Turn, failing
from envcheck.vocabulary import Vocabulary
from envcheck.whatif import assumed, goal, restates

FORMAT = "envcheck/timeline/1"
EVENTS = {
    "start": Text("开始施行", "comes into force"),
    "due": Text("到期", "falls due"),
    "replaced": Text("被新规则替代", "is replaced"),
    "end": Text("终止", "ends"),
    "waiver_end": Text("豁免到期", "its waiver runs out"),
    "limit": Text("限值变更", "its limit changes"),
    "fact": Text("档案中的事实自此日成立", "a fact in the file becomes so"),
}
BAN = "✗ never"
TELLING = ("fail", "pending", "unknown", "waived")
"""Statuses that are told one by one; what is met or over is counted, and listed when asked for."""


def as_json(found: Timeline, vocabulary: Vocabulary) -> str:
    """The timeline as JSON text."""
    facility = found.now.facility
    called = naming(found.packs, vocabulary)
    data = {
        "format": FORMAT,
        "envcheck": __version__,
        "facility": {"id": facility.id, "name": facility.name, "source": facility.source},
        "from": found.since.isoformat(),
        "to": found.until.isoformat() if found.until else None,
        "packs": [pack_data(pack, found.since) for pack in found.packs],
        "now": {"outcome": found.now.outcome, "failing": failing(found.now)},
        "days": [_day_data(day, called) for day in found.days],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _day_data(day: Day, called: Called) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "outcome_before": day.before.outcome,
        "outcome": day.after.outcome,
        "failing_before": failing(day.before),
        "failing": failing(day.after),
        "plans_ended": [pack.id for pack in day.ended],
        "changes": [
            {
                "event": turn.event,
                "rule": turn.after.rule.key,
                "subject": turn.after.subject.path,
                "status_before": turn.before.status,
                "status": turn.after.status,
                "replaced_by": list(turn.successors),
                "event_text": text_data(EVENTS[turn.event]),
                "finding": finding_data(turn.after, called),
            }
            for turn in day.turns
        ],
    }


def telling(day: Day) -> list[Turn]:
    """What is told of a day one by one: what is not met, or not known to be, by how much it matters."""
    return sorted((turn for turn in day.turns if turn.after.status in TELLING), key=_urgency)


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
        self.called = naming(found.packs, vocabulary)

    def say(self, zh: str, en: str, style: str = "", indent: int = 0) -> None:
        self.page.paragraph((zh if self.lang == "zh" else en, style), indent=indent, hang=2 if indent else 0)

    def write(self) -> None:
        found, facility = self.found, self.found.now.facility
        self.say(f"{facility.name}（{facility.id}）时间表", f"{facility.name} ({facility.id}): timeline", "bold")
        if changes := assumed(facility):
            self.say(f"假设（并非档案所载）：{changes}", f"What if (not what the file says): {changes}", "bold magenta")
        outcome, now = words.OUTCOME[found.now.outcome], failing(found.now)
        self.say(
            f"{found.since}：{outcome.zh}，应当、原则上类不符合 {now} 项",
            f"{found.since}: {outcome.en}, {now} must or in-principle requirements fail",
            STYLE[found.now.outcome],
        )
        for day in found.days:
            self.day(day)
        if not found.days:
            last = f"，至 {found.until}" if found.until else "", f", up to {found.until}" if found.until else ""
            self.say(f"此后无变化{last[0]}", f"nothing changes after that day{last[1]}")
        self.page.blank()
        self.say(
            "按档案现状推算：事实不变，只有日期推进。",
            "As things stand in the file: only the date moves on.",
            "dim",
        )

    def day(self, day: Day) -> None:
        self.page.blank()
        before, after = failing(day.before), failing(day.after)
        outcome, more = words.OUTCOME[day.after.outcome], after - before
        zh = f"{day.date}  {outcome.zh}，不符合 {after} 项" + (f"（{more:+d}）" if more else "")
        en = f"{day.date}  {outcome.en}, {after} fail" + (f" ({more:+d})" if more else "")
        self.say(zh, en, "bold")
        for pack in day.ended:
            zh = f"规划期已结束，其要求仍按原文核查：{pack.title.zh}"
            self.say(zh, f"the plan's period is over, its findings still count: {pack.title.en}", "dim", 1)
        told = sorted(day.turns, key=_urgency) if self.verbose else telling(day)
        for turn in told:
            self.turn(turn)
        rest = len(day.turns) - len(told)
        if rest:
            self.count([turn for turn in day.turns if turn not in told])

    def count(self, turns: Sequence[Turn]) -> None:
        met = sum(turn.after.status == "pass" for turn in turns)
        if met:
            self.say(f"✓ 另有 {met} 项已符合（-v 列出）", f"✓ {met} more are met already (-v lists them)", "green", 1)
        if len(turns) > met:
            over = len(turns) - met
            self.say(f"– {over} 项不再适用（-v 列出）", f"– {over} no longer apply (-v lists them)", "dim", 1)

    def turn(self, turn: Turn) -> None:
        finding, rule = turn.after, turn.after.rule
        was, now = words.STATUS[turn.before.status], words.STATUS[finding.status]
        event = EVENTS[turn.event]
        self.page.paragraph(
            (f"{SYMBOL[finding.status]} ", STYLE[finding.status]),
            (rule.title.within(self.lang), "bold"),
            (f"  {finding.subject.path}  {words.MODALITY[rule.modality].within(self.lang)}", "dim"),
            indent=1,
            hang=2,
        )
        heirs = f" ({', '.join(turn.successors)})" if turn.successors else ""
        if turn.before.status == finding.status:
            self.say(f"{event.zh}{heirs}：{now.zh}", f"{event.en}{heirs}: {now.en}", "", 4)
        else:
            self.say(f"{event.zh}{heirs}：{was.zh} → {now.zh}", f"{event.en}{heirs}: {was.en} → {now.en}", "", 4)
        if finding.status == "unknown":
            lacking = words.missing(finding, self.called)
            zh, en = "、".join(text.zh for text in lacking), ", ".join(text.en for text in lacking)
            self.say(f"缺少{zh}", f"missing {en}", "", 4)
            if not self.verbose:
                return
        else:
            self.short_of(turn)
        plan = self.packs[rule.pack].citation
        due = Text(f"；期限 {rule.due}", f"; due {rule.due}") if rule.due else EMPTY
        zh = f"依据 {plan.zh} {rule.clause}〔{rule.key}〕{due.zh}"
        self.say(zh, f"clause {plan.en} {rule.clause} [{rule.key}]{due.en}", "dim", 4)

    def short_of(self, turn: Turn) -> None:
        """The numbers that decide, and what is short of them."""
        finding = turn.after
        for comparison in words.shown(finding):
            parts = [Text(*[f"{comparison.path} {words.measured(comparison)}"] * 2)]
            parts.append(Text(f"限值 {words.limit(comparison)}", f"limit {words.limit(comparison)}"))
            parts.append(words.distance(comparison))
            needed = goal(finding, comparison)
            if needed is not None and not restates(comparison, needed):
                parts.append(needed.text)
            told = [part for part in parts if part != EMPTY]
            self.say("，".join(p.zh for p in told), ", ".join(p.en for p in told), "", 4)
        if finding.status in ("fail", "pending"):
            for step in words.unsaid(finding):
                if step == BAN:
                    self.say("一律不得", "a flat ban", "", 4)
                else:
                    line = words.step(step, self.words).within(self.lang)
                    self.page.paragraph((line, "dim"), indent=4, hang=2)


def _urgency(turn: Turn) -> tuple[int, bool, str, str]:
    order = ("fail", "unknown", "pending", "waived", "pass", "not_applicable")
    return (
        order.index(turn.after.status),
        not decisive(turn.after),
        turn.after.rule.key,
        turn.after.subject.path,
    )
