"""Make a year of hourly means for the stacks of an invented steelworks, and a facility file that names them.

Every stack has its own level, noise and oxygen, start-ups, calibrations, faults and outages. Most keep the ultra-low
limits; some have one bad month, some too little data in one. The same numbers come out every time.

    python examples/monitoring/stacks.py steelworks            # 50 stacks, 438,000 hours
    envcheck check steelworks/steelworks.yaml --pack kundulun-2023 --select steel-industry-ultra-low --as-of 2026-01-01
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

START, HOURS = datetime(2025, 1, 1), 8760  # noqa: DTZ001 (the plant's own clock)
PROCESSES = {
    # process: limits of PM, SO2, NOx (mg/m3), and the mean oxygen content (%)
    "sintering_head": ((10, 35, 50), 16),
    "pellet_roasting_shaft_furnace": ((10, 35, 50), 16),
    "pellet_roasting_grate_kiln": ((10, 35, 50), 18),
    "captive_power_gas_boiler": ((5, 35, 50), 3.5),
    "steel_rolling_heating_furnace": ((10, 50, 200), 8),
}
HEADINGS = ("timestamp", "PM (mg/m3)", "SO2 (mg/m3)", "NOx (mg/m3)", "O2 (%)", "state", "minutes")


def states(random: Random) -> list[str]:
    """The state of every hour: normal but for start-ups after standstills, a daily calibration, faults."""
    found = [""] * HOURS
    for _ in range(random.randrange(2, 5)):
        begin, stopped, started = random.randrange(HOURS), random.randrange(12, 96), random.randrange(4, 12)
        found[begin : begin + stopped] = ["stopped"] * len(found[begin : begin + stopped])
        begin += stopped
        found[begin : begin + started] = ["start_up"] * len(found[begin : begin + started])
    for hour in range(random.randrange(24), HOURS, 24 * 7):
        found[hour] = found[hour] or "calibration"
    for _ in range(random.randrange(4, 9)):
        begin = random.randrange(HOURS)
        for hour in range(begin, min(begin + random.randrange(2, 30), HOURS)):
            found[hour] = found[hour] or "fault"
    return found


def rows(number: int, process: str) -> Iterator[list[str]]:
    """The hours of one stack; hours on which the data logger was out have no row."""
    random = Random(2025_00 + number)  # noqa: S311 (invented data)
    limits, mean_oxygen = PROCESSES[process]
    level = random.uniform(0.45, 0.75)
    bad_month = random.randrange(1, 13) if number % 8 == 0 else 0
    lost_month = random.randrange(1, 13) if number % 11 == 0 else 0
    for hour, state in enumerate(states(random)):
        time = START + timedelta(hours=hour)
        lost = (time.month == lost_month and random.random() < 0.35) or random.random() < 0.002
        share = level * (1.35 if time.month == bad_month else 1)
        values = [max(limit * random.gauss(share, 0.12), 0.05) for limit in limits]
        if state == "start_up":
            values = [3 * value for value in values]
        oxygen = min(max(random.gauss(mean_oxygen, 0.3), 0.5), 20.9)
        minutes = random.randrange(20, 45) if random.random() < 0.003 else 60
        if lost:
            continue
        shown = ["", "", "", ""] if state in ("stopped", "fault") else [f"{value:.2f}" for value in (*values, oxygen)]
        yield [f"{time:%Y-%m-%d %H:%M}", *shown, state, str(minutes)]


def main() -> None:
    """Write the series of every stack and the facility file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--outlets", type=int, default=50)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    lines = [
        "format: envcheck/facility/1",
        "id: steelworks",
        "name: 某钢铁厂（虚构的全年小时数据）",
        "type: enterprise",
        'region: "150203"',
        "industry: steel",
        "outlets:",
    ]
    for number in range(1, options.outlets + 1):
        process = list(PROCESSES)[number % len(PROCESSES)]
        name = f"S{number:02}"
        with open(os.path.join(options.folder, f"{name}.csv"), "w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(HEADINGS)
            writer.writerows(rows(number, process))
        lines.append(f"  - {{id: {name}, process: {process}, status: existing, series: {name}.csv}}")
    with open(os.path.join(options.folder, "steelworks.yaml"), "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
