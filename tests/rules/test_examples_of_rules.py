"""Every example that a shipped rule carries."""

import pytest

from envcheck.review import rule_tests
from support import shipped


def test_the_examples_of_the_shipped_rules():
    words, packs, examples = shipped()
    failures = [f for pack in packs for f in rule_tests.run(words, examples, pack) if f is not None]
    assert not [line for f in failures for line in rule_tests.describe(f, "en")]


@pytest.mark.parametrize("status", ["pass", "unknown"])
def test_a_wrong_expectation_is_told(status):

    words, packs, examples = shipped()
    pack = next(p for p in packs if p.id == "kundulun-2023")
    rule = next(r for r in pack.rules if any(e.expect == "fail" for e in examples[r.key]))
    wrong = next(e for e in examples[rule.key] if e.expect == "fail")._replace(expect=status)
    failures = [f for f in rule_tests.run(words, {rule.key: (wrong,)}, pack) if f]
    assert len(failures) == 1
    assert f"expected {status}, got fail" in "\n".join(rule_tests.describe(failures[0], "en"))
