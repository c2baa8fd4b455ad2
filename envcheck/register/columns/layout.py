"""The columns of a table: what each is about, how it is brought to one form, and which of its cells are plain.

A plain cell is read here. Every other one (wet gas, ppm, a number that no double stands for, what cannot be read)
makes its row go the way of a facility file, where it is read just as exactly, or refused with a reason.

Columns of the common form, by the name of the attribute (`capacity`, `emissions.NOx`, `emissions.NOx.O2`):
numbers Float64 in the unit of the heading, and as whole millionths (`x#millionths`) where asked; a concentration in a
column of text also Boolean (`x#below`): it lies from zero up to the number; choice the id, level an Enum of the ids;
choices `a` or `;a;b;`; yes_no Boolean; event Boolean (`x`) and Date (`x.day`); date Date; text folded as names are
compared; region its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from envcheck.facility.facts import day_of, yes_or_no
from envcheck.forms.keys import WHOLE, Key, several
from envcheck.register.columns import cells, numbers
from envcheck.units import gas
from envcheck.vocabulary.names import folded
from envcheck.vocabulary.words import Attribute, Kind, Vocabulary

FACILITY_ID = "facility_id"
ID = "id"
PLAIN = "#plain"
FAULT = "\0fault"
"""Of a table that was read whole: whether a row cannot be read, as a line that was cut off."""
RAW, DAY, WHOLE_NUMBER, BELOW = "@", ".day", "#millionths", "#below"
NUMBER = r"^[+-]?[0-9]{1,9}(\.[0-9]{0,6})?$"
UNFIT = r"^\s|\s$|^$|[/\x00-\x1f\x7f-\x9f]"
"""What no id is: blanks around one would part a facility in two, the rest no facility file takes."""
DOUBTFUL = [c for c in map(chr, range(0x3001)) if c.isspace() or c == "/" or c < " " or "\x7f" <= c <= "\x9f"]
"""What makes an id unfit, or may: to look for these is half the work where ids are settled, that is without blanks."""
GREATEST = 1e300
DATE = r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"
"""A date as most are written: to read the others takes some ten times as long."""
CODE = r"^[0-9]{2}([0-9][1-9]|[1-9][0-9]){0,2}$"


class Column(NamedTuple):
    """One column of a table: its heading, what it is about, its unit, what one of that is in the canonical unit.

    Where the heading has no unit and one is due (`unitless`), every cell must have its own.
    """

    heading: str
    key: Key
    factor: Fraction = Fraction(1)
    unit: str = ""
    unitless: bool = False
    settled: bool = False
    """Whether its first cells have the form that is quickest to check; others are then not plain.

    That is a word of the vocabulary by its id, the code of a region, or an id without blanks.
    """
    throughout: bool = False
    """Whether all its cells were seen to have that form, so that none is looked at again."""

    @property
    def name(self) -> str:
        """The name of the column in the common form."""
        return self.key.text


class Layout(NamedTuple):
    """The columns of a table of one kind by name; `dtypes` are those of the headings as they were found."""

    kind: Kind
    columns: Mapping[str, Column]
    dtypes: Mapping[str, pl.DataType]
    firms_named: bool = False
    """Whether rows name their facility by its name, where no table of facilities says what it is called."""

    def has(self, name: str) -> bool:
        """Whether the table has a column of this name."""
        return name in self.columns

    @property
    def key(self) -> Column:
        """The column that names the facility of a row: its own, or that of the row's own id."""
        return self.columns.get(FACILITY_ID) or self.columns[ID]

    def bounded(self, name: str) -> bool:
        """Whether the cells of a column may state a detection limit (`< 0.5`) in place of a concentration."""
        column = self.columns.get(name)
        return column is not None and _bounded(column, self.dtypes[column.heading])

    def substances(self, attribute: str) -> tuple[str, ...]:
        """The substances of which the table has values."""
        found = (c.key.substance for c in self.columns.values() if c.key.attribute.name == attribute and not c.key.part)
        return tuple(dict.fromkeys(s for s in found if s and s != WHOLE))


