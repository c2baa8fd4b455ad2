"""The shipped limit tables: each holds together, and nobody passes on part of a standard or on a row past its end."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import combinations, product
from pathlib import Path

import pytest
import yaml

from envcheck.files import source
from envcheck.judging.judge import judge
from envcheck.judging.situation import Situation
from envcheck.rulebook import loading
from envcheck.text.problems import InputError
from envcheck.units.quantity import unit_key
from envcheck.vocabulary import files
from support import read_facility, rule, small_pack

FILES = sorted((Path(loading.shipped_rules()) / "standards").glob("*.yaml"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in FILES}
TABLES = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
ENDED = {("gb3095-class-1", "TSP"), ("gb3095-class-2", "TSP")}
"""Limits that the next edition of the standard dropped: table and substance."""


def several(value):
    return value if isinstance(value, list) else [value]


def rows(table):
    """The rows of a table by process and substance."""
    found = defaultdict(list)
    for row in table["limits"]:
        for key in product(several(row["process"]), several(row["substance"])):
            found[key].append(row)
    return found


def days(row):
    return row.get("from", date.min), row.get("until", date.max)


@pytest.mark.parametrize("name", TABLES)
def test_rows_under_one_condition_neither_overlap_nor_leave_a_gap(name):
    for (process, substance), found in rows(TABLES[name]).items():
        for one, other in combinations(found, 2):
            if one.get("when") == other.get("when"):
                (a, b), (c, d) = sorted((days(one), days(other)))
                assert b < c, f"{process} {substance}: from {a} until {b} and from {c} until {d}"
        if (name, substance) in ENDED:
            continue
        starts = {days(row)[0] for row in found}
        for row in found:
            if "until" in row:
                assert row["until"] + timedelta(1) in starts, (
                    f"{process} {substance} ends on {row['until']}: no successor"
                )


def test_tables_of_one_standard_ask_for_the_same_substances_of_a_process():
    """A table that lacks what its sister limits would let a stack pass on part of the standard."""
    tables = {
        name: table for name, table in TABLES.items() if not name.startswith("gb18918-")
    }  # 1A and 1B beside category 1
    found = defaultdict(dict)
    for name, table in tables.items():
        for process, substance in rows(table):
            found[table["document"], process].setdefault(name, set()).add(substance)
    for (document, process), asked in found.items():
        every = set().union(*asked.values())
        for name, substances in asked.items():
            assert substances == every, f"{name} lacks {sorted(every - substances)} of {process} ({document})"


@pytest.mark.parametrize("name", TABLES)
def test_every_row_says_where_it_was_read(name):
    head = TEXTS[name].split("format:")[0]
    for row in TABLES[name]["limits"]:
        told = str(row.get("source", ""))
        assert told, row
        if row["confidence"] == "confirmed":
            assert told.startswith("["), row
            assert ("max" in row) or ("min" in row), row
        if told.startswith("[secondary]") and "public source text" not in told:
            assert f"# {told.split()[1]}:" in head, told


def test_a_standard_that_was_replaced_judges_by_its_old_numbers_no_longer():
    """The dryers of cement works after the amendment, coking after GB 16171.1-2024."""
    for name, day in (("cement-special", date(2026, 4, 1)), ("cement-new", date(2026, 4, 1))):
        for (process, _), found in rows(TABLES[name]).items():
            if process == "dryer_independent_heat":
                assert {r["confidence"] for r in found if days(r)[1] >= day} == {"unsure"}
    for name in ("coking-special", "coking-new"):
        for key, found in rows(TABLES[name]).items():
            assert {r["confidence"] for r in found if days(r)[1] >= date(2027, 1, 1)} == {"unsure"}, key


def test_every_process_tells_its_trades_and_no_two_share_a_spelling(words):
    spelled = {}
    for choice in words.choices["process"].values():
        assert choice.trades, choice.id
        assert "any" not in choice.trades or choice.trades == ("any",), choice.id
        for word in {unit_key(w) for w in (choice.id, *choice.label, *choice.aliases)}:
            assert spelled.setdefault(word, choice.id) == choice.id, word
    assert words.choices["process"]["lime_kiln"].trades == ("lime", "steel", "calcium_carbide", "aluminium")
    for general in ("other", "stack", "all_stacks", "process_stack", "other_sources", "other_facilities"):
        assert words.choices["process"][general].trades == ("any",)
    assert not set(words.choices["trade"]) & set(words.choices["industry"])


def test_an_unknown_trade_is_told():
    text = """
format: envcheck/vocabulary/1
choices:
  industry: {steel: {zh: 钢铁, en: steel}}
  trade: {any: {zh: 各行业, en: any}}
  process: {kiln: {zh: 窑, en: kiln, trades: [steel, any, stele]}}
