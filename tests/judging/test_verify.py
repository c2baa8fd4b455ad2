"""A kept result is judged again: it holds, or what differs is named."""

import hashlib
import json

import pytest

from support import gas

SELECT = ("--as-of", "2026-01-01", "--pack", "kundulun-2023", "--select", "gas-boiler-*")
PLANT = gas("{value: 46 mg/m3, O2: 5.2 %}")


def kept(run, *more):
    done = run("check", "p.yaml", *SELECT, *more, "--format", "json", "-o", "r.json", files={"p.yaml": PLANT})
    assert done.returncode == 1


def test_a_result_that_stands_holds(run, tmp_path):
    kept(run)
    (read,) = json.loads((tmp_path / "r.json").read_text())["facilities"][0]["inputs"]
    assert read == {"file": "p.yaml", "sha256": hashlib.sha256(PLANT.encode()).hexdigest()}
    done = run("verify", "r.json", "--lang", "en")
    assert (done.returncode, done.stdout) == (0, "the result holds: the same to the byte\n")
    (tmp_path / "copy").mkdir()
    for name, code in (("p.yaml", 0), ("q.yaml", 2)):
        (tmp_path / "copy" / name).write_text(PLANT)
        assert run("verify", "r.json", f"copy/{name}").returncode == code


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("46 mg/m3", "20 mg/m3", "boilers/B1: fail then, pass now"),
        ("46 mg/m3", "47 mg/m3", "boilers/B1: fail, with other evidence"),
        ("format:", "# a remark\nformat:", "file p.yaml: SHA-256 "),
    ],
)
def test_a_changed_file_is_named_with_what_follows(run, tmp_path, old, new, said):
    kept(run)
    (tmp_path / "p.yaml").write_text(PLANT.replace(old, new))
    done = run("verify", "r.json", "--lang", "en")
    assert done.returncode == 1
    assert said in done.stdout
    assert "the result does not hold" in done.stdout


def test_a_changed_result_is_found_out(run, tmp_path):
    kept(run)
    data = json.loads((tmp_path / "r.json").read_text())
    data["facilities"][0]["findings"][0]["status"] = "pass"
    data["packs"][0]["digest"] = "0" * 64
    (tmp_path / "r.json").write_text(json.dumps(data))
    done = run("verify", "r.json", "--lang", "en")
    assert done.returncode == 1
    assert "pass then, unknown now" in done.stdout
    assert "pack kundulun-2023: digest 000000000000 then" in done.stdout


def test_what_cannot_be_verified_is_refused(run):
    kept(run)
    assert run("verify", "p.yaml").returncode == 2
    assert run("verify", "r.json", "p.yaml", "p.yaml").returncode == 2
    run("check", "p.yaml", *SELECT, "--set", "boilers/B1.emissions.NOx=28 mg/m3", "--format", "json", "-o", "s.json")
    assert run("verify", "s.json").returncode == 2


def test_a_series_is_an_input_too(run, tmp_path):
    series = "timestamp,NOx (mg/m3),O2 (%)\n2025-06-01 00:00,40,3.5\n"
    file = "format: envcheck/facility/1\nid: p\nregion: '150203'\noutlets: [{id: S, process: sintering_head, series: s.csv}]\n"
    run(
        "check",
        "p.yaml",
        "--as-of",
        "2026-01-01",
        "--format",
        "json",
        "-o",
        "r.json",
        files={"p.yaml": file, "s.csv": series},
    )
    read = json.loads((tmp_path / "r.json").read_text())["facilities"][0]["inputs"]
    assert [one["file"].removeprefix("./") for one in read] == ["p.yaml", "s.csv"]
    (tmp_path / "s.csv").write_text(series.replace("40", "41"))
    assert "s.csv: SHA-256" in run("verify", "r.json", "--lang", "en").stdout
