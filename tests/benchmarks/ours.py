"""The one place where the benchmark touches envcheck: the columnar engine, and `check` in process."""

from __future__ import annotations

import importlib
import importlib.util
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

SCREEN = "envcheck.register.screen"
SERIES = "envcheck.columns.series"
PLAIN = (
    "region", "zone", "industry", "fuel", "status", "commissioned", "low_nox_retrofit", "deep_treatment",
    "in_heating_network", "poor_fuel", "hot_water",
)  # fmt: skip


def available(module: str = SCREEN) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def packs(folder: Path | None, pack: str = "") -> Any:
    """A pack of a folder, or all the shipped ones."""
    from envcheck import rulebook
    from envcheck.selection import chosen_packs

    book = rulebook.load([str(folder)] if folder else [])
    return chosen_packs(book.packs(), [pack] if pack else [])


def screened(source: Path, target: Path | None, chosen: Any, as_of: date) -> Any:
    from envcheck import rulebook
    from envcheck.register import screen, tables

    words = rulebook.load().vocabulary
    register = tables.read(str(source), words, "boilers")
    return screen.screen(register, chosen, words, as_of, str(target) if target else None, wide=True)


def wide(source: Path, target: Path, chosen: Any, as_of: date) -> None:
    """Screen a register into one row a boiler and one column a rule; turning rules into expressions is part of it."""
    screened(source, target, chosen, as_of)


def counts(source: Path, chosen: Any, as_of: date) -> object:
    """How many boilers have each status, by rule, without writing them."""
    return screened(source, None, chosen, as_of).statuses


def read_wide(path: Path) -> pl.DataFrame:
    """The wide table with bare rule ids as columns and statuses as text."""
    frame = pl.read_parquet(path)
    frame = frame.rename({name: name.rsplit("/", 1)[-1] for name in frame.columns})
    return frame.drop("facility_id").with_columns(pl.exclude("id").cast(pl.String))


def monthly_share(source: Path, target: Path) -> None:
    """The share of valid hours of each month and outlet within the limit."""
    importlib.import_module(SERIES).monthly_share(str(source), str(target))


def check(frame: pl.DataFrame, folder: Path, pack: str, as_of: date) -> pl.DataFrame:
    """The boilers of a register written as a facility file and checked, as a wide table."""
    from envcheck import facility, rulebook, source
    from envcheck.check import check as run
    from envcheck.selection import chosen_packs

    book = rulebook.load([str(folder)])
    tree = source.read_bytes(as_facility(frame).encode(), "sample.yaml")
    facilities = [facility.read(tree, book.vocabulary)]
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
