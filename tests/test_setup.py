"""What is installed is what was tested: the lock files hold all that pyproject.toml asks for, by version and hash."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support import ROOT

FILES = ("requirements", "requirements-test", "requirements-build", "requirements-durable")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]


def text(name):
    return (ROOT / ".ci" / f"{name}.lock").read_text(encoding="utf-8")


def locked(name):
    """The requirements of a lock file by the name of the package."""
    lines = re.findall(r"^[^ #\n].*", text(name), re.MULTILINE)
    found = [Requirement(line.removesuffix("\\").strip()) for line in lines]
    return {canonicalize_name(one.name): one for one in found}


def version(requirement):
    (pin,) = requirement.specifier
    assert pin.operator == "=="
    return pin.version


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements", PROJECT["project"]["dependencies"]),
        ("requirements-test", PROJECT["project"]["dependencies"] + EXTRAS["test"] + EXTRAS["spark"]),
        ("requirements-build", [*PROJECT["build-system"]["requires"], "editables", "setuptools", "wheel"]),
        ("requirements-durable", EXTRAS["durable"]),
    ],
)
def test_the_lock_files_hold_what_the_project_asks_for(name, wanted):
    held = locked(name)
    for one in map(Requirement, wanted):
        if one.name != "envcheck":
            pin = version(held[canonicalize_name(one.name)])
            assert one.specifier.contains(pin), f"{one}: locked is {pin}; run: bash .ci/lock"


@pytest.mark.parametrize("name", FILES)
def test_every_version_has_hashes_and_no_place_is_named(name):
    for pinned in re.split(r"\n(?=[^ #\n])", text(name))[1:]:
        assert "--hash=sha256:" in pinned, pinned
    assert "://" not in text(name)
    assert not re.search(r"^-", text(name), re.MULTILINE)


def test_the_lock_files_agree():
    seen = {}
    for name in FILES:
        for package, requirement in locked(name).items():
            assert seen.setdefault(package, version(requirement)) == version(requirement), package


def test_durable_rules_is_no_hard_dependency():
    assert "durable-rules" not in locked("requirements") | locked("requirements-test") | locked("requirements-build")
