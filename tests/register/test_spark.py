"""A register on Spark: the same findings, rejects and counts as in process, on one machine and on a cluster."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.register import in_columns
from envcheck.register.tables import register_files
from envcheck.text.problems import InputError
from support import ROOT, registers, small_pack
from support import shipped as rulebook
from support.columns import FORMS, assert_same, expected, pack_of, plants_of, plants_of_boilers, typed
from support.measurements import PACK as OVER_TIME
from support.measurements import START, table
from support.measurements import register as with_measurements

pytest.importorskip("pandas", reason="mapInArrow needs pandas: pip install 'envcheck[spark]'")
pyspark = pytest.importorskip("pyspark", reason="Spark is not installed: pip install 'envcheck[spark]'")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java 17")

from envcheck.register.cluster import partition, spark  # noqa: E402

DAY = date(2026, 1, 1)
LOOPBACK = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "4",
}


@pytest.fixture(autouse=True, scope="module")
def _workers():
    """Workers run this Python, with this envcheck."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]))
        yield


@pytest.fixture(scope="module")
def local(_workers):
    with spark.session("local[2]", LOOPBACK) as session:
        yield session


@pytest.fixture(scope="module")
def few(packs):
    """The plan of one district, so that there are not hundreds of findings a row."""
    return tuple(pack for pack in packs if pack.id == "kundulun-2023")


# --- registers -------------------------------------------------------------------------------------------------------


def shipped(folder, words):
    files = sorted((ROOT / "facilities").glob("*.yaml"))[::3]  # each kind of subject is planned for in every part
    registers.write(folder, [facility_file.read(source.read_file(str(path)), words) for path in files], words)
    return register_files.read(str(folder), words)


def boilers(rows=5000):
    """Boilers of some 1,600 facilities, one in a hundred with a cell that is not plain, or an id that is not its own."""
    chance = random.Random(7)
    found = []
    for number in range(rows):
        nox = f"{chance.uniform(10, 200):.2f}"
        capacity = chance.choice(["0.5", "1", "20", "35", "65", "100"])
        own = f"B{number % 3}"
        odd = chance.random()
        if odd < 0.002:
            nox = "<30"
        elif odd < 0.004:
            nox = "22 ppm"
        elif odd < 0.006:
            nox = "many"
        elif odd < 0.008:
            own = "B0"
        elif odd < 0.010:
            nox = "30"
        fuel = chance.choice(["natural_gas", "燃煤", "coal", "biomass"])
        found.append((f"F{number // 3}", own, fuel, capacity, chance.choice(["existing", "new"]), nox, "5.2"))
    names = ["facility_id", "id", "fuel", "capacity (t/h)", "status", "emissions.NOx (mg/m3)", "emissions.NOx.O2 (%)"]
    return pl.DataFrame(found, names, orient="row")


