"""One row a finding for spreadsheets: UTF-8 with a byte order mark, by which Excel knows that it is Chinese.

In English the column names and codes are those of the JSON contract, so that a script finds the same words in both.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

from envcheck.model.finding import Result
from envcheck.report.formats.jsonl import rows
from envcheck.report.parts.phrases import FLAGS, MODALITY, OUTCOME, STATUS, clean
from envcheck.text.messages import EMPTY, Text, ptr, tr
from envcheck.text.problems import Place
from envcheck.units.quantity import NUMBER
from envcheck.vocabulary.words import Vocabulary

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula, in both widths."""

KINDS_OF_ROW = {**STATUS, "manual": tr("left to people"), "unused_waiver": tr("waiver not used")}

Row = Mapping[str, Any]
Column = tuple[Text, Callable[[Row, str], str]]


def render(result: Result, vocabulary: Vocabulary, lang: str = "zh") -> bytes:
    """The findings, duties for people and unused waivers as rows under one heading."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([name.within(lang) for name, _ in COLUMNS])
    writer.writerows([defused(value(row, lang)) for _, value in COLUMNS] for row in rows(result, vocabulary))
    return stream.getvalue().encode("utf-8-sig", "backslashreplace")


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
    (ptr("csv", "facility"), _plain("facility")),
    (ptr("csv", "name"), _plain("name")),
    (ptr("csv", "source"), _plain("source")),
    (ptr("csv", "place"), _place),
    (ptr("csv", "as_of"), _plain("as_of")),
    (ptr("csv", "outcome"), _coded("outcome", OUTCOME)),
    (ptr("csv", "status"), _coded("status", KINDS_OF_ROW)),
    (ptr("csv", "subject"), _plain("subject")),
    (ptr("csv", "title"), _text("title")),
    (ptr("csv", "modality"), _coded("modality", MODALITY)),
    (ptr("csv", "measured"), _part("measured", "value")),
    (ptr("csv", "measured_unit"), _part("measured", "unit")),
    (ptr("csv", "op"), _part("limit", "op")),
    (ptr("csv", "limit"), _part("limit", "value")),
    (ptr("csv", "limit_unit"), _part("limit", "unit")),
    (ptr("csv", "margin"), _plain("margin")),
    (ptr("csv", "would_pass"), _text("would_pass")),
    (ptr("csv", "due"), _plain("due")),
    (ptr("csv", "missing"), _plain("missing")),
    (ptr("csv", "message"), _text("message")),
    (ptr("csv", "remedy"), _text("remedy")),
    (ptr("csv", "flags"), _flags),
    (ptr("csv", "waiver"), _waiver),
    (ptr("csv", "pack"), _plain("pack")),
    (ptr("csv", "clause"), _plain("clause")),
    (ptr("csv", "rule"), _rule),
    (ptr("csv", "covers"), _plain("covers")),
    (ptr("csv", "configured"), _plain("configured")),
    (ptr("csv", "unread"), _plain("unread")),
)
