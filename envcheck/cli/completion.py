"""What the shell offers for arguments: files, folders, pack ids. Runs at every press of Tab, so it imports nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files, as the shell completes them."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def folders(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders, as the shell completes them."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


def pack_ids(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of the shipped packs and of those in the folders given."""
    from click.shell_completion import CompletionItem

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "rules")
    shipped = inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "rules")
    found = {name for root in (shipped, *(ctx.params.get("folders") or ())) for name in _ids(root)}
    return [CompletionItem(name) for name in sorted(found) if name.startswith(incomplete)]


def _ids(root: str) -> Iterator[str]:
    """The ids in a folder of packs, or of the pack that a folder is: the line `id:` of each pack.yaml."""
    try:
        inside = [root, *(entry.path for entry in os.scandir(root) if entry.is_dir())]
    except OSError:
        return
    for folder in inside:
        try:
            with open(os.path.join(folder, "pack.yaml"), encoding="utf-8") as stream:
                for line in stream:
                    if line.startswith("id:"):
                        yield line[3:].partition("#")[0].strip().strip("\"'")
                        break
        except (OSError, UnicodeDecodeError):
            continue
