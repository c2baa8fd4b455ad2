"""Facilities of a register with measurements, judged one by one; what their series come to is counted in columns.

The rules are asked first with series that only write down what is asked of them; each demand is then counted for all
subjects at once, and the rules are asked again. Subjects with a row that is not plain are read row by row. So many
facilities are taken at a time as have a few million rows: that bounds the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

import polars as pl

from envcheck.facility.series.headings import MINUTES, OXYGEN
from envcheck.facility.series.series_file import capped
from envcheck.judging.engines import direct
from envcheck.judging.series_means import Demand, account
from envcheck.model.facility import Facility, Fact, Subject
from envcheck.model.monitoring import Monitored
from envcheck.model.rule import Pack
from envcheck.model.series import HOURS_A_DAY, Series
from envcheck.register.columns.layout import Layout
from envcheck.register.columns.series import SUBJECT, SUBSTANCE, TIME, accounts
from envcheck.register.judging import measurement_rows, row_by_row
from envcheck.register.judging.measurement_loader import Loader
from envcheck.register.judging.measurement_rows import Reading
from envcheck.register.judging.row_by_row import Judged, Line, Reject
from envcheck.register.tables.measurements import Table
from envcheck.register.tables.owners import Census, Owner
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import Vocabulary

AT_ONCE = 2_000_000
"""Rows that are in memory together, unless one facility has more."""


Open = dict[Demand, dict[int, None]]
"""Demands that are not worked out yet, with the numbers of the subjects that they are asked of."""


class Asked(NamedTuple):
    """What facilities are judged by: their rows, the tables that these stand in, the rules."""

    lines: Mapping[str, Sequence[Line]]
    layouts: Mapping[str, Layout]
    sources: Mapping[str, str]
    packs: Sequence[Pack]
    """With the rules on subjects of these tables only."""
    words: Vocabulary
    as_of: date

    def of_measured(self) -> list[Pack]:
        """The packs with the rules on subjects that can be measured only."""
        kinds = {kind.id for kind in self.words.kinds.values() if "series" in kind.attributes}
        return row_by_row.of_kinds(self.packs, kinds)


class Refused(NamedTuple):
    """Measurements that were not used: of which facilities (none: nobody knows), how many rows, and why."""

    facilities: tuple[str, ...]
    rows: int
    problems: tuple[Problem, ...]


def judge(asked: Asked, tables: Sequence[Table], census: Census) -> Iterator[Judged | Reject | Refused]:
    """Judge the facilities that have measurements; one row that cannot be read refuses its facility."""
    by_facility: dict[str, list[Owner]] = {}
    for owner in census.owners:
        by_facility.setdefault(owner.facility, []).append(owner)
    astray: dict[str, list[Problem]] = {}
    for stray in census.strays:
        yield Refused(stray.facilities, stray.rows, stray.problems)
        for name in stray.facilities:
            astray.setdefault(name, []).extend(stray.problems)
    for name, problems in astray.items():
        owners = by_facility.pop(name, [])
        if owners:
            yield Refused((name,), sum(owner.rows for owner in owners), ())
        yield from row_by_row.refused(name, asked.lines.get(name, ()), asked.sources, InputError(problems))
    for name in [name for name in by_facility if name not in asked.lines]:
        problem = Problem(Place(tables[0].path), tr("the rows of {name} cannot be found", name=name))
        yield Refused((name,), sum(owner.rows for owner in by_facility.pop(name)), (problem,))
    loader = Loader(tables, census, asked.words)
    for owners in batches(owner for own in by_facility.values() for owner in own):
        yield from _Batch(asked, loader, owners).judged()


def batches(owners: Iterable[Owner]) -> Iterator[list[Owner]]:
    """Subjects, those of a facility side by side, so many at a time as have no more than `AT_ONCE` rows."""
    batch: list[Owner] = []
    for _, group in groupby(owners, key=_facility):
        own = list(group)
        if batch and sum(owner.rows for owner in (*batch, *own)) > AT_ONCE:
            yield batch
            batch = []
        batch += own
    if batch:
        yield batch


def _facility(owner: Owner) -> str:
    return owner.facility


class _Plant(NamedTuple):
    """A facility with its subjects that have measurements."""

    name: str
    whole: Facility
    owners: tuple[Owner, ...]


class _Batch:
    """Some facilities, with their hours in memory."""

    def __init__(self, asked: Asked, loader: Loader, owners: Sequence[Owner]) -> None:
        self.asked, self.loader, self.owners = asked, loader, owners
        self.by_number = {owner.number: owner for owner in owners}
        loaded = loader.load(owners)
        self.hours, self.not_plain = loaded.hours, loaded.not_plain
        self.substances = _gathered(self.hours.rows, pl.col(SUBSTANCE).cast(pl.String))
        self.days = _gathered(self.hours.rows, pl.col(TIME) // HOURS_A_DAY * HOURS_A_DAY)
        self.known: dict[int, dict[Demand, Monitored]] = {owner.number: {} for owner in owners}

    def judged(self) -> Iterator[Judged | Reject | Refused]:
        """The facilities, those with plain rows only first."""
        plants: list[_Plant] = []
        spoilt: list[_Plant] = []
        for name in dict.fromkeys(owner.facility for owner in self.owners):
            owners = tuple(owner for owner in self.owners if owner.facility == name)
            try:
                whole = row_by_row.facility_of_rows(
                    name, self.asked.lines[name], self.asked.layouts, self.asked.sources, self.asked.words
                )
            except InputError as error:
                yield from self._refused(name, owners, error.problems, ())
                continue
            plant = _Plant(name, whole, owners)
            (spoilt if any(owner.number in self.not_plain for owner in owners) else plants).append(plant)
        yield from self._settled(plants, {})
        for plant, readings in self._read(spoilt):
            problems = tuple(p for reading in readings.values() for p in capped(reading.problems))
            if problems:
                yield from self._refused(plant.name, plant.owners, problems, problems)
            else:
                yield from self._settled([plant], {number: reading.series for number, reading in readings.items()})

    def _read(self, plants: Sequence[_Plant]) -> Iterator[tuple[_Plant, dict[int, Reading]]]:
        """Facilities with the subjects that have rows which are not plain, read row by row."""
        wanted = [owner for plant in plants for owner in plant.owners if owner.number in self.not_plain]
        rows = self.loader.raw(wanted)
        for plant in plants:
            not_plain = (owner.number for owner in plant.owners if owner.number in self.not_plain)
            yield plant, {number: measurement_rows.read(rows(number), self.asked.words) for number in not_plain}

    def _refused(
        self, name: str, owners: Sequence[Owner], problems: Sequence[Problem], own: tuple[Problem, ...]
    ) -> Iterator[Reject | Refused]:
        yield Refused((name,), sum(owner.rows for owner in owners), own)
        yield from row_by_row.refused(name, self.asked.lines[name], self.asked.sources, InputError(problems))

    # --- asking, counting, asking again

    def _settled(
        self, plants: Iterable[_Plant], read: Mapping[int, Mapping[str, Series]]
    ) -> Iterator[Judged | Reject | Refused]:
        """Facilities judged when all that their rules ask of series is known; ``read`` are the series in memory.

        Most demands come from the rules on the subjects themselves: these are asked alone first.
        """
        pending = list(plants)
        packs: Sequence[Pack] = self.asked.of_measured()
        while pending:
            open_: Open = {}
            left: list[_Plant] = []
            for plant in pending:
                before = sum(map(len, open_.values()))
                judged = self._judged(plant, packs, read, open_)
                if packs is self.asked.packs and sum(map(len, open_.values())) == before:
                    yield judged
                else:
                    left.append(plant)
            packs = self.asked.packs
            problems = self._count(open_)
            for plant in left:
                own = tuple(p for owner in plant.owners for p in problems.get(owner.number, ()))
                if own:
                    yield from self._refused(plant.name, plant.owners, own, own)
            pending = [p for p in left if not any(owner.number in problems for owner in p.owners)]

    def _judged(
        self,
        plant: _Plant,
        packs: Sequence[Pack],
        read: Mapping[int, Mapping[str, Series]],
        open_: Open,
    ) -> Judged:
        series = {owner.number: self._series(owner, read.get(owner.number), open_) for owner in plant.owners}
        paths = {f"{self.asked.layouts[o.kind].kind.plural}/{o.id}": series[o.number] for o in plant.owners}
        findings, _ = direct.run(_with_series(plant.whole, paths), packs, self.asked.as_of)
        bare = {subject.path: subject for subject in plant.whole.subjects()}
        # Findings are kept for all facilities: the series that they were found in are not.
        own = tuple(f._replace(subject=bare[f.subject.path]) for f in row_by_row.applicable(findings))
        return Judged(plant.name, plant.whole, tuple(self.asked.lines[plant.name]), own)

    def _series(self, owner: Owner, read: Mapping[str, Series] | None, open_: Open) -> Series:
        """What stands for the series of a subject while the rules are asked."""
        table = self.loader.table(owner.kind)
        if read is not None:
            one = next(iter(read.values()))
            values = {name: series.values[name] for name, series in read.items()}
            return _standing(
                table, one.daily, one.times, values, lambda demand: account(read[demand.substance], demand)
            )
        values = dict.fromkeys(self.substances.get(owner.number, ()), ())
        days = tuple(self.days.get(owner.number, ()))
        return _standing(table, False, days, values, partial(self._ask, owner.number, open_))

    def _ask(self, number: int, open_: Open, demand: Demand) -> Monitored | None:
        found = self.known[number].get(demand)
        if found is None:
            open_.setdefault(demand, {})[number] = None
        return found

    def _count(self, open_: Open) -> dict[int, tuple[Problem, ...]]:
        """Work out demands, in columns or else in fractions; tells the problems of rows that cannot be read after all."""
        left: dict[int, list[Demand]] = {}
        for demand, numbers in open_.items():
            found = accounts(self.hours, demand, list(numbers))
            for number in numbers:
                if number in found:
                    self.known[number][demand] = found[number]
                else:
                    left.setdefault(number, []).append(demand)
        problems: dict[int, tuple[Problem, ...]] = {}
        rows = self.loader.raw([self.by_number[number] for number in left])
        for number, demands in left.items():
            reading = measurement_rows.read(rows(number), self.asked.words)
            if reading.problems:
                problems[number] = capped(reading.problems)
                continue
            for demand in demands:
                self.known[number][demand] = account(reading.series[demand.substance], demand)
        return problems


def _standing(
    table: Table,
    daily: bool,
    times: tuple[int, ...],
    values: Mapping[str, tuple[object, ...]],
    asked: Callable[[Demand], Monitored | None],
) -> Series:
    return Series(
        file=table.path,
        daily=daily,
        water=table.series.of == "water",
        times=times,
        lines=(),
        states=(),
        minutes=() if table.columns.has(MINUTES) else None,
        oxygen=() if table.columns.has(OXYGEN) else None,
        values=values,  # type: ignore[arg-type]
        accounts=asked,
    )


def _with_series(whole: Facility, series: Mapping[str, Series]) -> Facility:
    def one(subject: Subject) -> Subject:
        found = series.get(subject.path)
        if found is None:
            return subject
        return subject._replace(facts={**subject.facts, "series": Fact(found, "", subject.place)})

    return whole._replace(lists={plural: tuple(map(one, subjects)) for plural, subjects in whole.lists.items()})


def _gathered(rows: pl.DataFrame, values: pl.Expr) -> dict[int, list[Any]]:
    """Distinct values by subject, in their order."""
    found = rows.group_by(SUBJECT).agg(values.alias("#found").unique().sort())
    return dict(found.iter_rows())
