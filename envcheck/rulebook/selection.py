"""Which packs and rules are asked: by pack id, rule id, full key or ledger id, with * as a wildcard.

What names no rule so may be a title, or a part of a name or title, where it is one rule's only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from envcheck.model.rule import Pack, Rule
from envcheck.text.messages import EMPTY, Text, listed, ntr, tr
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


SHOWN = 12
"""How many of the rules that a word may mean are named."""


def meant(rules: Sequence[Rule], pattern: str, *, by_text: bool = True) -> list[Rule]:
    """The rules that a word names; ``by_text`` else the one whose title it is, else the one that holds its words.

    Raises:
        InputError: it names no rule, or may mean several.
    """
    named = [rule for rule in rules if names(rule, pattern)]
    if named:
        return named
    word = pattern.strip().casefold()
    found = (
        []
        if not by_text
        else [rule for rule in rules if word in {title.casefold() for title in rule.title}] or matching(rules, word)
    )
    if len(found) == 1:
        return found
    if not word or not found:
        near = nearest(pattern, {r.id for r in rules} | {r.key for r in rules})
        raise InputError([Problem(Place(""), tr("no rule {pattern}", pattern=pattern), near)])
    candidates = [tr("{rule} ({title})", rule=rule.key, title=rule.title) for rule in found[:SHOWN]]
    more = Text(" …", " …") if len(found) > SHOWN else EMPTY
    what = ntr("{word} may mean {n} rule", "{word} may mean {n} rules", len(found), word=pattern)
    raise InputError([Problem(Place(""), what, tr("name one: {rules}", rules=listed(candidates) + more))])


def matching(rules: Sequence[Rule], text: str) -> list[Rule]:
    """The rules that have every word of a text in their key, title, clause or ledger ids."""
    words = text.casefold().split()

    def holds(rule: Rule) -> bool:
        told = "\n".join((rule.key, *rule.title, rule.clause, *rule.covers)).casefold()
        return all(word in told for word in words)

    return [rule for rule in rules if holds(rule)]


def selected(packs: Sequence[Pack], select: Sequence[str], ignore: Sequence[str]) -> tuple[Pack, ...]:
    """The packs with the selected rules less the ignored ones; packs left without a rule drop out.

    Raises:
        InputError: a pattern names no rule, or no rule is left.
    """
    rules = [rule for pack in packs for rule in pack.rules]
    problems: list[Problem] = []
    keys: dict[str, set[str]] = {"--select": set(), "--ignore": set()}
    for option, patterns in (("--select", select), ("--ignore", ignore)):
        for pattern in patterns:
            try:
                # A word that is understood too widely must not take a rule away.
                keys[option] |= {rule.key for rule in meant(rules, pattern, by_text=option == "--select")}
            except InputError as error:
                problems += [problem._replace(place=Place(option)) for problem in error.problems]
    if problems:
        raise InputError(problems)
    if not select and not ignore:
        return tuple(packs)

    def kept(rule: Rule) -> bool:
        return (not select or rule.key in keys["--select"]) and rule.key not in keys["--ignore"]

    left = [replace(pack, rules=tuple(rule for rule in pack.rules if kept(rule))) for pack in packs]
    if not any(pack.rules for pack in left):
        raise InputError([Problem(Place("--ignore"), tr("no rule is left"))])
    return tuple(pack for pack in left if pack.rules)


def find_rule(packs: Sequence[Pack], name: str) -> list[tuple[Pack, Rule]]:
    """The rules that a name stands for.

    Raises:
        InputError: there is none, or it may mean several.
    """
    every = [rule for pack in packs for rule in pack.rules]
    try:
        keys = {rule.key for rule in meant(every, name)}
    except InputError as error:
        raise InputError(problem._replace(place=Place("RULE")) for problem in error.problems) from None
    return [(pack, rule) for pack in packs for rule in pack.rules if rule.key in keys]


def search(packs: Sequence[Pack], text: str) -> tuple[Pack, ...]:
    """The packs with those of their rules that have every word of a text in a name, title, clause or ledger id.

    Raises:
        InputError: there is none.
    """
    left = [replace(pack, rules=tuple(matching(pack.rules, text))) for pack in packs]
    if not any(pack.rules for pack in left):
        raise InputError([Problem(Place("--search"), tr("no rule {pattern}", pattern=text))])
    return tuple(pack for pack in left if pack.rules)


def narrowing(chosen: Sequence[str], select: Sequence[str], ignore: Sequence[str]) -> tuple[str, ...]:
    """The options by which only some rules were asked: a report must not read as if all had been."""
    given = (("--pack", chosen), ("--select", select), ("--ignore", ignore))
    return tuple(f"{name} {value}" for name, values in given for value in values)
