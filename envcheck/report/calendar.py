"""Timelines as a calendar (iCalendar, RFC 5545): an all-day event for what falls due, starts or ends on a day.

What has a last day (a deadline, a rule, a waiver, a plan) stands on that day, since a calendar should tell of it before it
is over; all else stands on the day on which it begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from envcheck.facility.whatif import assumed, goal, restates
from envcheck.judging.gaps import GapLabel, gap_labels
from envcheck.judging.timeline import DAY, Timeline, Turn
from envcheck.model.facility import Subject
from envcheck.model.rule import Pack
from envcheck.report.parts import phrases
from envcheck.report.parts.events import EVENTS, permit_name, told_turns
from envcheck.text.messages import EMPTY, Text, join, listed, tr
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

OCTETS = 75
"""The longest line that RFC 5545 allows, without its end."""
LAST_DAY = {
    "due": tr("due by the end of this day"),
    "replaced": tr("last day, then replaced"),
    "end": tr("last day"),
    "waiver_end": tr("last day of its waiver"),
}
"""Events that end something; the others begin something, and are told by their own words."""
SPACE, BREAK = Text(" ", " "), Text("\n", "\n")


class Entry(NamedTuple):
    """An all-day event."""

    uid: str
    day: date
    summary: Text
    description: Text


def render(
    found: Sequence[Timeline], vocabulary: Vocabulary, lang: str, until: date | None = None, *, verbose: bool = False
) -> bytes:
    """The timelines of facilities as one calendar; the same timelines give the same bytes.

    What is met, or ends without a word, is left out unless ``verbose``; nothing after ``until`` is told.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//envcheck//envcheck {__version__}//EN", "CALSCALE:GREGORIAN"]
    told = [
        (one.since, entry)
        for one in found
        for entry in entries(one, vocabulary, verbose=verbose)
        if until is None or entry.day <= until
    ]
    # RFC 5545 knows no calendar without an event, and an empty file reads as a fault.
    for since, entry in told or [(one.since, _nothing(one, until)) for one in found]:
        lines += _event(entry, since, lang)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def entries(found: Timeline, vocabulary: Vocabulary, *, verbose: bool = False) -> Iterator[Entry]:
    """What a calendar tells of a facility, in the order of the timeline."""
    packs = {pack.id: pack for pack in found.packs}
    gap_label = gap_labels(found.packs, vocabulary)
    facility = found.now.facility
    for day in found.days:
        for pack in day.ended:
            last = day.date - DAY
            yield Entry(
                _uid(facility.id, pack.id, facility.itself.path, last, "plan"),
                last,
                tr("{name}: last day of the plan's period: {plan}", name=facility.name, plan=pack.title),
                tr("the plan's period is over, its findings still count: {plan}", plan=pack.citation),
            )
        for permit in day.permits:
            yield Entry(
                _uid(facility.id, permit.kind, permit.number, permit.until, "permit"),
                permit.until,
                tr("{name}: last day of the permit: {permit}", name=facility.name, permit=permit_name(permit)),
                tr("As things stand in the file: only the date moves on."),
            )
        for turn in day.turns if verbose else told_turns(day):
            rule, subject = turn.after.rule, turn.after.subject
            on = day.date - DAY if turn.event in LAST_DAY else day.date
            yield Entry(
                _uid(facility.id, rule.key, subject.path, on, turn.event),
                on,
                tr(
                    "{name}: {what}: {title} ({subject})",
                    name=facility.name,
                    what=LAST_DAY.get(turn.event, EVENTS[turn.event]),
                    title=rule.title,
                    subject=_subject(subject, vocabulary),
                ),
                _description(found, turn, day.date, packs[rule.pack], gap_label),
            )


