"""The command as people run it: exit codes, streams, languages, output files."""

import io
import json
import os
import re

import docx
import openpyxl
import pytest

from envcheck.report.parts.layout import columns
from support import HEAD, ROOT, SELECT, gas

SMALL = "zhenglan-2020-soil"


@pytest.mark.parametrize(
    ("nox", "code"),
    [("30 mg/m3", 0), ("31 mg/m3", 1), ("null", 3), ("31", 2)],
    ids=["compliant", "fails", "undetermined", "wrong"],
)
def test_exit_codes(run, nox, code):
    assert run("check", "p.yaml", *SELECT, files={"p.yaml": gas(nox)}).returncode == code


def test_over_many_files_wrong_input_comes_before_failing_before_undetermined(run):
    files = {"ok.yaml": gas("30 mg/m3"), "bad.yaml": gas("31 mg/m3"), "open.yaml": gas("null"), "wrong.yaml": gas("31")}
    assert run("check", "ok.yaml", "open.yaml", *SELECT, files=files).returncode == 3
    assert run("check", "ok.yaml", "open.yaml", "bad.yaml", *SELECT).returncode == 1
    done = run("check", "ok.yaml", "open.yaml", "bad.yaml", "wrong.yaml", *SELECT)
    assert done.returncode == 2
    assert "wrong.yaml" in done.stderr
    assert "未能读取、未核查：wrong.yaml" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "p.yaml", "--pack", "nowhere"], "nowhere"),
        (["check", "p.yaml", "--select", "no-such-rule"], "no-such-rule"),
        (["check", "p.yaml", "--ignore", "*"], "rule"),
        (["check", "p.yaml", "--rules", "."], "pack.yaml"),
        (["check", "p.yaml", "--as-of", "2026-13-01"], "2026-13-01"),
        (["check", "p.yaml", "--fail-on", "everything"], "everything"),
        (["check", "absent.yaml"], "absent.yaml"),
        (["check", "p.yaml", "-o", "nowhere/out.json"], "nowhere/out.json"),
        (["check", "p.yaml", "--select", "kundulun-2023/chemical-park*"], "p.yaml"),
        (["check"], "FILE"),
        (["chekc"], "chekc"),
        (["rules", "show", "no-such-rule"], "no-such-rule"),
    ],
)
def test_wrong_calls_end_with_2_and_say_what(run, arguments, words):
    done = (
        run(*arguments, "--lang", "en", files={"p.yaml": gas("30 mg/m3")})
        if arguments != ["chekc"]
        else run(*arguments)
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_region_without_a_pack_is_not_success(run):
    done = run("check", "p.yaml", "--lang", "en", files={"p.yaml": gas("30 mg/m3").replace("150203", "440300")})
    assert done.returncode == 2
    assert "no pack binds region 440300" in done.stderr


def test_the_json_contract(run):
    done = run("check", "p.yaml", *SELECT, "--format", "json", files={"p.yaml": gas("{value: 46 mg/m3, O2: 5.2 %}")})
    data = json.loads(done.stdout)
    assert {"envcheck", "as_of", "engine", "packs", "facilities"} <= set(data)
    assert {"id", "version", "digest", "plan_period_ended"} <= set(data["packs"][0])
    plant = data["facilities"][0]
    assert {"id", "name", "source", "outcome", "counts", "manual", "findings"} <= set(plant)
    assert set(plant["counts"]) == {"pass", "fail", "unknown", "pending", "waived", "not_applicable", "manual"}
    found = plant["findings"][0]
    assert found["rule"] == "kundulun-2023/gas-boiler-1t-nox"
    assert (found["subject"], found["status"], found["modality"], found["due"]) == (
        "boilers/B1",
        "fail",
        "must",
        "2025-12-31",
    )
    assert found["limit"] == {"op": "<=", "value": "30", "unit": "mg/m3"}
    assert found["measured"] == {"value": "50.9493670886", "unit": "mg/m3"}
    assert found["margin"] == "-0.698312"
    assert (found["missing"], found["covers"]) == ([], ["kundulun-2023-113"])
    assert {"zh", "en"} == set(found["message"])


def test_the_same_input_gives_the_same_bytes(run):
    files = {"p.yaml": gas("46 mg/m3")}
    first = run("check", "p.yaml", "--as-of", "2026-01-01", "--format", "json", files=files)
    again = run(
        "check", "p.yaml", "--as-of", "2026-01-01", "--format", "json", env={"ENVCHECK_CACHE": "/dev/null/none"}
    )
    assert first.stdout == again.stdout


def told(form, data):
    """All that a report in a format says, as one text."""
    if form == "docx":
        document = docx.Document(io.BytesIO(data))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(data))
        return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    return data.decode("utf-8-sig").replace("\\*", "*")


