"""`envcheck rules`: look at the rule packs and test them."""

from __future__ import annotations

import click

from envcheck.cli import completion
from envcheck.cli.options import (
    FAILED,
    FORMAT,
    LANG,
    OK,
    OUTPUT,
    RULE_PACKS,
    RULES,
    deliver,
    help_text,
    language,
    verbose_option,
)
from envcheck.text.messages import tr


@click.group("rules", help=help_text(tr("Look at the rule packs and test them.")))
def command() -> None:
    """The commands about rule packs."""


@command.command("list", help=help_text(tr("List packs and rules.")))
@RULE_PACKS
@click.option(
    "--search",
    metavar="TEXT",
    help=help_text(tr("Only rules with these words in their id, title, clause or ledger id.")),
)
@LANG
def rules_list(packs: tuple[str, ...], folders: tuple[str, ...], search: str | None, lang: str | None) -> int:
    """List packs and rules."""
    from envcheck.report import rules as pages
    from envcheck.rulebook import loading, selection

    chosen = loading.load(folders).named(packs)
    if search is not None:
        for pack in selection.search(chosen, search):
            for rule in pack.rules:
                click.echo(pages.line(rule, language(lang)))
        return OK
    for line in pages.listing(chosen, language(lang)):
        click.echo(line)
    return OK


@command.command("show", help=help_text(tr("Show one rule: clause, conditions, requirement, dates.")))
@click.argument("rule", shell_complete=completion.rules)
@RULES
@LANG
def rules_show(rule: str, folders: tuple[str, ...], lang: str | None) -> int:
    """Show the rules of a name."""
    from envcheck.report import rules as pages
    from envcheck.rulebook import loading
    from envcheck.rulebook.selection import find_rule

    book = loading.load(folders)
    for pack, found in find_rule(book.packs(), rule):
        for line in pages.page(pack, found, book.vocabulary, language(lang)):
            click.echo(line)
    return OK


@command.command("scope", help=help_text(tr("Show whom a rule (or each rule of a pack) concerns, by asking it.")))
@click.argument("name", metavar="RULE|PACK", shell_complete=completion.rules)
@FORMAT
@verbose_option(tr("Every value."))
@RULES
@LANG
def rules_scope(name: str, form: str, verbose: bool, folders: tuple[str, ...], lang: str | None) -> int:
    """Show whom a rule, or each rule of a pack, concerns."""
    from envcheck.report import scope as pages
    from envcheck.review.scope import scope
    from envcheck.rulebook import loading
    from envcheck.rulebook.selection import find_rule

    book = loading.load(folders)
    packs = book.packs()
    whole = [(pack, rule) for pack in packs if pack.id == name for rule in pack.rules]
    found = [(pack, rule, scope(rule, pack, book.vocabulary)) for pack, rule in whole or find_rule(packs, name)]
    if form == "json":
        click.echo(pages.as_json(found), nl=False)
        return OK
    for line in pages.text(found, book.vocabulary, language(lang), verbose=verbose):
        click.echo(line)
    return OK


@command.command("lint", help=help_text(tr("Load every pack anew and report what is wrong and what is doubtful.")))
@RULE_PACKS
@LANG
def rules_lint(packs: tuple[str, ...], folders: tuple[str, ...], lang: str | None) -> int:
    """Report what is wrong and what is doubtful, and tell by the exit code whether anything is."""
    from envcheck.review.lint import lint
    from envcheck.rulebook import loading
    from envcheck.rulebook.selection import chosen_packs

    words, every, examples = loading.load_with_examples(folders)
    chosen = chosen_packs(every, packs)
    doubts = lint(chosen, words)
    for doubt in doubts:
        click.echo(f"{doubt.place}: {doubt.code} {doubt.about}: {doubt.what.within(language(lang))}")
    for pack in chosen:
        count = sum(len(examples.get(rule.key, ())) for rule in pack.rules)
        told = tr(
            "{pack}: rules {rules}, manual items {manual}, examples {examples}",
            pack=pack.id,
            rules=len(pack.rules),
            manual=len(pack.manual),
            examples=count,
        )
        click.echo(told.within(language(lang)))
    return FAILED if doubts else OK


@command.command("test", help=help_text(tr("Run the examples that the rules carry.")))
@RULE_PACKS
@LANG
def rules_test(packs: tuple[str, ...], folders: tuple[str, ...], lang: str | None) -> int:
    """Run the examples of the rules, and tell by the exit code whether one failed."""
    from envcheck.report.parts.phrases import clean
    from envcheck.review import rule_tests
    from envcheck.rulebook import loading
    from envcheck.rulebook.selection import chosen_packs

    words, every, examples = loading.load_with_examples(folders)
    failed = False
    for pack in chosen_packs(every, packs):
        answers = list(rule_tests.run(words, examples, pack))
        failures = [failure for failure in answers if failure is not None]
        failed = failed or bool(failures)
        for failure in failures:
            for line in rule_tests.describe(failure, language(lang)):
                click.echo(clean(line))
        bare = [rule.id for rule in pack.rules if not examples.get(rule.key)]
        told = tr(
            "{pack}: {examples} examples, {failed} failed, {bare} rules without",
            pack=pack.id,
            examples=len(answers),
            failed=len(failures),
            bare=len(bare),
        )
        click.echo(told.within(language(lang)))
    return FAILED if failed else OK


@command.command(
    "coverage", help=help_text(tr("Show what is checked of every plan, by which rules, what is not and why."))
)
@RULE_PACKS
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@OUTPUT
@verbose_option(tr("Every requirement."))
@LANG
def rules_coverage(
    packs: tuple[str, ...], folders: tuple[str, ...], form: str, output: str | None, verbose: bool, lang: str | None
) -> int:
    """Write what is checked of every plan, and what is not."""
    from envcheck.report import coverage as pages
    from envcheck.review import coverage
    from envcheck.rulebook import loading

    covers = coverage.cover_all(loading.load(folders).named(packs), [*folders, loading.shipped_rules()])
    if form == "json":
        page = pages.as_json(covers)
    elif form == "csv":
        page = pages.as_csv(covers, language(lang))
    else:
        page = pages.text(covers, language(lang), verbose=verbose)
    deliver(output, page)
    return FAILED if any(one.ids("unaccounted") for one in covers) else OK
