"""Drafted mappings: what every column of a table is taken for, to be corrected by people and given back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from envcheck.facility.facts import NOTHING
from envcheck.files import reading, writing
from envcheck.files.source import Listing, Node, Scalar
from envcheck.files.source import Mapping as Branch
from envcheck.forms import keys
from envcheck.forms.cells import Cell, Sheet, sheets
from envcheck.register.columns.layout import FACILITY_ID
from envcheck.register.tables import export_tables
from envcheck.register.tables.arranged import Arranged, arranged, found_in
from envcheck.register.tables.captions import Meaning, Reader
from envcheck.register.tables.mappings import FORMAT, OPEN, Settings
from envcheck.text.messages import EMPTY, Text, tr
from envcheck.text.problems import InputError, Place, Problem, near_meant
from envcheck.vocabulary.words import Kind, Vocabulary

ENDINGS = (".yaml", ".yml", ".xlsx")
TABLE, COLUMNS, WORDS, FACTS = "table", "columns", "words", "facts"
"""The sheets of a drafted workbook."""
SETTLE = tr("? is to be settled: a name of the vocabulary, or # where the column is not to be read")
MORE = tr("more words that say nothing")
STRANGE = tr("cells that are not understood; what is left as ? is told of row by row")
EXAMPLES = 3
MOST = 40
"""So many words of one column are asked about."""
ROLES = {
    "aside": tr("no rule asks for it"),
    "limit": tr("a permitted value, no reading"),
    "converted": tr("converted; the measured value is read"),
    "influent": tr("of the influent"),
    "firm": tr("names the facility of the row"),
    "time": tr("time"),
    "value": tr("a measured value"),
    "measured": tr("a measured value without an oxygen content"),
    "rate": tr("an amount or a rate of emission"),
    "state": tr("state of the hour"),
    "oxygen": tr("oxygen content of the hour"),
    "point": tr("names the outlet or outfall of the row"),
    "left": tr("no limit asks for it"),
}
UNITLESS = tr("a measured value whose unit nobody states: write the substance with its unit, such as NOx (mg/m3)")
KNOWN = tr("what is known of all (the left cell empty) or of one outlet or outfall; what is left as ? is unknown")


class Column(NamedTuple):
    """A heading, what it is taken for (`?`: to be settled, `#`: not read), why, and some of its cells."""

    heading: str
    name: str
    why: Text
    examples: tuple[str, ...]


class Draft(NamedTuple):
    """A proposal how a table is to be read."""

    kind: Kind
    columns: tuple[Column, ...]
    words: Mapping[str, tuple[str, ...]]
    """Cells that are no word of the vocabulary, by heading."""
    settings: Settings
    whose: Mapping[str, str] = {}
    """Of measurements: `facility` and `subject`, where they are to be settled."""
    facts: Mapping[str, Mapping[str, str]] = {}
    """Of measurements: what the rules ask of their facility and of each outlet, by its name."""

    @property
    def open(self) -> int:
        """How many headings, and facts, are to be settled."""
        facts = [value for held in self.facts.values() for value in held.values()]
        return [*(column.name for column in self.columns), *self.whose.values(), *facts].count(OPEN)


def draft(path: str, kind: Kind | None, words: Vocabulary, settings: Settings) -> Draft:
    """A proposal for one table.

    Raises:
        InputError: it cannot be read, or it is not clear of what it is.
    """
    reader, source = Reader(words), found_in(path)
    export = export_tables.found_in(source.grids, path, kind, reader, settings)
    if export is not None:
        return _of_export(export, reader, settings)
    found = arranged(source, kind, reader, settings)
    headings = {caption.text for table in found.sections for caption in table.captions.values()}
    columns = [_column(text, meant, found, words) for text, meant in found.meanings.items() if text in headings]
    strange = {text: cells for text, m in found.meanings.items() if (cells := tuple(_strange(text, m, found, words)))}
    return Draft(found.kind, tuple(columns), strange, settings)


def _of_export(found: export_tables.Export, reader: Reader, settings: Settings) -> Draft:
    """A proposal for measurements over time."""
    columns: dict[str, Column] = {}
    words: dict[str, dict[str, None]] = {}
    for part in found.parts:
        for number, column in part.columns.items():
            cells = dict.fromkeys(cells[number] for _, cells in part.section.rows if number in cells)
            why = UNITLESS if column.lacks_unit else ROLES.get(column.role, EMPTY)
            columns.setdefault(column.heading, Column(column.heading, column.spelled, why, tuple(cells)[:EXAMPLES]))
        for heading, marks in part.read.marks.items():
            words.setdefault(heading, {}).update(dict.fromkeys(marks))
    missing = dict.fromkeys(word for part in found.parts for held in part.read.missing.values() for word in held)
    settings = settings._replace(empty=tuple(dict.fromkeys((*settings.empty, *missing))))
    whose = {"facility": settings.facility, "subject": settings.subject}
    whose |= {"facility": OPEN} if any(not firm for firm, _ in found.points) else {}
    whose |= {"subject": OPEN} if any(not point for _, point in found.points) else {}
    return Draft(
        found.kind, tuple(columns.values()), {heading: tuple(marks) for heading, marks in words.items()}, settings,
        {name: said for name, said in whose.items() if said}, export_tables.asked(found, reader, settings),
    )  # fmt: skip


def _column(text: str, meant: Meaning, found: Arranged, words: Vocabulary) -> Column:
    cells = found.rows[text].drop_nulls().unique(maintain_order=True).head(EXAMPLES).to_list()
    if meant.role == "open":
        labels = {a.label.zh: Text(f"{a.label.zh}（{a.name}）", a.name) for a in words.attributes(found.kind)}
        return Column(text, OPEN, near_meant(text, labels), tuple(cells))
    why = ROLES.get(meant.role, EMPTY)
    key = keys.parse(meant.name, found.kind, words) if meant.role == "read" else None
    if key is not None:
        why = keys.label_of(key, found.kind, words)
    elif meant.name == FACILITY_ID:
        why = ROLES["firm"]
    return Column(text, meant.spelled, why, tuple(cells))


def _strange(text: str, meant: Meaning, found: Arranged, words: Vocabulary) -> Iterator[str]:
    """Cells of a column of words that no word of the vocabulary is."""
    key = keys.parse(meant.name, found.kind, words) if meant.role == "read" else None
    if key is None or key.part or key.attribute.type not in ("choice", "level", "region"):
        return
    for cell in found.rows[text].drop_nulls().str.strip_chars().unique(maintain_order=True).head(MOST).to_list():
        known = words.region(cell) if key.attribute.type == "region" else words.choice(key.attribute.choices, cell)
        if known is None and cell not in NOTHING:
            yield cell


def write(path: str, made: Draft, lang: str) -> None:
    """Write a proposal as YAML or as a workbook.

    Raises:
        InputError: the ending is of neither, or the file cannot be written.
    """
    if not path.lower().endswith(ENDINGS):
        what = tr("the ending of {path} cannot be used", path=path)
        raise InputError([Problem(Place("--draft-mapping"), what, tr("Known: {words}", words=", ".join(ENDINGS)))])
    if path.lower().endswith(".xlsx"):
        writing.write(path, _workbook(made, lang))
    else:
        writing.write_text(path, to_yaml(made, lang))


def _table(made: Draft) -> Iterator[tuple[str, str]]:
    yield "format", FORMAT
    yield "kind", made.kind.plural
    if made.settings.header_row:
        yield "header_row", str(made.settings.header_row)
    yield from made.whose.items()


def to_yaml(made: Draft, lang: str) -> str:
    """A proposal as YAML: every column with what it is taken for, and why."""
    lines = [f"# {SETTLE.within(lang)}"]
    lines += [f"{name}: {_quoted(value)}" for name, value in _table(made)]
    if made.settings.sheets:
        lines.append(f"sheets: [{', '.join(map(_quoted, made.settings.sheets))}]")
    lines.append("columns:")
    for one in made.columns:
        examples = "、".join(one.examples)
        said = " | ".join(part for part in (one.why.within(lang), examples) if part)
        lines.append(
            f"  {_quoted(one.heading)}: {_quoted(one.name)}" + (f"  # {' '.join(said.split())}" if said else "")
        )
    lines.append(f"empty: [{', '.join(map(_quoted, made.settings.empty))}]  # {MORE.within(lang)}")
    if made.words:
        lines.append(f"words:  # {STRANGE.within(lang)}")
        for heading, cells in made.words.items():
            lines.append(f"  {_quoted(heading)}:")
            lines += [f"    {_quoted(cell)}: {_quoted(OPEN)}" for cell in cells]
    if made.facts:
        lines.append(f"facts:  # {KNOWN.within(lang)}")
        lines += [f"  {_quoted(name)}: {_quoted(value)}" for name, value in made.facts.get("", {}).items()]
        for point in [point for point in made.facts if point]:
            lines.append(f"  {_quoted(point)}:")
            lines += [f"    {_quoted(name)}: {_quoted(value)}" for name, value in made.facts[point].items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _workbook(made: Draft, lang: str) -> bytes:
    from openpyxl import Workbook

    from envcheck.report.parts.office import put_text, saved

    book: Any = Workbook()
    book.remove(book.active)
    titles = (tr("heading"), tr("meaning"), tr("explanation"), tr("example"))
    pages: dict[str, list[tuple[str, ...]]] = {
        COLUMNS: [
            tuple(f"#{title.within(lang)}" if not n else title.within(lang) for n, title in enumerate(titles)),
            *((c.heading, c.name, c.why.within(lang), "、".join(c.examples)) for c in made.columns),
        ],
        TABLE: [
            *_table(made),
            *(("sheets", sheet) for sheet in made.settings.sheets),
            *(("empty", word) for word in made.settings.empty),
        ],
        FACTS: [(point, name, value) for point, held in made.facts.items() for name, value in held.items()],
        WORDS: [(heading, cell, OPEN) for heading, cells in made.words.items() for cell in cells],
    }
    for title, rows in pages.items():
        if title == FACTS:
            if not rows:
                continue
            rows.insert(0, (f"#{KNOWN.within(lang)}",))
        sheet = book.create_sheet(title)
        for number, row in enumerate(rows, 1):
            for column, text in enumerate(row, 1):
                if text:
                    put_text(sheet.cell(number, column), keys.fit(text))
        for letter in "ABCD":
            sheet.column_dimensions[letter].width = 36
    return saved(book)


def of_workbook(path: str) -> dict[str, Node]:
    """A corrected workbook as the entries that YAML would give.

    Raises:
        InputError: it cannot be read.
    """
    problems: list[Problem] = []
    found = {sheet.title: sheet for sheet in sheets(reading.read(path), path, problems)}
    if COLUMNS not in found or TABLE not in found:
        problems.append(Problem(Place(path), tr("it is no drafted mapping"), tr("draft one with --draft-mapping")))
    if problems:
        raise InputError(problems)
    entries: dict[str, Node] = {}
    several: dict[str, list[Node]] = {"sheets": [], "empty": []}
    for cells in _cells(found[TABLE]):
        name, value = cells.get(1), cells.get(2)
        if name is None or value is None:
            continue
        if name.text in several:
            several[name.text].append(_scalar(value))
        else:
            entries[name.text] = _scalar(value)
    place = found[COLUMNS].place
    entries |= {name: Listing(place, tuple(items)) for name, items in several.items() if items}
    pairs: dict[str, Node] = {}
    for number, cells in enumerate(_cells(found[COLUMNS])):
        if number and 1 in cells:
            pairs[cells[1].text] = _scalar(cells[2]) if 2 in cells else Scalar(cells[1].place, OPEN, quoted=True)
    entries["columns"] = Branch(place, pairs, {name: node.place for name, node in pairs.items()})
    facts: dict[str, dict[str, Node]] = {}
    for cells in _cells(found[FACTS]) if FACTS in found else ():
        if {2, 3} <= set(cells):
            facts.setdefault(cells[1].text if 1 in cells else "", {})[cells[2].text] = _scalar(cells[3])
    if facts:
        held = {name: Branch(place, said, {fact: n.place for fact, n in said.items()}) for name, said in facts.items()}
        entries["facts"] = Branch(place, dict(held), dict.fromkeys(held, place))
    words: dict[str, dict[str, Node]] = {}
    for cells in _cells(found[WORDS]) if WORDS in found else ():
        if {1, 2, 3} <= set(cells):
            words.setdefault(cells[1].text, {})[cells[2].text] = _scalar(cells[3])
    if words:
        of = {h: Branch(place, said, {cell: n.place for cell, n in said.items()}) for h, said in words.items()}
        entries["words"] = Branch(place, dict(of), dict.fromkeys(of, place))
    return entries


def _cells(sheet: Sheet) -> Sequence[Mapping[int, Cell]]:
    return [cells for _, cells in sheet.rows]


def _scalar(cell: Cell) -> Scalar:
    return Scalar(cell.place, cell.text.strip(), quoted=True)
