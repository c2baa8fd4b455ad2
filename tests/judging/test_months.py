"""Events and readings known by their month or year only: true or false where every day of it says so, else unknown."""

from datetime import date

import pytest

from envcheck.facility.facts import day_of, period_of
from envcheck.judging.check import check
from envcheck.model.facility import Period
from support import read_facility, rule, shipped, small_pack


def status(stated, asked, as_of=date(2026, 1, 1)):
    words = shipped()[0]
    text = f'format: envcheck/facility/1\nid: p\nregion: "150203"\nboilers: [{{id: B1, low_nox_retrofit: {stated}}}]'
    report = check([read_facility(text, words)], [small_pack(rule(asked))], as_of, "direct").reports[0]
    return next(f.status for f in report.findings if f.subject.path == "boilers/B1")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024年9月", date(2024, 9, 1), date(2024, 9, 30)),
        ("2024-2", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024.12", date(2024, 12, 1), date(2024, 12, 31)),
        ("2024.1", date(2024, 1, 1), date(2024, 10, 31)),  # October typed as a number loses its zero
        ("2024年1月", date(2024, 1, 1), date(2024, 1, 31)),
        ("２０２４年", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_month_is_the_days_that_it_has(text, first, last):
    assert period_of(text) == Period(first, last)


@pytest.mark.parametrize(
    "text", ["2024.13", "2024.0", "2024.100", "0024", "9999", "20241", "2024/9/1", "12.5", "2024 年内"]
)
def test_what_is_no_month_is_none(text):
    assert period_of(text) is None


@pytest.mark.parametrize(
    ("stated", "asked", "due"),
    [
        ("2024年9月", "low_nox_retrofit", "pass"),
        ("2026年3月", "low_nox_retrofit", "fail"),
        ("2026", "low_nox_retrofit", "unknown"),
        ("2024年9月", "low_nox_retrofit <= 2024-09-30", "pass"),
        ("2024年9月", "low_nox_retrofit <= 2024-09-29", "unknown"),
        ("2024年9月", "low_nox_retrofit <= 2024-08-31", "fail"),
        ('"2024.1"', "low_nox_retrofit <= 2024-06-30", "unknown"),
        ("2024", "low_nox_retrofit >= 2024-01-01", "pass"),
        ("2024", "dated(low_nox_retrofit)", "pass"),
    ],
)
def test_a_month_decides_only_what_all_its_days_decide(stated, asked, due):
    assert status(stated, asked, date(2026, 2, 15)) == due


def test_a_date_may_have_midnight_behind_it():
    assert day_of("2019-05-01 00:00:00") == day_of("2019-05-01T00:00") == date(2019, 5, 1)
    assert day_of("2019-05-01 13:00:00") is None
