"""What the shell offers for arguments: files, folders, packs, rules, types, industries, regions, kinds. Runs at every press of Tab, so it imports nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

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

    found = {name for root in _roots(ctx) for name in _ids(root)}
    return [CompletionItem(name) for name in sorted(found) if name.startswith(incomplete)]


def rules(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of rules, and their full keys once a pack is named."""
    from click.shell_completion import CompletionItem

    found: set[str] = set()
    for root in _roots(ctx):
        for folder in _folders(root):
            pack = next(iter(_matches(os.path.join(folder, "pack.yaml"), r"id:\s*[\"']?([\w.-]+)")), None)
            for path in _yaml(folder) if pack else ():
                section = ""
                for heading, name in _matches(path, r"(?:(\w+):|  - id:\s*([\w.-]+))"):
                    section = heading or section
                    if name and section == "rules":  # manual items have ids too
                        found.add(f"{pack}/{name}" if "/" in incomplete else name)
    return [CompletionItem(name) for name in sorted(found) if name.startswith(incomplete)]


def types(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The types of facilities."""
    return _choices("industries.yaml", "facility_type", incomplete)


def industries(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The industries."""
    return _choices("industries.yaml", "industry", incomplete)


def regions(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The regions, by code or, once a name is begun, by name."""
    return _choices("regions.yaml", "region", incomplete)


def kinds(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The lists of subjects, such as boilers."""
    from click.shell_completion import CompletionItem

    files = _yaml(os.path.join(_shipped(), "vocabulary"))
    found = {name for path in files for name in _matches(path, r"    plural:\s*(\w+)")}
    return [CompletionItem(name) for name in sorted(found) if name.startswith(incomplete)]


def _choices(file: str, choice: str, incomplete: str) -> list[CompletionItem]:
    """The choices of a sort that begin so, each with its Chinese; a Chinese beginning is completed by the name."""
    from click.shell_completion import CompletionItem

    told: list[CompletionItem] = []
    inside = False
    for code, zh in _matches(
        os.path.join(_shipped(), "vocabulary", file), r" {2,4}[\"']?(\w+)[\"']?:(?: \{zh: ([^,}]+))?"
    ):
        if not zh:
            inside = code == choice
        elif inside and code.startswith(incomplete):
            told.append(CompletionItem(code, help=zh))
        elif inside and incomplete and zh.startswith(incomplete):
            told.append(CompletionItem(zh))
    return told


def _shipped() -> str:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "rules")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "rules")


def _roots(ctx: click.Context) -> tuple[str, ...]:
    return (_shipped(), *(ctx.params.get("folders") or ()))


def _folders(root: str) -> list[str]:
    try:
        return [root, *(entry.path for entry in os.scandir(root) if entry.is_dir())]
    except OSError:
        return []


def _yaml(folder: str) -> list[str]:
    try:
        return sorted(entry.path for entry in os.scandir(folder) if entry.name.endswith((".yaml", ".yml")))
    except OSError:
        return []


def _matches(path: str, pattern: str) -> list[Any]:
    """What a pattern finds at the beginnings of a file's lines; nothing of a file that cannot be read."""
    import re

    try:
        with open(path, encoding="utf-8") as stream:
            return re.findall("^" + pattern, stream.read(), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return []


def _ids(root: str) -> Iterator[str]:
    """The ids in a folder of packs, or of the pack that a folder is."""
    for folder in _folders(root):
        yield from _matches(os.path.join(folder, "pack.yaml"), r"id:\s*[\"']?([\w.-]+)")[:1]
