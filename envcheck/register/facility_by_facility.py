"""A register of few facilities: all of them are judged one by one, as facility files are.

To plan a thousand rules as columns takes seconds, whether a table has ten rows or a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from envcheck.model.rule import Pack
from envcheck.register import fallback
from envcheck.register.columns.layout import FACILITY_ID, facility_of
from envcheck.register.judging.row_by_row import Judged
from envcheck.register.results import findings, output
from envcheck.register.results.run import Progress, Screening, require_rules
from envcheck.register.results.tally import Tally
from envcheck.register.tables import diagnosis, faults
from envcheck.register.tables.owners import census
from envcheck.register.tables.register_files import Register
from envcheck.vocabulary.words import Vocabulary

FEW = 200
"""Of so many facilities a table of one kind takes as long either way; several tables take longer in columns."""
FEW_ROWS = 2000


def is_small(register: Register) -> bool:
    """Whether there are few facilities, with few rows."""
    ids = [
        table.rows.head(FEW_ROWS + 1).select(facility_of(table.layout).str.strip_chars().alias(FACILITY_ID))
        for table in register.tables.values()
    ]
    try:
        named = pl.concat(pl.collect_all(ids, engine="streaming"))
    except faults.UNREADABLE:
        return False  # what is wrong is told when the tables are read
    return named.height <= FEW_ROWS and named[FACILITY_ID].n_unique() <= FEW


def screen(
    register: Register,
    packs: Sequence[Pack],
    words: Vocabulary,
    as_of: date,
    path: str | None,
    *,
    wide: bool = False,
    progress: Progress | None = None,
) -> Screening:
    """What `in_columns.screen` does, in rows: the same findings in another order.

    Raises:
        InputError: no rule is about any table, a table cannot be read to its end.
        OSError: the findings cannot be written.
    """
    require_rules(register, packs)
    try:
        own = census(register.measurements, register.tables)
        found = fallback.judge(register, None, own, packs, words, as_of, progress)
        if path is not None:
            _write(register, found.judged, packs, path, wide=wide)
    except faults.UNREADABLE as error:
        raise diagnosis.why(register, error) from None
    tally = Tally()
    tally.add(found.judged)
    return Screening(
        register, as_of, tuple(packs), found.rows, found.rejects, tally.statuses, tally.facilities(), {},
        found.judged, own.rows, found.refused, engine="direct", flags=tally.flags,
    )  # fmt: skip


def _write(register: Register, judged: Sequence[Judged], packs: Sequence[Pack], path: str, *, wide: bool) -> None:
    part = output.part_of(path)
    if wide:
        _write_wide(register, judged, packs, part)
    else:
        output.sink(findings.long_of(judged, findings.rule_enum(packs)).lazy(), part).collect()
    output.keep(part, path)


def _write_wide(register: Register, judged: Sequence[Judged], packs: Sequence[Pack], part: str) -> None:
    several = len(register.tables) > 1
    if several:
        output.folder(part)
    for kind, table in register.tables.items():
        keys = [rule.key for pack in packs for rule in pack.rules if rule.kind == kind]
        made = findings.wide_of(judged, kind, keys).lazy()
        output.sink(made, output.of_kind(part, table.layout.kind.plural, several=several)).collect()
