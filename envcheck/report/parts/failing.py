"""What fails, as it is put right: problems with every clause that they break, those that decide first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from envcheck.judging.problems import Problem, problems
from envcheck.model.finding import Finding
from envcheck.model.rule import Pack
from envcheck.report.parts import phrases
from envcheck.text.messages import EMPTY, Text, join, ntr, ptr, tr

PERIOD_OVER = "after_plan_period"
IN_FORCE = tr("Problems")
ENDED = tr("Problems by ended plans alone")
SOFT = tr("Not met, with no bearing on the outcome (targets and encouragement)")


class Group(NamedTuple):
    """Problems that weigh alike, the worst first."""

    title: Text
    problems: tuple[Problem, ...]

    @property
    def findings(self) -> int:
        """How many requirements they break."""
        return sum(len(problem.findings) for problem in self.problems)

    @property
    def heading(self) -> Text:
        """The title with how many problems there are, and how many requirements they break."""
        number = len(self.problems)
        if number == self.findings:
            return tr("{title}: {number}", title=self.title, number=number)
        return tr(
            "{title}: {number} ({findings} requirements)", title=self.title, number=number, findings=self.findings
        )


def groups(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """The problems: those that decide, those of them by ended plans alone, those that do not decide; none is empty."""
    found = sorted(problems(findings), key=lambda problem: phrases.worst_first(problem.findings[0]))
    parted = (
        (IN_FORCE, [p for p in found if p.decisive and not p.ended]),
        (ENDED, [p for p in found if p.decisive and p.ended]),
        (SOFT, [p for p in found if not p.decisive]),
    )
    return tuple(Group(title, tuple(chosen)) for title, chosen in parted if chosen)


def told(found: Sequence[Group]) -> Text:
    """How many problems decide, and how many of them by ended plans alone; empty where none does."""
    deciding = [group for group in found if group.title != SOFT]
    if not deciding:
        return EMPTY
    number, broken = sum(len(g.problems) for g in deciding), sum(g.findings for g in deciding)
    ended = sum(len(group.problems) for group in deciding if group.title == ENDED)
    problems_told = ntr("{n} problem", "{n} problems", number)
    requirements = ntr("{n} requirement", "{n} requirements", broken)
    what = tr("{problems}, breaking {requirements}", problems=problems_told, requirements=requirements)
    return what + tr("; {ended} of them by plans alone whose period has ended", ended=ended) if ended else what


def clauses(problem: Problem, packs: Mapping[str, Pack], *, coded: bool = True) -> list[Text]:
    """Where each requirement that a problem breaks comes from; of others than the first their title and own limit too."""
    first = problem.findings[0]
    return [
        clause(finding, packs[finding.rule.pack], None if finding is first else first, coded=coded)
        for finding in problem.findings
    ]


def clause(finding: Finding, pack: Pack, first: Finding | None = None, *, coded: bool = True) -> Text:
    """Where a requirement comes from, whether its plan's period is over, and what it adds to the ``first`` of a problem."""
    source = phrases.source(finding.rule, pack, coded=coded)
    if PERIOD_OVER in finding.flags:
        source += tr(", period ended")
    if first is None:
        return source
    own, main = finding.comparison, first.comparison
    limit = phrases.limit(own) if own is not None and own.measured is not None else ""
    if limit and (main is None or limit != phrases.limit(main)):
        return tr("also {source}: {title}, limit {limit}", source=source, title=finding.rule.title, limit=limit)
    return tr("also {source}: {title}", source=source, title=finding.rule.title)


def quotes(problem: Problem) -> list[Text]:
    """The plans' own words for what is broken, each once; long ones are cut."""
    words = dict.fromkeys(phrases.quote(finding.rule) for finding in problem.findings if finding.rule.sentences)
    return list(words)


def remedy(problem: Problem) -> Text:
    """What would put it right, by the strictest requirement that says so; empty where none does."""
    return next((f.rule.remedy for f in problem.findings if f.rule.remedy != EMPTY), EMPTY)


def notes(problem: Problem) -> Text:
    """What is to be known of it, by the flags of its findings; which of several clauses is the strictest stands first."""
    but = ("after_plan_period", *(("governing",) if len(problem.findings) > 1 else ()))
    each = dict.fromkeys(note for finding in problem.findings for note in phrases.notes(finding, but))
    return join(ptr("list", "; "), list(each)) if each else EMPTY
