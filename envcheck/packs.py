"""Rule packs: one plan a folder, read from YAML and checked against the vocabulary."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import cast

from envcheck import expressions as ex
from envcheck.compiler import CompileError, Scope, compile_condition
from envcheck.model import (
    MODALITIES,
    STATUSES,
    Definition,
    Example,
    ManualItem,
    Modality,
    NotChecked,
    Pack,
    Rule,
    Status,
)
from envcheck.source import Listing, Node, Reader, Scalar
from envcheck.source import Mapping as MappingNode
from envcheck.tables import Table
from envcheck.text import EMPTY, InputError, Place, Problem, nearest, tr
from envcheck.vocabulary import Vocabulary

FORMAT, RULES_FORMAT = "envcheck/pack/1", "envcheck/rules/1"
PACK_KEYS = {
    "format", "id", "version", "plan", "region", "period", "reviewed_on", "notes", "definitions", "manual", "not_checked",
}  # fmt: skip
RULE_FILE_KEYS = {"format", "rules", "definitions", "manual", "not_checked"}
RULE_KEYS = {
    "id", "clause", "covers", "title", "subject", "when", "require", "modality", "from", "until", "due", "missing",
    "boundary", "basis", "remedy", "note", "replaces", "reviewed_on", "examples",
}  # fmt: skip
RULE_DUE = ("id", "clause", "covers", "title", "subject", "require", "modality")
MANUAL_KEYS = {"id", "clause", "covers", "title", "subject", "when", "modality"}


@dataclass(frozen=True)
class PackFiles:
    """The trees of one pack's folder: `pack.yaml` and its rule files, and the bytes that its digest is made of."""

    header: Node
    rules: tuple[Node, ...]
    content: tuple[bytes, ...]


def read(
    files: PackFiles, vocabulary: Vocabulary, tables: Mapping[str, Table]
) -> tuple[Pack, dict[str, tuple[Example, ...]]]:
    """A pack, and the examples of its rules by rule id.

    Raises:
        InputError: with every mistake found in it.
    """
    return _PackReader(files, vocabulary, tables).read()


