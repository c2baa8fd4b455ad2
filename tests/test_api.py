"""The public API: what a notebook, a page or a service uses in place of the command line."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import envcheck
from envcheck.api import FORMATS
from support import gas

ROOT = Path(__file__).parents[1]
DAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def rules():
    return envcheck.load_rules()


@pytest.fixture(scope="module")
def result(rules):
    plant = envcheck.read_facility(ROOT / "facilities/gas-boiler-house.yaml", rules)
    return envcheck.check([plant], rules, as_of=DAY, packs=["kundulun-2023"])


def test_a_file_is_checked_and_rendered_in_ten_lines(rules, result, run, monkeypatch):
    monkeypatch.chdir(ROOT)
    told = json.loads(envcheck.render(result, rules, "json"))
    call = ("check", str(ROOT / "facilities/gas-boiler-house.yaml"), "--pack", "kundulun-2023", "--as-of", str(DAY))
    assert told == json.loads(run(*call, "--format", "json").stdout)
    assert told["facilities"][0]["outcome"] == result.reports[0].outcome == "non_compliant"
    assert "<html" in envcheck.render(result, rules, "html", "zh")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_rendered(rules, result, form):
    rendered = envcheck.render(result, rules, form, "en")
    assert isinstance(rendered, bytes) == (form in ("csv", "xlsx", "docx"))
    assert len(rendered) > 1000


def test_a_format_that_is_not_known_is_refused(rules, result):
    with pytest.raises(envcheck.InputError, match="unknown: htm"):
        envcheck.render(result, rules, "htm")


def test_changes_and_names_are_those_of_the_command_line(rules, tmp_path):
    (tmp_path / "p.yaml").write_text(gas("46 mg/m3"))
    before, after = (
        envcheck.check(
            [envcheck.read_facility(tmp_path / "p.yaml", rules, changes)],
            rules,
            as_of=DAY,
            packs=["kundulun-2023"],
            select=["gas-boiler-10t-nox"],
        )
        for changes in ([], ["boilers/B1.emissions.NOx=28 mg/m3"])
    )
    assert [finding.status for finding in before.reports[0].findings] == ["fail"]
    assert [finding.status for finding in after.reports[0].findings] == ["pass"]
    assert after.narrowed == ("--pack kundulun-2023", "--select gas-boiler-10t-nox")


def test_what_is_wrong_is_told_with_its_place(rules, tmp_path):
    (tmp_path / "p.yaml").write_text(gas("46 apples"))
    with pytest.raises(envcheck.InputError) as error:
        envcheck.read_facility(tmp_path / "p.yaml", rules)
    (problem,) = error.value.problems
    assert (problem.place.file, problem.place.line > 1) == (str(tmp_path / "p.yaml"), True)
    with pytest.raises(envcheck.InputError):
        envcheck.check([], rules, packs=["kundulun-2032"])


def test_a_register_is_screened(rules, tmp_path):
    (tmp_path / "boilers.csv").write_text(
        "facility_id,id,region,fuel,capacity,emissions.NOx [mg/m3],emissions.NOx.O2\n"
        "H1,B1,150203,natural_gas,20 t/h,30,3.5 %\nH2,B1,150203,natural_gas,20 t/h,46,3.5 %\nH3,B1,150203,x,y,,\n"
    )
    summary = envcheck.screen(
        tmp_path / "boilers.csv",
        rules,
        as_of=DAY,
        packs=["kundulun-2023"],
        select=["gas-boiler-10t-nox"],
        output=str(tmp_path / "found.csv"),
    )
    assert (summary.judged, summary.rejected) == (2, 1)
    assert (summary.totals["pass"], summary.totals["fail"]) == (1, 1)
    assert (tmp_path / "found.csv").read_text(encoding="utf-8-sig").count("gas-boiler-10t-nox") == 2
    assert (tmp_path / "found.rejects.csv").exists()


def test_the_days_on_which_something_changes(rules):
    plant = envcheck.read_facility(ROOT / "facilities/gas-boiler-house.yaml", rules)
    found = envcheck.timeline(plant, rules, date(2025, 1, 1), date(2026, 12, 31), packs=["kundulun-2023"])
    assert found.days
    assert all(date(2025, 1, 1) <= day.date <= date(2026, 12, 31) for day in found.days)


def test_importing_it_loads_nothing_that_a_command_may_not_need():
    script = "import sys, envcheck; print(envcheck.__version__, [m for m in sys.modules if m.startswith('envcheck.')])"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told.split(" ", 1)[1].strip() == "['envcheck.version']"
    assert not hasattr(envcheck, "nothing_of_that_name")
