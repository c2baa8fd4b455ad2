"""What conditions and requirements are made of, and how they are kept in plain JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from fractions import Fraction
from typing import Any

# --- terms: what has a value -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """A number in its canonical unit, the rank of a level, or a date; `text` is its spelling."""

    value: Fraction | date
    text: str
    unit: str = ""
    reference_oxygen: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """An attribute of the subject, of its facility (`of_facility`), or one substance of a map."""

    path: tuple[str, ...]
    type: str
    unit: str
    of_facility: bool = False
    inherited: bool = False
    """Whether the facility's value counts where the subject states none."""

    @property
    def name(self) -> str:
        """The path by which a missing fact is asked for."""
        return ".".join(("facility", *self.path) if self.of_facility or self.inherited else self.path)


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of an attribute over a list of the facility, or the number of its items where `path` is empty."""

    plural: str
    kind: str
    path: tuple[str, ...]
    unit: str
    where: Node | None
    text: str


@dataclass(frozen=True, slots=True)
class LeastRatio:
    """The least ratio of two substance maps over the substances of a medium with an amount above zero."""

    over: Value
    under: Value
    medium: str
    substances: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Greatest:
    """The greatest amount in a substance map over the substances of a medium."""

    of: Value
    medium: str
    substances: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """A factor times a term."""

    factor: Fraction
    term: Term


@dataclass(frozen=True, slots=True)
class Quotient:
    """One term divided by another."""

    over: Term
    under: Term


Term = Constant | Value | Total | LeastRatio | Greatest | Product | Quotient

# --- conditions: what is true, false or unknown ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of two terms."""

    op: str
    left: Term
    right: Term
    text: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of several."""

    value: Value
    among: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Contains:
    """A text contains another."""

    value: Value
    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Known:
    """An attribute is stated; never unknown."""

    value: Value
    text: str


@dataclass(frozen=True, slots=True)
class Holds:
    """A yes-or-no attribute or an event is the case."""

    value: Value
    text: str


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition of the pack holds."""

    name: str
    of_facility: bool
    text: str


@dataclass(frozen=True, slots=True)
class Over:
    """Every (`every`) or some item of a list of the facility fulfils a condition."""

    every: bool
    plural: str
    kind: str
    where: Node | None
    condition: Node
    text: str


@dataclass(frozen=True, slots=True)
class Exception_:
    """A different maximum where a condition holds."""

    when: Node
    maximum: Fraction


@dataclass(frozen=True, slots=True)
class Limit:
    """A row of a limit table, in canonical units; limits of None were not verified or do not exist."""

    process: str
    substance: str
    minimum: Fraction | None
    maximum: Fraction | None
    unit: str
    reference_oxygen: Fraction | None
    confidence: str
    when: Node | None
    exceptions: tuple[Exception_, ...]
    start: date | None
    end: date | None
    averaging: str
    table: str


@dataclass(frozen=True, slots=True)
class Within:
    """A substance map keeps every limit of a table that concerns it, by the subject's process or a fixed one."""

    values: Value
    process: Value | None
    limits: tuple[Limit, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    part: Node
    text: str


@dataclass(frozen=True, slots=True)
class And:
    """All parts."""

    parts: tuple[Node, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part."""

    parts: tuple[Node, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Never:
    """A flat ban: false always."""

    text: str = "never"


Node = Compare | OneOf | Contains | Known | Holds | Defined | Over | Within | Not | And | Or | Never
Atom = Compare | OneOf | Contains | Known | Holds | Over | Within | Never

# --- looking through -------------------------------------------------------------------------------------------------


def walk(item: Any) -> Iterator[Any]:
    """An expression, or a tuple of them, and all that is in it."""
    yield item
    if isinstance(item, tuple):
        for part in item:
            yield from walk(part)
    elif is_dataclass(item):
        for part in fields(item):
            yield from walk(getattr(item, part.name))
