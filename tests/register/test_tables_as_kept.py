"""Registers laid out as offices keep them: what is read, what is told of, and what is refused."""

import csv
import json

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from envcheck.cli.commands.screen import command
from envcheck.register.tables import grids
from envcheck.text.problems import InputError
from support import closed

RULE = ("--select", "kundulun-2023/gas-boiler-1t-nox", "--as-of", "2026-02-01", "--isolated", "--lang", "en")
HEAD = ["序号", "单位名称", "所在地区", "锅炉编号", "燃料种类", "额定蒸发量（蒸吨/小时）", "使用状态"]
READINGS = ["氮氧化物实测浓度（mg/m³）", "含氧量（%）", "氮氧化物折算浓度（mg/m³）", "备注"]
ROWS = [
    [1, "甲厂", "昆都仑区", "1#", "天然气", 20, "在用", 46, 5.2, 50.95, None],
    [2, "甲厂", "昆都仑区", "2#", "天然气", 4, "在用", 24, 4.1, 24.85, "x"],
    [3, "乙厂", "包头市昆都仑区", "1#", "天然气", 6, "在用", "—", "/", "—", "未监测"],
]
DUE = {("甲厂", "1#"): "fail", ("甲厂", "2#"): "pass", ("乙厂", "1#"): "unknown"}


def screened(path, tmp_path, *more):
    out = tmp_path / "f.csv"
    code = command.main([str(path), "-o", str(out), *RULE, *more], standalone_mode=False)
    with open(out, encoding="utf-8-sig", newline="") as stream:
        found = {(r["facility_id"], r["subject"].partition("/")[2]): r["status"] for r in csv.DictReader(stream)}
    return found, code


def text_of(rows, delimiter=","):
    return "\n".join(delimiter.join("" if c is None else str(c) for c in row) for row in rows) + "\n"


def refused(path, *more):
    with pytest.raises(InputError) as caught:
        command.main([str(path), *RULE, *more], standalone_mode=False)
    return "\n".join(p.within("en") for p in caught.value.problems)


