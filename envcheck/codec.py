"""Records to and from plain JSON, for the cache of compiled rules."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from fractions import Fraction
from types import ModuleType
from typing import Any

from envcheck import expressions, model, quantity, text, vocabulary


def _records(module: ModuleType) -> dict[str, Any]:
    return {
        name: item
        for name, item in vars(module).items()
        if isinstance(item, type) and item.__module__ == module.__name__ and (is_dataclass(item) or hasattr(item, "_fields"))
    }


CLASSES: dict[str, Any] = {
    name: item
    for module in (expressions, model, quantity, text, vocabulary)
    for name, item in _records(module).items()
}  # fmt: skip
FIELDS = {
    name: tuple(f.name for f in fields(c) if f.init and not f.name.startswith("_")) if is_dataclass(c) else c._fields
    for name, c in CLASSES.items()
}


def encode(item: Any) -> Any:
    """A record as lists, texts and numbers that JSON can hold."""
    name = type(item).__name__
    if name in CLASSES:
        return [name, *[encode(getattr(item, f)) for f in FIELDS[name]]]
    if isinstance(item, Fraction):
        return ["/", str(item)]
    if isinstance(item, date):
        return ["@", item.isoformat()]
    if isinstance(item, tuple):
        return ["*", *map(encode, item)]
    if isinstance(item, dict):
        return ["=", *[part for key, value in item.items() for part in (key, encode(value))]]
    if item is None or isinstance(item, bool | str):
        return item
    if isinstance(item, int):
        return item
    raise TypeError(f"cannot encode {name}")


def decode(data: Any) -> Any:
    """The record that `encode` wrote down."""
    if type(data) is not list:
        return data
    tag = data[0]
    if tag == "*":
        return tuple([decode(part) for part in data[1:]])
    if tag == "/":
        return Fraction(data[1])
    if tag == "@":
        return date.fromisoformat(data[1])
    if tag == "=":
        return dict(zip(data[1::2], map(decode, data[2::2]), strict=True))
    return CLASSES[tag](*[decode(part) for part in data[1:]])
