"""The tables of a register: a folder with one a kind (CSV, Parquet, xlsx), or one table of one kind."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

import polars as pl

from envcheck.files import reading
from envcheck.register.columns.layout import FACILITY_ID, ID, Layout, settled
from envcheck.register.tables import delimited, drafts, export_tables, faults, mappings, measurements, workbook
from envcheck.register.tables.arranged import arranged, found_in, is_plain
from envcheck.register.tables.blanks import cleaned, without_blanks
from envcheck.register.tables.captions import FIRM, Reader, plain
from envcheck.register.tables.grids import SMALL, TEXTS
from envcheck.register.tables.headings import layout
from envcheck.register.tables.kinds import UnclearKind, unclear
from envcheck.register.tables.mappings import Settings
from envcheck.register.tables.meanings import understood, with_id
from envcheck.register.tables.measurements import ENDINGS
from envcheck.register.tables.telling import joined
from envcheck.register.tables.workbook import NUMBER
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem, nearest
from envcheck.vocabulary.words import Kind, Vocabulary

FACILITIES = "facilities"
HEADINGS, SETTLED = tr("headings are not understood"), tr("this is to be settled before it can be judged")
NAMED = tr("name it by what it lists, as boilers.csv or measurements.csv; a file whose name begins with # is not read")
FIRST = 1000
"""So many rows are looked at to see how a table spells its words."""


class Table(NamedTuple):
    """A table of one kind: where it is, what its columns are about, its rows."""

    path: str
    layout: Layout
    rows: pl.LazyFrame


class Register(NamedTuple):
    """The tables of a register by kind."""

    source: str
    tables: Mapping[str, Table]
    measurements: tuple[measurements.Table, ...] = ()
    """Hourly means of subjects that the tables list."""
    notes: tuple[Text, ...] = ()
    """How the tables were read, and what was left out."""

    @property
    def layouts(self) -> dict[str, Layout]:
        """The layouts by kind."""
        return {kind: table.layout for kind, table in self.tables.items()}

    @property
    def files(self) -> dict[str, pl.LazyFrame]:
        """The rows of every table by its path, measurements too."""
        listed = {table.path: table.rows for table in self.tables.values()}
        return listed | {table.path: table.rows for table in self.measurements}


def read(
    path: str, words: Vocabulary, kind: str | None = None, mapping: str | None = None, *,
    sheets: tuple[str, ...] = (), header_row: int | None = None, streamed: bool = False,
) -> Register:  # fmt: skip
    """The tables at a path, with their headings understood; rows are read later.

    ``kind`` says of what kind a single table is, where its file's name does not (`boilers.csv`). Small texts and
    workbooks may be laid out as offices keep them, unless all must be ``streamed``.

    Raises:
        InputError: no such table, an unreadable file, unknown columns, units that do not fit.
    """
    given = settings_of(mapping, kind, sheets, header_row)
    reader = Reader(words)
    problems: list[Problem] = []
    notes: list[Text] = []
    tables: dict[str, Table] = {}
    files, left = _files(path, words, given.kind)
    measured: tuple[measurements.Table, ...] = ()
    in_folder = os.path.isdir(path)
    exported: list[str] = []
    for file, of in files:
        try:
            export = None if streamed or (in_folder and of is not None) else _export(file, of, reader, given)
            if export is not None and in_folder:
                exported.append(file)
                continue
            if export is not None:
                own, told = _of_export(file, export, words, given, reader)
                return Register(path, own, export_tables.long_tables(export), joined(file, told))
            table, told = _table(file, of, words, given, reader, problems, streamed=streamed)
        except UnclearKind as error:
            problems.extend(problem._replace(remedy=NAMED) if in_folder else problem for problem in error.problems)
            continue
        except InputError as error:
            problems.extend(error.problems)
            continue
        except faults.UNREADABLE as error:
            problems.append(faults.unreadable(file, error))
            continue
        listed = table.layout.kind
        if listed.id in tables:
            first = tables[listed.id].path
            what = tr("two tables of {plural} (the other is {first})", plural=listed.plural, first=first)
            problems.append(Problem(Place(file), what))
        tables[listed.id] = table
        notes += joined(file, told)
    if left:
        notes.append(tr("files and folders that are not read: {names}", names=", ".join(left)))
    try:
        if in_folder:
            listed_in = [*measurements.files(path), *exported]
            measured, told = _measured(listed_in, tables, words, given, reader, streamed=streamed)
            notes += told
    except InputError as error:
        problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return Register(path, _named_alike(tables, words), measured, tuple(notes))


def _named_alike(tables: Mapping[str, Table], words: Vocabulary) -> dict[str, Table]:
    """The tables with one view of what facilities are called: a table of them says so, else any whose rows name them."""
    owners = [table.layout.columns[FACILITY_ID].heading for table in tables.values() if table.layout.has(FACILITY_ID)]
    named = "facility" not in tables and any(
        words.choice(FIRM, plain(heading.rpartition("·")[2])) is not None for heading in owners
    )
    return {kind: table._replace(layout=table.layout._replace(firms_named=named)) for kind, table in tables.items()}


def _export(file: str, of: Kind | None, reader: Reader, given: Settings) -> export_tables.Export | None:
    """The wide table of measurements that a file is; None where it is another table."""
    if _is_parquet(file) or os.path.getsize(file) >= SMALL or (of is not None and "series" not in of.attributes):
        return None
    if of is not None and not export_tables.may_be(file, reader):
        return None
    return export_tables.found_in(found_in(file).grids, file, of, reader, given)


def _of_export(
    file: str, export: export_tables.Export, words: Vocabulary, given: Settings, reader: Reader
) -> tuple[dict[str, Table], list[Text]]:
    """The register that an export is by itself, and what is told of it.

    Raises:
        InputError: something is to be settled first.
    """
    problems = list(export.open)
    if problems:
        raise InputError([*problems, _draft_offered(file, SETTLED)])
    *frames, told = export_tables.subject_rows(export, reader, given)
    made: dict[str, Table] = {}
    for kind, rows in zip((words.kinds["facility"], export.kind), frames, strict=True):
        columns = layout(Place(file), kind, _headings(rows.lazy()), words, {}, problems)
        made[kind.id] = Table(file, columns, rows.lazy())
    if problems:
        raise InputError(problems)
    source = found_in(file)
    return made, [*source.notes, *export.notes, *told]


def _measured(
    files: Iterable[str], tables: Mapping[str, Table], words: Vocabulary, given: Settings, reader: Reader, *,
    streamed: bool,
) -> tuple[tuple[measurements.Table, ...], list[Text]]:  # fmt: skip
    """The measurements in the folder of a register, long tables and wide ones, and what is told of them.

    Raises:
        InputError: one cannot be read, or names subjects that no table lists.
    """
    long: list[str] = []
    found: list[measurements.Table] = []
    notes: list[Text] = []
    problems: list[Problem] = []
    for file in files:
        try:
            export = None
            if not streamed and export_tables.may_be(file, reader):
                export = _export(file, None, reader, given)
            if export is None:
                long.append(file)
                continue
            firm = mappings.unsaid("facility")[0]
            if asked := [problem for problem in export.open if problem.what != firm]:  # the point's table names it
                problems += [*asked, _draft_offered(file, SETTLED)]
                continue
            found += export_tables.long_tables(export_tables.resolved(export, _names(tables)))
            notes += joined(file, export.notes)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    own, told = measurements.read(long, words, given)
    return (*own, *found), [*notes, *told]


def _names(tables: Mapping[str, Table]) -> dict[str, list[dict[str, str]]]:
    """The ids and the names that the tables of a register list, by kind."""
    found: dict[str, list[dict[str, str]]] = {}
    for kind, table in tables.items():
        held = {n: table.layout.columns[n].heading for n in (ID, "name", FACILITY_ID) if table.layout.has(n)}
        cells = [pl.col(heading).cast(pl.String).str.strip_chars().alias(name) for name, heading in held.items()]
        with suppress(*faults.UNREADABLE):  # what is wrong with rows is told when they are read
            found[kind] = table.rows.select(cells).collect(engine="streaming").to_dicts()
    return found


def settings_of(mapping: str | None, kind: str | None, sheets: tuple[str, ...], header_row: int | None) -> Settings:
    """What a mapping file says, and what the caller says besides, which goes before it. Raises InputError."""
    given = mappings.read(mapping) if mapping else Settings()
    return given._replace(
        kind=kind or given.kind, sheets=sheets or given.sheets, header_row=header_row or given.header_row
    )


def _table(
    file: str, of: Kind | None, words: Vocabulary, given: Settings, reader: Reader, problems: list[Problem], *,
    streamed: bool,
) -> tuple[Table, list[Text]]:  # fmt: skip
    """A table with its headings understood, and what is told of how it was read."""
    notes: list[Text] = []
    as_kept = (
        not streamed and not _is_parquet(file) and (given.header_row or given.sheets or not is_plain(file, reader))
    )
    if as_kept or of is None:
        found = arranged(found_in(file), of, reader, given)
        of, rows, renamed, meanings = found.kind, found.rows.lazy(), dict(found.renamed), dict(found.meanings)
        notes += found.notes
    else:
        rows, notes = _whole(scan(file), file, streamed=streamed)
        renamed = dict(given.renamed(of.plural))
        meanings, told = understood(_headings(rows), of, reader, renamed)
        notes += told
        if _in_memory(rows):
            frame, meanings, told = with_id(rows.collect(), meanings, of)
            rows = frame.lazy()
            notes += told
        renamed |= {text: meant.spelled for text, meant in meanings.items() if meant.role != "open"}
    before = len(problems)
    made = layout(Place(file), of, _headings(rows), words, renamed, problems)
    if len(problems) > before:
        if not _is_parquet(file) and any(meant.role == "open" for meant in meanings.values()):
            problems.append(_draft_offered(file))
    elif _in_memory(rows):
        frame, told = cleaned(rows.collect(), made, given, words)
        rows = frame.lazy()
        notes += told
    with suppress(*faults.UNREADABLE):  # what is wrong with rows is told when they are read
        made = settled(made, rows, words, FIRST, throughout=_is_parquet(file))
    return Table(file, made, rows), notes


def _headings(rows: pl.LazyFrame) -> dict[str, pl.DataType]:
    return {name: dtype for name, dtype in rows.collect_schema().items() if not name.startswith("\0")}


def _in_memory(rows: pl.LazyFrame) -> bool:
    """Whether the rows were read whole, from a small text or a workbook: such rows carry their numbers."""
    return NUMBER in rows.collect_schema()


def drafted(
    path: str, words: Vocabulary, kind: str | None = None, mapping: str | None = None, *,
    sheets: tuple[str, ...] = (), header_row: int | None = None,
) -> drafts.Draft:  # fmt: skip
    """A proposal how one table is to be read.

    Raises:
        InputError: it is no single table that can be read whole, or it is not clear what it lists.
    """
    given = settings_of(mapping, kind, sheets, header_row)
    if os.path.isdir(path) or _is_parquet(path):
        what = tr("a mapping is drafted of one table, .xlsx or .csv")
        raise InputError([Problem(Place(path), what)])
    ((file, of),), _ = _files(path, words, given.kind)
    return drafts.draft(file, of, words, given)


def _draft_offered(file: str, what: Text = HEADINGS) -> Problem:
    """What helps where headings are not understood, or something else is to be settled."""
    command = f"envcheck screen {shlex.quote(file)} --draft-mapping map.xlsx"
    hint = tr("{command} writes a proposal to be corrected and given back with --mapping", command=command)
    return Problem(Place(file), what, hint)


def _whole(rows: pl.LazyFrame, file: str, *, streamed: bool) -> tuple[pl.LazyFrame, list[Text]]:
    """The rows of a small text without lines that are none of the table; of any other file as they are."""
    if streamed or not file.lower().endswith(".csv") or os.path.getsize(file) >= SMALL:
        return rows, []
    try:
        found, notes = without_blanks(rows.collect(engine="streaming"))
    except faults.UNREADABLE:
        return rows, []  # why is told when the rows are read
    return found.lazy(), notes


def _files(path: str, words: Vocabulary, kind: str | None) -> tuple[list[tuple[str, Kind | None]], list[str]]:
    """The tables with their kinds (None: to be seen from what is in it), and the names of what is not read."""
    named = {word: k for k in words.kinds.values() for word in (k.id, k.plural, k.label.zh)}
    named[FACILITIES] = words.kinds["facility"]
    hint = tr("a table is named by what it lists, as boilers.csv")
    if not os.path.isdir(path):
        if not os.path.exists(path):
            raise InputError([Problem(Place(path), tr("no such file"))])
        if not path.lower().endswith((*ENDINGS, *TEXTS)):
            raise InputError([Problem(Place(path), tr("its ending is of no table"), tr("save it as .xlsx or .csv"))])
        word = kind or os.path.splitext(os.path.basename(path))[0]
        if word in named:
            return [(path, named[word])], []
        if kind is not None or _is_parquet(path) or os.path.getsize(path) >= SMALL:
            raise unclear(path, word, (k for k in words.kinds.values() if k.id != "facility"))
        return [(path, None)], []
    found: list[tuple[str, Kind | None]] = []
    left: list[str] = []
    problems: list[Problem] = []
    for name in reading.listed(path):
        stem, ending = os.path.splitext(name)
        if name.startswith((".", "#", "_")) or measurements.is_named(name) or name in measurements.NAMES:
            continue
        if ending.lower() not in (*ENDINGS, *TEXTS):
            left.append(name)
        elif stem in named:
            found.append((os.path.join(path, name), named[stem]))
        elif _is_parquet(name) or os.path.getsize(os.path.join(path, name)) >= SMALL:
            what = tr("no kind of subject named {stem}", stem=stem)
            problems.append(Problem(Place(os.path.join(path, name)), what, nearest(stem, named)))
        else:
            found.append((os.path.join(path, name), None))
    if not found and not problems:
        problems.append(Problem(Place(path), tr("no table in this folder"), hint))
    if problems:
        raise InputError(problems)
    ordered = sorted(
        found, key=lambda item: (item[1] is not None and item[1].id != "facility", item[1].plural if item[1] else "")
    )
    return ordered, left


def scan(path: str) -> pl.LazyFrame:
    """The rows of a table, every cell of a CSV or a workbook as text; those of a workbook carry their `NUMBER`.

    Raises:
        InputError: a workbook that cannot be read.
    """
    if _is_parquet(path):
        return pl.scan_parquet(reading.regular(path), glob=False)
    if path.lower().endswith(".csv"):
        return delimited.scan(path)
    return workbook.rows(path).lazy()


def numbered(rows: pl.LazyFrame, path: str) -> pl.LazyFrame:
    """Rows of a table from its first one on, with their `NUMBER`: the headings of a CSV file are row 1."""
    if NUMBER in rows.collect_schema():
        return rows
    return rows.with_row_index(NUMBER, offset=1 if _is_parquet(path) else 2)


def _is_parquet(path: str) -> bool:
    return path.lower().endswith(".parquet")
