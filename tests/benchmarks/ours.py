"""The one place where the benchmark touches envcheck: the columnar engine, and `check` in process."""

from __future__ import annotations

import importlib.util
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

SCREEN = "envcheck.register.in_columns"
SERIES = "envcheck.register.columns.series"
PLAIN = (
    "region", "zone", "industry", "fuel", "status", "commissioned", "low_nox_retrofit", "deep_treatment",
    "in_heating_network", "poor_fuel", "hot_water",
)  # fmt: skip


def available(module: str = SCREEN) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


class Rules(NamedTuple):
    """The vocabulary, and packs in its words."""

    words: Any
    packs: Any


def packs(folder: Path | None, pack: str = "") -> Rules:
    """A pack of a folder, or all the shipped ones."""
    from envcheck.rulebook import loading
    from envcheck.rulebook.selection import chosen_packs

    book = loading.load([str(folder)] if folder else [])
    return Rules(book.vocabulary, chosen_packs(book.packs(), [pack] if pack else []))


def screened(source: Path, target: Path | None, rules: Rules, as_of: date) -> Any:
    from envcheck.register import in_columns
    from envcheck.register.tables import register_files as tables

    words, chosen = rules
    register = tables.read(str(source), words, "boilers")
    return in_columns.screen(register, chosen, words, as_of, str(target) if target else None, wide=True)


def wide(source: Path, target: Path, chosen: Rules, as_of: date) -> None:
    """Screen a register into one row a boiler and one column a rule; turning rules into expressions is part of it."""
    screened(source, target, chosen, as_of)


def counts(source: Path, chosen: Rules, as_of: date) -> object:
    """How many boilers have each status, by rule, without writing them."""
    return screened(source, None, chosen, as_of).statuses


def read_wide(path: Path) -> pl.DataFrame:
    """The wide table with bare rule ids as columns and statuses as text."""
    frame = pl.read_parquet(path)
    frame = frame.rename({name: name.rsplit("/", 1)[-1] for name in frame.columns})
    return frame.drop("facility_id").with_columns(pl.exclude("id").cast(pl.String))


def monthly_share(source: Path, target: Path) -> None:
    """The share of valid hours of each month and outlet within the limit, as `screen` works it out for a rule."""
    from envcheck.judging.series_means import Demand
    from envcheck.model.expressions import Share
    from envcheck.register.columns import series
    from envcheck.register.judging import measurement_loader, monitored
    from envcheck.register.tables import measurements, owners
    from envcheck.rulebook import loading
    from envcheck.units.quantity import Interval

    words = loading.load().vocabulary
    tables, _ = measurements.read([str(source)], words)
    census = owners.census(tables, {"outlet": listing(source, words)})
    loader = measurement_loader.Loader(tables, census, words)
    limit, share = Interval.point(50), Share(">=", Fraction(95))
    demand = Demand("hour", 1, "NOx", "<=", limit, "mg/m3", Fraction(16), share)
    rows: list[tuple[str, int, int, int, str]] = []
    for batch in monitored.batches(census.owners):
        hours, odd = loader.load(batch)
        names = {owner.number: owner.id for owner in batch}
        found = series.accounts(hours, demand, list(names))
        if odd or len(found) < len(batch):
            raise RuntimeError("not every outlet was decided in columns")
        for number, told in found.items():
            for month in told.months:
                status = "unknown" if not month.enough else "pass" if month.share.low >= 95 else "fail"
                rows.append((names[number], int(month.name[5:]), month.valid, month.within, status))
    schema = {"outlet": pl.String, "month": pl.Int8, "valid": pl.Int64, "within": pl.Int64, "status": pl.String}
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(target)


def listing(source: Path, words: Any) -> Any:
    """The outlets that a table of measurements names, as a register would list them."""
    from envcheck.register.tables import headings
    from envcheck.register.tables import register_files as tables
    from envcheck.text.problems import Place

    rows = pl.scan_parquet(source).select(pl.col("outlet").alias("id")).unique()
    layout = headings.layout(Place(str(source)), words.kinds["outlet"], {"id": pl.String()}, words, {}, [])
    return tables.Table(str(source), layout, rows)


def check(frame: pl.DataFrame, folder: Path, pack: str, as_of: date) -> pl.DataFrame:
    """The boilers of a register written as a facility file and checked, as a wide table."""
    from envcheck.facility import facility_file
    from envcheck.files import source
    from envcheck.judging.check import check as run
    from envcheck.rulebook import loading
    from envcheck.rulebook.selection import chosen_packs

    book = loading.load([str(folder)])
    tree = source.read_bytes(as_facility(frame).encode(), "sample.yaml")
    facilities = [facility_file.read(tree, book.vocabulary)]
    result = run(facilities, chosen_packs(book.packs(), [pack]), as_of, "direct", everywhere=True)
    rows: dict[str, dict[str, str]] = {}
    for finding in result.reports[0].findings:
        rows.setdefault(finding.subject.id, {"id": finding.subject.id})[finding.rule.id] = finding.status
    return pl.DataFrame(list(rows.values()))


def as_facility(frame: pl.DataFrame) -> str:
    """Rows of the register as the boilers of a facility that itself states nothing."""
    lines = ["format: envcheck/facility/1", "id: sample", "boilers:"]
    for row in frame.to_dicts():
        lines.append(f"  - id: {row['id']}")
        lines += [f"    {name}: {written(row[name])}" for name in PLAIN if row[name] is not None]
        if row["capacity (t/h)"] is not None:
            lines.append(f"    capacity: {row['capacity (t/h)']} t/h")
        gases = []
        for substance in ("NOx", "SO2", "PM", "NH3"):
            value, oxygen = row[f"emissions.{substance} (mg/m3)"], row.get(f"emissions.{substance}.O2 (%)")
            if value is not None:
                more = "" if oxygen is None else f", O2: {oxygen} %"
                gases.append(f"{substance}: {{value: {value} mg/m3{more}}}")
        if gases:
            lines.append(f"    emissions: {{{', '.join(gases)}}}")
    return "\n".join(lines) + "\n"


def written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f'"{value}"' if isinstance(value, str) and value.isdigit() else str(value)
