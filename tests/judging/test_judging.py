"""What a verdict means: each status, dates, waivers, bounds, tables, lists, definitions."""

from datetime import date

import pytest

from envcheck.judging.judge import judge, outcome
from envcheck.judging.situation import Situation
from envcheck.judging.steps import trace_line
from support import read_facility, rule, small_pack

HEAD = "format: envcheck/facility/1\nid: plant\nregion: '150203'\n"
NOX = rule("emissions.NOx <= 30 mg/m3 @ 3.5 % O2", "fuel == natural_gas, capacity >= 1 t/h", more="due: 2025-12-31")


def finding(words, pack, text, as_of="2026-06-01", path=None):
    plant = read_facility(HEAD + text, words)
    subjects = [s for s in plant.subjects() if s.kind == pack.rules[0].kind and path in (None, s.path)]
    return judge(pack.rules[0], pack, Situation(plant, subjects[0], date.fromisoformat(as_of), pack.definitions))


def boiler(attributes):
    return f"boilers:\n  - {{id: B1, {attributes}}}\n"


GAS = "fuel: natural_gas, capacity: 20 t/h"


@pytest.mark.parametrize(
    ("attributes", "as_of", "status"),
    [
        (f"{GAS}, emissions: {{NOx: 30 mg/m3}}", "2026-01-01", "pass"),
        (f"{GAS}, emissions: {{NOx: 30.000001 mg/m3}}", "2026-01-01", "fail"),
        (f"{GAS}, emissions: {{NOx: 0.03 g/m3}}", "2026-01-01", "pass"),
        (f"{GAS}, emissions: {{NOx: 46 mg/m3}}", "2025-12-30", "pending"),
        (f"{GAS}, emissions: {{NOx: 46 mg/m3}}", "2025-12-31", "pending"),
        (f"{GAS}, emissions: {{NOx: 28 mg/m3}}", "2024-01-01", "pass"),
        (GAS, "2026-01-01", "unknown"),
        (GAS, "2024-01-01", "unknown"),
        (f"{GAS}, emissions: {{SO2: 3 mg/m3}}", "2026-01-01", "unknown"),
        ("fuel: natural_gas, emissions: {NOx: 28 mg/m3}", "2026-01-01", "unknown"),
        ("fuel: coal, emissions: {NOx: 300 mg/m3}", "2026-01-01", "not_applicable"),
        ("capacity: 0.9 t/h", "2026-01-01", "not_applicable"),
        (f"{GAS}, emissions: {{NOx: 28 mg/m3}}", "2022-12-31", "not_applicable"),
        (f"{GAS}, emissions: {{NOx: <30 mg/m3}}", "2026-01-01", "pass"),
        (f"{GAS}, emissions: {{NOx: <31 mg/m3}}", "2026-01-01", "unknown"),
        # 28.2 × (21 − 3.5) ÷ (21 − 4.55) = 30 exactly
        (f"{GAS}, emissions: {{NOx: {{value: 28.2 mg/m3, O2: 4.55 %}}}}", "2026-01-01", "pass"),
        (f"{GAS}, emissions: {{NOx: {{value: 28.2 mg/m3, O2: 4.5501 %}}}}", "2026-01-01", "fail"),
        (f"{GAS}, emissions: {{NOx: {{value: 20 mg/m3, basis: wet}}}}", "2026-01-01", "unknown"),
        # 27 ÷ (1 − 10 %) = 30 exactly
        (f"{GAS}, emissions: {{NOx: {{value: 27 mg/m3, basis: wet, moisture: 10 %}}}}", "2026-01-01", "pass"),
        (f"{GAS}, emissions: {{NOx: {{value: 27.1 mg/m3, basis: wet, moisture: 10 %}}}}", "2026-01-01", "fail"),
    ],
)
def test_the_statuses_of_a_dated_limit(words, attributes, as_of, status):
    assert finding(words, small_pack(NOX), boiler(attributes), as_of).status == status


