"""Rule packs: one plan a folder, read from YAML and checked against the vocabulary."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import cast

from envcheck.files.source import Mapping as Branch
from envcheck.files.source import Node, Scalar
from envcheck.model import expressions as ex
from envcheck.model.rule import Definition, Example, ManualItem, Modality, NotChecked, Pack, Rule
from envcheck.rulebook import presumptions
from envcheck.rulebook.limit_tables import Table
from envcheck.rulebook.rule_files import RuleReader
from envcheck.rulebook.terms import Scope
from envcheck.text.messages import EMPTY, tr
from envcheck.text.problems import InputError, Problem, nearest
from envcheck.vocabulary.words import Vocabulary

FORMAT, RULES_FORMAT, DEFINITIONS_FORMAT = "envcheck/pack/1", "envcheck/rules/1", "envcheck/definitions/1"
SENTENCES_FORMAT = "envcheck/sentences/1"
DEFINITION_KEYS = {"subject", "title", "stated", "holds", "fails", "presume_not", "closed_by"}
PACK_KEYS = {
    "format", "id", "version", "plan", "region", "period", "reviewed_on", "notes", "definitions", "manual", "not_checked",
}  # fmt: skip
RULE_FILE_KEYS = {"format", "rules", "definitions", "manual", "not_checked"}
MANUAL_KEYS = {"id", "clause", "covers", "title", "subject", "when", "modality"}


@dataclass(frozen=True)
class PackFiles:
    """The trees of one pack's folder: `pack.yaml` and its rule files, and the bytes that its digest is made of."""

    header: Node
    rules: tuple[Node, ...]
    shared: tuple[Node, ...]
    """The files of definitions that all packs share."""
    content: tuple[bytes, ...]


def read(
    files: PackFiles, vocabulary: Vocabulary, tables: Mapping[str, Table]
) -> tuple[Pack, dict[str, tuple[Example, ...]]]:
    """A pack, and the examples of its rules by rule id.

    Raises:
        InputError: with every mistake found in it.
    """
    return _PackReader(files, vocabulary, tables).read()


