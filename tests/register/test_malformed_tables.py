"""Tables that are broken, and runs that break off: one clear message, and nothing half written."""

import io
import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.register.tables import register_files as tables
from envcheck.text.problems import InputError
from support import ROOT, shipped
from support.screening import BOILERS, HEAD, ONE_RULE, RELAXED, rejected, screen, summary, told, write

JUNK = bytes(range(256)) * 20
LINES = "".join(f"H1,B{n},natural_gas,20,existing,4,3.5\n" for n in range(9000))
MEASURED = {"boilers.csv": BOILERS.encode(), "outlets.csv": b"facility_id,id\nH1,S1\n"}
HOURS = """timestamp,outlet,pollutant,value,unit,O2
2025-01-01 00:00,S1,NOx,41,mg/m3,16
2025-01-01 01:00,S1,NOx,42,mg/m3,16
"""


def spoilt(text, at=4, junk=b"\xff" * 40):
    """A table as Parquet with junk in it: in its first page of data, or so many bytes before its end."""
    file = io.BytesIO()
    pl.read_csv(io.BytesIO(text.encode()), infer_schema=False).write_parquet(file)
    data = bytearray(file.getvalue())
    data[at : at + len(junk)] = junk
    return bytes(data)


MALFORMED = {
    "nothing in it": ({"boilers.csv": b""}, "empty"),
    "only a header": ({"boilers.csv": HEAD.encode()}, "no row"),
    "junk as csv": ({"boilers.csv": JUNK}, "UTF-8"),
    "junk as parquet": ({"boilers.parquet": JUNK}, "cannot be read"),
    "junk as xlsx": ({"boilers.xlsx": JUNK}, "workbook"),
    "an empty parquet": ({"boilers.parquet": b""}, "cannot be read"),
    "an empty xlsx": ({"boilers.xlsx": b""}, "workbook"),
    "gbk": ({"boilers.csv": BOILERS.replace("natural_gas", "天然气").encode("gbk")}, "boilers.csv:2: not UTF-8 text; it looks like GBK"),
    "gbk far down": ({"boilers.csv": f"{HEAD}\n{LINES}".encode() + "H2,B,天然气,1,,,\n".encode("gbk")}, "boilers.csv:9002: not UTF-8"),
    "utf-16": ({"boilers.csv": BOILERS.encode("utf-16")}, "UTF-16"),
    "too many cells": ({"boilers.csv": f"{BOILERS}H2,B2,natural_gas,1,existing,1,2,3,4\n".encode()}, "boilers.csv:7: 9 cells under 7 headings"),
    "an open quotation mark": ({"boilers.csv": f'{BOILERS}H2,"B2,natural_gas\n'.encode()}, "quotation mark"),
    "an unknown column": ({"boilers.csv": BOILERS.replace("capacity", "capcity").encode()}, "capacity"),
    "a unit of something else": ({"boilers.csv": BOILERS.replace("(t/h)", "(mg/m3)").encode()}, "蒸吨"),
    "a heading twice": ({"boilers.csv": BOILERS.replace("status", "fuel").encode()}, "fuel"),
    "no id column": ({"boilers.csv": b"facility_id,fuel\nH,coal\n"}, "no column id"),
    "two tables of a kind": ({"boilers.csv": BOILERS.encode(), "锅炉.csv": BOILERS.encode()}, "two tables"),
    "a table of nothing known": ({"boliers.csv": BOILERS.encode()}, "boilers"),
    "no table": ({"notes.txt": b"x"}, "no table"),
    "junk in a parquet": ({"boilers.parquet": spoilt(BOILERS)}, "boilers.parquet: the table cannot be read to its end"),
    "a footer at which Polars panics": ({"boilers.parquet": spoilt(BOILERS, -747, b"\xff")}, "boilers.parquet: the table cannot be read"),
    "a footer at which Polars panics later": ({"boilers.parquet": spoilt(BOILERS, -752, b"\0")}, "boilers.parquet: the table cannot be read"),
    "junk in measured parquet": ({**MEASURED, "measurements.parquet": spoilt(HOURS)}, "measurements.parquet: the table cannot be read to its end"),
    "too many cells of measurements": ({**MEASURED, "measurements.csv": f"{HOURS}{',' * 9}\n".encode()}, "measurements.csv:4: 10 cells under 6 headings"),
    "an open quotation mark in measurements": ({**MEASURED, "measurements.csv": f'{HOURS}2025-01-01 02:00,S1,"NOx,4\n'.encode()}, "measurements.csv:4: a quotation mark"),
    "gbk in a file of measurements": ({**MEASURED, "measurements/1.csv": HOURS.replace("NOx", "氮氧化物").encode("gbk")}, "1.csv:2: not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "words"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_table_is_one_clear_message(tmp_path, files, words):
    folder = tmp_path / "r"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    assert words in told(folder, "-o", tmp_path / "f.parquet")
    assert os.listdir(tmp_path) == ["r"]


@pytest.mark.parametrize("output", ["f.parquet", "f.csv", "f.jsonl"])
def test_findings_that_do_not_fit_on_the_disk_are_told_of_and_leave_nothing(tmp_path, output):
    rows = "".join(f"H{n},B{n},natural_gas,{n % 30},existing,{n},3.5\n" for n in range(20_000))
    folder = write(tmp_path / "r", boilers=f"{HEAD}\n{rows}")
    target = tmp_path / output
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))"
    call = f"{limited}; from envcheck.__main__ import main; main()"
    arguments = ["screen", folder, "-o", str(target), *ONE_RULE]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", call, *arguments], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{target}: cannot be written (File too large)\n"
    assert os.listdir(tmp_path) == ["r"]


