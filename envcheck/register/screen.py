"""Screen a register: every rule on every row, findings to a file that appears whole or not at all.

The rows stream by once. Facilities with a row that is not plain, or with an id twice, are then judged one by one, and
the stream runs again without them: they are few, or the second reading is the price of a register full of notes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import chain
from threading import Lock
from typing import Any, NamedTuple, Protocol

import polars as pl

from envcheck.columns.frames import judged as frames
from envcheck.columns.layout import FACILITY_ID, ID, PLAIN, facility_of
from envcheck.columns.rules import Plan, Plans, plans
from envcheck.model import STATUSES, Pack, Status
from envcheck.register import faults, findings, legible, monitored, singly
from envcheck.register.monitored import Refused
from envcheck.register.owners import census
from envcheck.register.singly import Judged, Line, Reject
from envcheck.register.tables import Register, numbered
from envcheck.register.tally import Region, Tally, mark, queries
from envcheck.register.workbook import NUMBER
from envcheck.text import InputError, Place, Problem, tr
from envcheck.vocabulary import Vocabulary

LEAST_BATCH, BATCH = 20_000, 100_000
"""Rows that stream by together where findings are made of them, at least and at most."""
STATUSES_OF_BATCH = 3_000_000
"""The statuses that such rows may have, about: what is made of them is in memory several times."""
PARQUET: Mapping[str, Any] = {"compression": "zstd", "compression_level": 1, "statistics": False}


class Progress(Protocol):
    """Who is told how far a screening has come, by one thread at a time."""

    def expect(self, rows: int) -> None:
        """So many rows more are to be judged than were known of."""

    def judged(self, rows: int) -> None:
        """So many rows more are judged."""


class Screening(NamedTuple):
    """What a run over a register found."""

    register: Register
    as_of: date
    packs: tuple[Pack, ...]
    rows: Mapping[str, int]
    """Rows read, by kind."""
    rejects: tuple[Reject, ...]
    statuses: Mapping[str, Mapping[Status, int]]
    """Findings by the rule's key and status."""
    facilities: pl.DataFrame
    """Marks of facilities with their failing and unknown decisive findings; empty unless they were asked for."""
    regions: Mapping[str, Region]
    """The same by region of the subjects; empty unless asked for."""
    judged_singly: tuple[Judged, ...]
    """Facilities that were read one by one; their findings are not in `facilities` and `regions`."""
    measured: int = 0
    """Rows of measurements."""
    unmeasured: tuple[Refused, ...] = ()
    """Rows of measurements that were not used; their facilities are among the `rejects`."""
    engine: str = "columnar"
    """What ran it, as `--engine` names it."""


def screen(
    register: Register,
    packs: Sequence[Pack],
    words: Vocabulary,
    as_of: date,
    output: str | None,
    *,
    wide: bool = False,
    ranked: bool = False,
    progress: Progress | None = None,
) -> Screening:
    """Judge a register and write the findings to ``output``, if one is named (.parquet, .csv, .jsonl; a folder for
    wide findings of several kinds).

    Raises:
        InputError: a rule has no form in columns, no rule is about any table, a table cannot be read to its end.
        OSError: the findings cannot be written.
    """
    asked = asked_of(register, packs, as_of, figured=not wide)
    try:
        return screened(register, asked, packs, words, output, wide=wide, ranked=ranked, progress=progress)
    except faults.UNREADABLE as error:
        raise legible.why(register, error) from None


def asked_of(register: Register, packs: Sequence[Pack], as_of: date, *, figured: bool = True) -> Plans:
    """What the rules ask of these tables; statuses only where not `figured`.

    Raises:
        InputError: a rule has no form in columns, no rule is about any table.
    """
    asked = plans(register.layouts, packs, as_of, figured=figured)
    if not any(plan.columns for plan in asked.by_kind.values()):
        what = tr("no selected rule is about any table: nothing was checked")
        raise InputError([Problem(Place(register.source), what)])
    return asked


def screened(
    register: Register,
    asked: Plans,
    packs: Sequence[Pack],
    words: Vocabulary,
    output: str | None,
    *,
    wide: bool = False,
    ranked: bool = False,
    progress: Progress | None = None,
) -> Screening:
    """`screen` by plans that are already made. Rows that carry a column `NUMBER` are known by it.

    Raises:
        PolarsError, OSError: a table cannot be read to its end, or the findings cannot be written.
    """
    run = _Run(register, asked, tuple(packs), words, output, wide, ranked, progress)
    tally = run.stream(None, ())
    aside = run.aside(tally, run.census.facilities())
    if aside.is_empty():
        run.keep()
        return run.told(tally, ())
    found = run.one_by_one(aside)
    return run.again(tally, aside, found)


