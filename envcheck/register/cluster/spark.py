"""A register beyond one machine: Spark brings whole facilities together, each worker judges its parts as one process does.

Two steps of `mapInArrow` with Spark's shuffle between them (`partition.read`, `partition.judge`). Spark plans, moves,
retries and commits; what is judged, and how, is `in_columns.screen_with_plans` on every part.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import polars as pl

from envcheck.files.reading import listed
from envcheck.model.rule import STATUSES, Pack, Status
from envcheck.register.columns.layout import FACILITY_ID
from envcheck.register.in_columns import plans_of
from envcheck.register.judging.monitored import AT_ONCE, Refused
from envcheck.register.judging.row_by_row import Line, Reject
from envcheck.register.results import findings
from envcheck.register.results.output import part_of, sink
from envcheck.register.results.run import Screening
from envcheck.register.results.tally import NOBODY, SERIOUS, Region
from envcheck.register.tables.register_files import Register
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import Vocabulary

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from envcheck.register.cluster.partition import Piece

PLACE = Place("--engine spark")
FILES = (".parquet", ".csv", ".jsonl")
PART = 100_000
"""Rows of a part, about: enough to be worth the time in which Polars thinks about hundreds of rules."""
LINE = 100
"""Bytes of a line of text, about."""
SETTINGS = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": "16",  # one record is a whole chunk of rows
    "spark.executorEnv.POLARS_MAX_THREADS": "1",  # Spark runs as many workers as it may use cores
}
CALLING = "An error occurred while calling"
UNFIT = re.compile(r"No module named '[^']+'|\[PYTHON_VERSION_MISMATCH\][^\n]*")


@contextmanager
def session(master: str, settings: Mapping[str, str] | None = None) -> Iterator[SparkSession]:
    """A session on a master (`spark://host:7077`, `yarn`, `local[4]`), stopped at the end.

    ``settings`` go before those of a `spark-defaults.conf`.

    Raises:
        InputError: Spark is not installed, has no Java, or the master cannot be reached.
    """
    try:
        import pandas as pd  # noqa: F401 - mapInArrow asks for it
        import pyarrow as pa  # noqa: F401
        from pyspark.sql import SparkSession
    except ImportError as error:
        what = tr("Spark is not installed ({error})", error=error)
        raise InputError([Problem(PLACE, what, Text("pip install 'envcheck[spark]'", "pip install 'envcheck[spark]'"))]) from None  # fmt: skip
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("envcheck")
    progress = {"spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower()}
    for name, value in {**SETTINGS, **progress, **(settings or {})}.items():
        builder = builder.config(name, value)
    try:
        made = builder.getOrCreate()
    except Exception as error:
        what = tr("Spark does not start on {master} ({line})", master=master, line=_line(error))
        remedy = tr("it needs Java 17 and a master that can be reached")
        raise InputError([Problem(PLACE, what, remedy)]) from error
    try:
        yield made
    finally:
        made.stop()


def screen(
    spark: SparkSession,
    register: Register,
    packs: Sequence[Pack],
    words: Vocabulary,
    as_of: date,
    output: str | None,
    *,
    parts: int | None = None,
    ranked: bool = False,
) -> Screening:
    """Judge a register on a cluster; the result is that of `in_columns.screen`, the order of findings aside.

    Long findings go to ``output``: one file (.parquet, .csv, .jsonl), else a folder of Parquet files with `_SUCCESS`.
    Workers must see the register, and the place of the output, under the same paths. A part of the register (there are
    about ``parts``, a facility is in one of them only) must fit into the memory of a worker.

    Raises:
        InputError: a rule has no form in columns, no rule is about any table, a table cannot be read to its end, the
            workers have another envcheck or none, the output would replace something else.
    """
    from envcheck.register.cluster import partition

    _check_measurements(register)
    plans_of(register, packs, as_of)
    if output is not None:
        may_become(output)
    pieces, enough = _pieces(register)
    count = parts or enough
    paths = {kind: (table.path, table.layout) for kind, table in register.tables.items()}
    measured = tuple(table._replace(rows=pl.LazyFrame()) for table in register.measurements)
    finding = output is not None
    work = partition.Work(register.source, paths, measured, tuple(packs), words, as_of, pieces, count, finding, ranked)
    job = partition.job(work)
    chunks = spark.range(0, len(pieces), 1, len(pieces)).mapInArrow(
        partial(partition.read, job), _schema(partition.CHUNKS)
    )
    found = chunks.repartitionById(count, "part").mapInArrow(partial(partition.judge, job), _schema(partition.FOUND))
    noted = f"{partition.NOTE} is not null"
    if output is None:
        with _told():
            notes = [row[0] for row in found.where(noted).select(partition.NOTE).collect()]
        return _whole(register, as_of, packs, notes)
    place, name = os.path.split(os.path.abspath(output))
    beside = os.path.join(place, f".{name}.spark")
    try:
        whole = _whole(register, as_of, packs, _written(found, partition.NOTE, beside))
        _name(beside, output, whole)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return whole


def _schema(schema: pa.Schema) -> StructType:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


# --- what is to be read ----------------------------------------------------------------------------------------------


def _check_measurements(register: Register) -> None:
    """Measurements travel with their facility, so their rows must name it.

    Raises:
        InputError: they do not.
    """
    what = tr("on a cluster measurements name their facility")
    remedy = tr("add a column facility_id, or screen them without a cluster")
    lacking = [table for table in register.measurements if not table.columns.has(FACILITY_ID)]
    if lacking:
        raise InputError(Problem(Place(table.path), what, remedy) for table in lacking)


def _pieces(register: Register) -> tuple[tuple[Piece, ...], int]:
    """The pieces in which tables are read, and into how many parts the register is cut for its size."""
    pieces: list[Piece] = []
    listed = measured = 0
    for kind, table in register.tables.items():
        some, rows = _pieces_of(kind, table.path, table.rows)
        pieces, listed = [*pieces, *some], listed + rows
    for series in register.measurements:
        some, rows = _pieces_of(series.path, series.path, series.rows)
        pieces, measured = [*pieces, *some], measured + rows
    return tuple(pieces), max(1, ceil(listed / PART), ceil(measured / AT_ONCE))


def _pieces_of(source: str, told: str, rows: pl.LazyFrame) -> tuple[list[Piece], int]:
    """The pieces of one table, and how many rows it has, about.

    Only Parquet can be entered in the middle; another table is read by one worker, from its beginning to its end.
    """
    from envcheck.register.cluster.partition import PIECE, Piece

    path = os.path.abspath(told)
    if not path.lower().endswith(".parquet"):
        return [Piece(source, path)], os.path.getsize(path) // LINE
    height = int(rows.select(pl.len()).collect().item())
    return [Piece(source, path, offset, PIECE) for offset in range(0, max(height, 1), PIECE)], height


# --- what was found --------------------------------------------------------------------------------------------------


def _whole(register: Register, as_of: date, packs: Sequence[Pack], told: Sequence[bytes]) -> Screening:
    """The parts of a register put together."""
    notes: list[Screening | tuple[Problem, ...]] = [pickle.loads(note) for note in told]  # noqa: S301 - of our workers
    found = [note for note in notes if isinstance(note, Screening)]
    problems = [problem for note in notes if not isinstance(note, Screening) for problem in note]
    if problems:
        raise InputError(dict.fromkeys(problems))
    rows = dict.fromkeys(register.tables, 0)
    statuses: dict[str, dict[Status, int]] = {}
    flags: dict[str, Counter[str]] = {}
    regions: dict[str, Region] = {}
    for one in found:
        for kind, number in one.rows.items():
            rows[kind] += number
        for rule, counted in one.statuses.items():
            own = statuses.setdefault(rule, dict.fromkeys(STATUSES, 0))
            for status, number in counted.items():
                own[status] += number
        for rule, flagged in one.flags.items():
            flags.setdefault(rule, Counter()).update(flagged)
        for region, numbers in one.regions.items():
            regions[region] = regions.get(region, NOBODY).plus(*numbers)
    place = _place(tuple(register.tables))
    judged = sorted(
        (facility for one in found for facility in one.judged_one_by_one), key=lambda one: place(one.lines[0])
    )
    rejects = _by_facility(sorted((r for one in found for r in one.rejects), key=lambda r: place(r.line)))
    facilities = pl.concat([pl.DataFrame(schema=SERIOUS), *(one.facilities for one in found)])
    unmeasured = sorted((refused for one in found for refused in one.unmeasured), key=_told_first)
    return Screening(
        register, as_of, tuple(packs), rows, rejects, statuses, facilities, regions, tuple(judged),
        sum(one.measured for one in found), tuple(unmeasured), "spark", flags,
    )  # fmt: skip


def _place(kinds: Sequence[str]) -> Callable[[Line], tuple[int, int]]:
    """Where a row stands in the register."""
    return lambda line: (kinds.index(line.kind), line.number)


def _told_first(refused: Refused) -> tuple[tuple[str, ...], list[tuple[str, int]]]:
    """The order of measurements that were not used: by facility, then as their problems stand in the tables."""
    return refused.facilities, [(problem.place.file, problem.place.line) for problem in refused.problems]


def _by_facility(rejects: Iterable[Reject]) -> tuple[Reject, ...]:
    """Rejects facility by facility, as these come up."""
    found: dict[str, list[Reject]] = {}
    for reject in rejects:
        found.setdefault(reject.facility, []).append(reject)
    return tuple(reject for own in found.values() for reject in own)


# --- output ----------------------------------------------------------------------------------------------------------


def may_become(output: str) -> None:
    """Refuse a name for findings under which something else stands.

    Raises:
        InputError: it does.
    """
    if output.endswith(FILES) or not os.path.exists(output):
        return
    if not os.path.isdir(output) or (listed(output) and "_SUCCESS" not in listed(output)):
        what = tr("it exists, and is no result written by Spark")
        raise InputError([Problem(Place(output), what, tr("give another name"))])


def _written(found: DataFrame, note: str, folder: str) -> list[bytes]:
    """Run the job in one pass: the findings go to a folder, what the parts add up to is gathered beside them."""
    from pyspark.sql import Observation, functions

    seen = Observation()
    noting = found.observe(seen, functions.collect_list(note).alias(note))
    with _told():
        noting.where(f"{note} is null").drop(note).write.mode("overwrite").parquet(Path(folder).as_uri())
        return list(seen.get[note])


def _name(folder: str, output: str, whole: Screening) -> None:
    """Give finished findings their name."""
    rows = _all(folder, whole)
    if output.endswith(FILES):
        part = part_of(output)
        sink(rows, part).collect(engine="streaming")
        os.replace(part, output)
        return
    shutil.rmtree(output, ignore_errors=True)
    os.replace(folder, output)


def _all(folder: str, whole: Screening) -> pl.LazyFrame:
    """The findings that this machine sees, which must be all that were counted."""
    files = sorted(str(path) for path in Path(folder).glob("*.parquet"))
    schema = pl.Schema(findings.long_schema(findings.rule_enum(whole.packs)))
    rows = pl.scan_parquet(files, glob=False).cast(schema) if files else pl.LazyFrame(schema=schema)
    counted = sum(n for own in whole.statuses.values() for status, n in own.items() if status != "not_applicable")
    written = rows.select(pl.len()).collect().item()
    if written != counted:
        what = tr("only {written} of {counted} findings are found in this place", written=written, counted=counted)
        remedy = tr("this machine and every worker must share this folder")
        raise InputError([Problem(Place(os.path.dirname(folder)), what, remedy)])
    return rows


# --- what goes wrong -------------------------------------------------------------------------------------------------


@contextmanager
def _told() -> Iterator[None]:
    """Say in one message what a cluster is unfit for; a fault of our own stays what it is."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        _refuse(error)


def _refuse(error: Exception) -> NoReturn:
    unfit = UNFIT.search(str(error))
    if unfit is not None:
        what = tr("a worker cannot run envcheck ({unfit})", unfit=unfit[0])
        remedy = tr("every worker needs the same Python with envcheck[spark]; PYSPARK_PYTHON tells which one it is")
        raise InputError([Problem(PLACE, what, remedy)]) from error
    if "Traceback (most recent call last)" in str(error):
        raise error
    what = tr("Spark could not finish ({line})", line=_line(error))
    raise InputError([Problem(PLACE, what)]) from error


def _line(error: Exception) -> str:
    lines = [line.strip(" :") for line in str(error).splitlines() if not line.startswith(CALLING)]
    return lines[0][:200] if lines else type(error).__name__