@pytest.mark.parametrize("ending", ["", ",#note"])
def test_a_comma_for_thousands_far_down_in_a_table_is_told_of_also_where_a_column_is_not_read(tmp_path, ending):
    """It would make 1 t/h of 1,000 t/h, and a note of its zeros."""
    rows = [f"H{n},B{n},150203,coal,20" + (",x" if ending else "") for n in range(5000)]
    rows[4000] = rows[4000].replace(",20", ",1,000")
    folder = write(
        tmp_path / "r", boilers="\n".join([f"facility_id,id,region,fuel,capacity (t/h){ending}", *rows]) + "\n"
    )
    assert f"boilers.csv:4002: {6 + bool(ending)} cells under {5 + bool(ending)} headings" in told(folder)


@given(st.randoms(use_true_random=False))
@RELAXED
def test_a_mangled_csv_file_gives_a_message_or_numbers_that_add_up(tmp_path_factory, chance):
    folder = tmp_path_factory.mktemp("mangled")
    data = bytearray(BOILERS.encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        piece = chance.choice([b"", b",", b"\n", b'"', b"\xff", b"\x00", "天".encode(), b"1e99", b"-", b"'", b"\r"])
        data[at : at + chance.randint(0, 3)] = piece
    write(folder / "r", boilers=bytes(data))
    try:
        screen(folder / "r", "--summary", folder / "s.json", "-o", folder / "f.csv", "-q")
    except InputError as error:
        assert error.problems
        assert not (folder / "f.csv").exists()
    else:
        assert summary(folder / "s.json")["rows_total"]["read"] > 0


def test_a_mangled_parquet_file_gives_a_message_or_numbers_that_add_up(tmp_path):
    """The same damage every time: one such file in some thousands makes Polars end the whole process."""
    folder, file = tmp_path / "r", io.BytesIO()
    pl.read_csv(io.BytesIO(f"{HEAD}\n{LINES}".encode())).write_parquet(file, row_group_size=2000)
    refused = 0
    for seed in range(20):
        chance, data = random.Random(seed), bytearray(file.getvalue())
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(chance.choice([0, len(data) - 2000]), len(data))] = chance.randrange(256)
        folder.mkdir(exist_ok=True)
        (folder / "boilers.parquet").write_bytes(data)
        (tmp_path / "f.parquet").unlink(missing_ok=True)
        try:
            screen(folder, "--summary", tmp_path / "s.json", "-o", tmp_path / "f.parquet", "-q")
        except InputError as error:
            refused += 1
            assert error.problems
            assert not (tmp_path / "f.parquet").exists()
        else:
            assert summary(tmp_path / "s.json")["rows_total"]["read"] > 0
    assert 0 < refused < 20


