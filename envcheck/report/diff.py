"""The differences between two results: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import IO, Any

from envcheck.judging.diff import CHANGES, GRAVITY, Change, Comparison, Data, Difference
from envcheck.model.rule import DECISIVE
from envcheck.report.formats import plain
from envcheck.report.formats.text import SYMBOL
from envcheck.report.parts import phrases
from envcheck.report.parts.layout import Page
from envcheck.text.messages import Text, listed, ntr, tr
from envcheck.units.quantity import Interval, parse_number
from envcheck.version import __version__

FORMAT = "envcheck/diff/1"
TITLES = {
    "worse": tr("Worse"),
    "better": tr("Better"),
    "changed": tr("Changed, neither better nor worse"),
    "appeared": tr("Appeared"),
    "vanished": tr("Vanished"),
}
STYLES = {"worse": "bold red", "better": "bold green", "changed": "bold", "appeared": "bold yellow", "vanished": "bold"}


def as_json(found: Comparison, configured: Sequence[str] = ()) -> str:
    """The differences as JSON text."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "envcheck": __version__,
        "configured": list(configured),
        "old": _side(found.old),
        "new": _side(found.new),
        "counts": {change: len(found.of(change)) for change in CHANGES},
        "got_worse": any(d.is_worse for d in found.differences),
    }
    data |= {change: [_difference(d) for d in found.of(change)] for change in CHANGES}
    return plain.as_json(data) + "\n"


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

    def say(self, text: Text, style: str = "", indent: int = 0) -> None:
        self.page.paragraph((text.within(self.lang), style), indent=indent, hang=2 if indent else 0)

    def write(self) -> None:
        found = self.found
        for title, side in ((tr("old"), found.old), (tr("new"), found.new)):
            for one in side["facilities"]:
                outcome = phrases.OUTCOME[one["outcome"]]
                source = f" {one['source']}" if one.get("source") else ""
                head = tr(
                    "{title}: {name} ({id}){source}, {day}, {outcome}",
                    title=title,
                    name=one["name"],
                    id=one["id"],
                    source=source,
                    day=date.fromisoformat(side["as_of"]),
                    outcome=outcome,
                )
                self.say(head)
        self.packs()
        for change in CHANGES:
            self.section(change, found.of(change))
        self.page.blank()
        counts = (f"{TITLES[change].within(self.lang).lower()} {len(found.of(change))}" for change in CHANGES)
        self.say(tr("In all: {counts}", counts=listed(counts)))

    def packs(self) -> None:
        """The packs that are not the same: then the rules, not the facility, may be what changed."""
        old = {pack["id"]: pack.get("digest") for pack in self.found.old["packs"]}
        new = {pack["id"]: pack.get("digest") for pack in self.found.new["packs"]}
        other = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        if other:
            listed = ", ".join(other)
            self.say(tr("packs that differ between the two: {listed}", listed=listed), "yellow")

    def section(self, change: Change, differences: Sequence[Difference]) -> None:
        told = [d for d in differences if self.verbose or change not in ("appeared", "vanished") or _bears(d)]
        if not differences:
            return
        self.page.blank()
        title = TITLES[change]
        self.page.paragraph((f"{title.within(self.lang)} {len(differences)}", STYLES[change]))
        for one in sorted(told, key=_gravity):
            self.difference(one)
        rest = len(differences) - len(told)
        if rest:
            self.say(
                ntr(
                    "{n} more passes or does not apply (-v lists it)",
                    "{n} more pass or do not apply (-v lists them)",
                    rest,
                ),
                "dim",
                1,
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
        self.page.paragraph((" → ".join(sides), ""), indent=4, hang=2)


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
    status = phrases.STATUS[finding["status"]].within(lang)
    measured, limit = finding.get("measured"), finding.get("limit")
    if finding["status"] == "unknown":
        return f"{status} ({', '.join(finding['missing'])})"
    if measured and limit and finding["status"] != "not_applicable":
        sign = phrases.OPERATORS.get(limit["op"], limit["op"])
        value, bound = parse_number(measured["value"]), parse_number(limit["value"])
        number = (
            phrases.amount(Interval.point(value), measured["unit"], bound) if value is not None else measured["value"]
        )
        told = tr("{value}, limit {limit}", value=number, limit=f"{sign} {limit['value']} {limit['unit']}".rstrip())
        return f"{status} ({told.within(lang)})"
    return status
