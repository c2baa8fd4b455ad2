"""Measurements in fresh processes, in turn, so that a busy machine slows all competitors alike."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TIME_LIMIT = 300


class Run(NamedTuple):
    """Seconds after imports (wall and processor), seconds of the whole process, peak memory in MB, what else it told."""

    seconds: float
    cpu: float
    whole: float
    rss: float
    told: Mapping[str, Any]


class Series(NamedTuple):
    """The runs of one competitor, or why there are none."""

    runs: tuple[Run, ...]
    absent: str = ""

    @property
    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self.runs)

    @property
    def whole(self) -> float:
        return statistics.median(run.whole for run in self.runs)

    @property
    def rss(self) -> float:
        return max(run.rss for run in self.runs)

    @property
    def told(self) -> Mapping[str, Any]:
        return self.runs[-1].told

    def as_fast_as(self, other: Series) -> float | None:
        """How many times as fast as another: the median of the ratios round by round."""
        if self.absent or other.absent:
            return None
        return statistics.median(o.seconds / s.seconds for s, o in zip(self.runs, other.runs, strict=True))


def alternate(commands: Mapping[str, list[str]], rounds: int) -> dict[str, Series]:
    """Run worker commands in turn, so many rounds (A B C, C B A ...), each in a fresh process.

    No one always follows the same other, who may leave the disk busy.

    Raises:
        RuntimeError: a worker failed; its own message is shown.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    absent: dict[str, str] = {}
    names = list(commands)
    for _ in range(rounds):
        for name in names:
            if name in absent:
                continue
            run = worker(commands[name])
            if "absent" in run.told:
                absent[name] = str(run.told["absent"])
            else:
                runs[name].append(run)
        names.reverse()
    return {name: Series(tuple(found), absent.get(name, "")) for name, found in runs.items()}


def worker(command: list[str]) -> Run:
    """Run `worker.py` with these arguments."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(HERE / "worker.py"), *command],
        capture_output=True, text=True, timeout=TIME_LIMIT, check=False,
    )  # fmt: skip
    whole = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"worker {' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    told = json.loads(done.stdout.splitlines()[-1])
    return Run(told.pop("seconds", 0.0), told.pop("cpu", 0.0), whole, told.pop("rss", 0.0), told)


def clocked(work: Callable[[], object]) -> dict[str, Any]:
    """Wall and processor seconds of some work, and the peak memory of this process up to now in MB."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rss": peak_memory()}


def peak_memory() -> float:
    """Peak resident memory of this process in MB.

    Where Linux tells it by the process's own address space, that is taken: `getrusage` also counts the moment in which
    a forked child still shared its parent's memory.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1e6 if sys.platform == "darwin" else 1e3)
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6
