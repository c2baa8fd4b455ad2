"""The rules of the benchmark: one declarative list about boilers, from which the competitors and the YAML pack are made.

    python tests/benchmarks/ruleset.py [RULES] [FOLDER]     # writes the pack (default: 50 rules into pack/)

The rules are made up, in the manner of the shipped packs: few conditions shared by many rules.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

AS_OF = date(2026, 6, 1)
REGION = "15"
"""The pack binds this region and all below it."""
PAST, FUTURE = date(2025, 12, 31), date(2027, 12, 31)
SIZES = (10, 25, 50, 100, 300)

# --- conditions ------------------------------------------------------------------------------------------------------


class OneOf(NamedTuple):
    """A word is (not) among others."""

    column: str
    words: tuple[str, ...]
    negated: bool = False

    @property
    def text(self) -> str:
        if len(self.words) == 1:
            return f"{self.column} {'!=' if self.negated else '=='} {self.words[0]}"
        return f"{self.column} {'not in' if self.negated else 'in'} [{', '.join(self.words)}]"


class AtLeast(NamedTuple):
    """A rated capacity in t/h reaches a number."""

    capacity: int

    @property
    def text(self) -> str:
        return f"capacity >= {self.capacity} t/h"


class Within(NamedTuple):
    """A concentration in mg/m3 keeps a limit, at a reference oxygen content in percent or as measured."""

    substance: str
    limit: str
    reference: str = ""

    @property
    def text(self) -> str:
        at = f" @ {self.reference} % O2" if self.reference else ""
        return f"emissions.{self.substance} <= {self.limit} mg/m3{at}"


class Yes(NamedTuple):
    """A yes-or-no attribute."""

    column: str

    @property
    def text(self) -> str:
        return self.column


class Done(NamedTuple):
    """An event that has happened by the day asked about."""

    column: str

    @property
    def text(self) -> str:
        return self.column


class Before(NamedTuple):
    """A date lies before a day."""

    column: str
    day: date

    @property
    def text(self) -> str:
        return f"{self.column} < {self.day}"


class CleanFuel(NamedTuple):
    """The definition `clean_fuel`: fuels that are in neither list are unknown."""

    @property
    def text(self) -> str:
        return "clean_fuel"


class No(NamedTuple):
    """The contrary."""

    of: Plain

    @property
    def text(self) -> str:
        return f"not {self.of.text}"


class Either(NamedTuple):
    """At least one of them."""

    parts: tuple[Plain | No, ...]

    @property
    def text(self) -> str:
        return " or ".join(part.text for part in self.parts)


Plain = OneOf | AtLeast | Within | Yes | Done | Before | CleanFuel
Condition = Plain | No | Either


class Rule(NamedTuple):
    """Whom it concerns (all of `when`), what it demands (all of `require`; nothing: a flat ban), and the dates."""

    id: str
    when: tuple[Condition, ...]
    require: tuple[Condition, ...]
    due: date | None = None
    start: date | None = None
    missing_fails: bool = False


CLEAN = ("natural_gas", "electricity", "hydrogen", "solar", "geothermal", "waste_heat")
DIRTY = ("coal", "coke", "petroleum_coke", "heavy_oil")
GAS, COAL, BIOMASS = OneOf("fuel", ("natural_gas",)), OneOf("fuel", ("coal",)), OneOf("fuel", ("biomass",))
OIL = OneOf("fuel", ("oil", "heavy_oil", "diesel"))
HIGH_POLLUTION = OneOf("fuel", ("coal", "petroleum_coke", "heavy_oil"))
RUNNING, EXISTING = OneOf("status", ("retired",), negated=True), OneOf("status", ("existing",))
NEW = OneOf("status", ("new", "expansion", "reconstruction"))
TOWN = OneOf("zone", ("urban_built_up", "county_built_up"))
PARK = OneOf("zone", ("industrial_park",))
HEATING = OneOf("industry", ("heating", "thermal_power"))
SMALL, MEDIUM, LARGE, HUGE = AtLeast(1), AtLeast(10), AtLeast(35), AtLeast(65)
NETWORK, POOR, HOT_WATER = Yes("in_heating_network"), Yes("poor_fuel"), Yes("hot_water")
RETROFIT, TREATED = Done("low_nox_retrofit"), Done("deep_treatment")
OLD, BEFORE_2020 = Before("commissioned", date(2006, 1, 1)), Before("commissioned", date(2020, 1, 1))


def nox(limit: str, reference: str) -> Within:
    return Within("NOx", limit, reference)


def so2(limit: str, reference: str) -> Within:
    return Within("SO2", limit, reference)


def pm(limit: str, reference: str) -> Within:
    return Within("PM", limit, reference)


# Twenty rules on limits, twenty on bans, dates and equipment, ten that mix them.
BASE: tuple[Rule, ...] = (
    Rule("gas-town-nox-30", (GAS, SMALL, TOWN), (nox("30", "3.5"),), PAST),
    Rule("gas-nox-50", (GAS, SMALL), (nox("50", "3.5"),)),
    Rule("gas-large-nox-30", (GAS, LARGE, RUNNING), (nox("30", "3.5"),), FUTURE),
    Rule("gas-so2-10", (GAS, SMALL), (so2("10", "3.5"),)),
    Rule("gas-new-so2-10", (GAS, NEW), (so2("10", "3.5"),), FUTURE),
    Rule("gas-pm-5", (GAS, TOWN), (pm("5", "3.5"),), FUTURE),
    Rule("gas-all", (GAS, SMALL, RUNNING), (nox("50", "3.5"), so2("10", "3.5"), pm("5", "3.5"))),
    Rule("coal-nox-200", (COAL, RUNNING), (nox("200", "9"),)),
    Rule("coal-large-nox-50", (COAL, HUGE), (nox("50", "6"),), PAST),
    Rule("coal-so2-200", (COAL, RUNNING), (so2("200", "9"),)),
    Rule("coal-large-so2-35", (COAL, HUGE), (so2("35", "6"),), PAST),
    Rule("coal-pm-30", (COAL, RUNNING), (pm("30", "9"),)),
    Rule("coal-large-pm-10", (COAL, HUGE), (pm("10", "6"),), PAST),
    Rule("coal-ultra-low", (COAL, HUGE, RUNNING), (nox("50", "6"), so2("35", "6"), pm("10", "6")), FUTURE),
    Rule("biomass-nox-200", (BIOMASS, SMALL), (nox("200", "9"),)),
    Rule("biomass-town-pm-10", (BIOMASS, TOWN), (pm("10", "9"),), FUTURE),
    Rule("biomass-so2-35", (BIOMASS, RUNNING), (so2("35", "9"),)),
    Rule("oil-nox-250", (OIL, RUNNING), (nox("250", "3.5"),)),
    Rule("oil-pm-30", (OIL, SMALL), (pm("30", "3.5"),)),
    Rule("ammonia-slip", (TREATED, MEDIUM), (Within("NH3", "2.5"),)),
    Rule("no-new-coal-in-town", (COAL, NEW, TOWN), ()),
    Rule("no-new-small-coal", (COAL, NEW, No(LARGE)), ()),
    Rule("no-dirty-fuel-in-town", (HIGH_POLLUTION, TOWN, RUNNING), (), PAST),
    Rule("no-small-coal", (COAL, No(MEDIUM), RUNNING), (), FUTURE),
    Rule("no-poor-fuel", (), (No(POOR),)),
    Rule("no-oil-in-park", (OIL, PARK, NEW), ()),
    Rule("clean-in-town", (TOWN, NEW), (CleanFuel(),)),
    Rule("clean-in-network", (NETWORK, No(MEDIUM), RUNNING), (CleanFuel(),), FUTURE),
    Rule("low-nox-town", (GAS, TOWN, EXISTING), (RETROFIT,), PAST),
    Rule("low-nox-everywhere", (GAS, EXISTING), (RETROFIT,), FUTURE),
    Rule("deep-treatment-large", (COAL, LARGE, EXISTING), (TREATED,), PAST),
    Rule("deep-treatment-recorded", (COAL, HUGE), (TREATED,), PAST, missing_fails=True),
    Rule("old-boilers-go", (OLD, No(LARGE)), (No(RUNNING),), PAST),
    Rule("old-coal-goes", (OLD, COAL), (No(RUNNING),), FUTURE),
    Rule("hot-water-clean", (HOT_WATER, TOWN), (CleanFuel(),), PAST),
    Rule("network-first", (NETWORK, COAL, No(LARGE)), (No(RUNNING),), PAST),
    Rule("country-no-heavy-oil", (No(TOWN), OIL), (CleanFuel(),), FUTURE),
    Rule("park-large-only", (PARK, COAL, RUNNING), (MEDIUM,)),
    Rule("heating-large-only", (HEATING, COAL, NEW), (HUGE,)),
    Rule("not-in-force-yet", (GAS, RUNNING), (nox("30", "3.5"),), start=date(2028, 1, 1)),
    Rule("retrofit-or-clean-gas", (GAS, EXISTING, SMALL), (Either((RETROFIT, nox("30", "3.5"))),), PAST),
    Rule("treated-or-ultra-low", (COAL, LARGE), (Either((TREATED, nox("50", "6"))),), FUTURE),
    Rule("heating-so2", (HEATING, COAL), (so2("35", "6"), No(POOR))),
    Rule("before-2020-nox", (BEFORE_2020, GAS, RUNNING), (nox("80", "3.5"),)),
    Rule("since-2020-nox", (No(BEFORE_2020), GAS, RUNNING), (nox("30", "3.5"),)),
    Rule("town-dust", (TOWN, No(CleanFuel()), RUNNING), (pm("10", "9"),), FUTURE),
    Rule("park-network", (PARK, EXISTING, No(MEDIUM)), (Either((NETWORK, CleanFuel())),), FUTURE),
    Rule("large-all-treated", (LARGE, No(CleanFuel()), EXISTING), (TREATED, RETROFIT), PAST),
    Rule("hot-water-dust", (HOT_WATER, COAL), (pm("30", "9"),)),
    Rule("biomass-town-new", (BIOMASS, TOWN, NEW), (pm("10", "9"), nox("150", "9")), PAST),
)
EXTRA: tuple[Condition, ...] = (HEATING, HOT_WATER, No(HOT_WATER))


def rules(number: int) -> tuple[Rule, ...]:
    """So many rules: spread over the fifty, or the fifty and variants with stricter limits or one more condition."""
    if number <= len(BASE):
        return tuple(BASE[i * len(BASE) // number] for i in range(number))
    rounds = -(-number // len(BASE))
    return tuple(_variant(rule, turn) for turn in range(rounds) for rule in BASE)[:number]


def _variant(rule: Rule, turn: int) -> Rule:
    """The rule with limits of one of three severities, from the third turn on also with one more condition."""
    if turn == 0:
        return rule
    severity = turn % 3
    require = tuple(_stricter(part, severity) for part in rule.require)
    more = (EXTRA[turn % len(EXTRA)],) if turn >= 3 else ()
    return rule._replace(id=f"{rule.id}-v{turn}", when=(*rule.when, *more), require=require)


def _stricter(condition: Condition, severity: int) -> Condition:
    if isinstance(condition, Within) and severity:
        tenths = round(float(condition.limit) * (10 - 2 * severity))
        return condition._replace(limit=f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10))
    if isinstance(condition, Either):
        return Either(tuple(_stricter(part, severity) for part in condition.parts))  # type: ignore[misc]
    return condition


def atoms(chosen: tuple[Rule, ...]) -> tuple[Plain, ...]:
    """The distinct plain conditions of rules, in the order of their first use."""
    found: dict[Plain, None] = {}
    for rule in chosen:
        for condition in (*rule.when, *rule.require):
            for part in condition.parts if isinstance(condition, Either) else (condition,):
                found[part.of if isinstance(part, No) else part] = None
    return tuple(found)


# --- the same as YAML ------------------------------------------------------------------------------------------------


def pack_id(number: int) -> str:
    return f"bench-{number}"


def write_pack(folder: Path, number: int) -> Path:
    """Write the pack of so many rules; the folder is for `--rules`."""
    folder.mkdir(parents=True, exist_ok=True)
    header = f"""\
