"""From the words of a rule to a checked expression: names, types, units and values are settled when a pack loads."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal

from lark import Lark, Tree, UnexpectedInput

from envcheck.model import expressions as ex
from envcheck.rulebook.terms import CompileError, Scope, TermCompiler, fail, unit_of
from envcheck.text.messages import tr
from envcheck.text.problems import nearest
from envcheck.units.quantity import UnitError, split
from envcheck.vocabulary.names import almost, folded
from envcheck.vocabulary.words import NUMERIC, Attribute

ORDERED = frozenset({"<", "<=", ">", ">="})
MOST_HOURS = 24 * 31
"""The longest rolling window."""


@cache
def _parser() -> Lark:
    grammar = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True)


def compile_condition(text: str, scope: Scope) -> ex.Node:
    """A condition as a checked expression.

    Raises:
        CompileError: it cannot be parsed, names something unknown, or compares what cannot be compared.
    """
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        column = getattr(error, "column", 0)
        raise CompileError(
            tr("condition '{text}' cannot be read at character {column}", text=text, column=column),
            tr("the forms are listed in rules/README.md"),
        ) from None
    return _Compiler(text, scope).node(tree.children[0])


class _Compiler(TermCompiler):
    def node(self, tree: Any) -> ex.Node:
        if tree.data in ("either", "both"):
            parts = tuple(self.node(child) for child in tree.children)
            if len(parts) == 1:
                return parts[0]
            return (ex.Or if tree.data == "either" else ex.And)(parts, self.source(tree))
        handler: Callable[[Any], ex.Node] = getattr(self, f"_{tree.data}")
        return handler(tree)

    def _negated(self, tree: Any) -> ex.Node:
        return ex.Not(self.node(tree.children[0]), self.source(tree))

    def _never(self, _tree: Any) -> ex.Node:
        return ex.Never()

    def _known(self, tree: Any) -> ex.Node:
        name = str(tree.children[0])
        if self.words.plural(name) is not None and name != "facility":
            return ex.Known(ex.Value((name,), "list", ""), self.source(tree))
        return ex.Known(self.value(name)[0], self.source(tree))

    def _dated(self, tree: Any) -> ex.Node:
        value, attribute = self.value(str(tree.children[0]))
        if attribute.type not in ("date", "event"):
            fail(tr("{name} is no date and no event", name=value.name))
        return ex.Dated(value, self.source(tree))

    def _holds(self, tree: Any) -> ex.Node:
        name = str(tree.children[0])
        key = self.defined(name)
        if key is not None:
            of_facility = self.scope.definitions[key] == "facility" and self.scope.kind.id != "facility"
            return ex.Defined(key, of_facility, name)
        value, attribute = self.value(name)
        if attribute.type not in ("yes_no", "event"):
            fail(tr("{name} is not a yes-or-no attribute: compare it", name=name))
        return ex.Holds(value, name)

    def _every(self, tree: Any) -> ex.Node:
        return self._over(tree, every=True)

    def _some(self, tree: Any) -> ex.Node:
        return self._over(tree, every=False)

    def _over(self, tree: Any, *, every: bool) -> ex.Node:
        plural, where, condition = tree.children
        kind = self.listed(str(plural))
        inner = self.within_list(kind)
        return ex.Over(
            every,
            kind.plural,
            kind.id,
            inner.node(where) if where is not None else None,
            inner.node(condition),
            self.source(tree),
        )

    def _within(self, tree: Any) -> ex.Node:
        path, table, process = tree.children
        values, attribute = self.value(path)
        if str(table) not in self.scope.tables:
            fail(tr("no limit table {table}", table=table), nearest(str(table), self.scope.tables))
        rows, due = self.scope.tables[str(table)](self.scope)
        if attribute.type != due or len(values.path) != 1:
            fail(tr("table {table} does not fit {path}", table=table, path=path))
        if process is None:
            by, kind = self.value("process")
            if kind.choices != "process":
                fail(tr("{kind} has no process: write `at PROCESS`", kind=self.scope.kind.id))
            return ex.Within(values, by, rows, self.source(tree))
        chosen = tuple(row for row in rows if row.process == str(process))
        if not chosen:
            fail(
                tr("table {table} has no process {process}", table=table, process=process),
                nearest(str(process), {row.process for row in rows}),
            )
        return ex.Within(values, None, chosen, self.source(tree))

    # --- means over time

    def _every_hour(self, tree: Any) -> ex.Node:
        return self.over_time(tree, tree.children[0], "hour", 1)

    def _every_day(self, tree: Any) -> ex.Node:
        return self.over_time(tree, tree.children[0], "day", 24)

    def _every_mean(self, tree: Any) -> ex.Node:
        spelled, bound = tree.children
        parts = split(str(spelled))
        try:
            hours = parts[1] * self.words.units.conversion(parts[2], "h").factor if parts is not None else Fraction(0)
        except UnitError:
            hours = Fraction(0)
        if hours.denominator != 1 or not 2 <= hours <= MOST_HOURS:
            fail(tr("'{spelled}' is not a whole number of hours from 2 to {most}", spelled=spelled, most=MOST_HOURS))
        return self.over_time(tree, bound, "window", int(hours))

    def _share_of_hours(self, tree: Any) -> ex.Node:
        bound, op, least = tree.children
        parts = split(str(least))
        if str(op) not in (">=", ">") or parts is None or parts[2] != "%" or not 0 < parts[1] <= 100:
            fail(tr("a share is written >= 95 %"))
        return self.over_time(tree, bound, "hour", 1, ex.Share(str(op), parts[1]))

    def over_time(
        self, tree: Any, bound: Any, every: Literal["hour", "day", "window"], hours: int, share: ex.Share | None = None
    ) -> ex.Node:
        """Means over time of one substance, held against an upper or a lower limit."""
        path, op, spelled, oxygen = bound.children
        value, attribute = self.value(path)
        series = self.scope.kind.attributes.get("series")
        if series is None or value.of_facility or len(value.path) != 2 or attribute.name != series.of:
            kinds = ", ".join(k.id for k in self.words.kinds.values() if "series" in k.attributes)
            fail(
                tr("{path} is not in a monitoring series", path=path),
                tr("Kinds with a series: {kinds}", kinds=kinds),
            )
        if str(op) not in ORDERED:
            fail(tr("means over time take <, <=, > or >="))
        limit = self.constant(Tree("quantity", [spelled, oxygen]), value.unit)
        if limit.reference_oxygen is not None and value.unit != "mg/m3":
            fail(tr("a reference oxygen content fits gas concentrations only"))
        return ex.OverTime(every, hours, value, str(op), limit, share, self.source(tree))

    def _one_of(self, tree: Any) -> ex.Node:
        value, attribute = self.value(tree.children[0])
        words = tuple(self.word(attribute, str(word.children[0])) for word in tree.children[1:])
        return _among(value, attribute, words, self.source(tree))

    def _none_of(self, tree: Any) -> ex.Node:
        return ex.Not(self._one_of(tree), self.source(tree))

    def _contains(self, tree: Any) -> ex.Node:
        value, attribute = self.value(tree.children[0])
        if attribute.type != "text":
            fail(tr("{name} is not a text", name=value.name))
        part = _unquoted(str(tree.children[1].children[0]))
        meant = [name for name in attribute.names if folded(part) in folded(name)]
        return ex.Contains(value, part, self.source(tree), almost(meant))

    def _compare(self, tree: Any) -> ex.Node:
        left, op, right = tree.children
        attribute = self.attribute_of(left)
        if attribute is not None and attribute.type not in NUMERIC and not attribute.is_map:
            return self.compare_word(left, str(op), right, attribute, self.source(tree))
        first = self.term(left)
        unit = unit_of(first)
        second = self.term(right, unit)
        if isinstance(second, ex.Constant) and second.reference_oxygen is not None and unit != "mg/m3":
            fail(tr("a reference oxygen content fits gas concentrations only"))
        other = unit_of(second)
        if unit != other:
            fail(
                tr(
                    "'{source}' compares {unit} with {other}",
                    source=self.source(tree),
                    unit=unit or tr("a bare number"),
                    other=other or tr("a bare number"),
                )
            )
        measured = "" if isinstance(first, ex.Value) else self.source(left)
        return ex.Compare(str(op), first, second, self.source(tree), measured)

    def compare_word(self, left: Any, op: str, right: Any, attribute: Attribute, text: str) -> ex.Node:
        """Comparisons of choices, levels, texts, dates, events and yes-or-no attributes."""
        value, _ = self.value(left.children[0])
        if (
            attribute.type in ("yes_no", "event")
            and right.data == "name"
            and str(right.children[0]) in ("true", "false")
        ):
            if op not in ("==", "!="):
                fail(tr("{name} takes == or != only", name=value.name))
            holds = ex.Holds(value, value.name)
            return holds if (str(right.children[0]) == "true") == (op == "==") else ex.Not(holds, text)
        if attribute.type in ("date", "event"):
            day = self.day(right)
            if day is None:
                fail(
                    tr("{name} is compared with a date (2025-12-31)", name=value.name),
                    tr("or with plan_start, plan_end, year_start, as_of, or another date"),
                )
            return ex.CompareDays(op, value, day, text)
        if right.data not in ("name", "string", "quantity"):
            fail(tr("'{text}': one value is due on the right", text=text))
        spelled = str(right.children[0])
        if attribute.type == "level":
            return ex.Compare(op, value, ex.Constant(Fraction(self.level(attribute, spelled)), spelled), text)
        if op in ORDERED:
            fail(tr("{name} has no order: use == or !=", name=value.name))
        one = _among(value, attribute, (self.word(attribute, spelled),), text)
        return one if op == "==" else ex.Not(one, text)

    def level(self, attribute: Attribute, spelled: str) -> int:
        """The rank of a level, as facility files are read too."""
        self.word(attribute, spelled)
        choice = self.words.choice(attribute.choices, _unquoted(spelled))
        return list(self.words.choices[attribute.choices]).index(choice.id if choice else "")

    def word(self, attribute: Attribute, spelled: str) -> str:
        """A value of a choice or text attribute."""
        text = _unquoted(spelled)
        if attribute.type in ("choice", "choices", "level"):
            choice = self.words.choice(attribute.choices, text)
            if choice is None:
                fail(
                    tr("{name} cannot be {text}", name=attribute.name, text=text),
                    nearest(text, self.words.choices[attribute.choices]),
                )
            return choice.id
        if attribute.type not in ("text", "region"):
            fail(tr("{name} cannot be compared with a word", name=attribute.name))
        return text


def _among(value: ex.Value, attribute: Attribute, words: tuple[str, ...], text: str) -> ex.OneOf:
    among = {folded(word) for word in words}
    return ex.OneOf(value, words, text, almost([name for name in attribute.names if folded(name) in among]))


def _unquoted(word: str) -> str:
    return word[1:-1] if word[:1] in "\"'" else word
