"""Registers of generated facilities and rules, and what the interpreter finds in them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import strategies as st

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.engines import direct
from envcheck.model import expressions as ex
from envcheck.register.in_columns import screen
from envcheck.register.tables import register_files
from support import rule, shipped, small_pack

NUMBER = pl.Float64


def read(data):
    words = shipped()[0]
    return facility_file.read(source.read_bytes(json.dumps(data).encode(), "plant.json"), words)


def expected(plants, packs, as_of):
    """Every status by facility, subject and rule, by the interpreter."""
    return {
        (plant.id, f.subject.path, f.rule.key): f
        for plant in plants
        for f in direct.run(plant, packs, as_of)[0]
        if f.status != "not_applicable"
    }


def screened(folder, packs, as_of, **options):
    words = shipped()[0]
    output = Path(folder).parent / "findings.parquet"
    told = screen(register_files.read(str(folder), words), packs, words, as_of, str(output), **options)
    return pl.read_parquet(output), told


def columns(findings):
    return {(r["facility_id"], r["subject"], r["rule"]): r for r in findings.iter_rows(named=True)}


def assert_same(findings, wanted):
    found = columns(findings)
    assert found.keys() == wanted.keys()
    for key, finding in wanted.items():
        row = found[key]
        assert row["status"] == ("fail" if finding.status == "waived" else finding.status), key
        number = finding.comparison
        if any(isinstance(node, ex.Over) for node in ex.walk(finding.rule.require)):
            continue  # the numbers of list items are not carried along
        margin = number.margin.exact if number is not None and number.margin is not None else None
        assert (row["margin"] is None) == (margin is None), key
        if margin is not None:
            assert row["margin"] == pytest.approx(float(margin), rel=1e-9, abs=1e-9), key
            assert row["measured"] == pytest.approx(
                float(number.measured.high if number.op[0] == "<" else number.measured.low)
            ), key
            assert (row["op"], row["limit"]) == (number.op, pytest.approx(float(number.limit.exact))), key


def typed(folder):
    """The same tables as Parquet, numbers and yes-or-no as what they are."""
    for path in list(folder.glob("*.csv")):
        rows = pl.read_csv(path, infer_schema=False)
        for name in rows.columns:
            column = rows[name]
            text = column.drop_nulls()
            if name.endswith(")") and text.cast(NUMBER, strict=False).is_not_null().all():
                rows = rows.with_columns(column.cast(NUMBER))
            elif len(text) and text.is_in(["true", "false"]).all():
                rows = rows.with_columns(column == "true")
        rows.write_parquet(path.with_suffix(".parquet"))
        path.unlink()


def stated(data):
    """The facility without lists that are empty, which a table cannot say."""
    return {key: value for key, value in data.items() if value != []}


FORMS = [
    "emissions.NOx <= 30 mg/m3 @ 3.5 % O2", "emissions.PM < 10 mg/m3", "capacity == 20 t/h", "capacity != 20 t/h",
    "sum(boilers.capacity) >= 40 t/h",
    "sum(boilers.capacity where fuel == coal) < 20 t/h", "count(boilers where fuel == coal) == 0", "count(boilers) <= 1",
    "every(boilers where fuel == coal: status == retired)", "some(boilers: capacity >= 20 t/h)",
    "sum(boilers.capacity where fuel == coal) / sum(boilers.capacity) <= 0.5", "emissions.NOx >= 2 * emissions.PM",
    "emissions.NOx == 2 * emissions.PM", "known(boilers)",
    "spared", "not spared", "all_but_spared", "commissioned >= plan_start", "commissioned <= as_of", "commissioned != year_start",
    "low_nox_retrofit <= commissioned", "low_nox_retrofit > self.commissioned", "dated(commissioned)", "dated(self.commissioned)",
    "not (fuel in [coal, oil] or status == new)", "commissioned < 2024-01-01", "region in [150203, 1503]",
]  # fmt: skip
numbers_on_edges = st.sampled_from(["0", "5", "9.999", "10", "15", "19.999999", "20", "20.000001", "30", "30.1", "60"])
boilers = st.fixed_dictionaries(
    {},
    optional={
        "fuel": st.sampled_from(["coal", "natural_gas", "oil"]),
        "status": st.sampled_from(["existing", "new", "retired"]),
        "capacity": numbers_on_edges.map(lambda n: f"{n} t/h"),
        "region": st.sampled_from(["15", "1502", "150203", "150300", "1503"]),
        "low_nox_retrofit": st.sampled_from(["true", "false", "2023-12-31", "2024-01-01", "2030-01-01"]),
        "use": st.just("供热"),
        "commissioned": st.sampled_from(["true", "false", "2023-12-31", "2024-01-01", "2030-01-01"]),
        "emissions": st.fixed_dictionaries(
            {},
            optional={
                "NOx": numbers_on_edges.map(lambda n: f"{n} mg/m3")
                | st.tuples(numbers_on_edges, st.sampled_from(["0.5", "3.5", "11.9", "20.9"])).map(
                    lambda pair: {"value": f"{pair[0]} mg/m3", "O2": f"{pair[1]} %"}
                ),
                "PM": numbers_on_edges.map(lambda n: f"{n} mg/m3") | st.just("<5 mg/m3"),
            },
        ),
    },
)
plants_of_boilers = st.fixed_dictionaries(
    {
        "format": st.just("envcheck/facility/1"),
        "id": st.just("x"),
        "boilers": st.lists(boilers, min_size=1, max_size=4),
    },
    optional={
        "region": st.sampled_from(["15", "150203", "1503"]),
        "commissioned": st.sampled_from(["true", "2023-12-31", "2026-06-01"]),
    },
)
SPARED = """definitions:
  spared:
    subject: boiler
    title: {zh: 不问, en: spared}
    stated: low_nox_retrofit or known(use)
    holds: fuel == coal
    fails: 'status == retired or region in [1503]'
    presume_not: 'known(capacity) and capacity > 15 t/h'
  all_but_spared: {subject: boiler, title: {zh: 其余, en: the rest}, stated: dated(commissioned), holds: not spared}
"""


def pack_of(pairs, more=""):
    """A pack of rules with these requirements and conditions."""
    return small_pack(
        "".join(rule(require, f"'{when}'", name=f"r{n}", more=more) for n, (require, when) in enumerate(pairs)), SPARED
    )


def plants_of(found):
    """Facilities as they were generated, with ids."""
    plants = []
    for n, data in enumerate(found):
        boilers = [{**boiler, "id": f"B{k}"} for k, boiler in enumerate(data["boilers"])]
        plants.append(read({**data, "boilers": boilers, "id": f"plant-{n}"}))
    return plants
