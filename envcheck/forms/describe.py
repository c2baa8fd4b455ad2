"""What a form tells about a field: what may be written, an example, and which rules ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from envcheck.forms.keys import NO_SUBJECTS, Key, unit_of
from envcheck.quantity import show
from envcheck.text import EMPTY, Text
from envcheck.vocabulary import Choice, Kind, Vocabulary

YES_NO = (Text("是", "yes"), Text("否", "no"))
BASES = (Text("干基", "dry"), Text("湿基", "wet"))
CHOSEN = frozenset({"choice", "choices", "level"})
TITLES = 2


def option(listing: str, choice: Choice, words: Vocabulary, lang: str) -> str:
    """How a choice is offered: by its label, or its id where the label would be read as another choice."""
    label = choice.label.within(lang)
    found = words.choice(listing, label)
    return label if found is not None and found.id == choice.id else choice.id


def options(key: Key, words: Vocabulary, lang: str) -> tuple[str, ...]:
    """The values that a field allows, where they can be listed."""
    if key.part == "basis":
        return tuple(text.within(lang) for text in BASES)
    if key.part or key.substance:
        return ()
    if key.attribute.type == "yes_no":
        return tuple(text.within(lang) for text in YES_NO)
    if key.attribute.type in CHOSEN:
        listing = key.attribute.choices
        return tuple(option(listing, choice, words, lang) for choice in words.choices[listing].values())
    return ()


def manner(key: Key, words: Vocabulary, *, sheet: bool) -> Text:
    """How a field is filled in, on a sheet or in YAML."""
    unit, kind = unit_of(key, words), key.attribute.type
    if key.part == "basis":
        return Text("干基或湿基，不填视为干基", "dry or wet; dry where left out")
    if key.part in ("O2", "moisture"):
        return Text("百分数，如 5.2", "percent, such as 5.2")
    if key.part == "measured_on" or kind == "date":
        return Text("日期，如 2025-12-31", "a date such as 2025-12-31")
    if key.attribute.is_map and not key.substance:
        if sheet:
            return Text(
                "每种污染物另加一列，如 NOx 列；确认没有则填“无”",
                "add a column for each substance; write none if there is none",
            )
        return Text("逐一列出污染物，确认没有则写 {}", "list the substances; write {} if there is none")
    if kind == "yes_no":
        return Text("是或否", "yes or no")
    if kind == "event":
        return Text("是、否，或完成日期如 2025-12-31", "yes, no, or the day it was done, such as 2025-12-31")
    if kind == "choices":
        if not sheet:
            return Text("可填多项，写作 [a, b]", "one or several, as in [a, b]")
        return Text("可填多项，用分号分隔", "one or several, parted by semicolons")
    if kind == "region":
        return Text("行政区划代码，如 150203（昆都仑区）", "GB/T 2260 code such as 150203 (Kundulun District)")
    if kind == "ratio":
        return Text("比例，如 1.25:1", "a ratio such as 1.25:1")
    if kind == "number":
        return Text("数", "a number")
    if not unit:
        return EMPTY
    others = [spelling for spelling in words.units.spellings.get(unit, ()) if spelling != unit][:4]
    zh, en = f"数值，单位 {unit}", f"a number in {unit}"
    if not sheet:
        zh, en = f"数值连同单位，如 20 {unit}", f"a number with its unit, as in 20 {unit}"
    if others and sheet and unit != "%":
        zh, en = (
            f"{zh}；用其他单位时连单位一起写：{'、'.join(others)}",
            f"{en}; write any other unit beside it: {', '.join(others)}",
        )
    if key.attribute.is_map:
        zh, en = f"{zh}；未检出写 <检出限", f"{en}; write < and the detection limit where nothing was found"
    return Text(zh, en)


def asked_by(titles: Sequence[Text]) -> Text:
    """The rules that use a field: the first few titles, and how many there are."""
    if not titles:
        return EMPTY
    zh, en = "；".join(t.zh for t in titles[:TITLES]), "; ".join(t.en for t in titles[:TITLES])
    more = len(titles) - TITLES
    if more > 0:
        zh, en = f"{zh} 等 {len(titles)} 条", f"{en} and {more} more"
    return Text(f"用于：{zh}", f"used by: {en}")


def note(key: Key, titles: Sequence[Text], words: Vocabulary, *, sheet: bool = True) -> Text:
    """All that a form says about a field."""
    own = key.attribute.help if not key.part else EMPTY
    parts = [text for text in (manner(key, words, sheet=sheet), own, asked_by(titles)) if text != EMPTY]
    return Text("。".join(p.zh for p in parts), ". ".join(p.en for p in parts))


def example(key: Key, kind: Kind, words: Vocabulary, lang: str) -> str:
    """A value that the field accepts, without its unit."""
    listed = options(key, words, lang)
    if listed:
        return listed[0]
    if key.attribute.is_map and not key.substance:
        return NO_SUBJECTS
    if key.part in ("O2", "moisture"):
        return "5.2"
    if key.part == "measured_on" or key.attribute.type in ("date", "event"):
        return "2025-12-31"
    if key.attribute.name == "id":
        return f"{kind.id[0].upper()}1"
    if key.attribute.name == "name":
        return f"1号{kind.label.zh}" if lang == "zh" else f"{kind.label.en} 1"
    if key.attribute.type == "region":
        return "150203"
    if key.attribute.type == "ratio":
        return "1.25:1"
    if key.attribute.type == "series":
        return "data/water.csv" if key.attribute.of == "water" else "data/gas.csv"
    if key.attribute.type == "text":
        return "……" if lang == "zh" else "..."
    low, high = key.attribute.low or Fraction(0), key.attribute.high
    value = Fraction(7) if key.substance == "pH" else Fraction(20)
    return show(max(low, value if high is None else min(high, value)))
