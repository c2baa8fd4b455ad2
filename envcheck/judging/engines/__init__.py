"""Two ways to ask the same rules: `durable` (inference by durable-rules) and `direct`. Their findings are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from envcheck.model.facility import Facility
from envcheck.model.finding import Finding, Outcome
from envcheck.model.rule import Pack
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem

Engine = Callable[[Facility, Sequence[Pack], date], tuple[tuple[Finding, ...], Outcome]]
NAMES = ("durable", "direct")


def default() -> str:
    """`durable` where durable-rules loads, else `direct`."""
    return "durable" if _durable_loads() else "direct"


def _durable_loads() -> bool:
    # Asked of the module itself: one that is installed may miss a symbol of this Python.
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
        from envcheck.judging.engines import direct

        return direct.run
    if name == "durable" and _durable_loads():
        from envcheck.judging.engines import durable

        return durable.run
    raise InputError(
        [
            Problem(
                Place("--engine"),
                tr("the engine {name} cannot be had here: durable-rules does not load", name=name),
                tr(
                    "pip install 'envcheck[durable]' brings it where there is a C compiler and Python is below 3.13; --engine direct gives the same findings without it"
                ),
            )
        ]
    )
