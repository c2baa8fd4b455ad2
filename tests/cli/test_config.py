"""Defaults from a file and the environment; what the shell completes."""

import json
import os
import pty
import subprocess
import sys

import pytest

from envcheck.cli import configuration
from envcheck.text.problems import InputError
from support import ROOT, SELECT, gas

OWN = 'lang = "en"\nas_of = 2026-01-01\nselect = ["gas-boiler-1t-nox"]\n'


def read(folder, text, name="envcheck.toml", environ=None):
    (folder / name).write_text(text, encoding="utf-8")
    return configuration.settings(str(folder), environ or {})


def test_the_nearest_file_counts_whole(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "envcheck.toml").write_text('lang = "zh"\nengine = "direct"\n')
    found = configuration.settings(str(inner), {})
    assert found["lang"] == ("zh", str(tmp_path / "envcheck.toml"))
    (inner / "pyproject.toml").write_text('[tool.other]\nx = "envcheck"\n')
    assert configuration.settings(str(inner), {})["engine"].value == "direct"
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.envcheck]\nlang = "en"\n')
    assert configuration.settings(str(inner), {}) == {"lang": ("en", str(tmp_path / "a" / "pyproject.toml"))}
    assert configuration.settings(str(inner), {}, isolated=True) == {}


def test_folders_of_rules_are_named_from_where_the_file_lies(tmp_path):
    (tmp_path / "deep").mkdir()
    read(tmp_path, 'rules = ["own"]\npack = "one"\nfail_on = ["must", "unknown"]\n')
    found = configuration.settings(str(tmp_path / "deep"), {})
    assert found["rules"].value == (str(tmp_path / "own"),)
    assert (found["pack"].value, found["fail_on"].value) == (("one",), "must,unknown")


def test_the_environment_comes_before_the_file(tmp_path):
    found = read(tmp_path, OWN, environ={"ENVCHECK_LANG": "zh", "ENVCHECK_PACK": "a, b", "ENVCHECK_FORMAT": " "})
    assert found["lang"] == ("zh", "ENVCHECK_LANG")
    assert found["pack"] == (("a", "b"), "ENVCHECK_PACK")
    assert "format" not in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('lagn = "en"', "Did you mean: lang"),
        ("lang = 5", "lang cannot be 5"),
        ("pack = []", "pack cannot be"),
        ("pack = [1]", "pack cannot be"),
        ('lang = ["en"]', "lang cannot be"),
        ("lang = ", "not valid TOML"),
        ("[lang]\nx = 1", "lang cannot be"),
    ],
)
def test_mistakes_name_the_file(tmp_path, text, said):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    (problem,) = error.value.problems
    assert problem.place.file == str(tmp_path / "envcheck.toml")
    assert said in problem.within("en")


def test_check_takes_defaults_options_come_first_and_isolated_ignores_them(run):
    files = {"p.yaml": gas("46 mg/m3"), "envcheck.toml": OWN + 'format = "json"\n'}
    data = json.loads(run("check", "p.yaml", files=files).stdout)
    assert (data["as_of"], len(data["facilities"][0]["findings"])) == ("2026-01-01", 1)
    done = run("check", "p.yaml", "--format", "text", "--as-of", "2025-01-01")
    assert "as of 1 January 2025" in done.stdout
    assert "评估日期" in run("check", "p.yaml", "--isolated").stdout
    assert "评估日期" in run("check", "p.yaml", "--format", "text", env={"ENVCHECK_LANG": "zh"}).stdout


def test_the_ending_of_an_output_file_comes_before_a_configured_format(run, tmp_path):
    files = {"p.yaml": gas("46 mg/m3"), "envcheck.toml": OWN + 'format = "text"\n'}
    assert run("check", "p.yaml", "-o", "out.json", files=files).returncode == 1
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["as_of"] == "2026-01-01"


def test_a_configured_gate_sets_the_exit_code(run):
    files = {"p.yaml": gas("null"), "pyproject.toml": '[tool.envcheck]\nfail_on = ["must", "unknown"]\n'}
    assert run("check", "p.yaml", *SELECT, files=files).returncode == 1
    assert run("check", "p.yaml", *SELECT, "--isolated").returncode == 3


def test_strictness_may_be_configured_and_is_told(run):
    # 20 mg/m3 without an oxygen content passes on the assumption that it is at the reference
    files = {"p.yaml": gas("20 mg/m3"), "envcheck.toml": "strict = true\n"}
    assert run("check", "p.yaml", *SELECT, "--isolated", files=files).returncode == 0
    done = run("check", "p.yaml", *SELECT)
    assert done.returncode == 3
    assert "strict = true" in done.stdout
    told = run("check", "p.yaml", "--lang", "en", files={"envcheck.toml": "strict = 1\n"})
    assert (told.returncode, "write true or false" in told.stderr) == (2, True)


