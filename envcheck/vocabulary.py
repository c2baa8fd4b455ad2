"""The vocabulary: kinds of subject, their attributes, substances, choices and units, read from `rules/vocabulary`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from envcheck.quantity import Conversion, Units, parse_number, unit_key
from envcheck.source import Mapping as MappingNode
from envcheck.source import Node, Reader
from envcheck.text import EMPTY, Place, Text, nearest, nearest_meant, tr

FORMAT = "envcheck/vocabulary/1"
PARTS = {
    "O2": tr("oxygen content"),
    "moisture": tr("moisture"),
    "basis": tr("dry or wet basis"),
    "measured_on": tr("measured on"),
}
"""What may be stated beside a measured value."""
NUMERIC = frozenset({"number", "ratio", "quantity"})
SUBSTANCE_MAPS = frozenset({"emissions", "water", "amounts"})
TYPES = (
    NUMERIC
    | SUBSTANCE_MAPS
    | {
        "text",
        "yes_no",
        "event",
        "date",
        "choice",
        "choices",
        "level",
        "region",
        "records",
        "series",
    }
)


class Choice(NamedTuple):
    """An allowed value."""

    id: str
    label: Text
    aliases: tuple[str, ...] = ()


class Substance(NamedTuple):
    """A pollutant; `molar_mass` in g/mol turns ppm into mg/m3, `unit` is set where it is not a concentration."""

    id: str
    label: Text
    media: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    molar_mass: Fraction | None = None
    unit: str | None = None


class Attribute(NamedTuple):
    """One thing that can be known of a subject."""

    name: str
    type: str
    label: Text
    unit: str = ""
    choices: str = ""
    low: Fraction | None = None
    high: Fraction | None = None
    inherited: bool = False
    aliases: tuple[str, ...] = ()
    help: Text = EMPTY
    fields: tuple[tuple[str, str], ...] = ()
    of: str = ""
    """The substance map whose substances a series holds over time."""

    @property
    def called(self) -> Text:
        """Its label in Chinese, in English its key as it stands in files."""
        return Text(self.label.zh, self.name)

    @property
    def is_map(self) -> bool:
        """Whether it holds a value for each of several substances."""
        return self.type in SUBSTANCE_MAPS

    def takes(self, substance: Substance) -> bool:
        """Whether its map may hold a substance: emissions one of air, water one of water, amounts any with a mass."""
        if self.type == "amounts":
            return substance.unit is None
        return self.is_map and ("air" if self.type == "emissions" else "water") in substance.media


class Kind(NamedTuple):
    """A kind of subject."""

    id: str
    plural: str
    label: Text
    attributes: Mapping[str, Attribute]
    aliases: Mapping[str, str]
    """Other accepted keys, and the attributes they stand for."""

    @property
    def called(self) -> Text:
        """Its label in Chinese, in English its id as it stands in files."""
        return Text(self.label.zh, self.id)


@dataclass(frozen=True)
class Vocabulary:
    """All the words."""

    kinds: Mapping[str, Kind]
    choices: Mapping[str, Mapping[str, Choice]]
    substances: Mapping[str, Substance]
    units: Units
    unit_labels: Mapping[str, Text]
    conventions: Mapping[str, str]
    """What traces say in English of a conversion by convention, and the Chinese of it."""
    _lookup: dict[str, dict[str, str]] = field(default_factory=dict, compare=False, repr=False)

    def plural(self, name: str) -> Kind | None:
        """The kind whose lists are headed ``name``."""
        table = self._lookup.get("*plurals")
        if table is None:
            table = self._lookup["*plurals"] = {kind.plural: kind.id for kind in self.kinds.values()}
        found = table.get(name)
        return None if found is None else self.kinds[found]

    def attribute(self, kind: Kind, name: str) -> Attribute | None:
        """An attribute of a kind, its own or one that it takes from the facility."""
        own = kind.attributes.get(name)
        if own is not None or kind.id == "facility":
            return own
        shared = self.kinds["facility"].attributes.get(name)
        return shared if shared is not None and shared.inherited else None

    def attribute_by_key(self, kind: Kind, key: str) -> Attribute | None:
        """The attribute that a key in a file stands for, by its name or an alias."""
        return self.attribute(kind, kind.aliases.get(key) or self.kinds["facility"].aliases.get(key, key))

    def attributes(self, kind: Kind) -> Iterator[Attribute]:
        """The attributes that a subject of this kind may state."""
        yield from kind.attributes.values()
        if kind.id != "facility":
            own = kind.attributes
            yield from (a for n, a in self.kinds["facility"].attributes.items() if a.inherited and n not in own)

    def choice(self, listing: str, word: str) -> Choice | None:
        """The choice that ``word`` names by id, label or alias."""
        table = self._lookup.get(listing)
        if table is None:
            choices = self.choices[listing].values()
            table = self._lookup[listing] = {unit_key(w): c.id for c in choices for w in (*c.label, *c.aliases)}
            table.update({unit_key(c.id): c.id for c in choices})
        found = table.get(unit_key(word))
        return None if found is None else self.choices[listing][found]

    def offered(self, listing: str, word: str) -> Text:
        """A remedy for a ``word`` that names none of the choices: those nearest to it, told in the script of the word."""
        choices = self.choices[listing].values()
        if word.isascii():
            return nearest(word, self.choices[listing])
        return nearest_meant(word, {w: Text(c.label.zh, c.id) for c in choices for w in (c.label.zh, *c.aliases, c.id)})

    def offered_key(self, kind: Kind, key: str, others: Iterable[str] = ()) -> Text:
        """A remedy for a ``key`` that names no attribute: of a Chinese one the keys whose labels are nearest to it.

        ``others`` are keys that are due there as well, those of lists among them.
        """
        attributes, lists = list(self.attributes(kind)), map(self.plural, others)
        if key.isascii():
            return nearest(key, {word for a in attributes for word in (a.name, *a.aliases)}.union(others))
        labelled = [(a.name, a.label.zh) for a in attributes] + [(k.plural, k.label.zh) for k in lists if k is not None]
        return nearest_meant(key, {label: Text(f"{name}（{label}）", name) for name, label in labelled})

    def substance(self, word: str) -> Substance | None:
        """The substance that ``word`` names by id or alias."""
        found = self.substances.get(word)
        if found is not None:
            return found
        table = self._lookup.get("*substances")
        if table is None:
            table = self._lookup["*substances"] = {
                unit_key(w): s.id for s in self.substances.values() for w in (s.id, s.label.zh, *s.aliases)
            }
        name = table.get(unit_key(word))
        return None if name is None else self.substances[name]

    def label(self, kind: Kind, path: tuple[str, ...]) -> Text:
        """What people call an attribute path such as ("emissions", "NOx") or ("emissions", "NOx", "moisture").

        A path that names nothing of the kind or of the facility (a formula) stays as it is.
        """
        attribute = self.attribute(kind, path[0]) or self.kinds["facility"].attributes.get(path[0])
        if attribute is None:
            whole = ".".join(path)
            return Text(whole, whole)
        if len(path) == 1:
            return attribute.label
        substance = self.substances.get(path[1])
        name = substance.label if substance else Text(path[1], path[1])
        label = tr("{label}: {name}", label=attribute.label, name=name)
        return label if len(path) == 2 else tr("{label}, {part}", label=label, part=PARTS[path[2]])


# --- reading -------------------------------------------------------------------------------------------------------


def read(trees: Iterable[Node]) -> Vocabulary:
    """The vocabulary from the trees of its files.

    Raises:
        InputError: with every mistake found.
    """
    reader = Reader()
    sections: dict[str, dict[str, Node]] = {"units": {}, "substances": {}, "choices": {}, "kinds": {}}
    merged: dict[str, list[Node]] = {}
    for tree in trees:
        entries = reader.mapping(tree, {"format", *sections})
        if "format" not in entries or reader.text(entries["format"]) != FORMAT:
            reader.report(tree.place, tr("format: {format} is due", format=FORMAT))
        for section, found in sections.items():
            for name, node in reader.mapping(entries[section]).items() if section in entries else ():
                if name in found and section in ("units", "substances"):
                    reader.report(node.place, tr("{name} again", name=name))
                found.setdefault(name, node)
                merged.setdefault(f"{section}/{name}", []).append(node)
    reader.finish()
    units, labels, conventions = _units(reader, sections["units"])
    choices = {name: _choices(reader, merged[f"choices/{name}"]) for name in sections["choices"]}
    kinds = {name: _kind(reader, name, merged[f"kinds/{name}"], choices, units) for name in sections["kinds"]}
    if "facility" not in kinds:
        reader.report(Place("vocabulary"), tr("no kind named facility"))
    substances = {name: _substance(reader, name, node) for name, node in sections["substances"].items()}
    reader.finish()
    return Vocabulary(kinds, choices, substances, units, labels, conventions)


def _units(reader: Reader, nodes: dict[str, Node]) -> tuple[Units, dict[str, Text], dict[str, str]]:
    from envcheck.units import factor

    known: dict[str, dict[str, Conversion]] = {}
    spellings: dict[str, tuple[str, ...]] = {}
    labels: dict[str, Text] = {}
    conventions: dict[str, str] = {}

    def add(canonical: str, base: str, entries: dict[str, Node], scale: Fraction, convention: str) -> None:
        words = reader.texts(entries["spellings"]) if "spellings" in entries else ()
        aliases = reader.mapping(entries["aliases"]) if "aliases" in entries else {}
        pairs = [(base, base), *((w, w) for w in words), *((a, reader.text(n)) for a, n in aliases.items())]
        for spelling, meaning in pairs:
            value = factor(unit_key(meaning), base)
            if value is None:
                reader.report(nodes[canonical].place, tr("{meaning} is not {base}", meaning=meaning, base=base))
                continue
            known[canonical][unit_key(spelling)] = Conversion(value * scale, convention)
        spellings[canonical] += (base, *words)

    for canonical, node in nodes.items():
        entries = reader.mapping(node, {"zh", "spellings", "aliases", "equivalents"})
        known[canonical], spellings[canonical] = {}, ()
        labels[canonical] = Text(reader.text(entries["zh"]) if "zh" in entries else canonical, canonical)
        add(canonical, canonical, entries, Fraction(1), "")
        for other in reader.listing(entries["equivalents"]) if "equivalents" in entries else ():
            parts = reader.mapping(other, {"of", "factor", "spellings", "aliases", "source"})
            scale = Fraction(reader.text(parts["factor"]))
            base = reader.text(parts["of"])
            source, equation = reader.bilingual(parts["source"]), f"1 {base} = {scale} {canonical}"
            conventions[f"{equation} ({source.en})"] = f"{equation}（{source.zh}）"
            add(canonical, base, parts, scale, f"{equation} ({source.en})")
    return Units(known, spellings), labels, conventions


def _label(reader: Reader, entries: dict[str, Node], place: Place) -> Text:
    for lang in ("zh", "en"):
        if lang not in entries:
            reader.report(place, tr("no {lang} label", lang=lang))
    return Text(*(reader.text(entries[lang]) if lang in entries else "" for lang in ("zh", "en")))


def _choices(reader: Reader, nodes: list[Node]) -> dict[str, Choice]:
    found: dict[str, Choice] = {}
    for node in nodes:
        for name, item in reader.mapping(node).items():
            entries = reader.mapping(item, {"zh", "en", "aliases"})
            if name in found:
                reader.report(item.place, tr("{name} again", name=name))
            aliases = reader.texts(entries["aliases"]) if "aliases" in entries else ()
            found[name] = Choice(name, _label(reader, entries, item.place), aliases)
    return found


def _substance(reader: Reader, name: str, node: Node) -> Substance:
    entries = reader.mapping(node, {"zh", "en", "media", "aliases", "molar_mass", "unit"})
    mass = parse_number(reader.text(entries["molar_mass"])) if "molar_mass" in entries else None
    unit = reader.text(entries["unit"]) if "unit" in entries else None
    if unit is None and isinstance(node, MappingNode) and "unit" in node.entries:
        unit = ""
    return Substance(
        name,
        _label(reader, entries, node.place),
        reader.texts(entries["media"]) if "media" in entries else (),
        reader.texts(entries["aliases"]) if "aliases" in entries else (),
        mass,
        unit,
    )


def _kind(reader: Reader, name: str, nodes: list[Node], choices: dict[str, Any], units: Units) -> Kind:
    plural, label = "", EMPTY
    attributes: dict[str, Attribute] = {
        "id": Attribute("id", "text", tr("id")),
        "name": Attribute("name", "text", tr("name")),
    }
    for node in nodes:
        entries = reader.mapping(node, {"plural", "zh", "en", "attributes"})
        if "plural" in entries:
            if plural:
                reader.report(node.place, tr("{name} is defined twice", name=name))
            plural, label = reader.text(entries["plural"]), _label(reader, entries, node.place)
        for word, item in reader.mapping(entries["attributes"]).items() if "attributes" in entries else ():
            if word in attributes:
                reader.report(item.place, tr("attribute {name}.{word} again", name=name, word=word))
            attributes[word] = _attribute(reader, word, item, choices, units)
    if not plural:
        reader.report(nodes[0].place, tr("{name} has no plural", name=name))
    aliases = {alias: one.name for one in attributes.values() for alias in one.aliases}
    return Kind(name, plural, label, attributes, aliases)


ATTRIBUTE_KEYS = {
    "type", "zh", "en", "unit", "choices", "min", "max", "inherited", "aliases", "help", "fields", "of",
}  # fmt: skip


def _attribute(reader: Reader, name: str, node: Node, choices: dict[str, Any], units: Units) -> Attribute:
    entries = reader.mapping(node, ATTRIBUTE_KEYS)
    kind = reader.text(entries["type"]) if "type" in entries else ""
    unit = reader.text(entries["unit"]) if "unit" in entries else ""
    listing = reader.text(entries["choices"]) if "choices" in entries else ""
    if kind not in TYPES:
        reader.report(node.place, tr("{name} has an unknown type {kind}", name=name, kind=kind))
    if kind in ("choice", "choices", "level") and listing not in choices:
        reader.report(node.place, tr("{name}: no choices named {listing}", name=name, listing=listing))
    if (kind == "quantity" or kind in SUBSTANCE_MAPS) and unit not in units.known:
        reader.report(node.place, tr("{name}: no unit {unit} under units", name=name, unit=unit))
    of = reader.text(entries["of"]) if "of" in entries else ""
    if (kind == "series") != (of in ("emissions", "water")):
        reader.report(node.place, tr("{name}: a series is of emissions or water", name=name))
    low = parse_number(reader.text(entries["min"])) if "min" in entries else None
    fields: list[tuple[str, str]] = []
    for word, item in reader.mapping(entries["fields"]).items() if "fields" in entries else ():
        fields.append((word, reader.text(reader.mapping(item, {"type"})["type"])))
    return Attribute(
        name=name,
        type=kind,
        label=_label(reader, entries, node.place),
        unit=unit,
        choices=listing,
        low=low if low is not None else (Fraction(0) if kind in NUMERIC or kind in SUBSTANCE_MAPS else None),
        high=parse_number(reader.text(entries["max"])) if "max" in entries else None,
        inherited="inherited" in entries and reader.text(entries["inherited"]) == "true",
        aliases=reader.texts(entries["aliases"]) if "aliases" in entries else (),
        help=reader.bilingual(entries["help"]) if "help" in entries else EMPTY,
        fields=tuple(fields),
        of=of,
    )
