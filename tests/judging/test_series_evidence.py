"""Evidence in time: no row behind the day asked about counts, and an instrument that stands still is told of."""

import datetime as dt
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.check import check
from support import rule, shipped, small_pack
from support.strategies import relaxed

FACTS = "format: envcheck/facility/1\nid: p\nregion: '150203'\noutlets: [{{id: S, process: stack, series: '{file}'}}]\n"
RULE = rule("every_hour(emissions.NOx <= 50 mg/m3)", "", "outlet")
BEGIN = dt.datetime(2026, 1, 1)


def written(path, values):
    lines = [f"{BEGIN + dt.timedelta(hours=n):%Y-%m-%d %H:00},{value}" for n, value in enumerate(values)]
    path.write_text("timestamp,NOx (mg/m3)\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (path.parent / "p.yaml").write_text(FACTS.format(file=path.name), encoding="utf-8")
    return path.parent / "p.yaml"


def found(path, as_of):
    plant = facility_file.read(source.read_file(str(path)), shipped()[0])
    (finding,) = check([plant], [small_pack(RULE)], as_of, "direct").reports[0].findings
    return finding


@relaxed(40)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(11, 14))
def test_what_lies_behind_the_day_changes_nothing(tmp_path_factory, high, day, days):
    """A file that goes on answers as one that was cut on that day."""
    whole = [60 if n // 24 == high else 40 + n % 3 for n in range(24 * days)]
    as_of = BEGIN.date() + dt.timedelta(days=day)
    answers = []
    for values in (whole, whole[: 24 * (day + 1)]):
        finding = found(written(tmp_path_factory.mktemp("series") / "s.csv", values), as_of)
        answers.append((finding.status, finding.flags, finding.comparison.measured, finding.gaps))
    assert answers[0] == answers[1]
    assert answers[0][0] == ("fail" if high <= day and high < days else "pass")


def test_a_series_of_the_future_is_no_evidence(tmp_path):
    path = written(tmp_path / "s.csv", [40 + n % 3 for n in range(240)])
    assert found(path, date(2025, 12, 31)).status == "unknown"
    assert found(path, date(2026, 1, 10)).status == "pass"


@pytest.mark.parametrize(
    ("value", "flag"), [(lambda n: 49.9, "series_unmoving"), (lambda n: 0, "series_all_zero"), (lambda n: n % 40, None)]
)
def test_an_instrument_that_stands_still_is_told_of(tmp_path, value, flag):
    finding = found(written(tmp_path / "s.csv", [value(n) for n in range(240)]), date(2026, 2, 1))
    assert finding.status == "pass"
    assert [f for f in finding.flags if f.startswith("series_")] == ([flag] if flag else [])