kinds: {facility: {plural: facility, zh: 单位, en: facility, attributes: {}}}
"""
    with pytest.raises(InputError) as error:
        files.read([source.read_bytes(text.encode(), "words.yaml")])
    (problem,) = error.value.problems
    assert "unknown trade stele" in problem.within("en")
    assert "steel" in problem.within("en")
    found = files.read([source.read_bytes(text.replace(", stele", "").encode(), "words.yaml")])
    assert found.choices["process"]["kiln"].trades == ("steel", "any")


def test_what_a_word_cannot_imply_is_told():
    text = """
format: envcheck/vocabulary/1
choices:
  status: {new: {zh: 新, en: new, aliases: [拟建], implies: {拟建: {stage: built}}}}
  stage: {proposed: {zh: 拟, en: proposed}}
kinds: {facility: {plural: facility, zh: 单位, en: facility, attributes: {stage: {type: choice, choices: stage, zh: 阶段, en: stage}}}}
"""
    with pytest.raises(InputError) as error:
        files.read([source.read_bytes(text.encode(), "words.yaml")])
    (problem,) = error.value.problems
    assert "拟建 implies stage: built, which no subject can state" in problem.within("en")
    found = files.read([source.read_bytes(text.replace("built", "proposed").encode(), "words.yaml")])
    assert found.implied("status", "拟建") == (("拟建", "stage", "proposed"),)
    assert found.implied("status", "新") == ()


def test_a_row_may_name_several_processes_and_substances(words):
    head = "format: envcheck/standard/1\nid: t\ntitle: {zh: 表, en: t}\ndocument: d\nmedium: air\nlimits:\n"
    row = "  - {process: [cement_kiln, PROCESS], substance: [PM, SO2], max: 10 mg/m3, confidence: known}\n"
    from envcheck.rulebook import limit_tables

    with pytest.raises(InputError) as error:
        limit_tables.read([source.read_bytes((head + row).encode(), "t.yaml")], words)
    assert ["unknown process PROCESS" in p.within("en") for p in error.value.problems] == [True, True]


def status(words, table, outlet, as_of="2026-11-30", facility="", kind="outlet", path="emissions"):
    require = f"{path} within {table}" if " within " not in table else table
    pack = small_pack(rule(require, "", kind))
    text = f"format: envcheck/facility/1\nid: plant\nregion: '150203'\n{facility}\n{kind}s: [{{id: S1, {outlet}}}]\n"
    plant = read_facility(text, words)
    subject = next(s for s in plant.subjects() if s.kind == kind)
    return judge(pack.rules[0], pack, Situation(plant, subject, date.fromisoformat(as_of), pack.definitions)).status


DRYER = "process: dryer_independent_heat, emissions: {PM: 5 mg/m3, SO2: 390 mg/m3, NOx: 290 mg/m3}"
OVEN = "process: coke_oven_stack, emissions: {PM: 14 mg/m3, SO2: 29 mg/m3, NOx: 149 mg/m3}"
OVER = "process: coke_oven_stack, emissions: {PM: 14 mg/m3, SO2: 29 mg/m3, NOx: 151 mg/m3}"
OLD, NEW = "commissioned: 2015-06-30", "commissioned: 2026-01-01"
GAS = "PM: 20 mg/m3, SO2: 50 mg/m3, NOx: 150 mg/m3"
CLEAN = "PM: 8 mg/m3, SO2: 50 mg/m3, NOx: 50 mg/m3, Cl2: 1 mg/m3, HCl: 1 mg/m3, As: 0.1 mg/m3, Pb: 0.1 mg/m3, Hg: 0.01 mg/m3, Cd: 0.1 mg/m3"
HALOGEN = "inorganic_sector: halogen"


@pytest.mark.parametrize(
    ("table", "outlet", "as_of", "facility", "expected"),
    [
        # the amendment of GB 4915 holds from 2026-04-01, its oxygen was not seen
        ("cement-special", DRYER, "2026-03-31", "", "pass"),
        ("cement-special", DRYER, "2026-04-01", "", "unknown"),
        ("cement-special", DRYER, "2026-11-30", "", "unknown"),
        ("cement-new", DRYER, "2026-11-30", "", "unknown"),
        ("cement-special", "process: dryer_mill_coal_mill_cooler, independent_heat_source: yes, emissions: {PM: 5 mg/m3, SO2: 390 mg/m3, NOx: 290 mg/m3}", "2026-11-30", "", "unknown"),
        ("cement-special", "process: dryer_mill_coal_mill_cooler, independent_heat_source: no, emissions: {PM: 5 mg/m3}", "2026-11-30", "", "pass"),
        # GB 16171.1-2024 binds new plants from 2025-04-01, all from 2027-01-01
        ("coking-special", OVEN, "2026-11-30", OLD, "pass"),
        ("coking-special", OVER, "2026-11-30", OLD, "fail"),
        ("coking-special", OVEN, "2026-12-31", OLD, "pass"),
        ("coking-special", OVEN, "2027-01-01", OLD, "unknown"),
        ("coking-special", OVER, "2027-01-01", OLD, "unknown"),
        ("coking-special", OVEN, "2026-11-30", NEW, "unknown"),
        ("coking-special", OVER, "2026-11-30", NEW, "unknown"),
        ("coking-special", OVEN, "2026-11-30", "commissioned: 2025-04-01", "unknown"),
        ("coking-special", OVEN, "2026-11-30", "commissioned: 2025-03-31", "pass"),
        ("coking-special", OVEN, "2026-11-30", "", "unknown"),
        ("coking-special", OVER, "2026-11-30", "", "fail"),
        ("coking-special", OVEN, "2025-03-31", "", "pass"),
        ("coking-special", f"{OVEN}, status: new", "2026-11-30", OLD, "unknown"),
        ("coking-special", OVEN, "2026-11-30", f"{OLD}\ncoke_ovens: [{{id: K1}}, {{id: K2, {NEW}}}]", "unknown"),
        ("coking-special", OVEN, "2026-11-30", f"{OLD}\ncoke_ovens: [{{id: K1}}]", "pass"),
        # before the opinion of January 2024 there was no figure
        ("coking-ultra-low", OVER, "2023-06-01", "", "unknown"),
        ("coking-ultra-low", OVER, "2024-06-01", "", "fail"),
        # blackness is an item of every row of GB 13271 and GB 13223
        ("boiler-special", f"process: gas_boiler, emissions: {{{GAS}}}", "2026-11-30", "", "unknown"),
        ("boiler-special", f"process: gas_boiler, emissions: {{{GAS}, blackness: 1}}", "2026-11-30", "", "pass"),
        ("boiler-special", f"process: gas_boiler, emissions: {{{GAS}, 林格曼黑度: 3}}", "2026-11-30", "", "fail"),
        ("boiler-special", "process: all_boilers, emissions: {blackness: 1}", "2026-11-30", "", "pass"),
        ("thermal-power-special", "process: gas_turbine, emissions: {PM: 1 mg/m3, SO2: 1 mg/m3, NOx: 1 mg/m3}", "2026-11-30", "", "unknown"),
        ("thermal-power-special", "process: gas_turbine, emissions: {blackness: 3}", "2026-11-30", "", "fail"),
        # GB 31573: metals of every stack, the other items by branch whatever the stack
        ("inorganic-chemicals-special", f"process: process_stack, emissions: {{{CLEAN}}}", "2026-11-30", HALOGEN, "pass"),
        ("inorganic-chemicals-special", f"process: process_stack, emissions: {{{CLEAN.replace('Pb: 0.1', 'Pb: 50')}}}", "2026-11-30", HALOGEN, "fail"),
        ("inorganic-chemicals-special", f"process: process_stack, emissions: {{{CLEAN.replace(', Cd: 0.1 mg/m3', '')}}}", "2026-11-30", HALOGEN, "unknown"),
        ("inorganic-chemicals-special", f"process: other, emissions: {{{CLEAN.replace('HCl: 1', 'HCl: 500')}}}", "2026-11-30", HALOGEN, "fail"),
        ("inorganic-chemicals-special", f"process: all_stacks, emissions: {{{CLEAN}, NH3: 90 mg/m3, HCN: 9 mg/m3}}", "2026-11-30", HALOGEN, "pass"),
        ("inorganic-chemicals-special", f"process: all_stacks, emissions: {{{CLEAN}, NH3: 90 mg/m3}}", "2026-11-30", "inorganic_sector: fluorine", "fail"),
        ("inorganic-chemicals-special", f"process: all_stacks, emissions: {{{CLEAN}, NH3: 90 mg/m3}}", "2026-11-30", "", "unknown"),
        ("inorganic-chemicals-special", f"process: process_stack, emissions: {{{CLEAN}, H2S: 1 mg/m3, F: 3.1 mg/m3}}", "2026-11-30", "inorganic_sector: cobalt", "fail"),
        ("inorganic-chemicals-special", f"process: process_stack, emissions: {{{CLEAN}, H2S: 1 mg/m3, HCN: 0.1 mg/m3}}", "2026-11-30", "inorganic_sector: heavy_metal", "unknown"),
        # no pass on one substance of a process
        ("ferroalloy-special", "process: chromium_alloy_process, emissions: {Cr: 1 mg/m3, PM: 300 mg/m3}", "2026-11-30", "", "unknown"),
        ("steel-special", "process: electroslag_remelting, emissions: {F: 2 mg/m3, PM: 300 mg/m3}", "2026-11-30", "", "fail"),
        ("steel-special", "process: acid_regeneration, emissions: {PM: 2 mg/m3}", "2026-11-30", "", "unknown"),
        # the lime kiln of a steel works is the kiln of the steel tables
        ("steel-ultra-low", "process: 石灰窑, emissions: {PM: 11 mg/m3}", "2026-11-30", "", "fail"),
        ("steel-ultra-low", "process: lime_kiln, emissions: {PM: 10 mg/m3}", "2026-11-30", "", "pass"),
        ("steel-special", "process: lime_kiln, emissions: {PM: 10 mg/m3}", "2026-11-30", "", "unknown"),
        # GB 9078: 200 × (21 − 13) ÷ (21 − 8.647) = 129.5 mg/m3 at 13 % of oxygen
        ("gb9078", "process: other_kilns, emissions: {PM: {value: 129 mg/m3, O2: 13 %}, SO2: {value: 9 mg/m3, O2: 13 %}, blackness: 1}", "2026-11-30", OLD, "pass"),
        ("gb9078", "process: other_kilns, emissions: {PM: {value: 130 mg/m3, O2: 13 %}, SO2: {value: 9 mg/m3, O2: 13 %}, blackness: 1}", "2026-11-30", OLD, "fail"),
        ("gb9078", "process: other_kilns, emissions: {PM: 1 mg/m3, SO2: 1 mg/m3, blackness: 1}", "2026-11-30", "commissioned: 1990-01-01", "unknown"),
    ],
)  # fmt: skip
def test_what_tables_say_of_stacks(words, table, outlet, as_of, facility, expected):
    assert status(words, table, outlet, as_of, facility) == expected


METALS = "Hg: 0.001 mg/L, Cd: 0.01 mg/L, Cr: 0.1 mg/L, Cr6: 0.05 mg/L, As: 0.1 mg/L, Pb: 0.1 mg/L"
GRADE = (
    "COD: 50 mg/L, BOD5: 10 mg/L, SS: 10 mg/L, animal_vegetable_oil: 1 mg/L, petroleum: 1 mg/L, anionic_surfactant: 0.5 mg/L, "
    "TN: 15 mg/L, colour: 30, pH: 6, fecal_coliform: 1000, NH3-N: 5 mg/L, TP: 0.5 mg/L"
)
WHOLE = (
    "water within gb18918-1a at effluent and water within gb18918-category-1 at effluent and not alkyl_mercury_detected"
)


@pytest.mark.parametrize(
    ("water", "more", "expected"),
    [
        (f"{GRADE}, {METALS}", ", alkyl_mercury_detected: no", "pass"),
        (f"{GRADE}, {METALS}", ", alkyl_mercury_detected: yes", "fail"),
        (f"{GRADE}, {METALS}", "", "unknown"),
        (GRADE, ", alkyl_mercury_detected: no", "unknown"),
        (f"{GRADE}, {METALS.replace('0.001', '0.02')}", "", "fail"),
    ],
)
def test_a_rule_can_ask_the_metals_with_the_grade(words, water, more, expected):
    assert status(words, WHOLE, f"water: {{{water}}}{more}", "2026-11-30", kind="outfall") == expected


@pytest.mark.parametrize(("grade", "river", "lake"), [(1, 0.02, 0.01), (2, 0.1, 0.025), (3, 0.2, 0.05), (4, 0.3, 0.1), (5, 0.4, 0.2)])  # fmt: skip
def test_phosphorus_of_rivers_and_lakes(words, grade, river, lake):
    for body, most in (("river", river), ("lake_reservoir", lake)):
        for value, kept in ((most, {"unknown"}), (most + 0.001, {"fail"})):
            outfall = f"water_body_type: {body}, water: {{TP: {value} mg/L}}"
            found = status(words, f"water within gb3838-class-{grade} at water_body", outfall, kind="outfall")
            assert found in kept, (body, value)


def test_a_row_that_may_not_apply_asks_what_would_settle_it(words):
    pack = small_pack(rule("emissions within coking-special", "", "outlet"))
    plant = read_facility(
        f"format: envcheck/facility/1\nid: p\nregion: '150203'\noutlets: [{{id: S1, {OVEN}}}]\n", words
    )
    subject = next(s for s in plant.subjects() if s.kind == "outlet")
    found = judge(pack.rules[0], pack, Situation(plant, subject, date(2026, 11, 30), pack.definitions))
    assert "facility.commissioned" in found.missing
