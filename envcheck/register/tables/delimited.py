"""CSV files as columns of text."""

from __future__ import annotations

import polars as pl

from envcheck.files.reading import regular


def scan(path: str, number: str | None = None) -> pl.LazyFrame:
    """The rows of a CSV file, with the numbers of their lines in a column ``number``, if one is named.

    Every column is read, also where only some are asked for: Polars tells of a line with too many cells only then, and
    the comma in `1,000` moves all that follows it one column on.
    """
    rows = pl.scan_csv(regular(path), glob=False, infer_schema=False, row_index_name=number, row_index_offset=2)
    return rows.map_batches(_whole, projection_pushdown=False, streamable=True, validate_output_schema=False)


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    return rows
