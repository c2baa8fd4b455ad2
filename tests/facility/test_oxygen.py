"""Oxygen, basis and moisture: what is written but not known is unknown, and what no stack has is refused."""

from datetime import date

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envcheck.facility import facility_file, whatif
from envcheck.files import source
from envcheck.forms import read as forms
from envcheck.forms import tables as sheets
from envcheck.forms.plain import as_data
from envcheck.forms.workbook import write
from envcheck.judging.engines import direct
from envcheck.register import facility_by_facility
from envcheck.register.in_columns import screen
from envcheck.register.results.summary import summarize
from envcheck.register.tables import register_files
from envcheck.text.problems import InputError
from support import rule, small_pack

DAY = date(2026, 1, 1)
NOX = small_pack(rule("emissions.NOx <= 30 mg/m3 @ 3.5 % O2", name="nox"))
PLANT = "format: envcheck/facility/1\nid: P\nregion: 150203\nboilers:\n  - {{id: B1, emissions: {{NOx: {nox}}}}}\n"


def found(words, nox, changes=()):
    tree = source.read_bytes(PLANT.format(nox=nox).encode(), "plant.yaml")
    changes = [whatif.parse(change) for change in changes]
    findings, _ = direct.run(facility_file.read(whatif.apply(tree, changes, words), words), [NOX], DAY)
    return findings[0]


@pytest.mark.parametrize(
    ("nox", "status", "missing"),
    [
        ("{value: 28 mg/m3, O2: }", "unknown", "emissions.NOx.O2"),
        ("{value: 28 mg/m3, O2: null}", "unknown", "emissions.NOx.O2"),
        ("{value: 28 mg/m3, O2: 3.5 %}", "pass", None),
        ("{value: 28 mg/m3, O2: 3.5 %, moisture: 12 %}", "unknown", "emissions.NOx.basis"),
        ("{value: 28 mg/m3, O2: 3.5 %, moisture: 12 %, basis: dry}", "pass", None),
        ("{value: 28 mg/m3, O2: 3.5 %, moisture: 0 %}", "pass", None),
        ("{value: 28 mg/m3, O2: 3.5 %, moisture: 12 %, basis: wet}", "fail", None),
        ("{value: ND, O2: 3.5 %}", "unknown", "emissions.NOx.detection_limit"),
        ("0.05L mg/m3", "pass", None),
    ],
)
def test_what_is_not_known_beside_a_value(words, nox, status, missing):
    one = found(words, nox)
    assert one.status == status
    assert one.missing == (() if missing is None else (missing,))
    assert "reference_o2_assumed" not in one.flags or nox.startswith("0.05L")


@pytest.mark.parametrize("share", ["0 %", "0.05 %", "0.16 %", "0.21 %", "21 %", "25 %", "0.05", "-1 %", "<5 %"])
def test_an_oxygen_content_that_no_stack_has_is_refused(words, share):
    with pytest.raises(InputError, match=r"O2|oxygen"):
        found(words, f"{{value: 28 mg/m3, O2: {share}}}")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("boilers/B1.emissions.NOx=20 mg/m3", "fail"),  # 20 × 17.5 ÷ 9 = 38.9: at 12 % still
        ("boilers/B1.emissions.NOx=15 mg/m3", "pass"),
        ("boilers/B1.emissions.NOx={value: 20 mg/m3, O2: 3.5 %}", "pass"),
        ("boilers/B1.emissions.NOx=null", "unknown"),
        ("boilers/B1.emissions.NOx.O2=null", "unknown"),
    ],
)
def test_another_value_keeps_its_oxygen(words, change, status):
    assert found(words, "{value: 40 mg/m3, O2: 12 %}", [change]).status == status


def test_another_value_keeps_basis_and_moisture(words):
    wet = "{value: 40 mg/m3, O2: 3.5 %, basis: wet, moisture: 12 %}"
    assert found(words, wet, ["boilers/B1.emissions.NOx=28 mg/m3"]).status == "fail"


def register(folder, rows, name="boilers.csv"):
    folder.mkdir()
    (folder / "facilities.csv").write_text("id,region\n" + "".join(f"P{n},150203\n" for n in range(len(rows) - 1)))
    if name.endswith(".xlsx"):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(folder / name)
    else:
        text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return str(folder)


HEADINGS = ["facility_id", "id", "emissions.NOx (mg/m3)"]
OXYGEN, MOISTURE, BASIS = "emissions.*.O2 (%)", "emissions.NOx.moisture (%)", "emissions.NOx.basis"
CASES = [
    (28, 3.5, None, None, "pass", None),
    (28, None, None, None, "unknown", None),
    (28, "at_reference", None, None, "pass", "reference_o2_assumed"),
    (28, "已折算", None, None, "pass", "reference_o2_assumed"),
    (28, 3.5, 12, None, "unknown", None),
    (28, 3.5, 12, "dry", "pass", None),
    (28, 3.5, 0, None, "pass", None),
    (28, 3.5, 12, "wet", "fail", None),
    ("0.05L", 3.5, None, None, "pass", "below_detection"),
    ("<40", 3.5, None, None, "unknown", "below_detection"),
    ("ND", 3.5, None, None, "unknown", "below_detection"),
    (28, 0, None, None, "rejected", None),
    (28, 0.05, None, None, "rejected", None),
    (28, 21, None, None, "rejected", None),
    ("45..5", 3.5, None, None, "rejected", None),
    ("28²", 3.5, None, None, "rejected", None),
]


