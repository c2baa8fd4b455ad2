"""`envcheck convert`: a facility file between YAML, JSON and a workbook."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from envcheck.cli.commands.config import CONFIGURED
from envcheck.cli.options import LANG, OK, RULES, deliver, help_text, language
from envcheck.files import reading
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem

if TYPE_CHECKING:
    from envcheck.files.source import Node
    from envcheck.forms.comments import Comment
    from envcheck.vocabulary.words import Vocabulary


@click.command(
    "convert",
    help=help_text(
        tr("Turn a facility file into YAML, JSON or a workbook, losing no fact and no comment."),
        lines=("envcheck convert plant.yaml -o plant.xlsx", "envcheck convert plant.xlsx -o plant.json"),
    ),
)
@click.argument("file", metavar="FILE")
@click.option(
    "-o", "--output", required=True, metavar="FILE", help=help_text(tr("Write to FILE.yaml, .json or .xlsx."))
)
@RULES
@LANG
@CONFIGURED
def command(file: str, output: str, folders: tuple[str, ...], lang: str | None) -> int:
    """Write a facility file in the form that the ending of the output names."""
    from envcheck import api
    from envcheck.facility import facility_file
    from envcheck.files.source import Mapping
    from envcheck.forms import plain
    from envcheck.rulebook import loading

    ending = os.path.splitext(output)[1].lower()
    if ending not in (".yaml", ".yml", ".json", ".xlsx"):
        what = tr("the output has an ending that says no format")
        raise InputError([Problem(Place(output), what, tr("Known: .yaml .json .xlsx"))])
    words = loading.load(folders).vocabulary
    data = reading.standard_input() if file == "-" else None
    tree = api.read_tree(file, words, data)
    facility_file.read(tree, words)  # what is wrong with the file is told before anything is written
    assert isinstance(tree, Mapping)
    comments = _comments(file, data, tree, words)
    content: str | bytes
    if ending == ".xlsx":
        from envcheck.forms import tables, workbook

        content = workbook.write(tables.of_tree(tree, words, language(lang)), (), language(lang), comments)
    elif ending == ".json":
        content = plain.to_json(tree)
        if comments:
            left = tr("JSON holds no comments: {comments} left out", comments=len(comments))
            click.echo(left.within(language(lang)), err=True)
    else:
        from envcheck.forms.comments import insert

        content = insert(plain.to_yaml(tree), comments, words)
    deliver(output, content)
    return OK


def _comments(file: str, data: bytes | None, tree: Node, words: Vocabulary) -> tuple[Comment, ...]:
    """The comments of a file that was read without a mistake."""
    from envcheck.forms import cells, comments

    if data is None:
        data = reading.read(file)
    if data.startswith(b"PK\x03\x04"):
        sheet = cells.aside(data, file, comments.SHEET)
        return () if sheet is None else comments.of_sheet(sheet)
    return () if file.endswith(".json") else comments.find(data, tree, words)
