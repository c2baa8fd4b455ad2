"""Conditions in people's words: what a rule asks, with the labels of the vocabulary in place of keys and signs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from envcheck.judging import steps
from envcheck.model import expressions as ex
from envcheck.model.evidence import Stated, Step
from envcheck.model.rule import Pack, Rule
from envcheck.text.messages import EMPTY, Text, join, ptr, tr
from envcheck.units.quantity import show
from envcheck.vocabulary.words import Kind, Vocabulary

SIGNS = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠", "<": "<", ">": ">"}
DAYS = {
    "<": tr("before"),
    "<=": tr("on or before"),
    ">": tr("after"),
    ">=": tr("on or after"),
    "==": tr("on"),
    "!=": tr("not on"),
}
ASKED = {"as_of": tr("the day asked about"), "year_start": tr("the first day of that year")}


class Wording(NamedTuple):
    """Tells the conditions of rules about one kind of subject, by a vocabulary and a pack's definitions."""

    kind: Kind
    words: Vocabulary
    pack: Pack

    def tell(self, node: ex.Node) -> Text:
        """A condition as a sentence without a verb of its own: 燃料为煤."""
        match node:
            case ex.Compare():
                right = self._term(node.right, node.left)
                return tr("{left} {sign} {right}", left=self._term(node.left), sign=SIGNS[node.op], right=right)
            case ex.CompareDays():
                left, right = self._label(node.left), self._term(node.right)
                return tr("{left} is {relation} {right}", left=left, relation=DAYS[node.op], right=right)
            case ex.OneOf():
                return tr(
                    "{what} is {among}", what=self._label(node.value), among=self._choices(node.value, node.among)
                )
            case ex.Contains():
                return tr("{what} contains “{part}”", what=self._label(node.value), part=node.part)
            case ex.Known():
                return tr("{what} is stated", what=self._label(node.value))
            case ex.Dated():
                return tr("the day of {what} is stated", what=self._label(node.value))
            case ex.Listed():
                return tr("{what} is a row of the standard's table", what=self._label(node.value))
            case ex.Holds():
                return tr("{what}: yes", what=self._label(node.value))
            case ex.Defined():
                definition = self.pack.definition("facility" if node.of_facility else self.kind.id, node.name)
                return definition.title if definition is not None else Text(node.name, node.name)
            case ex.Not(ex.Holds(value)):
                return tr("{what}: no", what=self._label(value))
            case ex.Not():
                return tr("not: {part}", part=self.tell(node.part))
            case ex.And() | ex.Or():
                sign = (
                    ptr("between conditions", " and ")
                    if isinstance(node, ex.And)
                    else ptr("between conditions", " or ")
                )
                return join(sign, [self._bracketed(part) for part in node.parts])
            case ex.Over():
                of = self._items(node.kind, node.where)
                inner = self._replace(kind=self.words.kinds[node.kind]).tell(node.condition)
                return (
                    tr("every {of}: {inner}", of=of, inner=inner)
                    if node.every
                    else tr("some {of}: {inner}", of=of, inner=inner)
                )
            case ex.Within():
                return tr("{what} within the limits of the standard", what=self._label(node.values))
            case ex.Never():
                return tr("forbidden without exception")
        return Text(node.text, node.text)

    def _bracketed(self, node: ex.Node) -> Text:
        told = self.tell(node)
        return tr("({part})", part=told) if isinstance(node, ex.And | ex.Or) else told

    def _items(self, kind: str, where: ex.Node | None) -> Text:
        label = self.words.kinds[kind].label
        if where is None:
            return label
        return tr("{of} with {where}", of=label, where=self._replace(kind=self.words.kinds[kind]).tell(where))

    def _term(self, term: ex.Term | ex.Day, beside: ex.Term | None = None) -> Text:
        match term:
            case ex.Constant():
                return self._constant(term, beside)
            case ex.Value():
                return self._label(term)
            case ex.Day():
                return ASKED[term.name]
            case ex.Total(path=()):
                return tr("number of {of}", of=self._items(term.kind, term.where))
            case ex.Total():
                what = self.words.label(self.words.kinds[term.kind], term.path)
                return tr("sum of {what} of {of}", what=what, of=self._items(term.kind, term.where))
            case ex.Product():
                return tr("{factor} × {term}", factor=show(term.factor), term=self._term(term.term))
            case ex.Quotient():
                return tr("{over} ÷ {under}", over=self._term(term.over), under=self._term(term.under))
            case ex.LeastRatio():
                return tr("{over} ÷ {under}, the least", over=self._label(term.over), under=self._label(term.under))
            case ex.Greatest():
                return tr("{of}, the greatest", of=self._label(term.of))

    def _constant(self, term: ex.Constant, beside: ex.Term | None) -> Text:
        if isinstance(term.value, date):
            return tr("{day}", day=term.value)
        if isinstance(beside, ex.Value) and beside.type == "level":
            return self._choices(beside, (term.text,))
        number = f"{show(term.value)} {term.unit}".rstrip()
        if term.reference_oxygen is None:
            return Text(number, number)
        return tr("{number} (at {share} % O2)", number=number, share=show(term.reference_oxygen))

    def _label(self, value: ex.Value) -> Text:
        if value.type == "list":
            return next(kind.label for kind in self.words.kinds.values() if kind.plural == value.path[0])
        return self.words.label(self.words.kinds["facility"] if value.of_facility else self.kind, value.path)

    def _choices(self, value: ex.Value, among: tuple[str, ...]) -> Text:
        return join(ptr("one of several", " or "), [self._choice(value, word) for word in among])

    def _choice(self, value: ex.Value, word: str) -> Text:
        owner = self.words.kinds["facility"] if value.of_facility else self.kind
        attribute = self.words.attribute(owner, value.path[0]) or self.words.kinds["facility"].attributes.get(
            value.path[0]
        )
        listed = "" if attribute is None else "region" if attribute.type == "region" else attribute.choices
        found = self.words.choices.get(listed, {}).get(word)
        return found.label if found is not None else Text(word, word)

    def stated(self, fact: Stated) -> Text:
        """A fact as the file states it, choices and yes or no in people's words, with its place."""
        if fact.text is None:
            return tr("not stated")
        path = tuple(fact.name.split("."))
        value = ex.Value(path, "", "", of_facility=self.words.attribute(self.kind, path[0]) is None)
        told = YES_NO.get(fact.text) or self._choice(value, fact.text)
        return Text(*(f"{part}{steps.place_suffix(fact.place)}" for part in told))


