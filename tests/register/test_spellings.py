"""Cells as people spell them: judged in columns, or refused, as the same rows are when they are read one by one."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from envcheck.register.columns import cells, layout
from envcheck.register.in_columns import screen
from envcheck.register.tables import register_files
from support import rule, shipped, small_pack

NUMBERS = [
    "20", "20.0", " 20 ", "２０", "2e1", "1,000", "20 t/h", "20t/h", "14 MW", "20蒸吨/时", "-", "/", "无", "N/A", "20~30", "≥20",
    "+20", "-5", "0", "00020", "20.", ".5", "٣٠", "0.0000001", "1e400", "NaN", "inf", "300000000", "29.9999999999999999", "null",
]  # fmt: skip
READINGS = [
    *NUMBERS, "30", "30.000001", "< 5", "≤5", "<５", "<30 mg/m3", "<0.03g/m3", "0.03 g/m3", "22 ppm", "30毫克/立方米", "３０ mg/m³",
    "30\u3000", "\u00a030", "未检出", "'30",
]  # fmt: skip
SHARES = ["3.5", "3.5 %", "３.５", "20.9", "21", "0", "-1", "3,5", "约3.5", "<5", ""]
DAYS = [
    "2024-01-01", "2024/1/1", "2024年1月1日", "2024.1.1", "2024-1-1", " 2024-01-01", "２０２４-01-01", "2024-01-01 00:00:00",
    "2024-02-30", "2024-01", "20240101", "45292", "2030-05-01", "1899-12-31", "2200-01-01", "0000-01-01", "是", "否", "TRUE", "no", "已完成",
]  # fmt: skip
TRUTHS = ["yes", "no", "是", "否", "true", "FALSE", "1", "0", "Y", "√", "有", "无", " yes", "ｙｅｓ", "maybe"]
REGIONS = [
    "150203", "昆都仑区", "１５０２０３", "15", "１５", "15０203", "1502", "150200", "150001", "150203000000", " 150203", "110105", "内蒙古",
]  # fmt: skip
FUELS = [
    "coal", "COAL", " coal", "coal　", "煤", "燃煤", "天然气", "natural_gas", "natural gas", "natural-gas", "coals", "coal; biomass",
    "煤、生物质",
]  # fmt: skip
SPELLINGS = {
    "region": (["150203", "1502"], REGIONS),
    "fuel": (["coal", "natural_gas"], FUELS),
    "commissioned": (["2024-01-01", "2023-05-06"], DAYS),
    "in_heating_network": (["yes", "no"], TRUTHS),
    "capacity (t/h)": (["3.5", "20"], NUMBERS),
    "emissions.NOx (mg/m3)": (["3.5", "30"], READINGS),
    "emissions.NOx.O2 (%)": (["3.5", "5"], SHARES),
    "emissions.PM (mg/m3)": (["3.5", "10"], READINGS),
    "name": (["包钢", "甲"], ["ＢＡＯ 包钢", " 包钢 ", "<script>", "", "null"]),
}
RULES = [
    "fuel == coal", "fuel in [natural_gas, biomass]", "region in [150203]", "commissioned", "commissioned <= 2024-01-01",
    "in_heating_network", "capacity >= 20 t/h", "capacity == 20 t/h", "emissions.NOx <= 30 mg/m3 @ 3.5 % O2",
    "emissions.NOx > 5 mg/m3", "emissions.PM < emissions.NOx", "name contains 包钢", "known(emissions.PM)",
]  # fmt: skip
FIGURES = ["measured", "limit", "margin"]
FIRST = 12
"""Rows that are spelled the plainest way, by which columns are taken for plain."""


@st.composite
def rows(draw):
    """A row that is plain but for one or two cells."""
    found = {heading: draw(st.sampled_from(["", *plain])) for heading, (plain, _) in SPELLINGS.items()}
    for heading in draw(st.lists(st.sampled_from(sorted(SPELLINGS)), min_size=1, max_size=2)):
        found[heading] = draw(st.sampled_from(SPELLINGS[heading][1]))
    return found


def found_in(path):
    """Findings, and the rows that were refused with their reasons."""
    words, packs = shipped()[0], [small_pack("".join(rule(text, name=f"r{n}") for n, text in enumerate(RULES)))]
    output = path.with_name("findings.parquet")
    told = screen(register_files.read(str(path), words), packs, words, date(2024, 6, 1), str(output))
    findings = pl.read_parquet(output).sort("facility_id", "rule")
    return findings, sorted((one.line.number, one.reason.en) for one in told.rejects), len(told.judged_one_by_one)


@settings(
    deadline=None, max_examples=12, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(st.lists(rows(), min_size=20, max_size=80), st.booleans())
def test_spellings_are_judged_in_columns_as_one_by_one(drawn, parquet):
    first = [{heading: plain[n % 2] for heading, (plain, _) in SPELLINGS.items()} for n in range(FIRST)]
    table = pl.DataFrame([{"id": f"B{n}", **row} for n, row in enumerate([*first, *drawn])]).with_columns(
        pl.when(pl.all() != "").then(pl.all())
    )
    common = layout.common

    def one_by_one(*args):
        return common(*args).with_columns(pl.lit(False).alias(layout.PLAIN))

    with TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        path = Path(place) / ("boilers.parquet" if parquet else "boilers.csv")
        table.write_parquet(path) if parquet else table.write_csv(path)
        patch.setattr(register_files, "FIRST", FIRST)
        findings, refused, singly = found_in(path)
        patch.setattr(layout, "common", one_by_one)
        wanted, wanted_refused, every = found_in(path)
    assert refused == wanted_refused
    assert singly < every == table.height - len(refused)
    assert findings.drop(FIGURES).equals(wanted.drop(FIGURES))
    for name in FIGURES:
        assert findings[name].is_null().equals(wanted[name].is_null())
        assert findings[name].drop_nulls().to_list() == pytest.approx(wanted[name].drop_nulls().to_list(), rel=1e-9)


@pytest.mark.parametrize("rows", [0, 1, cells.FEW, cells.FEW + 1, 3 * cells.FEW])
def test_cells_are_read_alike_whether_they_are_few_or_many(rows):
    cycle = [(" a ", "A"), ("b", "B"), (None, None), ("?", None), ("a", "A")]
    told = [cycle[number % 5] for number in range(rows)]
    frame = pl.DataFrame({"x": [text for text, _ in told]}, schema={"x": pl.String})
    found = frame.select(cells.read(pl.col("x"), {"a": "A", "b": "B"}.get, pl.Enum(["A", "B"])))["x"]
    assert found.dtype == pl.Enum(["A", "B"])
    assert found.to_list() == [value for _, value in told]
