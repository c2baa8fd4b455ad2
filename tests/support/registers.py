"""Facilities as the tables of a register, for tests: what a facility file states, cell by cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from envcheck.forms import keys
from envcheck.model.facility import Facility, Fact, Measurement, Subject
from envcheck.units.quantity import Interval, parse_number, show
from envcheck.vocabulary.words import Vocabulary

UNWRITTEN = ("records", "series")


def write(folder: Path, facilities: Iterable[Facility], words: Vocabulary) -> None:
    """One CSV a kind, columns in canonical units."""
    tables: dict[str, list[dict[str, str]]] = {}
    for facility in facilities:
        for subject in facility.subjects():
            kind = words.kinds[subject.kind]
            row = {} if kind.id == "facility" else {"facility_id": facility.id}
            for name, fact in subject.facts.items():
                row.update(cells(name, fact, subject, words))
            tables.setdefault("facilities" if kind.id == "facility" else kind.plural, []).append(row)
    for plural, rows in tables.items():
        headings = list(dict.fromkeys(heading for row in rows for heading in row))
        for heading in headings:
            if heading.endswith(".O2 (%)"):  # an empty cell would be an oxygen content that is not known
                measured = heading.removesuffix(".O2 (%)")
                for row in rows:
                    if heading not in row and any(name == measured or name.startswith(f"{measured} (") for name in row):
                        row[heading] = "at_reference"
        with open(folder / f"{plural}.csv", "w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, headings)
            writer.writeheader()
            writer.writerows(rows)


def cells(name: str, fact: Fact, subject: Subject, words: Vocabulary) -> dict[str, str]:
    """The cells of one fact by heading."""
    attribute = words.attribute(words.kinds[subject.kind], name)
    assert attribute is not None
    if attribute.type in UNWRITTEN:
        return {}
    if attribute.is_map:
        assert isinstance(fact.value, dict)
        found: dict[str, str] = {}
        for substance, measured in fact.value.items():
            found.update(measurement(keys.Key(attribute, substance), measured, words))
        return found or {name: "none"}
    value = fact.value
    if attribute.type == "level":
        assert isinstance(value, Interval)
        assert value.exact is not None
        value = list(words.choices[attribute.choices])[int(value.exact)]
    return {
        keys.headed(name, attribute.unit).replace("[", "(").replace("]", ")"): spelled(value, attribute.unit, fact.text)
    }


def measurement(key: keys.Key, measured: Measurement, words: Vocabulary) -> dict[str, str]:
    unit = keys.unit_of(key, words)
    head = f"{key.text} ({unit})" if unit else key.text
    found = {head: spelled(measured.value, unit, measured.text)}
    if measured.oxygen is not None:
        found[f"{key.text}.O2 (%)"] = spelled(measured.oxygen, "%")
    if measured.wet or (measured.wet is False and measured.moisture is not None):
        found[f"{key.text}.basis"] = "wet" if measured.wet else "dry"
    if measured.moisture is not None:
        found[f"{key.text}.moisture (%)"] = spelled(measured.moisture, "%")
    if measured.measured_on is not None:
        found[f"{key.text}.measured_on"] = measured.measured_on.isoformat()
    return found


def spelled(value: object, unit: str, text: str = "") -> str:
    """A cell; numbers as decimals of the canonical unit, in their own spelling where there is no such decimal."""
    if isinstance(value, Interval):
        if value.exact is None:
            assert value.high is not None
            return f"<{show(value.high)} {unit}".strip()
        decimal = show(value.exact)
        return decimal if parse_number(decimal) == value.exact else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return "; ".join(sorted(value))
    return str(value)
