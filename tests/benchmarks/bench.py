"""Measure envcheck against hand-written programs and against reading plus writing; one command, one run, ratios.

    python tests/benchmarks/bench.py [--quick] [--only screen,growth,rules,counts,series,check] [--json FILE]

Every measurement is a fresh process, the competitors in turn. Seconds are taken after imports; `speed against X` is the
median over the rounds of X's seconds divided by the competitor's in the same round, so more is better.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import cold_start
import measure
from measure import Series, alternate, worker
from rich.console import Console
from rich.table import Table
from ruleset import SIZES, write_pack

OURS, POLARS, DUCKDB, FLOOR = "envcheck screen", "hand-written Polars", "hand-written DuckDB", "floor: read + write"
IDS = "the same, ids checked"
JOBS = {OURS: "ours", POLARS: "polars", IDS: "polars_ids", DUCKDB: "duckdb", FLOOR: "floor"}
PEAK_MB = 600
"""Peak memory allowed for 5 million rows."""
RULES = 50


class Plan(NamedTuple):
    """How much is measured."""

    screen: tuple[tuple[int, int, int], ...]
    """Rows, rules, rounds."""
    growth: tuple[int, ...]
    sizes: tuple[int, ...]
    counts: tuple[tuple[int, int], ...]
    """Rows, rounds."""
    outlets: int
    rounds: int
    pairs: int


FULL = Plan(
    screen=((1_000_000, 50, 7), (5_000_000, 50, 5), (1_000_000, 300, 3)),
    growth=(10_000, 100_000, 1_000_000, 10_000_000),
    sizes=SIZES,
    counts=((1_000_000, 5), (5_000_000, 3)),
    outlets=1_000,
    rounds=3,
    pairs=11,
)
QUICK = Plan(
    screen=((1_000_000, 50, 3),),
    growth=(10_000, 100_000, 1_000_000),
    sizes=(10, 50, 300),
    counts=((1_000_000, 3),),
    outlets=100,
    rounds=2,
    pairs=5,
)


class Bench:
    """A run: where its files lie, what it has found."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.out = Console(width=125, highlight=False)
        self.found: list[dict[str, Any]] = []
        self.verdicts: list[tuple[str, float, str, float]] = []

    # --- files that measurements need

    def register(self, rows: int) -> Path:
        return self.made("make_register", f"boilers-{rows}.parquet", rows, "register.py", "ruleset.py")

    def made(self, job: str, name: str, size: int, *sources: str) -> Path:
        """A generated file, made anew when its generator is younger than it."""
        path = self.folder / name
        born = max((measure.HERE / source).stat().st_mtime for source in sources)
        if not path.exists() or path.stat().st_mtime < born:
            self.say(f"making {name}")
            worker([job, "-", str(path), str(size)])
        return path

    def ready(self, rows: int, number: int) -> Path:
        """The table that the floor writes."""
        path = self.folder / f"ready-{rows}-{number}.parquet"
        worker(["polars_wide", str(self.register(rows)), str(path), str(number)])
        return path

    def race(
        self,
        task: str,
        rows: int,
        number: int,
        rounds: int,
        names: Iterable[str] = (OURS, POLARS, DUCKDB, FLOOR),
        all_packs: bool = False,
    ) -> dict[str, Series]:
        names = tuple(names)
        source = self.register(rows)
        write_pack(self.folder / f"pack-{number}", number)
        more = [str(self.ready(rows, number))] if FLOOR in names and task == "wide" else []
        target, told = str(self.folder / "out.parquet"), "all" if all_packs else str(number)
        self.say(f"{task}: {rows:,} rows, {told} rules, {rounds} rounds")
        commands = {name: [f"{JOBS[name]}_{task}", str(source), target, told, *more] for name in names}
        found = alternate(commands, rounds)
        for name, series in found.items():
            self.keep(task, name, series, rows=rows, rules=told)
        return found

    def keep(self, part: str, name: str, series: Series, **more: Any) -> None:
        told = {"part": part, "competitor": name, **more}
        if series.absent:
            self.found.append({**told, "absent": series.absent})
            return
        told |= {"median_seconds": series.seconds, "median_cpu": series.cpu, "peak_mb": series.rss}
        self.found.append({**told, "runs": [run._asdict() for run in series.runs]})

    def say(self, text: str) -> None:
        print(f"… {text}", file=sys.stderr, flush=True)

    def judge(self, what: str, value: float | None, sense: str, target: float) -> None:
        """Note a target and whether it is reached; nothing where there is no value."""
        if value is not None:
            self.verdicts.append((what, value, sense, target))

    # --- parts

    def proof(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            told = worker(["prove", folder, "-", "20000", str(RULES)]).told
        self.out.print(f"proof on 20,000 rows: {told['wrong']} statuses wrong\n")
        if told["wrong"]:
            raise SystemExit("a competitor answers wrongly: see tests/benchmarks/prove.py; nothing was measured")

    def screen(self) -> None:
        for rows, number, rounds in self.plan.screen:
            found = self.race("wide", rows, number, rounds)
            self.compared(f"Screening {rows:,} boilers by {number} rules, wide", found, rows)
            ours, label = found[OURS], f"{rows:,} rows x {number} rules"
            if number == RULES:
                self.judge(f"{label}: speed against hand-written Polars", ours.as_fast_as(found[POLARS]), "≥", 0.8)
                self.judge(f"{label}: speed against hand-written DuckDB", ours.as_fast_as(found[DUCKDB]), "≥", 2)
            self.judge(f"{label}: speed against the floor", ours.as_fast_as(found[FLOOR]), "≥", 0.65)
            if rows == 5_000_000 and not ours.absent:
                self.judge(f"{label}: peak memory in MB", ours.rss, "≤", PEAK_MB)

    def counts(self) -> None:
        for rows, rounds in self.plan.counts:
            found = self.race("counts", rows, RULES, rounds, JOBS)
            self.compared(f"Counts only, {rows:,} boilers by {RULES} rules", found, rows, floor="floor: read")
            speed = found[OURS].as_fast_as(found[POLARS])
            self.judge(f"{rows:,} rows, counts only: speed against hand-written Polars", speed, "≥", 0.8)
            if (alike := found[OURS].as_fast_as(found[IDS])) is not None:
                self.out.print(f"counts only, against hand-written Polars that looks at ids as well: {alike:.2f}\n")

    def growth(self) -> None:
        table = Table(
            "rows", "competitor", "seconds", "rows/s", "peak MB", "µs a row", title="Growth with rows (50 rules)"
        )
        names = (OURS, POLARS)
        steps: dict[str, list[tuple[int, float]]] = {name: [] for name in names}
        for rows in self.plan.growth:
            for name, series in self.race("wide", rows, RULES, self.plan.rounds, names).items():
                if series.absent:
                    table.add_row(f"{rows:,}", name, series.absent)
                    continue
                steps[name].append((rows, series.seconds))
                told = (f"{series.seconds:.3f}", f"{rows / series.seconds:,.0f}", f"{series.rss:.0f}")
                table.add_row(f"{rows:,}", name, *told, f"{series.seconds / rows * 1e6:.3f}")
        self.out.print(table, "")
        if len(steps[OURS]) > 1:
            (fewer, quick), (more, slow) = steps[OURS][-2:]
            share = (slow / quick) / (more / fewer)
            self.judge(f"{fewer:,} to {more:,} rows: growth of time over growth of rows", share, "≤", 1.1)

    def rules(self) -> None:
        table = Table(
            "rules", "competitor", "seconds", "µs a rule and 1,000 rows", title="Growth with rules (1,000,000 rows)"
        )
        rows, names = 1_000_000, (OURS, POLARS)
        ours: list[tuple[int, float]] = []
        for number in self.plan.sizes:
            for name, series in self.race("wide", rows, number, self.plan.rounds, names).items():
                if series.absent:
                    table.add_row(str(number), name, series.absent)
                    continue
                ours += [(number, series.seconds)] if name == OURS else []
                table.add_row(str(number), name, f"{series.seconds:.3f}", f"{series.seconds / number * 1e3:.2f}")
        series = self.race("wide", rows, RULES, self.plan.rounds, (OURS,), all_packs=True)[OURS]
        table.add_row("all shipped packs", OURS, series.absent or f"{series.seconds:.3f}")
        self.out.print(table, "")
        if len(ours) > 1:
            (fewer, quick), (more, slow) = ours[0], ours[-1]
            share = (slow / quick) / (more / fewer)
            self.judge(f"{fewer} to {more} rules: growth of time over growth of rules", share, "<", 1)

    def series(self) -> None:
        outlets = self.plan.outlets
        source = self.made("make_series", f"series-{outlets}.parquet", outlets, "series.py", "register.py")
        rows, target = outlets * 8760, str(self.folder / "out.parquet")
        self.say(f"series: {rows:,} hourly means")
        commands = {name: [f"{JOBS[name]}_series", str(source), target] for name in (OURS, POLARS, DUCKDB, FLOOR)}
        found = alternate(commands, self.plan.rounds)
        for name, series in found.items():
            self.keep("series", name, series, rows=rows)
        self.compared(
            f"Monthly 95 % share of {outlets:,} outlets, {rows:,} hourly means", found, rows, floor="floor: read"
        )

    def check(self) -> None:
        self.say("check: fresh processes, then warm")
        table = Table("envcheck check, one file", "engine", "median", "× python -c pass")
        facility = str(measure.ROOT / "facilities/gas-boiler-house.yaml")
        for engine in ("durable", "direct"):
            command = [sys.executable, "-m", "envcheck", "check", facility, "--engine", engine]
            cold_start.seconds(command)
            for name, fresh in (("fresh process, rules cached", False), ("fresh process, first run (no cache)", True)):
                pairs = [self.pair(command, fresh) for _ in range(self.plan.pairs if not fresh else 2)]
                seconds = sorted(one for one, _ in pairs)[len(pairs) // 2]
                ratio = sorted(one / other for one, other in pairs)[len(pairs) // 2]
                table.add_row(name, engine, f"{seconds * 1e3:.0f} ms", f"{ratio:.1f}")
                self.found.append({"part": "check", "case": name, "engine": engine, "seconds": seconds, "ratio": ratio})
        self.out.print(table, "")
        warm = Table(
            "engine",
            "files",
            "rules",
            "findings",
            "first round",
            "read",
            "check",
            "facilities/s",
            "checks/s",
            title="All shipped facility files with all packs, warm in one process",
        )
        for engine in ("direct", "durable"):
            told = worker(["facilities", "-", "-", str(self.plan.rounds), engine]).told
            files, read, judged = told["files"], told["read"], told["check"]
            rates = (f"{files / (read + judged):.1f}", f"{files / judged:.1f}")
            sizes = (str(files), str(told["rules"]), str(told["findings"]))
            times = (f"{told['first']:.2f} s", f"{read:.2f} s", f"{judged:.2f} s")
            warm.add_row(engine, *sizes, *times, *rates)
            self.found.append({"part": "facilities", "engine": engine, **told})
        self.out.print(warm, "")

    def pair(self, command: list[str], fresh: bool) -> tuple[float, float]:
        """Seconds of a check and of `python -c pass` right after it."""
        kept = os.environ["ENVCHECK_CACHE"]
        with tempfile.TemporaryDirectory() as empty:
            os.environ["ENVCHECK_CACHE"] = empty if fresh else kept
            try:
                return cold_start.seconds(command), cold_start.seconds(cold_start.PASS)
            finally:
                os.environ["ENVCHECK_CACHE"] = kept

    # --- tables

    def compared(self, title: str, found: dict[str, Series], rows: int, floor: str = FLOOR) -> None:
        heads = (
            "competitor",
            "seconds",
            "CPU s",
            "process",
            "M rows/s",
            "peak MB",
            "× floor",
            "× Polars",
            "× DuckDB",
            "× floor, CPU",
        )
        table = Table(*heads, title=title)
        for name, series in found.items():
            label = floor if name == FLOOR else name
            if series.absent:
                table.add_row(label, series.absent)
                continue
            speeds = [series.as_fast_as(found[other]) for other in (FLOOR, POLARS, DUCKDB)]
            speeds.append(found[FLOOR].cpu / series.cpu)
            table.add_row(
                label, f"{series.seconds:.3f}", f"{series.cpu:.2f}", f"{series.whole:.2f}",
                f"{rows / series.seconds / 1e6:.2f}", f"{series.rss:.0f}", *(f"{speed:.2f}" for speed in speeds if speed),
            )  # fmt: skip
        self.out.print(table, "")

    def summary(self) -> None:
        if not self.verdicts:
            return
        table = Table("target", "measured", "due", "", title="Targets")
        holds: dict[str, Callable[[float, float], bool]] = {
            "≥": lambda value, due: value >= due, "≤": lambda value, due: value <= due, "<": lambda value, due: value < due,
        }  # fmt: skip
        for what, value, sense, due in self.verdicts:
            table.add_row(what, f"{value:.2f}", f"{sense} {due:g}", "reached" if holds[sense](value, due) else "MISSED")
        self.out.print(table)


PARTS: dict[str, Callable[[Bench], None]] = {
    "screen": Bench.screen,
    "growth": Bench.growth,
    "rules": Bench.rules,
    "counts": Bench.counts,
    "series": Bench.series,
    "check": Bench.check,
}


def machine() -> dict[str, Any]:
    found: dict[str, Any] = {"cores": os.cpu_count(), "python": platform.python_version()}
    for name in ("polars", "duckdb"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            raise SystemExit(f"{name} is needed: pip install polars duckdb rich") from None
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="less of everything, under two minutes")
    parser.add_argument("--only", metavar="PARTS", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write every single run")
    parser.add_argument(
        "--work", metavar="DIR", type=Path, help="where generated files lie and are kept for the next run"
    )
    asked = parser.parse_args(arguments)
    parts = [part.strip() for part in asked.only.split(",")]
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    folder = asked.work or Path(tempfile.gettempdir()) / "envcheck-bench"
    folder.mkdir(parents=True, exist_ok=True)
    # Workers use this checkout, and a cache of their own: only so many caches are kept, and the user's shall stay.
    os.environ.update(PYTHONPATH=str(measure.ROOT), ENVCHECK_CACHE=str(folder / "cache"))
    bench = Bench(folder, QUICK if asked.quick else FULL)
    about = machine()
    bench.out.print(", ".join(f"{name} {value}" for name, value in about.items()))
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1) / 2:
        bench.out.print(
            f"others are at work on this machine (load {os.getloadavg()[0]:.1f}): seconds and ratios will wander"
        )
    bench.proof()
    for part in parts:
        PARTS[part](bench)
    bench.summary()
    if asked.json:
        asked.json.write_text(json.dumps({"machine": about, "runs": bench.found}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
