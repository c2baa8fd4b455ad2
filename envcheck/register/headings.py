"""The headings of a register's tables: vocabulary names with a unit in brackets, `capacity (t/h)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

import polars as pl

from envcheck import gas
from envcheck.columns.layout import FACILITY_ID, Column, Layout
from envcheck.forms import keys
from envcheck.quantity import UnitError, unit_key
from envcheck.text import Place, Problem, Text, listed, nearest, tr
from envcheck.vocabulary import Attribute, Kind, Vocabulary

HEADING = re.compile(r"\s*(?P<name>.*?)\s*(?:[(（\[【](?P<unit>[^()（）\[\]【】]*)[)）\]】])?\s*", re.DOTALL)
LABEL = tr("id of the facility")
FACILITY_KEY = keys.Key(Attribute(FACILITY_ID, "text", LABEL))
UNREAD = ("records", "series")


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
    for heading, dtype in headings.items():
        spelled = renamed.get(heading, heading)
        if spelled.startswith("#"):
            continue
        match = HEADING.fullmatch(spelled)
        assert match is not None
        name, unit = match["name"], (match["unit"] or "").strip()
        key = _key(name, kind, words)
        if key is None:
            readable = [FACILITY_KEY.attribute, *(a for a in words.attributes(kind) if a.type not in UNREAD)]
            known = [a.name if name.isascii() else a.label.zh for a in readable]
            of = Text(kind.label.zh, kind.plural)
            what = tr("{kind} has no column {name}", kind=of, name=name)
            skip = tr("; the heading of a column that is not to be read begins with #")
            problems.append(Problem(place, what, nearest(name, known) + skip))
            continue
        if key.text in columns:
            what = tr("column {text} again", text=key.text)
            problems.append(Problem(place, what))
        canonical = keys.unit_of(key, words)
        unit = unit or ("%" if canonical == "%" else "")
        factor = _factor(place, key, unit, dtype, words, problems)
        columns[key.text] = Column(heading, key, factor, unit, unitless=bool(canonical) and not unit)
    if "id" not in columns:
        hint = tr("every row has an id of its own")
        problems.append(Problem(place, tr("no column id"), hint))
    return Layout(kind, columns, dict(headings))


def _key(name: str, kind: Kind, words: Vocabulary) -> keys.Key | None:
    if kind.id != "facility" and (name == FACILITY_ID or name in LABEL):
        return FACILITY_KEY
    key = keys.parse(name, kind, words) or _labelled(name, kind, words)
    return None if key is None or key.attribute.type in UNREAD else key


def _labelled(name: str, kind: Kind, words: Vocabulary) -> keys.Key | None:
    """The attribute of a Chinese or English label (额定容量), where only one has it."""
    found = [a for a in words.attributes(kind) if name in a.label]
    return keys.Key(found[0]) if len(found) == 1 else None


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
            hint = tr("units that fit: {units}", units=listed(fits))
    what = tr("column {name}: '{unit}' is no unit of it", name=key.text, unit=unit)
    problems.append(Problem(place, what, hint))
    return Fraction(1)
