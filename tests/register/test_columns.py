"""The columnar engine judges as the interpreter does, row by row, also exactly on a limit."""

import json
import random
from datetime import date
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.engines import direct
from envcheck.register.columns import numbers
from envcheck.register.in_columns import screen
from envcheck.register.tables import register_files
from envcheck.text.problems import InputError
from support import ROOT, registers, rule, shipped, small_pack
from support.columns import (
    FORMS,
    assert_same,
    columns,
    expected,
    pack_of,
    plants_of,
    plants_of_boilers,
    read,
    screened,
    stated,
    typed,
)
from support.strategies import UNSHRUNK, as_ofs, facilities, relaxed

# --- numbers ---------------------------------------------------------------------------------------------------------

decimals = st.decimals(0, 10**6, places=3).map(Fraction)


@given(decimals, st.sampled_from(["<", "<=", ">", ">=", "=="]), st.integers(-3, 3))
def test_a_constant_divides_floats_as_it_divides_decimals(limit, op, steps):
    value = limit + Fraction(steps, 1000)
    row = pl.DataFrame({"x": [float(value)]})
    held = row.select(numbers.held(pl.col("x"), op, limit)).item()
    assert (
        held
        is {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit, "==": value == limit}[
            op
        ]
    )


@given(decimals, st.integers(2, 7))
def test_limits_without_an_end_divide_decimals_too(number, divisor):
    limit = number / divisor
    below, above = Fraction(int(limit * 1000), 1000), Fraction(int(limit * 1000) + 1, 1000)
    row = pl.DataFrame({"x": [float(below), float(above)]})
    assert row.select(numbers.held(pl.col("x"), "<=", limit))["x"].to_list() == [True, above <= limit]


def test_binary_noise_is_not_read():
    row = pl.DataFrame({"x": [0.1 + 0.2, 30.000000000000004, 29.999999999999996]})
    assert row.select(numbers.held(pl.col("x"), "<=", Fraction(30)))["x"].to_list() == [True, True, True]
    assert row.select(numbers.held(pl.col("x"), "==", Fraction(3, 10)))["x"].to_list() == [True, False, False]


def on_the_limit(count, seed):
    """Concentrations and oxygen contents, one decimal each, exactly on a limit at a reference, and a hair off it."""
    chosen = random.Random(seed)
    found = []
    while len(found) < count:
        reference = chosen.choice([Fraction(3), Fraction(7, 2), Fraction(6), Fraction(8), Fraction(9), Fraction(16)])
        limit = Fraction(chosen.choice([5, 10, 20, 30, 35, 50, 80, 100, 150, 200]))
        oxygen = Fraction(chosen.randrange(0, 209), 10)
        measured = limit * (21 - oxygen) / (21 - reference)
        if (measured * 1000).denominator == 1:
            found.append((measured, oxygen, reference, limit))
    return found


def test_no_row_on_a_limit_is_judged_wrong():
    rows = on_the_limit(10_000, seed=7)
    for reference, limit in {(row[2], row[3]) for row in rows}:
        chosen = [row[:2] for row in rows if row[2:] == (reference, limit)]
        table = pl.DataFrame({"c": [float(m) for m, _ in chosen], "o": [float(o) for _, o in chosen]})
        for offset, holds in ((0.0, True), (-0.001, True), (0.001, False)):
            moved = table.with_columns((pl.col("c") + offset).alias("c"))
            whole = [numbers.millionths(pl.col(name)) for name in ("c", "o")]
            truth = numbers.held_at_reference(whole[0], Fraction(1), whole[1], reference, "<=", limit)
            wanted = [holds or m + Fraction(str(offset)) <= 0 for m, _ in chosen]
            assert moved.select(truth)["c"].to_list() == wanted


@given(st.floats(0, 1e8, allow_nan=False) | st.decimals(0, 10**9, places=6).map(float))
def test_whole_millionths_are_exact(number):
    row = pl.DataFrame({"x": [number]})
    if row.select(numbers.is_millionths(pl.col("x"), numbers.millionths(pl.col("x")))).item():
        assert row.select(numbers.millionths(pl.col("x"))).item() == numbers.exact(number) * numbers.ONE


