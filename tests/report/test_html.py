"""The HTML report: well-formed, escaped and self-contained, and usable in a browser with and without scripts."""

from __future__ import annotations

import os
import re
import shutil
from datetime import date

import pytest

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.check import check
from envcheck.judging.timeline import failing, timeline
from envcheck.model.finding import Result
from envcheck.report.formats import html
from support import ROOT, read_facility, rule, small_pack
from support.pages import Page

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AS_OF = date(2026, 1, 1)
EVIL = '</script><script>window.harmed=1</script><img src=x onerror="window.harmed=1">'
NASTY = f"""format: envcheck/facility/1
id: nasty
name: {EVIL!r}
region: "150203"
boilers:
  - id: 'B"1''<b>'
    name: "=HYPERLINK(\\"http://evil.example\\")\\u202e\\u0007\\n{"长" * 300}{"x" * 300}"
    fuel: natural_gas
    status: existing
    emissions: {{NOx: {{value: 46 mg/m3, O2: 5.2 %}}}}
waivers:
  - {{rule: nothing, document: '<i>doc</i>', approver: '&amp;', until: 2030-01-01, reason: '{{{{ 7*7 }}}}'}}
"""


def run(*texts: str, words, packs) -> Result:
    return check([read_facility(text, words) for text in texts], packs, AS_OF, "direct", everywhere=True)


def shipped_page(words, packs, lang, *names):
    files = [facility_file.read(source.read_file(str(ROOT / "facilities" / f"{name}.yaml")), words) for name in names]
    result = check(files, packs, AS_OF, "direct")
    return result, html.render(result, words, lang)


@pytest.fixture(scope="module")
def boilers(words, packs):
    return shipped_page(words, packs, "zh", "gas-boiler-house")


@pytest.fixture(scope="module")
def nasty(words):
    packs = [small_pack(rule("emissions.NOx <= 30 mg/m3 @ 3.5 % O2", more="due: 2025-12-31"))]
    return html.render(run(NASTY, words=words, packs=packs), words, "en")


def test_every_element_closes_and_every_id_is_one_of_its_kind(boilers):
    page = Page(boilers[1])
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = [a["href"][1:] for a in page.all("a")]
    assert targets
    assert set(targets) <= set(ids)


