"""Facility files: what is read, and what every mistake is told as."""

from fractions import Fraction

import pytest

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.text.problems import InputError
from envcheck.units.quantity import Interval
from support import read_facility

HEAD = "format: envcheck/facility/1\nid: plant\n"


def problems(text, words, name="plant.yaml"):
    with pytest.raises(InputError) as error:
        facility_file.read(source.read_bytes(text.encode() if isinstance(text, str) else text, name), words)
    for problem in error.value.problems:
        assert problem.what.zh
        assert problem.what.en
    return error.value.problems


def test_scalars_keep_their_spelling_until_the_vocabulary_types_them(words):
    found = read_facility(HEAD + "region: 150203\nname: no\ntype: 企业\nzone: [工业园区内, urban_built_up]\n", words)
    facts = found.itself.facts
    assert facts["region"].value == "150203"
    assert facts["name"].value == "no"
    assert facts["type"].value == "enterprise"
    assert facts["zone"].value == frozenset({"industrial_park", "urban_built_up"})


def test_null_and_absent_are_not_known(words):
    found = read_facility(HEAD + "name: null\nindustry: ~\nboilers:\n  - {id: B1, fuel: }\n", words)
    assert set(found.itself.facts) == {"id"}
    assert set(found.lists["boilers"][0].facts) == {"id"}


def test_every_fact_has_its_place(words):
    found = read_facility(HEAD + "boilers:\n  - id: B1\n    fuel: coal\n", words)
    assert str(found.lists["boilers"][0].facts["fuel"].place) == "plant.yaml:5:11"


def test_emissions_in_all_their_forms(words):
    text = HEAD + (
        "boilers:\n  - id: B1\n    emissions:\n      NOx: {value: 22 ppm, O2: 5.2 %}\n      SO2: 35 mg/m3\n"
        "      颗粒物: {value: 0.01 克/立方米, basis: wet, moisture: 8 %, measured_on: 2026-03-02}\n      CO: <3 mg/m3\n"
    )
    found = read_facility(text, words).lists["boilers"][0].facts["emissions"].value
    assert found["NOx"].value == Interval.point(Fraction("22") * Fraction("46.01") / Fraction("22.4"))
    assert found["NOx"].oxygen == Interval.point(Fraction("5.2"))
    assert found["PM"].value == Interval.point(10)
    assert (found["PM"].wet, found["PM"].moisture) == (True, Interval.point(8))
    assert found["CO"].value == Interval(Fraction(0), Fraction(3))


def test_json_and_yaml_read_the_same(words):
    yaml = read_facility(HEAD + 'name: "厂\U0001f3ed"\nboilers: [{id: B1, capacity: 20 t/h}]\n', words)
    json = read_facility(
        '{"format": "envcheck/facility/1",\n\t"id": "plant", "name": "\\u5382\\ud83c\\udfed", "boilers": [{"id": "B1", "capacity": "20 t\\/h"}]}',
        words,
        "plant.json",
    )
    assert yaml.name == json.name == "厂\U0001f3ed"
    assert yaml.lists["boilers"][0].facts["capacity"].value == json.lists["boilers"][0].facts["capacity"].value


MISTAKES = [
    (HEAD + "regoin: '150203'\n", "3:1", "no attribute regoin", "region"),
    (HEAD + "boilres: []\n", "3:1", "no attribute boilres", "boilers"),
    (HEAD + "boilers:\n  - {id: B1, capacity: 20}\n", "4:24", "capacity cannot be '20'", "needs a unit"),
    (HEAD + "boilers:\n  - {id: B1, capacity: 20 mg/m3}\n", "4:24", "capacity cannot be", "units that fit: t/h"),
    (HEAD + "boilers:\n  - {id: B1, fuel: cole}\n", "4:20", "fuel cannot be 'cole'", "coal"),
    (HEAD + "boilers:\n  - {id: B1}\n  - {id: B1}\n", "5:5", "id B1 again", ""),
    (HEAD + "boilers:\n  - {fuel: coal}\n", "4:5", "no id", ""),
    (HEAD + "boilers:\n  - {id: B1, fuel: coal, fuel: coal}\n", "4:26", "key fuel again", ""),
    (HEAD + "boilers: {id: B1}\n", "3:10", "a list is due", ""),
    (HEAD + "boilers:\n  - 7\n", "4:5", "a mapping", ""),
    (
        HEAD + "boilers:\n  - {id: B1, emissions: {NOx: {value: 5 mg/m3, O2: 21 %}}}\n",
        "4:52",
        "emissions.NOx cannot be '21 %'",
        "21 %",
    ),
    (
        HEAD + "boilers:\n  - {id: B1, emissions: {NOx: {value: 5 mg/m3, O2: 20 %, basis: wet, moisture: 10 %}}}\n",
        "4:52",
        "emissions",
        "21 %",
    ),
    (HEAD + "boilers:\n  - {id: B1, emissions: {COD: 5 mg/L}}\n", "4:26", "no substance COD", ""),
    (HEAD + "boilers:\n  - {id: B1, emissions: {PM: 5 ppm}}\n", "4:30", "emissions.PM cannot be", "molar mass"),
    (HEAD + "boilers:\n  - {id: B1, emissions: {PM: -5 mg/m3}}\n", "4:30", "emissions.PM cannot be", "below 0"),
    (HEAD + "boilers:\n  - {id: B1, emissions: 5 mg/m3}\n", "4:25", "emissions cannot be", "list the substances"),
    (HEAD + "sites:\n  - {id: S, perimeter_fenced: 101 %}\n", "4:31", "perimeter_fenced cannot be", "above 100"),
    (HEAD + "sites:\n  - {id: S, started: soon}\n", "4:22", "started cannot be", "a date"),
    (HEAD + "commissioned: 2025-02-30\n", "3:15", "commissioned cannot be", "a date"),
    (HEAD + "region: Baotou\n", "3:9", "region cannot be", "150203"),
    (HEAD + "waivers:\n  - {rule: x, until: 2026-01-01}\n", "4:5", "the waiver has no document, approver, reason", ""),
    ("id: x\n", "1:1", "format: envcheck/facility/1 is due", ""),
    ("format: envcheck/facility/1\nid: 'a/b'\n", "2:5", "an id holds no /", ""),
    ("[1, 2]\n", "1:1", "a mapping", ""),
    ("a: &x 1\nb: *x\n", "1:4", "anchors", ""),
    ("a: !!python/object:os.system 1\n", "1:4", "tags", ""),
    ("a: [1\n", "2:1", "not valid YAML", "indentation"),
    ("a: 1\n---\nb: 2\n", "2:1", "one document a file", ""),
]