@given(st.decimals(0, 10**8, places=6))
def test_decimals_of_six_places_are_whole_millionths(number):
    assert (
        pl.DataFrame({"x": [float(number)]})
        .select(numbers.is_millionths(pl.col("x"), numbers.millionths(pl.col("x"))))
        .item()
    )


# --- all rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_of", ["2023-06-01"])  # the day of 2026 is that of test_screen
def test_the_shipped_facilities_as_a_register(tmp_path, words, packs, as_of):
    plants = [facility_file.read(source.read_file(str(p)), words) for p in sorted((ROOT / "facilities").glob("*.yaml"))]
    folder = tmp_path / "register"
    folder.mkdir()
    registers.write(folder, plants, words)
    day = date.fromisoformat(as_of)
    findings, told = screened(folder, packs, day)
    assert told.rejects == ()
    assert len(told.judged_one_by_one) <= len(plants) / 4
    assert_same(findings, expected(plants, packs, day))


@relaxed(6, UNSHRUNK)
@given(st.lists(facilities(), min_size=3, max_size=8), as_ofs, st.booleans())
def test_generated_registers(found, as_of, parquet):
    words, packs, _ = shipped()
    plants = [read({**stated(data), "id": f"plant-{n}"}) for n, data in enumerate(found)]
    with TemporaryDirectory() as place:
        folder = Path(place) / "register"
        folder.mkdir()
        registers.write(folder, plants, words)
        if parquet:
            typed(folder)
        findings, told = screened(folder, packs, date.fromisoformat(as_of))
    assert told.rejects == ()
    assert_same(findings, expected(plants, packs, date.fromisoformat(as_of)))


@relaxed(40, UNSHRUNK)
@given(
    st.lists(plants_of_boilers, min_size=1, max_size=6),
    st.lists(st.tuples(st.sampled_from(FORMS), st.sampled_from(FORMS)), min_size=1, max_size=6),
    as_ofs,
)
def test_generated_rules_on_generated_boilers(found, pairs, as_of):
    words, packs, plants = shipped()[0], [pack_of(pairs, "due: 2025-12-31")], plants_of(found)
    with TemporaryDirectory() as place:
        folder = Path(place) / "register"
        folder.mkdir()
        registers.write(folder, plants, words)
        findings, told = screened(folder, packs, date.fromisoformat(as_of))
    assert told.rejects == ()
    assert_same(findings, expected(plants, packs, date.fromisoformat(as_of)))


BOUNDS = [f"emissions.{s} {op} {n} mg/m3{at}"
          for s, at in (("NOx", " @ 3.5 % O2"), ("PM", "")) for op in ("<", "<=", ">", ">=", "==", "!=") for n in (0, 5, 30)]  # fmt: skip
BOUNDS += [
    "emissions.NOx <= emissions.PM", "emissions.NOx > 2 * emissions.PM", "emissions.NOx / emissions.PM <= 2",
    "emissions.NOx == emissions.PM", "2 * emissions.PM <= 10 mg/m3", "sum(boilers.emissions.PM) <= 10 mg/m3",
    "emissions within boiler-special at coal_boiler", "known(emissions.PM)",
]  # fmt: skip
readings = st.sampled_from(["0", "5", "10", "30", "30.1", "<0", "<5", "< 10", "<30", "＜ 30.1", "≤5", None])