def screened(path, words, run):
    output = f"{path}.parquet"
    told = run(register_files.read(path, words), [NOX], words, DAY, output)
    rows = pl.read_parquet(output).select("facility_id", "status", "flags").rows()
    statuses = {name: (status, flags) for name, status, flags in rows}
    return {**statuses, **{one.facility: ("rejected", None) for one in told.rejects}}, told


@pytest.mark.parametrize("run", [screen, facility_by_facility.screen])
@pytest.mark.parametrize("name", ["boilers.csv", "boilers.xlsx"])
def test_a_register_reads_as_a_file_does(tmp_path, words, run, name):
    rows = [[*HEADINGS, OXYGEN, MOISTURE, BASIS]]
    rows += [[f"P{n}", f"B{n}", value, *rest] for n, (value, *rest, _, _) in enumerate(CASES)]
    statuses, told = screened(register(tmp_path / "r", rows, name), words, run)
    assert statuses == {f"P{n}": (status, flags) for n, (*_, status, flags) in enumerate(CASES)}
    counts = summarize(told, (), words)
    assert counts.flags == {"reference_o2_assumed": 2, "below_detection": 3}
    assert counts.rules[0].flags == counts.flags


@pytest.mark.parametrize("run", [screen, facility_by_facility.screen])
def test_a_bare_concentration_is_told_as_an_assumption(tmp_path, words, run):
    rows = [HEADINGS, ["P0", "B0", 28], ["P1", "B1", 31], ["P2", "B2", None], ["P3", "B3", "<5"]]
    statuses, told = screened(register(tmp_path / "r", rows), words, run)
    both = "reference_o2_assumed;below_detection"
    assumed = "reference_o2_assumed"
    assert statuses == {"P0": ("pass", assumed), "P1": ("fail", assumed), "P2": ("unknown", None), "P3": ("pass", both)}
    assert summarize(told, (), words).flags == {"reference_o2_assumed": 3, "below_detection": 1}


RULES = [
    "emissions.NOx <= 30 mg/m3 @ 3.5 % O2", "emissions.NOx <= 30 mg/m3", "emissions.PM < emissions.NOx",
    "emissions.NOx <= 30 mg/m3 @ 3.5 % O2 and emissions.PM <= 10 mg/m3",
    "emissions.NOx <= 30 mg/m3 @ 3.5 % O2 or emissions.PM <= 10 mg/m3 @ 9 % O2", "emissions.PM <= 2 * emissions.NOx",
]  # fmt: skip
FLAGGED = small_pack("".join(rule(text, name=f"r{n}") for n, text in enumerate(RULES)))
CELLS = st.tuples(
    st.sampled_from([None, 28, 31, "<5", "<40", "ND"]), st.sampled_from([None, 5, 12, "<3", "3L"]), st.sampled_from([None, 3.5, 12])
)  # fmt: skip


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(CELLS, min_size=5, max_size=30), st.booleans())
def test_flags_are_those_of_facilities_read_one_by_one(tmp_path_factory, words, drawn, oxygen):
    folder = tmp_path_factory.mktemp("flags")
    heads = [*HEADINGS, "emissions.PM (mg/m3)", *([OXYGEN] if oxygen else [])]
    rows = [heads, *([f"P{n}", f"B{n}", *cells[: len(heads) - 2]] for n, cells in enumerate(drawn))]
    path = register(folder / "r", rows)
    told = []
    for run in (screen, facility_by_facility.screen):
        output = str(folder / "found.parquet")
        run(register_files.read(path, words), [FLAGGED], words, DAY, output)
        told.append(
            pl.read_parquet(output).select("facility_id", "rule", "status", "flags").sort("facility_id", "rule").rows()
        )
    assert told[0] == told[1]


def test_a_form_keeps_bare_values_and_unknown_oxygen_apart(words, tmp_path):
    text = """format: envcheck/facility/1
id: P
boilers:
  - {id: B1, emissions: {NOx: {value: 28 mg/m3, O2: 5 %}}}
  - {id: B2, emissions: {NOx: 28 mg/m3}}
  - {id: B3, emissions: {NOx: {value: 28 mg/m3, O2: null}}}
"""
    tree = source.read_bytes(text.encode(), "plant.yaml")
    path = tmp_path / "plant.xlsx"
    path.write_bytes(write(sheets.of_tree(tree, words, "en"), (), "en"))
    again = as_data(forms.read_file(str(path), words))
    assert [item["emissions"]["NOx"] for item in again["boilers"]] == [
        {"value": "28 mg/m3", "O2": "5 %"}, "28 mg/m3", {"value": "28 mg/m3", "O2": None},
    ]  # fmt: skip


def test_a_per_cent_sign_that_is_text_does_not_multiply(words, tmp_path):
    """A cell 5.2 that shows 5.2 % is 5.2 %, and one of 0.052 in a percent format too."""
    for value, form in ((5.2, '0.0"%"'), (5.2, "0.0\\%"), (0.052, "0.0%"), (5.2, "General")):
        book = openpyxl.Workbook()
        book.active.append([*HEADINGS, OXYGEN])
        book.active.append(["P0", "B0", 28, value])
        book.active["D2"].number_format = form
        folder = tmp_path / str(abs(hash(form)))
        folder.mkdir()
        (folder / "facilities.csv").write_text("id,region\nP0,150203\n")
        book.save(folder / "boilers.xlsx")
        told = facility_by_facility.screen(register_files.read(str(folder), words), [NOX], words, DAY, None)
        measured = told.judged_one_by_one[0].whole.lists["boilers"][0].facts["emissions"].value["NOx"]
        assert measured.oxygen.exact * 10 == 52
