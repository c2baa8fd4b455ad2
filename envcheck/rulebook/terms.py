"""The terms of a condition: constants with their units, attributes, sums and ratios, each with its unit settled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NoReturn, Self

from envcheck.model import expressions as ex
from envcheck.text.messages import EMPTY, Text, tr
from envcheck.text.problems import nearest
from envcheck.units.quantity import UnitError, parse_number, split
from envcheck.vocabulary.words import NUMERIC, Attribute, Kind, Vocabulary


class CompileError(ValueError):
    """A condition that means nothing: what is wrong and what would be right."""

    def __init__(self, what: Text, remedy: Text = EMPTY) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(what.en)


@dataclass(frozen=True)
class Scope:
    """What the names in a condition may refer to."""

    vocabulary: Vocabulary
    kind: Kind
    definitions: Mapping[str, str]
    """The key of each definition (`KIND.NAME` where several kinds share a name) to the id of its kind."""
    tables: Mapping[str, Any]
    """Table id to a function from a scope to its limits and the type of attribute they are held against."""
    days: Mapping[str, date]
    """The plan's first and last day (`plan_start`, `plan_end`), where it has them."""


def fail(what: Text, remedy: Text = EMPTY) -> NoReturn:
    """Refuse the condition.

    Raises:
        CompileError: always.
    """
    raise CompileError(what, remedy)


