"""Forms and workbooks: nothing is lost on the way, a form asks what rules use, errors name sheet and cell."""

import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest
from conftest import ROOT, shipped
from hypothesis import HealthCheck, given, settings
from strategies import facilities

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.forms import describe, fields, keys, plain, read, tables, workbook
from envcheck.judging.check import check
from envcheck.text.problems import InputError

SHIPPED = sorted((ROOT / "facilities").glob("*.yaml"))
DAY = date(2026, 1, 1)


def facts(one):
    """All that a facility states, without the places."""

    def bare(fact):
        if isinstance(fact.value, tuple) and fact.value and isinstance(fact.value[0], dict):
            return [{k: f.text for k, f in row.items() if k} for row in fact.value]
        if isinstance(fact.value, dict):
            return {name: measured._replace(place=None) for name, measured in fact.value.items()}, fact.text
        return fact.value, fact.text

    return {
        s.path: ({n: bare(f) for n, f in s.facts.items()}, s.overrides and sorted(s.overrides)) for s in one.subjects()
    } | {"lists": {name: [s.id for s in items] for name, items in one.lists.items()}}


def through_workbook(tree, words):
    return read.read_bytes(workbook.write(tables.of_tree(tree, words, "zh"), (), "zh"), "form.xlsx", words)


def tree_of(text, name="plant.yaml"):
    return source.read_bytes(text.encode(), name)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_facilities_survive_every_format(path):
    words = shipped()[0]
    tree = source.read_file(str(path))
    expected = facts(facility_file.read(tree, words))
    sheet = through_workbook(tree, words)
    again = tree_of(plain.to_yaml(sheet))
    as_json = tree_of(plain.to_json(again), "plant.json")
    for turned in (sheet, again, as_json, through_workbook(as_json, words)):
        assert facts(facility_file.read(turned, words)) == expected


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(facilities())
def test_any_facility_survives_a_workbook(data):
    words = shipped()[0]
    tree = tree_of(json.dumps(data, ensure_ascii=False), "plant.json")
    expected = facts(facility_file.read(tree, words))
    assert facts(facility_file.read(through_workbook(tree, words), words)) == expected
    assert facts(facility_file.read(tree_of(plain.to_yaml(tree)), words)) == expected


