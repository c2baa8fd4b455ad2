"""What tests share: the shipped rulebook, small facilities and packs, and the command as people run it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging import engines
from envcheck.model.facility import Facility
from envcheck.model.rule import Pack
from envcheck.rulebook import loading
from envcheck.vocabulary.words import Vocabulary

ROOT = Path(__file__).parents[2]
WITHOUT_DURABLE = "durable-rules does not load here: pip install 'envcheck[durable]' (C compiler, Python below 3.13)"
needs_durable = pytest.mark.skipif(engines.default() != "durable", reason=WITHOUT_DURABLE)


@cache
def shipped():
    return loading.load_with_examples()


def read_facility(text: str, words: Vocabulary, name: str = "plant.yaml") -> Facility:
    return facility_file.read(source.read_bytes(text.encode(), name), words)


PACK = """
format: envcheck/pack/1
id: small
version: "1"
plan: {title: {zh: 小规划, en: small plan}, issuer: {zh: 某区, en: some district}}
region: "150203"
period: {from: 2023-01-01, until: 2025-12-31}
reviewed_on: 2026-01-01
"""


@cache
def small_pack(rules: str, header: str = "") -> Pack:
    """A pack of a few rules on the shipped vocabulary and tables."""
    root = Path(loading.shipped_rules())
    files = {
        f"rules/{path.relative_to(root).as_posix()}": path.read_bytes()
        for part in ("vocabulary", "standards")
        for path in sorted((root / part).glob("*.yaml"))
    }
    files["small/pack.yaml"] = (PACK + header).encode()
    files["small/rules.yaml"] = ("format: envcheck/rules/1\nrules:\n" + rules).encode()
    return loading.compile_files(files)[1][0]


def rule(require: str, when: str = "", subject: str = "boiler", more: str = "", name: str = "r") -> str:
    """The YAML of one rule."""
    return f"""
  - id: {name}
    clause: 一
    covers: [small-001]
    title: {{zh: 规则, en: rule}}
    subject: {subject}
    when: [{when}]
    require: '{require}'
    modality: must
    {more}
"""


def closed(node):
    """A schema that admits no key it does not name."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    more = {"additionalProperties": False} if "properties" in node and "properties" not in node["properties"] else {}
    return {**{key: closed(value) for key, value in node.items()}, **more}


HEAD = "format: envcheck/facility/1\nid: plant\nname: 某厂\nregion: '150203'\n"
SELECT = ["--select", "gas-boiler-1t-nox", "--as-of", "2026-01-01"]


def gas(nox):
    return (
        HEAD
        + f"boilers:\n  - {{id: B1, fuel: natural_gas, status: existing, capacity: 20 t/h, emissions: {{NOx: {nox}}}}}\n"
    )
