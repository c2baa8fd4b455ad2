"""All that envcheck judges by: the vocabulary and the packs, compiled once and kept in a cache of plain JSON.

The cache is keyed by the content of every file read, so a changed file is never served stale; where it cannot be
written, everything is compiled anew each time. Rules are decoded only for the packs and kinds of subject asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from envcheck import __version__, codec
from envcheck.model import Example, Pack
from envcheck.text import InputError, Place, Problem, tr
from envcheck.vocabulary import Vocabulary

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE_FORMAT = "5"
CACHES_KEPT = 4
Body = Callable[[], dict[str, Any]]


class Rulebook(NamedTuple):
    """The vocabulary and every pack; `headers` are packs without their rules."""

    vocabulary: Vocabulary
    headers: tuple[Pack, ...]
    bodies: Mapping[str, Body]

    def packs(
        self, kinds: Collection[str] | None = None, wanted: Callable[[Pack], bool] = lambda _pack: True
    ) -> tuple[Pack, ...]:
        """The packs, with the rules for these kinds of subject (all where None); a pack not wanted has none."""
        return tuple(self._filled(pack, kinds) if wanted(pack) else pack for pack in self.headers)

    def _filled(self, pack: Pack, kinds: Collection[str] | None) -> Pack:
        body = self.bodies[pack.id]()
        tables = codec.decode(body["tables"])
        rules = [codec.decode(data, tables) for kind, data in body["rules"] if kinds is None or kind in kinds]
        rest = {key: codec.decode(body[key]) for key in ("definitions", "manual", "not_checked")}
        return codec.replaced(pack, rules=tuple(rules), **rest)


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
    digest = hashlib.sha256(f"{__version__}/{CACHE_FORMAT}/{codec.SHAPES}".encode())
    for label, content in files.items():
        digest.update(f"\0{label}\0{len(content)}\0".encode())
        digest.update(content)
    folder = os.path.join(_cache_folder(), f"rules-{digest.hexdigest()}")
    try:
        return _from_cache(folder)
    except (OSError, ValueError, LookupError, TypeError):
        pass
    words, packs, _ = compile_files(files)
    book = _book(words, packs)
    _keep(folder, book)
    return book


def load_with_examples(
    extra: Sequence[str] = (),
) -> tuple[Vocabulary, tuple[Pack, ...], dict[str, tuple[Example, ...]]]:
    """The vocabulary, the whole packs, and the examples of every rule by its key, never from the cache."""
    return compile_files(_files(extra))


def compile_files(files: Mapping[str, bytes]) -> tuple[Vocabulary, tuple[Pack, ...], dict[str, tuple[Example, ...]]]:
    """Compile files given by label; labels tell what a file is (`vocabulary/…`, `standards/…`, `PACK/pack.yaml`).

    Raises:
        InputError: with the mistakes found in them.
    """
    from envcheck import packs, source, tables, vocabulary_files

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

    words = vocabulary_files.read(tree for label, tree in trees.items() if part(label) == "vocabulary")
    limits = tables.read((tree for label, tree in trees.items() if part(label) == "standards"), words)
    shared = tuple(tree for label, tree in trees.items() if part(label) == "definitions")
    common = tuple(files[label] for label in trees if part(label) in ("vocabulary", "standards", "definitions"))
    found: dict[str, Pack] = {}
    examples: dict[str, tuple[Example, ...]] = {}
    for label, tree in trees.items():
        if os.path.basename(label) != "pack.yaml":
            continue
        rest = [other for other in trees if os.path.dirname(other) == os.path.dirname(label) and other != label]
        contents = tuple(files[name] for name in (label, *rest))
        try:
            pack, shown = packs.read(
                packs.PackFiles(tree, tuple(trees[name] for name in rest), shared, contents + common), words, limits
            )
        except InputError as error:
            problems.extend(error.problems)
            continue
        if pack.id in found:
            problems.append(Problem(Place(label), tr("pack {id} again", id=pack.id)))
        found[pack.id] = pack
        examples.update({f"{pack.id}/{name}": items for name, items in shown.items()})
    if problems:
        raise InputError(problems)
    return words, packs.retire_replaced(tuple(found[name] for name in sorted(found))), examples


def _book(words: Vocabulary, packs: Sequence[Pack]) -> Rulebook:
    headers = tuple(codec.replaced(pack, rules=(), definitions={}, manual=(), not_checked=()) for pack in packs)
    return Rulebook(words, headers, {pack.id: _body(pack) for pack in packs})


def _body(pack: Pack) -> Body:
    tables: dict[tuple[Any, ...], str] = {}
    body = {
        "rules": [[rule.kind, codec.encode(rule, tables)] for rule in pack.rules],
        "tables": codec.encode({name: table for table, name in tables.items()}),
        "definitions": codec.encode(dict(pack.definitions)),
        "manual": codec.encode(pack.manual),
        "not_checked": codec.encode(pack.not_checked),
    }
    return lambda: body


# --- files -----------------------------------------------------------------------------------------------------------


def _files(extra: Sequence[str]) -> dict[str, bytes]:
    """The content of every rule file by label, in a fixed order."""
    root = shipped_rules()
    found = _folder(root, os.path.basename(root))
    for folder in extra:
        name = folder.rstrip("/\\")
        more = _folder(name, name) if os.path.isdir(name) else {}
        if not any(os.path.basename(label) == "pack.yaml" for label in more):
            what = tr("no rule pack in this folder")
            remedy = tr("a rule pack is a folder with a pack.yaml")
            raise InputError([Problem(Place(folder), what, remedy)])
        found.update(more)
    return found


def _folder(root: str, label: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            if not name.endswith((".yaml", ".yml")):
                continue
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, root).replace(os.sep, "/")
            try:
                with open(path, "rb") as stream:
                    found[f"{label}/{relative}"] = stream.read()
            except OSError as error:
                what = tr("cannot be read ({strerror})", strerror=error.strerror)
                raise InputError([Problem(Place(path), what)]) from None
    return found


# --- cache -----------------------------------------------------------------------------------------------------------


def _cache_folder() -> str:
    chosen = os.environ.get("ENVCHECK_CACHE") or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(chosen, "envcheck")


def _read(folder: str, name: str) -> bytes:
    with open(os.path.join(folder, f"{name}.json"), "rb") as stream:
        return stream.read()


def _from_cache(folder: str) -> Rulebook:
    """All files are read at once, for another process may clear an old cache away; what is in them is decoded later."""
    words, headers = codec.decode(json.loads(_read(folder, "index")))

    def body(content: bytes) -> Body:
        return lambda: dict(json.loads(content))

    return Rulebook(words, headers, {pack.id: body(_read(folder, str(n))) for n, pack in enumerate(headers)})


def _keep(folder: str, book: Rulebook) -> None:
    """Write the cache whole or not at all; a cache that cannot be written is no fault."""
    import shutil

    part = f"{folder}.{os.getpid()}.part"
    parts: dict[str, Any] = {"index": codec.encode((book.vocabulary, book.headers))}
    parts.update({str(number): book.bodies[pack.id]() for number, pack in enumerate(book.headers)})
    try:
        os.makedirs(part)
        for name, data in parts.items():
            with open(os.path.join(part, f"{name}.json"), "w", encoding="utf-8") as stream:
                stream.write(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
        os.rename(part, folder)
        parent = os.path.dirname(folder)
        old = [os.path.join(parent, name) for name in os.listdir(parent) if name.startswith("rules-")]
        for path in sorted(old, key=os.path.getmtime, reverse=True)[CACHES_KEPT:]:
            shutil.rmtree(path, ignore_errors=True)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
