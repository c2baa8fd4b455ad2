"""`envcheck screen` as people run it: registers in, findings, rejects and a summary out; no row lost in silence."""

import csv
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from html.parser import HTMLParser

import jsonschema_rs
import openpyxl
import polars as pl
import pyarrow.parquet as parquet_file
import pytest
import registers
from conftest import ROOT, closed, rule, shipped, small_pack
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from envcheck.cli.commands.screen import command
from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging import judge
from envcheck.judging.engines import direct
from envcheck.model.rule import DECISIVE, STATUSES
from envcheck.register import facility_by_facility
from envcheck.register import in_columns as screening
from envcheck.register.columns.figures import FIGURES
from envcheck.register.results.summary import _general
from envcheck.register.tables import headings
from envcheck.register.tables import register_files as tables
from envcheck.report.parts.layout import columns
from envcheck.rulebook.selection import selected
from envcheck.schema import published as schema
from envcheck.text.messages import Text
from envcheck.text.problems import InputError, Place

RELAXED = settings(
    deadline=None,
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking a register takes minutes and tells little
)
ONE_RULE = ("--select", "kundulun-2023/gas-boiler-1t-nox", "--as-of", "2026-01-01", "--isolated", "--lang", "en")
FACILITIES = """id,name,type,region
H1,供热一厂,heating_plant,150203
H2,供热二厂,heating_plant,150203
H3,供热三厂,heating_plant,150203
H4,乌海热源厂,heating_plant,150303
"""
BOILERS = """facility_id,id,fuel,capacity (t/h),status,emissions.NOx (mg/m3),emissions.NOx.O2 (%)
H1,B1,natural_gas,20,existing,46,5.2
H1,B2,natural_gas,4,existing,20,3.5
H2,B1,natural_gas,20,existing,30,3.5
H3,B1,natural_gas,20,existing,,
H4,B1,natural_gas,20,existing,90,3.5
"""
HEAD = BOILERS.split("\n", maxsplit=1)[0]


def write(folder, **tables):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder)


def screen(*arguments, more=ONE_RULE, engine="columnar"):
    return command.main([*map(str, arguments), *more, "--engine", engine], standalone_mode=False)


def told(*arguments, more=ONE_RULE):
    """What went wrong, in both languages; it is the same whatever judges."""
    found = []
    for engine in ("direct", "columnar"):
        with pytest.raises(InputError) as caught:
            screen(*arguments, more=more, engine=engine)
        found.append("\n".join(problem.within(lang) for problem in caught.value.problems for lang in ("zh", "en")))
    # Polars numbers its tasks.
    assert re.sub(r"Id\(\d+\)", "", found[0]) == re.sub(r"Id\(\d+\)", "", found[1])
    return found[0]


def summary(path):
    found = json.loads(path.read_text(encoding="utf-8"))
    assert_adds_up(found)
    return found


@cache
def published():
    return jsonschema_rs.Draft7Validator(closed(schema.screening()))


def assert_adds_up(found):
    published().validate(found)
    for rows in (*found["rows"].values(), found["rows_total"]):
        assert rows["read"] == rows["judged"] + rows["rejected"]
    for part in ("read", "judged", "rejected"):
        assert found["rows_total"][part] == sum(rows[part] for rows in found["rows"].values())
    assert sum(found["totals"].values()) == sum(r["judged"] * r["rules"] for r in found["rows"].values())
    for groups in (found["rules"], found["plans"]):
        for status in STATUSES:
            assert sum(group["counts"][status] for group in groups) == found["totals"][status]
    assert all(number >= 0 for rule in found["rules"] for number in rule["counts"].values())
    assert sum(region["subjects"] for region in found["regions"]) == found["rows_total"]["judged"]
    for status, name in (("fail", "fails"), ("unknown", "unknown")):
        decisive = sum(r["counts"][status] for r in found["rules"] if r["modality"] in DECISIVE)
        assert sum(region[name] for region in found["regions"]) == decisive
    assert sum(group["rows"] for group in found["rejects"]) == found["rows_total"]["rejected"]


