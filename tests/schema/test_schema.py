"""The published schema of facility files: it takes what `check` takes and refuses what it refuses."""

import json
from functools import cache

import jsonschema_rs
import pytest
import yaml

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.schema import published
from envcheck.text.problems import InputError
from support import ROOT, shipped

FACILITIES = sorted((ROOT / "facilities").glob("*.yaml"))


@cache
def facility_schema():
    return jsonschema_rs.Draft7Validator(published.facility(shipped()[0]))


class Editor(yaml.SafeLoader):
    """YAML as editors read it: numbers and yes or no are typed, dates are texts."""


Editor.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in found if not tag.endswith("timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def without_nulls(node):
    """What `BaseLoader` read, with unknown facts as null instead of as the text "null"."""
    if isinstance(node, dict):
        return {key: without_nulls(value) for key, value in node.items()}
    if isinstance(node, list):
        return [without_nulls(item) for item in node]
    return None if node in ("null", "~", "") else node


@pytest.mark.parametrize("path", FACILITIES, ids=lambda path: path.stem)
@pytest.mark.parametrize("loader", [yaml.BaseLoader, Editor])
def test_shipped_facilities_are_what_the_schema_says(path, loader):
    data = without_nulls(yaml.load(path.read_text(encoding="utf-8"), loader))
    assert [f"{e.instance_path}: {e.message}" for e in facility_schema().iter_errors(data)] == []


def plant(**more):
    return {"format": "envcheck/facility/1", "id": "x", "region": "150203", **more}


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "envcheck/facility/2"},
        {"id": "a/b"},
        {"region": "15020"},
        {"nonsense": "x"},
        {"boilers": [{"fuel": "coal"}]},
        {"boilers": [{"id": "B1", "fule": "coal"}]},
        {"boilers": [{"id": "B1", "fuel": "wood gas"}]},
        {"boilers": [{"id": "B1", "capacity": "20"}]},
        {"boilers": [{"id": "B1", "capacity": 20}]},
        {"boilers": [{"id": "B1", "emissions": {"NOx": "46"}}]},
        {"boilers": [{"id": "B1", "emissions": {"COD": "46 mg/L"}}]},
        {"boilers": [{"id": "B1", "emissions": {"NOx": {"O2": "5 %"}}}]},
        {"boilers": [{"id": "B1", "emissions": {"NOx": {"value": "46 mg/m3", "o2": "5 %"}}}]},
        {"boilers": {"id": "B1"}},
        {"waivers": [{"rule": "x", "document": "y"}]},
    ],
    ids=str,
)
def test_the_schema_refuses_what_check_refuses(wrong):
    assert not facility_schema().is_valid(plant(**wrong))
    with pytest.raises(InputError):
        facility_file.read(source.read_bytes(json.dumps(plant(**wrong)).encode(), "p.json"), shipped()[0])


@pytest.mark.parametrize(
    "right",
    [
        {"boilers": [{"id": "B1", "fuel": "天然气", "capacity": "20 蒸吨/小时", "status": None}]},
        {"boilers": [{"id": "B1", "capacity": "1200 万大卡/小时"}, {"id": 2, "capacity": "14MW"}]},
        {"boilers": [{"id": "B1", "emissions": {"氮氧化物": {"value": "< 3 mg/m3", "O2": "5.2 %", "basis": "湿基"}}}]},
        {"outfalls": [{"id": "W1", "water": {"pH": 7.2, "COD": "38 mg/L"}}, {"id": "W2", "water": {"pH": "7.2"}}]},
        {"projects": [{"id": "P", "emissions_added": {"NOx": "12 t/yr"}, "capacity_replacement": "1.25:1"}]},
        {"trucks": [{"id": "T", "emission_stage": 6}, {"id": "U", "emission_stage": "国六"}]},
        {"sites": [{"id": "S", "vehicles_washed": "100 %"}]},
        {"zone": ["urban_built_up", "industrial_park"]},
        {"zone": "工业园区"},
    ],
    ids=str,
)
def test_the_schema_takes_what_check_takes(right):
    assert list(facility_schema().iter_errors(plant(**right))) == []
    facility_file.read(source.read_bytes(json.dumps(plant(**right)).encode(), "p.json"), shipped()[0])


def test_every_word_of_the_vocabulary_is_in_the_schema():
    words, made = shipped()[0], published.facility(shipped()[0])
    for kind in words.kinds.values():
        node = made if kind.id == "facility" else made["definitions"][f"kind-{kind.id}"]
        assert {a.name for a in words.attributes(kind)} <= set(node["properties"])
        assert kind.id == "facility" or kind.plural in made["properties"]
    capacity = made["definitions"]["kind-boiler"]["properties"]["capacity"]["description"]
    assert all(word in capacity for word in ("t/h", "蒸吨/小时"))
    gas = next(c for c in made["definitions"]["choices-fuel"]["anyOf"] if "natural_gas" in c.get("enum", ()))
    assert {"natural_gas", "天然气", "natural gas"} <= set(gas["enum"])
