"""Mapping files: what the headings of an office mean, where they stand, and which words say nothing there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envcheck.files import source
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem

FORMAT = "envcheck/mapping/1"
OPEN = "?"
"""Said of a heading whose meaning nobody has settled yet."""
KEYS = {"format", "kind", "header_row", "sheets", "columns", "empty", "words"}


class Settings(NamedTuple):
    """How tables are to be read, as far as somebody said so."""

    columns: Mapping[str, Mapping[str, str]] = {}
    """Headings to names of the vocabulary, by the plural of the kind, or "" for all tables."""
    kind: str | None = None
    header_row: int | None = None
    sheets: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    """Words that say nothing, besides those that say nothing everywhere."""
    words: Mapping[str, Mapping[str, str]] = {}
    """Cells and what they mean, by heading."""

    def renamed(self, plural: str) -> Mapping[str, str]:
        """What the headings of a table of such subjects mean."""
        return {**self.columns.get("", {}), **self.columns.get(plural, {})}


def read(path: str) -> Settings:
    """A mapping file: a drafted one, or headings with their names, by table or for all of them.

    Raises:
        InputError: it cannot be read, says something else, or leaves a question open.
    """
    reader = source.Reader()
    if path.lower().endswith(".xlsx"):
        from envcheck.register.tables.drafts import of_workbook

        entries = of_workbook(path)
    else:
        entries = dict(reader.mapping(source.read_file(path)))
    if "format" not in entries:
        found: dict[str, dict[str, str]] = {"": {}}
        for name, node in entries.items():
            if isinstance(node, source.Mapping):
                found[name] = {heading: reader.text(value) for heading, value in node.entries.items()}
            else:
                found[""][name] = reader.text(node)
        reader.finish()
        return Settings(found)
    return _drafted(entries, reader, path)


def _drafted(entries: Mapping[str, source.Node], reader: source.Reader, path: str) -> Settings:
    form = reader.text(entries["format"])
    if form != FORMAT:
        reader.report(entries["format"].place, tr("format: {format} is due", format=FORMAT))
    for name in sorted(set(entries) - KEYS):
        reader.report(entries[name].place, tr("unknown key {name}", name=name))
    columns: dict[str, str] = {}
    for heading, node in (reader.mapping(entries["columns"]) if "columns" in entries else {}).items():
        columns[heading] = reader.text(node).strip()
        if columns[heading] == OPEN:
            what = tr("the mapping leaves open what {heading} means", heading=heading)
            hint = tr("write the name of an attribute, or # where the column is not to be read")
            reader.report(node.place, what, hint)
    row = reader.text(entries["header_row"]).strip() if "header_row" in entries else ""
    if row and not (row.isdecimal() and row.isascii() and 0 < int(row) < 1_000_000):
        reader.report(entries["header_row"].place, tr("write a number"))
        row = ""
    words: dict[str, dict[str, str]] = {}
    for heading, node in (reader.mapping(entries["words"]) if "words" in entries else {}).items():
        said = {cell: reader.text(value).strip() for cell, value in reader.mapping(node).items()}
        words[heading] = {cell: meant for cell, meant in said.items() if meant != OPEN}
    found = Settings(
        {"": columns},
        reader.text(entries["kind"]).strip() if "kind" in entries else None,
        int(row) if row else None,
        reader.texts(entries["sheets"]) if "sheets" in entries else (),
        reader.texts(entries["empty"]) if "empty" in entries else (),
        words,
    )
    if reader.problems:
        raise InputError(_told(reader.problems, path))
    return found


def _told(problems: list[Problem], path: str) -> list[Problem]:
    return [problem if problem.place.file else problem._replace(place=Place(path)) for problem in problems]