def rejected(path):
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def statuses(path):
    rows = pl.read_parquet(path) if str(path).endswith("parquet") else pl.read_csv(path, infer_schema=False)
    return {(r["facility_id"], r["subject"], r["rule"]): r["status"] for r in rows.iter_rows(named=True)}


def figures(path):
    """All that findings say, in an order of their own; their numbers are told in floats."""
    numbers = [name for name, kind in FIGURES.items() if kind == pl.Float64]
    rows = pl.read_csv(path, infer_schema=False).with_columns(pl.col(numbers).cast(pl.Float64).round_sig_figs(12))
    return rows.sort("facility_id", "subject", "rule").rows()


@pytest.fixture
def register(tmp_path):
    return write(tmp_path / "register", facilities=FACILITIES, boilers=BOILERS)


# --- what comes out --------------------------------------------------------------------------------------------------


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


def parquet(folder, target):
    target.mkdir()
    for path in folder.glob("*.csv"):
        rows = pl.read_csv(path, schema_overrides={"region": pl.String})
        rows.write_parquet(target / f"{path.stem}.parquet")
    return target


def workbook(folder, target):
    target.mkdir()
    for path in folder.glob("*.csv"):
        book = openpyxl.Workbook()
        with open(path, encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.reader(stream)):
                numeric = number and path.stem == "boilers"
                book.active.append([float(c) if numeric and c.replace(".", "").isdigit() else c or None for c in row])
        book.save(target / f"{path.stem}.xlsx")
    return target


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


# --- the whole against the interpreter -------------------------------------------------------------------------------


def test_shipped_facilities_as_a_register_are_judged_as_one_by_one(tmp_path):
    words, packs = shipped()[:2]
    plants = [facility_file.read(source.read_file(str(p)), words) for p in sorted((ROOT / "facilities").glob("*.yaml"))]
    plants = list({plant.id: plant for plant in plants}.values())
    folder = tmp_path / "register"
    folder.mkdir()
    registers.write(folder, plants, words)
    out = tmp_path / "f.parquet"
    more = ("--as-of", "2026-01-01", "--isolated", "--top", "5")
    assert screen(folder, "-o", out, "--summary", tmp_path / "s.json", more=more) == 1
    wanted, outcomes = {}, []
    for plant in plants:
        found = [
            f._replace(status="fail") if f.status == "waived" else f
            for f in direct.run(plant, packs, date(2026, 1, 1))[0]
        ]
        outcomes.append((plant.id, judge.outcome(found), found))
        for f in found:
            if f.status != "not_applicable":
                wanted[plant.id, f.subject.path, f.rule.key] = f.status
    assert statuses(out) == wanted
    told_ = summary(tmp_path / "s.json")
    for name in ("compliant", "non_compliant", "undetermined"):
        assert told_["facilities"][name] == sum(outcome == name for _, outcome, _ in outcomes)
    for number, name in (("fail", "fails"), ("unknown", "unknown")):
        assert sum(region[name] for region in told_["regions"]) == sum(
            f.status == number and judge.decisive(f) for _, _, found in outcomes for f in found
        )
    decisive = {
        name: (
            -sum(f.status == "fail" and judge.decisive(f) for f in found),
            -sum(f.status == "unknown" and judge.decisive(f) for f in found),
        )
        for name, _, found in outcomes
    }
    ranking = [(-r["fails"]["must"] - r["fails"]["in_principle"], -r["unknown"]) for r in told_["ranking"]]
    assert ranking == sorted(decisive.values())[:5]
    assert [decisive[r["facility"]] for r in told_["ranking"]] == ranking
    # Few as they are, they are read one by one unless columns are asked for.
    call = [folder, "-o", tmp_path / "d.parquet", "--summary", tmp_path / "d.json"]
    assert command.main([*map(str, call), *more], standalone_mode=False) == 1
    assert statuses(tmp_path / "d.parquet") == wanted
    assert summary(tmp_path / "d.json") == told_ | {"engine": "direct"}