def test_the_arithmetic_of_a_failure(words):
    found = finding(words, small_pack(NOX), boiler(f"{GAS}, emissions: {{NOx: {{value: 46 mg/m3, O2: 5.2 %}}}}"))
    assert found.comparison.measured.exact * 158 == 46 * 175
    assert found.comparison.margin.exact == 1 - found.comparison.measured.exact / 30
    assert "46 × (21 − 3.5) ÷ (21 − 5.2) = 50.9494 mg/m3" in [trace_line(step) for step in found.steps]
    assert "reference_o2_assumed" not in found.flags


def test_flags(words):
    found = finding(words, small_pack(NOX), boiler(f"{GAS}, emissions: {{NOx: 30.4 mg/m3}}"), "2026-01-01")
    assert set(found.flags) == {"reference_o2_assumed", "differs_if_rounded", "after_plan_period"}


def test_missing_facts_are_named(words):
    found = finding(words, small_pack(NOX), boiler("fuel: natural_gas"))
    assert found.missing == ("capacity", "emissions.NOx")


@pytest.mark.parametrize(
    ("region", "status"),
    [
        ("150203", "fail"),
        ("150204", "not_applicable"),
        ("1502", "unknown"),
        ("150200", "unknown"),
        ("150203001000", "fail"),
    ],
)
def test_a_pack_binds_its_region_and_all_below(words, region, status):
    plant = read_facility(
        f"format: envcheck/facility/1\nid: p\nregion: '{region}'\n" + boiler(f"{GAS}, emissions: {{NOx: 46 mg/m3}}"),
        words,
    )
    pack = small_pack(NOX)
    found = judge(pack.rules[0], pack, Situation(plant, plant.lists["boilers"][0], date(2026, 6, 1), {}))
    assert found.status == status


@pytest.mark.parametrize(
    ("named", "until", "status"),
    [
        ("small/r", "2026-06-01", "waived"),
        ("r", "2027-01-01", "waived"),
        ("small-001", "2027-01-01", "waived"),
        ("small/r", "2026-05-31", "fail"),
        ("small/other", "2027-01-01", "fail"),
    ],
)
def test_waivers(words, named, until, status):
    waiver = f"waivers:\n  - {{rule: {named}, document: 批复 7 号, approver: 区局, until: {until}, reason: 改造中}}\n"
    found = finding(words, small_pack(NOX), waiver + boiler(f"{GAS}, emissions: {{NOx: 46 mg/m3}}"))
    assert found.status == status
    assert ("waiver_expired" in found.flags) == (until < "2026-06-01")


def test_a_waiver_for_one_subject_leaves_the_others(words):
    waiver = "waivers:\n  - {rule: r, subject: boilers/B2, document: d, approver: a, until: 2027-01-01, reason: r}\n"
    assert finding(words, small_pack(NOX), waiver + boiler(f"{GAS}, emissions: {{NOx: 46 mg/m3}}")).status == "fail"


def test_missing_fail(words):
    pack = small_pack(rule("known(fuel) and capacity >= 1 t/h", more="missing: fail"))
    assert finding(words, pack, boiler("fuel: coal")).status == "fail"


def test_boundary(words):
    pack = small_pack(rule("fuel != coal", "capacity < 10 t/h", more="boundary: {zh: 不含, en: exclusive}"))
    found = finding(words, pack, boiler("fuel: coal, capacity: 7 MW"))
    assert (found.status, "boundary" in found.flags) == ("not_applicable", True)
    found = finding(words, pack, boiler("fuel: coal, capacity: 9.99 t/h"))
    assert (found.status, "boundary" in found.flags) == ("fail", False)


