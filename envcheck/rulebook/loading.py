"""All that envcheck judges by: the vocabulary and the packs, compiled once and kept in a cache of plain JSON.

The cache is keyed by the content of every file read, so a changed file is never served stale; where it cannot be
written, everything is compiled anew each time. Rules are decoded only for the packs and kinds of subject asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from envcheck.files import reading, writing
from envcheck.files.bounds import CACHE, MB, RULES
from envcheck.model.rule import Example, Pack
from envcheck.rulebook import codec
from envcheck.rulebook.selection import chosen_packs
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem
from envcheck.version import __version__
from envcheck.vocabulary.words import Vocabulary

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CACHE_FORMAT = "6"
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

    def named(self, ids: Sequence[str]) -> tuple[Pack, ...]:
        """The packs of these ids, all where none is named; the rules of others are not read.

        Raises:
            InputError: an id names no pack.
        """
        return chosen_packs(self.packs(wanted=lambda pack: not ids or pack.id in ids), ids)

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
    contents = _files(extra)
    digest = hashlib.sha256(f"{__version__}/{CACHE_FORMAT}/{codec.SHAPES}".encode())
    for label, content in contents.items():
        digest.update(f"\0{label}\0{len(content)}\0".encode(errors="surrogateescape"))
        digest.update(content)
    cache = _cache_folder()
    folder = os.path.join(cache, f"rules-{digest.hexdigest()}")
    if cache:
        with suppress(OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
            return _from_cache(folder)
    words, packs, _ = compile_files(contents)
    book = _book(words, packs)
    if cache:
        _keep(folder, book)
    return book


def load_with_examples(
    extra: Sequence[str] = (),
) -> tuple[Vocabulary, tuple[Pack, ...], dict[str, tuple[Example, ...]]]:
    """The vocabulary, the whole packs, and the examples of every rule by its key, never from the cache."""
    return compile_files(_files(extra))


def compile_files(contents: Mapping[str, bytes]) -> tuple[Vocabulary, tuple[Pack, ...], dict[str, tuple[Example, ...]]]:
    """Compile files given by label; labels tell what a file is (`vocabulary/…`, `standards/…`, `PACK/pack.yaml`).

    Raises:
        InputError: with the mistakes found in them.
    """
    try:
        return _compiled(contents)
    except RecursionError:
        raise InputError([Problem(Place("rules"), tr("a rule is nested too deeply"))]) from None
    except OverflowError:
        raise InputError([Problem(Place("rules"), tr("a date lies at the end of the calendar"))]) from None


def _compiled(contents: Mapping[str, bytes]) -> tuple[Vocabulary, tuple[Pack, ...], dict[str, tuple[Example, ...]]]:
    from envcheck.files import source
    from envcheck.rulebook import limit_tables, packs
    from envcheck.vocabulary import files

    problems: list[Problem] = []
    trees: dict[str, source.Node] = {}
    for label, content in contents.items():
        try:
            trees[label] = source.read_bytes(content, label)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)

    def part(label: str) -> str:
        return os.path.basename(os.path.dirname(label))

    words = files.read(tree for label, tree in trees.items() if part(label) == "vocabulary")
    limits = limit_tables.read((tree for label, tree in trees.items() if part(label) == "standards"), words)
    shared = tuple(tree for label, tree in trees.items() if part(label) == "definitions")
    common = tuple(contents[label] for label in trees if part(label) in ("vocabulary", "standards", "definitions"))
    found: dict[str, Pack] = {}
    examples: dict[str, tuple[Example, ...]] = {}
    for label, tree in trees.items():
        if os.path.basename(label) != "pack.yaml":
            continue
        rest = [other for other in trees if os.path.dirname(other) == os.path.dirname(label) and other != label]
        own = tuple(contents[name] for name in (label, *rest))
        try:
            pack, shown = packs.read(
                packs.PackFiles(tree, tuple(trees[name] for name in rest), shared, own + common), words, limits
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
    size = 0

    def stop(error: OSError) -> None:
        raise InputError([Problem(Place(error.filename or root), reading.unreadable(error))])

    for folder, folders, names in os.walk(root, onerror=stop):
        folders.sort()
        for name in sorted(names):
            if not name.endswith((".yaml", ".yml")):
                continue
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, root).replace(os.sep, "/")
            content = found[f"{label}/{relative}"] = reading.read(path)
            size += len(content)
            if size > RULES:
                raise InputError([Problem(Place(root), tr("its files are larger than {size} MB", size=RULES // MB))])
    return found


# --- cache -----------------------------------------------------------------------------------------------------------


def _cache_folder() -> str:
    """Where the cache is; empty where nobody says so by a whole path: the working folder may be another's."""
    chosen = os.environ.get("ENVCHECK_CACHE") or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(chosen, "envcheck") if os.path.isabs(chosen) else ""


def _ours(folder: str) -> bool:
    """Whether nobody else can have put something there."""
    status = os.stat(folder)
    return not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & stat.S_IWOTH)


def _read(folder: str, name: str) -> bytes:
    try:
        return reading.content(os.path.join(folder, f"{name}.json"), CACHE, follow=False)
    except reading.Unreadable as error:
        raise OSError(error.reason.en) from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _from_cache(folder: str) -> Rulebook:
    """The rulebook that was kept, if it still is what was kept: the index begins with its digest and names those of the
    bodies. All files are read at once, for another process may clear an old cache away; bodies are decoded later.

    Raises:
        OSError, ValueError, LookupError, TypeError: there is none, or it is not as it was kept.
    """
    if not (_ours(os.path.dirname(folder)) and _ours(folder)):
        raise OSError("another's cache")
    digest, _, index = _read(folder, "index").partition(b"\n")
    if digest.decode() != _digest(index):
        raise ValueError("index")
    kept, digests = json.loads(index)
    words, headers = codec.decode(kept)

    def body(number: int, pack: Pack) -> Body:
        content = _read(folder, str(number))
        if _digest(content) != digests[pack.id]:
            raise ValueError(pack.id)
        return lambda: dict(json.loads(content))

    return Rulebook(words, headers, {pack.id: body(number, pack) for number, pack in enumerate(headers)})


def _keep(folder: str, book: Rulebook) -> None:
    """Write the cache whole or not at all, in place of one that is damaged; one that cannot be written is no fault."""
    import shutil
    import tempfile

    parent = os.path.dirname(folder)
    bodies = {pack.id: _compact(book.bodies[pack.id]()) for pack in book.headers}
    kept = codec.encode((book.vocabulary, book.headers))
    index = _compact([kept, {name: _digest(content) for name, content in bodies.items()}])
    parts = {"index": _digest(index).encode() + b"\n" + index}
    parts.update({str(number): content for number, content in enumerate(bodies.values())})
    with suppress(OSError):
        os.makedirs(parent, mode=0o700, exist_ok=True)
        if not _ours(parent):
            return
        part = tempfile.mkdtemp(prefix="part-", dir=parent)
        with writing.unfinished(part):
            for name, content in parts.items():
                with open(os.path.join(part, f"{name}.json"), "xb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())  # a power cut after the renaming must not leave it empty
            _sync(part)
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(part, folder)
            _sync(parent)
        old = [os.path.join(parent, name) for name in os.listdir(parent) if name.startswith("rules-")]
        for path in sorted(old, key=os.path.getmtime, reverse=True)[CACHES_KEPT:]:
            shutil.rmtree(path, ignore_errors=True)


def _compact(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _sync(folder: str) -> None:
    """Have the names in a folder written to the disk, where folders can be opened."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
