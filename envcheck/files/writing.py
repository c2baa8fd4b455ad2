"""Writing files: what is written appears whole or not at all, and never over an input of the run."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, NoReturn

from envcheck.files import reading
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem

HOST = os.uname().nodename.replace("-", "_") if hasattr(os, "uname") else ""
"""The name of this machine; empty where a process cannot be asked whether it still runs (on Windows asking ends it)."""
_unfinished: set[str] = set()
"""Files and folders that a run which is stopped must not leave behind."""


def check_writable(path: str) -> None:
    """Insist that a file may be made here, or take the place of what is here.

    Raises:
        InputError: it is an input of this run, or a device, a pipe, a folder.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return  # writing it says what is wrong
    remedy = tr("choose another file")
    if reading.was_read(status):
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
    check_writable(path)
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


def write_text(path: str, content: str | Callable[[IO[str]], object]) -> None:
    """Write a text in UTF-8, as `write` does; what stands for the bytes of a name in another encoding is escaped.

    Raises:
        InputError: it cannot be written, or must not be.
    """

    def put(stream: IO[bytes]) -> None:
        text = io.TextIOWrapper(stream, "utf-8", "backslashreplace", newline="\n")
        content(text) if callable(content) else text.write(content)
        text.flush()
        text.detach()

    write(path, put)


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
