"""The measurements of some subjects brought into memory: as hours in columns, or as the rows that they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl

from envcheck.facility.series.headings import OXYGEN, STATES
from envcheck.facility.series.rows import RowReader
from envcheck.register.columns import hours as form
from envcheck.register.columns.hours import PLAIN, Measured, Words
from envcheck.register.columns.layout import FACILITY_ID
from envcheck.register.columns.series import ROW, SUBJECT, SUBSTANCE, TIME, Hours
from envcheck.register.judging import measurement_rows
from envcheck.register.tables.measurements import POLLUTANT, UNIT, Table
from envcheck.register.tables.owners import FACILITY, NAME, Census, Owner, keyed
from envcheck.text.problems import Place
from envcheck.vocabulary.words import Vocabulary

ORDER = "#order"
SEPARATOR = "\x1f"
LAST = 1 << 32
"""Beyond any time."""
Raw = Iterator[tuple[Table, Mapping[str, Any]]]


class Pairs(NamedTuple):
    """What a row of a table measures: the words that tell it, and what they mean."""

    of: pl.Expr
    measured: Mapping[str, Measured]


class Loaded(NamedTuple):
    """The hours of subjects whose rows are plain, and the numbers of those whose rows are not all plain."""

    hours: Hours
    not_plain: frozenset[int]


class Loader:
    """Brings the rows of some subjects into memory; what every table's words mean is worked out once."""

    def __init__(self, tables: Sequence[Table], census: Census, words: Vocabulary) -> None:
        self.tables, self.words, self.padded = tables, words, census.padded
        self.pairs = [self._pairs(table, census.measured[table.path]) for table in tables]
        factors = {one.factor for pairs in self.pairs for one in pairs.measured.values()}
        self.units = tuple(sorted(factors | {Fraction(1)}))
        self.states = pl.Enum(list(words.choices[STATES]))
        self.substances = pl.Enum(sorted(words.substances))
        self.reading = [_plain_words(table, words) for table in tables]

    def _pairs(self, table: Table, found: frozenset[tuple[str, str]]) -> Pairs:
        """What stands for a pollutant in a unit: the pollutant alone, where each is stated in one unit only."""
        word = table.columns.text if table.path in self.padded else table.columns.raw
        pollutants = {pollutant for pollutant, _ in found}
        with_unit = len(found) > len(pollutants)
        of = pl.concat_str(word(POLLUTANT), pl.lit(SEPARATOR), word(UNIT)) if with_unit else word(POLLUTANT)
        measured = {
            f"{pollutant}{SEPARATOR}{unit}" if with_unit else pollutant: measurement_rows.measured(
                table, pollutant, unit or table.columns.unit, self.words
            )
            for pollutant, unit in sorted(found)
        }
        return Pairs(of, {key: one for key, one in measured.items() if one is not None})

    def table(self, kind: str) -> Table:
        """The (first) table of measurements of a kind."""
        return next(table for table in self.tables if table.kind.id == kind)

    def load(self, owners: Sequence[Owner]) -> Loaded:
        """The hours of subjects, in columns."""
        frames = []
        for file, table in enumerate(self.tables):
            rows = self._rows(table, owners)
            frames.append(
                form.common(
                    rows, table.columns, *self.pairs[file], self.units, self.reading[file], self.states,
                    self.substances, file,
                )
            )  # fmt: skip
        keys = (pl.col(SUBJECT), pl.col(SUBSTANCE).to_physical(), pl.col(TIME))
        subject, substance, time = (key.cast(pl.UInt64) for key in keys)
        order = (subject * len(self.words.substances) + substance) * LAST + time
        hours = pl.concat(frames).with_columns(order.alias(ORDER)).collect(engine="streaming")
        hours = hours if hours[ORDER].is_sorted() else hours.sort(ORDER)
        again = pl.col(ORDER) == pl.col(ORDER).shift()
        fine = pl.col(PLAIN).fill_null(False) & ~again.fill_null(False)
        not_plain = hours.filter(~fine)[SUBJECT].unique()
        if not not_plain.is_empty():
            hours = hours.filter(~pl.col(SUBJECT).is_in(not_plain.implode()))
        oxygen = any(table.columns.has(OXYGEN) for table in self.tables)
        files = [table.path for table in self.tables]
        return Loaded(Hours(hours.drop(PLAIN, ORDER), self.units, oxygen, files), frozenset(not_plain))

    def raw(self, owners: Sequence[Owner]) -> Callable[[int], Raw]:
        """The rows of subjects as they stand in the tables, by the number of the subject."""
        found: list[dict[Any, pl.DataFrame]] = []
        for table in self.tables if owners else ():
            headings = list(table.columns.headings.values())
            rows = self._rows(table, owners).select(SUBJECT, ROW, *headings).collect(engine="streaming")
            found.append(rows.sort(ROW).partition_by(SUBJECT, as_dict=True))

        def rows_of(number: int) -> Raw:
            for table, by_subject in zip(self.tables, found, strict=True):
                if (number,) in by_subject:
                    yield from ((table, row) for row in by_subject[number,].iter_rows(named=True))

        return rows_of

    def _rows(self, table: Table, owners: Sequence[Owner]) -> pl.LazyFrame:
        """The rows of a table that are of some subjects, with the subject's number."""
        own = [owner for owner in owners if owner.kind == table.kind.id]
        schema = {NAME: pl.String, SUBJECT: pl.UInt32, FACILITY: pl.String}
        numbers = pl.DataFrame([(o.id, o.number, o.facility) for o in own], schema=schema, orient="row").lazy()
        rows = keyed(table)
        if table.path not in self.padded and table.columns.dtype(table.kind.id) == pl.String:
            # Of the table itself, so that what is not asked for is not read.
            rows = rows.filter(table.columns.cell(table.kind.id).is_in([owner.id for owner in own]))
        if table.columns.has(FACILITY_ID):
            return rows.join(numbers, on=[FACILITY, NAME], how="inner", maintain_order="left")
        return rows.join(numbers.drop(FACILITY), on=NAME, how="inner", maintain_order="left")


def _plain_words(table: Table, words: Vocabulary) -> Words:
    """How words of a table are read where they are plain."""
    reading = RowReader(words, table.series)
    reading.daily = False
    nowhere = Place(table.path)

    def silent(read: Callable[[Place, str], Any]) -> Callable[[str], Any]:
        def told(text: str) -> Any:
            reading.problems.clear()
            found = read(nowhere, text)
            return None if reading.problems else found

        return told

    return Words(silent(reading.time), silent(reading.state))