@pytest.mark.parametrize("form", ["text", "json", "md", "sarif", "junit", "html", "xlsx", "docx"])
def test_a_report_of_some_rules_says_so(run, tmp_path, form):
    arguments = ["check", "p.yaml", "--format", form, "--as-of", "2026-01-01", "--lang", "en"]
    run(*arguments, "-o", "some", "--ignore", "gas-boiler-1*", files={"p.yaml": gas("46 mg/m3")})
    run(*arguments, "-o", "all")
    named = "--ignore gas-boiler-1*"
    assert named in told(form, (tmp_path / "some").read_bytes())
    assert "--ignore" not in told(form, (tmp_path / "all").read_bytes())


@pytest.mark.parametrize("form", ["text", "md", "docx", "html"])
def test_a_ban_on_a_boundary_shows_the_numbers_and_the_doubt_behind_it(run, tmp_path, form):
    boiler = HEAD + "boilers:\n  - {id: B1, fuel: coal, status: existing, capacity: 7 MW}\n"
    call = ["check", "p.yaml", "--select", "coal-boiler-10t-retired", "--as-of", "2031-01-01", "--lang", "zh"]
    done = run(*call, "--format", form, "-o", f"out.{form}", files={"p.yaml": boiler})
    assert done.returncode == 1, done.stderr
    page = re.sub(r"\s+", "", told(form, (tmp_path / f"out.{form}").read_bytes()))
    assert "capacity=7MW(p.yaml:6)=10t/h" in page
    assert "同句末“10蒸吨/小时以下”不含10" in page


@pytest.mark.parametrize("form", ["text", "md", "html", "docx"])
def test_every_total_adds_up_and_is_printed(run, form, tmp_path):
    arguments = ["check", "p.yaml", "--as-of", "2026-01-01", "--lang", "en"]
    run(*arguments, "-o", "p.json", files={"p.yaml": gas("46 mg/m3")})
    report = json.loads((tmp_path / "p.json").read_bytes())["facilities"][0]
    run(*arguments, "--format", form, "-o", "out")
    page = " ".join(told(form, (tmp_path / "out").read_bytes()).split())
    sums = re.findall(r"(?:Total|rules × subjects:) (\d+) = ((?:[a-z ]+ \d+(?: \+ )?){6})", page)
    (found,) = sums
    parts = [int(number) for number in re.findall(r"\d+", found[1])]
    assert int(found[0]) == sum(parts) == len(report["findings"])
    assert parts == [n for name, n in report["counts"].items() if name != "manual"]


def test_a_baseline_is_a_result_and_goes_with_sarif(run, tmp_path):
    files = {"p.yaml": gas("46 mg/m3")}
    assert run("check", "p.yaml", *SELECT, "-o", "old.json", files=files).returncode == 1
    run("check", "p.yaml", *SELECT, "-o", "old.sarif")
    for old in ("old.json", "old.sarif"):
        done = run("check", "p.yaml", *SELECT, "--format", "sarif", "--baseline", old)
        assert [one["baselineState"] for one in json.loads(done.stdout)["runs"][0]["results"]] == ["unchanged"]
    for old, form, said in (
        ("old.json", "text", "--format sarif"),
        ("p.yaml", "sarif", "p.yaml: neither a JSON result nor a SARIF log"),
        ("none.json", "sarif", "none.json: cannot be read"),
    ):
        done = run("check", "p.yaml", "--format", form, "--baseline", old, "--lang", "en")
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


