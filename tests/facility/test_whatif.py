"""What if: values in place of the file's, and the value that would pass in the user's own unit."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envcheck.facility import facility_file, whatif
from envcheck.files import source
from envcheck.judging.judge import judge
from envcheck.judging.situation import Situation
from envcheck.text.problems import InputError
from support import ROOT, gas, read_facility, rule, small_pack

HEAD = "format: envcheck/facility/1\nid: plant\nregion: '150203'\n"
NOX = small_pack(rule("emissions.NOx <= 30 mg/m3 @ 3.5 % O2"))
SELECT = ["--select", "gas-boiler-1t-nox", "--as-of", "2026-01-01"]


def finding(words, pack, attributes):
    plant = read_facility(f"{HEAD}boilers:\n  - {{id: B1, {attributes}}}\n", words)
    at = Situation(plant, plant.lists["boilers"][0], date(2026, 6, 1), pack.definitions)
    return judge(pack.rules[0], pack, at)


def changed(words, text, *changes):
    tree = source.read_bytes(text.encode(), "plant.yaml")
    return facility_file.read(whatif.apply(tree, [whatif.parse(c) for c in changes], words), words)


# --- the value that would pass


@pytest.mark.parametrize(
    ("nox", "needed"),
    [
        # 30 × (21 − 5.2) ÷ (21 − 3.5) = 27.0857 mg/m3; × 22.4 ÷ 46.01 = 13.1867 ppm: rounded down
        ("{value: 46 mg/m3, O2: 5.2 %}", "≤ 27 mg/m3 at 5.2 % O2"),
        ("{value: 46.00 mg/m3, O2: 5.2 %}", "≤ 27.08 mg/m3 at 5.2 % O2"),
        ("{value: 22 ppm, O2: 5.2 %}", "≤ 13.1 ppm at 5.2 % O2"),
        # 30 × 22.4 ÷ 46.01 = 14.6055 ppm = 14605.5 ppb
        ("22 ppm", "≤ 14.6 ppm"),
        ("22000 ppb", "≤ 14605 ppb"),
        ("0.0301 g/m3", "≤ 0.03 g/m3"),
        ("46 毫克/立方米", "≤ 30 毫克/立方米"),
        # 30 × (1 − 10 %) = 27
        ("{value: 28 mg/m3, basis: wet, moisture: 10 %}", "≤ 27 mg/m3 at 10 % moisture (wet gas)"),
        # oxygen 4.5 % wet is 5 % dry: 30 × 16 ÷ 17.5 × 0.9 = 24.6857
        (
            "{value: 28 mg/m3, basis: wet, moisture: 10 %, O2: 4.5 %}",
            "≤ 24.6 mg/m3 at 4.5 % O2 and 10 % moisture (wet gas)",
        ),
    ],
)
def test_the_needed_value_is_in_the_unit_of_the_file(words, nox, needed):
    found = finding(words, NOX, f"emissions: {{NOx: {nox}}}")
    assert found.status == "fail"
    assert whatif.would_pass(found).en == f"needs {needed}"
    assert whatif.would_pass(found).zh.startswith(f"达标须 {needed.partition(' at ')[0]}")


@pytest.mark.parametrize(
    ("require", "attributes", "needed"),
    [
        ("capacity > 10 t/h", "capacity: 7 MW", "> 7 MW"),
        # 35 t/h × 0.7 = 24.5 MW
        ("capacity >= 35 t/h", "capacity: 14 MW", "≥ 24.5 MW"),
        # 1 t/h is 600,000 kcal/h
        ("capacity >= 35 t/h", "capacity: 1200 万大卡/小时", "≥ 2100 万大卡/小时"),
        ("capacity < 10 t/h", "capacity: 10 t/h", "< 10 t/h"),
    ],
)
def test_lower_strict_and_converted_limits(words, require, attributes, needed):
    assert whatif.would_pass(finding(words, small_pack(rule(require)), attributes)).en == f"needs {needed}"


def test_nothing_is_needed_where_nothing_fails(words):
    assert whatif.would_pass(finding(words, NOX, "emissions: {NOx: 30 mg/m3}")).en == ""
    assert whatif.would_pass(finding(words, NOX, "fuel: coal")).en == ""


@settings(max_examples=150, deadline=None)
@given(
    number=st.decimals(min_value="0.001", max_value="900", places=3),
    unit=st.sampled_from(["mg/m3", "g/m3", "ppm", "ppb", "ug/m3", "毫克/立方米"]),
    oxygen=st.decimals(min_value="0.22", max_value="20.9", places=2),
    moisture=st.none() | st.decimals(min_value="0", max_value="60", places=1),
)
def test_the_needed_value_passes_and_a_hundredth_more_fails(words, number, unit, oxygen, moisture):
    def attributes(value):
        wet = "" if moisture is None else f", basis: wet, moisture: {moisture} %"
        share = "" if moisture is not None and oxygen > 8 else f", O2: {oxygen} %"
        return f"emissions: {{NOx: {{value: {value:f} {unit}{share}{wet}}}}}"

    found = finding(words, NOX, attributes(number))
    goal = whatif.goal(found, found.comparison)
    assert (goal is None) == (found.status == "pass")
    if goal is not None:
        assert goal.op == "<="

        value = Decimal(goal.value.numerator) / Decimal(goal.value.denominator)
        assert finding(words, NOX, attributes(value)).status == "pass"
        assert finding(words, NOX, attributes(value * Decimal("1.0101"))).status == "fail"


def test_shipped_facilities_pass_with_what_they_need(words, packs):
    """Counts, shares and ratios: the value put in place of the failing one passes."""
    for name in (
        "kundulun-district",
        "baogang-steelworks",
        "wuhai-carbide-works",
        "zhenglan-boiler-house",
        "baotou-city",
    ):
        plant = facility_file.read(source.read_file(str(ROOT / f"facilities/{name}.yaml")), words)
        tried = 0
        for pack in packs:
            for one in pack.rules:
                for subject in plant.of_kind(one.kind):
                    found = judge(one, pack, Situation(plant, subject, date(2026, 6, 1), pack.definitions))
                    main = found.comparison
                    if found.status != "fail" or main is None or main.place is None or len(found.comparisons) != 1:
                        continue
                    goal = whatif.goal(found, main)
                    if goal is None or goal.op in ("<", ">") or "(" in main.path:
                        continue
                    gap = "" if goal.unit[:1] in (":", "∶") else " "
                    change = f"{subject.path}.{main.path}.value" if "." in main.path else f"{subject.path}.{main.path}"
                    text = (ROOT / f"facilities/{name}.yaml").read_text(encoding="utf-8")
                    new = changed(words, text, f"{change}={whatif.show(goal.value)}{gap}{goal.unit}")
                    again = next(s for s in new.subjects() if s.path == subject.path)
                    after = judge(one, pack, Situation(new, again, date(2026, 6, 1), pack.definitions))
                    assert after.status != "fail", (one.key, subject.path, goal.text.en)
                    tried += 1
        assert tried


# --- changes

TEXT = f"""{HEAD}zone: urban_built_up
boilers:
  - id: B1
    fuel: natural_gas
    emissions: {{NOx: 46 mg/m3, PM: {{value: 4 mg/m3, O2: 5 %}}}}
  - id: B1.a
    fuel: coal
