"""Texts in two languages: the catalogue is whole, its fields fit the code, dates read as each language writes them."""

import ast
import os
import subprocess
import sys
from datetime import date, timedelta
from gettext import GNUTranslations
from io import BytesIO
from string import Formatter

import pytest
from babel.dates import format_date
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, nodes

from envcheck.text.messages import Text, day, join, listed, ntr, ptr, tr
from support import ROOT

FOLDER = ROOT / "envcheck/locale/zh/LC_MESSAGES"
DOMAINS = ("envcheck", "click")
TELLERS = {"tr": 1, "ptr": 2, "ntr": 3}
"""The functions that tell a text, and how many of their arguments come before the named fields."""


def catalogue(domain):
    with (FOLDER / f"{domain}.po").open("rb") as stream:
        return read_po(stream, locale="zh", domain=domain)


def messages(found):
    return {(message.context, message.id): message for message in found if message.id}


def translations(stream):
    """Every message of a compiled catalogue, and its rule of plurals; not the header, which names the Babel that wrote it."""
    compiled = GNUTranslations(stream)
    return {key: text for key, text in compiled._catalog.items() if key}, compiled.info()["plural-forms"]


def texts(message):
    """The English forms of a message, and its Chinese ones."""
    one = message.id if isinstance(message.id, tuple) else (message.id,)
    other = message.string if isinstance(message.string, tuple) else (message.string,)
    return one, other


def fields(*forms):
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name is not None}


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_catalogue_is_that_of_the_source(domain):
    anew = BytesIO()
    write_mo(anew, catalogue(domain))
    anew.seek(0)
    with (FOLDER / f"{domain}.mo").open("rb") as stream:
        held = translations(stream)
    assert held[0]
    assert held == translations(anew), "run: pybabel compile (see docs/texts.md)"


