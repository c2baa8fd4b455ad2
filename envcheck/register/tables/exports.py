"""Wide tables of measurements, as platforms export and plants keep them: a row an hour or a day, pollutants in columns.

HJ 75-2017 has such a form: over every pollutant what was measured, what that is at the reference oxygen content, and
kilograms an hour, below the hours means, extremes and how many there are. Measured values and the oxygen content are
taken; converted ones only where nothing is measured, and then without the oxygen content.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from envcheck.facility.series.headings import COLUMNS, LONG, MINUTES, NO_UNITS, OXYGEN, STATE, TIMESTAMP
from envcheck.facility.series.rows import ZONED
from envcheck.register.columns.layout import FACILITY_ID
from envcheck.register.tables.captions import (
    ASIDE,
    CONVERTED,
    FIRM,
    INFLUENT,
    LIMITED,
    MEASURED_ON,
    Caption,
    Reader,
    parted,
    plain,
)  # fmt: skip
from envcheck.register.tables.mappings import Settings
from envcheck.register.tables.sections import Section
from envcheck.vocabulary.words import Kind

Role = Literal[
    "time", "value", "measured", "converted", "influent", "limit", "rate", "state", "minutes", "oxygen", "firm", "point", "fact",
    "aside", "left", "open",
]  # fmt: skip
POINT = "point"
MARKED = re.compile(r"(数据|监测|质量)?(标记|标识|标志|状态)(码|位)?|(data)?(flag|mark)s?", re.IGNORECASE)
RUNNING = re.compile("工况|运行状态|生产状态|运行工况|设备状态|生产工况")
RATE = re.compile("排放量|排放速率|排放总量|速率|总量|产生量|削减量|emission rate|mass", re.IGNORECASE)
RATES = re.compile(r"(kg|g|t|千克|公斤|吨)(/(h|s|d|a|min|小时|日|天|年))?", re.IGNORECASE)
ASIDE_OF_GAS = re.compile(
    "流量|流速|温度|烟温|湿度|含湿|压力|全压|静压|动压|负荷|风量|水量|电量|电耗|电单耗|药耗|投加|药剂|污泥|泥量|含水率|去除率"
    "|超标|达标|倍数|水温|进水泵|液位|处理量|气量|功率|效率|产量|二氧化碳|flow|temperature|pressure|humidity|load",
    re.IGNORECASE,
)
EXTREME = re.compile("最[大高小低]|max|min|个数|样本数|有效率|累计", re.IGNORECASE)
AVERAGE = re.compile("水质|指标|[小日]?时?均值|平均|在线")
POINTED = re.compile("[#＃号机炉口塔窑囱]|排气筒|D[AW][0-9]+")
"""What a group of columns is headed by that are of one of several points."""
WET = re.compile("湿基|wet", re.IGNORECASE)
EFFLUENT = re.compile("出水|出口|外排|总排|effluent|outlet", re.IGNORECASE)
POINTS = re.compile(
    "(监测|监控|采样)?(点位?|站点?|断面)(名称|编号|编码|代码)?|(排放口|排口|排污口|排气筒|污染源排口|监控点|出口)(名称|编号|编码|代码)?"
)
TIMES = re.compile(r"(监测|数据|采样|采集|上报|统计)?(时间|日期|时刻|时段|小时|时|日)(段|（.*）)?")
STAMP = re.compile(
    r"(?:(?P<y>[0-9]{4})[-/.年](?P<m>[0-9]{1,2})[-/.月](?P<d>[0-9]{1,2})日?[ T]*|(?P<m2>[0-9]{1,2})月(?P<d2>[0-9]{1,2})日\s*)?"
    r"(?:(?P<h>[0-9]{1,2})(?::(?P<min>[0-9]{2})(?::(?P<s>[0-9]{2})(?:\.0+)?)?|[时点](?:00分?)?)?"
    r"(?:\s*[-~～—至]\s*(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2} )?(?P<h2>[0-9]{1,2})(?::00(?::00)?|[时点])?)?)?",
    re.ASCII,
)
DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?", re.ASCII)
MONTH = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})月?", re.ASCII)
DAY_NUMBER = re.compile(r"([0-9]{1,2})\s*[日号]?")
ZONE = re.compile(r"\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})$", re.ASCII | re.IGNORECASE)
LEAST_ROWS = 2


class Column(NamedTuple):
    """A column: in which role it stands, of which substance (or fact), in which unit, and of which of several points."""

    heading: str
    role: Role
    name: str = ""
    unit: str = ""
    point: str = ""

    @property
    def lacks_unit(self) -> bool:
        """Whether it is open only in which unit its substance was measured."""
        return self.role == "open" and bool(self.name)

    @property
    def spelled(self) -> str:
        """What a mapping calls it."""
        unit = f" ({self.unit})" if self.unit else ""
        spelled = {
            "time": TIMESTAMP, "value": f"{self.name}{unit}", "converted": f"{self.name}.converted{unit}",
            "state": f"{self.name}.{STATE}" if self.name else STATE, "minutes": MINUTES, "oxygen": f"{OXYGEN} (%)",
            "firm": FACILITY_ID, "point": POINT, "fact": self.name, "open": "?",
        }  # fmt: skip
        return spelled.get(self.role, "#")


def columns(table: Section, reader: Reader, settings: Settings = Settings()) -> dict[int, Column]:
    """What the columns of a table of measurements hold, by their number."""
    said = {plain(heading): name for heading, name in settings.columns.get("", {}).items()}
    found: dict[int, Column] = {}
    for number, caption in sorted(table.captions.items()):
        column = _column(caption, reader)
        found[number] = _said(column, said[column.heading], reader) if column.heading in said else column
    for number, column in _marks(found, table.captions):
        found[number] = _said(column, said[column.heading], reader) if column.heading in said else column
    return {number: _asked(column, reader) for number, column in _beside(found, said).items()}


def _asked(column: Column, reader: Reader) -> Column:
    """A column that would be read, but for a unit that nobody states, is open."""
    if column.role != "value" or column.unit or reader.words.substances[column.name].unit in NO_UNITS:
        return column
    return column._replace(role="open")


def _marks(found: Mapping[int, Column], captions: Mapping[int, Caption]) -> Iterator[tuple[int, Column]]:
    """The columns of marks that name nothing: of what stands left of them, or of the row where there is one only."""
    bare = [number for number, c in found.items() if c.role == "state" and not c.name and not RUNNING.search(c.heading)]
    read = [number for number, c in found.items() if c.role in ("value", "converted", "measured")]
    texts = Counter(found[number].heading for number in bare)
    for number in bare:
        if len(bare) == 1 and not (read and min(read) < number < max(read)):
            continue
        left = max((n for n in found if n < number and n not in bare), default=0)
        beside = found.get(left)
        while (
            beside is not None and beside.role in ("rate", "converted") and left - 1 in found and left - 1 not in bare
        ):
            group = captions[left].parts[0] == captions[left - 1].parts[0] or beside.name == found[left - 1].name
            if not group:
                break
            left -= 1
            beside = found[left]
        if beside is None:
            continue
        text = f"{captions[left].parts[0]}·{found[number].heading}"
        if beside.role in ("value", "measured", "converted", "oxygen"):
            of = OXYGEN if beside.role == "oxygen" else beside.name
            yield number, found[number]._replace(heading=text, name=of, point=beside.point)
        elif texts[found[number].heading] > 1:
            yield number, found[number]._replace(heading=text, role="left")  # of what is not read


def _column(caption: Caption, reader: Reader) -> Column:
    """What a heading says by itself."""
    pairs = [reader.parted(part) for part in caption.parts]
    parts = [
        bare if reader.is_unit(unit) or RATES.fullmatch(unit) else part
        for part, (bare, unit) in zip(caption.parts, pairs, strict=True)
    ]
    units = [unit for _, unit in pairs if reader.is_unit(unit) or RATES.fullmatch(unit)]
    unit = caption.unit or (units[-1] if units else "")
    if not unit and len(parts) > 1 and (reader.is_unit(parts[-1]) or RATES.fullmatch(parts[-1])):
        unit = parts.pop()
    whole, last = "".join(parts), parts[-1]
    text = caption.text

    def one(role: Role, name: str = "", unit: str = "") -> Column:
        return Column(text, role, name, unit)

    monitored = reader.words.choice(COLUMNS, last)
    if RUNNING.search(last):
        return one("state")
    if (monitored is not None and monitored.id == TIMESTAMP) or last in MEASURED_ON or TIMES.fullmatch(last):
        return one("time")
    if monitored is not None and monitored.id == STATE and len(parts) == 1:
        return one("state")
    if len(parts) > 1 or MARKED.search(whole):
        bare = RUNNING.sub("", MARKED.sub("", whole))
        if MARKED.search(whole) and not bare:
            return one("state")
        if MARKED.search(whole) and (of := _substance(bare, reader)):
            return one("state", of)
    if monitored is not None and monitored.id == MINUTES:
        return one("minutes")
    if reader.words.choice(ASIDE, last) is not None:
        return one("aside")
    named = reader.words.choice(LONG, last)
    if reader.words.choice(FIRM, last) is not None or (named is not None and named.id == FACILITY_ID):
        return one("firm")
    if POINTS.fullmatch(last) or (named is not None and named.id in ("outlet", "outfall")):
        return one("point")
    if (RATE.search(whole) or RATES.fullmatch(unit)) and not re.search("浓度", whole):
        return one("rate")
    if LIMITED.search(whole):
        return one("limit")
    if EXTREME.search(whole):
        return one("left")
    role: Role = "converted" if CONVERTED.search(whole) else "influent" if INFLUENT.search(whole) else "value"
    bare = INFLUENT.sub("", CONVERTED.sub("", whole))
    of, point = _substance(bare, reader), ""
    if not of and len(parts) > 1:
        of, point = (
            _substance(INFLUENT.sub("", CONVERTED.sub("", "".join(parts[1:]))), reader),
            parts[0] if POINTED.search(parts[0]) else "",
        )
    if of == OXYGEN:
        return Column(text, "left" if role == "influent" else "oxygen", point=point)
    if of:
        if WET.search(whole):
            return one("open")
        due = reader.words.substances[of].unit
        return Column(text, role, of, "" if due is not None and unit in NO_UNITS else unit, point)
    if ASIDE_OF_GAS.search(whole) or (monitored is not None):
        return one("left")
    return one("open")


def _substance(text: str, reader: Reader) -> str:
    """The substance of a heading that says nothing else than that it was measured there; or `O2`."""
    bare = EFFLUENT.sub("", text)
    return reader.measured(text) or reader.measured(bare) or reader.measured(AVERAGE.sub("", bare))


def _said(column: Column, spelled: str, reader: Reader) -> Column:
    """A column as a mapping has it."""
    name, unit = parted(spelled)
    if spelled.startswith("#"):  # what is of the influent tells that other columns may be, too
        return column if column.role in ("influent", "limit", "rate", "aside") else Column(column.heading, "left")
    simple: dict[str, Role] = {
        TIMESTAMP: "time", MINUTES: "minutes", STATE: "state", OXYGEN: "oxygen", FACILITY_ID: "firm", POINT: "point",
        "outlet": "point", "outfall": "point", "name": "point",
    }  # fmt: skip
    if name in simple:
        return Column(column.heading, simple[name], point=column.point)
    of, _, part = name.partition(".")
    for lead in ("emissions.", "water."):
        if name.startswith(lead):
            of, _, part = name.removeprefix(lead).partition(".")
    substance = reader.words.substance(of)
    if substance is not None and part in ("", STATE, "converted"):
        role: Role = "state" if part == STATE else "converted" if part else "value"
        return Column(
            column.heading, role, substance.id, unit or (column.unit if role != "state" else ""), column.point
        )
    if of == OXYGEN and part == STATE:
        return Column(column.heading, "state", OXYGEN, point=column.point)
    return Column(column.heading, "fact", name)


def _beside(found: dict[int, Column], said: Collection[str]) -> dict[int, Column]:
    """The columns beside each other: which of measured and converted values are read, and what is of the influent."""
    changed = dict(found)
    inflows = any(column.role == "influent" for column in found.values())
    for number, column in found.items():
        if column.role == "value" and inflows and column.heading not in said and not EFFLUENT.search(column.heading):
            changed[number] = column._replace(role="open")  # of which side it is nobody says
    converted = {column.name for column in changed.values() if column.role == "converted"}
    values = {column.name for column in changed.values() if column.role == "value"}
    oxygen = any(column.role == "oxygen" for column in changed.values())
    if not converted or (values and oxygen):
        return changed
    # What is converted stands at the reference already: with an oxygen content it would be converted twice, and what is
    # measured cannot be converted without one.
    new: dict[Role, Role] = {"converted": "value", "oxygen": "left", "value": "measured"}
    return {number: column._replace(role=new.get(column.role, column.role)) for number, column in changed.items()}


def facts(found: Mapping[int, Column], kind: Kind, reader: Reader, table: Section) -> dict[int, Column]:
    """The columns with those that say what the register asks of a subject (its region, its process)."""
    changed = dict(found)
    for number, column in found.items():
        if column.role == "open":
            meant = reader.meaning(table.captions[number], kind)
            if meant.role == "read" and not meant.unit and meant.name.partition(".")[0] not in ("emissions", "water"):
                changed[number] = column._replace(role="fact", name=meant.name)
    return changed


def is_export(table: Section, reader: Reader, settings: Settings) -> bool:
    """Whether a table holds measurements over time: a time, pollutants, and several times of one point.

    A register of outlets may also tell when each was measured: its rows are of as many outlets.
    """
    found = columns(table, reader, settings)
    roles = [column.role for column in found.values()]
    if roles.count("time") != 1 or not any(c.role in ("value", "converted") or c.lacks_unit for c in found.values()):
        return False
    if any(
        (known := reader.words.choice(LONG, c.parts[-1])) and known.id == "pollutant" for c in table.captions.values()
    ):
        return False  # a long table
    of = {column.role: number for number, column in found.items()}
    timed: dict[tuple[str, ...], set[str]] = {}
    rows = undated = 0
    for _, cells in table.rows:
        text = _without_zone(plain(cells.get(of["time"], "")))
        match = STAMP.fullmatch(text)
        if text and match is not None and (match["d"] or match["d2"]):
            rows += 1
            point = tuple(cells.get(of[role], "") for role in ("firm", "point") if role in of)
            timed.setdefault(point, set()).add(text)
        elif (match is not None and match["h"]) or DAY_NUMBER.fullmatch(text):
            undated += 1  # an hour of the day, a day of the month that a line above names
    asked = sum(column.role == "open" and not column.lacks_unit for column in found.values())
    several = sum(len(times) for times in timed.values() if len(times) >= LEAST_ROWS)
    timely = (undated >= LEAST_ROWS and undated > rows) or (rows >= LEAST_ROWS and several * 2 > rows)
    return timely and (rows + undated) * 4 >= len(table.rows) and asked <= len(roles) // 2


def _without_zone(text: str) -> str:
    """A time that has a zone is one nevertheless; that it has is told when its row is read."""
    return ZONE.sub("", text) if ZONED.fullmatch(text) else text


def named(found: Iterable[Column], role: Role) -> list[str]:
    """The headings of the columns in a role."""
    return [column.heading for column in found if column.role == role]


def twice(found: Mapping[int, Column]) -> Iterator[str]:
    """Headings of columns that would be read as the same."""
    seen: set[tuple[str, str, str]] = set()
    for column in found.values():
        if column.role in ("left", "aside", "rate", "limit", "influent", "converted", "open", "firm", "point", "fact"):
            continue
        if column.role == "state" and not column.name:
            continue  # each of them may say why the hour is not one
        key = (column.role, column.name, column.point)
        if key in seen:
            yield column.heading
        seen.add(key)


def points_of(found: Mapping[int, Column]) -> Sequence[str]:
    """The points that groups of columns are headed by; one without a name where they are not."""
    return list(
        dict.fromkeys(column.point for column in found.values() if column.role == "value" or column.lacks_unit)
    ) or [""]
