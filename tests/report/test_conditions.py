"""Conditions in people's words: no key, no sign and no word of the program in what is read and signed."""

import re
from datetime import date

import pytest

from envcheck.judging.check import check
from envcheck.model import expressions as ex
from envcheck.report.parts import phrases
from envcheck.report.parts.conditions import Wording, conditions
from support import HEAD, read_facility, rule, shipped, small_pack

PROGRAM = re.compile(r"[a-z]+_[a-z]+|==|!=|<=|>=|\b(known|dated|not in|every|some|sum|count|self|facility)\(")


def test_every_condition_of_the_packs_is_told_without_a_key():
    words, packs, _ = shipped()
    odd = {
        (r.key, told.zh, told.en)
        for pack in packs
        for r in pack.rules
        for kind, node in conditions(r, pack)
        if not isinstance(node, ex.OverTime)
        for told in [Wording(words.kinds[kind], words, pack).tell(node)]
        if PROGRAM.search(told.zh) or not told.zh.strip() or not told.en.strip()
    }
    assert odd == set()


@pytest.mark.parametrize(
    ("require", "facts", "told"),
    [
        ("fuel != coal", "fuel: coal", "✗ 并非：燃料为煤；所填：煤 (plant.yaml:4)"),
        ("fuel in [electricity, natural_gas]", "fuel: coal", "✗ 燃料为电或天然气；所填：煤 (plant.yaml:4)"),
        ("low_nox_retrofit", "low_nox_retrofit: no", "✗ 节能低氮改造完成：是；所填：否 (plant.yaml:4)"),
        (
            "commissioned < 2024-01-01",
            "commissioned: 2024-05-06",
            "✗ 投产（建成）早于2024年1月1日；所填：2024-05-06 (plant.yaml:4)",
        ),
    ],
)
def test_what_does_not_hold_is_told_with_what_the_file_states(require, facts, told):
    words, pack = shipped()[0], small_pack(rule(require))
    plant = read_facility(HEAD + f"boilers: [{{id: B1, {facts}}}]\n", words)
    (finding,) = check([plant], [pack], date(2026, 1, 1), "direct").reports[0].findings
    lines = [phrases.condition(step, words, pack, finding.rule).zh for step in finding.against]
    assert [re.sub(r"plant\.yaml:\d+", "plant.yaml:4", line) for line in lines] == [told]
