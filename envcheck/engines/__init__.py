"""Two ways to ask the same rules: `durable` (inference by durable-rules) and `direct`. Their findings are the same."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date

from envcheck.model import Facility, Finding, Outcome, Pack
from envcheck.text import InputError, Place, Problem, tr

Engine = Callable[[Facility, Sequence[Pack], date], tuple[tuple[Finding, ...], Outcome]]
NAMES = ("durable", "direct")


def default() -> str:
    """`durable` where durable-rules loads, else `direct`."""
    return "durable" if sys.version_info < (3, 13) and _durable_loads() else "direct"


def _durable_loads() -> bool:
    try:
        import durable_rules_engine  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        return False
    return True


def get(name: str) -> Engine:
    """The engine of a name.

    Raises:
        InputError: there is none, or it does not load here.
    """
    if name == "direct":
        from envcheck.engines import direct

        return direct.run
    if name == "durable" and sys.version_info < (3, 13) and _durable_loads():
        from envcheck.engines import durable

        return durable.run
    raise InputError(
        [
            Problem(
                Place("--engine"),
                tr("engine {name} cannot be had here", name=name),
                tr("use --engine direct"),
            )
        ]
    )