def whole(rows=5000):
    ids = [f"F{number}" for number in range((rows + 2) // 3) if number != 11]
    return pl.DataFrame({"id": ids}).with_columns(region=pl.lit("150203"), type=pl.lit("heating_plant"))


def generated(folder, words):
    boilers().write_csv(folder / "boilers.csv")
    whole().write_csv(folder / "facilities.csv")
    return register_files.read(str(folder), words)


def same(session, register, packs, words, folder, day=DAY, **more):
    """Screen on Spark and in process; everything that was found is the same, the order of findings aside."""
    expected = in_columns.screen(register, packs, words, day, str(folder / "here.parquet"), ranked=True)
    found = spark.screen(session, register, packs, words, day, str(folder / "there.parquet"), ranked=True, **more)
    here, there = (pl.read_parquet(folder / name).sort(pl.all()) for name in ("here.parquet", "there.parquet"))
    assert here.height > 0
    assert there.schema == here.schema
    assert there.equals(here)
    assert (found.engine, expected.engine) == ("spark", "columnar")
    assert found.rows == expected.rows
    assert found.statuses == expected.statuses
    assert found.regions == expected.regions
    assert sorted(map(str, found.rejects)) == sorted(map(str, expected.rejects))
    singly = [sorted(one.facility for one in run.judged_one_by_one) for run in (found, expected)]
    assert singly[0] == singly[1]
    assert found.measured == expected.measured
    assert sorted(found.unmeasured) == sorted(expected.unmeasured)
    assert found.facilities.sort("#facility").equals(expected.facilities.sort("#facility"))
    return found


# --- one machine -----------------------------------------------------------------------------------------------------


def test_the_shipped_facilities_are_judged_as_in_process(local, few, words, tmp_path):
    folder = tmp_path / "register"
    folder.mkdir()
    same(local, shipped(folder, words), few, words, tmp_path, parts=2)


def test_odd_rows_are_judged_and_rejected_as_in_process(local, few, words, tmp_path):
    folder = tmp_path / "register"
    folder.mkdir()
    found = same(local, generated(folder, words), few, words, tmp_path, parts=3)
    reasons = " ".join(reject.reason.en for reject in found.rejects)
    assert found.rows == {"facility": 1666, "boiler": 5000}
    assert "many" in reasons
    assert "F11" in {reject.facility for reject in found.rejects}
    assert any("22 ppm" in line.cells.values() for one in found.judged_one_by_one for line in one.lines)


def test_typed_cells_come_through_the_cluster_unchanged(local, few, words, tmp_path, monkeypatch):
    folder = tmp_path / "register"
    folder.mkdir()
    number = pl.col("emissions.NOx (mg/m3)").cast(pl.Float64, strict=False)
    typed = boilers().with_columns(
        number,
        pl.col("emissions.NOx.O2 (%)").cast(pl.Decimal(6, 2)),
        pl.col("capacity (t/h)").cast(pl.Float32),
        pl.col("status").cast(pl.Categorical),
        pl.lit(date(2020, 5, 1)).alias("commissioned"),
        pl.lit(True).alias("has_monitor").alias("#note"),
    )
    typed.write_parquet(folder / "boilers.parquet", row_group_size=700)
    whole().write_parquet(folder / "facilities.parquet")
    monkeypatch.setattr(partition, "PIECE", 1000)
    same(local, register_files.read(str(folder), words), few, words, tmp_path, parts=5)


def measured():
    """June of 24 facilities with two outlets each; some rows are odd, some spoilt, some nobody's."""
    chance = random.Random(3)
    plants = {
        f"P{n}": {
            f"S{k}": [
                [START + timedelta(hours=hour), chance.choice([30, 40.5, 50, 50, 50.000001, 61]), 16, "", 60]
                for hour in range(chance.choice([20, 400, 720]))
            ]
            for k in range(2)
        }
        for n in range(24)
    }
    plants["P3"]["S0"][5][3] = "asleep"
    plants["P4"]["S1"][6][1] = 41.123456789
    plants["P5"]["S0"][7][2] = 21
    number = pl.int_range(pl.len())
    rows = table(plants).with_columns(
        pl.when(number % 5003 == 77).then(pl.lit("S9")).otherwise("outlet").alias("outlet"),
        pl.when(number % 7001 == 99).then(None).otherwise("facility_id").alias("facility_id"),
    )
    return plants, rows


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_measurements_travel_with_their_facility(local, words, tmp_path, monkeypatch, kind):
    plants, rows = measured()
    register = with_measurements(tmp_path / "register", plants, rows, kind)
    monkeypatch.setattr(partition, "PIECE", 4000)
    found = same(local, register, [small_pack(OVER_TIME)], words, tmp_path, date(2025, 12, 1), parts=5)
    assert found.measured == rows.height
    assert {"P3", "P12"} <= {name for refused in found.unmeasured for name in refused.facilities}
    assert () in {refused.facilities for refused in found.unmeasured}
    assert {one.facility for one in found.judged_one_by_one} > {"P4", "P5", "P6"}
    assert found.statuses["small/share"]["fail"] > 0 < found.statuses["small/share"]["unknown"]


def test_measurements_that_do_not_name_their_facility_stay_on_one_machine(local, words, tmp_path):
    plants = {"P": {"S": [[START, 50, 16, "", 60]]}}
    register = with_measurements(tmp_path / "register", plants, table(plants).drop("facility_id"))
    with pytest.raises(InputError, match="on a cluster measurements name their facility"):
        spark.screen(local, register, [small_pack(OVER_TIME)], words, DAY, str(tmp_path / "findings.parquet"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["register"]


@settings(
    deadline=None, max_examples=3, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(
    st.lists(plants_of_boilers, min_size=8, max_size=24),
    st.lists(st.tuples(st.sampled_from(FORMS), st.sampled_from(FORMS)), min_size=2, max_size=6),
    st.booleans(),
)
def test_generated_rules_on_generated_boilers_on_spark(local, found, pairs, parquet):
    """Numbers on the limits of the rules and beside them; what is found is what facility files come to."""
    words, packs, plants = rulebook()[0], [pack_of(pairs)], plants_of(found)
    with TemporaryDirectory() as place:
        folder = Path(place) / "register"
        folder.mkdir()
        registers.write(folder, plants, words)
        if parquet:
            typed(folder)
        output = str(Path(place) / "findings.parquet")
        told = spark.screen(local, register_files.read(str(folder), words), packs, words, DAY, output, parts=3)
        findings = pl.read_parquet(output)
    assert told.rejects == ()
    assert_same(findings, expected(plants, packs, DAY))


def test_a_folder_of_findings_is_replaced_whole_and_nothing_else_is(local, few, words, tmp_path):
    folder, output = tmp_path / "register", tmp_path / "findings"
    folder.mkdir()
    register = generated(folder, words)
    first = spark.screen(local, register, few, words, DAY, str(output), parts=2)
    counted = sum(n for own in first.statuses.values() for status, n in own.items() if status != "not_applicable")
    assert (output / "_SUCCESS").exists()
    assert pl.read_parquet(output / "*.parquet").height == counted > 0
    again = spark.screen(local, register, few, words, DAY, str(output), parts=3)
    assert again.statuses == first.statuses
    assert spark.screen(local, register, few, words, DAY, None).statuses == first.statuses
    assert pl.read_parquet(output / "*.parquet").height == counted
    assert sorted(path.name for path in tmp_path.iterdir()) == ["findings", "register"]
    with pytest.raises(InputError, match="no result written by Spark"):
        spark.screen(local, register, few, words, DAY, str(folder))
    assert sorted(path.name for path in folder.iterdir()) == ["boilers.csv", "facilities.csv"]


def test_a_table_that_breaks_off_is_refused_and_leaves_the_old_findings(local, few, words, tmp_path):
    folder, output = tmp_path / "register", tmp_path / "findings.csv"
    folder.mkdir()
    register = generated(folder, words)
    output.write_text("old")
    with open(folder / "boilers.csv", "a", encoding="utf-8") as stream:
        stream.write("F1,B9,coal,1,new,30,5.2,one too many\n")
    with pytest.raises(InputError, match=r"boilers\.csv: the table cannot be read to its end"):
        spark.screen(local, register, few, words, DAY, str(output))
    assert output.read_text() == "old"


def test_a_worker_with_another_envcheck_refuses_the_work(few, words):
    given = partition.Job("envcheck 0", b"")
    (batch,) = partition.read(given, [])
    (told,) = partition.judge(given, [batch])
    with pytest.raises(InputError, match="this machine has envcheck 0"):
        spark._whole(register_files.Register("", {}), DAY, few, [told.to_pylist()[0]["note"]])


def test_a_master_that_cannot_be_had_is_told(local):
    local.stop()
    with (
        pytest.raises(InputError, match="Spark does not start on spark:/nowhere"),
        spark.session("spark:/nowhere", LOOPBACK),
    ):
        pass


# --- a cluster -------------------------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def started(folder, *args):
    """A daemon of Spark in a process group of its own, gone at the end in any case."""
    home = Path(pyspark.__file__).parent
    env = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    with open(folder / "spark.log", "ab") as log:
        process = subprocess.Popen(
            [str(home / "bin" / "spark-class"), *args],
            env=env,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        for stop in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, stop)
                process.wait(20)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


def told(port, ready, patience=90):
    """What the master says of itself once it is ready."""
    state = None
    for _ in range(patience * 2):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/", timeout=5) as answer:
                state = json.load(answer)
        except OSError:
            state = None
        if state is not None and ready(state):
            return state
        time.sleep(0.5)
    raise AssertionError(f"the master is not ready: {state}")


@pytest.fixture
def cluster(tmp_path):
    """The URL of a master with two workers on loopback, and the port of its page."""
    port, page = free_port(), free_port()
    master = f"spark://127.0.0.1:{port}"
    own = ("--host", "127.0.0.1")
    worker = (
        "org.apache.spark.deploy.worker.Worker",
        *own,
        "--webui-port",
        "0",
        "--cores",
        "1",
        "--memory",
        "1g",
        master,
    )
    with (
        started(
            tmp_path, "org.apache.spark.deploy.master.Master", *own, "--port", str(port), "--webui-port", str(page)
        ),
        started(tmp_path, *worker, "--work-dir", str(tmp_path / "work1")),
        started(tmp_path, *worker, "--work-dir", str(tmp_path / "work2")),
    ):
        told(page, lambda state: state["aliveworkers"] == 2)
        yield master, page


def test_a_cluster_of_two_workers_finds_the_same(cluster, few, words, tmp_path):
    master, page = cluster
    folder = tmp_path / "register"
    folder.mkdir()
    register = generated(folder, words)
    with spark.session(master, LOOPBACK) as session:
        told(page, lambda state: state["activeapps"] and state["coresused"] == 2)
        found = same(session, register, few, words, tmp_path, parts=6)
    assert found.rejects
