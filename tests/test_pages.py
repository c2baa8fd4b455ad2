"""The pages that users read: what they show is what the program prints, and their links lead somewhere.

A ``console`` block is run as it stands: `$ envcheck …` is a command, `$ echo $?` its exit code, all else its output. A line
`…` stands for any lines, and so does one that is left out at the end. A block headed by a file's name (```yaml plant.yaml)
is that file.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys

import pytest

from support import ROOT

PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "rules/README.md",
    ROOT / "examples/monitoring/README.md",
]
RUN = ["README.md", "docs/officers.md", "docs/companies.md", "docs/approvals.md", "docs/reference.md"]
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def calls(block):
    """The commands of a console block, each with the lines that it is said to print."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def unlike(said, printed):
    """The first line that is said and not printed where it should be."""
    at, gap = 0, False
    for line in said:
        if line == "…":
            gap = True
            continue
        rest = printed[at:] if gap else printed[at : at + 1]
        if line not in rest:
            return line
        at += rest.index(line) + 1
        gap = False
    return None


@pytest.mark.parametrize("page", RUN)
def test_every_command_of_a_page_prints_what_the_page_says(page, tmp_path):
    for folder in ("facilities", "examples"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "NO_COLOR": "1"}
    code, count = 0, 0
    for kind, name, text in BLOCK.findall((ROOT / page).read_text("utf-8")):
        if name:
            (tmp_path / name).write_text(text, "utf-8")
        for command, said in calls(text) if kind == "console" else ():
            if command == "echo $?":
                assert said == [str(code)], page
                continue
            program, *arguments = shlex.split(command)
            assert program == "envcheck", command
            done = subprocess.run(
                [sys.executable, "-m", "envcheck", *arguments],
                cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False,
            )  # fmt: skip
            assert done.returncode in (0, 1, 2, 3), done.stdout
            missing = unlike(said, done.stdout.splitlines())
            assert missing is None, f"{page}: {command}\n{missing!r} is not in\n{done.stdout}"
            code, count = done.returncode, count + 1
    assert count > 0


def test_the_examples_in_python_give_what_the_reference_says(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert doctest.testfile(str(ROOT / "docs/reference.md"), module_relative=False).failed == 0


def anchors(page):
    """What a page's headings are linked by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page):
    for path, anchor in LINK.findall(page.read_text("utf-8")):
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name}: {path}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {path}#{anchor}"


def test_the_readme_stays_short_and_its_second_command_runs_the_tests():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 150
    (block,) = [text for kind, _, text in BLOCK.findall(text) if kind == "sh"]
    first, second = block.splitlines()
    assert first.startswith("bash .ci/install .venv &&")
    assert second.startswith("bash .ci/install .venv-test test &&") and second.endswith("pytest")


def test_pictures_are_small():
    for picture in (ROOT / "docs/pictures").iterdir():
        assert picture.stat().st_size < 150_000, picture.name