@relaxed(30, UNSHRUNK)
@given(
    st.lists(
        st.tuples(readings, st.sampled_from([None, "0.5", "3.5", "11.9", "20.9"]), readings), min_size=1, max_size=12
    ),
    st.sets(st.sampled_from(BOUNDS), min_size=1, max_size=8),
)
def test_readings_below_a_detection_limit_are_judged_in_columns(found, requirements):
    packs = [small_pack("".join(rule(require, name=f"r{n}") for n, require in enumerate(sorted(requirements))))]
    plants, rows = [], ["facility_id,id,region,emissions.NOx (mg/m3),emissions.NOx.O2 (%),emissions.PM (mg/m3)"]
    for n, (nox, oxygen, pm) in enumerate(found):
        emissions = {} if nox is None else {"NOx": {"value": f"{nox} mg/m3", "O2": f"{oxygen} %" if oxygen else None}}
        emissions |= {} if pm is None else {"PM": f"{pm} mg/m3"}
        boiler = {"id": "B", "region": "150203"} | ({"emissions": emissions} if emissions else {})
        plants.append(read({"format": facility_file.FORMAT, "id": f"F{n}", "boilers": [boiler]}))
        rows.append(f"F{n},B,150203,{nox or ''},{oxygen if oxygen and nox else ''},{pm or ''}")
    with TemporaryDirectory() as place:
        folder = Path(place) / "register"
        folder.mkdir()
        (folder / "boilers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        findings, told = screened(folder, packs, date(2024, 6, 1))
    assert (told.rejects, told.judged_one_by_one) == ((), ())
    assert_same(findings, expected(plants, packs, date(2024, 6, 1)))


def test_the_number_told_of_a_table_is_that_of_the_interpreter_where_it_is_unknown_which_row_applies(tmp_path, words):
    """SO2 is far beyond the limit of boilers, but it may be a turbine; NOx is what is missing."""
    emissions = {"PM": "50 mg/m3", "SO2": "1000000 mg/m3"}
    plant = read(
        {
            "format": facility_file.FORMAT,
            "id": "x",
            "region": "150203",
            "boilers": [{"id": "B", "emissions": emissions}],
        }
    )
    packs = [small_pack(rule("emissions within thermal-power-special at oil_boiler_or_turbine"))]
    folder = tmp_path / "register"
    folder.mkdir()
    registers.write(folder, [plant], words)
    findings, _ = screened(folder, packs, date(2026, 1, 1))
    assert_same(findings, expected([plant], packs, date(2026, 1, 1)))
    assert findings.select("status", "measured", "margin").rows() == [("unknown", None, None)]


@pytest.mark.parametrize(
    ("temperature", "measured", "told"),
    [
        ("12 °C", "8 mg/L", ("pass", 8, 8, 0)),
        ("12 °C", "10 mg/L", ("fail", 10, 8, -0.25)),
        ("12.1 °C", "8 mg/L", ("fail", 8, 5, -0.6)),
        (None, "5 mg/L", ("pass", 0.4375, 0.5, 0.125)),
        (None, "8 mg/L", ("unknown", 8, None, None)),
        (None, "10 mg/L", ("fail", 10, None, None)),
    ],
)
def test_the_limit_told_is_that_of_the_exception_that_applies(tmp_path, words, temperature, measured, told):
    """GB 18918-2002 table 1, note 2: 8 mg/L of NH3-N in place of 5 where the water is at 12 °C or below."""
    water = dict.fromkeys(("COD", "BOD5", "SS", "petroleum", "animal_vegetable_oil", "anionic_surfactant"), "0 mg/L")
    water |= {"TN": "0 mg/L", "TP": "0.4375 mg/L", "NH3-N": measured, "colour": "0", "pH": "7.5", "fecal_coliform": "0"}
    outfall = {"id": "W", "commissioned": "2010-01-01", "water": water} | (
        {"water_temperature": temperature} if temperature else {}
    )
    plant = read({"format": facility_file.FORMAT, "id": "x", "region": "150203", "outfalls": [outfall]})
    packs = [small_pack(rule("water within gb18918-1a at effluent", subject="outfall"))]
    folder = tmp_path / "register"
    folder.mkdir()
    registers.write(folder, [plant], words)
    findings, _ = screened(folder, packs, date(2025, 1, 1))
    assert_same(findings, expected([plant], packs, date(2025, 1, 1)))
    assert findings.select("status", "measured", "limit", "margin").rows() == [told]


NOX = "emissions.NOx <= 50 mg/m3"
OVER_TIME = [
    f"every_hour({NOX} @ 16 % O2)", f"every_day({NOX})", f"every_mean(24 h: {NOX})", f"share_of_hours({NOX}) >= 95 %",
    f"not every_hour({NOX})", f"every_hour({NOX}) or {NOX}", f"every_hour({NOX}) and {NOX}", NOX,
    "emissions within steel-ultra-low",
]  # fmt: skip


@pytest.mark.parametrize("more", ["due: 2025-12-31", "missing: fail"])
def test_conditions_over_time_are_unknown_where_tables_hold_no_series(tmp_path, words, more):
    pairs = [(require, when) for require in OVER_TIME for when in ("", *OVER_TIME[:6])]
    text = "".join(
        rule(require, when and f"'{when}'", "outlet", more, f"r{n}") for n, (require, when) in enumerate(pairs)
    )
    packs = [small_pack(text)]
    measured = [{"NOx": "49 mg/m3"}, {"NOx": "51 mg/m3"}, {"PM": "5 mg/m3", "SO2": "6 mg/m3", "NOx": "7 mg/m3"}]
    outlets = [{"id": f"S{n}", "process": "sintering_head", "emissions": e} for n, e in enumerate(measured)]
    outlets.append({"id": "S3", "process": "sintering_head"})
    plant = read({"format": facility_file.FORMAT, "id": "x", "region": "150203", "outlets": outlets})
    folder = tmp_path / "register"
    folder.mkdir()
    registers.write(folder, [plant], words)
    findings, told = screened(folder, packs, date(2026, 1, 1))
    assert (told.rejects, told.judged_one_by_one) == ((), ())
    assert_same(findings, expected([plant], packs, date(2026, 1, 1)))
    found = columns(findings)
    alone = pairs.index((f"every_hour({NOX} @ 16 % O2)", ""))
    assert {found["x", f"outlets/S{n}", f"small/r{alone}"]["status"] for n in range(4)} == {
        "fail" if more == "missing: fail" else "unknown"
    }


@pytest.mark.parametrize(
    ("require", "status"),
    [
        ("count(boilers) <= 2", "fail"), ("count(boilers) == 3", "pass"), ("count(boilers where fuel == coal) <= 1", "unknown"),
        ("sum(boilers.capacity) == 60 t/h", "pass"), ("sum(boilers.capacity) < 60 t/h", "fail"),
        ("sum(boilers.capacity where fuel == coal) <= 30 t/h", "unknown"), ("every(boilers: capacity == 20 t/h)", "pass"),
        ("some(boilers: capacity > 20 t/h)", "fail"),
    ],
)  # fmt: skip
def test_lists_of_a_facility(tmp_path, words, require, status):
    folder = tmp_path / "register"
    folder.mkdir()
    (folder / "facilities.csv").write_text("id,region\nF,150203\n", encoding="utf-8")
    rows = "F,B1,coal,20\nF,B2,oil,20\nF,B3,,20\n"
    (folder / "boilers.csv").write_text(f"facility_id,id,fuel,capacity (t/h)\n{rows}", encoding="utf-8")
    findings, _ = screened(folder, [small_pack(rule(require, subject="facility"))], date(2026, 1, 1))
    assert findings["status"].to_list() == [status]


def test_a_ratio_to_nothing_is_unknown_and_has_no_number(tmp_path, words):
    folder = tmp_path / "register"
    folder.mkdir()
    (folder / "facilities.csv").write_text("id,region\nF,150203\n", encoding="utf-8")
    (folder / "boilers.csv").write_text("facility_id,id,fuel,capacity (t/h)\nF,B1,coal,0\n", encoding="utf-8")
    ratio = "sum(boilers.capacity where fuel == coal) / sum(boilers.capacity) <= 0.5"
    findings, _ = screened(folder, [small_pack(rule(ratio, subject="facility"))], date(2026, 1, 1))
    assert findings.select("status", "measured", "margin").rows() == [("unknown", None, None)]


@pytest.mark.parametrize(
    ("require", "statuses"),
    [
        ("facility.coal_consumption <= facility.coal_consumption_previous", ["pass", "fail", "unknown"]),
        ("facility.coal_consumption / facility.coal_consumption_previous < 1", ["pass", "fail", "unknown"]),
        ("2 * facility.coal_consumption > facility.coal_consumption_previous", ["pass", "pass", "unknown"]),
    ],
)
def test_an_item_is_held_against_two_numbers_of_its_facility(tmp_path, words, require, statuses):
    folder = tmp_path / "register"
    folder.mkdir()
    (folder / "facilities.csv").write_text(
        "id,region,coal_consumption (t/yr),coal_consumption_previous (t/yr)\nF,150203,5,6\nG,150203,7,6\nH,150203,7,\n",
        encoding="utf-8",
    )
    (folder / "boilers.csv").write_text("facility_id,id\nF,B\nG,B\nH,B\n", encoding="utf-8")
    findings, _ = screened(folder, [small_pack(rule(require))], date(2026, 1, 1))
    assert findings.sort("facility_id")["status"].to_list() == statuses


@pytest.mark.parametrize("code", ["１５", "１５0203", "15０２03", "150203"])
def test_wide_digits_of_a_code_are_read_as_in_a_facility_file(tmp_path, words, code):
    rows = "".join(f"B{n},150203,coal\n" for n in range(3))
    (tmp_path / "boilers.csv").write_text(f"id,region,fuel\n{rows}C,{code},oil\n", encoding="utf-8")
    pack = small_pack(rule("fuel == coal"))
    output = tmp_path / "findings.csv"
    settled = register_files.read(str(tmp_path / "boilers.csv"), words)
    table = settled.tables["boiler"]
    columns = {name: column._replace(settled=name == "region") for name, column in table.layout.columns.items()}
    table = table._replace(layout=table.layout._replace(columns=columns))
    screen(settled._replace(tables={"boiler": table}), [pack], words, date(2026, 1, 1), str(output))
    own = json.dumps(
        {"format": facility_file.FORMAT, "id": "C", "boilers": [{"id": "C", "region": code, "fuel": "oil"}]}
    )
    plant = facility_file.read(source.read_bytes(own.encode(), "c.json"), words)
    found = {row["facility_id"]: row["status"] for row in pl.read_csv(output).iter_rows(named=True)}
    (alone,) = direct.run(plant, [pack], date(2026, 1, 1))[0]
    assert found["C"] == alone.status


@pytest.mark.parametrize("blank", [" ", "\t", "\u3000", "\u00a0"])
def test_blanks_around_an_id_do_not_part_a_facility(tmp_path, words, blank):
    rows = f"F,B1,150203\nF{blank},B2,150203\nG,B1,150203\n"
    folder = tmp_path / "register"
    folder.mkdir()
    (folder / "boilers.csv").write_text(f"facility_id,id,region\n{rows}", encoding="utf-8")
    findings, told = screened(folder, [small_pack(rule("count(boilers) <= 1"))], date(2026, 1, 1))
    assert told.rejects == ()
    found = {(r["facility_id"], r["subject"]): r["status"] for r in findings.iter_rows(named=True)}
    assert found == {("F", "boilers/B1"): "fail", ("F", "boilers/B2"): "fail", ("G", "boilers/B1"): "pass"}


def test_an_id_that_no_facility_file_takes_is_rejected(tmp_path, words):
    (tmp_path / "boilers.csv").write_text("id,region\nB1,150203\nB/2,150203\n", encoding="utf-8")
    register = register_files.read(str(tmp_path / "boilers.csv"), words)
    told = screen(register, [small_pack(rule("fuel == coal"))], words, date(2026, 1, 1), None)
    assert [(reject.facility, reject.line.number) for reject in told.rejects] == [("B/2", 3)]


def test_what_has_no_columns_is_refused_by_name(tmp_path, words):
    pack = small_pack(rule("sum(boilers.capacity) / sum(boilers.capacity) == 1", name="odd-ratio"))
    (tmp_path / "boilers.csv").write_text("id,region,fuel\nB1,150203,coal\n", encoding="utf-8")
    with pytest.raises(InputError) as told:
        screen(register_files.read(str(tmp_path / "boilers.csv"), words), [pack], words, date(2026, 1, 1), None)
    assert "small/odd-ratio" in told.value.problems[0].what.en
