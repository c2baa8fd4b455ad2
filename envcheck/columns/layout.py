"""The columns of a table: what each is about, how it is brought to one form, and which of its cells are plain.

A plain cell is read here. Every other one (`< 0.5`, a unit in the cell, wet gas, a word the vocabulary spells
otherwise) makes its row go the way of a facility file, where it is read just as exactly, or refused with a reason.

Columns of the common form, by the name of the attribute (`capacity`, `emissions.NOx`, `emissions.NOx.O2`):
numbers Float64 in the unit of the heading, and as whole millionths (`x#millionths`) where asked; choice the id, level
an Enum of the ids; choices `a` or `;a;b;`; yes_no Boolean; event Boolean (`x`) and Date (`x.day`); date Date; text
folded as names are compared; region its code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from envcheck import gas
from envcheck.atoms import fold
from envcheck.columns import numbers
from envcheck.facts import day_of, region_code, yes_or_no
from envcheck.forms.keys import WHOLE, Key, several
from envcheck.vocabulary import Attribute, Kind, Vocabulary

FACILITY_ID = "facility_id"
ID = "id"
PLAIN = "#plain"
RAW, DAY, WHOLE_NUMBER = "@", ".day", "#millionths"
NUMBER = r"^[+-]?\d{1,9}(\.\d{0,6})?$"
UNFIT = r"^\s|\s$|^$|[/\x00-\x1f\x7f-\x9f]"
"""What no id is: blanks around one would part a facility in two, the rest no facility file takes."""
GREATEST = 1e300
CODE = r"^\d{2}(\d[1-9]|[1-9]\d){0,2}$"
DRY = ("dry", "干基")


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
    """Whether its first words are ids and codes as the vocabulary has them: then others are left to be read singly."""

    @property
    def name(self) -> str:
        """The name of the column in the common form."""
        return self.key.text


class Layout(NamedTuple):
    """The columns of a table of one kind by name; `dtypes` are those of the headings as they were found."""

    kind: Kind
    columns: Mapping[str, Column]
    dtypes: Mapping[str, pl.DataType]

    def has(self, name: str) -> bool:
        """Whether the table has a column of this name."""
        return name in self.columns

    @property
    def key(self) -> Column:
        """The column that names the facility of a row: its own, or that of the row's own id."""
        return self.columns.get(FACILITY_ID) or self.columns[ID]

    def substances(self, attribute: str) -> tuple[str, ...]:
        """The substances of which the table has values."""
        found = (c.key.substance for c in self.columns.values() if c.key.attribute.name == attribute and not c.key.part)
        return tuple(dict.fromkeys(s for s in found if s and s != WHOLE))


class Form(NamedTuple):
    """A column in the common form: its expressions by name, from the raw cell, and where the cell is plain (or empty)."""

    values: Mapping[str, pl.Expr]
    plain: pl.Expr


def common(rows: pl.LazyFrame, layout: Layout, words: Vocabulary, exactly: frozenset[str]) -> pl.LazyFrame:
    """A table in the common form, with `#plain`.

    ``exactly`` names the columns that are compared with other numbers of their row.
    """
    columns = layout.columns.values()
    forms = [_form(column, layout.dtypes[column.heading], words, exactly) for column in columns]
    raw = rows.select(pl.col(column.heading).alias(RAW + column.name) for column in columns)
    read = raw.with_columns(expression.alias(name) for form in forms for name, expression in form.values.items())
    plain = pl.all_horizontal(form.plain for form in forms).fill_null(False)
    return read.select(*(name for form in forms for name in form.values), plain.alias(PLAIN))


def facility_of(layout: Layout) -> pl.Expr:
    """The id of each row's facility as it is written, from the headings of the table."""
    return pl.col(layout.key.heading).cast(pl.String)


def _form(column: Column, dtype: pl.DataType, words: Vocabulary, exactly: frozenset[str]) -> Form:
    """The form of a column by its type; a column with nothing in it says nothing, whatever its type."""
    name, attribute, part = column.name, column.key.attribute, column.key.part
    cell = pl.col(RAW + name)
    if name in (ID, FACILITY_ID):
        return Form({name: cell.cast(pl.String)}, (~pl.col(name).str.contains(UNFIT)).fill_null(False))
    if part in ("O2", "moisture"):
        return _number(column, cell, dtype, (Fraction(0), Fraction(gas.AIR_OXYGEN)), exactly)
    if part == "basis":
        dry = _read(cell, dtype, lambda text: text if text in DRY else None, pl.String)
        return Form({name: dry}, _plain(name))
    if attribute.is_map and not column.key.substance:
        return Form({name: cell.is_not_null()}, cell.is_null())
    if not part and (attribute.type in ("number", "ratio", "quantity") or attribute.is_map):
        return _number(column, cell, dtype, (attribute.low, attribute.high), exactly)
    if not part and attribute.type == "event":
        return _event(name, cell, dtype)
    if part == "measured_on" or attribute.type == "date":
        return Form({name: _day(cell, dtype)}, _plain(name))
    if attribute.type == "yes_no":
        return Form({name: _yes_no(cell, dtype)}, _plain(name))
    return Form({name: _word(cell, dtype, column, words)}, _plain(name))


def _plain(*names: str) -> pl.Expr:
    """Whether a cell is empty, or was read."""
    return pl.col(RAW + names[0].removesuffix(DAY)).is_null() | pl.any_horizontal(
        pl.col(n).is_not_null() for n in names
    )


