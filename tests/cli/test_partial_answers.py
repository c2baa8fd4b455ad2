"""Of several files those that can be read are answered; the others are told of, in every output, with exit code 2."""

import json
import zipfile

import pytest

from support import HEAD, SELECT, gas

BAD = HEAD + "nonsense: 1\n"
FORMATS = ("txt", "json", "jsonl", "html", "xlsx", "docx", "md", "csv", "sarif", "xml")


def content(path):
    if path.suffix not in (".xlsx", ".docx"):
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as book:
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist() if name.endswith(".xml"))


@pytest.mark.parametrize("form", FORMATS)
def test_what_could_be_read_is_answered_and_the_rest_is_named_in_every_format(run, tmp_path, form):
    files = {"good.yaml": gas("99 mg/m3"), "bad.yaml": BAD}
    done = run("check", "good.yaml", "bad.yaml", *SELECT, "-o", f"o.{form}", files=files)
    assert done.returncode == 2
    assert "bad.yaml:5:1" in done.stderr
    assert "bad.yaml" in content(tmp_path / f"o.{form}")
    if form == "json":
        found = json.loads(content(tmp_path / "o.json"))
        assert found["unread"] == ["bad.yaml"]
        assert [f["status"] for one in found["facilities"] for f in one["findings"]] == ["fail"]
    if form == "sarif":
        assert json.loads(content(tmp_path / "o.sarif"))["runs"][0]["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize(
    ("lang", "told"), [("en", "not read, and not checked: bad.yaml"), ("zh", "未能读取、未核查：bad.yaml")]
)
def test_the_screen_names_what_was_not_read(run, lang, told):
    files = {"good.yaml": gas("20 mg/m3"), "bad.yaml": BAD}
    done = run("check", "bad.yaml", "good.yaml", *SELECT, "--lang", lang, files=files)
    assert done.returncode == 2
    assert told in done.stdout


def test_where_nothing_can_be_read_nothing_is_written(run, tmp_path):
    done = run("check", "bad.yaml", *SELECT, "-o", "o.json", files={"bad.yaml": BAD})
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "o.json").exists()


def test_results_of_our_own_in_a_folder_are_passed_over(run, tmp_path):
    (tmp_path / "plants").mkdir()
    run("check", "plants", *SELECT, files={"plants/good.yaml": gas("20 mg/m3")})
    for form in FORMATS:
        assert run("check", "plants/good.yaml", *SELECT, "-o", f"plants/o.{form}").returncode == 0
    (tmp_path / "plants/map.yaml").write_text("# ? open\nformat: envcheck/mapping/1\ncolumns: {}\n")
    done = run("check", "plants", *SELECT, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["source"] for one in json.loads(done.stdout)["facilities"]] == ["plants/good.yaml"]
    named = run("check", "plants/o.json", *SELECT)
    assert named.returncode == 2  # a result that is named is no facility file


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("old.xls", "save it as .xlsx"),
        ("old.ODS", "save it as .xlsx"),
        ("below/p.yaml", "name it as well"),
        ("P.YAML", ""),
    ],
)
def test_nothing_in_a_folder_is_skipped_in_silence(run, tmp_path, name, told):
    path = tmp_path / "plants" / name
    path.parent.mkdir(parents=True)
    path.write_text(gas("99 mg/m3").replace("id: plant", "id: other"))
    done = run(
        "check", "plants", *SELECT, "--lang", "en", "--format", "json", files={"plants/good.yaml": gas("20 mg/m3")}
    )
    assert done.returncode == (2 if told else 1)
    assert told in done.stderr
    assert len(json.loads(done.stdout)["facilities"]) == (1 if told else 2)


@pytest.mark.parametrize("name", ["old.xls", "old.ods"])
def test_a_workbook_of_another_kind_is_told_how_to_save_it(run, name):
    done = run("check", name, "--lang", "en", files={name: b"\xd0\xcf\x11\xe0"})
    assert done.returncode == 2
    assert done.stderr == f"{name}: workbooks of this kind are not read. save it as .xlsx\n"


@pytest.mark.parametrize("name", ["r.pdf", "r.xls", "r.doc", "r.yaml"])
def test_an_output_whose_ending_says_no_format_is_refused(run, tmp_path, name):
    done = run("check", "p.yaml", *SELECT, "-o", name, "--lang", "en", files={"p.yaml": gas("20 mg/m3")})
    assert done.returncode == 2
    assert f"{name}: the output has an ending that says no format. Known: .json" in done.stderr
    assert not (tmp_path / name).exists()
    assert run("check", "p.yaml", *SELECT, "-o", "r", "--lang", "en").returncode == 0
