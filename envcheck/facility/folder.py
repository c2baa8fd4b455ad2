"""The facility files of a folder: which of its files are read, and what is wrong with others."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress

from envcheck.files import reading
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem

ENDINGS = (".yaml", ".yml", ".json", ".xlsx")
OTHER_BOOKS = (".xls", ".ods", ".et")
"""Workbooks that cannot be read."""
OWN = re.compile(rb'^\s*\{?\s*"?format"?\s*:\s*["\']?envcheck/(findings|screening|mapping)/', re.MULTILINE)
OWN_BOOK = b"<cp:category>envcheck/findings/"
HEAD = 4096
"""So many bytes of a file tell what it is."""


def facility_files(folder: str) -> tuple[list[str], list[Problem]]:
    """The files of a folder that hold facilities, in order, and what keeps others from being read.

    What envcheck wrote itself (results, summaries, drafted mappings) and hidden files are passed over.
    """
    try:
        names = [name for name in reading.listed(folder) if not name.startswith((".", "~$"))]
    except InputError as error:
        return [], list(error.problems)
    paths = [os.path.join(folder, name) for name in names]
    found = [path for path in paths if path.lower().endswith(ENDINGS) and os.path.isfile(path)]
    problems = [problem for path in paths for problem in _unread(path)]
    if not found and not problems:
        problems.append(Problem(Place(folder), tr("no facility file in this folder")))
    return [path for path in found if not is_result(path)], problems


def refused_book(path: str) -> Problem | None:
    """That a workbook has to be saved in another form; None for any other file."""
    if not path.lower().endswith(OTHER_BOOKS):
        return None
    return Problem(Place(path), tr("workbooks of this kind are not read"), tr("save it as .xlsx"))


def _unread(path: str) -> Iterator[Problem]:
    if os.path.isdir(path):
        with suppress(InputError):
            if any(name.lower().endswith(ENDINGS) and name[0] != "." for name in reading.listed(path)):
                yield Problem(Place(path), tr("folders below a folder are not read"), tr("name it as well"))
    elif (problem := refused_book(path)) is not None:
        yield problem


def is_result(path: str) -> bool:
    """Whether a file is a result or a drafted mapping of envcheck, and so holds no facility."""
    if path.lower().endswith(".xlsx"):
        return _is_result_book(path)
    try:
        return OWN.search(reading.head(path, HEAD)) is not None
    except InputError:
        return False  # what is wrong with it is told by those who read it


def _is_result_book(path: str) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(path) as book:
            return OWN_BOOK in book.read("docProps/core.xml")
    except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile):
        return False
