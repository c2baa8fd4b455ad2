"""Names as permits and tables write them: any letter case that leaves no doubt, classes of GB/T 4754, 以P计."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import shipped

WORDS = shipped()[0]
LISTS = {name: choices for name, choices in WORDS.choices.items() if choices}


@given(st.data())
def test_a_choice_in_another_letter_case_is_that_choice_or_none(data):
    listing = data.draw(st.sampled_from(sorted(LISTS)))
    choice = data.draw(st.sampled_from(list(LISTS[listing].values())))
    word = data.draw(st.sampled_from([choice.id, *choice.label, *choice.aliases]))
    meant = WORDS.choice(listing, word)
    for other in (word.upper(), word.lower(), word.title()):
        found = WORDS.choice(listing, other)
        own = {c.id for c in LISTS[listing].values() if other in (c.id, *c.label, *c.aliases)}
        assert found is None or found is meant or found.id in own
        folded = {
            c.id
            for c in LISTS[listing].values()
            for w in (c.id, *c.label, *c.aliases)
            if w.casefold() == word.casefold()
        }
        assert (found is not None) or len(folded) > 1


@pytest.mark.parametrize(
    ("one", "other"), [("Co", "CO"), ("No", "NO"), ("co", "CO"), ("no", "NO"), ("hf", "HF"), ("PB", "Pb")]
)
def test_symbols_of_two_letters_keep_their_letter_case(one, other):
    found, meant = WORDS.substance(one), WORDS.substance(other)
    assert meant is not None
    assert found is None or found.id != meant.id


@pytest.mark.parametrize("word", ["nox", "NOX", "so2", "cod", "Cod", "nh3-n", "PM2.5", "pm10"])
def test_longer_symbols_may_be_written_in_any_letter_case(word):
    found = WORDS.substance(word)
    assert found is not None
    assert found.id.casefold() == word.casefold()


@pytest.mark.parametrize(
    ("name", "air", "water"),
    [
        ("氨氮（NH3-N）", None, "NH3-N"), ("总磷（以P计）", None, "TP"), ("总氮（以N计）", None, "TN"), ("氨（氨气）", "NH3", None),
        ("总砷", "As", "As"), ("总铬", "Cr", "Cr"), ("汞及其化合物", "Hg", "Hg"), ("铅及其化合物", "Pb", "Pb"), ("氟化物", "F", "fluoride"),
        ("林格曼黑度", "blackness", None), ("五日生化需氧量", None, "BOD5"), ("粪大肠菌群", None, "fecal_coliform"),
    ],
)  # fmt: skip
def test_substances_as_permits_write_them(name, air, water):
    for kind, listing, due in (("outlet", "emissions", air), ("outfall", "water", water)):
        takes = WORDS.kinds[kind].attributes[listing].takes
        found = WORDS.substance(name, takes)
        assert (found.id if found is not None and takes(found) else None) == due


@pytest.mark.parametrize(
    ("name", "industry"),
    [
        ("炼铁", "steel"), ("炼钢", "steel"), ("钢压延加工", "steel"), ("铁合金冶炼", "ferroalloy"), ("炼焦", "coking"),
        ("水泥制造", "cement"), ("火力发电", "thermal_power"), ("热力生产和供应", "heating"), ("铝冶炼", "aluminium"),
        ("稀土金属冶炼", "rare_earth"), ("铅锌冶炼", "nonferrous"), ("污水处理及其再生利用", "wastewater_treatment"),
        ("热电联产", None), ("无机碱制造", None), ("黑色金属冶炼和压延加工业", None),  # these lie across several
    ],
)  # fmt: skip
def test_classes_of_gb_t_4754(name, industry):
    found = WORDS.choice("industry", name)
    assert (found and found.id) == industry
