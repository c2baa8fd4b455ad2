"""What is told of how a table was read: of rows, columns and cells that are none of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from envcheck.register.tables.captions import Meaning
from envcheck.register.tables.sections import Section
from envcheck.text.messages import Text, join, ptr, tr

NAMED = 12
"""So many columns, sheets or words are named."""


def rows_told(group: Sequence[Section]) -> list[Text]:
    """What is told of rows that are none of the table, and of merged and hidden cells."""
    notes: list[Text] = []
    for table in group:
        lead = Text(f"{table.grid.title}：", f"{table.grid.title}: ") if len(group) > 1 else Text("", "")
        if (table.first, table.last) != (1, 1):
            rows = f"{table.first}" if table.first == table.last else f"{table.first}-{table.last}"
            notes.append(lead + tr("headings in row {rows}", rows=rows))
        notes += [lead + lines_told(what, rows) for what, rows in table.aside.items()]
        if table.spread:
            notes.append(lead + tr("{n} cells filled from merged ones", n=table.spread))
        hidden = [c.text for column, c in table.captions.items() if column in table.grid.hidden_columns]
        if hidden:
            notes.append(lead + tr("hidden columns: {columns}", columns=named(hidden)))
        if table.grid.hidden_rows:
            notes.append(lead + tr("{n} hidden rows are read too", n=table.grid.hidden_rows))
    return notes


def lines_told(what: Text, rows: Sequence[int]) -> Text:
    """What is told of lines that are no rows of the table."""
    shown = ", ".join(map(str, rows[:NAMED])) + (" …" if len(rows) > NAMED else "")
    return tr("no rows of the table: {what} (row {rows})", what=what, rows=shown)


def columns_told(meanings: Mapping[str, Meaning]) -> list[Text]:
    """What is told of columns that are not read, and of what others stand for."""
    of: dict[str, list[str]] = {}
    for text, meant in meanings.items():
        of.setdefault(meant.role, []).append(text)
    notes: list[Text] = []
    told = {
        "aside": tr("columns that no rule asks for, not read: {columns}", columns=named(of.get("aside", ()))),
        "limit": tr("permitted values, no readings, not read: {columns}", columns=named(of.get("limit", ()))),
        "converted": tr(
            "converted values beside measured ones, not read: {columns}", columns=named(of.get("converted", ()))
        ),
        "influent": tr("values of the influent, not read: {columns}", columns=named(of.get("influent", ()))),
    }
    notes += [text for role, text in told.items() if role in of]
    firms = [text for text, meant in meanings.items() if meant.role == "firm"]
    if firms:
        notes.append(tr("{heading} names the facility of a row", heading=named(firms)))
    return notes


def named(names: Iterable[str]) -> str:
    """The first of some names."""
    every = list(dict.fromkeys(names))
    return ", ".join(every[:NAMED]) + (" …" if len(every) > NAMED else "")


def joined(path: str, notes: Sequence[Text]) -> tuple[Text, ...]:
    """What is told of how a file was read, with its name in front."""
    name = os.path.basename(path)
    return (Text(f"{name}：", f"{name}: ") + join(ptr("list", "; "), notes),) if notes else ()
