"""Tables as offices keep them, brought to one row of headings over the rows: what was done, and left out, is told."""

from __future__ import annotations

import codecs
import csv
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from envcheck.files import reading
from envcheck.register.columns.layout import FACILITY_ID, FAULT, ID, Layout
from envcheck.register.tables import grids, sections
from envcheck.register.tables.captions import Caption, Meaning, Reader, parted, plain
from envcheck.register.tables.kinds import proposed
from envcheck.register.tables.mappings import Settings
from envcheck.register.tables.sections import Section
from envcheck.register.tables.workbook import NUMBER, SHEET
from envcheck.text.messages import Text, join, ptr, tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import Kind, Vocabulary

HEAD = 1 << 18
NAMED = 12
"""So many columns, sheets or words are named."""
EMPTY = (
    "—", "——", "–", "-", "--", "―", "－", "/", "／", "\\", "不涉及", "无", "暂无", "不详", "未知", "未监测", "未检测", "未测",
    "未填", "不适用", "无数据", "N/A", "n/a", "…",
)  # fmt: skip
"""What offices write where there is nothing to say."""
KEPT = {"yes_no": ("无",), "event": ("无",), "text": ("无", "不涉及", "暂无")}
"""Those of them that are a fact in columns of a type: no, or a park that is none."""


class Arranged(NamedTuple):
    """A table with one row of headings: its rows, what its headings mean, what is told of how it was read."""

    kind: Kind
    rows: pl.DataFrame
    renamed: Mapping[str, str]
    notes: tuple[Text, ...]
    sections: tuple[Section, ...] = ()
    meanings: Mapping[str, Meaning] = {}
    """By heading."""


class Source(NamedTuple):
    """A file as it was found."""

    path: str
    grids: tuple[grids.Grid, ...]
    notes: tuple[Text, ...] = ()


def is_plain(path: str, reader: Reader) -> bool:
    """Whether a text has its headings in its first line, commas and UTF-8: it can be read in columns at once."""
    if os.path.getsize(path) >= grids.SMALL:
        return True
    if not path.lower().endswith(".csv"):
        return False
    head = reading.head(path, HEAD)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    if "\r" in text.replace("\r\n", "").removesuffix("\r"):
        return False
    if len(head) == HEAD:
        text = text[: text.rfind("\n") + 1] or text
    lines = text.split("\n", sections.LOOKED_AT)
    try:
        head_cells = next(csv.reader(lines[:1], strict=True), [])
        if not text.strip():
            return True
        if not head_cells or not all(cell.strip() for cell in head_cells):
            return False
        given = grids.Encoded("\n".join(lines[: sections.LOOKED_AT]), grids.UTF_8, ",")
        if grids.delimiter(given.text) != "," and len(head_cells) == 1:
            return False
        grid = grids.of_text(given, path)
    except (csv.Error, InputError):
        return True  # what is wrong with it is told by those who read it
    found = sections.section(grid, reader)
    return found is None or found.first == found.last == 1


def found_in(path: str) -> Source:
    """The sheets or the lines of a file, as they are.

    Raises:
        InputError: it cannot be read.
    """
    if path.lower().endswith(".xlsx"):
        return Source(path, tuple(grids.of_workbook(path)))
    given = grids.decoded(path)
    notes: list[Text] = []
    if given.encoding != grids.UTF_8:
        notes.append(tr("read as {encoding} text", encoding=given.encoding))
    if given.delimiter != ",":
        sign = {"\t": tr("tabs"), ";": tr("semicolons"), "；": tr("semicolons")}.get(given.delimiter, tr("bars"))
        notes.append(tr("cells are parted by {sign}", sign=sign))
    return Source(path, (grids.of_text(given, path),), tuple(notes))


