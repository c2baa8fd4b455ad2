"""`envcheck schema`: the JSON Schemas of what envcheck reads and writes, for editors and other programs."""

from __future__ import annotations

import json

import click

from envcheck.cli.options import (
    OK,
    OUTPUT,
    RULES,
    deliver,
    help_text,
)
from envcheck.text.messages import tr


@click.command(
    "schema",
    help=help_text(
        tr("Print a JSON Schema (draft-07)."),
        tr(
            "`findings` is the schema of `check --format json`, `screening` that of `screen --format json`, `facility` that of facility files. An editor offers and explains the words of a facility file whose first line names the schema."
        ),
        lines=(
            "envcheck schema findings",
            "envcheck schema facility -o facility.schema.json",
            "# yaml-language-server: $schema=facility.schema.json",
        ),
    ),
)
@click.argument("what", type=click.Choice(["findings", "screening", "facility"]))
@RULES
@OUTPUT
def command(what: str, folders: tuple[str, ...], output: str | None) -> int:
    """Write one of the JSON Schemas."""
    from envcheck.rulebook import loading
    from envcheck.schema import published

    kept = {"findings": published.findings, "screening": published.screening}
    made = kept[what]() if what in kept else published.facility(loading.load(folders).vocabulary)
    deliver(output, json.dumps(made, ensure_ascii=False, indent=1) + "\n")
    return OK
