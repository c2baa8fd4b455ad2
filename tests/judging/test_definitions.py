"""Whom a rule concerns: stated facts, the text's own words, presumptions, days, processes without a row."""

import json
import re
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from envcheck.judging.check import check
from envcheck.judging.gaps import presumptions
from envcheck.judging.judge import judge
from envcheck.judging.logic import definition_truth
from envcheck.judging.situation import Situation
from envcheck.report.formats import json as contract
from envcheck.rulebook import loading
from support import read_facility, rule, shipped, small_pack

HEAD = "format: envcheck/facility/1\nid: plant\nregion: '150203'\n"
LISTED = """definitions:
  on_the_list:
    subject: facility
    title: {zh: 在名单上, en: is on the list}
    stated: voc_key_enterprise
    holds: industry == petrochemical
    fails: type == district
    presume_not: known(industry) and industry not in [coking, chemical, petrochemical]
  off_the_list: {subject: facility, title: {zh: 不在名单上, en: is not on it}, holds: not on_the_list}
  of_the_list: {subject: facility, title: {zh: 属名单, en: is of it}, holds: on_the_list}
"""


def finding(pack, facts, as_of="2024-06-01", kind="facility"):
    plant = read_facility(HEAD + facts, shipped()[0])
    subject = plant.itself if kind == "facility" else plant.of_kind(kind)[0]
    return judge(pack.rules[0], pack, Situation(plant, subject, date.fromisoformat(as_of), pack.definitions))


@pytest.mark.parametrize("parts", list(product((True, False, None), repeat=4)))
def test_the_first_part_that_answers_decides(parts):
    stated, holds, fails, presumed = parts
    truth = definition_truth(stated, holds, fails, presumed, closed=False)
    if stated:
        assert truth is True
    elif holds:
        assert truth is (None if stated is False or fails else True)
    elif stated is False or fails or presumed:
        assert truth is False
    else:
        assert truth is None


@pytest.mark.parametrize(
    ("facts", "status", "flags"),
    [
        ("industry: catering\nvoc_key_enterprise: true\n", "fail", ()),
        ("type: district\nvoc_key_enterprise: true\n", "fail", ()),
        ("industry: coking\nvoc_key_enterprise: false\n", "not_applicable", ()),
        ("industry: petrochemical\n", "fail", ()),
        ("industry: petrochemical\nvoc_key_enterprise: false\n", "unknown", ("contradiction",)),
        ("type: district\n", "not_applicable", ()),
        ("type: district\nindustry: petrochemical\n", "unknown", ("contradiction",)),
        ("industry: catering\n", "not_applicable", ("presumed",)),
        ("industry: coking\n", "unknown", ()),
        ("", "unknown", ()),
    ],
)
def test_a_stated_fact_decides_and_a_presumption_only_spares(facts, status, flags):
    found = finding(
        small_pack(rule("emits_vocs == false", "on_the_list", "facility"), LISTED), facts + "emits_vocs: true\n"
    )
    assert (found.status, tuple(f for f in found.flags if f != "after_plan_period")) == (status, flags)
    if status == "unknown" and not flags:
        assert found.missing == ("voc_key_enterprise",)
    assert [tuple(fact.name for fact in p.facts) for p in found.presumed] == (
        [("voc_key_enterprise",)] if flags == ("presumed",) else []
    )


@pytest.mark.parametrize("name", ["on_the_list", "of_the_list"])
@pytest.mark.parametrize(
    ("require", "when", "status"),
    [
        ("never", "not {name}", "unknown"),
        ("never", "not not {name}", "not_applicable"),
        ("{name}", "", "unknown"),
        ("not {name}", "", "unknown"),
        ("never", "off_the_list", "unknown"),
        ("never", "emits_vocs or {name}", "not_applicable"),
        ("never", "not (emits_vocs or {name})", "unknown"),
        ("count(boilers where {name}) == 0", "", "unknown"),
        ("every(boilers where {name}: fuel == natural_gas)", "", "unknown"),
        ("never", "some(boilers where {name}: fuel == coal)", "not_applicable"),
    ],
)
def test_a_presumption_makes_nobody_concerned_and_meets_no_duty(name, require, when, status):
    one = rule(require.format(name=name), f"'{when.format(name=name)}'" if when else "", "facility")
    facts = "industry: catering\nemits_vocs: false\nboilers: [{id: B1, fuel: coal}]\n"
    found = finding(small_pack(one, LISTED), facts)
    assert found.status == status
    assert ("presumed" in found.flags) == (status == "not_applicable")


def test_what_is_shown_without_a_presumption_is_not_flagged():
    one = rule("never", "on_the_list, emits_vocs", "facility")
    assert finding(small_pack(one, LISTED), "industry: catering\n").flags == ("presumed",)
    assert finding(small_pack(one, LISTED), "industry: catering\nemits_vocs: false\n").flags == ()
    either = rule("never", "'on_the_list and emits_vocs'", "facility")
    assert finding(small_pack(either, LISTED), "industry: catering\nemits_vocs: false\n").flags == ()


def test_known_decides_only_where_it_is_stated():
    known = LISTED.replace("stated: voc_key_enterprise", "stated: known(petrol_sales)")
    pack = small_pack(rule("never", "on_the_list", "facility"), known)
    assert finding(pack, "industry: catering\npetrol_sales: 10 t/yr\n").status == "fail"
    assert finding(pack, "industry: catering\n").flags == ("presumed",)
    assert finding(pack, "industry: coking\n").missing == ("petrol_sales",)


