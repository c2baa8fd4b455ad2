"""Words for nothing to say and years that cannot be: the same in a file, a form and a register."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.facility import facts
from envcheck.facility.facts import NOTHING, day_of
from envcheck.text.problems import InputError
from support import HEAD, SELECT, read_facility, shipped
from support.workbooks import filled, opened

ROW = "boilers: [{{id: B1, fuel: natural_gas, capacity: {capacity}, status: existing, emissions: {{NOx: {nox}}}}}]\n"


def boiler(**facts):
    written = ROW.format(**{"capacity": "20 t/h", "nox": "20 mg/m3", **facts})
    return read_facility(HEAD + written, shipped()[0]).lists["boilers"][0]


@pytest.mark.parametrize("word", sorted(NOTHING))
def test_a_word_for_nothing_is_no_fact(word):
    quoted = "'" + word + "'"
    assert "capacity" not in boiler(capacity=quoted).facts
    assert boiler(nox=quoted).facts["emissions"].value == {}
    assert boiler(nox=f"{{value: {quoted}, O2: 5.2 %}}").facts["emissions"].value == {}
    measured = boiler(nox=f"{{value: 20 mg/m3, O2: {quoted}}}").facts["emissions"].value["NOx"]
    assert measured.oxygen is not None  # stated as not known, not as being at the reference
    assert measured.oxygen.exact is None


@pytest.mark.parametrize("word", ["—", "/", "不涉及"])
def test_a_cell_of_a_form_may_say_nothing(word):
    found = opened(filled([(None, "B1", word, 20, word)])).lists["boilers"][0]
    assert "capacity" not in found.facts
    assert found.facts["emissions"].value["NOx"].oxygen.exact is None


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [("park", "无", "无"), ("park", "—", None), ("commissioned", "/", None), ("permits", "—", None)],
)
def test_a_word_that_is_a_fact_of_its_type_stays_one(key, text, value):
    words = shipped()[0]
    fact = read_facility(HEAD + f"{key}: {text}\n", words).itself.facts.get(key)
    assert (None if fact is None else fact.value) == value


def test_no_is_said_of_what_is_yes_or_no():
    found = read_facility(
        HEAD + "boilers: [{id: B, low_nox_retrofit: 无}, {id: C, low_nox_retrofit: —}]\n", shipped()[0]
    )
    assert found.lists["boilers"][0].facts["low_nox_retrofit"].value is False
    assert "low_nox_retrofit" not in found.lists["boilers"][1].facts


def test_an_id_is_never_nothing():
    assert read_facility(HEAD.replace("id: plant", "id: 无"), shipped()[0]).id == "无"


@given(st.dates())
def test_a_day_lies_in_a_year_that_can_be(day):
    assert day_of(day.isoformat()) == (day if day.year in facts.YEARS else None)


@pytest.mark.parametrize("day", ["0026-01-01", "1900-01-28", "3024-01-01"])
def test_a_measurement_of_a_year_that_cannot_be_is_refused(day, run, tmp_path):
    (tmp_path / "r").mkdir()
    with pytest.raises(InputError):
        boiler(nox=f"{{value: 20 mg/m3, O2: 5.2 %, measured_on: {day}}}")
    rows = f"facility,id,fuel,capacity,status,emissions.NOx,emissions.NOx.measured_on\np,B1,natural_gas,20 t/h,existing,20 mg/m3,{day}\n"
    register = {"r/facilities.csv": "id,region\np,150203\n", "r/boilers.csv": rows}
    done = run("screen", "r", *SELECT, "--lang", "en", files=register)
    assert done.returncode in (2, 3)
    assert day in done.stderr + done.stdout