def test_the_ending_xml_asks_for_junit(run, tmp_path):
    assert run("check", "p.yaml", *SELECT, "-o", "out.xml", files={"p.yaml": gas("46 mg/m3")}).returncode == 1
    assert (
        (tmp_path / "out.xml")
        .read_text(encoding="utf-8")
        .startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites')
    )


def test_output_files_appear_whole_or_not_at_all(run, tmp_path):
    done = run("check", "p.yaml", "--format", "json", "-o", "out.json", files={"p.yaml": gas("46 mg/m3")})
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((tmp_path / "out.json").read_text())
    before = (tmp_path / "out.json").read_bytes()
    assert (
        run("check", "p.yaml", "--format", "json", "-o", "out.json", files={"p.yaml": "format: wrong"}).returncode == 2
    )
    assert (tmp_path / "out.json").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.json", "p.yaml"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("verbose", [[], ["-v"], ["-q"]])
def test_the_page_fits_80_columns_in_both_languages(run, lang, verbose):
    for name in ("gas-boiler-house", "baogang-steelworks", "xijiao-wastewater"):
        done = run("check", str(ROOT / f"facilities/{name}.yaml"), "--lang", lang, *verbose, env={"COLUMNS": "80"})
        assert done.stderr == ""
        assert max(columns(line) for line in done.stdout.splitlines()) <= 80
        assert "\x1b" not in done.stdout
        assert ("结论" if lang == "zh" else "Outcome") in done.stdout


def test_the_language_follows_the_locale(run):
    files = {"p.yaml": gas("46 mg/m3")}
    assert "Outcome" in run("check", "p.yaml", *SELECT, files=files, env={"LANG": "en_GB.UTF-8"}).stdout
    assert "结论" in run("check", "p.yaml", *SELECT, env={"LANG": "C"}).stdout


