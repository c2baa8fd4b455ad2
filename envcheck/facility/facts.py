"""Facts: the values of attributes as they are written, typed by the vocabulary and brought to canonical units."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from fractions import Fraction

from envcheck.files.source import Listing, Node, Reader, Scalar
from envcheck.model.facility import Fact, Period
from envcheck.text.messages import Text, join, ptr, tr
from envcheck.units.quantity import WIDE, Interval, UnitError, parse_number, parse_quantity, show
from envcheck.vocabulary.words import Attribute, Vocabulary

YES = frozenset(
    {"true", "yes", "是", "有", "已完成", "已完工", "已建成", "True", "TRUE", "Yes", "YES", "Y", "y", "√", "✓", "✔"}
)
NO = frozenset(
    {"false", "no", "否", "无", "未完成", "未完工", "未建成", "False", "FALSE", "No", "NO", "N", "n", "×", "✗", "✘"}
)
YEARS = range(1901, 2200)
"""Years that a day may lie in: 0024 is cut short, and what lies in 1900 is a number that a spreadsheet shows as a day."""
NOTHING = frozenset(
    (
        "—", "——", "–", "-", "--", "―", "－", "/", "／", "\\", "不涉及", "无", "暂无", "不详", "未知", "未监测", "未检测", "未测",
        "未填", "不适用", "无数据", "N/A", "n/a", "…",
    )
)  # fmt: skip
"""What people write where there is nothing to say."""
SAID = {"yes_no": ("无",), "event": ("无",), "text": ("无", "不涉及", "暂无")}
"""Those of them that are a fact of an attribute of a type: no, or a park that is none."""
COUNTERS = tuple("个家台户辆座条项处份次所人")


class FactReader(Reader):
    """Reads the value of an attribute by its type; what is wrong is reported, and then there is no fact."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.words = vocabulary
        self.readers: dict[str, Callable[[Node, Attribute], Fact | None]] = {
            "text": self.text_fact,
            "yes_no": self.yes_no,
            "event": self.event,
            "date": self.date_fact,
            "choice": self.choice,
            "choices": self.choices,
            "level": self.level,
            "number": self.number,
            "ratio": self.ratio,
            "quantity": self.quantity,
            "region": self.region,
            "records": self.records,
        }

    def says_nothing(self, node: Node | None, attribute: Attribute | None = None) -> bool:
        """Whether a value is empty, or a word for it; without an attribute, of a part of a measured value."""
        if isinstance(node, Listing) and len(node.items) == 1:  # the one word in a cell for several
            node = node.items[0]
        if not isinstance(node, Scalar):
            return False
        text = node.text.strip()
        if node.is_null or attribute is None or text not in NOTHING:
            return node.is_null or text in NOTHING
        return text not in SAID.get(attribute.type, ()) and not (
            attribute.choices and self.words.choice(attribute.choices, text) is not None
        )

    def fact(self, node: Node, attribute: Attribute) -> Fact | None:
        """The fact that a node states of an attribute."""
        return self.readers[attribute.type](node, attribute)

    # --- scalars

    def wrong(self, node: Node, attribute: Attribute, remedy: Text) -> None:
        """Report a value that the attribute cannot have, and what would be right."""
        spelled = tr("'{text}'", text=node.text[:40]) if isinstance(node, Scalar) else tr("this value")
        named = Text(f"{attribute.label.zh}（{attribute.name}）", attribute.name)
        what = tr("{attribute} cannot be {value}", attribute=named, value=spelled)
        self.report(node.place, what, remedy)

    def scalar(self, node: Node, attribute: Attribute) -> str | None:
        """The text of a single value; None, reported, for a list or a mapping."""
        if isinstance(node, Scalar):
            return node.text.strip()
        self.wrong(node, attribute, tr("a single value is due"))
        return None

    def text_fact(self, node: Node, attribute: Attribute) -> Fact | None:
        """A text as it is."""
        text = self.scalar(node, attribute)
        return None if text is None else Fact(text, text, node.place)

    def yes_no(self, node: Node, attribute: Attribute) -> Fact | None:
        """Yes or no."""
        text = self.scalar(node, attribute)
        if text is None:
            return None
        said = yes_or_no(text)
        if said is not None:
            return Fact(said, text, node.place)
        self.wrong(node, attribute, tr("write yes or no (true, false)"))
        return None

    def event(self, node: Node, attribute: Attribute) -> Fact | None:
        """Whether something happened: yes, no, or the day on which it did."""
        text = self.scalar(node, attribute)
        if text is None:
            return None
        said = yes_or_no(text)
        happened = (day_of(text) or period_of(text)) if said is None else said
        if happened is not None:
            return Fact(happened, text, node.place)
        self.wrong(node, attribute, tr("write yes, no or a date (2025-12-31)"))
        return None

    def date_fact(self, node: Node, attribute: Attribute) -> Fact | None:
        """A day."""
        text = self.scalar(node, attribute)
        day = day_of(text) if text is not None else None
        if day is not None:
            return Fact(day, text or "", node.place)
        if text is not None:
            self.wrong(node, attribute, tr("write a date (2025-12-31)"))
        return None

    def chosen(self, node: Node, attribute: Attribute) -> str | None:
        """The id of a choice, by any of its words."""
        text = self.scalar(node, attribute)
        if text is None:
            return None
        choice = self.words.choice(attribute.choices, text)
        if choice is None:
            self.wrong(node, attribute, self.words.offered(attribute.choices, text))
            return None
        return choice.id

    def choice(self, node: Node, attribute: Attribute) -> Fact | None:
        """One of a list of choices."""
        found = self.chosen(node, attribute)
        return None if found is None else Fact(found, _spelled(node), node.place)

    def choices(self, node: Node, attribute: Attribute) -> Fact | None:
        """Several of a list of choices."""
        items = node.items if isinstance(node, Listing) else (node,)
        found = [self.chosen(item, attribute) for item in items]
        if not found or None in found:
            if not found:
                self.wrong(node, attribute, tr("the list is empty; leave it out if not known"))
            return None
        return Fact(frozenset(found), ", ".join(_spelled(item) for item in items), node.place)

    def level(self, node: Node, attribute: Attribute) -> Fact | None:
        """One of an ordered list, as its place in it."""
        found = self.chosen(node, attribute)
        if found is None:
            return None
        rank = list(self.words.choices[attribute.choices]).index(found)
        return Fact(Interval.point(rank), _spelled(node), node.place)

    def region(self, node: Node, attribute: Attribute) -> Fact | None:
        """A region by its code or its name."""
        text = self.scalar(node, attribute)
        if text is None:
            return None
        code = self.words.region(text)
        if code is None:
            self.wrong(node, attribute, tr("write a region code or name such as 150203 or 昆都仑区"))
            return None
        return Fact(code, text, node.place)

    # --- numbers

    def bounded(self, node: Node, attribute: Attribute, value: Interval, unit: str) -> bool:
        """Whether a number lies where the vocabulary lets it lie; reported where it does not."""
        low, high = attribute.low, attribute.high
        if low is not None and value.low is not None and value.low < low:
            limit = f"{show(low)} {unit}".strip()
            self.wrong(node, attribute, tr("it cannot be below {limit}", limit=limit))
            return False
        if high is not None and value.high is not None and value.high > high:
            limit = f"{show(high)} {unit}".strip()
            self.wrong(node, attribute, tr("it cannot be above {limit}", limit=limit))
            return False
        return True

    def number(self, node: Node, attribute: Attribute) -> Fact | None:
        """A number without a unit."""
        text = self.scalar(node, attribute)
        if text is None:
            return None
        value = parse_number(text[:-1] if text.endswith(COUNTERS) else text)
        if value is None:
            self.wrong(node, attribute, tr("write a number"))
            return None
        found = Interval.point(value)
        return Fact(found, text, node.place) if self.bounded(node, attribute, found, "") else None

    def ratio(self, node: Node, attribute: Attribute) -> Fact | None:
        """A ratio: `1.25`, `1.25:1` or a percentage."""
        text = self.scalar(node, attribute)
        if text is None:
            return None
        over, sign, under = text.translate(WIDE).replace("∶", ":").partition(":")
        first, second = parse_number(over), parse_number(under) if sign else Fraction(1)
        if first is None and not sign and over.endswith("%"):
            first, second = parse_number(over[:-1]), Fraction(100)
        if first is None or second is None or second <= 0:
            self.wrong(node, attribute, tr("write a ratio such as 1.25:1"))
            return None
        found = Interval.point(first / second)
        return Fact(found, text, node.place) if self.bounded(node, attribute, found, "") else None

    def quantity(self, node: Node, attribute: Attribute) -> Fact | None:
        """A number with a unit, brought to the unit of the attribute."""
        text = self.scalar(node, attribute)
        if text is None:
            return None
        if attribute.unit == "%" and text in YES:
            text = "100 %"
        try:
            found = parse_quantity(text, attribute.unit, self.words.units)
        except UnitError as error:
            self.unit_error(node, attribute, error)
            return None
        if found is None:
            self.wrong(node, attribute, one_number(f"20 {attribute.unit}"))
            return None
        if not self.bounded(node, attribute, found.value, attribute.unit):
            return None
        return Fact(found.value, text, node.place, found.convention)

    def unit_error(self, node: Node, attribute: Attribute, error: UnitError) -> None:
        """Report a unit that is missing, that does not fit or that may mean several things."""
        fits = join(ptr("list of words", ", "), error.fits[:12])
        if error.readings:
            remedy = ambiguous(error)
        elif error.unit:
            remedy = tr("'{unit}' is no unit of it; units that fit: {fits}", unit=error.unit[:20], fits=fits)
        else:
            remedy = tr("it needs a unit; units that fit: {fits}", fits=fits)
        if not error.fits:
            remedy = tr("it takes no unit")
        self.wrong(node, attribute, remedy)

    # --- records

    def records(self, node: Node, attribute: Attribute) -> Fact | None:
        """A list of records with the fields that the vocabulary names."""
        types = dict(attribute.fields)
        rows: list[dict[str, Fact]] = []
        for item in self.listing(node):
            row: dict[str, Fact] = {}
            for key, value in self.mapping(item, set(types)).items():
                if key not in types:
                    continue
                label = tr("{attribute}.{key}", attribute=attribute.called, key=key)
                fact = self.readers[types[key]](value, Attribute(f"{attribute.name}.{key}", types[key], label))
                if fact is not None:
                    row[key] = fact
            row.setdefault("", Fact("", "", item.place))
            rows.append(row)
        return Fact(tuple(rows), "", node.place)


