"""Steps of evidence rendered as one line each, in both languages: formulas stay, sentences and conventions have a Chinese."""

from __future__ import annotations

import os
from collections.abc import Mapping

from envcheck.model.evidence import ASKED, Stated, Step, Truth
from envcheck.text.messages import Text, tr
from envcheck.text.problems import Place

SIGN: Mapping[Truth, str] = {True: "✓", False: "✗", None: "?"}
NO_CONVENTIONS: Mapping[str, str] = {}


def render(step: Step, conventions: Mapping[str, str] = NO_CONVENTIONS) -> Text:
    """A step for people; ``conventions`` are those of the vocabulary, with their Chinese."""
    line = _sentence(step)
    if line is None:
        line = _formula(step, conventions)
    return Text(f"{step.of}: {line.zh}", f"{step.of}: {line.en}") if step.of else line


def trace_line(step: Step) -> str:
    """A step as the JSON contract's `trace` has it."""
    return render(step).en


def place_suffix(place: Place | None) -> str:
    """Where a fact stands: a line of a file, or a cell of a sheet (`form.xlsx[boilers!C5]`)."""
    if place is None or not (place.line or place.file.endswith("]")):
        return ""
    name = os.path.basename(place.file)
    return f" ({name}:{place.line})" if place.line else f" ({name})"


def _sentence(step: Step) -> Text | None:
    """A step whose words are English in code and Chinese in the catalogue; None for a formula."""
    kind = step.kind
    if kind == "ban":
        return tr("✗ never")
    if kind == "missing_fails":
        return tr("✗ missing: fail")
    if kind == "not_yet":
        return tr("✗ from {day}", day=step.text)
    if kind == "no_longer":
        return tr("✗ until {day}", day=step.text)
    if kind == "region":
        return tr("{sign} region {bound} · region = {own}", sign=SIGN[step.truth], bound=step.text, own=step.result)
    if kind == "no_limit":
        return tr("? {formula} · no limit in force on {day}", formula=step.text, day=step.result)
    if kind == "unsure_limit":
        return tr("? {formula}: unsure", formula=step.text)
    if kind == "daily_means":
        return tr("? {formula} · {file}: daily means", formula=step.text, file=step.result)
    return None


def _formula(step: Step, conventions: Mapping[str, str]) -> Text:
    facts = [_fact(fact, conventions) for fact in step.facts]
    zh, en = (", ".join(parts) or step.result for parts in ([f.zh for f in facts], [f.en for f in facts]))
    if step.kind == "reading":
        return Text(zh, en)
    if step.kind in ASKED:
        contrary = "not " if step.kind == "not_definition" else ""
        lead, between, place = f"{SIGN[step.truth]} {contrary}{step.text}", " · ", ""
    else:
        lead, between, place = step.text, " = ", place_suffix(step.place)
    return Text(*(f"{lead}{between}{told}{place}" if told else f"{lead}{place}" for told in (zh, en)))


def _fact(fact: Stated, conventions: Mapping[str, str]) -> Text:
    if fact.text is None:
        return Text(f"{fact.name} = ?", f"{fact.name} = ?")
    stated = f"{fact.name} = {fact.text}{place_suffix(fact.place)}" + (f" = {fact.converted}" if fact.converted else "")
    if not fact.convention:
        return Text(stated, stated)
    return Text(f"{stated}; {conventions.get(fact.convention, fact.convention)}", f"{stated}; {fact.convention}")
