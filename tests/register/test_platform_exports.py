"""Wide tables of measurements: a platform's hours, a plant's days; what is taken, what is passed over, what is asked."""

import csv
import io

import openpyxl
import pytest

from envcheck.cli.commands.screen import command
from envcheck.register.tables import register_files
from envcheck.text.problems import InputError
from support import ROOT, shipped
from support.office_tables import FIRM, POLLUTANTS, WATER, hours, platform, sewage

MONTH = ("--as-of", "2026-02-01", "--isolated", "--lang", "en")
STEEL = ("--select", "kundulun-2023/steel-industry-ultra-low", *MONTH)
MAPPING = """format: envcheck/mapping/1
facts: {region: 昆都仑区}
"""


def screened(path, tmp_path, *more, mapping=MAPPING):
    out, given = tmp_path / "f.csv", tmp_path / "map.yaml"
    given.write_text(mapping, encoding="utf-8")
    command.main([str(path), "-o", str(out), "--mapping", str(given), *more], standalone_mode=False)
    with open(out, encoding="utf-8-sig", newline="") as stream:
        return {
            (r["facility_id"], r["subject"].partition("/")[2], r["rule"]): r["status"] for r in csv.DictReader(stream)
        }


def of_outlets(found):
    return {subject: status for (_, subject, _), status in found.items()}


def refused(path, *more):
    with pytest.raises(InputError) as caught:
        command.main([str(path), *MONTH, *more], standalone_mode=False)
    return "\n".join(p.within("en") for p in caught.value.problems)


def said(capsys):
    return " ".join(capsys.readouterr().out.split())