class Form(NamedTuple):
    """A column in the common form: its expressions by name, from the raw cell, and where the cell is plain or empty.

    `plain` is never null; where it is missing, all cells are.
    """

    values: Mapping[str, pl.Expr]
    plain: pl.Expr | None = None
    derived: Mapping[str, pl.Expr] = MappingProxyType({})
    """More of them, from those values."""


def common(rows: pl.LazyFrame, layout: Layout, words: Vocabulary, exactly: frozenset[str]) -> pl.LazyFrame:
    """A table in the common form, with `#plain`.

    ``exactly`` names the columns that are compared with other numbers of their row.
    """
    columns = layout.columns.values()
    forms = [_form(column, layout.dtypes[column.heading], words, exactly) for column in columns]
    fault = [pl.col(FAULT)] if FAULT in rows.collect_schema() else []
    raw = rows.select(*(pl.col(column.heading).alias(RAW + column.name) for column in columns), *fault)
    read = raw.with_columns(expression.alias(name) for form in forms for name, expression in form.values.items())
    read = read.with_columns(expression.alias(name) for form in forms for name, expression in form.derived.items())
    told = (_basis_told(column, layout) for column in columns if column.key.part == "moisture")
    faulty = [column.is_null() for column in fault]
    plain = pl.all_horizontal(*faulty, *(form.plain for form in forms if form.plain is not None), *told)
    return read.select(*(name for form in forms for name in (*form.values, *form.derived)), plain.alias(PLAIN))


def _basis_told(moisture: Column, layout: Layout) -> pl.Expr:
    """Whether there is no moisture, or the basis is said to be dry: all else is read one by one."""
    attribute, substance, _ = moisture.key
    names = [f"{attribute.name}.{of}.basis" for of in dict.fromkeys((substance, WHOLE))]
    dry = [pl.col(name).is_not_null() for name in names if layout.has(name)]
    none = pl.col(moisture.name).is_null() | (pl.col(moisture.name) == 0)
    return pl.any_horizontal(none, *dry)


def facility_of(layout: Layout) -> pl.Expr:
    """The id of each row's facility as it is written, from the headings of the table."""
    return pl.col(layout.key.heading).cast(pl.String)


def _form(column: Column, dtype: pl.DataType, words: Vocabulary, exactly: frozenset[str]) -> Form:
    """The form of a column by its type; a column with nothing in it says nothing, whatever its type."""
    name, attribute, part = column.name, column.key.attribute, column.key.part
    cell = pl.col(RAW + name)
    if name in (ID, FACILITY_ID):
        text = cell.cast(pl.String)
        fit = _without_blanks(text) if column.settled else ~text.str.contains(UNFIT)
        return Form({name: text}, fit.fill_null(False))
    if part == "O2":
        return _number(column, cell, dtype, (gas.LEAST_OXYGEN, Fraction(gas.AIR_OXYGEN)), exactly, words)
    if part == "moisture":
        return _number(column, cell, dtype, (Fraction(0), Fraction(100)), exactly, words)
    if part == "basis":
        dry = cells.read(cell, lambda text: text if text in gas.DRY else None, pl.String)
        return Form({name: dry}, _plain(name))
    if attribute.is_map and not column.key.substance:
        return Form({name: cell.is_not_null()}, cell.is_null())
    if not part and (attribute.type in ("number", "ratio", "quantity") or attribute.is_map):
        return _number(column, cell, dtype, (attribute.low, attribute.high), exactly, words)
    if not part and attribute.type == "event":
        return _event(name, cell, dtype)
    if part == "measured_on" or attribute.type == "date":
        return Form({name: _day(cell, dtype)}, None if dtype == pl.Date else _plain(name))
    if attribute.type == "yes_no":
        return Form({name: _yes_no(cell, dtype)}, None if dtype == pl.Boolean else _plain(name))
    if column.settled:
        return Form({name: cell}, None if column.throughout else _settled(cell, attribute, words).fill_null(True))
    return Form({name: _word(cell, column, words)}, _plain(name))


