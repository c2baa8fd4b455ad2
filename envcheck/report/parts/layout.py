"""Lines of styled text that fit a width, wide characters counted as two columns.

A terminal gets them through rich; a pipe gets plain text, without the time that loading rich takes.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from typing import IO

from envcheck.report.parts.phrases import clean

Span = tuple[str, str]
"""A text and its style (a rich style such as "bold red", or none)."""


CLOSING, OPENING = "，。；：、）〕》”！？", "（〔《“"


def columns(text: str) -> int:
    """How many columns a text takes on a terminal."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _breakable(text: str) -> Iterator[str]:
    """The pieces between which a line may end: words with the blank behind them, and single wide characters.

    An opening bracket goes with what follows, closing punctuation with what precedes.
    """
    start, last, last_wide = 0, "", False
    for number, character in enumerate(text):
        wide = _columns(character) == 2
        parted = character not in CLOSING if wide else last_wide or last == " "
        if number > start and parted and last not in OPENING:
            yield text[start:number]
            start = number
        last, last_wide = character, wide
    if start < len(text):
        yield text[start:]


def wrap(spans: Iterable[Span], width: int) -> Iterator[list[Span]]:
    """Styled text in lines of at most ``width`` columns."""
    line: list[Span] = []
    used = 0
    for text, style in spans:
        for piece in _breakable(clean(text)):
            size = columns(piece.rstrip())
            if used and used + size > width:
                yield _trimmed(line)
                line, used = [], 0
            start = 0
            while size > width:
                end, used_by = _fitting(piece, start, width)
                yield [(piece[start:end], style)]
                start, size = end, size - used_by
            rest = piece[start:]
            if line and line[-1][1] == style:
                line[-1] = (line[-1][0] + rest, style)
            else:
                line.append((rest, style))
            used += columns(rest)
    yield _trimmed(line)


def _fitting(piece: str, start: int, width: int) -> tuple[int, int]:
    """Where the part of a piece ends that fits, and how many columns it takes."""
    used = 0
    for number in range(start, len(piece)):
        size = _columns(piece[number])
        if used + size > width:
            return number, used
        used += size
    return len(piece), used


def _trimmed(line: list[Span]) -> list[Span]:
    return [*line[:-1], (line[-1][0].rstrip(), line[-1][1])] if line else line


class Page:
    """Takes paragraphs of styled text and writes them wrapped, coloured only where that is wanted."""

    def __init__(self, stream: IO[str], *, color: bool | None) -> None:
        self.stream = stream
        terminal = stream.isatty()
        self.colored = color if color is not None else terminal and os.environ.get("TERM") != "dumb"
        self.width = max(40, min(_width(terminal), 120))
        self._console: object = None

    def blank(self) -> None:
        """An empty line."""
        self.stream.write("\n")

    def paragraph(self, *spans: Span, indent: int = 0, hang: int = 0) -> None:
        """A paragraph; lines after the first are indented by ``hang`` more."""
        for number, line in enumerate(wrap(spans, self.width - indent - hang)):
            lead = " " * (indent + (hang if number else 0))
            self._write([(lead, ""), *line])

    def beside(self, lead: Iterable[Span], *spans: Span, at: int) -> None:
        """A paragraph beside a lead that takes ``at`` columns of its first line."""
        for number, line in enumerate(wrap(spans, max(10, self.width - at))):
            self._write([(" " * at, ""), *line] if number else [*lead, *line])

    def _write(self, line: list[Span]) -> None:
        if not self.colored:
            self.stream.write("".join(text for text, _ in line).rstrip() + "\n")
            return
        from rich.console import Console
        from rich.text import Text

        console = Console(file=self.stream, force_terminal=True, highlight=False, soft_wrap=True, no_color=False)
        console.print(Text.assemble(*[(text, style) for text, style in line]), soft_wrap=True)


def _width(terminal: bool) -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given):
        return int(given)
    if not terminal:
        return 80
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80