class TermCompiler(ABC):
    """Compiles the terms of a condition; what extends it compiles the conditions, those inside a sum too."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text, self.scope, self.words = text, scope, scope.vocabulary

    @abstractmethod
    def node(self, tree: Any) -> ex.Node:
        """A condition."""

    def source(self, tree: Any) -> str:
        """The words of the rule from which a part of its tree was parsed."""
        return self.text[tree.meta.start_pos : tree.meta.end_pos] if not tree.meta.empty else self.text

    def term(self, tree: Any, unit: str | None = None) -> ex.Term:
        """A term; a bare constant takes the unit of the other side."""
        if tree.data == "date":
            return self.date(tree)
        if tree.data == "quantity":
            return self.constant(tree, unit)
        if tree.data == "name":
            value, attribute = self.value(tree.children[0])
            if attribute.type not in NUMERIC and not (attribute.is_map and len(value.path) == 2):
                fail(tr("{name} is not a number", name=value.name))
            return value
        if tree.data in ("sum", "count"):
            return self.total(tree)
        if tree.data == "least_ratio":
            over, under, medium = (str(child) for child in tree.children)
            return ex.LeastRatio(self.amounts(over), self.amounts(under), medium, self.medium(medium))
        if tree.data == "greatest":
            of, medium = (str(child) for child in tree.children)
            return ex.Greatest(self.amounts(of), medium, self.medium(medium))
        if tree.data == "product":
            factor, other = tree.children
            number = parse_number(str(factor.children[0])) if factor.data == "quantity" else None
            if number is None or number <= 0:
                fail(tr("the left of a product is a number above zero"))
            return ex.Product(number, self.term(other, unit))
        if tree.data == "quotient":
            first, second = (self.term(child) for child in tree.children)
            if unit_of(first) != unit_of(second):
                fail(tr("the two terms of a ratio have different units"))
            return ex.Quotient(first, second)
        fail(tr("'{source}' is not a number", source=self.source(tree)))

    def date(self, tree: Any) -> ex.Constant:
        """A day written in a condition."""
        try:
            return ex.Constant(date.fromisoformat(str(tree.children[0])), str(tree.children[0]))
        except ValueError:
            fail(tr("no such date: {day}", day=tree.children[0]))

    def constant(self, tree: Any, unit: str | None) -> ex.Constant:
        """A number written in a condition, in the unit of the other side."""
        spelled, oxygen = str(tree.children[0]), tree.children[1]
        parts = split(spelled)
        if parts is None:
            fail(tr("'{spelled}' is not a number", spelled=spelled))
        _, number, given = parts
        reference = None
        if oxygen is not None:
            share = split(str(oxygen))
            if share is None or share[2] != "%" or not 0 <= share[1] < 21:
                fail(tr("a reference oxygen content lies from {low} up to below {high}", low="0 %", high="21 %"))
            reference = share[1]
        if not unit:
            if given:
                fail(tr("'{spelled}' compares with a bare number", spelled=spelled))
            return ex.Constant(number, spelled)
        try:
            factor = self.words.units.conversion(given, unit).factor
        except UnitError as error:
            fits = ", ".join(error.fits)
            fail(
                tr("'{spelled}' is not in a unit of {unit}", spelled=spelled, unit=unit),
                tr("Units that fit: {fits}", fits=fits),
            )
        return ex.Constant(number * factor, spelled, unit, reference)

    def total(self, tree: Any) -> ex.Total:
        """A sum or a count over a list of the facility."""
        path, where = tree.children
        plural, _, rest = str(path).partition(".")
        kind = self.listed(plural)
        inner = self.within_list(kind)
        condition = inner.node(where) if where is not None else None
        if tree.data == "count":
            return ex.Total(plural, kind.id, (), "", condition, self.source(tree))
        value, attribute = inner.value(rest)
        if attribute.type not in NUMERIC and len(value.path) != 2:
            fail(tr("{path} cannot be summed", path=path))
        return ex.Total(plural, kind.id, value.path, value.unit, condition, self.source(tree))

    def amounts(self, path: str) -> ex.Value:
        """An attribute that holds amounts of substances."""
        value, attribute = self.value(path)
        if attribute.type != "amounts" or len(value.path) != 1:
            fail(tr("{path} does not hold amounts of substances", path=path))
        return value

    def medium(self, medium: str) -> tuple[str, ...]:
        """The substances of a medium."""
        found = tuple(s.id for s in self.words.substances.values() if medium in s.media)
        if not found:
            fail(tr("no medium {medium}", medium=medium), nearest(medium, {"air", "water"}))
        return found

    # --- names

    def listed(self, plural: str) -> Kind:
        """The kind of subject that a list holds."""
        kind = self.words.plural(plural)
        if kind is None or kind.id == "facility":
            fail(
                tr("no list {plural}", plural=plural),
                nearest(plural, {k.plural for k in self.words.kinds.values()}),
            )
        return kind

    def within_list(self, kind: Kind) -> Self:
        """The same for the subjects of a list."""
        scope = self.scope
        return type(self)(self.text, replace(scope, kind=kind))

    def defined(self, name: str) -> str | None:
        """The key of the definition that a name means for this kind of subject."""
        for key in (f"{self.scope.kind.id}.{name}", name):
            if self.scope.definitions.get(key) in (self.scope.kind.id, "facility"):
                return key
        return None

    def day(self, tree: Any) -> ex.Constant | ex.Value | ex.Day | None:
        """A day that is named, or the day of another attribute."""
        if tree.data == "date":
            return self.date(tree)
        if tree.data != "name":
            return None
        name = str(tree.children[0])
        if name in ("as_of", "year_start"):
            return ex.Day("as_of" if name == "as_of" else "year_start", name)
        if name in ("plan_start", "plan_end"):
            if name not in self.scope.days:
                fail(tr("the plan has no {name}", name=name), tr("period: {{from, until}} in pack.yaml says it"))
            return ex.Constant(self.scope.days[name], name)
        try:
            value, attribute = self.value(name)
        except CompileError:
            return None
        return value if attribute.type in ("date", "event") else None

    def attribute_of(self, tree: Any) -> Attribute | None:
        """The attribute that a name means; None for other terms."""
        return self.value(tree.children[0])[1] if tree.data == "name" else None

    def value(self, path: Any) -> tuple[ex.Value, Attribute]:
        """The attribute that a path names, or one substance of a map."""
        parts = str(path).split(".")
        kind, of_facility, own = self.scope.kind, False, parts[0] == "self" and len(parts) > 1
        parts = parts[own:]
        if parts[0] == "facility" and len(parts) > 1:
            kind, of_facility, parts = self.words.kinds["facility"], self.scope.kind.id != "facility", parts[1:]
        attribute = self.words.attribute(kind, parts[0])
        if attribute is None:
            mine = (key for key, owner in self.scope.definitions.items() if owner in (kind.id, "facility"))
            known = {a.name for a in self.words.attributes(kind)} | {key.rpartition(".")[2] for key in mine}
            fail(
                tr("{kind} has no attribute {key}", kind=kind.id, key=parts[0]),
                nearest(parts[0], known),
            )
        inherited = not own and kind.id != "facility" and attribute.name not in kind.attributes
        if len(parts) == 1:
            return ex.Value((attribute.name,), attribute.type, attribute.unit, of_facility, inherited), attribute
        word = ".".join(parts[1:])
        substance = self.words.substance(word, attribute.takes) if attribute.is_map else None
        fitting = {s.id for s in self.words.substances.values() if attribute.takes(s)}
        if substance is None:
            fail(tr("{path}: no such substance", path=path), nearest(word, fitting or self.words.substances))
        if substance.id not in fitting:
            what = tr("{attribute} has no substance {key}", attribute=attribute.called, key=substance.id)
            fail(what, nearest(substance.id, fitting))
        unit = attribute.unit if substance.unit is None else substance.unit
        return ex.Value((attribute.name, substance.id), attribute.type, unit, of_facility, inherited), attribute


def unit_of(term: ex.Term) -> str:
    """The unit of a term; empty for a bare number."""
    if isinstance(term, ex.Value | ex.Total | ex.Constant):
        return term.unit
    if isinstance(term, ex.Product):
        return unit_of(term.term)
    if isinstance(term, ex.Greatest):
        return term.of.unit
    return ""