# Made by tests/benchmarks/ruleset.py: made-up rules to measure with, not a plan.
format: envcheck/pack/1
id: {pack_id(number)}
version: "1"
plan:
  title: {{zh: 测速用规则（虚构）, en: Rules to measure with (fictional)}}
  issuer: {{zh: 测速, en: Benchmark}}
region: "{REGION}"
period: {{from: 2020-01-01}}
reviewed_on: 2026-06-01
definitions:
  clean_fuel:
    subject: boiler
    title: {{zh: 燃料属清洁能源, en: the fuel is clean energy}}
    holds: fuel in [{", ".join(CLEAN)}]
    fails: fuel in [{", ".join(DIRTY)}]
"""
    (folder / "pack.yaml").write_text(header, encoding="utf-8")
    parts = ["# Made by tests/benchmarks/ruleset.py.", "format: envcheck/rules/1", "rules:"]
    parts += [_yaml(rule, place) for place, rule in enumerate(rules(number), 1)]
    (folder / "rules.yaml").write_text("\n".join(parts) + "\n", encoding="utf-8")
    return folder


def _yaml(rule: Rule, place: int) -> str:
    require = [condition.text for condition in rule.require]
    lines = [
        f"  - id: {rule.id}",
        f'    clause: "{place}"',
        f"    covers: [bench-{place:03d}]",
        f"    title: {{zh: {rule.id}, en: {rule.id}}}",
        "    subject: boiler",
        *(["    when:", *(f'      - "{condition.text}"' for condition in rule.when)] if rule.when else []),
        *(["    require:", *(f'      - "{text}"' for text in require)] if require else ["    require: never"]),
        "    modality: must",
        *([f"    from: {rule.start}"] if rule.start else []),
        *([f"    due: {rule.due}"] if rule.due else []),
        *(["    missing: fail"] if rule.missing_fails else []),
    ]
    return "\n".join(lines)


def in_force(rule: Rule, as_of: date = AS_OF) -> bool:
    return rule.start is None or as_of >= rule.start


def shortfall(rule: Rule, as_of: date = AS_OF) -> str:
    """What a requirement that does not hold is called on a day."""
    return "pending" if rule.due is not None and as_of < rule.due else "fail"


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)) // timedelta(days=1)


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent / "pack"
    print(write_pack(target, size), f"{size} rules, {len(atoms(rules(size)))} distinct conditions")
