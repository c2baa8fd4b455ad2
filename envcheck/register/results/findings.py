"""The shapes of findings on a register: wide (a row a subject, a column a rule) and long (a row a finding)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import polars as pl

from envcheck.model.finding import Finding
from envcheck.model.rule import MODALITIES, Pack
from envcheck.register.columns.figures import FIGURES, TOLD, governing
from envcheck.register.columns.layout import FACILITY_ID, ID, PLAIN
from envcheck.register.columns.rules import STATUS, Column, Plan
from envcheck.register.judging.row_by_row import Judged
from envcheck.units.quantity import UNBOUNDED

MODALITY = pl.Enum(list(MODALITIES))
SUBJECT = "#subject"
FLAGS = "flags"


def rule_enum(packs: Iterable[Pack]) -> pl.Enum:
    """The keys of all rules as a type."""
    return pl.Enum([rule.key for pack in packs for rule in pack.rules])


def long_schema(rules: pl.Enum) -> dict[str, pl.DataType | type[pl.DataType]]:
    """The columns of long findings."""
    return {
        FACILITY_ID: pl.String, "subject": pl.String, "rule": rules, "status": STATUS, "modality": MODALITY,
        "clause": pl.String, **FIGURES, FLAGS: pl.String,
    }  # fmt: skip


def wide_schema(keys: Iterable[str]) -> dict[str, pl.DataType | type[pl.DataType]]:
    """The columns of wide findings."""
    return {FACILITY_ID: pl.String, ID: pl.String, **dict.fromkeys(keys, STATUS)}


def wide(plan: Plan) -> list[pl.Expr]:
    """The columns of wide findings from judged rows."""
    return [pl.col(FACILITY_ID), pl.col(ID), *(pl.col(column.rule.key) for column in plan.columns)]


def path(kind: str, plural: str) -> pl.Expr:
    """The path of a subject: `facility` or `boilers/B1`."""
    return pl.lit("facility") if kind == "facility" else pl.concat_str(pl.lit(f"{plural}/"), pl.col(ID))


class LongColumns(NamedTuple):
    """The long findings of one rule as columns: those added to a row step by step, and the result."""

    key: str
    steps: Sequence[Sequence[pl.Expr]]
    result: Sequence[pl.Expr]
    read: frozenset[str]
    """The columns that are read, those of its own steps among them."""

    def of(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The findings on the rows that the rule concerns."""
        found = rows.filter(pl.col(self.key) != "not_applicable")
        for step in self.steps:
            found = found.with_columns(step)
        return found.select(self.result)


def long_columns(column: Column, rules: pl.Enum) -> LongColumns:
    """The columns that make long findings of one rule of judged rows."""
    rule, code = column.rule, pl.col(column.rule.key)
    result = [
        pl.col(FACILITY_ID),
        pl.col(SUBJECT).alias("subject"),
        pl.lit(rule.key, rules).alias("rule"),
        code.alias("status"),
        pl.lit(rule.modality, MODALITY).alias("modality"),
        pl.lit(rule.clause).alias("clause"),
        *(pl.col(name) for name in FIGURES),
        _flags(column),
    ]
    steps = list(governing(column.figures, code))
    read = frozenset(name for part in (*steps, result) for one in part for name in one.meta.root_names())
    return LongColumns(rule.key, steps, result, read)


def _flags(column: Column) -> pl.Expr:
    names = [pl.when(here).then(pl.lit(name)) for name, here in column.flags.items()]
    told = pl.concat_str(names, separator=";", ignore_nulls=True) if names else pl.lit("")
    return pl.when(told != "").then(told).alias(FLAGS)


def long(rows: pl.DataFrame, plan: Plan, columns_of: Callable[[str], LongColumns], rules: pl.Enum) -> pl.DataFrame:
    """One row a finding that concerns its subject, rule by rule, from judged rows of one kind.

    ``columns_of`` gives a rule's columns by its key; it is called only for rules that concern a row.
    """
    kind, keys = plan.frame.own.kind, [column.rule.key for column in plan.columns]
    plain = rows.filter(PLAIN).with_columns(path(kind.id, kind.plural).alias(SUBJECT))
    concerned = plain.select((pl.col(key) != "not_applicable").any() for key in keys).row(0) if keys else ()
    asked = [columns_of(key) for key, any_row in zip(keys, concerned, strict=True) if any_row]
    # A frame of thousands of columns is slow to plan with, rule by rule.
    read = {name for one in asked for name in one.read}
    plain = plain.select(name for name in plain.columns if name in read)
    found = [one.of(plain.lazy()) for one in asked]
    return pl.concat([pl.LazyFrame(schema=long_schema(rules)), *found]).collect(engine="in-memory")


# --- facilities judged one by one ------------------------------------------------------------------------------------


def long_of(judged: Sequence[Judged], rules: pl.Enum) -> pl.DataFrame:
    """The same rows for facilities that were judged one by one."""
    rows = [_row(one.facility, f) for one in judged for f in one.findings]
    schema = long_schema(rules)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _row(facility: str, finding: Finding) -> tuple[object, ...]:
    number = finding.comparison
    figures: tuple[object, ...] = (None,) * len(FIGURES)
    if number is not None:
        side = number.measured or UNBOUNDED
        measured = side.high if number.op in ("<", "<=") else side.low
        margin = number.margin.exact if number.margin is not None else None
        figures = (
            None if measured is None else float(measured),
            number.op,
            None if number.limit.exact is None else float(number.limit.exact),
            number.unit or None,
            None if margin is None else float(margin),
        )
    rule = finding.rule
    flags = ";".join(name for name in TOLD if name in finding.flags) or None
    return (facility, finding.subject.path, rule.key, finding.status, rule.modality, rule.clause, *figures, flags)


def wide_of(judged: Sequence[Judged], kind: str, keys: Sequence[str]) -> pl.DataFrame:
    """A row a subject of one kind, for facilities that were judged one by one."""
    rows: list[dict[str, str]] = []
    for one in judged:
        found = {
            subject.path: {FACILITY_ID: one.facility, ID: subject.id, **dict.fromkeys(keys, "not_applicable")}
            for subject in one.whole.subjects()
            if subject.kind == kind
        }
        for finding in one.findings:
            if finding.subject.kind == kind:
                found[finding.subject.path][finding.rule.key] = finding.status
        rows += found.values()
    return pl.DataFrame(rows, schema=wide_schema(keys))
