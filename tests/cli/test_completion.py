"""What the shell offers beside files and packs."""

import os
import subprocess
import sys

import click
import pytest

from envcheck.cli import completion
from support import ROOT


@pytest.mark.parametrize(
    ("offer", "begun", "expected"),
    [
        ("rules", "gas-boiler-1t-n", {"gas-boiler-1t-nox"}),
        ("rules", "kundulun-2023/gas-boiler-1t-n", {"kundulun-2023/gas-boiler-1t-nox"}),
        ("types", "heating_pl", {"heating_plant"}),
        ("industries", "electropl", {"electroplating"}),
        ("industries", "heating_pl", set()),
        ("regions", "150203", {"150203"}),
        ("regions", "昆都", {"昆都仑区"}),
        ("kinds", "boil", {"boilers"}),
        ("kinds", "no-such", set()),
    ],
)
def test_what_is_begun_is_completed(offer, begun, expected):
    found = getattr(completion, offer)(click.Context(click.Command("x")), None, begun)
    assert {item.value for item in found} == expected


def test_all_rules_types_and_kinds_are_offered(words, packs):
    nothing = click.Context(click.Command("x")), None

    def offered(name, begun=""):
        return {item.value for item in getattr(completion, name)(*nothing, begun)}

    assert offered("rules", "kundulun-2023/") == {r.key for p in packs if p.id == "kundulun-2023" for r in p.rules}
    assert offered("kinds") == {kind.plural for kind in words.kinds.values()}
    assert offered("regions") == set(words.choices["region"])


def test_completing_loads_nothing():
    script = (
        "import sys, click; from envcheck.cli import completion\n"
        "at = click.Context(click.Command('x')), None, ''\n"
        "assert completion.rules(*at) and completion.regions(*at) and completion.kinds(*at)\n"
        "print(sorted(m for m in ('yaml', 'lark', 'rich', 'envcheck.rulebook') if m in sys.modules))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