NASTY = [
    '=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "<script>alert(1)</script>", "a\x07b\x1b[31m", "line\none\ttab",
    '"quoted" \'single\'', "厂" * 300, "_x0007_", "x005F_", r"\u0007", "#N/A", "null", "~", "TRUE", "007", "1e5", "\ufffe", "# no",
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names_survive_and_are_never_formulas(name):
    words = shipped()[0]
    head = {"format": "envcheck/facility/1", "id": "p", "name": name, "boilers": [{"id": "1#", "name": name}]}
    tree = tree_of(json.dumps(head), "plant.json")
    data = workbook.write(tables.of_tree(tree, words, "en"), (), "en")
    found = facility_file.read(read.read_bytes(data, "form.xlsx", words), words)
    assert found.name == name
    assert found.lists["boilers"][0].facts["name"].value == name
    assert facility_file.read(tree_of(plain.to_yaml(tree)), words).name == name
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_no_boilers_is_not_the_same_as_boilers_not_known():
    words = shipped()[0]
    none = facility_file.read(
        through_workbook(tree_of("format: envcheck/facility/1\nid: p\nboilers: []"), words), words
    )
    silent = facility_file.read(through_workbook(tree_of("format: envcheck/facility/1\nid: p\nboilers:"), words), words)
    assert none.lists == {"boilers": ()}
    assert silent.lists == {}


def test_an_empty_text_is_refused_rather_than_lost():
    tree = tree_of('format: envcheck/facility/1\nid: p\nname: ""')
    with pytest.raises(InputError, match=r"plant\.yaml:3:7"):
        tables.of_tree(tree, shipped()[0], "en")


# --- reading what people type


def filled(rows, heads=("#", "id", "capacity [t/h]", "emissions.NOx [mg/m3]", "emissions.*.O2 [%]"), title="boilers"):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "facility"
    for row in (("#", "key", "value"), (None, "format", "envcheck/facility/1"), (None, "id", "p")):
        sheet.append(row)
    sheet = book.create_sheet(title)
    for row in (heads, *rows):
        sheet.append(row)
    return book


def opened(book):
    stream = io.BytesIO()
    book.save(stream)
    words = shipped()[0]
    return facility_file.read(read.read_bytes(stream.getvalue(), "form.xlsx", words), words)


def refused(book):
    with pytest.raises(InputError) as caught:
        opened(book)
    return str(caught.value)


def test_bare_numbers_take_the_unit_of_their_heading_and_units_beside_them_win():
    boilers = opened(
        filled([(None, "B1", 20, 46, 5.2), (None, "B2", "14 MW", "0.046 g/m3", "3.5 %"), (None, "B3", "7")])
    )
    first, second, third = boilers.lists["boilers"]
    assert first.facts["capacity"].value.exact == 20
    assert second.facts["capacity"].value.exact == 20
    assert third.facts["capacity"].value.exact == 7
    assert first.facts["emissions"].value["NOx"].value.exact == 46
    assert first.facts["emissions"].value["NOx"].oxygen.exact == source_fraction("5.2")
    assert second.facts["emissions"].value["NOx"].value.exact == 46
    assert "emissions" not in third.facts


def source_fraction(text):
    from fractions import Fraction

    return Fraction(text)


def test_numbers_of_a_spreadsheet_are_read_as_they_were_typed():
    one = opened(filled([(None, "B1", 0.07, 1e-7, 5.2)])).lists["boilers"][0]
    assert one.facts["capacity"].value.exact == source_fraction("0.07")
    assert one.facts["emissions"].value["NOx"].value.exact == source_fraction("0.0000001")


def test_a_cell_shown_in_percent_is_what_it_shows():
    book = filled([(None, "B1", 20, 46, 0.052)])
    book["boilers"]["E2"].number_format = "0.0%"
    assert opened(book).lists["boilers"][0].facts["emissions"].value["NOx"].oxygen.exact == source_fraction("5.2")


def test_dates_come_from_date_cells():
    heads = ("#", "id", "works_completed")
    one = opened(
        filled([(None, "W1", datetime.fromisoformat("2025-12-31")), (None, "W2", date(2024, 2, 29))], heads, "outfalls")
    )
    assert [s.facts["works_completed"].value for s in one.lists["outfalls"]] == [date(2025, 12, 31), date(2024, 2, 29)]


def test_rows_and_sheets_marked_with_a_hash_are_not_read():
    book = filled([("#示例", "B0", 20), (None, "B1", 20)])
    book.create_sheet("#notes")["A1"] = "whatever"
    assert [s.id for s in opened(book).lists["boilers"]] == ["B1"]


def test_several_choices_stand_in_one_cell():
    book = filled([])
    book["facility"].append((None, "zone", "城市建成区；industrial_park"))
    assert opened(book).itself.facts["zone"].value == {"urban_built_up", "industrial_park"}


WRONG = [
    ([(None, "B1", "=1+1")], "form.xlsx[boilers!C2]"),
    ([(None, "B1", "twenty")], "form.xlsx[boilers!C2]"),
    ([(None, "B1", 20, 46, 25)], "form.xlsx[boilers!E2]"),
    ([(None, "B1", 20, "46 kg")], "form.xlsx[boilers!D2]"),
    ([(None, "B1", 20), (None, "B1", 30)], "form.xlsx[boilers!B3]"),
    ([(None, None, 20)], "form.xlsx[boilers!B2]"),
    ([(None, "B1", 20, None, 5.2)], "form.xlsx[boilers!E2]"),
    ([(None, "B1", 20, 46, 5, "more")], "form.xlsx[boilers!F2]"),
    ([("B1", "B1", 20)], "form.xlsx[boilers!A2]"),
    ([(None, "B1", time(2, 1))], "form.xlsx[boilers!C2]"),
    ([(None, "B1", "#REF!")], "form.xlsx[boilers!C2]"),
    ([(None, "B1", datetime.fromisoformat("2025-01-02"))], "form.xlsx[boilers!C2]"),
]


@pytest.mark.parametrize(("rows", "place"), WRONG)
def test_errors_name_the_sheet_and_the_cell(rows, place):
    assert refused(filled(rows)).startswith(f"{place}: ")


@pytest.mark.parametrize(
    ("heads", "title", "place"),
    [
        (("#", "id", "capacty"), "boilers", "form.xlsx[boilers!C1]"),
        (("#", "id", "id"), "boilers", "form.xlsx[boilers!C1]"),
        (("#", "id", "emissions.COD [mg/m3]"), "boilers", "form.xlsx[boilers!C1]"),
        (("#", "id"), "boiler", "form.xlsx[boiler]"),
    ],
)
def test_unknown_headings_and_sheets_are_named(heads, title, place):
    assert f"{place}: " in refused(filled([(None, "B1", 20)], heads, title))


def test_a_list_cannot_be_none_and_have_rows():
    book = filled([(None, "B1", 20)])
    book["facility"].append((None, "boilers", "无"))
    assert "form.xlsx[facility!C4]" in refused(book)


def bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (80 * 1024 * 1024))
    return stream.getvalue()


def entities():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    return stream.getvalue()


def broken():
    data = bytearray(
        workbook.write(tables.of_tree(tree_of("format: envcheck/facility/1\nid: p"), shipped()[0], "en"), (), "en")
    )
    data[200:260] = b"\0" * 60
    return bytes(data)


def foreign():
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"not a zip", b"\xd0\xcf\x11\xe0" * 99, bomb(), entities(), foreign()]
)
def test_what_is_no_form_is_refused(data):
    with pytest.raises(InputError, match=r"form\.xlsx"):
        read.read_bytes(data, "form.xlsx", shipped()[0])


def test_a_broken_workbook_is_refused():
    with pytest.raises(InputError, match=r"form\.xlsx"):
        read.read_bytes(broken(), "form.xlsx", shipped()[0])


def test_a_stray_cell_at_the_far_corner_does_not_stop_the_reader():
    book = filled([(None, "B1", 20)])
    book["boilers"].cell(1_048_576, 16_384).number_format = "0%"
    assert len(opened(book).lists["boilers"]) == 1


# --- forms


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


# --- the commands


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
