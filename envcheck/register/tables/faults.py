"""What Polars raises on a file that it cannot read or write, and what it says of it."""

from __future__ import annotations

import os
import re

from polars.exceptions import PanicException, PolarsError

from envcheck.text.messages import Text, tr
from envcheck.text.problems import Place, Problem

UNREADABLE = (PolarsError, PanicException, OSError)
"""A damaged Parquet file may end in any of them."""
SYSTEM = re.compile(r"\(os error (\d+)\)")
"""How an error of Polars tells what the system said."""


def line(error: BaseException) -> str:
    """The first line of what it says, or else its name."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def unreadable(path: str, error: BaseException) -> Problem:
    """The problem of a table that cannot be read."""
    return Problem(Place(path), tr("the table cannot be read"), Text(line(error), line(error)))


def of_system(error: BaseException) -> OSError | None:
    """What the system said, if it is that which went wrong."""
    found = SYSTEM.search(str(error))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else None
