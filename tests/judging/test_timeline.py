"""What begins to bite on which day."""

import json
from datetime import date

import pytest

from envcheck.judging.timeline import failing, timeline
from support import ROOT, gas, read_facility, rule, small_pack

HEAD = "format: envcheck/facility/1\nid: plant\nregion: '150203'\n"
NOX = "emissions.NOx <= 30 mg/m3 @ 3.5 % O2"
PACK = small_pack(
    rule(NOX, more="due: 2024-06-30", name="dated")
    + rule("emissions.NOx <= 50 mg/m3", more="from: 2024-03-01", name="later")
    + rule("emissions.NOx <= 40 mg/m3", more="until: 2024-09-30", name="over")
    + rule("emissions.NOx <= 35 mg/m3", name="old")
    + rule("emissions.NOx <= 20 mg/m3", more="from: 2024-11-01\n    replaces: [small/old]", name="new")
    + rule("low_nox_retrofit", name="retrofit")
    + rule("emissions.NOx <= 1 mg/m3", "fuel == coal", more="from: 2024-12-01", name="coal")
)


def plant(words, nox="46 mg/m3", more="", waivers=""):
    return read_facility(
        f"{HEAD}{waivers}boilers:\n  - {{id: B1, fuel: natural_gas, emissions: {{NOx: {nox}}}{more}}}\n", words
    )


def told(found):
    return [
        (day.date.isoformat(), turn.event, turn.after.rule.id, turn.before.status, turn.after.status)
        for day in found.days
        for turn in day.turns
    ]


def test_every_event_falls_on_its_day(words):
    waiver = (
        "waivers:\n  - {rule: dated, document: d, approver: a, until: 2024-08-15, reason: r}\n"
        "  - {rule: later, document: d, approver: a, until: 2024-05-05, reason: r}\n"
    )
    found = timeline(plant(words, more=", low_nox_retrofit: 2024-10-10", waivers=waiver), [PACK], date(2024, 1, 1))
    assert told(found) == [
        ("2024-03-01", "start", "later", "not_applicable", "pass"),
        ("2024-07-01", "due", "dated", "pending", "waived"),
        ("2024-08-16", "waiver_end", "dated", "waived", "fail"),
        ("2024-10-01", "end", "over", "fail", "not_applicable"),
        ("2024-10-10", "fact", "retrofit", "fail", "pass"),
        ("2024-11-01", "replaced", "old", "fail", "not_applicable"),
        ("2024-11-01", "start", "new", "not_applicable", "fail"),
    ]
    assert found.days[5].turns[0].successors == ("small/new",)
    assert [(d.date.isoformat(), [p.id for p in d.ended]) for d in found.days if d.ended] == [("2026-01-01", ["small"])]
    # On the first day `over`, `old` and `retrofit` fail; in the end `dated` and `new` do.
    assert (failing(found.now), failing(found.days[-1].after)) == (3, 2)


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2024-03-01", "2024-06-30", []),
        ("2024-03-01", "2024-07-01", ["2024-07-01"]),
        ("2024-02-29", "2024-06-29", ["2024-03-01"]),
        ("2024-07-01", "2024-09-30", []),
        ("2025-01-01", None, ["2026-01-01"]),
    ],
)
def test_the_first_day_is_how_things_stand_and_the_last_is_included(words, since, until, days):
    last = date.fromisoformat(until) if until else None
    found = timeline(plant(words), [PACK], date.fromisoformat(since), last)
    assert [day.date.isoformat() for day in found.days] == days


def test_a_missing_fact_stays_unknown_when_the_day_comes(words):
    found = timeline(plant(words, "null"), [PACK], date(2024, 6, 1), date(2024, 7, 1))
    assert told(found) == [("2024-07-01", "due", "dated", "unknown", "unknown")]
    assert found.days[0].turns[0].after.missing == ("emissions.NOx",)


def test_a_rule_that_does_not_concern_the_subject_never_turns(words):
    assert "coal" not in {entry[2] for entry in told(timeline(plant(words), [PACK], date(2022, 1, 1)))}


def test_each_day_agrees_with_a_check_of_that_day(run):
    file = str(ROOT / "facilities/gas-boiler-house.yaml")
    data = json.loads(run("timeline", file, "--from", "2022-12-31", "--to", "2026-12-31", "--format", "json").stdout)
    assert [data["days"][0]["date"], data["to"]] == ["2023-04-19", "2026-12-31"]
    for day in data["days"]:
        report = json.loads(run("check", file, "--as-of", day["date"], "--format", "json").stdout)["facilities"][0]
        held = {(f["rule"], f["subject"]): f for f in report["findings"]}
        for change in day["changes"]:
            finding = held[change["rule"], change["subject"]]
            assert change["status"] == finding["status"] == change["finding"]["status"]
        fails = [f for f in held.values() if f["status"] == "fail" and f["modality"] in ("must", "in_principle")]
        assert (day["failing"], day["outcome"]) == (len(fails), report["outcome"])


def test_the_page_says_what_falls_due_and_what_is_short_of_it(run):
    files = {"p.yaml": gas("{value: 22 ppm, O2: 5.2 %}")}
    arguments = ["timeline", "p.yaml", "--from", "2025-06-01", "--to", "2026-01-01", "--pack", "kundulun-2023"]
    page = run(*arguments, "--lang", "en", files=files).stdout
    assert "1 January 2026  non-compliant" in page
    assert "the time given is over: pending → fail" in page
    # 22 ppm × 46.01 ÷ 22.4 × 17.5 ÷ 15.8 = 50.0504 mg/m3, 66.8 % over 30
    flat = " ".join(page.split())
    assert "emissions.NOx 50.0504 mg/m3, limit ≤ 30 mg/m3, 66.8 % over, needs ≤ 13.1 ppm at 5.2 % O2" in flat
    page = run(*arguments, "--lang", "zh").stdout
    assert "期限已过：未到期 → 不符合" in page
    assert "2026年1月1日  不符合" in page
    assert run(*arguments).stdout == run(*arguments).stdout


def test_what_if_moves_the_timeline(run):
    arguments = ["timeline", "p.yaml", "--from", "2025-06-01", "--to", "2026-01-01", "--format", "json"]
    files = {"p.yaml": gas("46 mg/m3")}
    before = json.loads(run(*arguments, files=files).stdout)["days"][-1]
    after = json.loads(run(*arguments, "--set", "boilers/B1.emissions.NOx=28 mg/m3").stdout)["days"][-1]
    named = ("kundulun-2023/gas-boiler-1t-nox", "boilers/B1")
    status = [{(c["rule"], c["subject"]): c["status"] for c in day["changes"]}[named] for day in (before, after)]
    assert status == ["fail", "pass"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2026-01-01", "--to", "2025-01-01"], "--to"),
        (["--pack", "nowhere"], "nowhere"),
        (["--from", "soon"], "soon"),
    ],
)
def test_wrong_calls(run, arguments, said):
    done = run("timeline", "p.yaml", *arguments, files={"p.yaml": gas("46 mg/m3")})
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_hostile_names_and_narrow_pages(run):
    text = gas("46 mg/m3").replace("某厂", '"<script>\\e[31m\\u202e' + "长" * 300 + '"')
    from envcheck.report.parts.layout import columns

    for lang in ("zh", "en"):
        done = run("timeline", "p.yaml", "--from", "2023-01-01", "--lang", lang, "-v", files={"p.yaml": text})
        assert done.returncode == 0
        assert "\x1b" not in done.stdout
        assert max(columns(line) for line in done.stdout.splitlines()) <= 80