def test_a_flat_ban_is_broken_by_the_conditions_that_hold(words):
    pack = small_pack(rule("never", "fuel == coal, capacity <= 10 t/h"))
    found = finding(words, pack, boiler("fuel: coal, capacity: 7 MW"))
    assert found.status == "fail"
    assert [trace_line(step).partition(" (")[0] for step in found.against] == [
        "✓ fuel == coal · fuel = coal", "capacity = 7 MW", "✓ capacity <= 10 t/h · 10", "✗ never",
    ]  # fmt: skip
    over = finding(words, pack, boiler("fuel: coal, capacity: 7.1 MW"))
    assert (over.status, over.against) == ("not_applicable", ())


def project(attributes):
    return f"projects:\n  - {{id: P1, {attributes}}}\n"


OFFSETS = rule(
    "least_ratio(offsets, emissions_added, air) >= 2", '"greatest(emissions_added, air) > 0 t/yr"', "project"
)


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ("emissions_added: {NOx: 12 t/yr}, offsets: {NOx: 24 t/yr}", "pass"),
        ("emissions_added: {NOx: 12 t/yr}, offsets: {NOx: 23999 kg/yr}", "fail"),
        ("emissions_added: {NOx: 12 t/yr, SO2: 1 t/yr}, offsets: {NOx: 24 t/yr}", "unknown"),
        ("emissions_added: {NOx: 12 t/yr, SO2: 1 t/yr}, offsets: {NOx: 12 t/yr}", "fail"),
        ("emissions_added: {NOx: 12 t/yr}, offsets: {NOx: 24 t/yr, SO2: 1 t/yr}", "unknown"),
        ("emissions_added: {NOx: 12 t/yr}", "unknown"),
        ("offsets: {NOx: 24 t/yr}", "unknown"),
        ("emissions_added: {COD: 5 t/yr}", "not_applicable"),
        ("emissions_added: {NOx: 0 t/yr}", "not_applicable"),
    ],
)
def test_offsets(words, attributes, status):
    assert finding(words, small_pack(OFFSETS), project(attributes)).status == status


SUM = rule("sum(coke_ovens.capacity where status != retired) >= 100 万吨/年", "", "facility")


@pytest.mark.parametrize(
    ("ovens", "status"),
    [
        ("[{id: a, capacity: 60 万吨/年, status: existing}, {id: b, capacity: 40 万吨/年, status: existing}]", "pass"),
        ("[{id: a, capacity: 60 万吨/年, status: existing}, {id: b, capacity: 40 万吨/年, status: retired}]", "fail"),
        ("[{id: a, capacity: 60 万吨/年, status: existing}, {id: b, capacity: 40 万吨/年}]", "unknown"),
        ("[{id: a, capacity: 100 万吨/年, status: existing}, {id: b}]", "pass"),
        ("[{id: a, capacity: 60 万吨/年, status: existing}, {id: b, status: existing}]", "unknown"),
        ("[]", "fail"),
        ("null", "unknown"),
    ],
)
def test_sums_over_lists_know_their_bounds(words, ovens, status):
    assert finding(words, small_pack(SUM), f"coke_ovens: {ovens}\n", path="facility").status == status


@pytest.mark.parametrize(
    ("require", "boilers", "status"),
    [
        (
            "every(boilers where fuel == coal: status == retired)",
            "[{id: a, fuel: coal, status: retired}, {id: b, fuel: oil}]",
            "pass",
        ),
        (
            "every(boilers where fuel == coal: status == retired)",
            "[{id: a, fuel: coal, status: existing}, {id: b}]",
            "fail",
        ),
        ("every(boilers where fuel == coal: status == retired)", "[{id: b, status: existing}]", "unknown"),
        ("some(boilers: fuel == coal)", "[{id: a}, {id: b, fuel: coal}]", "pass"),
        ("some(boilers: fuel == coal)", "[{id: a}, {id: b, fuel: oil}]", "unknown"),
        ("count(boilers where fuel == coal) == 0", "[{id: a, fuel: oil}]", "pass"),
        ("count(boilers where fuel == coal) == 0", "[{id: a}]", "unknown"),
    ],
)
def test_lists(words, require, boilers, status):
    assert (
        finding(words, small_pack(rule(require, "", "facility")), f"boilers: {boilers}\n", path="facility").status
        == status
    )


