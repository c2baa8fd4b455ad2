"""Why a CSV file cannot be read, by line: for people, where the reader of whole columns only says that it cannot."""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Iterable, Iterator

from envcheck.register.tables import Register
from envcheck.text import InputError, Place, Problem, tr

HEAD = 1 << 16
"""So many bytes of a file are looked at before it is read."""
SAVE = tr("save it as CSV UTF-8 (in Excel: Save as, CSV UTF-8)")


def insist(path: str) -> None:
    """Look at how the CSV files of a register begin.

    Raises:
        InputError: one is not UTF-8 text.
    """
    problems: list[Problem] = []
    for file in _csv_files(path):
        try:
            with open(file, "rb") as stream:
                head = stream.read(HEAD)
        except OSError as error:
            what = tr("cannot be read ({strerror})", strerror=error.strerror)
            problems.append(Problem(Place(file), what))
            continue
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError as error:
            problems.append(_not_utf8(file, head[: error.start].count(b"\n") + 1, head))
    if problems:
        raise InputError(problems)


def _csv_files(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        if path.lower().endswith(".csv") and os.path.isfile(path):
            yield path
        return
    for name in sorted(os.listdir(path)):
        if name.lower().endswith(".csv") and name[0] not in "._#":
            yield os.path.join(path, name)


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


def why(register: Register, error: InputError) -> InputError:
    """What stands at which line of the CSV files that could not be read to their end; else the error as it was."""
    paths = [table.path for table in register.tables.values() if table.path.lower().endswith(".csv")]
    problems = [problem for path in paths for problem in _first(path)]
    return InputError(problems) if problems else error


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
            what = tr("a quotation mark is not closed or stands in the wrong place")
            return [Problem(Place(path, rows.line_num), what)]
    return []


def _too_wide(path: str, line: int, found: int, width: int) -> Problem:
    what = tr("{found} cells under {width} headings", found=found, width=width)
    hint = tr("put double quotes around a cell that holds a comma")
    return Problem(Place(path, line), what, hint)
