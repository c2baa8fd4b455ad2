"""How numbers are told to people."""

from datetime import date
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.judging.check import check
from envcheck.judging.gaps import gap_labels
from envcheck.judging.steps import render, trace_line
from envcheck.model.evidence import Kind, Stated, Step
from envcheck.model.finding import Comparison
from envcheck.report.parts import phrases
from envcheck.text.problems import InputError
from envcheck.units.quantity import Interval
from support import read_facility, rule, small_pack


def comparison(value, op, limit, truth):
    measured, bound = Fraction(value), Fraction(limit)
    margin = (bound - measured) / bound if op.startswith("<") else (measured - bound) / bound
    return Comparison("x", truth, Interval.point(measured), op, Interval.point(bound), "km", Interval.point(margin))


@pytest.mark.parametrize(
    ("value", "op", "limit", "truth", "told"),
    [
        ("1.2", ">", "1", True, "20 % to spare"),
        ("1", ">", "1", False, "exactly the limit, which is itself not allowed"),
        ("0.9", ">", "1", False, "10 % short"),
        ("45", "<=", "30", False, "50 % over"),
        ("30", "<=", "30", True, "0 % to spare"),
    ],
)
def test_distance(value, op, limit, truth, told):
    assert phrases.distance(comparison(value, op, limit, truth)).en == told


def test_a_value_just_above_its_limit_is_never_shown_as_the_limit():
    assert phrases.measured(comparison("30.0000001", "<=", "30", False)) != "30 km"


@pytest.mark.parametrize(
    ("value", "limit", "told"),
    [
        ("30.194099", "30", "30.1941 km"),
        (Fraction(5000, 1581), "30", "3.16256 km"),
        ("30.00004", "30", "30.00004 km"),
        ("29.9999999996", "30", "29.9999999996 km"),
        ("30", "30", "30 km"),
        ("12345678.41", "30", "12345678 km"),
        ("0.000123456789", "30", "0.000123457 km"),
        ("0", "30", "0 km"),
    ],
)
def test_a_computed_number_has_six_significant_digits_and_its_side_of_the_limit(value, limit, told):
    assert phrases.measured(comparison(value, "<=", limit, None)) == told


def test_a_number_compared_as_written_is_shown_whole():
    written = comparison("1234567.891", "<=", "30", False)._replace(as_written="1234567.891 km")
    assert phrases.measured(written) == "1234567.891 km"
    assert phrases.measured(written._replace(as_written="1234567891 m")) == "1234568 km"


@given(
    st.decimals(min_value=0, max_value=1000, places=12),
    st.decimals(min_value=0, max_value=1000, places=3),
    st.booleans(),
)
def test_rounding_never_takes_a_value_to_its_limit_or_across(value, bound, near):
    exact = Fraction(bound) + Fraction(value) / 10**6 if near else Fraction(value)
    shown = Fraction(phrases.amount(Interval.point(exact), "", Fraction(bound)))
    assert (shown > bound, shown < bound) == (exact > bound, exact < bound)


def test_control_characters_are_shown_not_sent():
    assert phrases.clean("a\x1b[31m\u202eb") == "a\\u001b[31m\\u202eb"


def test_what_fails_beside_a_number_is_not_left_unsaid(words):
    plant = read_facility(
        "format: envcheck/facility/1\nid: p\nregion: '150203'\n"
        "boilers:\n  - {id: B1, low_nox_retrofit: no, emissions: {NOx: 50 mg/m3}}\n",
        words,
    )
    both = rule("emissions.NOx <= 30 mg/m3 and low_nox_retrofit", name="both")
    one = rule("emissions.NOx <= 30 mg/m3", name="one") + rule("low_nox_retrofit", name="other")
    found = check([plant], [small_pack(both + one)], date(2026, 1, 1), "direct").reports[0].findings
    lacking = {f.rule.id: [trace_line(step).partition(" · ")[0] for step in phrases.unsaid(f)] for f in found}
    assert lacking["both"] == ["✗ emissions.NOx <= 30 mg/m3", "✗ low_nox_retrofit"]
    assert (lacking["one"], lacking["other"]) == ([], ["✗ low_nox_retrofit"])


