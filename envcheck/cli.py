"""The command line. Exit codes: 0 compliant, 1 something fails, 3 undetermined, 2 wrong input or call, 70 our fault."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from datetime import date
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from envcheck import __version__
from envcheck.text import InputError, Place, Problem, Text

if TYPE_CHECKING:
    from envcheck.model import Result

OK, FAILED, WRONG, UNDETERMINED, FAULT = 0, 1, 2, 3, 70
GATES = ("must", "in_principle", "target", "encourage", "unknown", "none")


def language(chosen: str | None = None) -> str:
    """The language asked for, else the locale's; Chinese where the locale says nothing."""
    if chosen:
        return chosen
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "zh"


def main() -> NoReturn:
    """Run envcheck; bad input ends with its problems on stderr and exit code 2, a fault of ours with 70."""
    gc.set_threshold(200_000)  # a check makes many small records and no garbage worth stopping for
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = cli.main(standalone_mode=False, prog_name="envcheck")
    except InputError as error:
        lang = language(_chosen_language(sys.argv))
        for problem in error.problems:
            click.echo(_clean(problem.within(lang)), err=True)
        code = WRONG
    except click.ClickException as error:
        error.show()
        code = WRONG
    except (click.exceptions.Abort, KeyboardInterrupt):
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = OK
    except Exception:
        import traceback

        traceback.print_exc()
        lang = language(_chosen_language(sys.argv))
        click.echo(
            Text("envcheck 内部错误，请报告以上内容", "A fault of envcheck itself; please report the above").within(
                lang
            ),
            err=True,
        )
        code = FAULT
    sys.exit(code)


def _chosen_language(arguments: Sequence[str]) -> str | None:
    for number, word in enumerate(arguments):
        value = word.partition("=")[2] if word.startswith("--lang=") else None
        if word == "--lang" and number + 1 < len(arguments):
            value = arguments[number + 1]
        if value in ("zh", "en"):
            return value
    return None


def _clean(text: str) -> str:
    from envcheck.report.words import clean

    return clean(text)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="envcheck")
def cli() -> None:
    """Hold facility files against environmental plans. 用生态环境规划的要求核查企业档案。"""


class Day(click.ParamType):  # type: ignore[type-arg]
    """A date as 2025-12-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r}: write a date as 2025-12-31 / 日期写法为 2025-12-31", param, ctx)


RULES = click.option(
    "--rules", "folders", multiple=True, metavar="DIR", help="Packs beside the shipped ones. 另加的规则包文件夹。"
)
LANG = click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of texts (default: the locale's). 语言。")
PACK = click.option("--pack", "chosen", multiple=True, metavar="ID", help="Only these packs. 只用这些规则包。")


@cli.command()
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
def check(
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

    _deliver(output, write)
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


def _deliver(output: str | None, write: Any) -> None:
    """Write to stdout, or to a file that appears whole or not at all."""
    if output is None or output == "-":
        write(sys.stdout)
        sys.stdout.flush()
        return
    part = f"{output}.{os.getpid()}.part"
    try:
        with open(part, "w", encoding="utf-8", newline="\n") as stream:
            write(stream)
        os.replace(part, output)
    except OSError as error:
        raise InputError(
            [Problem(Place(output), Text(f"无法写入（{error.strerror}）", f"cannot be written ({error.strerror})"))]
        ) from None
    finally:
        if os.path.exists(part):
            os.unlink(part)


@cli.group()
def rules() -> None:
    """Look at the rule packs and test them. 查看、检验规则包。"""


@rules.command("list")
@PACK
@RULES
@LANG
def rules_list(chosen: tuple[str, ...], folders: tuple[str, ...], lang: str | None) -> int:
    """List packs and rules. 列出规则。"""
    from envcheck import rulebook
    from envcheck.report import rules as pages
    from envcheck.selection import chosen_packs

    book = rulebook.load(folders)
    for line in pages.listing(chosen_packs(book.packs(), chosen), language(lang)):
        click.echo(line)
    return OK


@rules.command("show")
@click.argument("rule")
@RULES
@LANG
def rules_show(rule: str, folders: tuple[str, ...], lang: str | None) -> int:
    """Show one rule: clause, conditions, requirement, dates. 查看一条规则。"""
    from envcheck import rulebook
    from envcheck.report import rules as pages
    from envcheck.selection import find_rule

    book = rulebook.load(folders)
    for pack, found in find_rule(book.packs(), rule):
        for line in pages.page(pack, found, book.vocabulary, language(lang)):
            click.echo(line)
    return OK


@rules.command("lint")
@RULES
@LANG
def rules_lint(folders: tuple[str, ...], lang: str | None) -> int:
    """Load every pack anew and report what is wrong. 检查规则包。"""
    from envcheck import rulebook

    _, packs, examples = rulebook.load_with_examples(folders)
    for pack in packs:
        count = sum(len(examples.get(rule.key, ())) for rule in pack.rules)
        zh = f"{pack.id}：规则 {len(pack.rules)}，人工核查 {len(pack.manual)}，示例 {count}"
        en = f"{pack.id}: {len(pack.rules)} rules, {len(pack.manual)} manual items, {count} examples"
        click.echo(Text(zh, en).within(language(lang)))
    return OK


@rules.command("test")
@PACK
@RULES
@LANG
def rules_test(chosen: tuple[str, ...], folders: tuple[str, ...], lang: str | None) -> int:
    """Run the examples that the rules carry. 运行规则自带的示例。"""
    from envcheck import rulebook, ruletest
    from envcheck.selection import chosen_packs

    words, packs, examples = rulebook.load_with_examples(folders)
    failed = False
    for pack in chosen_packs(packs, chosen):
        answers = list(ruletest.run(words, examples, pack))
        failures = [failure for failure in answers if failure is not None]
        failed = failed or bool(failures)
        for failure in failures:
            for line in ruletest.describe(failure, language(lang)):
                click.echo(_clean(line))
        bare = [rule.id for rule in pack.rules if not examples.get(rule.key)]
        zh = f"{pack.id}：示例 {len(answers)}，失败 {len(failures)}，无示例的规则 {len(bare)}"
        en = f"{pack.id}: {len(answers)} examples, {len(failures)} failed, {len(bare)} rules without"
        click.echo(Text(zh, en).within(language(lang)))
    return FAILED if failed else OK
