"""Cells under headings as the entries that YAML would give: of one subject, whichever table it stands in."""

from __future__ import annotations

from typing import NamedTuple

from envcheck.files.source import Listing, Mapping, Node, Reader, Scalar
from envcheck.forms import keys
from envcheck.forms.cells import Cell
from envcheck.forms.keys import NONE, WHOLE, Key
from envcheck.text.messages import tr
from envcheck.text.problems import Place
from envcheck.units.quantity import split
from envcheck.vocabulary.words import Vocabulary


class Row(NamedTuple):
    """What one cell says, and under which heading (or in which row of the facility's sheet) it stands."""

    key: Key
    unit: str
    place: Place
    value: Cell | None


class EntryReader(Reader):
    """Reads the cells of a row; what is wrong with them is gathered in `problems`."""

    def __init__(self, words: Vocabulary) -> None:
        super().__init__()
        self.words = words

    def entries(self, rows: tuple[Row, ...]) -> tuple[dict[str, Node], dict[str, Place]]:
        """The attributes of one subject; what is said of substances is gathered under its attribute."""
        found: dict[str, Node] = {}
        places: dict[str, Place] = {}
        maps: dict[str, list[Row]] = {}
        unknown: list[Row] = []
        for row in rows:
            name = row.key.attribute.name
            if row.value is None:
                unknown += [row] if row.key.part == "O2" else []
                continue
            places.setdefault(name, row.place)
            if row.key.attribute.is_map:
                maps.setdefault(name, []).append(row)
            else:
                found[name] = self.value(row.key, row.unit, row.value)
        for name, parts in maps.items():
            found[name] = self.substances(parts, [row for row in unknown if row.key.attribute.name == name])
        return found, places

    def substances(self, rows: list[Row], unknown: list[Row]) -> Node:
        """One map of substances; a part stated for all of them goes to those that do not state their own.

        An oxygen content that is asked for and not filled in is ``unknown``: its concentration is not taken as being at
        the reference content.
        """
        grouped: dict[str, dict[str, Row]] = {}
        shared: dict[str, Row] = {}
        for row in rows:
            if row.key.substance == WHOLE:
                shared[row.key.part] = row
            elif row.key.substance:
                grouped.setdefault(row.key.substance, {})[row.key.part or "value"] = row
            elif row.value is not None and row.value.text.strip().lower() not in NONE:
                what = tr("only none can stand here: every substance has a column of its own")
                self.report(row.value.place, what)
        for row in shared.values():
            if not grouped and row.value is not None:
                what = tr("no substance is stated beside it")
                self.report(row.value.place, what)
        entries: dict[str, Node] = {}
        places: dict[str, Place] = {}
        for substance, parts in grouped.items():
            every = {**shared, **parts} if "value" in parts else dict(parts)
            empty = next((row for row in unknown if row.key.substance in (substance, WHOLE)), None)
            if empty is not None and "value" in every and "O2" not in every:
                every["O2"] = empty
            elif (oxygen := every.get("O2")) and oxygen.value and oxygen.value.text.strip() in keys.AT_REFERENCE:
                del every["O2"]
            nodes = {part: self.value(row.key, row.unit, row.value) for part, row in every.items() if row.value}
            nodes |= {part: Scalar(row.place, "") for part, row in every.items() if row.value is None}
            spots = {part: row.place for part, row in every.items()}
            first = next(iter(parts.values()))
            places[substance] = first.place
            where = first.value.place if first.value else first.place
            entries[substance] = nodes["value"] if set(nodes) == {"value"} else Mapping(where, nodes, spots)
        where = next(row.value.place for row in rows if row.value)
        return Mapping(where, entries, places)

    def value(self, key: Key, unit: str, cell: Cell) -> Node:
        """A cell as the text that a YAML file would hold; a bare number takes the unit of its heading."""
        if key.attribute.type == "choices" and not key.part:
            pieces = keys.several(cell.text, key.attribute.choices, self.words)
            return Listing(cell.place, tuple(Scalar(cell.place, piece, quoted=True) for piece in pieces))
        text = cell.text
        if cell.percent:
            text = f"{text} %"
        elif unit and keys.is_number(key):
            parts = split(text, measured=keys.is_measured(key))
            if parts is not None and not parts[2]:
                text = f"{text.strip()} {unit}"
        return Scalar(cell.place, text, quoted=True)
