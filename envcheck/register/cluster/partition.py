"""What a worker of a cluster does: it reads pieces of tables, and judges parts of the register as one process does.

Rows travel as chunks: one row of the cluster's table holds, as an Arrow stream, all rows of one piece of a table that
belong to one part. So every cell arrives in the type in which it was read, by the same reader as in process, and a row
keeps its number. A part is made of whole facilities, with their measurements: which one a facility belongs to depends
on its id alone.
"""

from __future__ import annotations

import io
import os
import pickle
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from envcheck.model.rule import Pack
from envcheck.register.columns.layout import FACILITY_ID, Layout
from envcheck.register.columns.rules import Plans
from envcheck.register.columns.series import ROW
from envcheck.register.in_columns import plans_of, screen_with_plans
from envcheck.register.results import findings
from envcheck.register.tables import faults, measurements
from envcheck.register.tables import register_files as tables
from envcheck.register.tables.workbook import NUMBER
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

VERSIONS = f"envcheck {__version__}, polars {pl.__version__}"
PIECE = 500_000
"""Rows that a worker reads and holds at once."""
BATCH = 50_000
NOTE = "note"
CHUNKS = pa.schema([("part", pa.int32()), ("source", pa.string()), ("rows", pa.binary())])
"""Rows of one part and source; where the source is empty, the problems that hinder it."""
FOUND = pa.schema(
    [
        *(
            (name, pa.float64() if kind == pl.Float64 else pa.string())
            for name, kind in findings.long_schema(pl.Enum([])).items()
        ),
        (NOTE, pa.binary()),
    ]
)
"""A long finding; or, in `note`, what a part adds up to: a `Screening`, or the problems that hinder it."""


class Piece(NamedTuple):
    """Rows of a table that one task reads; all of them where `length` is None. The path is an absolute one.

    Its source is the kind of what it lists, or for measurements the path of their table as it is told.
    """

    source: str
    path: str
    offset: int = 0
    length: int | None = None


class Work(NamedTuple):
    """All that a worker needs to know."""

    source: str
    tables: Mapping[str, tuple[str, Layout]]
    """Path (as it is told) and layout by kind."""
    measurements: tuple[measurements.Table, ...]
    """Their rows are not used."""
    packs: tuple[Pack, ...]
    words: Vocabulary
    as_of: date
    pieces: tuple[Piece, ...]
    parts: int
    finding: bool
    """Whether findings are wanted besides what they add up to."""
    ranked: bool


class Job(NamedTuple):
    """Work on its way to a worker. Its versions are read before it is opened."""

    versions: str
    work: bytes


def job(work: Work) -> Job:
    """Work made ready to travel."""
    return Job(VERSIONS, pickle.dumps(work))


@lru_cache(maxsize=1)
def _opened(given: Job) -> Work:
    """The work, opened once for all tasks of a worker's process."""
    if given.versions != VERSIONS:
        what = tr(
            "a worker has {versions}, but this machine has {given_versions}",
            versions=VERSIONS,
            given_versions=given.versions,
        )
        remedy = tr("install the same versions on every worker")
        raise InputError([Problem(Place("--engine spark"), what, remedy)])
    work: Work = pickle.loads(given.work)  # noqa: S301 - made by the driver of this very run
    return work


@lru_cache(maxsize=1)
def _asked(given: Job) -> Plans:
    """Its rules compiled, once as well."""
    work = _opened(given)
    return plans_of(_register(work, {}), work.packs, work.as_of)


def _register(work: Work, rows: Mapping[str, pl.DataFrame]) -> tables.Register:
    """The register with only these rows, by their source."""
    found = {
        kind: tables.Table(path, layout, rows.get(kind, pl.DataFrame(schema=layout.dtypes)).lazy())
        for kind, (path, layout) in work.tables.items()
    }
    measured = tuple(
        table._replace(rows=rows.get(table.path, pl.DataFrame(schema={ROW: pl.UInt32, **table.columns.dtypes})).lazy())
        for table in work.measurements
    )
    return tables.Register(work.source, found, measured)


# --- reading ---------------------------------------------------------------------------------------------------------


