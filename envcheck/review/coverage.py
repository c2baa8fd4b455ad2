"""What the packs check of their plans: every requirement on a pack's register, and what became of it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from envcheck.files import reading
from envcheck.model.rule import Pack
from envcheck.text.messages import EMPTY, Text, tr
from envcheck.text.problems import InputError, Place, Problem

COLUMNS = ("id", "clause", "level", "modality", "summary")
STATES = ("checked", "manual", "not_checked", "task", "unaccounted")


class Requirement(NamedTuple):
    """A row of a register: one duty, aim or task of a plan, in our own words."""

    id: str
    clause: str
    level: str
    modality: str
    summary: str


class Account(NamedTuple):
    """What became of a requirement: its state, the rules that check it, or the reason why none does."""

    requirement: Requirement
    state: str
    rules: tuple[str, ...] = ()
    reason: Text = EMPTY


class Coverage(NamedTuple):
    """The accounts of one plan."""

    pack: Pack
    accounts: tuple[Account, ...]

    def count(self, state: str) -> int:
        """How many requirements are in a state."""
        return sum(1 for account in self.accounts if account.state == state)

    def ids(self, state: str) -> list[str]:
        """The ids of the requirements in a state."""
        return [account.requirement.id for account in self.accounts if account.state == state]


def cover(pack: Pack, register: Iterable[Requirement]) -> Coverage:
    """Hold a pack against its register."""
    rules: dict[str, list[str]] = {}
    for rule in pack.rules:
        for name in rule.covers:
            rules.setdefault(name, []).append(rule.id)
    manual = {name: item.title for item in pack.manual for name in item.covers}
    skipped = {name: item.reason for item in pack.not_checked for name in item.covers}

    def account(row: Requirement) -> Account:
        if row.id in rules:
            return Account(row, "checked", tuple(rules[row.id]))
        if row.id in manual:
            return Account(row, "manual", (), manual[row.id])
        if row.id in skipped:
            return Account(row, "not_checked", (), skipped[row.id])
        return Account(row, "task" if row.level == "task" else "unaccounted")

    return Coverage(pack, tuple(account(row) for row in register))


def read_register(path: str) -> tuple[Requirement, ...]:
    """The register of a pack.

    Raises:
        InputError: it cannot be read, or its columns are others than `COLUMNS`.
    """
    try:
        rows = csv.reader(io.StringIO(reading.content(path).decode(), newline=""))
        if tuple(next(rows, ())) != COLUMNS:
            what = tr("its columns are {columns}", columns=", ".join(COLUMNS))
            raise InputError([Problem(Place(path, 1), what)])
        return tuple(Requirement(*row) for row in rows)
    except (reading.Unreadable, UnicodeDecodeError, TypeError, csv.Error) as error:
        what = tr("the register of the pack cannot be read: {error}", error=error)
        remedy = tr("a register.csv stands beside pack.yaml")
        raise InputError([Problem(Place(path), what, remedy)]) from None


def cover_all(packs: Sequence[Pack], folders: Sequence[str]) -> tuple[Coverage, ...]:
    """The coverage of packs whose folders stand in (or are) one of ``folders``. Raises InputError as `read_register`."""
    return tuple(cover(pack, read_register(_register(pack, folders))) for pack in packs)


def _register(pack: Pack, folders: Sequence[str]) -> str:
    candidates = [path for folder in folders for path in (os.path.join(folder, pack.id), folder)]
    found = [os.path.join(path, "register.csv") for path in candidates]
    return next((path for path in found if os.path.exists(path)), found[0])
