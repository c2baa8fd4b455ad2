"""Rules as columns: the status of every rule on every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from envcheck.model import expressions as ex
from envcheck.model.rule import STATUSES, Pack, Rule, Status
from envcheck.register.columns.figures import Figure, figures, flagged, flags_of
from envcheck.register.columns.layout import Layout
from envcheck.register.columns.lists import Gathering, Lists
from envcheck.register.columns.logic import Frame, in_region
from envcheck.register.columns.truths import Refusal, all_of
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Problem

STATUS = pl.Enum(list(STATUSES))
TOLD = {status: pl.lit(status, dtype=STATUS) for status in STATUSES}


class Column(NamedTuple):
    """A rule on the subjects of one kind: its status, and the numbers it compares."""

    rule: Rule
    status: pl.Expr
    possible: frozenset[Status]
    """The statuses that it may have where the rule concerns a row."""
    figures: tuple[Figure, ...]
    flags: Mapping[str, pl.Expr] = MappingProxyType({})
    """Which judged rows have which flags, of those that are told."""


class Plan(NamedTuple):
    """All that is asked of the rows of one kind."""

    frame: Frame
    columns: tuple[Column, ...]


class Plans(NamedTuple):
    """What is asked of a register: of the rows of each kind, and of the lists of its facilities."""

    by_kind: Mapping[str, Plan]
    gatherings: tuple[Gathering, ...]
    layouts: Mapping[str, Layout]
    as_of: date


def plans(layouts: Mapping[str, Layout], packs: Sequence[Pack], as_of: date, *, figured: bool = True) -> Plans:
    """How to judge the tables with these layouts, by kind; statuses only where not `figured`.

    Raises:
        InputError: a rule has no form in columns; it is named.
    """
    lists = Lists(layouts, as_of)
    frames = {kind: Frame(layout, layouts.get("facility"), {}, as_of, lists) for kind, layout in layouts.items()}
    for frame in frames.values():
        frame.region()  # findings are counted by region, also where no rule asks for it
    found: dict[str, list[Column]] = {kind: [] for kind in layouts}
    problems: list[Problem] = []
    for pack in packs:
        lists.rebind(pack.definitions)
        for kind, frame in frames.items():
            frame.rebind(pack.definitions)
            inside = frame.once(("region", pack.region), in_region(frame.region(), (pack.region,)))
            rules = [rule for rule in pack.rules if rule.kind == kind]
            shared = {when for when, uses in Counter(rule.when for rule in rules).items() if uses > 1}
            concerns: dict[tuple[ex.Node, ...], pl.Expr] = {}
            for rule in rules:
                try:
                    found[kind].append(_column(rule, inside, frame, shared, concerns, figured=figured))
                except Refusal as refusal:
                    what = tr("rule {key} cannot be run on columns: ", key=rule.key)
                    remedy = tr(
                        "leave it out with --ignore, or judge one facility after the other with --engine direct"
                    )
                    problems.append(Problem(rule.place, what + refusal.what, remedy))
    if problems:
        raise InputError(problems)
    by_kind = {kind: Plan(frame, tuple(found[kind])) for kind, frame in frames.items()}
    return Plans(by_kind, tuple(lists.gatherings), layouts, as_of)


def _column(
    rule: Rule,
    inside: pl.Expr,
    frame: Frame,
    shared: set[tuple[ex.Node, ...]],
    concerns: dict[tuple[ex.Node, ...], pl.Expr],
    *,
    figured: bool,
) -> Column:
    if not rule.in_force(frame.as_of):
        return Column(rule, TOLD["not_applicable"], frozenset(), ())
    concern = concerns.get(rule.when)
    if concern is None:
        concern = _concern(rule, inside, frame, keep=rule.when in shared)
        concerns[rule.when] = concern
    short: Status = "pending" if rule.has_time(frame.as_of) else "fail"
    possible: set[Status] = {short, "unknown"}
    parts = [frame.condition(node) for node in rule.require]
    required = all_of([part for part, _ in parts])
    if any(isinstance(node, ex.Never) for node in rule.require):
        settled = TOLD[short]
    else:
        possible.add("pass")
        met = required.fill_null(False) if rule.missing_fails else required
        settled = pl.when(met).then(TOLD["pass"]).when(met.is_null()).then(TOLD["unknown"]).otherwise(TOLD[short])
    status = (
        pl.when(concern).then(settled).when(concern.is_null()).then(TOLD["unknown"]).otherwise(TOLD["not_applicable"])
    )
    compared = tuple(figure for node in rule.require for figure in figures(node, frame)) if figured else ()
    flags: Mapping[str, pl.Expr] = {}
    if flags_of(compared):
        flags = flagged(compared, frame.kept(required, max(level for _, level in parts))[0])
    return Column(rule, status, frozenset(possible), compared, flags)


def _concern(rule: Rule, inside: pl.Expr, frame: Frame, *, keep: bool) -> pl.Expr:
    """Whether a rule concerns a row: it lies inside the pack's region, and all its conditions hold."""
    parts = [(inside, 1), *(frame.condition(node) for node in rule.when)]
    concern = all_of([part for part, _ in parts])
    return frame.kept(concern, max(level for _, level in parts))[0] if keep else concern
