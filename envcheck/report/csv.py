"""One row a finding for spreadsheets: UTF-8 with a byte order mark, by which Excel knows that it is Chinese.

In English the column names and codes are those of the JSON contract, so that a script finds the same words in both.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

from envcheck.model import Result
from envcheck.quantity import NUMBER
from envcheck.report.jsonl import rows
from envcheck.report.words import FLAGS, MODALITY, OUTCOME, STATUS, clean
from envcheck.text import EMPTY, Place, Text
from envcheck.vocabulary import Vocabulary

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula, in both widths."""

KINDS_OF_ROW = {**STATUS, "manual": Text("人工核查", ""), "unused_waiver": Text("豁免未用到", "")}

Row = Mapping[str, Any]
Column = tuple[str, str, Callable[[Row, str], str]]


def render(result: Result, vocabulary: Vocabulary, lang: str = "zh") -> bytes:
    """The findings, duties for people and unused waivers as rows under one heading."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([zh if lang == "zh" else en for en, zh, _ in COLUMNS])
    writer.writerows([defused(value(row, lang)) for _, _, value in COLUMNS] for row in rows(result, vocabulary))
    return stream.getvalue().encode("utf-8-sig")


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    shown = clean(text)
    if shown.lstrip().startswith(FORMULA) and not NUMBER.fullmatch(shown):
        return f"'{shown}"
    return shown


def _plain(key: str) -> Callable[[Row, str], str]:
    def value(row: Row, _lang: str) -> str:
        found = row.get(key)
        if isinstance(found, list):
            return "; ".join(found)
        return "" if found is None else str(found)

    return value


def _part(key: str, part: str) -> Callable[[Row, str], str]:
    def value(row: Row, _lang: str) -> str:
        return str((row.get(key) or {}).get(part) or "")

    return value


def _text(key: str) -> Callable[[Row, str], str]:
    return lambda row, lang: str((row.get(key) or {}).get(lang, ""))


def _coded(key: str, labels: Mapping[str, Text]) -> Callable[[Row, str], str]:
    """A code, or what it is called in Chinese."""

    def value(row: Row, lang: str) -> str:
        code = str(row.get(key) or "")
        return labels.get(code, EMPTY).zh or code if lang == "zh" else code

    return value


def _flags(row: Row, lang: str) -> str:
    codes: list[str] = row.get("flags") or []
    return "; ".join((FLAGS[code].zh if lang == "zh" and code in FLAGS else code) for code in codes)


def _rule(row: Row, _lang: str) -> str:
    """The rule, or the duty for people by the same pattern."""
    return str(row.get("rule") or (f"{row['pack']}/{row['id']}" if "id" in row else ""))


def _waiver(row: Row, _lang: str) -> str:
    waiver = row if row["status"] == "unused_waiver" else row.get("waiver")
    return f"{waiver['document']}; {waiver['approver']}; {waiver['until']}; {waiver['reason']}" if waiver else ""


def _place(row: Row, _lang: str) -> str:
    """Where the governing value stands, else where the subject begins."""
    place = row.get("measured_place") or row.get("place")
    return str(Place(**place)) if place else ""


COLUMNS: tuple[Column, ...] = (
    ("facility", "企业编号", _plain("facility")),
    ("name", "企业名称", _plain("name")),
    ("source", "档案文件", _plain("source")),
    ("place", "位置", _place),
    ("as_of", "评估日期", _plain("as_of")),
    ("outcome", "企业结论", _coded("outcome", OUTCOME)),
    ("status", "结论", _coded("status", KINDS_OF_ROW)),
    ("subject", "对象", _plain("subject")),
    ("title", "要求", _text("title")),
    ("modality", "约束力", _coded("modality", MODALITY)),
    ("measured", "实测值", _part("measured", "value")),
    ("measured_unit", "实测单位", _part("measured", "unit")),
    ("op", "关系", _part("limit", "op")),
    ("limit", "限值", _part("limit", "value")),
    ("limit_unit", "限值单位", _part("limit", "unit")),
    ("margin", "余量（占限值）", _plain("margin")),
    ("would_pass", "达标要求", _text("would_pass")),
    ("due", "期限", _plain("due")),
    ("missing", "缺少的资料", _plain("missing")),
    ("message", "说明", _text("message")),
    ("remedy", "整改", _text("remedy")),
    ("flags", "注意", _flags),
    ("waiver", "豁免", _waiver),
    ("pack", "规则包", _plain("pack")),
    ("clause", "条款", _plain("clause")),
    ("rule", "规则", _rule),
    ("covers", "要求编号", _plain("covers")),
)
