"""Tables judged: rows brought to the common form, joined to what is known of their facility, every rule's status beside.

A pure function of the rows of whole facilities: it does not matter whether they are a file, a stream or one partition
of a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from envcheck.register.columns import layout as lay
from envcheck.register.columns.layout import FACILITY_ID, ID, PLAIN, Layout
from envcheck.register.columns.lists import Gathering
from envcheck.register.columns.logic import Frame
from envcheck.register.columns.row import FACILITY
from envcheck.register.columns.rules import Plan, Plans
from envcheck.vocabulary.words import Vocabulary

HERE = f"{FACILITY}#here"


def judged(
    plans: Plans, rows: Mapping[str, pl.LazyFrame], words: Vocabulary, without: pl.LazyFrame | None = None
) -> dict[str, pl.LazyFrame]:
    """The tables of each kind, with the common columns, what rules share, and every rule's status by its key.

    `#plain` tells the rows that were read; what stands beside the others means nothing. ``without`` (facility_id)
    leaves facilities out.
    """
    common = {kind: _common(plans, kind, table, words, without) for kind, table in rows.items()}
    context = _context(plans, common)
    if context is not None:
        context = context.collect(engine="streaming").lazy()
    return {kind: _judged(plans.by_kind[kind], common[kind], context) for kind in rows}


def _common(
    plans: Plans, kind: str, rows: pl.LazyFrame, words: Vocabulary, without: pl.LazyFrame | None
) -> pl.LazyFrame:
    layout = plans.layouts[kind]
    found = lay.common(rows, layout, words, _exactly(plans, kind))
    if not layout.has(FACILITY_ID):
        found = found.with_columns(pl.col(ID).alias(FACILITY_ID))
    if without is None:
        return found
    return found.join(without, on=FACILITY_ID, how="anti", nulls_equal=True, maintain_order="left")


def _frames(plans: Plans) -> Iterable[Frame]:
    yield from (plan.frame for plan in plans.by_kind.values())
    yield from (gathering.frame for gathering in plans.gatherings)


def _exactly(plans: Plans, kind: str) -> frozenset[str]:
    """The columns of a kind that are compared with other numbers, by its own rules or in a list or context."""
    own = {name for frame in _frames(plans) if frame.own.kind.id == kind for name in frame.exactly}
    if kind == "facility":
        own |= {name for frame in _frames(plans) for name in frame.whole_exactly}
    return frozenset(own)


# --- what is known of the facility -----------------------------------------------------------------------------------


def _context(plans: Plans, common: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame | None:
    """One row a facility: its own attributes that rules read from other rows, and what its lists hold."""
    whole = plans.layouts.get("facility")
    if whole is None and not plans.gatherings:
        return None
    asked = {name for frame in _frames(plans) for name in frame.of_facility if not name.startswith("#")}
    if whole is not None:
        own = [pl.col(name).alias(FACILITY + name) for name in sorted(asked)]
        context = common["facility"].select(FACILITY_ID, *own, pl.lit(True).alias(HERE))
    else:
        context = pl.concat([table.select(FACILITY_ID) for table in common.values()]).unique()
    for level in sorted({gathering.level for gathering in plans.gatherings}):
        for kind in sorted({g.kind for g in plans.gatherings if g.level == level}):
            chosen = [g for g in plans.gatherings if g.level == level and g.kind == kind]
            gathered = _gathered(chosen, common[kind], context)
            context = context.join(gathered, on=FACILITY_ID, how="left")
    return context


def _gathered(gatherings: Iterable[Gathering], items: pl.LazyFrame, context: pl.LazyFrame) -> pl.LazyFrame:
    chosen = list(gatherings)
    asked = sorted({FACILITY + name for gathering in chosen for name in gathering.frame.of_facility})
    if asked:
        items = items.join(context.select(FACILITY_ID, *asked), on=FACILITY_ID, how="left")
    for gathering in chosen:
        items = _levels(items, gathering.frame)
    found = items.group_by(FACILITY_ID).agg(*(aggregate for g in chosen for aggregate in g.aggregates))
    return found.rename({name: FACILITY + name for g in chosen for name in _names(g)})


def _names(gathering: Gathering) -> list[str]:
    return [aggregate.meta.output_name() for aggregate in gathering.aggregates]


# --- judging ---------------------------------------------------------------------------------------------------------


def _judged(plan: Plan, rows: pl.LazyFrame, context: pl.LazyFrame | None) -> pl.LazyFrame:
    own = plan.frame.own
    if context is not None and (own.kind.id != "facility" or plan.frame.of_facility):
        asked = sorted(FACILITY + name for name in plan.frame.of_facility)
        known = [HERE] if _needs_facility(own, context) else []
        rows = rows.join(context.select(FACILITY_ID, *asked, *known), on=FACILITY_ID, how="left", maintain_order="left")
        if known:
            rows = rows.with_columns(pl.col(PLAIN) & pl.col(HERE).is_not_null())
    rows = _levels(rows, plan.frame)
    return rows.with_columns(**{column.rule.key: column.status for column in plan.columns})


def _needs_facility(own: Layout, context: pl.LazyFrame) -> bool:
    return own.kind.id != "facility" and HERE in context.collect_schema().names()


def _levels(rows: pl.LazyFrame, frame: Frame) -> pl.LazyFrame:
    for level in frame.levels:
        rows = rows.with_columns(**level)
    return rows