def test_more_than_a_few_facilities_are_judged_in_columns(tmp_path):
    for facilities in (facility_by_facility.FEW, facility_by_facility.FEW + 1):
        rows = [f"H{n},B1,natural_gas,20,existing,30,3.5" for n in range(facilities)]
        folder = write(tmp_path / f"r{facilities}", boilers="\n".join([HEAD, *rows]) + "\n")
        assert command.main([folder, "--summary", str(tmp_path / "s.json"), *ONE_RULE], standalone_mode=False) == 3
        assert summary(tmp_path / "s.json")["engine"] == (
            "direct" if facilities == facility_by_facility.FEW else "columnar"
        )


# --- rows that are not judged ----------------------------------------------------------------------------------------

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


# --- exit codes and wrong calls --------------------------------------------------------------------------------------


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


# --- malformed files -------------------------------------------------------------------------------------------------

JUNK = bytes(range(256)) * 20
LINES = "".join(f"H1,B{n},natural_gas,20,existing,4,3.5\n" for n in range(9000))
MEASURED = {"boilers.csv": BOILERS.encode(), "outlets.csv": b"facility_id,id\nH1,S1\n"}
HOURS = """timestamp,outlet,pollutant,value,unit,O2
2025-01-01 00:00,S1,NOx,41,mg/m3,16
2025-01-01 01:00,S1,NOx,42,mg/m3,16
"""


def spoilt(text, at=4, junk=b"\xff" * 40):
    """A table as Parquet with junk in it: in its first page of data, or so many bytes before its end."""
    file = io.BytesIO()
    pl.read_csv(io.BytesIO(text.encode()), infer_schema=False).write_parquet(file)
    data = bytearray(file.getvalue())
    data[at : at + len(junk)] = junk
    return bytes(data)


MALFORMED = {
    "nothing in it": ({"boilers.csv": b""}, "empty"),
    "only a header": ({"boilers.csv": HEAD.encode()}, "no row"),
    "junk as csv": ({"boilers.csv": JUNK}, "UTF-8"),
    "junk as parquet": ({"boilers.parquet": JUNK}, "cannot be read"),
    "junk as xlsx": ({"boilers.xlsx": JUNK}, "workbook"),
    "an empty parquet": ({"boilers.parquet": b""}, "cannot be read"),
    "an empty xlsx": ({"boilers.xlsx": b""}, "workbook"),
    "gbk": ({"boilers.csv": BOILERS.replace("natural_gas", "天然气").encode("gbk")}, "boilers.csv:2: not UTF-8 text; it looks like GBK"),
    "gbk far down": ({"boilers.csv": f"{HEAD}\n{LINES}".encode() + "H2,B,天然气,1,,,\n".encode("gbk")}, "boilers.csv:9002: not UTF-8"),
    "utf-16": ({"boilers.csv": BOILERS.encode("utf-16")}, "UTF-16"),
    "too many cells": ({"boilers.csv": f"{BOILERS}H2,B2,natural_gas,1,existing,1,2,3,4\n".encode()}, "boilers.csv:7: 9 cells under 7 headings"),
    "an open quotation mark": ({"boilers.csv": f'{BOILERS}H2,"B2,natural_gas\n'.encode()}, "quotation mark"),
    "an unknown column": ({"boilers.csv": BOILERS.replace("capacity", "capcity").encode()}, "capacity"),
    "a unit of something else": ({"boilers.csv": BOILERS.replace("(t/h)", "(mg/m3)").encode()}, "蒸吨"),
    "a heading twice": ({"boilers.csv": BOILERS.replace("status", "fuel").encode()}, "fuel"),
    "no id column": ({"boilers.csv": b"facility_id,fuel\nH,coal\n"}, "no column id"),
    "two tables of a kind": ({"boilers.csv": BOILERS.encode(), "锅炉.csv": BOILERS.encode()}, "two tables"),
    "a table of nothing known": ({"boliers.csv": BOILERS.encode()}, "boilers"),
    "no table": ({"notes.txt": b"x"}, "no table"),
    "junk in a parquet": ({"boilers.parquet": spoilt(BOILERS)}, "boilers.parquet: the table cannot be read to its end"),
    "a footer at which Polars panics": ({"boilers.parquet": spoilt(BOILERS, -747, b"\xff")}, "boilers.parquet: the table cannot be read"),
    "a footer at which Polars panics later": ({"boilers.parquet": spoilt(BOILERS, -752, b"\0")}, "boilers.parquet: the table cannot be read"),
    "junk in measured parquet": ({**MEASURED, "measurements.parquet": spoilt(HOURS)}, "measurements.parquet: the table cannot be read to its end"),
    "too many cells of measurements": ({**MEASURED, "measurements.csv": f"{HOURS}{',' * 9}\n".encode()}, "measurements.csv:4: 10 cells under 6 headings"),
    "an open quotation mark in measurements": ({**MEASURED, "measurements.csv": f'{HOURS}2025-01-01 02:00,S1,"NOx,4\n'.encode()}, "measurements.csv:4: a quotation mark"),
    "gbk in a file of measurements": ({**MEASURED, "measurements/1.csv": HOURS.replace("NOx", "氮氧化物").encode("gbk")}, "1.csv:2: not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "words"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_table_is_one_clear_message(tmp_path, files, words):
    folder = tmp_path / "r"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    assert words in told(folder, "-o", tmp_path / "f.parquet")
    assert os.listdir(tmp_path) == ["r"]


@pytest.mark.parametrize("output", ["f.parquet", "f.csv", "f.jsonl"])
def test_findings_that_do_not_fit_on_the_disk_are_told_of_and_leave_nothing(tmp_path, output):
    rows = "".join(f"H{n},B{n},natural_gas,{n % 30},existing,{n},3.5\n" for n in range(20_000))
    folder = write(tmp_path / "r", boilers=f"{HEAD}\n{rows}")
    target = tmp_path / output
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))"
    call = f"{limited}; from envcheck.__main__ import main; main()"
    arguments = ["screen", folder, "-o", str(target), *ONE_RULE]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", call, *arguments], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{target}: cannot be written (File too large)\n"
    assert os.listdir(tmp_path) == ["r"]


