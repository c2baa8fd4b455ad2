"""A year of hourly means of many outlets, and the monthly 95 % share by hand.

    python tests/benchmarks/series.py OUTLETS FILE

One row an hour and outlet, one pollutant: timestamp, outlet, pollutant, value, unit, O2, flag, minutes. The limit is
50 mg/m3 of NOx at 16 % O2. An hour is valid whose flag is normal (or empty), with a value, at least 45 minutes of data
and a known oxygen content below that of air. A month is judged with valid hours in at least 75 % of its running hours (those not flagged
as start-up, shut-down or stopped): `pass` from a share of 95 % on, `fail` below, else `unknown`.
"""

from __future__ import annotations

import sys
from calendar import monthrange
from collections import defaultdict
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import duckdb
import polars as pl
from handwritten_polars import write as write_table
from ours import monthly_share
from register import HUNDREDTHS, TENTHS, looked_up, noise

# Plant records hold local times without a zone.
START, HOURS = datetime(2025, 1, 1), 8760
LIMIT, REFERENCE, AIR = 50, 16, 21
FLAGS = ("normal",) * 93 + ("start_up", "shut_down", "fault", "fault", "calibration", "calibration", "maintenance")
IDLE = ("start_up", "shut_down", "stopped")
OUTLETS_A_GROUP = 15


