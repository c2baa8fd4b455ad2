"""Series of outlets as facility files and as the measurements of a register."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import openpyxl
import polars as pl
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.register.columns import numbers
from envcheck.register.tables import register_files
from support import rule, shipped

START = datetime(2025, 6, 1)
LIMIT = "emissions.NOx <= 50 mg/m3 @ 16 % O2"
BARE = "emissions.NOx < 50 mg/m3"
PACK = "".join(
    rule(require, subject="outlet", name=name)
    for name, require in {
        "share": f"share_of_hours({LIMIT}) >= 95 %",
        "hour": f"every_hour({LIMIT})",
        "bare-hour": f"every_hour({BARE})",
        "day": f"every_day({LIMIT})",
        "bare-day": f"every_day({BARE})",
        "window": f"every_mean(6 h: {LIMIT})",
        "plain": LIMIT,
        "least": "emissions.NOx >= 40 mg/m3",
        "other": "every_hour(emissions.SO2 <= 35 mg/m3)",
    }.items()
)
RELAXED = settings(
    deadline=None, max_examples=25, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
STATES = ("", "", "", "", "C", "故障", "start_up", "停炉", "stopped")


@st.composite
def hours(draw):
    """Hours of one outlet in runs, with gaps, states, short hours, and values about the limit."""
    start = START + timedelta(hours=draw(st.sampled_from([0, 0, 5, 200, 700])))
    run = st.tuples(
        st.integers(1, 120),
        st.sampled_from([0, 40, 40.5, 49.999999, 50, 50, 50.000001, 51, -1, 50.00000000001, 41.123456789, None]),
        st.sampled_from([16, 16, 16, 17, 11.5, 20.9, 21, -0.1, 16.000000001, None]),
        st.sampled_from(STATES),
        st.sampled_from([60, 60, 60, 45, 44]),
        st.booleans(),
    )
    rows, hour = [], 0
    for length, value, oxygen, state, minutes, there in draw(st.lists(run, min_size=1, max_size=16)):
        for _ in range(length):
            if there or not rows:
                rows.append([start + timedelta(hours=hour), value, oxygen, state, minutes])
            hour += 1
    for at in draw(st.lists(st.integers(0, len(rows) - 1), max_size=40)):
        rows[at][1] = 51
    return rows


def cell(value):
    return "" if value is None else numbers.shortest_decimal(value) if isinstance(value, float) else str(value)


def plant(name, outlets, folder):
    """A facility file with a series file an outlet."""
    for outlet, rows in outlets.items():
        lines = ["timestamp,NOx (mg/m3),O2 (%),state,minutes"]
        lines += [f"{time:%Y-%m-%d %H:%M},{','.join(map(cell, rest))}" for time, *rest in rows]
        (folder / f"{name}-{outlet}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    listed = [{"id": outlet, "process": "sintering_head", "series": f"{name}-{outlet}.csv"} for outlet in outlets]
    data = {"format": "envcheck/facility/1", "id": name, "region": "150203", "outlets": listed}
    return facility_file.read(source.read_bytes(json.dumps(data).encode(), str(folder / "plant.json")), shipped()[0])


def register(folder, plants, measurements, kind="csv"):
    """A register with the same outlets; `measurements` is a frame."""
    folder.mkdir(exist_ok=True)
    (folder / "facilities.csv").write_text("id,region\n" + "".join(f"{name},150203\n" for name in plants))
    listed = [f"{outlet},{name},sintering_head\n" for name, outlets in plants.items() for outlet in outlets]
    (folder / "outlets.csv").write_text("id,facility_id,process\n" + "".join(listed))
    if kind == "csv":
        measurements.write_csv(folder / "measurements.csv", datetime_format="%Y-%m-%d %H:%M")
    elif kind == "xlsx":
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append(measurements.columns)
        for row in measurements.iter_rows():
            sheet.append([None if cell == "" else cell for cell in row])
        book.save(folder / "measurements.xlsx")
    else:
        measurements.write_parquet(folder / "measurements.parquet")
    return register_files.read(str(folder), shipped()[0])


def table(plants, **more):
    """The hours of plants as one table, in the order of time."""
    rows = [
        (time, name, outlet, "NOx", value, "mg/m3", oxygen, state, minutes)
        for name, outlets in plants.items()
        for outlet, hours in outlets.items()
        for time, value, oxygen, state, minutes in hours
    ]
    schema = {
        "timestamp": pl.Datetime, "facility_id": pl.String, "outlet": pl.String, "pollutant": pl.String,
        "value": pl.Float64, "unit": pl.String, "O2 (%)": pl.Float64, "state": pl.String, "minutes": pl.Int64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row").sort("timestamp", maintain_order=True).with_columns(**more)
