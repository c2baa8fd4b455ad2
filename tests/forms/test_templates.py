"""Forms to fill in: what they ask, and the commands that write and read them."""

import io
import json
import re
import subprocess
import sys
from datetime import date

import openpyxl
import pytest

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.forms import describe, fields, keys, plain, tables, workbook
from envcheck.judging.check import check
from support import ROOT, shipped
from support.workbooks import opened, tree_of

DAY = date(2026, 1, 1)


def form_for(region="150203", **known):
    words, packs, _ = shipped()
    return fields.form(packs, words, {**known, "region": region}, DAY)


def asked(form, kind):
    return {use.key.text for use in form.fields.get(kind, ())}


def test_a_form_asks_what_the_rules_of_the_region_use():
    heating = form_for(type="heating_plant")
    assert {"id", "name", "fuel", "capacity", "status", "emissions.NOx", "emissions.*.O2"} <= asked(heating, "boiler")
    assert "carbide_furnace" in form_for("1503", type="enterprise").fields
    assert "carbide_furnace" not in heating.fields
    assert not form_for("110101", type="enterprise").rules


def test_rules_of_another_industry_or_type_ask_nothing():
    steel, restaurant = form_for(type="enterprise", industry="steel"), form_for(type="restaurant")
    assert "emits_vocs" in asked(form_for(type="enterprise"), "facility")
    assert len(asked(restaurant, "facility")) < len(asked(form_for(type="enterprise"), "facility"))
    assert steel.rules < form_for(type="enterprise").rules