class _PackReader(RuleReader):
    def __init__(self, files: PackFiles, vocabulary: Vocabulary, tables: Mapping[str, Table]) -> None:
        super().__init__(vocabulary, tables)
        self.files = files
        self.definitions: dict[str, Definition] = {}
        self.definition_names: set[str] = set()

    def read(self) -> tuple[Pack, dict[str, tuple[Example, ...]]]:
        header = self.files.header
        entries = self.mapping(header, PACK_KEYS)
        if "format" not in entries or self.text(entries["format"]) != FORMAT:
            self.report(header.place, tr("format: {format} is due", format=FORMAT))
        self.due(entries, header.place, ("id", "version", "plan", "region", "period", "reviewed_on"))
        self.finish()
        plan = self.mapping(entries["plan"], {"title", "number", "issuer", "date"})
        self.due(plan, entries["plan"].place, ("title", "issuer"))
        period = self.mapping(entries["period"], {"from", "until"})
        self.due(period, entries["period"].place, ("from",))
        self.finish()
        self.id = self.text(entries["id"])
        self.start, self.reviewed = self.day(period["from"]), self.day(entries["reviewed_on"])
        end = self.day(period["until"]) if "until" in period else None
        self.days = {"plan_start": self.start, **({"plan_end": end} if end is not None else {})}
        parts = [entries, *self.rule_files()]
        self.define({name: node for part in [*self.shared_files(), *parts] for name, node in self.named(part).items()})
        self.finish()
        sentences, text_digest = self.sentences()
        rules = tuple(rule._replace(sentences=_quoted(rule, sentences)) for rule in self.rules(parts))
        manual = tuple(self.manual(node) for part in parts for node in self.items(part, "manual"))
        skipped = [node for part in parts for node in self.items(part, "not_checked")]
        pack = Pack(
            id=self.id,
            version=self.text(entries["version"]),
            title=self.bilingual(plan["title"]),
            number=self.text(plan["number"]) if "number" in plan else "",
            issuer=self.bilingual(plan["issuer"]),
            region=self.text(entries["region"]),
            start=self.start,
            end=end,
            digest=hashlib.sha256(b"\0".join(self.files.content)).hexdigest(),
            reviewed_on=self.reviewed,
            notes=tuple(self.bilingual(n) for n in self.listing(entries["notes"])) if "notes" in entries else (),
            definitions=self.definitions,
            rules=rules,
            manual=manual,
            not_checked=tuple(self.not_checked(node) for node in skipped),
            text_digest=text_digest,
        )
        pack = _presumptions_guarded(pack)
        self.finish()
        if not rules and not manual:
            self.report(header.place, tr("no rules"))
        self.finish()
        return pack, self.examples

    # --- small parts

    def shared_files(self) -> list[dict[str, Node]]:
        found: list[dict[str, Node]] = []
        for tree in self.files.shared:
            entries = self.mapping(tree, {"format", "definitions"})
            if "format" not in entries or self.text(entries["format"]) != DEFINITIONS_FORMAT:
                self.report(tree.place, tr("format: {format} is due", format=DEFINITIONS_FORMAT))
            found.append(entries)
        return found

    def rule_files(self) -> list[dict[str, Node]]:
        found: list[dict[str, Node]] = []
        for tree in self.files.rules:
            if _holds_sentences(tree):
                continue
            entries = self.mapping(tree, RULE_FILE_KEYS)
            if "format" not in entries or self.text(entries["format"]) != RULES_FORMAT:
                self.report(tree.place, tr("format: {rules_format} is due", rules_format=RULES_FORMAT))
            found.append(entries)
        return found

    def sentences(self) -> tuple[dict[str, str], str]:
        """The plan's own words by requirement, and the digest of the text that they stand in."""
        found: dict[str, str] = {}
        digest = ""
        for tree in self.files.rules:
            if _holds_sentences(tree):
                entries = self.mapping(tree, {"format", "text_sha256", "sentences"})
                if self.due(entries, tree.place, ("text_sha256", "sentences")):
                    digest = self.text(entries["text_sha256"])
                    found |= {name: self.text(node) for name, node in self.mapping(entries["sentences"]).items()}
        return found, digest

    def named(self, part: Mapping[str, Node]) -> dict[str, Node]:
        found = self.mapping(part["definitions"]) if "definitions" in part else {}
        for name, node in found.items():
            if name in self.definition_names:
                self.report(node.place, tr("definition {name} again", name=name))
            self.definition_names.add(name)
        return found

    # --- definitions

    def define(self, nodes: Mapping[str, Node]) -> None:
        """Compile the definitions and refuse those that build on one another in a circle."""
        parts = {name: self.mapping(item, DEFINITION_KEYS) for name, item in nodes.items()}
        written: dict[str, str] = {}
        for name, entries in parts.items():
            if not self.due(entries, nodes[name].place, ("subject", "title")):
                continue
            kinds = [word for word, _ in self.strings(entries["subject"])]
            for word in kinds:
                kind = self.words.kinds.get(word)
                if kind is None:
                    self.report(
                        nodes[name].place,
                        tr("unknown kind of subject {name}", name=word),
                        nearest(word, self.words.kinds),
                    )
                elif self.words.attribute(kind, name) is not None:
                    self.report(nodes[name].place, tr("{name} is an attribute of {id} already", name=name, id=kind.id))
                else:
                    key = name if isinstance(entries["subject"], Scalar) else f"{word}.{name}"
                    self.owners[key] = word
                    written[key] = name
        self.finish()
        uses: dict[str, set[str]] = {}
        for key, name in written.items():
            entries, kind = parts[name], self.words.kinds[self.owners[key]]
            scope = Scope(self.words, kind, self.owners, self.tables, self.days)
            stated, holds, fails, presume_not = (
                self.conditions(entries.get(part), scope) for part in ("stated", "holds", "fails", "presume_not")
            )
            if not stated and not holds:
                self.report(nodes[name].place, tr("no {missing}", missing="holds"))
                continue
            self.definitions[key] = Definition(
                name,
                kind.id,
                self.bilingual(entries["title"]),
                _all(holds) if holds else ex.Never(),
                _all(fails) if fails else None,
                _decisive(_all(stated)) if stated else None,
                _all(presume_not) if presume_not else None,
                closed=not (stated or fails or presume_not),
                closed_by=self.bilingual(entries["closed_by"]) if "closed_by" in entries else EMPTY,
            )
            uses[key] = {n.name for n in ex.walk((holds, fails, stated, presume_not)) if isinstance(n, ex.Defined)}
        self.finish()
        for key in uses:
            circle = _circle(key, uses)
            if circle:
                chain = " → ".join(circle)
                self.report(nodes[written[key]].place, tr("definitions go in a circle: {chain}", chain=chain))
                return

    # --- what people look at, and what nobody checks

    def manual(self, node: Node) -> ManualItem:
        entries = self.mapping(node, MANUAL_KEYS)
        complete = self.due(entries, node.place, ("id", "clause", "covers", "title", "modality"))
        scope = (
            self.scope(entries["subject"])
            if "subject" in entries
            else Scope(self.words, self.words.kinds["facility"], self.owners, self.tables, self.days)
        )
        if not complete or scope is None:
            return ManualItem("", "", (), EMPTY, "facility", (), "must")
        return ManualItem(
            id=self.text(entries["id"]),
            clause=self.text(entries["clause"]),
            covers=self.texts(entries["covers"]),
            title=self.bilingual(entries["title"]),
            kind=scope.kind.id,
            when=self.conditions(entries.get("when"), scope),
            modality=cast("Modality", self.text(entries["modality"])),
        )

    def not_checked(self, node: Node) -> NotChecked:
        entries = self.mapping(node, {"covers", "reason"})
        if not self.due(entries, node.place, ("covers", "reason")):
            return NotChecked((), EMPTY)
        return NotChecked(self.texts(entries["covers"]), self.bilingual(entries["reason"]))