def write(path: Path, outlets: int) -> None:
    """Write the hourly means of so many outlets, an outlet's hours in their order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    pieces = [piece(first, min(OUTLETS_A_GROUP, outlets - first)) for first in range(0, outlets, OUTLETS_A_GROUP)]
    pl.concat(pieces).sink_parquet(part, row_group_size=OUTLETS_A_GROUP * HOURS)
    part.rename(path)


def piece(first: int, outlets: int) -> pl.LazyFrame:
    row = pl.col("row")
    hour, outlet = (row % HOURS).cast(pl.Int64), row // HOURS
    # Every outlet has its own level, so that some months lie far from the limit and some close to it.
    level = 1000 + noise(outlet, 101) % 2000
    value = looked_up(HUNDREDTHS, (level + noise(row, 102) % 1400 + noise(row, 103) % 1400).clip(0, 25_000))
    flag = looked_up(FLAGS, noise(row, 104) % len(FLAGS))
    outage = (noise(row // 730, 111) % 10 == 0) & (row % 730 < 300)
    oxygen = looked_up(TENTHS, 140 + noise(row, 105) % 40)
    silent = noise(row, 106) % 50 == 0
    minutes = pl.when(noise(row, 107) % 40 == 0).then(noise(row, 108) % 61).otherwise(60)
    span = pl.LazyFrame().select(pl.int_range(first * HOURS, (first + outlets) * HOURS, dtype=pl.UInt64).alias("row"))
    return span.select(
        (pl.lit(START) + pl.duration(hours=hour)).alias("timestamp"),
        pl.format("S{}", outlet).alias("outlet"),
        pl.lit("NOx").alias("pollutant"),
        pl.when(~silent).then(value).alias("value"),
        pl.lit("mg/m3").alias("unit"),
        pl.when(noise(row, 109) % 30 > 0).then(oxygen).alias("O2"),
        pl.when(outage).then(pl.lit("fault")).when(noise(row, 110) % 5 > 0).then(flag).alias("flag"),
        minutes.cast(pl.Int16).alias("minutes"),
    )


def by_polars(source: Path, target: Path) -> None:
    """The share by hand in Polars."""
    value, oxygen, flag = (pl.col(name) for name in ("value", "O2", "flag"))
    below_air = AIR * 10 - (oxygen.fill_nan(AIR) * 10).round()
    usual = flag.is_null() | (flag == "normal")
    valid = usual & (pl.col("minutes") >= 45) & value.is_not_nan() & (below_air > 0)
    hundredths = (value * 100).round()
    kept = hundredths * (AIR - REFERENCE) * 10 <= below_air * LIMIT * 100
    valid = valid.fill_null(False)
    hours = pl.scan_parquet(source).select(
        "outlet",
        pl.col("timestamp").dt.month().alias("month"),
        flag.is_in(IDLE).fill_null(False).alias("idle"),
        valid.alias("valid"),
        (valid & kept).fill_null(False).alias("within"),
    )
    months = hours.group_by("outlet", "month").agg(pl.col("idle", "valid", "within").sum())
    running = calendar_hours(pl.col("month")) - pl.col("idle")
    told = (
        pl.when(pl.col("valid") * 100 < running * 75).then(pl.lit("unknown"))
        .when(pl.col("within") * 100 >= pl.col("valid") * 95).then(pl.lit("pass"))
        .otherwise(pl.lit("fail"))
    )  # fmt: skip
    write_table(months.select("outlet", "month", "valid", "within", told.alias("status")), target)


def calendar_hours(month: pl.Expr) -> pl.Expr:
    return pl.date(START.year, month, 1).dt.days_in_month().cast(pl.Int64) * 24


def by_duckdb(source: Path, target: Path) -> None:
    """The same as SQL."""
    span = (AIR - REFERENCE) * 10
    duckdb.sql(f"""
        COPY (
            SELECT outlet, month, valid, within,
                CASE WHEN valid * 100 < (days * 24 - idle) * 75 THEN 'unknown'
                     WHEN within * 100 >= valid * 95 THEN 'pass' ELSE 'fail' END AS status
            FROM (
                SELECT outlet, month, any_value(days) AS days, count_if(idle) AS idle, count_if(valid) AS valid,
                    count_if(valid AND hundredths * {span} <= below_air * {LIMIT * 100}) AS within
                FROM (
                    SELECT outlet, month(timestamp) AS month, day(last_day(timestamp)) AS days,
                        flag IN {IDLE} AS idle,
                        CAST(round(value * 100) AS BIGINT) AS hundredths,
                        {AIR * 10} - CAST(round("O2" * 10) AS BIGINT) AS below_air,
                        coalesce(flag, 'normal') = 'normal' AND minutes >= 45 AND value IS NOT NULL
                            AND "O2" < {AIR} AS valid
                    FROM '{source}')
                GROUP BY outlet, month)
        ) TO '{target}' (FORMAT parquet, COMPRESSION zstd)""")


def plainly(table: list[dict[str, object]]) -> dict[tuple[str, int], tuple[int, int, str]]:
    """Valid hours, hours within the limit and status by outlet and month, in plain Python."""
    months: dict[tuple[str, int], list[dict[str, object]]] = defaultdict(list)
    for row in table:
        months[str(row["outlet"]), row["timestamp"].month].append(row)  # type: ignore[attr-defined]
    found = {}
    for key, rows in months.items():
        valid = [r for r in rows if r["flag"] in (None, "normal") and int(str(r["minutes"])) >= 45]
        valid = [r for r in valid if r["value"] is not None and r["O2"] is not None and Fraction(repr(r["O2"])) < AIR]
        within = sum(at_reference(r) <= LIMIT for r in valid)
        last = monthrange(START.year, key[1])[1]
        running = last * 24 - sum(r["flag"] in IDLE for r in rows)
        enough = len(valid) >= Fraction(75, 100) * running
        status = "unknown" if not enough else "pass" if within >= Fraction(95, 100) * len(valid) else "fail"
        found[key] = (len(valid), within, status)
    return found


def at_reference(row: dict[str, object]) -> Fraction:
    value = Fraction(repr(row["value"]))
    return value * (AIR - REFERENCE) / (AIR - Fraction(repr(row["O2"])))


def prove(folder: Path, outlets: int = 6) -> int:
    """How many months of a few outlets differ from the plain answer; prints a line a competitor."""
    source = folder / "series.parquet"
    write(source, outlets)
    expected = plainly(pl.read_parquet(source).to_dicts())
    statuses = [status for _, _, status in expected.values()]
    print(f"series: {len(expected)} months, {', '.join(f'{statuses.count(s)} {s}' for s in sorted(set(statuses)))}")
    wrong = 0
    for name, work in (("Polars", by_polars), ("DuckDB", by_duckdb), ("ours", monthly_share)):
        target = folder / f"series-{name}.parquet"
        work(source, target)
        rows = pl.read_parquet(target).select("outlet", "month", "valid", "within", "status").rows()
        found = {(outlet, month): (valid, within, status) for outlet, month, valid, within, status in rows}
        differ = sum(found.get(key) != value for key, value in expected.items()) + len(found.keys() - expected.keys())
        print(f"series, {name}: {differ} of {len(expected)} months wrong")
        wrong += differ
    return wrong


if __name__ == "__main__":
    write(Path(sys.argv[2]), int(sys.argv[1]))
