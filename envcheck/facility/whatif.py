"""What if: a facility file with some values changed, and the value that would make a failing number pass.

Changes are made in the source tree, before the vocabulary types and checks it, so that a value given on the command
line means what the same text in the file would mean.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from envcheck.facility.concentrations import GAS_KEYS
from envcheck.files import source
from envcheck.model.facility import Facility, Measurement
from envcheck.model.finding import Amount, Comparison, Finding
from envcheck.text.messages import EMPTY, Text, join, ptr, tr
from envcheck.text.problems import InputError, Place, Problem, nearest
from envcheck.units import gas
from envcheck.units.quantity import show, split, unit_key
from envcheck.vocabulary.words import Vocabulary

OPTION = "--set"
PLACE = Place(OPTION)
SIGNS = {"<=": "≤", ">=": "≥", "==": "=", "<": "<", ">": ">"}
DIGITS, MOST_DIGITS = 3, 6

# --- changes ---------------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """A value to put in the place of what a file says: `path` is as in findings, `boilers/B1.emissions.NOx`."""

    path: str
    value: source.Node
    text: str


def parse(text: str) -> Change:
    """A change written as PATH=VALUE; the value is read as YAML.

    Raises:
        InputError: there is no path, no value, or the value is not YAML.
    """
    path, sign, value = (part.strip() for part in text.partition("="))
    example = "boilers/B1.emissions.NOx=28 mg/m3"
    if not path or not sign or not value:
        _refuse(
            tr("'{text}' is not PATH=VALUE", text=text[:60]),
            tr("as in {example}; write null for what is not known", example=example),
        )
    try:
        node = source.read_bytes(value.encode(), OPTION)
    except InputError as error:
        raise InputError([p._replace(place=PLACE, what=_about(path) + p.what) for p in error.problems]) from None
    return Change(path, _placed(node), f"{path}={value}")


def apply(tree: source.Node, changes: Sequence[Change], words: Vocabulary) -> source.Node:
    """The tree of a facility file with changes made.

    Raises:
        InputError: a change names a subject that the file does not hold.
    """
    if not isinstance(tree, source.Mapping):
        return tree
    for change in changes:
        tree = _applied(tree, change, words)
    return tree


def marked(facility: Facility, changes: Sequence[Change]) -> Facility:
    """The facility with its changes in the name of its source, so that every report says what it rests on."""
    told = "".join(f" {OPTION} {change.text}" for change in changes)
    return facility._replace(source=facility.source + told)


def assumed(facility: Facility) -> str:
    """The changes that `marked` wrote down; empty where the facility stands as its file says."""
    return facility.source.partition(f" {OPTION} ")[2]


def _refuse(what: Text, remedy: Text) -> None:
    raise InputError([Problem(PLACE, what, remedy)])


def _about(path: str) -> Text:
    return tr("{path}: ", path=path)


def _placed(node: source.Node) -> source.Node:
    """The node with the option as its place: lines and columns of a value on the command line tell nothing."""
    if isinstance(node, source.Scalar):
        return node._replace(place=PLACE)
    if isinstance(node, source.Listing):
        return source.Listing(PLACE, tuple(_placed(item) for item in node.items))
    return source.Mapping(PLACE, {k: _placed(v) for k, v in node.entries.items()}, dict.fromkeys(node.keys, PLACE))


def _applied(tree: source.Mapping, change: Change, words: Vocabulary) -> source.Mapping:
    if change.path.startswith("facility."):
        return _changed(tree, "facility", change.path.removeprefix("facility."), change.value, words)
    plural, _, rest = change.path.partition("/")
    kind, items = words.plural(plural), tree.entries.get(plural)
    listed = items.items if isinstance(items, source.Listing) else ()
    chosen: tuple[int, str] | None = None
    for number, item in enumerate(listed):
        identity = _identity(item)
        # An id may hold points: the longest one that fits is meant.
        if identity and rest.startswith(f"{identity}.") and (chosen is None or len(identity) > len(chosen[1])):
            chosen = number, identity
    if kind is None or chosen is None:
        known = [f"{p}/{_identity(i)}" for p, n in tree.entries.items() if words.plural(p) for i in _items(n)]
        what = tr("the file holds no subject for {path}", path=change.path)
        where = change.path.rpartition("/")[0] + "/" + rest.partition(".")[0] if rest else change.path.partition(".")[0]
        _refuse(tr("{file}: ", file=tree.place.file) + what, nearest(where, [*known, "facility"]))
    assert kind is not None
    assert chosen is not None
    number, identity = chosen
    item = listed[number]
    assert isinstance(item, source.Mapping)
    new = _changed(item, kind.id, rest[len(identity) + 1 :], change.value, words)
    assert isinstance(items, source.Listing)
    return _with(tree, plural, items._replace(items=(*listed[:number], new, *listed[number + 1 :])), tree.keys[plural])


def _items(node: source.Node) -> Iterable[source.Node]:
    return node.items if isinstance(node, source.Listing) else ()


def _identity(node: source.Node) -> str:
    found = node.entries.get("id") if isinstance(node, source.Mapping) else None
    return found.text.strip() if isinstance(found, source.Scalar) else ""


def _changed(item: source.Mapping, kind_id: str, path: str, value: source.Node, words: Vocabulary) -> source.Mapping:
    """A subject with one attribute changed, or one substance of it, or one part of its measurement."""
    name, _, inner = path.partition(".")
    attributes = {word: a.name for a in words.attributes(words.kinds[kind_id]) for word in (a.name, *a.aliases)}
    name = _as_written(item, name, lambda word: attributes.get(word, word))
    if not inner:
        return _with(item, name, value)
    held = _mapping(item.entries.get(name))
    substance, _, part = inner.rpartition(".")
    if not substance or part not in GAS_KEYS:
        substance, part = inner, ""
    substance = _as_written(held, substance, lambda word: s.id if (s := words.substance(word)) else word)
    if part:
        before = held.entries.get(substance)
        # A bare value becomes the value of a measurement that also says the rest.
        whole = _with(_mapping(None), "value", before) if isinstance(before, source.Scalar) else _mapping(before)
        value = _with(whole, part, value)
    elif isinstance(value, source.Scalar) and not value.is_null:
        # Another value of the same measurement: oxygen, basis and moisture stay as they are.
        before = held.entries.get(substance)
        value = _with(before, "value", value) if isinstance(before, source.Mapping) else value
    return _with(item, name, _with(held, substance, value), item.keys.get(name, PLACE))


def _as_written(mapping: source.Mapping, word: str, meaning: Callable[[str], str]) -> str:
    """The key by which a mapping already names what a word means, else the word."""
    return next((key for key in mapping.entries if meaning(key) == meaning(word)), word)


def _mapping(node: source.Node | None) -> source.Mapping:
    return node if isinstance(node, source.Mapping) else source.Mapping(PLACE, {}, {})


def _with(mapping: source.Mapping, key: str, value: source.Node, place: Place = PLACE) -> source.Mapping:
    return mapping._replace(entries={**mapping.entries, key: value}, keys={**mapping.keys, key: place})


# --- what would pass -------------------------------------------------------------------------------------------------


class Goal(NamedTuple):
    """The value that would pass, in the unit in which the failing one is written; rounded to the safe side."""

    op: str
    value: Fraction
    unit: str
    conditions: Text
    amounts: tuple[Text, ...] = ()
    """Of a formula: what the amounts in it would have to be."""

    @property
    def text(self) -> Text:
        """The goal for people: needs ≤ 13.2 ppm at 5.2 % O2."""
        if self.amounts:
            return tr("needs {number}", number=join(ptr("list", " and "), self.amounts))
        number = _signed(self.op, self.value, self.unit)
        if self.conditions == EMPTY:
            return tr("needs {number}", number=number)
        return tr("needs {number} at {conditions}", number=number, conditions=self.conditions)


def would_pass(finding: Finding) -> Text:
    """What the governing number of a finding would have to be; empty where none fails."""
    found = goal(finding, finding.comparison) if finding.comparison is not None else None
    return found.text if found is not None else EMPTY


def goal(finding: Finding, comparison: Comparison) -> Goal | None:
    """What a failing number would have to be, all else (oxygen, moisture) staying as it is; None where it does not fail.

    Every conversion from the value as written to the value compared is a product, so that the limit divided by their
    ratio is the limit in the user's own unit, exactly.
    """
    bound = comparison.limit.low if comparison.op in ("<", "<=") else comparison.limit.high
    if comparison.op == "==":
        bound = comparison.limit.exact
    measured = comparison.measured.high if comparison.measured is not None else None
    if comparison.truth is not False or comparison.op not in SIGNS or bound is None or measured is None:
        return None
    factor, unit = _own_unit(comparison.as_written, measured, comparison.unit)
    found = _rounded(comparison.op, bound / factor, comparison.as_written)
    if found is None:
        return None
    measurement = _measurement(finding, comparison)
    amounts = [told for one in comparison.needed if (told := _amount(one)) is not None]
    return Goal(*found, unit, _conditions(measurement, measured) if measurement is not None else EMPTY, tuple(amounts))


def _rounded(op: str, exact: Fraction, as_written: str) -> tuple[str, Fraction] | None:
    """A bound in few digits, on the side where values pass."""
    value = _safe(exact, op, _decimals(as_written))
    if value is None:
        return None
    return (op if value == exact else {"<": "<=", ">": ">="}.get(op, op)), value


def _amount(one: Amount) -> Text | None:
    """What an amount of a formula would have to be, and by how much that differs from what it is."""
    factor, unit = _own_unit(one.as_written, one.now, one.unit)
    found = _rounded(one.op, one.bound / factor, one.as_written)
    if found is None:
        return None
    op, value = found
    number = f"{one.path} {_signed(op, value, unit)}".lstrip()
    change = _quantity(abs(value - one.now / factor), unit)
    if value == one.now / factor:
        return Text(number, number)
    if op in ("<", "<="):
        return tr("{number} ({change} less)", number=number, change=change)
    return tr("{number} ({change} more)", number=number, change=change)


def _signed(op: str, value: Fraction, unit: str) -> str:
    return f"{SIGNS[op]} {_quantity(value, unit)}"


def _quantity(value: Fraction, unit: str) -> str:
    gap = "" if unit[:1] in ("", ":", "∶") else " "
    return f"{show(value)}{gap}{unit}"


def restates(comparison: Comparison, found: Goal) -> bool:
    """Whether a goal says no more than the limit itself does."""
    if found.amounts:
        return False
    same = comparison.limit.exact == found.value and comparison.op == found.op and found.conditions == EMPTY
    return same and unit_key(found.unit) == unit_key(comparison.unit)


def _own_unit(as_written: str, measured: Fraction, canonical: str) -> tuple[Fraction, str]:
    """The factor from the user's number to the compared one, and the user's unit."""
    parts = split(as_written)
    if parts is None:
        return Fraction(1), canonical
    _, number, unit = parts
    if number and measured:
        return measured / number, unit
    # A zero tells no factor; a counter (3 处) has none, of a share or a ratio the plain number is told.
    counted = not canonical and not unit.startswith(("%", ":", "∶"))
    return Fraction(1), unit if counted else canonical


def _decimals(text: str) -> int:
    """How many decimal places a number is written with."""
    found = re.search(r"\.(\d+)", unicodedata.normalize("NFKC", text))
    return len(found[1]) if found else 0


def _safe(exact: Fraction, op: str, decimals: int) -> Fraction | None:
    """A number of few digits on the side of the bound where values pass; the bound itself where it has few digits."""
    if not exact:
        return exact
    first = (Decimal(exact.numerator) / Decimal(exact.denominator)).adjusted()
    if (exact * Fraction(10) ** (MOST_DIGITS - 1 - first)).denominator == 1:
        return exact
    if op == "==":
        return None
    places = max(decimals, DIGITS - 1 - first)
    scale = Fraction(10) ** places
    return (floor(exact * scale) if op in ("<", "<=") else ceil(exact * scale)) / scale


def _measurement(finding: Finding, comparison: Comparison) -> Measurement | None:
    if len(comparison.attribute) != 2 or comparison.series is not None:
        return None
    name, substance = comparison.attribute
    fact = finding.subject.facts.get(name)
    held = fact.value.get(substance) if fact is not None and isinstance(fact.value, dict) else None
    return held if isinstance(held, Measurement) and held.text == comparison.as_written else None


def _conditions(measurement: Measurement, compared: Fraction) -> Text:
    """The oxygen and moisture that a value was converted by; empty where it was compared as it is."""
    parts: list[Text] = []
    dry, oxygen, moisture = measurement.value, measurement.oxygen, measurement.moisture
    if measurement.wet and moisture is not None and moisture.exact is not None:
        dry = gas.dry(dry, moisture.exact)
        parts.append(tr("{share} % moisture (wet gas)", share=show(moisture.exact, 6)))
    if oxygen is not None and oxygen.exact is not None and dry.high != compared:
        parts.insert(0, tr("{share} % O2", share=show(oxygen.exact, 6)))
    return join(ptr("list", " and "), parts)
