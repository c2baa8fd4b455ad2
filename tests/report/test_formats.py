"""Formats for machines and tables: valid against their schemas, harmless whatever a name holds, and nothing lost."""

import csv
import io
import json
import re
from collections import Counter
from datetime import date
from functools import cache

import jsonschema_rs
import pytest
from lxml import etree
from markdown_it import MarkdownIt

from envcheck.cli.commands.check import FORMATS
from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.check import check
from envcheck.model.rule import MODALITIES, STATUSES
from envcheck.report.formats import csv as table
from envcheck.report.formats import json as contract
from envcheck.report.formats import jsonl, junit, md, sarif
from envcheck.report.parts import baseline
from envcheck.schema import published
from support import ROOT, closed, read_facility, rule, shipped, small_pack

FIXTURES = ROOT / "tests/fixtures"
FACILITIES = sorted((ROOT / "facilities").glob("*.yaml"))
# The published pattern of languages has a stray bracket, which strict readers of regular expressions refuse.
SARIF_TEXT = (FIXTURES / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8").replace("{2}]?$", "{2}$")
SARIF = jsonschema_rs.Draft4Validator(json.loads(SARIF_TEXT))
JUNIT = etree.XMLSchema(etree.parse(FIXTURES / "junit-10.xsd"))

NASTY = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://e.vil","x")',
    "-2+3+cmd|' /C calc'!A0",
    "＝1+1",
    " @SUM(1)",
    "bell\x07 escape\x1b[31m nul-ish\x01 del\x7f",
    "line\nbreak\r\nand\u2028more\x85and\ttab",
    "reverse\u202egnp.exe",
    "not xml \ufffe",
    "]]> --> &amp; &#60; %3C \\ {0} {{",
    "quotes \" ' ` and ; , | cells",
    "[link](javascript:alert(1)) ![i](http://e.vil/i.png) *b* _i_ ~~s~~ # h",
    "https://e.vil and www.e.vil and <http://e.vil>",
    "长" * 300,
]
RULES = rule("emissions.NOx <= 30 mg/m3", name="nox") + rule(
    "capacity >= 10 t/h", when="fuel == coal", name="size"
) + rule("emissions.PM <= 10 mg/m3", name="pm", more="due: 2030-12-31") + rule(
    "emissions.SO2 <= 35 mg/m3", name="so2"
) + rule("emissions.Hg <= 0.03 mg/m3", name="mercury", more="remedy: {zh: 加装脱汞, en: remove mercury}")  # fmt: skip
MANUAL = """
manual:
  - {id: look, clause: 二, covers: [small-002], title: {zh: 看一看, en: look at it}, subject: boiler, modality: must}
"""
PLANT = """format: envcheck/facility/1
id: ID
name: NAME
region: "150203"
waivers:
  - {rule: small/so2, document: NAME, approver: NAME, until: 2030-01-01, reason: NAME}
  - {rule: small/size, document: UNUSED, approver: NAME, until: 2030-01-01, reason: NAME}
boilers:
  - id: ID
    fuel: natural_gas
    emissions:
      NOx: 46 mg/m3
      PM: 20 mg/m3
      SO2: 70 mg/m3
"""


@cache
def nasty(name):
    """A result with every status but one, where all that a user may word holds the name."""
    identity = re.sub(r"[\x00-\x1f\x7f-\x9f/]", "_", name)
    text = PLANT.replace("NAME", json.dumps(name)).replace("ID", json.dumps(identity)).replace("\x7f", "\\u007f")
    plant = read_facility(text, shipped()[0], "a folder/厂 1.yaml")
    return check([plant], [small_pack(RULES, MANUAL)], date(2026, 1, 1), "direct", everywhere=True)


@cache
def of_shipped(path):
    words, packs, _ = shipped()
    plant = facility_file.read(source.read_file(str(path), f"facilities/{path.name}"), words)
    return check([plant], packs, date(2026, 1, 1), "direct")


def counts(result):
    """Findings by status over all facilities, as the JSON contract counts them."""
    total = Counter()
    for one in json.loads(contract.render(result, shipped()[0]))["facilities"]:
        total.update(one["counts"])
    return total


