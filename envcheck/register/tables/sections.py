"""Where the headings, the rows and what stands around them lie in a sheet or a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from envcheck.register.tables.captions import Caption, Reader, plain
from envcheck.register.tables.grids import Grid, spread
from envcheck.text.messages import Text, tr

LOOKED_AT = 40
"""So many rows are looked at for the headings."""
DEEPEST = 4
"""Rows of headings, that of the units among them."""
TOTAL = re.compile(
    r"([总合小共累]\s*计|平均(值|数)?|均值|最[大小高低]值?|总和|总数|[本每]?[页月年日](均值|平均|合计|小计|累计)"
    r"|(sub)?total|sum|mean|average|max(imum)?|min(imum)?)\s*[:：]?",
    re.IGNORECASE,
)
NOTE = re.compile(
    r"(附?注|备注|说明|填表|填报|上报|报告|审核|审批|制表|复核|负责人|编制|签字|签章|盖章|日期|notes?)"
    r"\s*(人|单位|日期|时间|说明)?\s*([(（][^()（）]{1,6}[)）])?\s*[0-9]*\s*[:：.、]",
    re.IGNORECASE,
)
PART = re.compile(r"([一二三四五六七八九十]+|[(（][一二三四五六七八九十]+[)）])\s*[、.．]?.+")
NUMBERED = re.compile(r"[(（]?[0-9]{1,2}[)）.、．]\D.*", re.DOTALL)
PHYSICAL = re.compile(
    r"[万千]?(N?m[3³]|㎥|kwh|kw·h|度|吨|t|kg|g|mg|千克|立方米|[℃°]C?|[kM]?Pa|m|cm|mV|L|h|min|小时|NTU|μS|%|％|‰|倍|个|台|次)"
    r"(/(d|h|s|a|m[3³]|cm|L|日|天|时|小时|秒|年|月|min))?",
    re.IGNORECASE,
)
"""Units that no rule asks for."""
FEW = 4
"""So many cells a note or a form line has at most."""
TITLES, TOTALS, NOTES, REPEATED, UNITS = (
    tr("lines above the headings"),
    tr("sums or means"),
    tr("notes and form lines"),
    tr("headings again"),
    tr("a row of units"),
)


class Section(NamedTuple):
    """A table in a grid: its headings by column, its rows, and what is no row of it, counted."""

    grid: Grid
    first: int
    last: int
    """The first and the last row of its headings."""
    captions: Mapping[int, Caption]
    rows: tuple[tuple[int, Mapping[int, str]], ...]
    aside: Mapping[Text, tuple[int, ...]]
    """Rows that are none of the table, by what they are."""
    spread: int = 0
    """Cells that were filled from merged ones."""

    @property
    def names(self) -> frozenset[str]:
        """Its headings."""
        return frozenset(caption.text for caption in self.captions.values())


def section(found: Grid, reader: Reader, heading_row: int | None = None) -> Section | None:
    """The table of a grid; None where no row looks like headings."""
    grid, filled = spread(found)
    rows = dict(grid.rows)
    first = heading_row if heading_row in rows else _headings(grid, reader) if heading_row is None else None
    if first is None:
        return None
    if heading_row is None:
        first = _lifted(grid, first, reader)
    last, unit_row = _depth(grid, first, reader)
    captions = _captions(found, first, last, unit_row, reader)
    aside: dict[Text, list[int]] = {}
    if above := [number for number, _ in grid.rows if number < first]:
        aside[TITLES] = above
    if unit_row:
        aside[UNITS] = [unit_row]
    data: list[tuple[int, Mapping[int, str]]] = []
    ended = False
    for number, cells in grid.rows:
        if number <= last:
            continue
        what = _aside(cells, rows[first], ended=ended)
        if what is None:
            data.append((number, cells))
        else:
            ended = ended or what == NOTES
            aside.setdefault(what, []).append(number)
    return Section(grid, first, last, captions, tuple(data), {w: tuple(n) for w, n in aside.items()}, filled)


def _headings(grid: Grid, reader: Reader) -> int | None:
    """The first row of headings: most of its cells, or more than one and the most of all rows, are known ones."""
    best, most = None, 1
    for number, cells in grid.rows[:LOOKED_AT]:
        texts = [plain(cell) for cell in cells.values()]
        known = sum(reader.is_heading(text) for text in texts)
        if known >= 2 and known * 2 >= len(texts):
            return number
        if known > most:
            best, most = number, known
    if best is None:  # a table whose headings are all its own
        for number, cells in grid.rows[:LOOKED_AT]:
            texts = list(cells.values())
            worded = all(not re.match(r"[-+0-9.]", text) and not _is_form_line(text) for text in texts)
            if len(texts) >= 2 and worded and len(set(texts)) == len(texts):
                return number
            if len(texts) >= 2 and not grid.title and not any(map(_is_form_line, texts)):
                return number
    return best


def _lifted(grid: Grid, first: int, reader: Reader) -> int:
    """The row above, where it heads columns that this row does not: groups over pollutants stand there beside the time."""
    numbers = [number for number, _ in grid.rows]
    rows = dict(grid.rows)
    place = numbers.index(first)
    if place == 0:
        return first
    above = rows[numbers[place - 1]]
    only = [text for column, text in above.items() if column not in rows[first]]
    form = any(map(_is_form_line, above.values()))
    lifted = len(above) >= 2 and not form and any(reader.is_heading(plain(text)) for text in only)
    return numbers[place - 1] if lifted else first


def _is_form_line(text: str) -> bool:
    return bool(re.search("[:：]", text))


def _depth(grid: Grid, first: int, reader: Reader) -> tuple[int, int]:
    """The last row of the headings, and that of the units among them (0: none)."""
    merged = [area.bottom for area in grid.merged if area.top == first]
    last = min(max([first, *merged]), first + DEEPEST - 1)
    rows = {number: cells for number, cells in grid.rows if number >= first}
    unit_row = 0
    for number in list(rows)[1:DEEPEST]:
        own = _own(grid, number, rows[number])
        is_units = bool(own) and all(
            reader.is_unit(text) or text in "—-/" or PHYSICAL.fullmatch(text.strip("()（）")) for text in own.values()
        )
        below = number > last
        if is_units and any(reader.is_unit(text) for text in own.values()):
            unit_row = number
        elif below and not (unit_row == 0 and _continues(rows[first], own, reader)):
            break
        last = max(last, number)
    return last, unit_row


def _own(grid: Grid, number: int, cells: Mapping[int, str]) -> dict[int, str]:
    """The cells of a row that are not those of a merged range from above."""
    covered = {
        column
        for area in grid.merged
        if area.top < number <= area.bottom
        for column in range(area.left, area.right + 1)
    }
    return {column: text for column, text in cells.items() if column not in covered}


def _continues(above: Mapping[int, str], cells: Mapping[int, str], reader: Reader) -> bool:
    """Whether a row is a second row of headings: all of it known ones, some of them below a heading for several."""
    return (
        len(cells) >= 2
        and all(_heads(text, reader) for text in cells.values())
        and any(column not in above for column in cells)
    )


def _heads(text: str, reader: Reader) -> bool:
    """Whether a cell of a second row is a heading, or a unit."""
    return reader.is_heading(plain(text)) or reader.is_unit(text) or bool(PHYSICAL.fullmatch(text.strip("()（）")))


def _captions(grid: Grid, first: int, last: int, unit_row: int, reader: Reader) -> dict[int, Caption]:
    """The heading of every column, joined from above to below."""
    rows = {
        number: {c: plain(text) for c, text in cells.items()} for number, cells in grid.rows if first <= number <= last
    }
    for area in grid.merged:
        value = rows.get(area.top, {}).get(area.left)
        if value is None:
            continue
        for number in range(area.top, min(area.bottom, last) + 1):
            for column in range(area.left, area.right + 1):
                rows.setdefault(number, {}).setdefault(column, value)
    named = sorted(number for number in rows if number != unit_row)
    for place, number in enumerate(named[:-1]):
        below = {column for later in named[place + 1 :] for column in rows[later]}
        group = ""
        for column in range(1, max(below, default=0) + 1):
            own = rows[number].get(column, "")
            lower = rows[named[place + 1]].get(column, "")
            group = own if own and lower and lower != own else "" if own or not lower else group
            if not own and group:
                rows[number][column] = group
    found: dict[int, Caption] = {}
    for column in sorted({column for number in named for column in rows[number]}):
        parts: list[str] = []
        for number in named:
            text = rows[number].get(column, "")
            if text and text not in parts:
                parts.append(text)
        unit = rows.get(unit_row, {}).get(column, "") if unit_row else ""
        unit = unit.strip("()（）") if unit and reader.is_unit(unit) and unit not in parts else ""
        if parts:
            found[column] = Caption(tuple(parts), unit)
    return found


def _aside(cells: Mapping[int, str], headings: Mapping[int, str], *, ended: bool) -> Text | None:
    """What a row is that is none of the table; None for a row of it."""
    first = [plain(cells[column]) for column in sorted(cells)[:2]]
    if any(TOTAL.fullmatch(text) for text in first):
        return TOTALS
    if first and len(cells) <= FEW and NOTE.match(first[0]):
        return NOTES
    if len(cells) == 1 and (PART.fullmatch(first[0]) or (ended and NUMBERED.fullmatch(first[0]))):
        return NOTES
    if len(cells) > 1 and dict(cells) == dict(headings):
        return REPEATED
    return None
