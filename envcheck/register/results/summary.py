"""A screening in numbers that add up: by facility, plan, rule and region, with the rows that were not judged."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from envcheck.judging.judge import decisive, outcome
from envcheck.model.finding import Outcome
from envcheck.model.rule import DECISIVE, STATUSES, Modality, Pack, Rule, Status
from envcheck.register.columns.figures import TOLD
from envcheck.register.judging.row_by_row import Judged, Reject, problem_text
from envcheck.register.results.run import Screening
from envcheck.register.results.tally import CONCERNED, FAILS, NOBODY, UNKNOWN
from envcheck.register.tables.register_files import FACILITIES
from envcheck.text.messages import Text
from envcheck.vocabulary.words import Kind, Vocabulary

Counts = Mapping[Status, int]
EXAMPLES = 5
"""So many rows are shown of those that were refused for one reason."""
QUOTED = re.compile(r"“[^”]*”|'[^']*'|\"[^\"]*\"")
PLACE = re.compile(
    r"[(（][^()（）]*\.(?:csv|parquet|xlsx)(?:\[[^\]]*\])?(?::\d+)*\s*[:：].*[)）]", re.IGNORECASE | re.DOTALL
)


class Rows(NamedTuple):
    """The rows of a table; `read` is `judged` plus `rejected`."""

    kind: Kind
    path: str
    rules: int
    """How many of the rules asked are about this kind."""
    read: int
    rejected: int

    @property
    def judged(self) -> int:
        """Rows that were judged."""
        return self.read - self.rejected

    @property
    def name(self) -> str:
        """What a table of this kind is called."""
        return FACILITIES if self.kind.id == "facility" else self.kind.plural


class OfPlan(NamedTuple):
    """The findings of one plan, and its duties for people that may concern the register."""

    pack: Pack
    rules: int
    counts: Counts
    manual: int


class OfRule(NamedTuple):
    """The findings of one rule; they add up to the subjects of its kind."""

    rule: Rule
    counts: Counts
    flags: Mapping[str, int]
    """How many of them have which flag."""


class OfRegion(NamedTuple):
    """The subjects in a region (empty: not stated) and how many decisive findings on them fail or are unknown."""

    region: str
    subjects: int
    fails: int
    unknown: int


class Worst(NamedTuple):
    """The decisive rule that fails by the greatest share of its limit; `margin` is None where no number tells."""

    rule: str
    subject: str
    margin: float | None


class Ranked(NamedTuple):
    """A facility by how serious its findings are: failing ones by modality, unknown ones that decide."""

    facility: str
    name: str
    fails: Mapping[Modality, int]
    unknown: int
    worst: Worst | None


class Example(NamedTuple):
    """A row that was refused: in which file, which row of it, of which facility (empty: it names none), why."""

    file: str
    row: int
    facility: str
    reason: Text


class Refused(NamedTuple):
    """Rows refused for one reason, with some of them."""

    reason: Text
    rows: int
    examples: tuple[Example, ...]


class Uncovered(NamedTuple):
    """A kind of subject of which the register has no table, and the rules that are about it."""

    kind: Kind
    rules: int


class Summary(NamedTuple):
    """A screening in numbers."""

    as_of: date
    engine: str
    source: str
    packs: tuple[Pack, ...]
    tables: tuple[Rows, ...]
    facilities: Mapping[Outcome, int]
    rejected_facilities: int
    """Facilities of which no row was judged because one could not be read."""
    totals: Counts
    plans: tuple[OfPlan, ...]
    rules: tuple[OfRule, ...]
    """Worst first: by failing, then unknown findings."""
    regions: tuple[OfRegion, ...]
    ranking: tuple[Ranked, ...]
    rejects: tuple[Refused, ...]
    uncovered: tuple[Uncovered, ...]
    measured: int
    """Rows of measurements."""
    unmeasured: int
    """How many of them were not used."""
    narrowed: tuple[str, ...] = ()
    """The options by which only some rules were asked."""
    configured: tuple[str, ...] = ()
    """What a configuration file set, with the file."""
    findings_file: str = ""
    rejects_file: str = ""
    """Where findings and the rows that were not judged were written; empty where nothing was."""
    notes: tuple[Text, ...] = ()
    """How the tables were read, and what was left out."""

    @property
    def read(self) -> int:
        """Rows read."""
        return sum(rows.read for rows in self.tables)

    @property
    def rejected(self) -> int:
        """Rows that were not judged."""
        return sum(rows.rejected for rows in self.tables)

    @property
    def judged(self) -> int:
        """Rows that were judged."""
        return self.read - self.rejected

    @property
    def titles(self) -> dict[str, Text]:
        """What the rules are called, by key."""
        return {one.rule.key: one.rule.title for one in self.rules}

    @property
    def flags(self) -> Mapping[str, int]:
        """How many findings have which flag: what rests on an assumption, or is known within bounds only."""
        totals = {name: sum(one.flags.get(name, 0) for one in self.rules) for name in TOLD}
        return {name: number for name, number in totals.items() if number}

    @property
    def manual(self) -> int:
        """Duties for people that may concern the register."""
        return sum(plan.manual for plan in self.plans)


def summarize(found: Screening, ranking: Sequence[Ranked], words: Vocabulary) -> Summary:
    """A screening in numbers; `totals` is the sum over all rules of the subjects of their kind that were judged."""
    tables = _tables(found)
    judged = {rows.kind.id: rows.judged for rows in tables}
    rules = {
        rule.key: OfRule(rule, _counts(found.statuses.get(rule.key, {}), judged[rule.kind]), _flags(found, rule.key))
        for pack in found.packs
        for rule in pack.rules
        if rule.kind in judged
    }
    regions = _regions(found)
    here = {one.region for one in regions}
    names = {reject.facility for reject in found.rejects if reject.facility}
    return Summary(
        as_of=found.as_of,
        engine=found.engine,
        source=found.register.source,
        packs=found.packs,
        tables=tables,
        facilities=_outcomes(found.facilities, found.judged_one_by_one),
        rejected_facilities=len(names),
        totals=_sum(one.counts for one in rules.values()),
        plans=tuple(_plan(pack, rules, judged, here) for pack in found.packs),
        rules=tuple(sorted(rules.values(), key=_bad_first)),
        regions=regions,
        ranking=tuple(ranking),
        rejects=_refused(found),
        uncovered=_uncovered(found.packs, judged, words),
        measured=found.measured,
        unmeasured=sum(one.rows for one in found.unmeasured),
        notes=found.register.notes,
    )


def _tables(found: Screening) -> tuple[Rows, ...]:
    rejected = Counter(reject.line.kind for reject in found.rejects)
    rules = Counter(rule.kind for pack in found.packs for rule in pack.rules)
    return tuple(
        Rows(table.layout.kind, table.path, rules[kind], found.rows.get(kind, 0), rejected[kind])
        for kind, table in found.register.tables.items()
    )


def _counts(counted: Counts, subjects: int) -> Counts:
    """The statuses of a rule: what was not counted as something else does not concern its subject."""
    counts: dict[Status, int] = {status: counted.get(status, 0) for status in STATUSES}
    counts["not_applicable"] = subjects - sum(n for status, n in counts.items() if status != "not_applicable")
    return counts


def _flags(found: Screening, key: str) -> Mapping[str, int]:
    own = found.flags.get(key, {})
    return {name: own[name] for name in TOLD if own.get(name)}


def _sum(counts: Iterable[Counts]) -> Counts:
    total: dict[Status, int] = dict.fromkeys(STATUSES, 0)
    for one in counts:
        for status, number in one.items():
            total[status] += number
    return total


def _bad_first(one: OfRule) -> tuple[bool, int, int, str]:
    failing = one.counts["fail"]
    return not (failing and _decides(one.rule)), -failing, -one.counts["unknown"], one.rule.key


def _decides(rule: Rule) -> bool:
    """Whether a rule bears on the outcome of facilities."""
    return rule.modality in DECISIVE


def _plan(pack: Pack, rules: Mapping[str, OfRule], judged: Mapping[str, int], here: Iterable[str]) -> OfPlan:
    own = [rules[rule.key] for rule in pack.rules if rule.key in rules]
    binds = any(region.startswith(pack.region) or pack.region.startswith(region) for region in here)
    manual = sum(judged.get(item.kind, 0) > 0 for item in pack.manual) if binds else 0
    return OfPlan(pack, len(own), _sum(one.counts for one in own), manual)


def _uncovered(packs: Iterable[Pack], judged: Mapping[str, int], words: Vocabulary) -> tuple[Uncovered, ...]:
    kinds = Counter(rule.kind for pack in packs for rule in pack.rules if rule.kind not in judged)
    return tuple(Uncovered(words.kinds[kind], rules) for kind, rules in kinds.most_common())


# --- facilities and regions ------------------------------------------------------------------------------------------


def _outcomes(streamed: pl.DataFrame, one_by_one: Iterable[Judged]) -> Mapping[Outcome, int]:
    """How many facilities have which outcome, as `judge.outcome` has it."""
    fails = pl.col(FAILS) > 0
    unknown = (pl.col(UNKNOWN) > 0) | ~pl.col(CONCERNED)
    bad, open_ = streamed.select(fails.sum().alias("bad"), (~fails & unknown).sum().alias("open")).row(0)
    counts = Counter(outcome(one.findings) for one in one_by_one)
    return {
        "compliant": counts["compliant"] + streamed.height - bad - open_,
        "non_compliant": counts["non_compliant"] + bad,
        "undetermined": counts["undetermined"] + open_,
    }


def _regions(found: Screening) -> tuple[OfRegion, ...]:
    regions = dict(found.regions)
    for one in found.judged_one_by_one:
        own = one.whole.itself.facts.get("region")
        whole = str(own.value) if own is not None else ""
        telling = Counter((f.subject.path, f.status) for f in one.findings if decisive(f))
        for subject in (s for s in one.whole.subjects() if s.kind in found.register.tables):
            region = str(subject.facts["region"].value) if "region" in subject.facts else whole
            fails, unknown = telling[subject.path, "fail"], telling[subject.path, "unknown"]
            regions[region] = regions.get(region, NOBODY).plus(1, fails, unknown)
    return tuple(
        sorted((OfRegion(code, *r) for code, r in regions.items()), key=lambda r: (-r.fails, -r.unknown, r.region))
    )


# --- rows that were not judged ---------------------------------------------------------------------------------------


def _refused(found: Screening) -> tuple[Refused, ...]:
    """Rejects by reason, the most frequent first; what a reason quotes of a row does not tell reasons apart."""
    files = {kind: os.path.basename(table.path) for kind, table in found.register.tables.items()}
    groups: dict[Text, list[Example]] = {}
    for one in (*(_example(reject, files) for reject in found.rejects), *_unmeasured(found)):
        groups.setdefault(_general(one.reason), []).append(one)
    refused = (Refused(_shared(reason, rows), len(rows), tuple(rows[:EXAMPLES])) for reason, rows in groups.items())
    return tuple(sorted(refused, key=lambda one: (-one.rows, one.reason.en)))


def _unmeasured(found: Screening) -> Iterator[Example]:
    """Rows of measurements that were not used."""
    for refused in found.unmeasured:
        for problem in refused.problems:
            file, facility = os.path.basename(problem.place.file), ", ".join(refused.facilities)
            yield Example(file, problem.place.line, facility, problem_text(problem))


def _shared(general: Text, rows: Sequence[Example]) -> Text:
    """The reason itself where all rows have the very same."""
    return rows[0].reason if len({row.reason for row in rows}) == 1 else general


def _example(reject: Reject, files: Mapping[str, str]) -> Example:
    return Example(reject.line.file(files[reject.line.kind]), reject.line.number, reject.facility, reject.reason)


def _general(reason: Text) -> Text:
    """A reason without the values and places of its row."""
    zh, en = (PLACE.sub("", QUOTED.sub("…", text)).strip() for text in reason)
    return Text(zh, en)
