"""Which rules a word means: by name, title or a part of it; never none, and never one of several."""

import pytest

from envcheck.rulebook.selection import find_rule, search, selected
from envcheck.text.problems import InputError
from support import gas, rule, small_pack

NOX = "emissions.NOx <= 30 mg/m3"


def titled(name, zh, en, number):
    text = rule(NOX, name=name)
    return text.replace("{zh: 规则, en: rule}", f"{{zh: {zh}, en: {en}}}").replace("small-001", f"small-{number}")


PACK = small_pack(
    titled("boiler-nox", "锅炉氮氧化物", "Boiler NOx", "001")
    + titled("boiler-nox-late", "锅炉氮氧化物（延期）", "Boiler NOx later", "002")
    + titled("dust", "扬尘覆盖", "Dust covered", "003")
)


def keys(*patterns):
    return [r.id for pack in selected([PACK], patterns, ()) for r in pack.rules]


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("boiler-nox", ["boiler-nox"]),  # an id means what it meant, although it is a part of another
        ("small/dust", ["dust"]),
        ("small-002", ["boiler-nox-late"]),
        ("boiler-*", ["boiler-nox", "boiler-nox-late"]),
        ("锅炉氮氧化物", ["boiler-nox"]),  # a whole title before a part of one
        ("boiler nox", ["boiler-nox"]),
        ("延期", ["boiler-nox-late"]),
        ("covered dust", ["dust"]),
        ("扬尘", ["dust"]),
    ],
)
def test_a_word_means_rules(pattern, ids):
    assert keys(pattern) == ids
    assert [r.id for _, r in find_rule([PACK], pattern)] == ids


@pytest.mark.parametrize("pattern", ["氮氧化物", "nox", "", "  "])
def test_what_may_mean_several_is_refused_with_their_names(pattern):
    for ask in (lambda: keys(pattern), lambda: find_rule([PACK], pattern)):
        with pytest.raises(InputError) as caught:
            ask()
        said = str(caught.value)
        if pattern.strip():
            assert "may mean 2 rules" in said
            assert "small/boiler-nox (" in said
            assert "small/boiler-nox-late (" in said
            assert "small/dust" not in said


def test_a_part_of_a_title_takes_no_rule_away():
    with pytest.raises(InputError, match="--ignore: no rule 扬尘"):
        selected([PACK], (), ("扬尘",))
    assert [r.id for p in selected([PACK], (), ("dust",)) for r in p.rules] == ["boiler-nox", "boiler-nox-late"]


def test_search_lists_the_rules_that_have_every_word():
    assert [r.id for p in search([PACK], "锅炉 LATER") for r in p.rules] == ["boiler-nox-late"]
    with pytest.raises(InputError, match="--search: no rule 没有"):
        search([PACK], "没有")


def test_the_commands_take_words_and_refuse_doubt(run):
    files = {"p.yaml": gas("46 mg/m3")}
    listed = run("rules", "list", "--search", "gas-boiler-1t-nox", "--lang", "zh", files=files)
    key, _, rest = listed.stdout.splitlines()[0].partition("  ")
    assert key == "kundulun-2023/gas-boiler-1t-nox"
    title = rest.partition("  ")[2]
    by_title = run("explain", "p.yaml", title, "boilers/B1", "--as-of", "2026-01-01")
    assert by_title.stdout == run("explain", "p.yaml", key, "boilers/B1", "--as-of", "2026-01-01").stdout
    for arguments in (["explain", "p.yaml", "氮氧化物"], ["check", "p.yaml", "--select", "氮氧化物"]):
        done = run(*arguments, "--lang", "zh")
        assert (done.returncode, done.stdout) == (2, "")
        assert "可能指" in done.stderr
    assert run("rules", "list", "--search", "没有这样的规则").returncode == 2