each_name = pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
each_facility = pytest.mark.parametrize("path", FACILITIES, ids=lambda path: path.stem)


def test_the_nasty_plant_has_what_the_tests_need():
    assert counts(nasty("x")) == {
        "pass": 0, "fail": 1, "unknown": 1, "pending": 1, "waived": 1, "not_applicable": 1, "manual": 1,
    }  # fmt: skip


# --- the JSON contract ----------------------------------------------------------------------------------------------


@cache
def findings_schema():
    return jsonschema_rs.Draft7Validator(closed(published.findings()))


@each_facility
def test_shipped_results_are_what_the_published_schema_says(path):
    findings_schema().validate(json.loads(contract.render(of_shipped(path), shipped()[0])))


@each_name
def test_nasty_results_are_what_the_published_schema_says(name):
    data = json.loads(contract.render(nasty(name), shipped()[0]))
    findings_schema().validate(data)
    assert data["facilities"][0]["name"] == name.strip()


def test_the_schema_knows_every_status_and_modality():
    definitions = published.findings()["definitions"]
    assert tuple(definitions["finding"]["properties"]["status"]["enum"]) == STATUSES
    assert tuple(definitions["modality"]["enum"]) == MODALITIES
    assert set(definitions["facility"]["properties"]["counts"]["required"]) == {*STATUSES, "manual"}
    assert published.findings()["properties"]["format"]["const"] == contract.FORMAT


def test_a_number_that_is_not_text_is_against_the_schema():
    data = json.loads(contract.render(nasty("x"), shipped()[0]))
    data["facilities"][0]["findings"][0]["measured"]["value"] = 46.0
    assert not findings_schema().is_valid(data)


# --- one finding a line or row --------------------------------------------------------------------------------------


@each_name
def test_a_line_for_every_finding(name):
    text = jsonl.render(nasty(name), shipped()[0])
    assert text.count("\n") == len(text.splitlines())
    lines = [json.loads(line) for line in text.splitlines()]
    assert Counter(line["status"] for line in lines) - Counter({"unused_waiver": 1}) == +counts(nasty(name))
    plant = json.loads(contract.render(nasty(name), shipped()[0]))["facilities"][0]
    assert {line["facility"] for line in lines} == {plant["id"]}
    assert {line["as_of"] for line in lines} == {"2026-01-01"}
    first = {key: lines[0][key] for key in plant["findings"][0]}
    assert first == plant["findings"][0]


def rows(result, lang):
    content = table.render(result, shipped()[0], lang)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@each_name
def test_no_cell_is_a_formula_or_more_than_one_line(name):
    for row in rows(nasty(name), "en"):
        for value in row.values():
            assert not re.match(r"\s*[=@＝＋－＠+]", value)
            assert not value.startswith("-") or re.fullmatch(r"-[0-9.]+", value)
            assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", value)
    assert Counter(row["status"] for row in rows(nasty(name), "en")) - Counter({"unused_waiver": 1}) == +counts(
        nasty(name)
    )


def test_numbers_in_a_table_stay_numbers():
    failed = next(row for row in rows(nasty("x"), "en") if row["status"] == "fail")
    assert (failed["measured"], failed["op"], failed["limit"], failed["limit_unit"]) == ("46", "<=", "30", "mg/m3")
    assert failed["margin"] == "-0.533333"  # (30 - 46) / 30
    assert failed["place"] == "a folder/厂 1.yaml:12:12"


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1+1", "'=1+1"), ("  =1", "'  =1"), ("-0.5", "-0.5"), ("-x", "'-x"), ("+86 472", "'+86 472"), ("a=b", "a=b")],
)
def test_only_formulas_are_defused(text, cell):
    assert table.defused(text) == cell


def test_a_table_in_chinese_says_everything_in_chinese():
    row = rows(nasty("x"), "zh")[0]
    assert (row["企业编号"], row["结论"], row["约束力"], row["限值"]) == ("x", "不符合", "应当", "30")


# --- SARIF ----------------------------------------------------------------------------------------------------------


