"""A wide table of measurements as a register: its points, their facilities, and what was measured of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from envcheck.facility.series.headings import MINUTES, OXYGEN, STATE, TIMESTAMP
from envcheck.files import reading as files
from envcheck.register.columns.hours import Columns
from envcheck.register.columns.layout import FACILITY_ID, ID
from envcheck.register.columns.series import ROW
from envcheck.register.tables import exports, mappings, sections
from envcheck.register.tables import grids as texts
from envcheck.register.tables.around import SHEET, process_of, region_in
from envcheck.register.tables.captions import CONVERTED, Reader
from envcheck.register.tables.export_rows import Long, Read, RowsReader
from envcheck.register.tables.exports import EFFLUENT, Column
from envcheck.register.tables.grids import Grid
from envcheck.register.tables.mappings import Settings
from envcheck.register.tables.measurements import POLLUTANT, UNIT, VALUE, Table
from envcheck.register.tables.sections import Section
from envcheck.register.tables.telling import lines_told, named
from envcheck.register.tables.workbook import NUMBER
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import Kind

EFFLUENT_POINT = "出水"
"""What the point of a table is called that holds the effluent beside the influent, where nothing else names it."""
HEAD, LINES = 1 << 16, 120
"""So many bytes and lines of a text tell what it is."""
MONITORED = ("outlet", "outfall")


class Part(NamedTuple):
    """One sheet with such a table."""

    section: Section
    columns: Mapping[int, Column]
    read: Read
    place: str


class Export(NamedTuple):
    """What a file of measurements comes to."""

    kind: Kind
    parts: tuple[Part, ...]
    notes: tuple[Text, ...]
    open: tuple[Problem, ...]
    """What is to be settled before it can be judged."""

    @property
    def points(self) -> list[tuple[str, str]]:
        """The firms and their points."""
        return list(dict.fromkeys(key for part in self.parts for key in part.read.first))


def found_in(grids: Sequence[Grid], path: str, kind: Kind | None, reader: Reader, settings: Settings) -> Export | None:
    """The measurements of a file; None where it is another table.

    Raises:
        InputError: it is one, but cells of it cannot be read.
    """
    kinds = [reader.words.kinds[name] for name in MONITORED]
    if kind is not None and kind not in kinds:
        return None
    chosen = [g for g in grids if (g.title in settings.sheets if settings.sheets else not g.hidden)]
    tables = [(g, sections.section(g, reader, settings.header_row)) for g in chosen if g.rows]
    held = [(g, table) for g, table in tables if table is not None and exports.is_export(table, reader, settings)]
    if not held:
        return None
    parts: list[Part] = []
    for grid, table in held:
        place = f"{path}[{grid.title}]" if grid.title else path
        columns = exports.columns(table, reader, settings)
        columns = exports.facts(columns, kind or _kind(columns, path, grid, kinds, reader), reader, table)
        if again := list(exports.twice(columns)):
            raise InputError(
                [Problem(Place(place, table.last), tr("column {text} again", text=text)) for text in again]
            )
        parts.append(Part(table, columns, RowsReader(table, columns, reader, settings, place).all(), place))
    kind = kind or _kind(parts[0].columns, path, parts[0].section.grid, kinds, reader)
    parts = [_named(part, kind) for part in parts]
    left = [g.title for g in grids if g.rows and g not in [grid for grid, _ in held]]
    notes = list(_notes(parts, kind))
    if left:
        notes.append(tr("sheets without a table, not read: {sheets}", sheets=named(left)))
    problems = [problem for part in parts for problem in part.read.problems]
    if problems:
        raise InputError(problems[:40])
    return Export(kind, tuple(parts), tuple(notes), tuple(_open(parts, kind, reader)))


def _kind(columns: Mapping[int, Column], path: str, grid: Grid, kinds: Sequence[Kind], reader: Reader) -> Kind:
    """Whether it is of gas or of water, which its pollutants tell.

    Raises:
        InputError: they do not.
    """
    read = [c for c in columns.values() if c.role == "value" or c.lacks_unit]
    media = [set(reader.words.substances[c.name].media) for c in read]
    air, water = all("air" in m for m in media), all("water" in m for m in media)
    oxygen = any(c.role in ("oxygen", "converted") for c in columns.values())
    if air != water or (air and oxygen):
        return kinds[0] if air else kinds[1]
    whole = "".join(text for _, cells in grid.rows[:3] for text in cells.values()) + path
    gas, wet = (
        any(w in whole for w in ("烟气", "废气", "排气筒")),
        any(w in whole for w in ("废水", "污水", "出水", "水质")),
    )
    if gas != wet:
        return kinds[0] if gas else kinds[1]
    what = tr("it is not clear whether the measurements are of gas or of water")
    raise InputError([Problem(Place(path), what, tr("say so with --kind outlets or --kind outfalls"))])


def _named(part: Part, kind: Kind) -> Part:
    """The part with the names that its sheet or its effluent gives to points that have none."""
    title = part.section.grid.title
    name = title if title and not SHEET.fullmatch(title) else ""
    out = [c for c in part.columns.values() if c.role == "value"]
    if not name and kind.id == "outfall" and out and all(EFFLUENT.search(c.heading) for c in out):
        name = EFFLUENT_POINT
    if not name:
        return part
    read = part.read

    def key(of: tuple[str, str]) -> tuple[str, str]:
        return of[0], of[1] or name

    return part._replace(
        read=read._replace(
            values=[value._replace(point=value.point or name) for value in read.values],
            facts={key(of): held for of, held in read.facts.items()},
            around={key(of): held for of, held in read.around.items()},
            first={key(of): row for of, row in read.first.items()},
        )
    )


def _unit(column: Column, kind: Kind, reader: Reader) -> str:
    """The unit in which the vocabulary has the substance of a column."""
    own = reader.words.substances[column.name].unit
    return kind.attributes[kind.attributes["series"].of].unit if own is None else own


def _open(parts: Sequence[Part], kind: Kind, reader: Reader) -> Iterable[Problem]:
    """What nobody can settle from the file: headings, marks, whose measurements they are."""
    for part in parts:
        for column in part.columns.values():
            if column.lacks_unit:
                what = tr("{heading} has no unit", heading=column.heading)
                hint = tr(
                    "add it to the heading, or to a mapping, such as {example}",
                    example=f"{column.name} ({_unit(column, kind, reader)})",
                )
                yield Problem(Place(part.place, part.section.last), what, hint)
            elif column.role == "open":
                what = tr("it is not clear what {heading} means", heading=column.heading)
                yield Problem(Place(part.place, part.section.last), what)
        for heading, marks in part.read.marks.items():
            told = ", ".join(f"{mark} ({n})" for mark, n in list(marks.items())[:8])
            what = tr("marks that are not understood in {heading}: {marks}", heading=heading, marks=told)
            yield Problem(Place(part.place), what)
        for heading, missing in part.read.missing.items():
            told = ", ".join(f"{word} ({n})" for word, n in missing.items())
            what = tr(
                "cells of {heading} that seem to say that nothing was measured: {words}", heading=heading, words=told
            )
            hint = tr("name them in a mapping: empty: [{words}]", words=", ".join(missing))
            yield Problem(Place(part.place), what, hint)
        if any(not firm for firm, _ in part.read.first):
            yield Problem(Place(part.place), *mappings.unsaid("facility"))
        if any(not point for _, point in part.read.first):
            yield Problem(Place(part.place), *mappings.unsaid("subject"))


def _notes(parts: Sequence[Part], kind: Kind) -> Iterable[Text]:
    """What is told of how it was read."""
    points = list(dict.fromkeys(of for part in parts for of in part.read.first))
    hours = sum(part.read.hours for part in parts)
    yield tr(
        "read as measurements over time: {rows} rows of {kind} {points}",
        rows=hours, kind=kind.called, points=named(point or "?" for _, point in points),
    )  # fmt: skip
    for part in parts:
        title = part.section.grid.title
        lead = Text(f"{title}：", f"{title}: ") if len(parts) > 1 else Text("", "")
        table = part.section
        above = tuple(number for number, _ in table.grid.rows if number < table.first)
        aside = {**({sections.TITLES: above} if above else {}), **part.read.aside}
        if sections.UNITS in table.aside:
            aside[sections.UNITS] = table.aside[sections.UNITS]
        for what, rows in aside.items():
            yield lead + lines_told(what, list(rows))
    columns = [column for part in parts for column in part.columns.values()]
    yield from _left(columns)
    if any(c.role == "oxygen" for c in columns):
        yield tr("measured values are taken, and converted by the oxygen content of their hour")
    elif any(c.role == "value" and CONVERTED.search(c.heading) for c in columns):
        yield tr("converted values are taken as they are: nothing is converted once more")
    if kind.id == "outlet" and any("湿" in c.heading for c in columns if c.role == "left"):
        yield tr("the values are taken for those of dry gas, as HJ 75 has them")


def _left(columns: Sequence[Column]) -> Iterable[Text]:
    """What is told of columns that are not read, by their role."""

    def of(role: exports.Role) -> str:
        return named(exports.named(columns, role))

    told: dict[exports.Role, Text] = {
        "converted": tr("converted values beside measured ones, not read: {columns}", columns=of("converted")),
        "measured": tr("measured values without an oxygen content, not read: {columns}", columns=of("measured")),
        "influent": tr("values of the influent, not read: {columns}", columns=of("influent")),
        "limit": tr("permitted values, no readings, not read: {columns}", columns=of("limit")),
        "rate": tr("amounts and rates of emission, not read: {columns}", columns=of("rate")),
        "left": tr("columns that no limit asks for, not read: {columns}", columns=of("left")),
        "aside": tr("columns that no rule asks for, not read: {columns}", columns=of("aside")),
    }
    yield from (text for role, text in told.items() if of(role))


def long_tables(found: Export) -> tuple[Table, ...]:
    """The measurements as tables, one a sheet."""
    has_oxygen = any(c.role == "oxygen" for part in found.parts for c in part.columns.values())
    # What the heading calls measured is not at the reference: without an oxygen content nothing can be said of it.
    has_oxygen = has_oxygen or any(
        c.role == "value" and "实测" in c.heading for part in found.parts for c in part.columns.values()
    )
    has_minutes = any(c.role == "minutes" for part in found.parts for c in part.columns.values())
    roles = [TIMESTAMP, FACILITY_ID, found.kind.id, POLLUTANT, VALUE, UNIT, OXYGEN, STATE, MINUTES]
    left = {OXYGEN} - ({OXYGEN} if has_oxygen and found.kind.id == "outlet" else set())
    left |= set() if has_minutes else {MINUTES}
    kept = [role for role in roles if role not in left]
    tables = []
    for part in found.parts:
        rows = _frame(part.read.values, roles).select(*kept, ROW)
        columns = Columns({role: role for role in kept}, {role: pl.String() for role in kept})
        tables.append(Table(part.place, found.kind, columns, rows.lazy()))
    return tuple(tables)


def _frame(values: Sequence[Long], roles: Sequence[str]) -> pl.DataFrame:
    names = [*roles, ROW]
    columns = dict(zip(names, zip(*values, strict=True), strict=True)) if values else dict.fromkeys(names, ())
    return pl.DataFrame(columns, schema={**dict.fromkeys(roles, pl.String), ROW: pl.UInt32})


def subject_rows(found: Export, reader: Reader, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame, list[Text]]:
    """The tables of the facilities and of the points that were measured, and what is told of them."""
    common = settings.facts.get("", {})
    notes: list[Text] = []
    facilities: dict[str, dict[str, str]] = {}
    points: list[dict[str, str]] = []
    numbers: list[int] = []
    for firm, point in found.points:
        part = next(p for p in found.parts if (firm, point) in p.read.first)
        around, told = part.read.around[firm, point], part.read.facts.get((firm, point), {})
        own = {ID: point, FACILITY_ID: firm, **told}
        if around.called or point == settings.subject or exports.named(part.columns.values(), "point"):
            own["name"] = point  # what a title or a sheet calls it may be short for it
        process = process_of(point, reader.words) if found.kind.id == "outlet" else ""
        if process and "process" not in own:
            own["process"] = process
            label = reader.words.choices["process"][process].label
            notes.append(tr("{point} is taken for the process {process}, as it is called", point=point, process=label))
        own |= {name: said for name, said in common.items() if name in found.kind.attributes}
        points.append(own | dict(settings.facts.get(point, {})))
        numbers.append(part.read.first[firm, point])
        held = facilities.setdefault(firm, {ID: firm})
        if name := around.name if firm == around.firm else firm:
            held.setdefault("name", name)
        if around.region and "region" not in held:
            held["region"] = around.region
        held |= {name: said for name, said in common.items() if name not in found.kind.attributes}
    if not any("region" in row for row in (*facilities.values(), *points)):
        notes.append(
            tr("the region is not stated, and rules that bind a region stay open: --draft-mapping asks for it")
        )
    first = dict(zip((row[FACILITY_ID] for row in reversed(points)), reversed(numbers), strict=True))
    return _table(list(facilities.values()), [first[firm] for firm in facilities]), _table(points, numbers), notes


def _table(rows: Sequence[Mapping[str, str]], numbers: Sequence[int]) -> pl.DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    frame = pl.DataFrame({n: [row.get(n) for row in rows] for n in names}, schema=dict.fromkeys(names, pl.String))
    return frame.with_columns(pl.Series(NUMBER, numbers, dtype=pl.UInt32))


def asked(found: Export, reader: Reader, settings: Settings) -> dict[str, dict[str, str]]:
    """What a drafted mapping asks of the facility and of each point, with what is likely."""
    facts: dict[str, dict[str, str]] = {"": {}}
    texts = [
        text
        for p in found.parts
        for row, cells in p.section.grid.rows
        if row < p.section.first
        for text in cells.values()
    ]
    of_all = dict(settings.facts.get("", {}))
    stated = all(
        p.read.around[of].region or "region" in p.read.facts.get(of, {}) for p in found.parts for of in p.read.first
    )
    if "region" not in of_all and not stated:
        of_all["region"] = region_in([*texts, *(firm for firm, _ in found.points)], reader.words) or mappings.OPEN
    facts[""] = of_all
    for _, point in found.points:
        if found.kind.id == "outlet" and point:
            known = process_of(point, reader.words) or mappings.OPEN
            facts[point] = {"process": known, **settings.facts.get(point, {})}
    return {of: held for of, held in facts.items() if held}


def resolved(found: Export, listed: Mapping[str, Sequence[Mapping[str, str | None]]]) -> Export:
    """The export with the ids of a register in place of the names by which it calls firms and points."""
    ids: dict[tuple[str, str], tuple[str, str]] = {}
    for firm, point in found.points:
        firms = {one["id"] for one in listed.get("facility", ()) if firm and firm in (one["id"], one.get("name"))}
        own = next(iter(firms)) if len(firms) == 1 else firm
        named_so = [one for one in listed.get(found.kind.id, ()) if point in (one["id"], one.get("name"))]
        fitting = [one for one in named_so if not own or one.get(FACILITY_ID) == own]
        if len(fitting) == 1:
            ids[firm, point] = fitting[0].get(FACILITY_ID) or own or "", fitting[0]["id"] or point
        else:
            ids[firm, point] = own or firm, point
    return found._replace(parts=tuple(_with_ids(part, ids) for part in found.parts))


def _with_ids(part: Part, ids: Mapping[tuple[str, str], tuple[str, str]]) -> Part:
    values = part.read.values
    changed = [value._replace(firm=of[0], point=of[1]) for value in values for of in [ids[value.firm, value.point]]]
    return part._replace(read=part.read._replace(values=changed))


def may_be(path: str, reader: Reader) -> bool:
    """Whether the beginning of a file looks like such a table; of a workbook that is not known before it is read."""
    if path.lower().endswith(".xlsx"):
        return True
    head = files.head(path, HEAD)
    cut = head[: head.rfind(b"\n") + 1] or head
    try:
        text, encoding = texts.text_of(cut if len(head) == HEAD else head, path)
        given = texts.Encoded("\n".join(text.splitlines()[:LINES]), encoding, texts.delimiter(text))
        table = sections.section(texts.of_text(given, path), reader)
    except InputError:
        return False  # what is wrong with it is told by those who read it
    return table is not None and exports.is_export(table, reader, Settings())
