"""Whom a rule concerns, as a small table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from envcheck.model.rule import Pack, Rule
from envcheck.report.formats.json import text_data
from envcheck.review.scope import Concern, Key, Row
from envcheck.text.messages import Text, join, ptr, tr
from envcheck.vocabulary.words import Vocabulary

CALLED: dict[Concern, Text] = {
    "concerned": tr("concerned"),
    "unknown": tr("unknown"),
    "presumed_not": tr("presumed not"),
    "not_concerned": tr("not concerned"),
}
SHOWN = 12
Found = tuple[Pack, Rule, tuple[Row, ...]]


def text(found: Sequence[Found], words: Vocabulary, lang: str, *, verbose: bool) -> Iterator[str]:
    """A block a rule: each attribute it reads, and what it answers by the values of that alone."""
    if found:
        yield tr("one fact at a time, all others not stated").within(lang)
    for _, rule, rows in found:
        yield ""
        yield f"{rule.key}  {rule.title.within(lang)}"
        if not rows:
            yield "  " + tr("no list of words and no yes-or-no fact decides whom it concerns").within(lang)
        for row in rows:
            label = words.label(words.kinds[row.key.owner], (row.key.name,)).within(lang)
            yield f"  {label} ({row.key.name})"
            for concern, values in row.answers.items():
                shown = values if verbose else values[:SHOWN]
                named = join(ptr("list of words", ", "), [_label(row.key, value, words) for value in shown]).within(
                    lang
                )
                more = f" … {len(values)}" if len(shown) < len(values) else ""
                yield f"    {CALLED[concern].within(lang)}: {named}{more}"


def as_json(found: Sequence[Found]) -> str:
    """The same as JSON."""
    data: list[dict[str, Any]] = [
        {
            "rule": rule.key,
            "title": text_data(rule.title),
            "reads": [
                {
                    "of": row.key.owner,
                    "attribute": row.key.name,
                    "answers": {k: list(v) for k, v in row.answers.items()},
                }
                for row in rows
            ],
        }
        for _, rule, rows in found
    ]
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _label(key: Key, value: str, words: Vocabulary) -> Text:
    attribute = words.attribute(words.kinds[key.owner], key.name)
    if attribute is None or not attribute.choices:
        return tr("yes") if value == "true" else tr("no")
    return words.choices[attribute.choices][value].label
