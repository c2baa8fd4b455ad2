"""What a form tells about a field: what may be written, an example, and which rules ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from envcheck.forms.keys import AT_REFERENCE, NO_SUBJECTS, Key, unit_of
from envcheck.text.messages import EMPTY, Text, join, ptr, tr
from envcheck.units.quantity import show
from envcheck.vocabulary.words import Choice, Kind, Vocabulary

YES_NO = (tr("yes"), tr("no"))
BASES = (tr("dry"), tr("wet"))
CHOSEN = frozenset({"choice", "choices", "level"})
TITLES = 2


def option(listing: str, choice: Choice, words: Vocabulary, lang: str) -> str:
    """How a choice is offered: by its label, or its id where the label would be read as another choice."""
    label = choice.label.within(lang)
    found = words.choice(listing, label)
    return label if found is not None and found.id == choice.id else choice.id


def options(key: Key, words: Vocabulary, lang: str) -> tuple[str, ...]:
    """The values that a field allows, where they can be listed."""
    if key.part == "basis":
        return tuple(text.within(lang) for text in BASES)
    if key.part or key.substance:
        return ()
    if key.attribute.type == "yes_no":
        return tuple(text.within(lang) for text in YES_NO)
    if key.attribute.type in CHOSEN:
        listing = key.attribute.choices
        return tuple(option(listing, choice, words, lang) for choice in words.choices[listing].values())
    return key.attribute.names


def manner(key: Key, words: Vocabulary, *, sheet: bool) -> Text:
    """How a field is filled in, on a sheet or in YAML."""
    unit, kind = unit_of(key, words), key.attribute.type
    if key.part == "basis":
        return tr("dry or wet; dry where left out and no moisture is stated")
    if key.part == "O2" and sheet:
        mark = Text(AT_REFERENCE[2], AT_REFERENCE[0])
        return tr(
            "percent, such as 5.2; {mark} where the value is at the reference content; empty is unknown", mark=mark
        )
    if key.part in ("O2", "moisture"):
        return tr("percent, such as 5.2")
    if key.part == "measured_on" or kind == "date":
        return tr("a date such as 2025-12-31")
    if key.attribute.is_map and not key.substance:
        if sheet:
            return tr("add a column for each substance; write none if there is none")
        return tr("list the substances; write {{}} if there is none")
    if kind == "yes_no":
        return tr("yes or no")
    if kind == "event":
        return tr("yes, no, or the day it was done, such as 2025-12-31")
    if kind == "choices":
        if not sheet:
            return tr("one or several, as in [a, b]")
        return tr("one or several, parted by semicolons")
    if kind == "region":
        return tr("GB/T 2260 code such as 150203 (Kundulun District)")
    if kind == "ratio":
        return tr("a ratio such as 1.25:1")
    if kind == "number":
        return tr("a number")
    if not unit:
        return EMPTY
    others = [spelling for spelling in words.units.spellings.get(unit, ()) if spelling != unit][:4]
    parts = [tr("a number in {unit}", unit=unit) if sheet else tr("a number with its unit, as in 20 {unit}", unit=unit)]
    if others and sheet and unit != "%":
        units = join(ptr("list of words", ", "), others)
        parts.append(tr("write any other unit beside it: {units}", units=units))
    if key.attribute.is_map:
        parts.append(tr("write < and the detection limit where nothing was found"))
    return join(ptr("list", "; "), parts)


def asked_by(titles: Sequence[Text]) -> Text:
    """The rules that use a field: the first few titles, and how many there are."""
    if not titles:
        return EMPTY
    told = join(ptr("list", "; "), titles[:TITLES])
    more = len(titles) - TITLES
    if more > 0:
        return tr("used by: {rules} and {more} more", rules=told, more=more)
    return tr("used by: {rules}", rules=told)


def note(key: Key, titles: Sequence[Text], words: Vocabulary, *, sheet: bool = True) -> Text:
    """All that a form says about a field."""
    own = key.attribute.help if not key.part else EMPTY
    parts = [text for text in (manner(key, words, sheet=sheet), own, asked_by(titles)) if text != EMPTY]
    return join(ptr("sentences", ". "), parts)


def example(key: Key, kind: Kind, words: Vocabulary, lang: str) -> str:
    """A value that the field accepts, without its unit."""
    listed = options(key, words, lang)
    if listed:
        return listed[0]
    if key.attribute.is_map and not key.substance:
        return NO_SUBJECTS
    if key.part in ("O2", "moisture"):
        return "5.2"
    if key.part == "measured_on" or key.attribute.type in ("date", "event"):
        return "2025-12-31"
    if key.attribute.name == "id":
        return f"{kind.id[0].upper()}1"
    if key.attribute.name == "name":
        return tr("{kind} 1", kind=kind.label).within(lang)
    if key.attribute.type == "region":
        return "150203"
    if key.attribute.type == "ratio":
        return "1.25:1"
    if key.attribute.type == "series":
        return "data/water.csv" if key.attribute.of == "water" else "data/gas.csv"
    if key.attribute.type == "text":
        return tr("...").within(lang)
    low, high = key.attribute.low or Fraction(0), key.attribute.high
    value = Fraction(7) if key.substance == "pH" else Fraction(20)
    return show(max(low, value if high is None else min(high, value)))
