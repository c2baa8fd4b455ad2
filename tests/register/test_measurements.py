"""Measurements in a register: judged as the same series in facility files are, or refused with a reason."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.cli.commands.screen import command
from envcheck.judging.engines import direct
from envcheck.register import facility_by_facility
from envcheck.register.in_columns import screen
from envcheck.register.judging import monitored
from envcheck.register.tables import register_files
from envcheck.text.problems import InputError
from support import rule, shipped, small_pack
from support.measurements import PACK, RELAXED, START, hours, plant, register, table

AS_OF = date(2025, 12, 1)


def told(finding):
    """What must be the same: all but where a number stands."""
    comparison = finding.comparison
    if comparison is None:
        return finding.status, finding.missing
    account = comparison.series
    if account is not None:
        account = account._replace(file="", worst=tuple((peak.at, peak.value) for peak in account.worst))
    return finding.status, finding.missing, comparison.measured, comparison.margin, comparison.limit, account


def judged(found, packs, output=None):
    """What a screening finds, in columns and one by one."""
    run = screen(found, packs, shipped()[0], AS_OF, output and str(output))
    rows = facility_by_facility.screen(found, packs, shipped()[0], AS_OF, None)
    assert {one.facility: one.findings for one in run.judged_one_by_one}.items() <= {
        one.facility: one.findings for one in rows.judged_one_by_one
    }.items()
    assert sorted(map(str, rows.rejects)) == sorted(map(str, run.rejects))
    assert (rows.unmeasured, rows.measured, rows.rows) == (run.unmeasured, run.measured, run.rows)
    assert set(rows.statuses) <= set(run.statuses)
    assert all(counts == rows.statuses.get(rule, dict.fromkeys(counts, 0)) for rule, counts in run.statuses.items())
    return run, {(one.facility, f.subject.path, f.rule.key): f for one in run.judged_one_by_one for f in one.findings}


@RELAXED
@given(st.lists(hours(), min_size=1, max_size=4), st.sampled_from(["csv", "parquet"]))
def test_a_register_is_judged_as_facility_files_are(series, kind):
    plants = {"P1": {f"S{n}": rows for n, rows in enumerate(series[:2])}}
    plants["P2"] = {"S0": series[-1]}
    kundulun = next(pack for pack in shipped()[1] if pack.id == "kundulun-2023")
    tables = replace(kundulun, rules=tuple(one for one in kundulun.rules if one.id == "steel-industry-ultra-low"))
    packs = [small_pack(PACK), tables]
    with TemporaryDirectory() as name:
        folder = Path(name)
        wanted = {
            (one, f.subject.path, f.rule.key): f
            for one, outlets in plants.items()
            for f in direct.run(plant(one, outlets, folder), packs, AS_OF)[0]
        }
        run, found = judged(register(folder / "register", plants, table(plants), kind), packs, folder / "out.parquet")
        assert not run.rejects
        assert not run.unmeasured
        concerned = {key: finding for key, finding in wanted.items() if finding.status != "not_applicable"}
        assert found.keys() == concerned.keys()
        rows = pl.read_parquet(folder / "out.parquet").rows_by_key(["facility_id", "subject", "rule"], named=True)
    assert rows.keys() == concerned.keys()
    for key, finding in concerned.items():
        assert told(found[key]) == told(finding), key
        assert rows[key][0]["status"] == finding.status


# --- by hand ---------------------------------------------------------------------------------------------------------


def june(value, **columns):
    """720 hours of one outlet; each column may be a function of the hour's number."""
    made = {"value": value, "oxygen": 16, "state": "", "minutes": 60} | columns
    return [
        [START + timedelta(hours=n), *(column(n) if callable(column) else column for column in made.values())]
        for n in range(720)
    ]


