"""Exact numbers, units in every spelling, and bounds."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.units import gas
from envcheck.units.quantity import Interval, UnitError, compare, parse_quantity, rounded_like, show


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("0.07 g/m3", "mg/m3", "70"),
        ("46 毫克/立方米", "mg/m3", "46"),
        ("46 mg/m³", "mg/m3", "46"),
        ("46mg/Nm3", "mg/m3", "46"),
        ("４６ ㎎/㎥", "mg/m3", "46"),
        ("46000 μg/m3", "mg/m3", "46"),
        ("20 蒸吨/小时", "t/h", "20"),
        ("20 t/h", "t/h", "20"),
        ("14 MW", "t/h", "20"),
        ("14000 kW", "t/h", "20"),
        ("1200 万大卡/小时", "t/h", "20"),
        ("12000000 kcal/h", "t/h", "20"),
        ("20 吨", "t/h", "20"),
        ("100 万吨/年", "t/yr", "1000000"),
        ("12 吨/年", "t/yr", "12"),
        ("12 t/a", "t/yr", "12"),
        ("1000 米", "km", "1"),
        ("1.2 公里", "km", "1.2"),
        ("100 ％", "%", "100"),
        ("3 万千伏安", "kVA", "30000"),
        ("30 MVA", "kVA", "30000"),
        ("1500 ug/L", "mg/L", "1.5"),
        ("3 亩", "m2", "2000"),
        ("1e3 mg/m3", "mg/m3", "1000"),
    ],
)
def test_spellings(words, text, unit, value):
    assert parse_quantity(text, unit, words.units).value == Interval.point(Fraction(value))


def test_a_spelling_that_is_not_listed_goes_through_the_unit_library(words):
    assert parse_quantity("0.001 kg/m3", "mg/m3", words.units).value == Interval.point(1000)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("20", "t/h"), ("20 mg/m3", "t/h"), ("20 foo", "km"), ("20 t/d", "t/yr"), ("5 °C", "%")],
)
def test_units_that_do_not_fit_are_refused_with_those_that_do(words, text, unit):
    with pytest.raises(UnitError) as error:
        parse_quantity(text, unit, words.units)
    assert unit in error.value.fits


@pytest.mark.parametrize(
    "text", ["", "x", "NaN mg/m3", "inf mg/m3", "1e999 mg/m3", "--3 km", "1,000 mg/m3", "1 200 mg/m3", "3 4 km"]
)
def test_what_is_no_number_is_no_quantity(words, text):
    try:
        assert parse_quantity(text, "mg/m3", words.units) is None
    except UnitError:
        assert text[0].isdigit()


def test_no_binary_noise():
    total = Interval.point(Fraction("0.1")).plus(Interval.point(Fraction("0.2")))
    assert compare(total, "==", Interval.point(Fraction("0.3"))) is True


def test_below_detection_is_an_interval(words):
    found = parse_quantity("< 0.5 mg/L", "mg/L", words.units).value
    assert compare(found, "<=", Interval.point(Fraction("0.5"))) is True
    assert compare(found, "<=", Interval.point(Fraction("0.4"))) is None


numbers = st.fractions(min_value=-1000, max_value=1000, max_denominator=50)
intervals = st.tuples(numbers, numbers).map(lambda pair: Interval(min(pair), max(pair)))


@given(intervals, intervals, st.sampled_from(["<", "<=", "==", "!=", ">=", ">"]))
def test_comparing_intervals_agrees_with_comparing_their_ends(left, right, op):
    check = {
        "<": Fraction.__lt__, "<=": Fraction.__le__, "==": Fraction.__eq__,
        "!=": Fraction.__ne__, ">=": Fraction.__ge__, ">": Fraction.__gt__,
    }[op]  # fmt: skip
    ends = {bool(check(a, b)) for a in left for b in right}
    answer = compare(left, op, right)
    if answer is not None:
        assert ends == {answer}
    if len(ends) == 2:
        assert answer is None


@given(numbers)
def test_a_terminating_number_is_shown_exactly(number):
    text = show(number)
    shown = Fraction(text)
    denominator = number.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    assert shown == number if denominator == 1 else abs(shown - number) <= abs(number) / 10**11


@pytest.mark.parametrize(
    ("value", "pattern", "rounded"),
    [("30.04", "30", "30"), ("30.5", "30", "30"), ("31.5", "30", "32"), ("1.45", "1.5", "1.4")],
)
def test_rounding_is_half_to_even(value, pattern, rounded):
    assert rounded_like(Fraction(value), Fraction(pattern)) == Fraction(rounded)


def test_reference_oxygen_by_hand():
    # conversions.md (a): 40 mg/m3 at 12 % O2, reference 9 %: 40 × 12/9 = 53.3; 45 at 11 %, reference 10 %: 49.5
    assert gas.at_reference(Interval.point(40), Fraction(12), Fraction(9)) == Interval.point(Fraction(160, 3))
    assert gas.at_reference(Interval.point(45), Fraction(11), Fraction(10)) == Interval.point(Fraction("49.5"))


@pytest.mark.parametrize("oxygen", ["21", "21.0001", "25"])
def test_reference_oxygen_is_refused_from_21_percent_up(oxygen):
    with pytest.raises(ValueError, match="not below 21"):
        gas.at_reference(Interval.point(40), Fraction(oxygen), Fraction(9))


def test_ppm_counts_nox_as_no2():
    # 22 ppm × 46.01 g/mol ÷ 22.4 L/mol = 45.188… mg/m3
    assert gas.from_ppm(Fraction(22), Fraction("46.01")) == Fraction("1012.22") / Fraction("22.4")


def test_wet_to_dry():
    assert gas.dry(Interval.point(46), Fraction(8)) == Interval.point(50)
