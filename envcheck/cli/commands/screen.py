"""`envcheck screen`: hold a register, tables with one subject a row, against the plans; a row is judged, or rejected with the reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
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
    LANG,
    NO_COLOR,
    OK,
    OUTPUT,
    RULE_PACKS,
    SELECTION,
    UNDETERMINED,
    as_record,
    color_asked,
    deliver,
    help_text,
    language,
    quiet_option,
)
from envcheck.files.bounds import ADDRESS_SPACE, MB
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from envcheck.register.results.run import Progress
    from envcheck.register.results.summary import Summary
    from envcheck.register.tables.register_files import Register


class ScreenOptions(NamedTuple):
    """The options of `screen`."""

    source: str
    output: str | None
    wide: bool
    kind: str | None
    mapping: str | None
    drafted: str | None
    header_row: int | None
    sheets: tuple[str, ...]
    as_of: date | None
    packs: tuple[str, ...]
    folders: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    rejects: str | None
    summaries: tuple[str, ...]
    top: int
    engine: str | None
    master: str | None
    partitions: int | None
    form: str
    lang: str | None
    fail_on: str
    quiet: bool
    no_color: bool


@click.command(
    "screen",
    help=help_text(
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
@click.option("--wide", is_flag=True, help=help_text(tr("A row a subject, a column a rule.")))
@click.option(
    "--kind",
    metavar="KIND",
    help=help_text(tr("What a single table lists, as in boilers.")),
    shell_complete=completion.kinds,
)
@click.option(
    "--mapping",
    metavar="FILE",
    help=help_text(tr("YAML: heading to attribute with its unit, for all tables or one; or a drafted mapping.")),
    shell_complete=completion.files,
)
@click.option(
    "--draft-mapping",
    "drafted",
    metavar="FILE",
    help=help_text(
        tr("Write a proposal for --mapping (.yaml or .xlsx), to be corrected and given back, and judge nothing.")
    ),
    shell_complete=completion.files,
)
@click.option(
    "--header-row",
    type=click.IntRange(1, 1_000_000),
    metavar="N",
    help=help_text(tr("The row in which the headings begin, where it is not found.")),
)
@click.option(
    "--sheet",
    "sheets",
    multiple=True,
    metavar="NAME",
    help=help_text(tr("The sheet to read (several: give it again).")),
)
@AS_OF
@RULE_PACKS
@SELECTION
@click.option(
    "--rejects",
    metavar="FILE",
    help=help_text(tr("Rows that could not be judged, with the reason (default: beside the output).")),
    shell_complete=completion.files,
)
@click.option(
    "--summary",
    "summaries",
    multiple=True,
    metavar="FILE",
    help=help_text(tr("Write the summary to FILE (.json or .html).")),
    shell_complete=completion.files,
)
@click.option(
    "--top",
    type=click.IntRange(0, 1000),
    default=10,
    show_default=True,
    help=help_text(tr("How many facilities the ranking names.")),
)
@click.option(
    "--engine",
    type=click.Choice(["direct", "columnar", "spark"]),
    help=help_text(
        tr("One facility after the other, in columns, or on a Spark cluster (default: direct for few, else columnar).")
    ),
)
@click.option("--master", metavar="URL", help=help_text(tr("The cluster: spark://host:7077, yarn, local[4].")))
@click.option(
    "--partitions",
    type=click.IntRange(min=1),
    help=help_text(tr("How many parts a cluster judges (default: one for each 100,000 rows).")),
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help=help_text(tr("What is printed.")),
)
@LANG
@FAIL_ON
@quiet_option(tr("Only the outcome and what fails."))
@NO_COLOR
@CONFIGURED
@as_record(ScreenOptions)
def command(options: ScreenOptions) -> int:
    """Screen a register, write what is asked for, and tell by the exit code what it comes to."""
    gated = gates(options.fail_on)
    _check_memory()
    from envcheck import api

    tongue = language(options.lang)
    rules = api.load_rules(*options.folders)
    if options.drafted:
        open_ = api.draft_mapping(
            options.source,
            options.drafted,
            rules,
            kind=options.kind,
            mapping=options.mapping,
            sheets=options.sheets,
            header_row=options.header_row,
            lang=tongue,
        )
        told = tr("{path} written; to be settled: {n}", path=options.drafted, n=open_)
        deliver(None, told.within(tongue) + "\n")
        return UNDETERMINED if open_ else OK
    summary = api.screen(
        options.source,
        rules,
        as_of=options.as_of,
        packs=options.packs,
        select=options.select,
        ignore=options.ignore,
        kind=options.kind,
        mapping=options.mapping,
        output=options.output,
        rejects=options.rejects,
        summaries=options.summaries,
        wide=options.wide,
        engine=options.engine,
        master=options.master,
        partitions=options.partitions,
        top=options.top,
        lang=tongue,
        configured=configured(),
        sheets=options.sheets,
        header_row=options.header_row,
        watch=lambda streamed: _progress(streamed, tongue, quiet=options.quiet),
    )
    from envcheck.register.results import summary_json, summary_text

    if options.form == "json":
        deliver(None, summary_json.render(summary))
    else:
        written = summary_text.Files(summary.findings_file, summary.rejects_file)
        manner = summary_text.Manner(tongue, color_asked(options.no_color), options.quiet)
        deliver(None, lambda stream: summary_text.write(summary, written, stream, manner))
    return _exit_code(summary, gated)


def _check_memory() -> None:
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
