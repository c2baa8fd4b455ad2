"""Screen a register: read it, judge it in the way that its size or the caller asks for, sum it up, write what is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import NamedTuple

from envcheck.model.rule import Pack
from envcheck.register import facility_by_facility, in_columns, ranking
from envcheck.register.results import summary
from envcheck.register.results.run import Progress, Screening
from envcheck.register.results.summary import Summary
from envcheck.register.tables import diagnosis, register_files
from envcheck.register.tables.register_files import Register
from envcheck.register.targets import Targets, check_targets, staging, targets_of, write
from envcheck.text.messages import EMPTY, tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.vocabulary.words import Vocabulary

Watch = Callable[[Register | None], AbstractContextManager[Progress | None]]
"""Whom to tell how far it is, of a register that is streamed, or of one read facility by facility (None)."""


class Request(NamedTuple):
    """What is to be screened, how, and what is to be written of it."""

    source: str
    kind: str | None
    mapping: str | None
    as_of: date
    output: str | None
    rejects: str | None
    summaries: tuple[str, ...]
    wide: bool
    engine: str | None
    master: str | None
    partitions: int | None
    top: int
    lang: str
    narrowed: tuple[str, ...] = ()
    configured: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    header_row: int | None = None

    @property
    def on_cluster(self) -> bool:
        """Whether it is judged on a Spark cluster."""
        return self.engine == "spark"


def screen(asked: Request, words: Vocabulary, packs: Callable[[], Sequence[Pack]], *, watch: Watch) -> Summary:
    """Judge a register and write findings, rejects and summaries where they are asked for.

    Raises:
        InputError: what is asked for does not go together, the register cannot be read, a file cannot be written, no
            rule is about any table, or no row could be judged.
    """
    _check_engine(asked)
    targets = targets_of(
        asked.source, asked.output, asked.rejects, asked.summaries, folder=asked.wide or asked.on_cluster
    )
    diagnosis.check_encoding(asked.source)
    register = register_files.read(
        asked.source, words, asked.kind, asked.mapping,
        sheets=asked.sheets, header_row=asked.header_row, streamed=asked.on_cluster,
    )  # fmt: skip
    check_targets(targets, register, wide=asked.wide)
    rules = packs()
    try:
        with staging(targets, shared=asked.on_cluster) as staged:
            found = _judged(asked, register, rules, words, targets, staged, watch)
            summed = summary.summarize(found, ranking.ranked(found, words, asked.top), words)
            summed = summed._replace(
                narrowed=asked.narrowed,
                configured=asked.configured,
                findings_file=targets.findings,
                rejects_file=targets.rejects if summed.rejects else "",
            )
            write(targets, staged, found, summed, asked.lang)
    except OSError as error:
        what = tr("cannot be written ({strerror})", strerror=error.strerror)
        raise InputError([Problem(Place(targets.findings or asked.source), what)]) from None
    if not summed.judged:
        raise InputError([_nothing(summed, targets)])
    return summed


def _judged(
    asked: Request, register: Register, packs: Sequence[Pack], words: Vocabulary, targets: Targets, staged: str | None,
    watch: Watch,
) -> Screening:  # fmt: skip
    if asked.on_cluster:
        return _on_cluster(asked, register, packs, words, targets.findings, staged)
    if asked.engine == "direct" or (asked.engine is None and facility_by_facility.is_small(register)):
        with watch(None) as progress:
            return facility_by_facility.screen(
                register, packs, words, asked.as_of, staged, wide=asked.wide, progress=progress
            )
    with watch(register) as progress:
        return in_columns.screen(
            register, packs, words, asked.as_of, staged, wide=asked.wide, ranked=True, progress=progress
        )


def _on_cluster(
    asked: Request, register: Register, packs: Sequence[Pack], words: Vocabulary, output: str, staged: str | None
) -> Screening:
    from envcheck.register.cluster import spark

    assert asked.master
    if output:
        spark.may_become(output)
    try:
        with spark.session(asked.master) as session:
            return spark.screen(
                session, register, packs, words, asked.as_of, staged, parts=asked.partitions, ranked=True
            )
    except InputError as error:
        lines = [problem for path in register.files for problem in diagnosis.lines(path)]
        raise InputError(lines or error.problems) from None


def _check_engine(asked: Request) -> None:
    """See that what is asked for a cluster goes together, and that nothing of it is asked for without one."""
    problems: list[Problem] = []
    if asked.on_cluster:
        if not asked.master:
            what = tr("Spark needs the address of its master")
            problems.append(Problem(Place("--master"), what, tr("as in --master spark://host:7077, or local[4]")))
        if asked.wide:
            problems.append(Problem(Place("--wide"), tr("a cluster writes long findings only")))
    else:
        given = [("--master", asked.master), ("--partitions", asked.partitions)]
        what = tr("it is for --engine spark only")
        problems += [Problem(Place(option), what) for option, value in given if value is not None]
    if problems:
        raise InputError(problems)


def _nothing(summed: Summary, targets: Targets) -> Problem:
    if not summed.read:
        return Problem(Place(summed.source), tr("no row in the tables: nothing was checked"))
    first = summed.rejects[0].examples[0]
    what = tr(
        "none of the {read} rows could be judged, as {file}:{row}: {reason}",
        read=summed.read,
        file=first.file,
        row=first.row,
        reason=first.reason,
    )
    remedy = tr("{rejects} tells why, row by row", rejects=targets.rejects) if targets.rejects else EMPTY
    return Problem(Place(summed.source), what, remedy)