GRADE = rule("water within gb18918-1a at effluent", "", "outfall")
CLEAN = (
    "COD: 50 mg/L, BOD5: 10 mg/L, SS: 10 mg/L, animal_vegetable_oil: 1 mg/L, petroleum: 1 mg/L, anionic_surfactant: 0.5 mg/L, "
    "TN: 15 mg/L, colour: 30, pH: 6, fecal_coliform: 1000"
)


@pytest.mark.parametrize(
    ("water", "more", "status"),
    [
        (f"{CLEAN}, NH3-N: 5 mg/L, TP: 0.5 mg/L", "", "pass"),
        (f"{CLEAN}, NH3-N: 5.1 mg/L, TP: 0.5 mg/L", "", "unknown"),
        (f"{CLEAN}, NH3-N: 5.1 mg/L, TP: 0.5 mg/L", "water_temperature: 12 °C", "pass"),
        (f"{CLEAN}, NH3-N: 5.1 mg/L, TP: 0.5 mg/L", "water_temperature: 12.1 °C", "fail"),
        (f"{CLEAN}, NH3-N: 8.1 mg/L, TP: 0.5 mg/L", "", "fail"),
        (f"{CLEAN}, NH3-N: 5 mg/L, TP: 0.8 mg/L", "commissioned: 2005-12-31", "pass"),
        (f"{CLEAN}, NH3-N: 5 mg/L, TP: 0.8 mg/L", "commissioned: 2006-01-01", "fail"),
        (f"{CLEAN}, NH3-N: 5 mg/L, TP: 0.8 mg/L", "", "unknown"),
        ("COD: 51 mg/L", "", "fail"),
        ("COD: 50 mg/L", "", "unknown"),
        (CLEAN.replace("pH: 6", "pH: 9.1"), "", "fail"),
        (CLEAN.replace("pH: 6", "pH: 5.9"), "", "fail"),
    ],
)
def test_grade_1a_knows_its_exceptions(words, water, more, status):
    text = f"outfalls:\n  - {{id: W1, water: {{{water}}}{', ' + more if more else ''}}}\n"
    assert finding(words, small_pack(GRADE), text, "2025-06-01").status == status


ULTRA = rule("emissions within steel-ultra-low", "", "outlet")


@pytest.mark.parametrize(
    ("outlet", "status"),
    [
        ("process: sintering_head, emissions: {PM: 10 mg/m3, SO2: 35 mg/m3, NOx: 50 mg/m3}", "pass"),
        ("process: sintering_head, emissions: {PM: 10 mg/m3, SO2: 35 mg/m3, NOx: 50.01 mg/m3}", "fail"),
        # 45 × (21 − 16) ÷ (21 − 16.5) = 50
        (
            "process: sintering_head, emissions: {PM: 9 mg/m3, SO2: 30 mg/m3, NOx: {value: 45 mg/m3, O2: 16.5 %}}",
            "pass",
        ),
        ("process: sintering_head, emissions: {PM: 10 mg/m3, NOx: 50 mg/m3}", "unknown"),
        ("process: kitchen_exhaust", "not_applicable"),
        ("emissions: {PM: 10 mg/m3}", "unknown"),
    ],
)
def test_a_table_is_asked_by_process(words, outlet, status):
    assert finding(words, small_pack(ULTRA), f"outlets:\n  - {{id: S1, {outlet}}}\n").status == status


def test_known_limits_are_flagged_and_the_worst_number_governs(words):
    text = (
        "outlets:\n  - {id: S1, process: coke_oven_stack, emissions: {PM: 11 mg/m3, SO2: 60 mg/m3, NOx: 100 mg/m3}}\n"
    )
    found = finding(words, small_pack(ULTRA), text)
    assert "limit_unverified" in found.flags
    assert found.comparison.path == "emissions.SO2"


