"""Coverage as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from envcheck.report.formats import plain
from envcheck.review.coverage import STATES, Account, Coverage
from envcheck.text.messages import ntr, tr

LABELS = {
    "checked": tr("checked by rules"),
    "manual": tr("left to people"),
    "not_checked": tr("not checked"),
    "task": tr("tasks"),
    "unaccounted": tr("unaccounted for"),
}


def text(covers: Sequence[Coverage], lang: str, *, verbose: bool) -> str:
    """A paragraph a plan; every requirement where `verbose`, else only what is not checked and why."""
    lines: list[str] = []
    for one in covers:
        total = len(one.accounts)
        lines.append(f"{one.pack.id}  {one.pack.title.within(lang)}")
        parts = [f"{LABELS[state].within(lang)} {one.count(state)}" for state in STATES]
        head = ntr("{n} requirement = ", "{n} requirements = ", total).within(lang)
        lines.append(f"  {head}{' + '.join(parts)}")
        hard = [
            a
            for a in one.accounts
            if a.requirement.level == "facility" and a.requirement.modality in ("must", "in_principle")
        ]
        checked = sum(a.state == "checked" for a in hard)
        if hard:
            told = ntr(
                "{n} facility requirement that says must or in principle, {checked} checked by rules ({share} %)",
                "{n} facility requirements that say must or in principle, {checked} checked by rules ({share} %)",
                len(hard),
                checked=checked,
                share=100 * checked // len(hard),
            )
            lines.append(f"  {told.within(lang)}")
        lines.extend(
            _line(account, lang)
            for account in one.accounts
            if verbose or account.state in ("not_checked", "unaccounted")
        )
    return "\n".join(lines) + "\n"


def _line(account: Account, lang: str) -> str:
    row = account.requirement
    why = ", ".join(account.rules) or account.reason.within(lang)
    return f"    {row.id}  {row.clause}  {LABELS[account.state].within(lang)}  {why}".rstrip()


def as_json(covers: Sequence[Coverage]) -> str:
    """The plans with their counts, and every requirement with its state."""
    plans = [
        {
            "plan": one.pack.id,
            "requirements": len(one.accounts),
            **{state: one.count(state) for state in STATES if state != "unaccounted"},
            "unaccounted": one.ids("unaccounted"),
            "rows": [
                {
                    **account.requirement._asdict(),
                    "state": account.state,
                    "rules": list(account.rules),
                    "reason": account.reason._asdict() if account.reason.zh else None,
                }
                for account in one.accounts
            ],
        }
        for one in covers
    ]
    return plain.as_json({"format": "envcheck/coverage/1", "plans": plans}) + "\n"


def as_csv(covers: Sequence[Coverage], lang: str) -> str:
    """A row a requirement."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["plan", "id", "clause", "level", "modality", "summary", "state", "rules", "reason"])
    for one in covers:
        for account in one.accounts:
            reason = account.reason.within(lang)
            writer.writerow([one.pack.id, *account.requirement, account.state, " ".join(account.rules), reason])
    return stream.getvalue()
