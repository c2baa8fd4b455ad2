"""A filled workbook as the tree that YAML would give; places name the sheet and the cell."""

from __future__ import annotations

from envcheck.files import reading
from envcheck.files.source import Listing, Mapping, Node, Scalar, refuse
from envcheck.forms import keys
from envcheck.forms.cells import MAKE_ONE, Cell, Sheet, filled, sheets
from envcheck.forms.entries import EntryReader, Row
from envcheck.forms.keys import FACILITY, NONE, Key
from envcheck.text.messages import Text, tr
from envcheck.text.problems import Place, nearest
from envcheck.vocabulary.words import Attribute, Kind, Vocabulary


def read_file(path: str, words: Vocabulary) -> Node:
    """The tree of a workbook.

    Raises:
        InputError: unreadable, not a workbook, or with headings and cells that hold no facts.
    """
    return read_bytes(reading.read(path), path, words)


def read_bytes(data: bytes, name: str, words: Vocabulary) -> Node:
    """The tree of a workbook's bytes. Raises as `read_file`."""
    return _Workbook(words, name).read(data)


class _Workbook(EntryReader):
    def __init__(self, words: Vocabulary, name: str) -> None:
        super().__init__(words)
        self.name = name

    def read(self, data: bytes) -> Node:
        found = sheets(data, self.name, self.problems)
        titles = {sheet.title for sheet in found}
        if FACILITY not in titles:
            what = tr("the workbook has no sheet named facility")
            refuse(Place(self.name), what, MAKE_ONE)
        whole = self.words.kinds[FACILITY]
        plurals = {kind.plural: kind for kind in self.words.kinds.values() if kind.id != FACILITY}
        records = {a.name: a for a in whole.attributes.values() if a.type == "records"}
        entries: dict[str, Node] = {}
        places: dict[str, Place] = {}
        for sheet in found:
            if sheet.title == FACILITY:
                entries.update(self.facility(sheet, whole, {*plurals, *records}, places))
        for sheet in found:
            if sheet.title == FACILITY:
                continue
            items: tuple[Node, ...] = ()
            if sheet.title in plurals:
                items = self.subjects(sheet, plurals[sheet.title])
            elif sheet.title in records:
                items = self.records(sheet, records[sheet.title])
            else:
                what = tr("unknown sheet {title}", title=sheet.title)
                self.report(sheet.place, what, self._sheet_hint(sheet.title, {*plurals, *records}))
            if items and sheet.title in entries:
                what = tr("{title} is said to be none, yet has rows", title=sheet.title)
                self.report(entries[sheet.title].place, what)
            elif items:
                entries[sheet.title] = Listing(sheet.place, items)
                places[sheet.title] = sheet.place
        self.finish()
        return Mapping(Place(self.name), entries, places)

    def _sheet_hint(self, title: str, known: set[str]) -> Text:
        near = nearest(title, known)
        return near + tr("; a sheet that is not to be read begins with #")

    # --- the facility's own sheet

    def facility(self, sheet: Sheet, kind: Kind, lists: set[str], places: dict[str, Place]) -> dict[str, Node]:
        columns = {cell.text.strip(): column for column, cell in (sheet.rows[0][1] if sheet.rows else {}).items()}
        if not {"key", "value"} <= set(columns) or sheet.rows[0][0] != 1:
            what = tr("row 1 has no columns named key and value")
            self.report(sheet.place, what, MAKE_ONE)
            return {}
        row_of: dict[str, Row] = {}
        found: dict[str, Node] = {}
        for row, cells in filled(sheet, 1):
            word, value = cells.get(columns["key"]), cells.get(columns["value"])
            if word is None:
                if value is not None:
                    self.report(value.place, tr("this row has no key"))
                continue
            name = word.text.strip()
            if name == "format" or name in lists:
                if name in places:
                    self.report(word.place, tr("{name} again", name=name))
                places[name] = word.place
                if value is not None:
                    found[name] = (
                        self.none(value, name) if name in lists else Scalar(value.place, value.text, quoted=True)
                    )
                continue
            key = keys.parse(name, kind, self.words)
            if key is None:
                what = tr("{kind} has no attribute {key}", kind=kind.called, key=name)
                self.report(word.place, what, self.words.offered_key(kind, name, lists))
                continue
            if key.text in row_of:
                self.report(word.place, tr("{name} again", name=key.text))
            if key.text == "id" and value is None:
                hint = tr("every facility has an id of its own")
                self.report(sheet.at(row, columns["value"]), tr("no id"), hint)
            unit = cells.get(columns["unit"]) if "unit" in columns else None
            row_of[key.text] = Row(key, unit.text.strip() if unit else "", word.place, value)
            self.stray(cells, set(columns.values()) - {1})
        entries, own = self.entries(tuple(row_of.values()))
        places.update(own)
        return {**found, **entries}

    def none(self, value: Cell, name: str) -> Node:
        if value.text.strip().lower() not in NONE:
            what = tr("{name} cannot be '{text}'", name=name, text=value.text[:40])
            hint = tr("write none if there are none, else fill the sheet of this name")
            self.report(value.place, what, hint)
        return Listing(value.place, ())

    def stray(self, cells: dict[int, Cell], columns: set[int]) -> None:
        """Content where no heading says what it is would be lost."""
        for column, cell in cells.items():
            if column not in columns and column != 1:
                what = tr("this column has no heading in row 1")
                hint = tr("the heading of a column that is not to be read begins with #")
                self.report(cell.place, what, hint)
        if 1 in cells and 1 not in columns:
            hint = tr("column A is for marks: a row that begins with # is not read")
            self.report(cells[1].place, tr("column A has content"), hint)

    # --- sheets with a row a subject

    def headings(self, sheet: Sheet) -> dict[int, tuple[Cell, str, str]]:
        """The columns that are read: heading cell, key, unit."""
        found: dict[int, tuple[Cell, str, str]] = {}
        if sheet.rows and sheet.rows[0][0] == 1:
            for column, cell in sheet.rows[0][1].items():
                if not cell.text.startswith("#"):
                    found[column] = (cell, *keys.heading(cell.text))
        elif sheet.rows:
            self.report(sheet.place, tr("row 1 has no headings"), MAKE_ONE)
        return found

    def read_columns(self, sheet: Sheet) -> set[int]:
        return {column for row, cells in sheet.rows if row == 1 for column in cells} - {1}

    def subjects(self, sheet: Sheet, kind: Kind) -> tuple[Node, ...]:
        columns: dict[int, tuple[Cell, Key, str]] = {}
        seen: set[str] = set()
        for column, (cell, name, unit) in self.headings(sheet).items():
            key = keys.parse(name, kind, self.words)
            if key is None:
                what = tr("{kind} has no attribute {key}", kind=kind.called, key=name)
                self.report(cell.place, what, self.words.offered_key(kind, name))
            elif key.text in seen:
                self.report(cell.place, tr("{name} again", name=key.text))
            else:
                columns[column] = (cell, key, unit)
                seen.add(key.text)
        items: list[Node] = []
        ids: dict[str, Cell] = {}
        for row, cells in filled(sheet, 1):
            self.stray(cells, self.read_columns(sheet))
            facts = tuple(
                Row(key, unit, cell.place, cells.get(column)) for column, (cell, key, unit) in columns.items()
            )
            named = next((fact.value for fact in facts if fact.key.text == "id" and fact.value), None)
            if named is not None and named.text in ids:
                first = ids[named.text].place
                what = tr("id {identity} again (first at {first})", identity=named.text, first=first)
                self.report(named.place, what)
            if named is not None:
                ids.setdefault(named.text, named)
            entries, places = self.entries(facts)
            if entries:
                column = next((c for c, (_, key, _) in columns.items() if key.text == "id"), 1)
                items.append(Mapping(sheet.at(row, column), entries, places))
        return tuple(items)

    def records(self, sheet: Sheet, attribute: Attribute) -> tuple[Node, ...]:
        columns: dict[int, tuple[Cell, str]] = {}
        fields = {name for name, _ in attribute.fields}
        for column, (cell, name, _) in self.headings(sheet).items():
            if name not in fields or name in (n for _, n in columns.values()):
                what = tr("{attribute} has no column {name}, or has it twice", attribute=attribute.called, name=name)
                self.report(cell.place, what, nearest(name, fields))
            else:
                columns[column] = (cell, name)
        items: list[Node] = []
        for row, cells in filled(sheet, 1):
            self.stray(cells, self.read_columns(sheet))
            chosen = {name: (head.place, cells[c]) for c, (head, name) in columns.items() if c in cells}
            entries: dict[str, Node] = {
                n: Scalar(cell.place, cell.text, quoted=True) for n, (_, cell) in chosen.items()
            }
            if entries:
                items.append(Mapping(sheet.at(row, 2), entries, {name: place for name, (place, _) in chosen.items()}))
        return tuple(items)
