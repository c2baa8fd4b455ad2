"""The tables of a register: a folder with one a kind (CSV, Parquet, xlsx), or one table of one kind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import polars as pl

from envcheck.files import reading, source
from envcheck.register.columns.layout import Layout, settled
from envcheck.register.tables import delimited, faults, measurements, workbook
from envcheck.register.tables.headings import layout
from envcheck.register.tables.measurements import ENDINGS
from envcheck.register.tables.workbook import NUMBER
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem, nearest
from envcheck.vocabulary.words import Kind, Vocabulary

FACILITIES = "facilities"
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

    @property
    def layouts(self) -> dict[str, Layout]:
        """The layouts by kind."""
        return {kind: table.layout for kind, table in self.tables.items()}

    @property
    def files(self) -> dict[str, pl.LazyFrame]:
        """The rows of every table by its path, measurements too."""
        listed = {table.path: table.rows for table in self.tables.values()}
        return listed | {table.path: table.rows for table in self.measurements}


def read(path: str, words: Vocabulary, kind: str | None = None, mapping: str | None = None) -> Register:
    """The tables at a path, with their headings understood; rows are read later.

    ``kind`` says of what kind a single table is, where its file's name does not (`boilers.csv`).

    Raises:
        InputError: no such table, an unreadable file, unknown columns, units that do not fit.
    """
    renamed = _mapping(mapping) if mapping else {}
    problems: list[Problem] = []
    tables: dict[str, Table] = {}
    for file, of in _files(path, words, kind):
        try:
            rows = scan(file)
            headings = dict(rows.drop(NUMBER, strict=False).collect_schema())
        except faults.UNREADABLE as error:
            problems.append(faults.unreadable(file, error))
            continue
        if of.id in tables:
            first = tables[of.id].path
            what = tr("two tables of {plural} (the other is {first})", plural=of.plural, first=first)
            problems.append(Problem(Place(file), what))
        found = layout(Place(file), of, headings, words, renamed.get(of.plural, renamed.get("", {})), problems)
        with suppress(*faults.UNREADABLE):  # what is wrong with rows is told when they are read
            found = settled(found, rows, words, FIRST, throughout=_is_parquet(file))
        tables[of.id] = Table(file, found, rows)
    measured: tuple[measurements.Table, ...] = ()
    try:
        measured = measurements.read(measurements.files(path), words) if os.path.isdir(path) else ()
    except InputError as error:
        problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return Register(path, tables, measured)


def _files(path: str, words: Vocabulary, kind: str | None) -> list[tuple[str, Kind]]:
    named = {word: k for k in words.kinds.values() for word in (k.id, k.plural, k.label.zh)}
    named[FACILITIES] = words.kinds["facility"]
    hint = tr("a table is named by what it lists, as boilers.csv")
    if not os.path.isdir(path):
        if not os.path.exists(path):
            raise InputError([Problem(Place(path), tr("no such file"))])
        word = kind or os.path.splitext(os.path.basename(path))[0]
        if word not in named or not path.lower().endswith(ENDINGS):
            what = tr("it is not clear of what {word} is a table", word=word)
            more = tr("; or say so: --kind boilers")
            raise InputError([Problem(Place(path), what, hint + more)])
        return [(path, named[word])]
    found: list[tuple[str, Kind]] = []
    problems: list[Problem] = []
    for name in reading.listed(path):
        stem, ending = os.path.splitext(name)
        if name.startswith((".", "#", "_")) or ending.lower() not in ENDINGS or measurements.is_named(name):
            continue
        if stem in named:
            found.append((os.path.join(path, name), named[stem]))
        else:
            problems.append(
                Problem(
                    Place(os.path.join(path, name)),
                    tr("no kind of subject named {stem}", stem=stem),
                    nearest(stem, named),
                )
            )
    if not found and not problems:
        problems.append(Problem(Place(path), tr("no table in this folder"), hint))
    if problems:
        raise InputError(problems)
    return sorted(found, key=lambda item: (item[1].id != "facility", item[1].plural))


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


def _mapping(path: str) -> dict[str, dict[str, str]]:
    """A mapping file: heading to vocabulary name, by table or for all of them.

    Raises:
        InputError: it cannot be read, or is not a mapping of texts.
    """
    reader = source.Reader()
    found: dict[str, dict[str, str]] = {"": {}}
    for name, node in reader.mapping(source.read_file(path)).items():
        if isinstance(node, source.Mapping):
            found[name] = {heading: reader.text(value) for heading, value in node.entries.items()}
        else:
            found[""][name] = reader.text(node)
    reader.finish()
    return {name: {**found[""], **own} for name, own in found.items()}
