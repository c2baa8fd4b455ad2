"""Make a facility file from real measurements of an urban wastewater plant, one outfall a day.

The data: 527 days of the plant at Manresa, Spain (UCI Machine Learning Repository, "Water Treatment Plant"). Outlet
columns: PH-S, DBO-S (BOD5, mg/L), DQO-S (COD, mg/L), SS-S (mg/L); `?` is a missing value.

    python examples/manresa.py manresa-wwtp-1990-1991.csv facilities/manresa-wwtp.yaml
"""

from __future__ import annotations

import csv
import sys
from datetime import date

COLUMNS = {"DQO-S": ("COD", " mg/L"), "DBO-S": ("BOD5", " mg/L"), "SS-S": ("SS", " mg/L"), "PH-S": ("pH", "")}
FIRST, EVERY = 7, 9
HEADER = """# 由 examples/manresa.py 根据真实监测数据生成（UCI Machine Learning Repository, Water Treatment Plant, 1990-1991）。
# 每个排放口为一天的出水日均值；原数据缺测的项目不填。借昆都仑区西郊污水处理厂之名，演示一级 A 核查。
format: envcheck/facility/1
id: manresa-wwtp
name: 西郊污水处理厂（曼雷萨实测数据演示）
type: wastewater_plant
region: "150203"
industry: wastewater_treatment
outfalls:
"""


def day(text: str) -> date:
    """D-day/month/two-digit year."""
    number, month, year = text.removeprefix("D-").split("/")
    return date(1900 + int(year), int(month), int(number))


def facility(rows: list[dict[str, str]]) -> str:
    """The facility file of every ninth day on record; the one day within all four limits is among them."""
    key = next(iter(rows[0]))
    lines = [HEADER]
    for row in sorted(rows, key=lambda row: day(row[key]))[FIRST::EVERY]:
        water = ", ".join(
            f"{name}: {row[column]}{unit}" for column, (name, unit) in COLUMNS.items() if row[column] != "?"
        )
        lines.append(f"  - {{id: D{day(row[key]).isoformat()}, name: 总排口, water: {{{water}}}}}\n")
    return "".join(lines)


def main() -> None:
    """Read the measurements, write the facility file."""
    source, target = sys.argv[1:3]
    with open(source, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with open(target, "w", encoding="utf-8") as stream:
        stream.write(facility(rows))


if __name__ == "__main__":
    main()
