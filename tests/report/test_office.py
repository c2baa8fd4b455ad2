"""The workbook and the inspection record: opened again by the libraries that spreadsheets and texts are read with."""

import io
import zipfile
from datetime import date

import openpyxl
import pytest
from docx import Document

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.check import check
from envcheck.judging.gaps import facts_to_ask
from envcheck.report.formats import docx, xlsx
from support import ROOT, read_facility, rule, shipped, small_pack

DAY = date(2026, 1, 1)
HOSTILE = [
    '=HYPERLINK("http://x")',
    "+1",
    "-1",
    "@A1",
    "<script>alert(1)</script>",
    "a\x07\x1b[31mb",
    "厂" * 300,
    "\"'&",
    "#REF!",
]


def result_of(*names):
    words, packs, _ = shipped()
    plants = [facility_file.read(source.read_file(str(ROOT / f"facilities/{name}.yaml")), words) for name in names]
    return check(plants, packs, DAY, "direct"), words


def hostile(name):
    words = shipped()[0]
    quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("\x07", "\\a").replace("\x1b", "\\e")
    text = f'format: envcheck/facility/1\nid: p\nname: "{quoted}"\nregion: "150203"\nboilers: [{{id: B1, name: "{quoted}", emissions: {{NOx: 40 mg/m3}}}}]'
    plant = read_facility(text, words, f"{name[:20]}.yaml")
    pack = small_pack(rule("emissions.NOx <= 30 mg/m3") + rule("capacity >= 7 MW", name="s"))
    return check([plant], [pack], DAY, "direct"), words


