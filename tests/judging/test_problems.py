"""Problems: one figure or one duty of one subject, once, with every clause that it breaks."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.check import check
from envcheck.judging.problems import problems
from envcheck.report.formats import json as contract
from support import read_facility, rule, shipped, small_pack
from support.strategies import as_ofs, facilities, relaxed

PLANT = "format: envcheck/facility/1\nid: plant\nregion: '150203'\nboilers:\n  - {{id: B1, fuel: coal, {facts}}}\n"


def found(words, facts, *rules):
    plant = read_facility(PLANT.format(facts=facts), words)
    return check([plant], [small_pack("".join(rules))], date(2026, 6, 1), "direct", everywhere=True)


def told(result):
    return [(p.about, [f.rule.id for f in p.findings]) for p in problems(result.reports[0].findings)]


def test_one_figure_that_breaks_two_limits_is_one_problem_the_smaller_limit_first(words):
    wide = rule("emissions.NOx <= 50 mg/m3", name="wide")
    narrow = rule("emissions.NOx <= 30 mg/m3", name="narrow")
    result = found(words, "emissions: {NOx: 60 mg/m3}", wide, narrow)
    assert told(result) == [(("emissions.NOx",), ["narrow", "wide"])]


def test_a_limit_that_holds_is_no_part_of_the_problem(words):
    wide = rule("emissions.NOx <= 50 mg/m3", name="wide")
    narrow = rule("emissions.NOx <= 30 mg/m3", name="narrow")
    assert told(found(words, "emissions: {NOx: 40 mg/m3}", wide, narrow)) == [(("emissions.NOx",), ["narrow"])]


def test_two_substances_are_two_problems(words):
    nox, so2 = rule("emissions.NOx <= 30 mg/m3", name="nox"), rule("emissions.SO2 <= 10 mg/m3", name="so2")
    result = found(words, "emissions: {NOx: 60 mg/m3, SO2: 20 mg/m3}", nox, so2)
    assert sorted(told(result)) == [(("emissions.NOx",), ["nox"]), (("emissions.SO2",), ["so2"])]


def test_of_lower_limits_the_larger_is_the_stricter(words):
    low, high = rule("capacity >= 10 t/h", name="low"), rule("capacity >= 35 t/h", name="high")
    assert told(found(words, "capacity: 6 t/h", low, high)) == [(("capacity",), ["high", "low"])]


def test_one_duty_asked_twice_is_one_problem_the_earlier_day_first(words):
    late = rule("low_nox_retrofit", name="late", more="due: 2025-12-31")
    early = rule("low_nox_retrofit", name="early", more="due: 2023-12-31")
    assert told(found(words, "low_nox_retrofit: no", late, early)) == [(("low_nox_retrofit",), ["early", "late"])]


def test_a_duty_that_the_same_act_meets_belongs_to_it(words):
    begun = rule("low_nox_retrofit_started or low_nox_retrofit", name="begun", more="due: 2023-12-31")
    done = rule("low_nox_retrofit", name="done", more="due: 2025-12-31")
    facts = "low_nox_retrofit: no, low_nox_retrofit_started: no"
    assert told(found(words, facts, done, begun)) == [(("low_nox_retrofit",), ["begun", "done"])]


def test_each_ban_is_a_problem_of_its_own(words):
    first, second = (rule("never", "fuel == coal", name=name) for name in ("first", "second"))
    assert told(found(words, "capacity: 6 t/h", first, second)) == [((), ["first"]), ((), ["second"])]


@pytest.mark.parametrize("name", ["gas-boiler-house", "baogang-steelworks"])
def test_json_refers_to_every_failing_finding_once(name):
    words, packs, _ = shipped()
    plant = facility_file.read(source.read_bytes(Path(f"facilities/{name}.yaml").read_bytes(), f"{name}.yaml"), words)
    data = json.loads(contract.render(check([plant], packs, date(2026, 11, 30), "direct"), words))["facilities"][0]
    listed = [(f["rule"], f["subject"]) for problem in data["problems"] for f in problem["findings"]]
    assert sorted(listed) == sorted((f["rule"], f["subject"]) for f in data["findings"] if f["status"] == "fail")
    assert len(data["problems"]) < data["counts"]["fail"]


@relaxed(25)
@given(facilities(), as_ofs)
def test_each_failing_finding_is_in_exactly_one_problem(data, as_of):
    words, packs, _ = shipped()
    plant = facility_file.read(source.read_bytes(json.dumps(data).encode(), "plant.json"), words)
    report = check([plant], packs, date.fromisoformat(as_of), "direct", everywhere=True).reports[0]
    listed = [f for problem in problems(report.findings) for f in problem.findings]
    failing = [f for f in report.findings if f.status == "fail"]
    assert sorted(map(id, listed)) == sorted(map(id, failing))
    assert all(f.subject == problem.subject for problem in problems(report.findings) for f in problem.findings)
