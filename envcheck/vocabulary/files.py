"""The vocabulary read from the files of `rules/vocabulary`."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from envcheck.files.source import Mapping as MappingNode
from envcheck.files.source import Node, Reader
from envcheck.text.messages import EMPTY, Text, tr
from envcheck.text.problems import Place, nearest
from envcheck.units.quantity import Conversion, Units, parse_number, unit_key
from envcheck.vocabulary.words import (
    NUMERIC,
    SUBSTANCE_MAPS,
    TYPES,
    Attribute,
    Choice,
    Implied,
    Kind,
    Substance,
    Vocabulary,
)

FORMAT = "envcheck/vocabulary/1"
LAST = Fraction(10**6)
TRADES = ("industry", "trade")
"""The lists of choices whose ids a choice may name under `trades`."""
ATTRIBUTE_KEYS = {
    "type", "zh", "en", "unit", "choices", "min", "max", "inherited", "aliases", "help", "fields", "of", "names",
}  # fmt: skip


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
    trades = _names(reader, [node for name in TRADES for node in merged.get(f"choices/{name}", ())])
    choices = {name: _choices(reader, merged[f"choices/{name}"], trades) for name in sections["choices"]}
    names = sorted(sections["kinds"], key=lambda name: _order(reader, merged[f"kinds/{name}"]))
    kinds = {name: _kind(reader, name, merged[f"kinds/{name}"], choices, units) for name in names}
    if "facility" not in kinds:
        reader.report(Place("vocabulary"), tr("no kind named facility"))
    substances = {name: _substance(reader, name, node) for name, node in sections["substances"].items()}
    _check_implied(reader, choices, kinds, merged)
    reader.finish()
    return Vocabulary(kinds, choices, substances, units, labels, conventions)


def _check_implied(
    reader: Reader, choices: dict[str, dict[str, Choice]], kinds: dict[str, Kind], nodes: dict[str, list[Node]]
) -> None:
    """Report what a word is said to imply and no kind can state."""
    attributes = [attribute for kind in kinds.values() for attribute in kind.attributes.values() if attribute.choices]
    known = {(a.name, choice) for a in attributes for choice in choices.get(a.choices, {})}
    for listing, found in choices.items():
        for choice in found.values():
            for implied in choice.implies:
                if (implied.attribute, implied.value) not in known:
                    what = tr(
                        "{word} implies {name}: {value}, which no subject can state",
                        word=implied.word,
                        name=implied.attribute,
                        value=implied.value,
                    )
                    reader.report(nodes[f"choices/{listing}"][0].place, what)


def _units(reader: Reader, nodes: dict[str, Node]) -> tuple[Units, dict[str, Text], dict[str, str]]:
    from envcheck.units.compound import factor

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


def _names(reader: Reader, nodes: list[Node]) -> frozenset[str]:
    return frozenset(name for node in nodes for name in reader.mapping(node))


def _choices(reader: Reader, nodes: list[Node], trades: frozenset[str]) -> dict[str, Choice]:
    found: dict[str, Choice] = {}
    for node in nodes:
        for name, item in reader.mapping(node).items():
            entries = reader.mapping(item, {"zh", "en", "aliases", "trades", "implies"})
            if name in found:
                reader.report(item.place, tr("{name} again", name=name))
            aliases = reader.texts(entries["aliases"]) if "aliases" in entries else ()
            belongs = reader.texts(entries["trades"]) if "trades" in entries else ()
            for trade in belongs:
                if trade not in trades:
                    reader.report(item.place, tr("unknown trade {trade}", trade=trade), nearest(trade, trades))
            implied = _implied(reader, entries["implies"], aliases) if "implies" in entries else ()
            found[name] = Choice(name, _label(reader, entries, item.place), aliases, belongs, implied)
    return found


def _implied(reader: Reader, node: Node, aliases: tuple[str, ...]) -> tuple[Implied, ...]:
    found: list[Implied] = []
    for word, item in reader.mapping(node, set(aliases)).items():
        found += [Implied(word, name, reader.text(value)) for name, value in reader.mapping(item).items()]
    return tuple(found)


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
    unnamed = Attribute("name", "text", tr("name"))
    attributes: dict[str, Attribute] = {"id": Attribute("id", "text", tr("id")), "name": unnamed}
    for node in nodes:
        entries = reader.mapping(node, {"plural", "zh", "en", "attributes", "order"})
        if "plural" in entries:
            if plural:
                reader.report(node.place, tr("{name} is defined twice", name=name))
            plural, label = reader.text(entries["plural"]), _label(reader, entries, node.place)
        for word, item in reader.mapping(entries["attributes"]).items() if "attributes" in entries else ():
            if word in attributes and not (word == "name" and attributes[word] == unnamed):
                reader.report(item.place, tr("attribute {name}.{word} again", name=name, word=word))
            attributes[word] = _attribute(reader, word, item, choices, units)
    if not plural:
        reader.report(nodes[0].place, tr("{name} has no plural", name=name))
    aliases = {alias: one.name for one in attributes.values() for alias in one.aliases}
    return Kind(name, plural, label, attributes, aliases)


def _order(reader: Reader, nodes: list[Node]) -> Fraction:
    """Where a kind comes in forms and lists; kinds that do not say come last, as they are read."""
    for node in nodes:
        stated = node.entries.get("order") if isinstance(node, MappingNode) else None
        number = parse_number(reader.text(stated)) if stated is not None else None
        if number is not None:
            return number
    return LAST


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
    if "names" in entries and kind != "text":
        reader.report(node.place, tr("{name}: only a text has names", name=name))
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
        names=reader.texts(entries["names"]) if "names" in entries else (),
    )