def arranged(found: Source, kind: Kind | None, reader: Reader, settings: Settings) -> Arranged:
    """The table of a file.

    Raises:
        InputError: there is no table, or it is not clear which or of what; a cell stands where no heading is.
    """
    chosen, notes = _sections(found, reader, settings)
    if kind is None:
        kind = proposed(found.path, chosen, reader)
        notes.append(tr("taken for a table of {plural}", plural=Text(kind.label.zh, kind.plural)))
    group, more = _group(found, chosen, kind, reader)
    notes += more
    meanings = _meanings(group, kind, reader, settings)
    rows = _frame(found.path, group, meanings)
    notes += _rows_told(group)
    rows, meanings, added = with_id(rows, meanings, kind)
    notes += added
    notes += _columns_told(meanings)
    renamed = {text: meant.spelled for text, meant in meanings.items() if meant.role != "open"}
    return Arranged(kind, rows, renamed, (*found.notes, *notes), tuple(group), meanings)


# --- sheets ----------------------------------------------------------------------------------------------------------


def _sections(found: Source, reader: Reader, settings: Settings) -> tuple[list[Section], list[Text]]:
    """The tables that a file may hold, and what is told of sheets that hold none."""
    titles = [grid.title for grid in found.grids]
    if lacking := [title for title in settings.sheets if title not in titles]:
        what = tr("there is no sheet {title}", title=lacking[0])
        raise InputError([Problem(Place(found.path), what, tr("Known: {words}", words=", ".join(titles)))])
    chosen = [g for g in found.grids if (g.title in settings.sheets if settings.sheets else not g.hidden)]
    tables = [(grid, sections.section(grid, reader, settings.header_row)) for grid in chosen]
    kept = [table for _, table in tables if table is not None]
    notes: list[Text] = []
    left = [grid.title for grid, table in tables if table is None and grid.rows]
    if kept and left:
        notes.append(tr("sheets without a table, not read: {sheets}", sheets=_row(left)))
    others = [grid for grid in found.grids if grid not in chosen and grid.rows]
    if hidden := [grid.title for grid in others if grid.hidden]:
        notes.append(tr("hidden sheets, not read: {sheets}", sheets=_row(hidden)))
    if unasked := [grid.title for grid in others if not grid.hidden]:
        notes.append(tr("sheets that were not asked for: {sheets}", sheets=_row(unasked)))
    if not kept:
        what = tr("no row of headings was found")
        if settings.header_row is not None:
            what = tr("row {row} holds no headings", row=settings.header_row)
        raise InputError([Problem(Place(found.path), what, tr("say in which row they stand: --header-row 3"))])
    return kept, notes


def _group(found: Source, tables: Sequence[Section], kind: Kind, reader: Reader) -> tuple[list[Section], list[Text]]:
    """The tables with the same headings, which are one; others are told of, or it is not clear which is meant."""
    groups: dict[frozenset[str], list[Section]] = {}
    for table in tables:
        groups.setdefault(table.names, []).append(table)
    known = {
        names: sum(reader.meaning(c, kind).role == "read" for c in group[0].captions.values())
        for names, group in groups.items()
    }
    several = [names for names in groups if known[names] >= 2 and any(table.rows for table in groups[names])]
    if len(groups) > 1 and len(several) > 1:
        sheets = [_row(table.grid.title for table in groups[names]) for names in several]
        what = tr("sheets with different headings: {sheets}", sheets=" | ".join(sheets))
        hint = tr("choose with --sheet NAME, or put # before the names of sheets that are not to be read")
        raise InputError([Problem(Place(found.path), what, hint)])
    chosen = several[0] if several else max(groups, key=lambda names: known[names])
    left = [t.grid.title for names, group in groups.items() if names != chosen for t in group]
    notes = [tr("sheets with other headings, not read: {sheets}", sheets=_row(left))] if left else []
    group = groups[chosen]
    if len(group) > 1:
        notes.append(tr("read as one table: the sheets {sheets}", sheets=_row(t.grid.title for t in group)))
    return group, notes


