"""Every requirement of the plans is accounted for by its pack: what rules check in part may be left to people for the rest."""

import csv
from collections import Counter

import pytest

from support import ROOT, shipped

LEDGER = ROOT.parent / "shared" / "ledger"
PACKS = {pack.id: pack for pack in shipped()[1]}


def places(pack):
    """Ledger id to the places that account for it: the rules of one kind count as one place."""
    found = {}
    for rule in pack.rules:
        for name in rule.covers:
            found.setdefault(name, []).append("rule")
    for item in pack.manual:
        for name in item.covers:
            found.setdefault(name, []).append("manual")
    for item in pack.not_checked:
        for name in item.covers:
            found.setdefault(name, []).append("not_checked")
    return found


@pytest.mark.parametrize("name", sorted(PACKS))
def test_a_requirement_is_either_checked_or_left_to_people_or_not_checked(name):
    for requirement, kinds in places(PACKS[name]).items():
        assert len(set(kinds)) == 1 or set(kinds) == {"rule", "manual"}, requirement
        assert requirement.startswith(name)


@pytest.mark.skipif(not LEDGER.is_dir(), reason="the ledger of the plans' requirements is not beside this checkout")
@pytest.mark.parametrize("name", sorted(PACKS))
def test_every_facility_and_area_row_of_the_ledger_is_accounted_for(name):
    with open(LEDGER / f"{name}.csv", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    found = places(PACKS[name])
    due = [row for row in rows if row["level"] in ("facility", "area")]
    assert [row["id"] for row in due if row["id"] not in found] == []
    assert set(found) <= {row["id"] for row in rows}
    hard = [row["id"] for row in due if row["level"] == "facility" and row["modality"] in ("must", "in_principle")]
    checked = Counter(found[name][0] for name in hard)
    assert checked["rule"] >= 0.8 * len(hard)
