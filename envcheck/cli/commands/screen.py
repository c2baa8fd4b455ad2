"""`envcheck screen`: hold a register, tables with one subject a row, against the plans; a row is judged or told of."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import click

from envcheck.cli import completion
from envcheck.cli.commands.check import gates
from envcheck.cli.commands.config import CONFIGURED, configured
from envcheck.cli.options import (
    AS_OF,
    FAIL_ON,
    FAILED,
    IGNORE,
    LANG,
    NO_COLOR,
    OK,
    OUTPUT,
    PACK,
    RULES,
    SELECT,
    UNDETERMINED,
    color_asked,
    deliver,
    language,
    named,
    said,
)
from envcheck.cli.targets import Targets, insist, put, staging, targets_of
from envcheck.files.bounds import ADDRESS_SPACE, MB
from envcheck.text.messages import EMPTY, tr
from envcheck.text.problems import InputError, Place, Problem

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from envcheck.model.rule import Pack
    from envcheck.register.results.run import Progress, Screening
    from envcheck.register.results.summary import Summary
    from envcheck.register.tables.register_files import Register
    from envcheck.vocabulary.words import Vocabulary


@click.command(
    "screen",
    help=said(
        tr(
            "Screen a register: a folder with a table per kind of subject, or one table. Every row is judged, or told of with the reason."
        ),
        lines=(
            "envcheck screen register/ -o findings.parquet --summary summary.html",
            "envcheck screen boilers.csv --pack kundulun-2023 --as-of 2026-01-01",
            "envcheck screen register.xlsx --kind boilers --mapping headings.yaml -o findings.csv",
        ),
    ),
)
@click.argument("source", metavar="INPUT", shell_complete=completion.files)
@OUTPUT
@click.option("--wide", is_flag=True, help=said(tr("A row a subject, a column a rule.")))
@click.option(
    "--kind",
    metavar="KIND",
    help=said(tr("What a single table lists, as in boilers.")),
)
@click.option(
    "--mapping",
    metavar="FILE",
    help=said(tr("YAML: heading to attribute with its unit, for all tables or one.")),
    shell_complete=completion.files,
)
@AS_OF
@PACK
@RULES
@SELECT
@IGNORE
@click.option(
    "--rejects",
    metavar="FILE",
    help=said(tr("Rows that could not be judged, with the reason (default: beside the output).")),
    shell_complete=completion.files,
)
@click.option(
    "--summary",
    "summaries",
    multiple=True,
    metavar="FILE",
    help=said(tr("Write the summary to FILE (.json or .html).")),
    shell_complete=completion.files,
)
@click.option(
    "--top",
    type=click.IntRange(0, 1000),
    default=10,
    show_default=True,
    help=said(tr("How many facilities the ranking names.")),
)
@click.option(
    "--engine",
    type=click.Choice(["direct", "columnar", "spark"]),
    help=said(
        tr("One facility after the other, in columns, or on a Spark cluster (default: direct for few, else columnar).")
    ),
)
@click.option("--master", metavar="URL", help=said(tr("The cluster: spark://host:7077, yarn, local[4].")))
@click.option(
    "--partitions",
    type=click.IntRange(min=1),
    help=said(tr("How many parts a cluster judges (default: one for each 100,000 rows).")),
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help=said(tr("What is printed.")),
)
@LANG
@FAIL_ON
@click.option("-q", "--quiet", is_flag=True, help=said(tr("Only the outcome and what fails.")))
@NO_COLOR
@CONFIGURED
def command(
    source: str,
    output: str | None,
    wide: bool,
    kind: str | None,
    mapping: str | None,
    as_of: date | None,
    chosen: tuple[str, ...],
    folders: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    rejects: str | None,
    summaries: tuple[str, ...],
    top: int,
    engine: str | None,
    master: str | None,
    partitions: int | None,
    form: str,
    lang: str | None,
    fail_on: str,
    quiet: bool,
    no_color: bool,
) -> int:
    gated = gates(fail_on)
    cluster = _cluster(engine, master, partitions, wide=wide)
    targets = targets_of(source, output, rejects, summaries, folder=wide or cluster is not None)

    _insist_on_memory()
    from envcheck.register import ranking, screen, small_registers
    from envcheck.register.results import summary, summary_json, summary_text
    from envcheck.register.tables import diagnosis, register_files
    from envcheck.rulebook import loading
    from envcheck.rulebook.selection import narrowing, selected

    book = loading.load(folders)
    words, day = book.vocabulary, as_of or date.today()
    diagnosis.insist(source)
    register = register_files.read(source, words, kind, mapping)
    insist(targets, register, wide=wide)
    packs = selected(named(book, chosen), select, ignore)
    try:
        with staging(targets, shared=cluster is not None) as staged:
            if cluster is not None:
                found = _on(cluster, register, packs, words, day, targets.findings, staged)
            elif engine == "direct" or (engine is None and small_registers.is_small(register)):
                with _progress(None, lang, quiet=quiet) as bar:
                    found = small_registers.screen(register, packs, words, day, staged, wide=wide, progress=bar)
            else:
                with _progress(register, lang, quiet=quiet) as bar:
                    found = screen.screen(register, packs, words, day, staged, wide=wide, ranked=True, progress=bar)
            shown = summary.summarize(found, ranking.ranked(found, words, top), words)
            shown = shown._replace(narrowed=narrowing(chosen, select, ignore), configured=configured())
            put(targets, staged, found, shown, language(lang))
    except OSError as error:
        what = tr("cannot be written ({strerror})", strerror=error.strerror)
        raise InputError([Problem(Place(targets.findings or source), what)]) from None
    if not shown.judged:
        raise InputError([_nothing(shown, targets)])
    if form == "json":
        deliver(None, summary_json.render(shown))
    else:
        files = summary_text.Files(targets.findings, targets.rejects if shown.rejects else "")
        manner = summary_text.Manner(language(lang), color_asked(no_color), quiet)
        deliver(None, lambda stream: summary_text.write(shown, files, stream, manner))
    return _exit_code(shown, gated)


def _insist_on_memory() -> None:
    """Refuse to begin where a limit on memory would end the process without a word of ours.

    Raises:
        InputError: there is such a limit.
    """
    try:
        import resource
    except ImportError:  # Windows has none
        return
    least, limit = ADDRESS_SPACE, resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit not in (-1, resource.RLIM_INFINITY) and limit < least:
        remedy = tr("raise the limit (ulimit -v) to {least} MB or more", least=least // MB)
        raise InputError([Problem(Place("screen"), tr("there is not enough memory"), remedy)])


class Cluster(NamedTuple):
    """A Spark cluster, and into how many parts the register is cut (None: as its size asks)."""

    master: str
    parts: int | None


def _cluster(engine: str | None, master: str | None, parts: int | None, *, wide: bool) -> Cluster | None:
    """The cluster to judge on; None for this process."""
    problems: list[Problem] = []
    if engine == "spark":
        if not master:
            what = tr("Spark needs the address of its master")
            problems.append(Problem(Place("--master"), what, tr("as in --master spark://host:7077, or local[4]")))
        if wide:
            problems.append(Problem(Place("--wide"), tr("a cluster writes long findings only")))
    else:
        given = [("--master", master), ("--partitions", parts)]
        what = tr("it is for --engine spark only")
        problems += [Problem(Place(option), what) for option, value in given if value is not None]
    if problems:
        raise InputError(problems)
    return Cluster(master, parts) if engine == "spark" and master else None


def _on(
    cluster: Cluster, register: Register, packs: Sequence[Pack], words: Vocabulary, day: date, output: str,
    staged: str | None,
) -> Screening:  # fmt: skip
    from envcheck.register.cluster import spark
    from envcheck.register.tables import diagnosis

    if output:
        spark.may_become(output)
    try:
        with spark.session(cluster.master) as session:
            return spark.screen(session, register, packs, words, day, staged, parts=cluster.parts, ranked=True)
    except InputError as error:
        lines = [problem for path in register.files for problem in diagnosis.lines(path)]
        raise InputError(lines or error.problems) from None


def _exit_code(summary: Summary, gated: frozenset[str]) -> int:
    """As `check`; rows that were not judged leave the register undetermined."""
    if gated == {"none"}:
        return OK
    if any(one.counts["fail"] and one.rule.modality in gated for one in summary.rules):
        return FAILED
    undetermined = summary.facilities["undetermined"] > 0 or summary.rejected > 0 or summary.unmeasured > 0
    if undetermined and "unknown" in gated:
        return FAILED
    return UNDETERMINED if undetermined else OK


def _nothing(summary: Summary, targets: Targets) -> Problem:
    if not summary.read:
        return Problem(Place(summary.source), tr("no row in the tables: nothing was checked"))
    first = summary.rejects[0].examples[0]
    what = tr(
        "none of the {read} rows could be judged, as {file}:{row}: {reason}",
        read=summary.read,
        file=first.file,
        row=first.row,
        reason=first.reason,
    )
    remedy = tr("{rejects} tells why, row by row", rejects=targets.rejects) if targets.rejects else EMPTY
    return Problem(Place(summary.source), what, remedy)


# --- progress --------------------------------------------------------------------------------------------------------


@contextmanager
def _progress(streamed: Register | None, lang: str | None, *, quiet: bool) -> Iterator[Progress | None]:
    """A bar on stderr for the rows that are judged, of a register that is ``streamed`` or read one by one; None where
    nobody looks.
    """
    if quiet or not sys.stderr.isatty() or os.environ.get("CI"):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    doing = TextColumn(tr("checking").within(language(lang)))
    with Bars(
        doing, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True
    ) as bars:
        yield _Bar(bars, _known_rows(streamed) if streamed is not None else 0)


class _Bar:
    """One bar: rows known of are those of the tables, then those read one by one, then the tables without these."""

    def __init__(self, bars: Bars, total: int | None) -> None:
        self.bars, self.total, self.done = bars, total, 0
        self.task = bars.add_task("", total=total)

    def expect(self, rows: int) -> None:
        """So many rows more."""
        self.total = (self.done if self.total is None else self.total) + rows
        self.bars.update(self.task, total=self.total)

    def judged(self, rows: int) -> None:
        """So many rows more are judged."""
        self.done += rows
        self.bars.update(self.task, completed=self.done)


def _known_rows(register: Register) -> int | None:
    """How many rows there are, where the files say it without being read."""
    if not all(table.path.lower().endswith(".parquet") for table in register.tables.values()):
        return None
    import polars as pl

    return sum(int(table.rows.select(pl.len()).collect().item()) for table in register.tables.values())
