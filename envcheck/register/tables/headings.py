"""The headings of a register's tables: vocabulary names with a unit in brackets, `capacity (t/h)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

import polars as pl

from envcheck.facility.facts import ambiguous
from envcheck.facility.series.headings import COLUMNS, LONG, OXYGEN
from envcheck.forms import keys
from envcheck.register.columns.layout import FACILITY_ID, ID, Column, Layout
from envcheck.text.messages import EMPTY, Text, listed, ptr, tr
from envcheck.text.problems import Place, Problem, near_meant
from envcheck.units import gas
from envcheck.units.quantity import UnitError, unit_key
from envcheck.vocabulary.words import Attribute, Kind, Substance, Vocabulary

HEADING = re.compile(r"\s*(?P<name>.*?)\s*(?:[(（\[【](?P<unit>[^()（）\[\]【】]*)[)）\]】])?\s*", re.DOTALL)
LABEL = tr("id of the facility")
FACILITY_KEY = keys.Key(Attribute(FACILITY_ID, "text", LABEL))
UNREAD = ("records", "series")
_folded = lru_cache(maxsize=4096)(unit_key)
TWICE = re.compile(r"(.*)_duplicated_[0-9]+", re.DOTALL)
"""How Polars calls the second of two columns of one heading."""
TOLD = 20
"""So many unknown headings are told one by one: to look for the nearest word takes time."""
COMMON = "table_column"
"""The list of the vocabulary that tells how columns of tables are commonly headed."""


def layout(
    place: Place,
    kind: Kind,
    headings: Mapping[str, pl.DataType],
    words: Vocabulary,
    renamed: Mapping[str, str],
    problems: list[Problem],
) -> Layout:
    """What the columns of a table are about; what cannot be read is told in ``problems``.

    ``renamed`` maps headings to vocabulary names (with a unit, if need be), as a mapping file gives them; a heading
    that begins with `#` is not read.
    """
    columns: dict[str, Column] = {}
    unknown = 0
    for heading, dtype in headings.items():
        if (twice := TWICE.fullmatch(heading)) is not None and twice[1] in headings:
            problems.append(Problem(place, tr("column {text} again", text=twice[1])))
            continue
        spelled = renamed.get(heading, heading)
        if spelled.startswith("#"):
            continue
        match = HEADING.fullmatch(spelled)
        assert match is not None
        name, unit = match["name"], (match["unit"] or "").strip()
        key = keys.parse(name, kind, words)
        if key is None and (whole := meaning(spelled.strip(), kind, words)) is not None:
            key, unit = whole, ""  # the brackets are part of a label
        key = key or meaning(name, kind, words)
        if key is None or key.attribute.type in UNREAD:
            unknown += 1
            if unknown > TOLD:
                continue
            readable = [FACILITY_KEY.attribute, *(a for a in words.attributes(kind) if a.type not in UNREAD)]
            known = {word: Text(word, word) for a in readable for word in [a.name if name.isascii() else a.label.zh]}
            of = Text(kind.label.zh, kind.plural)
            what = tr("{kind} has no column {name}", kind=of, name=name)
            near = near_meant(name, known)
            skip = tr("the heading of a column that is not to be read begins with #")
            problems.append(Problem(place, what, skip if near == EMPTY else near + ptr("list", "; ") + skip))
            continue
        if key.text in columns:
            what = tr("column {text} again", text=key.text)
            problems.append(Problem(place, what))
        if not is_cell(dtype):
            problems.append(Problem(place, *no_cells(heading, dtype)))
        canonical = keys.unit_of(key, words)
        unit = unit or ("%" if canonical == "%" else "")
        factor = _factor(place, key, unit, dtype, words, problems)
        columns[key.text] = Column(heading, key, factor, unit, unitless=bool(canonical) and not unit)
    if unknown > TOLD:
        problems.append(Problem(place, tr("{n} more columns are not known", n=unknown - TOLD)))
    if "id" not in columns:
        hint = tr("every row has an id of its own")
        problems.append(Problem(place, tr("no column id"), hint))
    return Layout(kind, columns, dict(headings))


def is_cell(dtype: pl.DataType) -> bool:
    """Whether what a column holds can be read as the cells of a table are: lists, records and spans of time cannot."""
    return not (dtype.is_nested() or dtype in (pl.Duration, pl.Object))


def no_cells(heading: str, dtype: pl.DataType) -> tuple[Text, Text]:
    """What is told of a column that holds anything else, and what would be right."""
    what = tr("column {text} holds values of the type {dtype}", text=heading, dtype=dtype)
    return what, tr("a cell is a text, a number, yes or no, or a day; of several choices a text parted by semicolons")


def meaning(name: str, kind: Kind, words: Vocabulary) -> keys.Key | None:
    """What a heading without its unit is about: a name or label of the vocabulary, or what registers commonly say."""
    for word in (name, name.lower()):
        for find in (_facility, keys.parse, _labelled, _common):
            key = find(word, kind, words)
            if key is not None:
                return key
    return None


def _facility(name: str, kind: Kind, words: Vocabulary) -> keys.Key | None:
    """The id of the row's facility, which in the table of facilities is the row's own."""
    known = words.choice(LONG, name)
    if not _same(name, LABEL) and (known is None or known.id != FACILITY_ID):
        return None
    return FACILITY_KEY if kind.id != "facility" else keys.parse(ID, kind, words)


def _same(name: str, label: Text) -> bool:
    return _folded(name) in (_folded(label.zh), _folded(label.en))


def _labelled(name: str, kind: Kind, words: Vocabulary) -> keys.Key | None:
    """The attribute of a Chinese or English label (额定容量, 锅炉编号), where only one has it."""
    for spelled in (name, name.removeprefix(kind.label.zh)):
        found = words.labelled(kind, spelled)
        if found is not None:
            return keys.Key(found)
    return None


def _common(name: str, kind: Kind, words: Vocabulary) -> keys.Key | None:
    """An attribute as registers commonly head it; a substance, or the oxygen content, of what only one map can hold."""
    known = words.choice(COMMON, name)
    if known is not None:
        return keys.parse(known.id, kind, words)
    substance = words.substance(name, lambda one: bool(_measured_in(one, kind, words)))
    column = words.choice(COLUMNS, name)
    if substance is not None:
        maps = _measured_in(substance, kind, words)
        return keys.Key(maps[0], substance.id) if len(maps) == 1 else None
    if column is not None and column.id == OXYGEN:
        maps = [a for a in words.attributes(kind) if a.type == "emissions"]
        return keys.Key(maps[0], keys.WHOLE, OXYGEN) if len(maps) == 1 else None
    return None


def _measured_in(substance: Substance, kind: Kind, words: Vocabulary) -> list[Attribute]:
    return [a for a in words.attributes(kind) if a.type in ("emissions", "water") and a.takes(substance)]


def _factor(
    place: Place, key: keys.Key, unit: str, dtype: pl.DataType, words: Vocabulary, problems: list[Problem]
) -> Fraction:
    """What one of the column's unit is in the canonical unit."""
    canonical = keys.unit_of(key, words)
    if not unit:
        if canonical and dtype.is_numeric():
            fits = words.units.spellings.get(canonical, (canonical,))
            what = tr("column {text} needs a unit", text=key.text)
            example = f"{key.text} ({canonical})"
            hint = tr("write {example}; units that fit: {units}", example=example, units=listed(fits[:8]))
            problems.append(Problem(place, what, hint))
        return Fraction(1)
    mass = words.substances[key.substance].molar_mass if key.substance in words.substances else None
    if key.attribute.type == "emissions" and not key.part and unit_key(unit) in gas.PPM_SPELLINGS and mass is not None:
        return gas.from_ppm(gas.PPM_SPELLINGS[unit_key(unit)], mass)
    hint = tr("it takes no unit")
    if canonical:
        try:
            return words.units.conversion(unit, canonical).factor
        except UnitError as error:
            fits = error.fits[:8]
            hint = ambiguous(error) if error.readings else tr("units that fit: {units}", units=listed(fits))
    what = tr("column {name}: '{unit}' is no unit of it", name=key.text, unit=unit)
    problems.append(Problem(place, what, hint))
    return Fraction(1)
