"""A finding derived step by step."""

import json

import pytest

from support import HEAD, gas

RULE = "own/nox"
PACK = """format: envcheck/pack/1
id: own
version: "1"
plan: {title: {zh: 自编规划, en: own plan}, number: 自发〔2023〕1号, issuer: {zh: 某区, en: some district}}
region: "150203"
period: {from: 2023-01-01, until: 2025-12-31}
reviewed_on: 2026-01-01
definitions:
  fired: {subject: boiler, title: {zh: 有火, en: it burns}, holds: fuel != electricity}
"""
RULES = """format: envcheck/rules/1
rules:
  - id: nox
    clause: 三(三)8
    covers: [own-001]
    title: {zh: 氮氧化物, en: nitrogen oxides}
    subject: boiler
    when: [fuel == natural_gas, capacity >= 1 t/h, fired]
    require: emissions.NOx <= 30 mg/m3 @ 3.5 % O2
    modality: must
    due: 2025-12-31
    remedy: {zh: 改造, en: retrofit}
"""
DAY = ["--as-of", "2026-01-01"]


def flat(text):
    return " ".join(text.split())


@pytest.fixture
def explain(run, tmp_path):
    def call(text, *arguments, lang="en"):
        files = {"p.yaml": text, "own/pack.yaml": PACK, "own/air.yaml": RULES}
        (tmp_path / "own").mkdir(exist_ok=True)
        return run("explain", "p.yaml", *arguments, "--rules", "own", "--lang", lang, files=files)

    return call


def test_every_step_is_told_with_its_numbers(explain):
    text = gas("{value: 22 ppm, O2: 5.2 %}").replace("capacity: 20 t/h", "capacity: 14 MW")
    done = explain(text, RULE, "boilers/B1", *DAY)
    assert (done.returncode, done.stderr) == (0, "")
    page = flat(done.stdout)
    for step in (
        "clause 三(三)8; requirements own-001",
        "own plan 自发〔2023〕1号",
        "the plan binds region 150203; the file says 150203 (p.yaml:4)",
        "✓ in force from 1 January 2023",
        "✓ fuel == natural_gas (holds)",
        "natural_gas (natural gas) (p.yaml:6)",
        "14 MW = 20 t/h; 1 MW = 10/7 t/h",
        "22 ppm × 46.01 ÷ 22.4 = 45.1884 mg/m3",
        "45.1884 × (21 − 3.5) ÷ (21 − 5.2) = 50.0504 mg/m3",
        "✓ fired: it burns (holds)",
        "✗ emissions.NOx <= 30 mg/m3 @ 3.5 % O2 (does not hold)",
        "50.0504 mg/m3, limit ≤ 30 mg/m3, 66.8 % over, needs ≤ 13.1 ppm at 5.2 % O2",
        "1 January 2026 > 31 December 2025: it is due",
        "5. Status ✗ fail",
        "6. Remedy",
    ):
        assert step in page, step


def test_it_speaks_chinese(explain):
    page = flat(explain(gas("46 mg/m3"), RULE, "boilers/B1", *DAY, lang="zh").stdout)
    for words in (
        "1. 依据",
        "2. 该规则是否涉及 boilers/B1",
        "natural_gas（天然气）",
        "3. 要求",
        "期限已过",
        "✗ 不符合",
        "整改",
    ):
        assert words in page, words


def test_pending_before_the_due_date(explain):
    page = flat(explain(gas("46 mg/m3"), RULE, "boilers/B1", "--as-of", "2025-06-01").stdout)
    assert "1 June 2025 ≤ 31 December 2025: there is still time" in page
    assert "… pending" in page


def test_what_is_missing_is_named_with_its_label(explain):
    page = flat(explain(gas("null"), RULE, "boilers/B1", *DAY).stdout)
    assert "(emissions.NOx): not stated" in page
    assert "What would settle it □ emission concentrations: nitrogen oxides (as NO2) boilers/B1.emissions.NOx" in page
    assert "? unknown" in page


def test_a_convention_is_told_in_the_language_of_the_reader(explain):
    text = gas("46 mg/m3").replace("capacity: 20 t/h", "capacity: 14 MW")
    assert text != gas("46 mg/m3")
    page = "".join(explain(text, RULE, "boilers/B1", *DAY, lang="zh").stdout.split())
    assert "14MW=20t/h;1MW=10/7t/h（GB13271-2014第4.1与5.1.4条以7MW对应10t/h、14MW对应20t/h）" in page
    assert "pair" not in page
    assert "pair 7 MW with 10 t/h" in flat(explain(text, RULE, "boilers/B1", *DAY).stdout)