def _without_blanks(ids: pl.Expr) -> pl.Expr:
    return ~ids.str.contains_any(DOUBTFUL) & (ids != "")


def _plain(name: str, *more: str) -> pl.Expr:
    """Whether a cell is empty, or was read."""
    return pl.col(RAW + name).is_null() | pl.any_horizontal(pl.col(n).is_not_null() for n in (name, *more))


# --- numbers and days ------------------------------------------------------------------------------------------------


def _number(
    column: Column,
    cell: pl.Expr,
    dtype: pl.DataType,
    bounds: tuple[Fraction | None, Fraction | None],
    exactly: frozenset[str],
    words: Vocabulary,
) -> Form:
    if dtype.is_numeric():
        found = {column.name: _float(cell, dtype)}
    else:
        found = _stated(cell, column, words, bounded=_bounded(column, dtype))
    value = pl.col(column.name)  # a text is read once
    low, high = bounds
    fits: list[pl.Expr] = []
    derived: dict[str, pl.Expr] = {}
    if column.name in exactly:
        whole = pl.col(column.name + WHOLE_NUMBER)
        derived[column.name + WHOLE_NUMBER] = numbers.millionths(value)
        fits.append(numbers.is_millionths(value, whole, positive=low is not None and low >= 0))
    # Polars puts NaN above all numbers, so that what keeps an upper bound is a number.
    elif dtype.is_integer():
        fits.append(value < numbers.BELOW)
    else:
        fits.append(value < GREATEST)
    if low is not None and not (low == 0 and column.name in exactly):
        fits.append(numbers.held(value, ">" if column.key.part == "O2" else ">=", low / column.factor))
    if high is not None:
        fits.append(numbers.held(value, "<" if column.key.part else "<=", high / column.factor))
    return Form(found, cell.is_null() | pl.all_horizontal(fits).fill_null(False), derived)


def _bounded(column: Column, dtype: pl.DataType) -> bool:
    attribute, substance, part = column.key
    return attribute.type in ("emissions", "water") and bool(substance) and not part and not dtype.is_numeric()