def test_a_run_that_is_killed_leaves_no_findings_or_all_of_them(tmp_path):
    chance = random.Random(7)
    rows = pl.DataFrame({
        "facility_id": [f"H{n // 3}" for n in range(300_000)],
        "id": [f"B{n % 3}" for n in range(300_000)],
        "region": "150203",
        "fuel": "natural_gas",
        "capacity (t/h)": [float(chance.randrange(1, 40)) for _ in range(300_000)],
        "emissions.NOx (mg/m3)": [chance.randrange(10, 500) / 10 for _ in range(300_000)],
        "emissions.NOx.O2 (%)": 3.5,
    })  # fmt: skip
    rows = rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 9).then(pl.lit("plasma")).otherwise("fuel").alias("fuel")
    )
    table = tmp_path / "boilers.parquet"
    rows.write_parquet(table)
    out, refused = tmp_path / "out" / "f.parquet", tmp_path / "out" / "f.rejects.csv"
    out.parent.mkdir()
    call = [sys.executable, "-m", "envcheck", "screen", str(table), "-o", str(out), "--top", "2", "-q", *ONE_RULE]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(until=None):
        with subprocess.Popen(call, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as done:
            began = time.monotonic()
            while done.poll() is None and (until is None or time.monotonic() - began < until):
                time.sleep(0.01)
            if done.poll() is None:
                done.send_signal(signal.SIGKILL)
            done.wait()
        return time.monotonic() - began

    took = run()
    whole, told_ = out.read_bytes(), refused.read_bytes()
    assert len(pl.read_parquet(out)) == 300_000 - 3
    assert len(rejected(refused)) == 3
    for _ in range(5):
        out.unlink(missing_ok=True)
        refused.unlink(missing_ok=True)
        run(until=took * chance.uniform(0.2, 1.05))
        if out.exists():
            assert (out.read_bytes(), refused.read_bytes()) == (whole, told_)
    run()
    assert (out.read_bytes(), refused.read_bytes()) == (whole, told_)
    assert sorted(os.listdir(out.parent)) == ["f.parquet", "f.rejects.csv"]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([["natural_gas"]]), pl.Series([{"a": 1}]), pl.Series([timedelta(1)]),
        pl.Series([[1]], dtype=pl.Array(pl.Int8, 1)),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("name", ["boilers", "measurements"])
def test_a_column_that_holds_no_cells_is_told_of_before_anything_is_read(tmp_path, name, values):
    folder = tmp_path / "r"
    folder.mkdir()
    tables_of = {
        "boilers": {"facility_id": ["P"], "id": ["B1"], "fuel": ["coal"]},
        "outlets": {"facility_id": ["P"], "id": ["S1"]},
        "measurements": {
            "timestamp": [datetime(2025, 1, 1)], "outlet": ["S1"], "pollutant": ["NOx"], "value (mg/m3)": [40.0],
            "state": ["normal"],
        },
    }  # fmt: skip
    heading = {"boilers": "fuel", "measurements": "state"}[name]
    tables_of[name][heading] = values
    for table, held in tables_of.items():
        pl.DataFrame(held).write_parquet(folder / f"{table}.parquet")
    with pytest.raises(InputError) as error:
        tables.read(str(folder), shipped()[0])
    (problem,) = error.value.problems
    assert problem.what.en == f"column {heading} holds values of the type {values.dtype}"
    assert problem.place.file.endswith(f"{name}.parquet")
