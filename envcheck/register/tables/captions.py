"""What the headings of offices mean: substances with what is said of them, firms, what no rule asks for, units.

A heading has one meaning that is certain, or none: what is only likely is a suggestion for people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from envcheck.facility.series.headings import COLUMNS, LONG, OXYGEN
from envcheck.forms import keys
from envcheck.register.columns.layout import FACILITY_ID, ID
from envcheck.register.tables.headings import COMMON, meaning
from envcheck.units import gas
from envcheck.units.quantity import unit_key
from envcheck.vocabulary.words import Attribute, Kind, Vocabulary

Role = Literal["read", "firm", "aside", "limit", "converted", "influent", "open"]
FIRM, ASIDE, KINDS = "table_firm", "table_aside", "table_kind"
"""Lists of the vocabulary."""
UNIT = re.compile(r"[(（\[【]\s*(?P<unit>[^()（）\[\]【】]*?)\s*[)）\]】]\s*$")
BEHIND = re.compile(r"(?P<name>.*[^\x00-\x7f]|.*\S(?=\s))\s*(?P<unit>[A-Za-zμµ%].*)")
"""A unit that stands behind a heading without brackets."""
LIMITED = re.compile("许可|限值|标准值|执行标准|排放标准|控制要求|基准|参比|permitted|limit|standard", re.IGNORECASE)
CONVERTED = re.compile("折算|换算|折合|converted|corrected", re.IGNORECASE)
INFLUENT = re.compile("进水|进口|入口|进厂|influent|inlet", re.IGNORECASE)
QUALIFIED: tuple[tuple[re.Pattern[str], Role], ...] = (
    (LIMITED, "limit"),
    (CONVERTED, "converted"),
    (INFLUENT, "influent"),
)
SAID = re.compile(
    "实测|监测|检测|测定|排放|浓度|结果|数值|数据|出口|出水|外排|废气|烟气|废水|大气|污染物|情况|最近一次|值|[0-9]{4}年度?|[·:：,，、/]"
)
"""What is said of a measured concentration and changes nothing of it."""
MEASURED_ON = frozenset(
    ["监测时间", "监测日期", "检测时间", "检测日期", "采样时间", "采样日期", "测定时间", "测定日期", "监测月份"]
)
AMOUNTS = {
    "emissions_added": re.compile("新增(污染物|主要污染物)?(年?排放量|总量|量)|新增"),
    "offsets": re.compile("区域削减(（替代）)?量?|(倍量)?替代(削减)?(总量|量)|削减(替代)?量"),
}
"""How the yearly amounts of projects are headed."""
SUBHEADINGS = frozenset(
    [
        "实测",
        "折算",
        "许可",
        "限值",
        "标准限值",
        "实测值",
        "折算值",
        "实测浓度",
        "折算浓度",
        "排放量",
        "排放速率",
        "标记",
        "状态",
        "数据标识",
        "数据标记",
        "标识",
        "进水",
        "出水",
        "进口",
        "出口",
        "浓度",
        "平均",
        "最大",
        "最小",
        "平均值",
        "最大值",
        "最小值",
    ]
)
"""What stands below the heading of a pollutant."""
CJK_GAP = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")


NO_UNITS = ("无量纲", "pH值无量纲")


class Caption(NamedTuple):
    """A heading as it is joined of its rows, and its unit."""

    parts: tuple[str, ...]
    unit: str = ""

    @property
    def text(self) -> str:
        """The heading as it is told of, and as a mapping spells it."""
        name = "·".join(self.parts)
        return f"{name}（{self.unit}）" if self.unit and not UNIT.search(name) else name


class Meaning(NamedTuple):
    """What a heading means: in which role its column stands, and the name that the vocabulary has for it."""

    role: Role
    name: str = ""
    unit: str = ""

    @property
    def spelled(self) -> str:
        """The heading of the vocabulary; one that begins with # is not read."""
        if self.role not in ("read", "firm"):
            return "#"
        return f"{self.name} ({self.unit})" if self.unit else self.name