# --- columns ---------------------------------------------------------------------------------------------------------


def _meanings(group: Sequence[Section], kind: Kind, reader: Reader, settings: Settings) -> dict[str, Meaning]:
    """What the headings mean, by themselves and beside each other."""
    captions = {caption.text: caption for caption in group[0].captions.values()}
    said = {plain(heading): name for heading, name in settings.renamed(kind.plural).items()}
    lasts = Counter(caption.parts[-1] for caption in captions.values())
    found: dict[str, Meaning] = {}
    given: set[str] = set()
    for text, caption in captions.items():
        spellings = (text, "·".join(caption.parts), *(caption.parts[-1:] if lasts[caption.parts[-1]] == 1 else ()))
        name = next((said[spelling] for spelling in spellings if spelling in said), None)
        if name is not None:
            given.add(text)
            bare, unit = parted(name)
            found[text] = Meaning("aside") if name.startswith("#") else Meaning("read", bare, unit or caption.unit)
        else:
            found[text] = reader.meaning(caption, kind)
    return _beside(found, given)


def understood(
    headings: Iterable[str], kind: Kind, reader: Reader, said: Mapping[str, str]
) -> tuple[dict[str, Meaning], list[Text]]:
    """What the headings of a plain table mean that nobody has mapped, and what is told of them."""
    captions = {heading: Caption((plain(heading),)) for heading in headings if heading not in said}
    meant = _beside({text: reader.meaning(caption, kind) for text, caption in captions.items()}, set())
    return meant, _columns_told(meant)


def _beside(found: dict[str, Meaning], given: set[str]) -> dict[str, Meaning]:
    """Readings and converted readings side by side, firms beside the ids of facilities."""
    read = {m.name for m in found.values() if m.role == "read"}
    measured = {name for name in read if name.startswith(("emissions.", "water.")) and name.count(".") == 1}
    oxygen = [text for text, m in found.items() if m.role == "read" and m.name.endswith(".O2")]
    only = {text: m for text, m in found.items() if m.role == "converted" and m.name not in measured}
    changed = dict(found)
    if only:
        # What is converted stands at the reference already: with the oxygen beside it, it would be converted twice.
        changed |= {text: Meaning("open") if oxygen else m._replace(role="read") for text, m in only.items()}
    if FACILITY_ID in read:
        changed |= {text: Meaning("aside") for text, m in changed.items() if m.role == "firm" and text not in given}
    return changed


def with_id(
    rows: pl.DataFrame, meanings: dict[str, Meaning], kind: Kind
) -> tuple[pl.DataFrame, dict[str, Meaning], list[Text]]:
    """The table with ids of its subjects, what its headings mean, what is told: where it has none their names are, or the numbers of the rows."""
    of = {m.name: text for text, m in meanings.items() if m.role in ("read", "firm")}
    if ID in of or rows.is_empty():
        return rows, meanings, []
    firm = [of[FACILITY_ID]] if FACILITY_ID in of and kind.id != "facility" else []
    number = [text for text, m in meanings.items() if m.role == "aside" and text in ("序号", "顺序号", "No.")]
    for heading in (*([of["name"]] if "name" in of else []), *(number if firm else [])):
        ids = rows.select(*firm, heading)
        if ids[heading].null_count() == 0 and not ids.is_duplicated().any():
            text = f"{ID} = {heading}"
            told = tr("the table has no ids: {heading} is taken for it", heading=heading)
            return rows.with_columns(pl.col(heading).alias(text)), {**meanings, text: Meaning("read", ID)}, [told]
    return rows, meanings, []


