"""Make a daily series for one outfall from real measurements of an urban wastewater plant.

The data: 527 days of the plant at Manresa, Spain (UCI Machine Learning Repository, "Water Treatment Plant"). Outlet
columns: PH-S, DBO-S (BOD5, mg/L), DQO-S (COD, mg/L), SS-S (mg/L); `?` is a missing value, which becomes an empty cell.

    python examples/monitoring/manresa_series.py manresa-wwtp-1990-1991.csv examples/monitoring/manresa.csv
"""

from __future__ import annotations

import csv
import sys
from datetime import date

COLUMNS = {"DQO-S": "COD (mg/L)", "DBO-S": "BOD5 (mg/L)", "SS-S": "SS (mg/L)", "PH-S": "pH"}


def day(text: str) -> date:
    """D-day/month/two-digit year."""
    number, month, year = text.removeprefix("D-").split("/")
    return date(1900 + int(year), int(month), int(number))


def main() -> None:
    """Read the measurements, write the series in the order of days."""
    source, target = sys.argv[1:3]
    with open(source, encoding="utf-8", newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: day(row["Date"]))
    with open(target, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["timestamp", *COLUMNS.values()])
        for row in rows:
            values = ["" if row[column] == "?" else row[column] for column in COLUMNS]
            writer.writerow([day(row["Date"]).isoformat(), *values])


if __name__ == "__main__":
    main()
