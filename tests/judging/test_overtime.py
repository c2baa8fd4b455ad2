"""Monitoring series held against limits: which hours count, months and days by hand, and when too little is known."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

import jsonschema_rs
import pytest

from envcheck.judging.check import check
from envcheck.judging.steps import trace_line
from envcheck.model import expressions as ex
from envcheck.review import rule_tests
from envcheck.rulebook import loading
from envcheck.schema import published
from envcheck.text.problems import InputError
from support import PACK, ROOT, read_facility, rule, small_pack
from support.series import AS_OF, LIMIT, SHARE, hours, judge_in


@pytest.fixture
def judge(tmp_path, words):
    return judge_in(tmp_path, words)


# --- the share of a month's hours ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exceeding", "status"), [(0, "pass"), (35, "pass"), (36, "pass"), (37, "fail"), (720, "fail")]
)
def test_95_percent_of_720_hours_are_684(judge, exceeding, status):
    found = judge(SHARE, hours(720, lambda n: 51 if n < exceeding else 50))
    assert found.status == status
    assert found.comparison.measured.exact == Fraction(100 * (720 - exceeding), 720)
    told = found.comparison.series
    assert (told.total, told.valid, told.exceeding) == (720, 720, exceeding)
    assert [month.name for month in told.months] == ["2025-06"]


@pytest.mark.parametrize(("exceeding", "status"), [(31, "pass"), (32, "fail")])
def test_invalid_hours_leave_both_sides(judge, exceeding, status):
    """Of 720 hours 100 are flagged: 5 % of the other 620 are 31, whatever the flagged ones read."""
    rows = hours(720, lambda n: 51 if n < exceeding or n >= 620 else 50, state=lambda n: "C" if n >= 620 else "")
    found = judge(SHARE, rows)
    assert found.status == status
    assert found.comparison.series.excluded == (("calibration", 100),)
    assert found.comparison.measured.exact == Fraction(100 * (620 - exceeding), 620)


def test_the_least_month_counts(judge):
    """31 of 744 hours in May and 36 of 720 in June may exceed 95 %; 37 in June do not though the year would."""
    rows = hours(744 + 720, lambda n: 51 if n >= 744 + 720 - 37 else 50, start=datetime(2025, 5, 1))
    found = judge(SHARE, rows)
    assert found.status == "fail"
    assert [month.share.exact for month in found.comparison.series.months] == [100, Fraction(100 * 683, 720)]
    assert not [step for step in found.steps if trace_line(step).startswith("2025-05:")]
    assert [step for step in found.steps if trace_line(step).startswith("2025-06: 683 / 720 h")]


@pytest.mark.parametrize(("valid", "status"), [(540, "pass"), (539, "unknown")])
def test_a_month_needs_valid_data_for_three_quarters_of_its_hours(judge, valid, status):
    found = judge(SHARE, hours(720, state=lambda n: "" if n < valid else "fault"))
    assert found.status == status
    assert found.missing == (() if status == "pass" else ("series.NOx: 2025-06 539/720 h",))


def test_hours_without_a_row_ran_and_are_not_valid(judge):
    assert judge(SHARE, hours(539)).missing == ("series.NOx: 2025-06 539/720 h",)
    assert judge(SHARE, hours(540)).status == "pass"


@pytest.mark.parametrize("state", ["start_up", "shut_down", "停产", "闷炉"])
def test_hours_in_which_the_source_did_not_run_are_not_due(judge, state):
    """Of 720 hours 320 were idle: 300 of the 400 others are enough, 299 are not."""

    def rows(valid):
        return hours(720, state=lambda n: state if n < 320 else "" if n < 320 + valid else "fault")

    assert judge(SHARE, rows(300)).status == "pass"
    assert judge(SHARE, rows(299)).missing == ("series.NOx: 2025-06 299/400 h",)


def test_a_stopped_instrument_is_no_stopped_source(judge):
    assert judge(SHARE, hours(720, state=lambda n: "F" if n < 320 else "")).missing == (
        "series.NOx: 2025-06 400/720 h",
    )


def test_a_month_that_did_not_run_says_nothing(judge):
    still = hours(720, 99, start=datetime(2025, 4, 1), state="stopped")
    ran = hours(744, start=datetime(2025, 5, 1), state="")
    assert judge(SHARE, still + ran).status == "pass"
    found = judge(SHARE, still)
    assert found.status == "unknown"
    assert found.missing == ("series.NOx: 0/720 h",)


def test_a_month_without_rows_between_others_is_unknown(judge):
    rows = hours(744, start=datetime(2025, 5, 1)) + hours(744, start=datetime(2025, 7, 1))
    assert judge(SHARE, rows).missing == ("series.NOx: 2025-06 0/720 h",)
    rows[0]["NOx (mg/m3)"] = 51
    assert judge(f"share_of_hours({LIMIT}) >= 100 %", rows).status == "fail"


def test_minutes_make_an_hour_valid(judge):
    """45 minutes are enough, 44 are not; without the column full hours are assumed, and the finding says so."""
    found = judge(f"every_hour({LIMIT})", hours(100, lambda n: 51 if n == 0 else 50, minutes=lambda n: 45 if n else 44))
    assert found.status == "pass"
    assert found.comparison.series.excluded == (("too_few_minutes", 1),)
    assert "valid_minutes_assumed" not in found.flags
    assert judge(f"every_hour({LIMIT})", hours(100, lambda n: 51 if n == 0 else 50, minutes=45)).status == "fail"
    assert "valid_minutes_assumed" in judge(f"every_hour({LIMIT})", hours(100)).flags


def test_what_does_not_count_is_told_by_its_reason(judge):
    reasons = {
        0: {"NOx (mg/m3)": ""}, 1: {"NOx (mg/m3)": -1}, 2: {"O2 (%)": 21}, 3: {"O2 (%)": ""}, 4: {"state": "D"},
        5: {"minutes": 44}, 6: {"O2 (%)": -1}, 7: {"O2 (%)": "20.99"},
    }  # fmt: skip
    rows = [
        {**row, **reasons.get(n, {})}
        for n, row in enumerate(hours(100, 10, **{"O2 (%)": 16, "state": "", "minutes": 60}))
    ]
    del rows[50]
    found = judge("every_hour(emissions.NOx <= 50 mg/m3 @ 16 % O2)", rows)
    assert dict(found.comparison.series.excluded) == {
        "no_value": 1, "negative_value": 1, "oxygen_out_of_range": 2, "no_oxygen": 1, "fault": 1, "too_few_minutes": 1, "no_row": 1,
    }  # fmt: skip
    assert found.status == "fail"  # 10 × 5 ÷ 0.01 at 20.99 % oxygen
    assert found.comparison.measured.exact == 5000


# --- every hour, day, window -----------------------------------------------------------------------------------------


def test_hours_are_brought_to_the_reference_oxygen_exactly(judge):
    """40 × (21 − 16) ÷ (21 − 17) = 50 is within the limit, a billionth more is not."""
    require = "every_hour(emissions.NOx <= 50 mg/m3 @ 16 % O2)"
    assert judge(require, hours(24, 40, **{"O2 (%)": 17})).status == "pass"
    found = judge(require, hours(24, lambda n: "40.000000001" if n == 7 else 40, **{"O2 (%)": 17}))
    assert found.status == "fail"
    assert [peak.at for peak in found.comparison.series.worst] == ["2025-06-01 07:00"]
    assert found.comparison.place.line == 9
    assert (
        "40.000000001 × (21 − 16) ÷ (21 − 17) = 50.00000000125 mg/m3 (s1.csv:9)"
        in found.comparison.series.worst[0].step
    )
    assert "differs_if_rounded" in found.flags


def test_hours_without_an_oxygen_column_are_taken_as_at_reference(judge):
    assert "reference_o2_assumed" in judge("every_hour(emissions.NOx <= 50 mg/m3 @ 16 % O2)", hours(24)).flags
    assert "reference_o2_assumed" not in judge(f"every_hour({LIMIT})", hours(24)).flags


def test_the_worst_hours_are_named_worst_first(judge):
    found = judge(f"every_hour({LIMIT})", hours(48, lambda n: 60 + n if n % 6 == 0 else 40))
    assert [peak.at for peak in found.comparison.series.worst] == [
        f"2025-06-0{1 + n // 24} {n % 24:02}:00" for n in (42, 36, 30, 24, 18)
    ]
    assert found.comparison.series.exceeding == 8


def test_every_hour_needs_three_quarters_of_the_time_it_covers(judge):
    require = f"every_hour({LIMIT})"
    assert judge(require, hours(100, state=lambda n: "C" if 10 <= n < 35 else "")).status == "pass"
    found = judge(require, hours(100, state=lambda n: "C" if 10 <= n < 36 else ""))
    assert (found.status, found.missing) == ("unknown", ("series.NOx: 2025-06 74/100 h",))
    found = judge(require, hours(100, lambda n: 51 if n == 0 else 40, state=lambda n: "C" if 10 <= n < 36 else ""))
    assert found.status == "fail"


def test_readings_below_the_detection_limit_are_intervals(judge):
    assert judge(f"every_hour({LIMIT})", hours(24, "<50")).status == "pass"
    found = judge(f"every_hour({LIMIT})", hours(24, lambda n: "<51" if n else 40))
    assert (found.status, found.missing) == ("unknown", ("series.NOx: below_detection 23",))
    found = judge(SHARE, hours(720, lambda n: "<51" if n < 37 else 50))
    assert (found.status, found.missing) == ("unknown", ("series.NOx: below_detection 37",))
    assert judge(SHARE, hours(720, lambda n: "<51" if n < 36 else 50)).status == "pass"


@pytest.mark.parametrize(("valid", "status"), [(20, "fail"), (19, "pass")])
def test_a_day_needs_twenty_valid_hours(judge, valid, status):
    """The second of ten days reads too high: it counts with 20 valid hours and not with 19."""
    rows = hours(240, lambda n: 60 if 24 <= n < 48 else 40, state=lambda n: "C" if 24 + valid <= n < 48 else "")
    found = judge(f"every_day({LIMIT})", rows)
    assert found.status == status
    assert found.comparison.series.means == (10 if valid == 20 else 9)
    assert found.comparison.series.worst[0].at == ("2025-06-02" if valid == 20 else "2025-06-01")


def test_the_mean_of_a_day_is_that_of_its_converted_hours(judge):
    """Twelve hours of 30 at 16 % and twelve of 30 at 18.5 % (60 at reference) are 45 at reference."""
    rows = hours(24, 30, **{"O2 (%)": lambda n: 16 if n < 12 else "18.5"})
    assert judge("every_day(emissions.NOx <= 45 mg/m3 @ 16 % O2)", rows).status == "pass"
    found = judge("every_day(emissions.NOx < 45 mg/m3 @ 16 % O2)", rows)
    assert (found.status, found.comparison.measured.exact) == ("fail", 45)


def test_days_that_are_not_valid_are_too_few_days(judge):
    rows = hours(240, state=lambda n: "C" if n % 24 < 5 and n >= 168 else "")
    found = judge(f"every_day({LIMIT})", rows)
    assert (found.status, found.missing) == ("unknown", ("series.NOx: 2025-06 7/10 d",))


def test_days_of_a_daily_series(judge):
    rows = [{"timestamp": f"2025-06-{day:02}", "COD (mg/L)": 60 if day == 17 else 50} for day in range(1, 31)]
    found = judge("every_day(water.COD <= 50 mg/L)", rows, subject="outfall")
    assert [peak.at for peak in found.comparison.series.worst] == ["2025-06-17"]
    assert (found.status, found.comparison.place.line) == ("fail", 18)
    found = judge("every_hour(water.COD <= 50 mg/L)", rows, subject="outfall")
    assert (found.status, found.missing) == ("unknown", ("series.COD: hourly means",))


@pytest.mark.parametrize(("height", "status"), [(90, "pass"), (91, "fail")])
def test_a_rolling_window(judge, height, status):
    """Five hours among 24 of 40: (19 × 40 + 5 × 90) ÷ 24 = 50.416…; over 48 hours they do not matter; of 25, (20 × 40 + 5 × 90) ÷ 25 = 50."""
    rows = hours(100, lambda n: height if 50 <= n < 55 else 40)
    assert judge(f"every_mean(25 h: {LIMIT})", rows).status == status
    assert judge(f"every_mean(24 h: {LIMIT})", rows).status == "fail"
    assert judge(f"every_mean(2 d: {LIMIT})", rows).status == "pass"
    worst = judge(f"every_mean(24 h: {LIMIT})", rows).comparison
    assert worst.measured.exact == Fraction(19 * 40 + 5 * height, 24)
    assert len(worst.series.worst) == 1
    assert worst.series.means == 77


def test_a_window_needs_three_quarters_of_its_hours(judge):
    rows = hours(96, lambda n: 99 if n < 3 else 40, state=lambda n: "C" if 3 <= n < 6 else "")
    assert judge(f"every_mean(8 h: {LIMIT})", rows).comparison.measured.exact < 99
    assert judge(f"every_mean(12 h: {LIMIT})", rows).comparison.measured.exact == Fraction(3 * 99 + 6 * 40, 9)
    assert judge(f"every_mean(200 h: {LIMIT})", rows).status == "unknown"


# --- what plain conditions and tables ask of a series ----------------------------------------------------------------


def test_a_plain_comparison_asks_for_every_hour_and_for_the_value_stated(judge):
    good, bad = hours(48), hours(48, lambda n: 51 if n == 3 else 40)
    assert judge(LIMIT, good).status == "pass"
    assert judge(LIMIT, bad).status == "fail"
    assert judge(LIMIT, good, "emissions: {NOx: 51 mg/m3}").status == "fail"
    assert judge(LIMIT, bad, "emissions: {NOx: 40 mg/m3}").status == "fail"
    both = judge(LIMIT, good, "emissions: {NOx: 40 mg/m3}")
    assert (both.status, [c.path for c in both.comparisons]) == ("pass", ["emissions.NOx", "every_hour(emissions.NOx)"])
    assert judge("emissions.SO2 <= 50 mg/m3", good).missing == ("emissions.SO2",)
    assert judge("known(emissions.NOx)", good).status == "pass"


def test_a_plain_comparison_of_water_asks_for_every_day(judge):
    rows = [{**row, "COD (mg/L)": 60 if n == 3 else 40} for n, row in enumerate(hours(48))]
    rows = [{"timestamp": row["timestamp"], "COD (mg/L)": row["COD (mg/L)"]} for row in rows]
    assert judge("water.COD <= 50 mg/L", rows, subject="outfall").status == "pass"
    assert judge("every_hour(water.COD <= 50 mg/L)", rows, subject="outfall").status == "fail"


def sintering(exceeding):
    return hours(720, lambda n: 51 if n < exceeding else 50, **{"PM (mg/m3)": 10, "SO2 (mg/m3)": 35, "O2 (%)": 16})


def test_ultra_low_tables_ask_for_95_percent_of_the_hours(judge):
    require, facts = "emissions within steel-ultra-low", "process: sintering_head"
    assert judge(require, sintering(36), facts).status == "pass"
    assert judge(require, sintering(37), facts).status == "fail"
    assert judge(require, sintering(0), f"{facts}, emissions: {{NOx: {{value: 51 mg/m3, O2: 16 %}}}}").status == "fail"
    special = judge("emissions within steel-special", sintering(0), facts)
    assert {c.path: c.truth for c in special.comparisons if c.series} == {
        "every_hour(emissions.PM)": True, "every_hour(emissions.SO2)": True, "every_hour(emissions.NOx)": True,
    }  # fmt: skip


def test_what_the_series_lacks_is_asked_for(judge):
    found = judge("emissions within steel-ultra-low", hours(720, **{"O2 (%)": 16}), "process: sintering_head")
    assert (found.status, found.missing) == ("unknown", ("emissions.PM", "emissions.SO2"))


def test_rows_of_a_table_judge_the_days_on_which_they_hold(judge):
    """From 2026-03-01 on pH is judged on the hours, before on the mean of the day."""
    require = "water within gb18918-1a at effluent"

    def rows(start):
        values = hours(48, 7, start=start)
        return [{"timestamp": row["timestamp"], "pH": "9.1" if n == 5 else 7} for n, row in enumerate(values)]

    def of_ph(start):
        found = judge(require, rows(start), subject="outfall", as_of=date(2026, 6, 1))
        return {c.path: c.truth for c in found.comparisons if "pH" in c.path and c.op == "<="}

    # The limit of the day asked about is not shown by data from before it.
    assert of_ph(datetime(2026, 1, 1)) == {"every_day(water.pH)": True, "water.pH": None}
    assert of_ph(datetime(2026, 3, 1)) == {"every_hour(water.pH)": False}
    assert of_ph(datetime(2026, 2, 28)) == {"every_day(water.pH)": True, "every_hour(water.pH)": True}


def test_a_rule_of_the_language_without_a_series_says_so(judge, words):
    assert judge(f"every_hour({LIMIT})", hours(24, **{"SO2 (mg/m3)": 1})).status == "pass"
    assert judge("every_hour(emissions.SO2 <= 5 mg/m3)", hours(24)).missing == ("series.SO2",)
    plant = read_facility('format: envcheck/facility/1\nid: p\nregion: "150203"\noutlets: [{id: S1}]\n', words)
    pack = small_pack(rule(f"every_hour({LIMIT})", subject="outlet"))
    assert check([plant], [pack], AS_OF, "direct").reports[0].findings[0].missing == ("series",)


@pytest.mark.parametrize(
    ("require", "told"),
    [
        ("every_hour(emissions.NOx == 50 mg/m3)", "take <, <=, > or >="),
        ("every_hour(emissions.NOx.more <= 50 mg/m3)", "no such substance"),
        ("every_hour(emissions.NOx <= 50 kg)", "not in a unit of mg/m3"),
        ("every_mean(1.5 h: emissions.NOx <= 50 mg/m3)", "whole number of hours"),
        ("every_mean(24 kg: emissions.NOx <= 50 mg/m3)", "whole number of hours"),
        ("every_mean(9000 h: emissions.NOx <= 50 mg/m3)", "whole number of hours"),
        ("share_of_hours(emissions.NOx <= 50 mg/m3) <= 95 %", "a share is written >= 95 %"),
        ("share_of_hours(emissions.NOx <= 50 mg/m3) >= 95", "a share is written >= 95 %"),
        ("every_hour(capacity <= 50 t/h)", "has no attribute"),
    ],
)
def test_conditions_over_time_that_mean_nothing(require, told):
    with pytest.raises(InputError, match=told):
        small_pack(rule(require, subject="outlet"))


def test_only_kinds_with_a_series_take_conditions_over_time():
    with pytest.raises(InputError, match="Kinds with a series: outlet, outfall"):
        small_pack(rule(f"every_hour({LIMIT})", subject="boiler"))


@pytest.mark.parametrize(
    "hours_key",
    ["95 %", "{share: 95 %}", "{share: 95, per: month}", "{share: 95 %, per: year}", "{share: 95 %, per: month, x: 1}"],
)
def test_the_share_of_a_table_is_checked(hours_key):
    table = f"""format: envcheck/standard/1
