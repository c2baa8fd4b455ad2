"""Conditions as columns: a node of the rule language as a Polars expression, null where it is unknown.

Every distinct condition is computed once: it becomes a column (an atom) that the rules share, in levels, since a
definition rests on other columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from envcheck.forms.keys import WHOLE
from envcheck.judging.conditions import fold
from envcheck.model import expressions as ex
from envcheck.model.rule import Definition
from envcheck.register.columns.comparisons import compared, days_compared
from envcheck.register.columns.layout import BELOW, DAY, Layout
from envcheck.register.columns.limits import within
from envcheck.register.columns.truths import FALSE, TRUE, UNKNOWN, Refusal, all_of, any_of
from envcheck.text.messages import tr

if TYPE_CHECKING:
    from envcheck.register.columns.lists import Lists

FACILITY = "facility."


class Cell(NamedTuple):
    """A column that a condition reads: the expression, and what one of its unit is in the canonical one."""

    expression: pl.Expr
    factor: Fraction = Fraction(1)


class Frame:
    """The table of one kind as conditions see it; it gathers the columns that they share.

    ``own`` is the table's layout, ``whole`` that of the table of facilities (None: there is none). ``lists`` answers
    for what a condition asks of the lists of the facility; ``mark`` tells the columns of one frame from another's.
    """

    def __init__(
        self,
        own: Layout,
        whole: Layout | None,
        definitions: Mapping[str, Definition],
        as_of: date,
        lists: Lists,
        mark: str = "",
    ) -> None:
        self.mark = mark
        self.own, self.whole, self.definitions, self.as_of, self.lists = own, whole, definitions, as_of, lists
        self.levels: list[dict[str, pl.Expr]] = []
        self.of_facility: set[str] = set()
        """Names of the facility's columns that are read."""
        self.exactly: set[str] = set()
        """Own columns that are compared with other numbers of the row."""
        self.whole_exactly: set[str] = set()
        self._known: dict[Any, tuple[pl.Expr, int]] = {}
        self._by_pack: set[Any] = set()
        self._standing = False

    def rebind(self, definitions: Mapping[str, Definition]) -> None:
        """Go on with the definitions of another pack; what rests on none stays shared."""
        self.definitions = definitions
        self._known = {key: found for key, found in self._known.items() if key not in self._by_pack}
        self._by_pack = set()

    # --- conditions

    def condition(self, node: ex.Node) -> tuple[pl.Expr, int]:
        """The expression of a condition, and on how many levels of columns it rests."""
        key = (type(node), node, self._standing)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._made(node)
            if any(isinstance(part, ex.Defined) for part in ex.walk(node)):
                self._by_pack.add(key)
        return found

    def _made(self, node: ex.Node) -> tuple[pl.Expr, int]:
        if isinstance(node, ex.And | ex.Or):
            parts = [self.condition(part) for part in node.parts]
            joined = (all_of if isinstance(node, ex.And) else any_of)([part for part, _ in parts])
            return joined, max(level for _, level in parts)
        if isinstance(node, ex.Not):
            inner, level = self.condition(node.part)
            return ~inner, level
        if isinstance(node, ex.Never):
            return FALSE, 0
        if isinstance(node, ex.Defined):
            return self.kept(*self._defined(node))
        if isinstance(node, ex.Within):
            return self.kept(*within(node, self))
        if isinstance(node, ex.OneOf) and node.value.type == "choices":
            return self.kept(self._any_chosen(node), 1)
        return self.kept(self._leaf(node), 0)

    def kept(self, expression: pl.Expr, level: int) -> tuple[pl.Expr, int]:
        """A column of its own for an expression that rests on ``level`` levels."""
        while len(self.levels) <= level:
            self.levels.append({})
        name = f"#{self.mark}{level}.{len(self.levels[level])}"
        self.levels[level][name] = expression
        return pl.col(name), level + 1

    def once(self, key: tuple[str, ...], expression: pl.Expr) -> pl.Expr:
        """The column of an expression that is no node, made when it is first asked for."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.kept(expression, 0)
        return found[0]

    def _defined(self, node: ex.Defined) -> tuple[pl.Expr, int]:
        before = self._standing
        self._standing = before or (node.of_facility and self.own.kind.id != "facility")
        definition = self.definitions[node.name]
        parts = definition.parts
        found = [self.condition(part) if part is not None else (UNKNOWN, 0) for part in parts]
        self._standing = before
        (stated, _), (holds, level), *_ = found
        if definition.closed:
            return holds, level
        taken_out = any_of([truth for part, (truth, _) in zip(parts[2:], found[2:], strict=True) if part is not None])
        return _settled(stated, holds, found[2][0], taken_out, definition), max(level for _, level in found)

    def _leaf(self, node: ex.Node) -> pl.Expr:
        if isinstance(node, ex.OneOf):
            return self._one_of(node)
        if isinstance(node, ex.Contains):
            return self.cell(node.value).expression.str.contains(fold(node.part), literal=True)
        if isinstance(node, ex.Known):
            known = self._is_known(node.value)
            return pl.when(known).then(TRUE).otherwise(UNKNOWN) if node.decisive else known
        if isinstance(node, ex.Dated):
            suffix = DAY if node.value.type == "event" else ""
            return self.cell(node.value, suffix=suffix, dtype=pl.Date).expression.is_not_null()
        if isinstance(node, ex.Listed):
            cell = self.cell(node.value).expression
            listed, possible = (any_of([cell == word for word in words]) for words in (node.among, node.possible))
            return pl.when(listed).then(TRUE).when(possible | cell.is_null()).then(UNKNOWN).otherwise(FALSE)
        if isinstance(node, ex.Holds):
            return self._holds(node.value)
        if isinstance(node, ex.Compare):
            return compared(node, self)
        if isinstance(node, ex.CompareDays):
            return days_compared(node, self)
        if isinstance(node, ex.Over):
            return self.context(self.lists.over(node), pl.Boolean)
        if isinstance(node, ex.OverTime):
            return UNKNOWN  # tables hold no monitoring series
        raise Refusal(tr("{name} has no form in columns", name=type(node).__name__))

    # --- what stands in a row

    def cell(self, value: ex.Value, part: str = "", suffix: str = "", dtype: type[pl.DataType] = pl.String) -> Cell:
        """The column of an attribute (or a part of it), the facility's where the subject takes it from there."""
        name = _name(value, part)
        own, whole = self._sources(value)
        first = self._own(name, suffix) if own else None
        second = self._whole(name, suffix) if whole else None
        if first is None or second is None:
            return first or second or Cell(pl.lit(None, dtype=dtype))
        stated = pl.col(name).is_not_null()
        if value.type == "event":
            stated = stated | pl.col(name + DAY).is_not_null()
        return Cell(pl.when(stated).then(first.expression).otherwise(second.expression), first.factor)

    def _sources(self, value: ex.Value) -> tuple[bool, bool]:
        """Whether an attribute is read from the row itself, and whether from its facility."""
        if self._standing:
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
        name = _name(value, part)
        own, whole = self._sources(value)
        if own:
            self.exactly.add(name)
        if whole:
            self.whole_exactly.add(name)

    def parts_of(self, value: ex.Value) -> dict[str, ex.Value]:
        """The substances of a map of which there are columns."""
        own, whole = self._sources(value)
        layouts = [layout for layout, used in ((self.own, own), (self.whole, whole)) if layout is not None and used]
        names = dict.fromkeys(s for layout in layouts for s in layout.substances(value.path[0]))
        return {name: value._replace(path=(value.path[0], name)) for name in names}

    # --- words

    def _one_of(self, node: ex.OneOf) -> pl.Expr:
        cell = self.cell(node.value).expression
        kind = node.value.type
        if kind == "region":
            return in_region(cell, node.among)
        words = [fold(word) for word in node.among] if kind == "text" else list(node.among)
        return any_of([cell == word for word in words])

    def _any_chosen(self, node: ex.OneOf) -> pl.Expr:
        """A cell names one choice (`a`), as nearly all do, or several (`;a;b;`) where its column was not settled."""
        cell = self.cell(node.value).expression
        layouts = [
            layout for layout, used in zip((self.own, self.whole), self._sources(node.value), strict=True) if used
        ]
        columns = [layout.columns.get(_name(node.value)) for layout in layouts if layout is not None]
        if all(column is None or column.settled for column in columns):
            return any_of([cell == word for word in node.among])
        key = ("several", str(self._sources(node.value)), *node.value.path)
        several = self.once(key, pl.when(cell.str.starts_with(";")).then(cell))
        among = any_of([several.str.contains(f";{word};", literal=True) for word in node.among])
        return pl.coalesce(among, any_of([cell == word for word in node.among]))

    def region(self) -> pl.Expr:
        """The region in which a row stands: its own, else its facility's."""
        return self.cell(ex.Value(("region",), "region", "", inherited=self.own.kind.id != "facility")).expression

    def _holds(self, value: ex.Value) -> pl.Expr:
        if value.type != "event":
            return self.cell(value, dtype=pl.Boolean).expression
        day = self.cell(value, suffix=DAY, dtype=pl.Date).expression
        return pl.coalesce(self.cell(value, dtype=pl.Boolean).expression, day <= self.as_of)

    def _is_known(self, value: ex.Value) -> pl.Expr:
        if value.type == "list":
            return self.context(self.lists.known(value.path[0]), pl.Boolean).fill_null(False)
        if value.type in ("emissions", "water", "amounts") and len(value.path) == 1:
            return self.map_known(value)
        known = self.cell(value).expression.is_not_null()
        if value.type == "event":
            known = known | self.cell(value, suffix=DAY).expression.is_not_null()
        return known

    def map_known(self, value: ex.Value) -> pl.Expr:
        """Whether any substance of a map is stated."""
        return any_of([self.cell(part).expression.is_not_null() for part in self.parts_of(value).values()])

    # --- numbers

    def below(self, value: ex.Value) -> pl.Expr | None:
        """Where a number is only known to lie from zero up to what its cell says; None where no cell can say so."""
        name, sources = _name(value), self._sources(value)
        layouts = [layout for layout, used in zip((self.own, self.whole), sources, strict=True) if used]
        if not any(layout is not None and layout.bounded(name) for layout in layouts):
            return None
        return self.cell(value, suffix=BELOW, dtype=pl.Boolean).expression

    def oxygen(self, value: ex.Value, suffix: str = "") -> pl.Expr | None:
        """The oxygen content beside a concentration, its own or that of the row's measurements as a whole."""
        found: list[pl.Expr] = []
        for path in (value.path, (value.path[0], WHOLE)):
            at = value._replace(path=path)
            name = _name(at, "O2")
            if self.own.has(name) or (self.whole is not None and self.whole.has(name)):
                self.use_exactly(at, "O2")
                found.append(self.cell(at, "O2", suffix, pl.Float64).expression)
        return pl.coalesce(found) if found else None