def _frame(path: str, group: Sequence[Section], meanings: Mapping[str, Meaning]) -> pl.DataFrame:
    """The rows of all sections under their headings, as texts."""
    problems: list[Problem] = []
    texts = list(meanings)
    columns: dict[str, list[str | None]] = {text: [] for text in texts}
    numbers: list[int] = []
    sheets: list[str] = []
    faults: list[str | None] = []
    for table in group:
        title = table.grid.title
        at: dict[str, int] = {}
        for column, caption in table.captions.items():
            if caption.text in at and meanings[caption.text].role == "read":
                what = tr("column {text} again", text=caption.text)
                problems.append(Problem(Place(_sheet(path, title), table.last), what))
            at.setdefault(caption.text, column)
        width = max(table.captions)
        own = {column for text, column in at.items() if meanings[text].role in ("read", "firm", "open")}
        kept = {number for number, _ in table.rows}
        problems += [p for (row, column), p in sorted(table.grid.faults.items()) if row in kept and column in own]
        for number, cells in table.rows:
            if not cells:
                continue
            stray = next((column for column in cells if column not in table.captions), None)
            if stray is not None:
                what = tr("this column has no heading in row {row}", row=table.last)
                hint = tr("say in which row the headings stand: --header-row 3")
                problems.append(Problem(Place(_cell(path, title, number, stray)), what, hint))
                break
            for text in texts:
                columns[text].append(cells.get(at[text]))
            numbers.append(number)
            sheets.append(title)
            short = table.grid.widths.get(number, width) < width
            faults.append("short" if short else None)
    if problems:
        raise InputError(problems)
    frame = pl.DataFrame(columns, schema=dict.fromkeys(texts, pl.String))
    more = [pl.Series(NUMBER, numbers, dtype=pl.UInt32)]
    if len(group) > 1:
        more.append(pl.Series(SHEET, sheets, dtype=pl.String))
    if any(faults):
        more.append(pl.Series(FAULT, faults, dtype=pl.String))
    return frame.with_columns(more)


def _sheet(path: str, title: str) -> str:
    return f"{path}[{title}]" if title else path


def _cell(path: str, title: str, row: int, column: int) -> str:
    from openpyxl.utils import get_column_letter

    letter = get_column_letter(column)
    return f"{path}[{title}!{letter}{row}]" if title else f"{path}:{row}:{column}"


# --- cells -----------------------------------------------------------------------------------------------------------


def without_blanks(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Text]]:
    """The rows of a plain text that are rows of the table, each with its `NUMBER`; what the others are is told."""
    own = rows.columns
    filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in own)
    found = rows.with_row_index(NUMBER, offset=2).filter(filled > 0)
    first = pl.coalesce(own).str.strip_chars()
    patterns = {
        sections.TOTALS: first.str.contains(f"^(?i:{sections.TOTAL.pattern})$"),
        sections.NOTES: first.str.contains(f"^(?i:{sections.NOTE.pattern})") & (filled <= sections.FEW),
    }
    marks = found.select(mark.fill_null(value=False).alias(what.en) for what, mark in patterns.items())
    notes = [
        _lines_told(what, found.filter(marks[what.en])[NUMBER].to_list()) for what in patterns if marks[what.en].any()
    ]
    return (found.filter(~marks.select(pl.any_horizontal(pl.all())).to_series()) if notes else found), notes


