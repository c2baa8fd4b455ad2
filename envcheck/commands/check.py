"""`envcheck check`: hold facility files against the plans that bind them."""

from __future__ import annotations

import os
from datetime import date
from typing import IO, TYPE_CHECKING

import click

from envcheck.commands import FAILED, LANG, OK, PACK, RULES, UNDETERMINED, Day, deliver, language
from envcheck.text import InputError, Place, Problem, Text

if TYPE_CHECKING:
    from envcheck.model import Result

GATES = ("must", "in_principle", "target", "encourage", "unknown", "none")


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--as-of", type=Day(), help="The day asked about (default: today). 评估日期。")
@PACK
@RULES
@click.option(
    "--select",
    multiple=True,
    metavar="RULE",
    help="Only these rules (ID, PACK/ID, ledger id; * is a wildcard). 只查这些规则。",
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules. 不查这些规则。")
@click.option(
    "--engine",
    type=click.Choice(["durable", "direct"]),
    help="Inference engine (default: durable where it loads). 推理引擎。",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format. 输出格式。",
)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE (whole or not at all). 输出文件。")
@LANG
@click.option(
    "--fail-on",
    metavar="LIST",
    default="must,in_principle",
    show_default=True,
    help="What makes the exit code 1: must, in_principle, target, encourage, unknown or none. 哪些结论令退出码为 1。",
)
@click.option("-q", "--quiet", is_flag=True, help="Only outcomes and what fails. 只列结论与不符合项。")
@click.option("-v", "--verbose", is_flag=True, help="All findings and their derivation. 列出全部结论与推导。")
@click.option("--no-color", is_flag=True, help="No colours. 不用颜色。")
def command(
    files: tuple[str, ...],
    as_of: date | None,
    chosen: tuple[str, ...],
    folders: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    engine: str | None,
    form: str,
    output: str | None,
    lang: str | None,
    fail_on: str,
    quiet: bool,
    verbose: bool,
    no_color: bool,
) -> int:
    """Check facility files against the plans that bind them. 核查企业档案。

    \b
    envcheck check facilities/gas-boiler-house.yaml
    envcheck check plant.yaml --as-of 2026-01-01 --lang en
    envcheck check plant.yaml --format json -o findings.json
    """
    from envcheck import engines, facility, rulebook, source
    from envcheck.check import binds
    from envcheck.check import check as run
    from envcheck.selection import chosen_packs, selected

    gates = _gates(fail_on)
    book = rulebook.load(folders)
    problems: list[Problem] = []
    facilities = []
    for path in files:
        try:
            facilities.append(facility.read(source.read_file(path), book.vocabulary))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    if chosen or select or ignore:
        packs = selected(chosen_packs(book.packs(), chosen), select, ignore)
    else:
        kinds = {subject.kind for one in facilities for subject in one.subjects()}
        packs = chosen_packs(book.packs(kinds, lambda pack: any(binds(pack, one) for one in facilities)), ())
    result = run(facilities, packs, as_of or date.today(), engine or engines.default(), everywhere=bool(chosen))

    def write(stream: IO[str]) -> None:
        if form == "json":
            from envcheck.report import json

            stream.write(json.render(result))
        else:
            from envcheck.report import text

            manner = text.Manner(language(lang), _color(no_color), verbose, quiet)
            text.write(result, book.vocabulary, stream, manner)

    deliver(output, write)
    return _exit_code(result, gates)


def _color(no_color: bool) -> bool | None:
    """False for none, True where it is forced, None to ask the terminal."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE") else None


def _gates(text: str) -> frozenset[str]:
    words = frozenset(word.strip() for word in text.split(",") if word.strip())
    unknown = sorted(words - set(GATES))
    if unknown or not words:
        raise InputError(
            [
                Problem(
                    Place("--fail-on"),
                    Text(f"未知的取值 {', '.join(unknown) or '（空）'}", f"unknown: {', '.join(unknown) or '(empty)'}"),
                    Text(f"可用：{', '.join(GATES)}", f"Known: {', '.join(GATES)}"),
                )
            ]
        )
    return words


def _exit_code(result: Result, gates: frozenset[str]) -> int:
    """1 if a rule of a gated modality fails (or an unknown is gated), else 3 if undetermined, else 0."""
    if gates == {"none"}:
        return OK
    findings = [f for report in result.reports for f in report.findings]
    if any(f.status == "fail" and f.rule.modality in gates for f in findings):
        return FAILED
    undetermined = any(report.outcome == "undetermined" for report in result.reports)
    if undetermined and "unknown" in gates:
        return FAILED
    return UNDETERMINED if undetermined else OK
