"""The language of conditions: what it accepts, what it refuses and why."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.rulebook import codec
from envcheck.rulebook.compiler import compile_condition
from envcheck.rulebook.terms import CompileError, Scope

DEFINITIONS = {"baogang": "facility", "boiler.in_use": "boiler"}
DAYS = {"plan_start": date(2021, 1, 1), "plan_end": date(2025, 12, 31)}


def compiled(words, kind, text):
    return compile_condition(text, Scope(words, words.kinds[kind], DEFINITIONS, {}, DAYS))


GOOD = [
    ("boiler", "fuel == natural_gas"),
    ("boiler", "fuel == 天然气"),
    ("boiler", "fuel not in [coal, coke] and not (capacity < 7 MW or status == new)"),
    ("boiler", "emissions.NOx <= 30 mg/m3 @ 3.5 % O2"),
    ("boiler", "zone == urban_built_up and baogang"),
    ("project", "park == 金属深加工产业园"),
    ("project", 'group == "包钢（集团）公司"'),
    ("project", "least_ratio(offsets, emissions_added, air) >= 2"),
    ("project", "greatest(emissions_added, air) > 0 t/yr"),
    ("project", "offsets.NOx >= 2 * emissions_added.NOx"),
    ("facility", "sum(coke_ovens.capacity where status != retired) >= 100 万吨/年"),
    ("facility", "count(boilers where fuel == coal) == 0"),
    ("facility", "every(boilers where fuel == coal: status == retired)"),
    ("facility", "some(sites: started and not (perimeter_fenced == 100 %))"),
    ("facility", "sum(projects.added_capacity) / sum(coke_ovens.capacity) >= 1.25"),
    ("outfall", "facility.name contains 西郊污水处理厂"),
    ("outfall", "water.pH <= 9 and water.NH3-N <= 5 mg/L"),
    ("truck", "emission_stage >= 国五"),
    ("site", "started < 2025-12-31"),
    ("project", "known(offsets.NOx)"),
    ("boiler", "never"),
]


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_good_conditions_compile_and_survive_the_cache(words, kind, text):
    node = compiled(words, kind, text)
    assert codec.decode(codec.encode(node)) == node


BAD = [
    ("boiler", "capacity >= 10 mg/m3", "not in a unit of t/h"),
    ("boiler", "capacity >= 10", "not in a unit of t/h"),
    ("boiler", "fuel == gaz", "cannot be gaz"),
    ("boiler", "colour == red", "no attribute colour"),
    ("boiler", "capacity >= ", "cannot be read at character"),
    ("boiler", "fuel >= coal", "no order"),
    ("boiler", "capacity", "compare it"),
    ("boiler", "emissions.Xy <= 3 mg/m3", "no such substance"),
    ("boiler", "emissions.COD <= 3 mg/m3", "emissions has no substance COD"),
    ("outfall", "water.SO2 <= 3 mg/L", "water has no substance SO2"),
    ("project", "offsets.pH > 3 t/yr", "offsets has no substance pH"),
    ("outlet", "every_hour(emissions.COD <= 50 mg/m3)", "emissions has no substance COD"),
    ("boiler", "emissions <= 3 mg/m3", "not a number"),
    ("boiler", "emissions.NOx <= 30 mg/m3 @ 21 % O2", "up to below 21 %"),
    ("boiler", "capacity >= 10 t/h @ 3 % O2", "gas concentrations only"),
    ("boiler", "capacity >= emissions.NOx", "compares t/h with mg/m3"),
    ("project", "river_distance / added_capacity >= 2", "different units"),
    ("site", "started == 2025-02-30", "no such date"),
    ("site", "started == maybe", "compared with a date"),
    ("facility", "count(stoves) == 0", "no list stoves"),
    ("facility", "sum(boilers.fuel) >= 3", "cannot be summed"),
    ("boiler", "emissions within no-such-table", "no limit table"),
    ("project", "least_ratio(offsets, emissions_added, aether) >= 2", "no medium aether"),
    ("boiler", "name contains 3 km and", "cannot be read"),
]


def test_a_substance_of_the_other_medium_names_the_nearest_of_the_right_one(words):
    with pytest.raises(CompileError) as error:
        compiled(words, "boiler", "emissions.COD <= 3 mg/m3")
    assert error.value.remedy.en == "Did you mean: CO"
    assert error.value.what.zh == "大气污染物排放浓度没有污染物 COD"


@pytest.mark.parametrize(("kind", "text", "words_of_it"), BAD)
def test_bad_conditions_say_why(words, kind, text, words_of_it):
    with pytest.raises(CompileError) as error:
        compiled(words, kind, text)
    assert words_of_it in error.value.what.en
    assert error.value.what.zh


pieces = st.sampled_from(
    ["fuel", "capacity", "==", "<=", "in", "not", "and", "or", "[", "]", "(", ")", "coal", "10 t/h", "30 mg/m3", "@", "3.5 % O2",
     "emissions.NOx", ",", "known", "sum", "never", "within", "where", "2025-12-31", "'x'", "包钢", "*", "/", ":", "every", "boilers"]
)  # fmt: skip


@given(st.lists(pieces, max_size=8).map(" ".join) | st.text(max_size=30))
def test_any_text_compiles_or_is_refused_with_a_reason(words, text):
    try:
        node = compiled(words, "boiler", text)
    except CompileError as error:
        assert error.what.en
        assert error.what.zh
    else:
        assert codec.decode(codec.encode(node)) == node