CLEANNESS = "definitions:\n  clean: {subject: furnace, title: {zh: 清洁, en: clean}, holds: 'fuel in [electricity, natural_gas]', fails: fuel == coal}\n"


@pytest.mark.parametrize(
    ("fuel", "status"), [("电", "pass"), ("coal", "fail"), ("biomass", "unknown"), ("null", "unknown")]
)
def test_a_definition_may_leave_the_rest_unknown(words, fuel, status):
    pack = small_pack(rule("clean", "", "furnace"), CLEANNESS)
    assert finding(words, pack, f"furnaces:\n  - {{id: F1, fuel: {fuel}}}\n").status == status


def test_a_facility_definition_is_asked_of_the_facility(words):
    header = (
        "definitions:\n  ours: {subject: facility, title: {zh: 本集团, en: ours}, holds: group == 包钢（集团）公司}\n"
    )
    pack = small_pack(rule("fuel != coal", "ours"), header)
    assert finding(words, pack, "group: 包钢(集团)公司\n" + boiler("fuel: coal")).status == "fail"
    assert finding(words, pack, "group: 别家\n" + boiler("fuel: coal")).status == "not_applicable"
    assert finding(words, pack, boiler("fuel: coal")).missing == ("facility.group",)


def test_a_subject_takes_the_facilitys_zone_unless_it_has_its_own(words):
    pack = small_pack(rule("never", "zone == urban_built_up"))
    assert finding(words, pack, "zone: urban_built_up\n" + boiler("fuel: coal")).status == "fail"
    assert finding(words, pack, "zone: urban_built_up\n" + boiler("zone: rural")).status == "not_applicable"


@pytest.mark.parametrize(
    ("works", "status"),
    [
        ("是", "fail"),
        ("否", "not_applicable"),
        ("2026-06-01", "fail"),
        ("2026-06-02", "not_applicable"),
        ("null", "unknown"),
    ],
)
def test_an_event_may_have_a_date(words, works, status):
    pack = small_pack(rule("water.fluoride <= 1.5 mg/L", "works_completed", "outfall"))
    text = f"outfalls:\n  - {{id: W1, works_completed: {works}, water: {{fluoride: 1.51 mg/L}}}}\n"
    assert finding(words, pack, text).status == status


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([("pass", "must")], "compliant"),
        ([("fail", "must"), ("unknown", "must")], "non_compliant"),
        ([("fail", "in_principle")], "non_compliant"),
        ([("fail", "target"), ("unknown", "encourage")], "compliant"),
        ([("unknown", "in_principle"), ("fail", "encourage")], "undetermined"),
        ([("pending", "must"), ("waived", "must"), ("not_applicable", "must")], "compliant"),
        ([("not_applicable", "must"), ("not_applicable", "target")], "undetermined"),
    ],
)
def test_the_outcome(words, statuses, expected):
    base = finding(words, small_pack(NOX), boiler(GAS))
    findings = [base._replace(status=s, rule=base.rule._replace(modality=m)) for s, m in statuses]
    assert outcome(findings) == expected


@pytest.mark.parametrize(
    ("day", "status"), [("2025-12-31", "pass"), ("2026-01-01", "pass"), ("2026-01-02", "unknown"), (None, "pass")]
)
def test_what_was_measured_after_the_day_asked_about_is_no_evidence(words, day, status):
    measured = "{value: 20 mg/m3, O2: 3.5 %" + (f", measured_on: {day}}}" if day else "}")
    found = finding(words, small_pack(NOX), boiler(f"{GAS}, emissions: {{NOx: {measured}}}"), "2026-01-01")
    assert found.status == status
    assert found.missing == (("emissions.NOx",) if status == "unknown" else ())
