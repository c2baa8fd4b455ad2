"""The timeline as a calendar, read back by a strict reader of RFC 5545."""

import re
from datetime import date

import pytest

from envcheck.judging.timeline import timeline
from envcheck.report import calendar
from support import ROOT, gas, read_facility, rule, small_pack

NAME = re.compile(r"[A-Z-]+")
ONCE = {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "DESCRIPTION", "TRANSP"}
BOILERS = "boilers:\n  - {id: B1, fuel: natural_gas, emissions: {NOx: 46 mg/m3}}\n"
HEAD = "format: envcheck/facility/1\nid: plant\nregion: '150203'\n"
PACK = small_pack(
    rule("emissions.NOx <= 30 mg/m3 @ 3.5 % O2", more="due: 2024-06-30", name="dated")
    + rule("emissions.NOx <= 40 mg/m3", more="from: 2024-03-01", name="later")
    + rule("emissions.NOx <= 35 mg/m3", more="until: 2024-09-30", name="over")
)


def read(data: bytes) -> list[dict[str, str]]:
    """The events of a calendar; an error where a line breaks RFC 5545 (3.1 lines, 3.3.11 text, 3.6.1 events)."""
    assert data.endswith(b"\r\n")
    physical = data[:-2].split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line and 0 < len(line) <= 75 for line in physical)
    lines: list[str] = []
    for line in physical:
        text = line.decode()  # each by itself: a fold within a character would not decode
        if text.startswith(" "):
            lines[-1] += text[1:]
        else:
            lines.append(text)
    assert not any(ord(c) < 32 or ord(c) == 127 for line in lines for c in line)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    head = lines[1 : lines.index("BEGIN:VEVENT")]
    assert head[0] == "VERSION:2.0"
    assert head[1].startswith("PRODID:")
    events: list[dict[str, str]] = []
    inside = False
    for line in lines[1 + len(head) : -1]:
        named, _, value = line.partition(":")
        name, *parameters = named.split(";")
        assert NAME.fullmatch(name)
        if name in ("BEGIN", "END"):
            assert value == "VEVENT"
            assert inside == (name == "END")
            inside = name == "BEGIN"
            if inside:
                events.append({})
            continue
        assert inside
        assert name in ONCE - set(events[-1])
        if name in ("SUMMARY", "DESCRIPTION"):
            assert re.fullmatch(r"(?:[^\\;,]|\\[\\;,nN])*", value), value
            value = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)
        if name == "DTSTART":
            assert parameters == ["VALUE=DATE"]
            value = date.fromisoformat(value).isoformat()
        if name == "DTSTAMP":
            assert re.fullmatch(r"\d{8}T\d{6}Z", value)
        events[-1][name] = value
    assert not inside
    assert all(set(event) == ONCE for event in events)
    assert len({event["UID"] for event in events}) == len(events) > 0
    return events


def plant(words, head=HEAD):
    return read_facility(head + BOILERS, words)


def shown(words, since="2024-01-01", until=None, head=HEAD, lang="en", verbose=False):
    found = timeline(plant(words, head), [PACK], date.fromisoformat(since))
    return calendar.render([found], words, lang, until, verbose=verbose)


def test_what_ends_stands_on_its_last_day_and_what_begins_on_its_first(words):
    events = read(shown(words, verbose=True))
    assert [(event["DTSTART"], event["SUMMARY"]) for event in events] == [
        ("2024-03-01", "plant: comes into force: rule (boiler B1)"),
        ("2024-06-30", "plant: due by the end of this day: rule (boiler B1)"),
        ("2024-09-30", "plant: last day: rule (boiler B1)"),
        ("2025-12-31", "plant: last day of the plan's period: small plan"),
    ]
    # What ends without a word is told where all is asked for.
    assert [event["DTSTART"] for event in read(shown(words))] == ["2024-03-01", "2024-06-30", "2025-12-31"]


