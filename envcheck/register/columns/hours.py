"""Tables of measurements in one form: hours, numbers, why an hour is not valid, and which rows are plain.

A plain row is read here. Every other one (`< 0.5`, a word that is no state, half past an hour) makes the rows of its
subject go the way of a series in a facility file, where they are read just as exactly, or refused with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from envcheck.facility.series.headings import MINUTES, STATE, TIMESTAMP
from envcheck.facility.series.headings import OXYGEN as OXYGEN_COLUMN
from envcheck.model.series import HOURS_A_DAY, LEAST_MINUTES, NORMAL
from envcheck.register.columns import cells, numbers
from envcheck.register.columns.series import (
    FILE,
    MONTH,
    OXYGEN,
    REASON,
    ROW,
    SUBJECT,
    SUBSTANCE,
    TIME,
    UNIT,
    VALUE,
    WHOLE,
)

PLAIN = "#plain"
BARE = r"^\s*[+-]?([0-9]{1,9}(\.[0-9]{0,6})?|[0-9]{1,5}(\.[0-9]{0,10})?)\s*$"
"""No more than fifteen digits: what a double carries."""
EPOCH = date(1970, 1, 1).toordinal() * HOURS_A_DAY
FIRST_YEAR, LAST_YEAR = 1950, 2199


class Columns(NamedTuple):
    """The columns of a table of measurements: heading and type by role (`timestamp`, `value`, `O2` ...)."""

    headings: Mapping[str, str]
    dtypes: Mapping[str, pl.DataType]
    unit: str = ""
    """The unit of all values, where the heading says it."""

    def has(self, role: str) -> bool:
        """Whether there is such a column."""
        return role in self.headings

    def cell(self, role: str) -> pl.Expr:
        """The column of a role."""
        return pl.col(self.headings[role])

    def dtype(self, role: str) -> pl.DataType:
        """Its type."""
        return self.dtypes[self.headings[role]]

    def text(self, role: str) -> pl.Expr:
        """The column as text without blanks around it; empty where there is nothing, or no such column."""
        return self.raw(role).str.strip_chars()

    def raw(self, role: str) -> pl.Expr:
        """The column as text; empty where there is nothing, or no such column."""
        return self.cell(role).cast(pl.String).fill_null("") if self.has(role) else pl.lit("")


class Measured(NamedTuple):
    """What a pollutant in a unit is: the substance, and what one of the unit is in that of limits."""

    substance: str
    factor: Fraction


class Words(NamedTuple):
    """How words are read: a time as hours, a state; None where they are not plain."""

    time: Callable[[str], int | None]
    state: Callable[[str], str | None]


def common(
    rows: pl.LazyFrame,
    columns: Columns,
    of: pl.Expr,
    measured: Mapping[str, Measured],
    units: Sequence[Fraction],
    words: Words,
    states: pl.Enum,
    substances: pl.Enum,
    file: int,
) -> pl.LazyFrame:
    """Rows with `subject` and `row` in the columns of `Hours`, and whether each is `plain`.

    ``measured`` says what the words in ``of`` stand for; its factors are among ``units``.
    """
    known = list(measured)
    which = of.replace_strict(known, list(range(len(known))), default=None, return_dtype=pl.UInt32)
    told = pl.Series([measured[key].substance for key in known], dtype=substances)
    in_units = pl.Series([units.index(measured[key].factor) for key in known], dtype=pl.UInt16)
    whole_units = [units.index(one) for one in units if one.denominator == 1]
    value, time = _number(columns, "value"), _time(columns, words)
    oxygen = _number(columns, OXYGEN_COLUMN) if columns.has(OXYGEN_COLUMN) else pl.lit(None, pl.Float64)
    minutes = _minutes(columns) if columns.has(MINUTES) else pl.lit(float(LEAST_MINUTES))
    state = _state(columns, words, states) if columns.has(STATE) else pl.lit(NORMAL, states)
    read = rows.select(
        pl.col(SUBJECT),
        pl.col(ROW),
        time.alias(TIME),
        which.alias(UNIT),
        value.alias(VALUE),
        oxygen.alias(OXYGEN),
        minutes.alias("minutes"),
        state.alias(REASON),
        _lost(columns, "value", value).alias("#lost"),
        _lost(columns, OXYGEN_COLUMN, oxygen).alias("#air"),
        _lost(columns, MINUTES, minutes).alias("#short"),
    )
    read = read.with_columns(
        pl.lit(in_units).gather(pl.col(UNIT)).alias(UNIT), pl.lit(told).gather(pl.col(UNIT)).alias(SUBSTANCE)
    )
    complete = pl.col("minutes").is_not_null() | (pl.col(REASON) != NORMAL) | pl.col(VALUE).is_null()
    plain = (
        pl.col(TIME).is_not_null() & pl.col(UNIT).is_not_null() & pl.col(REASON).is_not_null()
        & ~pl.col("#lost") & ~pl.col("#air") & ~pl.col("#short") & complete
    )  # fmt: skip
    canonical = pl.col(VALUE).abs() * float(max((abs(one) for one in units), default=Fraction(1)))
    whole = _is_whole(pl.col(VALUE)) & pl.col(UNIT).is_in(whole_units) & (canonical < numbers.BELOW)
    whole = whole.fill_null(True) & _is_whole(pl.col(OXYGEN)).fill_null(True)
    reason = (
        pl.when(pl.col(REASON) != NORMAL).then(pl.col(REASON))
        .when(pl.col(VALUE).is_null()).then(pl.lit("no_value", states))
        .when(pl.col("minutes") < LEAST_MINUTES).then(pl.lit("too_few_minutes", states))
        .when(pl.col(VALUE) < 0).then(pl.lit("negative_value", states))
        .otherwise(pl.col(REASON))
    )  # fmt: skip
    return read.select(
        SUBJECT, SUBSTANCE, TIME, _month(pl.col(TIME)).alias(MONTH), UNIT, VALUE, OXYGEN, reason.alias(REASON),
        whole.alias(WHOLE), pl.lit(file, pl.UInt16).alias(FILE), ROW, plain.alias(PLAIN),
    )  # fmt: skip


def _is_whole(number: pl.Expr) -> pl.Expr:
    return numbers.is_millionths(number, numbers.millionths(number))


def _month(time: pl.Expr) -> pl.Expr:
    day = (time // HOURS_A_DAY - EPOCH // HOURS_A_DAY).cast(pl.Int32).cast(pl.Date)
    return (day.dt.year() * 12 + day.dt.month() - 1).cast(pl.Int32)


# --- cells -----------------------------------------------------------------------------------------------------------


def _empty(columns: Columns, role: str) -> pl.Expr:
    cell = columns.cell(role)
    return columns.text(role) == "" if columns.dtype(role) == pl.String else cell.is_null()


def _lost(columns: Columns, role: str, read: pl.Expr) -> pl.Expr:
    """Whether a cell says something that was not read."""
    return read.is_null() & ~_empty(columns, role) if columns.has(role) else pl.lit(False)


def _number(columns: Columns, role: str) -> pl.Expr:
    cell, dtype = columns.cell(role), columns.dtype(role)
    if dtype == pl.String:
        return pl.when(cell.str.contains(BARE)).then(cell.str.strip_chars().cast(pl.Float64, strict=False))
    value = cell.cast(pl.Float64)
    return pl.when(value.is_finite() & (value.abs() < numbers.BELOW)).then(value)


def _minutes(columns: Columns) -> pl.Expr:
    value = _number(columns, MINUTES)
    return pl.when(value.is_between(0, 60)).then(value)


def _state(columns: Columns, words: Words, states: pl.Enum) -> pl.Expr:
    return cells.read(columns.raw(STATE), words.state, states)


def _time(columns: Columns, words: Words) -> pl.Expr:
    """Hours as in `Series`, of times that begin one."""
    cell, dtype = columns.cell(TIMESTAMP), columns.dtype(TIMESTAMP)
    if isinstance(dtype, pl.Datetime):
        exact = (cell == cell.dt.truncate("1h")) & cell.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
        return pl.when(exact).then(cell.dt.epoch("s") // 3600 + EPOCH).cast(pl.Int32)
    if dtype == pl.String:
        return cells.read(columns.text(TIMESTAMP), words.time, pl.Int32)
    return pl.lit(None, pl.Int32)
