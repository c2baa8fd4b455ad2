"""The benchmark's rules as good SQL for DuckDB: one statement, each condition once, a CASE a rule, whole numbers.

The steps are nested selects, which DuckDB works through vector by vector: about a third quicker than one CASE that
repeats its conditions. Statuses are an ENUM, because text would cost six times as much to write.
"""

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
    Plain,
    Rule,
    Within,
    Yes,
    atoms,
    in_force,
    shortfall,
)

STATUSES = ("pass", "fail", "unknown", "pending", "not_applicable")


def wide(source: Path, target: Path, rules: tuple[Rule, ...]) -> None:
    """One row a boiler, one column a rule."""
    query = statuses(source, rules)
    connected().execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def counts(source: Path, rules: tuple[Rule, ...]) -> dict[str, dict[str, int]]:
    """How many boilers have each status, by rule."""
    told = ",\n".join(f"count_if(\"{rule.id}\" = '{word}')" for rule in rules for word in STATUSES)
    found = connected().execute(f"SELECT {told} FROM ({statuses(source, rules)})").fetchall()[0]
    numbers = iter(found)
    return {rule.id: {word: next(numbers) for word in STATUSES} for rule in rules}


def connected() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"CREATE TYPE status AS ENUM {STATUSES}")
    return connection


def statuses(source: Path, rules: tuple[Rule, ...]) -> str:
    """The statement, in steps: whole numbers, conditions, what concerns and what holds, statuses."""
    names = {atom: f"a{place}" for place, atom in enumerate(atoms(rules))}
    conditions = [
        f"starts_with(region, '{REGION}') AS in_region",
        *(f"{sql(a)} AS {name}" for a, name in names.items()),
    ]
    truths, told = [], []
    for place, rule in enumerate(rules):
        truths += both(rule, place, names)
        told.append(f'{case(rule, place)} AS "{rule.id}"')
    steps = (prepared(source), *(f"SELECT facility_id, id, {', '.join(parts)}" for parts in (conditions, truths, told)))
    return " FROM (".join(reversed(steps)) + ")" * (len(steps) - 1)


def prepared(source: Path) -> str:
    """The register with its concentrations in hundredths of a mg/m3 and the oxygen in tenths of a percent below air."""
    parts = ['* REPLACE (CASE WHEN NOT isnan("capacity (t/h)") THEN "capacity (t/h)" END AS "capacity (t/h)")']
    for substance in ("NOx", "SO2", "PM"):
        value, oxygen = f'"emissions.{substance} (mg/m3)"', f'"emissions.{substance}.O2 (%)"'
        fits = f"NOT isnan({value}) AND ({oxygen} IS NULL OR {oxygen} < 21)"
        parts.append(f'CASE WHEN {fits} THEN CAST(round({value} * 100) AS BIGINT) END AS "{substance}"')
        parts.append(
            f'CASE WHEN NOT isnan({oxygen}) THEN 210 - CAST(round({oxygen} * 10) AS BIGINT) END AS "{substance} below air"'
        )
    ammonia = '"emissions.NH3 (mg/m3)"'
    parts.append(f'CASE WHEN NOT isnan({ammonia}) THEN CAST(round({ammonia} * 100) AS BIGINT) END AS "NH3"')
    return f"SELECT {', '.join(parts)} FROM '{source}'"


def both(rule: Rule, place: int, names: dict[Plain, str]) -> list[str]:
    """Whether a rule concerns a row and whether it holds: AND, OR and NOT of SQL are three-valued."""
    if not in_force(rule):
        return []
    found = [f"{' AND '.join(['in_region', *(named(part, names) for part in rule.when)])} AS concern{place}"]
    if rule.require:
        required = " AND ".join(named(part, names) for part in rule.require)
        if rule.missing_fails:
            required = f"coalesce({required}, false)"
        found.append(f"{required} AS holds{place}")
    return found


def case(rule: Rule, place: int) -> str:
    """The status of a rule; an unknown condition takes no branch."""
    good, bad, unknown, absent = (
        f"'{word}'::status" for word in ("pass", shortfall(rule), "unknown", "not_applicable")
    )
    if not in_force(rule):
        return absent
    concern, holds = f"concern{place}", f"holds{place}"
    told = f"CASE WHEN {holds} THEN {good} WHEN NOT {holds} THEN {bad} ELSE {unknown} END" if rule.require else bad
    return f"CASE WHEN {concern} THEN {told} WHEN NOT {concern} THEN {absent} ELSE {unknown} END"


def named(condition: Condition, names: dict[Plain, str]) -> str:
    match condition:
        case No(of):
            return f"NOT {names[of]}"
        case Either(parts):
            return f"({' OR '.join(named(part, names) for part in parts)})"
        case _:
            return names[condition]


def sql(atom: Plain) -> str:
    match atom:
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
