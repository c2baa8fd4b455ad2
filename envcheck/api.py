"""What other programs use: load the rules, read facilities, check them, render the result, screen a register.

The command line is one of its users. Everything here raises `InputError`, with a place and a remedy for each mistake,
where an input cannot be used; what a format needs is imported when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from envcheck.facility.folder import facility_files, refused_book
from envcheck.files import reading, source
from envcheck.files.bounds import SUBJECTS
from envcheck.model.facility import Facility, Input
from envcheck.model.finding import Result
from envcheck.report.formats import FORMATS
from envcheck.rulebook.loading import Rulebook
from envcheck.rulebook.loading import load as _load
from envcheck.text.messages import tr
from envcheck.text.problems import InputError, Place, Problem, nearest

if TYPE_CHECKING:
    from envcheck.facility.whatif import Change
    from envcheck.files.source import Node
    from envcheck.judging.timeline import Timeline
    from envcheck.model.rule import Pack
    from envcheck.register.results.run import Progress
    from envcheck.register.results.summary import Summary
    from envcheck.register.tables.register_files import Register
    from envcheck.vocabulary.words import Vocabulary

Watch = Callable[[Sequence[Any]], AbstractContextManager[Iterable[Any]]]
"""Hands the items on, one after the other; somebody may show how far they are."""
STANDARD_INPUT = "-"


class Readable(NamedTuple):
    """What could be read of several files: the facilities, the paths of the others, and what is wrong with them."""

    facilities: tuple[Facility, ...]
    unread: tuple[str, ...]
    problems: tuple[Problem, ...]


def load_rules(*folders: str | os.PathLike[str]) -> Rulebook:
    """The rules that come with envcheck, and those of more folders (each a pack, or a folder of packs).

    Raises:
        InputError: a folder holds no pack, or a file in it cannot be used.
    """
    return _load([os.fspath(folder) for folder in folders])


def read_facility(path: str | os.PathLike[str], rules: Rulebook, changes: Sequence[str] = ()) -> Facility:
    """The facility of one file (YAML, JSON or a workbook), with ``changes`` made as `--set` makes them.

    Raises:
        InputError: with every mistake found, each with its place.
    """
    return _read(os.fspath(path), rules.vocabulary, _assumed(changes))


def read_facilities(
    paths: Sequence[str], rules: Rulebook, changes: Sequence[str] = (), *, watch: Watch = nullcontext
) -> list[Facility]:
    """The facilities of files and of the files in folders; `-` is standard input.

    Raises:
        InputError: with the mistakes of all of them, or where a folder holds no facility file.
    """
    found = read_readable(paths, rules, changes, watch=watch)
    if found.problems:
        raise InputError(found.problems)
    return list(found.facilities)


def read_readable(
    paths: Sequence[str], rules: Rulebook, changes: Sequence[str] = (), *, watch: Watch = nullcontext
) -> Readable:
    """As `read_facilities`, where some of the files may be unreadable.

    Raises:
        InputError: a change cannot be read.
    """
    assumed = _assumed(changes)
    files, problems = _files(paths)
    unread = [problem.place.file for problem in problems]
    found: list[Facility] = []
    with watch(files) as shown:
        for path in shown:
            try:
                found.append(_read(path, rules.vocabulary, assumed))
            except InputError as error:
                problems.extend(error.problems)
                unread.append(path)
    return Readable(tuple(found), tuple(unread), tuple(problems))


def check(
    facilities: Sequence[Facility],
    rules: Rulebook,
    *,
    as_of: date | None = None,
    packs: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    engine: str | None = None,
    strict: bool = False,
    watch: Watch = nullcontext,
) -> Result:
    """All findings on the facilities, on a day (today where None).

    ``packs`` are ids of packs that count wherever a facility lies; else those count whose region may hold it. ``select``
    and ``ignore`` name rules by id, full key or ledger id, with * as a wildcard. ``strict`` lets nothing pass on an
    assumption or an unverified limit.

    Raises:
        InputError: a name is not known, or nothing would be checked.
    """
    from envcheck.judging import engines
    from envcheck.judging.check import check as judged
    from envcheck.rulebook.selection import narrowing

    chosen = packs_for(rules, facilities, packs, select, ignore)
    with watch(facilities) as shown:
        result = judged(
            shown, chosen, as_of or date.today(), engine or engines.default(), everywhere=bool(packs), strict=strict
        )
    return result._replace(narrowed=narrowing(packs, select, ignore))


def packs_for(
    rules: Rulebook,
    facilities: Sequence[Facility],
    packs: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> tuple[Pack, ...]:
    """The packs to hold facilities against: those named, else all, with rules only where they may bind.

    Raises:
        InputError: a pack or rule named does not exist, or none is left.
    """
    from envcheck.judging.check import binds
    from envcheck.rulebook.selection import chosen_packs, selected

    if packs or select or ignore:
        return selected(rules.named(packs), select, ignore)
    kinds = {subject.kind for one in facilities for subject in one.subjects()}
    return chosen_packs(rules.packs(kinds, lambda pack: any(binds(pack, one) for one in facilities)), ())


def timeline(
    facility: Facility, rules: Rulebook, since: date, until: date | None = None, *, packs: Sequence[str] = ()
) -> Timeline:
    """The days on which something changes for a facility, from a day on, and what changes.

    Raises:
        InputError: an id names no pack, or nothing would be checked.
    """
    from envcheck.judging.timeline import timeline as changes

    return changes(facility, packs_for(rules, [facility], packs), since, until, everywhere=bool(packs))


def render(
    result: Result,
    rules: Rulebook,
    form: str = "text",
    lang: str = "zh",
    *,
    verbose: bool = False,
    baseline: Mapping[str, Any] | None = None,
) -> str | bytes:
    """A result in one of the `FORMATS`: bytes for csv (with a byte order mark), xlsx and docx, else text.

    ``verbose`` tells what is met, too (text, sarif), or adds an annex of all findings (docx); a SARIF log says what is new since a ``baseline``, an earlier JSON
    result.

    Raises:
        InputError: there is no such format.
    """
    from importlib import import_module

    if form not in FORMATS:
        raise InputError([Problem(Place(form), tr("unknown: {word}", word=form), nearest(form, FORMATS))])

    if form == "text":
        import io

        from envcheck.report.formats import text

        stream = io.StringIO()
        text.write(result, rules.vocabulary, stream, text.Manner(lang, color=False, verbose=verbose))
        return stream.getvalue()
    if form == "sarif":
        from envcheck.report.formats import sarif

        return sarif.render(result, rules.vocabulary, lang, every=verbose, baseline=baseline)
    if form == "docx":
        from envcheck.report.formats import docx

        return docx.render(result, rules.vocabulary, lang, annex=verbose)
    rendered: str | bytes = import_module(f"envcheck.report.formats.{form}").render(result, rules.vocabulary, lang)
    return rendered


def screen(
    register: str | os.PathLike[str],
    rules: Rulebook,
    *,
    as_of: date | None = None,
    packs: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    kind: str | None = None,
    mapping: str | None = None,
    output: str | None = None,
    rejects: str | None = None,
    summaries: Sequence[str] = (),
    wide: bool = False,
    engine: str | None = None,
    master: str | None = None,
    partitions: int | None = None,
    top: int = 10,
    lang: str = "zh",
    configured: Sequence[str] = (),
    sheets: Sequence[str] = (),
    header_row: int | None = None,
    watch: Callable[[Register | None], AbstractContextManager[Progress | None]] = lambda _: nullcontext(),
) -> Summary:
    """Judge a register, a folder with a table a kind of subject or one table, and sum it up.

    ``kind`` says what a single table lists, ``mapping`` is a file that names the attributes of other headings. ``output``
    takes the findings (.parquet, .csv, .jsonl; where ``wide`` a row a subject), ``rejects`` the rows that could not be
    judged (by default a file beside the findings), ``summaries`` are files too (.json, .html); all appear whole or not at
    all. ``engine`` is "direct" (facility by facility), "columnar" or "spark" (on ``master``, in so many ``partitions``), by
    the size of the register where None. The ranking names ``top`` facilities.

    Raises:
        InputError: the register, or a name, cannot be used; no row could be judged; no rule is about any table.
    """
    from envcheck.register import screening
    from envcheck.register.screening import Request
    from envcheck.rulebook.selection import narrowing, selected

    request = Request(
        os.fspath(register), kind, mapping, as_of or date.today(), output, rejects, tuple(summaries), wide, engine, master,
        partitions, top, lang, narrowing(packs, select, ignore), tuple(configured), tuple(sheets), header_row,
    )  # fmt: skip
    return screening.screen(
        request, rules.vocabulary, lambda: selected(rules.named(packs), select, ignore), watch=watch
    )


def draft_mapping(
    table: str | os.PathLike[str],
    path: str | os.PathLike[str],
    rules: Rulebook,
    *,
    kind: str | None = None,
    mapping: str | None = None,
    sheets: Sequence[str] = (),
    header_row: int | None = None,
    lang: str = "zh",
) -> int:
    """Write to ``path`` (.yaml or .xlsx) what each column of a table is taken for, and tell how many are open.

    Raises:
        InputError: the table cannot be read, it is not clear what it lists, or the file cannot be written.
    """
    from envcheck.register.tables import drafts, register_files

    made = register_files.drafted(
        os.fspath(table), rules.vocabulary, kind, mapping, sheets=tuple(sheets), header_row=header_row
    )
    drafts.write(os.fspath(path), made, lang)
    return made.open


def read_tree(path: str, words: Vocabulary, data: bytes | None = None) -> Node:
    """The tree of a facility file: a workbook, YAML or JSON; `-` is standard input, unless its `data` were read.

    Raises:
        InputError: it cannot be read.
    """
    name = reading.STDIN if path == STANDARD_INPUT else path
    if (refused := refused_book(path)) is not None:
        raise InputError([refused])
    data = _bytes(path) if data is None else data
    if path.lower().endswith(".xlsx") or data.startswith(b"PK\x03\x04"):
        from envcheck.forms import read

        return read.read_bytes(data, name, words)
    tree = source.read_bytes(data, name)
    for node in tree.entries.values() if isinstance(tree, source.Mapping) else ():
        if isinstance(node, source.Listing) and len(node.items) > SUBJECTS:
            source.refuse(node.place, tr("more than {most} subjects in one list", most=SUBJECTS), tr("part the file"))
    return tree


def _read(path: str, words: Vocabulary, assumed: Sequence[Change]) -> Facility:
    from envcheck.facility import facility_file

    data = _bytes(path)
    tree = read_tree(path, words, data)
    if assumed:
        from envcheck.facility import whatif

        read = whatif.marked(facility_file.read(whatif.apply(tree, assumed, words), words), assumed)
    else:
        read = facility_file.read(tree, words)
    return read._replace(inputs=_inputs(read, path, data))


def _assumed(changes: Sequence[str]) -> Sequence[Change]:
    if not changes:
        return ()
    from envcheck.facility import whatif

    unread = [text for text in changes if not _is_text(text)]
    if unread:
        raise InputError(Problem(Place(whatif.OPTION), tr("not UTF-8 text")) for _ in unread)
    return [whatif.parse(text) for text in changes]


def _is_text(word: str) -> bool:
    """Whether a word of the call was in UTF-8."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bytes(path: str) -> bytes:
    return reading.standard_input() if path == STANDARD_INPUT else reading.read(path)


def _inputs(facility: Facility, path: str, data: bytes) -> tuple[Input, ...]:
    """The files that a facility was read from."""
    import hashlib

    series: list[Any] = [s.facts["series"].value for s in facility.subjects() if "series" in s.facts]
    named = {one.file: one.digest for one in series if one.digest}
    own = Input(reading.STDIN if path == STANDARD_INPUT else path, hashlib.sha256(data).hexdigest())
    return (own, *(Input(file, digest) for file, digest in sorted(named.items())))


def _files(paths: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """Files as they are, folders as the facility files in them, and what is wrong with others in these."""
    found: list[str] = []
    problems: list[Problem] = []
    for path in paths:
        if os.path.isdir(path):
            inside, wrong = facility_files(path)
            found.extend(inside)
            problems.extend(wrong)
        else:
            found.append(path)
    return found, problems
