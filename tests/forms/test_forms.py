"""Forms and workbooks: nothing is lost on the way, a form asks what rules use, errors name sheet and cell."""

import io
import json
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.forms import plain, read, tables, workbook
from envcheck.text.problems import InputError
from support import ROOT, shipped
from support.strategies import facilities
from support.workbooks import facts, filled, opened, tree_of

SHIPPED = sorted((ROOT / "facilities").glob("*.yaml"))
DAY = date(2026, 1, 1)


def through_workbook(tree, words):
    return read.read_bytes(workbook.write(tables.of_tree(tree, words, "zh"), (), "zh"), "form.xlsx", words)


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
