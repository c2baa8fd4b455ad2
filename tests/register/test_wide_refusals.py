"""A table that cannot be read is refused in a few lines, however wide it is and whatever ends its lines."""

import pytest

from envcheck.cli.commands.screen import command
from envcheck.text.problems import InputError


def refused(path, *more):
    with pytest.raises(InputError) as caught:
        command.main([str(path), "--isolated", "--lang", "en", *more], standalone_mode=False)
    assert len(caught.value.problems) < 50
    return "\n".join(p.within("en") for p in caught.value.problems)


@pytest.mark.parametrize("name", ["boilers.csv", "锅炉.csv", "data.csv"])
@pytest.mark.parametrize("lead", ["", "锅炉台账\n"])
def test_nine_thousand_unknown_headings(tmp_path, name, lead):
    heads = ",".join(f"Qx heading number {n} foo" for n in range(9000))
    path = tmp_path / name
    path.write_text(f"{lead}{heads}\n{','.join('1' * 9000)}\n", encoding="utf-8")
    assert refused(path)


def test_many_lines_that_end_in_cr_under_unknown_headings(tmp_path):
    heads = ",".join(f"Merkmal {n}" for n in range(40))
    path = tmp_path / "boilers.csv"
    path.write_bytes("\r".join([heads, *[",".join(["1"] * 40)] * 2500]).encode())
    assert "more columns are not known" in refused(path)
