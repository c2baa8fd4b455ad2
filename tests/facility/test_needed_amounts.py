"""What would pass, where a ratio, a quotient, a sum or a count fails."""

from datetime import date

import pytest

from envcheck.facility import whatif
from envcheck.judging.judge import judge
from envcheck.judging.situation import Situation
from support import read_facility, rule, small_pack

HEAD = "format: envcheck/facility/1\nid: plant\nregion: '150203'\n"


def twice(op):
    return small_pack(rule(f"least_ratio(offsets, emissions_added, air) {op} 2", subject="project"))


def judged(words, pack, body, plural="projects"):
    plant = read_facility(HEAD + body, words)
    subject = plant.lists[plural][0] if plural else plant.itself
    return judge(pack.rules[0], pack, Situation(plant, subject, date(2025, 6, 1), pack.definitions))


def project(added, offsets):
    return f"projects:\n  - {{id: P1, emissions_added: {{{added}}}, offsets: {{{offsets}}}}}\n"


@pytest.mark.parametrize(
    ("added", "offsets", "needed"),
    [
        ("NOx: 12 t/yr", "NOx: 22.4 t/yr", "needs offsets.NOx ≥ 24 t/yr (1.6 t/yr more)"),
        # each in its own unit; SO2 keeps twice its addition already
        (
            "NOx: 12 t/yr, SO2: 5 t/yr, PM: 1 t/yr",
            "NOx: 22400 kg/yr, SO2: 10 t/yr, PM: 0 t/yr",
            {"offsets.NOx ≥ 24000 kg/yr (1600 kg/yr more)", "offsets.PM ≥ 2 t/yr (2 t/yr more)"},
        ),
        # 2 × 1.00003 = 2.00006, written with three digits: rounded up
        ("NOx: 1.0000003 t/yr", "NOx: 1.5 t/yr", "needs offsets.NOx ≥ 2.01 t/yr (0.51 t/yr more)"),
    ],
)
def test_a_ratio_says_by_how_much_each_offset_falls_short(words, added, offsets, needed):
    found = judged(words, twice(">="), project(added, offsets))
    assert found.status == "fail"
    told = whatif.would_pass(found)
    if isinstance(needed, set):
        assert set(told.en.removeprefix("needs ").split(" and ")) == needed
    else:
        assert told.en == needed
        assert told.zh.startswith("达标须 offsets.NOx ≥ ")
        assert "（再增 " in told.zh


def test_what_it_says_passes_and_less_fails(words):
    assert judged(words, twice(">="), project("NOx: 12 t/yr", "NOx: 24 t/yr")).status == "pass"
    assert judged(words, twice(">="), project("NOx: 12 t/yr", "NOx: 23.99 t/yr")).status == "fail"
    one = judged(words, twice(">"), project("NOx: 12 t/yr", "NOx: 24 t/yr"))
    assert one.status == "fail"
    assert whatif.would_pass(one).en == "needs offsets.NOx > 24 t/yr"


@pytest.mark.parametrize(
    ("added", "offsets"),
    [
        # SO2 is added and no offset is stated: more NOx alone would leave it unknown
        ("NOx: 12 t/yr, SO2: 5 t/yr", "NOx: 22 t/yr"),
        # an offset of what is not stated to be added
        ("NOx: 12 t/yr", "NOx: 22 t/yr, SO2: 3 t/yr"),
    ],
)
def test_nothing_is_said_where_the_amount_alone_would_not_do(words, added, offsets):
    found = judged(words, twice(">="), project(added, offsets))
    assert found.status == "fail"
    assert found.comparison is None or not found.comparison.needed
    assert whatif.would_pass(found).en == ""


BOILERS = "boilers:\n  - {id: A, fuel: coal, capacity: 20 t/h}\n  - {id: B, fuel: coal, capacity: 15 t/h}\n"


@pytest.mark.parametrize(
    ("require", "needed"),
    [
        ("sum(boilers.capacity) >= 40 t/h", "needs ≥ 40 t/h (5 t/h more)"),
        ("sum(boilers.capacity) <= 30 t/h", "needs ≤ 30 t/h (5 t/h less)"),
        ("count(boilers) >= 5", "needs ≥ 5 (3 more)"),
    ],
)
def test_a_sum_says_how_much_is_short_or_over(words, require, needed):
    found = judged(words, small_pack(rule(require, subject="facility")), BOILERS, "")
    assert (found.status, whatif.would_pass(found).en) == ("fail", needed)


def test_a_sum_with_an_unknown_part_says_nothing(words):
    body = BOILERS + "  - {id: C, fuel: coal}\n"
    found = judged(words, small_pack(rule("sum(boilers.capacity) <= 30 t/h", subject="facility")), body, "")
    assert (found.status, whatif.would_pass(found).en) == ("fail", "")


@pytest.mark.parametrize(
    ("require", "needed"),
    [
        ("co2_emissions / co2_emissions_previous <= 0.9", "needs co2_emissions ≤ 0.18 kt/yr (0.02 kt/yr less)"),
        ("co2_emissions / co2_emissions_previous >= 1.1", "needs co2_emissions ≥ 0.22 kt/yr (0.02 kt/yr more)"),
        # the amount stands on both sides: no one value of it is known to do
        ("co2_emissions / co2_emissions >= 2", ""),
    ],
)
def test_a_quotient_says_what_stands_over_the_line_would_have_to_be(words, require, needed):
    body = "co2_emissions: 0.20 kt/yr\nco2_emissions_previous: 200 t/yr\n"
    found = judged(words, small_pack(rule(require, subject="facility")), body, "")
    assert found.status == "fail"
    told = whatif.would_pass(found).en
    assert told == needed if needed else "co2" not in told
