"""What a table lists, by the name of its file, its titles and its headings, where that is clear."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from envcheck.register.tables.captions import KINDS, Reader, subjects
from envcheck.register.tables.sections import Section
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import Kind, Vocabulary

LOOKED_AT = 200
"""So many headings tell what a table lists: there are some forty kinds to try."""
CLEAR, AHEAD = 3, 2
"""So many headings of its own, and so many more than any other kind has, tell a kind without its name."""


def proposed(path: str, sections: Sequence[Section], reader: Reader) -> Kind:
    """The kind of subject that a table lists.

    Raises:
        InputError: it is not clear.
    """
    words = reader.words
    captions = list(sections[0].captions.values())[:LOOKED_AT]
    counts = {k.id: subjects(captions, k, reader) for k in words.kinds.values() if k.id != "facility"}
    stem = os.path.splitext(os.path.basename(path))[0]
    titles = [
        text for table in sections for row, cells in table.grid.rows if row < table.first for text in cells.values()
    ]
    for texts in ([stem], [*titles, *(table.grid.title for table in sections)]):
        named = [kind for kind in _named(texts, words) if counts[kind.id]]
        most = max((counts[kind.id] for kind in named), default=0)
        best = [kind for kind in named if counts[kind.id] == most]
        if len(best) == 1:
            return best[0]
        if best:
            raise unclear(path, stem, best)
    ordered = sorted(counts, key=lambda kind: -counts[kind])
    first, second = ordered[:2]
    if counts[first] >= CLEAR and counts[first] - counts[second] >= AHEAD:
        return words.kinds[first]
    likely = [words.kinds[kind] for kind in ordered if counts[kind] and counts[kind] >= counts[first] - 1]
    raise unclear(
        path, stem, likely if 0 < len(likely) <= 8 else (k for k in words.kinds.values() if k.id != "facility")
    )


def _named(texts: Iterable[str], words: Vocabulary) -> list[Kind]:
    """The kinds that some texts name, the longer word before one that is part of it."""
    whole = "\n".join(texts).casefold()
    spelled = sorted(
        (
            (word.casefold(), plural)
            for plural, c in words.choices.get(KINDS, {}).items()
            for word in (*c.label, *c.aliases)
        ),
        key=lambda pair: -len(pair[0]),
    )
    found: dict[str, str] = {}
    for word, plural in spelled:
        longer = [other for other in found if word != other and word in other]
        rest = whole
        for other in longer:
            rest = rest.replace(other, "")
        if word in rest:
            found[word] = plural
    plurals = [plural for word, plural in spelled if word in found]
    return [kind for kind in words.kinds.values() if kind.plural in plurals]


class UnclearKind(InputError):
    """It is not clear what a table lists."""


def unclear(path: str, word: str, kinds: Iterable[Kind]) -> UnclearKind:
    """The refusal of a table of which it is not clear what it lists."""
    listed = list(kinds)
    known = Text("、".join(f"{k.label.zh}（{k.plural}）" for k in listed), ", ".join(k.plural for k in listed))
    what = tr("it is not clear of what {word} is a table", word=word)
    hint = tr("say so with --kind, as in --kind {example}; known: {known}", example=listed[0].plural, known=known)
    return UnclearKind([Problem(Place(path), what, hint)])