def _settled(stated: pl.Expr, holds: pl.Expr, fails: pl.Expr, taken_out: pl.Expr, definition: Definition) -> pl.Expr:
    """As `answers.settled`; a part that a definition has not is left out."""
    answer = pl.when(taken_out).then(FALSE).otherwise(UNKNOWN)
    named = TRUE
    if definition.fails is not None:
        named = pl.when(fails).then(UNKNOWN).otherwise(named)
    if definition.stated is not None:
        named = pl.when(stated.not_()).then(UNKNOWN).otherwise(named)
        answer = pl.when(stated.not_()).then(FALSE).otherwise(answer)
    answer = pl.when(holds).then(named).otherwise(answer)
    return answer if definition.stated is None else pl.when(stated).then(TRUE).otherwise(answer)


def _name(value: ex.Value, part: str = "") -> str:
    """The column of an attribute, of one of its substances, or of a part of a measurement."""
    return ".".join((*value.path, part) if part else value.path)


def in_region(code: pl.Expr, among: tuple[str, ...]) -> pl.Expr:
    """A region holds all whose code begins with its own; of a wider one it is not known."""
    wider = sorted({region[:size] for region in among for size in range(2, len(region), 2)})
    inside = any_of([code.str.starts_with(region) for region in among])
    return inside | (any_of([code == region for region in wider]) & UNKNOWN) if wider else inside
