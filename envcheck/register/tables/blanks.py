"""Rows that are none of a table and cells that say nothing, as offices write them."""

from __future__ import annotations

import polars as pl

from envcheck.facility.facts import NOTHING, SAID
from envcheck.register.columns.layout import Layout
from envcheck.register.tables import sections
from envcheck.register.tables.mappings import Settings
from envcheck.register.tables.telling import lines_told
from envcheck.register.tables.workbook import NUMBER
from envcheck.text.messages import Text, tr
from envcheck.vocabulary.words import Vocabulary


def without_blanks(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Text]]:
    """The rows of a plain text that are rows of the table, each with its `NUMBER`; what the others are is told."""
    own = rows.columns
    filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in own)
    found = rows.with_row_index(NUMBER, offset=2).filter(filled > 0)
    first = pl.coalesce(own).str.strip_chars()
    patterns = {
        sections.TOTALS: first.str.contains(f"^(?i:{sections.TOTAL.pattern})$"),
        sections.NOTES: first.str.contains(f"^(?i:{sections.NOTE.pattern})") & (filled <= sections.FEW),
    }
    marks = found.select(mark.fill_null(value=False).alias(what.en) for what, mark in patterns.items())
    notes = [
        lines_told(what, found.filter(marks[what.en])[NUMBER].to_list()) for what in patterns if marks[what.en].any()
    ]
    return (found.filter(~marks.select(pl.any_horizontal(pl.all())).to_series()) if notes else found), notes


def cleaned(
    rows: pl.DataFrame, layout: Layout, settings: Settings, words: Vocabulary
) -> tuple[pl.DataFrame, list[Text]]:
    """The rows with cells that say nothing empty, and the words of the mapping in place of those of the office."""
    changes: dict[str, pl.Expr] = {}
    notes: list[Text] = []
    for column in layout.columns.values():
        heading, attribute = column.heading, column.key.attribute
        if rows.schema[heading] != pl.String or heading in changes:
            continue
        said = dict.fromkeys((*sorted(NOTHING), *settings.empty), "")
        kind = "text" if column.name == "name" else attribute.type if not column.key.part else ""
        kept = set(SAID.get(kind, ())) - set(settings.empty)
        if kind in ("choice", "choices", "level"):
            kept |= {word for word in said if words.choice(attribute.choices, word) is not None}
        silent = [word for word in said if word not in kept]
        meant = settings.words.get(heading, {})
        if not meant and not rows[heading].str.contains_any(silent).any():
            continue  # to look for them anywhere in a cell is quick, and says no for most columns
        bare = pl.col(heading).str.strip_chars()
        empty = bare.is_in(silent)
        counts = rows.select(bare.filter(empty & ~bare.is_in(list(meant))).value_counts(sort=True))[heading].to_list()
        kept_cell: pl.Expr = pl.when(~empty).then(heading)
        if meant:
            kept_cell = pl.when(bare.is_in(list(meant))).then(bare.replace(meant)).otherwise(kept_cell)
        if counts or meant:
            changes[heading] = kept_cell
        if counts:
            n, cells = sum(one["count"] for one in counts), "、".join(str(one[heading]) for one in counts[:5])
            told = tr("{heading}: {n} cells say nothing ({cells})", heading=heading, n=n, cells=cells)
            notes.append(told)
    if not changes:
        return rows, notes
    return rows.with_columns(change.alias(heading) for heading, change in changes.items()), notes
