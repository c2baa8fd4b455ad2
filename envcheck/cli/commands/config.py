"""`envcheck config`: the defaults in force; and the option that leaves configuration files out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from envcheck.cli import completion
from envcheck.cli.options import LANG, OK, deliver, help_text, language
from envcheck.text.messages import Text, tr
from envcheck.text.problems import InputError, Place, Problem

if TYPE_CHECKING:
    from envcheck.cli.configuration import Setting

F = TypeVar("F", bound=Callable[..., object])

PARAMETERS = {"pack": "packs", "rules": "folders", "format": "form"}
"""The keys that the command line's functions know by another name."""
FOUND = "envcheck.settings"
"""Where the context of a call keeps its settings."""
BEARING = ("as_of", "fail_on", "strict", "pack", "rules", "select", "ignore")
"""The keys that bear on verdicts."""
GATED = frozenset({"must", "in_principle"})
"""What makes a check fail unless something else is asked for."""
SHARED = ("lang", "as_of", "pack", "rules")
"""The keys that other commands than `check` take too."""
DEFAULTS = {
    "lang": tr("the locale's"),
    "as_of": tr("today"),
    "engine": tr("durable where it loads, else direct"),
    "format": tr("by the ending of the output file, else text"),
    "fail_on": Text("must,in_principle", "must,in_principle"),
    "strict": tr("no"),
    "pack": tr("all"),
    "rules": tr("the shipped ones"),
    "select": tr("every rule"),
    "ignore": tr("none"),
}


def _settings(file: str | None, isolated: bool) -> dict[str, Setting]:
    from envcheck.cli import configuration as config

    if file is not None and isolated:
        what = tr("it cannot stand beside --isolated")
        raise InputError([Problem(Place("--config"), what)])
    try:
        here = os.getcwd()
    except OSError:  # the working folder was removed: no file lies in it or above
        here = ""
    return config.settings(here, os.environ, file=file, isolated=isolated or not here)


def _apply_settings(ctx: click.Context, param: click.Parameter, value: str | bool | None) -> None:
    """Give the command its defaults once both options that say where from are known; its other options come later."""
    assert param.name is not None
    ctx.meta[param.name] = value
    if ctx.resilient_parsing or not {"config", "isolated"} <= ctx.meta.keys():
        return
    found = _settings(ctx.meta["config"], ctx.meta["isolated"])
    if "lang" in found and found["lang"].value in ("zh", "en"):
        ctx.ensure_object(dict)["lang"] = found["lang"].value
    parameters = {param.name: param for param in ctx.command.params}
    problems: list[Problem] = []
    defaults: dict[str, object] = {}
    for key, setting in found.items():
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
    ctx.meta[FOUND] = {PARAMETERS.get(key, key): (key, setting) for key, setting in found.items()}


def configured(*, all_of_them: bool = False) -> tuple[str, ...]:
    """What a configuration file set for this call, with the file; what bears on no verdict only if all are asked for."""
    return tuple(
        f"{setting.origin}: {key} = {setting.value if isinstance(setting.value, str) else ', '.join(setting.value)}"
        for key, setting in _in_force()
        if all_of_them or key in BEARING
    )


def _in_force() -> Iterator[tuple[str, Setting]]:
    """The settings of a file that no option of the call replaced."""
    ctx = click.get_current_context()
    for name, (key, setting) in ctx.meta.get(FOUND, {}).items():
        if setting.from_file and ctx.get_parameter_source(name) is ParameterSource.DEFAULT_MAP:
            yield key, setting


def _announcing(command: F) -> F:
    """A command that first tells what a configuration file set for it."""

    @wraps(command)
    def announced(*arguments: Any, **options: Any) -> object:
        ctx = click.get_current_context()
        lang = language(ctx.params.get("lang"))
        for line in configured(all_of_them=True):
            _announce(tr("set by a configuration file: {settings}", settings=line), lang)
        for key, setting in _in_force():
            words = {word.strip() for word in str(setting.value).split(",")}
            if key == "fail_on" and ctx.meta["config"] is None and not words >= GATED:
                what = tr(
                    "WARNING: {file}, which this call does not name, sets fail_on = {value}: a broken rule may not show in the exit code. --isolated ignores it",
                    file=setting.origin,
                    value=setting.value,
                )
                _announce(what, lang, bold=True)
        return command(*arguments, **options)

    return cast("F", announced)


def _announce(what: Text, lang: str, *, bold: bool = False) -> None:
    from envcheck.report.parts.phrases import clean

    click.secho(clean(what.within(lang)), err=True, bold=bold or None, fg="red" if bold else None)


def _settings_options(
    callback: Callable[[click.Context, click.Parameter, str | bool | None], None] | None,
) -> Callable[[F], F]:
    """The two options that say where defaults come from."""
    hidden: dict[str, Any] = {"is_eager": True, "expose_value": False, "callback": callback} if callback else {}
    named = click.option(
        "--config",
        metavar="FILE",
        help=help_text(tr("Take the defaults from FILE.")),
        shell_complete=completion.files,
        **hidden,
    )
    none = click.option(
        "--isolated", is_flag=True, help=help_text(tr("Ignore envcheck.toml and pyproject.toml.")), **hidden
    )
    return lambda command: named(none(_announcing(command) if callback else command))


CONFIGURED = _settings_options(_apply_settings)


@click.group(
    "config",
    help=help_text(
        tr("Show the defaults in force."),
        tr(
            "Defaults come from the nearest envcheck.toml, or [tool.envcheck] in pyproject.toml, upward from the working folder; ENVCHECK_LANG, ENVCHECK_AS_OF ... come before the file, options before both."
        ),
    ),
)
def command() -> None:
    """The commands about configuration."""


@command.command("show", help=help_text(tr("Print the effective values and where each comes from, as TOML.")))
@_settings_options(None)
@LANG
def config_show(config: str | None, isolated: bool, lang: str | None) -> int:
    """Print the defaults in force, each with where it comes from."""
    from envcheck.cli.configuration import KEYS
    from envcheck.report.parts.phrases import clean

    found = _settings(config, isolated)
    chosen = language(lang or (str(found["lang"].value) if "lang" in found else None))
    lines: list[str] = []
    default = tr("default").within(chosen)
    for key in KEYS:
        setting = found.get(key)
        if setting is None:
            lines.append(f"# {key}: {DEFAULTS[key].within(chosen)}  # {default}")
        else:
            value = setting.value if isinstance(setting.value, str) else list(setting.value)
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}  # {setting.origin}")
    deliver(None, "".join(f"{clean(line)}\n" for line in lines))
    return OK
