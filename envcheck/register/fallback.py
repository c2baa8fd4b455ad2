"""What columns cannot judge exactly: facilities read from the tables and judged one by one, those with measurements first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import NamedTuple

import polars as pl

from envcheck.model.rule import Pack
from envcheck.register.columns.layout import FAULT, facility_of
from envcheck.register.judging import monitored, row_by_row
from envcheck.register.judging.monitored import Refused
from envcheck.register.judging.row_by_row import Judged, Line, Reject
from envcheck.register.results.run import Progress
from envcheck.register.tables.owners import Census
from envcheck.register.tables.register_files import Register, numbered
from envcheck.register.tables.workbook import NUMBER, SHEET
from envcheck.text.messages import tr
from envcheck.vocabulary.words import Vocabulary


class FallbackResult(NamedTuple):
    """What was found of facilities that were judged one by one."""

    judged: tuple[Judged, ...]
    rejects: tuple[Reject, ...]
    refused: tuple[Refused, ...]
    """Rows of measurements that were not used."""
    rows: Mapping[str, int]
    """Rows read, by kind."""


def judge(
    register: Register,
    names: pl.Series | None,
    census: Census,
    packs: Sequence[Pack],
    words: Vocabulary,
    as_of: date,
    progress: Progress | None = None,
) -> FallbackResult:
    """Judge the facilities with these ``names``, or all of them; rows that name none are refused.

    Raises:
        PolarsError, OSError: a table cannot be read to its end.
    """
    lines = [line for kind in register.tables for line in _lines(register, kind, names)]
    if progress is not None:
        progress.expect(len(lines))
    layouts = register.layouts
    sources = {kind: table.path for kind, table in register.tables.items()}
    facilities = row_by_row.grouped((row_by_row.key_of(line, layouts[line.kind]), line) for line in lines)
    with_series = {name: facilities.pop(name) for name in census.facilities() if name in facilities}
    own = row_by_row.of_kinds(packs, layouts)
    asked = monitored.Asked(with_series, layouts, sources, own, words, as_of)
    judged: list[Judged] = []
    rejects: list[Reject] = []
    refused: list[Refused] = []
    for one in chain(
        monitored.judge(asked, register.measurements, census),
        row_by_row.judge(facilities, layouts, sources, own, words, as_of),
    ):
        if isinstance(one, Refused):
            refused.append(one)
            continue
        if isinstance(one, Judged):
            judged.append(one)
        else:
            rejects.append(one)
        if progress is not None:
            progress.judged(len(one.lines) if isinstance(one, Judged) else 1)
    return FallbackResult(tuple(judged), tuple(rejects), tuple(refused), Counter(line.kind for line in lines))


def _lines(register: Register, kind: str, names: pl.Series | None) -> Iterator[Line]:
    table = register.tables[kind]
    rows = numbered(table.rows, table.path)
    if names is not None:
        key = facility_of(table.layout).str.strip_chars()
        rows = rows.filter(key.is_in(names.implode()) | key.is_null())
    found = rows.collect(engine="streaming")
    for row in found.iter_rows(named=True):
        number, sheet, short = row.pop(NUMBER), row.pop(SHEET, ""), row.pop(FAULT, None)
        yield Line(kind, number, row, sheet, tr("the line has fewer cells than the headings") if short else None)
