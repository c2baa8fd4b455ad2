"""Monitoring series as they are written: what is read, and what every mistake is told as."""

from fractions import Fraction

import pytest

from envcheck.files.source import read_bytes
from envcheck.forms import read as forms
from envcheck.forms import tables, workbook
from envcheck.text.problems import InputError
from envcheck.units.quantity import Interval
from support import read_facility

GAS = "format: envcheck/facility/1\nid: plant\noutlets:\n  - {id: S1, series: s1.csv}\n"
WATER = "format: envcheck/facility/1\nid: plant\noutfalls:\n  - {id: W1, series: s1.csv}\n"


def series(folder, words, content, head=GAS):
    (folder / "s1.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    facility = read_facility(head, words, str(folder / "plant.yaml"))
    return next(iter(facility.lists.values()))[0].facts["series"].value


def problems(folder, words, content, head=GAS):
    with pytest.raises(InputError) as error:
        series(folder, words, content, head)
    assert all(p.what.zh and p.what.en for p in error.value.problems)
    return [p.within("en").replace(f"{folder}/", "") for p in error.value.problems]


def test_headings_in_both_languages_and_units(tmp_path, words):
    text = "监测时间,氮氧化物（mg/m³）,SO2 (g/m3),nitric oxide [ppm],含氧量（%）,数据标记,有效分钟,#流量 (m3/h)\n2025/1/1 0:00,50,0.035,10,16,,60,9e9\n"
    found = series(tmp_path, words, text)
    assert found.values["NOx"] == (Interval.point(50),)
    assert found.values["SO2"] == (Interval.point(35),)
    assert found.values["NO"] == (Interval.point(10 * Fraction("30.01") / Fraction("22.4")),)
    assert found.oxygen == (Fraction(16),)
    assert found.minutes == (Fraction(60),)
    assert found.states == ("normal",)
    assert found.shown(found.times[0]) == "2025-01-01 00:00"


@pytest.mark.parametrize(
    "time",
    [
        "2025-01-02 03:00",
        "2025-01-02T03:00:00",
        "2025/1/2 3:00",
        "2025年1月2日 3时",
        "2025.1.2 3:00:00.000",
        "２０２５-01-02 03:00",
    ],
)
def test_spellings_of_an_hour(tmp_path, words, time):
    found = series(tmp_path, words, f"timestamp,NOx (mg/m3)\n{time},50\n")
    assert found.shown(found.times[0]) == "2025-01-02 03:00"
    assert not found.daily


@pytest.mark.parametrize(
    ("spelled", "state"),
    [
        ("", "normal"), ("N", "normal"), ("正常", "normal"), ("启炉", "start_up"), ("Start-up", "start_up"), ("start_up", "start_up"),
        ("停炉", "shut_down"), ("shutdown", "shut_down"), ("停产", "stopped"), ("F", "instrument_stopped"), ("D", "fault"), ("故障", "fault"),
        ("C", "calibration"), ("校准", "calibration"), ("M", "maintenance"), ("维护", "maintenance"), ("T", "over_range"),
        ("B", "communication_failure"), ("S", "manual_entry"), ("n", "normal"),
    ],
)  # fmt: skip
def test_spellings_of_states(tmp_path, words, spelled, state):
    text = f"timestamp,NOx (mg/m3),state\n2025-01-01 00:00,50,{spelled}\n"
    assert series(tmp_path, words, text).states == (state,)


def test_rows_in_any_order_and_empty_cells(tmp_path, words):
    text = "timestamp,NOx (mg/m3),O2 (%)\n2025-01-01 02:00,,\n2025-01-01 00:00,<3,15\n\n"
    found = series(tmp_path, words, text)
    assert found.lines == (3, 2)
    assert found.values["NOx"] == (Interval(Fraction(0), Fraction(3)), None)
    assert found.oxygen == (15, None)


def test_units_in_the_cells_where_the_heading_has_none(tmp_path, words):
    assert series(tmp_path, words, "timestamp,NOx,O2\n2025-01-01 00:00,0.05 g/m3,16 %\n").values["NOx"] == (
        Interval.point(50),
    )


def test_days_of_water(tmp_path, words):
    found = series(tmp_path, words, "日期,COD (mg/L),pH\n2025-01-02,38,7.1\n2025-01-01,40,\n", WATER)
    assert (found.daily, found.water) == (True, True)
    assert found.values["COD"] == (Interval.point(40), Interval.point(38))
    assert found.shown(found.times[0]) == "2025-01-01"


def test_a_list_in_the_file_reads_as_a_csv_file_does(tmp_path, words):
    rows = "[{timestamp: 2025-01-01 00:00, NOx: 40 mg/m3, O2: 15 %}, {timestamp: 2025-01-01 01:00, NOx: 22 ppm, state: C, O2: null}]"
    listed = read_facility(GAS.replace("s1.csv", rows), words).lists["outlets"][0].facts["series"].value
    text = "timestamp,NOx,O2,state\n2025-01-01 00:00,40 mg/m3,15 %,\n2025-01-01 01:00,22 ppm,,C\n"
    written = series(tmp_path, words, text)
    assert (listed.times, listed.states, listed.oxygen) == (written.times, written.states, written.oxygen)
    assert listed.values == written.values


def test_a_path_in_a_workbook_is_relative_to_it(tmp_path, words):
    (tmp_path / "s1.csv").write_text("timestamp,NOx (mg/m3)\n2025-01-01 00:00,50\n")
    tree = read_bytes(GAS.encode(), str(tmp_path / "plant.yaml"))
    book = tmp_path / "plant.xlsx"
    book.write_bytes(workbook.write(tables.of_tree(tree, words, "zh"), (), "zh"))
    from envcheck.facility import facility_file

    found = facility_file.read(forms.read_file(str(book), words), words).lists["outlets"][0].facts["series"]
    assert found.text == "s1.csv"
    assert found.value.values["NOx"] == (Interval.point(50),)


MISTAKES = [
    ("timestamp,NOxx (mg/m3)\n", "s1.csv:1: unknown column 'NOxx (mg/m3)'. Did you mean: NOx"),
    ("timestamp,COD (mg/L)\n", "s1.csv:1: unknown column 'COD (mg/L)'"),
    ("timestamp,NOx (kg)\n", "'kg' is no unit of it"),
    ("timestamp,NOx (mg/m3),SO2 (mg/m3),NOx (g/m3)\n", "column NOx (g/m3) again"),
    ("timestamp,NOx (mg/m3),moisture (%)\n", "series are of dry gas. where the values are of dry gas already, put #"),
    ("timestamp,NOx (mg/m3),minutes (h)\n", "is in minutes"),
    ("NOx (mg/m3)\n50\n", "s1.csv:1: there is no column timestamp"),
    ("timestamp;NOx (mg/m3)\n2025-01-01 00:00;50\n", "unknown column 'timestamp;NOx (mg/m3)'"),
    ("timestamp,state\n", "there is no column of a substance"),
    ("timestamp,NOx (mg/m3)\n", "s1.csv: the series has no rows"),
    ("", "s1.csv:1: there is no column timestamp"),
    ("timestamp,NOx (mg/m3)\n2025-01-01 00:00,fifty\n", "s1.csv:2: NOx cannot be 'fifty mg/m3'. leave a cell empty"),
    ("timestamp,NOx (mg/m3)\n2025-01-01 00:00,50 ppm\n", "the heading has the unit already"),
    ("timestamp,NOx\n2025-01-01 00:00,50\n", "it needs a unit"),
    ("timestamp,NOx (mg/m3),O2 (%)\n2025-01-01 00:00,50,<3\n", "write percent"),
    ("timestamp,NOx (mg/m3)\n2025-01-01 00:00,50\n2025-01-01 00:00,51\n", "s1.csv:3: 2025-01-01 00:00 again (first on line 2)"),
    ("timestamp,NOx (mg/m3)\n2025-01-01 00:30,50\n", "is not the beginning of an hour"),
    ("timestamp,NOx (mg/m3)\n2025-01-01 24:00,50\n", "is not the beginning of an hour"),
    ("timestamp,NOx (mg/m3)\n2025-02-29 01:00,50\n", "the time '2025-02-29 01:00' cannot be read"),
    ("timestamp,NOx (mg/m3)\n9999-12-31 01:00,50\n", "cannot be read"),
    ("timestamp,NOx (mg/m3)\n,50\n", "the time '' cannot be read"),
    ("timestamp,NOx (mg/m3)\n2025-01-01,50\n", "hourly means are due for gas"),
    ("timestamp,NOx (mg/m3),state\n2025-01-01 00:00,50,calibrating!\n", "unknown state 'calibrating!'. Did you mean: calibration"),
    ("timestamp,NOx (mg/m3),minutes\n2025-01-01 00:00,50,61\n", "they lie from 0 to 60"),
    ("timestamp,NOx (mg/m3),minutes\n2025-01-01 00:00,50,\n", "an hour with a value has no minutes"),
    ("timestamp,NOx (mg/m3)\n2025-01-01 00:00\n", "1 cells under 2 headings"),
    ('timestamp,NOx (mg/m3)\n"2025-01-01 00:00,50\n', "s1.csv:2: not valid CSV"),
    (b"timestamp,NOx (mg/m3)\n\xff\xfe,50\n", "s1.csv:2: not UTF-8 text"),
    ("timestamp,NOx (mg/m3)\n2025-01-01 00:00,5\x000\n", "s1.csv:2:"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "told"), MISTAKES)
def test_mistakes(tmp_path, words, content, told):
    found = problems(tmp_path, words, content)
    assert any(told in line for line in found), found


def test_days_and_hours_do_not_mix(tmp_path, words):
    text = "timestamp,COD (mg/L)\n2025-01-01,40\n2025-01-02 00:00,40\n"
    assert problems(tmp_path, words, text, WATER) == ["s1.csv:3: some rows name an hour and some a day"]


def test_many_mistakes_are_counted(tmp_path, words):
    rows = "".join(f"2025-01-{day:02} 00:00,x\n" for day in range(1, 32))
    found = problems(tmp_path, words, "timestamp,NOx (mg/m3)\n" + rows)
    assert len(found) == 21
    assert found[-1] == "s1.csv: and 11 more mistakes"


def test_a_file_that_is_not_there(tmp_path, words):
    with pytest.raises(InputError) as error:
        read_facility(GAS.replace("s1.csv", "no/such.csv"), words, str(tmp_path / "plant.yaml"))
    assert f"{tmp_path}/plant.yaml:4:22: series file {tmp_path}/no/such.csv: cannot be read" in str(error.value)


def test_what_is_no_path_and_no_list(words):
    with pytest.raises(InputError, match="the path of a CSV file is due"):
        read_facility(GAS.replace("s1.csv", "{file: s1.csv}"), words)
    with pytest.raises(InputError, match="a mapping"):
        read_facility(GAS.replace("s1.csv", "[s1.csv]"), words)
