"""Texts in both languages, and the problems that are told with them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple


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


class Place(NamedTuple):
    """Where something stands; line and column count from 1, 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        column = f":{self.column}" if self.column else ""
        return f"{self.file}:{self.line}{column}" if self.line else self.file


class Problem(NamedTuple):
    """Something wrong with the input: where, what, and what would be right."""

    place: Place
    what: Text
    remedy: Text = EMPTY

    def within(self, lang: str) -> str:
        """One line for a reader of ``lang``."""
        remedy = self.remedy.within(lang)
        gap = "" if lang == "zh" else " "
        stop = "。" if lang == "zh" else "."
        tail = f"{stop}{gap}{remedy}" if remedy else ""
        return f"{self.place}: {self.what.within(lang)}{tail}"


class InputError(Exception):
    """The input cannot be used; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(p.within("en") for p in self.problems))


def nearest(word: str, known: Iterable[str]) -> Text:
    """A remedy that names the known words nearest to ``word``, or some of them."""
    words = sorted(set(known))
    near = difflib.get_close_matches(word[:80], words, n=3, cutoff=0.6)
    if near:
        joined = ", ".join(near)
        return Text(f"是否指：{joined}", f"Did you mean: {joined}")
    shown = ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
    return Text(f"可用：{shown}", f"Known: {shown}")
