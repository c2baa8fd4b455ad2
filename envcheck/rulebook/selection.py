"""Which packs and rules are asked: by pack id, rule id, full key or ledger id, with * as a wildcard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from envcheck.model.rule import Pack, Rule
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem, nearest


def chosen_packs(packs: Sequence[Pack], ids: Sequence[str]) -> tuple[Pack, ...]:
    """The packs of these ids; all of them where none is named.

    Raises:
        InputError: an id names no pack, or there is no pack at all.
    """
    known = {pack.id for pack in packs}
    problems = [
        Problem(Place("--pack"), tr("no pack {name}", name=name), nearest(name, known))
        for name in ids
        if name not in known
    ]
    if not packs:
        problems.append(Problem(Place("rules"), tr("no pack is loaded")))
    if problems:
        raise InputError(problems)
    return tuple(pack for pack in packs if not ids or pack.id in ids)


def names(rule: Rule, pattern: str) -> bool:
    """Whether a pattern names a rule."""
    return any(fnmatchcase(word, pattern) for word in (rule.id, rule.key, *rule.covers))


def selected(packs: Sequence[Pack], select: Sequence[str], ignore: Sequence[str]) -> tuple[Pack, ...]:
    """The packs with the selected rules less the ignored ones; packs left without a rule drop out.

    Raises:
        InputError: a pattern names no rule, or no rule is left.
    """
    rules = [rule for pack in packs for rule in pack.rules]
    problems: list[Problem] = []
    for option, patterns in (("--select", select), ("--ignore", ignore)):
        for pattern in patterns:
            if not any(names(rule, pattern) for rule in rules):
                near = nearest(pattern, {r.id for r in rules} | {r.key for r in rules})
                problems.append(Problem(Place(option), tr("no rule {pattern}", pattern=pattern), near))
    if problems:
        raise InputError(problems)
    if not select and not ignore:
        return tuple(packs)

    def kept(rule: Rule) -> bool:
        wanted = not select or any(names(rule, pattern) for pattern in select)
        return wanted and not any(names(rule, pattern) for pattern in ignore)

    left = [replace(pack, rules=tuple(rule for rule in pack.rules if kept(rule))) for pack in packs]
    if not any(pack.rules for pack in left):
        raise InputError([Problem(Place("--ignore"), tr("no rule is left"))])
    return tuple(pack for pack in left if pack.rules)


def find_rule(packs: Sequence[Pack], name: str) -> list[tuple[Pack, Rule]]:
    """The rules that a name stands for.

    Raises:
        InputError: there is none.
    """
    found = [(pack, rule) for pack in packs for rule in pack.rules if names(rule, name)]
    if not found:
        known = {rule.id for pack in packs for rule in pack.rules}
        raise InputError([Problem(Place("rules show"), tr("no rule {name}", name=name), nearest(name, known))])
    return found


def narrowing(chosen: Sequence[str], select: Sequence[str], ignore: Sequence[str]) -> tuple[str, ...]:
    """The options by which only some rules were asked: a report must not read as if all had been."""
    given = (("--pack", chosen), ("--select", select), ("--ignore", ignore))
    return tuple(f"{name} {value}" for name, values in given for value in values)
