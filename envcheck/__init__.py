"""envcheck: hold facility descriptions against environmental plans.

>>> from datetime import date
>>> import envcheck
>>> rules = envcheck.load_rules()
>>> plant = envcheck.read_facility("facilities/gas-boiler-house.yaml", rules)
>>> result = envcheck.check([plant], rules, as_of=date(2026, 7, 1))
>>> result.reports[0].outcome
'non_compliant'
>>> page = envcheck.render(result, rules, "html", "zh")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from envcheck.version import __version__

__all__ = [
    "InputError",
    "__version__",
    "check",
    "load_rules",
    "read_facilities",
    "read_facility",
    "render",
    "screen",
    "timeline",
]

if TYPE_CHECKING:
    from envcheck.api import check, load_rules, read_facilities, read_facility, render, screen, timeline
    from envcheck.text.problems import InputError


def __getattr__(name: str) -> Any:  # what is public loads when it is first asked for: `envcheck --version` needs none
    if name in __all__:
        from envcheck import api

        return getattr(api, name)
    raise AttributeError(f"module 'envcheck' has no attribute {name!r}")
