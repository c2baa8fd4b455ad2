"""What rules ask of the lists of a facility (every, some, sum, count, known), as columns of the facility's context.

Each list is gathered once a level: a condition about items may itself lean on what other lists hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from envcheck.model import expressions as ex
from envcheck.model.rule import Definition
from envcheck.register.columns import numbers
from envcheck.register.columns.comparisons import whole_number
from envcheck.register.columns.layout import FACILITY_ID, Layout
from envcheck.register.columns.logic import Frame
from envcheck.register.columns.truths import FALSE, TRUE, UNKNOWN

Definitions = Mapping[str, Definition]


class Gathering(NamedTuple):
    """What is gathered from one list: on which level, in which frame, by which aggregates."""

    kind: str
    level: int
    frame: Frame
    aggregates: tuple[pl.Expr, ...]


class Lists:
    """The aggregates that conditions have asked for so far."""

    def __init__(self, layouts: Mapping[str, Layout], as_of: date) -> None:
        self.layouts, self.as_of = layouts, as_of
        self.definitions: Definitions = {}
        self.gatherings: list[Gathering] = []
        self._names: dict[tuple[object, ...], str] = {}
        self._by_pack: set[tuple[object, ...]] = set()
        self._levels: dict[str, int] = {}

    def rebind(self, definitions: Definitions) -> None:
        """Go on with the definitions of another pack."""
        self.definitions = definitions
        self._names = {key: name for key, name in self._names.items() if key not in self._by_pack}
        self._by_pack = set()

    def known(self, plural: str) -> str | None:
        """Whether the facility has such a list: a register knows of those it has rows for."""
        return self._gather(("known", plural), plural, lambda _frame, name: (pl.lit(True).first().alias(name),))

    def over(self, node: ex.Over) -> str | None:
        """Whether every or some item fulfils a condition."""

        def aggregates(frame: Frame, name: str) -> tuple[pl.Expr, ...]:
            truth = frame.condition(node.condition)[0]
            if node.where is not None:
                chosen = frame.condition(node.where)[0]
                settled = truth if node.every else ~truth
                truth = (
                    pl.when(chosen.eq_missing(FALSE)).then(pl.lit(node.every))
                    .when(chosen.is_null() & ~settled.fill_null(False)).then(UNKNOWN)
                    .otherwise(truth)
                )  # fmt: skip
            return ((truth.all(ignore_nulls=False) if node.every else truth.any(ignore_nulls=False)).alias(name),)

        return self._gather((ex.Over, node), node.plural, aggregates)

    def total(self, term: ex.Total) -> tuple[str | None, Fraction]:
        """The columns of a sum or count, and what one of their units is in the canonical unit.

        `.low` and `.high` are its bounds; `.known` tells whether nothing is missing for it.
        """
        layout = self.layouts.get(term.kind)
        column = layout.columns.get(".".join(term.path)) if layout is not None and term.path else None
        scale = (column.factor if column is not None else Fraction(1)) / numbers.ONE if term.path else Fraction(1)

        def aggregates(frame: Frame, name: str) -> tuple[pl.Expr, ...]:
            chosen = frame.condition(term.where)[0] if term.where is not None else TRUE
            # A literal would be counted once a facility.
            least = most = pl.col(FACILITY_ID).is_not_null().cast(pl.Int128)
            if term.path:
                least, most, _ = whole_number(ex.Value(term.path, "", term.unit), frame)
            certain = pl.when(chosen).then(least).otherwise(pl.lit(0, pl.Int128))
            possible = pl.when(chosen.eq_missing(FALSE)).then(pl.lit(0, pl.Int128)).otherwise(most)
            greatest = pl.when(possible.is_not_null().all()).then(possible.sum())
            known = chosen.eq_missing(FALSE) | (chosen.is_not_null() & most.is_not_null())
            return (
                certain.fill_null(0).sum().alias(f"{name}.low"),
                greatest.alias(f"{name}.high"),
                known.all().alias(f"{name}.known"),
            )

        return self._gather((ex.Total, term), term.plural, aggregates), scale

    def _gather(
        self, key: tuple[object, ...], plural: str, aggregates: Callable[[Frame, str], tuple[pl.Expr, ...]]
    ) -> str | None:
        layout = next((layout for layout in self.layouts.values() if layout.kind.plural == plural), None)
        if layout is None:
            return None
        found = self._names.get(key)
        if found is not None:
            return found
        name = self._names[key] = f"#list{len(self._levels)}"
        self._levels[name] = 0
        if any(isinstance(part, ex.Defined) for part in ex.walk(key[1:])):
            self._by_pack.add(key)
        frame = Frame(layout, self.layouts.get("facility"), self.definitions, self.as_of, self, f"{name[1:]}.")
        made = aggregates(frame, name)
        asked = [self._levels[other.split(".")[0]] for other in frame.of_facility if other.startswith("#list")]
        level = self._levels[name] = max(asked, default=-1) + 1
        self.gatherings.append(Gathering(layout.kind.id, level, frame, made))
        return name