@pytest.mark.parametrize("name", ["gas-boiler-house", "coking-plant", "wuhai-carbide-works", "zhenglan-wastewater"])
def test_every_fact_that_a_finding_lacks_or_uses_is_on_the_form(name):
    """The judge, asked about a shipped facility, misses no attribute that the form for it leaves out."""
    words, packs, _ = shipped()
    one = facility_file.read(source.read_file(str(ROOT / f"facilities/{name}.yaml")), words)
    known = {k: str(one.itself.facts[k].value) for k in ("type", "industry", "region") if k in one.itself.facts}
    form = fields.form(packs, words, known, DAY)
    result = check([one], packs, DAY, "direct")
    lacking = set()
    for finding in result.reports[0].findings:
        if finding.subject.overrides:
            continue
        for missing in finding.missing:
            owner, _, rest = missing.partition(".")
            if missing.startswith("limit: ") or "/" in owner:
                continue
            kind = "facility" if owner == "facility" else finding.subject.kind
            lacking.add((kind, (rest if owner == "facility" else missing).split(".")[0]))
    attributes = {(kind, use.key.attribute.name) for kind, uses in form.fields.items() for use in uses}
    lists = {("facility", words.kinds[kind].plural) for kind in form.fields}
    defined = {("facility", n) for p in packs for n in p.definitions} | {
        (d.kind, d.name) for p in packs for d in p.definitions.values()
    }
    assert lacking - attributes - lists - defined == set()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_example_and_every_offered_value_can_be_filled_in(lang, tmp_path, monkeypatch):
    """The example column and row, moved to where values go, make a file without a mistake."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/gas.csv").write_text("timestamp,NOx (mg/m3)\n2025-01-01 00:00,50\n")
    (tmp_path / "data/water.csv").write_text("timestamp,COD (mg/L)\n2025-01-01,50\n")
    monkeypatch.chdir(tmp_path)
    words = shipped()[0]
    form = form_for(type="heating_plant")
    book = openpyxl.load_workbook(
        io.BytesIO(workbook.write(tables.of_form(form, {"type": "heating_plant"}, words, lang), ("x",), lang))
    )
    sheet = book["facility"]
    for row in range(3, sheet.max_row + 1):
        sheet.cell(row, 4).value = sheet.cell(row, 4).value or sheet.cell(row, 6).value
    for kind in form.fields:
        if kind != "facility":
            book[words.kinds[kind].plural]["A4"] = None
    found = opened(book)
    assert set(found.lists) == {words.kinds[kind].plural for kind in form.fields if kind != "facility"}
    listings = words.choices.items()
    for listing, choices in listings:
        for choice in choices.values():
            assert words.choice(listing, describe.option(listing, choice, words, lang)).id == choice.id


def test_an_example_row_is_ignored_until_its_mark_goes():
    words = shipped()[0]
    form = form_for(type="heating_plant")
    book = openpyxl.load_workbook(
        io.BytesIO(workbook.write(tables.of_form(form, {"type": "heating_plant"}, words, "zh"), (), "zh"))
    )
    book["facility"]["D4"] = "p"
    assert book["facility"]["B4"].value == "id"
    assert opened(book).lists == {}


def test_drop_downs_hold_chinese_labels():
    words = shipped()[0]
    data = workbook.write(
        tables.of_form(form_for(type="heating_plant"), {"type": "heating_plant"}, words, "zh"), (), "zh"
    )
    book = openpyxl.load_workbook(io.BytesIO(data))
    heads = {cell.value: cell.column_letter for cell in book["boilers"][1]}
    rule = next(r for r in book["boilers"].data_validations.dataValidation if f"{heads['fuel']}5" in r.sqref)
    sheet, _, span = rule.formula1.replace("'", "").replace("$", "").partition("!")
    offered = [row[0].value for row in book[sheet][span]]
    assert "天然气" in offered
    assert "煤" in offered
    assert book[sheet].sheet_state == "hidden"
    assert "capacity [t/h]" in heads


def test_a_yaml_form_is_whole_once_its_fields_are_uncommented():
    words = shipped()[0]
    known = {"type": "heating_plant", "region": "150203"}
    text = plain.blank(form_for(type="heating_plant"), known, words, ("form",), "zh").replace("\nid:   #", "\nid: p #")
    assert facility_file.read(tree_of(text), words).lists == {}
    lines = [line if line.startswith("##") else line.removeprefix("# ") for line in text.splitlines()]
    found = facility_file.read(tree_of("\n".join(lines)), words)
    assert {s.id for s in found.lists["boilers"]} == {"B1"}
    uncommented = "\n".join(re.sub(r"(?<!\w)fuel:", "fuel: natural_gas", line, count=1) for line in lines)
    assert "natural_gas" in str(facility_file.read(tree_of(uncommented), words).lists["boilers"][0].facts["fuel"].value)


@pytest.mark.parametrize("text", ["capacity [t/h]", "name", "emissions.苯并[a]芘 [mg/m3]", "removal [%]"])
def test_headings_come_apart_as_they_were_put_together(text):
    assert keys.headed(*keys.heading(text)) == text


def run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "envcheck", *map(str, arguments), "--lang", "en"],
        capture_output=True, text=True, cwd=cwd, timeout=120, check=False, env={**__import__("os").environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_template_filled_and_checked(tmp_path):
    made = run(
        "template",
        "供热企业（锅炉房）",
        "--region",
        "150203",
        "--as-of",
        "2026-01-01",
        "--list",
        "boilers",
        "-o",
        "form.xlsx",
        cwd=tmp_path,
    )
    assert (made.returncode, made.stderr) == (0, "")
    book = openpyxl.load_workbook(tmp_path / "form.xlsx")
    assert {"facility", "boilers", "_lists"} < set(book.sheetnames)
    for row in book["facility"].iter_rows(min_row=3):
        if row[1].value == "id":
            row[3].value = "站-3"
    sheet = book["boilers"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    facts_ = {
        "id": "1#炉",
        "fuel": "天然气",
        "capacity [t/h]": 20,
        "status": "现有",
        "emissions.NOx [mg/m3]": 46,
        "emissions.*.O2 [%]": 5.2,
    }
    for name, value in facts_.items():
        sheet.cell(5, heads[name]).value = value
    book.save(tmp_path / "filled.xlsx")
    checked = run("check", "filled.xlsx", "--as-of", "2026-01-01", "--format", "json", cwd=tmp_path)
    assert checked.returncode == 1
    findings = json.loads(checked.stdout)["facilities"][0]["findings"]
    nox = next(f for f in findings if f["rule"] == "kundulun-2023/gas-boiler-1t-nox")
    # 46 x (21 - 3.5) / (21 - 5.2) = 50.949...
    assert (nox["subject"], nox["status"], nox["measured"]["value"][:6]) == ("boilers/1#炉", "fail", "50.949")
    assert nox["comparisons"][0]["place"]["file"].startswith("filled.xlsx[boilers!")


def test_the_same_form_twice_is_the_same_bytes(tmp_path):
    for name in ("a.xlsx", "b.xlsx", "a.yaml", "b.yaml"):
        assert (
            run(
                "template", "gas_station", "--region", "1503", "--as-of", "2026-01-01", "-o", name, cwd=tmp_path
            ).returncode
            == 0
        )
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert (tmp_path / "a.yaml").read_bytes() == (tmp_path / "b.yaml").read_bytes()


def test_convert_writes_what_check_judges_alike(tmp_path):
    path = ROOT / "facilities/gas-boiler-house.yaml"
    for source_, target in ((path, "a.xlsx"), ("a.xlsx", "b.json"), ("b.json", "c.yaml")):
        assert run("convert", source_, "-o", target, cwd=tmp_path).returncode == 0
    answers = [
        run("check", f, "--as-of", "2026-01-01", "--format", "json", cwd=tmp_path) for f in (path, "a.xlsx", "c.yaml")
    ]
    found = [
        [(f["rule"], f["subject"], f["status"], f["margin"]) for f in json.loads(a.stdout)["facilities"][0]["findings"]]
        for a in answers
    ]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ("template", "restaurnt", "-o", "f.xlsx"),
        ("template", "enterprise", "--region", "15x", "-o", "f.xlsx"),
        ("template", "enterprise", "--region", "110101", "-o", "f.xlsx"),
        ("template", "enterprise", "--list", "boiler", "-o", "f.xlsx"),
        ("template", "enterprise", "-o", "f.pdf"),
        ("convert", "missing.xlsx", "-o", "f.yaml"),
        ("check", "missing.xlsx"),
    ],
)
def test_wrong_calls_end_with_2_and_write_nothing(arguments, tmp_path):
    answer = run(*arguments, cwd=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr
    assert "Traceback" not in answer.stderr
    assert list(tmp_path.iterdir()) == []
