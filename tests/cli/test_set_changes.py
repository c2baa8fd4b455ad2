"""`check --set` says which findings it changes."""

import json

from support import SELECT, gas


def test_what_changes_status_is_told_with_before_and_after(run):
    files = {"p.yaml": gas("46 mg/m3")}
    change = ["--set", "boilers/B1.emissions.NOx=28 mg/m3"]
    page = run("check", "p.yaml", *SELECT, *change, "--lang", "en", files=files).stdout
    told = page[page.index("1 finding changed by --set") :]
    assert "kundulun-2023/gas-boiler-1t-nox  boilers/B1  fail → pass" in " ".join(told.split("\n")).replace("\n", " ")
    assert "outcome non-compliant → compliant" in told
    assert "--set 改变了 1 条结论" in run("check", "p.yaml", *SELECT, *change, "--lang", "zh").stdout


def test_a_change_without_effect_says_so_and_none_says_nothing(run):
    files = {"p.yaml": gas("46 mg/m3")}
    change = ["--set", "boilers/B1.emissions.NOx=45 mg/m3"]
    page = run("check", "p.yaml", *SELECT, *change, "--lang", "en", files=files).stdout
    assert page.rstrip().endswith("0 findings changed by --set")
    assert "changed by --set" not in run("check", "p.yaml", *SELECT, "--lang", "en").stdout


def test_other_formats_stay_what_they_are(run):
    files = {"p.yaml": gas("46 mg/m3")}
    change = ["--set", "boilers/B1.emissions.NOx=28 mg/m3"]
    done = run("check", "p.yaml", *SELECT, *change, "--format", "json", "--lang", "en", files=files)
    assert json.loads(done.stdout)["facilities"][0]["outcome"] == "compliant"
    assert "1 finding changed by --set" in done.stderr


def test_a_file_that_only_the_change_makes_readable_is_judged(run):
    files = {"p.yaml": gas("46 mg/m4")}
    done = run("check", "p.yaml", *SELECT, "--set", "boilers/B1.emissions.NOx=28 mg/m3", "--lang", "en", files=files)
    assert done.returncode == 0
    assert "Without --set the input cannot be judged" in done.stdout
    assert "Traceback" not in done.stderr


def test_standard_input_is_gone_when_it_would_be_compared(run):
    text = gas("46 mg/m3")
    done = run("check", "-", *SELECT, "--set", "boilers/B1.emissions.NOx=28 mg/m3", "--lang", "en", input=text)
    assert done.returncode == 0
    assert "Standard input is read once only" in " ".join(done.stdout.split())
