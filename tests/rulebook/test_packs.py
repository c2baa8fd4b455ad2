"""Packs that do not load, one mistake each, and what is told about it."""

import shutil
from pathlib import Path

import pytest
import yaml

from envcheck.model import expressions as ex
from envcheck.rulebook import loading
from envcheck.text.problems import InputError
from support import rule, small_pack

ROOT = Path(__file__).parents[2]

BROKEN = [
    (rule("capacity <= 10 mg/m3"), "", "not in a unit of t/h"),
    (rule("heat <= 10 t/h"), "", "no attribute heat"),
    (rule("fuel == gaz"), "", "fuel cannot be gaz"),
    (rule("fuel == coal", subject="boilor"), "", "unknown kind of subject boilor"),
    (rule("fuel == coal") + rule("fuel == coal"), "", "rule r again"),
    (rule("fuel == coal", more="dew: 2025-12-31"), "", "unknown key dew"),
    (rule("fuel == coal", more="due: 2025-13-31"), "", "is not a date"),
    (rule("fuel == coal").replace("modality: must", "modality: shall"), "", "unknown modality shall"),
    (rule("fuel == coal").replace("en: rule", "fr: règle"), "", "unknown key fr"),
    (rule("fuel == coal").replace("    clause: 一\n", ""), "", "no clause"),
    (rule("fuel == coal", more="replaces: [small/none]"), "", "no rule small/none to replace"),
    (rule("emissions within nowhere"), "", "no limit table nowhere"),
    (rule("water within steel-ultra-low", subject="outfall"), "", "does not fit water"),
    (rule("emissions within steel-ultra-low"), "", "no attribute process"),
    (rule("fuel == coal", more="examples: [{given: {}, as_of: 2026-01-01, expect: maybe}]"), "", "unknown status maybe"),
    (rule("a"), "definitions:\n  a: {subject: boiler, title: {zh: 甲, en: a}, holds: b}\n  b: {subject: boiler, title: {zh: 乙, en: b}, holds: a}\n", "in a circle: a → b → a"),
    (rule("fuel == coal"), "definitions:\n  fuel: {subject: boiler, title: {zh: 甲, en: a}, holds: fuel == coal}\n", "is an attribute of boiler already"),
    (rule("fuel == coal"), "colour: red\n", "unknown key colour"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "header", "what"), BROKEN, ids=[b[2] for b in BROKEN])
def test_a_broken_pack_does_not_load_and_says_why(rules, header, what):
    with pytest.raises(InputError) as error:
        small_pack(rules, header)
    assert any(what in problem.what.en for problem in error.value.problems)
    assert all(problem.place.line for problem in error.value.problems)


def test_a_later_rule_ends_the_one_it_replaces():
    pack = small_pack(
        rule("fuel != coal", name="old")
        + rule("fuel == electricity", name="new", more="from: 2025-07-01\n    replaces: [small/old]")
    )
    assert [str(r.end) for r in pack.rules] == ["2025-06-30", "None"]


def test_the_shipped_packs_load_and_every_rule_has_both_languages_and_examples(packs):
    from support import shipped

    examples = shipped()[2]
    for pack in packs:
        for one in pack.rules:
            assert one.title.zh
            assert one.title.en
            assert one.covers
            assert examples[one.key]


def test_a_cache_that_another_process_clears_away_is_no_loss(tmp_path, monkeypatch):
    monkeypatch.setenv("ENVCHECK_CACHE", str(tmp_path))
    fresh = loading.load()
    kept = loading.load()
    shutil.rmtree(tmp_path)
    assert [pack.rules for pack in kept.packs()] == [pack.rules for pack in fresh.packs()]


def test_rules_that_lean_on_one_limit_table_have_it_in_common():
    """The memory of an engine finds what was asked already by comparing: of one object that takes no time."""
    leaning = 0
    for pack in loading.load().packs():
        nodes = [node for one in pack.rules for part in (*one.when, *one.require) for node in ex.walk(part)]
        tables = [node.limits for node in nodes if isinstance(node, ex.Within)]
        assert len({id(table) for table in tables}) == len(set(tables))
        leaning += len(tables) - len(set(tables))
    assert leaning > 0


@pytest.mark.parametrize("path", sorted((ROOT / "rules/vocabulary").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_kind_of_subject_has_a_file_of_its_own(path):
    """An attribute is found where one looks for its kind."""
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    kinds = list(tree.get("kinds", {}))
    assert kinds in ([], [path.stem])
    assert bool(kinds) != bool({"choices", "units", "substances"} & set(tree))
