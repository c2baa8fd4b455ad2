"""What an undetermined finding lacks: records inside, names and sentences where they are told."""

from datetime import date

from envcheck.judging.check import check
from envcheck.judging.gaps import facts_to_ask, full_path, gap_labels
from envcheck.model.evidence import Gap
from support import read_facility, rule, shipped, small_pack

LARGE = """definitions:
  is_large:
    subject: facility
    title: {zh: 规模大, en: is large}
    holds: sum(boilers.capacity) >= 20 t/h
    fails: sum(boilers.capacity) < 20 t/h
"""
PLANT = "format: envcheck/facility/1\nid: plant\nregion: '150203'\nboilers: [{id: B1, fuel: coal}, {id: B2, fuel: natural_gas}]\n"


def test_a_gap_of_a_list_keeps_its_subject_through_a_definition_of_the_facility():
    words, pack = shipped()[0], small_pack(rule("fuel != coal", "is_large"), LARGE)
    plant = read_facility(PLANT, words)
    report = check([plant], [pack], date(2024, 6, 1), "direct").reports[0]
    assert {f.missing for f in report.findings} == {("boilers/B1.capacity", "boilers/B2.capacity")}
    asked = facts_to_ask(report, [pack], words)
    assert [(ask.path, ask.label.en, ask.findings) for ask in asked] == [
        ("boilers/B1.capacity", "rated capacity", 2),
        ("boilers/B2.capacity", "rated capacity", 2),
    ]


def test_gaps_are_named_as_the_json_contract_has_them():
    assert Gap("fact", ("emissions", "PM2.5", "O2"), "boilers/B1", "boiler").name == "boilers/B1.emissions.PM2.5.O2"
    assert Gap("series", ("NOx",), detail="2025-06 539/720 h").name == "series.NOx: 2025-06 539/720 h"
    assert Gap("limit", ("gb-13271 coal NOx",)).of("boilers/B1", "boiler").name == "limit: gb-13271 coal NOx"
    assert Gap("fact", ("region",), "facility", "facility").of("boilers/B1", "boiler").name == "facility.region"


def test_a_gap_is_called_by_its_kind_not_by_its_spelling():
    words, pack = shipped()[0], small_pack(rule("emissions.NOx <= 30 mg/m3"))
    plant = read_facility(PLANT, words)
    finding = check([plant], [pack], date(2024, 6, 1), "direct").reports[0].findings[0]
    gap_label = gap_labels([pack], words)
    assert gap_label(finding, Gap("limit", ("a.b: c",))).en == "look up the limit a.b: c"
    assert gap_label(finding, Gap("series", ("NOx",), detail="hourly means")).en == (
        "valid monitoring data: NOx: hourly means"
    )
    assert gap_label(finding, finding.gaps[0]).en == "emission concentrations: nitrogen oxides (as NO2)"
    assert full_path(finding, finding.gaps[0]) == "boilers/B1.emissions.NOx"
