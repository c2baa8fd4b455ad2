"""`envcheck config`: the defaults in force; and the option that leaves configuration files out."""

from __future__ import annotations

import json
import os

import click

from envcheck.commands import LANG, OK, deliver, language, said
from envcheck.text import InputError, Place, Problem, Text, tr

PARAMETERS = {"pack": "chosen", "rules": "folders", "format": "form"}
"""The keys that the command line's functions know by another name."""
SHARED = ("lang", "as_of", "pack", "rules")
"""The keys that other commands than `check` take too."""
DEFAULTS = {
    "lang": tr("the locale's"),
    "as_of": tr("today"),
    "engine": tr("durable where it loads, else direct"),
    "format": tr("by the ending of the output file, else text"),
    "fail_on": Text("must,in_principle", "must,in_principle"),
    "pack": tr("all"),
    "rules": tr("the shipped ones"),
    "select": tr("every rule"),
    "ignore": tr("none"),
}


def _use(ctx: click.Context, _param: click.Parameter, isolated: bool) -> None:
    """Give the command its defaults; runs before its other options are read."""
    if ctx.resilient_parsing:
        return
    from envcheck import config

    parameters = {param.name: param for param in ctx.command.params}
    problems: list[Problem] = []
    defaults: dict[str, object] = {}
    for key, setting in config.settings(os.getcwd(), os.environ, isolated=isolated).items():
        name = PARAMETERS.get(key, key)
        if name not in parameters or (ctx.command.name != "check" and key not in SHARED):
            continue
        try:
            parameters[name].type_cast_value(ctx, setting.value)
        except click.BadParameter as error:
            what = tr("{key}: {message}", key=key, message=error.message)
            problems.append(Problem(Place(setting.origin), what))
        defaults[name] = setting.value
    if problems:
        raise InputError(problems)
    ctx.default_map = defaults


CONFIGURED = click.option(
    "--isolated",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_use,
    help=said(tr("Ignore envcheck.toml and pyproject.toml.")),
)


@click.group(
    "config",
    help=said(
        tr("Show the defaults in force."),
        tr(
            "Defaults come from the nearest envcheck.toml, or [tool.envcheck] in pyproject.toml, upward from the working folder; ENVCHECK_LANG, ENVCHECK_AS_OF ... come before the file, options before both."
        ),
    ),
)
def command() -> None:
    """The commands about configuration."""


@command.command("show", help=said(tr("Print the effective values and where each comes from, as TOML.")))
@click.option("--isolated", is_flag=True, help=said(tr("Ignore envcheck.toml and pyproject.toml.")))
@LANG
def config_show(isolated: bool, lang: str | None) -> int:
    from envcheck import config
    from envcheck.report.words import clean

    found = config.settings(os.getcwd(), os.environ, isolated=isolated)
    chosen = language(lang or (str(found["lang"].value) if "lang" in found else None))
    lines: list[str] = []
    default = tr("default").within(chosen)
    for key in config.KEYS:
        setting = found.get(key)
        if setting is None:
            lines.append(f"# {key}: {DEFAULTS[key].within(chosen)}  # {default}")
        else:
            value = setting.value if isinstance(setting.value, str) else list(setting.value)
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}  # {setting.origin}")
    deliver(None, "".join(f"{clean(line)}\n" for line in lines))
    return OK
