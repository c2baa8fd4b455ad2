"""Exact numbers with their units, the conversions between units, and concentrations in flue gas."""
