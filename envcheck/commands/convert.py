"""`envcheck convert`: a facility file between YAML, JSON and a workbook."""

from __future__ import annotations

import os

import click

from envcheck.commands import LANG, OK, RULES, deliver, language, read_tree, said
from envcheck.text import InputError, Place, Problem, tr


@click.command(
    "convert",
    help=said(
        tr("Turn a facility file into YAML, JSON or a workbook, losing no fact."),
        lines=("envcheck convert plant.yaml -o plant.xlsx", "envcheck convert plant.xlsx -o plant.json"),
    ),
)
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", required=True, metavar="FILE", help=said(tr("Write to FILE.yaml, .json or .xlsx.")))
@RULES
@LANG
def command(file: str, output: str, folders: tuple[str, ...], lang: str | None) -> int:
    from envcheck import facility, rulebook
    from envcheck.forms import plain
    from envcheck.source import Mapping

    ending = os.path.splitext(output)[1].lower()
    if ending not in (".yaml", ".yml", ".json", ".xlsx"):
        what = tr("the output has an ending that says no format")
        raise InputError([Problem(Place(output), what, tr("Known: .yaml .json .xlsx"))])
    words = rulebook.load(folders).vocabulary
    tree = read_tree(file, words)
    facility.read(tree, words)  # what is wrong with the file is told before anything is written
    assert isinstance(tree, Mapping)
    content: str | bytes
    if ending == ".xlsx":
        from envcheck.forms import tables, workbook

        content = workbook.write(tables.of_tree(tree, words, language(lang)), (), language(lang))
    else:
        content = plain.to_json(tree) if ending == ".json" else plain.to_yaml(tree)
    deliver(output, content)
    return OK
