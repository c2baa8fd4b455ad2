"""Exact numbers, intervals of them, and the units they carry.

All arithmetic is on fractions: 0.07 g/m3 is exactly 70 mg/m3. What is known only within bounds (a reading below the
detection limit, a sum with a term missing) is an interval, and comparing intervals is three-valued.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import NamedTuple

NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?")
WIDE = {**{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}, 0x3000: 0x20}
"""Full-width signs and the plain ones: nothing else folds inside a number (² and ① are no digits)."""
DIGITS = 12
LONGEST = 1000
"""No unit is longer: to fold a longer text takes time that grows with its square."""


class Interval(NamedTuple):
    """All that is known of a number: it lies from ``low`` to ``high``; None is no bound."""

    low: Fraction | None
    high: Fraction | None

    @staticmethod
    def point(value: Fraction | int) -> Interval:
        """A number known exactly."""
        return Interval(Fraction(value), Fraction(value))

    @property
    def exact(self) -> Fraction | None:
        """The number, where it is known exactly."""
        return self.low if self.low is not None and self.low == self.high else None

    def scaled(self, factor: Fraction) -> Interval:
        """The interval times a factor above zero."""
        if self.low is self.high and self.low is not None:
            value = self.low * factor
            return Interval(value, value)
        return Interval(
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
        )

    def plus(self, other: Interval) -> Interval:
        """The sum of two intervals."""
        return Interval(
            None if self.low is None or other.low is None else self.low + other.low,
            None if self.high is None or other.high is None else self.high + other.high,
        )

    def hull(self, other: Interval) -> Interval:
        """The smallest interval that holds both."""
        return Interval(
            None if self.low is None or other.low is None else min(self.low, other.low),
            None if self.high is None or other.high is None else max(self.high, other.high),
        )


UNBOUNDED = Interval(None, None)


def compare(left: Interval, op: str, right: Interval) -> bool | None:
    """Whether ``left op right`` holds for every, for no, or for some values of the intervals (None)."""
    if op in (">", ">="):
        return compare(right, "<" if op == ">" else "<=", left)
    if op == "!=":
        equal = compare(left, "==", right)
        return None if equal is None else not equal
    if op == "==":
        if left.exact is not None and right.exact is not None:
            return left.exact == right.exact
        apart = _below(left.high, right.low, strict=True) or _below(right.high, left.low, strict=True)
        return False if apart else None
    strict = op == "<"
    if _below(left.high, right.low, strict=strict):
        return True
    if _below(right.high, left.low, strict=not strict):
        return False
    return None


def _below(left: Fraction | None, right: Fraction | None, *, strict: bool) -> bool:
    if left is None or right is None:
        return False
    return left < right if strict else left <= right


def parse_number(text: str) -> Fraction | None:
    """The exact value of a decimal number, in plain or full-width signs, or None where the text is not one.

    >>> parse_number("２８．５"), parse_number("28²")
    (Fraction(57, 2), None)
    """
    folded = text.translate(WIDE).strip()
    return Fraction(folded) if NUMBER.fullmatch(folded) else None


def show(value: Fraction, digits: int = DIGITS) -> str:
    """A number as a decimal: exact where it terminates within 30 digits, else rounded to ``digits`` significant ones.

    >>> show(Fraction(7, 100)), show(Fraction(100, 3), 5)
    ('0.07', '33.333')
    """
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    numerator, denominator = Decimal(value.numerator), Decimal(value.denominator)
    if rest == 1 and max(len(str(value.numerator)), len(str(value.denominator))) <= 24:
        quotient = numerator / denominator
    else:
        quotient = numerator / denominator
        quotient = quotient.quantize(
            Decimal(1).scaleb(quotient.adjusted() - digits + 1) if quotient else Decimal(1), ROUND_HALF_EVEN
        )
    text = f"{quotient:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def rounded_like(value: Fraction, pattern: Fraction) -> Fraction:
    """``value`` rounded half to even to the decimal places that ``pattern`` is written with (GB/T 8170-2008)."""
    text = show(pattern)
    places = len(text.partition(".")[2])
    scaled = value * 10**places
    return Fraction(round(scaled), 10**places)


class Conversion(NamedTuple):
    """From a spelling to a canonical unit: the factor, and what a convention (not physics) says about it."""

    factor: Fraction
    convention: str = ""


class UnitError(ValueError):
    """A unit that does not fit; ``fits`` lists spellings that do, ``readings`` what an ambiguous one may mean."""

    def __init__(self, unit: str, canonical: str, fits: tuple[str, ...], readings: tuple[str, ...] = ()) -> None:
        self.unit, self.canonical, self.fits, self.readings = unit, canonical, fits, readings
        super().__init__(f"{unit} is not a unit of {canonical}")


def unit_key(text: str) -> str:
    """A spelling without what does not matter: width, superscripts, blanks."""
    if len(text) > LONGEST:
        return text
    folded = unicodedata.normalize("NFKC", text)
    return re.sub(r"\s+", "", folded).replace("μ", "u").replace("℃", "°C")


class Units(NamedTuple):
    """The known spellings of every canonical unit."""

    known: Mapping[str, Mapping[str, Conversion]]
    spellings: Mapping[str, tuple[str, ...]]

    def conversion(self, unit: str, canonical: str) -> Conversion:
        """How to bring ``unit`` to ``canonical``: by the vocabulary, else by what is put together of known words.

        Raises:
            UnitError: the unit is unknown, may mean several things, or is of another dimension.
        """
        key = unit_key(unit)
        found = self.known.get(canonical, {}).get(key)
        readings: tuple[str, ...] = ()
        if found is None and key:
            from envcheck.units import compound  # few spellings are not in the vocabulary

            readings = compound.readings(key)
            value = compound.factor(key, canonical) if not readings else None
            found = Conversion(value) if value is not None else None
        if found is None:
            raise UnitError(unit, canonical, self.spellings.get(canonical, (canonical,)), readings)
        return found


MARK = re.compile(r"(?:L|\(L\))(?=\s|$)")
"""What laboratories put behind a detection limit where less was found (HJ/T 91-2002): 0.05L, 3(L)."""
NOT_DETECTED = re.compile(r"(?:nd|n\.d\.?|未检出)(?![a-z])", re.IGNORECASE)
LIMIT = re.compile(r"\((?:检出限)?[:=]?(?P<limit>[^()]*)\)(?P<unit>[^()]*)|(?P<bare>[<≤].*)", re.DOTALL)


class Quantity(NamedTuple):
    """A number with a unit as it was written, and its value in the canonical unit."""

    text: str
    value: Interval
    unit: str
    convention: str = ""


def split(text: str, *, measured: bool = False) -> tuple[str, Fraction, str] | None:
    """Bound sign, number and unit of a quantity's spelling; None where it does not begin with a number.

    Of what is ``measured`` the marks of laboratories are bounds too: `0.05L`, `3(L)`, `ND(0.05)`. Whether the rest is a
    unit is for `Units.conversion` to say, which takes nothing but a closed list.

    >>> split("４６ ㎎/㎥"), split("0.05L mg/L", measured=True), split("45..5 mg/m3")
    (('', Fraction(46, 1), 'mg/m3'), ('<', Fraction(1, 20), 'mg/L'), ('', Fraction(45, 1), '.5 mg/m3'))
    """
    folded = text.translate(WIDE).strip()
    word = NOT_DETECTED.match(folded) if measured else None
    if word is not None:
        limit = LIMIT.fullmatch(folded[word.end() :].strip())
        parts = split(limit["bare"] or f"{limit['limit']} {limit['unit']}") if limit is not None else None
        return None if parts is None else ("<", *parts[1:])
    bound = folded[:1] if folded[:1] in ("<", "≤") else ""
    folded = folded.removeprefix(bound).lstrip()
    match = NUMBER.match(folded)
    if match is None:
        return None
    rest = folded[match.end() :]
    if len(rest) > LONGEST:
        return bound, Fraction(match[0]), rest
    if measured and (mark := MARK.match(rest)) is not None:
        bound, rest = bound or "<", rest[mark.end() :]
    return bound, Fraction(match[0]), unicodedata.normalize("NFKC", rest).strip()


def is_not_detected(text: str) -> bool:
    """Whether a text says that nothing was found, and not from which limit on it would have been: `ND`, `未检出`."""
    return NOT_DETECTED.fullmatch(text.translate(WIDE).strip()) is not None


def may_be_unit(text: str) -> bool:
    """Whether a text begins as a unit does: with a letter or a sign of one, or with a power of ten."""
    return text[:1].isalpha() or text[:1] in ("%", "°") or text.startswith("10^")


def parse_quantity(text: str, canonical: str, units: Units, *, measured: bool = False) -> Quantity | None:
    """A quantity in its canonical unit; "< 0.5 mg/L" is the interval up to 0.5.

    Returns None where the text is not one number with one unit behind it.

    Raises:
        UnitError: the unit is missing, unknown, ambiguous or of another dimension.
    """
    parts = split(text, measured=measured)
    if parts is None or (parts[2] and not may_be_unit(parts[2])):
        return None
    bound, number, unit = parts
    if canonical:
        conversion = units.conversion(unit, canonical)
    elif unit:
        raise UnitError(unit, canonical, ())
    else:
        conversion = Conversion(Fraction(1))
    value = number * conversion.factor
    low = Fraction(0) if bound else value
    return Quantity(text.strip(), Interval(low, value), canonical, conversion.convention)
