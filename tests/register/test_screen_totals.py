"""A register against the interpreter: the same statuses, and every total adds up."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from envcheck.cli.commands.screen import command
from envcheck.facility import facility_file
from envcheck.files import source
from envcheck.judging import judge
from envcheck.judging.engines import direct
from envcheck.register import facility_by_facility
from envcheck.text.problems import InputError
from support import ROOT, registers, shipped
from support.screening import FACILITIES, HEAD, ONE_RULE, RELAXED, figures, rejected, screen, statuses, summary, write


def test_shipped_facilities_as_a_register_are_judged_as_one_by_one(tmp_path):
    words, packs = shipped()[:2]
    plants = [facility_file.read(source.read_file(str(p)), words) for p in sorted((ROOT / "facilities").glob("*.yaml"))]
    plants = list({plant.id: plant for plant in plants}.values())
    folder = tmp_path / "register"
    folder.mkdir()
    registers.write(folder, plants, words)
    out = tmp_path / "f.parquet"
    more = ("--as-of", "2026-01-01", "--isolated", "--top", "5")
    assert screen(folder, "-o", out, "--summary", tmp_path / "s.json", more=more) == 1
    wanted, outcomes = {}, []
    for plant in plants:
        found = [
            f._replace(status="fail") if f.status == "waived" else f
            for f in direct.run(plant, packs, date(2026, 1, 1))[0]
        ]
        outcomes.append((plant.id, judge.outcome(found), found))
        for f in found:
            if f.status != "not_applicable":
                wanted[plant.id, f.subject.path, f.rule.key] = f.status
    assert statuses(out) == wanted
    told_ = summary(tmp_path / "s.json")
    for name in ("compliant", "non_compliant", "undetermined"):
        assert told_["facilities"][name] == sum(outcome == name for _, outcome, _ in outcomes)
    for number, name in (("fail", "fails"), ("unknown", "unknown")):
        assert sum(region[name] for region in told_["regions"]) == sum(
            f.status == number and judge.decisive(f) for _, _, found in outcomes for f in found
        )
    decisive = {
        name: (
            -sum(f.status == "fail" and judge.decisive(f) for f in found),
            -sum(f.status == "unknown" and judge.decisive(f) for f in found),
        )
        for name, _, found in outcomes
    }
    ranking = [(-r["fails"]["must"] - r["fails"]["in_principle"], -r["unknown"]) for r in told_["ranking"]]
    assert ranking == sorted(decisive.values())[:5]
    assert [decisive[r["facility"]] for r in told_["ranking"]] == ranking
    # Few as they are, they are read one by one unless columns are asked for.
    call = [folder, "-o", tmp_path / "d.parquet", "--summary", tmp_path / "d.json"]
    assert command.main([*map(str, call), *more], standalone_mode=False) == 1
    assert statuses(tmp_path / "d.parquet") == wanted
    assert summary(tmp_path / "d.json") == told_ | {"engine": "direct"}


def test_more_than_a_few_facilities_are_judged_in_columns(tmp_path):
    for facilities in (facility_by_facility.FEW, facility_by_facility.FEW + 1):
        rows = [f"H{n},B1,natural_gas,20,existing,30,3.5" for n in range(facilities)]
        folder = write(tmp_path / f"r{facilities}", boilers="\n".join([HEAD, *rows]) + "\n")
        assert command.main([folder, "--summary", str(tmp_path / "s.json"), *ONE_RULE], standalone_mode=False) == 3
        assert summary(tmp_path / "s.json")["engine"] == (
            "direct" if facilities == facility_by_facility.FEW else "columnar"
        )


cells = st.tuples(
    st.sampled_from(["H1", "H1", "H2", "H3", "H4", "H9", ""]),
    st.sampled_from(["B1", "B2", "B3", "B4", "B5", ""]),
    st.sampled_from(["natural_gas", "天然气", "coal", "plasma", ""]),
    st.sampled_from(["20", "20 t/h", "0.5", "", "x", "-1"]),
    st.sampled_from(["existing", "", "new"]),
    st.sampled_from(["46", "30", "< 5", "", "NaN", "31.0000001"]),
    st.sampled_from(["3.5", "", "21", "5.2"]),
)


@given(st.lists(cells, min_size=1, max_size=12))
@settings(RELAXED, max_examples=20)
def test_everything_adds_up_whatever_the_rows_and_engines_agree(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("sums")
    text = "\n".join([HEAD, *(",".join(row) for row in rows)]) + "\n"
    write(folder / "r", facilities=FACILITIES, boilers=text)
    call = (folder / "r", "-o", folder / "f.csv", "--summary", folder / "s.json", "-q")
    if {row[0] for row in rows} >= {"H1", "H2", "H3", "H4"}:
        try:
            screen(*call)
        except InputError:  # not one facility is left
            assert len(rejected(folder / "f.rejects.csv")) == 4 + len(rows)
            return
    else:
        screen(*call)
    found = summary(folder / "s.json")
    assert found["rows_total"]["read"] == 4 + len(rows)
    told_ = list(statuses(folder / "f.csv").values())
    for status in ("pass", "fail", "unknown", "pending"):
        assert told_.count(status) == found["totals"][status]
    names = {row[0] for row in rows} - {"", "H9"} | {"H1", "H2", "H3", "H4"}
    judged = sum(found["facilities"][name] for name in ("compliant", "non_compliant", "undetermined"))
    assert judged + found["facilities"]["rejected"] == len(names | ({"H9"} & {row[0] for row in rows}))
    refused = rejected(folder / "f.rejects.csv") if (folder / "f.rejects.csv").exists() else []
    assert len(refused) == found["rows_total"]["rejected"]
    assert not {r["facility_id"] for r in refused} & {key[0] for key in statuses(folder / "f.csv")}
    assert screen(folder / "r", "-o", folder / "d.csv", "--summary", folder / "d.json", "-q", engine="direct") in (
        0,
        1,
        3,
    )
    assert figures(folder / "d.csv") == figures(folder / "f.csv")
    assert (rejected(folder / "d.rejects.csv") if refused else []) == refused
    assert summary(folder / "d.json") | {"engine": "columnar"} == found
