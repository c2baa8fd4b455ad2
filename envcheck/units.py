"""The unit library (pint), asked only when packs are compiled and when a spelling is not in the vocabulary."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import Any

import pint

# Longest first: 平方米 before 米, 万千瓦 before 千瓦.
CHINESE = (
    ("标准立方米", "m3"), ("标立方米", "m3"), ("平方公里", "km2"), ("平方千米", "km2"), ("平方米", "m2"),
    ("立方米", "m3"), ("千伏安", "kVA"), ("兆伏安", "MVA"), ("千大卡", "Mcal"), ("摄氏度", "°C"), ("百分之", "%"),
    ("毫克", "mg"), ("微克", "ug"), ("纳克", "ng"), ("千克", "kg"), ("公斤", "kg"), ("大卡", "kcal"), ("千卡", "kcal"),
    ("兆瓦", "MW"), ("千瓦", "kW"), ("公里", "km"), ("千米", "km"), ("厘米", "cm"), ("毫米", "mm"), ("公顷", "ha"),
    ("蒸吨", "t"), ("小时", "h"), ("分钟", "min"), ("分贝", "dB"), ("亩", "mu"), ("克", "g"), ("升", "L"),
    ("吨", "t"), ("米", "m"), ("年", "yr"), ("天", "d"), ("日", "d"), ("时", "h"), ("瓦", "W"), ("周", "week"), ("度", "°C"),
)  # fmt: skip
MULTIPLES = (("亿", "100000000*"), ("万", "10000*"), ("10^4", "10000*"), ("10^8", "100000000*"))
NAMES = {
    "t": "metric_ton", "d": "day", "h": "hour", "yr": "plan_year", "a": "plan_year", "year": "plan_year",
    "years": "plan_year", "L": "liter", "l": "liter", "ha": "hectare", "hm2": "hectare", "%": "percent_point",
    "percent": "percent_point", "°C": "celsius_point", "degC": "celsius_point", "dB": "decibel_point",
    "dBA": "decibel_point", "kVA": "kilovolt_ampere_", "VA": "volt_ampere_", "MVA": "megavolt_ampere_",
    "mu": "mu_area", "kcal": "kilocalorie", "Mcal": "megacalorie", "Gcal": "gigacalorie", "g": "gram", "m": "meter",
    "W": "watt", "min": "minute", "m3": "meter**3", "m2": "meter**2", "Nm3": "meter**3", "km2": "kilometer**2",
}  # fmt: skip
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
WORD = re.compile(r"[A-Za-z%°]+\d?")


@cache
def _registry() -> Any:
    registry: Any = pint.UnitRegistry(non_int_type=Fraction)
    for line in DEFINITIONS:
        registry.define(line)
    return registry


def _expression(key: str) -> str | None:
    """A spelling (see `quantity.unit_key`) as an expression of the library; None where it has other characters."""
    text = key
    for word, latin in (*CHINESE, *MULTIPLES):
        text = text.replace(word, latin)
    text = text.replace("·", "*").replace("^", "**")
    if not re.fullmatch(r"[A-Za-z0-9%°*/().]{1,60}", text) or re.search(r"\*\*\d{2,}|\d{12,}", text):
        return None
    return WORD.sub(lambda m: NAMES.get(m[0], m[0]), text)


def factor(key: str, canonical: str) -> Fraction | None:
    """The exact factor from a spelling to a canonical unit; None where there is none.

    >>> factor("g/m3", "mg/m3")
    Fraction(1000, 1)
    """
    source, target = _expression(key), _expression(canonical)
    if source is None or target is None:
        return None
    registry = _registry()
    try:
        quantity = registry.parse_expression(source)
        if not hasattr(quantity, "to"):
            return None
        magnitude = quantity.to(registry.parse_units(target)).magnitude
    except (pint.PintError, ValueError, ArithmeticError, TypeError, AttributeError, SyntaxError, AssertionError):
        return None
    except Exception as error:  # the library lets errors of Python's own tokenizer through
        if type(error).__module__ in ("tokenize", "pint.errors", "pint.pint_eval"):
            return None
        raise
    value = Fraction(magnitude)
    return value if value > 0 else None
