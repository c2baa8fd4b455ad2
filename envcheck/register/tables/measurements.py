"""Tables of measurements in a register: one row an hour, a subject and a pollutant."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from envcheck.facility.series.headings import (
    COLUMNS,
    HEADING,
    LONG,
    MINUTE_UNITS,
    MINUTES,
    MOISTURE,
    OXYGEN,
    STATE,
    TIMESTAMP,
)
from envcheck.files.reading import listed, regular
from envcheck.register.columns.hours import Columns
from envcheck.register.columns.series import ROW
from envcheck.register.tables import delimited, faults, workbook
from envcheck.register.tables.headings import is_cell, no_cells
from envcheck.register.tables.mappings import Settings
from envcheck.text.messages import Text, ptr, tr
from envcheck.text.problems import InputError, Place, Problem, nearest
from envcheck.units.quantity import parse_number
from envcheck.vocabulary.words import Attribute, Kind, Vocabulary

NAMES = ("measurements", "监测数据")
"""What the table is called, or the folder of several."""
ENDINGS = (".parquet", ".csv", ".xlsx")
POLLUTANT, VALUE, UNIT = "pollutant", "value", "unit"
NUMBERS = (VALUE, OXYGEN, MINUTES)
DAY, TIMED = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"


class Table(NamedTuple):
    """A table of measurements of one kind of subject."""

    path: str
    kind: Kind
    columns: Columns
    rows: pl.LazyFrame
    """With `row`, which row (of a CSV file: which line) each is."""

    @property
    def series(self) -> Attribute:
        """The attribute that a series of such a subject has in a facility file."""
        return self.kind.attributes["series"]


def files(folder: str) -> list[str]:
    """The files of measurements in the folder of a register."""
    found: list[str] = []
    for name in listed(folder):
        path = os.path.join(folder, name)
        if name in NAMES and os.path.isdir(path):
            found += [os.path.join(path, one) for one in listed(path) if one.lower().endswith(ENDINGS)]
        elif is_named(name):
            found.append(path)
    return found


def is_named(name: str) -> bool:
    """Whether a file of a register is a table of measurements by its name."""
    stem, ending = os.path.splitext(name)
    return stem in NAMES and ending.lower() in ENDINGS


def read(
    paths: Iterable[str], words: Vocabulary, settings: Settings = Settings()
) -> tuple[tuple[Table, ...], list[Text]]:
    """The tables, with their headings understood, and what is told of them; rows are read later.

    Raises:
        InputError: a file cannot be read, columns are unknown or lacking, tables of one kind have other columns.
    """
    problems: list[Problem] = []
    found: list[Table] = []
    notes: list[Text] = []
    for path in paths:
        try:
            scanned = _sheets(path, settings.sheets) if path.lower().endswith(".xlsx") else [(path, scan(path))]
            headed = [(place, rows, dict(rows.collect_schema())) for place, rows in scanned]
        except faults.UNREADABLE as error:
            problems.append(faults.unreadable(path, error))
            continue
        for place, rows, headings in headed:
            headings.pop(ROW)
            table = _Headings(place, words, problems, settings.renamed(NAMES[0])).table(rows, headings)
            if table is not None:
                table, told = _declared(table, settings)
                notes += told
                found.append(table)
    first: dict[str, Table] = {}
    for table in found:
        other = first.setdefault(table.kind.id, table)
        if {*other.columns.headings} != {*table.columns.headings}:
            what = tr("other columns than {path}, a table of the same kind", path=other.path)
            problems.append(Problem(Place(table.path), what))
    if problems:
        raise InputError(problems)
    return tuple(found), notes


def _declared(table: Table, settings: Settings) -> tuple[Table, list[Text]]:
    """The table with cells empty that a mapping calls so, its pollutants by other names, and without some of them."""
    columns, rows = table.columns, table.rows
    changes: list[pl.Expr] = []
    figures = [float(n) for word in settings.empty if (n := parse_number(word)) is not None]
    for role in (*NUMBERS, STATE) if settings.empty else ():
        if not columns.has(role):
            continue
        cell, heading = columns.cell(role), columns.headings[role]
        silent = columns.text(role).is_in(list(settings.empty))
        silent |= cell.cast(pl.Float64, strict=False).is_in(figures)
        changes.append(pl.when(~silent.fill_null(value=False)).then(cell).alias(heading))
    notes: list[Text] = []
    if settings.pollutants:
        name = columns.text(POLLUTANT)
        out = [word for word, meant in settings.pollutants.items() if meant.startswith("#")]
        other = {word: meant for word, meant in settings.pollutants.items() if not meant.startswith("#")}
        if out:
            left = rows.filter(name.is_in(out)).select(pl.len()).collect(engine="streaming").item()
            notes.append(tr("{n} rows of pollutants that are left out: {words}", n=left, words=", ".join(out)))
            rows = rows.filter(~name.is_in(out))
        changes.append(name.replace(other).alias(columns.headings[POLLUTANT]))
    return table._replace(rows=rows.with_columns(changes)), notes


def scan(path: str) -> pl.LazyFrame:
    """The rows; numbers of single precision as the decimals that they show."""
    if path.lower().endswith(".xlsx"):
        return _sheets(path, ())[0][1]
    if path.lower().endswith(".parquet"):
        rows = pl.scan_parquet(regular(path), glob=False, row_index_name=ROW, row_index_offset=1)
    else:
        rows = delimited.scan(path, ROW)
    single = [name for name, dtype in rows.collect_schema().items() if dtype == pl.Float32]
    return rows.with_columns(pl.col(single).cast(pl.String).cast(pl.Float64)) if single else rows


def _sheets(path: str, chosen: Sequence[str]) -> list[tuple[str, pl.LazyFrame]]:
    """The sheets of a workbook, as tables of their own where there are several, with their rows."""
    found = workbook.tables(path, chosen)
    return [(f"{path}[{sheet.title}]" if len(found) > 1 else path, _of_workbook(rows).lazy()) for sheet, rows in found]


def _of_workbook(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of a workbook. A time at midnight comes from it as a day: among times it is one again."""
    rows = table.rename({workbook.NUMBER: ROW})
    times = [name for name in rows.columns if name != ROW and rows[name].str.contains(TIMED).any()]
    return rows.with_columns(
        pl.when(pl.col(name).str.contains(DAY)).then(pl.col(name) + " 00:00:00").otherwise(name).alias(name)
        for name in times
    )