def one_number(example: str) -> Text:
    """What to write where a text is not one number with one unit."""
    return tr("write one number and one unit such as {example}; nothing is computed", example=example)


def ambiguous(error: UnitError) -> Text:
    """What to write where a unit may mean several things."""
    meant = join(ptr("list of words", ", "), error.readings)
    return tr("'{unit}' may mean {meant}: write the one that is meant", unit=error.unit[:20], meant=meant)


def _spelled(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def yes_or_no(text: str) -> bool | None:
    """What a text says; None where it says neither."""
    return text in YES if text in YES or text in NO else None


def day_of(text: str) -> date | None:
    """The day that a text names: 2025-12-31, 2025/12/31, 2025年12月31日; the midnight of a database may stand behind it."""
    folded = unicodedata.normalize("NFKC", text)
    match = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00?:00(?::00(?:\.0+)?)?)?", folded, re.ASCII
    )
    if match is None:
        return None
    if int(match[1]) not in YEARS:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


MONTH = re.compile(r"(?P<year>(?:19|20|21)\d\d)(?:年|(?:(?P<mark>[-/.年])(?P<month>\d{1,2})月?))?", re.ASCII)


def period_of(text: str) -> Period | None:
    """The month or year that a text names: 2024年9月, 2024-09, 2024.

    `2024.1` may be October of which a spreadsheet has dropped the zero: it is a time from January to October.

    >>> period_of("2024年9月"), period_of("2024.1").last
    (Period(first=datetime.date(2024, 9, 1), last=datetime.date(2024, 9, 30)), datetime.date(2024, 10, 31))
    """
    match = MONTH.fullmatch("".join(unicodedata.normalize("NFKC", text).split()))
    if match is None:
        return None
    year, first, last = int(match["year"]), 1, 12
    if match["month"]:
        first = last = int(match["month"])
        if match["mark"] == "." and match["month"] == "1":
            last = 10
    if not 1 <= first <= last <= 12:
        return None
    return Period(date(year, first, 1), date(year, last, monthrange(year, last)[1]))
