"""The traps of durable-rules: none of them reaches a finding."""

from datetime import date

import pytest

from envcheck.judging import engines
from envcheck.judging.engines import direct
from support import WITHOUT_DURABLE, read_facility, rule, shipped, small_pack

if engines.default() != "durable":
    pytest.skip(WITHOUT_DURABLE, allow_module_level=True)

from envcheck.judging.engines import durable

HEAD = "format: envcheck/facility/1\nregion: '150203'\n"
DAY = date(2026, 1, 1)


def both(plant, pack):
    one, other = direct.run(plant, [pack], DAY), durable.run(plant, [pack], DAY)
    assert one == other
    return one[0]


def test_it_is_the_default_where_it_loads():
    assert engines.default() == "durable"


@pytest.mark.parametrize(
    "value",
    [
        "1e-7 mg/m3",
        "0.0000001 mg/m3",
        "1e16 mg/m3",
        "29.999999999999999999999 mg/m3",
        "30.000000000000000000001 mg/m3",
        "<1e-9 mg/m3",
    ],
)
def test_exponents_and_many_digits(words, value):
    plant = read_facility(HEAD + f"id: p\nboilers:\n  - {{id: B1, emissions: {{NOx: {value}}}}}\n", words)
    assert both(plant, small_pack(rule("emissions.NOx <= 30 mg/m3")))[0].status in ("pass", "fail")


def test_nan_never_gets_in(words):
    from envcheck.text.problems import InputError

    with pytest.raises(InputError):
        read_facility(HEAD + "id: p\nboilers:\n  - {id: B1, emissions: {NOx: NaN mg/m3}}\n", words)


@pytest.mark.parametrize("name", ['a "b"', "back\\\\slash", "新\\n行", "x" * 100_000, "'; drop", "\U0001f3ed"])
def test_texts(words, name):
    plant = read_facility(
        HEAD
        + f'id: p\nname: "{name}"\nboilers:\n  - {{id: B1, name: "{name}", fuel: coal}}\n'.replace(
            'a "b"', 'a \\"b\\"'
        ),
        words,
    )
    assert both(plant, small_pack(rule("fuel != coal", "name contains x")))


def test_numbers_that_are_texts_are_not_compared_as_texts(words):
    plant = read_facility(HEAD + "id: p\nboilers:\n  - {id: B1, capacity: 5 t/h, fuel: coal}\n", words)
    assert both(plant, small_pack(rule("fuel != coal", "capacity > 30 t/h")))[0].status == "not_applicable"


def test_more_rules_than_it_takes_for_one_fact(words):
    rules = "".join(rule("fuel != coal", f"capacity <= {10 + n} t/h", name=f"r{n}") for n in range(130))
    same = "".join(rule("fuel != coal", "capacity <= 10 t/h", name=f"s{n}") for n in range(300))
    plant = read_facility(HEAD + "id: p\nboilers:\n  - {id: B1, capacity: 5 t/h, fuel: coal}\n", words)
    assert {f.status for f in both(plant, small_pack(rules + same))} == {"fail"}


def test_more_values_than_it_takes_of_one_field(words):
    fuels = list(words.choices["process"])
    rules = "".join(
        rule("never", f"process == {fuels[n % len(fuels)]}, status == new", "outlet", name=f"r{n}") for n in range(620)
    )
    plant = read_facility(
        HEAD + f"id: p\noutlets:\n  - {{id: S1, process: {fuels[0]}, status: new}}\n  - {{id: S2}}\n", words
    )
    assert "fail" in {f.status for f in both(plant, small_pack(rules))}


def test_two_thousand_facilities_in_one_process(words):
    pack = small_pack(
        rule("emissions.NOx <= 30 mg/m3", "fuel == natural_gas") + rule("fuel != coal", "status == new", name="q")
    )
    text = HEAD + "id: p\nboilers:\n  - {id: B1, fuel: natural_gas, status: new, emissions: {NOx: 31 mg/m3}}\n"
    plant = read_facility(text, words)
    answers = {tuple(f.status for f in durable.run(plant, [pack], DAY)[0]) for _ in range(2000)}
    assert answers == {("fail", "pass")}


def test_equal_subjects_and_a_fact_posted_twice(words):
    plant = read_facility(
        HEAD + "id: p\nboilers:\n" + "".join(f"  - {{id: B{n}, fuel: coal}}\n" for n in range(80)), words
    )
    pack = small_pack(rule("fuel != coal"))
    assert len(both(plant, pack)) == 80
    assert durable.run(plant, [pack], DAY) == durable.run(plant, [pack], DAY)


def test_a_proposal_that_is_missing_is_a_fault_and_never_a_silent_skip(words, monkeypatch):
    plant = read_facility(HEAD + "id: p\nboilers:\n  - {id: B1, fuel: coal}\n", words)
    monkeypatch.setattr(durable, "_propose", lambda *_: frozenset())
    with pytest.raises(durable.EngineFault):
        durable.run(plant, [small_pack(rule("fuel != coal"))], DAY)


def test_all_packs_loaded(words):
    from envcheck.facility import facility_file
    from envcheck.files import source
    from support import ROOT

    for path in sorted((ROOT / "facilities").glob("*.yaml")):
        plant = facility_file.read(source.read_file(str(path)), words)
        for pack in shipped()[1]:
            both(plant, pack)
