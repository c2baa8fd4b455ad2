"""The same facts as a clean table and as an office keeps them give the same statuses."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envcheck.register import facility_by_facility
from envcheck.register.tables import register_files
from support import rule, shipped, small_pack

RULES = rule("emissions.NOx <= 30 mg/m3 @ 3.5 % O2", when="capacity >= 1 t/h", name="nox") + rule(
    "emissions.PM <= 10 mg/m3 @ 3.5 % O2", when="fuel == natural_gas", name="pm"
)
RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
FIRMS = ("甲供热公司", "乙乳品厂", "丙宾馆")
HEADS = ["单位名称", "所在地区", "锅炉编号", "燃料种类", "额定蒸发量（蒸吨/小时）"]
READINGS = {"氮氧化物": "mg/m³", "颗粒物": "mg/m³", "含氧量": "%"}
CLEAN = ["facility_id", "region", "id", "fuel", "capacity (t/h)", "emissions.NOx (mg/m3)", "emissions.PM (mg/m3)"]
CLEAN += ["emissions.NOx.O2 (%)", "emissions.PM.O2 (%)"]
readings = st.sampled_from([None, 8, 10, 24, 28.5, 30, 46, "<5"])
rows_of = st.lists(
    st.tuples(
        st.sampled_from(FIRMS), st.sampled_from(["天然气", "生物质"]), st.sampled_from([0.7, 1, 4, 20]), readings, readings,
        st.sampled_from([None, 3.5, 5.2, 9, 17]),
    ),
    min_size=1, max_size=6,
)  # fmt: skip
dressing = st.fixed_dictionaries(
    {
        "ending": st.sampled_from(["xlsx", "csv"]),
        "delimiter": st.sampled_from([",", ";", "\t"]),
        "encoding": st.sampled_from(["utf-8", "gb18030", "utf-16"]),
        "titles": st.integers(0, 2),
        "units": st.booleans(),
        "merged": st.booleans(),
        "empty": st.sampled_from(["", "—", "/", "不详", "未监测"]),
        "sums": st.lists(st.sampled_from(["合计", "平均值", "总计"]), max_size=2),
        "notes": st.lists(st.sampled_from(["注：数据由企业上报", "填表人：某", "说明：见附件"]), max_size=2),
        "blank": st.booleans(),
    }
)


def statuses(path, pack):
    found = register_files.read(str(path), shipped()[0])
    run = facility_by_facility.screen(found, [pack], shipped()[0], date(2026, 2, 1), None)
    assert not run.rejects
    return {
        (one.facility, f.subject.path, f.rule.key): f.status
        for one in run.judged_one_by_one
        for f in one.findings
        if f.status != "not_applicable"
    }, sum(run.rows.values())


def dressed(folder, rows, look):
    """Title lines, a row of units, merged firms, sums, notes, dashes and blank lines around the rows."""
    named = {name: "" if look["units"] else f"（{unit}）" for name, unit in READINGS.items()}
    heads = ["序号", *HEADS, *(name + unit for name, unit in named.items()), "备注"]
    lines = [["燃气锅炉台账"], ["填报单位：某分局", "", "", "填报日期：2026年1月15日"]][: look["titles"]]
    lines.append(heads)
    if look["units"]:
        lines.append(["", *[""] * len(HEADS), *READINGS.values(), ""])
    first = len(lines) + 1
    for number, (firm, fuel, size, nox, pm, air) in enumerate(rows, 1):
        cells = [look["empty"] if value is None else value for value in (nox, pm, air)]
        lines.append([number, firm, "昆都仑区", f"{number}#", fuel, size, *cells, ""])
        if look["blank"] and look["ending"] == "csv":
            lines.append([])
    lines += [[word, "", "", "", "", 99, 99] for word in look["sums"]] + [[note] for note in look["notes"]]
    path = folder / f"锅炉台账.{look['ending']}"
    if look["ending"] == "csv":
        sign = look["delimiter"]
        text = "\n".join(
            sign.join(map(str, [*line, *[""] * (len(heads) - len(line))] if line else [])) for line in lines
        )
        path.write_bytes((text + "\n").encode(look["encoding"]))
        return path
    book = openpyxl.Workbook()
    sheet = book.active
    for line in lines:
        sheet.append([None if cell == "" else cell for cell in line])
    if look["merged"]:
        start = 0
        for n in range(1, len(rows) + 1):
            if n == len(rows) or rows[n][0] != rows[start][0]:
                if n - start > 1:
                    sheet.merge_cells(start_row=first + start, end_row=first + n - 1, start_column=2, end_column=2)
                start = n
    book.save(path)
    return path


def clean(folder, rows):
    path = folder / "boilers.csv"
    lines = [CLEAN]
    for number, (firm, fuel, size, nox, pm, air) in enumerate(rows, 1):
        lines.append([firm, "150203", f"{number}#", fuel, size, nox, pm, air, air])
    path.write_text(
        "\n".join(",".join("" if c is None else str(c) for c in line) for line in lines) + "\n", encoding="utf-8"
    )
    return path


@RELAXED
@given(rows_of, dressing)
def test_a_dressed_table_says_what_the_clean_one_says(rows, look):
    rows = sorted(rows, key=lambda row: row[0])
    pack = small_pack(RULES)
    with TemporaryDirectory() as name:
        found, read = statuses(dressed(Path(name), rows, look), pack)
        due, number = statuses(clean(Path(name), rows), pack)
    assert found == due
    assert read == number == len(rows)