def test_colours_are_forced_and_refused(run):
    files = {"p.yaml": gas("46 mg/m3")}
    assert "\x1b[" in run("check", "p.yaml", *SELECT, files=files, env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" not in run("check", "p.yaml", *SELECT, env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
    assert "\x1b[" not in run("check", "p.yaml", "--no-color", *SELECT, env={"FORCE_COLOR": "1"}).stdout


def test_names_steer_no_terminal(run):
    text = gas("46 mg/m3").replace("某厂", '"厂\\e[31m\\u202e"')
    assert "\x1b" not in run("check", "p.yaml", *SELECT, files={"p.yaml": text}).stdout


def test_fail_on(run):
    files = {"p.yaml": gas("null")}
    assert run("check", "p.yaml", *SELECT, "--fail-on", "unknown", files=files).returncode == 1
    assert run("check", "p.yaml", *SELECT, "--fail-on", "none").returncode == 0


def test_a_changed_pack_is_never_served_stale(run, tmp_path):
    pack = (
        "format: envcheck/pack/1\nid: own\nversion: '1'\nplan: {title: {zh: 甲, en: a}, issuer: {zh: 乙, en: b}}\nregion: '150203'\n"
        "period: {from: 2023-01-01}\nreviewed_on: 2026-01-01\n"
    )
    rules = (
        "format: envcheck/rules/1\nrules:\n  - {id: nox, clause: 一, covers: [own-1], title: {zh: 甲, en: a}, subject: boiler,\n"
        "     require: 'emissions.NOx <= LIMIT mg/m3', modality: must}\n"
    )
    (tmp_path / "own").mkdir()
    arguments = ["check", "p.yaml", "--rules", "own", "--pack", "own"]
    files = {"p.yaml": gas("46 mg/m3"), "own/pack.yaml": pack, "own/air.yaml": rules.replace("LIMIT", "50")}
    assert run(*arguments, files=files).returncode == 0
    assert run(*arguments).returncode == 0
    assert run(*arguments, files={"own/air.yaml": rules.replace("LIMIT", "45")}).returncode == 1


def test_rules_list_show_lint_and_test(run):
    assert "kundulun-2023/gas-boiler-1t-nox" in run("rules", "list", "--pack", "kundulun-2023").stdout
    page = run("rules", "show", "gas-boiler-1t-nox", "--lang", "en").stdout
    for words in ("emissions.NOx <= 30 mg/m3 @ 3.5 % O2", "kundulun-2023-113", "31 December 2025", "三(三)8"):
        assert words in page
    # Every pack is linted and tested in test_scope and test_examples_of_rules; here the commands are.
    assert run("rules", "lint", "--pack", SMALL).returncode == 0
    done = run("rules", "test", "--pack", SMALL, "--lang", "en")
    assert done.returncode == 0
    assert "0 failed" in done.stdout


@pytest.mark.parametrize("error", ["ImportError('undefined symbol')", "ModuleNotFoundError"])
def test_everything_runs_where_durable_rules_does_not_load(run, error):
    files = {
        "p.yaml": gas("46 mg/m3"),
        "better.yaml": gas("20 mg/m3"),
        "envcheck.toml": 'lang = "en"\nas_of = 2026-01-01\n',
        "durable_rules_engine.py": f"raise {error}\n",
    }

    def without(*arguments):
        done = run(*arguments, files=files, env={"PYTHONPATH": f".{os.pathsep}{ROOT}"})
        assert "Traceback" not in done.stderr
        return done

    done = without("check", "p.yaml", *SELECT)
    assert (done.returncode, "engine direct" in done.stdout) == (1, True)
    assert done.stderr.endswith("envcheck.toml: lang = en\n")
    assert done.stderr.count("\n") == 1
    for code, arguments in (
        (1, ["check", "p.yaml", "--engine", "direct"]),
        (0, ["explain", "p.yaml", "gas-boiler-1t-nox", "boilers/B1"]),
        (0, ["timeline", "p.yaml", "--from", "2025-01-01", "--to", "2026-01-01"]),
        (0, ["diff", "p.yaml", "better.yaml", "--as-of", "2026-01-01"]),
        (0, ["rules", "test", "--pack", SMALL]),
        (0, ["rules", "lint", "--pack", SMALL]),
    ):
        assert (arguments[0], without(*arguments).returncode) == (arguments[0], code)
    for lang, said in (("en", "durable-rules does not load"), ("zh", "durable-rules 无法加载")):
        done = without("check", "p.yaml", "--engine", "durable", "--lang", lang)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert "pip install 'envcheck[durable]'" in done.stderr


def test_version_and_help(run):
    assert run("--version").stdout.startswith("envcheck")
    assert "envcheck check" in run("check", "--help").stdout


def test_an_eighth_plan_is_yaml_only(run):
    plan = str(ROOT / "examples/eighth-plan")
    plant = str(ROOT / "examples/riverside-plant.yaml")
    done = run("check", plant, "--rules", plan, "--as-of", "2028-01-01", "--format", "json")
    assert done.returncode == 1
    found = {
        f["rule"]: f["status"]
        for f in json.loads(done.stdout)["facilities"][0]["findings"]
        if f["subject"] == "boilers/B2"
    }
    # 24 × (21 − 3.5) ÷ (21 − 4) = 24.7 ≤ 25
    assert {f["subject"]: f["status"] for f in json.loads(done.stdout)["facilities"][0]["findings"]}[
        "boilers/B1"
    ] != "fail"
    assert found["riverside-2027/no-new-coal"] == "fail"
    assert run("rules", "test", "--rules", plan, "--pack", "riverside-2027").returncode == 0
    assert run("rules", "coverage", "--rules", plan, "--pack", "riverside-2027").returncode == 0
    assert (
        sum(
            len(path.read_text(encoding="utf-8").splitlines())
            for path in (ROOT / "examples/eighth-plan").glob("*.yaml")
        )
        < 60
    )