def test_an_event_says_clause_rule_numbers_and_what_becomes_of_it(words):
    told = read(shown(words))[1]["DESCRIPTION"].split("\n")
    assert told[0] == "clause 《小规划》 一 [small/dated]; due 30 June 2024".replace("《小规划》", "small plan")
    assert told[1] == "pending → fail on 1 July 2024"
    assert told[2] == "NOx 46 mg/m3, limit ≤ 30 mg/m3, 53.3 % over"
    chinese = read(shown(words, lang="zh"))[1]
    assert chinese["SUMMARY"] == "plant：当日到期：规则（锅炉 B1）"
    assert "2024年7月1日：未到期 → 不符合" in chinese["DESCRIPTION"]


def test_ids_stay_when_the_day_asked_from_or_a_value_changes(words):
    early, late = read(shown(words)), read(shown(words, since="2024-05-01"))
    assert {event["UID"] for event in late} < {event["UID"] for event in early}
    assert shown(words) == shown(words)
    other = read(shown(words, head=HEAD.replace("plant", "plant-2")))
    assert not {event["UID"] for event in other} & {event["UID"] for event in early}
    chinese = read(shown(words, lang="zh"))
    assert [event["UID"] for event in chinese] == [event["UID"] for event in early]


def test_hostile_and_long_names_are_escaped_and_folded(words):
    name = "a,b;c\\\\d\\e[31m\\u202e\\nEND:VEVENT" + "长" * 200
    events = read(shown(words, head=HEAD + f'name: "{name}"\n'))
    assert events[0]["SUMMARY"].startswith("a,b;c\\d\\u001b[31m\\u202e")
    assert "长" * 200 in events[0]["SUMMARY"]
    assert len(events) == 3


def test_nothing_to_tell_is_an_event_too(words):
    events = read(shown(words, since="2026-06-01"))
    assert [(e["DTSTART"], e["SUMMARY"]) for e in events] == [("2026-06-01", "plant: nothing changes after that day")]


@pytest.mark.parametrize(("until", "dues"), [("2025-12-31", True), ("2025-12-30", False)])
def test_the_last_day_asked_about_belongs_to_the_calendar(run, until, dues):
    arguments = ["timeline", "p.yaml", "--from", "2025-06-01", "--to", until, "--format", "ics", "--lang", "en"]
    done = run(*arguments, "--pack", "kundulun-2023", files={"p.yaml": gas("46 mg/m3")})
    assert done.returncode == 0
    days = {event["DTSTART"] for event in read(done.stdout.encode().replace(b"\n", b"\r\n"))}
    assert ("2025-12-31" in days) == dues


def test_several_files_make_one_calendar_and_its_ending_asks_for_it(run, tmp_path):
    names = ("gas-boiler-house", "coking-plant")
    files = [str(ROOT / f"facilities/{name}.yaml") for name in names]
    out = tmp_path / "due.ics"
    assert run("timeline", *files, "--from", "2025-01-01", "-o", str(out)).returncode == 0
    first = out.read_bytes()
    assert run("timeline", *files, "--from", "2025-01-01", "-o", str(out)).returncode == 0
    assert out.read_bytes() == first
    dates = [date.fromisoformat(event["DTSTART"]) for event in read(first)]
    assert min(dates) >= date(2025, 1, 1)
    assert len({event["SUMMARY"].partition("：")[0] for event in read(first)}) == 2


def test_two_files_of_one_id_are_refused_since_their_events_would_be_one(run):
    files = {"p.yaml": gas("46 mg/m3"), "q.yaml": gas("20 mg/m3")}
    done = run("timeline", "p.yaml", "q.yaml", "--format", "ics", "--lang", "en", files=files)
    assert done.returncode == 2
    assert "the id plant is that of p.yaml too" in done.stderr
    done = run("timeline", "p.yaml", "q.yaml", "--lang", "en")
    assert done.returncode == 2
    assert "--format ics takes several" in done.stderr
