"""What is counted of judged rows: statuses, rows that are not plain, ids that stand twice, facilities by seriousness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import NamedTuple

import polars as pl

from envcheck.model.rule import DECISIVE, STATUSES, Status
from envcheck.register.columns.figures import TOLD
from envcheck.register.columns.layout import FACILITY_ID, ID, PLAIN
from envcheck.register.columns.rules import Plan
from envcheck.register.judging.row_by_row import Judged

COUNTED: tuple[Status, ...] = ("pass", "fail", "unknown", "pending")
FACILITY, FAILS, UNKNOWN, CONCERNED, REGION = "#facility", "#fails", "#unknown", "#concerned", "#region"
SERIOUS = {FACILITY: pl.UInt64, FAILS: pl.UInt32, UNKNOWN: pl.UInt32, CONCERNED: pl.Boolean}
MARK = "#mark"
"""Eight bytes for the id of a row and that of its facility."""
MIDDLE = 1 << 63


class Region(NamedTuple):
    """The subjects of a region (empty: it is not stated), and how many decisive findings on them fail or are unknown."""

    subjects: int
    fails: int
    unknown: int

    def plus(self, subjects: int, fails: int, unknown: int) -> Region:
        """With so many more."""
        return Region(self.subjects + subjects, self.fails + fails, self.unknown + unknown)


NOBODY = Region(0, 0, 0)


def queries(rows: pl.LazyFrame, plan: Plan, *, ranked: bool) -> list[pl.LazyFrame]:
    """What a tally asks of judged rows of one kind; `Tally.take` adds up the answers.

    Facilities and regions are asked for only where ``ranked``.
    """
    counts = [(pl.col(keys) == status).sum().name.prefix(f"{status} ") for status, keys in _possible(plan) if keys]
    flags = [
        ((pl.col(column.rule.key) != "not_applicable") & here).sum().alias(f"{name} {column.rule.key}")
        for column in plan.columns
        for name, here in column.flags.items()
    ]
    asked = [rows.select(pl.len(), *counts, *flags), rows.select(mark(), PLAIN)]
    if not ranked:
        return asked
    marked = rows.select(*_marks(plan))
    sums = [pl.col(name).sum().cast(pl.UInt32) for name in (FAILS, UNKNOWN)]
    return [
        *asked,
        marked.group_by(FACILITY).agg(*sums, pl.col(CONCERNED).any()),
        marked.group_by(REGION).agg(pl.len(), *sums),
    ]


def mark() -> pl.Expr:
    """The mark of each row: the same for the same ids, and hardly ever for others."""
    return (pl.col(FACILITY_ID).hash() * 3 + pl.col(ID).hash(1)).alias(MARK)


class Tally:
    """Adds up what was counted of the tables of a register, part by part; several threads may come with theirs."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        """By kind."""
        self.statuses: dict[str, dict[Status, int]] = {}
        """By the rule's key."""
        self.flags: dict[str, Counter[str]] = {}
        """Findings with a flag, by the rule's key."""
        self.regions: dict[str, Region] = {}
        self._marks: dict[str, list[pl.Series]] = {}
        self._odd: dict[str, list[pl.Series]] = {}
        self._facilities: list[pl.DataFrame] = []
        self._lock = Lock()

    def take(self, plan: Plan, answers: Sequence[pl.DataFrame]) -> None:
        """Add the answers to `queries` on rows of one kind."""
        counted, marked, *ranked = answers
        kind = plan.frame.own.kind.id
        rows, *counts = counted.row(0)
        with self._lock:
            self.rows[kind] = self.rows.get(kind, 0) + rows
            for column in plan.columns:
                self.statuses.setdefault(column.rule.key, dict.fromkeys(STATUSES, 0))
            counted_as = [(key, status) for status, keys in _possible(plan) for key in keys]
            for (key, status), number in zip(counted_as, counts, strict=False):
                self.statuses[key][status] += number
            flagged = [(column.rule.key, name) for column in plan.columns for name in column.flags]
            for (key, name), number in zip(flagged, counts[len(counted_as) :], strict=True):
                self.flags.setdefault(key, Counter())[name] += number
            self._marks.setdefault(kind, []).append(marked[MARK])
            self._odd.setdefault(kind, []).append(marked[MARK].filter(~marked[PLAIN]))
            if ranked:
                facilities, regions = ranked
                self._facilities.append(facilities)
                for region, *more in regions.iter_rows():
                    self.regions[region or ""] = self.regions.get(region or "", NOBODY).plus(*more)

    def add(self, judged: Iterable[Judged]) -> None:
        """Add the statuses of facilities that were judged one by one."""
        for one in judged:
            for finding in one.findings:
                own = self.statuses.setdefault(finding.rule.key, dict.fromkeys(STATUSES, 0))
                own[finding.status] += 1
                self.flags.setdefault(finding.rule.key, Counter()).update(set(finding.flags).intersection(TOLD))

    def doubtful(self, kind: str) -> pl.Series:
        """The marks of rows that were not plain, and of those whose ids seem to stand twice."""
        none = pl.Series(MARK, [], dtype=pl.UInt64)
        marks = pl.concat([none, *self._marks.get(kind, [])])
        twice = marks.filter(marks.is_duplicated()) if _any_twice(marks) else none
        return pl.concat([*self._odd.get(kind, []), twice]).unique()

    def facilities(self) -> pl.DataFrame:
        """One row a facility: how many decisive rules fail and are unknown, and whether any rule concerns it."""
        found = pl.concat([pl.DataFrame(schema=SERIOUS), *self._facilities])
        return found.group_by(FACILITY).agg(pl.col(FAILS).sum(), pl.col(UNKNOWN).sum(), pl.col(CONCERNED).any())


def _any_twice(marks: pl.Series) -> bool:
    """Whether a mark stands twice; two halves sorted side by side tell it in two thirds of the time of counting marks."""

    def in_half(upper: bool) -> bool:
        half = marks.filter(marks >= MIDDLE if upper else marks < MIDDLE).sort(multithreaded=False)
        return bool((half == half.shift()).any())

    with ThreadPoolExecutor(2) as pool:
        return any(pool.map(in_half, (False, True)))


def _possible(plan: Plan) -> list[tuple[Status, list[str]]]:
    """The keys of the rules that may have a status, by status."""
    return [(s, [column.rule.key for column in plan.columns if s in column.possible]) for s in COUNTED]


def _marks(plan: Plan) -> list[pl.Expr]:
    """How serious a row is, and where it stands."""
    keys = [column.rule.key for column in plan.columns]
    decisive = [column.rule.key for column in plan.columns if column.rule.modality in DECISIVE]

    one, none = pl.lit(1, pl.UInt16), pl.lit(0, pl.UInt16)

    def counted(status: Status) -> pl.Expr:
        # A choice of numbers is several times as quick in Polars as a cast from truths.
        parts = [pl.when(pl.col(key) == status).then(one).otherwise(none) for key in decisive]
        return pl.sum_horizontal(parts) if parts else none

    concerned = [pl.col(key) != "not_applicable" for key in keys]
    anything = pl.any_horizontal(concerned) if concerned else pl.lit(False)
    return [
        pl.col(FACILITY_ID).hash().alias(FACILITY),
        counted("fail").alias(FAILS),
        counted("unknown").alias(UNKNOWN),
        anything.alias(CONCERNED),
        plan.frame.region().alias(REGION),
    ]
