"""How a workbook spells what YAML says by nesting: headings, several values in a cell, characters no cell can hold."""

from __future__ import annotations

import re
from typing import NamedTuple

from envcheck.text.messages import Text, tr
from envcheck.vocabulary.words import PARTS, Attribute, Kind, Substance, Vocabulary

MARK = "#"
FACILITY = "facility"
CHOICES_SHEET = "_lists"
WHOLE = "*"
"""Stands for every substance of the row: `emissions.*.O2` is the oxygen content at which they all were measured."""
NONE = ("无", "none", "[]", "{}")
"""Said of a list: there is none, which is not the same as not known."""
NO_SUBJECTS = NONE[0]
NO_SUBSTANCES = NONE[3]
AT_REFERENCE = ("at_reference", "at reference", "已折算")
"""Said of an oxygen content: there is none beside a concentration that stands at the reference content already."""
SEVERAL = re.compile(r"\s*[;；\n]\s*")
LOOSE = re.compile(r"\s*[;；\n、，,]\s*")
HEADING = re.compile(r"(?P<key>.*?)(?:\s+\[(?P<unit>[^\[\]]*)\])?")
UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]|\\\\(?=u[0-9a-f]{4})|_(?=x[0-9A-Fa-f]{4}_)|(?<=x)0(?=05F_)"
)
ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


class Key(NamedTuple):
    """What a column or row is about: an attribute, one of its substances, a part of a measurement."""

    attribute: Attribute
    substance: str = ""
    part: str = ""

    @property
    def text(self) -> str:
        """The key as it is written: `emissions.NOx.O2`."""
        return ".".join(word for word in (self.attribute.name, self.substance, self.part) if word)


def parse(text: str, kind: Kind, words: Vocabulary) -> Key | None:
    """The key of a heading (without its unit); None where it names nothing that the kind has."""
    name, _, rest = text.partition(".")
    attribute = words.attribute_by_key(kind, name)
    if attribute is None or (rest and not attribute.is_map):
        return None
    part = next((p for p in PARTS if rest.endswith(f".{p}")), "")
    substance = rest.removesuffix(f".{part}") if part else rest
    if not substance:
        return Key(attribute) if not rest else None
    if substance == WHOLE:
        return Key(attribute, WHOLE, part) if part else None
    found = words.substance(substance, attribute.takes)
    return None if found is None else Key(attribute, found.id, part)


def unit_of(key: Key, words: Vocabulary) -> str:
    """The unit that a bare number takes under a key."""
    if key.part:
        return "%" if key.part in ("O2", "moisture") else ""
    if key.attribute.is_map and not key.substance:
        return ""
    substance: Substance | None = words.substances.get(key.substance)
    return key.attribute.unit if substance is None or substance.unit is None else substance.unit


def label_of(key: Key, kind: Kind, words: Vocabulary) -> Text:
    """What people call it."""
    if key.substance == WHOLE:
        return tr("{every} of all {label}", every=PARTS[key.part], label=key.attribute.label)
    return words.label(kind, tuple(word for word in (key.attribute.name, key.substance, key.part) if word))


def is_date(key: Key) -> bool:
    """Whether a date is due."""
    return key.part == "measured_on" or (not key.part and key.attribute.type in ("date", "event"))


def is_number(key: Key) -> bool:
    """Whether a number is due, with or without a unit."""
    if key.part:
        return key.part in ("O2", "moisture")
    return key.attribute.type in ("number", "quantity") or bool(key.attribute.is_map and key.substance)


def is_measured(key: Key) -> bool:
    """Whether a concentration is due, of which laboratories may say that nothing was found."""
    return key.attribute.type in ("emissions", "water") and bool(key.substance) and not key.part


def heading(text: str) -> tuple[str, str]:
    """A heading's key and unit.

    >>> heading("capacity [t/h]")
    ('capacity', 't/h')
    """
    match = HEADING.fullmatch(text.strip())
    assert match is not None
    return match["key"].strip(), (match["unit"] or "").strip()


def headed(key: str, unit: str) -> str:
    """The heading of a key and a unit."""
    return f"{key} [{unit}]" if unit else key


def several(text: str, listing: str, words: Vocabulary) -> list[str]:
    """The choices that a cell names, parted by semicolons or lines, or by commas that no choice's own name has."""
    found: list[str] = []
    for piece in SEVERAL.split(text.strip()):
        fits = not piece or words.choice(listing, piece) is not None
        found += [piece] if fits else LOOSE.split(piece)
    return [piece for piece in found if piece]


def fit(text: str) -> str:
    r"""A text as a cell can hold it: control characters become `\u0007`, and so what would read like one."""
    return UNFIT.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def unfit(text: str) -> str:
    """The text that `fit` made fit."""
    return ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
