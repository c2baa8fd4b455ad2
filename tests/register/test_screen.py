"""`envcheck screen` as people run it: registers in, findings, rejects and a summary out; no row lost in silence."""

import json
import os
from dataclasses import dataclass
from datetime import date

import openpyxl
import polars as pl
import pyarrow.parquet as parquet_file
import pytest

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.engines import direct
from envcheck.register import in_columns as screening
from envcheck.register.tables import headings
from envcheck.register.tables import register_files as tables
from envcheck.rulebook.selection import selected
from envcheck.text.problems import Place
from support import rule, shipped, small_pack
from support.screening import (
    BOILERS,
    FACILITIES,
    HEAD,
    ONE_RULE,
    figures,
    parquet,
    screen,
    statuses,
    summary,
    told,
    workbook,
    write,
)


def test_a_register_is_judged_counted_and_ranked(tmp_path, register, capsys):
    code = screen(register, "-o", tmp_path / "f.parquet", "--summary", tmp_path / "s.json")
    rule = "kundulun-2023/gas-boiler-1t-nox"
    assert code == 1
    assert statuses(tmp_path / "f.parquet") == {
        ("H1", "boilers/B1", rule): "fail",
        ("H1", "boilers/B2", rule): "pass",
        ("H2", "boilers/B1", rule): "pass",
        ("H3", "boilers/B1", rule): "unknown",
    }
    found = summary(tmp_path / "s.json")
    assert found["format"] == "envcheck/screening/1"
    assert found["facilities"] == {"compliant": 1, "non_compliant": 1, "undetermined": 2, "rejected": 0}
    assert found["totals"] == {
        "pass": 2, "fail": 1, "unknown": 1, "pending": 0, "waived": 0, "not_applicable": 1,
    }  # fmt: skip
    assert found["regions"] == [
        {"region": "150203", "subjects": 7, "fails": 1, "unknown": 1},
        {"region": "150303", "subjects": 2, "fails": 0, "unknown": 0},
    ]
    first, second = found["ranking"]
    assert (first["facility"], first["name"], first["fails"]["must"], first["unknown"]) == ("H1", "供热一厂", 1, 0)
    # 46 × (21 − 3.5) ÷ (21 − 5.2) = 50.949 mg/m3, a share of 0.69831 beyond 30
    assert first["worst"] == {"rule": rule, "subject": "boilers/B1", "margin": "-0.698312"}
    assert (second["facility"], second["unknown"], second["worst"]) == ("H3", 1, None)
    assert not (tmp_path / "f.rejects.csv").exists()
    out = capsys.readouterr().out
    assert out.startswith("envcheck")
    assert "4 facilities: non-compliant 1, undetermined 2, compliant 1" in out
    assert "9 rows read = 9 judged + 0 rejected" in out


@pytest.mark.parametrize("made", [parquet, workbook])
def test_every_form_of_table_gives_the_same_findings(tmp_path, register, made):
    other = made(tmp_path / "register", tmp_path / "other")
    for source_, name in ((register, "a.csv"), (other, "b.csv")):
        assert screen(source_, "-o", tmp_path / name) == 1
    first = (tmp_path / "a.csv").read_bytes()
    assert first == (tmp_path / "b.csv").read_bytes()
    assert first.count(b"\n") == 5


