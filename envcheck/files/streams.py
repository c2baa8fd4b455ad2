"""Standard streams that may be closed, full, or read by someone who has gone away; and signals that stop a run."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO

STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")


class _Output(io.FileIO):
    """Standard output or error: what nobody reads any more is written to nowhere, and the run goes on to its end."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError as error:
            self._discard()
            if isinstance(error, BrokenPipeError) or self.fileno() != 1:
                return len(data)
            from envcheck.text.messages import tr
            from envcheck.text.problems import InputError, Place, Problem

            what = tr("cannot be written ({strerror})", strerror=error.strerror)
            raise InputError([Problem(Place("stdout"), what)]) from None

    def _discard(self) -> None:
        """What is still in buffers goes nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def make_safe() -> None:
    """Make the standard streams write UTF-8, and keep files that are opened later from becoming one of them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed: whoever writes to it is told so, as nothing can be written to what is open to be read
            flags = os.O_WRONLY if number == 0 else os.O_RDONLY
            os.open(os.devnull, flags if number < 2 else os.O_WRONLY)  # the lowest number that is free
    sys.stdout = _prepared(1, sys.stdout)
    sys.stderr = _prepared(2, sys.stderr)


def _prepared(number: int, stream: TextIO | None) -> TextIO:
    if stream is not None:
        try:
            if stream.fileno() != number:
                return stream
            stream.flush()
        except (OSError, ValueError, AttributeError):
            return stream  # a test looks on
    raw = _Output(number, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=number == 2 or raw.isatty()
    )


def end_on_signals() -> None:
    """Let signals end the run at once, leaving nothing behind: an exception would not find its way through Polars."""
    for name in STOPPING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with suppress(ValueError):  # not in the main thread
                signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    # Before that module is loaded to its end nothing can be unfinished, and it must not be loaded halfway through.
    clear = getattr(sys.modules.get("envcheck.files.writing"), "clear", None)
    if clear is not None:
        clear()
    os._exit(128 + number)
