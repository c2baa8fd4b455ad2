"""Mapping files: what the headings of an office mean, where they stand, and which words say nothing there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from envcheck.files import source
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem

FORMAT = "envcheck/mapping/1"
OPEN = "?"
"""Said of a heading whose meaning nobody has settled yet."""
KEYS = {
    "format",
    "kind",
    "header_row",
    "sheets",
    "columns",
    "empty",
    "words",
    "facility",
    "subject",
    "facts",
    "pollutants",
}


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
    facility: str = ""
    subject: str = ""
    """Whose measurements a table holds that does not say so: the firm, and the outlet or outfall."""
    facts: Mapping[str, Mapping[str, str]] = {}
    """What is known of the subjects of such a table, by their names; of all of them, and their facility, under ""."""
    pollutants: Mapping[str, str] = {}
    """What the pollutants of measurements mean; of those that are # nothing is read."""

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
        left = pollutants(reader, entries.pop("pollutants")) if _is_map(entries.get("pollutants")) else {}
        empty = reader.texts(entries.pop("empty")) if isinstance(entries.get("empty"), source.Listing) else ()
        for name, node in entries.items():
            if isinstance(node, source.Mapping):
                found[name] = {heading: reader.text(value) for heading, value in node.entries.items()}
            else:
                found[""][name] = reader.text(node)
        reader.finish()
        return Settings(found, empty=empty, pollutants=left)
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
    facts: dict[str, dict[str, str]] = {}
    for name, node in (reader.mapping(entries["facts"]) if "facts" in entries else {}).items():
        if isinstance(node, source.Mapping):
            facts[name] = {fact: reader.text(value).strip() for fact, value in node.entries.items()}
        else:
            facts.setdefault("", {})[name] = reader.text(node).strip()
    for name in ("facility", "subject"):
        if name in entries and reader.text(entries[name]).strip() == OPEN:
            reader.report(entries[name].place, *unsaid(name))
    found = Settings(
        {"": columns},
        reader.text(entries["kind"]).strip() if "kind" in entries else None,
        int(row) if row else None,
        reader.texts(entries["sheets"]) if "sheets" in entries else (),
        reader.texts(entries["empty"]) if "empty" in entries else (),
        words,
        reader.text(entries["facility"]).strip() if "facility" in entries else "",
        reader.text(entries["subject"]).strip() if "subject" in entries else "",
        {of: {name: said for name, said in held.items() if said and said != OPEN} for of, held in facts.items()},
        pollutants(reader, entries["pollutants"]) if "pollutants" in entries else {},
    )
    if reader.problems:
        raise InputError(_told(reader.problems, path))
    return found


def _told(problems: list[Problem], path: str) -> list[Problem]:
    return [problem if problem.place.file else problem._replace(place=Place(path)) for problem in problems]


def _is_map(node: source.Node | None) -> bool:
    return isinstance(node, source.Mapping)


def pollutants(reader: source.Reader, node: source.Node) -> dict[str, str]:
    """What a mapping says of pollutants: the substance that each is, or # where its rows are not to be read."""
    return {name: reader.text(value).strip() for name, value in reader.mapping(node).items()}


def unsaid(name: str) -> tuple[Text, Text]:
    """What is told where nobody says whose measurements a table holds."""
    if name == "facility":
        return tr("it is not clear which facility the measurements are of"), tr(
            "say so in a mapping, facility: NAME; --draft-mapping writes one"
        )
    return tr("it is not clear which outlet or outfall the measurements are of"), tr(
        "say so in a mapping, subject: NAME; --draft-mapping writes one"
    )
