"""The picture and the table of packages in docs/architecture.md, made from the imports.

    python tests/architecture.py

writes them anew; test_architecture.py fails where they are stale.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- made by tests/architecture.py: {} -->", "<!-- end of {} -->"
SMALL = {"__init__", "__main__", "version"}
"""Modules at the top that are no part of the architecture: the entry points and the version."""


def package(module: str) -> str | None:
    """The package (or module at the top) in which a module lies; None for what is no part of the architecture."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "envcheck" and parts[1] not in SMALL else None


def imported(tree: ast.Module) -> set[str]:
    """The modules of envcheck that a module imports, also where it does so inside a function."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in found if name.startswith("envcheck.")}


@cache
def imports() -> dict[str, set[str]]:
    """Each package with the packages that its modules import."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "envcheck").rglob("*.py")):
        name = package(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if name is None:
            continue
        others = {package(module) for module in imported(ast.parse(path.read_text("utf-8")))}
        found.setdefault(name, set()).update(other for other in others if other not in (None, name))
    return found


def reached(name: str, graph: dict[str, set[str]]) -> set[str]:
    """All that a package leads to."""
    found: set[str] = set()
    for other in graph[name]:
        found |= {other} | reached(other, graph)
    return found


def reduced(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The imports without those that others imply: a picture that can be read."""
    return {
        name: {one for one in others if not any(one in reached(other, graph) for other in others if other != one)}
        for name, others in graph.items()
    }


def ordered(graph: dict[str, set[str]]) -> list[str]:
    """The packages, those that import most before those that they import."""
    return sorted(graph, key=lambda name: (-len(reached(name, graph)), name))


def picture(graph: dict[str, set[str]]) -> str:
    """A Mermaid graph of the packages."""
    arrows = reduced(graph)
    lines = [f"    {name} --> {other}" for name in ordered(graph) for other in sorted(arrows[name])]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"])


def holds(name: str) -> str:
    """What a package says of itself: the first line of its docstring."""
    path = ROOT / "envcheck" / name
    text = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").split("\n")[0].rstrip(".")


def table(graph: dict[str, set[str]]) -> str:
    """The packages, what each holds, and all that it imports."""
    rows = [
        f"| `{name}` | {holds(name)} | {', '.join(other for other in ordered(graph) if other in graph[name])} |"
        for name in ordered(graph)
    ]
    return "\n".join(["| package | holds | imports |", "| --- | --- | --- |", *rows])


def renewed(text: str) -> str:
    """A page with the picture and the table as they are now."""
    graph = imports()
    for name, part in (("picture", picture(graph)), ("table", table(graph))):
        begin, end = BEGIN.format(name), END.format(name)
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{part}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
