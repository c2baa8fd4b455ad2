"""The records that flow through envcheck: expressions, rules, facilities, series, findings.

Named tuples rather than frozen dataclasses: setting up a dataclass takes several times as long, and every start of the
program would pay for it.
"""