@pytest.fixture
def one(tmp_path):
    """The findings on one outlet by rule, of a table of measurements."""

    def found(measurements, kind="csv", pack=PACK):
        run, findings = judged(register(tmp_path / "r", {"P": {"S": []}}, measurements, kind), [small_pack(pack)])
        return run, {key[2].partition("/")[2]: finding for key, finding in findings.items()}

    return found


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize(("beyond", "status"), [(0, "pass"), (36, "pass"), (37, "fail"), (720, "fail")])
def test_95_percent_of_720_hours_are_684(one, kind, beyond, status):
    _, found = one(table({"P": {"S": june(lambda n: 50.000001 if n < beyond else 50.0)}}), kind)
    assert found["share"].status == status
    assert found["share"].comparison.measured.exact == Fraction(100 * (720 - beyond), 720)
    assert found["hour"].status == ("fail" if beyond else "pass")


def test_grams_and_ppm_are_converted_as_in_a_file(one):
    """0.05 g/m3 is 50 mg/m3, on the limit; 25 ppm of NOx (as NO2, 46.01 g/mol) are 51.35 mg/m3."""
    grams = table({"P": {"S": june(0.05)}}, unit=pl.lit("g/m3"))
    assert one(grams)[1]["share"].comparison.measured.exact == 100
    beyond = one(table({"P": {"S": june(25.0)}}, unit=pl.lit("ppm")))[1]["hour"]
    assert beyond.status == "fail"
    assert beyond.comparison.measured.exact == 25 * Fraction("46.01") / Fraction("22.4")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_worst_hours_are_told_apart_by_their_last_digit(one, kind):
    """Thousandths of a millionth apart, in the order of time the wrong way round."""
    rows = table({"P": {"S": june(lambda n: 50.00000000001 if n < 300 else 50.0)}})
    least = one(rows, kind)[1]["least"].comparison
    assert (least.measured.exact, least.series.worst[0].at) == (50, "2025-06-13 12:00")
    rows = table({"P": {"S": june(lambda n: 61.0 if n < 717 else 61.00000000001)}})
    worst = one(rows, kind)[1]["bare-hour"].comparison.series.worst
    assert [peak.value.exact for peak in worst] == [Fraction("61.00000000001")] * 3 + [Fraction(61)] * 2
    assert [peak.at[-8:] for peak in worst] == ["30 21:00", "30 22:00", "30 23:00", "01 00:00", "01 01:00"]


def test_a_workbook_tells_of_its_rows_and_days_among_hours_are_midnights(one):
    rows = table({"P": {"S": june(lambda n: 51.0 if n == 24 else 50.0, state=lambda n: "asleep" if n == 7 else "")}})
    run, _ = one(rows, "xlsx")
    assert [str(problem.place).rpartition("/")[2] for problem in run.unmeasured[0].problems] == ["measurements.xlsx:9"]
    rows = rows.with_columns(state=pl.lit(""))
    worst = one(rows, "xlsx")[1]["hour"].comparison.series.worst
    assert [(peak.at, peak.place.line) for peak in worst] == [("2025-06-02 00:00", 26)]


def test_headings_and_times_as_people_write_them(one):
    rows = table({"P": {"S": june(51.0)}})
    text = pl.col("timestamp").dt.strftime("%Y年%-m月%-d日%-H时")
    chinese = rows.select(
        text.alias("监测时间"), pl.col("outlet").alias("废气排口"), pl.lit("氮氧化物").alias("污染物"),
        pl.col("value").alias("监测值（毫克/立方米）"), pl.col("O2 (%)").alias("含氧量"), pl.lit("x").alias("#备注"),
    )  # fmt: skip
    run, found = one(chinese)
    assert not run.unmeasured
    assert found["hour"].comparison.series.exceeding == 720
    assert found["hour"].flags == ("valid_minutes_assumed", "series_unmoving")


def test_the_outlets_other_pollutants_say_how_long_its_series_is(one):
    """Half a month of NOx beside a whole one of SO2 lacks the other half."""
    nitrogen = table({"P": {"S": june(40.0)[:360]}})
    sulphur = table({"P": {"S": june(30.0)}}, pollutant=pl.lit("SO2"))
    _, found = one(pl.concat([nitrogen, sulphur]))
    assert found["hour"].status == "unknown"
    assert dict(found["hour"].comparison.series.excluded) == {"no_row": 360}
    assert found["other"].status == "pass"


