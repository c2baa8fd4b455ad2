"""Rows that are not judged: each told with its reason, counted, and its facility left out."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.register.results.summary import _general
from envcheck.text.messages import Text
from support.screening import BOILERS, FACILITIES, HEAD, rejected, screen, statuses, summary, told, write

BAD = {
    "a number that is none": ("H2,B9,natural_gas,20,existing,abc,3.5", "abc", "H2"),
    "a word nobody knows": ("H2,B9,plasma,20,existing,5,3.5", "plasma", "H2"),
    "an id that stands twice": ("H2,B1,natural_gas,20,existing,5,3.5", "B1", "H2"),
    "no id": ("H2,,natural_gas,20,existing,5,3.5", "no id", "H2"),
    "no facility": (",B9,natural_gas,20,existing,5,3.5", "names no facility", ""),
    "a blank facility": ("  ,B9,natural_gas,20,existing,5,3.5", "names no facility", ""),
    "a facility that is not listed": ("H9,B9,natural_gas,20,existing,5,3.5", "the table of facilities has no H9", "H9"),
    "not a number": ("H2,B9,natural_gas,20,existing,NaN,3.5", "NaN", "H2"),
    "air instead of flue gas": ("H2,B9,natural_gas,20,existing,5,21", "21", "H2"),
    "a unit of something else": ("H2,B9,natural_gas,20 m2,existing,5,3.5", "20 m2", "H2"),
    "a negative capacity": ("H2,B9,natural_gas,-20,existing,5,3.5", "-20", "H2"),
}


@pytest.mark.parametrize(("row", "reason", "name"), BAD.values(), ids=BAD)
def test_a_row_that_cannot_be_read_is_told_with_its_reason_and_its_facility_is_not_judged(
    tmp_path, capsys, row, reason, name
):
    folder = write(tmp_path / "r", facilities=FACILITIES, boilers=BOILERS + row + "\n")
    assert screen(folder, "-o", tmp_path / "f.parquet", "--summary", tmp_path / "s.json") == 1
    rows = rejected(tmp_path / "f.rejects.csv")
    own = [r for r in rows if r["table"] == "boilers.csv" and r["row"] == "7"]
    assert [(r["facility_id"], r["fuel"]) for r in own] == [(name, row.split(",")[2])]
    assert reason in own[0]["reason"]
    # of H2 nothing was judged: its facility row, its boiler B1, and this row
    assert len(rows) == (3 if name == "H2" else 1)
    assert all(r["facility_id"] == name for r in rows)
    assert not any(key[0] == name for key in statuses(tmp_path / "f.parquet"))
    found = summary(tmp_path / "s.json")
    assert found["rows_total"] == {"read": 10, "judged": 10 - len(rows), "rejected": len(rows)}
    assert found["facilities"]["rejected"] == bool(name)
    out = capsys.readouterr().out
    assert f"10 rows read = {10 - len(rows)} judged + {len(rows)} rejected" in out
    assert "boilers.csv:7" in out


def test_rows_read_one_by_one_are_counted_with_the_rest(tmp_path):
    below = BOILERS.replace("natural_gas,20,existing,30,", "天然气,14 MW,existing,< 31,")
    folder = write(tmp_path / "r", facilities=FACILITIES, boilers=below)
    assert screen(folder, "-o", tmp_path / "f.parquet", "--summary", tmp_path / "s.json") == 1
    found = summary(tmp_path / "s.json")
    assert found["rows_total"] == {"read": 9, "judged": 9, "rejected": 0}
    # somewhere below 31 mg/m3 may be above or below 30: unknown
    assert statuses(tmp_path / "f.parquet")["H2", "boilers/B1", "kundulun-2023/gas-boiler-1t-nox"] == "unknown"
    assert found["facilities"] == {"compliant": 0, "non_compliant": 1, "undetermined": 3, "rejected": 0}
    assert {(r["facility"], r["name"], r["unknown"]) for r in found["ranking"][1:]} == {
        ("H2", "供热二厂", 1), ("H3", "供热三厂", 1),
    }  # fmt: skip


def test_a_heading_without_its_unit_refuses_bare_numbers_and_takes_those_with_one(tmp_path):
    head = HEAD.replace("capacity (t/h)", "capacity") + ",region"
    bare, own = "H1,B1,natural_gas,20,existing,5,3.5,150203", "H2,B1,natural_gas,20 t/h,existing,31,3.5,150203"
    folder = write(tmp_path / "r", boilers=f"{head}\n{bare}\n{own}\n")
    assert screen(folder, "-o", tmp_path / "f.csv") == 1
    assert [(r["facility_id"], r["capacity"]) for r in rejected(tmp_path / "f.rejects.csv")] == [("H1", "20")]
    assert {key[0] for key in statuses(tmp_path / "f.csv")} == {"H2"}


def test_where_every_row_is_rejected_nothing_was_screened(tmp_path):
    folder = write(tmp_path / "r", boilers=f"{HEAD}\n,B1,natural_gas,20,existing,5,3.5\n")
    (tmp_path / "f.csv").write_text("old")
    text = told(folder, "-o", tmp_path / "f.csv", "--summary", tmp_path / "s.json")
    assert "1 rows" in text
    assert "boilers.csv:2" in text
    assert [r["reason"] for r in rejected(tmp_path / "f.rejects.csv")] == ["the row names no facility"]
    assert sorted(os.listdir(tmp_path)) == ["f.rejects.csv", "r"]


def test_old_rejects_do_not_outlive_a_run_without_any(tmp_path, register):
    (tmp_path / "f.rejects.csv").write_text("of another day")
    assert screen(register, "-o", tmp_path / "f.parquet") == 1
    assert sorted(os.listdir(tmp_path)) == ["f.parquet", "register"]


def test_without_an_output_rejects_are_counted_and_shown(tmp_path, capsys, monkeypatch):
    folder = write(tmp_path / "r", facilities=FACILITIES, boilers=BOILERS + ",B9,natural_gas,1,existing,,\n")
    monkeypatch.chdir(tmp_path)
    assert screen(folder) == 1
    assert "1 the row names no facility" in capsys.readouterr().out
    assert os.listdir(tmp_path) == ["r"]


@given(st.text("ab：:（）()'\"“”./csv12", max_size=60))
def test_a_reason_keeps_its_shape_without_the_row_it_quotes(value):
    quoted = value.replace("'", "").replace("“", "").replace("”", "").replace('"', "")
    wanted = Text("值…不可用", "it cannot be …")
    assert _general(Text(f"值“{quoted}”不可用", f"it cannot be '{quoted}'")) == wanted