def sheets(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def records(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def texts(document):
    for paragraph in document.paragraphs:
        yield paragraph.text
    for table in document.tables:
        for row in table.rows:
            for cell in row.cells:
                yield cell.text


def test_the_workbook_has_a_row_for_every_finding_and_fact():
    result, words = result_of("gas-boiler-house", "fuel-station")
    book = sheets(xlsx.render(result, words, "en"))
    assert book.sheetnames == ["summary", "problems", "findings", "missing facts", "manual items", "input as read"]
    found = records(book["findings"])
    told = {(f["facility"], f["rule"], f["subject"], f["status"]) for f in found}
    status = {"not_applicable": "not applicable"}
    assert told == {
        (r.facility.id, f.rule.key, f.subject.path, status.get(f.status, f.status))
        for r in result.reports
        for f in r.findings
    }
    assert len(found) == sum(len(r.findings) for r in result.reports)
    asks = sum(len(facts_to_ask(r, result.packs, words)) for r in result.reports)
    assert len(records(book["missing facts"])) == asks
    assert len(records(book["manual items"])) == sum(len(r.manual) for r in result.reports)
    read = {(row["facility"], row["subject"], row["key"]) for row in records(book["input as read"])}
    assert ("gas-boiler-house", "boilers/B1", "emissions.NOx") in read
    assert ("gas-boiler-house", "facility", "region") in read


def test_numbers_are_numbers_and_dates_are_dates():
    words = shipped()[0]
    text = 'format: envcheck/facility/1\nid: p\nregion: "150203"\nboilers: [{id: B1, emissions: {NOx: 45 mg/m3}}]'
    pack = small_pack(rule("emissions.NOx <= 30 mg/m3", more="due: 2025-12-31"))
    result = check([read_facility(text, words)], [pack], DAY, "direct")
    book = sheets(xlsx.render(result, words, "en"))
    row = records(book["findings"])[0]
    assert (row["measured"], row["limit"], row["unit"]) == (45, 30, "mg/m3")
    assert row["margin (below 0: exceeded)"] == -0.5
    assert row["due"].date() == date(2025, 12, 31)
    sheet = book["findings"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert book["summary"]["B1"].value.date() == DAY
    assert book["summary"]["B1"].number_format == "[$-809]d mmmm yyyy"
    assert sheets(xlsx.render(result, words, "zh"))["概要"]["B1"].number_format == 'yyyy"年"m"月"d"日"'


def test_a_computed_number_is_shown_with_six_digits_and_kept_whole():
    words = shipped()[0]
    gas = "emissions: {NOx: {value: 46 mg/m3, O2: 5.2 %}}"
    text = f'format: envcheck/facility/1\nid: p\nregion: "150203"\nboilers: [{{id: B1, {gas}}}]'
    result = check(
        [read_facility(text, words)], [small_pack(rule("emissions.NOx <= 30 mg/m3 @ 3.5 % O2"))], DAY, "direct"
    )
    sheet = sheets(xlsx.render(result, words, "en"))["findings"]
    names = [cell.value for cell in sheet[1]]
    cell = sheet.cell(2, names.index("measured") + 1)
    assert cell.value == pytest.approx(46 * 17.5 / 15.8, rel=1e-15)
    assert cell.number_format == "0.0000"  # 50.9494


def test_totals_of_the_summary_add_up():
    result, words = result_of("gas-boiler-house")
    book = sheets(xlsx.render(result, words, "en"))
    rows = list(book["summary"].iter_rows(values_only=True))
    head = next(row for row in rows if row[0] == "facility")
    row = dict(zip(head, rows[rows.index(head) + 1], strict=True))
    statuses = ("pass", "fail", "unknown", "pending", "waived", "not applicable")
    assert sum(row[s] for s in statuses) == row["total (rules × subjects)"] == len(result.reports[0].findings)
    assert row["outcome"] == "non-compliant"
    digests = {value for line in rows for value in line}
    assert {pack.digest for pack in result.packs} <= digests


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_cell_is_a_formula_whatever_the_facility_is_called(name, lang):
    result, words = hostile(name)
    data = xlsx.render(result, words, lang)
    cells = [cell for sheet in sheets(data) for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type in ("s", "n", "d") for cell in cells)
    shown = name.replace("\x07", "\\u0007").replace("\x1b", "\\u001b")
    assert [cell for cell in cells if cell.value == shown]
    inside = zipfile.ZipFile(io.BytesIO(data))
    assert not [n for n in inside.namelist() if b"<f>" in inside.read(n)]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_record_shows_any_name_as_it_is(name):
    result, words = hostile(name)
    found = list(texts(Document(io.BytesIO(docx.render(result, words, "zh")))))
    assert name.replace("\x07", "\\u0007").replace("\x1b", "\\u001b") in found


def test_the_record_tells_what_fails_what_is_missing_and_who_signs():
    result, words = result_of("gas-boiler-house")
    told = "\n".join(texts(Document(io.BytesIO(docx.render(result, words, "zh", annex=True)))))
    report = result.reports[0]
    assert "现场核查记录" in told
    assert "昆北供热站燃气锅炉房" in told
    assert "结论：不符合" in told
    for finding in report.findings:
        if finding.status in ("fail", "unknown"):
            assert f"[{finding.rule.key}]" in told
            assert finding.rule.title.zh in told
            assert all(name in told for name in finding.missing)
    # 46 mg/m3 at 5.2 % of oxygen is 46 x 17.5 / 15.8 = 50.9494 mg/m3 at 3.5 %
    assert "大气污染物排放浓度·氮氧化物：50.9494 mg/m3，限值 ≤ 30 mg/m3，超出 69.8 %" in told
    # 30 x 15.8 / 17.5 = 27.09 mg/m3 as measured, told to the digits of the file
    assert "达标须 ≤ 27 mg/m3（含氧量 5.2 % 时）" in told
    assert "2026年1月1日" in told
    for ask in facts_to_ask(report, result.packs, words):
        assert f"□ {ask.label.zh}" in told
    for _, item in report.manual:
        assert f"□ {item.title.zh}" in told
    assert "检查人员（签名）、执法证号" in told


def test_the_record_speaks_the_language_asked_for():
    result, words = result_of("fuel-station")
    told = "\n".join(texts(Document(io.BytesIO(docx.render(result, words, "en")))))
    assert "Inspection record" in told
    assert "Signature" in told or "signature" in told
    assert "核查结论" not in told


@pytest.mark.parametrize("writer", [xlsx, docx])
def test_the_same_result_gives_the_same_bytes_and_bears_no_hour(writer):
    result, words = result_of("fuel-station")
    first, second = writer.render(result, words, "zh"), writer.render(result, words, "zh")
    assert first == second
    archive = zipfile.ZipFile(io.BytesIO(first))
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert str(date.today().year).encode() + b"-" not in archive.read("docProps/core.xml").replace(b"2026-01-01", b"")
