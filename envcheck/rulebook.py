"""All that envcheck judges by: the vocabulary and the packs, compiled once and kept in a cache of plain JSON.

The cache is keyed by the content of every file read, so a changed file is never served stale; where it cannot be
written, everything is compiled anew each time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

from envcheck import __version__, codec
from envcheck.model import Example, Pack
from envcheck.text import InputError, Place, Problem, Text
from envcheck.vocabulary import Vocabulary

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE_FORMAT = "1"


@dataclass(frozen=True)
class Rulebook:
    """The vocabulary and every pack."""

    vocabulary: Vocabulary
    packs: tuple[Pack, ...]


def shipped_rules() -> str:
    """The folder of the rules that come with envcheck: inside the installed package, else beside it in a checkout."""
    inside = os.path.join(HERE, "rules")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(HERE), "rules")


def load(extra: Sequence[str] = ()) -> Rulebook:
    """The shipped rules and those of the folders in ``extra``.

    Raises:
        InputError: a folder holds no pack, or a file in it cannot be used.
    """
    files = _files(extra)
    digest = hashlib.sha256(f"{__version__}/{CACHE_FORMAT}".encode())
    for label, content in files.items():
        digest.update(f"\0{label}\0{len(content)}\0".encode())
        digest.update(content)
    path = os.path.join(_cache_folder(), f"rules-{digest.hexdigest()}.json")
    try:
        with open(path, encoding="utf-8") as stream:
            words, packs = codec.decode(json.load(stream))
            return Rulebook(words, packs)
    except (OSError, ValueError, LookupError, TypeError):
        pass
    book, _ = compile_files(files)
    _keep(path, json.dumps(codec.encode((book.vocabulary, book.packs)), ensure_ascii=False, separators=(",", ":")))
    return book


def load_with_examples(extra: Sequence[str] = ()) -> tuple[Rulebook, dict[str, tuple[Example, ...]]]:
    """As `load`, with the examples of every rule by its key, never from the cache."""
    return compile_files(_files(extra))


def compile_files(files: dict[str, bytes]) -> tuple[Rulebook, dict[str, tuple[Example, ...]]]:
    """Compile files given by label; labels tell what a file is (`vocabulary/…`, `standards/…`, `PACK/pack.yaml`)."""
    from envcheck import packs, source, tables, vocabulary

    problems: list[Problem] = []
    trees: dict[str, source.Node] = {}
    for label, content in files.items():
        try:
            trees[label] = source.read_bytes(content, label)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)

    def part(label: str) -> str:
        return os.path.basename(os.path.dirname(label))

    words = vocabulary.read(tree for label, tree in trees.items() if part(label) == "vocabulary")
    limits = tables.read((tree for label, tree in trees.items() if part(label) == "standards"), words)
    found: list[Pack] = []
    examples: dict[str, tuple[Example, ...]] = {}
    for label, tree in trees.items():
        if os.path.basename(label) != "pack.yaml":
            continue
        folder = os.path.dirname(label)
        rest = [other for other in trees if os.path.dirname(other) == folder and other != label]
        content = tuple(files[name] for name in (label, *rest))
        try:
            pack, shown = packs.read(packs.PackFiles(tree, tuple(trees[name] for name in rest), content), words, limits)
        except InputError as error:
            problems.extend(error.problems)
            continue
        if any(other.id == pack.id for other in found):
            problems.append(Problem(Place(label), Text(f"规则包 {pack.id} 重复", f"pack {pack.id} again")))
        found.append(pack)
        examples.update({f"{pack.id}/{name}": items for name, items in shown.items()})
    if problems:
        raise InputError(problems)
    return Rulebook(words, packs.retire_replaced(tuple(sorted(found, key=lambda p: p.id)))), examples


def _files(extra: Sequence[str]) -> dict[str, bytes]:
    """The content of every rule file by label, in a fixed order."""
    root = shipped_rules()
    found = _folder(root, os.path.basename(root))
    for folder in extra:
        name = folder.rstrip("/\\")
        more = _folder(name, name) if os.path.isdir(name) else {}
        if not any(os.path.basename(label) == "pack.yaml" for label in more):
            raise InputError(
                [
                    Problem(
                        Place(folder),
                        Text("文件夹中没有规则包", "no rule pack in this folder"),
                        Text("规则包是含有 pack.yaml 的文件夹", "a rule pack is a folder with a pack.yaml"),
                    )
                ]
            )
        found.update(more)
    return found


def _folder(root: str, label: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")):
                path = os.path.join(folder, name)
                relative = os.path.relpath(path, root)
                try:
                    with open(path, "rb") as stream:
                        found[f"{label}/{relative}".replace(os.sep, "/")] = stream.read()
                except OSError as error:
                    raise InputError([Problem(Place(path), Text("无法读取", f"cannot be read ({error.strerror})"))]) from None
    return found


def _cache_folder() -> str:
    chosen = os.environ.get("ENVCHECK_CACHE") or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(chosen, "envcheck")


def _keep(path: str, text: str) -> None:
    """Write the cache file whole or not at all; a cache that cannot be written is no fault."""
    part = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(part, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(part, path)
        folder = os.path.dirname(path)
        others = [os.path.join(folder, n) for n in os.listdir(folder) if n.startswith("rules-") and n.endswith(".json")]
        for old in sorted(others, key=os.path.getmtime, reverse=True)[8:]:
            os.unlink(old)
    except OSError:
        pass
