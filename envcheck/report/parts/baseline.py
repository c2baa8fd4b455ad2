"""What of a SARIF log is new, unchanged, updated or absent beside an earlier result of envcheck.

The earlier result is a JSON result or a SARIF log of ours; both are brought to the shape that `diff` compares, cut down
to what the log lists. A duty for people counts as a finding that nobody has settled.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

from envcheck.judging.diff import Data, Difference, compare
from envcheck.model.rule import STATUSES

State = Literal["new", "unchanged", "updated"]
Key = tuple[str, str, str]
"""Facility, rule, subject."""


class Beside(NamedTuple):
    """The state of every finding that is listed, and the findings that were listed earlier only."""

    states: Mapping[Key, State]
    absent: tuple[Difference, ...]


def beside(old: Data, new: Data, statuses: Collection[str]) -> Beside:
    """A new result beside an old one, both in the shape of the JSON contract, as far as findings have these statuses."""
    before, after = _listed(old, statuses), _listed(new, statuses)
    found = compare(before, after)
    changed = {(d.facility, d.rule, d.subject): d for d in found.differences}
    lacked = {key: tuple(f["missing"]) for key, f in _findings(before).items()}
    states: dict[Key, State] = {}
    for key, finding in _findings(after).items():
        difference = changed.get(key)
        if difference is not None:
            states[key] = "new" if difference.change == "appeared" else "updated"
        else:
            states[key] = "unchanged" if lacked.get(key, ()) == tuple(finding["missing"]) else "updated"
    return Beside(states, found.of("vanished"))


def of_log(data: bytes) -> Data | None:
    """The findings of a SARIF log that envcheck wrote, less those that were absent in it; None for anything else."""
    try:
        run = json.loads(data)["runs"][0]
        if run["tool"]["driver"]["name"] != "envcheck":
            return None
        owners = [f["id"] for f in run["properties"]["facilities"]]
        if not all(isinstance(name, str) for name in owners):
            return None
        facilities: dict[str, dict[str, Any]] = {name: {"id": name, "findings": [], "manual": []} for name in owners}
        for result in run["results"]:
            if result.get("baselineState") == "absent":
                continue
            where, properties = result["locations"][0]["logicalLocations"][0], result["properties"]
            owner = where["fullyQualifiedName"].removesuffix(f"/{where['name']}")
            if not isinstance(properties["status"], str):
                return None
            if properties["status"] == "manual":
                pack, _, name = result["ruleId"].partition("/")
                facilities[owner]["manual"].append({"pack": pack, "id": name})
                continue
            finding = {"rule": result["ruleId"], "subject": where["name"]}
            finding |= {key: properties[key] for key in ("status", "margin", "missing")}
            texts = (finding["rule"], finding["subject"], owner, *finding["missing"])
            if finding["status"] not in STATUSES or not all(isinstance(text, str) for text in texts):
                return None
            facilities[owner]["findings"].append(finding)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return {"facilities": list(facilities.values())}


def _listed(result: Data, statuses: Collection[str]) -> Data:
    facilities = []
    for facility in result["facilities"]:
        findings = [finding for finding in facility["findings"] if finding["status"] in statuses]
        if "pass" in statuses:
            findings += [
                {"rule": f"{item['pack']}/{item['id']}", "subject": "facility", "status": "unknown", "missing": []}
                for item in facility.get("manual", ())
            ]
        facilities.append({"id": facility["id"], "findings": findings})
    return {"facilities": facilities}


def _findings(result: Data) -> dict[Key, Data]:
    return {(owner["id"], f["rule"], f["subject"]): f for owner in result["facilities"] for f in owner["findings"]}