YES_NO = {"true": tr("yes"), "false": tr("no"), "yes": tr("yes"), "no": tr("no")}


def conditions(rule: Rule, pack: Pack) -> Iterator[tuple[str, ex.Node]]:
    """All conditions of a rule and of the definitions that it uses, each with the kind of subject that it is about."""
    pending: list[tuple[str, object]] = [(rule.kind, part) for part in (*rule.when, *rule.require)]
    seen: set[tuple[str, str]] = set()
    while pending:
        kind, item = pending.pop()
        if isinstance(item, ex.Node):
            yield kind, item
        if isinstance(item, ex.Over | ex.Total):
            kind = item.kind
        if isinstance(item, ex.Defined):
            kind = "facility" if item.of_facility else kind
            definition = pack.definition(kind, item.name)
            if definition is not None and (kind, item.name) not in seen:
                seen.add((kind, item.name))
                pending += [(kind, part) for part in definition.parts]
        elif isinstance(item, tuple):
            pending += [(kind, part) for part in item]


def tell(step: Step, rule: Rule, pack: Pack, words: Vocabulary) -> Text:
    """A step about a condition of a rule in people's words; empty for one about anything else."""
    if step.of or step.kind not in ("condition", "comparison"):
        return EMPTY
    kind, node = next((pair for pair in conditions(rule, pack) if pair[1].text == step.text), ("", None))
    if node is None:
        return EMPTY
    wording = Wording(words.kinds[kind], words, pack)
    facts = [wording.stated(fact) for fact in step.facts]
    sentence = tr("{sign} {told}", sign=steps.SIGN[step.truth], told=wording.tell(node))
    if not facts:
        return sentence
    stated = join(ptr("list of words", ", "), facts)
    return tr("{sentence}; stated: {facts}", sentence=sentence, facts=stated)
