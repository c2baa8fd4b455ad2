"""The headings of monitoring series: what each column holds, and in which unit."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from typing import NamedTuple

from envcheck.facility.concentrations import SubstanceReader
from envcheck.files.source import Scalar
from envcheck.text.messages import ptr, tr
from envcheck.text.problems import Place, nearest
from envcheck.units.gas import PPM_SPELLINGS
from envcheck.units.quantity import UnitError, unit_key
from envcheck.vocabulary.words import Attribute, Substance, Vocabulary

COLUMNS, STATES, LONG = "monitoring_column", "monitoring_state", "measurement_column"
"""Names of the lists of the vocabulary."""
TIMESTAMP, STATE, MINUTES, OXYGEN, MOISTURE = "timestamp", "state", "minutes", "O2", "moisture"
MEDIA = {"emissions": ("air", "mg/m3"), "water": ("water", "mg/L")}
"""Substance map to its medium, and the unit of its concentrations."""
MINUTE_UNITS = frozenset({"", "min", "minute", "minutes", "分钟", "分"})
NO_UNITS = frozenset({"", "无量纲", "-", "1", "pH", "倍"})
HEADING = re.compile(r"(?P<name>.+?)\s*(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\])")
Cell = tuple[Place, str]


class Column(NamedTuple):
    """A column that is read: what it holds, in which unit, and how its cells are told about."""

    role: str
    """`timestamp`, `state`, `minutes`, `O2`, or the id of a substance."""
    unit: str
    attribute: Attribute
    substance: Substance | None = None
    factor: Fraction | None = None
    """From a bare number in a cell to the canonical unit; None where cells say their unit, or it is no plain factor."""


class HeadingReader(SubstanceReader):
    """Reads headings; `of` is the substance map whose substances the columns may hold."""

    def __init__(self, vocabulary: Vocabulary, attribute: Attribute) -> None:
        super().__init__(vocabulary)
        self.of = attribute.of

    def columns(self, headings: list[Cell], file: str) -> list[Column | None]:
        """What each column of a table holds; None for one that is not read."""
        found = [self.column(place, text) for place, text in headings]
        seen: set[str] = set()
        for (place, text), column in zip(headings, found, strict=True):
            if column is not None and column.role in seen:
                self.report(place, tr("column {text} again", text=text))
            seen |= {column.role} if column is not None else set()
        if self.problems:
            return found
        if TIMESTAMP not in seen:
            hint = tr("cells are parted by commas")
            self.report(Place(file, 1), tr("there is no column timestamp"), hint)
        elif not any(column.substance for column in found if column is not None):
            self.report(Place(file, 1), tr("there is no column of a substance"))
        return found

    def role(self, text: str) -> str:
        """What a heading names, as far as that is known; empty where it is not."""
        named = self._meant(_plain(text))[0]
        return named if isinstance(named, str) else named.id if named is not None else ""

    def _meant(self, heading: str) -> tuple[str | Substance | None, str]:
        """What a heading names, and its unit."""
        name, unit = heading, ""
        if self._named(name) is None and (match := HEADING.fullmatch(heading)):
            name, unit = match["name"], (match["round"] or match["square"] or "").strip()
        return self._named(name), unit

    def column(self, place: Place, text: str) -> Column | None:
        """What a heading stands for; None where the column is not to be read."""
        heading = _plain(text)
        if heading.startswith("#"):
            return None
        named, unit = self._meant(heading)
        if named is None:
            self.unknown(place, text)
            return None
        if named == MOISTURE:
            what = tr("column {text} is not used: series are of dry gas", text=text)
            hint = tr("where the values are of dry gas already, put # before the heading")
            self.report(place, what, hint)
            return None
        column = self._substance_column(named, unit) if isinstance(named, Substance) else self._other(named, unit)
        return column._replace(factor=self.factor(place, text, column))

    def _named(self, name: str) -> Substance | str | None:
        for word in (name, name.lower()):
            choice = self.words.choice(COLUMNS, word)
            if choice is not None:
                return None if choice.id == OXYGEN and self.of != "emissions" else choice.id
        substance = self.words.substance(name, lambda s: MEDIA[self.of][0] in s.media) or next(
            (s for s in self.words.substances.values() if s.label.en.lower() == name.lower()), None
        )
        return substance if substance is not None and MEDIA[self.of][0] in substance.media else None

    def unknown(self, place: Place, text: str) -> None:
        """Report a heading that nobody knows, with the nearest one."""
        known = {s.id for s in self.words.substances.values() if MEDIA[self.of][0] in s.media}
        known |= {name for name in self.words.choices[COLUMNS] if name != MOISTURE}
        hint = tr("the heading of a column that is not to be read begins with #")
        shown = text.strip()[:40]
        what = tr("unknown column '{shown}'", shown=shown)
        self.report(
            place, what, nearest(HEADING.sub(r"\g<name>", text.strip(), count=1), known) + ptr("list", "; ") + hint
        )

    def _substance_column(self, substance: Substance, unit: str) -> Column:
        canonical = MEDIA[self.of][1] if substance.unit is None else substance.unit
        if not canonical and unit in NO_UNITS:
            unit = ""
        return Column(substance.id, unit, Attribute(substance.id, self.of, substance.label, canonical), substance)

    def _other(self, role: str, unit: str) -> Column:
        label = self.words.choices[COLUMNS][role].label
        return Column(role, unit, Attribute(role, "quantity", label, "%" if role == OXYGEN else ""))

    def factor(self, place: Place, text: str, column: Column) -> Fraction | None:
        """The factor of the unit in a heading, which must fit what the column holds."""
        canonical = column.attribute.unit
        if column.role == MINUTES:
            if column.unit not in MINUTE_UNITS:
                self.report(place, tr("column {text} is in minutes", text=text))
        elif column.unit and column.role in (TIMESTAMP, STATE):
            self.report(place, tr("column {text} takes no unit", text=text))
        elif column.unit and not canonical:
            self.unit_error(Scalar(place, text), column.attribute, UnitError(column.unit, canonical, ()))
        elif column.unit and not self._is_ppm(column):
            try:
                return self.words.units.conversion(column.unit, canonical).factor
            except UnitError as error:
                self.unit_error(Scalar(place, text), column.attribute, error)
        return None if canonical or column.substance is None else Fraction(1)

    def _is_ppm(self, column: Column) -> bool:
        massive = column.substance is not None and column.substance.molar_mass is not None
        return self.of == "emissions" and massive and unit_key(column.unit) in PPM_SPELLINGS


def _plain(heading: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", heading).split())