def _nothing(found: Timeline, until: date | None) -> Entry:
    """That nothing changes for a facility, on the day asked from."""
    facility = found.now.facility
    last = tr(", up to {until}", until=until) if until else EMPTY
    nothing = tr("{name}: {what}", name=facility.name, what=tr("nothing changes after that day{last}", last=last))
    note = tr("As things stand in the file: only the date moves on.")
    return Entry(_uid(facility.id, "", facility.itself.path, found.since, "nothing"), found.since, nothing, note)


def _uid(facility: str, key: str, subject: str, day: date, event: str) -> str:
    """A name that stays the same as long as the file, the rule and the date do (RFC 7986 asks for a UUID)."""
    return str(uuid5(NAMESPACE_URL, f"envcheck:{facility}\n{key}\n{subject}\n{day.isoformat()}\n{event}"))


def _subject(subject: Subject, vocabulary: Vocabulary) -> Text:
    """What people call a subject: its kind, its id, its name."""
    label = vocabulary.kinds[subject.kind].label
    if subject.path == "facility":
        return label
    name = subject.facts.get("name")
    return join(SPACE, (label, subject.id, name.text) if name is not None else (label, subject.id))


def _description(found: Timeline, turn: Turn, day: date, pack: Pack, gap_label: GapLabel) -> Text:
    """The clause, what becomes of the finding, the numbers or the facts that it hangs on, what to do."""
    finding, rule = turn.after, turn.after.rule
    was, now = phrases.STATUS[turn.before.status], phrases.STATUS[finding.status]
    lines = [phrases.source(rule, pack), tr("{was} → {now} on {day}", was=was, now=now, day=day)]
    if turn.successors:
        lines.append(tr("replaced by {rules}", rules=", ".join(turn.successors)))
    if finding.status == "unknown":
        lines.append(tr("missing {missing}", missing=phrases.lacking(finding, gap_label)))
    for comparison in phrases.shown(finding) if finding.status != "not_applicable" else ():
        told = phrases.against(comparison)
        if len(comparison.attribute) == 2:
            told = Text(*(f"{comparison.attribute[1]} ",) * 2) + told
        needed = goal(finding, comparison)
        lines.append(told if needed is None or restates(comparison, needed) else listed((told, needed.text)))
    if finding.waiver is not None:
        lines.append(phrases.waiver(finding.waiver))
    if rule.remedy != EMPTY and finding.status in ("fail", "pending"):
        lines.append(tr("{label}: {note}", label=tr("remedy"), note=rule.remedy))
    if changes := assumed(found.now.facility):
        lines.append(tr("What if (not what the file says): {changes}", changes=changes))
    lines.append(tr("As things stand in the file: only the date moves on."))
    return join(BREAK, lines)


# --- the lines of RFC 5545 -------------------------------------------------------------------------------------------


def _event(entry: Entry, since: date, lang: str) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        # The day asked from, not the clock: a calendar that is made again must not differ.
        f"DTSTAMP:{_basic(since)}T000000Z",
        f"DTSTART;VALUE=DATE:{_basic(entry.day)}",
        f"SUMMARY;LANGUAGE={lang}:{_escaped(entry.summary.within(lang))}",
        f"DESCRIPTION;LANGUAGE={lang}:{_escaped(entry.description.within(lang))}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _basic(day: date) -> str:
    return day.isoformat().replace("-", "")


def _escaped(text: str) -> str:
    r"""A value of type TEXT: separators, breaks and control characters made harmless.

    >>> print(_escaped("NOx; 25, 30\\40"))
    NOx\; 25\, 30\\40
    """
    lines = (phrases.writable(phrases.clean(line)) for line in text.split("\n"))
    return "\\n".join(line.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,") for line in lines)


def _folded(line: str) -> bytes:
    """A line of at most 75 octets each, never parted within a character."""
    parts: list[bytes] = [b""]
    for character in line:
        octets = character.encode()
        if len(parts[-1]) + len(octets) > OCTETS:
            parts.append(b" ")
        parts[-1] += octets
    return b"\r\n".join(parts) + b"\r\n"
