"""Ten thousand malformed facility files and packs: never a traceback, never a silent reading."""

import json
import random
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.rulebook import loading, packs
from envcheck.text.problems import InputError
from support import ROOT, shipped

CHARACTERS = "{}[]:,-&*!|>'\"%@`#?\n\t \\\x00\x07abc是０é\U0001f3ed1.eE+"
WORDS = [
    "null",
    "~",
    "NaN",
    "1e99",
    "-1 mg/m3",
    "20",
    "true",
    "[]",
    "{}",
    "2025-02-30",
    "mg/m3",
    "<<",
    "&a",
    "*a",
    "!!int",
    "- -",
    "? x",
    "1 200 mg/m3",
]


def mutated(text, random_source):
    """A text with a few things broken in it."""
    lines = text.split("\n")
    for _ in range(random_source.randint(1, 4)):
        n = random_source.randrange(len(lines))
        line = lines[n]
        at = random_source.randrange(len(line) + 1)
        match random_source.randrange(7):
            case 0:
                lines[n] = line[:at] + random_source.choice(CHARACTERS) + line[at:]
            case 1:
                lines[n] = line[:at] + line[at + 1 :]
            case 2:
                lines.insert(n, line)
            case 3:
                lines[n] = " " * random_source.randrange(6) + line.lstrip()
            case 4:
                head, sign, _ = line.partition(": ")
                lines[n] = head + sign + random_source.choice(WORDS)
            case 5:
                lines[n] = line.replace(
                    random_source.choice(["id", "fuel", "value", "mg/m3", "t/h", ":"]), random_source.choice(WORDS)
                )
            case 6:
                other = random_source.randrange(len(lines))
                lines[n], lines[other] = lines[other], lines[n]
    return "\n".join(lines)


def read_or_refuse(data, name="plant.yaml"):
    try:
        facility_file.read(source.read_bytes(data, name), shipped()[0])
    except InputError as error:
        assert error.problems
        assert all(p.what.zh and p.what.en and p.place.file for p in error.problems)


def test_mutated_facility_files():
    texts = [path.read_text(encoding="utf-8")[:4000] for path in sorted((ROOT / "facilities").glob("*.yaml"))]
    dice = random.Random(20261122)
    for _ in range(6000):
        read_or_refuse(mutated(dice.choice(texts), dice).encode("utf-8", "replace"))


@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(str.encode)
    | st.text(st.sampled_from(CHARACTERS), max_size=60).map(str.encode)
)
def test_any_bytes(data):
    read_or_refuse(data)
    read_or_refuse(data, "plant.json")


tree = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "boilers", "fuel", "emissions", "NOx", "value", "O2", "zone", "waivers", "rule", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree)
def test_any_tree(data):
    text = json.dumps(
        {"format": "envcheck/facility/1", "id": "p", **(data if isinstance(data, dict) else {"boilers": data})}
    )
    read_or_refuse(text.encode(), "plant.json")
    read_or_refuse(text.encode())


def test_mutated_packs():
    root = Path(loading.shipped_rules())
    pack = "\n".join((root / "kundulun-2023/pack.yaml").read_text(encoding="utf-8").split("\n")[:14]) + "\n"
    rules = """format: envcheck/rules/1
rules:
  - id: nox
    clause: 三(三)8
    covers: [kundulun-2023-113]
    title: {zh: 氮氧化物, en: NOx}
    subject: boiler
    when: [fuel == natural_gas, capacity >= 1 t/h]
    require: emissions.NOx <= 30 mg/m3 @ 3.5 % O2
    modality: must
    due: 2025-12-31
    examples:
      - {given: {fuel: natural_gas, capacity: 20 t/h}, as_of: 2026-01-01, expect: unknown}
"""
    words = shipped()[0]
    dice = random.Random(7)
    for _ in range(500):
        header, body = (mutated(pack, dice), rules) if dice.random() < 0.3 else (pack, mutated(rules, dice))
        try:
            trees = [source.read_bytes(text.encode("utf-8", "replace"), "p.yaml") for text in (header, body)]
            packs.read(packs.PackFiles(trees[0], (trees[1],), (), ()), words, {})
        except InputError as error:
            assert all(p.what.zh and p.what.en for p in error.problems)