@pytest.mark.parametrize("ending", ["", ",#note"])
def test_a_comma_for_thousands_far_down_in_a_table_is_told_of_also_where_a_column_is_not_read(tmp_path, ending):
    """It would make 1 t/h of 1,000 t/h, and a note of its zeros."""
    rows = [f"H{n},B{n},150203,coal,20" + (",x" if ending else "") for n in range(5000)]
    rows[4000] = rows[4000].replace(",20", ",1,000")
    folder = write(
        tmp_path / "r", boilers="\n".join([f"facility_id,id,region,fuel,capacity (t/h){ending}", *rows]) + "\n"
    )
    assert f"boilers.csv:4002: {6 + bool(ending)} cells under {5 + bool(ending)} headings" in told(folder)


@given(st.randoms(use_true_random=False))
@RELAXED
def test_a_mangled_csv_file_gives_a_message_or_numbers_that_add_up(tmp_path_factory, chance):
    folder = tmp_path_factory.mktemp("mangled")
    data = bytearray(BOILERS.encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        piece = chance.choice([b"", b",", b"\n", b'"', b"\xff", b"\x00", "天".encode(), b"1e99", b"-", b"'", b"\r"])
        data[at : at + chance.randint(0, 3)] = piece
    write(folder / "r", boilers=bytes(data))
    try:
        screen(folder / "r", "--summary", folder / "s.json", "-o", folder / "f.csv", "-q")
    except InputError as error:
        assert error.problems
        assert not (folder / "f.csv").exists()
    else:
        assert summary(folder / "s.json")["rows_total"]["read"] > 0


def test_a_mangled_parquet_file_gives_a_message_or_numbers_that_add_up(tmp_path):
    """The same damage every time: one such file in some thousands makes Polars end the whole process."""
    folder, file = tmp_path / "r", io.BytesIO()
    pl.read_csv(io.BytesIO(f"{HEAD}\n{LINES}".encode())).write_parquet(file, row_group_size=2000)
    refused = 0
    for seed in range(20):
        chance, data = random.Random(seed), bytearray(file.getvalue())
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(chance.choice([0, len(data) - 2000]), len(data))] = chance.randrange(256)
        folder.mkdir(exist_ok=True)
        (folder / "boilers.parquet").write_bytes(data)
        (tmp_path / "f.parquet").unlink(missing_ok=True)
        try:
            screen(folder, "--summary", tmp_path / "s.json", "-o", tmp_path / "f.parquet", "-q")
        except InputError as error:
            refused += 1
            assert error.problems
            assert not (tmp_path / "f.parquet").exists()
        else:
            assert summary(tmp_path / "s.json")["rows_total"]["read"] > 0
    assert 0 < refused < 20


