"""What people see of a screening: the text, the page and the summary, in both languages."""

import csv
import io
import json

import pytest

from envcheck.report.parts.layout import columns
from support import shipped
from support.pages import Page
from support.screening import BOILERS, FACILITIES, HEAD, ONE_RULE, screen, summary, write

EVIL = '<script>window.harmed=1</script><img src=x onerror="window.harmed=1">'


def test_formulas_and_scripts_in_a_register_do_no_harm(tmp_path, capsys):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEAD.split(","))
    writer.writerow(["=2+5", "@B", "natural_gas", "20", "existing", "99", "3.5"])
    writer.writerow([EVIL.replace("/", "_"), EVIL.replace("/", "_"), "natural_gas", "20", "existing", "98", "3.5"])
    writer.writerow([f"{EVIL}\x1b[2J", "=cmd|' /C calc'!A0", "=HYPERLINK(1)", "x", "existing", "98", "3.5"])
    folder = write(tmp_path / "r", boilers=stream.getvalue())
    pages = [tmp_path / "s.html", tmp_path / "s.json"]
    assert screen(folder, "-o", tmp_path / "f.csv", "--summary", pages[0], "--summary", pages[1]) in (1, 3)
    page = Page(pages[0].read_text(encoding="utf-8"))
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    assert not any(tag == "img" or "onerror" in attrs for tag, attrs in page.elements)
    assert "<script>window.harmed" in page.text
    raw = (tmp_path / "f.rejects.csv").read_text(encoding="utf-8-sig")
    assert all(cell.lstrip()[:1] not in "=+-@" or not cell for row in csv.reader(io.StringIO(raw)) for cell in row)
    assert "\x1b" not in capsys.readouterr().out + raw + pages[0].read_text(encoding="utf-8")


def test_the_page_is_self_contained_and_says_all_in_both_languages(tmp_path):
    folder = write(tmp_path / "r", facilities=FACILITIES, boilers=BOILERS + ",B9,natural_gas,1,existing,,\n")
    more = ("--pack", "kundulun-2023", "--as-of", "2026-01-01", "--isolated")
    assert screen(folder, "--summary", tmp_path / "s.html", "--lang", "zh", more=more) == 1
    text = (tmp_path / "s.html").read_text(encoding="utf-8")
    page = Page(text)
    links = [value for _, attrs in page.elements for name, value in attrs.items() if name in ("src", "href")]
    assert not [link for link in links if not link.startswith("#")]
    policy = next(attrs["content"] for _, attrs in page.elements if "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    for words in ("问题最重的单位", "Most serious facilities", "供热一厂", "10 行 = 已核查 9 行", "10 rows read = 9 judged + 1 rejected",
                  "boilers.csv:7", "the row names no facility", "没有写明所属单位", "规划期已于2023年12月31日结束"):  # fmt: skip
        assert words in page.text, words
    pack = next(pack for pack in shipped()[1] if pack.id == "kundulun-2023")
    assert pack.digest in page.text
    widths = [float(a["width"]) for tag, a in page.elements if tag == "rect" and "x" in a]
    assert sum(widths) == pytest.approx(600, abs=0.1)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_text_fits_its_width_and_lines_its_numbers_up(tmp_path, register, capsys, monkeypatch, lang):
    monkeypatch.setenv("COLUMNS", "76")
    more = ("--pack", "kundulun-2023", "--as-of", "2026-01-01", "--isolated", "--lang", lang)
    assert screen(register, more=more) == 1
    lines = capsys.readouterr().out.splitlines()
    assert max(map(columns, lines)) <= 76
    word = {"zh": "行政区划", "en": "region"}[lang]
    at = next(n for n, line in enumerate(lines) if line.endswith(f"  {word}"))
    head = columns(lines[at].removesuffix(word))
    for line, region in zip(lines[at + 1 : at + 3], ("150203", "150303"), strict=True):
        assert line.endswith(region)
        assert columns(line.removesuffix(region)) == head


def test_json_on_the_screen_is_the_summary(tmp_path, register, capsys):
    assert screen(register, "--format", "json", "--summary", tmp_path / "s.json") == 1
    assert capsys.readouterr().out == (tmp_path / "s.json").read_text(encoding="utf-8")


def test_a_screening_by_some_of_the_rules_says_so(tmp_path, register, capsys):
    told = "--select kundulun-2023/gas-boiler-1t-nox"
    assert screen(register, "--summary", str(tmp_path / "s.html"), "--summary", str(tmp_path / "s.json")) == 1
    assert f"only some of the rules were asked: {told}" in " ".join(capsys.readouterr().out.split())
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["narrowed"] == [told]
    assert f"只核查了部分规则：{told}" in (tmp_path / "s.html").read_text(encoding="utf-8")
    screen(register, "--summary", str(tmp_path / "s.html"), more=ONE_RULE[2:])
    assert "only some of the rules" not in " ".join(capsys.readouterr().out.split())
    assert "只核查了部分规则" not in (tmp_path / "s.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("size", "engine"), [(40, "direct"), (40, "columnar"), (240, "columnar")])
def test_the_ranking_is_as_long_as_asked_and_breaks_ties_by_the_margin(tmp_path, size, engine):
    rows = [f"H{n:03},B1,natural_gas,20,existing,{(800 - n * 7 % size) / 10},3.5" for n in range(size)]
    facilities = "id,region\n" + "".join(f"H{n:03},150203\n" for n in range(size))
    folder = write(tmp_path / "r", facilities=facilities, boilers="\n".join([HEAD, *rows]) + "\n")
    assert screen(folder, "--top", "3", "--summary", tmp_path / "s.json", engine=engine) == 1
    ranking = summary(tmp_path / "s.json")["ranking"]
    assert [one["worst"]["margin"] for one in ranking] == ["-1.66667", "-1.66333", "-1.66"]  # 80, 79.9, 79.8 against 30
    assert screen(folder, "--top", "0", "--summary", tmp_path / "s.json") == 1
    assert summary(tmp_path / "s.json")["ranking"] == []
