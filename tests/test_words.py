"""How numbers are told to people."""

from fractions import Fraction

import pytest

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


def test_control_characters_are_shown_not_sent():
    assert words.clean("a\x1b[31m\u202eb") == "a\\u001b[31m\\u202eb"
