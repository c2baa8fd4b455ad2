"""One row of a table as conditions see it: the cells of its columns, and those of its facility."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from fractions import Fraction
from typing import NamedTuple, Protocol

import polars as pl

from envcheck.forms.keys import WHOLE
from envcheck.model import expressions as ex
from envcheck.register.columns import cells
from envcheck.register.columns.layout import BELOW, DAY, FACILITY_ID, Layout
from envcheck.register.columns.truths import FALSE, any_of
from envcheck.vocabulary.names import folded

FACILITY = "facility."


class Cell(NamedTuple):
    """A column that a condition reads: the expression, and what one of its unit is in the canonical one."""

    expression: pl.Expr
    factor: Fraction = Fraction(1)


class ListColumns(Protocol):
    """The columns that answer for the lists of the facility; None where there is no table of such items."""

    def known(self, plural: str) -> str | None:
        """The column that tells whether the facility has such a list."""

    def over(self, node: ex.Over) -> str | None:
        """The column that tells whether every or some item fulfils a condition."""

    def total(self, term: ex.Total) -> tuple[str | None, Fraction]:
        """The columns of a sum or count, and what one of their units is in the canonical unit."""


class Row(ABC):
    """The cells of a row of the table ``own``, and of its facility's row in ``whole`` (None: there is no such table)."""

    def __init__(self, own: Layout, whole: Layout | None, as_of: date, lists: ListColumns) -> None:
        self.own, self.whole, self.as_of, self.lists = own, whole, as_of, lists
        self.of_facility: set[str] = set()
        """Names of the facility's columns that are read."""
        self.exactly: set[str] = set()
        """Own columns that are compared with other numbers of the row."""
        self.whole_exactly: set[str] = set()
        self.standing_for_facility = False
        """Whether the facility itself is asked, whose attributes the row may overrule."""

    @abstractmethod
    def condition(self, node: ex.Node) -> tuple[pl.Expr, int]:
        """The expression of a condition, and on how many levels of columns it rests."""

    def cell(self, value: ex.Value, part: str = "", suffix: str = "", dtype: type[pl.DataType] = pl.String) -> Cell:
        """The column of an attribute (or a part of it), the facility's where the subject takes it from there.

        What was measured after the day asked about is no evidence for that day: null.
        """
        found = self._stated(value, part, suffix, dtype)
        if part or value.type not in ("emissions", "water") or len(value.path) != 2:
            return found
        name = column_name(value, "measured_on")
        if not any(layout is not None and layout.has(name) for layout in (self.own, self.whole)):
            return found
        day = self._stated(value, "measured_on", "", pl.Date).expression
        return found._replace(
            expression=pl.when((day > self.as_of).fill_null(False)).then(None).otherwise(found.expression)
        )

    def _stated(self, value: ex.Value, part: str, suffix: str, dtype: type[pl.DataType]) -> Cell:
        name = column_name(value, part)
        own, whole = self.sources(value)
        first = self._own(name, suffix) if own else None
        second = self._whole(name, suffix) if whole else None
        if first is None or second is None:
            return first or second or Cell(pl.lit(None, dtype=dtype))
        stated = pl.col(name).is_not_null()
        if value.type == "event":
            stated = stated | pl.col(name + DAY).is_not_null()
        return Cell(pl.when(stated).then(first.expression).otherwise(second.expression), first.factor)

    def sources(self, value: ex.Value) -> tuple[bool, bool]:
        """Whether an attribute is read from the row itself, and whether from its facility."""
        if self.standing_for_facility:
            attribute = value.path[0]
            overridden = attribute not in self.own.kind.attributes and self.own.has(attribute)
            return overridden, True
        return not value.of_facility, value.of_facility or value.inherited

    def _own(self, name: str, suffix: str) -> Cell | None:
        column = self.own.columns.get(name)
        if column is None:
            return None
        return Cell(FALSE if suffix == BELOW and not self.own.bounded(name) else pl.col(name + suffix), column.factor)

    def _whole(self, name: str, suffix: str) -> Cell | None:
        if self.whole is None and name == "name" and self.own.firms_named:
            return Cell(cells.read(pl.col(FACILITY_ID), folded, pl.String))
        column = self.whole.columns.get(name) if self.whole is not None else None
        if self.whole is None or column is None:
            return None
        if suffix == BELOW and not self.whole.bounded(name):
            return Cell(FALSE, column.factor)
        self.of_facility.add(name + suffix)
        return Cell(pl.col(FACILITY + name + suffix), column.factor)

    def context(self, name: str | None, dtype: type[pl.DataType]) -> pl.Expr:
        """A column about the facility's lists; null where there is no table of such items."""
        if name is None:
            return pl.lit(None, dtype=dtype)
        self.of_facility.add(name)
        return pl.col(FACILITY + name).cast(dtype)

    def use_exactly(self, value: ex.Value, part: str = "") -> None:
        """Note that a column is compared with others of its row."""
        name = column_name(value, part)
        own, whole = self.sources(value)
        if own:
            self.exactly.add(name)
        if whole:
            self.whole_exactly.add(name)

    def parts_of(self, value: ex.Value) -> dict[str, ex.Value]:
        """The substances of a map of which there are columns."""
        own, whole = self.sources(value)
        layouts = [layout for layout, used in ((self.own, own), (self.whole, whole)) if layout is not None and used]
        names = dict.fromkeys(s for layout in layouts for s in layout.substances(value.path[0]))
        return {name: value._replace(path=(value.path[0], name)) for name in names}

    def region(self) -> pl.Expr:
        """The region in which a row stands: its own, else its facility's."""
        return self.cell(ex.Value(("region",), "region", "", inherited=self.own.kind.id != "facility")).expression

    def map_known(self, value: ex.Value) -> pl.Expr:
        """Whether any substance of a map is stated."""
        return any_of(
            [self._stated(part, "", "", pl.String).expression.is_not_null() for part in self.parts_of(value).values()]
        )

    def below(self, value: ex.Value) -> pl.Expr | None:
        """Where a number is only known to lie from zero up to what its cell says; None where no cell can say so."""
        name, sources = column_name(value), self.sources(value)
        layouts = [layout for layout, used in zip((self.own, self.whole), sources, strict=True) if used]
        if not any(layout is not None and layout.bounded(name) for layout in layouts):
            return None
        return self.cell(value, suffix=BELOW, dtype=pl.Boolean).expression

    def oxygen(self, value: ex.Value, suffix: str = "") -> pl.Expr | None:
        """The oxygen content beside a concentration, its own or that of the row's measurements as a whole."""
        found: list[pl.Expr] = []
        for path in (value.path, (value.path[0], WHOLE)):
            at = value._replace(path=path)
            name = column_name(at, "O2")
            if self.own.has(name) or (self.whole is not None and self.whole.has(name)):
                self.use_exactly(at, "O2")
                found.append(self.cell(at, "O2", suffix, pl.Float64).expression)
        return pl.coalesce(found) if found else None


def column_name(value: ex.Value, part: str = "") -> str:
    """The column of an attribute, of one of its substances, or of a part of a measurement."""
    return ".".join((*value.path, part) if part else value.path)