id: t
title: {{zh: 表, en: table}}
document: d
medium: air
hours: {hours_key}
limits: []
"""
    root = ROOT / "rules" / "vocabulary"
    files = {f"rules/vocabulary/{path.name}": path.read_bytes() for path in root.glob("*.yaml")}
    with pytest.raises(InputError, match=r"share: 95 %, per: month|per is month|unknown key x"):
        loading.compile_files({**files, "rules/standards/t.yaml": table.encode()})


# --- shipped tables, examples, forms ---------------------------------------------------------------------------------


def test_the_walk_through_of_real_days(words, packs):
    from envcheck.facility import facility_file
    from envcheck.files import source

    plant = facility_file.read(source.read_file(str(ROOT / "examples/monitoring/manresa.yaml")), words)
    pack = next(p for p in packs if p.id == "kundulun-2023")
    (found,) = [
        f
        for f in check([plant], [pack], date(2025, 6, 1), "direct").reports[0].findings
        if f.rule.id == "xijiao-grade-1a"
    ]
    assert found.status == "fail"
    told = {c.path: c.series for c in found.comparisons if c.series is not None and c.truth is False}
    rows = [line.split(",") for line in (ROOT / "examples/monitoring/manresa.csv").read_text().splitlines()[1:]]
    cod = [Fraction(row[1]) for row in rows if row[1]]
    assert told["every_day(water.COD)"].valid == len(cod)
    assert told["every_day(water.COD)"].exceeding == sum(value > 50 for value in cod)
    assert found.comparison.measured.exact == max(Fraction(row[2]) for row in rows if row[2])


def test_shipped_tables_with_a_share(packs):
    limits = [part for p in packs for r in p.rules for part in ex.walk(r.require) if isinstance(part, ex.Limit)]
    shares = {(limit.table, limit.share.least) for limit in limits if limit.share is not None}
    assert shares == {("steel-ultra-low", 95), ("coking-ultra-low", 95), ("cement-ultra-low", 95)}


EXAMPLES = """examples:
      - {given: {series: [{timestamp: 2025-06-01 00:00, NOx: 40 mg/m3, O2: 17 %}]}, as_of: 2025-07-01, expect: pass}
      - {given: {series: [{timestamp: 2025-06-01 00:00, NOx: 41 mg/m3, O2: 17 %}]}, as_of: 2025-07-01, expect: fail}
      - {given: {series: [{timestamp: 2025-06-01 00:00, NOx: 40 mg/m3, O2: 17 %}, {timestamp: 2025-06-01 01:00, state: C}]}, as_of: 2025-07-01, expect: unknown}