def cleaned(
    rows: pl.DataFrame, layout: Layout, settings: Settings, words: Vocabulary
) -> tuple[pl.DataFrame, list[Text]]:
    """The rows with cells that say nothing empty, and the words of the mapping in place of those of the office."""
    changes: dict[str, pl.Expr] = {}
    notes: list[Text] = []
    for column in layout.columns.values():
        heading, attribute = column.heading, column.key.attribute
        if rows.schema[heading] != pl.String or heading in changes:
            continue
        said = dict.fromkeys((*EMPTY, *settings.empty), "")
        kind = "text" if column.name == "name" else attribute.type if not column.key.part else ""
        kept = set(KEPT.get(kind, ())) - set(settings.empty)
        if kind in ("choice", "choices", "level"):
            kept |= {word for word in said if words.choice(attribute.choices, word) is not None}
        silent = [word for word in said if word not in kept]
        meant = settings.words.get(heading, {})
        if not meant and not rows[heading].str.contains_any(silent).any():
            continue  # to look for them anywhere in a cell is quick, and says no for most columns
        bare = pl.col(heading).str.strip_chars()
        empty = bare.is_in(silent)
        counts = rows.select(bare.filter(empty & ~bare.is_in(list(meant))).value_counts(sort=True))[heading].to_list()
        kept_cell: pl.Expr = pl.when(~empty).then(heading)
        if meant:
            kept_cell = pl.when(bare.is_in(list(meant))).then(bare.replace(meant)).otherwise(kept_cell)
        if counts or meant:
            changes[heading] = kept_cell
        if counts:
            n, cells = sum(one["count"] for one in counts), "、".join(str(one[heading]) for one in counts[:5])
            told = tr("{heading}: {n} cells say nothing ({cells})", heading=heading, n=n, cells=cells)
            notes.append(told)
    if not changes:
        return rows, notes
    return rows.with_columns(change.alias(heading) for heading, change in changes.items()), notes


# --- what is told ----------------------------------------------------------------------------------------------------


def _rows_told(group: Sequence[Section]) -> list[Text]:
    """What is told of rows that are none of the table, and of merged and hidden cells."""
    notes: list[Text] = []
    for table in group:
        lead = Text(f"{table.grid.title}：", f"{table.grid.title}: ") if len(group) > 1 else Text("", "")
        if (table.first, table.last) != (1, 1):
            rows = f"{table.first}" if table.first == table.last else f"{table.first}-{table.last}"
            notes.append(lead + tr("headings in row {rows}", rows=rows))
        notes += [lead + _lines_told(what, rows) for what, rows in table.aside.items()]
        if table.spread:
            notes.append(lead + tr("{n} cells filled from merged ones", n=table.spread))
        hidden = [c.text for column, c in table.captions.items() if column in table.grid.hidden_columns]
        if hidden:
            notes.append(lead + tr("hidden columns: {columns}", columns=_row(hidden)))
        if table.grid.hidden_rows:
            notes.append(lead + tr("{n} hidden rows are read too", n=table.grid.hidden_rows))
    return notes


def _lines_told(what: Text, rows: Sequence[int]) -> Text:
    shown = ", ".join(map(str, rows[:NAMED])) + (" …" if len(rows) > NAMED else "")
    return tr("no rows of the table: {what} (row {rows})", what=what, rows=shown)


def _columns_told(meanings: Mapping[str, Meaning]) -> list[Text]:
    """What is told of columns that are not read, and of what others stand for."""
    of: dict[str, list[str]] = {}
    for text, meant in meanings.items():
        of.setdefault(meant.role, []).append(text)
    notes: list[Text] = []
    told = {
        "aside": tr("columns that no rule asks for, not read: {columns}", columns=_row(of.get("aside", ()))),
        "limit": tr("permitted values, no readings, not read: {columns}", columns=_row(of.get("limit", ()))),
        "converted": tr(
            "converted values beside measured ones, not read: {columns}", columns=_row(of.get("converted", ()))
        ),
        "influent": tr("values of the influent, not read: {columns}", columns=_row(of.get("influent", ()))),
    }
    notes += [text for role, text in told.items() if role in of]
    firms = [text for text, meant in meanings.items() if meant.role == "firm"]
    if firms:
        notes.append(tr("{heading} names the facility of a row", heading=_row(firms)))
    return notes


def _row(names: Iterable[str]) -> str:
    every = list(dict.fromkeys(names))
    return ", ".join(every[:NAMED]) + (" …" if len(every) > NAMED else "")


def joined(path: str, notes: Sequence[Text]) -> tuple[Text, ...]:
    """What is told of how a file was read, with its name in front."""
    name = os.path.basename(path)
    return (Text(f"{name}：", f"{name}: ") + join(ptr("list", "; "), notes),) if notes else ()