def test_what_does_not_apply_is_derived_as_well(explain):
    text = gas("46 mg/m3").replace("natural_gas", "coal")
    page = flat(explain(text, RULE, "boilers/B1", *DAY).stdout)
    assert "✗ fuel == natural_gas (does not hold)" in page
    assert "✓ capacity >= 1 t/h (holds)" in page
    assert "so it does not concern the subject" in page
    assert "(not asked, since it does not apply)" in page
    assert "the condition is not met: fuel == natural_gas" in page
    page = flat(explain(gas("46 mg/m3"), RULE, "boilers/B1", "--as-of", "2022-12-31").stdout)
    assert "✗ in force from 1 January 2023" in page
    page = flat(explain(gas("46 mg/m3").replace("150203", "150302"), RULE, "boilers/B1", *DAY).stdout)
    assert "✗ the plan binds region 150203; the file says 150302" in page


def test_a_waiver_is_part_of_the_derivation(explain):
    waiver = f"waivers:\n  - {{rule: {RULE}, document: 批复 7 号, approver: 区局, until: 2026-06-30, reason: 改造中}}\n"
    text = gas("46 mg/m3").replace("boilers:", waiver + "boilers:")
    page = flat(explain(text, RULE, "boilers/B1", *DAY).stdout)
    assert "waiver 批复 7 号 (区局, 改造中) (p.yaml:6): 1 January 2026 ≤ 30 June 2026" in page
    assert "~ waived" in page
    page = flat(explain(text, RULE, "boilers/B1", "--as-of", "2026-07-01").stdout)
    assert "1 July 2026 > 30 June 2026" in page
    assert "✗ fail" in page


def test_all_subjects_are_told_and_those_it_does_not_concern_in_a_line(explain):
    text = (
        gas("46 mg/m3")
        + "  - {id: B2, fuel: coal}\n  - {id: B3, fuel: natural_gas, status: existing, capacity: 2 t/h}\n"
    )
    page = explain(text, "own-001", *DAY).stdout
    assert page.count("1. Clause") == 2
    assert "– boilers/B2" in page


def test_a_what_if_is_explained_as_one(explain):
    page = flat(explain(gas("46 mg/m3"), RULE, "boilers/B1", *DAY, "--set", "boilers/B1.capacity=0.5 t/h").stdout)
    assert "What if (not what the file says): boilers/B1.capacity=0.5 t/h" in page
    assert "0.5 t/h (--set)" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-rule"], "RULE: no rule no-such-rule"),
        (["kundulun-2023-113x"], "RULE: no rule"),
        ([RULE, "boilers/B7"], "SUBJECT: the file holds no subject boilers/B7. Did you mean: boilers/B1"),
        ([RULE, "facility"], "boiler"),
        (["kundulun-2023/chemical-park*"], "p.yaml: "),
    ],
)
def test_wrong_calls_say_what_would_be_right(explain, arguments, said):
    done = explain(gas("46 mg/m3"), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_hostile_names_and_narrow_pages(explain):
    from envcheck.report.parts.layout import columns

    name = '"=HYPERLINK(1)<script>\\e[31m\\u202e' + "长" * 300 + '"'
    text = gas("46 mg/m3").replace("某厂", name).replace("{id: B1", f"{{id: B1, name: {name}")
    for lang in ("zh", "en"):
        done = explain(text, RULE, "boilers/B1", *DAY, lang=lang)
        assert "\x1b" not in done.stdout
        assert max(columns(line) for line in done.stdout.splitlines()) <= 80


def test_a_flat_ban_is_told_as_one(explain):
    text = HEAD + "boilers:\n  - {id: B1, fuel: coal, status: new, capacity: 20 t/h}\n"
    assert "a flat ban" in explain(text, "kundulun-2023/no-new-coal-boilers", "boilers/B1", *DAY).stdout


def test_it_is_data_too(run):
    files = {"p.yaml": gas("{value: 46 mg/m3, O2: 5.2 %}")}
    told = json.loads(
        run("explain", "p.yaml", "gas-boiler-10t-nox", "--as-of", "2026-01-01", "--format", "json", files=files).stdout
    )
    (finding,) = told["findings"]
    assert (told["format"], told["as_of"], finding["status"]) == ("envcheck/explain/1", "2026-01-01", "fail")
    arithmetic = [step for step in finding["steps"] if step["kind"] == "arithmetic"]
    assert arithmetic == [{"kind": "arithmetic", "text": "46 × (21 − 3.5) ÷ (21 − 5.2)", "result": "50.9494 mg/m3"}]
    stated = [fact for step in finding["steps"] for fact in step.get("facts", ()) if fact["name"] == "emissions.NOx"]
    assert [(fact["stated"], fact["place"]["line"] > 0) for fact in stated] == [("46 mg/m3", True)]
    assert len(finding["steps"]) == len(finding["trace"])