def test_a_row_of_a_workbook_is_told_by_its_number_whatever_is_empty_before_it(tmp_path):
    book = openpyxl.Workbook()
    for cell, value in {"A1": "id", "B1": "fuel", "A2": "B1", "B2": "coal", "A7": "B2", "B7": "coals"}.items():
        book.active[cell] = value
    book.save(tmp_path / "boilers.xlsx")
    words = shipped()[0]
    register = tables.read(str(tmp_path / "boilers.xlsx"), words)
    found = screening.screen(register, [small_pack(rule("fuel == coal"))], words, date(2026, 1, 1), None)
    assert [(reject.facility, reject.line.number) for reject in found.rejects] == [("B2", 7)]
    assert found.rows == {"boiler": 2}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"use_dictionary": False},
        {"use_dictionary": False, "write_statistics": False},
        {"dictionary_pagesize_limit": 1},  # words that come after the first ones are not in the dictionary
        {"data_page_version": "2.0", "data_page_size": 1},
    ],
)
@pytest.mark.parametrize("odd", [(), ("fuel", "煤炭"), ("fuel", "coals"), ("region", "１５0203"), ("region", "999")])
def test_a_word_of_another_form_is_seen_wherever_in_a_parquet_file_it_stands(tmp_path, form, odd):
    rows = [{"id": f"B{n}", "region": "150203", "fuel": "oil" if n % 3 else None} for n in range(3000)]
    if odd:
        rows[2345][odd[0]] = odd[1]
    frame = pl.DataFrame(rows, schema={"id": pl.String, "region": pl.String, "fuel": pl.String})
    paths = [tmp_path / f"boilers.{ending}" for ending in ("csv", "parquet")]
    frame.write_csv(paths[0])
    parquet_file.write_table(frame.to_arrow(), paths[1], row_group_size=1000, **form)
    words, pack = shipped()[0], small_pack(rule("fuel != coal"))
    told = []
    for path in paths:
        output = tmp_path / "findings.csv"
        found = screening.screen(tables.read(str(path), words), [pack], words, date(2026, 1, 1), str(output))
        told.append((figures(output), [reject.facility for reject in found.rejects]))
    assert told[0] == told[1]
    assert told[0][1] == (["B2345"] if odd and odd[1] in ("coals", "999") else [])


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("output", [None, "out.parquet"])
def test_a_register_without_odd_rows_is_read_once(tmp_path, wide, output):
    folder = write(
        tmp_path / "r", boilers=HEAD + "".join(f"\nH{n // 3},B{n},natural_gas,20,existing,30,3.5" for n in range(900))
    )
    words, packs = shipped()[:2]
    target, seen = str(tmp_path / output) if output else None, Seen()
    found = screening.screen(
        tables.read(folder, words), packs, words, date(2026, 1, 1), target, wide=wide, progress=seen
    )
    assert seen == Seen(expected=0, done=900)
    assert found.rows["boiler"] == 900
    assert not found.rejects
    assert not found.judged_one_by_one


@dataclass
class Seen:
    """What a screening told of its progress."""

    expected: int = 0
    done: int = 0

    def expect(self, rows):
        self.expected += rows

    def judged(self, rows):
        self.done += rows


@pytest.mark.parametrize("output", [None, "out.parquet"])
def test_progress_knows_of_rows_read_one_by_one_and_of_the_second_stream(tmp_path, output):
    odd = {5: "ppm", 6: "", 10: "wet gas"}
    rows = [f"H{n // 3},B{n},natural_gas,20,existing,{f'30 {odd[n]}' if n in odd else 30},3.5" for n in range(90)]
    folder = write(tmp_path / "r", boilers="\n".join([HEAD, *rows, ",B90,natural_gas,20,existing,30,3.5"]))
    words, packs = shipped()[:2]
    seen = Seen()
    target = str(tmp_path / output) if output else None
    found = screening.screen(tables.read(folder, words), packs, words, date(2026, 1, 1), target, progress=seen)
    one_by_one = 7  # H1 with ppm, H3 with what nobody understands, the row that names no facility
    assert (found.rows["boiler"], len(found.rejects)) == (91, 4)
    assert seen == Seen(expected=one_by_one + 84, done=91 + 91)


def test_a_word_that_says_more_than_its_choice_is_read_one_by_one(tmp_path):
    """拟建 says that a unit is new and not built yet; one column cannot state two attributes."""
    lines = [
        f"H{n},B{n},natural_gas,20 t/h,{word}" for n, word in enumerate(("拟建", "新建", "proposed", "new", "在用"))
    ]
    folder = write(tmp_path / "r", facilities="id,region\n" + "\n".join(f"H{n},150203" for n in range(len(lines))),
                   boilers="\n".join(["facility_id,id,fuel,capacity,status", *lines]))  # fmt: skip
    words, packs = shipped()[:2]
    pack = selected([pack for pack in packs if pack.id == "kundulun-2023"], [ONE_RULE[1]], [])
    found = screening.screen(tables.read(folder, words), pack, words, date(2026, 1, 1), str(tmp_path / "f.csv"))
    assert {one.facility for one in found.judged_one_by_one} == {"H0", "H2"}


