"""A register of four heating plants, screened as people do it, and sums that must hold."""

import csv
import json
import re
from functools import cache

import jsonschema_rs
import openpyxl
import polars as pl
import pytest
from hypothesis import Phase, settings

from envcheck.cli.commands.screen import command
from envcheck.model.rule import DECISIVE, STATUSES
from envcheck.register.columns.figures import FIGURES
from envcheck.schema import published as schema
from envcheck.text.problems import InputError
from support import closed

RELAXED = settings(
    deadline=None,
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking a register takes minutes and tells little
)
ONE_RULE = ("--select", "kundulun-2023/gas-boiler-1t-nox", "--as-of", "2026-01-01", "--isolated", "--lang", "en")
FACILITIES = """id,name,type,region
H1,供热一厂,heating_plant,150203
H2,供热二厂,heating_plant,150203
H3,供热三厂,heating_plant,150203
H4,乌海热源厂,heating_plant,150303
"""
BOILERS = """facility_id,id,fuel,capacity (t/h),status,emissions.NOx (mg/m3),emissions.NOx.O2 (%)
H1,B1,natural_gas,20,existing,46,5.2
H1,B2,natural_gas,4,existing,20,3.5
H2,B1,natural_gas,20,existing,30,3.5
H3,B1,natural_gas,20,existing,,
H4,B1,natural_gas,20,existing,90,3.5
"""
HEAD = BOILERS.split("\n", maxsplit=1)[0]


def write(folder, **tables):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder)


def screen(*arguments, more=ONE_RULE, engine="columnar"):
    return command.main([*map(str, arguments), *more, "--engine", engine], standalone_mode=False)


def told(*arguments, more=ONE_RULE):
    """What went wrong, in both languages; it is the same whatever judges."""
    found = []
    for engine in ("direct", "columnar"):
        with pytest.raises(InputError) as caught:
            screen(*arguments, more=more, engine=engine)
        found.append("\n".join(problem.within(lang) for problem in caught.value.problems for lang in ("zh", "en")))
    # Polars numbers its tasks.
    assert re.sub(r"Id\(\d+\)", "", found[0]) == re.sub(r"Id\(\d+\)", "", found[1])
    return found[0]


def summary(path):
    found = json.loads(path.read_text(encoding="utf-8"))
    assert_adds_up(found)
    return found


@cache
def published():
    return jsonschema_rs.Draft7Validator(closed(schema.screening()))


def assert_adds_up(found):
    published().validate(found)
    for rows in (*found["rows"].values(), found["rows_total"]):
        assert rows["read"] == rows["judged"] + rows["rejected"]
    for part in ("read", "judged", "rejected"):
        assert found["rows_total"][part] == sum(rows[part] for rows in found["rows"].values())
    assert sum(found["totals"].values()) == sum(r["judged"] * r["rules"] for r in found["rows"].values())
    for groups in (found["rules"], found["plans"]):
        for status in STATUSES:
            assert sum(group["counts"][status] for group in groups) == found["totals"][status]
    assert all(number >= 0 for rule in found["rules"] for number in rule["counts"].values())
    assert sum(region["subjects"] for region in found["regions"]) == found["rows_total"]["judged"]
    for status, name in (("fail", "fails"), ("unknown", "unknown")):
        decisive = sum(r["counts"][status] for r in found["rules"] if r["modality"] in DECISIVE)
        assert sum(region[name] for region in found["regions"]) == decisive
    assert sum(group["rows"] for group in found["rejects"]) == found["rows_total"]["rejected"]


def rejected(path):
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def statuses(path):
    rows = pl.read_parquet(path) if str(path).endswith("parquet") else pl.read_csv(path, infer_schema=False)
    return {(r["facility_id"], r["subject"], r["rule"]): r["status"] for r in rows.iter_rows(named=True)}


def figures(path):
    """All that findings say, in an order of their own; their numbers are told in floats."""
    numbers = [name for name, kind in FIGURES.items() if kind == pl.Float64]
    rows = pl.read_csv(path, infer_schema=False).with_columns(pl.col(numbers).cast(pl.Float64).round_sig_figs(12))
    return rows.sort("facility_id", "subject", "rule").rows()


def parquet(folder, target):
    target.mkdir()
    for path in folder.glob("*.csv"):
        rows = pl.read_csv(path, schema_overrides={"region": pl.String})
        rows.write_parquet(target / f"{path.stem}.parquet")
    return target


def workbook(folder, target):
    target.mkdir()
    for path in folder.glob("*.csv"):
        book = openpyxl.Workbook()
        with open(path, encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.reader(stream)):
                numeric = number and path.stem == "boilers"
                book.active.append([float(c) if numeric and c.replace(".", "").isdigit() else c or None for c in row])
        book.save(target / f"{path.stem}.xlsx")
    return target
