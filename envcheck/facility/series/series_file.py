"""Monitoring series as they are written: a CSV file beside the facility file, or a list in it."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from envcheck.facility.series.headings import MINUTES, OXYGEN, TIMESTAMP, Cell, Column
from envcheck.facility.series.rows import Row, RowReader, has_role
from envcheck.files import reading
from envcheck.files.bounds import SERIES, SERIES_PROBLEMS, SERIES_TOLD
from envcheck.files.source import Listing, Mapping, Node, Scalar, refuse
from envcheck.model.series import Series
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import Attribute, Vocabulary

PARTING = re.compile(r"[;\t|]")
"""What parts cells in files that are not parted by commas."""


def read(node: Node, attribute: Attribute, vocabulary: Vocabulary) -> Series:
    """The series that an attribute names by a path (relative to the file that it stands in) or holds as a list.

    Raises:
        InputError: no such file, unknown columns, or cells that cannot be read; only the first mistakes are told.
    """
    reader = _SeriesReader(vocabulary, attribute)
    try:
        return reader.listed(node) if isinstance(node, Listing) else reader.file(node)
    except InputError as error:
        raise InputError(capped(error.problems)) from None


def capped(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The first mistakes of a series, and how many more there are."""
    rest = len(problems) - SERIES_TOLD
    if rest <= 0:
        return problems
    more = Problem(Place(problems[0].place.file), tr("and {rest} more mistakes", rest=rest))
    return (*problems[:SERIES_TOLD], more)


class _SeriesReader(RowReader):
    most = SERIES_PROBLEMS

    # --- where the rows come from

    def file(self, node: Node) -> Series:
        if not isinstance(node, Scalar) or not node.text.strip():
            refuse(node.place, tr("the path of a CSV file is due"))
        folder = _folder(node.place)
        path = os.path.join(folder, node.text.strip())
        try:
            data = reading.content(_within(folder, path), SERIES, follow=False)
        except (reading.Unreadable, OSError, ValueError) as error:
            reason = error.reason if isinstance(error, reading.Unreadable) else reading.unreadable(error)
            what = tr("series file {path}: {reason}", path=path, reason=reason)
            refuse(node.place, what, tr("the path is relative to this file"))
        rows = _csv(path, data)
        headings = next(rows, [])
        if not any(self.role(part) == TIMESTAMP for _, text in headings for part in PARTING.split(text)):
            # It is no series: nothing of what stands in it is told.
            refuse(Place(path, 1), tr("there is no column timestamp"), tr("cells are parted by commas"))
        return replace(self.table(path, chain([headings], rows)), digest=hashlib.sha256(data).hexdigest())

    def listed(self, node: Listing) -> Series:
        """A list of mappings, as a table whose headings are their keys."""
        items = [item for item in node.items if isinstance(item, Mapping)]
        for item in node.items:
            if not isinstance(item, Mapping):
                self.report(item.place, tr("a mapping (key: value) is due here"))
        keys = {key: item.keys[key] for item in reversed(items) for key in reversed(item.entries)}
        names = [*reversed(keys)]

        def rows() -> Iterator[list[Cell]]:
            yield [(keys[name], name) for name in names]
            for item in items:
                nodes = [item.entries.get(name) for name in names]
                yield [(one.place, self._plain(one)) if one is not None else (item.place, "") for one in nodes]

        return self.table(node.place.file, rows())

    def _plain(self, node: Node) -> str:
        return "" if isinstance(node, Scalar) and node.is_null else self.text(node)

    # --- the table

    def table(self, file: str, rows: Iterator[list[Cell]]) -> Series:
        headings = next(rows, [])
        columns = self.columns(headings, file)
        self.finish()
        self.minutes_told = any(has_role(column, MINUTES) for column in columns)
        found: dict[int, Row] = {}
        for cells in rows:
            row = self.row(cells, columns, len(headings))
            if row is None:
                continue
            first = found.setdefault(row.time, row)
            if first is not row:
                stamp = next(
                    text for (_, text), column in zip(cells, columns, strict=True) if has_role(column, TIMESTAMP)
                )
                what = tr("{stamp} again (first on line {line})", stamp=stamp, line=first.line)
                self.report(cells[0][0], what, tr("there is one row an hour or a day"))
        if not found and not self.problems:
            self.report(Place(file), tr("the series has no rows"))
        self.finish()
        return self.series(file, [found[time] for time in sorted(found)], columns)

    def series(self, file: str, rows: list[Row], columns: list[Column | None]) -> Series:
        roles = {column.role for column in columns if column is not None}
        substances = [column.role for column in columns if column is not None and column.substance is not None]
        by_substance = zip(*(row.values for row in rows), strict=True)
        return Series(
            file=file,
            daily=bool(self.daily),
            water=self.of == "water",
            times=tuple(row.time for row in rows),
            lines=tuple(row.line for row in rows),
            states=tuple(row.state for row in rows),
            minutes=tuple(row.minutes for row in rows) if MINUTES in roles else None,
            oxygen=tuple(row.oxygen for row in rows) if OXYGEN in roles else None,
            values=dict(zip(substances, by_substance, strict=True)),
        )


def _folder(place: Place) -> str:
    """The folder of the file that a place names; a cell of a workbook is `form.xlsx[outlets!C5]`."""
    file = place.file.rpartition("[")[0] if place.file.endswith("]") else place.file
    return os.path.dirname(file)


def _within(folder: str, path: str) -> str:
    """Where a file really lies, which must be in a folder: who writes a facility file does not choose what else is read.

    Raises:
        Unreadable: it lies elsewhere.
        OSError: links run in a circle.
    """
    whole, real = os.path.realpath(folder), os.path.realpath(path)
    if os.path.commonpath([whole, real]) != whole:
        raise reading.Unreadable(tr("it lies outside the folder of this file"))
    return real


def _csv(path: str, data: bytes) -> Iterator[list[Cell]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = tr("save it as CSV UTF-8 (comma delimited)")
        refuse(Place(path, line), tr("not UTF-8 text"), hint)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in rows:
            place = Place(path, line)
            yield [(place, cell) for cell in cells]
            line = rows.line_num + 1
    except csv.Error as error:
        refuse(Place(path, line), tr("not valid CSV: {error}", error=error))
