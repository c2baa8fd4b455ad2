"""What a user names is what is read, within bounds; an output never takes the place of an input, a device or a pipe."""

import os
import stat
import subprocess

import pytest

from envcheck.files import bounds, reading, writing
from envcheck.text.problems import InputError
from support import ROOT, SELECT, gas

HERE = {**os.environ, "PYTHONPATH": str(ROOT)}
BOILERS = "facility_id,id,fuel,capacity (t/h),status,emissions.NOx (mg/m3)\nP1,B1,natural_gas,20,existing,{}\n"
FACILITIES = "id,name,type,region\nP1,x,heating_plant,150203\n"
SCREEN = ["--pack", "kundulun-2023", "--as-of", "2026-01-01", "--lang", "en"]
SERIES = "timestamp,NOx (mg/m3)\n2025-01-01 00:00,41\n"


def register(folder, nox):
    folder.mkdir(parents=True)
    (folder / "boilers.csv").write_text(BOILERS.format(nox))
    (folder / "facilities.csv").write_text(FACILITIES)


def parquet(folder, nox):
    import polars as pl

    register(folder, nox)
    for path in list(folder.iterdir()):
        pl.read_csv(path, infer_schema=False, glob=False).write_parquet(str(path)[:-3] + "parquet")
        path.unlink()


@pytest.mark.parametrize("engine", ["direct", "columnar"])
@pytest.mark.parametrize("make", [register, parquet])
@pytest.mark.parametrize(("named", "other"), [("数据[1]", "数据1"), ("reg*", "reg1"), ("~", "x")])
def test_a_register_is_read_where_it_is_named(run, tmp_path, engine, make, named, other):
    make(tmp_path / named, 99)
    make(tmp_path / other, 20)
    done = run("screen", named, "--engine", engine, "-o", "f.csv", *SCREEN, env={"HOME": str(tmp_path / other)})
    assert done.returncode == 1, done.stderr
    assert "fail" in (tmp_path / "f.csv").read_text(encoding="utf-8-sig")


def test_a_table_with_brackets_in_its_name(run, tmp_path):
    (tmp_path / "name[1].csv").write_text(BOILERS.format(99))
    (tmp_path / "name1.csv").write_text(BOILERS.format(20))
    done = run("screen", "name[1].csv", "--kind", "boilers", "-o", "f[1].csv", *SCREEN)
    assert done.returncode in (1, 3), done.stderr
    assert "1 rows read" in done.stdout or "1 row read" in done.stdout


def outlet(path):
    return (
        "format: envcheck/facility/1\nid: p\nname: x\ntype: heating_plant\nregion: '150203'\n"
        f"outlets:\n  - {{id: S1, series: {path}}}\n"
    )


@pytest.mark.parametrize("how", ["up", "absolute", "link", "folder"])
def test_a_series_stays_in_the_folder_of_its_facility(run, tmp_path, how):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/s.csv").write_text(SERIES)
    (tmp_path / "in/link.csv").symlink_to("../out/s.csv")
    (tmp_path / "in/folder").symlink_to("../out")
    path = {"up": "../out/s.csv", "absolute": tmp_path / "out/s.csv", "link": "link.csv", "folder": "folder/s.csv"}[how]
    done = run("check", "in/p.yaml", *SCREEN, files={"in/p.yaml": outlet(path)})
    assert done.returncode == 2
    assert "outside the folder" in done.stderr


def test_a_series_beside_its_facility_is_read(run, tmp_path):
    (tmp_path / "s.csv").write_text(SERIES)
    (tmp_path / "link.csv").symlink_to("s.csv")
    for path in ("s.csv", "./link.csv", tmp_path / "s.csv"):
        assert run("check", "p.yaml", *SCREEN, files={"p.yaml": outlet(path)}).returncode in (0, 1, 3)


def test_nothing_of_what_is_no_series_is_told(run):
    for text in ("root:x:0:0:secret\n", "SECRET,NOx (mg/m3)\n1,secret\n", "secret;b;c\n"):
        done = run("check", "p.yaml", *SCREEN, files={"p.yaml": outlet("secret.txt"), "secret.txt": text})
        assert done.returncode == 2
        assert "no column timestamp" in done.stderr
        assert "secret" not in done.stderr.replace("secret.txt", "").lower()


# --- outputs ---------------------------------------------------------------------------------------------------------

PACK = """format: envcheck/pack/1
id: own
version: "1"
plan: {title: {zh: 甲, en: a}, issuer: {zh: 乙, en: b}}
region: "150203"
period: {from: 2023-01-01, until: 2025-12-31}
reviewed_on: 2026-01-01
"""


