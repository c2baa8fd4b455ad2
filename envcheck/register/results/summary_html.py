"""The summary of a screening as one self-contained page in both languages, for a screen, a phone or paper."""

from __future__ import annotations

from typing import NamedTuple

from envcheck.model.rule import STATUSES, Status
from envcheck.register.results import summary_text
from envcheck.register.results.summary import Summary
from envcheck.report.formats import html

RULES, REGIONS = 15, 50
WIDTH = 600
DRAWN: tuple[Status, ...] = ("fail", "unknown", "pending", "waived", "pass")


class Piece(NamedTuple):
    """A piece of a bar: the findings of a status, from where and how wide of `WIDTH`."""

    status: Status
    findings: int
    start: float
    width: float


def render(summary: Summary, lang: str) -> str:
    """The summary as one HTML page in both languages, shown in `lang` first."""
    return html.page(
        "register.html",
        found=summary,
        lang=lang,
        told=summary_text,
        statuses=STATUSES,
        order=summary_text.ORDER,
        worst=summary_text.worst_rules(summary, RULES),
        open_rules=summary_text.open_rules(summary, RULES),
        regions=summary.regions[:REGIONS],
        more_regions=max(0, len(summary.regions) - REGIONS),
        bars={plan.pack.id: bar(dict(plan.counts)) for plan in summary.plans},
        width=WIDTH,
    )


def bar(counts: dict[Status, int]) -> tuple[Piece, ...]:
    """The shares of the findings that concern their subjects; empty where there are none."""
    total = sum(counts[status] for status in DRAWN)
    pieces: list[Piece] = []
    start = 0.0
    for status in DRAWN:
        if counts[status]:
            width = WIDTH * counts[status] / total
            pieces.append(Piece(status, counts[status], round(start, 2), round(width, 2)))
            start += width
    return tuple(pieces)
