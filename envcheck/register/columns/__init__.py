"""The rules as columns: conditions and requirements as Polars expressions, for tables with one subject a row.

The meaning is that of `evaluate` and `judge`; what cannot be said column-wise is refused by the name of its rule.
"""
