"""Problems in every format: each once, with every clause that is broken, and counts that add up."""

import io
from datetime import date

import openpyxl
import pytest
from docx import Document

from envcheck import api
from envcheck.report.parts import failing
from support import ROOT, shipped

NAMES = ["gas-boiler-house", "baogang-steelworks", "chemical-park-proposal"]


@pytest.fixture(scope="module")
def rules():
    return api.load_rules()


@pytest.fixture(scope="module", params=NAMES)
def result(request, rules):
    plants = api.read_facilities([str(ROOT / "facilities" / f"{request.param}.yaml")], rules)
    return api.check(plants, rules, as_of=date(2026, 2, 1), engine="direct")


def test_each_failing_finding_is_in_one_group_by_its_weight(result):
    (report,) = result.reports
    groups = failing.groups(report.findings)
    listed = [f for group in groups for problem in group.problems for f in problem.findings]
    assert len(listed) == len({(f.rule.key, f.subject.path) for f in listed}) == report.count("fail")
    assert sum(group.findings for group in groups) == report.count("fail")
    assert [g.title for g in groups] == [
        t for t in (failing.IN_FORCE, failing.ENDED, failing.SOFT) if t in {g.title for g in groups}
    ]
    for group in groups:
        assert all(
            problem.ended == (group.title == failing.ENDED) for problem in group.problems if group.title != failing.SOFT
        )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", ["text", "md", "html"])
def test_texts_name_each_clause_of_each_problem(result, rules, form, lang):
    told = api.render(result, rules, form, lang)
    (report,) = result.reports
    groups = failing.groups(report.findings)
    flat = "".join(told.replace("\\", "").split())
    assert "".join(failing.told(groups).within(lang).split()) in flat
    for group in groups:
        assert "".join(group.heading.within(lang).split()) in flat
        for problem in group.problems:
            for finding in problem.findings:
                assert finding.rule.key in flat


def test_the_record_and_the_workbook_list_the_same_problems(result, rules):
    (report,) = result.reports
    groups = failing.groups(report.findings)
    deciding = [p for g in groups if g.title != failing.SOFT for p in g.problems]
    record = Document(io.BytesIO(api.render(result, rules, "docx", "zh")))
    cells = [
        row.cells[1].text for table in record.tables if table.rows[0].cells[1].text == "问题" for row in table.rows[1:]
    ]
    assert len(cells) == len(deciding)
    for problem, cell in zip(deciding, cells, strict=True):
        assert problem.findings[0].rule.title.zh in cell
    book = openpyxl.load_workbook(io.BytesIO(api.render(result, rules, "xlsx", "en")))
    head, *rows = book["problems"].iter_rows(values_only=True)
    broken = [dict(zip(head, row, strict=True)) for row in rows]
    assert len(broken) == sum(len(g.problems) for g in groups)
    assert sum(row["requirements broken"] for row in broken) == report.count("fail")


def test_the_record_holds_no_key_of_a_program(result, rules):
    words = shipped()[0]
    record = Document(io.BytesIO(api.render(result, rules, "docx", "zh")))
    told = "\n".join(cell.text for table in record.tables[1:] for row in table.rows for cell in row.cells)
    for kind in words.kinds.values():
        assert f"{kind.plural}/" not in told
    for sign in ("==", "<=", ">=", " in [", "known("):
        assert sign not in told