def ledger(path, sheets=("台账",), rows=ROWS):
    """A workbook with a title, two rows of headings, merged firms, a sum and a note on each sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title in sheets:
        sheet = book.create_sheet(title)
        sheet.append(["燃气锅炉台账"])
        sheet.merge_cells("A1:K1")
        sheet.append(["填报单位：某分局", *[None] * 6, "填报日期：2026年1月15日"])
        sheet.append([*HEAD, "监测结果", None, None, "备注"])
        sheet.append([*[None] * 7, *READINGS[:3]])
        for column in (*range(1, 8), 11):
            letter = get_column_letter(column)
            sheet.merge_cells(f"{letter}3:{letter}4")
        sheet.merge_cells("H3:J3")
        for row in rows:
            sheet.append(row)
        sheet["B6"] = None
        sheet.merge_cells("B5:B6")
        sheet.append(["合计", None, None, "3台", None, "=SUM(F5:F7)"])
        sheet.append([])
        sheet.append(["注：1.折算浓度按基准含氧量3.5%计。"])
        sheet.append(["填表人：某", None, None, "审核人：某"])
    book.save(path)
    return path


def test_a_ledger_with_titles_two_heading_rows_merged_firms_a_sum_and_notes_is_read(tmp_path, capsys):
    found, _ = screened(ledger(tmp_path / "燃气锅炉台账.xlsx"), tmp_path)
    assert found == DUE
    told = capsys.readouterr().out
    assert "3 rows read = 3 judged + 0 rejected" in told
    for word in (
        "sums or means",
        "notes and form lines",
        "filled from merged",
        "converted values",
        "备注",
        "say nothing",
    ):
        assert word in "".join(told.split("\n")).replace("  ", "") or word in " ".join(told.split())


@pytest.mark.parametrize(
    ("delimiter", "encoding", "ends", "ending"),
    [
        (",", "utf-8", "\n", "csv"),
        (",", "gb18030", "\n", "csv"),
        (",", "utf-16", "\r\n", "csv"),
        (";", "utf-8-sig", "\n", "csv"),
        ("\t", "utf-8", "\n", "tsv"),
        (",", "utf-8", "\r", "csv"),
    ],
)
def test_texts_are_read_in_the_encoding_and_with_the_signs_that_they_have(tmp_path, delimiter, encoding, ends, ending):
    rows = [["锅炉台账"], [], [*HEAD, *READINGS], *ROWS[:2], [], ROWS[2], ["合计", "3台"], ["说明：企业自报"]]
    path = tmp_path / f"锅炉台账.{ending}"
    path.write_bytes(text_of(rows, delimiter).replace("\n", ends).encode(encoding))
    found, _ = screened(path, tmp_path)
    assert found == DUE


def test_an_encoding_that_is_not_utf_8_is_told_of(tmp_path, capsys):
    path = tmp_path / "锅炉.csv"
    path.write_bytes(text_of([[*HEAD, *READINGS], *ROWS]).encode("gb18030"))
    screened(path, tmp_path)
    assert "read as GBK text" in " ".join(capsys.readouterr().out.split())


def test_a_row_of_units_is_no_row_and_gives_the_headings_their_units(tmp_path):
    heads = [*HEAD[:5], "额定蒸发量", "使用状态", "氮氧化物", "含氧量", "备注"]
    units = [None, None, None, None, None, "蒸吨/小时", None, "mg/m³", "%", None]
    rows = [[*row[:9], row[10]] for row in ROWS]
    path = tmp_path / "锅炉.csv"
    path.write_text(text_of([heads, units, *rows]), encoding="utf-8")
    assert screened(path, tmp_path)[0] == DUE


def test_sheets_of_the_same_headings_are_one_table_and_a_hidden_one_is_told_of(tmp_path, capsys):
    path = ledger(tmp_path / "锅炉台账.xlsx", ("城区", "乡镇"))
    book = openpyxl.load_workbook(path)
    for row in (5, 7):
        book["乡镇"].cell(row, 2).value += "（乡镇）"
    draft = book.copy_worksheet(book["乡镇"])
    draft.title, draft.sheet_state = "草稿", "hidden"
    book.save(path)
    found, _ = screened(path, tmp_path)
    assert found == {**DUE, **{(f"{firm}（乡镇）", name): status for (firm, name), status in DUE.items()}}
    told = " ".join(capsys.readouterr().out.split())
    assert "hidden sheets, not read: 草稿" in told


def test_a_row_of_one_of_several_sheets_is_told_of_with_its_sheet(tmp_path):
    path = ledger(tmp_path / "锅炉台账.xlsx", ("城区", "乡镇"))
    book = openpyxl.load_workbook(path)
    for row in (5, 7):
        book["乡镇"].cell(row, 2).value += "（乡镇）"
    book["乡镇"]["H7"] = "36~41"
    book.save(path)
    screened(path, tmp_path)
    with open(tmp_path / "f.rejects.csv", encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["table"], row["row"]) == ("锅炉台账.xlsx[乡镇]", "7")


def test_two_tables_with_other_headings_are_a_question(tmp_path):
    path = ledger(tmp_path / "锅炉台账.xlsx")
    book = openpyxl.load_workbook(path)
    other = book.create_sheet("乡镇")
    other.append(["企业名称", "锅炉编号", "燃料种类", "氮氧化物（mg/m³）"])
    other.append(["丙厂", "1#", "天然气", 90])
    book.save(path)
    assert "--sheet" in refused(path)
    assert screened(path, tmp_path, "--sheet", "台账")[0] == DUE


def test_a_formula_has_the_value_that_is_stored_and_one_without_is_refused(tmp_path):
    path = ledger(tmp_path / "锅炉台账.xlsx")
    book = openpyxl.load_workbook(path)
    book["台账"]["H5"] = "=40+6"
    book.save(path)
    assert "台账!H5" in refused(path)


def test_what_is_not_clear_is_refused_with_what_it_may_be(tmp_path):
    path = tmp_path / "台账.csv"
    path.write_text(text_of([["单位名称", "编号", "使用状态"], ["甲厂", "1", "在用"]]), encoding="utf-8")
    assert "boilers" in refused(path)
    assert "boilers" in refused(path, "--kind", "xx")


def test_two_columns_of_one_meaning_are_never_one_reading(tmp_path):
    for second in ("氮氧化物（mg/m³）", "氮氧化物监测值（mg/m³）"):
        path = tmp_path / "锅炉.csv"
        path.write_text(text_of([[*HEAD, "氮氧化物（mg/m³）", second], [*ROWS[0][:7], 90, 20]]), encoding="utf-8")
        assert "again" in refused(path)


def test_a_permitted_or_converted_value_is_no_reading(tmp_path):
    """20 is permitted, 19 converted: only the measured 46 at 5.2 % counts."""
    heads = [*HEAD, "氮氧化物许可限值（mg/m³）", "氮氧化物（mg/m³）", "含氧量（%）", "氮氧化物折算（mg/m³）"]
    path = tmp_path / "锅炉.csv"
    path.write_text(text_of([heads, [*ROWS[0][:7], 20, 46, 5.2, 19]]), encoding="utf-8")
    assert screened(path, tmp_path)[0] == {("甲厂", "1#"): "fail"}
    path.write_text(text_of([[*heads[:8], *heads[9:]], [*ROWS[0][:7], 20, 5.2, 19]]), encoding="utf-8")
    assert "折算" in refused(path)


def test_a_dash_for_the_oxygen_content_is_not_the_reference(tmp_path):
    path = tmp_path / "锅炉.csv"
    path.write_text(text_of([[*HEAD, *READINGS], [*ROWS[0][:7], 20, "—", None, None]]), encoding="utf-8")
    assert screened(path, tmp_path)[0] == {("甲厂", "1#"): "unknown"}


def test_a_line_that_was_cut_off_is_told_of(tmp_path):
    path = tmp_path / "锅炉.csv"
    rows = text_of([["台账"], [*HEAD, *READINGS], *ROWS])
    path.write_text(rows + "4,丙厂,昆都仑区,1#,天然气,20,在用,2", encoding="utf-8")
    assert screened(path, tmp_path)[0] == DUE
    assert "fewer cells" in (tmp_path / "f.rejects.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("ending", ["yaml", "xlsx"])
def test_a_drafted_mapping_is_given_back_and_an_open_question_is_not_passed_over(tmp_path, ending):
    rows = [[*HEAD[:6], "何种状况", *READINGS], *ROWS]
    path = tmp_path / "锅炉台账.csv"
    path.write_text(text_of(rows), encoding="utf-8")
    assert "--draft-mapping" in refused(path)
    mapping = tmp_path / f"map.{ending}"
    assert command.main([str(path), "--draft-mapping", str(mapping), "--lang", "zh"], standalone_mode=False) == 3
    assert "何种状况" in refused(path, "--mapping", str(mapping))
    if ending == "yaml":
        mapping.write_text(
            mapping.read_text(encoding="utf-8").replace('"何种状况": "?"', '"何种状况": operating_status'), "utf-8"
        )
    else:
        book = openpyxl.load_workbook(mapping)
        next(row[1] for row in book["columns"].iter_rows() if row[0].value == "何种状况").value = "operating_status"
        book.save(mapping)
    assert screened(path, tmp_path, "--mapping", str(mapping))[0] == DUE


def test_a_drafted_mapping_of_what_is_clear_can_be_given_back_as_it_is(tmp_path):
    path = ledger(tmp_path / "锅炉台账.xlsx")
    mapping = tmp_path / "map.xlsx"
    assert command.main([str(path), "--draft-mapping", str(mapping)], standalone_mode=False) == 0
    assert screened(path, tmp_path, "--mapping", str(mapping))[0] == DUE


def test_the_summary_tells_how_a_table_was_read(tmp_path):
    from envcheck.schema import published

    screened(ledger(tmp_path / "锅炉台账.xlsx"), tmp_path, "--summary", str(tmp_path / "s.json"))
    found = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    import jsonschema_rs

    jsonschema_rs.Draft7Validator(closed(published.screening())).validate(found)
    assert "非数据行" in found["reading"][0]["zh"]


def test_the_sign_that_parts_cells_is_the_one_of_most_lines():
    text = "甲;乙;丙\n1;1,200;x\n2;3,4,5;y\n"
    assert grids.delimiter(text) == ";"


def test_measurements_on_several_sheets_are_not_read_by_half(tmp_path):
    book = openpyxl.Workbook()
    for title in ("1月", "2月"):
        sheet = book.create_sheet(title)
        sheet.append(
            ["timestamp", "outlet", "pollutant", "value (mg/m3)" if title == "1月" else "value (ppm)"][
                : 4 if title == "1月" else 3
            ]
        )
        sheet.append(["2025-01-01 00:00", "S1", "NOx", 40])
    del book["Sheet"]
    book.save(tmp_path / "measurements.xlsx")
    (tmp_path / "outlets.csv").write_text("facility_id,id,process\nP,S1,sintering_head\n", encoding="utf-8")
    assert "2月" in refused(tmp_path)


def test_a_note_below_a_plain_table_is_no_row(tmp_path):
    path = tmp_path / "锅炉.csv"
    rows = [[*HEAD, *READINGS], *ROWS, ["合计", "3台", *[None] * 9], ["注：企业自报", *[None] * 10]]
    path.write_text(text_of(rows), encoding="utf-8")
    assert screened(path, tmp_path)[0] == DUE
    assert not (tmp_path / "f.rejects.csv").exists()
