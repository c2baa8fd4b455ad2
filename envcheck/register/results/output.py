"""Where findings are made, and how they get their name: whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Any

import polars as pl

PARQUET: Mapping[str, Any] = {"compression": "zstd", "compression_level": 1, "statistics": False}


def part_of(output: str) -> str:
    """Where the output is made before it gets its name; a run that was killed leaves it to the next one."""
    folder, name = os.path.split(output)
    return os.path.join(folder, f".{name}.part")


def keep(part: str, output: str) -> None:
    """Give the finished output its name."""
    if os.path.isdir(part):
        shutil.rmtree(output, ignore_errors=True)
    os.replace(part, output)


def folder(part: str) -> None:
    """An empty folder for wide findings of several kinds."""
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)


def of_kind(part: str, plural: str, *, several: bool) -> str:
    """Where wide findings of one kind are made."""
    return os.path.join(part, f"{plural}.parquet") if several else part


def sink(rows: pl.LazyFrame, path: str) -> pl.LazyFrame:
    """The writing of rows to a file in the form that its name tells."""
    if path.endswith(".csv.part"):
        return rows.sink_csv(path, include_bom=True, lazy=True)  # by which Excel knows that it is Chinese
    if path.endswith(".jsonl.part"):
        return rows.sink_ndjson(path, lazy=True)
    return rows.sink_parquet(path, **PARQUET, lazy=True)
