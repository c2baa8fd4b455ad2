"""The columns of a table: what each is about, how it is brought to one form, and which of its cells are plain.

A plain cell is read here. Every other one (`< 0.5`, a unit in the cell, wet gas, a word the vocabulary spells
otherwise) makes its row go the way of a facility file, where it is read just as exactly, or refused with a reason.

Columns of the common form, by the name of the attribute (`capacity`, `emissions.NOx`, `emissions.NOx.O2`):
numbers Float64 in the unit of the heading; choice and level Enum of their ids; choices a text `;a;b;`; yes_no Boolean;
event Boolean (`x`) and Date (`x.day`); date Date; text and region String, folded as names are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from envcheck import gas
from envcheck.atoms import fold
from envcheck.columns import numbers
from envcheck.facts import NO, YES
from envcheck.forms.keys import WHOLE, Key
from envcheck.vocabulary import Attribute, Kind, Vocabulary

FACILITY_ID = "facility_id"
ID = "id"
PLAIN = "#plain"
NUMBER = r"^[+-]?\d{1,9}(\.\d{0,6})?$"
REGION = r"^(\d{2}(\d{2}){0,2}|\d{9}|\d{12})$"
IDENTITY = r"[/\x00-\x1f\x7f-\x9f]"


class Column(NamedTuple):
    """One column of a table: its heading, what it is about, its unit, what one of that is in the canonical unit.

    Where the heading has no unit and one is due (`unitless`), every cell must have its own.
    """

    heading: str
    key: Key
    factor: Fraction = Fraction(1)
    unit: str = ""
    unitless: bool = False

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

    def substances(self, attribute: str) -> tuple[str, ...]:
        """The substances of which the table has values."""
        found = (c.key.substance for c in self.columns.values() if c.key.attribute.name == attribute and not c.key.part)
        return tuple(dict.fromkeys(s for s in found if s and s != WHOLE))


class Form(NamedTuple):
    """A column in the common form: its expressions by name, and where its cells are plain (or empty)."""

    values: Mapping[str, pl.Expr]
    plain: pl.Expr


def common(layout: Layout, words: Vocabulary, exactly: frozenset[str]) -> tuple[list[pl.Expr], pl.Expr]:
    """The expressions that bring a table to the common form, and whether a row is plain.

    ``exactly`` names the columns that are compared with other numbers of their row.
    """
    values: list[pl.Expr] = []
    plain: list[pl.Expr] = []
    for column in layout.columns.values():
        form = _form(column, layout.dtypes[column.heading], words, exactly)
        values += [expression.alias(name) for name, expression in form.values.items()]
        plain.append(form.plain)
    return values, pl.all_horizontal(plain) if plain else pl.lit(True)


def _form(column: Column, dtype: pl.DataType, words: Vocabulary, exactly: frozenset[str]) -> Form:
    cell, name, attribute = pl.col(column.heading), column.name, column.key.attribute
    if dtype == pl.Null:
        return _empty(name, attribute, column.key, words)
    if name == ID or attribute.name == FACILITY_ID:
        text = _text(cell, dtype)
        return Form({name: text}, (text.str.strip_chars() != "") & ~text.str.contains(IDENTITY))
    if column.key.part in ("O2", "moisture"):
        return _number(column, cell, dtype, Fraction(0), Fraction(gas.AIR_OXYGEN), exactly)
    if column.key.part == "measured_on":
        return _day(name, cell, dtype)
    if column.key.part:
        return _basis(name, cell, dtype)
    if column.key.attribute.is_map and not column.key.substance:
        return Form({name: cell.is_not_null()}, cell.is_null())
    if attribute.type in ("number", "ratio", "quantity") or attribute.is_map:
        return _number(column, cell, dtype, attribute.low, attribute.high, exactly)
    if attribute.type in ("choice", "level"):
        return _choice(name, cell, dtype, attribute, words)
    if attribute.type == "choices":
        return _choices(name, cell, dtype, attribute, words)
    if attribute.type == "yes_no":
        return _yes_no(name, cell, dtype)
    if attribute.type == "event":
        return _event(name, cell, dtype)
    if attribute.type == "date":
        return _day(name, cell, dtype)
    if attribute.type == "region":
        return _region(name, cell, dtype)
    return Form({name: _folded(_known(cell, dtype))}, pl.lit(True))


def _empty(name: str, attribute: Attribute, key: Key, words: Vocabulary) -> Form:
    """A column with nothing in it."""
    kind: pl.DataType | type[pl.DataType] = pl.String
    if key.part in ("O2", "moisture") or key.substance or attribute.type in ("number", "ratio", "quantity"):
        kind = pl.Float64
    elif key.part == "measured_on" or attribute.type == "date":
        kind = pl.Date
    elif attribute.type in ("choice", "level"):
        kind = pl.Enum(list(words.choices[attribute.choices]))
    elif attribute.type in ("yes_no", "event"):
        kind = pl.Boolean
    values = {name: pl.lit(None, dtype=kind)}
    if attribute.type == "event":
        values[f"{name}.day"] = pl.lit(None, dtype=pl.Date)
    return Form(values, pl.lit(name not in (ID, FACILITY_ID)))


def _text(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return cell if dtype == pl.String else cell.cast(pl.String)


def _known(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A text cell, empty where only blanks stand in it."""
    text = _text(cell, dtype).str.strip_chars()
    return pl.when(text != "").then(text)


def _plain(text: pl.Expr, value: pl.Expr) -> pl.Expr:
    return text.is_null() | value.is_not_null()