"""


def boiler(plant, number=0):
    return plant.lists["boilers"][number]


def test_a_value_a_substance_and_a_part_of_a_measurement_are_changed(words):
    new = changed(words, TEXT, "boilers/B1.fuel=煤", "boilers/B1.emissions.NOx=28 mg/m3", "facility.zone=other")
    assert boiler(new).facts["fuel"].value == "coal"
    assert boiler(new).facts["emissions"].value["NOx"].text == "28 mg/m3"
    assert boiler(new).facts["emissions"].value["PM"].text == "4 mg/m3"
    assert new.itself.facts["zone"].text == "other"
    new = changed(words, TEXT, "boilers/B1.emissions.NOx.O2=5.2 %", "boilers/B1.emissions.PM.O2=6 %")
    held = boiler(new).facts["emissions"].value
    assert (held["NOx"].text, held["NOx"].oxygen.exact) == ("46 mg/m3", Fraction(52, 10))
    assert (held["PM"].text, held["PM"].oxygen.exact) == ("4 mg/m3", 6)


def test_a_whole_measurement_and_a_list_are_yaml(words):
    new = changed(
        words, TEXT, "boilers/B1.emissions.NOx={value: 28 mg/m3, O2: 3.5 %}", "facility.zone=[other, 工业园区]"
    )
    assert boiler(new).facts["emissions"].value["NOx"].oxygen.exact == Fraction(35, 10)
    assert len(new.itself.facts["zone"].value) == 2


def test_another_name_of_a_substance_replaces_it_and_null_takes_a_fact_away(words):
    new = changed(words, TEXT, "boilers/B1.emissions.氮氧化物=1 mg/m3", "boilers/B1.fuel=null")
    assert boiler(new).facts["emissions"].value["NOx"].text == "1 mg/m3"
    assert "fuel" not in boiler(new).facts


def test_the_longest_id_is_meant_and_a_map_is_made_where_there_is_none(words):
    new = changed(words, TEXT, "boilers/B1.a.emissions.PM=3 mg/m3", "boilers/B1.a.fuel=oil")
    assert boiler(new, 1).facts["emissions"].value["PM"].text == "3 mg/m3"
    assert boiler(new, 1).facts["fuel"].value == "oil"
    assert boiler(new).facts["fuel"].value == "natural_gas"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("boilers/B1.fuel", "PATH=VALUE"),
        ("=5", "PATH=VALUE"),
        ("boilers/B1.fuel=", "PATH=VALUE"),
        ("boilers/B9.fuel=coal", "boilers/B1"),
        ("boiler/B1.fuel=coal", "boilers/B1"),
        ("fuel=coal", "no subject"),
        ("boilers/B1.feul=coal", "Did you mean: fuel"),
        ("boilers/B1.fuel=granite", "fuel cannot be 'granite'"),
        ("boilers/B1.emissions.NOx=28", "it needs a unit"),
        ("boilers/B1.emissions.NOx=28 t/h", "units that fit"),
        ("boilers/B1.emissions.Nox9=28 mg/m3", "no substance Nox9"),
        ("boilers/B1.emissions.NOx={value: 28 mg/m3", "boilers/B1.emissions.NOx: not valid YAML"),
        ("boilers/B1.emissions.NOx.O2=21 %", "21 %"),
        ("boilers/B1.fuel={a: 1}", "single value"),
        ("boilers/B1.fuel=&a coal", "anchors"),
    ],
)
def test_a_wrong_change_names_the_option_and_what_would_be_right(words, change, said):
    with pytest.raises(InputError) as error:
        changed(words, TEXT, change)
    assert all(p.place.file == "--set" for p in error.value.problems)
    assert any(said in p.within("en") for p in error.value.problems)


# --- the command


def test_set_decides_and_every_format_says_so(run):
    files = {"p.yaml": gas("46 mg/m3")}
    change = ["--set", "boilers/B1.emissions.NOx=28 mg/m3"]
    assert run("check", "p.yaml", *SELECT, files=files).returncode == 1
    done = run("check", "p.yaml", *SELECT, *change, "--lang", "en")
    assert done.returncode == 0
    assert "What if (not what the file says): boilers/B1.emissions.NOx=28 mg/m3" in " ".join(done.stdout.split())
    data = json.loads(run("check", "p.yaml", *SELECT, *change, "--format", "json").stdout)
    assert data["facilities"][0]["source"] == "p.yaml --set boilers/B1.emissions.NOx=28 mg/m3"
    done = run("check", "p.yaml", *SELECT, "--set", "boilers/B7.fuel=coal", "--lang", "en")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("--set: p.yaml: ")


def test_the_report_and_the_json_tell_what_would_pass(run):
    files = {"p.yaml": gas("{value: 22 ppm, O2: 5.2 %}")}
    done = run("check", "p.yaml", *SELECT, "--lang", "en", files=files)
    assert "needs ≤ 13.1 ppm at 5.2 % O2" in done.stdout
    assert "达标须 ≤ 13.1 ppm（含氧量 5.2 % 时）" in run("check", "p.yaml", *SELECT, "--lang", "zh").stdout
    found = json.loads(run("check", "p.yaml", *SELECT, "--format", "json").stdout)["facilities"][0]["findings"][0]
    assert {k: found["would_pass"][k] for k in ("op", "value", "unit")} == {"op": "<=", "value": "13.1", "unit": "ppm"}
    assert found["comparisons"][0]["would_pass"] == found["would_pass"]
