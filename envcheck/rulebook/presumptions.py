"""Where a presumption may settle whom not to ask, and where only what is shown counts.

A definition's `presume_not` may take a subject out of a rule (its `when`). It never makes anyone concerned and never
breaks or meets a duty: under a negation, in a requirement and in the rows of a table its definition is asked without it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from envcheck.model import expressions as ex
from envcheck.model.rule import Definition

SHOWN = "!"
"""Ends the key of a definition that is asked without presumptions."""


def presuming(definitions: Mapping[str, Definition]) -> frozenset[str]:
    """The definitions that presume, by themselves or through those that they are made of."""
    found = {key for key, definition in definitions.items() if definition.presume_not is not None}
    while True:
        more = {
            key
            for key, definition in definitions.items()
            if key not in found
            and not found.isdisjoint(keys_in((definition.holds, definition.fails, definition.stated)))
        }
        if not more:
            return frozenset(found)
        found |= more


def guarded(node: ex.Node, keys: Collection[str], *, positive: bool | None = True) -> ex.Node:
    """A condition in which the definitions in ``keys`` presume only where their no takes a subject out.

    That is in a ``positive`` place, and under two negations; nowhere where ``positive`` is None.
    """
    if isinstance(node, ex.Defined):
        return node if positive or node.name not in keys else node._replace(name=node.name + SHOWN)
    if isinstance(node, ex.Not):
        contrary = None if positive is None else not positive
        return node._replace(part=guarded(node.part, keys, positive=contrary))
    if isinstance(node, ex.And | ex.Or):
        return node._replace(parts=tuple(guarded(part, keys, positive=positive) for part in node.parts))
    if isinstance(node, ex.Over):
        where = node.where
        if where is not None:
            where = guarded(where, keys, positive=positive and not node.every)
        return node._replace(where=where, condition=guarded(node.condition, keys, positive=positive))
    if isinstance(node, ex.Compare):
        return node._replace(left=_counted(node.left, keys), right=_counted(node.right, keys))
    if isinstance(node, ex.Within) and not keys_in((node.limits,)).isdisjoint(keys):
        return node._replace(limits=tuple(_row(limit, keys) for limit in node.limits))
    return node


def shown(node: ex.Node | None, keys: Collection[str]) -> ex.Node | None:
    """A condition that no presumption answers."""
    return None if node is None else guarded(node, keys, positive=None)


def guarded_definition(definition: Definition, keys: Collection[str]) -> Definition:
    """A definition whose parts presume only where their no makes it fail."""
    return definition._replace(
        holds=guarded(definition.holds, keys),
        fails=shown(definition.fails, keys),
        stated=shown(definition.stated, keys),
        presume_not=shown(definition.presume_not, keys),
    )


def shown_definition(definition: Definition, keys: Collection[str]) -> Definition:
    """A definition without its presumption and those of what it is made of."""
    whole = guarded_definition(definition, keys)
    return whole._replace(holds=guarded(definition.holds, keys, positive=None), presume_not=None)


def leaned_on(definitions: Mapping[str, Definition], roots: object) -> frozenset[str]:
    """The keys of the definitions that expressions lean on, at first or second hand."""
    found: set[str] = set()
    waiting = keys_in((roots,))
    while waiting:
        found |= waiting
        waiting = {key for name in waiting for key in keys_in(definitions[name].parts)} - found
    return frozenset(found)


def keys_in(item: object) -> set[str]:
    """The keys of the definitions that stand in an expression, or in several."""
    return {part.name for part in ex.walk(item) if isinstance(part, ex.Defined)}


def _counted(term: ex.Term, keys: Collection[str]) -> ex.Term:
    if isinstance(term, ex.Total):
        return term._replace(where=shown(term.where, keys))
    if isinstance(term, ex.Product):
        return term._replace(term=_counted(term.term, keys))
    if isinstance(term, ex.Quotient):
        return term._replace(over=_counted(term.over, keys), under=_counted(term.under, keys))
    return term


def _row(limit: ex.Limit, keys: Collection[str]) -> ex.Limit:
    return limit._replace(
        when=shown(limit.when, keys),
        exceptions=tuple(e._replace(when=guarded(e.when, keys, positive=None)) for e in limit.exceptions),
    )
