"""Names as people write them: what does not matter when they are compared, and what is spelled almost as one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SHORTEST = 4
"""A shorter name is but one sign from too many others."""


def folded(text: str) -> str:
    """A text without what does not matter when names are compared: width, blanks, case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def almost(names: Iterable[str]) -> str:
    """A pattern of folded texts that hold one of the names with one sign exchanged, left out or put in; empty of none.

    The first sign is kept: 首钢集团 and 宝钢集团 are not 包钢集团 misspelled, but groups of their own.

    >>> bool(re.search(almost(["九原工业园区"]), "九源工业园区")), bool(re.search(almost(["包钢集团"]), "首钢集团"))
    (True, False)
    """
    found: list[str] = []
    for name in map(folded, names):
        if len(name) < SHORTEST:
            continue
        for cut in range(1, len(name)):
            before, after = re.escape(name[:cut]), re.escape(name[cut:])
            found += [f"{before}.{after}", f"{before}.?{re.escape(name[cut + 1 :])}"]
    return "|".join(dict.fromkeys(found))
