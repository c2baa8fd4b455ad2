"""A text is one number with one unit, or nothing: read alike whichever way it comes in."""

import io
import time
from contextlib import suppress
from fractions import Fraction
from functools import cache

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from envcheck.facility import facility_file, whatif
from envcheck.facility.facts import NOTHING
from envcheck.facility.series import series_file
from envcheck.files import source
from envcheck.files.source import Listing, Mapping, Scalar
from envcheck.forms import read as forms
from envcheck.forms.cells import percent_signs
from envcheck.register.columns import layout as lay
from envcheck.register.judging import row_by_row
from envcheck.register.judging.row_by_row import Line
from envcheck.register.tables.headings import layout
from envcheck.rulebook.compiler import compile_condition
from envcheck.rulebook.terms import CompileError, Scope
from envcheck.text.problems import InputError, Place
from envcheck.units.quantity import Interval, UnitError, parse_quantity
from support import shipped

HERE = Place("plant.yaml")
SLIPS = [
    "28.5.2026 mg/m3", "45..5 mg/m3", "45(0.5) mg/m3", "45 .5 mg/m3", "1.045.5 mg/m3", "45 mg/m3/3", "450 mg/m3*0.01", "28² mg/m3", "28²", "2①",
    "10^4 mg/m3", "4510^4 mg/m3", "300 mg/(10*m3)", "300 (1/10)mg/m3", "28 mg/m3*9**9**9", "1,000 mg/m3", "1 000 mg/m3", "4٣ mg/m3",
    "28 mg/m3²", "28 mg", "½ mg/m3", "28 mg/m3 28", "0x1F mg/m3", "28 mg//m3", "28 /m3", "28 mg/", "28,5 mg/m3", "10 ^4 mg/m3",
]  # fmt: skip
READ = {
    "46 mg/m3": 46, "46毫克/立方米": 46, "４６ ㎎/㎥": 46, "0.046 g/Nm3": 46, "46000 μg/m³": 46, "+46. mg/m^3": 46, "4.6e1 mg/m3": 46,
    "0.000046 kg/m3": 46, "46 毫克 / 立方米": 46,
}  # fmt: skip
BOUNDS = {"< 5 mg/m3": 5, "≤5 mg/m3": 5, "0.05L mg/m3": "0.05", "3(L) mg/m3": 3, "3（L） mg/m3": 3, "ND(5) mg/m3": 5, "nd<5 mg/m3": 5,
          "未检出（5 mg/m3）": 5, "未检出（检出限：5 mg/m3）": 5, "N.D.(5 mg/m3)": 5}  # fmt: skip
NOTHING_FOUND = ["ND", "nd", "N.D.", "未检出", "ＮＤ"]
TEXTS = st.one_of(
    st.text(alphabet="0123456789.eE+-<≤ ()/*^%LND²①０．５mgtkhMW³万年吨毫克立方米,:\u3000", max_size=14),
    st.tuples(
        st.sampled_from(["", "<", "≤ ", "+", "-"]),
        st.decimals(min_value=0, max_value=999, places=2).map(str),
        st.sampled_from(["", " ", ".", "L", "(L)", "²", "①"]),
        st.sampled_from(["mg/m3", "g/m3", "毫克/立方米", "Mg/m3", "t/h", "ug/Nm3", "mg/m3/2", "ppm", ""]),
    ).map("".join),
)


def refused(read):
    """What a way in gives: a reading, or that it refuses."""
    try:
        return read()
    except (InputError, CompileError):
        return "refused"


def nox(found):
    measured = found.lists["boilers"][0].facts.get("emissions")
    return None if measured is None or "NOx" not in measured.value else measured.value["NOx"].value


def tree(value):
    boiler = Mapping(HERE, {"id": Scalar(HERE, "B1"), "emissions": value}, {"id": HERE, "emissions": HERE})
    entries = {
        "format": Scalar(HERE, facility_file.FORMAT),
        "id": Scalar(HERE, "P"),
        "boilers": Listing(HERE, (boiler,)),
    }
    return Mapping(HERE, entries, dict.fromkeys(entries, HERE))