def test_cells_with_a_unit_of_their_own_are_judged_in_columns_as_one_by_one(tmp_path):
    rows = [
        ("20 t/h", "30 mg/m3", "3.5 %"), ("14 MW", "0.03 g/m3", "3.5"), ("２０ 蒸吨/小时", "30.000001 mg/m3", "3.5%"),
        ("29 MW", "22 ppm", "5.2 %"), ("20 t/h", "< 5 mg/m3", ""), ("0.9999 t/h", "90 mg/m3", "3.5 %"),
        ("1200 万大卡/小时", "0.0000299999 kg/m3", "3.5 %"), ("20 t/h", "300 mg/m3", "20.9 %"),
    ]  # fmt: skip
    head = "facility_id,id,fuel,capacity,status,emissions.NOx,emissions.NOx.O2"
    lines = [f"H{n},B{n},natural_gas,{c},existing,{v},{o}" for n, (c, v, o) in enumerate(rows)]
    folder = write(tmp_path / "r", facilities="id,region\n" + "\n".join(f"H{n},150203" for n in range(len(rows))),
                   boilers="\n".join([head, *lines]))  # fmt: skip
    words, packs = shipped()[:2]
    pack = selected([pack for pack in packs if pack.id == "kundulun-2023"], [ONE_RULE[1]], [])
    target = str(tmp_path / "f.csv")
    found = screening.screen(tables.read(folder, words), pack, words, date(2026, 1, 1), target)
    assert {one.facility for one in found.judged_one_by_one} == {"H3"}  # no double stands for 29 MW in t/h
    told = {subject: status for (_, subject, _), status in statuses(target).items()}
    assert told == {"boilers/B0": "pass", "boilers/B1": "pass", "boilers/B2": "fail", "boilers/B3": "fail",
                    "boilers/B4": "unknown", "boilers/B6": "pass", "boilers/B7": "fail"}  # fmt: skip
    for n, (capacity, value, oxygen) in enumerate(rows):
        at = f", O2: '{oxygen if '%' in oxygen else oxygen + ' %'}'" if oxygen else ", O2: null"
        text = (
            f"format: envcheck/facility/1\nid: H{n}\nregion: '150203'\nboilers:\n  - {{id: B{n}, fuel: natural_gas, "
            f"status: existing, capacity: '{capacity}', emissions: {{NOx: {{value: '{value}'{at}}}}}}}\n"
        )
        whole = facility_file.read(source.read_bytes(text.encode(), "h.yaml"), words)
        findings, _ = direct.run(whole, pack, date(2026, 1, 1))
        alone = {f.subject.path: f.status for f in findings if f.status != "not_applicable"}
        assert alone == {path: status for path, status in told.items() if path == f"boilers/B{n}"}


@pytest.mark.parametrize(
    ("facilities", "boilers"),
    [
        ("编号,名称,单位类型,行政区划代码", "所属单位编号,编号,燃料,额定容量（t/h）,建设性质,emissions.NOx（mg/m3）,emissions.NOx.O2（%）"),
        ("单位编号,单位名称,单位类型,地区", "企业编号,锅炉编号,燃料种类,额定蒸发量(t/h),项目性质,氮氧化物（mg/m3）,烟气含氧量（%）"),
        ("enterprise_id,name,type,region code (GB/T 2260)", "plant_id,ID,fuel type,rated capacity (t/h),Status,NOx (mg/m3),oxygen content (%)"),
    ],
)  # fmt: skip
def test_headings_as_registers_have_them_are_read(tmp_path, facilities, boilers):
    own = FACILITIES.replace(FACILITIES.split("\n", maxsplit=1)[0], facilities)
    folder = write(tmp_path / "other", facilities=own, boilers=BOILERS.replace(HEAD, boilers))
    usual = write(tmp_path / "usual", facilities=FACILITIES, boilers=BOILERS)
    assert screen(usual, "-o", tmp_path / "a.csv") == screen(folder, "-o", tmp_path / "b.csv") == 1
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_every_name_and_label_of_the_vocabulary_is_a_heading():
    words = shipped()[0]
    for kind in words.kinds.values():
        readable = [a for a in words.attributes(kind) if a.type not in headings.UNREAD]
        labels = [label for a in readable for label in {a.label.zh, a.label.en}]
        for attribute in readable:
            told_ = {attribute.name, *(label for label in attribute.label if labels.count(label) == 1)}
            for heading in told_ - ({a.name for a in readable} - {attribute.name}):
                problems = []
                dtypes = {heading: pl.String(), "id": pl.String()} if attribute.name != "id" else {heading: pl.String()}
                found = headings.layout(Place(kind.id), kind, dtypes, words, {}, problems)
                assert (problems, next(iter(found.columns))) == ([], attribute.name), (kind.id, heading)


