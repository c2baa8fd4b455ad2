"""Screen a register: every rule on every row, findings to a file that appears whole or not at all.

The rows stream by once. Facilities with a row that is not plain, or with an id twice, are then judged one by one, and
the stream runs again without them: they are few, or the second reading is the price of a register full of notes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from threading import Lock

import polars as pl

from envcheck.model.rule import Pack
from envcheck.register import fallback
from envcheck.register.columns.frames import judged as frames
from envcheck.register.columns.layout import FACILITY_ID, ID, PLAIN, facility_of
from envcheck.register.columns.rules import Plan, Plans, plans
from envcheck.register.fallback import FallbackResult
from envcheck.register.judging.row_by_row import Judged
from envcheck.register.results import findings, output
from envcheck.register.results.run import Progress, Screening, require_rules
from envcheck.register.results.tally import Tally, mark, queries
from envcheck.register.tables import diagnosis, faults
from envcheck.register.tables.owners import census
from envcheck.register.tables.register_files import Register
from envcheck.vocabulary.words import Vocabulary

LEAST_BATCH, BATCH = 20_000, 100_000
"""Rows that stream by together where findings are made of them, at least and at most."""
STATUSES_OF_BATCH = 3_000_000
"""The statuses that such rows may have, about: what is made of them is in memory several times."""


def screen(
    register: Register,
    packs: Sequence[Pack],
    words: Vocabulary,
    as_of: date,
    path: str | None,
    *,
    wide: bool = False,
    ranked: bool = False,
    progress: Progress | None = None,
) -> Screening:
    """Judge a register and write the findings to ``path``, if one is named (.parquet, .csv, .jsonl; a folder for
    wide findings of several kinds).

    Raises:
        InputError: a rule has no form in columns, no rule is about any table, a table cannot be read to its end.
        OSError: the findings cannot be written.
    """
    asked = plans_of(register, packs, as_of)
    try:
        return screen_with_plans(register, asked, packs, words, path, wide=wide, ranked=ranked, progress=progress)
    except faults.UNREADABLE as error:
        raise diagnosis.why(register, error) from None


def plans_of(register: Register, packs: Sequence[Pack], as_of: date, *, figured: bool = True) -> Plans:
    """What the rules ask of these tables; statuses only where not `figured`.

    Raises:
        InputError: a rule has no form in columns, no rule is about any table.
    """
    require_rules(register, packs)
    return plans(register.layouts, packs, as_of, figured=figured)


def screen_with_plans(
    register: Register,
    asked: Plans,
    packs: Sequence[Pack],
    words: Vocabulary,
    path: str | None,
    *,
    wide: bool = False,
    ranked: bool = False,
    progress: Progress | None = None,
) -> Screening:
    """`screen` by plans that are already made. Rows that carry a column `NUMBER` are known by it.

    Raises:
        PolarsError, OSError: a table cannot be read to its end, or the findings cannot be written.
    """
    run = _Run(register, asked, tuple(packs), words, path, wide, ranked, progress)
    tally = run.stream(None, ())
    undecided = run.undecided(tally, run.census.facilities())
    found = None
    if not undecided.is_empty():
        found = fallback.judge(register, undecided, run.census, packs, words, asked.as_of, progress)
        tally = run.stream_without(tally, undecided, found)
    return run.screening(tally, found)


class _Run:
    def __init__(
        self, register: Register, asked: Plans, packs: tuple[Pack, ...], words: Vocabulary, path: str | None,
        wide: bool, ranked: bool, progress: Progress | None,
    ) -> None:  # fmt: skip
        self.register, self.asked, self.packs, self.words = register, asked, packs, words
        self.path, self.wide, self.ranked, self.progress = path, wide, ranked, progress
        self.rows = {kind: table.rows for kind, table in register.tables.items()}
        self.rules = findings.rule_enum(packs)
        self.census = census(register.measurements, register.tables)
        self.part = output.part_of(path) if path else None

    # --- the stream

    def stream(self, without: pl.Series | None, extra: Sequence[Judged]) -> Tally:
        """All tables once, but for the facilities in ``without``, whose findings are in ``extra``."""
        left_out = None if without is None else without.to_frame(FACILITY_ID).lazy()
        made = frames(self.asked, self.rows, self.words, left_out)
        if self.progress is not None:
            reporting = _reporting_to(self.progress)
            made = {kind: rows.with_columns(pl.col(PLAIN).pipe(reporting)) for kind, rows in made.items()}
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
            output.folder(self.part)
        for kind, judged in made.items():
            plan, rows = self.asked.by_kind[kind], judged.cache()
            asked, writing = queries(rows, plan, ranked=self.ranked), []
            if self.part is not None:
                path = output.of_kind(self.part, plan.frame.own.kind.plural, several=several)
                found = rows.select(findings.wide(plan))
                if extra:
                    tail = findings.wide_of(extra, kind, [column.rule.key for column in plan.columns])
                    found = pl.concat([found, tail.lazy()])
                writing.append(output.sink(found, path))
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
                self._to_long(self.asked.by_kind[kind], tally),
                schema=schema, streamable=True, validate_output_schema=False,
            )
            for kind, rows in made.items()
        ]  # fmt: skip
        tail = findings.long_of(extra, self.rules)
        rules = max(1, *(len(self.asked.by_kind[kind].columns) for kind in made))
        with pl.Config(streaming_chunk_size=min(BATCH, max(LEAST_BATCH, STATUSES_OF_BATCH // rules))):
            output.sink(pl.concat([*found, tail.lazy()]), part).collect(engine="streaming")

    def _to_long(self, plan: Plan, tally: Tally) -> Callable[[pl.DataFrame], pl.DataFrame]:
        """Counts a batch of judged rows, and makes its findings of it."""
        columns = {column.rule.key: column for column in plan.columns}

        @cache
        def columns_of(key: str) -> findings.LongColumns:
            return findings.long_columns(columns[key], self.rules)

        def long(rows: pl.DataFrame) -> pl.DataFrame:
            tally.take(plan, pl.collect_all(queries(rows.lazy(), plan, ranked=self.ranked)))
            return findings.long(rows, plan, columns_of, self.rules)

        return long

    # --- one by one

    def undecided(self, tally: Tally, monitored: Sequence[str]) -> pl.Series:
        """The facilities that columns leave undecided; null for rows that name none."""
        names = pl.concat(
            [
                pl.Series(FACILITY_ID, monitored, dtype=pl.String),
                *(self._facilities_marked(kind, tally.doubtful(kind)) for kind in self.register.tables),
            ]
        ).unique()
        return pl.concat([names, names.str.strip_chars()]).unique().sort()  # blanks around an id do not tell it apart

    def _facilities_marked(self, kind: str, marks: pl.Series) -> pl.Series:
        """The facilities of the rows with these marks."""
        if marks.is_empty():
            return pl.Series(FACILITY_ID, [], dtype=pl.String)
        layout = self.register.layouts[kind]
        own = pl.col(layout.columns[ID].heading).cast(pl.String)
        ids = self.rows[kind].select(facility_of(layout).alias(FACILITY_ID), own.alias(ID))
        return ids.filter(mark().is_in(marks.implode())).collect(engine="streaming")[FACILITY_ID]

    def stream_without(self, first: Tally, left_out: pl.Series, found: FallbackResult) -> Tally:
        """All tables once more without the facilities in ``left_out``, with what was found of them one by one."""
        if self.progress is not None:
            self.progress.expect(sum(first.rows.values()) - sum(found.rows.values()))
        tally = self.stream(left_out, found.judged)
        tally.rows = first.rows
        tally.add(found.judged)
        return tally

    def screening(self, tally: Tally, found: FallbackResult | None) -> Screening:
        """The screening, with the output in its place."""
        if self.part is not None and self.path is not None:
            output.keep(self.part, self.path)
        judged, rejects, refused = (found.judged, found.rejects, found.refused) if found else ((), (), ())
        return Screening(
            self.register, self.asked.as_of, self.packs, tally.rows, rejects, tally.statuses,
            tally.facilities(), tally.regions, judged, self.census.rows, refused, flags=tally.flags,
        )  # fmt: skip


def _reporting_to(progress: Progress) -> Callable[[pl.Expr], pl.Expr]:
    """A column as it is, its rows reported as judged, one batch at a time."""
    lock = Lock()

    def report(rows: pl.Series) -> pl.Series:
        with lock:
            progress.judged(rows.len())
        return rows

    return lambda column: column.map_batches(report, return_dtype=pl.Boolean, is_elementwise=True)