# --- what people see -------------------------------------------------------------------------------------------------

EVIL = '<script>window.harmed=1</script><img src=x onerror="window.harmed=1">'


class Page(HTMLParser):
    """Collects elements and texts, and insists on every element being closed in its turn."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.text = [], [], ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_formulas_and_scripts_in_a_register_do_no_harm(tmp_path, capsys):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEAD.split(","))
    writer.writerow(["=2+5", "@B", "natural_gas", "20", "existing", "99", "3.5"])
    writer.writerow([EVIL.replace("/", "_"), EVIL.replace("/", "_"), "natural_gas", "20", "existing", "98", "3.5"])
    writer.writerow([f"{EVIL}\x1b[2J", "=cmd|' /C calc'!A0", "=HYPERLINK(1)", "x", "existing", "98", "3.5"])
    folder = write(tmp_path / "r", boilers=stream.getvalue())
    pages = [tmp_path / "s.html", tmp_path / "s.json"]
    assert screen(folder, "-o", tmp_path / "f.csv", "--summary", pages[0], "--summary", pages[1]) in (1, 3)
    page = Page(pages[0].read_text(encoding="utf-8"))
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert not any(tag == "img" or "onerror" in attrs for tag, attrs in page.elements)
    assert "<script>window.harmed" in page.text
    raw = (tmp_path / "f.rejects.csv").read_text(encoding="utf-8-sig")
    assert all(cell.lstrip()[:1] not in "=+-@" or not cell for row in csv.reader(io.StringIO(raw)) for cell in row)
    assert "\x1b" not in capsys.readouterr().out + raw + pages[0].read_text(encoding="utf-8")


def test_the_page_is_self_contained_and_says_all_in_both_languages(tmp_path):
    folder = write(tmp_path / "r", facilities=FACILITIES, boilers=BOILERS + ",B9,natural_gas,1,existing,,\n")
    more = ("--pack", "kundulun-2023", "--as-of", "2026-01-01", "--isolated")
    assert screen(folder, "--summary", tmp_path / "s.html", "--lang", "zh", more=more) == 1
    text = (tmp_path / "s.html").read_text(encoding="utf-8")
    page = Page(text)
    links = [value for _, attrs in page.elements for name, value in attrs.items() if name in ("src", "href")]
    assert not [link for link in links if not link.startswith("#")]
    policy = next(attrs["content"] for _, attrs in page.elements if "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    for words in ("问题最重的单位", "Most serious facilities", "供热一厂", "10 行 = 已核查 9 行", "10 rows read = 9 judged + 1 rejected",
                  "boilers.csv:7", "the row names no facility", "没有写明所属单位", "规划期已于2023年12月31日结束"):  # fmt: skip
        assert words in page.text, words
    pack = next(pack for pack in shipped()[1] if pack.id == "kundulun-2023")
    assert pack.digest in page.text
    widths = [float(a["width"]) for tag, a in page.elements if tag == "rect" and "x" in a]
    assert sum(widths) == pytest.approx(600, abs=0.1)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_text_fits_its_width_and_lines_its_numbers_up(tmp_path, register, capsys, monkeypatch, lang):
    monkeypatch.setenv("COLUMNS", "76")
    more = ("--pack", "kundulun-2023", "--as-of", "2026-01-01", "--isolated", "--lang", lang)
    assert screen(register, more=more) == 1
    lines = capsys.readouterr().out.splitlines()
    assert max(map(columns, lines)) <= 76
    word = {"zh": "行政区划", "en": "region"}[lang]
    at = next(n for n, line in enumerate(lines) if line.endswith(f"  {word}"))
    head = columns(lines[at].removesuffix(word))
    for line, region in zip(lines[at + 1 : at + 3], ("150203", "150303"), strict=True):
        assert line.endswith(region)
        assert columns(line.removesuffix(region)) == head


def test_json_on_the_screen_is_the_summary(tmp_path, register, capsys):
    assert screen(register, "--format", "json", "--summary", tmp_path / "s.json") == 1
    assert capsys.readouterr().out == (tmp_path / "s.json").read_text(encoding="utf-8")


def test_a_screening_by_some_of_the_rules_says_so(tmp_path, register, capsys):
    told = "--select kundulun-2023/gas-boiler-1t-nox"
    assert screen(register, "--summary", str(tmp_path / "s.html"), "--summary", str(tmp_path / "s.json")) == 1
    assert f"only some of the rules were asked: {told}" in " ".join(capsys.readouterr().out.split())
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["narrowed"] == [told]
    assert f"只核查了部分规则：{told}" in (tmp_path / "s.html").read_text(encoding="utf-8")
    screen(register, "--summary", str(tmp_path / "s.html"), more=ONE_RULE[2:])
    assert "only some of the rules" not in " ".join(capsys.readouterr().out.split())
    assert "只核查了部分规则" not in (tmp_path / "s.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("size", "engine"), [(40, "direct"), (40, "columnar"), (240, "columnar")])
def test_the_ranking_is_as_long_as_asked_and_breaks_ties_by_the_margin(tmp_path, size, engine):
    rows = [f"H{n:03},B1,natural_gas,20,existing,{(800 - n * 7 % size) / 10},3.5" for n in range(size)]
    facilities = "id,region\n" + "".join(f"H{n:03},150203\n" for n in range(size))
    folder = write(tmp_path / "r", facilities=facilities, boilers="\n".join([HEAD, *rows]) + "\n")
    assert screen(folder, "--top", "3", "--summary", tmp_path / "s.json", engine=engine) == 1
    ranking = summary(tmp_path / "s.json")["ranking"]
    assert [one["worst"]["margin"] for one in ranking] == ["-1.66667", "-1.66333", "-1.66"]  # 80, 79.9, 79.8 against 30
    assert screen(folder, "--top", "0", "--summary", tmp_path / "s.json") == 1
    assert summary(tmp_path / "s.json")["ranking"] == []


# --- numbers that add up ---------------------------------------------------------------------------------------------

cells = st.tuples(
    st.sampled_from(["H1", "H1", "H2", "H3", "H4", "H9", ""]),
    st.sampled_from(["B1", "B2", "B3", "B4", "B5", ""]),
    st.sampled_from(["natural_gas", "天然气", "coal", "plasma", ""]),
    st.sampled_from(["20", "20 t/h", "0.5", "", "x", "-1"]),
    st.sampled_from(["existing", "", "new"]),
    st.sampled_from(["46", "30", "< 5", "", "NaN", "31.0000001"]),
    st.sampled_from(["3.5", "", "21", "5.2"]),
)


@given(st.lists(cells, min_size=1, max_size=12))
@RELAXED
def test_everything_adds_up_whatever_the_rows_and_engines_agree(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("sums")
    text = "\n".join([HEAD, *(",".join(row) for row in rows)]) + "\n"
    write(folder / "r", facilities=FACILITIES, boilers=text)
    call = (folder / "r", "-o", folder / "f.csv", "--summary", folder / "s.json", "-q")
    if {row[0] for row in rows} >= {"H1", "H2", "H3", "H4"}:
        try:
            screen(*call)
        except InputError:  # not one facility is left
            assert len(rejected(folder / "f.rejects.csv")) == 4 + len(rows)
            return
    else:
        screen(*call)
    found = summary(folder / "s.json")
    assert found["rows_total"]["read"] == 4 + len(rows)
    told_ = list(statuses(folder / "f.csv").values())
    for status in ("pass", "fail", "unknown", "pending"):
        assert told_.count(status) == found["totals"][status]
    names = {row[0] for row in rows} - {"", "H9"} | {"H1", "H2", "H3", "H4"}
    judged = sum(found["facilities"][name] for name in ("compliant", "non_compliant", "undetermined"))
    assert judged + found["facilities"]["rejected"] == len(names | ({"H9"} & {row[0] for row in rows}))
    refused = rejected(folder / "f.rejects.csv") if (folder / "f.rejects.csv").exists() else []
    assert len(refused) == found["rows_total"]["rejected"]
    assert not {r["facility_id"] for r in refused} & {key[0] for key in statuses(folder / "f.csv")}
    assert screen(folder / "r", "-o", folder / "d.csv", "--summary", folder / "d.json", "-q", engine="direct") in (
        0,
        1,
        3,
    )
    assert figures(folder / "d.csv") == figures(folder / "f.csv")
    assert (rejected(folder / "d.rejects.csv") if refused else []) == refused
    assert summary(folder / "d.json") | {"engine": "columnar"} == found


# --- a run that is killed --------------------------------------------------------------------------------------------


def test_a_run_that_is_killed_leaves_no_findings_or_all_of_them(tmp_path):
    chance = random.Random(7)
    rows = pl.DataFrame({
        "facility_id": [f"H{n // 3}" for n in range(300_000)],
        "id": [f"B{n % 3}" for n in range(300_000)],
        "region": "150203",
        "fuel": "natural_gas",
        "capacity (t/h)": [float(chance.randrange(1, 40)) for _ in range(300_000)],
        "emissions.NOx (mg/m3)": [chance.randrange(10, 500) / 10 for _ in range(300_000)],
        "emissions.NOx.O2 (%)": 3.5,
    })  # fmt: skip
    rows = rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 9).then(pl.lit("plasma")).otherwise("fuel").alias("fuel")
    )
    table = tmp_path / "boilers.parquet"
    rows.write_parquet(table)
    out, refused = tmp_path / "out" / "f.parquet", tmp_path / "out" / "f.rejects.csv"
    out.parent.mkdir()
    call = [sys.executable, "-m", "envcheck", "screen", str(table), "-o", str(out), "--top", "2", "-q", *ONE_RULE]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(until=None):
        with subprocess.Popen(call, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as done:
            began = time.monotonic()
            while done.poll() is None and (until is None or time.monotonic() - began < until):
                time.sleep(0.01)
            if done.poll() is None:
                done.send_signal(signal.SIGKILL)
            done.wait()
        return time.monotonic() - began

    took = run()
    whole, told_ = out.read_bytes(), refused.read_bytes()
    assert len(pl.read_parquet(out)) == 300_000 - 3
    assert len(rejected(refused)) == 3
    for _ in range(5):
        out.unlink(missing_ok=True)
        refused.unlink(missing_ok=True)
        run(until=took * chance.uniform(0.2, 1.05))
        if out.exists():
            assert (out.read_bytes(), refused.read_bytes()) == (whole, told_)
    run()
    assert (out.read_bytes(), refused.read_bytes()) == (whole, told_)
    assert sorted(os.listdir(out.parent)) == ["f.parquet", "f.rejects.csv"]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([["natural_gas"]]), pl.Series([{"a": 1}]), pl.Series([timedelta(1)]),
        pl.Series([[1]], dtype=pl.Array(pl.Int8, 1)),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("name", ["boilers", "measurements"])
def test_a_column_that_holds_no_cells_is_told_of_before_anything_is_read(tmp_path, name, values):
    folder = tmp_path / "r"
    folder.mkdir()
    tables_of = {
        "boilers": {"facility_id": ["P"], "id": ["B1"], "fuel": ["coal"]},
        "outlets": {"facility_id": ["P"], "id": ["S1"]},
        "measurements": {
            "timestamp": [datetime(2025, 1, 1)], "outlet": ["S1"], "pollutant": ["NOx"], "value (mg/m3)": [40.0],
            "state": ["normal"],
        },
    }  # fmt: skip
    heading = {"boilers": "fuel", "measurements": "state"}[name]
    tables_of[name][heading] = values
    for table, held in tables_of.items():
        pl.DataFrame(held).write_parquet(folder / f"{table}.parquet")
    with pytest.raises(InputError) as error:
        tables.read(str(folder), shipped()[0])
    (problem,) = error.value.problems
    assert problem.what.en == f"column {heading} holds values of the type {values.dtype}"
    assert problem.place.file.endswith(f"{name}.parquet")
