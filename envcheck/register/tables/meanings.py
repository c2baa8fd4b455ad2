"""What the headings of a table mean, by themselves and beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from envcheck.register.columns.layout import FACILITY_ID, ID
from envcheck.register.tables.captions import Caption, Meaning, Reader, parted, plain
from envcheck.register.tables.mappings import Settings
from envcheck.register.tables.sections import Section
from envcheck.register.tables.telling import columns_told
from envcheck.text.messages import Text, tr
from envcheck.vocabulary.words import Kind


def meanings_of(group: Sequence[Section], kind: Kind, reader: Reader, settings: Settings) -> dict[str, Meaning]:
    """What the headings mean, by themselves and beside each other."""
    captions = {caption.text: caption for caption in group[0].captions.values()}
    said = {plain(heading): name for heading, name in settings.renamed(kind.plural).items()}
    lasts = Counter(caption.parts[-1] for caption in captions.values())
    found: dict[str, Meaning] = {}
    given: set[str] = set()
    for text, caption in captions.items():
        spellings = (text, "·".join(caption.parts), *(caption.parts[-1:] if lasts[caption.parts[-1]] == 1 else ()))
        name = next((said[spelling] for spelling in spellings if spelling in said), None)
        if name is not None:
            given.add(text)
            bare, unit = parted(name)
            found[text] = Meaning("aside") if name.startswith("#") else Meaning("read", bare, unit or caption.unit)
        else:
            found[text] = reader.meaning(caption, kind)
    return _beside(found, given)


def understood(
    headings: Iterable[str], kind: Kind, reader: Reader, said: Mapping[str, str]
) -> tuple[dict[str, Meaning], list[Text]]:
    """What the headings of a plain table mean that nobody has mapped, and what is told of them."""
    captions = {heading: Caption((plain(heading),)) for heading in headings if heading not in said}
    meant = _beside({text: reader.meaning(caption, kind) for text, caption in captions.items()}, set())
    return meant, columns_told(meant)


def _beside(found: dict[str, Meaning], given: set[str]) -> dict[str, Meaning]:
    """Readings and converted readings side by side, firms beside the ids of facilities."""
    read = {m.name for m in found.values() if m.role == "read"}
    measured = {name for name in read if name.startswith(("emissions.", "water.")) and name.count(".") == 1}
    oxygen = [text for text, m in found.items() if m.role == "read" and m.name.endswith(".O2")]
    only = {text: m for text, m in found.items() if m.role == "converted" and m.name not in measured}
    changed = dict(found)
    if only:
        # What is converted stands at the reference already: with the oxygen beside it, it would be converted twice.
        changed |= {text: Meaning("open") if oxygen else m._replace(role="read") for text, m in only.items()}
    if FACILITY_ID in read:
        changed |= {text: Meaning("aside") for text, m in changed.items() if m.role == "firm" and text not in given}
    return changed


def with_id(
    rows: pl.DataFrame, meanings: dict[str, Meaning], kind: Kind
) -> tuple[pl.DataFrame, dict[str, Meaning], list[Text]]:
    """The table with ids of its subjects, what its headings mean, what is told: where it has none their names are, or the numbers of the rows."""
    of = {m.name: text for text, m in meanings.items() if m.role in ("read", "firm")}
    if ID in of or rows.is_empty():
        return rows, meanings, []
    firm = [of[FACILITY_ID]] if FACILITY_ID in of and kind.id != "facility" else []
    number = [text for text, m in meanings.items() if m.role == "aside" and text in ("序号", "顺序号", "No.")]
    for heading in (*([of["name"]] if "name" in of else []), *(number if firm else [])):
        ids = rows.select(*firm, heading)
        if ids[heading].null_count() == 0 and not ids.is_duplicated().any():
            text = f"{ID} = {heading}"
            told = tr("the table has no ids: {heading} is taken for it", heading=heading)
            return rows.with_columns(pl.col(heading).alias(text)), {**meanings, text: Meaning("read", ID)}, [told]
    return rows, meanings, []