def test_an_undetermined_finding_names_what_is_missing_in_both_languages(words):
    pack = small_pack(rule("emissions.NOx <= 30 mg/m3", when="fuel == coal"))
    plant = read_facility("format: envcheck/facility/1\nid: p\nregion: '150203'\nboilers:\n  - {id: B1}\n", words)
    (finding,) = check([plant], [pack], date(2026, 1, 1), "direct").reports[0].findings
    told = phrases.message(finding, gap_labels([pack], words))
    assert told.zh == "规则：缺少燃料（fuel）、大气污染物排放浓度·氮氧化物（emissions.NOx）"
    assert told.en == "rule: missing fuel (fuel), emission concentrations: nitrogen oxides (as NO2) (emissions.NOx)"


@pytest.mark.parametrize(
    ("step", "told", "zh"),
    [
        (Step("ban", "never", False), "✗ never", "✗ 属一律禁止的情形"),
        (Step("not_yet", "2024-01-01", False), "✗ from 2024-01-01", "✗ 自 2024-01-01 起施行"),
        (
            Step("region", "150203", result="?"),
            "? region 150203 · region = ?",
            "? 规划适用于行政区划 150203 · 档案为 ?",
        ),
        (
            Step("no_limit", "emissions within x", result="2026-01-01"),
            "? emissions within x · no limit in force on 2026-01-01",
            "? emissions within x · 2026-01-01 没有有效的限值",
        ),
        (
            Step("condition", "name == never from", False, (Stated("name", "region 1"),)),
            "✗ name == never from · name = region 1",
            "✗ name == never from · name = region 1",
        ),
        (
            Step("condition", "fuel == coal", of="boilers/B1"),
            "boilers/B1: ? fuel == coal",
            "boilers/B1: ? fuel == coal",
        ),
    ],
)
def test_sentences_of_a_trace_have_their_chinese_and_formulas_stay(words, step, told, zh):
    assert phrases.step(step, words) == (zh, told)


def test_every_kind_of_step_is_told_in_both_languages():
    asked = {kind: render(Step(kind, "a", result="b", truth=False)) for kind in get_args(Kind)}
    assert all(text.zh and text.en for text in asked.values())
    sentences = {kind for kind, text in asked.items() if text.zh != text.en}
    assert sentences == {
        "ban", "missing_fails", "not_yet", "no_longer", "region", "no_limit", "unsure_limit", "daily_means",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "zh", "en"),
    [
        ("地表水", "是否指：其他地表水", "Did you mean: surface_water"),
        ("surfacewater", "是否指：surface_water", "Did you mean: surface_water"),
        ("黄河水系", "是否指：黄河干流", "Did you mean: yellow_river"),
        ("空气", "可用：黄河干流, 黄河支流", "Known: yellow_river, yellow_river_tributary"),
    ],
)
def test_a_word_that_names_no_choice_is_offered_those_like_it_in_its_own_script(words, word, zh, en):
    found = words.offered("receives", word)
    assert found.zh.startswith(zh)
    assert found.en.startswith(en)


@pytest.mark.parametrize(
    ("key", "zh"),
    [
        ("行业", "是否指：industry（行业）"),
        ("行政区划", "是否指：region（行政区划代码）"),
        ("锅炉", "是否指：boilers（锅炉）"),
        ("industrie", "是否指：industry"),
    ],
)
def test_a_key_by_its_chinese_label_is_answered_by_the_key_that_is_due(words, key, zh):
    with pytest.raises(InputError) as error:
        read_facility(f"format: envcheck/facility/1\nid: p\n{key}: 水泥\n", words)
    (problem,) = error.value.problems
    assert (problem.place.line, problem.remedy.zh) == (3, zh)
    assert problem.remedy.en == "Did you mean: " + zh.removeprefix("是否指：").partition("（")[0]
