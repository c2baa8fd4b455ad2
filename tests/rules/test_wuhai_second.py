"""The second half of the Wuhai plan: whole files as the audits told them, and what the plan's words make of each."""

from datetime import date

import pytest

from envcheck.judging.check import check
from support import read_facility, shipped

PLANT, BOILER, OUTFALL, YARD, SITE, PROJECT, FIRE = (
    "facility",
    "boilers/X",
    "outfalls/X",
    "material_yards/X",
    "sites/X",
    "projects/X",
    "fire_points/X",
)
DAY = "2024-06-01"

CASES = [
    # a trade is known by the industry and by its own facts, not by the type alone
    ("type: enterprise\nindustry: catering\nfume_purifier: false", DAY, "restaurant-fume-purifier", PLANT, "fail"),
    ("type: enterprise\nindustry: catering\noutdoor_charcoal_barbecue: true", DAY, "no-open-charcoal-barbecue", PLANT, "fail"),
    ("type: enterprise\nindustry: wastewater_treatment\naccident_storage: false", DAY, "plant-accident-storage", PLANT, "fail"),
    ("type: enterprise\npetrol_sales: 6000 t/yr\nvapour_recovery_networked: false", "2026-06-01", "station-vapour-recovery-networked", PLANT, "fail"),
    ("type: shop\npetrol_sales: 300 t/yr\nbusiness_licence: false\nfuel_trading_permit: false", DAY, "no-unlicensed-station", PLANT, "fail"),
    ("type: enterprise\nindustry: logistics\nkey_oil_depot: true\nvapour_recovery_monitor: false", "2026-06-01", "depot-vapour-recovery-monitor", PLANT, "fail"),
    ("industry: cement\nmining_methods: [open_pit]\nmine_video_installed: false", DAY, "mining-area-video-installed", PLANT, "fail"),
    ("industry: steel\ncoke_ovens: [{id: O}]\ncoking_wastewater_reused: 50 %", DAY, "coking-wastewater-reused", PLANT, "fail"),
    ("type: institution\ngroundwater_taken: 200000 m3/yr\ngroundwater_allowance: 100000 m3/yr", DAY, "groundwater-not-over-extracted", PLANT, "fail"),
    ("type: wastewater_plant\nlisted_company: true\nenvironmental_disclosure: false\ndisclosure_required: true", DAY, "listed-company-disclosure", PLANT, "fail"),
    ("type: construction_site\nkey_noise_source: true\nboundary_noise_met: false", DAY, "key-noise-source", PLANT, "fail"),
    ("type: district\nmine_treated: true\nbare_pit_left: true", DAY, "no-bare-pit-after-treatment", PLANT, "fail"),
    # who is let off by the words
    ("type: mine\nmine_stage: closed\nmine_closed: 2022-05-01\nmine_video_installed: false", DAY, "mining-area-video-installed", PLANT, "not_applicable"),
    ("type: mine\nmaterial_yards: [{id: X, in_mining_area: false, closed: false}]", DAY, "mining-area-material-closed", YARD, "not_applicable"),
    ("type: institution\nmaterial_yards: [{id: X, material: raw_coal, areas_marked: false}]", DAY, "yard-areas-marked", YARD, "not_applicable"),
    ("sites: [{id: X, started: 2025-03-01, dust_ledger: false}]", DAY, "site-dust-ledger", SITE, "not_applicable"),
    ("outfalls: [{id: X, receives: yellow_river, in_source_protection_zone: true, sealed: 2023-03-01}]", DAY, "no-outfall-in-source-zone", OUTFALL, "pass"),
    # a pass needs what the text asks, in the plan's years
    ("type: mine\neia_approved: 1999-01-01\nprojects: [{id: X, status: expansion, project_type: mining, project_eia_approved: false, under_construction: true}]",
     DAY, "resource-project-eia", PROJECT, "fail"),
    ("boilers: [{id: X, fuel: biomass, status: existing, standard_stably_met: false, rectified: 2015-05-01}]", "2026-06-01", "biomass-boiler-rectified", BOILER, "fail"),
    ("boilers: [{id: X, fuel: biomass, status: 停用, standard_stably_met: false, rectified: false}]", "2026-06-01", "biomass-boiler-rectified", BOILER, "unknown"),
    ("industry: coking\nhazard_self_check: 2010-05-01", DAY, "key-field-self-check", PLANT, "unknown"),
    ("soil_key_unit: true\nsoil_hazard_inspection: 2010-03-01", DAY, "soil-key-unit-inspection", PLANT, "unknown"),
    ("industry: coking\noutfalls: [{id: X, receives: reuse, wastewater_type: domestic}]", DAY, "coking-wastewater-reused", PLANT, "unknown"),
    ("type: wastewater_plant\noutfalls: [{id: X, effluent_standard: other, water: {COD: 80 mg/L}}]", DAY, "plant-effluent", OUTFALL, "unknown"),
    # what nothing looked at before
    ("type: district\nfire_points: [{id: X, ownerless_mine: true, extinguished: false, under_treatment: false}]", DAY, "ownerless-mine-fire-fought", FIRE, "fail"),
    ("observed_acts: [{id: X, act: unlawful_building, place: river_management_range, observed_on: 2023-06-01}]",
     DAY, "no-unlawful-acts-in-river-channel", "observed_acts/X", "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "day", "rule", "subject", "status"), CASES)
def test_finding(lines, day, rule, subject, status):
    words, packs, _ = shipped()
    plant = read_facility(f'format: envcheck/facility/1\nid: x\nname: x\nregion: "1503"\n{lines}\n', words)
    found = check([plant], packs, date.fromisoformat(day), "direct").reports[0].findings
    assert [f.status for f in found if f.rule.key == f"wuhai-2021/{rule}" and f.subject.path == subject] == [status]


MANUAL = [
    ("water_sources: [{id: X, large_rural_source: true}]", {"source-groundwater-survey", "large-rural-source-survey"}),
    ("type: landfill", {"landfill-groundwater-survey"}),
    ("type: mine", {"mine-output-controlled", "mining-area-dust"}),
    ("nonroad_machinery: [{id: X, fuel: diesel}]", {"machine-emission-test"}),
    ("carbide_furnaces: [{id: X}]", {"outdated-treatment-carbide-furnace"}),
]


@pytest.mark.parametrize(("lines", "items"), MANUAL)
def test_what_the_text_leaves_to_people_is_listed(lines, items):
    words, packs, _ = shipped()
    plant = read_facility(f'format: envcheck/facility/1\nid: x\nname: x\nregion: "1503"\n{lines}\n', words)
    report = check([plant], packs, date(2024, 6, 1), "direct").reports[0]
    assert items <= {item.id for _, item in report.manual}
