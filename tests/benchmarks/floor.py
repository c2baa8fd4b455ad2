"""The least that any program must do: read the same columns, write a ready table of the same shape."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from handwritten_polars import write
from ruleset import AtLeast, CleanFuel, Plain, Rule, Within, atoms


def columns(rules: tuple[Rule, ...]) -> list[str]:
    """The columns of the register that these rules need."""
    found = {"id": None, "region": None}
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
    """Read the columns and drop them batch by batch, so that no time goes into keeping them."""
    pl.scan_parquet(source).select(columns(rules)).sink_batches(lambda _: None)


def wide(source: Path, target: Path, rules: tuple[Rule, ...], ready: pl.DataFrame) -> None:
    """Read the register; write a table that was made before the clock started."""
    read(source, rules)
    write(ready.lazy(), target)
