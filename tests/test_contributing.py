"""The recipes of docs/contributing.md are followed as they stand, in a copy of envcheck, one after the other."""

import os
import shlex
import shutil
import subprocess
import sys
from textwrap import dedent

import pytest
from test_pages import calls, unlike

from support import ROOT

RULES_KEPT = ("vocabulary", "standards", "definitions")
"""What of the rules the copy has: the recipes bring a plan of their own."""


def recipes():
    """The blocks of each recipe: what it is (a language, or `console`), the file that it names, its text."""
    found, fence = {}, None
    for line in (ROOT / "docs/contributing.md").read_text("utf-8").splitlines():
        bare = line.strip()
        if fence is None and line.startswith("## "):
            title = line[3:]
        elif fence is None and bare.startswith("```"):
            kind, _, name = bare[3:].partition(" ")
            fence, block = kind, []
        elif bare == "```":
            found.setdefault(title, []).append((fence, name, dedent("\n".join(block)) + "\n"))
            fence = None
        elif fence is not None:
            block.append(line)
    return found


def changed(text, diff):
    """A text after a change: its lines with `-` or a blank in front must stand in it once, just as they are."""
    before = "".join(line[1:] + "\n" for line in diff.splitlines() if line[0] in "- ")
    after = "".join(line[1:] + "\n" for line in diff.splitlines() if line[0] in "+ ")
    assert text.count(before) == 1, f"not there, or more than once:\n{before}"
    return text.replace(before, after)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "envcheck", folder / "envcheck", ignore=shutil.ignore_patterns("__pycache__"))
    for part in RULES_KEPT:
        shutil.copytree(ROOT / "rules" / part, folder / "rules" / part)
    return folder


def test_the_recipes_do_what_they_say(copy):
    env = {**os.environ, "PYTHONPATH": str(copy), "LANG": "C.UTF-8", "ENVCHECK_CACHE": str(copy / "cache")}
    for recipe, (kind, name, text) in [(recipe, block) for recipe, blocks in recipes().items() for block in blocks]:
        if kind == "diff":
            (copy / name).write_text(changed((copy / name).read_text("utf-8"), text), "utf-8")
        elif name:
            (copy / name).parent.mkdir(exist_ok=True)
            assert not (copy / name).exists(), f"{recipe}: {name} is there already"
            (copy / name).write_text(text, "utf-8")
        for command, said in calls(text) if kind == "console" else ():
            program, *arguments = shlex.split(command)
            assert program == "envcheck", command
            done = subprocess.run(
                [sys.executable, "-m", "envcheck", *arguments],
                cwd=copy, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False,
            )  # fmt: skip
            assert done.returncode in (0, 1, 3), f"{recipe}: {command}\n{done.stdout}"
            missing = unlike(said, done.stdout.splitlines())
            assert missing is None, f"{recipe}: {command}\n{missing!r} is not in\n{done.stdout}"


def test_what_the_recipes_add_to_the_program_is_clean(tmp_path):
    added = [(name, text) for blocks in recipes().values() for kind, name, text in blocks if kind == "python"]
    assert len(added) == 2
    for name, text in added:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, "utf-8")
    config = ["--config", str(ROOT / "pyproject.toml"), str(tmp_path)]
    for action in (["check", "--ignore", "INP001"], ["format", "--check"]):  # here they lie in no package
        call = [sys.executable, "-m", "ruff", *action, *config]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