def _read(
    cell: pl.Expr, dtype: pl.DataType, read: Callable[[str], object], kind: pl.DataType | type[pl.DataType]
) -> pl.Expr:
    """Texts read one by one, each distinct one once; null where it cannot be read."""

    def mapped(texts: pl.Series) -> pl.Series:
        distinct = texts.drop_nulls().unique()
        found = pl.Series([read(text.strip()) for text in distinct], dtype=kind)
        return texts.replace_strict(distinct, found, default=None, return_dtype=kind)

    text = cell if dtype == pl.String else cell.cast(pl.String)
    return text.map_batches(mapped, return_dtype=kind, is_elementwise=True)


# --- numbers and days ------------------------------------------------------------------------------------------------


def _number(
    column: Column,
    cell: pl.Expr,
    dtype: pl.DataType,
    bounds: tuple[Fraction | None, Fraction | None],
    exactly: frozenset[str],
) -> Form:
    value = _float(cell, dtype, column)
    low, high = bounds
    # Polars puts NaN above all numbers, so that what keeps an upper bound is a number.
    fits = value < (numbers.BELOW if column.name in exactly or dtype.is_integer() else GREATEST)
    if low is not None:
        fits = fits & numbers.held(value, ">=", low / column.factor)
    if high is not None:
        fits = fits & numbers.held(value, "<" if column.key.part else "<=", high / column.factor)
    found = {column.name: value}
    if column.name in exactly:
        found[column.name + WHOLE_NUMBER] = numbers.millionths(value)
        fits = fits & numbers.is_millionths(value, pl.col(column.name + WHOLE_NUMBER))
    return Form(found, cell.is_null() | fits.fill_null(False))


def _float(cell: pl.Expr, dtype: pl.DataType, column: Column) -> pl.Expr:
    """A number as a double; a single-precision one by the decimal that it shows, not by its binary tail."""
    if dtype == pl.Float64:
        return cell
    if dtype == pl.Float32:
        return cell.cast(pl.String).cast(pl.Float64)
    if dtype.is_numeric():
        return cell.cast(pl.Float64)
    text = cell.cast(pl.String).str.strip_chars()
    bare = text.str.contains(NUMBER) & (not column.unitless)
    return pl.when(bare).then(text.cast(pl.Float64, strict=False))


def _day(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Date:
        return cell
    if isinstance(dtype, pl.Datetime):
        return pl.when(cell.dt.time() == pl.time(0)).then(cell.dt.date())
    return _read(cell, dtype, day_of, pl.Date)


# --- words -----------------------------------------------------------------------------------------------------------


def _yes_no(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Boolean:
        return cell
    return _read(cell, dtype, yes_or_no, pl.Boolean)


def _event(name: str, cell: pl.Expr, dtype: pl.DataType) -> Form:
    day = name + DAY
    known = pl.lit(None, dtype=pl.Boolean) if dtype.is_temporal() else _yes_no(cell, dtype)
    when = pl.lit(None, dtype=pl.Date) if dtype == pl.Boolean else _day(cell, dtype)
    return Form({name: known, day: when}, _plain(name, day))


def _word(cell: pl.Expr, dtype: pl.DataType, column: Column, words: Vocabulary) -> pl.Expr:
    attribute = column.key.attribute
    if column.settled and dtype == pl.String:
        return pl.when(_settled(cell, attribute, words)).then(cell)
    if attribute.type == "region":
        return _read(cell, dtype, region_code, pl.String)
    if attribute.type == "choices":
        return _read(cell, dtype, lambda text: _chosen(text, attribute, words), pl.String)
    if attribute.type in ("choice", "level"):

        def meant(text: str) -> str | None:
            choice = words.choice(attribute.choices, text)
            return None if choice is None else choice.id

        kind = pl.Enum(list(words.choices[attribute.choices])) if attribute.type == "level" else pl.String()
        return _read(cell, dtype, meant, kind)
    return _read(cell, dtype, fold, pl.String)


def _settled(cell: pl.Expr, attribute: Attribute, words: Vocabulary) -> pl.Expr:
    """Whether a word is an id, or the code of a region, as the vocabulary has it."""
    return cell.str.contains(CODE) if attribute.type == "region" else cell.is_in(list(words.choices[attribute.choices]))


def settled(layout: Layout, first: pl.DataFrame, words: Vocabulary) -> Layout:
    """The layout with the columns marked that hold the vocabulary's own words in the first rows of the table."""
    found: dict[str, Column] = {}
    for name, column in layout.columns.items():
        attribute, dtype = column.key.attribute, layout.dtypes[column.heading]
        own = attribute.type in ("choice", "choices", "region") and not column.key.part and dtype == pl.String
        if own and first.select(_settled(pl.col(column.heading), attribute, words).all()).item():
            column = column._replace(settled=True)  # noqa: PLW2901
        found[name] = column
    return layout._replace(columns=found)


def _chosen(text: str, attribute: Attribute, words: Vocabulary) -> str | None:
    """The choices that a cell names, as one text: `a`, or `;a;b;`."""
    found = [words.choice(attribute.choices, piece) for piece in several(text, attribute.choices, words)]
    ids = sorted({choice.id for choice in found if choice is not None})
    if not ids or None in found:
        return None
    return ids[0] if len(ids) == 1 else f";{';'.join(ids)};"
