"""Facility files as YAML and JSON: whole files from a tree, and forms with every key commented out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from envcheck.files.source import Listing, Node, Scalar
from envcheck.forms import describe
from envcheck.forms.fields import Form, Use
from envcheck.forms.keys import FACILITY, WHOLE, label_of, unit_of
from envcheck.report.parts.phrases import clean
from envcheck.text.messages import ptr, tr
from envcheck.vocabulary.words import Vocabulary


class _Dumper(yaml.SafeDumper):
    """Writes every scalar as the text it is: quoted only where YAML itself, or our reader, would take it for null."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 (the library's own way)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


_Dumper.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(?:|null|Null|NULL|~)$"), ["", "n", "N", "~"])


def as_data(node: Node) -> Any:
    """A tree as plain data: texts, None, lists, dictionaries."""
    if isinstance(node, Scalar):
        return None if node.is_null else node.text
    if isinstance(node, Listing):
        return [as_data(item) for item in node.items]
    return {key: as_data(value) for key, value in node.entries.items()}


def to_json(tree: Node) -> str:
    """The file as JSON; every value stays the text that it was written as."""
    return json.dumps(as_data(tree), ensure_ascii=False, indent=1) + "\n"


def to_yaml(tree: Node) -> str:
    """The file as YAML; every value stays the text that it was written as."""
    text: str = yaml.dump(as_data(tree), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    return text


def blank(form: Form, known: Mapping[str, str], words: Vocabulary, introduction: Sequence[str], lang: str) -> str:
    """A form in YAML: lines that begin with `## ` explain; taking `# ` away from the others makes the file whole."""
    lines = [f"## {line}".rstrip() for line in introduction]
    lines += [
        "format: envcheck/facility/1",
        "id:   # " + tr("required: an id of your own").within(lang),
    ]
    filled = {name: value for name, value in known.items() if value}
    lines += [f'{name}: "{value}"' if name == "region" else f"{name}: {value}" for name, value in filled.items()]
    done = {"id", *filled}
    lines += [
        f"# {line}"
        for line in _keys([u for u in form.fields[FACILITY] if u.key.text not in done], FACILITY, words, lang)
    ]
    for kind, uses in form.fields.items():
        if kind == FACILITY:
            continue
        whole = words.kinds[kind]
        none = tr("write [] if there are none").within(lang)
        lines += ["", f"## {whole.label.within(lang)}{_gap(lang)}{none}"]
        lines.append(f"# {whole.plural}:")
        inner = list(_keys([use for use in uses if use.key.text != "id"], kind, words, lang))
        lines.append(f"#   - id: {describe.example(uses[0].key, whole, words, lang)}")
        lines += [f"#     {line}" for line in inner]
    return "\n".join(lines) + "\n"


def _keys(uses: Sequence[Use], kind: str, words: Vocabulary, lang: str) -> Iterator[str]:
    """The keys of a kind, without values, each with its unit, its allowed values and the rules that ask for it."""
    opened = ""
    oxygen = {use.key.attribute.name for use in uses if use.key.substance == WHOLE}
    for use in uses:
        key = use.key
        if key.substance == WHOLE:
            continue
        name = key.attribute.name
        label = label_of(key, words.kinds[kind], words).within(lang)
        about = _gap(lang).join(text for text in (label, _allowed(use, words, lang)) if text)
        if not key.substance:
            opened = ""
            yield f"{name}:   # {clean(about)}"
            continue
        if opened != name:
            opened = name
            yield f"{name}:"
        unit = unit_of(key, words)
        written = f"{{value: 46 {unit}, O2: 5.2 %}}" if name in oxygen and unit else f"46 {unit}".strip()
        such = tr("write {written}", written=written).within(lang)
        yield f"  {key.substance}:   # {clean(about)}{_gap(lang)}{such}"


def _allowed(use: Use, words: Vocabulary, lang: str) -> str:
    told = describe.note(use.key, use.titles, words, sheet=False).within(lang)
    if use.key.attribute.type in describe.CHOSEN:
        choices = words.choices[use.key.attribute.choices].values()
        listed = ", ".join(f"{c.id} ({c.label.within(lang)})" for c in choices)
        offered = tr("one of: {listed}", listed=listed).within(lang)
        told = f"{told}{_gap(lang) if told else ''}{offered}"
    return told


def _gap(lang: str) -> str:
    return ptr("list", "; ").within(lang)
