"""What the commands share: options, the language, and output that appears whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date
from typing import IO, Any

import click

from envcheck.text import InputError, Place, Problem, Text

OK, FAILED, UNDETERMINED = 0, 1, 3


def language(chosen: str | None = None) -> str:
    """The language asked for, else the locale's; Chinese where the locale says nothing."""
    if chosen:
        return chosen
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "zh"


class Day(click.ParamType):  # type: ignore[type-arg]
    """A date as 2025-12-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r}: write a date as 2025-12-31 / 日期写法为 2025-12-31", param, ctx)


RULES = click.option(
    "--rules", "folders", multiple=True, metavar="DIR", help="Packs beside the shipped ones. 另加的规则包文件夹。"
)
LANG = click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of texts (default: the locale's). 语言。")
PACK = click.option("--pack", "chosen", multiple=True, metavar="ID", help="Only these packs. 只用这些规则包。")


def deliver(output: str | None, write: Callable[[IO[str]], object]) -> None:
    """Write to stdout, or to a file that appears whole or not at all."""
    if output is None or output == "-":
        write(sys.stdout)
        sys.stdout.flush()
        return
    part = f"{output}.{os.getpid()}.part"
    try:
        with open(part, "w", encoding="utf-8", newline="\n") as stream:
            write(stream)
        os.replace(part, output)
    except OSError as error:
        raise InputError(
            [Problem(Place(output), Text(f"无法写入（{error.strerror}）", f"cannot be written ({error.strerror})"))]
        ) from None
    finally:
        if os.path.exists(part):
            os.unlink(part)
