"""Why a table cannot be read, for CSV files by line: for people, where the reader of columns only says that it cannot."""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Iterable, Iterator
from itertools import islice

import polars as pl

from envcheck.files import reading
from envcheck.register.tables import faults, measurements
from envcheck.register.tables.grids import SMALL, misquoted
from envcheck.register.tables.register_files import Register
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem

HEAD = 1 << 16
"""So many bytes of a file are looked at before it is read."""
SAVE = tr("save it as CSV UTF-8 (in Excel: Save as, CSV UTF-8)")


def check_encoding(path: str) -> None:
    """Look at how the CSV files of a register begin. A small one that is given alone may be in another encoding.

    Raises:
        InputError: one is not UTF-8 text.
    """
    problems: list[Problem] = []
    for file in _csv_files(path):
        try:
            head = reading.head(file, HEAD)
        except InputError as error:
            problems.extend(error.problems)
            continue
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError as error:
            problems.append(_not_utf8(file, head[: error.start].count(b"\n") + 1, head))
    if problems:
        raise InputError(problems)


def _csv_files(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        if path.lower().endswith(".csv") and os.path.exists(path) and os.path.getsize(path) >= SMALL:
            yield path
        return
    found = [os.path.join(path, name) for name in reading.listed(path) if name[0] not in "._#"]
    yield from (file for file in dict.fromkeys((*found, *measurements.files(path))) if file.lower().endswith(".csv"))


def _not_utf8(file: str, line: int, data: bytes) -> Problem:
    what = tr("not UTF-8 text")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        what = tr("UTF-16 text, not UTF-8")
    else:
        try:
            codecs.getincrementaldecoder("gb18030")().decode(data)
            what = tr("not UTF-8 text; it looks like GBK")
        except UnicodeDecodeError:
            pass
    return Problem(Place(file, line), what, SAVE)


def why(register: Register, error: BaseException) -> BaseException:
    """What an error of Polars comes to: a table that cannot be read, a file that cannot be written, or else itself."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    problems = [p for path, rows in register.files.items() for p in lines(path) or _unread(path, rows)]
    if problems:
        return InputError(problems)
    if (failed := faults.of_system(error)) is not None:
        return failed
    return InputError([_broken(register.source, error)]) if faults.line(error).startswith("parquet: ") else error


def lines(path: str) -> list[Problem]:
    """The first line of a CSV file that cannot be read; nothing for other files."""
    return list(_first(path)) if path.lower().endswith(".csv") else []


def _unread(path: str, rows: pl.LazyFrame) -> list[Problem]:
    try:
        rows.select(pl.all().null_count()).collect(engine="streaming")
    except faults.UNREADABLE as error:
        return [_broken(path, error)]
    return []


def _broken(path: str, error: BaseException) -> Problem:
    return Problem(Place(path), tr("the table cannot be read to its end ({line})", line=faults.line(error)))


def _first(path: str) -> Iterable[Problem]:
    """The first line that cannot be read."""
    with open(path, "rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return [_not_utf8(path, number, line)]
    with open(path, encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text, strict=True)
        try:
            width = len(next(rows, []))
            for row in rows:
                if len(row) > width:
                    return [_too_wide(path, rows.line_num, len(row), width)]
        except csv.Error:
            return [Problem(Place(path, rows.line_num), misquoted())]
        text.seek(0)
        # Python takes a mark within a cell as it is; Polars reads on to the next one, or to the end of the file.
        odd = (number for number, line in enumerate(text, 1) if line.count('"') % 2)
        return [Problem(Place(path, number), misquoted()) for number in islice(odd, 1)]


def _too_wide(path: str, line: int, found: int, width: int) -> Problem:
    what = tr("{found} cells under {width} headings", found=found, width=width)
    hint = tr("put double quotes around a cell that holds a comma")
    return Problem(Place(path, line), what, hint)