def test_an_unknown_heading_is_offered_its_like(tmp_path):
    chinese = "所属单位编码,编号,燃料,额定容积（t/h）,建设性质,emissions.NOx（mg/m3）,emissions.NOx.O2（%）"
    found = told(write(tmp_path / "no", facilities=FACILITIES, boilers=BOILERS.replace(HEAD, chinese)))
    assert "是否指：所属单位编号" in found
    assert "是否指：额定容量" in found


@pytest.mark.parametrize("engine", ["direct", "columnar"])
def test_what_was_measured_after_the_day_asked_about_is_no_evidence(tmp_path, engine):
    days = ("2025-12-31", "2026-01-01", "2026-01-02", "")
    rows = [f"H{n},B1,150203,natural_gas,20 t/h,existing,20,3.5,{day}" for n, day in enumerate(days)]
    head = "facility_id,id,region,fuel,capacity,status,emissions.NOx [mg/m3],emissions.NOx.O2 [%],emissions.NOx.measured_on"
    folder = write(tmp_path / "r", boilers="\n".join([head, *rows]) + "\n")
    screen(folder, "-o", tmp_path / "f.csv", engine=engine)
    found = {key[0]: status for key, status in statuses(tmp_path / "f.csv").items()}
    assert found == {"H0": "pass", "H1": "pass", "H2": "unknown", "H3": "pass"}


def test_a_concentration_that_was_converted_already_is_no_measured_one(tmp_path):
    """At the reference oxygen content already: with the oxygen beside it, it would be converted twice."""
    found = told(write(tmp_path / "r", boilers=BOILERS.replace("emissions.NOx (mg/m3)", "NOx折算浓度 (mg/m3)")))
    assert "NOx折算浓度" in found


@pytest.mark.parametrize("engine", ["direct", "columnar"])
def test_one_table_and_the_same_findings_as_csv_jsonl_and_wide(tmp_path, engine):
    text = BOILERS.replace("facility_id,", "facility_id,region,").replace("\nH", "\nH?").replace("?4,", "4,150303,")
    for n in "123":
        text = text.replace(f"H?{n},", f"H{n},150203,")
    table = tmp_path / "台账.csv"
    table.write_text(text, encoding="utf-8")
    assert "--kind" in told(table)
    for name in ("f.csv", "f.jsonl"):
        assert screen(table, "--kind", "boilers", "-o", tmp_path / name, engine=engine) == 1
    lines = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {(r["facility_id"], r["subject"], r["rule"]): r["status"] for r in lines} == statuses(tmp_path / "f.csv")
    assert screen(table, "--kind", "boilers", "--wide", "-o", tmp_path / "w.csv", engine=engine) == 1
    wide = (tmp_path / "w.csv").read_text(encoding="utf-8-sig").splitlines()
    assert wide[0] == "facility_id,id,kundulun-2023/gas-boiler-1t-nox"
    assert wide[1:] == ["H1,B1,fail", "H1,B2,pass", "H2,B1,pass", "H3,B1,unknown", "H4,B1,not_applicable"]


@pytest.mark.parametrize("engine", ["direct", "columnar"])
def test_wide_findings_of_several_kinds_are_a_folder(tmp_path, register, engine):
    more = ("--pack", "kundulun-2023", *ONE_RULE[2:])
    assert "--wide" in told(register, "--wide", "-o", tmp_path / "w.csv", more=more)
    out = tmp_path / "wide"
    for _ in range(2):
        assert screen(register, "--wide", "-o", out, more=more, engine=engine) == 1
        assert sorted(os.listdir(out)) == ["boilers.parquet", "facility.parquet"]
    assert pl.read_parquet(out / "boilers.parquet")["kundulun-2023/gas-boiler-1t-nox"].to_list()[0] == "fail"
    (out / "mine.txt").write_text("kept")
    assert "mine.txt" in told(register, "--wide", "-o", out, more=more)
    assert (out / "mine.txt").read_text() == "kept"


