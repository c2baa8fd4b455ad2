"""Cells of text read one by one, each distinct text once: words, and numbers with a unit of their own."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from envcheck.facility.concentrations import SubstanceReader
from envcheck.files.source import Node
from envcheck.forms.cells import Cell
from envcheck.forms.entries import EntryReader
from envcheck.forms.keys import Key
from envcheck.model.facility import Fact, Measurement
from envcheck.register.columns import numbers
from envcheck.text.problems import Place
from envcheck.units.quantity import Interval
from envcheck.vocabulary.words import Vocabulary

KNOWN = 1 << 16
"""So many texts of a column are remembered from batch to batch."""
FEW = 1000
"""So many cells are looked up as they come: to ask Polars which of them are distinct takes longer."""


def read(cell: pl.Expr, reading: Callable[[str], object], kind: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """A column, as text without the blanks around it, as what it is read as; null where that is None."""
    known = lru_cache(maxsize=KNOWN)(reading)

    def mapped(texts: pl.Series) -> pl.Series:
        if len(texts) <= FEW:
            return pl.Series([None if text is None else known(text.strip()) for text in texts], dtype=kind)
        if texts.null_count() == len(texts):
            return texts.cast(kind)
        distinct = texts.drop_nulls().unique()
        found = pl.Series([known(one.strip()) for one in distinct], dtype=kind)
        return texts.replace_strict(distinct, found, default=None, return_dtype=kind)

    return cell.cast(pl.String).map_batches(mapped, return_dtype=kind, is_elementwise=True)


class Number(NamedTuple):
    """A number in the unit of its heading; with ``below``, all that is known is that it lies from zero up to there."""

    value: float
    below: bool


def number(key: Key, unit: str, factor: Fraction, words: Vocabulary) -> Callable[[str], Number | None]:
    """How a text under a heading is read as a number in the heading's unit, of which one is ``factor`` canonical ones.

    It is read as in a facility file. None where that finds no number, or one that no double stands for.
    """

    @lru_cache(maxsize=KNOWN)
    def reading(text: str) -> Number | None:
        node = EntryReader(words).value(key, unit, Cell(Place(""), 0, 0, text))
        found = _value(key, node, SubstanceReader(words), words)
        if found is None or found.high is None or (found.exact is None and found.low != 0):
            return None
        exact = found.high / factor
        value = float(exact)
        return Number(value, found.exact is None) if numbers.exact(value) == exact else None

    return reading


def _value(key: Key, node: Node, facts: SubstanceReader, words: Vocabulary) -> Interval | None:
    attribute = key.attribute
    if key.part:
        return facts.share(node, attribute, key.part)
    found: Fact | Measurement | None
    if not attribute.is_map:
        found = facts.fact(node, attribute)
    elif attribute.type == "amounts":
        found = facts.amount(node, attribute, words.substances[key.substance])
    else:
        found = facts.concentration(node, attribute, words.substances[key.substance])
    return found.value if found is not None and isinstance(found.value, Interval) else None
