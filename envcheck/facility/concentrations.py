"""Facts about substances: concentrations in gas and water, and yearly amounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from functools import partial

from envcheck.facility.facts import FactReader, one_number, period_of
from envcheck.files.source import Mapping, Node, Scalar
from envcheck.model.facility import Fact, Measurement
from envcheck.text.messages import tr
from envcheck.text.problems import nearest
from envcheck.units import gas
from envcheck.units.quantity import (
    UNBOUNDED,
    Interval,
    UnitError,
    is_not_detected,
    parse_quantity,
    show,
    split,
    unit_key,
)
from envcheck.vocabulary.words import Attribute, Substance, Vocabulary

GAS_KEYS = frozenset({"value", "O2", "moisture", "basis", "measured_on"})
WATER_KEYS = frozenset({"value", "measured_on"})


class SubstanceReader(FactReader):
    """Reads what is stated of each of several substances, and all else that a `FactReader` reads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self.readers["emissions"] = partial(self.substances, one=self.gas)
        self.readers["water"] = partial(self.substances, one=self.water)
        self.readers["amounts"] = partial(self.substances, one=self.amount)

    def substances(
        self, node: Node, attribute: Attribute, one: Callable[[Node, Attribute, Substance], Measurement | None]
    ) -> Fact | None:
        """What is stated of each of several substances, each read by `one`."""
        if not isinstance(node, Mapping):
            self.wrong(
                node,
                attribute,
                tr("list the substances, as in {{NOx: 46 mg/m3}}"),
            )
            return None
        found: dict[str, Measurement] = {}
        fitting = {s.id for s in self.words.substances.values() if attribute.takes(s)}
        for key, value in node.entries.items():
            substance = self.words.substance(key, attribute.takes)
            if substance is None or substance.id not in fitting:
                what = tr("{attribute} has no substance {key}", attribute=attribute.called, key=key)
                self.report(node.keys[key], what, nearest(key, fitting))
                continue
            if self.says_nothing(value):
                continue
            if substance.id in found:
                self.report(node.keys[key], tr("substance {substance} again", substance=substance.id))
            measured = one(value, self.of_substance(attribute, substance), substance)
            if measured is not None:
                found[substance.id] = measured._replace(place=value.place)
        return Fact(found, "", node.place)

    def said(self, node: Node, known: frozenset[str]) -> dict[str, Node]:
        """The parts of a measured value that say something."""
        return {key: part for key, part in self.mapping(node, known).items() if not self.says_nothing(part)}

    def of_substance(self, attribute: Attribute, substance: Substance) -> Attribute:
        """An attribute that is called by what it says of one substance."""
        label = tr("{label}: {name}", label=attribute.label, name=substance.label)
        return attribute._replace(name=f"{attribute.name}.{substance.id}", label=label)

    def concentration(self, node: Node, attribute: Attribute, substance: Substance) -> Measurement | None:
        """A concentration as it is written: a number with a unit, below a detection limit, or not detected."""
        text = self.scalar(node, attribute)
        if text is None:
            return None
        unit = attribute.unit if substance.unit is None else substance.unit
        if is_not_detected(text):
            return Measurement(Interval(Fraction(0), None), unit, text)
        parts = split(text, measured=True)
        if attribute.type == "emissions" and parts is not None and unit_key(parts[2]) in gas.PPM_SPELLINGS:
            return self.ppm(node, attribute, substance, text)
        try:
            found = parse_quantity(text, unit, self.words.units, measured=True)
        except UnitError as error:
            self.unit_error(node, attribute, error)
            return None
        if found is None:
            self.wrong(node, attribute, one_number(f"46 {unit}".strip()))
            return None
        return Measurement(found.value, unit, text) if self.bounded(node, attribute, found.value, unit) else None

    def ppm(self, node: Node, attribute: Attribute, substance: Substance, text: str) -> Measurement | None:
        """A concentration by volume turned into one by mass."""
        parts = split(text, measured=True)
        assert parts is not None
        bound, number, unit = parts
        if substance.molar_mass is None:
            what = tr("{substance} has no molar mass: give mg/m3, not {unit}", substance=substance.id, unit=unit)
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
        """A concentration in flue gas, with what is stated of its oxygen, moisture and day."""
        if isinstance(node, Scalar):
            return self.concentration(node, attribute, substance)
        entries = self.said(node, GAS_KEYS)
        if not isinstance(node, Mapping) or "value" not in node.entries:
            self.wrong(node, attribute, tr("write {{value: 46 mg/m3, O2: 5.2 %}}"))
            return None
        measured = self.concentration(entries["value"], attribute, substance) if "value" in entries else None
        oxygen = self.share(entries.get("O2"), attribute, "O2")
        if "O2" in node.entries and "O2" not in entries:
            oxygen = UNBOUNDED  # written, yet not known: not to be taken as at the reference
        moisture = self.share(entries.get("moisture"), attribute, "moisture")
        wet = self.basis(entries, attribute, moisture)
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

    def basis(self, entries: dict[str, Node], attribute: Attribute, moisture: Interval | None) -> bool | None:
        """Whether a value is of wet gas; None where moisture is stated and nothing says so."""
        if "basis" not in entries:
            return None if moisture is not None and moisture.exact != 0 else False
        basis = self.text(entries["basis"]).strip()
        if basis not in (*gas.DRY, *gas.WET):
            self.wrong(entries["basis"], attribute, tr("basis is dry or wet"))
        return basis in gas.WET

    def share(self, node: Node | None, attribute: Attribute, name: str) -> Interval | None:
        """An oxygen content or moisture in percent."""
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
            self.wrong(node, attribute, tr("write {name} in percent, as in 5.2 %", name=name))
            return None
        if name == "O2" and found.value.exact >= gas.AIR_OXYGEN:
            self.too_much_oxygen(node, attribute)
            return None
        if name == "O2" and found.value.exact <= gas.LEAST_OXYGEN:
            what = tr("no stack has so little oxygen; write percent, 5.2 % and not 0.052; leave it empty if not known")
            self.wrong(node, attribute, what)
            return None
        if found.value.exact >= 100:
            self.wrong(node, attribute, tr("{name} lies below {below} %", name=name, below=100))
            return None
        return found.value

    def too_much_oxygen(self, node: Node, attribute: Attribute) -> None:
        """Report an oxygen content from that of air up."""
        what = tr("oxygen (dry) of {share} or more cannot be brought to the reference oxygen", share="21 %")
        hint = tr("leave out hours of shut-down or drawn-in air and look at the operating record")
        self.wrong(node, attribute, what + tr("; ") + hint)

    def day(self, node: Node | None, attribute: Attribute) -> date | None:
        """The day of a measurement, where it is stated."""
        if node is None:
            return None
        if isinstance(node, Scalar) and (month := period_of(node.text)) is not None:
            return month.last  # the limit of the later day is the stricter one
        fact = self.date_fact(node, attribute)
        return fact.value if fact is not None and isinstance(fact.value, date) else None

    def water(self, node: Node, attribute: Attribute, substance: Substance) -> Measurement | None:
        """A concentration in water, with the day of its measurement."""
        if isinstance(node, Scalar):
            return self.concentration(node, attribute, substance)
        entries = self.said(node, WATER_KEYS)
        if not isinstance(node, Mapping) or "value" not in node.entries:
            self.wrong(node, attribute, tr("write {{value: 38 mg/L}}"))
            return None
        measured = self.concentration(entries["value"], attribute, substance) if "value" in entries else None
        day = self.day(entries.get("measured_on"), attribute)
        return None if measured is None else Measurement(measured.value, measured.unit, measured.text, measured_on=day)

    def amount(self, node: Node, attribute: Attribute, _substance: Substance) -> Measurement | None:
        """An amount of a substance, such as t/yr."""
        fact = self.quantity(node, attribute)
        if fact is None or not isinstance(fact.value, Interval):
            return None
        return Measurement(fact.value, attribute.unit, fact.text)