def test_a_mapping_file_names_the_headings(tmp_path):
    table = tmp_path / "boilers.csv"
    text = BOILERS.replace(HEAD, "厂,编号,燃料,出力,状态,氮氧化物,含氧,联系人,区划")
    lines = (line + ",张三,150203" if n else line for n, line in enumerate(text.splitlines()))
    table.write_text("\n".join(lines), encoding="utf-8")
    mapping = tmp_path / "headings.yaml"
    mapping.write_text(
        "boilers:\n  厂: facility_id\n  编号: id\n  燃料: fuel\n  出力: capacity (t/h)\n  状态: status\n"
        "  氮氧化物: emissions.NOx (mg/m3)\n  含氧: emissions.NOx.O2 (%)\n  联系人: '#'\n  区划: region\n",
        encoding="utf-8",
    )
    assert "出力" in told(table)
    assert screen(table, "--mapping", mapping, "-o", tmp_path / "f.parquet") == 1
    found = statuses(tmp_path / "f.parquet")
    assert found["H1", "boilers/B1", "kundulun-2023/gas-boiler-1t-nox"] == "fail"
    assert len(found) == 5


@pytest.mark.parametrize(
    ("rows", "more", "code"),
    [
        ("H2,B1,natural_gas,20,existing,30,3.5", [], 0),
        ("H2,B1,natural_gas,20,existing,31,3.5", [], 1),
        ("H2,B1,natural_gas,20,existing,31,3.5", ["--fail-on", "none"], 0),
        ("H2,B1,natural_gas,20,existing,31,3.5", ["--fail-on", "target"], 0),
        ("H2,B1,natural_gas,20,existing,,", [], 3),
        ("H2,B1,natural_gas,20,existing,,", ["--fail-on", "unknown"], 1),
        ("H2,B1,natural_gas,20,existing,30,3.5\n,B2,natural_gas,20,existing,5,3.5", [], 3),
        ("H2,B1,natural_gas,0.5,existing,5,3.5", [], 3),
    ],
    ids=["compliant", "fails", "no gate", "other gate", "undetermined", "unknown gated", "not judged", "nothing shown"],
)
def test_exit_codes(tmp_path, rows, more, code):
    facilities = "id,region\nH2,150203\n"
    folder = write(tmp_path / "r", facilities=facilities, boilers=f"{HEAD}\n{rows}\n")
    assert screen(folder, *more) == code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "f.txt"], ".parquet"),
        (["-o", "nowhere/f.csv"], "folder does not exist"),
        (["-o", "r/f.csv"], "another folder"),
        (["-o", "r/boilers.csv"], "another folder"),
        (["--summary", "s.txt"], ".html"),
        (["-o", "f.csv", "--rejects", "f.csv"], "twice"),
        (["--kind", "boliers"], None),
        (["--mapping", "absent.yaml"], "absent.yaml"),
        (["--select", "no-such-rule"], "no-such-rule"),
        (["--fail-on", "everything"], "everything"),
    ],
)
def test_wrong_calls_say_what_is_wrong_and_touch_nothing(tmp_path, monkeypatch, arguments, words):
    write(tmp_path / "r", facilities=FACILITIES, boilers=BOILERS)
    monkeypatch.chdir(tmp_path)
    if words is None:
        assert screen("r", *arguments) == 1  # a folder's tables are known by their names
        return
    assert words in told("r", *arguments)
    assert sorted(os.listdir(tmp_path / "r")) == ["boilers.csv", "facilities.csv"]
    assert os.listdir(tmp_path) == ["r"]


def test_a_table_is_not_overwritten_with_its_own_findings(tmp_path):
    write(tmp_path, boilers=BOILERS)
    table = tmp_path / "boilers.csv"
    assert "another folder" in told(table, "-o", table)
    assert table.read_text(encoding="utf-8") == BOILERS
