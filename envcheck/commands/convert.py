"""`envcheck convert`: a facility file between YAML, JSON and a workbook."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from envcheck.commands import LANG, OK, RULES, deliver, language, read_tree
from envcheck.commands.config import CONFIGURED
from envcheck.text import InputError, Place, Problem, Text

if TYPE_CHECKING:
    from envcheck.forms.comments import Comment
    from envcheck.source import Node
    from envcheck.vocabulary import Vocabulary


@click.command("convert")
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", required=True, metavar="FILE", help="Write to FILE.yaml, .json or .xlsx. 输出文件。")
@RULES
@LANG
@CONFIGURED
def command(file: str, output: str, folders: tuple[str, ...], lang: str | None) -> int:
    """Turn a facility file into YAML, JSON or a workbook, losing no fact and no comment. 转换企业档案的格式。

    \b
    envcheck convert plant.yaml -o plant.xlsx
    envcheck convert plant.xlsx -o plant.json
    """
    from envcheck import facility, rulebook
    from envcheck.forms import plain
    from envcheck.source import Mapping

    ending = os.path.splitext(output)[1].lower()
    if ending not in (".yaml", ".yml", ".json", ".xlsx"):
        what = Text("输出文件的扩展名不可用", "the output has an ending that says no format")
        raise InputError([Problem(Place(output), what, Text("可用：.yaml .json .xlsx", "Known: .yaml .json .xlsx"))])
    words = rulebook.load(folders).vocabulary
    data = sys.stdin.buffer.read() if file == "-" else None
    tree = read_tree(file, words, data)
    facility.read(tree, words)  # what is wrong with the file is told before anything is written
    assert isinstance(tree, Mapping)
    comments = _comments(file, data, tree, words)
    content: str | bytes
    if ending == ".xlsx":
        from envcheck.forms import tables, workbook

        content = workbook.write(tables.of_tree(tree, words, language(lang)), (), language(lang), comments)
    elif ending == ".json":
        content = plain.to_json(tree)
        if comments:
            left = Text(
                f"JSON 不能容纳注释，略去 {len(comments)} 条", f"JSON holds no comments: {len(comments)} left out"
            )
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
        with open(file, "rb") as stream:
            data = stream.read()
    if data.startswith(b"PK\x03\x04"):
        sheet = cells.aside(data, file, comments.SHEET)
        return () if sheet is None else comments.of_sheet(sheet)
    return () if file.endswith(".json") else comments.find(data, tree, words)
