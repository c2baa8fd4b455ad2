"""Where a screening writes: findings, rows that were not judged, summaries, none of them over what it reads."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from envcheck.files import reading, writing
from envcheck.text.messages import EMPTY, tr
from envcheck.text.problems import InputError, Place, Problem

if TYPE_CHECKING:
    from envcheck.register.results.run import Screening
    from envcheck.register.results.summary import Summary
    from envcheck.register.tables.register_files import Register

FINDINGS, SUMMARIES = (".parquet", ".csv", ".jsonl"), (".json", ".html")
TABLES = (".parquet", ".csv", ".xlsx")


class Targets(NamedTuple):
    """What is written where: findings, rows that were not judged, summaries; empty where nothing is asked for."""

    findings: str
    rejects: str
    summaries: tuple[str, ...]


def targets_of(
    source: str, output: str | None, rejects: str | None, summaries: Sequence[str], *, folder: bool
) -> Targets:
    """The files to write; findings may be a folder if `folder`.

    Raises:
        InputError: an ending says no format, a folder is lacking, a file would be written twice or into the register.
    """
    findings = (output or "").rstrip("/")
    beside = rejects or (f"{os.path.splitext(findings)[0]}.rejects.csv" if findings else "")
    problems: list[Problem] = []
    if findings and not findings.lower().endswith(FINDINGS) and not (folder and not os.path.splitext(findings)[1]):
        problems.append(_ending("-o", findings, FINDINGS, folder=folder))
    problems += [_ending("--summary", s, SUMMARIES) for s in summaries if not s.lower().endswith(SUMMARIES)]
    if beside and not beside.lower().endswith(".csv"):
        problems.append(_ending("--rejects", beside, (".csv",)))
    written = [path for path in (findings, beside, *summaries) if path]
    real = [_real(path) for path in written]
    root = _real(source)
    for path, whole in zip(written, real, strict=True):
        place = os.path.dirname(whole)
        if real.count(whole) > 1:
            problems.append(Problem(Place(path), tr("the same file is to be written twice")))
        elif whole == root or (whole.endswith(TABLES) and place == root):
            what = tr("it cannot be written into the register")
            problems.append(Problem(Place(path), what, tr("choose another folder")))
        elif not os.path.isdir(place):
            problems.append(Problem(Place(path), tr("its folder does not exist")))
        elif os.path.isdir(whole) and not (folder and path == findings):
            problems.append(Problem(Place(path), tr("it is a folder")))
    if problems:
        raise InputError(problems)
    return Targets(findings, beside, tuple(summaries))


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except OSError:  # the working folder is gone: there is nothing beside which it could be
        return os.path.join(path, "")


def _ending(option: str, path: str, endings: Sequence[str], *, folder: bool = False) -> Problem:
    listed = ", ".join(endings)
    more = tr("; or a folder, without an ending") if folder else EMPTY
    return Problem(
        Place(option),
        tr("the ending of {path} cannot be used", path=path),
        tr("Known: {words}", words=listed) + more,
    )


def check_targets(targets: Targets, register: Register, *, wide: bool) -> None:
    """See that nothing that was read is written over, and that findings fit their target: wide ones of several kinds
    are a folder of tables, with nothing else in it.

    Raises:
        InputError: they do not.
    """
    path = targets.findings
    for written in (path, targets.rejects, *targets.summaries):
        if written and not os.path.isdir(written):
            writing.check_writable(written)
    if not path or not wide:
        return
    folder = not path.lower().endswith(FINDINGS)
    if folder != (len(register.tables) > 1):
        what = tr("it does not fit the number of tables")
        remedy = tr("--wide writes several tables to a folder, one table to a file (.parquet, .csv, .jsonl)")
        raise InputError([Problem(Place(path), what, remedy)])
    if folder and os.path.lexists(path):
        known = {f"{table.layout.kind.plural}.parquet" for table in register.tables.values()}
        strange = sorted(set(reading.listed(path)) - known) if os.path.isdir(path) else [path]
        if strange:
            what = tr("there is something else in it ({value})", value=strange[0])
            raise InputError([Problem(Place(path), what, tr("choose another folder"))])


@contextmanager
def staging(targets: Targets, *, shared: bool) -> Iterator[str | None]:
    """Where findings are made before they take their place: in a new folder beside it, that only we can write to unless
    it is `shared` with workers; None where none are asked for. It is gone afterwards, also when the run is stopped.

    Raises:
        OSError: there is no place for it.
    """
    if not targets.findings:
        yield None
        return
    place = reading.exact(os.path.dirname(targets.findings) or os.curdir)
    folder = writing.part_in(place)
    with writing.unfinished(folder):
        os.mkdir(folder, 0o700)
        if shared:
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(folder, 0o777 & ~umask)
        yield os.path.join(folder, f"findings{os.path.splitext(targets.findings)[1].lower()}")


def write(targets: Targets, staged: str | None, found: Screening, summary: Summary, lang: str) -> None:
    """Write everything so that new findings never stand beside what an earlier run told of its own.

    The old findings go first and the new ones come last: a run that is killed in between leaves none.
    """
    from envcheck.register.results import rejects, summary_json

    mode = writing.mode_of(targets.findings) if os.path.isfile(targets.findings) else None
    if targets.findings:
        writing.remove(targets.findings)
    if targets.rejects and (found.rejects or found.unmeasured):
        writing.write(targets.rejects, rejects.render(found.rejects, found.unmeasured, found.register.tables, lang))
    elif targets.rejects:
        writing.remove(targets.rejects)
    for path in targets.summaries if summary.judged else ():
        if path.lower().endswith(".json"):
            writing.write_text(path, summary_json.render(summary))
        else:
            from envcheck.register.results import summary_html  # templates are slow to load

            writing.write_text(path, summary_html.render(summary, lang))
    if staged is not None and summary.judged:
        if mode is not None:
            os.chmod(staged, mode)
        os.replace(staged, targets.findings)
