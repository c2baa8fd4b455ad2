"""Records to and from plain JSON, for the cache of compiled rules.

A limit table that many rules lean on can be kept once: it is then one object for all of them, by which the engines see
at a glance that they ask the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar

from envcheck.model import expressions, rule
from envcheck.text import messages, problems
from envcheck.units import quantity
from envcheck.vocabulary import words

T = TypeVar("T")


def _field_names(record: Any) -> tuple[str, ...] | None:
    """The fields of a named tuple or dataclass that its constructor takes; None for other classes."""
    if hasattr(record, "_fields"):
        return tuple(record._fields)
    marks = getattr(record, "__dataclass_fields__", None)
    return None if marks is None else tuple(name for name in marks if not name.startswith("_"))


def _records(*modules: ModuleType) -> dict[str, tuple[Any, tuple[str, ...]]]:
    found: dict[str, tuple[Any, tuple[str, ...]]] = {}
    for module in modules:
        for name, item in vars(module).items():
            fields = _field_names(item) if isinstance(item, type) and item.__module__ == module.__name__ else None
            if fields is not None:
                found[name] = item, fields
    return found


RECORDS = _records(expressions, rule, quantity, messages, problems, words)
DEFAULTS = {name: tuple(getattr(item, "_field_defaults", {}).values()) for name, (item, _) in RECORDS.items()}
SHAPES = repr(sorted((name, fields) for name, (_, fields) in RECORDS.items()))
"""What the records look like: what was written for others is not read."""


def _maker(name: str) -> Callable[[list[Any]], Any]:
    """How to make a record from the values that were kept, those left out being defaults at the end."""
    record, fields = RECORDS[name]
    defaults, whole = DEFAULTS[name], len(fields)
    if not issubclass(record, tuple):
        return lambda values: record(*values)

    def make(values: list[Any]) -> Any:
        lacking = whole - len(values)
        return tuple.__new__(record, values if not lacking else [*values, *defaults[-lacking:]])

    return make


MAKERS = {name: _maker(name) for name in RECORDS}


class Shelf(Mapping[str, Any]):
    """A mapping whose values are decoded when they are first taken out: most of a vocabulary is not used in a run."""

    def __init__(self, data: dict[str, Any], tables: Mapping[str, Any]) -> None:
        self._data, self._tables = data, tables
        self._taken: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        found = self._taken.get(key)
        if found is None:
            found = self._taken[key] = decode(self._data[key], self._tables)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


def encode(item: Any, tables: dict[tuple[Any, ...], str] | None = None) -> Any:
    """A record as lists, texts and numbers that JSON can hold; limit tables by their names in ``tables``, if given."""
    name = type(item).__name__
    if name in RECORDS:
        values = [getattr(item, field) for field in RECORDS[name][1]]
        for default in reversed(DEFAULTS[name]):
            if values[-1] != default:
                break
            values.pop()
        return [name, *(encode(value, tables) for value in values)]
    if isinstance(item, Fraction):
        return ["/", item.numerator, item.denominator]
    if isinstance(item, date):
        return ["@", item.isoformat()]
    if type(item) is tuple:
        if tables is not None and item and isinstance(item[0], expressions.Limit):
            return ["#", tables.setdefault(item, str(len(tables)))]
        return ["*", *(encode(part, tables) for part in item)]
    if isinstance(item, Mapping):
        return ["=", *[part for key, value in item.items() for part in (key, encode(value, tables))]]
    if item is None or isinstance(item, bool | str | int):
        return item
    raise TypeError(f"cannot encode {name}")


def decode(data: Any, tables: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """The record that `encode` wrote down, with the limit tables that it names."""
    if type(data) is not list:
        return data
    tag = data[0]
    if tag == "*":
        return tuple([decode(part, tables) if type(part) is list else part for part in data[1:]])
    if tag == "/":
        return Fraction(data[1], data[2])
    if tag == "@":
        return date.fromisoformat(data[1])
    if tag == "#":
        return tables[data[1]]
    if tag == "=":
        return Shelf(dict(zip(data[1::2], data[2::2], strict=True)), tables)
    values = [decode(part, tables) if type(part) is list else part for part in data[1:]]
    return MAKERS[tag](values)


def replaced(record: T, **changes: Any) -> T:
    """A copy of a record with some fields changed."""
    fields = RECORDS[type(record).__name__][1]
    return type(record)(*[changes[name] if name in changes else getattr(record, name) for name in fields])
