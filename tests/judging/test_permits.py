"""Permits that have run out are told of, and decide nothing."""

import json
from datetime import date

import pytest

from envcheck.judging.check import check
from envcheck.judging.permits import expired
from envcheck.judging.timeline import timeline
from envcheck.report import calendar
from support import HEAD, read_facility, rule, small_pack

PACK = small_pack(
    rule("discharge_permit", subject="facility", name="permit")
    + rule("zone == urban_built_up", subject="facility", name="other")
)


def plant(words, *permits):
    listed = "".join(f"  - {{kind: 排污许可证, number: {number}, until: {until}}}\n" for number, until in permits)
    return read_facility(f"{HEAD}zone: urban_built_up\ndischarge_permit: true\npermits:\n{listed}", words)


@pytest.mark.parametrize(
    ("day", "permits", "out"),
    [
        ("2025-03-01", [("A", "2025-03-01")], []),
        ("2025-03-02", [("A", "2025-03-01")], ["A"]),
        ("2025-03-02", [("A", "2025-03-01"), ("B", "2025-12-31")], []),
        ("2025-03-02", [("A", "2025-03-01"), ("A", "2025-12-31")], []),
    ],
)
def test_a_permit_has_run_out_after_its_last_day_unless_another_took_its_place(words, day, permits, out):
    assert [p.number for p in expired(plant(words, *permits), date.fromisoformat(day))] == out


def test_a_rule_that_asks_for_a_permit_tells_of_it_and_its_status_stays(words):
    facility = plant(words, ("A", "2025-03-01"))
    for day, flagged in ((date(2025, 3, 1), set()), (date(2025, 3, 2), {"permit"})):
        report = check([facility], [PACK], day, "direct").reports[0]
        assert {f.rule.id for f in report.findings if "permit_expired" in f.flags} == flagged
        assert {f.status for f in report.findings} == {"pass"}


def test_the_timeline_and_the_calendar_tell_its_last_day(words):
    found = timeline(plant(words, ("A", "2025-03-01")), [PACK], date(2025, 1, 1))
    assert [(d.date.isoformat(), [p.number for p in d.permits]) for d in found.days if d.permits] == [
        ("2025-03-02", ["A"])
    ]
    told = calendar.render([found], words, "zh").decode()
    assert "DTSTART;VALUE=DATE:20250301" in told
    assert "许可证的最后一天：排污许可证 A" in told.replace("\r\n ", "")


def test_pages_and_json_tell_of_it(run):
    text = HEAD + "type: enterprise\npermits:\n  - {kind: 排污许可证, number: A, until: 2025-03-01}\n"
    arguments = ["timeline", "p.yaml", "--from", "2025-01-01", "--to", "2025-06-01"]
    page = run(*arguments, "--lang", "en", files={"p.yaml": text}).stdout
    assert "a permit has run out: 排污许可证 A" in page
    days = json.loads(run(*arguments, "--format", "json").stdout)["days"]
    ended = [day["permits_ended"] for day in days if day["permits_ended"]]
    assert ended == [[{"kind": "排污许可证", "number": "A", "until": "2025-03-01"}]]
