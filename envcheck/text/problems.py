"""What is wrong with an input: where, what, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from envcheck.text.messages import EMPTY, Text, join, ptr, tr


class Place(NamedTuple):
    """Where something stands; line and column count from 1, 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join((self.file, *(str(number) for number in (self.line, self.column) if number)))


class Problem(NamedTuple):
    """Something wrong with the input: where, what, and what would be right."""

    place: Place
    what: Text
    remedy: Text = EMPTY

    def within(self, lang: str) -> str:
        """One line for a reader of ``lang``."""
        told = join(ptr("sentences", ". "), (self.what, self.remedy)) if self.remedy != EMPTY else self.what
        return f"{self.place}: {told.within(lang)}"


class InputError(Exception):
    """The input cannot be used; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(p.within("en") for p in self.problems))


def nearest(word: str, known: Iterable[str]) -> Text:
    """A remedy that names the known words nearest to ``word``, or some of them."""
    return nearest_meant(word, {one: Text(one, one) for one in sorted(set(known))})


def nearest_meant(word: str, known: Mapping[str, Text]) -> Text:
    """The same for words that are told by what they mean."""
    near = near_meant(word, known)
    if near != EMPTY:
        return near
    every = list(dict.fromkeys(known.values()))
    return tr("Known: {words}", words=_row(every[:12]) + (Text(" …", " …") if len(every) > 12 else EMPTY))


def near_meant(word: str, known: Mapping[str, Text]) -> Text:
    """A remedy that names what the nearest words mean; one that holds ``word``, or the contrary, is near. Empty for none."""
    near = difflib.get_close_matches(word[:80], known, n=3, cutoff=0.6)
    if not word.isascii():
        near += [one for one in known if not one.isascii() and (word in one or one in word)]
    found = [known[word]] if word in known else list(dict.fromkeys(known[one] for one in near))[:3]
    return tr("Did you mean: {words}", words=_row(found)) if found else EMPTY


def _row(texts: Sequence[Text]) -> Text:
    return Text(", ".join(text.zh for text in texts), ", ".join(text.en for text in texts))
