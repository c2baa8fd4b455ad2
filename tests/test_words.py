"""How numbers are told to people."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.model import Comparison
from envcheck.quantity import Interval
from envcheck.report import words


def comparison(value, op, limit, truth):
    measured, bound = Fraction(value), Fraction(limit)
    margin = (bound - measured) / bound if op.startswith("<") else (measured - bound) / bound
    return Comparison("x", truth, Interval.point(measured), op, Interval.point(bound), "km", Interval.point(margin))


@pytest.mark.parametrize(
    ("value", "op", "limit", "truth", "told"),
    [
        ("1.2", ">", "1", True, "20 % to spare"),
        ("1", ">", "1", False, "exactly the limit, which is itself not allowed"),
        ("0.9", ">", "1", False, "10 % short"),
        ("45", "<=", "30", False, "50 % over"),
        ("30", "<=", "30", True, "0 % to spare"),
    ],
)
def test_distance(value, op, limit, truth, told):
    assert words.distance(comparison(value, op, limit, truth)).en == told


def test_a_value_just_above_its_limit_is_never_shown_as_the_limit():
    assert words.measured(comparison("30.0000001", "<=", "30", False)) != "30 km"


@pytest.mark.parametrize(
    ("value", "limit", "told"),
    [
        ("30.194099", "30", "30.1941 km"),
        (Fraction(5000, 1581), "30", "3.16256 km"),
        ("30.00004", "30", "30.00004 km"),
        ("29.9999999996", "30", "29.9999999996 km"),
        ("30", "30", "30 km"),
        ("12345678.41", "30", "12345678 km"),
        ("0.000123456789", "30", "0.000123457 km"),
        ("0", "30", "0 km"),
    ],
)
def test_a_computed_number_has_six_significant_digits_and_its_side_of_the_limit(value, limit, told):
    assert words.measured(comparison(value, "<=", limit, None)) == told


def test_a_number_compared_as_written_is_shown_whole():
    written = comparison("1234567.891", "<=", "30", False)._replace(as_written="1234567.891 km")
    assert words.measured(written) == "1234567.891 km"
    assert words.measured(written._replace(as_written="1234567891 m")) == "1234568 km"


@given(
    st.decimals(min_value=0, max_value=1000, places=12),
    st.decimals(min_value=0, max_value=1000, places=3),
    st.booleans(),
)
def test_rounding_never_takes_a_value_to_its_limit_or_across(value, bound, near):
    exact = Fraction(bound) + Fraction(value) / 10**9 if near else Fraction(value)
    shown = Fraction(words.amount(Interval.point(exact), "", Fraction(bound)))
    assert (shown > bound, shown < bound) == (exact > bound, exact < bound)


def test_control_characters_are_shown_not_sent():
    assert words.clean("a\x1b[31m\u202eb") == "a\\u001b[31m\\u202eb"
