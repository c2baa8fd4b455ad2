"""What `--set` changes: the findings whose status is another than by the file as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from envcheck.model.finding import Result
from envcheck.report.parts import phrases
from envcheck.report.parts.layout import Page
from envcheck.text.messages import ntr, tr


def changed(before: Result, after: Result) -> Iterator[tuple[str, str, str, str, str]]:
    """Facility, rule, subject, and the status before and after; empty where there was no such finding.

    The reports are held against each other in order: a change may be one of the facility's id itself.
    """
    for old, new in zip(before.reports, after.reports, strict=True):
        was = {(f.rule.key, f.subject.path): f.status for f in old.findings}
        now = {(f.rule.key, f.subject.path): f.status for f in new.findings}
        for rule, subject in dict.fromkeys([*now, *was]):
            status = was.get((rule, subject), ""), now.get((rule, subject), "")
            if status[0] != status[1]:
                yield new.facility.id, rule, subject, *status


def write(before: Result, after: Result, stream: IO[str], lang: str, *, color: bool | None = None) -> None:
    """What changed status, a line each."""
    page = Page(stream, color=color)
    found = list(changed(before, after))
    title = ntr("{n} finding changed by --set", "{n} findings changed by --set", len(found))
    page.blank()
    page.paragraph((title.within(lang), "bold"))
    for facility, rule, subject, old, new in found:
        names = [phrases.STATUS[status].within(lang) if status else "–" for status in (old, new)]
        owner = f"{facility}  " if len(after.reports) > 1 else ""
        page.paragraph((f"{owner}{rule}  {subject}  ", ""), (" → ".join(names), "bold"), indent=1, hang=2)
    for old_report, new_report in zip(before.reports, after.reports, strict=True):
        if old_report.outcome != new_report.outcome:
            was, now = phrases.OUTCOME[old_report.outcome], phrases.OUTCOME[new_report.outcome]
            told = tr("{name}: outcome {was} → {now}", name=new_report.facility.name, was=was, now=now)
            page.paragraph((told.within(lang), "bold"), indent=1, hang=2)