def read(given: Job, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Pieces of tables, by their numbers in column `id`, as chunks."""
    try:
        work = _opened(given)
        for batch in batches:
            for number in batch.column("id").to_pylist():
                yield from _read(work.pieces[number], work)
    except InputError as error:
        yield _chunk(0, "", pickle.dumps(error.problems))


def _read(piece: Piece, work: Work) -> Iterator[pa.RecordBatch]:
    measured = next((table for table in work.measurements if table.path == piece.source), None)
    try:
        if measured is None:
            key = work.tables[piece.source][1].key.heading
            rows = tables.numbered(tables.scan(piece.path), piece.path)
        else:
            key = measured.columns.headings[FACILITY_ID]
            rows = measurements.scan(piece.path).select(ROW, *measured.columns.headings.values())
        for some in _batches(rows, piece):
            for part, own in _parted(some, key, work.parts):
                yield _chunk(part, piece.source, own.write_ipc_stream(None, compression="lz4").getvalue())
    except faults.UNREADABLE as error:
        what = tr("the table cannot be read to its end ({line})", line=faults.line(error))
        remedy = tr("every worker must be able to read it under this path")
        raise InputError([Problem(Place(piece.path), what, remedy)]) from None


def _batches(rows: pl.LazyFrame, piece: Piece) -> Iterator[pl.DataFrame]:
    """The rows of a piece, never more than `PIECE` at once."""
    if piece.length is None:
        yield from rows.collect_batches(chunk_size=PIECE, maintain_order=True, engine="streaming")
    else:
        yield rows.slice(piece.offset, piece.length).collect(engine="streaming")


def _parted(rows: pl.DataFrame, key: str, parts: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """Rows by the part of their facility, whose id is in the column ``key``; those that name none stay together."""
    names = rows[key].cast(pl.String).fill_null("")
    distinct = names.unique()
    own = [zlib.crc32(name.strip().encode()) % parts for name in distinct]
    marked = rows.with_columns(names.replace_strict(distinct, own, return_dtype=pl.Int32).alias("\0part"))
    for (part,), some in marked.partition_by("\0part", as_dict=True, include_key=False).items():
        yield part, some


def _chunk(part: int, source: str, rows: bytes) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([{"part": part, "source": source, "rows": rows}], CHUNKS)


# --- judging ---------------------------------------------------------------------------------------------------------


def judge(given: Job, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The findings on a partition's chunks, and what they add up to. Nothing where there are none."""
    rows: dict[str, list[pl.DataFrame]] = {}
    problems: list[Problem] = []
    for batch in batches:
        for chunk in batch.to_pylist():
            if chunk["source"]:
                rows.setdefault(chunk["source"], []).append(pl.read_ipc_stream(io.BytesIO(chunk["rows"])))
            else:
                problems += pickle.loads(chunk["rows"])  # noqa: S301 - made by `read`
    if problems:
        yield _note(tuple(problems))
        return
    try:
        if rows:
            yield from _judged(rows, given)
    except InputError as error:
        yield _note(error.problems)


def _judged(rows: Mapping[str, Sequence[pl.DataFrame]], given: Job) -> Iterator[pa.RecordBatch]:
    work, asked = _opened(given), _asked(given)
    # Every chunk is a stretch of its table: in the order of their first rows they make up the order of the table.
    whole = {source: pl.concat(sorted(own, key=_first)) for source, own in rows.items()}
    with tempfile.TemporaryDirectory(prefix="envcheck-") as folder:
        output = os.path.join(folder, "findings.parquet") if work.finding else None
        found = screen_with_plans(_register(work, whole), asked, work.packs, work.words, output, ranked=work.ranked)
        if output is not None:
            made = pl.scan_parquet(output, glob=False).with_columns(pl.lit(None, pl.Binary).alias(NOTE))
            for rows_found in made.collect_batches(chunk_size=BATCH, engine="streaming"):
                yield from rows_found.to_arrow().cast(FOUND).to_batches()
    yield _note(found._replace(register=tables.Register(work.source, {}), packs=()))


def _first(chunk: pl.DataFrame) -> int:
    return int(chunk[NUMBER if NUMBER in chunk.columns else ROW][0])


def _note(told: object) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([{NOTE: pickle.dumps(told)}], FOUND)
