"""The benchmark's rules as plain good SQL for DuckDB: one statement, a CASE a rule, exact decimals."""

from __future__ import annotations

from pathlib import Path

import duckdb
from ruleset import (
    AS_OF,
    CLEAN,
    DIRTY,
    REGION,
    AtLeast,
    Before,
    CleanFuel,
    Condition,
    Done,
    Either,
    No,
    OneOf,
    Rule,
    Within,
    Yes,
    in_force,
    shortfall,
)

STATUSES = ("pass", "fail", "unknown", "pending", "not_applicable")


def wide(source: Path, target: Path, rules: tuple[Rule, ...]) -> None:
    """One row a boiler, one column a rule."""
    columns = ",\n".join(f'{case(rule)} AS "{rule.id}"' for rule in rules)
    duckdb.sql(f"COPY (SELECT id,\n{columns}\nFROM ({prepared(source)})) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def counts(source: Path, rules: tuple[Rule, ...]) -> dict[str, dict[str, int]]:
    """How many boilers have each status, by rule."""
    columns = ",\n".join(f'{case(rule)} AS "{rule.id}"' for rule in rules)
    told = ",\n".join(f"count_if(\"{rule.id}\" = '{word}')" for rule in rules for word in STATUSES)
    found = duckdb.sql(f"SELECT {told} FROM (SELECT {columns} FROM ({prepared(source)}))").fetchall()[0]
    numbers = iter(found)
    return {rule.id: {word: next(numbers) for word in STATUSES} for rule in rules}


def prepared(source: Path) -> str:
    """The register with its concentrations in hundredths of a mg/m3 and the oxygen in tenths of a percent below air."""
    parts = ['* REPLACE (CASE WHEN NOT isnan("capacity (t/h)") THEN "capacity (t/h)" END AS "capacity (t/h)")']
    for substance in ("NOx", "SO2", "PM"):
        value, oxygen = f'"emissions.{substance} (mg/m3)"', f'"emissions.{substance}.O2 (%)"'
        fits = f"NOT isnan({value}) AND ({oxygen} IS NULL OR {oxygen} < 21)"
        parts.append(f'CASE WHEN {fits} THEN CAST(round({value} * 100) AS BIGINT) END AS "{substance}"')
        parts.append(f'CASE WHEN NOT isnan({oxygen}) THEN 210 - CAST(round({oxygen} * 10) AS BIGINT) END AS "{substance} below air"')
    ammonia = '"emissions.NH3 (mg/m3)"'
    parts.append(f'CASE WHEN NOT isnan({ammonia}) THEN CAST(round({ammonia} * 100) AS BIGINT) END AS "NH3"')
    return f"SELECT {', '.join(parts)} FROM '{source}'"


def case(rule: Rule) -> str:
    """The status of a rule: AND, OR and NOT of SQL are three-valued, and an unknown condition takes no branch."""
    if not in_force(rule):
        return "'not_applicable'"
    concern = " AND ".join([f"starts_with(region, '{REGION}')", *(sql(part) for part in rule.when)])
    told = f"'{shortfall(rule)}'"
    if rule.require:
        required = " AND ".join(sql(part) for part in rule.require)
        if rule.missing_fails:
            required = f"coalesce({required}, false)"
        told = f"CASE WHEN {required} THEN 'pass' WHEN NOT ({required}) THEN {told} ELSE 'unknown' END"
    return f"CASE WHEN {concern} THEN {told} WHEN NOT ({concern}) THEN 'not_applicable' ELSE 'unknown' END"


def sql(condition: Condition) -> str:
    match condition:
        case No(of):
            return f"NOT {sql(of)}"
        case Either(parts):
            return f"({' OR '.join(sql(part) for part in parts)})"
        case OneOf(column, words, negated):
            return f"({column} {'NOT IN' if negated else 'IN'} ({listed(words)}))"
        case AtLeast(capacity):
            return f'("capacity (t/h)" >= {capacity})'
        case Within(substance, limit, ""):
            return f'("{substance}" <= {round(float(limit) * 100)})'
        case Within(substance, limit, reference):
            air = 210 - round(float(reference) * 10)
            return f'("{substance}" * {air} <= coalesce("{substance} below air", {air}) * {round(float(limit) * 100)})'
        case Yes(column):
            return f"({column})"
        case Done(column):
            return f"({column} <= DATE '{AS_OF}')"
        case Before(column, day):
            return f"({column} < DATE '{day}')"
        case CleanFuel():
            return f"(CASE WHEN fuel IN ({listed(CLEAN)}) THEN true WHEN fuel IN ({listed(DIRTY)}) THEN false END)"


def listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