def test_a_report_tells_each_presumption_once_and_what_overrules_it():
    words = shipped()[0]
    boilers = rule("fuel == coal", "on_the_list", "boiler", name="other")
    pack = small_pack(rule("never", "on_the_list", "facility") + boilers, LISTED)
    plant = read_facility(HEAD + "industry: catering\nboilers: [{id: A, fuel: coal}, {id: B, fuel: coal}]\n", words)
    result = check([plant], [pack], date(2024, 6, 1), "direct")
    (one,) = presumptions(result.reports[0], [pack], words)
    assert (one.title.en, one.findings, [path for path, _ in one.facts]) == (
        "is on the list", 3, ["facility.voc_key_enterprise"],
    )  # fmt: skip
    data = json.loads(contract.render(result, words))["facilities"][0]
    assert data["presumptions"] == [
        {"title": {"zh": "在名单上", "en": "is on the list"}, "facts": ["facility.voc_key_enterprise"], "findings": 3}
    ]


def test_what_is_presumed_of_an_item_of_a_list_is_told_of_it():
    words = shipped()[0]
    many = "definitions:\n  idle: {subject: [boiler], title: {zh: 闲置, en: idle}, stated: low_nox_retrofit, presume_not: known(fuel)}\n"
    pack = small_pack(rule("never", "'some(boilers: idle)'", "facility"), many)
    result = check(
        [read_facility(HEAD + "boilers: [{id: B, fuel: coal}]\n", words)], [pack], date(2024, 6, 1), "direct"
    )
    (one,) = presumptions(result.reports[0], [pack], words)
    assert (one.title.en, [path for path, _ in one.facts]) == ("idle", ["boilers/B.low_nox_retrofit"])


def test_a_definition_for_several_kinds_is_each_kinds_own():
    many = (
        "definitions:\n  idle: {subject: [boiler, furnace], title: {zh: 闲置, en: idle}, holds: status == out_of_use}\n"
    )
    facts = "boilers: [{id: B, status: 停用}]\nfurnaces: [{id: F, status: existing}]\n"
    assert finding(small_pack(rule("never", "idle", "boiler"), many), facts, kind="boiler").status == "fail"
    assert finding(small_pack(rule("never", "idle", "furnace"), many), facts, kind="furnace").status == "not_applicable"


@pytest.mark.parametrize(
    ("condition", "started", "status"),
    [
        ("started >= plan_start", "2023-01-01", "pass"),
        ("started >= plan_start", "2022-12-31", "fail"),
        ("started <= plan_end", "2024-05-31", "pass"),
        ("started >= year_start", "2024-01-01", "pass"),
        ("started >= year_start", "2023-12-31", "fail"),
        ("started >= year_start", "2024-06-02", "fail"),
        ("started >= year_start", "true", "unknown"),
        ("started >= year_start", "false", "fail"),
        ("started < year_start", "false", "fail"),
        ("started <= as_of", "2024-06-01", "pass"),
        ("dated(started)", "2024-06-01", "pass"),
        ("dated(started)", "true", "fail"),
    ],
)
def test_days_of_the_plan_and_of_the_question(condition, started, status):
    found = finding(small_pack(rule(condition, "", "site")), f"sites: [{{id: S, started: {started}}}]\n", kind="site")
    assert found.status == status


@pytest.mark.parametrize(
    ("survey", "started", "status"),
    [
        ("2023-05-01", "2023-05-01", "pass"),
        ("2023-08-01", "2023-05-01", "fail"),
        ("2023-08-01", "false", "pass"),
        ("false", "2023-05-01", "fail"),
        ("true", "2023-05-01", "unknown"),
        ("2023-05-01", "true", "unknown"),
    ],
)
def test_two_days_of_a_subject(survey, started, status):
    pack = small_pack(rule("survey_completed <= started", "", "parcel"))
    facts = f"parcels: [{{id: P, survey_completed: {survey}, started: {started}}}]\n"
    assert finding(pack, facts, kind="parcel").status == status


def test_a_plans_last_day_is_due_where_the_text_prints_none():
    pack = small_pack(rule("low_nox_retrofit", more="due: plan_end"))
    facts = "boilers: [{id: B, low_nox_retrofit: false}]\n"
    on, after = (finding(pack, facts, day, "boiler") for day in ("2025-12-31", "2026-01-01"))
    assert (on.status, after.status) == ("pending", "fail")
    assert "no_date_printed" in on.flags
    assert "no_date_printed" in after.flags


def test_the_subjects_own_day_is_not_the_facilitys():
    pack = small_pack(rule("not (dated(self.commissioned) and self.commissioned < plan_start)"))
    assert finding(pack, "commissioned: 1998-01-01\nboilers: [{id: B}]\n", kind="boiler").status == "pass"
    assert finding(pack, "boilers: [{id: B, commissioned: 1998-01-01}]\n", kind="boiler").status == "fail"


@pytest.mark.parametrize(
    ("process", "status", "flags"),
    [
        ("sintering_head", "fail", ("reference_o2_assumed",)),
        ("other", "unknown", ("row_not_named",)),
        ("stack", "unknown", ("row_not_named",)),
        ("kitchen_exhaust", "not_applicable", ()),
        ("lime_kiln", "fail", ()),
    ],
)
def test_a_process_without_a_row_is_not_let_off(process, status, flags):
    pack = small_pack(rule("emissions within steel-ultra-low", "", "outlet"))
    found = finding(pack, f"outlets: [{{id: S, process: {process}, emissions: {{PM: 90 mg/m3}}}}]\n", kind="outlet")
    assert (found.status, found.flags) == (status, flags)


@pytest.mark.parametrize("pack", shipped()[1], ids=lambda pack: pack.id)
def test_every_definition_of_a_pack_is_used(pack):
    folder = Path(loading.shipped_rules()) / pack.id
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml")))
    own = [name for name in pack.definitions if re.search(rf"^  {re.escape(name)}:", text, re.MULTILINE)]
    assert [name for name in own if len(re.findall(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)) < 2] == []
