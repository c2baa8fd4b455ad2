"""The vocabulary: kinds of subject, their attributes, substances, choices and units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from envcheck.text.messages import EMPTY, Text, tr
from envcheck.text.problems import nearest, nearest_meant
from envcheck.units.quantity import Units, unit_key

PARTS = {
    "O2": tr("oxygen content"),
    "moisture": tr("moisture"),
    "basis": tr("dry or wet basis"),
    "measured_on": tr("measured on"),
}
"""What may be stated beside a measured value."""
ASKED = {**PARTS, "detection_limit": tr("detection limit")}
"""What may be missing of one."""
SYMBOL = 2
"""So short a word is the symbol of an element or a gas, of which the letter case tells one from another: Co and CO."""
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


ANY_TRADE = "any"


class Implied(NamedTuple):
    """What a word for a choice says of another attribute of the same subject, where that is not stated itself."""

    word: str
    attribute: str
    value: str


class Choice(NamedTuple):
    """An allowed value."""

    id: str
    label: Text
    aliases: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    """Of a process the trades whose standards judge it: ids of the choices of `industry` and `trade`."""
    implies: tuple[Implied, ...] = ()
    """What some of its aliases say besides: 拟建 is new work, and not built yet."""


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
    names: tuple[str, ...] = ()
    """Of a text the names that rules look for: forms offer them, and what is spelled almost as one is a question."""

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


def _in_any_case(named: Mapping[str, str]) -> dict[str, str]:
    """Names by what they stand for, also in lower case where that leaves no doubt."""
    lower: dict[str, str] = {}
    for word, name in named.items():
        folded = word.casefold()
        lower[folded] = name if lower.get(folded, name) == name else ""
    return {folded: name for folded, name in lower.items() if name} | dict(named)


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
    _called: dict[str, list[str]] = field(default_factory=dict, compare=False, repr=False)
    """Substances by what they are called."""

    def convention(self, english: str) -> Text:
        """What is said of a conversion by convention, behind the number; empty where there is none."""
        return Text(f"; {self.conventions.get(english, english)}", f"; {english}") if english else EMPTY

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

    def labelled(self, kind: Kind, word: str) -> Attribute | None:
        """The one attribute of a kind, its own or one that it takes from the facility, that has such a label.

        An event may be headed by its time, and without what its label adds in brackets: 治理工程完工时间.
        """
        key = unit_key(word)
        name = self._labels(kind, "").get(key)
        if not name and (suffix := next((s for s in ("时间", "日期") if key.endswith(s)), "")):
            name = self._labels(kind, "event").get(key.removesuffix(suffix))
        return self.attribute(kind, name) if name else None

    def _labels(self, kind: Kind, of_type: str) -> dict[str, str]:
        """The attributes of a kind by label; those of a type also without brackets. Empty where several have one."""
        table = self._lookup.get(f"*labels {kind.id} {of_type}")
        if table is None:
            table = self._lookup[f"*labels {kind.id} {of_type}"] = {}
            for attribute in self.attributes(kind):
                if of_type not in ("", attribute.type):
                    continue
                labels = {unit_key(label) for label in attribute.label}
                if of_type:
                    labels.add(re.sub(r"[(（].*?[)）]", "", unit_key(attribute.label.zh)))
                for label in labels:
                    table[label] = "" if label in table else attribute.name
        return table

    def choice(self, listing: str, word: str) -> Choice | None:
        """The choice that ``word`` names by id, label or alias; in another letter case where that is no other's name."""
        table = self._lookup.get(listing)
        if table is None:
            choices = self.choices[listing].values()
            named = {unit_key(w): c.id for c in choices for w in (*c.label, *c.aliases)}
            table = self._lookup[listing] = _in_any_case({**named, **{unit_key(c.id): c.id for c in choices}})
        found = table.get(unit_key(word)) or table.get(unit_key(word).casefold())
        return None if found is None else self.choices[listing][found]

    def implied(self, listing: str, word: str) -> tuple[Implied, ...]:
        """What a word for a choice says of other attributes."""
        choice = self.choice(listing, word)
        said = unit_key(word).casefold()
        return tuple(i for i in choice.implies if unit_key(i.word).casefold() == said) if choice is not None else ()

    def region(self, text: str) -> str | None:
        """The code of a region (GB/T 2260) that a text gives by its code or by its name, alone or behind those it lies in.

        150200 is the whole of Baotou (1502), 150203 its Kundulun District; longer codes add townships.
        """
        folded = "".join(unicodedata.normalize("NFKC", text).split())
        if re.fullmatch(r"\d{2}(\d{2}){0,2}|\d{9}|\d{12}", folded, re.ASCII):
            code = folded[:6]
            while len(code) > 2 and code.endswith("00"):
                code = code[:-2]
            return code
        table = self._lookup.get("*regions")
        if table is None:
            table = self._lookup["*regions"] = dict(self._region_names())
        return table.get(folded)

    def _region_names(self) -> Iterator[tuple[str, str]]:
        names = {c.id: (c.label.zh, *c.aliases) for c in self.choices.get("region", {}).values()}
        for code, own in names.items():
            before = [""]
            for size in range(2, len(code), 2):
                before += [lead + name for lead in before for name in names.get(code[:size], ())]
            yield from ((lead + name, code) for lead in before for name in own)

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

    def substance(self, word: str, fits: Callable[[Substance], bool] = lambda _substance: True) -> Substance | None:
        """The substance that ``word`` names by id or alias; where several are called so (氟化物), one that ``fits``."""
        found = self.substances.get(word)
        if found is not None:
            return found
        if not self._lookup.get("*substances"):
            for name, substance in self.substances.items():
                for spelled in (name, substance.label.zh, *substance.aliases):
                    self._called.setdefault(unit_key(spelled), []).append(name)
            self._lookup["*substances"] = _in_any_case({key: names[0] for key, names in self._called.items()})
        key = unit_key(word)
        folded = self._lookup["*substances"].get(key.casefold()) if len(key) > SYMBOL else None
        names = self._called.get(key) or ([folded] if folded else [])
        called_so = [self.substances[name] for name in names]
        return next(filter(fits, called_so), called_so[0] if called_so else None)

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
        return label if len(path) == 2 else tr("{label}, {part}", label=label, part=ASKED[path[2]])
