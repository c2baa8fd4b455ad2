"""Texts in both languages.

The English of a text stands in the code and is the key of its Chinese in the gettext catalogue `locale/zh`; docs/texts.md
says how one is added. Texts that are data (vocabulary, rules, plans) bring both languages with them.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import NamedTuple

LOCALE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "locale")
"""The folder of the catalogues."""


class Text(NamedTuple):
    """One text in Chinese and English."""

    zh: str
    en: str

    def within(self, lang: str) -> str:
        """The text in ``lang`` ("zh" or "en")."""
        return self.zh if lang == "zh" else self.en

    def __add__(self, other: Text) -> Text:  # type: ignore[override]
        return Text(self.zh + other.zh, self.en + other.en)


EMPTY = Text("", "")


# --- texts of our own, by their English ------------------------------------------------------------------------------


def tr(message: str, /, **values: object) -> Text:
    """A text by its English, with the Chinese of the catalogue.

    Named fields (`{limit}`) take ``values``, each told as its type asks: a `Text` in the language, a date in the
    language's manner, all else by `str`. A brace that is meant is doubled.

    >>> tr("in force from {start}", start=date(2026, 1, 1))
    Text(zh='自2026年1月1日起施行', en='in force from 1 January 2026')
    """
    return _told(_chinese().get(message, message), message, values)


def ptr(context: str, message: str, /, **values: object) -> Text:
    """As `tr`, for English words that have more than one Chinese: ``context`` tells which is meant."""
    return _told(_chinese().get(f"{context}\4{message}", message), message, values)


def ntr(one: str, many: str, n: int, /, **values: object) -> Text:
    """As `tr`, with the English for one thing and for several; ``n`` fills the field `{n}`."""
    return _told(_chinese().get(f"{one}\0{many}", many), one if n == 1 else many, {"n": n, **values})


def join(separator: Text, parts: Iterable[object]) -> Text:
    """Several values as one text, told as in `tr`."""
    told = list(parts)
    return Text(*(separator.within(lang).join(_in(lang, part) for part in told) for lang in ("zh", "en")))


def listed(parts: Iterable[object]) -> Text:
    """Things one after another: 甲，乙 and a, b."""
    return join(ptr("list", ", "), parts)


@cache
def day(value: date) -> Text:
    """A date as each language writes it: 2025年12月31日 and 31 December 2025 (the long forms of CLDR; en as in en-GB)."""
    return ptr("date", "{day} {month} {year}", day=value.day, month=_months()[value.month - 1], year=value.year)


@cache
def _months() -> tuple[Text, ...]:
    return (
        ptr("month", "January"), ptr("month", "February"), ptr("month", "March"), ptr("month", "April"),
        ptr("month", "May"), ptr("month", "June"), ptr("month", "July"), ptr("month", "August"),
        ptr("month", "September"), ptr("month", "October"), ptr("month", "November"), ptr("month", "December"),
    )  # fmt: skip


@cache
def _chinese() -> dict[str, str]:
    """The Chinese of every text by the keys of a .mo file, read when the first text is told.

    The standard library's reader takes 8 ms for it (it compiles the rule of plurals, of which Chinese has one form, and
    loads `locale`), this one 0.6 ms. Format: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
    """
    with open(os.path.join(LOCALE, "zh", "LC_MESSAGES", "envcheck.mo"), "rb") as stream:
        data = stream.read()
    count, *tables = struct.unpack_from("<III", data, 8)
    texts = [
        [
            data[start : start + length].decode()
            for length, start in struct.iter_unpack("<II", data[at : at + 8 * count])
        ]
        for at in tables
    ]
    return dict(zip(*texts, strict=True))


def _told(zh: str, en: str, values: dict[str, object]) -> Text:
    return Text(
        zh.format_map({name: _in("zh", value) for name, value in values.items()}),
        en.format_map({name: _in("en", value) for name, value in values.items()}),
    )


def _in(lang: str, value: object) -> str:
    if isinstance(value, Text):
        return value.within(lang)
    return day(value).within(lang) if isinstance(value, date) else str(value)
