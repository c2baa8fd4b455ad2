"""Comments of YAML files: found where they stand, carried by a workbook, written back at their entries."""

import io

import openpyxl
import pytest

from envcheck.files import source
from envcheck.forms import cells, plain, tables, workbook
from envcheck.forms.comments import SHEET, Comment, find, insert, of_sheet
from support import ROOT, shipped

SHIPPED = sorted((ROOT / "facilities").glob("*.yaml"))
FILE = """# 首行
format: envcheck/facility/1
id: "p#1"          # 自定编号
name: 某厂 # 不是#别的
# 两行
#   之二
region: '150203'
boilers:   # 锅炉
  # 头一台
  - id: B1   # 一号
    name: a#b
    emissions: {氮氧化物: {value: 46 mg/m3, O2: 5.2 %}}  # 四月
    # 炉型待查
    fuel: natural_gas
waivers:
  - rule: r
    document: d
    approver: a
    until: 2030-01-01
    reason: |  # 理由
      # 这不是注释
      x # 也不是
# 末尾
"""
FOUND = (
    ("format", False, "首行"),
    ("id", True, "自定编号"),
    ("name", True, "不是#别的"),
    ("region", False, "两行"),
    ("region", False, "  之二"),
    ("boilers", True, "锅炉"),
    ("boilers/B1", False, "头一台"),
    ("boilers/B1.id", True, "一号"),
    ("boilers/B1.emissions.NOx.O2", True, "四月"),
    ("boilers/B1.fuel", False, "炉型待查"),
    ("waivers/1.reason", True, "理由"),
    ("", False, "末尾"),
)


def of(text):
    tree = source.read_bytes(text.encode(), "p.yaml")
    return tree, find(text.encode(), tree, shipped()[0])


def through_sheet(tree, comments):
    data = workbook.write(tables.of_tree(tree, shipped()[0], "zh"), (), "zh", comments)
    sheet = cells.aside(data, "p.xlsx", SHEET)
    return () if sheet is None else of_sheet(sheet)


def test_every_comment_is_found_at_its_entry_and_no_value_is_taken_for_one():
    assert of(FILE)[1] == tuple(Comment(*one) for one in FOUND)


def test_comments_come_back_at_their_entries():
    tree, comments = of(FILE)
    assert through_sheet(tree, comments) == comments
    words = shipped()[0]
    text = insert(plain.to_yaml(tree), comments, words)
    again, found = of(text)
    assert plain.as_data(again) == plain.as_data(tree)
    # Behind a text of several lines nothing can be written: its comment goes above it.
    assert sorted(found) == sorted(c._replace(beside=False) if c.path == "waivers/1.reason" else c for c in comments)
    assert "- id: B1  # 一号\n" in text
    assert text.endswith("\n# 末尾\n")


def test_a_comment_on_what_is_gone_goes_to_what_is_left_with_its_path():
    tree, _ = of("format: x\nid: a\nboilers:\n  - {id: B1}\n")
    comments = [Comment("boilers/B1.fuel", True, "查"), Comment("kilns/K1", False, "无")]
    text = insert(plain.to_yaml(tree), comments, shipped()[0])
    assert "- id: B1  # boilers/B1.fuel: 查\n" in text
    assert text.endswith("# kilns/K1: 无\n")


def test_what_no_line_of_yaml_holds_is_told_not_written():
    tree, _ = of(FILE)
    text = insert(plain.to_yaml(tree), [Comment("id", True, "a\nb\x85c\u2028d\x07\te")], shipped()[0])
    again, (found,) = of(text)
    assert plain.as_data(again) == plain.as_data(tree)
    assert found.text == "a\\u000ab\\u0085c\\u2028d\\u0007\te"


@pytest.mark.parametrize("told", ["=1+1", "a\x85b", "''\"", "\\u0007", "- x: y", "x" * 300])
def test_any_comment_survives_a_sheet(told):
    tree, _ = of(FILE)
    (kept,) = through_sheet(tree, [Comment("id", True, told)])
    assert kept.text == told


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_comments_of_shipped_files_survive_a_workbook(path):
    tree, comments = of(path.read_text(encoding="utf-8"))
    text = insert(plain.to_yaml(tree), through_sheet(tree, comments), shipped()[0])
    again, found = of(text)
    assert plain.as_data(again) == plain.as_data(tree)
    assert sorted(c.text for c in found) == sorted(c.text for c in comments)
    assert sum("#" in line for line in path.read_text(encoding="utf-8").splitlines()) >= len(comments)


def test_convert_carries_comments_and_tells_what_json_leaves_out(run, tmp_path):
    text = "format: envcheck/facility/1\nid: p  # 编号\nname: 厂\nregion: '150203'\n# 完\n"
    assert run("convert", "p.yaml", "-o", "p.xlsx", files={"p.yaml": text}).returncode == 0
    assert SHEET in openpyxl.load_workbook(io.BytesIO((tmp_path / "p.xlsx").read_bytes())).sheetnames
    assert run("convert", "p.xlsx", "-o", "q.yaml").returncode == 0
    lines = (tmp_path / "q.yaml").read_text(encoding="utf-8").splitlines()
    assert "id: p  # 编号" in lines
    assert lines[-1] == "# 完"
    done = run("convert", "-", "-o", "p.json", "--lang", "en", input=text)
    assert (done.returncode, done.stderr) == (0, "JSON holds no comments: 2 left out\n")
    assert run("convert", "-", "-o", "r.yaml", input=text).returncode == 0
    assert "id: p  # 编号" in (tmp_path / "r.yaml").read_text(encoding="utf-8")
