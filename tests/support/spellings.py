"""One facility, told as people spell it: the same facts in other words, numbers, units, days and letters."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
from hypothesis import strategies as st

from support import shipped

UNITS = {
    "mg/m3": [("mg/m³", 0), ("毫克/立方米", 0), ("mg/Nm3", 0), ("㎎/㎥", 0), ("g/m3", -3), ("μg/m3", 3)],
    "mg/L": [("毫克/升", 0), ("mg/l", 0), ("ug/L", 3)],
    "t/h": [("蒸吨/时", 0), ("T/h", 0), ("t/h", 0)],
    "t/yr": [("吨/年", 0), ("t/a", 0), ("kg/yr", 3)],
    "%": [("％", 0), ("percent", 0)],
    "MW": [("兆瓦", 0), ("kW", 3)],
    "m": [("米", 0), ("km", -3)],
    "m3/d": [("立方米/日", 0), ("m³/d", 0)],
}
"""Other spellings of a unit, with the power of ten that a number of the unit is to be multiplied by."""
SHOWN = [
    str,
    lambda text: f" {text} ",
    lambda text: text.translate(str.maketrans("0123456789.", "０１２３４５６７８９．")),
    lambda text: text if "." in text else f"{text}.0",
    lambda text: f"{text}\u00a0",
]
DAYS = ["{0}/{1}/{2}", "{0}年{1}月{2}日", "{0}.{1}.{2}", "{0}-{1:02}-{2:02} 00:00:00", "{0}-{1}-{2}"]
TRUTHS = {"true": ["是", "yes", "TRUE", "Y", "√"], "false": ["否", "no", "False", "N", "×"]}
REGIONS = {"150203": ["昆都仑区", "包头市昆都仑区", "１５０２０３", "内蒙古自治区包头市昆都仑区"]}
SAYS_NOTHING = ["—", "/", "不涉及", "N/A", "——"]
BLANK = ("quantity", "number", "ratio", "choice", "date", "event", "yes_no", "region")


def number(draw: st.DrawFn, text: str) -> str:
    """``30.1 mg/m3`` in other words."""
    figure, _, unit = text.partition(" ")
    if unit in UNITS and draw(st.booleans()):
        unit, power = draw(st.sampled_from(UNITS[unit]))
        figure = f"{Decimal(figure).scaleb(power):f}"
    shown = draw(st.sampled_from(SHOWN))(figure)
    return f"{shown}{draw(st.sampled_from([' ', '']))}{unit}".rstrip() if unit else shown


def day(draw: st.DrawFn, text: str) -> str:
    return draw(st.sampled_from(DAYS)).format(*map(int, text.split("-")))


def respelled(draw: st.DrawFn, attribute: Any, value: Any) -> Any:
    """The same fact as somebody else writes it."""
    words = shipped()[0]
    if isinstance(value, dict) and attribute.is_map:
        found = {substance: _measurement(draw, given) for substance, given in value.items()}
        if attribute.type == "emissions" and draw(st.booleans()):
            found.setdefault(draw(st.sampled_from(["PM", "SO2", "NOx"])), draw(st.sampled_from(SAYS_NOTHING)))
        return found
    if isinstance(value, list):
        return [respelled(draw, attribute._replace(type="choice"), one) for one in value]
    match attribute.type:
        case "yes_no":
            return draw(st.sampled_from(TRUTHS[value]))
        case "event":
            return draw(st.sampled_from(TRUTHS[value])) if value in TRUTHS else day(draw, value)
        case "date":
            return day(draw, value)
        case "choice" | "level":
            choice = words.choices[attribute.choices][value]
            telling_more = {implied.word for implied in choice.implies}
            plain = [alias for alias in choice.aliases if alias not in telling_more]
            return draw(st.sampled_from([value, choice.label.zh, f" {choice.label.zh} ", *plain]))
        case "quantity" | "number" | "ratio":
            return number(draw, value)
        case "region":
            return draw(st.sampled_from(REGIONS[value]))
    return value


def _measurement(draw: st.DrawFn, found: Any) -> Any:
    if isinstance(found, str):
        return number(draw, found)
    return {part: text if part == "basis" else number(draw, text) for part, text in found.items()}


@st.composite
def told_otherwise(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, Any]:
    """A facility as plain data, each fact in other words, and here and there a mark that says nothing."""
    words = shipped()[0]
    plurals = {kind.plural: kind for kind in words.kinds.values()}

    def facts(kind: Any, given: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for name, value in given.items():
            attribute = words.attribute(kind, name) if name not in ("format", "id") else None
            found[name] = value if attribute is None else respelled(draw, attribute, value)
        blank = [a.name for a in words.attributes(kind) if a.type in BLANK and a.name not in given]
        for name in draw(st.lists(st.sampled_from(blank), max_size=2)):
            found[name] = draw(st.sampled_from(SAYS_NOTHING))
        return found

    top = {name: value for name, value in data.items() if name not in plurals}
    lists = {name: [facts(plurals[name], one) for one in data[name]] for name in data if name in plurals}
    return {**facts(words.kinds["facility"], top), **lists}


def rows_of(data: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """The tables of a register by name; cells are what the facility file says, headings the keys of the file."""
    plurals = {kind.plural for kind in shipped()[0].kinds.values()}

    def flat(facts: dict[str, Any], before: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in facts.items():
            if isinstance(value, dict):
                inner = {key.removesuffix(".value"): text for key, text in flat(value, f"{before}{name}.").items()}
                found.update(inner or {f"{before}{name}": "none"})
            elif isinstance(value, list):
                if value:
                    found[before + name] = "；".join(value)
            else:
                found[before + name] = value
        return found

    own = {name: value for name, value in data.items() if name not in plurals and name != "format"}
    tables = {"facilities": [flat(own)]}
    for plural in plurals & set(data):
        if data[plural]:
            tables[plural] = [{"facility_id": data["id"], **flat(facts)} for facts in data[plural]]
    return tables


def write_register(folder: Path, plants: list[dict[str, Any]], form: str) -> None:
    """The plants as a register of csv, xlsx or parquet tables, every cell as it is spelled."""
    tables: dict[str, list[dict[str, str]]] = {}
    for data in plants:
        for name, rows in rows_of(data).items():
            tables.setdefault(name, []).extend(rows)
    folder.mkdir()
    for name, rows in tables.items():
        heads = list(dict.fromkeys(head for row in rows for head in row))
        for head in heads:
            if head.endswith(".O2"):  # an empty cell would be an oxygen content that is not known
                for row in rows:
                    if row.get(head.removesuffix(".O2")):
                        row.setdefault(head, "at_reference")
        cells = [[row.get(head, "") for head in heads] for row in rows]
        path = folder / f"{name}.{form}"
        if form == "csv":
            with open(path, "w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([heads, *cells])
        elif form == "xlsx":
            book = openpyxl.Workbook()
            for row in [heads, *cells]:
                book.active.append([cell or None for cell in row])
            book.save(path)
        else:
            pl.DataFrame(cells, schema=dict.fromkeys(heads, pl.String), orient="row").write_parquet(path)


def form_of(data: dict[str, Any]) -> openpyxl.Workbook:
    """The plant as a form: a sheet for itself, one a kind, as a person types it."""
    book = openpyxl.Workbook()
    tables = rows_of(data)
    sheet = book.active
    sheet.title = "facility"
    (own,) = tables.pop("facilities")
    own |= {name: "none" for name, value in data.items() if value == []}
    for row in [("#", "key", "value"), (None, "format", data["format"]), *((None, *pair) for pair in own.items())]:
        sheet.append(row)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        heads = [head for head in dict.fromkeys(head for row in rows for head in row) if head != "facility_id"]
        sheet.append(["#", *heads])
        for row in rows:
            sheet.append([None, *(row.get(head) for head in heads)])
    return book