def test_nothing_is_fetched_from_anywhere(boilers, nasty):
    for text in (boilers[1], nasty):
        page = Page(text)
        assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {name for name, _ in page.elements}
        for name, attributes in page.elements:
            assert not {"src", "srcset", "action", "style", "background"} & attributes.keys(), name
            assert not any(key.startswith("on") for key in attributes), name
            assert attributes.get("href", "#").startswith("#")
        styles = re.search("<style>(.*?)</style>", text, re.DOTALL)[1]
        assert "@import" not in styles
        assert "url(" not in styles
        (policy,) = (m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_what_a_file_says_stays_text(nasty):
    page = Page(nasty)
    assert EVIL in page.text
    assert len(page.all("script")) == 1
    assert "{{ 7*7 }}" in page.text
    assert "<i>doc</i>" in page.text
    assert "\u202e" not in nasty
    assert "\u0007" not in nasty
    assert r"\u202e\u0007\u000a" in nasty


def test_the_same_result_gives_the_same_bytes(boilers, words):
    assert html.render(boilers[0], words, "zh") == boilers[1]


def test_the_counts_add_up_to_the_findings_listed(boilers):
    result, text = boilers
    table = re.search('<table class="totals">.*?</table>', text, re.DOTALL)[0]
    rows = [[int(n) for n in re.findall("<td>(\\d+)</td>", row)] for row in table.split("<tr>")[2:]]
    *statuses, total = rows
    assert len(statuses) == 6
    assert [sum(column) for column in zip(*statuses, strict=True)] == total
    assert all(a + b == c for a, b, c in rows)
    listed = sum(1 for _, a in Page(text).elements if "data-plan" in a)
    assert listed == total[2] == len(result.reports[0].findings)


def test_a_value_stands_beside_its_limit_as_compared_and_as_written(words):
    packs = [small_pack(rule("emissions.NOx <= 40 mg/m3 @ 3.5 % O2"))]
    gas = (
        "format: envcheck/facility/1\nid: p\nname: 厂\nregion: '150203'\n"
        "boilers:\n  - {id: B1, emissions: {NOx: {value: 40 mg/m3, O2: 13.5 %}}}\n"
    )
    page = html.render(run(gas, words=words, packs=packs), words, "en")
    # 40 × 17.5 / 7.5 = 93.3333; the line ends 10 % beyond the highest number, at 102.667
    bar = re.search('<svg class="bar".*?</svg>', page, re.DOTALL)[0]
    assert 'class="value" x="0%" y="8" width="90.91%"' in bar
    assert 'class="raw" x="0%" y="12" width="38.96%"' in bar
    assert 'x1="38.96%"' in bar
    assert 'class="forbidden" x="38.96%" y="8" width="61.04%"' in bar
    row = Page(page).text
    for words_of_it in ("93.3333 mg/m3", "≤ 40 mg/m3", "133 % over", "40 mg/m3, O2 13.5 %"):
        assert words_of_it in row


def test_the_strictest_limit_is_drawn_and_the_others_stand_beside_it(words):
    packs = [
        small_pack(
            rule("emissions.NOx <= 40 mg/m3", name="strict")
            + rule("emissions.NOx <= 200 mg/m3", name="loose")
            + rule("emissions.SO2 <= 50 mg/m3", name="other")
        )
    ]
    gas = "format: envcheck/facility/1\nid: p\nregion: '150203'\nboilers:\n  - {id: B1, emissions: {NOx: 60 mg/m3, SO2: 5 mg/m3}}\n"
    page = html.render(run(gas, words=words, packs=packs), words, "en")
    assert page.count('<svg class="bar"') == 2
    row = Page(page).text
    assert row.index("60 mg/m3, limit ≤ 40 mg/m3") < row.index("60 mg/m3, limit ≤ 200 mg/m3, 70 % to spare")


def test_a_number_that_holds_does_not_pass_as_a_verdict(words):
    """A value within its limit in a finding that is undetermined is called so, not `pass`."""
    packs = [small_pack(rule("emissions.NOx <= 40 mg/m3", when="fuel == natural_gas"))]
    gas = "format: envcheck/facility/1\nid: p\nregion: '150203'\nboilers:\n  - {id: B1, emissions: {NOx: 20 mg/m3}}\n"
    page = html.render(run(gas, words=words, packs=packs), words, "en")
    row = re.search('<ul class="bars">.*?</ul>', page, re.DOTALL)[0]
    assert "meets the limit" in row
    assert '<span lang="en">unknown</span>' in row
    assert '<span lang="en">pass</span>' not in row


def test_deadlines_stand_in_order_around_the_day(words):
    rules = "".join(
        rule("emissions.NOx <= 30 mg/m3", more=f"due: {day}", name=f"r{n}")
        for n, day in enumerate(("2026-12-31", "2025-12-31", "2026-01-10"))
    )
    gas = "format: envcheck/facility/1\nid: p\nregion: '150203'\nboilers:\n  - {id: B1, emissions: {NOx: 50 mg/m3}}\n"
    page = html.render(run(gas, words=words, packs=[small_pack(rules)]), words, "en")
    line = Page(re.search('<ol class="timeline">.*?</ol>', page, re.DOTALL)[0]).text
    days = re.findall(r"\d{1,2} [A-Z][a-z]+ \d{4}", line)
    assert days == ["31 December 2025", "1 January 2026", "11 January 2026", "1 January 2027"]
    assert re.findall(r"\d{4}年\d+月\d+日", line) == ["2025年12月31日", "2026年1月1日", "2026年1月11日", "2027年1月1日"]
    assert "1 day past" in line
    assert "in 10 days" in line


def test_days_to_come_tell_what_begins_to_bite_and_what_is_short_of_it(words):
    rules = (
        rule("emissions.NOx <= 30 mg/m3", more="from: 2026-03-01", name="later")
        + rule("emissions.SO2 <= 30 mg/m3", more="due: 2026-06-29", name="lacking")
        + rule("emissions.NOx <= 80 mg/m3", more="due: 2026-06-29", name="kept")
        + rule("emissions.NOx <= 10 mg/m3", more="until: 2026-06-30", name="over")
    )
    gas = "format: envcheck/facility/1\nid: p\nregion: '150203'\nboilers:\n  - {id: B1, emissions: {NOx: 50 mg/m3}}\n"
    page = html.render(run(gas, words=words, packs=[small_pack(rules)]), words, "en")
    line = re.search('<ol class="timeline">.*?</ol>', page, re.DOTALL)[0]
    first, second, third = (re.sub("<[^>]+>", " ", part) for part in line.split('<li class="coming">')[1:])
    told = " ".join(first.split())
    assert "2026年3月1日 1 March 2026 还有 59 天 in 59 days" in told
    assert "2 not met (+1)" in told
    # (30 - 50) / 30 = -66.7 %
    for part in ("comes into force", "not applicable →", "50 mg/m3", "≤ 30 mg/m3", "66.7 % over"):
        assert part in told
    told = " ".join(second.split())
    assert "30 June 2026" in told
    assert "the time given is over" in told
    assert "1 for which facts are missing" in told
    assert words.substances["SO2"].label.en in told
    assert "1 more is met then" in told
    told = " ".join(third.split())
    assert "1 July 2026" in told
    assert "1 not met (-1)" in told
    assert "1 no longer applies" in told


def test_the_page_and_the_timeline_command_tell_the_same_days(words, packs):
    result, page = shipped_page(words, packs, "en", "gas-boiler-house")
    since = date(2025, 6, 1)
    earlier = check([result.reports[0].facility], packs, since, "direct")
    page = html.render(earlier, words, "en")
    bound = [p for p in packs if p.id not in earlier.reports[0].not_binding]
    days = timeline(earlier.reports[0].facility, bound, since).days
    assert len(days) > 1
    entry = r'<li class="coming"><b><span lang="zh">(\d+)年(\d+)月(\d+)日</span>.*?</span></span> <span lang="zh">不符合 (\d+) 项'
    shown = [tuple(int(number) for number in found) for found in re.findall(entry, page)]
    assert shown == [(*day.date.timetuple()[:3], failing(day.after)) for day in days]


def test_a_what_if_report_says_so(words):
    packs = [small_pack(rule("emissions.NOx <= 30 mg/m3"))]
    gas = "format: envcheck/facility/1\nid: p\nregion: '150203'\nboilers:\n  - {id: B1, emissions: {NOx: 50 mg/m3}}\n"
    result = run(gas, words=words, packs=packs)
    report = result.reports[0]
    changed = report.facility._replace(source="plant.yaml --set boilers/B1.emissions.NOx=50 mg/m3")
    page = html.render(result._replace(reports=(report._replace(facility=changed),)), words, "en")
    assert "not what the file says" in page


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip("no chromium binary on this machine (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def show(browser, tmp_path):
    contexts, complaints = [], []

    def open_page(text, width=1200, **more):
        path = tmp_path / "report.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith("file:") or complaints.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def visible(page, selector):
    return page.locator(selector).evaluate_all("all => all.filter(one => one.checkVisibility()).length")


def test_the_language_is_switched_by_a_button(boilers, show):
    page = show(boilers[1])
    assert page.locator("html").get_attribute("lang") == "zh"
    assert "结论：" in page.inner_text("main")
    page.click("text=English")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("[data-language=en]").get_attribute("aria-pressed") == "true"
    text = page.inner_text("main")
    assert "Outcome:" in text
    assert "结论：" not in text
    assert page.title().startswith("Environmental plan compliance report")
    assert page.locator("select[name=plan] option").first.inner_text() == "all"


def test_filters_by_status_plan_and_subject(boilers, show):
    result, text = boilers
    findings = result.reports[0].findings
    page = show(text)
    assert visible(page, ".finding.fail") == sum(f.status == "fail" for f in findings)
    for status in ("unknown", "pending", "pass", "not_applicable"):
        page.locator(f"input[value={status}]").focus()
        page.keyboard.press("Space")
    assert visible(page, ".finding.unknown, .finding.pass, .folded") == 0
    assert page.inner_text(".shown") == str(sum(f.status == "fail" for f in findings))
    page.select_option("select[name=subject]", label="boilers/B5 5 号模块炉")
    page.select_option("select[name=plan]", label="昆都仑区2023年污染防治攻坚战行动方案")
    left = [f for f in findings if (f.status, f.subject.path, f.rule.pack) == ("fail", "boilers/B5", "kundulun-2023")]
    assert left
    assert visible(page, ".finding") == len(left)
    assert page.inner_text(".shown") == str(len(left))


def test_a_link_opens_the_finding_it_names_even_where_a_filter_hides_it(boilers, show):
    page = show(boilers[1])
    page.uncheck("input[value=unknown]")
    assert visible(page, ".finding.unknown") == 0
    link = page.locator(".timeline .badge.unknown + a").first
    target = link.get_attribute("href")
    link.click()
    page.wait_for_function("one => document.querySelector(one).open", arg=target)
    assert page.locator(f"{target} dl").is_visible()


def test_without_scripts_everything_is_there(boilers, show):
    page = show(boilers[1], java_script_enabled=False)
    assert not page.locator(".filters").is_visible()
    assert page.locator(".finding.fail").first.is_visible()
    assert page.locator(".finding").count() + page.locator(".lines li").count() == len(boilers[0].reports[0].findings)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_needs_no_sideways_scrolling(words, packs, show, lang):
    page = show(shipped_page(words, packs, lang, "gas-boiler-house", "metal-workshop")[1], width=390)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nasty_names_do_no_harm(nasty, show):
    page = show(nasty, width=390)
    assert page.evaluate("window.harmed") is None
    assert EVIL in page.inner_text("h2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("[data-do=expand]")
    page.click("[data-language=zh]")


def test_several_facilities_share_one_page_with_an_index(words, packs, show):
    result, text = shipped_page(words, packs, "zh", "gas-boiler-house", "metal-workshop")
    page = show(text)
    assert page.locator("table.index tbody tr").count() == 2
    page.click("table.index tbody tr:nth-child(2) a")
    assert page.inner_text(":target h2") == result.reports[1].facility.name
    page.uncheck("#facility-2 input[value=unknown]")
    assert visible(page, "#facility-2 .finding.unknown") == 0
    assert visible(page, "#facility-1 .finding.unknown") > 0


def test_every_control_has_a_name_and_texts_have_contrast(boilers, show):
    page = show(boilers[1])
    assert page.locator("main").count() == 1
    nameless = page.locator("main button, main select, main input").evaluate_all(
        "all => all.filter(one => !(one.labels && one.labels.length ? one.labels[0].innerText : one.innerText).trim()).length"
    )
    assert nameless == 0
    pairs = page.locator(".badge, .soft, a, dt, .key, button").evaluate_all("""all => all.map(one => {
        const ink = getComputedStyle(one).color;
        let under = one;
        while (getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)') under = under.parentElement;
        return ink + '|' + getComputedStyle(under).backgroundColor;
    })""")
    assert pairs
    assert {pair: round(contrast(pair), 1) for pair in set(pairs) if contrast(pair) < 4.5} == {}


def contrast(pair):
    """The contrast ratio of WCAG 2 between two computed colours."""

    def luminance(color):
        parts = [int(n) / 255 for n in re.findall(r"\d+", color)[:3]]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(c) for c in pair.split("|")), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_on_paper_the_controls_are_gone(boilers, show):
    page = show(boilers[1])
    page.emulate_media(media="print")
    assert visible(page, ".filters, .languages") == 0
    assert page.locator(".finding.fail dl").first.is_visible()
