"""What happens on a day of a timeline, and which of it is told one by one."""

from __future__ import annotations

from envcheck.judging.judge import decisive
from envcheck.judging.permits import Permit
from envcheck.judging.timeline import Day, Turn
from envcheck.text.messages import Text, tr

EVENTS = {
    "start": tr("comes into force"),
    "due": tr("the time given is over"),
    "replaced": tr("is replaced"),
    "end": tr("ends"),
    "waiver_end": tr("its waiver runs out"),
    "limit": tr("its limit changes"),
    "fact": tr("a fact in the file becomes so"),
}
TELLING = ("fail", "pending", "unknown", "waived")
"""Statuses that are told one by one; what is met or over is counted, and listed when asked for."""


def permit_name(permit: Permit) -> Text:
    """What people call a permit: its kind and number."""
    name = " ".join(part for part in (permit.kind, permit.number) if part)
    return Text(name, name) if name else tr("permit without a name")


def told_turns(day: Day) -> list[Turn]:
    """What is told of a day one by one: what is not met, or not known to be, by how much it matters."""
    return sorted((turn for turn in day.turns if turn.after.status in TELLING), key=urgency)


def urgency(turn: Turn) -> tuple[int, bool, str, str]:
    """The order in which changes are told: by status, then those that decide the outcome."""
    order = ("fail", "unknown", "pending", "waived", "pass", "not_applicable")
    return (
        order.index(turn.after.status),
        not decisive(turn.after),
        turn.after.rule.key,
        turn.after.subject.path,
    )
