"""Conditions as columns: a node of the rule language as a Polars expression, null where it is unknown.

Polars' `&`, `|` and `~` are Kleene's. Every distinct condition is computed once: it becomes a column (an atom) that the
rules share, in levels, since a definition rests on other columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from envcheck import expressions as ex
from envcheck.atoms import fold
from envcheck.columns import numbers
from envcheck.columns.layout import BELOW, DAY, WHOLE_NUMBER, Layout
from envcheck.forms.keys import WHOLE
from envcheck.model import Definition
from envcheck.quantity import Interval, compare
from envcheck.text import Text, tr

if TYPE_CHECKING:
    from envcheck.columns.lists import Lists

FACILITY = "facility."
TRUE, FALSE, UNKNOWN = pl.lit(True), pl.lit(False), pl.lit(None, dtype=pl.Boolean)


class Refusal(Exception):
    """A form of condition that has no columns."""

    def __init__(self, what: Text) -> None:
        self.what = what
        super().__init__(what.en)


class Cell(NamedTuple):
    """A column that a condition reads: the expression, and what one of its unit is in the canonical one."""

    expression: pl.Expr
    factor: Fraction = Fraction(1)


def all_of(parts: list[pl.Expr]) -> pl.Expr:
    """Kleene conjunction; true of none."""
    return reduce(lambda a, b: a & b, parts) if parts else TRUE


def any_of(parts: list[pl.Expr]) -> pl.Expr:
    """Kleene disjunction; false of none."""
    return reduce(lambda a, b: a | b, parts) if parts else FALSE


class Frame:
    """The table of one kind as conditions see it; it gathers the columns that they share.

    ``own`` is the table's layout, ``whole`` that of the table of facilities (None: there is none). ``lists`` answers
    for what a condition asks of the lists of the facility; ``mark`` tells the columns of one frame from another's.
    """

    def __init__(
        self,
        own: Layout,
        whole: Layout | None,
        definitions: Mapping[str, Definition],
        as_of: date,
        lists: Lists,
        mark: str = "",
    ) -> None:
        self.mark = mark
        self.own, self.whole, self.definitions, self.as_of, self.lists = own, whole, definitions, as_of, lists
        self.levels: list[dict[str, pl.Expr]] = []
        self.of_facility: set[str] = set()
        """Names of the facility's columns that are read."""
        self.exactly: set[str] = set()
        """Own columns that are compared with other numbers of the row."""
        self.whole_exactly: set[str] = set()
        self._known: dict[Any, tuple[pl.Expr, int]] = {}
        self._by_pack: set[Any] = set()
        self._standing = False

    def rebind(self, definitions: Mapping[str, Definition]) -> None:
        """Go on with the definitions of another pack; what rests on none stays shared."""
        self.definitions = definitions
        self._known = {key: found for key, found in self._known.items() if key not in self._by_pack}
        self._by_pack = set()

    # --- conditions

    def condition(self, node: ex.Node) -> tuple[pl.Expr, int]:
        """The expression of a condition, and on how many levels of columns it rests."""
        key = (type(node), node, self._standing)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._made(node)
            if any(isinstance(part, ex.Defined) for part in ex.walk(node)):
                self._by_pack.add(key)
        return found

    def _made(self, node: ex.Node) -> tuple[pl.Expr, int]:
        if isinstance(node, ex.And | ex.Or):
            parts = [self.condition(part) for part in node.parts]
            joined = (all_of if isinstance(node, ex.And) else any_of)([part for part, _ in parts])
            return joined, max(level for _, level in parts)
        if isinstance(node, ex.Not):
            inner, level = self.condition(node.part)
            return ~inner, level
        if isinstance(node, ex.Never):
            return FALSE, 0
        if isinstance(node, ex.Defined):
            return self.kept(*self._defined(node))
        if isinstance(node, ex.Within):
            from envcheck.columns.limits import within

            return self.kept(*within(node, self))
        if isinstance(node, ex.OneOf) and node.value.type == "choices":
            return self.kept(self._any_chosen(node), 1)
        return self.kept(self._leaf(node), 0)

    def kept(self, expression: pl.Expr, level: int) -> tuple[pl.Expr, int]:
        """A column of its own for an expression that rests on ``level`` levels."""
        while len(self.levels) <= level:
            self.levels.append({})
        name = f"#{self.mark}{level}.{len(self.levels[level])}"
        self.levels[level][name] = expression
        return pl.col(name), level + 1

    def once(self, key: tuple[str, ...], expression: pl.Expr) -> pl.Expr:
        """The column of an expression that is no node, made when it is first asked for."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.kept(expression, 0)
        return found[0]

    def _defined(self, node: ex.Defined) -> tuple[pl.Expr, int]:
        before = self._standing
        self._standing = before or (node.of_facility and self.own.kind.id != "facility")
        definition = self.definitions[node.name]
        holds, level = self.condition(definition.holds)
        if definition.fails is not None:
            fails, other = self.condition(definition.fails)
            level = max(level, other)
            holds = (
                pl.when(holds.eq_missing(fails))
                .then(UNKNOWN)
                .when(holds)
                .then(TRUE)
                .when(fails)
                .then(FALSE)
                .otherwise(UNKNOWN)
            )
        self._standing = before
        return holds, level

    def _leaf(self, node: ex.Node) -> pl.Expr:
        if isinstance(node, ex.OneOf):
            return self._one_of(node)
        if isinstance(node, ex.Contains):
            return self.cell(node.value).expression.str.contains(fold(node.part), literal=True)
        if isinstance(node, ex.Known):
            return self._is_known(node.value)
        if isinstance(node, ex.Holds):
            return self._holds(node.value)
        if isinstance(node, ex.Compare):
            return self._compare(node)
        if isinstance(node, ex.Over):
            return self.context(self.lists.over(node), pl.Boolean)
        if isinstance(node, ex.OverTime):
            return UNKNOWN  # tables hold no monitoring series
        raise Refusal(tr("{name} has no form in columns", name=type(node).__name__))

    # --- what stands in a row

    def cell(self, value: ex.Value, part: str = "", suffix: str = "", dtype: type[pl.DataType] = pl.String) -> Cell:
        """The column of an attribute (or a part of it), the facility's where the subject takes it from there."""
        name = _name(value, part)
        own, whole = self._sources(value)
        first = self._own(name, suffix) if own else None
        second = self._whole(name, suffix) if whole else None
        if first is None or second is None:
            return first or second or Cell(pl.lit(None, dtype=dtype))
        stated = pl.col(name).is_not_null()
        if value.type == "event":
            stated = stated | pl.col(name + DAY).is_not_null()
        return Cell(pl.when(stated).then(first.expression).otherwise(second.expression), first.factor)

    def _sources(self, value: ex.Value) -> tuple[bool, bool]:
        """Whether an attribute is read from the row itself, and whether from its facility."""
        if self._standing:
            attribute = value.path[0]
            overridden = attribute not in self.own.kind.attributes and self.own.has(attribute)
            return overridden, True
        return not value.of_facility, value.of_facility or value.inherited

    def _own(self, name: str, suffix: str) -> Cell | None:
        column = self.own.columns.get(name)
        if column is None:
            return None
        return Cell(FALSE if suffix == BELOW and not self.own.bounded(name) else pl.col(name + suffix), column.factor)

    def _whole(self, name: str, suffix: str) -> Cell | None:
        column = self.whole.columns.get(name) if self.whole is not None else None
        if self.whole is None or column is None:
            return None
        if suffix == BELOW and not self.whole.bounded(name):
            return Cell(FALSE, column.factor)
        self.of_facility.add(name + suffix)
        return Cell(pl.col(FACILITY + name + suffix), column.factor)

    def context(self, name: str | None, dtype: type[pl.DataType]) -> pl.Expr:
        """A column about the facility's lists; null where there is no table of such items."""
        if name is None:
            return pl.lit(None, dtype=dtype)
        self.of_facility.add(name)
        return pl.col(FACILITY + name).cast(dtype)

    def use_exactly(self, value: ex.Value, part: str = "") -> None:
        """Note that a column is compared with others of its row."""
        name = _name(value, part)
        own, whole = self._sources(value)
        if own:
            self.exactly.add(name)
        if whole:
            self.whole_exactly.add(name)

    def parts_of(self, value: ex.Value) -> dict[str, ex.Value]:
        """The substances of a map of which there are columns."""
        own, whole = self._sources(value)
        layouts = [layout for layout, used in ((self.own, own), (self.whole, whole)) if layout is not None and used]
        names = dict.fromkeys(s for layout in layouts for s in layout.substances(value.path[0]))
        return {name: value._replace(path=(value.path[0], name)) for name in names}

    # --- words

    def _one_of(self, node: ex.OneOf) -> pl.Expr:
        cell = self.cell(node.value).expression
        kind = node.value.type
        if kind == "region":
            return in_region(cell, node.among)
        words = [fold(word) for word in node.among] if kind == "text" else list(node.among)
        return any_of([cell == word for word in words])

    def _any_chosen(self, node: ex.OneOf) -> pl.Expr:
        """A cell names one choice (`a`), as nearly all do, or several (`;a;b;`) where its column was not settled."""
        cell = self.cell(node.value).expression
        layouts = [
            layout for layout, used in zip((self.own, self.whole), self._sources(node.value), strict=True) if used
        ]
        columns = [layout.columns.get(_name(node.value)) for layout in layouts if layout is not None]
        if all(column is None or column.settled for column in columns):
            return any_of([cell == word for word in node.among])
        key = ("several", str(self._sources(node.value)), *node.value.path)
        several = self.once(key, pl.when(cell.str.starts_with(";")).then(cell))
        among = any_of([several.str.contains(f";{word};", literal=True) for word in node.among])
        return pl.coalesce(among, any_of([cell == word for word in node.among]))

    def region(self) -> pl.Expr:
        """The region in which a row stands: its own, else its facility's."""
        return self.cell(ex.Value(("region",), "region", "", inherited=self.own.kind.id != "facility")).expression

    def _holds(self, value: ex.Value) -> pl.Expr:
        if value.type != "event":
            return self.cell(value, dtype=pl.Boolean).expression
        day = self.cell(value, suffix=DAY, dtype=pl.Date).expression
        return pl.coalesce(self.cell(value, dtype=pl.Boolean).expression, day <= self.as_of)

    def _is_known(self, value: ex.Value) -> pl.Expr:
        if value.type == "list":
            return self.context(self.lists.known(value.path[0]), pl.Boolean).fill_null(False)
        if value.type in ("emissions", "water", "amounts") and len(value.path) == 1:
            return self.map_known(value)
        known = self.cell(value).expression.is_not_null()
        if value.type == "event":
            known = known | self.cell(value, suffix=DAY).expression.is_not_null()
        return known

    def map_known(self, value: ex.Value) -> pl.Expr:
        """Whether any substance of a map is stated."""
        return any_of([self.cell(part).expression.is_not_null() for part in self.parts_of(value).values()])

    # --- numbers

    def _compare(self, node: ex.Compare) -> pl.Expr:
        left, right = node.left, node.right
        if isinstance(left, ex.Value) and left.type in ("date", "event"):
            assert isinstance(right, ex.Constant)
            suffix = DAY if left.type == "event" else ""
            return numbers.ordered(
                self.cell(left, suffix=suffix, dtype=pl.Date).expression, node.op, pl.lit(right.value)
            )
        if isinstance(left, ex.Value) and left.type == "level":
            assert isinstance(right, ex.Constant)
            assert isinstance(right.value, Fraction)
            rank = self.cell(left).expression.to_physical().cast(pl.Int64)
            return numbers.ordered(rank, node.op, pl.lit(int(right.value)))
        if isinstance(right, ex.Constant):
            assert isinstance(right.value, Fraction)
            return self.held(left, node.op, right.value, right.reference_oxygen)
        return self._against(left, node.op, right)

    def held(self, term: ex.Term, op: str, limit: Fraction, reference: Fraction | None) -> pl.Expr:
        """Whether a term holds against a constant."""
        if isinstance(term, ex.Value):
            return self._value_held(term, op, limit, reference)
        if isinstance(term, ex.Greatest):
            return self._greatest(term, op, limit)
        if isinstance(term, ex.LeastRatio):
            return self._least_ratio(term, op, limit)
        if isinstance(term, ex.Product):
            return self.held(term.term, op, limit / term.factor, None)
        if isinstance(term, ex.Quotient):
            return self._quotient(term, op, limit)
        if isinstance(term, ex.Total):
            low, high, scale = self.total(term)
            return between(low, high, op, limit, scale)
        known = compare(Interval.point(_number(term)), op, Interval.point(limit))
        return pl.lit(known)

    def _value_held(self, value: ex.Value, op: str, limit: Fraction, reference: Fraction | None) -> pl.Expr:
        below = self.below(value)
        if below is None:
            return self._number_held(value, op, limit, reference)
        if op in ("==", "!="):
            same = self._value_held(value, "<=", limit, reference) & self._value_held(value, ">=", limit, reference)
            return same if op == "==" else ~same
        return numbers.held_below(self._number_held(value, op, limit, reference), below, op, limit)

    def _number_held(self, value: ex.Value, op: str, limit: Fraction, reference: Fraction | None) -> pl.Expr:
        cell = self.cell(value, dtype=pl.Float64)
        oxygen = self.oxygen(value, WHOLE_NUMBER) if reference is not None else None
        if oxygen is None or reference is None or (reference * numbers.ONE).denominator != 1:
            return numbers.held(cell.expression, op, limit / cell.factor)
        self.use_exactly(value)
        measured = self.cell(value, suffix=WHOLE_NUMBER, dtype=pl.Float64)
        return numbers.held_at_reference(measured.expression, cell.factor, oxygen, reference, op, limit)

    def below(self, value: ex.Value) -> pl.Expr | None:
        """Where a number is only known to lie from zero up to what its cell says; None where no cell can say so."""
        name, sources = _name(value), self._sources(value)
        layouts = [layout for layout, used in zip((self.own, self.whole), sources, strict=True) if used]
        if not any(layout is not None and layout.bounded(name) for layout in layouts):
            return None
        return self.cell(value, suffix=BELOW, dtype=pl.Boolean).expression

    def oxygen(self, value: ex.Value, suffix: str = "") -> pl.Expr | None:
        """The oxygen content beside a concentration, its own or that of the row's measurements as a whole."""
        found: list[pl.Expr] = []
        for path in (value.path, (value.path[0], WHOLE)):
            at = value._replace(path=path)
            name = _name(at, "O2")
            if self.own.has(name) or (self.whole is not None and self.whole.has(name)):
                self.use_exactly(at, "O2")
                found.append(self.cell(at, "O2", suffix, pl.Float64).expression)
        return pl.coalesce(found) if found else None

    def whole_number(self, term: ex.Term) -> tuple[pl.Expr, pl.Expr, Fraction]:
        """A term as whole numbers, its least and greatest, and what one of them is in the canonical unit."""
        if isinstance(term, ex.Value):
            cell = self.cell(term, dtype=pl.Float64)
            self.use_exactly(term)
            number = self.cell(term, suffix=WHOLE_NUMBER, dtype=pl.Float64).expression.cast(pl.Int128, strict=False)
            below = self.below(term)
            least = number if below is None else pl.when(below).then(pl.lit(0, pl.Int128)).otherwise(number)
            return least, number, cell.factor / numbers.ONE
        if isinstance(term, ex.Product):
            low, high, scale = self.whole_number(term.term)
            return low, high, scale * term.factor
        if isinstance(term, ex.Total):
            return self.total(term)
        if isinstance(term, ex.Constant):
            number = pl.lit(_number(term).numerator, pl.Int128)
            return number, number, Fraction(1, _number(term).denominator)
        raise Refusal(tr("a comparison of ratios or greatest amounts with each other"))

    def total(self, term: ex.Total) -> tuple[pl.Expr, pl.Expr, Fraction]:
        """A sum or count over a list of the facility: what is known of it at least and at most."""
        name, scale = self.lists.total(term)
        low, high = (f"{name}.{end}" if name else None for end in ("low", "high"))
        return self.context(low, pl.Int128), self.context(high, pl.Int128), scale

    def total_known(self, term: ex.Total) -> pl.Expr:
        """Whether nothing is missing for a sum or count."""
        name, _ = self.lists.total(term)
        return self.context(f"{name}.known" if name else None, pl.Boolean)

    def _against(self, left: ex.Term, op: str, right: ex.Term) -> pl.Expr:
        if isinstance(left, ex.Constant):
            return self.held(right, numbers.TURNED[op], _number(left), None)
        low, high, scale = self.whole_number(left)
        other_low, other_high, other = self.whole_number(right)
        return apart(low, high, scale, op, other_low, other_high, other)

    def _greatest(self, term: ex.Greatest, op: str, limit: Fraction) -> pl.Expr:
        """The greatest amount of a map; what is not listed is not there, and nothing listed is nothing added."""
        if op in ("==", "!="):
            raise Refusal(tr("equality of a greatest amount"))
        parts = [part for name, part in self.parts_of(term.of).items() if name in term.substances]
        held = [self._value_held(part, op, limit, None) for part in parts]
        nothing = pl.lit(compare(Interval.point(0), op, Interval.point(limit)))
        above = op in (">", ">=")
        known = [truth.fill_null(not above) for truth in held]
        found = any_of([nothing, *known]) if above else all_of([nothing, *known])
        return pl.when(self.map_known(term.of)).then(found).otherwise(UNKNOWN)

    def _least_ratio(self, term: ex.LeastRatio, op: str, limit: Fraction) -> pl.Expr:
        """Every ratio must hold; a substance that only one of the two maps states is not known."""
        if op not in (">", ">="):
            raise Refusal(tr("a least ratio takes > or >= only"))
        under, over = self.parts_of(term.under), self.parts_of(term.over)
        held: list[pl.Expr] = []
        counted: list[pl.Expr] = []
        for name in (n for n in dict.fromkeys([*under, *over]) if n in term.substances):
            below = self._ratio_part(under.get(name))
            above = self._ratio_part(over.get(name))
            zero = (below[0] == 0).fill_null(False)
            stated = below[0].is_not_null() | above[0].is_not_null()
            ratio = numbers.compared(above[0], above[1], op, below[0], below[1] * limit)
            held.append(pl.when(zero | ~stated).then(TRUE).otherwise(ratio))
            counted.append(stated & ~zero)
        known = self.map_known(term.under)
        return pl.when(known & any_of(counted)).then(all_of(held)).otherwise(UNKNOWN)

    def _ratio_part(self, value: ex.Value | None) -> tuple[pl.Expr, Fraction]:
        if value is None:
            return pl.lit(None, dtype=pl.Int128), Fraction(1)
        number, _, scale = self.whole_number(value)
        return number, scale

    def _quotient(self, term: ex.Quotient, op: str, limit: Fraction) -> pl.Expr:
        """A ratio of amounts against a constant; not known where the divisor may be zero."""
        if op in ("==", "!=") or limit <= 0:
            raise Refusal(tr("a ratio is compared with a number above zero by size only"))
        low, high, scale = self.whole_number(term.over)
        under_low, under_high, under = self.whole_number(term.under)
        held = apart(low, high, scale, op, under_low, under_high, under * limit)
        return pl.when((under_low > 0) & low.is_not_null()).then(held).otherwise(UNKNOWN)


