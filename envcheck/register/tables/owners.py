"""Whose measurements they are: the subjects of a register that rows of measurements name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from envcheck.register.columns.layout import FACILITY_ID, ID, facility_of
from envcheck.register.columns.series import ROW
from envcheck.register.tables.measurements import POLLUTANT, UNIT, Table
from envcheck.register.tables.register_files import Table as Listing
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem

FACILITY, NAME, ROWS = "#facility", "#name", "#rows"
TOLD = 20
"""So many rows that belong to nobody are told of one facility, the others counted."""


class Owner(NamedTuple):
    """A subject with measurements: its number, what it is, and how many rows there are."""

    number: int
    kind: str
    facility: str
    id: str
    rows: int


class Stray(NamedTuple):
    """Rows whose subject is not in the register, or is not one subject only."""

    facilities: tuple[str, ...]
    """Those that the rows may be of."""
    rows: int
    problems: tuple[Problem, ...]
    """The first of the rows, and how many more there are."""


class Census(NamedTuple):
    """Who has how many measurements, of what in which units."""

    owners: tuple[Owner, ...]
    """Those of a facility follow each other."""
    strays: tuple[Stray, ...]
    rows: int
    measured: Mapping[str, frozenset[tuple[str, str]]]
    """Pollutants and units by file."""
    padded: frozenset[str]
    """Files with ids that have blanks around them."""

    def facilities(self) -> list[str]:
        """All facilities that the measurements are, or may be, of."""
        strays = (name for stray in self.strays for name in stray.facilities)
        return sorted({*(owner.facility for owner in self.owners), *strays})


def census(tables: Sequence[Table], register: Mapping[str, Listing]) -> Census:
    """Count the rows of measurements by subject.

    Raises:
        InputError: the register has no table of the subjects that were measured.
    """
    lacking = [table for table in tables if table.kind.id not in register]
    if lacking:
        raise InputError(
            Problem(
                Place(table.path),
                tr("there is no table {plural} in the register", plural=table.kind.plural),
                tr("measurements are of subjects that a table lists"),
            )
            for table in lacking
        )
    found: dict[tuple[str, str, str], _Found] = {}
    strays: list[Stray] = []
    rows = 0
    measured: dict[str, frozenset[tuple[str, str]]] = {}
    padded: set[str] = set()
    known = {kind: _listed(register[kind]) for kind in {table.kind.id for table in tables}}
    for file, table in enumerate(tables):
        counted, blanks = _counted(table)
        padded |= {table.path} if blanks else set()
        rows += int(counted[ROWS].sum())
        measured[table.path] = frozenset(counted.select(POLLUTANT, UNIT).unique().iter_rows())
        by_subject = counted.group_by(FACILITY, NAME).agg(pl.col(ROWS).sum(), pl.col(ROW).min())
        astray: list[tuple[str, str, int, tuple[str, ...]]] = []
        for facility, name, number, first in by_subject.sort(FACILITY, NAME).iter_rows():
            named = known[table.kind.id].get(name, ())
            fitting = [one for one in named if one == facility or not table.columns.has(FACILITY_ID)]
            if len(fitting) == 1:
                key = (table.kind.id, fitting[0], name)
                found[key] = found.get(key, _Found((file, first), 0)).plus(number)
            else:
                astray.append((facility, name, number, tuple(fitting) or ((facility,) if facility else ())))
        strays += _strays(table, astray)
    return Census(_numbered(found), tuple(strays), rows, measured, frozenset(padded))


class _Found(NamedTuple):
    """Where the first row of a subject stands (file, row), and how many rows there are."""

    first: tuple[int, int]
    rows: int

    def plus(self, rows: int) -> _Found:
        return self._replace(rows=self.rows + rows)


def _numbered(found: Mapping[tuple[str, str, str], _Found]) -> tuple[Owner, ...]:
    """The subjects facility by facility, as they come up in the files: such that follow each other lie side by side."""
    facilities: dict[str, tuple[int, int]] = {}
    for (_, facility, _), one in found.items():
        facilities[facility] = min(one.first, facilities.get(facility, one.first))
    ordered = sorted(found.items(), key=lambda item: (facilities[item[0][1]], item[1].first))
    return tuple(Owner(number, *key, one.rows) for number, (key, one) in enumerate(ordered))


def keyed(table: Table) -> pl.LazyFrame:
    """The rows of a table with the facility (empty where there is no such column) and the subject that they name."""
    columns = table.columns
    return table.rows.with_columns(columns.text(FACILITY_ID).alias(FACILITY), columns.text(table.kind.id).alias(NAME))


def _counted(table: Table) -> tuple[pl.DataFrame, bool]:
    """Rows by facility, subject, pollutant and unit; and whether any of these words has blanks around it."""
    words = {FACILITY: FACILITY_ID, NAME: table.kind.id, POLLUTANT: POLLUTANT, UNIT: UNIT}
    raw = [table.columns.raw(role).alias(name) for name, role in words.items()]
    rows = table.rows.select(*raw, ROW).group_by(*words).agg(pl.len().alias(ROWS), pl.col(ROW).min())
    found = rows.collect(engine="streaming")
    stripped = found.with_columns(pl.col(name).str.strip_chars() for name in words)
    counted = stripped.group_by(*words).agg(pl.col(ROWS).sum(), pl.col(ROW).min()).sort(*words)
    return counted, not stripped.equals(found)


def _listed(listing: Listing) -> dict[str, tuple[str, ...]]:
    """The facilities of each id that a table of the register lists."""
    layout = listing.layout
    name = layout.columns[ID].heading
    pairs = listing.rows.select(
        pl.col(name).cast(pl.String).str.strip_chars().alias(NAME),
        facility_of(layout).str.strip_chars().alias(FACILITY),
    )
    pairs = pairs.drop_nulls().unique().group_by(NAME).agg(pl.col(FACILITY).sort())
    return {name: tuple(facilities) for name, facilities in pairs.collect(engine="streaming").iter_rows()}


def _strays(table: Table, astray: Sequence[tuple[str, str, int, tuple[str, ...]]]) -> Iterator[Stray]:
    """What is told of rows that belong to no subject of the register."""
    if not astray:
        return
    names = pl.DataFrame([one[:2] for one in astray], schema={FACILITY: pl.String, NAME: pl.String}, orient="row")
    rows = keyed(table).select(FACILITY, NAME, ROW).join(names.lazy(), on=[FACILITY, NAME], how="semi")
    first = rows.group_by(FACILITY, NAME).agg(pl.col(ROW).bottom_k(TOLD).sort()).collect(engine="streaming")
    numbers = {(facility, name): found for facility, name, found in first.iter_rows()}
    for facility, name, number, fitting in astray:
        problems = [_problem(table, name, row, fitting) for row in numbers[facility, name]]
        if number > len(problems):
            what = tr("and {rest} more rows of {name}", rest=number - len(problems), name=name or "?")
            problems.append(Problem(Place(table.path), what))
        yield Stray(fitting, number, tuple(problems))


def _problem(table: Table, name: str, row: int, fitting: Sequence[str]) -> Problem:
    place, plural = Place(table.path, row), table.kind.plural
    if not name:
        return Problem(place, tr("the row names no {kind}", kind=table.kind.called))
    if len(fitting) > 1:
        what = tr("{name} is in more than one facility: {facilities}", name=name, facilities=", ".join(fitting[:5]))
        return Problem(place, what, tr("add a column facility_id"))
    return Problem(place, tr("the table {plural} has no {name}", plural=plural, name=name))
