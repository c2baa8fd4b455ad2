"""Faults of the world around a run (a damaged cache, closed streams, odd names, clocks, little memory) are told, not raised."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from envcheck.files import bounds
from envcheck.rulebook import loading
from envcheck.text.problems import InputError
from support import ROOT, SELECT, gas

HERE = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8", "LC_ALL": ""}
FORMATS = ("json", "jsonl", "html", "xlsx", "docx", "md", "csv", "sarif", "xml", "txt")


def shell(folder, text):
    return subprocess.run(
        ["bash", "-c", text.replace("envcheck", f"{sys.executable} -m envcheck", 1)],
        cwd=folder, env=HERE, capture_output=True, check=False, timeout=300,
    )  # fmt: skip


# --- cache -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def few_rules(tmp_path, monkeypatch):
    """One plan in the place of all that come with envcheck, so that each compilation takes a second."""
    for part in ("vocabulary", "standards", "definitions", "zhenglan-2020-soil"):
        shutil.copytree(ROOT / "rules" / part, tmp_path / "installed/rules" / part)
    monkeypatch.setattr(loading, "HERE", str(tmp_path / "installed"))


@pytest.fixture
def cache(few_rules, tmp_path, monkeypatch):
    monkeypatch.setenv("ENVCHECK_CACHE", str(tmp_path / "cache"))
    loading.load()
    (folder,) = (tmp_path / "cache/envcheck").iterdir()
    return folder


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: b"{}",
        lambda data: b"[" * 100_000,
        lambda data: data.replace(b'["/",30,1]', b'["/",300,1]'),
        lambda data: data[:-40] + bytes([data[-40] ^ 1]) + data[-39:],
    ],
)
def test_a_cache_that_was_changed_is_not_used_and_heals(cache, harm):
    kept = {path.name: path.read_bytes() for path in cache.iterdir()}
    for path in cache.iterdir():
        path.write_bytes(harm(path.read_bytes()))
    book = loading.load()
    assert sum(len(pack.rules) for pack in book.packs()) > 50
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == kept


def test_a_cache_of_another_owner_or_open_to_all_is_not_used(cache, monkeypatch):
    assert loading._from_cache(str(cache))
    cache.chmod(0o777)
    with pytest.raises(OSError, match="another"):
        loading._from_cache(str(cache))
    cache.chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(OSError, match="another"):
        loading._from_cache(str(cache))


@pytest.mark.parametrize("name", ["ENVCHECK_CACHE", "XDG_CACHE_HOME"])
def test_a_cache_is_never_in_the_working_folder(few_rules, tmp_path, monkeypatch, name):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for variable in ("ENVCHECK_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(name, "here")
    loading.load()
    monkeypatch.delenv(name)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    loading.load()
    assert os.listdir(folder) == []


# --- configuration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_file_set_is_told_in_every_output(run, tmp_path, form):
    own = 'fail_on = "none"\nselect = ["gas-boiler-1t-nox"]\nas_of = "2026-01-01"\n'
    done = run(
        "check", "p.yaml", "-o", f"o.{form}", "--lang", "en", files={"p.yaml": gas("99 mg/m3"), "envcheck.toml": own}
    )
    assert done.returncode == 0
    assert done.stderr.count("envcheck.toml") == 4
    assert "WARNING" in done.stderr
    data = (tmp_path / f"o.{form}").read_bytes()
    if form in ("xlsx", "docx"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    text = data.decode("utf-8", "replace").replace("\\", "").replace("\n", " ")
    assert "envcheck.toml: fail_on" in " ".join(text.split()) or "fail_on = none" in " ".join(text.split())
    if form == "json":
        assert json.loads(data)["configured"]
    named = run("check", "p.yaml", "--config", "envcheck.toml", "--lang", "en")
    assert "WARNING" not in named.stderr
    assert "fail_on" in named.stderr
    assert run("check", "p.yaml", "--isolated", *SELECT).stderr == ""


def test_an_option_of_the_call_leaves_nothing_to_tell(run):
    files = {"p.yaml": gas("99 mg/m3"), "envcheck.toml": 'fail_on = "none"\n'}
    done = run("check", "p.yaml", *SELECT, "--fail-on", "must", files=files)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x = " + "9" * 6000])
def test_a_configuration_built_to_harm(run, text):
    done = run("check", "p.yaml", files={"p.yaml": gas("28 mg/m3"), "envcheck.toml": text})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# --- streams, names, folders -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("envcheck check p.yaml {} > /dev/full", 2),
        ("envcheck --help > /dev/full", 2),
        ("envcheck rules list > /dev/full", 2),
        ("envcheck check p.yaml {} --format xlsx > /dev/full", 2),
        ("envcheck check p.yaml {} >&-", 2),
        ("envcheck check p.yaml {} -o o.json >&-", 1),
        ("envcheck check p.yaml {} 2>&-", 1),
        ("envcheck check wrong.yaml 2> /dev/full", 2),
        ("envcheck check - {} <&-", 2),
        ("envcheck check p.yaml {} -v | true; exit ${{PIPESTATUS[0]}}", 1),
        ("envcheck check p.yaml {} --format json | head -c 1 > /dev/null; exit ${{PIPESTATUS[0]}}", 1),
        ("envcheck rules list | true; exit ${{PIPESTATUS[0]}}", 0),
        ("mkdir gone; cd gone; rmdir ../gone; envcheck check ../p.yaml {}", 1),
        ("F=$PWD/p.yaml; mkdir gone; cd gone; rmdir ../gone; envcheck check $F {} --format sarif", 1),
        ("F=$PWD; mkdir gone; cd gone; rmdir ../gone; envcheck screen $F/boilers.csv -o x.csv", 2),
    ],
)
def test_streams_and_folders_that_are_not_there(tmp_path, call, code):
    (tmp_path / "p.yaml").write_text(gas("99 mg/m3"))
    (tmp_path / "boilers.csv").write_text("facility_id,id\nP,B\n")
    done = shell(tmp_path, call.format(" ".join(SELECT)))
    assert (done.returncode, b"Traceback" in done.stderr, b"Exception" in done.stderr) == (code, False, False), (
        done.stderr
    )


@pytest.mark.parametrize("form", FORMATS)
def test_a_name_that_is_not_utf8(tmp_path, form):
    name = os.fsdecode(b"\xb9\xa4\xb3\xa7")
    (tmp_path / name).mkdir()
    (tmp_path / name / f"{name}.yaml").write_text(gas("99 mg/m3"))
    call = [sys.executable, "-m", "envcheck", "check", name, *SELECT, "-o", f"o.{form}"]
    done = subprocess.run(call, cwd=tmp_path, env=HERE, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    if form in ("json", "sarif"):
        json.loads((tmp_path / f"o.{form}").read_bytes())


def test_words_and_rule_files_that_are_not_utf8(tmp_path):
    name = os.fsdecode(b"\xb9\xa4")
    (tmp_path / "p.yaml").write_text(gas("99 mg/m3"))
    (tmp_path / name).mkdir()
    (tmp_path / name / "boilers.csv").write_text("facility_id,id\nP,B\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pack.yaml").write_text("x: 1")
    (tmp_path / "own" / f"{name}.yaml").write_text("x: 1")
    calls = [
        ["check", "p.yaml", "--set", f"name={name}", "-o", "o.json"],
        ["screen", name],
        ["check", "p.yaml", "--rules", "own"],
    ]
    calls += [["check", "p.yaml", "--select", name], ["screen", f"{name}/boilers.csv", "-o", f"{name}/f.csv"]]
    for words in calls:
        done = subprocess.run(
            [sys.executable, "-m", "envcheck", *words], cwd=tmp_path, env=HERE, capture_output=True, check=False
        )
        assert done.returncode == 2, (words, done.stderr)
        assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["json", "jsonl", "sarif"])
def test_data_formats_let_nothing_through_that_steers_a_terminal(run, form):
    steering = "\x9b\u202e\u2066\u200f\u2028\U000e0041"
    text = gas("99 mg/m3").replace("name: 某厂", f'name: "某厂{steering.encode("ascii", "backslashreplace").decode()}"')
    done = run("check", "p.yaml", *SELECT, "--format", form, files={"p.yaml": text})
    assert done.returncode == 1
    assert not set(steering) & set(done.stdout)
    names = [json.loads(line) for line in done.stdout.splitlines()] if form == "jsonl" else [json.loads(done.stdout)]
    assert steering in json.dumps(names, ensure_ascii=False)


# --- odd files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", [{"ruleId": {}}, {"ruleId": 5}, {"ruleId": None}, {"properties": {"status": []}}])
def test_an_odd_baseline(run, tmp_path, harm):
    run("check", "p.yaml", *SELECT, "-o", "old.sarif", files={"p.yaml": gas("99 mg/m3")})
    log = json.loads((tmp_path / "old.sarif").read_text(encoding="utf-8"))
    log["runs"][0]["results"][0] |= harm
    (tmp_path / "old.sarif").write_text(json.dumps(log))
    done = run("check", "p.yaml", *SELECT, "--format", "sarif", "--baseline", "old.sarif")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("condition", ["not " * 900 + "clean == true", "(" * 2000 + "fuel == coal" + ")" * 2000])
def test_rules_nested_too_deeply(condition):
    from support import rule, small_pack

    with pytest.raises(InputError):
        small_pack(rule("emissions.NOx <= 30 mg/m3", f"'{condition}'"))


def workbook(**parts):
    import openpyxl

    stream, found = io.BytesIO(), io.BytesIO()
    book = openpyxl.Workbook()
    book.active.title = "facility"
    book.save(stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = parts["change"](content)
            new.writestr(name, content)
    return found.getvalue()


MERGED = b'</sheetData><mergeCells count="1"><mergeCell ref="%s"/></mergeCells>'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda x: x.replace(
                b"<sheetData", b"<sheetData/><mergeCells><mergeCell ref='A1:XFD1048576'/></mergeCells><x"
            ),
            "cover more",
        ),
        (lambda x: x.replace(b"<sheetData", b"<mergeCell ref='A1&#58;XFD1048576'/><x"), "cover more"),
        (lambda x: x.replace(b"<sheetData", b"<hyperlink ref='A1:XFD1048576'/><x"), "cover more"),
        (lambda x: x.replace(b"<sheetData", b"<c/>" * (bounds.CELLS + 1) + b"<x"), "cells and rows"),
        (lambda x: x.replace(b"<sheetData", b"<x:row>" * (bounds.CELLS + 1) + b"<x"), "cells and rows"),
        (lambda x: b"<!DOCTYPE x>" + x, "document type"),
        (lambda x: x.decode().encode("utf-16"), "not UTF-8"),
        (lambda x: b"<?xml version='1.0' encoding='cp037'?>" + x, "not UTF-8"),
    ],
)
def test_workbooks_beyond_their_bounds(words, change, told):
    from envcheck.forms import read

    begun = time.perf_counter()
    with pytest.raises(InputError, match=told):
        read.read_bytes(workbook(change=change), "x.xlsx", words)
    assert time.perf_counter() - begun < 20


def test_workbooks_of_too_many_bytes_and_parts(words, monkeypatch):
    from envcheck.forms import read

    for name in ("UNPACKED", "PARTS"):
        with monkeypatch.context() as patch:
            patch.setattr(bounds, name, 3)
            with pytest.raises(InputError, match="too large when unpacked"):
                read.read_bytes(workbook(change=lambda x: x), "x.xlsx", words)


def test_files_nested_to_the_bound():
    from envcheck.files import source

    for depth, refused in ((bounds.DEPTH, False), (bounds.DEPTH + 1, True), (5000, True)):
        for name in ("x.yaml", "x.json"):
            data = ("[" * depth + "1" + "]" * depth).encode()
            if refused:
                with pytest.raises(InputError, match="nest"):
                    source.read_bytes(data, name)
            else:
                source.read_bytes(data, name)


@pytest.mark.parametrize("year", [1970, 2200, 9998])
@pytest.mark.parametrize("form", ["xlsx", "docx"])
def test_any_clock(run, tmp_path, year, form):
    (tmp_path / "sitecustomize.py").write_text(
        "import time\nreal = time.localtime\n"
        f"time.localtime = lambda *_: time.struct_time(({year}, 1, 2, 3, 4, 5, 0, 2, 0))\n"
    )
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = run("check", "p.yaml", *SELECT, "-o", f"o.{form}", files={"p.yaml": gas("99 mg/m3")}, env=env)
    assert done.returncode == 1, done.stderr
    assert zipfile.ZipFile(tmp_path / f"o.{form}").testzip() is None


# --- memory and signals ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is heeded on Linux")
@pytest.mark.parametrize("megabytes", [200, 400, 800])
def test_little_memory_is_told(tmp_path, megabytes):
    (tmp_path / "boilers.csv").write_text("facility_id,id,fuel\nP,B,coal\n")
    done = shell(tmp_path, f"ulimit -v {megabytes * 1000}; envcheck screen boilers.csv --engine columnar")
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert b"memory" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("after", [0.06, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0])
def test_interrupted_at_any_moment(tmp_path, after):
    import polars as pl

    size = 300_000
    table = pl.DataFrame({"facility_id": [f"P{n}" for n in range(size)], "id": ["B"] * size})
    table.with_columns(fuel=pl.lit("coal")).write_parquet(tmp_path / "boilers.parquet")
    call = [sys.executable, "-m", "envcheck", "screen", "boilers.parquet", "-o", "f.csv"]
    process = subprocess.Popen(call, cwd=tmp_path, env=HERE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode in (130, -signal.SIGINT), told  # before Python runs a line of ours, it ends itself
    assert process.returncode == 130 or after < 0.2
    assert [path.name for path in Path(tmp_path).iterdir()] == ["boilers.parquet"]
