"""What got worse, better, appeared, vanished."""

import json

import pytest

from envcheck.judging.diff import compare
from support import SELECT, gas


def result(*findings, facility="p", day="2026-01-01"):
    rows = [
        {"rule": rule, "subject": subject, "status": status, "margin": margin, "missing": []}
        for rule, subject, status, margin in findings
    ]
    one = {"id": facility, "name": "厂", "outcome": "compliant", "findings": rows}
    return {"as_of": day, "packs": [], "facilities": [one]}


def sorts(old, new):
    return [(d.rule, d.change, d.is_worse) for d in compare(old, new).differences]


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("pass", "fail", "worse"),
        ("pass", "unknown", "worse"),
        ("not_applicable", "pending", "worse"),
        ("pending", "fail", "worse"),
        ("waived", "fail", "worse"),
        ("unknown", "fail", "worse"),
        ("fail", "unknown", "better"),
        ("fail", "waived", "better"),
        ("unknown", "pass", "better"),
        ("pass", "not_applicable", "changed"),
        ("pending", "waived", "changed"),
        ("fail", "fail", None),
        ("unknown", "unknown", None),
    ],
)
def test_the_order_of_statuses(old, new, change):
    found = sorts(result(("r", "s", old, None)), result(("r", "s", new, None)))
    assert found == ([("r", change, change == "worse")] if change else [])


@pytest.mark.parametrize(
    ("status", "old", "new", "change"),
    [
        ("fail", "-0.1", "-0.10001", "worse"),
        ("fail", "-0.2", "-0.1", "better"),
        ("fail", "-0.10", "-0.1", None),
        ("pending", "-0.1", "-0.2", "worse"),
        ("pass", "0.5", "0.1", None),
    ],
)
def test_a_failure_that_grows_is_worse(status, old, new, change):
    found = sorts(result(("r", "s", status, old)), result(("r", "s", status, new)))
    assert [f[1] for f in found] == ([change] if change else [])


def test_what_appears_is_worse_where_it_fails_and_what_vanishes_is_not_better():
    old = result(("gone", "s", "fail", None), ("kept", "s", "pass", None))
    new = result(
        ("kept", "s", "pass", None),
        ("bad", "s", "fail", None),
        ("good", "s", "pass", None),
        ("open", "s", "unknown", None),
    )
    assert sorts(old, new) == [
        ("gone", "vanished", False),
        ("bad", "appeared", True),
        ("good", "appeared", False),
        ("open", "appeared", True),
    ]


def test_two_single_facilities_are_compared_whatever_their_ids_but_many_by_id():
    assert sorts(result(("r", "s", "pass", None)), result(("r", "s", "fail", None), facility="q"))[0][1] == "worse"
    old, new = result(("r", "s", "pass", None)), result(("r", "s", "fail", None))
    new["facilities"].append(result(("r", "s", "pass", None), facility="q")["facilities"][0])
    assert [(d.facility, d.change) for d in compare(old, new).differences] == [("p", "worse"), ("q", "appeared")]


FILES = {"old.yaml": gas("28 mg/m3"), "new.yaml": gas("46 mg/m3")}
BOTH = ["--as-of", "2026-01-01", "--pack", "kundulun-2023"]


def test_two_facility_files(run):
    done = run("diff", "old.yaml", "new.yaml", *BOTH, "--lang", "en", files=FILES)
    assert (done.returncode, done.stderr) == (1, "")
    assert "pass (28 mg/m3, limit ≤ 30 mg/m3) → fail (46 mg/m3, limit ≤ 30 mg/m3)" in " ".join(done.stdout.split())
    assert run("diff", "new.yaml", "old.yaml", *BOTH).returncode == 0
    assert run("diff", "old.yaml", "old.yaml", *BOTH).returncode == 0
    assert "变差" in run("diff", "old.yaml", "new.yaml", *BOTH, "--lang", "zh").stdout


def test_one_file_at_two_dates(run):
    days = ["--as-of", "2025-12-31", "--as-of", "2026-01-01", "--pack", "kundulun-2023", "--format", "json"]
    done = run("diff", "new.yaml", *days, files=FILES)
    data = json.loads(done.stdout)
    assert (done.returncode, data["got_worse"]) == (1, True)
    named = {(d["rule"], d["old"]["status"], d["new"]["status"]) for d in data["worse"]}
    assert ("kundulun-2023/gas-boiler-1t-nox", "pending", "fail") in named
    assert (data["old"]["as_of"], data["new"]["as_of"]) == ("2025-12-31", "2026-01-01")
    assert data["counts"] == {change: len(data[change]) for change in data["counts"]}


def test_kept_results_and_files_are_the_same_thing(run):
    for name in ("old", "new"):
        run("check", f"{name}.yaml", *SELECT, "--format", "json", "-o", f"{name}.json", files=FILES)
    done = run("diff", "old.json", "new.json", "--format", "json")
    data = json.loads(done.stdout)
    assert (done.returncode, data["counts"]["worse"]) == (1, 1)
    assert run("diff", "new.json", "new.json").returncode == 0
    mixed = run("diff", "old.json", "new.yaml", "--as-of", "2026-01-01", "--pack", "kundulun-2023", "--format", "json")
    assert [d["rule"] for d in json.loads(mixed.stdout)["worse"]] == ["kundulun-2023/gas-boiler-1t-nox"]
    assert run("diff", "old.json", "new.json").stdout == run("diff", "old.json", "new.json").stdout


def test_packs_that_differ_are_named(run):
    run("check", "old.yaml", *SELECT, "--format", "json", "-o", "old.json", files=FILES)
    (kept,) = [run("diff", "old.json", "old.yaml", *BOTH, "--lang", "en")]
    assert "packs that differ" not in kept.stdout
    other = run("diff", "old.json", "old.yaml", "--as-of", "2026-01-01", "--pack", "baotou-2026", "--lang", "en")
    assert "packs that differ between the two: baotou-2026, kundulun-2023" in other.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new.yaml"], "two files are due"),
        (["new.yaml", "--as-of", "2026-01-01"], "two files are due"),
        (["new.yaml", "old.yaml", "new.yaml"], "two files are due"),
        (["new.yaml", "absent.yaml"], "absent.yaml"),
        (["kept.json", "new.yaml", "--as-of", "2025-01-01"], "this result is as of 1 January 2026"),
        (["broken.json", "new.yaml"], "broken.json: not a result"),
        (["later.json", "new.yaml"], "later.json: not a result"),
        (["cut.json", "new.yaml"], "cut.json"),
    ],
)
def test_wrong_calls(run, arguments, said):
    kept = {**result(("r", "s", "pass", None)), "format": "envcheck/findings/1"}
    files = {
        **FILES,
        "kept.json": json.dumps(kept),
        "broken.json": json.dumps({**kept, "facilities": [{"id": "p"}]}),
        "later.json": json.dumps({**kept, "format": "envcheck/findings/2"}),
        "cut.json": json.dumps(kept)[:-9],
    }
    done = run("diff", *arguments, "--lang", "en", files=files)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_kept_result_steers_no_terminal(run):
    old = {**result(("r\x1b[31m", "s", "pass", None)), "format": "envcheck/findings/1"}
    new = {**result(("r\x1b[31m", "s\u202e", "fail", None)), "format": "envcheck/findings/1"}
    new["facilities"][0]["name"] = "<script>\x1b[2J"
    done = run("diff", "old.json", "new.json", files={"old.json": json.dumps(old), "new.json": json.dumps(new)})
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
