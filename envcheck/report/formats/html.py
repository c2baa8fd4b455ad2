"""One self-contained page for people: the outcome first, then pictures, dates, findings, questions and packs.

Everything that is printed passes through autoescape and `phrases.clean`; style and script are written into the page and
allowed by their hashes alone, so that nothing in a facility file can run or reach a network.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from envcheck.facility.whatif import assumed, goal, restates
from envcheck.judging.gaps import FactRequest, Presumed, facts_to_ask, full_path, presumptions
from envcheck.judging.judge import concerned, decisive, grounds
from envcheck.judging.timeline import Day, Turn, failing, timeline
from envcheck.model.facility import Subject
from envcheck.model.finding import Finding, Report, Result
from envcheck.model.rule import STATUSES, Pack, Rule
from envcheck.report.parts import phrases, series
from envcheck.report.parts.bars import Bar, bars, label_of
from envcheck.report.parts.events import EVENTS, told_turns
from envcheck.report.parts.failing import Group as Failing
from envcheck.report.parts.failing import clause, groups, quotes, remedy, told
from envcheck.text.messages import Text, day, ntr, ptr, tr
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

SIGN = {"fail": "✗", "unknown": "?", "pending": "…", "waived": "~", "pass": "✓", "not_applicable": "–"}
OUTCOME_SIGN = {"non_compliant": "✗", "undetermined": "?", "compliant": "✓"}
ORDER = ("fail", "unknown", "pending", "waived", "pass", "not_applicable")
"""The order in which a reader wants them; the totals add up in any."""


class Numbered(NamedTuple):
    """A finding with its number in the report, by which the page links to it."""

    number: int
    finding: Finding


class Count(NamedTuple):
    """How many findings of a status bear on the outcome, and how many do not."""

    status: str
    deciding: int
    informing: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.deciding + self.informing


class Group(NamedTuple):
    """The findings of one status."""

    status: str
    findings: tuple[Numbered, ...]


class Duty(NamedTuple):
    """A rule with a due date: its findings that concern the facility, by status."""

    rule: Rule
    findings: tuple[tuple[str, tuple[Numbered, ...]], ...]


class Deadline(NamedTuple):
    """A due date that has come and the duties due on it; `days` from the day asked about, zero or negative."""

    day: date
    days: int
    duties: tuple[Duty, ...]


class Change(NamedTuple):
    """What befalls a requirement on a day to come; `number` is that of its finding in the report."""

    turn: Turn
    number: int


class Ahead(NamedTuple):
    """A day to come on which something changes, `days` from the day asked about.

    `failing` decisive requirements fail then, `more` than before; what is met then or over is counted only.
    """

    day: Day
    days: int
    failing: int
    more: int
    changes: tuple[Change, ...]
    met: int
    over: int


class View(NamedTuple):
    """What the page shows of one facility."""

    number: int
    report: Report
    counts: tuple[Count, ...]
    groups: tuple[Group, ...]
    bars: tuple[tuple[Subject, tuple[Bar, ...]], ...]
    deadlines: tuple[Deadline, ...]
    """Due dates up to the day asked about."""
    ahead: tuple[Ahead, ...]
    asks: tuple[FactRequest, ...]
    packs: tuple[Pack, ...]
    subjects: tuple[Subject, ...]
    presumed: tuple[Presumed, ...]
    labels: dict[str, Text]
    """What the missing facts are called, by path."""
    problems: tuple[Failing, ...]
    numbers: dict[tuple[str, str], int]
    """The numbers of the findings, by rule and subject."""


def render(result: Result, words_known: Vocabulary, lang: str) -> str:
    """The result as one HTML page in both languages, shown in `lang` first."""
    return page(
        "report.html",
        result=result,
        lang=lang,
        views=[_view(number, report, result, words_known) for number, report in enumerate(result.reports, 1)],
        packs={pack.id: pack for pack in result.packs},
        vocabulary=words_known,
        label_of=lambda subject, path: label_of(subject, path, words_known),
        step=lambda told: phrases.step(told, words_known),
    )


def page(template: str, **shown: object) -> str:
    """A template with our style and script written into it and allowed by their hashes alone."""
    style, script = _part("report.css"), _part("report.js")
    made = (
        _environment()
        .get_template(template)
        .render(
            version=__version__,
            style=Markup(style),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own file
            policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "base-uri 'none'; form-action 'none'",
            **shown,
        )
    )
    return made + "\n"


def _part(name: str) -> str:
    return resources.files("envcheck.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        tr=tr,
        ptr=ptr,
        ntr=ntr,
        day=day,
        phrases=phrases,
        series=series,
        SIGN=SIGN,
        OUTCOME_SIGN=OUTCOME_SIGN,
        ORDER=ORDER,
        decisive=decisive,
        full_path=full_path,
        assumed=assumed,
        concerned=concerned,
        grounds=grounds,
        clause=clause,
        problems_told=told,
        remedy=remedy,
        quotes=quotes,
        goal=goal,
        restates=restates,
        EVENTS=EVENTS,
    )
    return environment


def _finalize(value: object) -> object:
    """What is printed: text loses its control characters, markup of our own stays as it is."""
    return phrases.clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


# --- what a facility's part shows ------------------------------------------------------------------------------------


def _view(number: int, report: Report, result: Result, vocabulary: Vocabulary) -> View:
    numbered = [Numbered(n, finding) for n, finding in enumerate(report.findings)]
    packs = tuple(pack for pack in result.packs if pack.id not in report.not_binding)
    days = timeline(report.facility, packs, result.as_of, everywhere=True).days
    asks = facts_to_ask(report, packs, vocabulary)
    later = [ask for day in days for ask in facts_to_ask(day.after, packs, vocabulary)]
    return View(
        number=number,
        report=report,
        counts=tuple(_count(status, report.findings) for status in STATUSES),
        groups=tuple(_group(status, numbered) for status in ORDER),
        bars=bars(report, vocabulary),
        deadlines=_deadlines(numbered, result.as_of),
        ahead=tuple(_ahead(day, report, result.as_of) for day in days),
        asks=asks,
        packs=packs,
        subjects=tuple({f.subject.path: f.subject for f in report.findings}.values()),
        presumed=presumptions(report, packs, vocabulary),
        labels={ask.path: ask.label for ask in (*later, *asks)},
        problems=groups(report.findings),
        numbers=_numbers(report),
    )


def _count(status: str, findings: Iterable[Finding]) -> Count:
    chosen = [decisive(f) for f in findings if f.status == status]
    return Count(status, sum(chosen), len(chosen) - sum(chosen))


def _group(status: str, findings: Iterable[Numbered]) -> Group:
    """The findings of a status: those that decide first, then by how bad, then as the packs order them."""
    chosen = [n for n in findings if n.finding.status == status]
    return Group(status, tuple(sorted(chosen, key=_worst_first)))


def _worst_first(item: Numbered) -> tuple[bool, bool, Fraction, int]:
    main = item.finding.comparison
    margin = main.margin.exact if main is not None and main.margin is not None else None
    return not decisive(item.finding), margin is None, margin or Fraction(0), item.number


def _deadlines(findings: Iterable[Numbered], as_of: date) -> tuple[Deadline, ...]:
    """The due dates, up to the day asked about, of rules that concern the facility, or may; within a day by rule."""
    days: dict[date, dict[str, list[Numbered]]] = {}
    for item in findings:
        rule = item.finding.rule
        if rule.due is not None and not rule.has_time(as_of) and item.finding.status != "not_applicable":
            days.setdefault(rule.due, {}).setdefault(rule.key, []).append(item)
    return tuple(
        Deadline(day, (day - as_of).days, tuple(_duty(items) for items in duties.values()))
        for day, duties in sorted(days.items())
    )


def _numbers(report: Report) -> dict[tuple[str, str], int]:
    return {(f.rule.key, f.subject.path): number for number, f in enumerate(report.findings)}


def _ahead(day: Day, report: Report, as_of: date) -> Ahead:
    numbers = _numbers(report)
    changes = [Change(turn, numbers[turn.after.rule.key, turn.after.subject.path]) for turn in told_turns(day)]
    after, met = failing(day.after), sum(turn.after.status == "pass" for turn in day.turns)
    over = len(day.turns) - len(changes) - met
    return Ahead(day, (day.date - as_of).days, after, after - failing(day.before), tuple(changes), met, over)


def _duty(items: list[Numbered]) -> Duty:
    by_status = ((status, tuple(i for i in items if i.finding.status == status)) for status in ORDER)
    return Duty(items[0].finding.rule, tuple((status, chosen) for status, chosen in by_status if chosen))
