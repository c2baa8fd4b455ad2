"""Fixtures of all tests."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from envcheck.files import reading
from envcheck.model.rule import Pack
from envcheck.vocabulary.words import Vocabulary
from support import ROOT, shipped

os.environ.setdefault("ENVCHECK_CACHE", str(ROOT / ".pytest_cache" / "envcheck"))


def pytest_runtest_setup():
    """Each test is a run of its own: the system gives the number of a file that one test has read to a file of the next."""
    reading._inputs.clear()


@pytest.fixture(scope="session")
def words() -> Vocabulary:
    return shipped()[0]


@pytest.fixture(scope="session")
def packs() -> tuple[Pack, ...]:
    return shipped()[1]


@pytest.fixture
def run(tmp_path):
    def call(*arguments, files=None, env=None, **more):
        for name, text in (files or {}).items():
            path = tmp_path / name
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return subprocess.run(
            [sys.executable, "-m", "envcheck", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "zh_CN.UTF-8", "LC_ALL": "", **(env or {})},
            capture_output=True,
            encoding="utf-8",
            check=False,
            **more,
        )

    return call