def test_every_text_of_the_code_is_in_the_catalogue_and_no_other(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    pot = tmp_path / "envcheck.pot"
    CommandLineInterface().run(["pybabel", "-q", "extract", "-F", "pyproject.toml", "-o", str(pot), "envcheck"])
    with pot.open("rb") as stream:
        wanted = messages(read_po(stream)).keys()
    held = catalogue("envcheck")
    assert len(wanted) > 500
    assert wanted - messages(held).keys() == set(), (
        "not in the catalogue: run pybabel extract and update (docs/texts.md)"
    )
    assert messages(held).keys() - wanted == set(), (
        "no longer in the code: run pybabel extract and update (docs/texts.md)"
    )
    assert not held.obsolete


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_has_its_chinese(domain):
    for message in messages(catalogue(domain)).values():
        assert all(texts(message)[1]), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("domain", DOMAINS)
def test_both_languages_have_the_same_fields(domain):
    for message in messages(catalogue(domain)).values():
        english, chinese = texts(message)
        assert fields(*chinese) == fields(english[-1]), message.id
        assert fields(*english) <= fields(english[-1]) | {"possibility", "choice"}, message.id


def calls_in_python():
    """Where a text is told, its forms, and the names of the values given."""
    for path in sorted((ROOT / "envcheck").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TELLERS:
                forms = [a.value for a in node.args[: TELLERS[node.func.id]] if isinstance(a, ast.Constant)]
                given = {keyword.arg for keyword in node.keywords}
                yield f"{path.name}:{node.lineno}", node.func.id, forms, given


def calls_in_templates():
    for path in sorted((ROOT / "envcheck/report/templates").glob("*.html")):
        for node in Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(node.node, nodes.Name) and node.node.name in TELLERS:
                forms = [a.value for a in node.args if isinstance(a, nodes.Const)]
                yield f"{path.name}:{node.lineno}", node.node.name, forms, {k.key for k in node.kwargs}


def test_every_text_gets_just_the_values_that_it_has_fields_for():
    told = [*calls_in_python(), *calls_in_templates()]
    held = {(message.context, texts(message)[0][0]) for message in messages(catalogue("envcheck")).values()}
    assert len(told) > 500
    for place, teller, forms, given_names in told:
        assert forms, f"{place}: a text is a literal, else nobody can translate it"
        own = forms[1:] if teller == "ptr" else forms
        # Extraction passes over a text that is told with another text made in the same call.
        assert (forms[0] if teller == "ptr" else None, own[0]) in held, f"{place}: {own[0]!r} was not extracted"
        counted = {"n"} if teller == "ntr" else set()
        assert {name for name in fields(*own) if not name.isidentifier()} == set(), place
        assert fields(*own) - counted == given_names, place


def test_no_pair_of_texts_stands_in_the_code():
    for path in sorted((ROOT / "envcheck").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                pair = [a.value for a in node.args if isinstance(a, ast.Constant)]
                assert len(pair) < 2 or pair[0] == pair[1], (
                    f"{path.name}:{node.lineno}: {pair} belongs in the catalogue"
                )


# --- how values are told ---------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.dates(min_value=date(1000, 1, 1)))
def test_dates_are_those_of_cldr(value):
    told = day(value)
    assert told.zh == format_date(value, "long", locale="zh")
    assert told.en == format_date(value, "long", locale="en_GB")


def test_all_months_have_their_names():
    days = [date(2024, 2, 29) + timedelta(days=31 * n) for n in range(12)]
    assert [day(d).en for d in days] == [format_date(d, "long", locale="en_GB") for d in days]


def test_a_value_is_told_as_its_type_asks():
    text = tr("in force from {start}", start=date(2026, 1, 1))
    assert text == Text("自2026年1月1日起施行", "in force from 1 January 2026")
    assert tr("kind of subject: {label}", label=Text("锅炉", "boiler")) == Text(
        "对象类别：锅炉", "kind of subject: boiler"
    )
    assert tr("kind of subject: {label}", label=3) == Text("对象类别：3", "kind of subject: 3")


def test_braces_of_a_value_are_no_fields_and_doubled_ones_of_a_text_are_told_once():
    assert tr("kind of subject: {label}", label="{name}").en == "kind of subject: {name}"
    assert tr("write {{value: 38 mg/L}}") == Text("应写作 {value: 38 mg/L}", "write {value: 38 mg/L}")


def test_one_thing_and_several():
    assert ntr("in {n} day", "in {n} days", 1) == Text("还有 1 天", "in 1 day")
    assert ntr("in {n} day", "in {n} days", 2) == Text("还有 2 天", "in 2 days")


def test_a_context_tells_which_chinese_is_meant():
    assert ptr("month", "May").zh == "5月"
    assert ptr("of a rule", "note").zh != tr("note").zh


def test_lists():
    assert listed((Text("甲", "a"), "b", date(2026, 1, 1))) == Text("甲，b，2026年1月1日", "a, b, 1 January 2026")
    assert join(Text("、", "; "), ()) == Text("", "")


# --- help and usage errors -------------------------------------------------------------------------------------------


def run(*arguments, lang):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": lang, "LC_ALL": "", "LC_MESSAGES": "", "LANGUAGE": ""}
    command = [sys.executable, "-m", "envcheck", *arguments]
    return subprocess.run(command, env=env, capture_output=True, encoding="utf-8", check=False)


CALLS = [
    ("--help",),
    ("check", "--help"),
    ("check",),
    ("chek",),
    ("check", "x.yaml", "--langg"),
    ("check", "--as-of", "x", "y"),
]


@pytest.mark.parametrize("arguments", CALLS, ids=" ".join)
def test_help_and_usage_errors_are_in_the_language_of_the_call(arguments):
    zh, en = (run(*arguments, lang=lang) for lang in ("zh_CN.UTF-8", "en_GB.UTF-8"))
    assert zh.returncode == en.returncode
    assert "用法" in zh.stdout + zh.stderr
    for word in ("Usage", "Options", "Commands", "Error", "Try", "Missing", "No such", "Invalid", "Show"):
        assert word not in zh.stdout + zh.stderr
    assert (en.stdout + en.stderr).isascii()


def test_lang_comes_before_the_locale():
    assert "Missing argument" in run("check", "--lang", "en", lang="zh_CN.UTF-8").stderr
    assert "缺少参数" in run("check", "--lang=zh", lang="en_GB.UTF-8").stderr