def stated(text):
    return tree(Mapping(HERE, {"NOx": Scalar(HERE, text, quoted=True)}, {"NOx": HERE}))


def in_file(text, words):
    return nox(facility_file.read(stated(text), words))


def in_what_if(text, words):
    change = whatif.Change("boilers/B1.emissions.NOx", Scalar(HERE, text, quoted=True), text)
    return nox(facility_file.read(whatif.apply(stated("1 mg/m3"), [change], words), words))


def in_form(text, words):
    book = openpyxl.Workbook()
    itself, boilers = book.active, book.create_sheet("boilers")
    itself.title = "facility"
    for row in (("", "key", "value"), ("", "format", facility_file.FORMAT), ("", "id", "P")):
        itself.append(row)
    boilers.append(["", "id", "emissions.NOx"])
    boilers.append(["", "B1", None])
    cell = boilers["C2"]
    cell.value, cell.data_type = text, "s"
    stream = io.BytesIO()
    book.save(stream)
    return nox(facility_file.read(forms.read_bytes(stream.getvalue(), "plant.xlsx", words), words))


@cache
def of_boilers():
    words, problems = shipped()[0], []
    headings = dict.fromkeys(("facility_id", "id", "emissions.NOx"), pl.String())
    found = layout(Place("boilers.csv"), words.kinds["boiler"], headings, words, {}, problems)
    assert not problems
    return found


def in_row(text, words):
    line = Line("boiler", 2, {"facility_id": "P", "id": "B1", "emissions.NOx": text})
    return nox(row_by_row.facility_of_rows("P", [line], {"boiler": of_boilers()}, {"boiler": "boilers.csv"}, words))


def in_columns(text, words):
    """None where the row is left to be read one by one."""
    rows = pl.LazyFrame({"facility_id": ["P"], "id": ["B1"], "emissions.NOx": [text]})
    found = lay.common(rows, of_boilers(), words, frozenset()).collect()
    value = found["emissions.NOx"][0]
    if not found[lay.PLAIN][0] or value is None:
        return None
    number = Fraction(str(value))
    return Interval(Fraction(0) if found["emissions.NOx#below"][0] else number, number)


def in_series(text, words):
    cells = {"timestamp": "2025-01-01 00:00", "NOx": text}
    row = Mapping(HERE, {k: Scalar(HERE, v, quoted=True) for k, v in cells.items()}, dict.fromkeys(cells, HERE))
    attribute = words.kinds["outlet"].attributes["series"]
    return series_file.read(Listing(HERE, (row,)), attribute, words).values["NOx"][0]


def in_rule(text, words):
    scope = Scope(words, words.kinds["boiler"], {}, {}, {})
    return Interval.point(compile_condition(f"emissions.NOx <= {text}", scope).right.value)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@example("45..5 mg/m3")
@example("0.05L mg/m3")
@example("ND")
@example("/")
@example(" — ")
@example("2① mg/m3")
@given(TEXTS.filter(lambda text: text.strip() and text.strip() not in source.NULLS))
def test_every_way_in_gives_the_same_reading_or_refuses(text):
    words = shipped()[0]
    wanted = refused(lambda: in_file(text, words))
    for read in (in_what_if, in_form, in_row):
        assert refused(lambda read=read: read(text, words)) == wanted, read.__name__
    assert in_columns(text, words) in (None, wanted)
    series = refused(lambda: in_series(text, words))
    unknown = isinstance(wanted, Interval) and wanted.high is None
    unknown = unknown or text.strip() in NOTHING  # a series has an empty cell for it
    below_zero = isinstance(series, Interval) and series.low < 0  # an hour that is not valid; no value of a file
    assert series == ("refused" if unknown else wanted) or (below_zero and wanted == "refused")
    try:
        asked = refused(lambda: in_rule(text, words))
    except AttributeError:  # the text went on as a condition of its own: `1 mg/m3 @ 3 % O2`, `1 and 2`
        asked = "refused"
    below_zero = isinstance(asked, Interval) and asked.low < 0
    assert asked in ("refused", wanted) or (below_zero and wanted == "refused")