class _PackReader(Reader):
    def __init__(self, files: PackFiles, vocabulary: Vocabulary, tables: Mapping[str, Table]) -> None:
        super().__init__()
        self.files, self.words, self.tables = files, vocabulary, tables
        self.definitions: dict[str, Definition] = {}
        self.definition_names: set[str] = set()
        self.owners: dict[str, str] = {}
        self.examples: dict[str, tuple[Example, ...]] = {}

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
        parts = [entries, *self.rule_files()]
        self.define({name: node for part in parts for name, node in self.named(part).items()})
        self.finish()
        rules = self.rules(parts)
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
        )
        self.finish()
        if not rules and not manual:
            self.report(header.place, tr("no rules"))
        self.finish()
        return pack, self.examples

    # --- small parts

    def rule_files(self) -> list[dict[str, Node]]:
        found: list[dict[str, Node]] = []
        for tree in self.files.rules:
            entries = self.mapping(tree, RULE_FILE_KEYS)
            if "format" not in entries or self.text(entries["format"]) != RULES_FORMAT:
                self.report(tree.place, tr("format: {rules_format} is due", rules_format=RULES_FORMAT))
            found.append(entries)
        return found

    def items(self, part: Mapping[str, Node], key: str) -> tuple[Node, ...]:
        return self.listing(part[key]) if key in part else ()

    def named(self, part: Mapping[str, Node]) -> dict[str, Node]:
        found = self.mapping(part["definitions"]) if "definitions" in part else {}
        for name, node in found.items():
            if name in self.definition_names:
                self.report(node.place, tr("definition {name} again", name=name))
            self.definition_names.add(name)
        return found

    def due(self, entries: Mapping[str, Node], place: Place, keys: Iterable[str]) -> bool:
        missing = [key for key in keys if key not in entries]
        if missing:
            self.report(place, tr("no {missing}", missing=", ".join(missing)))
        return not missing

    def day(self, node: Node) -> date:
        text = self.text(node)
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.report(
                node.place,
                tr("'{text}' is not a date", text=text),
                tr("write 2026-01-31"),
            )
            return date.min

    def strings(self, node: Node) -> list[tuple[str, Place]]:
        items = node.items if isinstance(node, Listing) else (node,)
        return [(self.text(item), item.place) for item in items]

    def conditions(self, node: Node | None, scope: Scope) -> tuple[ex.Node, ...]:
        found: list[ex.Node] = []
        for text, place in self.strings(node) if node is not None else ():
            compiled = self.condition(text, place, scope)
            if compiled is not None:
                found.append(compiled)
        return tuple(found)

    def condition(self, text: str, place: Place, scope: Scope) -> ex.Node | None:
        try:
            return compile_condition(text, scope)
        except CompileError as error:
            self.report(place, error.what, error.remedy)
            return None

    def scope(self, node: Node) -> Scope | None:
        name = self.text(node)
        kind = self.words.kinds.get(name)
        if kind is None:
            self.report(
                node.place,
                tr("unknown kind of subject {name}", name=name),
                nearest(name, self.words.kinds),
            )
            return None
        usable = {n: k for n, k in self.owners.items() if k in (name, "facility")}
        return Scope(self.words, kind, usable, self.tables)

    # --- definitions

    def define(self, nodes: Mapping[str, Node]) -> None:
        """Compile the definitions and refuse those that build on one another in a circle."""
        parts = {name: self.mapping(item, {"subject", "title", "holds", "fails"}) for name, item in nodes.items()}
        for name, entries in parts.items():
            if not self.due(entries, nodes[name].place, ("subject", "title", "holds")):
                continue
            kind = self.words.kinds.get(self.text(entries["subject"]))
            if kind is None:
                self.scope(entries["subject"])
            elif self.words.attribute(kind, name) is not None:
                self.report(
                    nodes[name].place,
                    tr("{name} is an attribute of {id} already", name=name, id=kind.id),
                )
            else:
                self.owners[name] = kind.id
        self.finish()
        uses: dict[str, set[str]] = {}
        for name, entries in parts.items():
            scope = self.scope(entries["subject"])
            assert scope is not None
            holds = self.conditions(entries["holds"], scope)
            fails = self.conditions(entries.get("fails"), scope)
            if not holds:
                continue
            self.definitions[name] = Definition(
                name, scope.kind.id, self.bilingual(entries["title"]), _all(holds), _all(fails) if fails else None
            )
            uses[name] = {n.name for n in ex.walk((holds, fails)) if isinstance(n, ex.Defined)}
        self.finish()
        for name in uses:
            circle = _circle(name, uses)
            if circle:
                chain = " → ".join(circle)
                self.report(nodes[name].place, tr("definitions go in a circle: {chain}", chain=chain))
                return

    # --- rules

    def rules(self, parts: Iterable[Mapping[str, Node]]) -> tuple[Rule, ...]:
        found: dict[str, Rule] = {}
        for part in parts:
            for node in self.items(part, "rules"):
                rule = self.rule(node)
                if rule is None:
                    continue
                if rule.id in found:
                    self.report(node.place, tr("rule {id} again", id=rule.id))
                found[rule.id] = rule
        return tuple(found.values())

    def rule(self, node: Node) -> Rule | None:
        entries = self.mapping(node, RULE_KEYS)
        if not self.due(entries, node.place, RULE_DUE):
            return None
        scope = self.scope(entries["subject"])
        if scope is None:
            return None
        modality = self.text(entries["modality"])
        if modality not in MODALITIES:
            self.report(
                entries["modality"].place,
                tr("unknown modality {modality}", modality=modality),
                nearest(modality, MODALITIES),
            )
        if "missing" in entries and self.text(entries["missing"]) != "fail":
            self.report(entries["missing"].place, tr("missing takes `fail` only"))
        name = self.text(entries["id"])
        require = self.conditions(entries["require"], scope)
        self.examples[name] = tuple(
            e
            for e in (self.example(n) for n in (self.listing(entries["examples"]) if "examples" in entries else ()))
            if e
        )
        return Rule(
            id=name,
            pack=self.id,
            clause=self.text(entries["clause"]),
            covers=self.texts(entries["covers"]),
            title=self.bilingual(entries["title"]),
            kind=scope.kind.id,
            when=self.conditions(entries.get("when"), scope) + _listed(require),
            require=require,
            modality=cast("Modality", modality),
            start=self.day(entries["from"]) if "from" in entries else self.start,
            end=self.day(entries["until"]) if "until" in entries else None,
            due=self.day(entries["due"]) if "due" in entries else None,
            missing_fails="missing" in entries,
            boundary=self.bilingual(entries["boundary"]) if "boundary" in entries else EMPTY,
            basis=self.texts(entries["basis"]) if "basis" in entries else (),
            remedy=self.bilingual(entries["remedy"]) if "remedy" in entries else EMPTY,
            note=self.bilingual(entries["note"]) if "note" in entries else EMPTY,
            replaces=self.texts(entries["replaces"]) if "replaces" in entries else (),
            reviewed_on=self.day(entries["reviewed_on"]) if "reviewed_on" in entries else self.reviewed,
            place=node.place,
        )

    def example(self, node: Node) -> Example | None:
        entries = self.mapping(node, {"given", "facility", "as_of", "expect", "flags"})
        if not self.due(entries, node.place, ("given", "as_of", "expect")):
            return None
        expect = self.text(entries["expect"])
        if expect not in STATUSES:
            self.report(
                entries["expect"].place,
                tr("unknown status {expect}", expect=expect),
                nearest(expect, STATUSES),
            )
        return Example(
            given=_as_text(entries["given"]),
            facility=_as_text(entries["facility"]) if "facility" in entries else "{}",
            as_of=self.day(entries["as_of"]),
            expect=cast("Status", expect),
            flags=self.texts(entries["flags"]) if "flags" in entries else (),
            place=node.place,
        )

    def manual(self, node: Node) -> ManualItem:
        entries = self.mapping(node, MANUAL_KEYS)
        complete = self.due(entries, node.place, ("id", "clause", "covers", "title", "modality"))
        scope = (
            self.scope(entries["subject"])
            if "subject" in entries
            else Scope(self.words, self.words.kinds["facility"], self.owners, self.tables)
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


def _all(nodes: tuple[ex.Node, ...]) -> ex.Node:
    return nodes[0] if len(nodes) == 1 else ex.And(nodes, " and ".join(n.text for n in nodes))


def _listed(require: tuple[ex.Node, ...]) -> tuple[ex.Node, ...]:
    """A rule that leans on a table concerns only subjects whose process the table lists."""
    found: list[ex.Node] = []
    for node in require:
        if isinstance(node, ex.Within) and node.process is not None:
            among = tuple(dict.fromkeys(limit.process for limit in node.limits))
            table = node.limits[0].table if node.limits else ""
            found.append(ex.OneOf(node.process, among, f"process listed in {table}"))
    return tuple(found)


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


def _as_text(node: Node) -> str:
    """A tree as YAML in flow style (JSON), every scalar as text."""
    import json

    def plain(item: Node) -> object:
        if isinstance(item, Scalar):
            return None if item.is_null else item.text
        if isinstance(item, MappingNode):
            return {key: plain(value) for key, value in item.entries.items()}
        return [plain(value) for value in item.items]

    return json.dumps(plain(node), ensure_ascii=False)


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
