"""Concentrations in flue gas: ppm, moisture and reference oxygen.

Limits are for dry gas at 273.15 K and 101.325 kPa (GB 13271-2014 3.5). The order is: as measured, dry, reference oxygen.
"""

from __future__ import annotations

from fractions import Fraction

from envcheck.units.quantity import Interval, show

MOLAR_VOLUME = Fraction(224, 10)
"""Litres a mole at 273.15 K and 101.325 kPa, as the practice of converting ppm takes it."""
AIR_OXYGEN = 21
"""Oxygen in air, percent by volume, as GB 13271-2014 5.2 takes it."""
LEAST_OXYGEN = Fraction(AIR_OXYGEN, 100)
"""Percent that no stack has so little of: up to here a share of one (0.16 for 16 %) was written, or nothing measured."""
DRY, WET = ("dry", "干基"), ("wet", "湿基")
"""How the basis of a measurement is spelled."""
PPM_SPELLINGS = {"ppm": Fraction(1), "ppmv": Fraction(1), "umol/mol": Fraction(1), "ppb": Fraction(1, 1000)}


def from_ppm(ppm: Fraction, molar_mass: Fraction) -> Fraction:
    """mg/m3 at 273.15 K and 101.325 kPa: ppm × M / 22.4. NOx is counted as NO2, so M is 46.01.

    >>> from_ppm(Fraction(224), Fraction(46))
    Fraction(460, 1)
    """
    return ppm * molar_mass / MOLAR_VOLUME


def dry(wet: Interval, moisture: Fraction) -> Interval:
    """A wet concentration (of a pollutant or of oxygen) in dry gas: wet / (1 - moisture), moisture in percent."""
    return wet.scaled(1 / (1 - moisture / 100))


def at_reference(measured: Interval, oxygen: Fraction, reference: Fraction) -> Interval:
    """The concentration at the reference oxygen content: measured × (21 - reference) / (21 - oxygen).

    Source: GB 13271-2014 5.2. Oxygen in percent of dry gas.

    Raises:
        ValueError: oxygen is 21 % or more, so that no converted value exists.
    """
    return measured.scaled(factor(oxygen, reference))


def factor(oxygen: Fraction, reference: Fraction) -> Fraction:
    """What a concentration measured at an oxygen content is multiplied by: (21 - reference) / (21 - oxygen).

    Raises:
        ValueError: oxygen is 21 % or more.
    """
    if oxygen >= AIR_OXYGEN:
        raise ValueError(f"oxygen {show(oxygen)} % is not below 21 %")
    return (AIR_OXYGEN - reference) / (AIR_OXYGEN - oxygen)
