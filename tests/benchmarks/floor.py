"""The least that any program must do: read the same columns, write a ready table of the same shape."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from ruleset import AtLeast, CleanFuel, Plain, Rule, Within, atoms


def columns(rules: tuple[Rule, ...]) -> list[str]:
    """The columns of the register that these rules need."""
    found = {"facility_id": None, "id": None, "region": None}
    for atom in atoms(rules):
        found.update(dict.fromkeys(needed(atom)))
    return list(found)


def needed(atom: Plain) -> list[str]:
    match atom:
        case AtLeast():
            return ["capacity (t/h)"]
        case CleanFuel():
            return ["fuel"]
        case Within(substance, _, reference):
            value = f"emissions.{substance} (mg/m3)"
            return [value, f"emissions.{substance}.O2 (%)"] if reference else [value]
        case _:
            return [atom.column]


def read(source: Path, rules: tuple[Rule, ...]) -> None:
    """Read the columns into memory: measured to be at least as quick as dropping them batch by batch."""
    pl.read_parquet(source, columns=columns(rules))


def wide(source: Path, target: Path, rules: tuple[Rule, ...], ready: pl.DataFrame) -> None:
    """Read the register; write a table that was made before the clock started, as cheaply as the competitors may."""
    read(source, rules)
    ready.write_parquet(target, compression="zstd", compression_level=1, statistics=False)
