"""The shipped facility files: findings worked out by hand from the plans."""

from datetime import date

import pytest
import yaml

from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging.check import check
from support import ROOT, shipped

CASES = []
for path in sorted((ROOT / "tests/expected").glob("*.yaml")):
    data = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    CASES += [
        pytest.param(data["facility"], case, id=f"{path.stem}@{case['as_of']}") for case in data.get("cases", [data])
    ]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_expected_findings(name, case):
    words, packs, _ = shipped()
    path = (ROOT / "tests/expected" / name).resolve()
    plant = facility_file.read(source.read_file(str(path), path.name), words)
    result = check([plant], packs, date.fromisoformat(case["as_of"]), "direct")
    found = {}
    for finding in result.reports[0].findings:
        found[finding.rule.key, finding.subject.path] = finding.status
        bare = (finding.rule.id, finding.subject.path)
        found[bare] = finding.status if bare not in found else "ambiguous: write PACK/RULE"
    wrong = [
        f"{item['rule']} {item['subject']}: expected {item['status']} ({item.get('why', '')}), got {found.get((item['rule'], item['subject']))}"
        for item in case["expect"]
        if found.get((item["rule"], item["subject"])) != item["status"]
    ]
    assert not wrong
    if "outcome" in case:
        assert result.reports[0].outcome == case["outcome"]


def test_every_shipped_facility_has_expectations():
    named = {param.values[0].rpartition("/")[2] for param in CASES}
    assert {path.name for path in (ROOT / "facilities").glob("*.yaml")} == named
