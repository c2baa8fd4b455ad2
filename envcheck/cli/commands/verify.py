"""`envcheck verify`: judge a kept result again, and say whether it still holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from envcheck.cli import completion
from envcheck.cli.options import FAILED, LANG, OK, RULES, help_text, language
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem


@click.command(
    "verify",
    help=help_text(
        tr(
            "Judge a kept JSON result again, for the same day, with the same selection and engine, and say what differs."
        ),
        tr("Ends with 0 if it holds to the byte, with 1 if anything differs."),
        lines=("envcheck verify result.json", "envcheck verify result.json plant.yaml"),
    ),
)
@click.argument("result", metavar="RESULT", shell_complete=completion.files)
@click.argument("files", nargs=-1, metavar="[FILE...]", shell_complete=completion.files)
@RULES
@LANG
def command(result: str, files: tuple[str, ...], folders: tuple[str, ...], lang: str | None) -> int:
    """Judge a kept result again, and tell by the exit code whether it still holds."""
    from envcheck import api
    from envcheck.cli.commands.diff import read_result
    from envcheck.judging.verify import differences
    from envcheck.report.formats.json import result_data
    from envcheck.report.parts.phrases import clean

    kept = read_result(result)
    if kept is None:
        raise _refused(result, tr("not a JSON result of envcheck"))
    sources = [str(one["source"]) for one in kept["facilities"]]
    if any(" --set " in source for source in sources):
        raise _refused(result, tr("it was judged with --set, not as its file says"))
    if files and len(files) != len(sources):
        raise _refused(result, tr("it holds {n} facilities: name as many files, in its order", n=len(sources)))
    for file, source in zip(files, sources, strict=False):
        if os.path.basename(file) != os.path.basename(source):
            raise InputError(
                [Problem(Place(file), tr("the result was made of {file}", file=source), tr("name it so again"))]
            )
    given = _options(kept.get("narrowed", ()))
    engine = str(kept["engine"])
    book = api.load_rules(*folders)
    found = api.check(
        api.read_facilities(files or sources, book),
        book,
        as_of=date.fromisoformat(kept["as_of"]),
        packs=given["--pack"],
        select=given["--select"],
        ignore=given["--ignore"],
        engine=engine,
    )
    now = result_data(found._replace(narrowed=tuple(kept.get("narrowed", ()))), book.vocabulary)
    told = tuple(differences(_without_file_names(kept, files), _without_file_names(now, files)))
    for one in told:
        click.echo(clean(one.within(language(lang))))
    holds = tr("the result holds: the same to the byte") if not told else tr("the result does not hold")
    click.echo(holds.within(language(lang)))
    return FAILED if told else OK


def _options(narrowed: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The options by which only some of the rules were asked, as a result tells them."""
    pairs = [text.partition(" ") for text in narrowed]
    return {
        name: tuple(value for option, _, value in pairs if option == name)
        for name in ("--pack", "--select", "--ignore")
    }


def _without_file_names(data: dict[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """A result with its places told without the names of files where others were named."""
    if not files:
        return data

    def plain(item: Any) -> Any:
        if isinstance(item, dict):
            return {
                key: "" if key in ("file", "source") and isinstance(value, str) else plain(value)
                for key, value in item.items()
            }
        return [plain(one) for one in item] if isinstance(item, list) else item

    named: dict[str, Any] = plain(data)
    return named


def _refused(path: str, what: Any) -> InputError:
    return InputError([Problem(Place(path), what, tr("make one with check --format json"))])
