"""What conditions and requirements are made of.

Named tuples, not dataclasses: there are many kinds of node, and a dataclass takes several times as long to set up, which
every start of the program would pay for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from envcheck.model.evidence import Gap

# --- terms: what has a value -----------------------------------------------------------------------------------------


class Constant(NamedTuple):
    """A number in its canonical unit, the rank of a level, or a date; `text` is its spelling."""

    value: Fraction | date
    text: str
    unit: str = ""
    reference_oxygen: Fraction | None = None


class Value(NamedTuple):
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
        return self.gap().name

    def gap(self, *part: str) -> Gap:
        """What is missing where the attribute, or a ``part`` of its measurement, is not stated."""
        owner = "facility" if self.of_facility or self.inherited else ""
        return Gap("fact", (*self.path, *part), owner, owner)


class Total(NamedTuple):
    """The sum of an attribute over a list of the facility, or the number of its items where `path` is empty."""

    plural: str
    kind: str
    path: tuple[str, ...]
    unit: str
    where: Node | None
    text: str


class LeastRatio(NamedTuple):
    """The least ratio of two substance maps over the substances of a medium with an amount above zero."""

    over: Value
    under: Value
    medium: str
    substances: tuple[str, ...]


class Greatest(NamedTuple):
    """The greatest amount in a substance map over the substances of a medium."""

    of: Value
    medium: str
    substances: tuple[str, ...]


class Product(NamedTuple):
    """A factor times a term."""

    factor: Fraction
    term: Term


class Quotient(NamedTuple):
    """One term divided by another."""

    over: Term
    under: Term


class Day(NamedTuple):
    """A day that is known when the question is asked: the as-of date, or the first day of its year."""

    name: Literal["as_of", "year_start"]
    text: str

    def on(self, as_of: date) -> date:
        """The day, where ``as_of`` is the date asked about."""
        return as_of if self.name == "as_of" else date(as_of.year, 1, 1)


Term = Constant | Value | Total | LeastRatio | Greatest | Product | Quotient

# --- conditions: what is true, false or unknown ----------------------------------------------------------------------


class Compare(NamedTuple):
    """A comparison of two terms; ``measured`` is how the rule writes the left one."""

    op: str
    left: Term
    right: Term
    text: str
    measured: str = ""


class CompareDays(NamedTuple):
    """A comparison of a date or of the day of an event with a date, a day of the plan or another attribute's day."""

    op: str
    left: Value
    right: Constant | Value | Day
    text: str


class OneOf(NamedTuple):
    """The value is one of several."""

    value: Value
    among: tuple[str, ...]
    text: str
    almost: str = ""
    """Of a text the pattern of what may be meant as one of them, for it is spelled almost as a name that is."""


class Contains(NamedTuple):
    """A text contains another."""

    value: Value
    part: str
    text: str
    almost: str = ""
    """The pattern of what may be meant to contain it, for it is spelled almost as a name that does."""


class Known(NamedTuple):
    """An attribute is stated; never unknown, unless it is `decisive`: what is not stated then decides nothing."""

    value: Value
    text: str
    decisive: bool = False


class Dated(NamedTuple):
    """The day of an event or a date is stated; never unknown."""

    value: Value
    text: str


class Listed(NamedTuple):
    """The process is one of those that a table has rows for; unknown where the table may have a row for it."""

    value: Value
    among: tuple[str, ...]
    possible: tuple[str, ...]
    text: str


class Holds(NamedTuple):
    """A yes-or-no attribute or an event is the case."""

    value: Value
    text: str


class Defined(NamedTuple):
    """A definition of the pack holds."""

    name: str
    of_facility: bool
    text: str


class Over(NamedTuple):
    """Every (`every`) or some item of a list of the facility fulfils a condition."""

    every: bool
    plural: str
    kind: str
    where: Node | None
    condition: Node
    text: str


class Share(NamedTuple):
    """The least share of a month's valid hours, in percent."""

    op: str
    least: Fraction


class OverTime(NamedTuple):
    """The means of the subject's monitoring series keep a limit: every valid one, or a share of a month's hours."""

    every: Literal["hour", "day", "window"]
    hours: int
    """How many hours a mean is over."""
    value: Value
    op: str
    limit: Constant
    share: Share | None
    text: str


class Exception_(NamedTuple):
    """A different maximum where a condition holds."""

    when: Node
    maximum: Fraction


class Limit(NamedTuple):
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
    means: Literal["hour", "day"] | None
    """Over which means of a series it is judged; None where its table does not say."""
    table: str
    share: Share | None = None
    """The share of a month's hours for which a monitoring series must keep it, where not every hour must."""


class Within(NamedTuple):
    """A substance map keeps every limit of a table that concerns it, by the subject's process or a fixed one."""

    values: Value
    process: Value | None
    limits: tuple[Limit, ...]
    text: str

    def __hash__(self) -> int:
        """Without the limits, whose many fractions are slow to hash: the text names their table."""
        return hash((self.values, self.process, self.text))


class Not(NamedTuple):
    """Negation."""

    part: Node
    text: str


class And(NamedTuple):
    """All parts."""

    parts: tuple[Node, ...]
    text: str


class Or(NamedTuple):
    """At least one part."""

    parts: tuple[Node, ...]
    text: str


class Never(NamedTuple):
    """A flat ban: false always."""

    text: str = "never"


Node = (
    Compare
    | CompareDays
    | OneOf
    | Contains
    | Known
    | Dated
    | Listed
    | Holds
    | Defined
    | Over
    | OverTime
    | Within
    | Not
    | And
    | Or
    | Never
)

# --- looking through -------------------------------------------------------------------------------------------------


def walk(item: Any) -> Iterator[Any]:
    """An expression, or a tuple of them, and all expressions in it."""
    yield item
    for part in item:
        if isinstance(part, tuple):
            yield from walk(part)