@pytest.mark.parametrize(("text", "place", "what", "remedy"), MISTAKES)
def test_each_mistake_is_told_with_place_and_remedy(words, text, place, what, remedy):
    found = problems(text, words)[0]
    assert str(found.place) == f"plant.yaml:{place}"
    assert what in found.what.en
    assert remedy in found.remedy.en


def test_several_mistakes_are_told_at_once(words):
    found = problems(HEAD + "regoin: 1\nboilers:\n  - {id: B1, fuel: cole, capacity: 5}\n", words)
    assert [p.place.line for p in found] == [3, 5, 5]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("名称: 厂".encode("gb18030"), "UTF-8"),
        (b"a: \x07", "not valid YAML"),
        (b"[" * 500, ""),
    ],
)
def test_what_is_no_text_is_told(words, data, what):
    assert what in problems(data, words)[0].what.en


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', '{"a": 1,}', "[" * 100000, ""])
def test_bad_json_is_told(words, text):
    assert problems(text, words, "plant.json")


def test_true_stands_for_all_of_a_percentage(words):
    found = read_facility(HEAD + "sites:\n  - {id: S, perimeter_fenced: 是}\n", words)
    assert found.lists["sites"][0].facts["perimeter_fenced"].value == Interval.point(100)


@pytest.mark.parametrize(("text", "value"), [("1.25:1", "1.25"), ("1.25∶1", "1.25"), ("2", "2"), ("125 %", "1.25")])
def test_ratios(words, text, value):
    found = read_facility(HEAD + f"projects:\n  - {{id: P, capacity_replacement: '{text}'}}\n", words)
    assert found.lists["projects"][0].facts["capacity_replacement"].value == Interval.point(Fraction(value))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("昆都仑区", "150203"), ("包头市昆都仑区", "150203"), ("内蒙古包头市昆都仑区", "150203"), ("150200", "1502"),
        ("内蒙古自治区 包头市", "1502"), ("锡林郭勒盟正蓝旗", "152530"), ("１５０３", "1503"), ("湖北省武汉市青山区", None),
        ("乌海市昆都仑区", None), ("海南省", None), ("1502O3", None),
    ],
)  # fmt: skip
def test_a_region_is_given_by_code_or_name(words, text, code):
    assert words.region(text) == code


@pytest.mark.parametrize(
    ("status", "operating"),
    [
        ("拟建", "proposed"),
        ("proposed", "proposed"),
        ("在建", "under_construction"),
        ("新建", None),
        ("existing", None),
        ("拟建, operating_status: in_use", "in_use"),
    ],
)
def test_a_word_for_new_work_may_say_that_it_is_not_built_yet(words, status, operating):
    text = f"format: envcheck/facility/1\nid: p\nboilers:\n  - {{id: b, status: {status}}}\nprojects:\n  - {{id: q, status: {status}}}\n"
    plant = read_facility(text, words)
    for plural in ("boilers", "projects"):
        facts = plant.lists[plural][0].facts
        assert (facts["operating_status"].value if "operating_status" in facts else None) == operating
        assert facts["status"].value == ("existing" if status == "existing" else "new")


def test_a_word_that_says_what_its_kind_cannot_state_says_only_its_choice(words):
    kinds = [
        kind
        for kind in words.kinds.values()
        if "status" in kind.attributes and "operating_status" not in kind.attributes
    ]
    for kind in kinds:
        plant = read_facility(
            f"format: envcheck/facility/1\nid: p\n{kind.plural}:\n  - {{id: b, status: 拟建}}\n", words
        )
        assert set(plant.lists[kind.plural][0].facts) == {"id", "status"}
