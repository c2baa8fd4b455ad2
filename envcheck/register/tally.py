"""What is counted while a register streams by: rows, statuses, rows that are not plain, facilities by seriousness."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from threading import Lock
from typing import NamedTuple

import polars as pl

from envcheck.columns.layout import FACILITY_ID, ID, PLAIN
from envcheck.columns.rules import Plan
from envcheck.model import DECISIVE, STATUSES, Status

COUNTED: tuple[Status, ...] = ("pass", "fail", "unknown", "pending")
FACILITY, FAILS, UNKNOWN, CONCERNED, REGION = "#facility", "#fails", "#unknown", "#concerned", "#region"
LAST = "\U0010ffff"
"""After every id."""
Progress = Callable[[int], None]


class Region(NamedTuple):
    """The subjects of a region (empty: it is not stated), and how many decisive findings on them fail or are unknown."""

    subjects: int
    fails: int
    unknown: int


class Tally:
    """Gathers one pass over all tables of a register."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.rows: dict[str, int] = {}
        self.statuses: dict[str, dict[Status, int]] = {}
        self._odd: list[pl.Series] = []
        self._runs: dict[str, list[tuple[str, str]]] = {}
        self._sums: dict[str, list[pl.Expr]] = {}
        self._lock = Lock()
        self._facilities: list[pl.DataFrame] = []
        self.regions: dict[str, Region] = {}

    def seen(self, rows: pl.DataFrame, plan: Plan) -> None:
        """Take in judged rows of one kind; several threads may come with theirs at once."""
        kind = plan.frame.own.kind.id
        odd, run = rows[FACILITY_ID].filter(~rows[PLAIN]).unique(), _run(rows[ID])
        counts = rows.select(self._sums_of(plan)).row(0) if plan.columns else ()
        regions = _regions(rows) if FAILS in rows.columns else ()
        with self._lock:
            self.rows[kind] = self.rows.get(kind, 0) + rows.height
            self._odd.append(odd)
            self._runs.setdefault(kind, []).append(run)
            if FAILS in rows.columns:
                self._facilities.append(rows.select(FACILITY, FAILS, UNKNOWN, CONCERNED))
            for region, *more in regions:
                before = self.regions.get(region or "", Region(0, 0, 0))
                self.regions[region or ""] = Region(*(a + b for a, b in zip(before, more, strict=True)))
            for (key, status), number in zip(_counted(plan), counts, strict=True):
                self.statuses.setdefault(key, dict.fromkeys(STATUSES, 0))[status] += number
            self.progress(rows.height)

    def _sums_of(self, plan: Plan) -> list[pl.Expr]:
        """The sums that count the statuses of a kind, made once."""
        kind = plan.frame.own.kind.id
        found = self._sums.get(kind)
        if found is None:
            sums = ((pl.col(key) == status).sum().alias(f"{status} {key}") for key, status in _counted(plan))
            found = self._sums[kind] = list(sums)
        return found

    def odd(self) -> pl.Series:
        """The facilities with a row that was not plain; null where a row names none."""
        return pl.concat(self._odd).unique() if self._odd else pl.Series(FACILITY_ID, [], dtype=pl.String)

    def in_order(self, kind: str) -> bool:
        """Whether the ids of a kind ascend, so that none stands twice."""
        runs = sorted(self._runs.get(kind, []))
        return all(first and last < following for (first, last), (following, _) in pairwise([*runs, (LAST, LAST)]))

    def facilities(self) -> pl.DataFrame:
        """One row a facility: how many decisive rules fail and are unknown, and whether any rule concerns it."""
        if not self._facilities:
            schema = {FACILITY: pl.UInt64, FAILS: pl.UInt32, UNKNOWN: pl.UInt32, CONCERNED: pl.Boolean}
            return pl.DataFrame(schema=schema)
        found = pl.concat(self._facilities)
        return found.group_by(FACILITY).agg(pl.col(FAILS).sum(), pl.col(UNKNOWN).sum(), pl.col(CONCERNED).any())


def _counted(plan: Plan) -> list[tuple[str, Status]]:
    return [(column.rule.key, status) for column in plan.columns for status in COUNTED]


def _regions(rows: pl.DataFrame) -> list[tuple[str | None, int, int, int]]:
    counted = rows.group_by(REGION).agg(pl.len(), pl.col(FAILS).sum(), pl.col(UNKNOWN).sum())
    return [(region, subjects, fails, unknown) for region, subjects, fails, unknown in counted.iter_rows()]


def _run(ids: pl.Series) -> tuple[str, str]:
    """The first and the last id where each is above the one before it; empty where they are in no such order."""
    if ids.null_count() or not ids.len() or not (ids > ids.shift()).all():
        return "", ""
    return ids[0], ids[-1]


def marks(plan: Plan, *, ranked: bool) -> list[pl.Expr]:
    """The columns of judged rows that a tally reads, besides the statuses."""
    if not ranked:
        return [pl.col(PLAIN)]
    keys = [column.rule.key for column in plan.columns]
    decisive = [column.rule.key for column in plan.columns if column.rule.modality in DECISIVE]

    def counted(status: Status) -> pl.Expr:
        parts = [(pl.col(key) == status).cast(pl.UInt32) for key in decisive]
        return pl.sum_horizontal(parts) if parts else pl.lit(0, pl.UInt32)

    concerned = [pl.col(key) != "not_applicable" for key in keys]
    anything = pl.any_horizontal(concerned) if concerned else pl.lit(False)
    region = plan.frame.region().alias(REGION)
    counts = [counted("fail").alias(FAILS), counted("unknown").alias(UNKNOWN), anything.alias(CONCERNED)]
    return [pl.col(PLAIN), pl.col(FACILITY_ID).hash().alias(FACILITY), *counts, region]
