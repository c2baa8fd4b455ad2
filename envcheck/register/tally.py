"""What is counted while a register streams by: rows, statuses, rows that are not plain, facilities by seriousness."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from envcheck.columns.layout import FACILITY_ID, ID, PLAIN
from envcheck.columns.rules import Plan
from envcheck.model import DECISIVE, STATUSES, Status

COUNTED: tuple[Status, ...] = ("pass", "fail", "unknown", "pending")
FACILITY, ROW, FAILS, UNKNOWN, CONCERNED, REGION = "#facility", "#row", "#fails", "#unknown", "#concerned", "#region"
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
        self._rows: dict[str, list[pl.Series]] = {}
        self._facilities: list[pl.DataFrame] = []
        self.regions: dict[str, Region] = {}

    def seen(self, rows: pl.DataFrame, plan: Plan) -> None:
        """Take in judged rows of one kind."""
        kind = plan.frame.own.kind.id
        self.rows[kind] = self.rows.get(kind, 0) + rows.height
        self.progress(rows.height)
        self._odd.append(rows.filter(~pl.col(PLAIN))[FACILITY_ID].unique())
        self._rows.setdefault(kind, []).append(rows[ROW])
        if FAILS in rows.columns:
            self._facilities.append(rows.select(FACILITY, FAILS, UNKNOWN, CONCERNED))
            self._regions(rows)
        self._count(rows, plan)

    def _regions(self, rows: pl.DataFrame) -> None:
        counted = rows.group_by(REGION).agg(pl.len(), pl.col(FAILS).sum(), pl.col(UNKNOWN).sum())
        for region, *more in counted.iter_rows():
            before = self.regions.get(region or "", Region(0, 0, 0))
            self.regions[region or ""] = Region(*(a + b for a, b in zip(before, more, strict=True)))

    def _count(self, rows: pl.DataFrame, plan: Plan) -> None:
        wanted = [(c.rule.key, status) for c in plan.columns for status in COUNTED]
        sums = ((pl.col(key) == status).sum().alias(f"{status} {key}") for key, status in wanted)
        for (key, status), number in zip(wanted, rows.select(*sums).row(0), strict=True) if wanted else ():
            own = self.statuses.setdefault(key, dict.fromkeys(STATUSES, 0))
            own[status] += number

    def odd(self) -> pl.Series:
        """The facilities with a row that was not plain; null where a row names none."""
        return pl.concat(self._odd).unique() if self._odd else pl.Series(FACILITY_ID, [], dtype=pl.String)

    def repeated(self, kind: str) -> pl.Series:
        """The marks of rows of a kind whose id (in its facility) seems to stand twice."""
        marks = pl.concat(self._rows.get(kind, [pl.Series(ROW, [], dtype=pl.UInt64)]))
        if marks.n_unique() == marks.len():
            return marks.clear()
        return marks.filter(marks.is_duplicated()).unique()

    def facilities(self) -> pl.DataFrame:
        """One row a facility: how many decisive rules fail and are unknown, and whether any rule concerns it."""
        if not self._facilities:
            schema = {FACILITY: pl.UInt64, FAILS: pl.UInt32, UNKNOWN: pl.UInt32, CONCERNED: pl.Boolean}
            return pl.DataFrame(schema=schema)
        found = pl.concat(self._facilities)
        return found.group_by(FACILITY).agg(pl.col(FAILS).sum(), pl.col(UNKNOWN).sum(), pl.col(CONCERNED).any())


def marks(plan: Plan, *, ranked: bool) -> list[pl.Expr]:
    """The columns of judged rows that a tally reads, besides the statuses."""
    facility, row = pl.col(FACILITY_ID).hash(), pl.col(ID).hash(1)
    found = [pl.col(PLAIN), facility.alias(FACILITY), (facility * 3 + row).alias(ROW)]
    if not ranked:
        return found
    keys = [column.rule.key for column in plan.columns]
    decisive = [column.rule.key for column in plan.columns if column.rule.modality in DECISIVE]

    def counted(status: Status) -> pl.Expr:
        parts = [(pl.col(key) == status).cast(pl.UInt32) for key in decisive]
        return pl.sum_horizontal(parts) if parts else pl.lit(0, pl.UInt32)

    concerned = [pl.col(key) != "not_applicable" for key in keys]
    anything = pl.any_horizontal(concerned) if concerned else pl.lit(False)
    region = plan.frame.region().alias(REGION)
    return [*found, counted("fail").alias(FAILS), counted("unknown").alias(UNKNOWN), anything.alias(CONCERNED), region]
