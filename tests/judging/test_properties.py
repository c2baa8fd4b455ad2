"""What must hold for every facility: engines agree, units do not matter, less knowledge never helps."""

import json
from datetime import date
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging import engines
from envcheck.judging.check import check
from envcheck.judging.engines import direct
from envcheck.judging.evaluate import evaluate
from envcheck.judging.situation import Situation
from envcheck.report.formats import json as contract
from support import needs_durable, rule, shipped, small_pack
from support.strategies import as_ofs, facilities, relaxed


def run(data, as_of, engine="direct"):
    words, packs, _ = shipped()
    plant = facility_file.read(source.read_bytes(json.dumps(data).encode(), "plant.json"), words)
    return check([plant], packs, date.fromisoformat(as_of), engine, everywhere=True)


def statuses(result):
    return {(f.rule.key, f.subject.path): f.status for f in result.reports[0].findings}


@needs_durable
@relaxed(20)
@given(facilities(), as_ofs)
def test_the_engines_agree_byte_for_byte(data, as_of):
    direct, durable = (contract.render(run(data, as_of, engine), shipped()[0]) for engine in ("direct", "durable"))
    assert durable.replace('"engine": "durable"', '"engine": "direct"') == direct


ATOMS = [
    "fuel == coal", "fuel != natural_gas", "fuel in [coal, biomass, oil]", "status == new", "capacity >= 10 t/h", "capacity < 20 t/h",
    "emissions.NOx <= 30 mg/m3 @ 3.5 % O2", "zone == urban_built_up", "industry in [steel, coking]", "region in [150203]", "wide",
    "narrow", "spared", "commissioned >= plan_start", "commissioned < year_start", "dated(self.commissioned)", "known(capacity)", "name contains 包钢", "some(boilers: fuel == coal)", "count(boilers) >= 2", "never",
]  # fmt: skip
DEFINED = """definitions:
  wide: {subject: facility, title: {zh: 宽, en: wide}, holds: 'industry == steel or zone == rural', fails: 'industry == coking'}
  spared:
    subject: boiler
    title: {zh: 不问, en: spared}
    stated: low_nox_retrofit or known(use)
    holds: fuel == coal
    fails: 'status == retired or industry == coking'
    presume_not: 'known(zone) and zone != urban_built_up'
  narrow: {subject: boiler, title: {zh: 窄, en: narrow}, holds: ['wide or fuel == coal', 'not (status == retired and capacity > 5 t/h)']}
"""
conditions = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda text: f"not ({text})")
    ),
    max_leaves=10,
)


@needs_durable
@relaxed(30)
@given(
    facilities({"boiler"}),
    st.lists(st.tuples(st.lists(conditions, max_size=3), conditions), min_size=1, max_size=6),
    as_ofs,
)
def test_the_engines_agree_on_generated_packs(data, rules, as_of):
    text = "".join(
        rule(require, ", ".join(f"'{w}'" for w in when), name=f"r{n}") for n, (when, require) in enumerate(rules)
    )
    pack = small_pack(text, DEFINED)
    plant = facility_file.read(
        source.read_bytes(json.dumps({**data, "region": "150203"}).encode(), "plant.json"), shipped()[0]
    )
    day = date.fromisoformat(as_of)
    assert engines.get("durable")(plant, [pack], day) == direct.run(plant, [pack], day)


def removable(data):
    """The places of all facts but ids and formats."""
    places = [
        (key,)
        for key, item in data.items()
        if key not in ("format", "id") and not (isinstance(item, list) and item and isinstance(item[0], dict))
    ]
    for key, item in data.items():
        if isinstance(item, list):
            places += [
                (key, n, name) for n, one in enumerate(item) if isinstance(one, dict) for name in one if name != "id"
            ]
    return places


def without(data, place):
    copy = json.loads(json.dumps(data))
    *way, last = place
    target = copy
    for step in way:
        target = target[step]
    del target[last]
    return copy


@relaxed(60)
@given(facilities(), as_ofs, st.data())
def test_removing_a_fact_never_makes_a_pass(data, as_of, draw):
    places = removable(data)
    assume(places)
    place = draw.draw(st.sampled_from(places))
    before, after = statuses(run(data, as_of)), statuses(run(without(data, place), as_of))
    gained = {
        key for key, status in after.items() if status == "pass" and before.get(key) in ("fail", "unknown", "pending")
    }
    assert not gained


SCALES = {
    "mg/m3": ("g/m3", 1000),
    "mg/L": ("ug/L", Fraction(1, 1000)),
    "t/yr": ("万吨/年", 10000),
    "t/h": ("MW", Fraction(10, 7)),
    "km": ("米", Fraction(1, 1000)),
    "m": ("厘米", Fraction(1, 100)),
}


def rescaled(item):
    if isinstance(item, dict):
        return {key: rescaled(value) for key, value in item.items()}
    if isinstance(item, list):
        return [rescaled(value) for value in item]
    number, _, unit = item.partition(" ") if isinstance(item, str) else ("", "", "")
    if unit not in SCALES:
        return item
    other, factor = SCALES[unit]
    scaled = Fraction(number) / factor
    text = str(float(scaled))
    return f"{text} {other}" if "e" not in text and Fraction(text) == scaled else item


@relaxed(40)
@given(facilities(), as_ofs)
def test_changing_units_never_changes_a_status(data, as_of):
    assert statuses(run(data, as_of)) == statuses(run(rescaled(data), as_of))


def lowered(item):
    """Emissions halved; everything else as it is."""
    if isinstance(item, str):
        number, _, unit = item.partition(" ")
        return f"{float(number) / 2} {unit}"
    return {**item, "value": lowered(item["value"])}


@relaxed(40)
@given(facilities(), as_ofs)
def test_lowering_emissions_never_turns_pass_into_fail(data, as_of):
    copy = json.loads(json.dumps(data))
    for items in copy.values():
        for one in items if isinstance(items, list) else []:
            if isinstance(one, dict) and "emissions" in one:
                one["emissions"] = {name: lowered(value) for name, value in one["emissions"].items()}
    before, after = statuses(run(data, as_of)), statuses(run(copy, as_of))
    assert not {key for key, status in after.items() if status in ("fail", "pending") and before[key] == "pass"}


@relaxed(25)
@given(facilities(), as_ofs)
def test_totals_add_up_and_unknowns_name_what_is_missing(data, as_of):
    report = run(data, as_of).reports[0]
    subjects = {kind: len(report.facility.of_kind(kind)) for kind in {f.rule.kind for f in report.findings}}
    rules = {pack.id: pack.rules for pack in shipped()[1]}
    expected = sum(subjects.get(rule.kind, 0) for one in rules.values() for rule in one)
    assert len(report.findings) == expected
    assert all(f.missing for f in report.findings if f.status == "unknown")
    assert all(f.steps for f in report.findings)
    assert all(f.reason.zh for f in report.findings if f.status == "not_applicable")


@relaxed(15)
@given(facilities(), as_ofs)
def test_a_condition_that_is_decided_lacks_nothing(data, as_of):
    words, packs, _ = shipped()
    plant = facility_file.read(source.read_bytes(json.dumps(data).encode(), "plant.json"), words)
    by_kind, asked = plant.by_kind(), 0
    for pack in packs:
        at = Situation(plant, plant.itself, date.fromisoformat(as_of), pack.definitions)
        for rule_ in pack.rules:
            for subject in by_kind.get(rule_.kind, ()):
                for condition in (*rule_.when, *rule_.require):
                    answer = evaluate(condition, at.of(subject))
                    assert (answer.truth is None) or answer.gaps == (), condition.text
                    asked += 1
    assert asked > 500