def register(folder, data, *, states=True):
    """The same hours as a tidy register."""
    folder.mkdir()
    (folder / "facilities.csv").write_text(f"id,name,region\n{FIRM},{FIRM},150203\n", encoding="utf-8")
    listed = "".join(f"{outlet},{FIRM},sintering_head\n" for outlet in data)
    (folder / "outlets.csv").write_text(f"id,facility_id,process\n{listed}", encoding="utf-8")
    rows = ["timestamp,facility_id,outlet,pollutant,value (mg/m3),O2 (%),state"]
    for outlet, own in data.items():
        for time, air, values in own:
            for zh, (value, mark) in values.items():
                rows.append(f"{time:%Y-%m-%d %H:%M},{FIRM},{outlet},{POLLUTANTS[zh][0]},{value},{air},{mark}")
    (folder / "measurements.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


# --- a platform's hours ----------------------------------------------------------------------------------------------


def test_an_export_says_what_the_tidy_register_says(tmp_path, capsys):
    """Measured values lie below the limit of 50, and above it as converted, of the one with high ones."""
    data = hours(high=("2#烧结机头",), mark=lambda hour, zh: "D" if hour % 40 == 0 and zh == "氮氧化物" else "N")
    tidy = screened(register(tmp_path / "r", data), tmp_path, *STEEL, mapping="x: '#'\n")
    capsys.readouterr()
    wide = screened(platform(tmp_path / "烟气小时数据.xlsx", data), tmp_path, *STEEL)
    assert of_outlets(wide) == of_outlets(tidy) == {"1#烧结机头": "pass", "2#烧结机头": "fail"}
    told = said(capsys)
    assert "4,464 rows of measurements read = 4,464 judged + 0 rejected" in told
    for word in (
        "1488 rows of outlet",
        "converted values beside measured ones",
        "kg/h",
        "sums or means (row 1493,",
        "dry gas",
    ):
        assert word in told


def test_marks_are_of_their_pollutant(tmp_path):
    """A high value in hours marked as a fault of NOx does not count; marked so for SO2 it does."""
    data = hours(high=("1#烧结机头", "2#烧结机头"))
    for outlet, zh in (("1#烧结机头", "氮氧化物"), ("2#烧结机头", "二氧化硫")):
        data[outlet] = [
            (
                time,
                air,
                {
                    z: (
                        40.0 * 1.6 if high and z == "氮氧化物" else 20.0 if z != "颗粒物" else 6.0,
                        "D" if high and z == zh else "N",
                    )
                    for z in values
                },
            )
            for n, (time, air, values) in enumerate(data[outlet])
            for high in [n % 10 == 0]
        ]
    found = of_outlets(screened(platform(tmp_path / "x.xlsx", data), tmp_path, *STEEL))
    assert found == {"1#烧结机头": "pass", "2#烧结机头": "fail"}


def test_converted_values_alone_are_not_converted_again(tmp_path, capsys):
    data = hours(high=("2#烧结机头",))
    path = platform(tmp_path / "x.xlsx", data, measured=False)
    assert of_outlets(screened(path, tmp_path, *STEEL)) == {"1#烧结机头": "pass", "2#烧结机头": "fail"}
    assert "nothing is converted once more" in said(capsys)


def test_without_an_oxygen_content_the_converted_values_are_read(tmp_path, capsys):
    """40 as measured at 16.5 % is 44 at 16 %: at 62 as converted 57 measured would pass for 55 were it not told apart."""
    data = hours(high=("2#烧结机头",))
    path = platform(tmp_path / "x.xlsx", data, oxygen=False)
    assert of_outlets(screened(path, tmp_path, *STEEL)) == {"1#烧结机头": "pass", "2#烧结机头": "fail"}
    assert "measured values without an oxygen content, not read" in said(capsys)


def test_measured_values_without_an_oxygen_content_do_not_pass(tmp_path):
    path = platform(tmp_path / "x.xlsx", hours(), oxygen=False, converted=False)
    assert set(of_outlets(screened(path, tmp_path, *STEEL)).values()) == {"unknown"}


@pytest.mark.parametrize("mark", ["0", "1", "Q"])
def test_a_mark_that_two_makers_read_differently_is_a_question(tmp_path, mark):
    data = hours(days=2, mark=lambda hour, zh: mark if hour < 5 else "N")
    path = platform(tmp_path / "x.xlsx", data)
    told = refused(path)
    assert f"marks that are not understood in 颗粒物·标记: {mark} (10)" in told
    assert "--draft-mapping" in told
    words = "\n".join(f"  {zh}·标记: {{'{mark}': 故障}}" for zh in POLLUTANTS)
    found = screened(path, tmp_path, *STEEL, mapping=f"{MAPPING}words:\n{words}\n")
    assert len(found) == 2


def test_whose_measurements_they_are_is_a_question_where_nothing_says_it(tmp_path):
    one = {"1#烧结机头": hours(days=2)["1#烧结机头"]}
    path = platform(tmp_path / "小时数据.xlsx", one, title="烟气排放连续监测小时平均值日报表", outlets=False)
    told = refused(path)
    assert "which facility" in told
    assert "which outlet" in told
    draft = tmp_path / "map.xlsx"
    command.main([str(path), "--draft-mapping", str(draft), *MONTH], standalone_mode=False)
    book = openpyxl.load_workbook(draft)
    answers = {"facility": FIRM, "subject": "1#烧结机头"}
    for row in book["table"].iter_rows():
        if row[0].value in answers:
            assert row[1].value == "?"
            row[1].value = answers[row[0].value]
    for row in book["facts"].iter_rows(min_row=2):
        row[2].value = "昆都仑区" if row[1].value == "region" else row[2].value
    book.save(draft)
    out = tmp_path / "f.csv"
    command.main([str(path), "-o", str(out), "--mapping", str(draft), *STEEL], standalone_mode=False)
    assert FIRM in out.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    "lines",
    [
        ["企业名称：样例钢铁有限公司    监测点：1#烧结机头", "监测日期：2026年1月15日"],
        ["固定污染源名称：样例钢铁有限公司1#烧结机头", "固定污染源编号：    监测日期：2026年1月15日"],
        ["样例钢铁有限公司1#烧结机头烟气排放连续监测小时平均值日报表（2026年1月15日）"],
    ],
)
def test_a_days_report_takes_firm_point_and_day_from_the_lines_above_it(tmp_path, lines, capsys):
    heads = "时间,颗粒物（mg/m³）,颗粒物折算（mg/m³）,颗粒物（kg/h）,氮氧化物（mg/m³）,氮氧化物折算（mg/m³）,含氧量（%）,备注"
    rows = [f"{h:02}~{h + 1:02},6,6.7,1,40,44,16.5," for h in range(24)]
    below = ["平均值,6,6.7,1,40,44,16.5,", "样本数,24,24,24,24,24,24,", "日排放总量（t）,,,0.024,,,,"]
    path = tmp_path / "日报.csv"
    path.write_text(
        "\n".join(["烟气排放连续监测小时平均值日报表", *lines, heads, *rows, *below]) + "\n", encoding="gb18030"
    )
    found = screened(path, tmp_path, *STEEL)
    assert {key[:2] for key in found} == {(FIRM, "1#烧结机头")}
    assert "48 rows of measurements read = 48 judged" in said(capsys)


