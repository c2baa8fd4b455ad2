"""A small register, as tables of a folder."""

import pytest

from support.screening import BOILERS, FACILITIES, write


@pytest.fixture
def register(tmp_path):
    return write(tmp_path / "register", facilities=FACILITIES, boilers=BOILERS)
