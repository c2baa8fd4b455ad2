"""Limit tables of standards, read from `rules/standards` and linked into the rules that name them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from itertools import product
from typing import Literal

from envcheck.files.source import Node, Reader
from envcheck.model import expressions as ex
from envcheck.rulebook.compiler import compile_condition
from envcheck.rulebook.terms import CompileError, Scope
from envcheck.text.messages import Text, tr
from envcheck.text.problems import nearest
from envcheck.units.quantity import UnitError, split
from envcheck.vocabulary.words import Vocabulary

FORMAT = "envcheck/standard/1"
CONFIDENCE = ("confirmed", "known", "unsure")
MEDIA = {
    "air": ("emissions", "mg/m3"),
    "ambient_air": ("emissions", "mg/m3"),
    "water": ("water", "mg/L"),
    "water_body": ("water", "mg/L"),
    "noise": ("", "dB"),
}
"""Medium to the type of attribute that a table of it is held against, and the unit of its concentrations."""
TABLE_KEYS = {
    "format",
    "id",
    "title",
    "document",
    "class",
    "sector",
    "medium",
    "limits",
    "notes",
    "reviewed_on",
    "hours",
}
ROW_KEYS = {
    "process", "substance", "max", "min", "reference_oxygen", "averaging", "confidence", "when", "exceptions", "from",
    "until", "note", "source",
}  # fmt: skip

Table = Callable[[Scope], tuple[tuple[ex.Limit, ...], str]]


def read(trees: Iterable[Node], vocabulary: Vocabulary) -> dict[str, Table]:
    """The tables by id; each gives its rows and the type of attribute it fits, for the scope of a rule.

    Raises:
        InputError: with every mistake found.
    """
    reader = Reader()
    tables: dict[str, Table] = {}
    for tree in trees:
        entries = reader.mapping(tree, TABLE_KEYS)
        if "format" not in entries or reader.text(entries["format"]) != FORMAT:
            reader.report(tree.place, tr("format: {format} is due", format=FORMAT))
            continue
        missing = [key for key in ("id", "title", "document", "medium", "limits") if key not in entries]
        if missing:
            reader.report(tree.place, tr("no {missing}", missing=", ".join(missing)))
            continue
        reader.bilingual(entries["title"])
        name, medium = reader.text(entries["id"]), reader.text(entries["medium"])
        if medium not in MEDIA:
            reader.report(entries["medium"].place, tr("unknown medium {medium}", medium=medium), nearest(medium, MEDIA))
        if name in tables:
            reader.report(entries["id"].place, tr("table {name} again", name=name))
        share = _share(reader, entries["hours"]) if "hours" in entries else None
        rows = [
            row
            for node in reader.listing(entries["limits"])
            for row in _rows(reader, node, name, medium, vocabulary, share)
        ]
        tables[name] = _linker(rows, medium)
    reader.finish()
    return tables


def _share(reader: Reader, node: Node) -> ex.Share | None:
    """The share of a month's hours that must keep the limits: `hours: {share: 95 %, per: month}`."""
    entries = reader.mapping(node, {"share", "per"})
    parts = split(reader.text(entries["share"])) if "share" in entries else None
    if parts is None or parts[0] or parts[2] != "%" or not 0 < parts[1] <= 100 or "per" not in entries:
        reader.report(node.place, tr("write {{share: 95 %, per: month}}"))
        return None
    if reader.text(entries["per"]) != "month":
        reader.report(entries["per"].place, tr("per is month"))
    return ex.Share(">=", parts[1])


def _rows(
    reader: Reader, node: Node, table: str, medium: str, vocabulary: Vocabulary, share: ex.Share | None
) -> list[_Row]:
    """The rows of an entry: one for each of its processes and substances."""
    entries = reader.mapping(node, ROW_KEYS)
    lists = (reader.texts(entries[key]) if key in entries else ("",) for key in ("process", "substance"))
    return [_Row(reader, node, table, medium, vocabulary, share, each) for each in product(*lists)]


def _linker(rows: list[_Row], medium: str) -> Table:
    def link(scope: Scope) -> tuple[tuple[ex.Limit, ...], str]:
        return tuple(row.linked(scope) for row in rows), MEDIA[medium][0]

    return link