def _holds_sentences(tree: Node) -> bool:
    named = tree.entries.get("format") if isinstance(tree, Branch) else None
    return isinstance(named, Scalar) and named.text == SENTENCES_FORMAT


def _quoted(rule: Rule, sentences: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences[name] for name in rule.covers if name in sentences))


def _decisive(node: ex.Node) -> ex.Node:
    """A condition on stated facts, in which what is not stated decides nothing."""
    if isinstance(node, ex.Known):
        return node._replace(decisive=True)
    if isinstance(node, ex.And | ex.Or):
        return node._replace(parts=tuple(_decisive(part) for part in node.parts))
    return node


def _presumptions_guarded(pack: Pack) -> Pack:
    """A pack with its presumptions kept to where they may answer, and the definitions that these need."""
    keys = presumptions.presuming(pack.definitions)
    rules = tuple(
        rule._replace(
            when=tuple(presumptions.guarded(node, keys) for node in rule.when),
            require=tuple(presumptions.guarded(node, keys, positive=None) for node in rule.require),
        )
        for rule in pack.rules
    )
    manual = tuple(
        item._replace(when=tuple(presumptions.guarded(node, keys) for node in item.when)) for item in pack.manual
    )
    definitions = {key: presumptions.guarded_definition(one, keys) for key, one in pack.definitions.items()}
    definitions |= {
        f"{key}{presumptions.SHOWN}": presumptions.shown_definition(pack.definitions[key], keys) for key in keys
    }
    roots = (tuple((rule.when, rule.require) for rule in rules), tuple(item.when for item in manual))
    used = presumptions.leaned_on(definitions, roots)
    kept = {key: one for key, one in definitions.items() if key in used}
    return replace(pack, rules=rules, manual=manual, definitions=kept)


def _all(nodes: tuple[ex.Node, ...]) -> ex.Node:
    return nodes[0] if len(nodes) == 1 else ex.And(nodes, " and ".join(n.text for n in nodes))


def _circle(name: str, uses: Mapping[str, set[str]]) -> list[str]:
    """A chain of definitions from ``name`` back to itself, if there is one."""
    stack = [[name]]
    seen: set[str] = set()
    while stack:
        chain = stack.pop()
        for other in sorted(uses.get(chain[-1], ())):
            if other == name:
                return [*chain, name]
            if other not in seen:
                seen.add(other)
                stack.append([*chain, other])
    return []


def retire_replaced(packs: tuple[Pack, ...]) -> tuple[Pack, ...]:
    """End every rule that another one replaces on the day before the later one's first day.

    Raises:
        InputError: a replaced rule does not exist among ``packs`` that carry its pack's id.
    """
    ends: dict[str, date] = {}
    known = {rule.key for pack in packs for rule in pack.rules}
    loaded = {pack.id for pack in packs}
    problems: list[Problem] = []
    for pack in packs:
        for rule in pack.rules:
            for key in rule.replaces:
                if key not in known and key.partition("/")[0] in loaded:
                    problems.append(
                        Problem(
                            rule.place,
                            tr("no rule {key} to replace", key=key),
                            nearest(key, known),
                        )
                    )
                ends[key] = rule.start - timedelta(days=1)
    if problems:
        raise InputError(problems)
    if not ends:
        return packs

    def ended(rule: Rule) -> Rule:
        end = ends.get(rule.key)
        return rule if end is None else rule._replace(end=end if rule.end is None else min(end, rule.end))

    return tuple(replace(pack, rules=tuple(ended(rule) for rule in pack.rules)) for pack in packs)
