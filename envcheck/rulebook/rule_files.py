"""The rules of a pack, read from its files: their conditions, dates and examples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import cast

from envcheck.files.source import Listing, Node, Reader, Scalar
from envcheck.files.source import Mapping as MappingNode
from envcheck.model import expressions as ex
from envcheck.model.rule import MODALITIES, STATUSES, Example, Modality, Rule, Status
from envcheck.rulebook.compiler import compile_condition
from envcheck.rulebook.limit_tables import Table
from envcheck.rulebook.terms import CompileError, Scope
from envcheck.text.messages import EMPTY, tr
from envcheck.text.problems import Place, nearest
from envcheck.vocabulary.words import ANY_TRADE, Vocabulary

RULE_KEYS = {
    "id", "clause", "covers", "title", "subject", "when", "require", "modality", "from", "until", "due", "missing",
    "boundary", "basis", "remedy", "note", "replaces", "reviewed_on", "closed_by", "examples",
}  # fmt: skip
PLAN_END = "plan_end"
RULE_DUE = ("id", "clause", "covers", "title", "subject", "require", "modality")


class RuleReader(Reader):
    """Reads the rules of a pack whose id, first day and day of review are known."""

    id: str
    start: date
    reviewed: date

    def __init__(self, vocabulary: Vocabulary, tables: Mapping[str, Table]) -> None:
        super().__init__()
        self.words, self.tables = vocabulary, tables
        self.owners: dict[str, str] = {}
        self.days: dict[str, date] = {}
        self.examples: dict[str, tuple[Example, ...]] = {}

    # --- small parts

    def items(self, part: Mapping[str, Node], key: str) -> tuple[Node, ...]:
        """The items of a list that may be left out."""
        return self.listing(part[key]) if key in part else ()

    def due(self, entries: Mapping[str, Node], place: Place, keys: Iterable[str]) -> bool:
        """Whether all keys that must stand in a mapping do; reported where one does not."""
        missing = [key for key in keys if key not in entries]
        if missing:
            self.report(place, tr("no {missing}", missing=", ".join(missing)))
        return not missing

    def day(self, node: Node) -> date:
        """A day; reported where it is none."""
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
        """One text or a list of them, each with its place."""
        items = node.items if isinstance(node, Listing) else (node,)
        return [(self.text(item), item.place) for item in items]

    def conditions(self, node: Node | None, scope: Scope) -> tuple[ex.Node, ...]:
        """The conditions of a list, compiled; reported and left out where one is wrong."""
        found: list[ex.Node] = []
        for text, place in self.strings(node) if node is not None else ():
            compiled = self.condition(text, place, scope)
            if compiled is not None:
                found.append(compiled)
        return tuple(found)

    def condition(self, text: str, place: Place, scope: Scope) -> ex.Node | None:
        """A condition, compiled; None, reported, where it is wrong."""
        try:
            return compile_condition(text, scope)
        except CompileError as error:
            self.report(place, error.what, error.remedy)
            return None

    def scope(self, node: Node) -> Scope | None:
        """What names mean in a rule on a kind of subject."""
        name = self.text(node)
        kind = self.words.kinds.get(name)
        if kind is None:
            self.report(
                node.place,
                tr("unknown kind of subject {name}", name=name),
                nearest(name, self.words.kinds),
            )
            return None
        return Scope(self.words, kind, self.owners, self.tables, self.days)

    # --- rules

    def rules(self, parts: Iterable[Mapping[str, Node]]) -> tuple[Rule, ...]:
        """The rules of several files, each id once."""
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
        """A rule with everything that is said of it."""
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
            when=self.conditions(entries.get("when"), scope) + self.rows(require),
            require=require,
            modality=cast("Modality", modality),
            start=self.day(entries["from"]) if "from" in entries else self.start,
            end=self.day(entries["until"]) if "until" in entries else None,
            due=self.due_day(entries["due"]) if "due" in entries else None,
            closed_by=self.bilingual(entries["closed_by"]) if "closed_by" in entries else EMPTY,
            no_date_printed="due" in entries and self.text(entries["due"]) == PLAN_END,
            missing_fails="missing" in entries,
            boundary=self.bilingual(entries["boundary"]) if "boundary" in entries else EMPTY,
            basis=self.texts(entries["basis"]) if "basis" in entries else (),
            remedy=self.bilingual(entries["remedy"]) if "remedy" in entries else EMPTY,
            note=self.bilingual(entries["note"]) if "note" in entries else EMPTY,
            replaces=self.texts(entries["replaces"]) if "replaces" in entries else (),
            reviewed_on=self.day(entries["reviewed_on"]) if "reviewed_on" in entries else self.reviewed,
            place=node.place,
        )

    def due_day(self, node: Node) -> date | None:
        """A date, or `plan_end` where the text prints none: works and retirements are due on the plan's last day."""
        if self.text(node) != PLAN_END:
            return self.day(node)
        if PLAN_END not in self.days:
            self.report(node.place, tr("the plan has no {name}", name=PLAN_END), tr("write 2026-01-31"))
        return self.days.get(PLAN_END)

    def rows(self, require: tuple[ex.Node, ...]) -> tuple[ex.Node, ...]:
        """A rule that leans on a table concerns subjects whose process the table lists, and may concern those whose process
        is told in general words or belongs to a trade of the table.
        """
        found: list[ex.Node] = []
        processes = self.words.choices.get("process", {})
        for node in require:
            if not isinstance(node, ex.Within) or node.process is None or not node.limits:
                continue
            among = tuple(dict.fromkeys(limit.process for limit in node.limits))
            trades = {trade for name in among for trade in processes[name].trades} - {ANY_TRADE}
            possible = tuple(
                choice.id
                for choice in processes.values()
                if choice.id not in among and not {ANY_TRADE, *trades}.isdisjoint(choice.trades)
            )
            found.append(ex.Listed(node.process, among, possible, f"process listed in {node.limits[0].table}"))
        return tuple(found)

    def example(self, node: Node) -> Example | None:
        """An example of a rule."""
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


def _as_text(node: Node) -> str:
    """A tree as YAML in flow style (JSON), every scalar as text."""

    def plain(item: Node) -> object:
        if isinstance(item, Scalar):
            return None if item.is_null else item.text
        if isinstance(item, MappingNode):
            return {key: plain(value) for key, value in item.entries.items()}
        return [plain(value) for value in item.items]

    return json.dumps(plain(node), ensure_ascii=False)
