"""One measurement in a process of its own; prints what it took as JSON. Started by `bench.py`.

python tests/benchmarks/worker.py JOB SOURCE TARGET [NUMBER] [READY]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import ROOT, clocked, peak_memory
from ruleset import AS_OF, pack_id, rules

Told = dict[str, Any]
ALL_PACKS = "all"
ABSENT: Told = {"absent": "not available"}


def polars_wide(source: Path, target: Path, number: str, *_: str) -> Told:
    import handwritten_polars

    return clocked(lambda: handwritten_polars.wide(source, target, rules(int(number))))


def polars_counts(source: Path, _target: Path, number: str, *_: str) -> Told:
    import handwritten_polars

    return clocked(lambda: handwritten_polars.counts(source, rules(int(number))))


def polars_ids_counts(source: Path, _target: Path, number: str, *_: str) -> Told:
    import handwritten_polars

    return clocked(lambda: handwritten_polars.counts_and_ids(source, rules(int(number))))


def duckdb_wide(source: Path, target: Path, number: str, *_: str) -> Told:
    import handwritten_duckdb

    return clocked(lambda: handwritten_duckdb.wide(source, target, rules(int(number))))


def duckdb_counts(source: Path, _target: Path, number: str, *_: str) -> Told:
    import handwritten_duckdb

    return clocked(lambda: handwritten_duckdb.counts(source, rules(int(number))))


def floor_wide(source: Path, target: Path, number: str, ready: str) -> Told:
    import floor
    import polars as pl

    table = pl.read_parquet(ready)
    return clocked(lambda: floor.wide(source, target, rules(int(number)), table))


def floor_counts(source: Path, _target: Path, number: str, *_: str) -> Told:
    import floor

    return clocked(lambda: floor.read(source, rules(int(number))))


def ours_wide(source: Path, target: Path, number: str, *_: str) -> Told:
    import ours

    if not ours.available():
        return ABSENT
    chosen = packs(source, number)
    return clocked(lambda: ours.wide(source, target, chosen, AS_OF))


def ours_counts(source: Path, _target: Path, number: str, *_: str) -> Told:
    import ours

    if not ours.available():
        return ABSENT
    chosen = packs(source, number)
    return clocked(lambda: ours.counts(source, chosen, AS_OF))


def packs(source: Path, number: str) -> Any:
    """The pack of so many rules beside the register, or all shipped ones; read before the clock starts."""
    import ours

    return (
        ours.packs(None) if number == ALL_PACKS else ours.packs(source.parent / f"pack-{number}", pack_id(int(number)))
    )


def polars_series(source: Path, target: Path, *_: str) -> Told:
    import series

    return clocked(lambda: series.by_polars(source, target))


def duckdb_series(source: Path, target: Path, *_: str) -> Told:
    import series

    return clocked(lambda: series.by_duckdb(source, target))


def floor_series(source: Path, _target: Path, *_: str) -> Told:
    import polars as pl

    columns = ["timestamp", "outlet", "value", "O2", "flag", "minutes"]
    return clocked(lambda: pl.read_parquet(source, columns=columns))


def ours_series(source: Path, target: Path, *_: str) -> Told:
    import ours

    if not ours.available(ours.SERIES):
        return ABSENT
    return clocked(lambda: ours.monthly_share(source, target))


def facilities(_source: Path, _target: Path, rounds: str, engine: str) -> Told:
    """Every shipped facility file against all shipped packs, again and again in one process."""
    from envcheck.facility import facility_file
    from envcheck.files import source
    from envcheck.judging.check import check
    from envcheck.rulebook import loading
    from envcheck.text.problems import InputError

    start = time.perf_counter()
    book = loading.load()
    packs = book.packs()
    loaded = time.perf_counter() - start
    paths = sorted((ROOT / "facilities").glob("*.yaml"))
    told: Told = {"files": len(paths), "rules": sum(len(pack.rules) for pack in packs), "load": loaded}
    reading, checking = [], []
    for _ in range(int(rounds) + 1):
        start = time.perf_counter()
        found = [facility_file.read(source.read_file(str(path)), book.vocabulary) for path in paths]
        middle = time.perf_counter()
        findings = 0
        for one in found:
            try:
                findings += len(check([one], packs, AS_OF, engine).reports[0].findings)
            except InputError:
                told["unbound"] = told.get("unbound", 0) + 1
        reading.append(middle - start)
        checking.append(time.perf_counter() - middle)
    # The first round warms up what is kept between facilities.
    read, judged = sorted(reading[1:]), sorted(checking[1:])
    told |= {"first": reading[0] + checking[0], "read": read[len(read) // 2], "check": judged[len(judged) // 2]}
    return told | {"findings": findings, "seconds": told["read"] + told["check"], "rss": peak_memory()}


def prove(source: Path, _target: Path, rows: str, number: str) -> Told:
    """How many statuses are wrong; what is printed on the way goes to stderr."""
    import contextlib

    import prove
    import series

    with contextlib.redirect_stdout(sys.stderr):
        wrong = prove.prove(source, int(rows), rules(int(number))) + series.prove(source)
    return {"wrong": wrong}


def make_register(_source: Path, target: Path, rows: str, *_: str) -> Told:
    import register

    return clocked(lambda: register.write(target, int(rows)))


def make_series(_source: Path, target: Path, outlets: str, *_: str) -> Told:
    import series

    return clocked(lambda: series.write(target, int(outlets)))


JOBS: dict[str, Callable[..., Told]] = {
    job.__name__: job
    for job in (
        polars_wide, polars_counts, polars_ids_counts, duckdb_wide, duckdb_counts, floor_wide, floor_counts, ours_wide, ours_counts,
        polars_series, duckdb_series, floor_series, ours_series, facilities, prove, make_register, make_series,
    )
}  # fmt: skip


def main() -> None:
    job, source, target, *rest = sys.argv[1:]
    import_what_the_job_needs(job)
    print(json.dumps(JOBS[job](Path(source), Path(target), *rest)))


def import_what_the_job_needs(job: str) -> None:
    """Import before the clock starts: seconds are for reading, judging and writing."""
    if job.startswith("duckdb"):
        import duckdb  # noqa: F401
    else:
        import polars as pl  # noqa: F401
    if job.startswith("ours"):
        import ours

        if ours.available():
            import importlib

            importlib.import_module(ours.SCREEN)


if __name__ == "__main__":
    main()