def _float(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A number as a double; a single-precision one by the decimal that it shows, not by its binary tail."""
    if dtype == pl.Float64:
        return cell
    return (cell.cast(pl.String) if dtype == pl.Float32 else cell).cast(pl.Float64)


def _stated(cell: pl.Expr, column: Column, words: Vocabulary, *, bounded: bool) -> dict[str, pl.Expr]:
    """A number that stands as text: bare ones at once, others as facility files are read."""
    text = cell.cast(pl.String).str.strip_chars()
    bare = text.str.contains(NUMBER) & (not column.unitless)
    reading = cells.number(column.key, column.unit, column.factor, words)

    def value(text: str) -> float | None:
        found = reading(text)
        return None if found is None or (found.below and not bounded) else found.value

    def below(text: str) -> bool | None:
        found = reading(text)
        return None if found is None else found.below

    other = pl.when(~bare).then(text)
    number = pl.coalesce(pl.when(bare).then(text.cast(pl.Float64, strict=False)), cells.read(other, value, pl.Float64))
    if not bounded:
        return {column.name: number}
    return {column.name: number, column.name + BELOW: cells.read(other, below, pl.Boolean).fill_null(False)}


def _day(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Date:
        return cell
    if isinstance(dtype, pl.Datetime):
        return pl.when(cell.dt.time() == pl.time(0)).then(cell.dt.date())
    if dtype != pl.String:
        return cells.read(cell, day_of, pl.Date)
    usual = pl.when(cell.str.contains(DATE)).then(cell.str.to_date("%Y-%m-%d", strict=False))
    return pl.coalesce(usual, cells.read(_unusual(cell), day_of, pl.Date))


def _unusual(cell: pl.Expr) -> pl.Expr:
    """A cell that is no date as most are written."""
    return pl.when(~cell.str.contains(DATE)).then(cell)


# --- words -----------------------------------------------------------------------------------------------------------


def _yes_no(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Boolean:
        return cell
    return cells.read(cell, yes_or_no, pl.Boolean)


def _event(name: str, cell: pl.Expr, dtype: pl.DataType) -> Form:
    day = name + DAY
    if dtype.is_temporal():
        known = pl.lit(None, dtype=pl.Boolean)
    else:
        known = _yes_no(_unusual(cell) if dtype == pl.String else cell, dtype)
    when = pl.lit(None, dtype=pl.Date) if dtype == pl.Boolean else _day(cell, dtype)
    return Form({name: known, day: when}, None if dtype in (pl.Boolean, pl.Date) else _plain(name, day))


def _word(cell: pl.Expr, column: Column, words: Vocabulary) -> pl.Expr:
    attribute = column.key.attribute
    if attribute.type == "region":
        return cells.read(cell, words.region, pl.String)
    if attribute.type == "choices":
        return cells.read(cell, lambda text: _chosen(text, attribute, words), pl.String)
    if attribute.type in ("choice", "level"):

        def meant(text: str) -> str | None:
            choice = words.choice(attribute.choices, text)
            return None if choice is None or words.implied(attribute.choices, text) else choice.id

        kind = pl.Enum(list(words.choices[attribute.choices])) if attribute.type == "level" else pl.String()
        return cells.read(cell, meant, kind)
    return cells.read(cell, folded, pl.String)


def _settled(cell: pl.Expr, attribute: Attribute, words: Vocabulary) -> pl.Expr:
    """Whether a word is an id, or the code of a region, as the vocabulary has it; null where there is none."""
    return cell.str.contains(CODE) if attribute.type == "region" else cell.is_in(list(words.choices[attribute.choices]))


def settled(layout: Layout, rows: pl.LazyFrame, words: Vocabulary, first: int, *, throughout: bool) -> Layout:
    """The layout with the columns marked whose cells in the ``first`` rows of the table have the simplest form.

    With ``throughout`` columns of words are looked at to their end: where a file holds each word once and the rows by
    number, as Parquet does, Polars asks its words and not its rows.
    """
    texts = [column for column in layout.columns.values() if layout.dtypes[column.heading] == pl.String]
    ids = {c.name: _without_blanks(pl.col(c.heading)) for c in texts if c.name in (ID, FACILITY_ID)}
    of_words = {c.name: _settled(pl.col(c.heading), c.key.attribute, words) for c in texts if _is_word(c)}
    beginning = {**ids, **({} if throughout else of_words)}
    others = [rows.filter(~form).select(pl.len()) for form in of_words.values()] if throughout else []
    look = rows.head(first).select(form.all().alias(name) for name, form in beginning.items())
    found, *counts = pl.collect_all([look, *others], engine="streaming")
    marked = {name: layout.columns[name]._replace(settled=found[name].all()) for name in beginning}
    for name, count in zip(of_words if throughout else (), counts, strict=True):
        all_plain = count.item() == 0
        marked[name] = layout.columns[name]._replace(settled=all_plain, throughout=all_plain)
    return layout._replace(columns={**layout.columns, **marked})


def _is_word(column: Column) -> bool:
    return column.key.attribute.type in ("choice", "choices", "region") and not column.key.part


def _chosen(text: str, attribute: Attribute, words: Vocabulary) -> str | None:
    """The choices that a cell names, as one text: `a`, or `;a;b;`."""
    found = [words.choice(attribute.choices, piece) for piece in several(text, attribute.choices, words)]
    ids = sorted({choice.id for choice in found if choice is not None})
    if not ids or None in found:
        return None
    return ids[0] if len(ids) == 1 else f";{';'.join(ids)};"
