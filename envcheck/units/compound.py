"""Units that are put together of a closed list of words: one word, or two with one division between them.

The unit library (pint) gives the factors; it never sees the text, only what its words stand for. Nothing is computed
out of a unit: `mg/m3/2`, `mg/(2*m3)` and `mg/m3*0.01` are none. A word that means different things is refused.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import Any

WORDS = {
    **dict.fromkeys(("ng", "纳克"), "nanogram"),
    **dict.fromkeys(("ug", "微克"), "microgram"),
    **dict.fromkeys(("mg", "毫克"), "milligram"),
    **dict.fromkeys(("g", "克"), "gram"),
    **dict.fromkeys(("kg", "KG", "Kg", "千克", "公斤"), "kilogram"),
    **dict.fromkeys(("t", "T", "tonne", "tonnes", "吨", "蒸吨"), "metric_ton"),
    "kt": "kilometric_ton",
    "Mt": "megametric_ton",
    **dict.fromkeys(("mm", "毫米"), "millimeter"),
    **dict.fromkeys(("cm", "厘米"), "centimeter"),
    **dict.fromkeys(("m", "米"), "meter"),
    **dict.fromkeys(("km", "KM", "Km", "公里", "千米"), "kilometer"),
    **dict.fromkeys(("m2", "m^2", "M2", "平方米"), "meter**2"),
    **dict.fromkeys(("km2", "km^2", "平方公里", "平方千米"), "kilometer**2"),
    **dict.fromkeys(("ha", "hm2", "hm^2", "公顷"), "hectare"),
    **dict.fromkeys(("mu", "亩"), "mu_area"),
    **dict.fromkeys(("m3", "m^3", "M3", "Nm3", "NM3", "Nm^3", "立方米", "标立方米", "标准立方米"), "meter**3"),
    **dict.fromkeys(("L", "l", "升"), "liter"),
    **dict.fromkeys(("mL", "ml", "毫升"), "milliliter"),
    **dict.fromkeys(("W", "瓦"), "watt"),
    **dict.fromkeys(("kW", "KW", "Kw", "千瓦"), "kilowatt"),
    **dict.fromkeys(("MW", "兆瓦"), "megawatt"),
    "GW": "gigawatt",
    **dict.fromkeys(("VA", "伏安"), "volt_ampere_"),
    **dict.fromkeys(("kVA", "KVA", "千伏安"), "kilovolt_ampere_"),
    **dict.fromkeys(("MVA", "兆伏安"), "megavolt_ampere_"),
    **dict.fromkeys(("kcal", "Kcal", "大卡", "千卡"), "kilocalorie"),
    **dict.fromkeys(("Mcal", "千大卡"), "megacalorie"),
    "Gcal": "gigacalorie",
    **dict.fromkeys(("kJ", "千焦"), "kilojoule"),
    **dict.fromkeys(("MJ", "兆焦"), "megajoule"),
    **dict.fromkeys(("GJ", "吉焦"), "gigajoule"),
    **dict.fromkeys(("s", "秒"), "second"),
    **dict.fromkeys(("min", "分钟"), "minute"),
    **dict.fromkeys(("h", "H", "小时", "时"), "hour"),
    **dict.fromkeys(("d", "day", "days", "天", "日"), "day"),
    **dict.fromkeys(("week", "weeks", "周"), "week"),
    **dict.fromkeys(("yr", "a", "year", "years", "年"), "plan_year"),
    **dict.fromkeys(("%", "percent", "百分之"), "percent_point"),
    **dict.fromkeys(("°C", "degC", "摄氏度", "度"), "celsius_point"),
    **dict.fromkeys(("dB", "dBA", "分贝"), "decibel_point"),
}
"""What may stand on either side of a division, and what it is called in the unit library."""
MULTIPLES = {"万": 10**4, "亿": 10**8, "10^3": 10**3, "10^4": 10**4, "10^8": 10**8}
"""What may stand before the first word."""
TONS = ("t (1000 kg)", "short ton (907.18474 kg)", "long ton (1016.0469088 kg)")
AMBIGUOUS = {
    **dict.fromkeys(("ton", "tons", "Ton", "Tons", "TON", "TONS"), TONS),
    "kton": ("kt (1000 t)", "1000 short tons (907184.74 kg)"),
    **dict.fromkeys(("mt", "MT", "mT"), ("t (1000 kg)", "Mt (1000000 t)", "0.001 t")),
    **dict.fromkeys(("Mg", "MG"), ("mg", "t (1000 kg)")),
    **dict.fromkeys(("mw", "mW", "Mw"), ("MW", "0.001 W")),
    **dict.fromkeys(("gr", "Gr", "GR"), ("g", "grain (0.06479891 g)")),
    "mgr": ("mg", "0.001 grain (0.06479891 mg)"),
    "mcal": ("Mcal", "0.001 cal"),
}
"""Words that mean different things: to be refused with what each may mean."""
DEFINITIONS = (
    # A year of a plan is a calendar year: it is not 365.25 days, so t/yr does not turn into t/d.
    "plan_year = [plan_year]",
    "percent_point = [percent_point]",
    "celsius_point = [celsius_point]",
    "decibel_point = [decibel_point]",
    "volt_ampere_ = [apparent_power]",
    "kilovolt_ampere_ = 1000 * volt_ampere_",
    "megavolt_ampere_ = 1000000 * volt_ampere_",
    "mu_area = 2000 / 3 * meter ** 2",
)
MULTIPLE = re.compile("|".join(map(re.escape, MULTIPLES)))


@cache
def _registry() -> Any:
    import pint  # slow to load, and asked only when packs are compiled or a spelling is not in the vocabulary

    registry: Any = pint.UnitRegistry(non_int_type=Fraction)
    for line in DEFINITIONS:
        registry.define(line)
    return registry


def _words(key: str) -> tuple[int, list[str]]:
    """A spelling (see `quantity.unit_key`) as its multiple and the words around its divisions."""
    words = key.split("/", 2)
    multiple = MULTIPLE.match(key) if words[0] not in WORDS else None
    if multiple is None:
        return 1, words
    return MULTIPLES[multiple[0]], [words[0][multiple.end() :], *words[1:]]


def readings(key: str) -> tuple[str, ...]:
    """What an ambiguous word of a spelling may mean; nothing where there is none."""
    words = _words(key)[1]
    if len(words) > 2 or any(word not in WORDS and word not in AMBIGUOUS for word in words):
        return ()
    return next((AMBIGUOUS[word] for word in words if word in AMBIGUOUS), ())


@cache
def _size(words: tuple[str, ...]) -> Any:
    registry = _registry()
    size = registry.Quantity(Fraction(1), registry.parse_units(words[0]))
    return size if len(words) == 1 else size / registry.Quantity(Fraction(1), registry.parse_units(words[1]))


def factor(key: str, canonical: str) -> Fraction | None:
    """The exact factor from a spelling to a canonical unit; None where there is none.

    >>> factor("g/m3", "mg/m3"), factor("mg/m3/2", "mg/m3")
    (Fraction(1000, 1), None)
    """
    multiple, words = _words(key)
    _, target = _words(canonical)
    if not all(0 < len(side) <= 2 and all(word in WORDS for word in side) for side in (words, target)):
        return None
    given, due = (_size(tuple(WORDS[word] for word in side)) for side in (words, target))
    if given.dimensionality != due.dimensionality:
        return None
    return Fraction(given.to(due.units).magnitude) * multiple