class _Headings:
    def __init__(
        self, path: str, words: Vocabulary, problems: list[Problem], renamed: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.path, self.words, self.problems, self.renamed = path, words, problems, renamed

    def report(self, what: Text, remedy: Text) -> None:
        self.problems.append(Problem(Place(self.path, 1), what, remedy))

    def table(self, rows: pl.LazyFrame, headings: Mapping[str, pl.DataType]) -> Table | None:
        before = len(self.problems)
        roles: dict[str, str] = {}
        units: dict[str, str] = {}
        for heading, dtype in headings.items():
            role, unit = self.role(heading)
            if role is None:
                continue
            if role in roles:
                self.report(tr("column {text} again", text=heading), Text("", ""))
            roles[role], units[role] = heading, unit
            self.fits(heading, role, unit, dtype)
        kinds = [kind for kind in self.words.kinds.values() if kind.id in roles and "series" in kind.attributes]
        self.complete(roles, units, kinds)
        if len(self.problems) > before:
            return None
        return Table(self.path, kinds[0], Columns(roles, dict(headings), units[VALUE]), rows)

    def role(self, heading: str) -> tuple[str | None, str]:
        """What a heading stands for, and its unit; nothing where it is not to be read."""
        spelled = " ".join(unicodedata.normalize("NFKC", self.renamed.get(heading, heading)).split())
        if spelled.startswith("#"):
            return None, ""
        name, unit = spelled, ""
        found = self.named(name)
        if found is None and (match := HEADING.fullmatch(spelled)):
            name, unit = match["name"], (match["round"] or match["square"] or "").strip()
            found = self.named(name)
        if found is None:
            known = [*self.words.choices[LONG], *(one for one in self.words.choices[COLUMNS] if one != MOISTURE)]
            skip = tr("the heading of a column that is not to be read begins with #")
            self.report(
                tr("unknown column '{shown}'", shown=name[:40]), nearest(name, known) + ptr("list", "; ") + skip
            )
        elif found == MOISTURE:
            what = tr("column {text} is not used: series are of dry gas", text=heading)
            self.report(what, tr("where the values are of dry gas already, put # before the heading"))
            found = None
        return found, unit

    def named(self, name: str) -> str | None:
        for listing in (LONG, COLUMNS):
            for word in (name, name.lower()):
                choice = self.words.choice(listing, word)
                if choice is not None:
                    return choice.id
        return None

    def fits(self, heading: str, role: str, unit: str, dtype: pl.DataType) -> None:
        """Whether the unit and the type of a column can be those of its role."""
        if not is_cell(dtype):
            self.report(*no_cells(heading, dtype))
            return
        if role == OXYGEN and unit not in ("", "%", "%(v/v)", "vol%", "Vol%"):
            self.report(tr("column {text} is in percent", text=heading), tr("write {example}", example="O2 (%)"))
        elif role == MINUTES and unit not in MINUTE_UNITS:
            self.report(tr("column {text} is in minutes", text=heading), Text("", ""))
        elif unit and role not in (VALUE, *NUMBERS):
            self.report(tr("column {text} takes no unit", text=heading), Text("", ""))
        numeric = dtype.is_numeric() or dtype in (pl.String, pl.Null)
        if role in NUMBERS and not numeric:
            self.report(tr("column {text} holds no numbers", text=heading), Text("", ""))
        if role == TIMESTAMP:
            if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
                hint = tr("write the local time, without a zone")
                self.report(tr("column {text} has a time zone", text=heading), hint)
            elif not (isinstance(dtype, pl.Datetime) or dtype in (pl.Date, pl.String)):
                hint = tr("write it as 2025-01-01 13:00")
                self.report(tr("column {text} holds no times", text=heading), hint)

    def complete(self, roles: Mapping[str, str], units: Mapping[str, str], kinds: Sequence[Kind]) -> None:
        """Whether all columns are there that must be."""
        having = [kind.id for kind in self.words.kinds.values() if "series" in kind.attributes]
        if len(kinds) != 1:
            what = tr("one column names the subject: {kinds}", kinds=", ".join(having))
            self.report(what, tr("measurements of outlets and of outfalls are tables of their own"))
        for role in (TIMESTAMP, POLLUTANT, VALUE):
            if role not in roles:
                self.report(tr("there is no column {role}", role=role), Text("", ""))
        if VALUE in roles and bool(units[VALUE]) == (UNIT in roles):
            hint = tr("write {example}", example="value (mg/m3)")
            what = tr("the unit stands in a column unit, or in the heading of the values")
            self.report(what, hint)