def _name(value: ex.Value, part: str = "") -> str:
    """The column of an attribute, of one of its substances, or of a part of a measurement."""
    return ".".join((*value.path, part) if part else value.path)


def _number(term: ex.Term) -> Fraction:
    assert isinstance(term, ex.Constant)
    assert isinstance(term.value, Fraction)
    return term.value


def apart(
    low: pl.Expr, high: pl.Expr, scale: Fraction, op: str, other_low: pl.Expr, other_high: pl.Expr, other: Fraction
) -> pl.Expr:
    """A comparison of two numbers known within bounds: true or false of all values between them, else unknown."""
    if op in (">", ">="):
        return apart(other_low, other_high, other, numbers.TURNED[op], low, high, scale)
    if op in ("==", "!="):
        same = numbers.compared(low, scale, "==", other_low, other)
        point = low.eq_missing(high) & other_low.eq_missing(other_high)
        below = numbers.compared(high, scale, "<", other_low, other).fill_null(False)
        above = numbers.compared(low, scale, ">", other_high, other).fill_null(False)
        equal = pl.when(point).then(same).when(below | above).then(FALSE).otherwise(UNKNOWN)
        return equal if op == "==" else ~equal
    holds = numbers.compared(high, scale, op, other_low, other).fill_null(False)
    fails = numbers.compared(low, scale, ">" if op == "<=" else ">=", other_high, other).fill_null(False)
    return pl.when(holds).then(TRUE).when(fails).then(FALSE).otherwise(UNKNOWN)


def between(low: pl.Expr, high: pl.Expr, op: str, limit: Fraction, scale: Fraction) -> pl.Expr:
    """A number known within bounds against a constant."""
    number = pl.lit(limit.numerator, pl.Int128)
    return apart(low, high, scale, op, number, number, Fraction(1, limit.denominator))


def in_region(code: pl.Expr, among: tuple[str, ...]) -> pl.Expr:
    """A region holds all whose code begins with its own; of a wider one it is not known."""
    wider = sorted({region[:size] for region in among for size in range(2, len(region), 2)})
    inside = any_of([code.str.starts_with(region) for region in among])
    return inside | (any_of([code == region for region in wider]) & UNKNOWN) if wider else inside