class _Row:
    """A row as it was read; its conditions are compiled for the kind of subject of each rule that uses it."""

    def __init__(
        self,
        reader: Reader,
        node: Node,
        table: str,
        medium: str,
        vocabulary: Vocabulary,
        share: ex.Share | None,
        of: tuple[str, ...],
    ) -> None:
        self.reader, self.vocabulary, self.table, self.share = reader, vocabulary, table, share
        entries = reader.mapping(node, ROW_KEYS)
        self.place = node.place
        self.process, word = of
        if vocabulary.choice("process", self.process) is None:
            reader.report(
                node.place,
                tr("unknown process {process}", process=self.process),
                nearest(self.process, vocabulary.choices["process"]),
            )
        substance = vocabulary.substance(word)
        if substance is None:
            reader.report(node.place, tr("unknown substance {word}", word=word), nearest(word, vocabulary.substances))
        self.substance = substance.id if substance else ""
        self.unit = substance.unit if substance and substance.unit is not None else MEDIA.get(medium, ("", None))[1]
        self.confidence = self._word(entries, "confidence")
        if self.confidence not in CONFIDENCE:
            reader.report(
                node.place,
                tr("confidence is confirmed, known or unsure"),
            )
        self.minimum = self._number(entries.get("min"))
        self.maximum = self._number(entries.get("max"))
        if self.confidence != "unsure" and self.minimum is None and self.maximum is None:
            reader.report(
                node.place,
                tr("no limit"),
                tr("a row without a number is unsure"),
            )
        oxygen = split(reader.text(entries["reference_oxygen"])) if "reference_oxygen" in entries else None
        if "reference_oxygen" in entries and (oxygen is None or oxygen[2] != "%" or not 0 <= oxygen[1] < 21):
            reader.report(node.place, tr("reference_oxygen lies from 0 % to below 21 %"))
        self.oxygen = oxygen[1] if oxygen else None
        self.averaging = self._word(entries, "averaging")
        self.when = reader.text(entries["when"]) if "when" in entries else None
        self.start, self.end = (self._date(entries.get(key)) for key in ("from", "until"))
        if "note" in entries:
            reader.bilingual(entries["note"])
        self.exceptions: list[tuple[str, Fraction]] = []
        for item in reader.listing(entries["exceptions"]) if "exceptions" in entries else ():
            parts = reader.mapping(item, {"when", "max"})
            value = self._number(parts.get("max"))
            if "when" in parts and value is not None:
                self.exceptions.append((reader.text(parts["when"]), value))

    def _word(self, entries: dict[str, Node], key: str) -> str:
        return self.reader.text(entries[key]) if key in entries else ""

    def _date(self, node: Node | None) -> date | None:
        if node is None:
            return None
        try:
            return date.fromisoformat(self.reader.text(node))
        except ValueError:
            self.reader.report(node.place, tr("dates are written 2026-01-31"))
            return None

    def _number(self, node: Node | None) -> Fraction | None:
        if node is None:
            return None
        parts = split(self.reader.text(node))
        if parts is None or parts[0]:
            self.reader.report(node.place, tr("the limit is not a number"))
            return None
        _, number, unit = parts
        if self.unit is None or not (self.unit or unit):
            return number
        try:
            return number * self.vocabulary.units.conversion(unit, self.unit).factor
        except UnitError:
            self.reader.report(node.place, tr("{unit} is not a unit of {canonical}", unit=unit, canonical=self.unit))
            return None

    def linked(self, scope: Scope) -> ex.Limit:
        """The row for the subjects of a scope. Raises CompileError where its conditions do not fit them."""
        try:
            return ex.Limit(
                process=self.process,
                substance=self.substance,
                minimum=self.minimum,
                maximum=self.maximum,
                unit=self.unit or "",
                reference_oxygen=self.oxygen,
                confidence=self.confidence,
                when=compile_condition(self.when, scope) if self.when else None,
                exceptions=tuple(ex.Exception_(compile_condition(w, scope), m) for w, m in self.exceptions),
                start=self.start,
                end=self.end,
                means=_means(self.averaging),
                table=self.table,
                share=self.share if self.averaging == "hourly" else None,
            )
        except CompileError as error:
            where = f"{self.place}: "
            raise CompileError(Text(where, where) + error.what, error.remedy) from None


def _means(averaging: str) -> Literal["hour", "day"] | None:
    """Over which means of a monitoring series a limit is judged, by what its table says of averaging."""
    if averaging.startswith(("daily mean", "24 h")):
        return "day"
    return "hour" if averaging.startswith(("hourly", "1 h", "instantaneous", "any single value")) else None
