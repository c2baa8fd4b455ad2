"""The published JSON Schemas (draft-07, which editors of YAML understand) of what envcheck writes and reads.

That of facility files is made from the vocabulary, so that an editor offers and explains just the words that `check`
knows. It takes what `check` takes in its usual spellings; whether a unit fits is for `check` to tell.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from envcheck.facility.facility_file import FORMAT
from envcheck.facility.facts import NO, YES
from envcheck.model.facility import Waiver
from envcheck.text.messages import Text, join, ptr, tr
from envcheck.units.quantity import show
from envcheck.vocabulary.words import Attribute, Choice, Kind, Vocabulary

DRAFT = "http://json-schema.org/draft-07/schema#"
HERE = os.path.dirname(os.path.abspath(__file__))

Schema = dict[str, Any]


def _both(text: Text) -> str:
    return text.zh if text.zh == text.en else f"{text.zh} / {text.en}"


DIGIT = "[0-9０-９]"
NUMBER = rf"[+\-＋－]?({DIGIT}+([.．]{DIGIT}*)?|[.．]{DIGIT}+)([eE][+\-]?{DIGIT}{{1,2}})?"
BOUND = r"\s*[<≤＜]?\s*"
COUNTED = rf"^\s*{NUMBER}\s*[个家台户辆座条项处份次所人]?\s*$"
DAY = rf"^\s*{DIGIT}{{4}}[-/.年．／－]{DIGIT}{{1,2}}[-/.月．／－]{DIGIT}{{1,2}}日?([ T]00?:00(:00(\.0+)?)?)?\s*$"
MONTH = rf"^\s*(19|20|21|１９|２０|２１){DIGIT}{{2}}(年|[-/.年．／－]{DIGIT}{{1,2}}月?)?\s*$"
WITH_UNIT = rf"^{BOUND}{NUMBER}\s*(10\^[48]|[^0-9０-９\s.．,，、eE+\-＋－])"
BARE = rf"^{BOUND}{NUMBER}\s*$"
RATIO = rf"^\s*{NUMBER}\s*([%％]|[:：∶]\s*{NUMBER})?\s*$"
REGION = rf"^\s*({DIGIT}{{2}}|{DIGIT}{{4}}|{DIGIT}{{6}}|{DIGIT}{{9}}|{DIGIT}{{12}}|[\u4e00-\u9fff\s]+)\s*$"
YEAR: Schema = {"type": "number", "minimum": 1900, "maximum": 2200}
YES_NO: list[Any] = [True, False, *sorted(YES | NO)]
FIXED: dict[str, Schema] = {
    "null": {"type": "null", "description": _both(tr("not known"))},
    "text": {"type": ["string", "number", "boolean", "null"]},
    "yes_no": {"enum": [*YES_NO, None]},
    "event": {"anyOf": [{"enum": [*YES_NO, None]}, {"type": "string", "pattern": f"({DAY})|({MONTH})"}, YEAR]},
    "date": {"type": ["string", "null"], "pattern": DAY},
    "when": {"anyOf": [{"type": ["string", "null"], "pattern": f"({DAY})|({MONTH})"}, YEAR]},
    "number": {"type": ["number", "string", "null"], "pattern": COUNTED},
    "ratio": {"type": ["number", "string", "null"], "pattern": RATIO},
    "region": {"type": ["string", "integer", "null"], "pattern": REGION},
    "quantity": {"type": ["string", "null"], "pattern": WITH_UNIT},
    "share": {"anyOf": [{"type": ["string", "null"], "pattern": WITH_UNIT}, {"enum": [True, *sorted(YES)]}]},
    "series": {"anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": {"type": "object"}}]},
    "bare": {"type": ["number", "string", "null"], "pattern": BARE},
    "id": {"type": ["string", "number"], "pattern": "^[^/]+$"},
}
MEDIA: dict[str, Schema] = {
    "emissions": {
        "O2": {"title": _both(tr("oxygen content, % by volume")), "allOf": [{"$ref": "#/definitions/quantity"}]},
        "moisture": {"title": _both(tr("moisture, %")), "allOf": [{"$ref": "#/definitions/quantity"}]},
        "basis": {"title": _both(tr("dry or wet gas")), "enum": ["dry", "wet", "干基", "湿基", None]},
        "measured_on": {"title": _both(tr("day measured")), "allOf": [{"$ref": "#/definitions/when"}]},
    },
    "water": {"measured_on": {"title": _both(tr("day measured")), "allOf": [{"$ref": "#/definitions/when"}]}},
}
"""What may stand beside the value of a reading."""
EXPECTED = {
    "yes_no": tr("yes or no"),
    "event": tr("yes, no or the date it happened"),
    "date": tr("a date such as 2025-12-31"),
    "number": tr("a number"),
    "ratio": tr("a ratio such as 1.25:1"),
    "region": tr("a region code or name such as 150203 or 昆都仑区"),
}


def findings() -> Schema:
    """The schema of the JSON contract of `check`."""
    return _kept("findings")


def screening() -> Schema:
    """The schema of the summary of a screening."""
    return _kept("screening")


def _kept(name: str) -> Schema:
    with open(os.path.join(HERE, f"{name}.schema.json"), encoding="utf-8") as stream:
        schema: Schema = json.load(stream)
    return schema


def facility(words: Vocabulary) -> Schema:
    """The schema of facility files."""
    kinds = [kind for kind in words.kinds.values() if kind.id != "facility"]
    itself = words.kinds["facility"]
    definitions = dict(FIXED)
    for name, choices in words.choices.items():
        definitions[f"choices-{name}"] = _choices(choices.values())
    for attribute in itself.attributes.values():
        if attribute.inherited:
            definitions[f"shared-{attribute.name}"] = _attribute(attribute, words)
    for kind in kinds:
        definitions[f"kind-{kind.id}"] = _subject(kind, words)
    for medium, extra in MEDIA.items():
        for value in ("quantity", "bare"):
            definitions[f"{medium}-{value}"] = _reading(value, extra)
    properties = {
        "format": {"const": FORMAT, "description": _both(tr("the format and its version"))},
        **_properties(itself, words),
        **{kind.plural: _list(kind) for kind in kinds},
    }
    return {
        "$schema": DRAFT,
        "title": _both(tr("envcheck facility file 1")),
        "description": _both(tr("leave out what is not known")),
        "type": "object",
        "required": ["format", "id"],
        "additionalProperties": False,
        "properties": properties,
        "definitions": definitions,
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _choices(choices: Iterable[Choice]) -> Schema:
    """The ids with their labels, then what else may be written for each; numbers as numbers too."""
    listed = [{"enum": _spellings(c), "title": _both(c.label), "description": _both(c.label)} for c in choices]
    return {"anyOf": [*listed, _ref("null")]}


def _spellings(choice: Choice) -> list[Any]:
    words = list(dict.fromkeys((choice.id, *choice.label, *choice.aliases)))
    return [*words, *(int(word) for word in words if word.isascii() and word.isdigit() and word == str(int(word)))]


def _subject(kind: Kind, words: Vocabulary) -> Schema:
    return {
        "title": _both(kind.label),
        "type": "object",
        "required": ["id"],
        "additionalProperties": False,
        "properties": _properties(kind, words),
    }


def _list(kind: Kind) -> Schema:
    label = tr("list of {label}", label=kind.label)
    return {"title": _both(label), "type": ["array", "null"], "items": _ref(f"kind-{kind.id}")}


def _properties(kind: Kind, words: Vocabulary) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for attribute in words.attributes(kind):
        shared = attribute.name not in kind.attributes
        schema = _ref(f"shared-{attribute.name}") if shared else _attribute(attribute, words)
        found.update(dict.fromkeys((attribute.name, *attribute.aliases), schema))
    return {**found, "id": {"title": _both(tr("id")), **_ref_all("id")}}


def _ref_all(name: str) -> Schema:
    """A reference beside other keywords: draft-07 ignores what stands next to a bare `$ref`."""
    return {"allOf": [_ref(name)]}


def _attribute(attribute: Attribute, words: Vocabulary) -> Schema:
    return {
        "title": _both(attribute.label),
        "description": _description(attribute, words),
        **_value(attribute, words),
    }


def _description(attribute: Attribute, words: Vocabulary) -> str:
    """What it is, what to write, in which unit and within which bounds."""
    parts = [attribute.label, EXPECTED.get(attribute.type), attribute.help]
    if attribute.unit:
        name = words.unit_labels.get(attribute.unit, Text(attribute.unit, attribute.unit))
        fits = ", ".join(words.units.spellings.get(attribute.unit, (attribute.unit,))[:8])
        called = Text(f"{attribute.unit}（{name.zh}）", attribute.unit)
        parts.append(tr("unit {unit}; also written {fits}", unit=called, fits=fits))
    if attribute.high is not None:
        low = show(attribute.low) if attribute.low is not None else "…"
        bounds = f"{low} – {show(attribute.high)} {attribute.unit}".strip()
        parts.append(Text(bounds, bounds))
    shown = [part for part in parts if part is not None and part.zh]
    return " / ".join(join(ptr("list", "; "), shown))


def _value(attribute: Attribute, words: Vocabulary) -> Schema:
    choices = _ref(f"choices-{attribute.choices}")
    if attribute.type in ("choice", "level"):
        return {"allOf": [choices]}
    if attribute.type == "choices":
        return {"anyOf": [choices, {"type": "array", "minItems": 1, "items": choices}]}
    if attribute.type == "quantity":
        return _ref_all("share" if attribute.unit == "%" else "quantity")
    if attribute.is_map:
        return _substances(attribute, words)
    if attribute.type == "records":
        return _records(attribute)
    return _ref_all(attribute.type)


def _substances(attribute: Attribute, words: Vocabulary) -> Schema:
    properties: dict[str, Schema] = {}
    for substance in words.substances.values():
        weighed = attribute.type == "amounts"
        value = "quantity" if weighed else f"{attribute.type}-{'bare' if substance.unit == '' else 'quantity'}"
        if attribute.takes(substance):
            schema = {"title": _both(substance.label), **_ref_all(value)}
            properties.update(dict.fromkeys((substance.id, substance.label.zh, *substance.aliases), schema))
    return {"type": ["object", "null"], "additionalProperties": False, "properties": properties}


def _reading(value: str, extra: Schema) -> Schema:
    """A concentration, alone or with the conditions under which it was measured."""
    whole = {
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {"value": _ref(value), **extra},
    }
    return {"anyOf": [_ref(value), whole]}


def _records(attribute: Attribute) -> Schema:
    row: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _ref(kind) for name, kind in attribute.fields},
    }
    if attribute.name == "waivers":
        row["required"] = [name for name in Waiver._fields if name not in ("subject", "place")]
    return {"type": ["array", "null"], "items": row}