def test_a_row_whose_time_is_none_or_not_of_an_hour_is_refused(tmp_path):
    path = tmp_path / "小时数据.csv"
    for time, reason in (
        ("2026-01-01 10:30", "not the beginning of an hour"),
        ("2026-01-01T10:00:00+08:00", "time zone"),
        ("十点", "cannot be read"),
        ("2026-01-01 24:00", "not the beginning of an hour"),
    ):
        rows = "".join(f"{t},1#烧结机头,40,16\n" for t in ("2026-01-01 08:00", "2026-01-01 09:00", time))
        text = f"某钢铁公司小时数据\n时间,监测点,NOx实测（mg/m³）,含氧量（%）\n{rows}"
        path.write_text(text, encoding="utf-8")
        assert reason in refused(path)


def test_a_register_takes_a_wide_file_of_measurements_by_ids_or_names(tmp_path):
    data = hours(high=("2#烧结机头",))
    folder = register(tmp_path / "r", data)
    (folder / "measurements.csv").unlink()
    (folder / "outlets.csv").write_text(
        "id,name,facility_id,process\nDA001,1#烧结机头,mill,sintering_head\nDA002,2#烧结机头,mill,sintering_head\n",
        encoding="utf-8",
    )
    (folder / "facilities.csv").write_text(f"id,name,region\nmill,{FIRM},150203\n", encoding="utf-8")
    platform(folder / "measurements.xlsx", data)
    found = screened(folder, tmp_path, *STEEL, mapping="x: '#'\n")
    assert {key[:2]: status for key, status in found.items()} == {("mill", "DA001"): "pass", ("mill", "DA002"): "fail"}


# --- a plant's days --------------------------------------------------------------------------------------------------

PLANT = ("--select", "kundulun-2023/xijiao-grade-1a", *MONTH)


@pytest.mark.parametrize(("cod", "status"), [(30, "unknown"), (51, "fail")])
def test_the_effluent_of_a_days_report_is_judged_and_never_the_influent(tmp_path, capsys, cod, status):
    """300 mg/L flow in; grade 1A lets 50 out. What the report does not hold (pH, colour) stays unknown."""
    path = sewage(tmp_path / "月报.xlsx", lambda day, zh: cod if zh == "COD" else WATER[zh][2])
    found = screened(path, tmp_path, *PLANT)
    assert {key[:2]: s for key, s in found.items()} == {("西郊污水处理厂", "出水"): status}
    told = said(capsys)
    assert "124 rows of measurements read = 124 judged" in told
    assert "values of the influent, not read" in told
    assert "sums or means (row 36, 37, 38, 39)" in told


def test_a_column_of_neither_side_is_a_question_beside_the_influent(tmp_path):
    text = "日期,进水COD（mg/L）,出水COD（mg/L）,总氮（mg/L）\n" + "".join(
        f"2026-01-{d:02},300,30,12\n" for d in range(1, 11)
    )
    path = tmp_path / "月报.csv"
    path.write_text("西郊污水处理厂日报\n" + text, encoding="utf-8")
    assert "总氮" in refused(path)


