"""The files of a register's folder: known by name or by what they hold, and never passed over in silence."""

import shutil

import pytest

from envcheck.cli.commands.screen import command
from envcheck.text.problems import InputError
from support import ROOT
from support.screening import BOILERS, FACILITIES, ONE_RULE, screen, statuses, write

STEEL = ("--select", "kundulun-2023/steel-industry-ultra-low", "--as-of", "2026-02-01", "--isolated", "--lang", "en")
OUTLETS = "id,facility_id,process\n1#烧结机头,S,sintering_head\n2#烧结机头,S,sintering_head\n"


@pytest.mark.parametrize("name", ["boilers", "锅炉", "昆区燃气锅炉台账"])
def test_a_table_of_another_name_is_known_by_what_it_holds(tmp_path, name):
    folder = write(tmp_path / "r", facilities=FACILITIES, **{name: BOILERS})
    assert screen(folder, "-o", tmp_path / "f.csv") == 1
    expected = write(tmp_path / "e", facilities=FACILITIES, boilers=BOILERS)
    assert screen(expected, "-o", tmp_path / "e.csv") == 1
    assert statuses(tmp_path / "f.csv") == statuses(tmp_path / "e.csv")


def test_a_file_that_lists_nothing_known_is_refused_until_its_name_says_so(tmp_path):
    folder = write(
        tmp_path / "r", facilities=FACILITIES, boilers=BOILERS, 联系人="姓名,电话\n张三,1380000\n李四,1390000\n"
    )
    with pytest.raises(InputError) as caught:
        screen(folder, "-o", tmp_path / "f.csv")
    (problem,) = caught.value.problems
    assert "联系人" in problem.what.en
    assert "begins with #" in problem.remedy.en
    (tmp_path / "r" / "联系人.csv").rename(tmp_path / "r" / "#联系人.csv")
    assert screen(folder, "-o", tmp_path / "f.csv") == 1


@pytest.mark.parametrize("name", ["measurements.csv", "1月小时数据.csv"])
def test_an_export_in_a_folder_is_of_the_outlets_listed(tmp_path, capsys, name):
    facilities = "id,name,region\nS,样例钢铁有限公司,150203\n"
    folder = write(tmp_path / "r", facilities=facilities, outlets=OUTLETS)
    shutil.copy(ROOT / "examples" / "monitoring" / "platform-export.csv", tmp_path / "r" / name)
    out = tmp_path / "f.csv"
    command.main([folder, *STEEL, "-o", str(out)], standalone_mode=False)
    assert len(statuses(out)) == 2
    assert "96 rows of measurements read = 96 judged + 0 rejected" in " ".join(capsys.readouterr().out.split())


def test_two_tables_of_one_kind_are_refused(tmp_path):
    folder = write(tmp_path / "r", facilities=FACILITIES, boilers=BOILERS, 锅炉台账=BOILERS)
    with pytest.raises(InputError, match="two tables of boilers"):
        screen(folder, *ONE_RULE, "-o", tmp_path / "f.csv")


OUTFALLS = """企业名称,行政区,编号,名称,治理（提标）工程完工,氟化物（mg/L）
包头钢铁（集团）有限责任公司,昆都仑区,W1,总排口,2024-09-30,1.62
包头钢铁（集团）有限责任公司,昆都仑区,W2,总排口,2024-09-30,1.5
样例稀土有限公司,昆都仑区,W1,总排口,2024-09-30,1.62
"""


@pytest.mark.parametrize("engine", ["direct", "columnar"])
@pytest.mark.parametrize("name", ["企业名称", "单位名称", "企业编号"])
def test_a_column_of_firms_says_what_they_are_called(tmp_path, engine, name):
    """A rule on Baogang's main outfall looks for the firm's name; a column of codes tells none."""
    (tmp_path / "outfalls.csv").write_text(OUTFALLS.replace("企业名称", name), encoding="utf-8")
    rule = ("--select", "kundulun-2023/baogang-outfall-fluoride", "--as-of", "2026-02-01", "--isolated")
    command.main(
        [str(tmp_path / "outfalls.csv"), *rule, "--engine", engine, "-o", str(tmp_path / "f.csv")],
        standalone_mode=False,
    )
    found = {(firm[:4], subject): status for (firm, subject, _), status in statuses(tmp_path / "f.csv").items()}
    own = [found.get(("包头钢铁", f"outfalls/{one}")) for one in ("W1", "W2")]
    assert own == (["unknown", "unknown"] if name == "企业编号" else ["fail", "pass"])


def test_a_table_of_facilities_says_what_they_are_called(tmp_path):
    listed = "id,name,region\n包头钢铁（集团）有限责任公司,样例厂,150203\n样例稀土有限公司,样例稀土有限公司,150203\n"
    folder = write(tmp_path / "r", facilities=listed, outfalls=OUTFALLS)
    rule = ("--select", "kundulun-2023/baogang-outfall-fluoride", "--as-of", "2026-02-01", "--isolated")
    for engine in ("direct", "columnar"):
        out = tmp_path / f"{engine}.csv"
        command.main([folder, *rule, "--engine", engine, "-o", str(out)], standalone_mode=False)
        assert set(statuses(out).values()) <= {"unknown", "not_applicable"}
