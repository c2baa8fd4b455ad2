"""What reports show of a monitoring series: its worst hours, its chart, its account."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import StringIO

import jsonschema_rs
import pytest

from envcheck.facility.whatif import goal
from envcheck.judging.check import check
from envcheck.report.formats import docx, html, md, text
from envcheck.report.formats import json as contract
from envcheck.schema import published
from support import read_facility, rule, small_pack
from support.pages import Page
from support.series import AS_OF, LIMIT, SHARE, START, hours, judge_in, written


@pytest.fixture
def judge(tmp_path, words):
    return judge_in(tmp_path, words)


@pytest.fixture
def failing(tmp_path, words):
    rows = hours(
        720, lambda n: 60 + n / 100 if n < 37 else 40, **{"O2 (%)": 16, "state": lambda n: "C" if n % 100 == 99 else ""}
    )
    (tmp_path / "s1.csv").write_text(written(rows))
    head = 'format: envcheck/facility/1\nid: plant\nregion: "150203"\noutlets:\n  - {id: S1, series: s1.csv}\n'
    plant = read_facility(head, words, str(tmp_path / "plant.yaml"))
    return check(
        [plant],
        [small_pack(rule("share_of_hours(emissions.NOx <= 50 mg/m3 @ 16 % O2) >= 95 %", subject="outlet"))],
        AS_OF,
        "direct",
    )


def test_the_json_contract_tells_the_series(failing, words):
    data = json.loads(contract.render(failing, words))
    jsonschema_rs.validator_for(published.findings()).validate(data)
    (finding,) = data["facilities"][0]["findings"]
    told = finding["series"]
    assert (told["hours"], told["valid"], told["excluded"], told["exceeding"]) == (720, 713, {"calibration": 7}, 37)
    assert told["share"] == "94.8107"
    assert finding["measured"]["value"].startswith("94.81065")
    assert told["worst"][0]["at"] == "2025-06-02 12:00"
    assert told["worst"][0]["value"] == "60.36"
    assert told["worst"][0]["place"]["line"] == 38
    assert told["months"] == [
        {
            "month": "2025-06",
            "due": 720,
            "valid": 713,
            "within": 676,
            "exceeding": 37,
            "enough": True,
            "share": "94.8107",
        }
    ]
    assert finding["comparisons"][0]["series"] == told
    assert goal(failing.reports[0].findings[0], failing.reports[0].findings[0].comparison).op == ">="


def test_text_markdown_and_word_tell_the_worst_hours(failing, words):
    stream = StringIO()
    text.write(failing, words, stream, text.Manner("en", color=False))
    shown = " ".join(stream.getvalue().split())
    assert (
        "720 hours, 713 valid; left out calibration 7; 37 of 713 hourly means beyond the limit (≤ 50 mg/m3 @ 16 % O2)"
        in shown
    )
    assert shown.count("2025-06-02 12:00: 60.36 × (21 − 16) ÷ (21 − 16) = 60.36 mg/m3 (s1.csv:38)") == 1
    page = md.render(failing, words, "zh")
    assert "720 小时，有效 713；不计 校准 7" in page
    assert "60.36 × (21 − 16) ÷ (21 − 16)" in page
    assert len(docx.render(failing, words, "zh")) > 10_000


def test_the_page_draws_the_series(failing, words):
    page = html.render(failing, words, "en")
    plot = page[page.index('<svg class="plot"') : page.index("</svg>", page.index('<svg class="plot"'))]
    assert 'viewBox="0 0 360 1000"' in plot
    assert plot.count('class="limit"') == 1
    # 37 hours of 720 in 360 columns: 19 columns with an exceedance, all of them before the limit is kept.
    beyond = plot[plot.index('class="beyond" d="') :].split('"')[3]
    assert beyond.count("M") == 19
    assert 'class="gap"' not in plot
    assert "least to greatest of each column" in page


def test_the_page_with_a_series_is_well_formed(failing, words):
    page = Page(html.render(failing, words, "zh"))
    assert not any("style" in attributes for _, attributes in page.elements)
    assert [a["viewbox"] for a in page.all("svg") if a.get("class") == "plot"] == ["0 0 360 1000"]
    assert "720 小时，有效 713" in page.text


def test_gaps_are_drawn(judge):
    from envcheck.report.parts.chart import chart

    found = judge(SHARE, hours(100) + hours(100, start=START + timedelta(hours=200)))
    drawn = chart(found.subject, found.comparison)
    assert drawn.columns == 300
    assert [(gap.start, gap.width) for gap in drawn.gaps] == [(100, 100)]
    assert drawn.beyond == ""


def test_no_exceedance_is_lost_by_thinning(judge):
    from envcheck.report.parts.chart import chart

    found = judge(f"every_hour({LIMIT})", hours(8760, lambda n: 50.01 if n == 4321 else 10, start=datetime(2025, 1, 1)))
    drawn = chart(found.subject, found.comparison)
    assert drawn.columns == 360
    assert drawn.beyond.startswith(f"M{4321 * 360 // 8760}.5 ")
    assert len(drawn.means) < 10_000