@each_name
@pytest.mark.parametrize("every", [False, True])
def test_sarif_is_valid_and_complete(name, every):
    log = json.loads(sarif.render(nasty(name), shipped()[0], "en", every=every))
    SARIF.validate(log)
    run = log["runs"][0]
    found = Counter(one["properties"]["status"] for one in run["results"])
    total = counts(nasty(name))
    assert found == (+total if every else {key: total[key] for key in ("fail", "waived", "unknown")})
    assert run["properties"]["facilities"][0]["counts"] == total
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
        assert "](" not in one["message"]["text"]
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 1


def test_sarif_says_kind_level_and_place():
    log = json.loads(sarif.render(nasty("x"), shipped()[0], "en", every=True))
    found = {one["ruleId"]: one for one in log["runs"][0]["results"]}
    assert {name: (one["kind"], one["level"]) for name, one in found.items()} == {
        "small/nox": ("fail", "error"),
        "small/pm": ("informational", "none"),
        "small/so2": ("fail", "error"),
        "small/mercury": ("open", "none"),
        "small/size": ("notApplicable", "none"),
        "small/look": ("review", "none"),
    }
    assert "suppressions" not in found["small/nox"]
    assert found["small/so2"]["suppressions"][0]["status"] == "accepted"
    assert found["small/so2"]["suppressions"][0]["properties"] == {"until": "2030-01-01"}
    place = found["small/nox"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20folder/%E5%8E%82%201.yaml"
    assert place["region"]["startLine"] == PLANT.splitlines().index("      NOx: 46 mg/m3") + 1
    boiler = found["small/size"]["locations"][0]["physicalLocation"]
    assert boiler["region"]["startLine"] == PLANT.splitlines().index("  - id: ID") + 1


def test_fingerprints_tell_findings_apart_and_outlast_new_lines_and_values():
    def prints(text):
        plant = read_facility(text, shipped()[0])
        result = check([plant], [small_pack(RULES, MANUAL)], date(2026, 1, 1), "direct", everywhere=True)
        log = json.loads(sarif.render(result, shipped()[0], "en", every=True))
        return {one["ruleId"]: one["partialFingerprints"]["envcheckFinding/v1"] for one in log["runs"][0]["results"]}

    before = prints(PLANT)
    assert len(set(before.values())) == len(before) == 6
    assert prints(PLANT.replace("id: ID\n", "id: ID\n\n# more\n", 1).replace("46 mg", "25 mg")) == before


def test_files_are_named_as_seen_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sarif.relative_uri(str(tmp_path / "in" / "a b.yaml")) == "in/a%20b.yaml"
    assert sarif.relative_uri("./in/a#b.yaml") == "in/a%23b.yaml"
    assert sarif.relative_uri("/elsewhere/a.yaml") == "file:///elsewhere/a.yaml"


def judged(text):
    plant = read_facility(text, shipped()[0])
    return check([plant], [small_pack(RULES, MANUAL)], date(2026, 1, 1), "direct", everywhere=True)


def states(text, baseline, every=False):
    log = sarif.render(judged(text), shipped()[0], "en", every=every, baseline=baseline)
    SARIF.validate(json.loads(log))
    return {one["ruleId"]: one["baselineState"] for one in json.loads(log)["runs"][0]["results"]}


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_log_says_what_is_new_beside_an_earlier_result(form, every):
    words = shipped()[0]
    before = judged(PLANT)
    kept = (
        contract.result_data(before, words)
        if form == "json"
        else baseline.of_log(sarif.render(before, words, "zh", every=every).encode())
    )
    same = states(PLANT, kept, every)
    assert set(same.values()) == {"unchanged"}
    assert len(same) == (6 if every else 3)
    # 47 mg/m3 is worse than 46; mercury is known now and within its limit
    after = PLANT.replace("NOx: 46", "NOx: 47").replace("SO2: 70 mg/m3", "SO2: 70 mg/m3\n      Hg: 0.01 mg/m3")
    found = states(after, kept, every)
    assert (found["small/nox"], found["small/so2"]) == ("updated", "unchanged")
    assert found["small/mercury"] == ("updated" if every else "absent")
    found = states(PLANT, contract.result_data(judged(after), words), every)
    assert found["small/mercury"] == ("updated" if every else "new")


def test_what_was_absent_in_a_log_is_not_listed_again():
    words = shipped()[0]
    gone = PLANT.replace("NOx: 46", "NOx: 30")
    log = sarif.render(judged(gone), words, "en", baseline=contract.result_data(judged(PLANT), words))
    assert "no longer listed: rule" in log
    assert "small/nox" not in states(gone, baseline.of_log(log.encode()))


def test_other_files_are_no_baseline():
    log = json.loads(sarif.render(judged(PLANT), shipped()[0], "en"))
    assert baseline.of_log(json.dumps(log).encode()) is not None
    log["runs"][0]["results"][0]["properties"]["status"] = "splendid"
    for data in (b"{}", b"[]", b"null", b"x", b"\xff", json.dumps(log).encode()):
        assert baseline.of_log(data) is None


# --- JUnit ----------------------------------------------------------------------------------------------------------


def assert_junit(result):
    root = etree.fromstring(junit.render(result, shipped()[0], "zh").encode())
    JUNIT.assertValid(root)
    total = counts(result)
    assert len(root.findall(".//failure")) == int(root.get("failures")) == total["fail"]
    assert len(root.findall(".//error")) == int(root.get("errors")) == total["unknown"]
    skipped = Counter(node.get("type") for node in root.iter("skipped"))
    assert skipped == +Counter({key: total[key] for key in ("pending", "waived", "not_applicable", "manual")})
    assert len(root.findall(".//testcase")) == int(root.get("tests")) == sum(total.values())
    for suite in root:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    return root


@each_name
def test_junit_is_valid_and_counts_everything(name):
    root = assert_junit(nasty(name))
    assert {node.tag for node in root.iter()} <= {
        "testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped", "system-out",
    }  # fmt: skip
    assert "UNUSED" in root.find(".//property[@name='unused_waiver']").get("value")


@each_facility
def test_shipped_results_in_every_format_agree(path):
    result, words = of_shipped(path), shipped()[0]
    total = counts(result)
    assert_junit(result)
    log = json.loads(sarif.render(result, words, "zh", every=True))
    SARIF.validate(log)
    assert Counter(one["properties"]["status"] for one in log["runs"][0]["results"]) == +total
    assert Counter(row["status"] for row in rows(result, "en")) == +total
    assert Counter(json.loads(line)["status"] for line in jsonl.render(result, shipped()[0]).splitlines()) == +total
    assert count_row(md.render(result, words, "en")) == [*(total[s] for s in STATUSES)]


# --- Markdown -------------------------------------------------------------------------------------------------------


def count_row(text):
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("| pass |"))
    return [int(cell) for cell in lines[at + 2].strip("|").split("|")][: len(STATUSES)]


