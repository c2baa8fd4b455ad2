"""Reading files: what is read is a regular file within its bound.

A file that this process has read is never written over, whatever name it is given by then.
"""

from __future__ import annotations

import os
import stat
import sys

from envcheck.files.bounds import FILE, MB
from envcheck.text.messages import EMPTY, Text, tr
from envcheck.text.problems import InputError, Place, Problem

STDIN = "stdin"
_inputs: set[tuple[int, int]] = set()
"""Device and inode of every file that was read."""


class Unreadable(Exception):
    """A file cannot be read, for a reason."""

    def __init__(self, reason: Text) -> None:
        self.reason = reason
        super().__init__(reason.en)


def content(path: str, limit: int = FILE, *, follow: bool = True) -> bytes:
    """The bytes of a regular file of at most ``limit`` bytes; a link is followed only if it may be.

    Raises:
        Unreadable: it is not there, not a regular file, too large.
    """
    data = _head(path, limit + 1, follow=follow)
    if len(data) > limit:
        raise Unreadable(too_large(limit))
    return data


def read(path: str, limit: int = FILE, remedy: Text = EMPTY) -> bytes:
    """As `content`, for a file whose own name tells people which it is.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return content(path, limit)
    except Unreadable as error:
        raise InputError([Problem(Place(path), error.reason, remedy)]) from None


def head(path: str, size: int) -> bytes:
    """How a regular file begins. Raises InputError as `read`."""
    try:
        return _head(path, size, follow=True)
    except Unreadable as error:
        raise InputError([Problem(Place(path), error.reason)]) from None


def too_large(limit: int) -> Text:
    """What is told of a file beyond its bound."""
    return tr("the file is larger than {size} MB", size=limit // MB)


def unreadable(error: OSError | ValueError) -> Text:
    """What is told of a file that the system does not read."""
    return tr("cannot be read ({strerror})", strerror=getattr(error, "strerror", None) or str(error))


def _head(path: str, size: int, *, follow: bool) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe must not be waited for
    try:
        with open(os.open(path, flags | (0 if follow else getattr(os, "O_NOFOLLOW", 0))), "rb") as stream:
            _check_regular(os.fstat(stream.fileno()))
            return stream.read(size)
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        raise Unreadable(unreadable(error)) from None


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable(tr("not a regular file"))
    _inputs.add((status.st_dev, status.st_ino))


def was_read(status: os.stat_result) -> bool:
    """Whether a file is an input of this run."""
    return (status.st_dev, status.st_ino) in _inputs


def regular(path: str) -> str:
    """A path as a library may open it: of a regular file, from here on an input, and taken as it is written.

    Raises:
        InputError: it is none, or has a name that libraries cannot take.
    """
    try:
        _check_regular(os.stat(path))
    except (OSError, ValueError) as error:
        raise InputError([Problem(Place(path), unreadable(error))]) from None
    except Unreadable as error:
        raise InputError([Problem(Place(path), error.reason)]) from None
    return exact(path)


def exact(path: str) -> str:
    """A path that Polars takes as it is written: a leading ~ or a word like `s3:` is part of a name here.

    Raises:
        InputError: the name is not text in UTF-8.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        what = tr("the name of the file or of its folder is not UTF-8 text")
        raise InputError([Problem(Place(path), what, tr("rename it"))]) from None
    return path if os.path.isabs(path) else os.path.join(os.curdir, path)


def listed(folder: str) -> list[str]:
    """The names in a folder, in order.

    Raises:
        InputError: it cannot be listed.
    """
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise InputError([Problem(Place(folder), unreadable(error))]) from None


def standard_input(limit: int = FILE) -> bytes:
    """What stands on standard input.

    Raises:
        InputError: it is closed, or larger than ``limit``.
    """
    try:
        data = sys.stdin.buffer.read(limit + 1)
    except (OSError, ValueError, AttributeError) as error:
        what = unreadable(error) if isinstance(error, OSError) else tr("standard input is closed")
        raise InputError([Problem(Place(STDIN), what)]) from None
    if len(data) > limit:
        raise InputError([Problem(Place(STDIN), too_large(limit))])
    return data
