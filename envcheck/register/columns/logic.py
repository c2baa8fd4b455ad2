"""Conditions as columns: a node of the rule language as a Polars expression, null where it is unknown.

Every distinct condition is computed once: it becomes a column (an atom) that the rules share, in levels, since a
definition rests on other columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from envcheck.model import expressions as ex
from envcheck.model.rule import Definition
from envcheck.register.columns.comparisons import compared, days_compared
from envcheck.register.columns.layout import DAY, Layout
from envcheck.register.columns.limits import within
from envcheck.register.columns.row import ListColumns, Row, column_name
from envcheck.register.columns.truths import FALSE, TRUE, UNKNOWN, Refusal, all_of, any_of
from envcheck.text.messages import tr
from envcheck.vocabulary.names import folded


class Frame(Row):
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
        lists: ListColumns,
        mark: str = "",
    ) -> None:
        super().__init__(own, whole, as_of, lists)
        self.mark, self.definitions = mark, definitions
        self.levels: list[dict[str, pl.Expr]] = []
        self._known: dict[Any, tuple[pl.Expr, int]] = {}
        self._by_pack: set[Any] = set()

    def rebind(self, definitions: Mapping[str, Definition]) -> None:
        """Go on with the definitions of another pack; what rests on none stays shared."""
        self.definitions = definitions
        self._known = {key: found for key, found in self._known.items() if key not in self._by_pack}
        self._by_pack = set()

    # --- conditions

    def condition(self, node: ex.Node) -> tuple[pl.Expr, int]:
        """The expression of a condition, and on how many levels of columns it rests."""
        key = (type(node), node, self.standing_for_facility)
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
        before = self.standing_for_facility
        self.standing_for_facility = before or (node.of_facility and self.own.kind.id != "facility")
        definition = self.definitions[node.name]
        parts = definition.parts
        found = [self.condition(part) if part is not None else (UNKNOWN, 0) for part in parts]
        self.standing_for_facility = before
        (stated, _), (holds, level), *_ = found
        if definition.closed:
            return holds, level
        exempt = any_of([truth for part, (truth, _) in zip(parts[2:], found[2:], strict=True) if part is not None])
        return _settled(stated, holds, found[2][0], exempt, definition), max(level for _, level in found)

    def _leaf(self, node: ex.Node) -> pl.Expr:
        if isinstance(node, ex.OneOf):
            return self._one_of(node)
        if isinstance(node, ex.Contains):
            cell = self.cell(node.value).expression
            return _or_almost(cell.str.contains(folded(node.part), literal=True), cell, node.almost)
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

    # --- words

    def _one_of(self, node: ex.OneOf) -> pl.Expr:
        cell = self.cell(node.value).expression
        kind = node.value.type
        if kind == "region":
            return in_region(cell, node.among)
        words = [folded(word) for word in node.among] if kind == "text" else list(node.among)
        return _or_almost(any_of([cell == word for word in words]), cell, node.almost)

    def _any_chosen(self, node: ex.OneOf) -> pl.Expr:
        """A cell names one choice (`a`), as nearly all do, or several (`;a;b;`) where its column was not settled."""
        cell = self.cell(node.value).expression
        layouts = [
            layout for layout, used in zip((self.own, self.whole), self.sources(node.value), strict=True) if used
        ]
        columns = [layout.columns.get(column_name(node.value)) for layout in layouts if layout is not None]
        if all(column is None or column.settled for column in columns):
            return any_of([cell == word for word in node.among])
        key = ("several", str(self.sources(node.value)), *node.value.path)
        several = self.once(key, pl.when(cell.str.starts_with(";")).then(cell))
        among = any_of([several.str.contains(f";{word};", literal=True) for word in node.among])
        return pl.coalesce(among, any_of([cell == word for word in node.among]))

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


def _settled(stated: pl.Expr, holds: pl.Expr, fails: pl.Expr, exempt: pl.Expr, definition: Definition) -> pl.Expr:
    """As `logic.definition_truth`; a part that a definition has not is left out."""
    answer = pl.when(exempt).then(FALSE).otherwise(UNKNOWN)
    named = TRUE
    if definition.fails is not None:
        named = pl.when(fails).then(UNKNOWN).otherwise(named)
    if definition.stated is not None:
        named = pl.when(stated.not_()).then(UNKNOWN).otherwise(named)
        answer = pl.when(stated.not_()).then(FALSE).otherwise(answer)
    answer = pl.when(holds).then(named).otherwise(answer)
    return answer if definition.stated is None else pl.when(stated).then(TRUE).otherwise(answer)


def in_region(code: pl.Expr, among: tuple[str, ...]) -> pl.Expr:
    """A region holds all whose code begins with its own; of a wider one it is not known."""
    wider = sorted({region[:size] for region in among for size in range(2, len(region), 2)})
    inside = any_of([code.str.starts_with(region) for region in among])
    return inside | (any_of([code == region for region in wider]) & UNKNOWN) if wider else inside


def _or_almost(truth: pl.Expr, cell: pl.Expr, pattern: str) -> pl.Expr:
    """A no is unknown where the cell is spelled almost as a name of which it would be a yes."""
    return truth | pl.when(cell.str.contains(pattern)).then(UNKNOWN).otherwise(FALSE) if pattern else truth