class _Run:
    def __init__(
        self, register: Register, asked: Plans, packs: tuple[Pack, ...], words: Vocabulary, output: str | None,
        wide: bool, ranked: bool, progress: Progress | None,
    ) -> None:  # fmt: skip
        self.register, self.asked, self.packs, self.words = register, asked, packs, words
        self.output, self.wide, self.ranked, self.progress = output, wide, ranked, progress
        self.rows = {kind: table.rows for kind, table in register.tables.items()}
        self.rules = findings.rule_enum(packs)
        self.census = census(register.measurements, register.tables)
        self.measured: tuple[Refused, ...] = ()
        self.part = part_of(output) if output else None

    # --- the stream

    def stream(self, without: pl.Series | None, extra: Sequence[Judged]) -> Tally:
        """All tables once, but for the facilities in ``without``, whose findings are in ``extra``."""
        left_out = None if without is None else without.to_frame(FACILITY_ID).lazy()
        made = frames(self.asked, self.rows, self.words, left_out)
        if self.progress is not None:
            told = _told_to(self.progress)
            made = {kind: rows.with_columns(pl.col(PLAIN).pipe(told)) for kind, rows in made.items()}
        tally = Tally()
        if self.part is None or self.wide:
            self._row_by_row(made, extra, tally)
        else:
            self._finding_by_finding(made, extra, tally, self.part)
        return tally

    def _row_by_row(self, made: Mapping[str, pl.LazyFrame], extra: Sequence[Judged], tally: Tally) -> None:
        """Count, and write wide findings if any are to be written, table by table."""
        several = len(made) > 1
        if self.part is not None and several:
            shutil.rmtree(self.part, ignore_errors=True)
            os.makedirs(self.part)
        for kind, judged in made.items():
            plan, rows = self.asked.by_kind[kind], judged.cache()
            asked, writing = queries(rows, plan, ranked=self.ranked), []
            if self.part is not None:
                path = os.path.join(self.part, f"{plan.frame.own.kind.plural}.parquet") if several else self.part
                found = rows.select(findings.wide(plan))
                if extra:
                    tail = findings.wide_of(extra, kind, [column.rule.key for column in plan.columns])
                    found = pl.concat([found, tail.lazy()])
                writing.append(sink(found, path))
            answers = pl.collect_all([*asked, *writing], engine="streaming")
            tally.take(plan, answers[: len(asked)])

    def _finding_by_finding(
        self, made: Mapping[str, pl.LazyFrame], extra: Sequence[Judged], tally: Tally, part: str
    ) -> None:
        """Write long findings, all into one file, and count on the way.

        What is counted here cannot be a query beside the file: a table that waits for its turn to be written would be
        held in memory meanwhile.
        """
        schema = findings.long_schema(self.rules)
        found = [
            rows.map_batches(
                self._telling(self.asked.by_kind[kind], tally),
                schema=schema, streamable=True, validate_output_schema=False,
            )
            for kind, rows in made.items()
        ]  # fmt: skip
        tail = findings.long_of(extra, self.rules)
        rules = max(1, *(len(self.asked.by_kind[kind].columns) for kind in made))
        with pl.Config(streaming_chunk_size=min(BATCH, max(LEAST_BATCH, STATUSES_OF_BATCH // rules))):
            sink(pl.concat([*found, tail.lazy()]), part).collect(engine="streaming")

    def _telling(self, plan: Plan, tally: Tally) -> Callable[[pl.DataFrame], pl.DataFrame]:
        """Counts a batch of judged rows, and makes its findings of it."""
        columns = {column.rule.key: column for column in plan.columns}

        @cache
        def told(key: str) -> findings.Telling:
            return findings.telling(columns[key], self.rules)

        def long(rows: pl.DataFrame) -> pl.DataFrame:
            tally.take(plan, pl.collect_all(queries(rows.lazy(), plan, ranked=self.ranked)))
            return findings.long(rows, plan, told, self.rules)

        return long

    # --- output

    def keep(self) -> None:
        """Give the finished output its name."""
        if self.part is None or self.output is None:
            return
        if os.path.isdir(self.part):
            shutil.rmtree(self.output, ignore_errors=True)
        os.replace(self.part, self.output)

    # --- one by one

    def aside(self, tally: Tally, monitored: Sequence[str]) -> pl.Series:
        """The facilities that must be read one by one; null for rows that name none."""
        names = pl.concat(
            [
                pl.Series(FACILITY_ID, monitored, dtype=pl.String),
                *(self._with(kind, tally.doubtful(kind)) for kind in self.register.tables),
            ]
        ).unique()
        return pl.concat([names, names.str.strip_chars()]).unique().sort()  # blanks around an id do not tell it apart

    def _with(self, kind: str, marks: pl.Series) -> pl.Series:
        """The facilities of the rows with these marks."""
        if marks.is_empty():
            return pl.Series(FACILITY_ID, [], dtype=pl.String)
        layout = self.register.layouts[kind]
        own = pl.col(layout.columns[ID].heading).cast(pl.String)
        ids = self.rows[kind].select(facility_of(layout).alias(FACILITY_ID), own.alias(ID))
        return ids.filter(mark().is_in(marks.implode())).collect(engine="streaming")[FACILITY_ID]

    def one_by_one(self, aside: pl.Series) -> list[Judged | Reject]:
        """These facilities' rows, read as facility files are."""
        lines = [(name, line) for kind in self.register.tables for name, line in self._lines(kind, aside)]
        sources = {kind: table.path for kind, table in self.register.tables.items()}
        facilities = singly.grouped(lines)
        layouts, as_of = self.register.layouts, self.asked.as_of
        with_series = {name: facilities.pop(name) for name in self.census.facilities() if name in facilities}
        packs = singly.of_kinds(self.packs, layouts)
        asked = monitored.Asked(with_series, layouts, sources, packs, self.words, as_of)
        found: list[Judged | Reject] = []
        refused: list[Refused] = []
        if self.progress is not None:
            self.progress.expect(len(lines))
        for one in chain(
            monitored.judge(asked, self.register.measurements, self.census),
            singly.judge(facilities, layouts, sources, packs, self.words, as_of),
        ):
            if isinstance(one, Refused):
                refused.append(one)
                continue
            found.append(one)
            if self.progress is not None:
                self.progress.judged(_rows(one))
        self.measured = tuple(refused)
        return found

    def _lines(self, kind: str, aside: pl.Series) -> list[tuple[str | None, Line]]:
        layout = self.register.layouts[kind]
        key = facility_of(layout).str.strip_chars()
        rows = numbered(self.rows[kind], self.register.tables[kind].path)
        found = rows.filter(key.is_in(aside.implode()) | key.is_null()).collect(engine="streaming")
        lines = (Line(kind, row.pop(NUMBER), row) for row in found.iter_rows(named=True))
        return [(singly.key_of(line, layout), line) for line in lines]

    def again(self, first: Tally, aside: pl.Series, found: Sequence[Judged | Reject]) -> Screening:
        """The stream without them, and all that was found."""
        judged = tuple(one for one in found if isinstance(one, Judged))
        if self.progress is not None:
            self.progress.expect(sum(first.rows.values()) - sum(map(_rows, found)))
        tally = self.stream(aside, judged)
        tally.rows = first.rows
        for one in judged:
            for finding in one.findings:
                own = tally.statuses.setdefault(finding.rule.key, dict.fromkeys(STATUSES, 0))
                own[finding.status] += 1
        self.keep()
        return self.told(tally, found)

    def told(self, tally: Tally, found: Sequence[Judged | Reject]) -> Screening:
        """The result."""
        judged = tuple(one for one in found if isinstance(one, Judged))
        rejects = tuple(one for one in found if isinstance(one, Reject))
        return Screening(
            self.register, self.asked.as_of, self.packs, tally.rows, rejects, tally.statuses,
            tally.facilities(), tally.regions, judged, self.census.rows, self.measured,
        )  # fmt: skip


def _told_to(progress: Progress) -> Callable[[pl.Expr], pl.Expr]:
    """A column as it is, with its rows told to someone, one batch at a time."""
    lock = Lock()

    def told(rows: pl.Series) -> pl.Series:
        with lock:
            progress.judged(rows.len())
        return rows

    return lambda column: column.map_batches(told, return_dtype=pl.Boolean, is_elementwise=True)


def _rows(one: Judged | Reject) -> int:
    return len(one.lines) if isinstance(one, Judged) else 1


def part_of(output: str) -> str:
    """Where the output is made before it gets its name; a run that was killed leaves it to the next one."""
    folder, name = os.path.split(output)
    return os.path.join(folder, f".{name}.part")


def sink(rows: pl.LazyFrame, path: str) -> pl.LazyFrame:
    """The writing of rows to a file in the form that its name tells."""
    if path.endswith(".csv.part"):
        return rows.sink_csv(path, include_bom=True, lazy=True)  # by which Excel knows that it is Chinese
    if path.endswith(".jsonl.part"):
        return rows.sink_ndjson(path, lazy=True)
    return rows.sink_parquet(path, **PARQUET, lazy=True)
