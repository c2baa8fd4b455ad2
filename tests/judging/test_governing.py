"""Where several rules limit the same quantity, the strictest is marked."""

from datetime import date

from envcheck.judging.check import check
from support import read_facility, rule, small_pack

HEAD = "format: envcheck/facility/1\nid: p\nregion: '150203'\nboilers:\n"
RULES = (
    rule("emissions.NOx <= 50 mg/m3 @ 3.5 % O2", name="soft")
    + rule("emissions.NOx <= 40 mg/m3 @ 9 % O2", name="hard")
    + rule("emissions.SO2 <= 35 mg/m3", name="other")
)


def flagged(words, boiler):
    plant = read_facility(HEAD + f"  - {{id: B1, {boiler}}}\n", words)
    found = check([plant], [small_pack(RULES)], date(2024, 1, 1), "direct").reports[0].findings
    return [f.rule.id for f in found if "governing" in f.flags]


def test_the_limit_that_leaves_the_least_room_governs(words):
    # at 6 % O2: 40 × 17.5/15 = 46.7 of 50 (6.7 % left), 40 × 12/15 = 32 of 40 (20 % left)
    assert flagged(words, "emissions: {NOx: {value: 40 mg/m3, O2: 6 %}}") == ["soft"]
    assert flagged(words, "emissions: {NOx: 40 mg/m3}") == ["hard"]


def test_without_a_measurement_the_lowest_maximum_governs(words):
    assert flagged(words, "emissions: {SO2: 3 mg/m3}") == ["hard"]
