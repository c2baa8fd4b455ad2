"""Registers: tables with one subject a row, read, judged by the columnar engine, written and summed up."""

import os

# So many row groups of a Parquet file are read ahead of those being judged; more cost memory and gain no time.
os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", "2")
