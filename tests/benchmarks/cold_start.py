"""How long `envcheck check` on one file takes, as a multiple of `python -c pass` in the same run.

    python tests/benchmarks/cold_start.py [RUNS]

Both commands run in turn; the median of the ratios pair by pair is what counts, single times wander.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CHECK = [sys.executable, "-m", "envcheck", "check", str(ROOT / "facilities/gas-boiler-house.yaml")]
PASS = [sys.executable, "-c", "pass"]


def seconds(command: list[str]) -> float:
    """The wall time of a whole process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main() -> None:
    """Print the ratios."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    for engine in ("durable", "direct"):
        command = [*CHECK, "--engine", engine]
        seconds(command)
        ratios = [seconds(command) / seconds(PASS) for _ in range(runs)]
        low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
        print(f"{engine:8s} check / pass: min {low:.1f}  median {middle:.1f}  max {high:.1f}  ({runs} pairs)")


if __name__ == "__main__":
    main()
