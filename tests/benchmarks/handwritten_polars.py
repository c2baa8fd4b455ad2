"""The benchmark's rules as a good engineer would write them for this one register in Polars.

Each distinct condition is computed once as a boolean column; dates and the day asked about are folded; concentrations
are held against limits by cross-multiplication on whole numbers (hundredths of a mg/m3, tenths of a percent of oxygen,
which is what this register holds; they stay in doubles, which hold them exactly); everything streams. Words are
compared as the short texts they are: turning them into codes first was measured to cost twice as much.
"""

from __future__ import annotations

from functools import reduce
from pathlib import Path

import polars as pl
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
STATUS = pl.Enum(STATUSES)
BLANKS = [letter for letter in map(chr, range(0x3001)) if letter.isspace()]


def wide(source: Path, target: Path, rules: tuple[Rule, ...]) -> None:
    """One row a boiler, one column a rule."""
    write(statuses(pl.scan_parquet(source), rules, "facility_id", "id"), target)


def counts(source: Path, rules: tuple[Rule, ...]) -> dict[str, dict[str, int]]:
    """How many boilers have each status, by rule."""
    row = counted(statuses(pl.scan_parquet(source), rules), rules).collect(engine="streaming").row(0, named=True)
    return {rule.id: {word: row[f"{rule.id} {word}"] for word in STATUSES} for rule in rules}


def counts_and_ids(source: Path, rules: tuple[Rule, ...]) -> tuple[pl.DataFrame, int, int]:
    """The same counts, how many ids stand twice, and how many rows have one with a blank or a slash, or none."""
    ids = (pl.col("facility_id"), pl.col("id"))
    table = statuses(pl.scan_parquet(source), rules, "facility_id", "id").cache()
    unfit = pl.any_horizontal(one.str.contains_any([*BLANKS, "/"]) | one.is_null() | (one == "") for one in ids)
    told, marks = pl.collect_all(
        [
            counted(table, rules, unfit.sum().alias("unfit")),
            table.select((ids[0].hash() * 3 + ids[1].hash(1)).alias("mark")),
        ],
        engine="streaming",
    )
    return told, marks.height - marks["mark"].n_unique(), told["unfit"].item()


def counted(table: pl.LazyFrame, rules: tuple[Rule, ...], *more: pl.Expr) -> pl.LazyFrame:
    told = [(pl.col(rule.id) == word).sum().alias(f"{rule.id} {word}") for rule in rules for word in STATUSES]
    return table.select(*told, *more)


def write(table: pl.LazyFrame, target: Path) -> None:
    """Write small codes in long runs: a higher level of compression and statistics cost more than they save."""
    table.sink_parquet(target, compression="zstd", compression_level=1, statistics=False)


def statuses(register: pl.LazyFrame, rules: tuple[Rule, ...], *ids: str) -> pl.LazyFrame:
    """The statuses of every row, with the columns `ids` before them."""
    names = {atom: f"a{place}" for place, atom in enumerate(atoms(rules))}
    substances = {atom.substance for atom in names if isinstance(atom, Within)}
    prepared = register.with_columns(part for substance in sorted(substances) for part in whole_numbers(substance))
    conditions = [in_region().alias("in_region"), *(plain(atom).alias(name) for atom, name in names.items())]
    return prepared.select(*ids, *conditions).select(*ids, *(verdict(rule, names).alias(rule.id) for rule in rules))


def whole_numbers(substance: str) -> list[pl.Expr]:
    """A concentration in hundredths of a mg/m3, and the oxygen in tenths of a percent that air has more than the gas."""
    value = (pl.col(f"emissions.{substance} (mg/m3)").fill_nan(None) * 100).round()
    if substance == "NH3":
        return [value.alias("NH3")]
    oxygen = pl.col(f"emissions.{substance}.O2 (%)")
    below_air = 210 - (oxygen.fill_nan(21) * 10).round()
    return [
        pl.when(oxygen.is_null() | (below_air > 0)).then(value).alias(substance),
        below_air.alias(f"{substance} below air"),
    ]


def in_region() -> pl.Expr:
    return pl.col("region").str.starts_with(REGION)


def plain(atom: Plain) -> pl.Expr:
    """A plain condition; null where it is unknown."""
    match atom:
        case OneOf(column, (word,), negated):
            return pl.col(column) != word if negated else pl.col(column) == word
        case OneOf(column, words, _):
            return pl.col(column).is_in(list(words))
        case AtLeast(capacity):
            return pl.col("capacity (t/h)").fill_nan(None) >= capacity
        case Within(substance, limit, ""):
            return pl.col(substance) <= round(float(limit) * 100)
        case Within(substance, limit, reference):
            air = 210 - round(float(reference) * 10)
            return pl.col(substance) * air <= pl.col(f"{substance} below air").fill_null(air) * round(
                float(limit) * 100
            )
        case Yes(column):
            return pl.col(column)
        case Done(column):
            return pl.col(column) <= AS_OF
        case Before(column, day):
            return pl.col(column) < day
        case CleanFuel():
            fuel = pl.col("fuel")
            return pl.when(fuel.is_in(CLEAN)).then(True).when(fuel.is_in(DIRTY)).then(False)


def holds(condition: Condition, names: dict[Plain, str]) -> pl.Expr:
    match condition:
        case No(of):
            return ~pl.col(names[of])
        case Either(parts):
            return reduce(lambda one, other: one | other, (holds(part, names) for part in parts))
        case _:
            return pl.col(names[condition])


def verdict(rule: Rule, names: dict[Plain, str]) -> pl.Expr:
    """The status of a rule: `&` and `|` of Polars are three-valued, and an unknown condition takes no branch.

    Asking `is_null` before the contrary was measured to be quicker than asking for the contrary itself.
    """
    if not in_force(rule):
        return pl.lit("not_applicable", STATUS)
    concern = reduce(lambda one, other: one & other, (holds(part, names) for part in rule.when), pl.col("in_region"))
    bad, good = pl.lit(shortfall(rule), STATUS), pl.lit("pass", STATUS)
    unknown, absent = pl.lit("unknown", STATUS), pl.lit("not_applicable", STATUS)
    told = bad
    if rule.require:
        required = reduce(lambda one, other: one & other, (holds(part, names) for part in rule.require))
        if rule.missing_fails:
            required = required.fill_null(False)
        told = pl.when(required).then(good).when(required.is_null()).then(unknown).otherwise(bad)
    return pl.when(concern).then(told).when(concern.is_null()).then(unknown).otherwise(absent)