def plain(text: str) -> str:
    """A heading without line breaks and the blanks between Chinese characters."""
    return CJK_GAP.sub("", " ".join(text.split()))


def parted(text: str) -> tuple[str, str]:
    """A heading and the unit in brackets behind it."""
    match = UNIT.search(text)
    return (text[: match.start()].strip(), match["unit"]) if match else (text, "")


FIGURE = re.compile(r"[-+0-9.,:/ ]*", re.ASCII)


class Reader:
    """Reads headings by a vocabulary."""

    def __init__(self, words: Vocabulary) -> None:
        self.words = words
        self.units = {spelling for known in words.units.known.values() for spelling in known} | set(gas.PPM_SPELLINGS)
        self.known = {unit_key(word).casefold() for word in _words(words)}
        self._headings: dict[str, bool] = {}
        self._found: dict[tuple[Caption, str], Meaning] = {}

    def is_unit(self, text: str) -> bool:
        """Whether a cell is nothing but a unit."""
        bare = text.strip().strip("()（）")
        return unit_key(bare) in self.units or bare in ("%", "％", "无量纲", "pH值无量纲")

    def parted(self, text: str) -> tuple[str, str]:
        """A heading and its unit, in brackets or just behind it."""
        name, unit = parted(text)
        if unit:
            return name, unit
        match = BEHIND.fullmatch(text)
        if match is not None and self.is_unit(match["unit"]):
            return match["name"].strip(), match["unit"]
        return text, ""

    def is_heading(self, text: str) -> bool:
        """Whether a cell is a heading, whatever the table lists."""
        found = self._headings.get(text)
        if found is None:
            found = self._headings[text] = not FIGURE.fullmatch(text) and self._is_heading(self.parted(plain(text))[0])
        return found

    def _is_heading(self, name: str) -> bool:
        if unit_key(name).casefold() in self.known:
            return True
        return bool(self.measured(name)) or name in MEASURED_ON or name in SUBHEADINGS

    def measured(self, text: str) -> str:
        """The substance of a heading that says nothing else than that it was measured; or `O2`."""
        bare = _bare(text)
        rest = SAID.sub("", bare)
        for word in (bare, rest):
            substance = self.words.substance(word)
            if substance is not None:
                return substance.id
            column = self.words.choice(COLUMNS, word) if word else None
            if column is not None and column.id == OXYGEN:
                return OXYGEN
        return ""

    def meaning(self, caption: Caption, kind: Kind) -> Meaning:
        """What a heading of a table of such subjects means."""
        found = self._found.get((caption, kind.id))
        if found is None:
            found = self._found[caption, kind.id] = self._meaning(caption, kind)
        return found

    def _meaning(self, caption: Caption, kind: Kind) -> Meaning:
        last, unit = parted(caption.parts[-1])
        if self.is_unit(unit) or not unit:
            unit = unit or caption.unit
        else:
            last, unit = caption.parts[-1], caption.unit
        above = (of for part in caption.parts[-2::-1] if self.is_unit(of := parted(part)[1]))
        unit = unit or next(above, "")
        unit = "" if unit in NO_UNITS else unit
        whole = _bare("".join(parted(part)[0] if self.is_unit(parted(part)[1]) else part for part in caption.parts))
        named = self.words.choice(ASIDE, last)
        if named is not None:
            return Meaning("aside")
        if self.words.choice(FIRM, last) is not None:
            return Meaning("firm", "name" if kind.id == "facility" else FACILITY_ID)
        for pattern, role in QUALIFIED:
            if pattern.search(whole):
                of = self.measured(pattern.sub("", whole))
                name = self._concentration(of, kind) if of else ""
                if role == "limit" and (of or last in ("执行标准", "排放标准")):
                    return Meaning("limit", name, unit)
                if of:
                    return Meaning(role, name, unit) if name else Meaning("open")
        if last in MEASURED_ON:
            held = _concentrations(kind, self.words)
            return Meaning("read", f"{held[0].name}.*.measured_on") if len(held) == 1 else Meaning("aside")
        for name, pattern in AMOUNTS.items():
            if name in kind.attributes and (match := pattern.search(whole)):
                substance = self.words.substance(SAID.sub("", whole[: match.start()] + whole[match.end() :]))
                if substance is not None:
                    return Meaning("read", f"{name}.{substance.id}", unit)
        return self._attribute(caption, last, unit, whole, kind)

    def _attribute(self, caption: Caption, last: str, unit: str, whole: str, kind: Kind) -> Meaning:
        alone = len(caption.parts) == 1
        for name in dict.fromkeys((caption.parts[-1], last) if alone else (whole, last)):
            key = meaning(name, kind, self.words) or self._of_kind(name, kind)
            if key is not None and key.attribute.type not in ("records", "series"):
                if not alone and key.substance and not self.measured(whole):
                    return Meaning("open")  # of which of several readings the group tells
                return Meaning("read", key.text, "" if name == caption.parts[-1] != last else unit)
        of = self.measured(whole)
        name = self._concentration(of, kind) if of else ""
        return Meaning("read", name, unit) if name else Meaning("open")

    def _of_kind(self, name: str, kind: Kind) -> keys.Key | None:
        """排放口编号, 项目名称: a word for the kind, and what its subjects have."""
        known = self.words.choices.get(KINDS, {}).get(kind.plural)
        for word in sorted(
            (*(known.label[:1] if known else ()), *(known.aliases if known else ())), key=len, reverse=True
        ):
            if name.startswith(word) and name != word:
                return meaning(name.removeprefix(word), kind, self.words)
        return None

    def _concentration(self, of: str, kind: Kind) -> str:
        """The name of a substance, or of the oxygen content of all, where only one map of the kind can hold it."""
        if of == OXYGEN:
            held = [a for a in _concentrations(kind, self.words) if a.type == "emissions"]
            return f"{held[0].name}.{keys.WHOLE}.{OXYGEN}" if len(held) == 1 else ""
        substance = self.words.substances[of]
        maps = [a for a in _concentrations(kind, self.words) if a.takes(substance)]
        return f"{maps[0].name}.{of}" if len(maps) == 1 else ""


