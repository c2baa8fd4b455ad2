"""Whom a rule concerns, asked of the rule; and the kinds of fault in a scope that lint finds."""

import json

import pytest

from envcheck.review.lint import lint
from envcheck.review.scope import Key, alike, ask, scope
from support import rule, shipped, small_pack

TYPE, INDUSTRY = Key("facility", "type"), Key("facility", "industry")
LIST = """definitions:
  key_enterprise:
    subject: facility
    title: {zh: 重点, en: key}
    stated: voc_key_enterprise
    fails: type == district
    presume_not: known(industry) and industry != coking
"""


def test_a_rule_is_asked_with_one_fact_at_a_time():
    pack = small_pack(rule("emits_vocs == false", "key_enterprise", "facility"), LIST)
    rows = {row.key.name: row.answers for row in scope(pack.rules[0], pack, shipped()[0])}
    assert set(rows) == {"voc_key_enterprise", "type", "industry"}
    assert rows["voc_key_enterprise"] == {"concerned": ("true",), "not_concerned": ("false",)}
    assert rows["type"]["not_concerned"] == ("district",)
    assert rows["industry"]["unknown"] == ("coking",)
    assert "catering" in rows["industry"]["presumed_not"]
    assert (
        ask(pack.rules[0], pack, shipped()[0], {INDUSTRY: "catering", Key("facility", "voc_key_enterprise"): True})
        == "concerned"
    )


def test_an_attribute_that_a_subject_takes_from_the_facility_is_asked_of_the_subject_itself():
    pack = small_pack(rule("emissions.NOx <= 30 mg/m3", "self.commissioned == true", "boiler"))
    key = Key("boiler", "commissioned")
    (row,) = scope(pack.rules[0], pack, shipped()[0])
    assert (row.key, row.answers) == (key, {"concerned": ("true",), "not_concerned": ("false",)})


def codes(rules, header=""):
    pack = small_pack(rules, header)
    return {doubt.code for doubt in lint([pack], shipped()[0])}


OVERRULED = rule("ldar_carried_out", "'industry in [coking, chemical]', ldar_applies", "facility")
CLOSED = "closed_by: {zh: 焦化、化工企业, en: coking and chemical works}"


@pytest.mark.parametrize(
    ("rules", "header", "code"),
    [
        (OVERRULED, "", "list-overrules-fact"),
        (rule("ldar_carried_out", "type == enterprise", "facility"), "", "list-overrules-duty"),
        (rule("never", "a", "facility"), "definitions:\n  a: {subject: facility, title: {zh: 甲, en: a}, holds: 'industry in [steel]', fails: 'industry not in [steel]'}\n", "mere-contrary"),
        (rule("never", "a", "facility"), "definitions:\n  a: {subject: facility, title: {zh: 甲, en: a}, holds: 'industry == steel', fails: 'type == shop'}\n", "holds-and-fails"),
        (rule("emissions within steel-ultra-low", "'process in [sintering_head, lime_kiln]'", "outlet"), "", "general-process-let-out"),
        (rule("never", "act == straw_burning", "observed_act"), "", "act-without-date"),
    ],
)  # fmt: skip
def test_planted_faults_are_found(rules, header, code):
    assert code in codes(rules, header)


@pytest.mark.parametrize(
    ("rules", "header"),
    [
        (rule("emits_vocs == false", "key_enterprise", "facility"), LIST),
        (rule("ldar_carried_out", "'industry in [coking, chemical]', ldar_applies", "facility", CLOSED), ""),
        (rule("good_air_days_rate >= 80 %", "type == district", "facility"), ""),
        (rule("never", "act == straw_burning, observed_on >= plan_start", "observed_act"), ""),
        (rule("emissions within steel-ultra-low", "", "outlet"), ""),
    ],
)
def test_what_is_right_raises_no_doubt(rules, header):
    assert codes(rules, header) == set()


def test_the_scope_of_a_rule_and_of_a_pack_is_printed(run):
    told = run("rules", "scope", "kundulun-2023/gas-boiler-10t-nox", "--lang", "en").stdout
    assert "one fact at a time, all others not stated" in told
    assert "not concerned: coal" in told
    data = json.loads(run("rules", "scope", "zhenglan-2020-soil", "--format", "json").stdout)
    assert len(data) == len(next(p for p in shipped()[1] if p.id == "zhenglan-2020-soil").rules)
    inherited = run("rules", "scope", "chemical-park-river-distance", "--lang", "en")
    assert (inherited.returncode, "Traceback" in inherited.stderr) == (0, False)
    assert run("rules", "scope", "gas-boiler-10t-nix").returncode == 2


def test_a_subjects_own_value_of_an_inherited_attribute_is_asked():
    pack = small_pack(rule("self.eia_approved", "type != city", "project"))
    assert "list-overrules-duty" not in {doubt.code for doubt in lint([pack], shipped()[0])}
    assert ask(pack.rules[0], pack, shipped()[0], {Key("project", "eia_approved"): True}) == "unknown"


@pytest.mark.parametrize("name", [pack.id for pack in shipped()[1]])
def test_the_shipped_packs_raise_no_doubt(name):
    words, packs, _ = shipped()
    assert [f"{d.code} {d.about}: {d.what.en}" for d in lint([p for p in packs if p.id == name], words)] == []


def test_a_rule_that_asks_for_its_subjects_own_date_is_asked_too():
    header = "definitions:\n  a: {subject: project, title: {zh: 甲, en: a}, holds: 'self.eia_approved < plan_start'}\n"
    pack = small_pack(rule("never", "a", "project"), header)
    assert ask(pack.rules[0], pack, shipped()[0], {Key("project", "eia_approved"): True}) == "unknown"
    assert lint([pack], shipped()[0]) == ()


def test_words_that_no_condition_tells_apart_are_asked_once():
    pack = small_pack(OVERRULED, LIST)
    words = ("coking", "steel", "catering", "chemical", "heating")
    same = alike(pack.rules[0].when, "industry", words, pack)
    assert same == {"coking": "coking", "chemical": "coking", "steel": "steel", "catering": "steel", "heating": "steel"}
    defined = small_pack(rule("emits_vocs == false", "key_enterprise", "facility"), LIST)
    assert alike(defined.rules[0].when, "industry", words, defined)["coking"] == "coking"
    assert len(set(alike(defined.rules[0].when, "industry", words, defined).values())) == 2
