"""Three-valued truths as columns: null is unknown, and Polars' `&`, `|` and `~` are Kleene's."""

from __future__ import annotations

from functools import reduce

import polars as pl

from envcheck.text.messages import Text

TRUE, FALSE, UNKNOWN = pl.lit(True), pl.lit(False), pl.lit(None, dtype=pl.Boolean)


class Refusal(Exception):
    """A form of condition that has no columns."""

    def __init__(self, what: Text) -> None:
        self.what = what
        super().__init__(what.en)


def all_of(parts: list[pl.Expr]) -> pl.Expr:
    """Kleene conjunction; true of none."""
    return reduce(lambda a, b: a & b, parts) if parts else TRUE


def any_of(parts: list[pl.Expr]) -> pl.Expr:
    """Kleene disjunction; false of none."""
    return reduce(lambda a, b: a | b, parts) if parts else FALSE