@pytest.mark.parametrize("text", SLIPS)
def test_nothing_is_computed_out_of_a_text(words, text):
    with pytest.raises(InputError, match=r"write one number|no unit of it|heading has the unit"):
        in_file(text, words)


@pytest.mark.parametrize(("text", "value"), READ.items())
def test_one_number_and_one_unit(words, text, value):
    assert in_file(text, words) == Interval.point(value)


@pytest.mark.parametrize(("text", "limit"), BOUNDS.items())
def test_marks_of_a_detection_limit(words, text, limit):
    assert in_file(text, words) == Interval(Fraction(0), Fraction(limit))


@pytest.mark.parametrize("text", NOTHING_FOUND)
def test_not_detected_without_a_limit_is_known_to_be_no_less_than_zero(words, text):
    assert in_file(text, words) == Interval(Fraction(0), None)


def test_marks_of_laboratories_are_none_of_a_capacity(words):
    assert parse_quantity("ND", "t/h", words.units) is None
    with pytest.raises(UnitError):
        parse_quantity("20L t/h", "t/h", words.units)


@pytest.mark.parametrize(
    ("text", "unit", "meant"),
    [
        ("10 ton/h", "t/h", "short ton"), ("12 tons/year", "t/yr", "short ton"), ("12 mt/yr", "t/yr", "0.001 t"),
        ("28 Mg/m3", "mg/m3", "mg"), ("14 mW", "t/h", "MW"), ("14 mW", "MW", "0.001 W"), ("28 gr/m3", "mg/m3", "grain"),
        ("280 mgr/m3", "mg/m3", "grain"), ("12 kton/yr", "t/yr", "short tons"),
    ],
)  # fmt: skip
def test_an_ambiguous_unit_is_refused_with_its_readings(words, text, unit, meant):
    with pytest.raises(UnitError) as error:
        parse_quantity(text, unit, words.units)
    assert len(error.value.readings) > 1
    assert any(meant in reading for reading in error.value.readings)


def test_units_are_known_in_capitals(words):
    assert parse_quantity("20 T/H", "t/h", words.units).value == Interval.point(20)
    assert parse_quantity("30 KVA", "kVA", words.units).value == Interval.point(30)


@pytest.mark.parametrize(
    "text",
    ["1 a" + " " * 400_000 + "b", "1" * 400_000, "1 " + "\u0301\u0316" * 200_000, "ND(" + " " * 400_000, "1 " + "/" * 400_000,
     "<" * 400_000, "1 " + "万" * 400_000, " " * 400_000 + "1"],
)  # fmt: skip
def test_a_long_text_is_read_to_its_end(words, text):
    """What takes time by the square of the text would be killed here after minutes; this bound measures nothing."""
    start = time.perf_counter()
    for unit in ("mg/m3", "t/yr", ""):
        for measured in (False, True):
            with suppress(UnitError):
                parse_quantity(text, unit, words.units, measured=measured)
    assert time.perf_counter() - start < 60


@pytest.mark.parametrize(
    ("form", "value", "told"),
    [
        ("0.0%", 0.052, (1, False)), ('0.00"%"', 0.96, (0, True)), ("0.00\\%", 0.96, (0, True)), ("General", 5.2, (0, False)),
        ("0%;-0", 1, (1, False)), ("0%;-0", -1, (0, False)), ("0;0;0%", 0, (1, False)), ("[<1]0%;0", 0.5, (1, False)),
        ("[<1]0%;0", 2, (0, False)), ("[Red]0%", 1, (1, False)), ("[$%-409]0", 1, (0, False)), ("0_%", 1, (0, False)),
        ("0*%", 1, (0, False)),
    ],
)  # fmt: skip
def test_a_per_cent_sign_multiplies_where_the_number_format_says_so(form, value, told):
    assert percent_signs(form, value) == told
