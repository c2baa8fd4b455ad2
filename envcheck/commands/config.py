"""`envcheck config`: the defaults in force; and the option that leaves configuration files out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from envcheck.commands import LANG, OK, completion, deliver, language
from envcheck.text import InputError, Place, Problem, Text

if TYPE_CHECKING:
    from envcheck.config import Setting

F = TypeVar("F", bound=Callable[..., object])

PARAMETERS = {"pack": "chosen", "rules": "folders", "format": "form"}
"""The keys that the command line's functions know by another name."""
SHARED = ("lang", "as_of", "pack", "rules")
"""The keys that other commands than `check` take too."""
DEFAULTS = {
    "lang": Text("随系统语言", "the locale's"),
    "as_of": Text("今天", "today"),
    "engine": Text("能加载时用 durable，否则 direct", "durable where it loads, else direct"),
    "format": Text("按输出文件后缀，否则 text", "by the ending of the output file, else text"),
    "fail_on": Text("must,in_principle", "must,in_principle"),
    "pack": Text("全部", "all"),
    "rules": Text("仅自带规则包", "the shipped ones"),
    "select": Text("全部规则", "every rule"),
    "ignore": Text("无", "none"),
}


def _settings(file: str | None, isolated: bool) -> dict[str, Setting]:
    from envcheck import config

    if file is not None and isolated:
        what = Text("不能与 --isolated 同用", "it cannot stand beside --isolated")
        raise InputError([Problem(Place("--config"), what)])
    return config.settings(os.getcwd(), os.environ, file=file, isolated=isolated)


def _use(ctx: click.Context, param: click.Parameter, value: str | bool | None) -> None:
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
            what = Text(f"{key}：{error.message}", f"{key}: {error.message}")
            problems.append(Problem(Place(setting.origin), what))
        defaults[name] = setting.value
    if problems:
        raise InputError(problems)
    ctx.default_map = defaults


def _sources(
    callback: Callable[[click.Context, click.Parameter, str | bool | None], None] | None,
) -> Callable[[F], F]:
    """The two options that say where defaults come from."""
    hidden: dict[str, Any] = {"is_eager": True, "expose_value": False, "callback": callback} if callback else {}
    named = click.option(
        "--config",
        metavar="FILE",
        help="Take the defaults from FILE. 指定配置文件。",
        shell_complete=completion.files,
        **hidden,
    )
    none = click.option(
        "--isolated", is_flag=True, help="Ignore envcheck.toml and pyproject.toml. 忽略配置文件。", **hidden
    )
    return lambda command: named(none(command))


CONFIGURED = _sources(_use)


@click.group("config")
def command() -> None:
    """Show the defaults in force. 查看配置。

    \b
    Defaults come from the nearest envcheck.toml, or [tool.envcheck] in pyproject.toml, upward from the working
    folder; ENVCHECK_LANG, ENVCHECK_AS_OF ... come before the file, options before both.
    """


@command.command("show")
@_sources(None)
@LANG
def config_show(config: str | None, isolated: bool, lang: str | None) -> int:
    """Print the effective values and where each comes from, as TOML. 列出各项取值及来源。"""
    from envcheck.config import KEYS
    from envcheck.report.words import clean

    found = _settings(config, isolated)
    chosen = language(lang or (str(found["lang"].value) if "lang" in found else None))
    lines: list[str] = []
    for key in KEYS:
        setting = found.get(key)
        if setting is None:
            lines.append(f"# {key}: {DEFAULTS[key].within(chosen)}  # {Text('默认', 'default').within(chosen)}")
        else:
            value = setting.value if isinstance(setting.value, str) else list(setting.value)
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}  # {setting.origin}")
    deliver(None, "".join(f"{clean(line)}\n" for line in lines))
    return OK