def structure(text):
    """The tags that Markdown turns a text into, where HTML, tables and bare links are understood."""
    html = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    return Counter(re.findall(r"<(/?[a-zA-Z][a-z0-9]*)", html)), html


@each_name
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_name_adds_nothing_to_the_structure_of_a_page(name, lang):
    words = shipped()[0]
    text = md.render(nasty(name), words, lang)
    tags, html = structure(text)
    plain, _ = structure(md.render(nasty("x"), words, lang))
    assert tags == plain
    assert not {"script", "a", "img", "em", "strong_", "del"} & set(tags)
    shown = re.sub(r"<[^>]+>", "", html)
    for sign in ("*", "_", "`", "[link]", "~~"):
        assert (sign in shown) >= (sign in name)


def test_markdown_tells_the_outcome_first_then_value_limit_clause_margin_and_remedy():
    text = md.render(nasty("x"), shipped()[0], "en")
    assert (
        text.index("Outcome: non-compliant")
        < text.index("### Problems by ended plans alone: 1")
        < text.index("facts to ask for")
    )
    failed = next(line for line in text.splitlines() if "small/nox" in line)
    assert "46 mg/m3 | ≤ 30 mg/m3 | 53.3 % over | needs ≤ 30 mg/m3 |" in failed
    assert "small plan 一" in failed
    assert "- [ ] emission concentrations: mercury" in text
    assert "Waiver not used: small/size" in text
    assert count_row(text) == [0, 1, 1, 1, 1, 1]


def test_the_formats_are_there():
    assert {"json", "jsonl", "md", "csv", "sarif", "junit"} <= set(FORMATS)