"""


def test_examples_of_rules_hold_short_series(words):

    root = ROOT / "rules" / "vocabulary"
    text_ = "format: envcheck/rules/1\nrules:\n" + rule(
        "every_hour(emissions.NOx <= 50 mg/m3 @ 16 % O2)", subject="outlet", more=EXAMPLES
    )
    files = {f"rules/vocabulary/{path.name}": path.read_bytes() for path in root.glob("*.yaml")}
    _, (pack,), examples = loading.compile_files(
        {**files, "small/pack.yaml": PACK.encode(), "small/rules.yaml": text_.encode()}
    )
    assert [rule_tests.answer(words, pack, pack.rules[0], example).status for example in examples["small/r"]] == [
        "pass",
        "fail",
        "unknown",
    ]


def test_the_series_of_a_form_and_of_the_schema(words, packs):
    from envcheck.forms.fields import form

    found = form(packs, words, {"type": "enterprise", "industry": "steel", "region": "150203"}, date(2025, 6, 1))
    assert "series" in [use.key.text for use in found.fields["outlet"]]
    validator = jsonschema_rs.validator_for(published.facility(words))
    head = {"format": "envcheck/facility/1", "id": "p"}
    assert validator.is_valid({**head, "outlets": [{"id": "S1", "series": "data/s1.csv"}]})
    assert validator.is_valid(
        {**head, "outlets": [{"id": "S1", "series": [{"timestamp": "2025-01-01 00:00", "NOx": "40 mg/m3"}]}]}
    )
    assert not validator.is_valid({**head, "outlets": [{"id": "S1", "series": 7}]})


def test_the_invented_year_is_the_same_every_time(tmp_path, words, packs):
    """Ten of the stacks: the eighth has a bad month; all others keep the limits."""
    import subprocess
    import sys

    from envcheck.facility import facility_file
    from envcheck.files import source

    script = [sys.executable, str(ROOT / "examples/monitoring/stacks.py"), str(tmp_path), "--outlets", "8"]
    subprocess.run(script, check=True, timeout=120)
    plant = facility_file.read(source.read_file(str(tmp_path / "steelworks.yaml")), words)
    pack = next(p for p in packs if p.id == "kundulun-2023")
    findings = check([plant], [pack], date(2026, 1, 1), "direct").reports[0].findings
    chosen = {f.subject.id: f.status for f in findings if f.rule.id == "steel-industry-ultra-low"}
    assert chosen == {f"S{n:02}": "fail" if n == 8 else "pass" for n in range(1, 9)}