def test_facility_ids_tell_outlets_of_the_same_name_apart(tmp_path):
    plants = {"A": {"S": june(51.0)}, "B": {"S": june(49.0)}}
    _, found = judged(register(tmp_path / "r", plants, table(plants)), [small_pack(PACK)])
    assert [found[name, "outlets/S", "small/hour"].status for name in "AB"] == ["fail", "pass"]
    without = register(tmp_path / "r", plants, table(plants).drop("facility_id"))
    run, found = judged(without, [small_pack(PACK)])
    assert not found
    assert {reject.facility for reject in run.rejects} == {"A", "B"}
    assert sum(refused.rows for refused in run.unmeasured) == 1440
    assert "more than one facility" in run.unmeasured[0].problems[0].what.en


# --- rows that cannot be read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("value", "41,5", "NOx cannot be '41,5"),
        ("value", "未检出", "give the detection limit, as in < 0.5 mg/m3"),
        ("value", "NaN", "leave a cell empty"),
        ("timestamp", "2025-06-31 00:00", "cannot be read"),
        ("timestamp", "2025-06-01 00:30", "beginning of an hour"),
        ("timestamp", "2025-06-01", "hour and some a day"),
        ("timestamp", "", "the time '' cannot be read"),
        ("timestamp", "2025-06-01 00:00", "again"),
        ("state", "asleep", "unknown state"),
        ("minutes", "61", "from 0 to 60"),
        ("minutes", "", "no minutes"),
        ("O2 (%)", "16 mg/m3", "unit"),
        ("pollutant", "NOX2", "is no pollutant"),
        ("pollutant", "O2", "a column of its own"),
        ("pollutant", "", "no pollutant"),
        ("unit", "t/h", "units that fit"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_row_that_cannot_be_read_refuses_its_facility(tmp_path, column, text, reason, kind):
    plants = {"A": {"S": june(40.0)}, "B": {"T": june(40.0)}}
    rows = table(plants)
    cells = [rows["timestamp"].dt.strftime("%Y-%m-%d %H:%M").alias("timestamp"), *rows.drop("timestamp").get_columns()]
    rows = pl.DataFrame([one.cast(pl.String) for one in cells]).with_row_index("n")
    wrong = (pl.col("n") == 200) & (pl.col("facility_id") == "A")
    rows = rows.with_columns(pl.when(wrong).then(pl.lit(text)).otherwise(pl.col(column)).alias(column)).drop("n")
    run, found = judged(register(tmp_path / "r", plants, rows, kind), [small_pack(PACK)])
    assert {key[0] for key in found} == {"B"}
    assert {reject.facility for reject in run.rejects} == {"A"}
    (refused,) = run.unmeasured
    assert refused.rows == 720
    (problem,) = refused.problems
    assert reason in (problem.what + problem.remedy).en
    assert problem.place.line == 200 + (2 if kind == "csv" else 1)


def test_rows_of_an_unknown_outlet_are_told_and_refuse_the_facility_they_name(tmp_path):
    plants = {"A": {"S": june(40.0)}, "B": {"T": june(40.0)}}
    rows = table(plants)
    astray = rows.filter(pl.col("facility_id") == "A").with_columns(outlet=pl.lit("X"))
    run, found = judged(register(tmp_path / "r", plants, pl.concat([rows, astray.head(50)])), [small_pack(PACK)])
    assert {key[0] for key in found} == {"B"}
    assert {reject.facility for reject in run.rejects} == {"A"}
    (told, rest) = run.unmeasured
    assert (told.rows, rest.rows) == (50, 720)
    assert told.problems[0].what.en == "the table outlets has no X"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"drop": "outlet"}, "one column names the subject"),
        ({"drop": "value"}, "no column value"),
        ({"drop": "unit"}, "the unit stands in a column unit"),
        ({"rename": {"state": "湿度"}}, "dry gas"),
        ({"rename": {"state": "colour"}}, "unknown column"),
        ({"rename": {"O2 (%)": "O2 (mg/m3)"}}, "in percent"),
        ({"rename": {"value": "value (mg/m3)"}}, "the unit stands in a column unit"),
    ],
)
def test_headings_that_cannot_be_used_are_an_error(tmp_path, change, reason):
    rows = table({"P": {"S": june(40.0)}})
    rows = rows.drop(change["drop"]) if "drop" in change else rows.rename(change["rename"])
    with pytest.raises(InputError) as caught:
        register(tmp_path / "r", {"P": {"S": []}}, rows)
    assert any(reason in (problem.what + problem.remedy).en for problem in caught.value.problems)


