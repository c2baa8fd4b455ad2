"""The differences between two results: for people, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from envcheck import __version__
from envcheck.diff import CHANGES, GRAVITY, Change, Comparison, Data, Difference
from envcheck.model import DECISIVE
from envcheck.quantity import Interval, parse_number
from envcheck.report import words
from envcheck.report.layout import Page
from envcheck.report.text import SYMBOL
from envcheck.text import Text

FORMAT = "envcheck/diff/1"
TITLES = {
    "worse": Text("变差", "Worse"),
    "better": Text("变好", "Better"),
    "changed": Text("有变化（无好坏之分）", "Changed, neither better nor worse"),
    "appeared": Text("新出现", "Appeared"),
    "vanished": Text("不再出现", "Vanished"),
}
STYLES = {"worse": "bold red", "better": "bold green", "changed": "bold", "appeared": "bold yellow", "vanished": "bold"}


def as_json(found: Comparison) -> str:
    """The differences as JSON text."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "envcheck": __version__,
        "old": _side(found.old),
        "new": _side(found.new),
        "counts": {change: len(found.of(change)) for change in CHANGES},
        "got_worse": any(d.is_worse for d in found.differences),
    }
    data |= {change: [_difference(d) for d in found.of(change)] for change in CHANGES}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _side(result: Data) -> dict[str, Any]:
    return {
        "as_of": result["as_of"],
        "packs": [{"id": p["id"], "version": p.get("version"), "digest": p.get("digest")} for p in result["packs"]],
        "facilities": [
            {"id": f["id"], "source": f.get("source"), "outcome": f["outcome"]} for f in result["facilities"]
        ],
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {"facility": one.facility, "rule": one.rule, "subject": one.subject, "old": one.old, "new": one.new}


def write(found: Comparison, stream: IO[str], lang: str, *, color: bool | None = None, verbose: bool = False) -> None:
    """The differences for people; `verbose` lists also what appeared or vanished without bearing."""
    _Writer(found, Page(stream, color=color), lang, verbose).write()


class _Writer:
    def __init__(self, found: Comparison, page: Page, lang: str, verbose: bool) -> None:
        self.found, self.page, self.lang, self.verbose = found, page, lang, verbose

    def say(self, zh: str, en: str, style: str = "", indent: int = 0) -> None:
        self.page.paragraph((zh if self.lang == "zh" else en, style), indent=indent, hang=2 if indent else 0)

    def write(self) -> None:
        found = self.found
        for title, side in ((Text("旧", "old"), found.old), (Text("新", "new"), found.new)):
            for one in side["facilities"]:
                outcome = words.OUTCOME[one["outcome"]]
                source = f" {one['source']}" if one.get("source") else ""
                zh = f"{title.zh}：{one['name']}（{one['id']}）{source}，{side['as_of']}，{outcome.zh}"
                self.say(zh, f"{title.en}: {one['name']} ({one['id']}){source}, {side['as_of']}, {outcome.en}")
        self.packs()
        for change in CHANGES:
            self.section(change, found.of(change))
        self.page.blank()
        counts = [(TITLES[change], len(found.of(change))) for change in CHANGES]
        self.say(
            "合计：" + "，".join(f"{t.zh} {n}" for t, n in counts),
            "In all: " + ", ".join(f"{t.en.lower()} {n}" for t, n in counts),
        )

    def packs(self) -> None:
        """The packs that are not the same: then the rules, not the facility, may be what changed."""
        old = {pack["id"]: pack.get("digest") for pack in self.found.old["packs"]}
        new = {pack["id"]: pack.get("digest") for pack in self.found.new["packs"]}
        other = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        if other:
            listed = ", ".join(other)
            self.say(f"规则包有变动：{listed}", f"packs that differ between the two: {listed}", "yellow")

    def section(self, change: Change, differences: Sequence[Difference]) -> None:
        told = [d for d in differences if self.verbose or change not in ("appeared", "vanished") or _bears(d)]
        if not differences:
            return
        self.page.blank()
        title = TITLES[change]
        self.say(f"{title.zh} {len(differences)}", f"{title.en} {len(differences)}", STYLES[change])
        for one in sorted(told, key=_gravity):
            self.difference(one)
        rest = len(differences) - len(told)
        if rest:
            self.say(
                f"另有 {rest} 项符合或不涉及（-v 列出）", f"{rest} more pass or do not apply (-v lists them)", "dim", 1
            )

    def difference(self, one: Difference) -> None:
        latest = one.new if one.new is not None else one.old
        assert latest is not None
        several = len(self.found.new["facilities"]) > 1 or len(self.found.old["facilities"]) > 1
        where = f"{one.facility}: {one.subject}" if several else one.subject
        title = latest.get("title") or {"zh": one.rule, "en": one.rule}
        self.page.paragraph(
            (f"{SYMBOL[latest['status']]} ", ""),
            (str(title[self.lang]), "bold"),
            (f"  {where}  {one.rule}", "dim"),
            indent=1,
            hang=2,
        )
        sides = [_told(side, self.lang) for side in (one.old, one.new) if side is not None]
        self.say(" → ".join(sides), " → ".join(sides), "", 4)


def _bears(one: Difference) -> bool:
    return any(
        side is not None and side["status"] in ("fail", "unknown", "pending", "waived") for side in (one.old, one.new)
    )


def _gravity(one: Difference) -> tuple[int, bool, str, str]:
    """What fails comes first, and of that what decides the outcome."""
    latest = one.new if one.new is not None else one.old
    assert latest is not None
    return -GRAVITY[latest["status"]], latest.get("modality") not in DECISIVE, one.rule, one.subject


def _told(finding: Data, lang: str) -> str:
    """A status with its number, limit, or missing facts."""
    status = words.STATUS[finding["status"]].within(lang)
    measured, limit = finding.get("measured"), finding.get("limit")
    if finding["status"] == "unknown":
        return f"{status} ({', '.join(finding['missing'])})"
    if measured and limit and finding["status"] != "not_applicable":
        sign = words.OPERATORS.get(limit["op"], limit["op"])
        value = parse_number(measured["value"])
        number = words.amount(Interval.point(value), measured["unit"]) if value is not None else measured["value"]
        word = Text("限值", "limit").within(lang)
        return f"{status} ({number}, {word} {sign} {limit['value']} {limit['unit']}".rstrip() + ")"
    return status