@pytest.mark.parametrize("line", ['engine = "fast"', 'as_of = "2026-13-01"', 'format = "papyrus"', 'lgna = "en"'])
def test_a_value_that_cannot_be_used_ends_with_2_and_names_the_file(run, line):
    done = run("check", "p.yaml", files={"p.yaml": gas("46 mg/m3"), "envcheck.toml": line})
    assert (done.returncode, done.stdout) == (2, "")
    assert "envcheck.toml: " in done.stderr


def test_other_commands_take_the_shared_defaults_only(run, tmp_path):
    files = {"p.yaml": gas("46 mg/m3"), "envcheck.toml": OWN + 'format = "html"\n'}
    assert "timeline" in run("timeline", "p.yaml", "--from", "2025-01-01", files=files).stdout
    assert "as of 1 January 2026" in run("explain", "p.yaml", "gas-boiler-1t-nox").stdout
    assert "Worse" in run("diff", "p.yaml", "--as-of", "2025-06-01", "--as-of", "2026-06-01").stdout
    run("template", "heating_plant", "-o", "form.yaml")
    assert "made from the rules in force on 1 January 2026" in (tmp_path / "form.yaml").read_text(encoding="utf-8")
    assert "an ending that says no format" in run("convert", "p.yaml", "-o", "p.pdf").stderr


def test_a_file_named_comes_in_place_of_the_nearest(run, tmp_path):
    (tmp_path / "other").mkdir()
    files = {
        "p.yaml": gas("46 mg/m3"),
        "envcheck.toml": 'lang = "zh"\n',
        "other/site.toml": OWN,
        "other/pyproject.toml": '[tool.envcheck]\nlang = "en"\nas_of = "2025-06-01"\n',
    }
    assert "as of 1 January 2026" in run("check", "p.yaml", "--config", "other/site.toml", files=files).stdout
    assert "as of 1 June 2025" in run("check", "p.yaml", "--config=other/pyproject.toml").stdout
    assert "评估日期 2025年1月1日" in run("check", "--as-of", "2025-01-01", "p.yaml").stdout
    assert "as of 1 January 2026" in run("explain", "p.yaml", "gas-boiler-1t-nox", "--config", "other/site.toml").stdout
    shown = run("config", "show", "--config", "other/site.toml").stdout
    assert 'lang = "en"  # other/site.toml' in shown


@pytest.mark.parametrize("order", [("--config", "site.toml", "--isolated"), ("--isolated", "--config", "site.toml")])
def test_a_file_named_and_no_file_exclude_each_other(run, order):
    done = run("check", "p.yaml", *order, files={"p.yaml": gas("46 mg/m3"), "site.toml": OWN})
    assert (done.returncode, done.stdout) == (2, "")
    assert "--isolated" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.toml", None, "none.toml: cannot be read"),
        ("x.toml", "lagn = 'en'", "x.toml: unknown key lagn. Did you mean: lang"),
        ("pyproject.toml", "[tool.ruff]", "pyproject.toml: there is no table tool.envcheck"),
    ],
)
def test_a_file_named_that_says_nothing_usable(run, name, text, said):
    files = {"p.yaml": gas("46 mg/m3"), **({name: text} if text is not None else {})}
    done = run("check", "p.yaml", "--config", name, "--lang", "en", files=files)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_configured_language_is_that_of_messages_too(run, lang):
    files = {"p.yaml": gas("46 apples"), "site.toml": f'lang = "{lang}"\n', "envcheck.toml": f'lang = "{lang}"\n'}
    said = {"zh": "单位“apples”不合适", "en": "is no unit of it"}
    for arguments in (["--config", "site.toml"], []):
        done = run("check", "p.yaml", *arguments, files=files, env={"LC_ALL": {"zh": "en_US.UTF-8", "en": "C"}[lang]})
        assert done.returncode == 2
        assert said[lang] in done.stderr
    done = run("check", "p.yaml", "--lang", "en")
    assert said["en"] in done.stderr


def test_config_show_tells_values_and_origins(run, tmp_path):
    done = run("config", "show", files={"envcheck.toml": OWN}, env={"ENVCHECK_ENGINE": "direct"})
    assert f'lang = "en"  # {tmp_path / "envcheck.toml"}' in done.stdout
    assert 'engine = "direct"  # ENVCHECK_ENGINE' in done.stdout
    assert "# fail_on: must,in_principle  # default" in done.stdout
    import tomllib

    assert tomllib.loads(done.stdout)["select"] == ["gas-boiler-1t-nox"]
    assert "lang =" not in run("config", "show", "--isolated").stdout


