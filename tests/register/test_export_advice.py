"""Exports that cannot be judged as they are: each says what is to be settled, and the draft that it offers settles it."""

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envcheck.cli.commands.screen import command
from envcheck.text.problems import InputError
from support import ROOT
from support.strategies import UNSHRUNK, relaxed

EXPORT = ROOT / "examples" / "monitoring" / "platform-export.csv"
SELECT = ("--select", "kundulun-2023/steel-industry-ultra-low", "--as-of", "2026-02-01", "--isolated", "--lang", "en")
SO2, OXYGEN, FIRST, LAST = 2, 8, 4, 51
SAYS_NOTHING = ["NA", "NaN", "n.a.", "null", "-9999", "-999.0", "#N/A", "无效", "缺测"]


def export(folder, changes=None, heads=lambda text: text, times=lambda text: text):
    """The shipped export with cells changed by row and column, and its headings and times."""
    with open(EXPORT, encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    for (row, column), text in (changes or {}).items():
        rows[row][column] = text
    rows[2:4] = [[heads(text) for text in row] for row in rows[2:4]]
    for row in rows[FIRST : LAST + 1]:
        row[0] = times(row[0])
    path = folder / "export.csv"
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def screen(path, *more):
    out = path.with_name("f.csv")
    command.main([str(path), "-o", str(out), *SELECT, *more], standalone_mode=False)
    with open(out, encoding="utf-8-sig", newline="") as stream:
        return [(r["subject"], r["rule"], r["status"], r["measured"]) for r in csv.DictReader(stream)]


def refused(path, *more):
    with pytest.raises(InputError) as caught:
        screen(path, *more)
    return "\n".join(p.within("en") for p in caught.value.problems)


def drafted(path, ending="yaml"):
    mapping = path.with_name(f"map.{ending}")
    command.main([str(path), "--draft-mapping", str(mapping), *SELECT], standalone_mode=False)
    return mapping


places = st.tuples(st.integers(FIRST, LAST), st.sampled_from([SO2, OXYGEN]))


@relaxed(8, UNSHRUNK)
@given(
    st.dictionaries(places, st.sampled_from(SAYS_NOTHING), min_size=1, max_size=6), st.sampled_from(["yaml", "xlsx"])
)
def test_what_stands_for_no_reading_is_asked_and_then_empty(tmp_path_factory, changes, ending):
    folder = tmp_path_factory.mktemp("export")
    wanted = screen(export(folder, dict.fromkeys(changes, "")))
    path = export(folder, changes)
    told = refused(path)
    for word in set(changes.values()):
        assert re.search(rf"empty: \[.*{re.escape(word)}", told)
        assert f"{word} (" in told
    assert "--draft-mapping" in told
    assert screen(path, "--mapping", str(drafted(path, ending))) == wanted


@pytest.mark.parametrize("zone", ["+08:00", " +0800", "Z", " UTC"])
def test_times_with_a_zone_are_refused_for_it(tmp_path, zone):
    told = refused(export(tmp_path, times=lambda text: text + zone))
    assert f"the time '2026-01-15 00:00{zone}' has a time zone" in told
    assert "write the local time, without a zone" in told


def test_columns_without_a_unit_are_asked_for_it(tmp_path):
    wanted = screen(export(tmp_path))
    path = export(tmp_path, heads=lambda text: text.replace("（mg/m³）", ""))
    told = refused(path)
    assert "二氧化硫·实测 has no unit" in told
    assert "SO2 (mg/m3)" in told
    assert "折算" not in told  # it is not read beside what was measured
    mapping = drafted(path)
    text = mapping.read_text(encoding="utf-8")
    assert text.count('"?"') == 2
    for name, substance in (("二氧化硫", "SO2"), ("氮氧化物", "NOx")):
        text = text.replace(f'"{name}·实测": "?"', f'"{name}·实测": "{substance} (mg/m3)"')
    mapping.write_text(text, encoding="utf-8")
    assert screen(path, "--mapping", str(mapping)) == wanted


def test_a_draft_keeps_what_the_mapping_said_of_empty_cells(tmp_path):
    path = export(tmp_path, {(FIRST, SO2): "停测", (FIRST + 1, SO2): "NA"})
    given_ = tmp_path / "given.yaml"
    given_.write_text("format: envcheck/mapping/1\nempty: [停测]\n", encoding="utf-8")
    target = tmp_path / "map.yaml"
    command.main([str(path), "--mapping", str(given_), "--draft-mapping", str(target), *SELECT], standalone_mode=False)
    assert 'empty: ["停测", "NA"]' in target.read_text(encoding="utf-8")
