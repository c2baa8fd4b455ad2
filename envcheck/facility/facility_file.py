"""Facility files: read, checked against the vocabulary, every error with its place."""

from __future__ import annotations

import unicodedata
from datetime import date

from envcheck.facility.concentrations import SubstanceReader
from envcheck.files.source import Mapping, Node, Scalar
from envcheck.model.facility import Facility, Fact, Subject, Waiver
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place
from envcheck.vocabulary.words import Attribute, Kind, Vocabulary

FORMAT = "envcheck/facility/1"


def read(tree: Node, vocabulary: Vocabulary) -> Facility:
    """The facility that a tree describes.

    Raises:
        InputError: with every mistake found in it.
    """
    return _FacilityReader(vocabulary).read(tree)


class _FacilityReader(SubstanceReader):
    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self.readers["series"] = self.series

    def series(self, node: Node, attribute: Attribute) -> Fact | None:
        from envcheck.facility.series import series_file  # few files name a series

        try:
            found = series_file.read(node, attribute, self.words)
        except InputError as error:
            self.problems.extend(error.problems)
            return None
        return Fact(found, node.text.strip() if isinstance(node, Scalar) else "", node.place)

    def read(self, tree: Node) -> Facility:
        kind = self.words.kinds["facility"]
        plurals = {k.plural: k for k in self.words.kinds.values() if k.id != "facility"}
        self.mapping(tree)
        self.finish()
        assert isinstance(tree, Mapping)
        place = tree.place
        form = tree.entries.get("format")
        if form is None or self.text(form) != FORMAT:
            self.report(form.place if form else place, tr("format: {format} is due", format=FORMAT))
        facts = self.facts(tree, kind, {"format", *plurals})
        lists = {}
        for plural, node in tree.entries.items():
            if plural in plurals and not (isinstance(node, Scalar) and node.is_null):
                lists[plural] = self.subjects(node, plurals[plural])
        identity = self.identity(tree, facts)
        waivers = self.waivers(facts)
        self.finish()
        return Facility(place.file, Subject("facility", identity, "facility", facts, place), lists, waivers)

    def subjects(self, node: Node, kind: Kind) -> tuple[Subject, ...]:
        found: dict[str, Subject] = {}
        for item in self.listing(node):
            if not isinstance(item, Mapping):
                self.report(item.place, tr("a mapping (key: value) is due here"))
                continue
            facts = self.facts(item, kind, set())
            identity = self.identity(item, facts)
            if identity in found:
                first = found[identity].place.line
                self.report(
                    item.place,
                    tr("id {identity} again (first on line {first})", identity=identity, first=first),
                )
            own = tuple(name for name in facts if name not in kind.attributes)
            found[identity] = Subject(kind.id, identity, f"{kind.plural}/{identity}", facts, item.place, own)
        return tuple(found.values())

    def identity(self, node: Mapping, facts: dict[str, Fact]) -> str:
        fact = facts.get("id")
        if fact is None or not str(fact.value).strip():
            self.report(
                node.place,
                tr("no id"),
                tr("every subject has an id of its own"),
            )
            return ""
        text = str(fact.value)
        if "/" in text or any(unicodedata.category(c) == "Cc" for c in text):
            self.report(fact.place, tr("an id holds no / and no control characters"))
        return text

    def facts(self, node: Mapping, kind: Kind, others: set[str]) -> dict[str, Fact]:
        found: dict[str, Fact] = {}
        for key, value in node.entries.items():
            if key in others:
                continue
            attribute = self.words.attribute_by_key(kind, key)
            if attribute is None:
                what = tr("{kind} has no attribute {key}", kind=kind.called, key=key)
                self.report(node.keys[key], what, self.words.offered_key(kind, key, others))
                continue
            if self.says_nothing(value, attribute) and attribute.name != "id":
                continue
            if attribute.name in found:
                self.report(node.keys[key], tr("{key} repeats {name}", key=key, name=attribute.name))
            fact = self.fact(value, attribute)
            if fact is not None:
                found[attribute.name] = fact
        return {**self.implied(found, kind), **found}

    def implied(self, stated: dict[str, Fact], kind: Kind) -> dict[str, Fact]:
        """What words say besides their choice: a boiler whose status is 拟建 is new, and not built yet."""
        found: dict[str, Fact] = {}
        for name, fact in stated.items():
            attribute = self.words.attribute(kind, name)
            for other in self.words.implied(attribute.choices, fact.text) if attribute and attribute.choices else ():
                if self.words.attribute(kind, other.attribute) is not None:
                    found[other.attribute] = fact._replace(value=other.value)
        return found

    def waivers(self, facts: dict[str, Fact]) -> tuple[Waiver, ...]:
        fact = facts.get("waivers")
        found: list[Waiver] = []
        for row in fact.value if fact is not None and isinstance(fact.value, tuple) else ():
            place: Place = row[""].place
            missing = [key for key in ("rule", "document", "approver", "until", "reason") if key not in row]
            if missing:
                self.report(place, tr("the waiver has no {missing}", missing=", ".join(missing)))
                continue
            until = row["until"].value
            assert isinstance(until, date)
            found.append(
                Waiver(
                    rule=row["rule"].text,
                    subject=row["subject"].text if "subject" in row else "",
                    document=row["document"].text,
                    approver=row["approver"].text,
                    until=until,
                    reason=row["reason"].text,
                    place=place,
                )
            )
        return tuple(found)
