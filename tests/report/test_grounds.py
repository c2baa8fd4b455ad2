"""On what an outcome rests, told beside it; and `--strict`, which lets nothing pass on it."""

import json
from datetime import date

import pytest

from envcheck.judging.check import check
from envcheck.judging.judge import grounds
from support import gas, read_facility, rule, shipped, small_pack

LIST = "definitions:\n  key: {subject: facility, title: {zh: 重点, en: key}, stated: voc_key_enterprise, presume_not: known(industry)}\n"
RULES = (
    rule("emissions.NOx <= 30 mg/m3 @ 3.5 % O2", "", "boiler", name="nox")
    + rule("emissions within boiler-special at gas_boiler", "", "boiler", name="table")
    + rule("never", "key", "facility", name="key")
    + rule("never", "key", "facility", name="soft").replace("modality: must", "modality: encourage")
)


def result(nox, as_of, *, strict=False):
    text = f"format: envcheck/facility/1\nid: p\nregion: '150203'\nindustry: steel\nboilers: [{{id: B, emissions: {{NOx: {nox}, PM: 5 mg/m3}}}}]\n"
    return check(
        [read_facility(text, shipped()[0])],
        [small_pack(RULES, LIST)],
        date.fromisoformat(as_of),
        "direct",
        strict=strict,
    )


@pytest.mark.parametrize(
    ("nox", "as_of", "assumed", "failing", "ended"),
    [
        ("28 mg/m3", "2024-06-01", 1, 0, 0),
        ("{value: 28 mg/m3, O2: 3.5 %}", "2024-06-01", 0, 0, 0),
        ("400 mg/m3", "2024-06-01", 2, 2, 0),
        ("400 mg/m3", "2026-06-01", 2, 2, 2),
    ],
)
def test_what_decides_and_leans_on_more_than_the_file_shows_is_counted(nox, as_of, assumed, failing, ended):
    found = grounds(result(nox, as_of).reports[0].findings)
    assert (found.assumed, found.presumed, found.failing, found.ended) == (assumed, 1, failing, ended)


def test_strictly_nothing_passes_on_an_assumption():
    plain, strict = (result("28 mg/m3", "2024-06-01", strict=strict).reports[0] for strict in (False, True))
    was, now = (next(f for f in report.findings if f.rule.id == "nox") for report in (plain, strict))
    assert (was.status, now.status, now.missing) == ("pass", "unknown", ("emissions.NOx.O2",))
    assert strict.outcome == "undetermined"
    measured = result("{value: 28 mg/m3, O2: 3.5 %}", "2024-06-01", strict=True).reports[0]
    assert next(f for f in measured.findings if f.rule.id == "nox").status == "pass"
    assert all(
        f.status == "fail"
        for f in result("400 mg/m3", "2024-06-01", strict=True).reports[0].findings
        if f.rule.id == "nox"
    )


def test_the_outcome_says_on_what_it_rests(run):
    select = ("--as-of", "2026-01-01", "--pack", "kundulun-2023", "--select", "gas-boiler-10t-nox")
    told = run("check", "p.yaml", *select, "--lang", "en", files={"p.yaml": gas("28 mg/m3")}).stdout
    assert "Rests on more than the file shows: 1 finding on an assumption about a number" in told
    data = json.loads(run("check", "p.yaml", *select, "--format", "json").stdout)
    assert data["facilities"][0]["rests_on"] == {"assumed": 1, "unverified": 0, "presumed": 0, "failing": 0, "ended": 0}
    strict = run("check", "p.yaml", *select, "--strict", "--lang", "zh")
    assert strict.returncode == 3
    assert "boilers/B1.emissions.NOx.O2" in strict.stdout