def test_rows_of_an_inlet_are_told_and_not_judged(tmp_path, capsys):
    text = "日期,监测点,COD（mg/L）\n" + "".join(
        f"2026-01-{d:02},{point},{cod}\n" for d in range(1, 11) for point, cod in (("进水口", 300), ("总排口", 30))
    )
    path = tmp_path / "废水日数据.csv"
    path.write_text("西郊污水处理厂水质日报表\n" + text, encoding="utf-8")
    found = screened(path, tmp_path, *PLANT)
    assert {key[1] for key in found} == {"总排口"}
    assert "points of the influent, not read" in said(capsys)


# --- long tables -----------------------------------------------------------------------------------------------------


def long_register(tmp_path, rows, heads="timestamp,facility_id,outlet,pollutant,value (mg/m3),O2 (%)"):
    folder = register(tmp_path / "r", hours(days=1))
    (folder / "measurements.csv").write_text("\n".join([heads, *rows]) + "\n", encoding="utf-8")
    return folder


def test_pollutants_and_empties_of_long_tables_are_declared(tmp_path, capsys):
    rows = [
        f"{time:%Y-%m-%d %H:%M},{FIRM},1#烧结机头,{name},{value},16"
        for time, _, _ in hours(days=1)["1#烧结机头"]
        for name, value in (("NOx", 40 if time.hour else "-9999.0"), ("Chlorine Total", "NA"), ("Staub", 5))
    ]
    folder = long_register(tmp_path, rows)
    mapping = "pollutants: {Chlorine Total: '#', Staub: PM}\nempty: [NA, '-9999']\n"
    found = screened(folder, tmp_path, *STEEL, mapping=mapping)
    assert found
    told = said(capsys)
    assert "24 rows of pollutants that are left out: Chlorine Total" in told
    assert "48 rows of measurements read = 48 judged + 0 rejected" in told


def test_measurements_on_several_sheets_are_one_series(tmp_path, capsys):
    data = hours(days=2)
    folder = register(tmp_path / "r", data)
    with open(folder / "measurements.csv", encoding="utf-8", newline="") as stream:
        head, *rows = csv.reader(io.StringIO(stream.read()))
    (folder / "measurements.csv").unlink()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, day in (("1日", "2026-01-01"), ("2日", "2026-01-02")):
        sheet = book.create_sheet(title)
        sheet.append(head)
        for row in rows:
            if row[0].startswith(day):
                sheet.append(row)
    book.save(folder / "measurements.xlsx")
    screened(folder, tmp_path, *STEEL, mapping="x: '#'\n")
    assert f"{len(rows)} rows of measurements read = {len(rows)} judged" in said(capsys)


def test_a_time_zone_is_refused_with_advice(tmp_path):
    for zone in ("+08:00", "Z"):
        folder = tmp_path / zone
        folder.mkdir()
        rows = [f"2026-01-01T0{h}:00:00{zone},{FIRM},1#烧结机头,NOx,40,16" for h in range(5)]
        told = refused(long_register(folder, rows), "--mapping", str(_empty(folder)))
        assert "time zone" in told


def _empty(folder):
    path = folder / "m.yaml"
    path.write_text("x: '#'\n", encoding="utf-8")
    return path


# --- layouts ---------------------------------------------------------------------------------------------------------


def times(hours_of_report):
    return [f"2026-01-0{1 + h // 24} {h % 24:02}:00" for h in range(hours_of_report)]