def test_measurements_without_a_table_of_their_subjects_are_an_error(tmp_path):
    found = register(tmp_path / "r", {"P": {"S": []}}, table({"P": {"S": june(40.0)}}))
    alone = found._replace(tables={"facility": found.tables["facility"]})
    with pytest.raises(InputError, match="no table outlets"):
        judged(alone, [small_pack(PACK), small_pack(rule("region in [150203]", subject="facility"))])


# --- water, files, batches -------------------------------------------------------------------------------------------


def test_daily_means_of_an_outfall_are_judged_by_the_day(tmp_path):
    folder = tmp_path / "r"
    (folder / "measurements").mkdir(parents=True)
    (folder / "outfalls.csv").write_text("id,facility_id\nW,P\n")
    (folder / "facilities.csv").write_text("id,region\nP,150203\n")
    days = [f"2025-06-{day:02},W,COD,{41 if day > 29 else 40},mg/L\n" for day in range(1, 31)]
    (folder / "measurements" / "water.csv").write_text("日期,outfall,pollutant,value,unit\n" + "".join(days))
    pack = small_pack(rule("water.COD <= 40 mg/L", subject="outfall"))
    _, found = judged(register_files.read(str(folder), shipped()[0]), [pack])
    (finding,) = (f for f in found.values() if f.subject.path == "outfalls/W")
    assert finding.status == "fail"
    assert (finding.comparison.series.exceeding, finding.comparison.series.means) == (1, 30)


def test_it_does_not_matter_how_many_facilities_are_taken_at_once_or_in_how_many_files(tmp_path, monkeypatch):
    plants = {f"P{n}": {"S": june(lambda hour, n=n: 50.000001 if hour < 35 + n else 50.0)} for n in range(4)}
    found = register(tmp_path / "r", plants, table(plants))
    _, whole = judged(found, [small_pack(PACK)])
    monkeypatch.setattr(monitored, "AT_ONCE", 1000)
    os.remove(tmp_path / "r" / "measurements.csv")
    (tmp_path / "r" / "measurements").mkdir()
    for day in (1, 15):
        part = table(plants).filter((pl.col("timestamp").dt.day() >= 15) == (day == 15))
        part.write_parquet(tmp_path / "r" / "measurements" / f"{day}.parquet")
    _, parts = judged(register_files.read(str(tmp_path / "r"), shipped()[0]), [small_pack(PACK)])
    assert [whole[f"P{n}", "outlets/S", "small/share"].status for n in range(4)] == ["pass", "pass", "fail", "fail"]
    assert {key: told(finding) for key, finding in parts.items()} == {key: told(f) for key, f in whole.items()}


def test_the_command_tells_of_measurements(tmp_path, capsys):
    plants = {"A": {"S": june(40.0)}, "B": {"T": june(40.0)}}
    rows = table(plants).with_columns(state=pl.when(pl.col("outlet") == "T").then(pl.lit("asleep")).otherwise("state"))
    register(tmp_path / "r", plants, rows)
    call = [str(tmp_path / "r"), "-o", str(tmp_path / "out.parquet"), "--as-of", "2025-12-01", "--lang", "en"]
    call += ["--summary", str(tmp_path / "summary.json"), "--select", "kundulun-2023/*"]
    assert command.main(call, standalone_mode=False) == 3
    printed = " ".join(capsys.readouterr().out.split())
    assert "1,440 rows of measurements read = 720 judged + 720 rejected" in printed
    assert "unknown state" in printed
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["measurements"] == {"read": 1440, "judged": 720, "rejected": 720}
    lines = (tmp_path / "out.rejects.csv").read_text("utf-8-sig").splitlines()
    assert sum("unknown state 'asleep'" in line for line in lines) >= 20
    assert "and 700 more mistakes" in lines[-1]
