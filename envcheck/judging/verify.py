"""Whether a kept result still holds: what it was judged by and from, and whether judging again gives the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from envcheck.text.messages import Text, tr

Data = Mapping[str, Any]
LEFT_OUT = frozenset({"envcheck", "packs", "facilities", "configured", "unread"})


def differences(kept: Data, now: Data) -> Iterator[Text]:
    """What differs between a kept result and the one of judging again, the grounds before what follows from them."""
    if kept["envcheck"] != now["envcheck"]:
        yield tr("program: version {old} then, {new} now", old=kept["envcheck"], new=now["envcheck"])
    for name, was, is_ in _digests(kept["packs"], now["packs"], "id", "digest"):
        yield tr("pack {name}: digest {old} then, {new} now", name=name, old=was, new=is_)
    for old, new in zip(kept["facilities"], now["facilities"], strict=True):
        for name, was, is_ in _digests(old.get("inputs", ()), new.get("inputs", ()), "file", "sha256"):
            yield tr("file {name}: SHA-256 {old} then, {new} now", name=name, old=was, new=is_)
        if old["outcome"] != new["outcome"]:
            yield tr(
                "{facility}: outcome {old} then, {new} now", facility=new["id"], old=old["outcome"], new=new["outcome"]
            )
        yield from _findings(old["findings"], new["findings"])
        if {**old, "findings": (), "outcome": ""} != {**new, "findings": (), "outcome": ""}:
            yield tr("{facility}: what is said beside the findings differs", facility=new["id"])
    rest = [key for key in {*kept, *now} - LEFT_OUT if kept.get(key) != now.get(key)]
    if rest:
        yield tr("differs: {keys}", keys=", ".join(sorted(rest)))


def _digests(old: Sequence[Data], new: Sequence[Data], name: str, digest: str) -> Iterator[tuple[str, str, str]]:
    """Things by name whose digest is another, that are gone or that came, with the beginnings of both digests."""
    before, after = ({one[name]: one[digest] for one in some} for some in (old, new))
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield key, before.get(key, "-")[:12], after.get(key, "-")[:12]


def _findings(old: Sequence[Data], new: Sequence[Data]) -> Iterator[Text]:
    before, after = ({(f["rule"], f["subject"]): f for f in some} for some in (old, new))
    for key in sorted({*before, *after}):
        one, other = before.get(key), after.get(key)
        if one == other:
            continue
        status = [part["status"] if part is not None else "-" for part in (one, other)]
        rule, subject = key
        if status[0] == status[1]:
            yield tr("{rule} {subject}: {status}, with other evidence", rule=rule, subject=subject, status=status[0])
        else:
            yield tr(
                "{rule} {subject}: {old} then, {new} now", rule=rule, subject=subject, old=status[0], new=status[1]
            )
