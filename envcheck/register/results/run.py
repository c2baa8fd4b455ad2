"""What a run over a register found, and who is told how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

import polars as pl

from envcheck.model.rule import Pack, Status
from envcheck.register.judging.monitored import Refused
from envcheck.register.judging.row_by_row import Judged, Reject
from envcheck.register.results.tally import Region
from envcheck.register.tables.register_files import Register
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem


class Progress(Protocol):
    """Who is told how far a screening has come, by one thread at a time."""

    def expect(self, rows: int) -> None:
        """So many rows more are to be judged than were known of."""

    def judged(self, rows: int) -> None:
        """So many rows more are judged."""


class Screening(NamedTuple):
    """What a run over a register found."""

    register: Register
    as_of: date
    packs: tuple[Pack, ...]
    rows: Mapping[str, int]
    """Rows read, by kind."""
    rejects: tuple[Reject, ...]
    statuses: Mapping[str, Mapping[Status, int]]
    """Findings by the rule's key and status."""
    facilities: pl.DataFrame
    """Marks of facilities with their failing and unknown decisive findings; empty unless they were asked for."""
    regions: Mapping[str, Region]
    """The same by region of the subjects; empty unless asked for."""
    judged_one_by_one: tuple[Judged, ...]
    """Facilities that were read one by one; their findings are not in `facilities` and `regions`."""
    measured: int = 0
    """Rows of measurements."""
    unmeasured: tuple[Refused, ...] = ()
    """Rows of measurements that were not used; their facilities are among the `rejects`."""
    engine: str = "columnar"
    """What ran it, as `--engine` names it."""
    flags: Mapping[str, Mapping[str, int]] = {}
    """Findings by the rule's key and flag."""


def require_rules(register: Register, packs: Sequence[Pack]) -> None:
    """See that some rule is about a table.

    Raises:
        InputError: none is.
    """
    if not any(rule.kind in register.tables for pack in packs for rule in pack.rules):
        what = tr("no selected rule is about any table: nothing was checked")
        raise InputError([Problem(Place(register.source), what)])
