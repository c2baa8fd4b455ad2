"""Defaults for the command line: the nearest configuration file upward, and the environment before it.

A folder's `envcheck.toml`, else its `pyproject.toml` where that has a table `tool.envcheck`. The nearest file counts
whole; nothing is merged. The reader of TOML loads only where there is something to read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from envcheck.files import reading
from envcheck.files.bounds import CONFIGURATION
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem, nearest

OWN, SHARED = "envcheck.toml", "pyproject.toml"
SINGLE = ("lang", "as_of", "engine", "format", "fail_on", "strict")
LISTS = ("pack", "rules", "select", "ignore")
KEYS = (*SINGLE, *LISTS)
PREFIX = "ENVCHECK_"


class Setting(NamedTuple):
    """A default and where it comes from: a file's path, or the name of an environment variable."""

    value: str | tuple[str, ...]
    origin: str

    @property
    def from_file(self) -> bool:
        """Whether it comes from a file, else from the environment."""
        return self.origin not in {PREFIX + key.upper() for key in KEYS}


def settings(
    folder: str, environ: Mapping[str, str], *, file: str | None = None, isolated: bool = False
) -> dict[str, Setting]:
    """The defaults that hold in a folder, or those of a `file` in place of the nearest; `isolated` leaves files out.

    Raises:
        InputError: the file is not TOML, or holds a key or value that cannot be used.
    """
    found: dict[str, Setting] = {}
    if file is not None:
        found = _read(file, _named(file))
    elif not isolated:
        for path, table in _tables(folder):
            found = _read(path, table)
            break
    for key in KEYS:
        text = environ.get(PREFIX + key.upper(), "").strip()
        if text:
            parts = tuple(part.strip() for part in text.split(",") if part.strip())
            found[key] = Setting(parts if key in LISTS else text, PREFIX + key.upper())
    return found


def _tables(folder: str) -> Iterator[tuple[str, Any]]:
    """The configuration files from a folder upward, nearest first."""
    while True:
        own, shared = os.path.join(folder, OWN), os.path.join(folder, SHARED)
        if os.path.lexists(own):
            yield own, _toml(own, _bytes(own))
        elif os.path.isfile(shared) and b"envcheck" in (data := _bytes(shared)):
            table = _toml(shared, data).get("tool", {})
            if isinstance(table, dict) and "envcheck" in table:
                yield shared, table["envcheck"]
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def _named(path: str) -> Any:
    """The settings of a file that was asked for: here a file that holds none is a mistake."""
    table = _toml(path, _bytes(path))
    if os.path.basename(path) != SHARED:
        return table
    tools = table.get("tool", {})
    if not isinstance(tools, dict) or "envcheck" not in tools:
        raise InputError([Problem(Place(path), tr("there is no table tool.envcheck"))])
    return tools["envcheck"]


def _bytes(path: str) -> bytes:
    return reading.read(path, CONFIGURATION, _isolated())


def _toml(path: str, data: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError([Problem(Place(path), tr("not UTF-8 text"))]) from None
    except RecursionError:
        raise InputError([Problem(Place(path), tr("nested too deeply"), _isolated())]) from None
    except tomllib.TOMLDecodeError as error:
        spot = re.search(r"line (\d+), column (\d+)", str(error))
        place = Place(path, int(spot[1]), int(spot[2])) if spot else Place(path)
        detail = str(error).partition(" (at ")[0]
        what = tr("not valid TOML: {detail}", detail=detail)
        raise InputError([Problem(place, what, _isolated())]) from None
    except ValueError as error:  # an integer of thousands of digits
        what = tr("not valid TOML: {detail}", detail=str(error)[:80])
        raise InputError([Problem(Place(path), what, _isolated())]) from None


def _isolated() -> Text:
    return tr("--isolated ignores configuration files")


def _read(path: str, table: Any) -> dict[str, Setting]:
    place = Place(path)
    if not isinstance(table, dict):
        what = tr("tool.envcheck is a table")
        raise InputError([Problem(place, what)])
    problems: list[Problem] = []
    found: dict[str, Setting] = {}
    for key, raw in table.items():
        if key not in KEYS:
            problems.append(Problem(place, tr("unknown key {key}", key=key), nearest(key, KEYS)))
            continue
        value = _value(key, raw)
        if value is None:
            listed = key in LISTS or key == "fail_on"
            text = tr("write true or false") if key == "strict" else tr("write a text")
            problems.append(
                Problem(
                    place,
                    tr("{name} cannot be {text}", name=key, text=str(raw)[:40]),
                    tr("write a list of texts") if listed else text,
                )
            )
        elif key == "rules":  # folders are named from where the file lies, not from where the command runs
            found[key] = Setting(tuple(os.path.join(os.path.dirname(path), part) for part in value), path)
        else:
            found[key] = Setting(value, path)
    if problems:
        raise InputError(problems)
    return found


def _value(key: str, raw: Any) -> str | tuple[str, ...] | None:
    """A value as the command line takes it; None where it is of the wrong type or empty."""
    if key == "as_of" and isinstance(raw, date) and not isinstance(raw, datetime):
        return raw.isoformat()
    if key == "strict":
        return ("true" if raw else "false") if isinstance(raw, bool) else None
    parts = tuple(raw) if isinstance(raw, list) else (raw,)
    if not parts or not all(isinstance(part, str) and part for part in parts):
        return None
    if key == "fail_on":
        return ",".join(parts)
    if key in LISTS:
        return parts
    return None if isinstance(raw, list) else str(raw)