LAYOUTS = {
    "two rows of headings in a text": [
        f"{FIRM}烟气排放连续监测小时数据,,,,,,,,",
        "监测点：1#烧结机头,,,,,,,,",
        "监测时间,二氧化硫,,,氮氧化物,,,氧含量（%）,标干流量（Nm3/h）",
        ",实测（mg/m3）,折算（mg/m3）,标识,实测（mg/m3）,折算（mg/m3）,标识,,",
        *[f"{time},20,22,N,40,44,N,16.4,500000" for time in times(48)],
        "平均值,20,22,,40,44,,16.4,",
        "有效数据个数,48,,,,,,,",
    ],
    "groups of outlets above the pollutants": [
        f"{FIRM}在线监测小时数据,,,,,,",
        "时间,1#烧结机头,,,2#烧结机头,,",
        ",二氧化硫(mg/m3),氮氧化物(mg/m3),含氧量(%),二氧化硫(mg/m3),氮氧化物(mg/m3),含氧量(%)",
        *[f"{time},20,40,16.4,20,40,16.4" for time in times(24)],
    ],
    "reports below each other": [
        line
        for outlet in ("1#烧结机头", "2#烧结机头")
        for line in (
            "烟气排放连续监测小时平均值日报表,,,",
            f"固定污染源名称：{FIRM}  监测点名称：{outlet}  监测日期：2026年1月15日,,,",
            "时间,SO2 mg/m3,NOx（mg/m3）,氧含量%",
            *[f"{hour:02}时,20,40,16.4" for hour in range(24)],
            "样本数,24,24,24",
            "上报单位（盖章）：,,负责人：,报告人：",
        )
    ],
    "a row a point and an hour, with the region": [
        "企业名称,行政区划,监控点名称,监测时间,二氧化硫实测浓度(mg/m3),二氧化硫折算浓度(mg/m3),二氧化硫排放量(千克),氮氧化物实测浓度(mg/m3),氮氧化物折算浓度(mg/m3),氧气含量(%),烟气压力(Pa),小时流量(m3),生产工况,数据状态",
        *[
            f"{FIRM},昆都仑区,{outlet},{time},20,22,1,40,44,16.4,-20,400000,正常,N"
            for outlet in ("1#烧结机头排放口", "2#烧结机头排放口")
            for time in times(24)
        ],
    ],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_exports(tmp_path, capsys, name):
    path = tmp_path / "小时数据.csv"
    path.write_text("\n".join(LAYOUTS[name]) + "\n", encoding="utf-8")
    found = screened(path, tmp_path, *STEEL, mapping="x: '#'\n" if "region" in name else MAPPING)
    assert {key[0] for key in found} == {FIRM}
    assert all(key[1].startswith(("1#烧结机头", "2#烧结机头")) for key in found)
    assert "96 rows of measurements read = 96 judged + 0 rejected" in said(capsys)


@pytest.mark.parametrize(
    ("marks", "counted"),
    [
        ("标记,NOx（mg/m3）,标记,烟温（℃）,标记,氧含量（%）", ("N", 40, "N", 120, "D", 16.4)),
        ("标记,NOx（mg/m3）,标记,烟温（℃）,标记,氧含量（%）", ("N", 40, "D", 120, "N", 16.4)),
        ("标记,NOx（mg/m3）,标记,烟温（℃）,标记,氧含量（%）", ("D", 40, "N", 120, "N", 16.4)),
    ],
)
def test_a_bare_mark_is_of_what_stands_left_of_it(tmp_path, marks, counted):
    words = shipped()[0]
    path = tmp_path / "小时数据.csv"
    rows = [f"{time},{FIRM},1#烧结机头,20,{','.join(map(str, counted))}" for time in times(3)]
    path.write_text("\n".join([f"时间,企业名称,监测点,SO2（mg/m3）,{marks}", *rows]) + "\n", encoding="utf-8")
    (table,) = register_files.read(str(path), words).measurements
    states = set(table.rows.select("pollutant", "state").collect().iter_rows())
    assert states == {
        ("SO2", "fault" if counted[0] == "D" else ""),
        ("NOx", "fault" if counted[2] == "D" else ""),
    }


def test_a_short_name_in_a_title_does_not_tell_what_the_firm_is_not(tmp_path):
    """西郊厂 may be the Xijiao wastewater plant: what binds it stays open, and does not slip out."""
    path = sewage(tmp_path / "月报.xlsx", title="西郊厂2026年1月运行月报表")
    found = screened(path, tmp_path, *PLANT)
    assert set(found.values()) == {"unknown"}


def test_the_example_says_where_and_whose_it_is(tmp_path, capsys):
    found = screened(
        ROOT / "examples/monitoring/platform-export.csv", tmp_path, *STEEL, mapping="format: envcheck/mapping/1\n"
    )
    assert of_outlets(found) == {"1#烧结机头": "unknown", "2#烧结机头": "unknown"}  # a day is too little for a month
    told = said(capsys)
    assert "3 rows read = 3 judged + 0 rejected" in told
    assert "96 rows of measurements read = 96 judged + 0 rejected" in told