def _concentrations(kind: Kind, words: Vocabulary) -> list[Attribute]:
    return [a for a in words.attributes(kind) if a.type in ("emissions", "water")]


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _words(words: Vocabulary) -> Iterable[str]:
    """Every word that heads a column."""
    for kind in words.kinds.values():
        for attribute in kind.attributes.values():
            yield from (attribute.name, *attribute.label, *attribute.aliases)
            yield kind.label.zh + attribute.label.zh
    for listing in (COMMON, FIRM, ASIDE, COLUMNS, LONG):
        for choice in words.choices.get(listing, {}).values():
            yield from (choice.id, *choice.label, *choice.aliases)
    for choice in words.choices.get(KINDS, {}).values():
        for word in (choice.label.zh, *choice.aliases):
            yield from (word + "编号", word + "名称", word + "类型")
    for substance in words.substances.values():
        yield from (substance.id, substance.label.zh, *substance.aliases)
    yield from (ID, FACILITY_ID, "企业编号", "所属单位编号")


def subjects(captions: Sequence[Caption], kind: Kind, reader: Reader) -> int:
    """How many of the headings say something that this kind of subject has, and not every other too."""
    found = (reader.meaning(caption, kind) for caption in captions)
    names = {m.name.partition(".")[0] for m in found if m.role in ("read", "converted", "limit") and m.name}
    return len({name for name in names if name in kind.attributes} - {ID, "name", "status", "operating_status"})
