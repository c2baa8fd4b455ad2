"""The facilities with the most serious findings: found by their marks, told by a second look at their rows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from fractions import Fraction

import polars as pl

from envcheck.files.writing import unfinished
from envcheck.judging.judge import decisive
from envcheck.model.finding import Finding
from envcheck.model.rule import DECISIVE, MODALITIES
from envcheck.register import facility_by_facility
from envcheck.register.columns.layout import FACILITY_ID, facility_of
from envcheck.register.in_columns import screen
from envcheck.register.judging.row_by_row import Judged
from envcheck.register.results.run import Screening
from envcheck.register.results.summary import Ranked, Worst
from envcheck.register.results.tally import FACILITY, FAILS, UNKNOWN
from envcheck.register.tables.register_files import Register
from envcheck.vocabulary.words import Vocabulary

TIES = 1000
"""Of more facilities than this that are as bad as the last of a ranking, so many are told apart by their margins."""
FAR = float("inf")


def ranked(found: Screening, words: Vocabulary, top: int) -> tuple[Ranked, ...]:
    """The ``top`` facilities by decisive rules that fail, then by those that are unknown, then by the worst margin.

    Facilities of which nothing fails and nothing is unknown are not ranked.
    """
    if top <= 0:
        return ()
    marks, one_by_one = _candidates(found, top)
    told = [_single(one) for one in one_by_one]
    if not marks.is_empty():
        told += _second_look(found, marks, words)
    return tuple(sorted(told, key=_seriousness)[:top])


def _seriousness(one: Ranked) -> tuple[int, int, float, str]:
    margin = one.worst.margin if one.worst is not None else None
    return -one.fails["must"] - one.fails["in_principle"], -one.unknown, FAR if margin is None else margin, one.facility


def _candidates(found: Screening, top: int) -> tuple[pl.Series, list[Judged]]:
    """The marks of facilities that may be among the first, and those judged one by one."""
    streamed = found.facilities.filter((pl.col(FAILS) > 0) | (pl.col(UNKNOWN) > 0))
    streamed = streamed.sort(FAILS, UNKNOWN, FACILITY, descending=[True, True, False]).head(max(top, TIES))
    one_by_one = [(_count(one, "fail"), _count(one, "unknown"), one) for one in found.judged_one_by_one]
    one_by_one = [item for item in one_by_one if item[0] or item[1]]
    levels = [*streamed.select(FAILS, UNKNOWN).iter_rows(), *(item[:2] for item in one_by_one)]
    if not levels:
        return streamed[FACILITY], []
    last = sorted(levels, reverse=True)[:top][-1]
    reached = [(fails, unknown) >= last for fails, unknown in streamed.select(FAILS, UNKNOWN).iter_rows()]
    return streamed.filter(pl.Series(reached, dtype=pl.Boolean))[FACILITY], [s[2] for s in one_by_one if s[:2] >= last]


def _count(one: Judged, status: str) -> int:
    return sum(1 for f in one.findings if f.status == status and decisive(f))


def _single(one: Judged) -> Ranked:
    """A facility that was judged one by one."""
    failing = [f for f in one.findings if f.status == "fail"]
    fails = {m: sum(f.rule.modality == m for f in failing) for m in MODALITIES}
    worst = min((f for f in failing if decisive(f)), key=_room, default=None)
    told = None
    if worst is not None:
        margin = _margin(worst)
        told = Worst(worst.rule.key, worst.subject.path, None if margin is None else float(margin))
    return Ranked(one.facility, _stated(one.whole.name, one.facility), fails, _count(one, "unknown"), told)


def _room(finding: Finding) -> tuple[bool, Fraction]:
    margin = _margin(finding)
    return margin is None, margin or Fraction(0)


def _margin(finding: Finding) -> Fraction | None:
    main = finding.comparison
    return main.margin.exact if main is not None and main.margin is not None else None


def _stated(name: str, facility: str) -> str:
    return "" if name == facility else name


# --- the second look -------------------------------------------------------------------------------------------------


def _second_look(found: Screening, marks: pl.Series, words: Vocabulary) -> Iterable[Ranked]:
    """The facilities with these marks: their rows once more, their findings in long form."""
    chosen = found.register._replace(measurements=(), tables={
        kind: table._replace(rows=table.rows.filter(facility_of(table.layout).hash().is_in(marks.implode())))
        for kind, table in found.register.tables.items()
    })  # fmt: skip
    if facility_by_facility.is_small(chosen):
        return map(
            _single, facility_by_facility.screen(chosen, found.packs, words, found.as_of, None).judged_one_by_one
        )
    with tempfile.TemporaryDirectory(prefix="envcheck-") as folder, unfinished(folder):
        path = os.path.join(folder, "findings.parquet")
        screen(chosen, found.packs, words, found.as_of, path)
        rows = _told(path)
    names = _names(chosen, [str(row[FACILITY_ID]) for row in rows])
    return [_ranked(row, names) for row in rows]


def _told(path: str) -> Sequence[dict[str, object]]:
    failing, modality = pl.col("status") == "fail", pl.col("modality").cast(pl.String)
    deciding = modality.is_in(sorted(DECISIVE))
    order = ["margin", "rule", "subject"]
    worst = [
        pl.col(name).filter(failing & deciding).sort_by(
            *(pl.col(by).filter(failing & deciding) for by in order), nulls_last=True
        ).first().alias(name)
        for name in order
    ]  # fmt: skip
    return (
        pl.scan_parquet(path, glob=False)
        .group_by(FACILITY_ID)
        .agg(
            *((failing & (modality == m)).sum().alias(f"fails {m}") for m in MODALITIES),
            ((pl.col("status") == "unknown") & deciding).sum().alias("unknown"),
            *worst,
        )
        .collect(engine="streaming")
        .rows(named=True)
    )


def _ranked(row: dict[str, object], names: dict[str, str]) -> Ranked:
    facility, unknown, rule, margin = str(row[FACILITY_ID]), row["unknown"], row["rule"], row["margin"]
    assert isinstance(unknown, int)
    assert margin is None or isinstance(margin, float)
    worst = None if rule is None else Worst(str(rule), str(row["subject"]), margin)
    fails = {m: int(str(row[f"fails {m}"])) for m in MODALITIES}
    return Ranked(facility, _stated(names.get(facility, ""), facility), fails, unknown, worst)


def _names(register: Register, facilities: Sequence[str]) -> dict[str, str]:
    """The names of facilities, where a table states them."""
    table = register.tables.get("facility")
    column = table.layout.columns.get("name") if table is not None else None
    if table is None or column is None or table.layout.dtypes[column.heading] == pl.Null:
        return {}
    key, name = facility_of(table.layout), pl.col(column.heading).cast(pl.String).str.strip_chars()
    named = table.rows.select(key.alias(FACILITY_ID), name.alias("name"))
    chosen = named.filter(pl.col(FACILITY_ID).is_in(pl.Series(facilities, dtype=pl.String).implode()))
    return {facility: stated or "" for facility, stated in chosen.collect(engine="streaming").iter_rows()}
