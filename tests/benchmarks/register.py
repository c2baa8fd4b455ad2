"""A made-up register of boilers as Parquet, the same for the same number of rows.

    python tests/benchmarks/register.py ROWS FILE

Words stand as text, numbers as doubles with one or two decimals, days as dates; every column but the ids has 5 to 10 %
nulls. Of the concentrations with an oxygen content 5 % lie exactly on a limit at its reference oxygen, where plain
arithmetic in doubles goes wrong. Written in pieces, so that ten million rows need little memory.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from ruleset import CLEAN, DIRTY, Within, atoms, rules

ROW_GROUP = 131_072
REGIONS = ("150203", "150203", "150202", "150204", "150221", "150302", "150303", "152530", "15", "110105")
"""Codes of GB/T 2260; the last one lies outside the pack's region."""
WORDS = {
    "region": REGIONS,
    "zone": ("urban_built_up", "urban_built_up", "county_built_up", "industrial_park", "rural", "other"),
    "industry": ("heating", "heating", "thermal_power", "steel", "chemical", "coking", "cement", "lime"),
    "fuel": ("natural_gas",) * 5 + ("coal",) * 5 + ("biomass", "biomass", "oil", "diesel", *CLEAN[1:], *DIRTY[1:]),
    "status": ("existing",) * 6 + ("new", "expansion", "reconstruction", "retired"),
}
CAPACITIES = (
    0.5,
    0.7,
    1.0,
    1.4,
    2.0,
    4.0,
    6.0,
    8.5,
    10.0,
    14.2,
    20.0,
    29.9,
    35.0,
    40.0,
    58.0,
    65.0,
    75.5,
    116.0,
    220.0,
)
YES_NO = ("in_heating_network", "poor_fuel", "hot_water")
DAYS = {
    "commissioned": ("1995-01-01", 11_000),
    "low_nox_retrofit": ("2019-01-01", 3_200),
    "deep_treatment": ("2019-01-01", 3_200),
}
"""First day and number of days; some lie after the day asked about."""
SPREAD = {"NOx": 25_000, "SO2": 22_000, "PM": 4_000}
"""Concentrations run up to so many hundredths of a mg/m3, small ones being more frequent."""
HUNDREDTHS, TENTHS = [i / 100 for i in range(25_001)], [i / 10 for i in range(251)]


def on_the_limit(substance: str) -> list[tuple[float, float]]:
    """Concentration and oxygen pairs of at most two and one decimals that lie exactly on a limit of a rule."""
    found: list[tuple[float, float]] = []
    for atom in atoms(rules(300)):
        if not isinstance(atom, Within) or atom.substance != substance or not atom.reference:
            continue
        limit, reference = round(float(atom.limit) * 100), round(float(atom.reference) * 10)
        for oxygen in range(10, 205):
            hundredths, rest = divmod(limit * (210 - oxygen), 210 - reference)
            if rest == 0:
                found.append((hundredths / 100, oxygen / 10))
    return found


def noise(rows: pl.Expr, column: int) -> pl.Expr:
    """Evenly spread whole numbers below 2**31, by row and column number (splitmix64 of Steele, Lea and Flood, 2014)."""
    mixed = (rows + (column << 40)) * pl.lit(0x9E3779B97F4A7C15, pl.UInt64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed // (1 << shift))) * pl.lit(factor, pl.UInt64)
    return mixed // (1 << 33)


def looked_up(values: Sequence[str] | Sequence[float], place: pl.Expr) -> pl.Expr:
    """The value at a place: Polars divides by a number as it multiplies by its inverse, which gives 120.49000000000001."""
    return pl.lit(pl.Series(values)).gather(place)


def piece(first: int, rows: int, on_limit: int = 5) -> pl.LazyFrame:
    """Rows of the register from a row number on, so many percent of their concentrations exactly on a limit."""
    row = pl.col("row")
    column = iter(range(1, 1000))

    def draw(below: int) -> pl.Expr:
        return noise(row, next(column)) % below

    def with_nulls(values: pl.Expr, percent: int = 7) -> pl.Expr:
        return pl.when(draw(100) >= percent).then(values)

    def one_of(values: Sequence[str] | Sequence[float]) -> pl.Expr:
        return looked_up(values, draw(len(values)))

    columns = [
        pl.format("F{}", row // 3).alias("facility_id"),
        pl.format("B{}", row).alias("id"),
        *(with_nulls(one_of(values)).alias(name) for name, values in WORDS.items()),
        with_nulls(one_of(CAPACITIES)).alias("capacity (t/h)"),
        *(with_nulls(draw(10) < 2, 8).alias(name) for name in YES_NO),
        *(
            with_nulls((pl.lit(start).str.to_date() + pl.duration(days=draw(length))), 10).alias(name)
            for name, (start, length) in DAYS.items()
        ),
    ]
    for substance, top in SPREAD.items():
        exact = on_the_limit(substance)
        chosen, here = draw(len(exact)), draw(100) < on_limit
        value = looked_up(HUNDREDTHS[: top + 1], draw(top) * draw(1000) // 1000)
        oxygen = looked_up(TENTHS, draw(150) + 15)
        limits, oxygens = (looked_up([pair[i] for pair in exact], chosen) for i in (0, 1))
        columns += [
            with_nulls(pl.when(here).then(limits).otherwise(value), 6).alias(f"emissions.{substance} (mg/m3)"),
            with_nulls(pl.when(here).then(oxygens).otherwise(oxygen), 8).alias(f"emissions.{substance}.O2 (%)"),
        ]
    columns.append(with_nulls(looked_up(TENTHS, draw(60)), 10).alias("emissions.NH3 (mg/m3)"))
    span = pl.LazyFrame().select(pl.int_range(first, first + rows, dtype=pl.UInt64).alias("row"))
    return span.select(columns)


def write(path: Path, rows: int) -> None:
    """Write a register of so many rows, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    pieces = [piece(first, min(ROW_GROUP, rows - first)) for first in range(0, rows, ROW_GROUP)]
    pl.concat(pieces).sink_parquet(part, row_group_size=ROW_GROUP)
    part.rename(path)


def oddities(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with what a hand-made register may hold as well: no number (NaN), oxygen of air, zero and more."""
    row = pl.int_range(pl.len())
    nan, air, more = (row % 50 == k for k in (7, 17, 27))
    changes = []
    for substance in SPREAD:
        value, oxygen = pl.col(f"emissions.{substance} (mg/m3)"), pl.col(f"emissions.{substance}.O2 (%)")
        changes += [
            pl.when(nan).then(float("nan")).otherwise(value).alias(value.meta.output_name()),
            pl.when(air).then(21.0).when(more).then(21.4).when(row % 50 == 37).then(float("nan")).otherwise(oxygen)
            .alias(oxygen.meta.output_name()),
        ]  # fmt: skip
    return frame.with_columns(changes)


if __name__ == "__main__":
    write(Path(sys.argv[2]), int(sys.argv[1]))