@pytest.mark.parametrize(
    ("arguments", "victim"),
    [
        (["check", "p.yaml", *SELECT], "p.yaml"),
        (["check", ".", *SELECT], "p.yaml"),
        (["check", "p.yaml", *SELECT], "hard.yaml"),
        (["check", "p.yaml", *SELECT], "link.yaml"),
        (["check", "s.yaml", "--as-of", "2026-01-01"], "data.csv"),
        (["check", "p.yaml", "--rules", "own", "--pack", "own"], "own/pack.yaml"),
        (["check", "p.yaml", *SELECT, "--config", "c.toml"], "c.toml"),
        (["check", "p.yaml", *SELECT, "--format", "sarif", "--baseline", "old.json"], "old.json"),
        (["explain", "p.yaml", "gas-boiler-1t-nox"], "p.yaml"),
        (["timeline", "p.yaml", "--from", "2025-01-01"], "p.yaml"),
        (["convert", "p.yaml"], "p.yaml"),
        (["diff", "p.yaml", "--as-of", "2025-01-01", "--as-of", "2026-01-01"], "p.yaml"),
        (["screen", "boilers.csv", "--mapping", "m.csv", *SCREEN], "m.csv"),
        (["screen", "boilers.csv", "--summary", "m.json", "--mapping", "m.json", *SCREEN], "none.csv"),
        (["screen", "boilers.csv", *SCREEN], "boilers.csv"),
    ],
)
def test_an_output_never_takes_the_place_of_an_input(run, tmp_path, arguments, victim):
    (tmp_path / "own").mkdir()
    contents = {
        "p.yaml": gas("28 mg/m3"),
        "s.yaml": outlet("data.csv"),
        "data.csv": SERIES,
        "own/pack.yaml": PACK,
        "own/rules.yaml": RULES,
        "c.toml": 'lang = "en"\n',
        "boilers.csv": BOILERS.format(20),
        "m.csv": "x: '#'\n",
        "m.json": '{"x": "#"}\n',
    }
    run("check", "p.yaml", *SELECT, "-o", "old.json", files=contents)
    if arguments[1] == ".":
        for name in ("s.yaml", "old.json", "m.json"):
            (tmp_path / name).unlink()
    os.link(tmp_path / "p.yaml", tmp_path / "hard.yaml") if victim == "hard.yaml" else None
    (tmp_path / "link.yaml").symlink_to("p.yaml") if victim == "link.yaml" else None
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = run(*arguments, "-o", victim)
    assert done.returncode == 2, done.stdout
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


RULES = """format: envcheck/rules/1
rules:
  - id: r
    clause: 一
    covers: [own-001]
    title: {zh: 规则, en: rule}
    subject: boiler
    when: [fuel == natural_gas]
    require: emissions.NOx <= 30 mg/m3
    modality: must
    due: 2024-12-31
"""


@pytest.mark.parametrize("call", [["check", "p.yaml", *SELECT], ["screen", "boilers.csv", *SCREEN]])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_an_output_replaces_no_device_and_no_pipe(run, tmp_path, call, kind):
    target = tmp_path / "out.csv"
    if kind == "pipe":
        os.mkfifo(target)
    else:
        try:
            os.mknod(target, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("only root makes devices")
    done = run(*call, "-o", "out.csv", files={"p.yaml": gas("28 mg/m3"), "boilers.csv": BOILERS.format(20)}, timeout=60)
    assert done.returncode == 2
    assert not stat.S_ISREG(target.stat().st_mode)


def test_an_output_keeps_its_mode_and_no_planted_link_aims_it(run, tmp_path):
    (tmp_path / "secret").write_text("mine")
    for name, call in (("o.json", ["check", "p.yaml", *SELECT]), ("f.csv", ["screen", "boilers.csv", *SCREEN])):
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(0o600)
        (tmp_path / f".new.{name}").symlink_to("secret")
        (tmp_path / f"..new.{name}.part").symlink_to("secret")
        done = run(*call, "-o", name, files={"p.yaml": gas("28 mg/m3"), "boilers.csv": BOILERS.format(20)})
        assert done.returncode in (0, 3), done.stderr
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert not (tmp_path / name).is_symlink()
        assert (tmp_path / name).read_text(encoding="utf-8-sig") != "old"
    assert (tmp_path / "secret").read_text() == "mine"
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".envcheck-")]


def test_a_part_file_is_new(tmp_path, monkeypatch):
    monkeypatch.setattr(writing.secrets, "token_hex", lambda _: "guessed")
    (tmp_path / "victim").write_text("mine")
    (tmp_path / f".envcheck-{writing.HOST}-{os.getpid()}-guessed.part").symlink_to("victim")
    with pytest.raises(InputError):
        writing.write(str(tmp_path / "o"), b"new")
    assert (tmp_path / "victim").read_text() == "mine"


