"""The same facts give the same verdicts, in whatever words and whatever file they are told."""

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import given
from hypothesis import strategies as st

from envcheck.facility import facility_file
from envcheck.judging.engines import direct
from support import shipped, spellings
from support.columns import assert_same, expected, read, screened, stated
from support.strategies import UNSHRUNK, as_ofs, facilities, relaxed
from support.workbooks import opened, tree_of


def statuses(plant, packs, as_of):
    return {(f.subject.path, f.rule.key): f.status for f in direct.run(plant, packs, as_of)[0]}


@relaxed(10, UNSHRUNK)
@given(facilities(), as_ofs, st.data())
def test_a_file_in_other_words_is_judged_alike(data, as_of, chosen):
    words, packs, _ = shipped()
    day = date.fromisoformat(as_of)
    wanted = statuses(read(data), packs, day)
    other = chosen.draw(spellings.told_otherwise(data))
    as_json = read(other)
    as_yaml = facility_file.read(tree_of(yaml.safe_dump(other, allow_unicode=True, sort_keys=False)), words)
    for plant in (as_json, as_yaml, opened(spellings.form_of(other))):
        found = statuses(plant, packs, day)
        assert {key: (found.get(key), status) for key, status in wanted.items() if found.get(key) != status} == {}
        assert found.keys() == wanted.keys()


@relaxed(4, UNSHRUNK)
@given(st.lists(facilities(), min_size=2, max_size=5), as_ofs, st.sampled_from(["csv", "xlsx", "parquet"]), st.data())
def test_a_register_in_other_words_is_judged_alike(found, as_of, form, chosen):
    packs = shipped()[1]
    day = date.fromisoformat(as_of)
    plants = [{**stated(data), "id": f"plant-{n}"} for n, data in enumerate(found)]
    with TemporaryDirectory() as place:
        others = [chosen.draw(spellings.told_otherwise(data)) for data in plants]
        spellings.write_register(Path(place) / "register", others, form)
        findings, told = screened(Path(place) / "register", packs, day)
    assert told.rejects == (), json.dumps(others, ensure_ascii=False)
    assert_same(findings, expected([read(data) for data in plants], packs, day))