def _folded(text: pl.Expr) -> pl.Expr:
    """Texts as names are compared, each distinct one folded once."""

    def folded(texts: pl.Series) -> pl.Series:
        distinct = texts.drop_nulls().unique()
        spelled = [fold(text) for text in distinct]
        return texts.replace_strict(distinct, pl.Series(spelled, dtype=pl.String), default=None, return_dtype=pl.String)

    return text.map_batches(folded, return_dtype=pl.String, is_elementwise=True)


# --- numbers and days ------------------------------------------------------------------------------------------------


def _number(
    column: Column,
    cell: pl.Expr,
    dtype: pl.DataType,
    low: Fraction | None,
    high: Fraction | None,
    exactly: frozenset[str],
) -> Form:
    if dtype.is_numeric():
        value = _float(cell, dtype)
        fits = value.is_finite()
        if not dtype.is_float():
            fits = fits & (value.abs() < numbers.BELOW)
        empty = cell.is_null()
    else:
        text = _known(cell, dtype)
        bare = text.str.contains(NUMBER) & (not column.unitless)
        value = pl.when(bare).then(text.cast(pl.Float64, strict=False))
        fits, empty = value.is_not_null(), text.is_null()
    if low is not None:
        fits = fits & numbers.held(value, ">=", low / column.factor)
    if high is not None:
        fits = fits & numbers.held(value, "<" if column.key.part else "<=", high / column.factor)
    if column.name in exactly:
        fits = fits & numbers.is_millionths(value)
    return Form({column.name: value}, empty | fits.fill_null(False))


def _float(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A number as a double; a single-precision one by the decimal that it shows, not by its binary tail."""
    if dtype == pl.Float32:
        return cell.cast(pl.String).cast(pl.Float64)
    return cell if dtype == pl.Float64 else cell.cast(pl.Float64)


def _day(name: str, cell: pl.Expr, dtype: pl.DataType) -> Form:
    if dtype == pl.Date:
        return Form({name: cell}, pl.lit(True))
    if isinstance(dtype, pl.Datetime):
        return Form({name: cell.dt.date()}, cell.is_null() | (cell.dt.time() == pl.time(0)))
    text = _known(cell, dtype)
    value = text.str.to_date("%Y-%m-%d", strict=False)
    return Form({name: value}, _plain(text, value))


# --- words -----------------------------------------------------------------------------------------------------------


def _spelled(listing: str, words: Vocabulary) -> dict[str, str]:
    """Every spelling of the choices of a list, and the choice it means."""
    choices = words.choices[listing].values()
    found = {word: choice.id for choice in choices for word in (*choice.label, *choice.aliases) if word}
    found.update({choice.id: choice.id for choice in choices})
    return {word: meant for word, meant in found.items() if words.choice(listing, word) is not None}


def _choice(name: str, cell: pl.Expr, dtype: pl.DataType, attribute: Attribute, words: Vocabulary) -> Form:
    kind = pl.Enum(list(words.choices[attribute.choices]))
    meant = {
        word: found.id
        for word in _spelled(attribute.choices, words)
        if (found := words.choice(attribute.choices, word))
    }
    text = _text(cell, dtype)
    value = text.replace_strict(
        list(meant), pl.Series(list(meant.values()), dtype=kind), default=None, return_dtype=kind
    )
    return Form({name: value}, cell.is_null() | value.is_not_null())


def _choices(name: str, cell: pl.Expr, dtype: pl.DataType, attribute: Attribute, words: Vocabulary) -> Form:
    """Several choices of a cell as `;a;b;`; each distinct cell is read once."""
    from envcheck.forms.keys import several

    def read(texts: pl.Series) -> pl.Series:
        distinct = texts.drop_nulls().unique()
        found: list[str | None] = []
        for text in distinct:
            chosen = [words.choice(attribute.choices, piece) for piece in several(text, attribute.choices, words)]
            ids = sorted({choice.id for choice in chosen if choice is not None})
            found.append(f";{';'.join(ids)};" if ids and None not in chosen else None)
        return texts.replace_strict(distinct, pl.Series(found, dtype=pl.String), default=None, return_dtype=pl.String)

    text = _known(cell, dtype)
    value = text.map_batches(read, return_dtype=pl.String, is_elementwise=True)
    return Form({name: value}, _plain(text, value))


def _yes_no(name: str, cell: pl.Expr, dtype: pl.DataType) -> Form:
    if dtype == pl.Boolean:
        return Form({name: cell}, pl.lit(True))
    text = _known(cell, dtype)
    value = pl.when(text.is_in(sorted(YES))).then(pl.lit(True)).when(text.is_in(sorted(NO))).then(pl.lit(False))
    return Form({name: value}, _plain(text, value))


def _event(name: str, cell: pl.Expr, dtype: pl.DataType) -> Form:
    if dtype == pl.Boolean:
        return Form({name: cell, f"{name}.day": pl.lit(None, dtype=pl.Date)}, pl.lit(True))
    day = _day(f"{name}.day", cell, dtype)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        return Form({name: pl.lit(None, dtype=pl.Boolean), **day.values}, day.plain)
    word = _yes_no(name, cell, dtype)
    return Form({**word.values, **day.values}, word.plain | day.plain)


def _region(name: str, cell: pl.Expr, dtype: pl.DataType) -> Form:
    """150200 is the whole of Baotou (1502); longer codes add townships."""
    text = _known(cell, dtype)
    code = text.str.slice(0, 6).str.replace(r"^(\d{2})0000$", "${1}").str.replace(r"^(\d{4})00$", "${1}")
    value = pl.when(text.str.contains(REGION)).then(code)
    return Form({name: value}, _plain(text, value))


def _basis(name: str, cell: pl.Expr, dtype: pl.DataType) -> Form:
    """Dry gas is plain; wet gas has a conversion of its own."""
    text = _known(cell, dtype)
    return Form({name: text}, text.is_null() | text.is_in(["dry", "干基"]))