# --- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["p.yaml", "x.json", "x.xlsx", "boilers.csv", "boilers.parquet", "c.toml", "s.csv", "own/pack.yaml"]
)
@pytest.mark.parametrize("what", ["pipe", "endless"])
def test_what_is_no_regular_file_is_refused(run, tmp_path, name, what):
    (tmp_path / "own").mkdir()
    contents = {"ok.yaml": gas("28 mg/m3"), "s.yaml": outlet("s.csv")}
    os.mkfifo(tmp_path / name) if what == "pipe" else (tmp_path / name).symlink_to("/dev/zero")
    calls = {
        "boilers.csv": ["screen", name, *SCREEN],
        "boilers.parquet": ["screen", name, *SCREEN],
        "c.toml": ["check", "ok.yaml", "--config", name],
        "s.csv": ["check", "s.yaml"],
        "own/pack.yaml": ["check", "ok.yaml", "--rules", "own"],
    }
    calls = [calls.get(name, ["check", name])]
    if name == "x.json":
        calls += [["check", "ok.yaml", "--format", "sarif", "--baseline", name], ["diff", name, name]]
    if name == "p.yaml":
        calls += [["screen", "b.csv", "--kind", "boilers", "--mapping", name], ["convert", name, "-o", "y.json"]]
    for call in calls:
        done = run(*call, files={**contents, "b.csv": BOILERS.format(20)}, timeout=60)
        assert done.returncode == 2, (call, done.stderr)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("bound", "call"),
    [
        ("FILE", reading.read),
        ("RESULT", lambda path: __import__("envcheck.cli.commands.diff", fromlist=["x"]).read_result(path)),
        (
            "CONFIGURATION",
            lambda path: __import__("envcheck.cli.configuration", fromlist=["x"]).settings("", {}, file=path),
        ),
    ],
)
def test_a_file_beyond_its_bound(tmp_path, bound, call):
    path = tmp_path / "x.toml"
    with open(path, "wb") as stream:
        stream.truncate(getattr(bounds, bound) + 1)
    with pytest.raises(InputError, match=f"larger than {getattr(bounds, bound) // bounds.MB} MB"):
        call(str(path))


def test_standard_input_is_bounded(run):
    done = run("check", "-", input="#" * (bounds.FILE + 1))
    assert done.returncode == 2
    assert "8 MB" in done.stderr


def test_rule_files_together_are_bounded(tmp_path, monkeypatch):
    from envcheck.rulebook import loading

    monkeypatch.setattr(loading, "RULES", 1000)
    (tmp_path / "pack.yaml").write_text("#" * 600)
    (tmp_path / "more.yaml").write_text("#" * 600)
    with pytest.raises(InputError, match="larger than"):
        loading._folder(str(tmp_path), "x")


def test_more_subjects_than_a_list_may_have(run):
    text = gas("28 mg/m3") + "".join(f"  - {{id: X{n}}}\n" for n in range(bounds.SUBJECTS))
    done = run("check", "p.yaml", files={"p.yaml": text}, timeout=120)
    assert done.returncode == 2
    assert "10000" in done.stderr


def test_thousands_of_unknown_keys_are_told_soon_and_counted(run):
    text = gas("28 mg/m3") + "".join(f"unknown_key_{n}: 1\n" for n in range(20_000))
    done = run("check", "p.yaml", "--lang", "en", files={"p.yaml": text}, timeout=60)
    assert done.returncode == 2
    assert f"more than {bounds.PROBLEMS} mistakes" in done.stderr or "more mistakes" in done.stderr
    assert len(done.stderr.splitlines()) <= bounds.PROBLEMS + 2


def test_problems_of_many_files_are_counted(run, tmp_path):
    (tmp_path / "d").mkdir()
    for number in range(2):
        (tmp_path / f"d/{number}.yaml").write_text(gas("28 mg/m3") + "".join(f"u{n}: 1\n" for n in range(150)))
    done = run("check", "d", "--lang", "en")
    assert "and 100 more mistakes" in done.stderr


def test_a_long_text_is_wrapped_in_linear_time():
    from time import perf_counter

    from envcheck.report.parts.layout import wrap

    begun = perf_counter()
    for text in ("x" * 200_000, "煤、" * 100_000, "a\u0301" * 100_000, " " * 200_000):
        lines = list(wrap([(text, "")], 80))
        assert all(len(part) <= 400_000 for line in lines for part, _ in line)
    assert perf_counter() - begun < 20


def test_a_folder_that_cannot_be_listed(run, tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    folder.chmod(0)
    if os.access(folder, os.R_OK):
        pytest.skip("root lists every folder")
    for call in (["check", "d"], ["screen", "d"]):
        assert run(*call).returncode == 2


def test_a_folder_that_fails_to_list(monkeypatch, tmp_path):
    def refuse(_folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        reading.listed(str(tmp_path))


def test_stopped_runs_leave_nothing(tmp_path):
    import signal
    import sys
    import time

    code = (
        "import os, sys, time\nfrom envcheck.files import streams, writing as files\nstreams.end_on_signals()\n"
        "os.mkdir('.envcheck-x')\n"
        "with files.unfinished('.envcheck-x'), files.unfinished('.part'):\n"
        "    open('.part', 'w').write('x'); open('.envcheck-x/f', 'w').write('x')\n"
        "    print('ready', flush=True); time.sleep(60)\n"
    )
    for number, code_due in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=HERE, stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(30) == code_due
        assert os.listdir(tmp_path) == []
