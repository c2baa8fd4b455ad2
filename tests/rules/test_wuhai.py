"""The Wuhai plan: a subject is concerned however its file tells it, and on the days that the plan means."""

from datetime import date

import pytest

from envcheck.judging.check import check
from support import read_facility, shipped

PLANT = "facility"
PROJECT, OVEN, OUTLET = "projects/X", "coke_ovens/X", "outlets/X"
BOILER, UNIT, FURNACE, LOT = "boilers/X", "power_units/X", "furnaces/X", "coal_lots/X"
CHLOR_ALKALI = "type: enterprise\nindustry: chlor_alkali_pvc\n"
STEEL = "type: enterprise\nindustry: steel\n"
PROPOSAL = "projects: [{id: X, status: new, product: [coke], added_capacity: 1000000 t/yr, receives_approval: false, "
DIRTY = "emissions: {PM: 90 mg/m3, SO2: 900 mg/m3, NOx: 900 mg/m3}"

CASES = [
    # what may not be approved fails as a proposal; the day of approval decides
    (f"{PROPOSAL}really_necessary: false}}]", "2024-06-01", "no-new-coke", PROJECT, "fail"),
    (f"{PROPOSAL}really_necessary: false}}]", "2026-01-01", "no-new-coke", PROJECT, "not_applicable"),
    (f"{PROPOSAL}really_necessary: false}}]", "2026-01-01", "banned-product-approved", PROJECT, "not_applicable"),
    (
        "projects: [{id: X, status: existing, product: [coke], added_capacity: 1 t/yr, receives_approval: 2023-05-01}]",
        "2024-06-01", "no-new-coke", PROJECT, "fail",
    ),
    (
        "projects: [{id: X, status: new, product: [coke], added_capacity: 1 t/yr, receives_approval: true}]",
        "2027-06-01", "banned-product-approved", PROJECT, "unknown",
    ),
    ("projects: [{id: X, status: new, industry: methanol, two_high: false}]", "2024-06-01", "two-high-policy", PROJECT, "unknown"),
    (
        "projects: [{id: X, status: existing, receives_approval: 2023-05-01, eia_level_right: false}]",
        "2024-06-01", "eia-level", PROJECT, "fail",
    ),
    # an outlet, a boiler, a unit is judged by what it is, whoever owns it
    (f"{CHLOR_ALKALI}outlets: [{{id: X, process: coal_power_unit, {DIRTY}}}]", "2024-06-01", "special-thermal-power", OUTLET, "fail"),
    (f"type: enterprise\nindustry: coal_chemical\noutlets: [{{id: X, process: coke_oven_stack, {DIRTY}}}]",
     "2024-06-01", "special-coking", OUTLET, "fail"),
    ("type: heating_plant\nindustry: heating\nboilers: [{id: X, fuel: coke_oven_gas, capacity: 20 t/h, emissions: {NOx: 400 mg/m3}}]",
     "2024-06-01", "special-gas-boiler", BOILER, "fail"),
    (f"type: power_plant\npower_units: [{{id: X, fuel: coke_oven_gas, {DIRTY}}}]", "2024-06-01", "special-gas-units", UNIT, "unknown"),
    # two new ovens and one new stack: of which oven it tells is open
    ("outlets: [{id: S, process: coke_oven_stack, status: new}]\ncoke_ovens: [{id: X, status: new}, {id: Y, status: new}]",
     "2024-06-01", "coke-oven-ultra-low", OVEN, "unknown"),
    ("outlets: [{id: S, process: coke_oven_stack, status: new}]\ncoke_ovens: [{id: X, status: new}]",
     "2024-06-01", "coke-oven-ultra-low", OVEN, "not_applicable"),
    ("coke_ovens: [{id: X, status: existing, commissioned: 2023-06-01, chamber_height: 5.5 m}]",
     "2024-06-01", "coke-oven-height", OVEN, "fail"),
    # the stated fact decides
    ("type: enterprise\nindustry: coking\nhas_blast_furnace: true\ngas_fine_desulfurised: false",
     "2026-06-01", "blast-furnace-gas-desulfurised", PLANT, "fail"),
    ("type: enterprise\nindustry: coking\nkey_steel_enterprise: true\nultra_low_retrofit: false",
     "2026-06-01", "key-steel-retrofit", PLANT, "fail"),
    ("type: mine\nindustry: mining\nsmart_mine_retrofit: false", "2026-06-01", "smart-mine", PLANT, "fail"),
    ("type: enterprise\nindustry: cement\nmining_methods: [open_pit]\nmine_video_installed: false",
     "2024-06-01", "mine-video", PLANT, "fail"),
    ("type: power_plant\nindustry: coking\nemits_vocs: true\nvoc_bypass_left: true", "2024-06-01", "no-voc-bypass", PLANT, "fail"),
    ("coal_lots: [{id: X, coal_stage: distribution, quality_standard_met: false}]", "2024-06-01", "coal-on-sale-standard", LOT, "fail"),
    # closed mines are not asked; out of use is not retired; works without a date are due at the plan's end
    ("type: mine\nindustry: coal_mining\nmine_closed: 2023-05-01\nsmart_mine_retrofit: false",
     "2026-06-01", "smart-mine", PLANT, "not_applicable"),
    ("carbide_furnaces: [{id: X, capacity: 16500 kVA, status: 停用}]", "2024-06-01",
     "small-carbide-furnaces-exit", "carbide_furnaces/X", "unknown"),
    ("furnaces: [{id: X, status: existing, no_control_device: true}]", "2025-12-31", "kiln-no-control", FURNACE, "pending"),
    ("furnaces: [{id: X, status: existing, no_control_device: true}]", "2026-01-01", "kiln-no-control", FURNACE, "fail"),
    (f"{STEEL}rail_capacity_raised: 2005-01-01", "2026-06-01", "steel-rail-capacity", PLANT, "unknown"),
    # key steel works have until the end of 2025, and no day passes without a rule
    (f"{STEEL}key_steel_enterprise: true\noutlets: [{{id: X, process: sintering_head, {DIRTY}}}]",
     "2025-12-31", "steel-ultra-low-key", OUTLET, "pending"),
    (f"{STEEL}key_steel_enterprise: true\noutlets: [{{id: X, process: sintering_head, {DIRTY}}}]",
     "2026-01-01", "steel-ultra-low-from-2026", OUTLET, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "day", "rule", "subject", "status"), CASES)
def test_finding(lines, day, rule, subject, status):
    words, packs, _ = shipped()
    text = f'format: envcheck/facility/1\nid: x\nname: x\nregion: "1503"\n{lines}\n'
    plant = read_facility(text, words)
    found = check([plant], packs, date.fromisoformat(day), "direct").reports[0].findings
    assert [f.status for f in found if f.rule.key == f"wuhai-2021/{rule}" and f.subject.path == subject] == [status]


@pytest.mark.parametrize("kind", ["restaurant", "heating_plant", "wastewater_plant", "institution"])
def test_who_is_not_asked_about_mines_steel_and_vocs(kind):
    words, packs, _ = shipped()
    text = f'format: envcheck/facility/1\nid: x\nname: x\ntype: {kind}\nregion: "1503"\n'
    plant = read_facility(text, words)
    found = check([plant], packs, date(2024, 6, 1), "direct").reports[0].findings
    asked = {name for f in found if f.rule.pack == "wuhai-2021" for name in f.missing}
    assert not asked & {"mine_stage", "mining_methods", "key_steel_enterprise", "emits_vocs", "loose_coal_heating"}
