"""Facility files: read, checked against the vocabulary, brought to canonical units; every error with its place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import partial

from envcheck import gas
from envcheck.model import Facility, Fact, Measurement, Subject, Waiver
from envcheck.quantity import Interval, UnitError, parse_number, parse_quantity, show, split, unit_key
from envcheck.source import Listing, Mapping, Node, Reader, Scalar
from envcheck.text import Place, Text, nearest
from envcheck.vocabulary import Attribute, Kind, Substance, Vocabulary

FORMAT = "envcheck/facility/1"
YES = frozenset({"true", "yes", "是", "有", "已完成", "True", "TRUE", "Yes", "YES"})
NO = frozenset({"false", "no", "否", "无", "未完成", "False", "FALSE", "No", "NO"})
COUNTERS = re.compile(r"(?P<number>[^个家台户辆座条项处份次所人]+)[个家台户辆座条项处份次所人]?")
GAS_KEYS = frozenset({"value", "O2", "moisture", "basis", "measured_on"})
WATER_KEYS = frozenset({"value", "measured_on"})


def read(tree: Node, vocabulary: Vocabulary) -> Facility:
    """The facility that a tree describes.

    Raises:
        InputError: with every mistake found in it.
    """
    return _FacilityReader(vocabulary).read(tree)


class _FacilityReader(Reader):
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
            "emissions": partial(self.substances, one=self.gas),
            "water": partial(self.substances, one=self.water),
            "amounts": partial(self.substances, one=self.amount),
            "records": self.records,
        }

    def read(self, tree: Node) -> Facility:
        kind = self.words.kinds["facility"]
        plurals = {k.plural: k for k in self.words.kinds.values() if k.id != "facility"}
        self.mapping(tree)
        self.finish()
        assert isinstance(tree, Mapping)
        place = tree.place
        form = tree.entries.get("format")
        if form is None or self.text(form) != FORMAT:
            self.report(form.place if form else place, Text(f"应有 format: {FORMAT}", f"format: {FORMAT} is due"))
        facts = self.facts(tree, kind, {"format", *plurals})
        lists = {}
        for plural, node in tree.entries.items():
            if plural in plurals and not (isinstance(node, Scalar) and node.is_null):
                lists[plural] = self.subjects(node, plurals[plural])
        identity = self.identity(tree, facts)
        waivers = self.waivers(facts)
        self.finish()
        return Facility(place.file, Subject("facility", identity, "facility", facts, place), lists, waivers)

    def subjects(self, node: Node, kind: Kind) -> tuple[Subject, ...]:
        found: dict[str, Subject] = {}
        for item in self.listing(node):
            if not isinstance(item, Mapping):
                self.report(item.place, Text("这里应为“键: 值”", "a mapping (key: value) is due here"))
                continue
            facts = self.facts(item, kind, set())
            identity = self.identity(item, facts)
            if identity in found:
                first = found[identity].place.line
                self.report(
                    item.place,
                    Text(
                        f"编号 {identity} 重复（首次在第 {first} 行）", f"id {identity} again (first on line {first})"
                    ),
                )
            own = tuple(name for name in facts if name not in kind.attributes)
            found[identity] = Subject(kind.id, identity, f"{kind.plural}/{identity}", facts, item.place, own)
        return tuple(found.values())

    def identity(self, node: Mapping, facts: dict[str, Fact]) -> str:
        fact = facts.get("id")
        if fact is None or not str(fact.value).strip():
            self.report(
                node.place,
                Text("缺少 id", "no id"),
                Text("每个对象都要有自己的编号", "every subject has an id of its own"),
            )
            return ""
        text = str(fact.value)
        if "/" in text or any(unicodedata.category(c) == "Cc" for c in text):
            self.report(fact.place, Text("id 不能含“/”或控制字符", "an id holds no / and no control characters"))
        return text

    def facts(self, node: Mapping, kind: Kind, others: set[str]) -> dict[str, Fact]:
        known = {a.name: a for a in self.words.attributes(kind)}
        known |= {alias: a for a in known.values() for alias in a.aliases}
        found: dict[str, Fact] = {}
        for key, value in node.entries.items():
            if key in others:
                continue
            attribute = known.get(key)
            if attribute is None:
                what = Text(f"{kind.label.zh}没有属性 {key}", f"{kind.id} has no attribute {key}")
                self.report(node.keys[key], what, nearest(key, {*known, *others}))
                continue
            if isinstance(value, Scalar) and value.is_null:
                continue
            if attribute.name in found:
                self.report(node.keys[key], Text(f"{key} 与 {attribute.name} 重复", f"{key} repeats {attribute.name}"))
            fact = self.readers[attribute.type](value, attribute)
            if fact is not None:
                found[attribute.name] = fact
        return found

    # --- scalars

    def wrong(self, node: Node, attribute: Attribute, remedy: Text) -> None:
        spelled = f"“{node.text[:40]}”" if isinstance(node, Scalar) else "此处内容"
        plain = f"'{node.text[:40]}'" if isinstance(node, Scalar) else "this value"
        what = Text(
            f"{attribute.label.zh}（{attribute.name}）的值{spelled}不可用", f"{attribute.name} cannot be {plain}"
        )
        self.report(node.place, what, remedy)

    def scalar(self, node: Node, attribute: Attribute) -> str | None:
        if isinstance(node, Scalar):
            return node.text.strip()
        self.wrong(node, attribute, Text("这里应为单个值", "a single value is due"))
        return None

    def text_fact(self, node: Node, attribute: Attribute) -> Fact | None:
        text = self.scalar(node, attribute)
        return None if text is None else Fact(text, text, node.place)

    def yes_no(self, node: Node, attribute: Attribute) -> Fact | None:
        text = self.scalar(node, attribute)
        if text is None:
            return None
        if text in YES or text in NO:
            return Fact(text in YES, text, node.place)
        self.wrong(node, attribute, Text("应填：是 或 否（true、false）", "write yes or no (true, false)"))
        return None

    def event(self, node: Node, attribute: Attribute) -> Fact | None:
        text = self.scalar(node, attribute)
        if text is None:
            return None
        if text in YES or text in NO:
            return Fact(text in YES, text, node.place)
        day = _day(text)
        if day is not None:
            return Fact(day, text, node.place)
        self.wrong(node, attribute, Text("应填：是、否 或日期（2025-12-31）", "write yes, no or a date (2025-12-31)"))
        return None

    def date_fact(self, node: Node, attribute: Attribute) -> Fact | None:
        text = self.scalar(node, attribute)
        day = _day(text) if text is not None else None
        if day is not None:
            return Fact(day, text or "", node.place)
        if text is not None:
            self.wrong(node, attribute, Text("日期写法为 2025-12-31", "write a date (2025-12-31)"))
        return None

    def chosen(self, node: Node, attribute: Attribute) -> str | None:
        text = self.scalar(node, attribute)
        if text is None:
            return None
        choice = self.words.choice(attribute.choices, text)
        if choice is None:
            self.wrong(node, attribute, nearest(text, self.words.choices[attribute.choices]))
            return None
        return choice.id

    def choice(self, node: Node, attribute: Attribute) -> Fact | None:
        found = self.chosen(node, attribute)
        return None if found is None else Fact(found, _spelled(node), node.place)

    def choices(self, node: Node, attribute: Attribute) -> Fact | None:
        items = node.items if isinstance(node, Listing) else (node,)
        found = [self.chosen(item, attribute) for item in items]
        if not found or None in found:
            if not found:
                self.wrong(
                    node, attribute, Text("列表是空的；不清楚就不要填", "the list is empty; leave it out if not known")
                )
            return None
        return Fact(frozenset(found), ", ".join(_spelled(item) for item in items), node.place)

    def level(self, node: Node, attribute: Attribute) -> Fact | None:
        found = self.chosen(node, attribute)
        if found is None:
            return None
        rank = list(self.words.choices[attribute.choices]).index(found)
        return Fact(Interval.point(rank), _spelled(node), node.place)

    def region(self, node: Node, attribute: Attribute) -> Fact | None:
        text = self.scalar(node, attribute)
        if text is None:
            return None
        code = unicodedata.normalize("NFKC", text)
        if not re.fullmatch(r"\d{2}(\d{2}){0,2}|\d{9}|\d{12}", code, re.ASCII):
            self.wrong(node, attribute, Text("应填行政区划代码，如 150203", "write a region code such as 150203"))
            return None
        return Fact(code, text, node.place)

    # --- numbers

    def bounded(self, node: Node, attribute: Attribute, value: Interval, unit: str) -> bool:
        low, high = attribute.low, attribute.high
        if low is not None and value.low is not None and value.low < low:
            limit = f"{show(low)} {unit}".strip()
            self.wrong(node, attribute, Text(f"不能小于 {limit}", f"it cannot be below {limit}"))
            return False
        if high is not None and value.high is not None and value.high > high:
            limit = f"{show(high)} {unit}".strip()
            self.wrong(node, attribute, Text(f"不能大于 {limit}", f"it cannot be above {limit}"))
            return False
        return True

    def number(self, node: Node, attribute: Attribute) -> Fact | None:
        text = self.scalar(node, attribute)
        if text is None:
            return None
        match = COUNTERS.fullmatch(unicodedata.normalize("NFKC", text))
        value = parse_number(match["number"].strip()) if match else None
        if value is None:
            self.wrong(node, attribute, Text("应填一个数", "write a number"))
            return None
        found = Interval.point(value)
        return Fact(found, text, node.place) if self.bounded(node, attribute, found, "") else None

    def ratio(self, node: Node, attribute: Attribute) -> Fact | None:
        text = self.scalar(node, attribute)
        if text is None:
            return None
        over, sign, under = unicodedata.normalize("NFKC", text).replace("∶", ":").partition(":")
        first, second = parse_number(over.strip()), parse_number(under.strip()) if sign else Fraction(1)
        if first is None and not sign and over.rstrip().endswith("%"):
            first, second = parse_number(over.rstrip()[:-1].strip()), Fraction(100)
        if first is None or second is None or second <= 0:
            self.wrong(node, attribute, Text("应填比例，如 1.25:1", "write a ratio such as 1.25:1"))
            return None
        found = Interval.point(first / second)
        return Fact(found, text, node.place) if self.bounded(node, attribute, found, "") else None

    def quantity(self, node: Node, attribute: Attribute) -> Fact | None:
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
            example = f"20 {attribute.unit}"
            self.wrong(
                node, attribute, Text(f"应填数值和单位，如 {example}", f"write a number and a unit such as {example}")
            )
            return None
        if not self.bounded(node, attribute, found.value, attribute.unit):
            return None
        return Fact(found.value, text, node.place, found.convention)

    def unit_error(self, node: Node, attribute: Attribute, error: UnitError) -> None:
        fits = "、".join(error.fits[:12]), ", ".join(error.fits[:12])
        if error.unit:
            remedy = Text(
                f"单位“{error.unit[:20]}”不合适，可用：{fits[0]}",
                f"{error.unit[:20]!r} is no unit of it; units that fit: {fits[1]}",
            )
        else:
            remedy = Text(f"缺少单位，可用：{fits[0]}", f"it needs a unit; units that fit: {fits[1]}")
        if not error.fits:
            remedy = Text("此项不带单位", "it takes no unit")
        self.wrong(node, attribute, remedy)

    # --- substances

    def substances(
        self, node: Node, attribute: Attribute, one: Callable[[Node, Attribute, Substance], Measurement | None]
    ) -> Fact | None:
        if not isinstance(node, Mapping):
            self.wrong(
                node,
                attribute,
                Text("应逐一列出污染物，如 {NOx: 46 mg/m3}", "list the substances, as in {NOx: 46 mg/m3}"),
            )
            return None
        found: dict[str, Measurement] = {}
        fitting = {s.id for s in self.words.substances.values() if _fits(s, attribute)}
        for key, value in node.entries.items():
            substance = self.words.substance(key)
            if substance is None or substance.id not in fitting:
                what = Text(f"{attribute.label.zh}没有污染物 {key}", f"{attribute.name} has no substance {key}")
                self.report(node.keys[key], what, nearest(key, fitting))
                continue
            if isinstance(value, Scalar) and value.is_null:
                continue
            if substance.id in found:
                self.report(node.keys[key], Text(f"污染物 {substance.id} 重复", f"substance {substance.id} again"))
            measured = one(value, attribute, substance)
            if measured is not None:
                found[substance.id] = measured
        return Fact(found, "", node.place)

    def concentration(self, node: Node, attribute: Attribute, substance: Substance) -> Measurement | None:
        text = self.scalar(node, attribute)
        if text is None:
            return None
        unit = attribute.unit if substance.unit is None else substance.unit
        if text in ("未检出", "ND"):
            self.wrong(node, attribute, Text("请填检出限，如 <0.5 mg/L", "give the detection limit, as in < 0.5 mg/L"))
            return None
        parts = split(text)
        if attribute.type == "emissions" and parts is not None and unit_key(parts[2]) in gas.PPM_SPELLINGS:
            return self.ppm(node, attribute, substance, text)
        try:
            found = parse_quantity(text, unit, self.words.units)
        except UnitError as error:
            self.unit_error(node, attribute, error)
            return None
        if found is None:
            example = f"46 {unit}".strip()
            self.wrong(
                node, attribute, Text(f"应填数值和单位，如 {example}", f"write a number and a unit such as {example}")
            )
            return None
        return Measurement(found.value, unit, text) if self.bounded(node, attribute, found.value, unit) else None

    def ppm(self, node: Node, attribute: Attribute, substance: Substance, text: str) -> Measurement | None:
        parts = split(text)
        assert parts is not None
        bound, number, unit = parts
        if substance.molar_mass is None:
            what = Text(f"{substance.id} 无摩尔质量，不能用 {unit}", f"{substance.id} has no molar mass: give mg/m3")
            self.wrong(node, attribute, what)
            return None
        value = gas.from_ppm(number * gas.PPM_SPELLINGS[unit_key(unit)], substance.molar_mass)
        found = Interval(Fraction(0) if bound else value, value)
        note = f"{text} × {show(substance.molar_mass)} ÷ {show(gas.MOLAR_VOLUME)} = {show(value, 6)} mg/m3"
        if unit_key(unit) == "ppb":
            note = f"{text} ÷ 1000 × {show(substance.molar_mass)} ÷ {show(gas.MOLAR_VOLUME)} = {show(value, 6)} mg/m3"
        return (
            Measurement(found, "mg/m3", text, convention=note) if self.bounded(node, attribute, found, "ppm") else None
        )

    def gas(self, node: Node, attribute: Attribute, substance: Substance) -> Measurement | None:
        if isinstance(node, Scalar):
            return self.concentration(node, attribute, substance)
        entries = self.mapping(node, GAS_KEYS)
        if not isinstance(node, Mapping) or "value" not in entries:
            self.wrong(
                node, attribute, Text("应写作 {value: 46 mg/m3, O2: 5.2 %}", "write {value: 46 mg/m3, O2: 5.2 %}")
            )
            return None
        measured = self.concentration(entries["value"], attribute, substance)
        oxygen = self.share(entries.get("O2"), attribute, "O2", gas.AIR_OXYGEN)
        moisture = self.share(entries.get("moisture"), attribute, "moisture", 100)
        basis = self.text(entries["basis"]) if "basis" in entries else "dry"
        if basis not in ("dry", "wet", "干基", "湿基"):
            self.wrong(entries["basis"], attribute, Text("basis 应为 dry（干基）或 wet（湿基）", "basis is dry or wet"))
        wet = basis in ("wet", "湿基")
        if wet and oxygen is not None and moisture is not None and moisture.exact is not None:
            share = gas.dry(oxygen, moisture.exact)
            if share.high is not None and share.high >= gas.AIR_OXYGEN:
                self.too_much_oxygen(entries["O2"], attribute)
        day = self.day(entries.get("measured_on"), attribute)
        if measured is None:
            return None
        return Measurement(
            measured.value, measured.unit, measured.text, oxygen, wet, moisture, day, measured.convention
        )

    def share(self, node: Node | None, attribute: Attribute, name: str, below: int) -> Interval | None:
        if node is None:
            return None
        text = self.scalar(node, attribute)
        if text is None:
            return None
        try:
            found = parse_quantity(text, "%", self.words.units)
        except UnitError:
            found = None
        if found is None or found.value.exact is None or found.value.exact < 0:
            self.wrong(node, attribute, Text(f"{name} 应填百分数，如 5.2 %", f"write {name} in percent, as in 5.2 %"))
            return None
        if found.value.exact >= below:
            if name == "O2":
                self.too_much_oxygen(node, attribute)
            else:
                self.wrong(node, attribute, Text(f"{name} 应低于 {below} %", f"{name} lies below {below} %"))
            return None
        return found.value

    def too_much_oxygen(self, node: Node, attribute: Attribute) -> None:
        what = Text(
            "含氧量（干基）达到 21 %，无法折算到基准含氧量",
            "oxygen (dry) of 21 % or more cannot be brought to the reference oxygen",
        )
        hint = Text(
            "停炉或吸入空气的时段请删去，并核对运行记录",
            "leave out hours of shut-down or drawn-in air and look at the operating record",
        )
        self.wrong(node, attribute, what + Text("；", "; ") + hint)

    def day(self, node: Node | None, attribute: Attribute) -> date | None:
        if node is None:
            return None
        fact = self.date_fact(node, attribute)
        return fact.value if fact is not None and isinstance(fact.value, date) else None

    def water(self, node: Node, attribute: Attribute, substance: Substance) -> Measurement | None:
        if isinstance(node, Scalar):
            return self.concentration(node, attribute, substance)
        entries = self.mapping(node, WATER_KEYS)
        if not isinstance(node, Mapping) or "value" not in entries:
            self.wrong(node, attribute, Text("应写作 {value: 38 mg/L}", "write {value: 38 mg/L}"))
            return None
        measured = self.concentration(entries["value"], attribute, substance)
        day = self.day(entries.get("measured_on"), attribute)
        return None if measured is None else Measurement(measured.value, measured.unit, measured.text, measured_on=day)

    def amount(self, node: Node, attribute: Attribute, _substance: Substance) -> Measurement | None:
        fact = self.quantity(node, attribute)
        if fact is None or not isinstance(fact.value, Interval):
            return None
        return Measurement(fact.value, attribute.unit, fact.text)

    # --- records

    def records(self, node: Node, attribute: Attribute) -> Fact | None:
        types = dict(attribute.fields)
        rows: list[dict[str, Fact]] = []
        for item in self.listing(node):
            row: dict[str, Fact] = {}
            for key, value in self.mapping(item, set(types)).items():
                if key not in types:
                    continue
                label = Text(f"{attribute.label.zh}·{key}", f"{attribute.name}.{key}")
                fact = self.readers[types[key]](value, Attribute(f"{attribute.name}.{key}", types[key], label))
                if fact is not None:
                    row[key] = fact
            row.setdefault("", Fact("", "", item.place))
            rows.append(row)
        return Fact(tuple(rows), "", node.place)

    def waivers(self, facts: dict[str, Fact]) -> tuple[Waiver, ...]:
        fact = facts.get("waivers")
        found: list[Waiver] = []
        for row in fact.value if fact is not None and isinstance(fact.value, tuple) else ():
            place: Place = row[""].place
            missing = [key for key in ("rule", "document", "approver", "until", "reason") if key not in row]
            if missing:
                words = ", ".join(missing)
                self.report(place, Text(f"豁免缺少 {words}", f"the waiver has no {words}"))
                continue
            until = row["until"].value
            assert isinstance(until, date)
            found.append(
                Waiver(
                    rule=row["rule"].text,
                    subject=row["subject"].text if "subject" in row else "",
                    document=row["document"].text,
                    approver=row["approver"].text,
                    until=until,
                    reason=row["reason"].text,
                    place=place,
                )
            )
        return tuple(found)


def _fits(substance: Substance, attribute: Attribute) -> bool:
    if attribute.type == "amounts":
        return substance.unit is None
    return ("air" if attribute.type == "emissions" else "water") in substance.media


def _spelled(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _day(text: str) -> date | None:
    folded = unicodedata.normalize("NFKC", text)
    match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", folded, re.ASCII)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
