"""Proof before measuring: on a sample with oddities and rows exactly on a limit, every status of every competitor is right.

    python tests/benchmarks/prove.py [--rows 20000] [--rules 50]

`oracle` (plain Python, fractions) is held against hand-written Polars and DuckDB on every row, against envcheck's own
`direct` engine on the first rows (which shows that the YAML pack says the same as the list), and against
`envcheck screen` where it exists.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import handwritten_duckdb
import handwritten_polars
import oracle
import ours
import polars as pl
import register
from ruleset import AS_OF, Rule, Within, pack_id, rules, write_pack

ASKED_OF_CHECK = 400
"""Rows; `check` tells a story about every finding and takes its time."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rules", type=int, default=50)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        return prove(Path(folder), asked.rows, rules(asked.rules))


def prove(folder: Path, rows: int, chosen: tuple[Rule, ...]) -> int:
    """How many statuses are wrong in all; prints a line a competitor."""
    sample = folder / "boilers.parquet"
    plain = register.piece(0, rows, on_limit=50).collect()
    frame = pl.concat([plain.head(rows * 9 // 10), register.oddities(plain.tail(rows - rows * 9 // 10))])
    frame.write_parquet(sample)
    table = frame.to_dicts()
    expected = [{rule.id: oracle.status(rule, row) for rule in chosen} for row in table]
    limits = {part for rule in chosen for part in rule.require if isinstance(part, Within)}
    edges = sum(on_limit(limit, row) for limit in limits for row in table)
    print(f"{rows} rows, {len(chosen)} rules; {edges} times a value lies exactly on a limit of a rule")
    wrong = 0
    for name, competitor in (("Polars", handwritten_polars), ("DuckDB", handwritten_duckdb)):
        target = folder / f"{name}.parquet"
        competitor.wide(sample, target, chosen)
        wrong += compare(f"hand-written {name}", pl.read_parquet(target), expected, frame["id"].to_list())
        wrong += tally(f"hand-written {name}, counts", competitor.counts(sample, chosen), expected)
    pack = write_pack(folder / "pack", len(chosen))
    found = ours.check(plain.head(ASKED_OF_CHECK), pack, pack_id(len(chosen)), AS_OF)
    wrong += compare("envcheck check", found, expected[:ASKED_OF_CHECK], frame["id"].to_list())
    if ours.available():
        # It refuses rows with odd numbers, which have no status in SQL's sense either: it gets those that can be read.
        readable, target = folder / "readable.parquet", folder / "ours.parquet"
        plain.write_parquet(readable)
        ours.wide(readable, target, ours.packs(pack, pack_id(len(chosen))), AS_OF)
        told = [{rule.id: oracle.status(rule, row) for rule in chosen} for row in plain.to_dicts()]
        wrong += compare("envcheck screen", ours.read_wide(target), told, plain["id"].to_list())
    else:
        print("envcheck screen: not available")
    return wrong


def on_limit(limit: Within, row: dict[str, Any]) -> bool:
    value = oracle.number(row[f"emissions.{limit.substance} (mg/m3)"])
    oxygen = oracle.number(row.get(f"emissions.{limit.substance}.O2 (%)"))
    if value is None or oxygen is None or not limit.reference:
        return False
    return value * (21 - Fraction(limit.reference)) == Fraction(limit.limit) * (21 - oxygen)


def compare(name: str, found: pl.DataFrame, expected: list[dict[str, str]], ids: list[str]) -> int:
    """How many statuses differ from the expected ones; the rows may come in any order."""
    told = {row["id"]: row for row in found.to_dicts()}
    wrong = 0
    for key, row in zip(ids, expected, strict=False):
        for rule, status in row.items():
            got = told.get(key, {}).get(rule)
            wrong += got != status
            if got != status and wrong <= 3:
                print(f"  {key} {rule}: {got}, not {status}")
    print(f"{name}: {wrong} of {len(expected) * len(expected[0])} statuses wrong")
    return wrong


def tally(name: str, found: dict[str, dict[str, int]], expected: list[dict[str, str]]) -> int:
    wrong = 0
    for rule, told in found.items():
        statuses = [row[rule] for row in expected]
        wrong += any(statuses.count(word) != number for word, number in told.items())
    print(f"{name}: {wrong} of {len(found)} rules wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
