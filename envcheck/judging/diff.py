"""Two results compared, finding by finding: what got worse, better, appeared, vanished.

Works on the JSON contract, so that a result kept in a file and one made just now are the same thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from envcheck.units.quantity import parse_number

Data = Mapping[str, Any]
Change = Literal["worse", "better", "changed", "appeared", "vanished"]
CHANGES: tuple[Change, ...] = ("worse", "better", "changed", "appeared", "vanished")
GRAVITY = {"pass": 0, "not_applicable": 0, "waived": 1, "pending": 1, "unknown": 2, "fail": 3}


class Difference(NamedTuple):
    """A finding that is not the same in both results; `old` or `new` is None where it is in one of them only."""

    change: Change
    facility: str
    rule: str
    subject: str
    old: Data | None
    new: Data | None

    @property
    def is_worse(self) -> bool:
        """Whether it makes things worse: also a finding that appears and fails or is undetermined."""
        appeared = self.change == "appeared" and self.new is not None
        return self.change == "worse" or (appeared and GRAVITY[self.new["status"]] > 1 if self.new else False)


class Comparison(NamedTuple):
    """All differences between two results."""

    old: Data
    new: Data
    differences: tuple[Difference, ...]

    def of(self, change: Change) -> tuple[Difference, ...]:
        """The differences of one sort."""
        return tuple(d for d in self.differences if d.change == change)


def compare(old: Data, new: Data) -> Comparison:
    """The differences between two results, by facility, rule and subject; the order is that of the findings.

    Where each result is about one facility, these two are compared whatever their ids.
    """
    single = len(old["facilities"]) == len(new["facilities"]) == 1
    was, now = dict(_findings(old, single=single)), dict(_findings(new, single=single))
    differences: list[Difference] = []
    for key in dict.fromkeys([*was, *now]):
        before, after = was.get(key), now.get(key)
        change = _change(before, after)
        if change is not None:
            facility = (after or before or ("", {}))[0]
            differences.append(
                Difference(change, facility, key[1], key[2], before[1] if before else None, after[1] if after else None)
            )
    return Comparison(old, new, tuple(differences))


def _findings(result: Data, *, single: bool) -> Iterator[tuple[tuple[str, str, str], tuple[str, Data]]]:
    for facility in result["facilities"]:
        for finding in facility["findings"]:
            yield ("" if single else facility["id"], finding["rule"], finding["subject"]), (facility["id"], finding)


def _change(old: tuple[str, Data] | None, new: tuple[str, Data] | None) -> Change | None:
    if old is None:
        return "appeared"
    if new is None:
        return "vanished"
    before, after = old[1], new[1]
    step = GRAVITY[after["status"]] - GRAVITY[before["status"]]
    if step:
        return "worse" if step > 0 else "better"
    if before["status"] != after["status"]:
        return "changed"
    if before["status"] not in ("fail", "pending", "waived"):
        return None
    room = _margin(before), _margin(after)
    if room[0] is None or room[1] is None or room[0] == room[1]:
        return None
    return "worse" if room[1] < room[0] else "better"


def _margin(finding: Data) -> Fraction | None:
    margin = finding.get("margin")
    return parse_number(margin) if isinstance(margin, str) else None
