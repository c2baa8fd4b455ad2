"""Reading and writing files: what is read is a regular file within its bound, what is written appears whole or not at all.

A file that this process has read is never written over, whatever name it is given by then.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, NoReturn

from envcheck.bounds import FILE, MB
from envcheck.text.messages import EMPTY, Text, tr
from envcheck.text.problems import InputError, Place, Problem

STDIN = "stdin"
HOST = os.uname().nodename.replace("-", "_") if hasattr(os, "uname") else ""
"""The name of this machine; empty where a process cannot be asked whether it still runs (on Windows asking ends it)."""
_inputs: set[tuple[int, int]] = set()
"""Device and inode of every file that was read."""
_unfinished: set[str] = set()
"""Files and folders that a run which is stopped must not leave behind."""


class Unreadable(Exception):
    """A file cannot be read, for a reason."""

    def __init__(self, reason: Text) -> None:
        self.reason = reason
        super().__init__(reason.en)


# --- reading ---------------------------------------------------------------------------------------------------------


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
            _insist(os.fstat(stream.fileno()))
            return stream.read(size)
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        raise Unreadable(unreadable(error)) from None


def _insist(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable(tr("not a regular file"))
    _inputs.add((status.st_dev, status.st_ino))


def regular(path: str) -> str:
    """A path as a library may open it: of a regular file, from here on an input, and taken as it is written.

    Raises:
        InputError: it is none, or has a name that libraries cannot take.
    """
    try:
        _insist(os.stat(path))
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


# --- writing ---------------------------------------------------------------------------------------------------------


def insist_writable(path: str) -> None:
    """Insist that a file may be made here, or take the place of what is here.

    Raises:
        InputError: it is an input of this run, or a device, a pipe, a folder.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return  # writing it says what is wrong
    remedy = tr("choose another file")
    if (status.st_dev, status.st_ino) in _inputs:
        _refuse(path, tr("it is read in this run, and is not written over"), remedy)
    if stat.S_ISDIR(status.st_mode):
        _refuse(path, tr("it is a folder"), remedy)
    if not stat.S_ISREG(status.st_mode):
        _refuse(path, tr("it is a device or a pipe, and is not replaced by a file"), tr("write to standard output"))


def write(path: str, content: bytes | Callable[[IO[bytes]], object]) -> None:
    """Write a file that appears whole or not at all, with the mode of the one that it replaces.

    Raises:
        InputError: it cannot be written, or must not be.
    """
    insist_writable(path)
    part = part_in(os.path.dirname(path))
    mode = mode_of(path)
    try:
        with unfinished(part):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            with open(os.open(part, flags, 0o666 if mode is None else mode), "wb") as stream:
                if mode is not None:
                    os.chmod(part, mode)
                stream.write(content) if isinstance(content, bytes) else content(stream)
            os.replace(part, path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(Place(path), tr("cannot be written ({strerror})", strerror=reason))]) from None


def part_in(folder: str) -> str:
    """A name that nobody can guess for what is made in a folder; what runs of this machine that were killed left there goes.

    Who is making it stands in the name: the host, that another one's work on a shared drive is left alone, and the process.
    """
    own = f".envcheck-{HOST}-"
    with suppress(OSError, ValueError):
        for name in os.listdir(folder or os.curdir) if HOST else ():
            maker = name.removeprefix(own).partition("-")[0]
            if name.startswith(own) and name.endswith(".part") and maker.isdecimal() and not _runs(int(maker)):
                remove(os.path.join(folder, name))
    return os.path.join(folder, f"{own}{os.getpid()}-{secrets.token_hex(8)}.part")


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # it is another user's, or cannot be asked
    return True


def mode_of(path: str) -> int | None:
    """Who may read and write a file; None where there is none."""
    with suppress(OSError, ValueError):
        return stat.S_IMODE(os.stat(path).st_mode) & 0o777
    return None


@contextmanager
def unfinished(path: str) -> Iterator[None]:
    """While a file or folder is being made: it goes when that fails, or when the run is stopped."""
    _unfinished.add(path)
    try:
        yield
    finally:
        remove(path)
        _unfinished.discard(path)


def clear() -> None:
    """Remove all that is not finished."""
    for path in tuple(_unfinished):
        with suppress(OSError):
            remove(path)


def remove(path: str) -> None:
    """Remove a file or a folder, if it is there."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        os.unlink(path)


def _refuse(path: str, what: Text, remedy: Text) -> NoReturn:
    raise InputError([Problem(Place(path), what, remedy)])