def test_no_reader_of_toml_loads_without_a_file_for_envcheck(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    script = f"import sys; from envcheck.cli import configuration; configuration.settings({str(tmp_path)!r}, {{}}); print('tomllib' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- completion


def complete(run, *typed):
    words = ["envcheck", *typed]
    env = {"_ENVCHECK_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = run(env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_commands_options_values_packs_and_files_are_completed(run):
    assert complete(run, "ti") == ["plain,timeline"]
    assert {"plain,check", "plain,explain", "plain,diff"} <= set(complete(run, ""))
    assert complete(run, "check", "--isol") == ["plain,--isolated"]
    assert complete(run, "check", "--lang", "") == ["plain,zh", "plain,en"]
    assert complete(run, "check", "--pack", "kundulun-2") == ["plain,kundulun-2023"]
    assert complete(run, "check", "pla") == ["file,pla"]
    assert complete(run, "rules", "sh") == ["plain,show"]


def test_packs_of_a_folder_given_are_completed(run, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pack.yaml").write_text('format: envcheck/pack/1\nid: "mine-2030"  # ours\n')
    assert complete(run, "check", "--rules", "own", "--pack", "mi") == ["plain,mine-2030"]


@pytest.mark.parametrize(
    ("shell", "words"), [("bash", "complete "), ("zsh", "#compdef envcheck"), ("fish", "complete ")]
)
def test_the_three_shells_get_their_scripts(run, shell, words):
    done = run(env={"_ENVCHECK_COMPLETE": f"{shell}_source"})
    assert done.returncode == 0
    assert words in done.stdout


def test_completing_a_pack_loads_no_rules(tmp_path):
    script = (
        "import sys, click; from envcheck.cli import completion\n"
        "found = completion.pack_ids(click.Context(click.Command('x')), None, 'kun')\n"
        "print(len(found), sorted(m for m in ('yaml', 'lark', 'pint', 'rich', 'envcheck.rulebook') if m in sys.modules))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2 []"


# --- progress


def progress(tmp_path, count, terminal, *more, **env):
    for number in range(count):
        (tmp_path / f"p{number:02}.yaml").write_text(
            gas("46 mg/m3").replace("id: plant", f"id: p{number}"), encoding="utf-8"
        )
    return on_terminal(tmp_path, ("check", ".", *SELECT), terminal, *more, **env)


def on_terminal(tmp_path, call, terminal, *more, **env):
    """What a call that finds failures tells on stderr."""
    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "envcheck", *call, *more],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CI": "", **env},
        stdout=subprocess.PIPE,
        stderr=slave if terminal else subprocess.PIPE,
        check=False,
    )
    os.close(slave)
    told = b""
    while terminal:
        try:
            told += os.read(master, 65536)
        except OSError:
            break
    os.close(master)
    assert done.returncode == 1
    return told if terminal else done.stderr


def test_many_files_show_a_bar_on_a_terminal_only(tmp_path):
    told = progress(tmp_path, 21, True, "--lang", "en")
    assert [told.count(doing) > 0 for doing in (b"reading", b"checking")] == [True, True]
    assert told.count(b"100%") == 2
    assert "核查".encode() in progress(tmp_path, 21, True, "--lang", "zh")
    assert progress(tmp_path, 21, False) == b""
    assert progress(tmp_path, 21, True, "-q") == b""
    assert progress(tmp_path, 21, True, CI="1") == b""


def test_a_register_shows_a_bar_on_a_terminal_only(tmp_path):
    head = "facility_id,id,region,fuel,capacity (t/h),status,emissions.NOx (mg/m3)\n"
    rows = "".join(f"F{n},B{n},150203,natural_gas,20,existing,{'22 ppm' if n == 7 else 46}\n" for n in range(90))
    (tmp_path / "boilers.csv").write_text(head + rows, encoding="utf-8")
    call = ("screen", "boilers.csv", *SELECT)
    told = on_terminal(tmp_path, call, True, "--lang", "zh")
    assert "核查".encode() in told
    assert b"90/90" in told
    # In columns the facility with a note is left out of a second stream, and read by itself.
    assert b"180/180" in on_terminal(tmp_path, call, True, "--engine", "columnar")
    assert [on_terminal(tmp_path, call, *more) for more in ((False,), (True, "-q"))] == [b"", b""]


def test_few_files_show_none(tmp_path):
    assert progress(tmp_path, 20, True) == b""
