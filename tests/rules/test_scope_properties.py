"""What must hold of every rule's scope: one more fact that it asks for lets nobody out, whichever way a trade is told."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.engines import direct
from envcheck.review.scope import FACILITY, Key, ask
from support import shipped
from support.strategies import as_ofs, facilities, relaxed

OPEN = ("fail", "unknown", "pending")


def findings(data, as_of):
    words, packs, _ = shipped()
    plant = facility_file.read(source.read_bytes(json.dumps(data).encode(), "plant.json"), words)
    found, _ = direct.run(plant, packs, date.fromisoformat(as_of))
    return {(f.rule.key, f.subject.path): f for f in found}


def stated(data, path, value):
    """The facility with one more fact of the subject of a path, or of the facility."""
    copy = json.loads(json.dumps(data))
    owner, name = path
    if owner == FACILITY:
        copy[name] = value
    else:
        plural, _, id_ = owner.partition("/")
        next(one for one in copy[plural] if one["id"] == id_)[name] = value
    return copy


def yes_or_no(finding, words):
    """The yes-or-no facts and events of the subject or of the facility that an undetermined finding asks for."""
    for name in finding.missing:
        owner, _, rest = name.rpartition(".")
        if owner not in ("", "facility"):
            continue
        kind = words.kinds[FACILITY if owner else finding.subject.kind]
        attribute = words.attribute(kind, rest)
        if attribute is not None and attribute.type in ("yes_no", "event"):
            yield (FACILITY if owner else finding.subject.path), Key(FACILITY if owner else finding.subject.kind, rest)


@relaxed(25)
@given(facilities(), as_ofs, st.data())
def test_stating_a_fact_that_a_rule_asks_for_lets_nobody_out(data, as_of, draw):
    words, packs, _ = shipped()
    by_id = {pack.id: pack for pack in packs}
    before = findings({**data, "region": data.get("region", "150203")}, as_of)
    asked = sorted({(path, key) for f in before.values() if f.status == "unknown" for path, key in yes_or_no(f, words)})
    if not asked:
        return
    path, key = draw.draw(st.sampled_from(asked))
    value = draw.draw(st.booleans())
    after = findings(stated({**data, "region": data.get("region", "150203")}, (path, key.name), value), as_of)
    for name, finding in after.items():
        was = before[name]
        if finding.status == "not_applicable" and was.status in OPEN:
            rule, pack = finding.rule, by_id[finding.rule.pack]
            alone = ask(rule, pack, words, {key: value}, date.fromisoformat(as_of))
            assert alone == "not_concerned", f"{rule.key}: {key.name} = {value} lets it out"


TRADES = {
    "restaurant": "catering",
    "livestock_farm": "livestock",
    "farm": "agriculture",
    "mine": "mining",
    "wastewater_plant": "wastewater_treatment",
    "power_plant": "thermal_power",
    "heating_plant": "heating",
}


@pytest.mark.parametrize("type_", TRADES)
def test_a_trade_told_by_its_industry_does_not_slip_out(type_):
    """Whoever is concerned by type is concerned, or at least asked, as an enterprise of that industry."""
    words, packs, _ = shipped()
    lost = []
    for pack in packs:
        for rule in pack.rules:
            by_type = ask(rule, pack, words, {Key(FACILITY, "type"): type_})
            if by_type != "concerned" or rule.closed_by.zh:
                continue
            told = {Key(FACILITY, "type"): "enterprise", Key(FACILITY, "industry"): TRADES[type_]}
            if ask(rule, pack, words, told) not in ("concerned", "unknown"):
                lost.append(rule.key)
    assert lost == []
