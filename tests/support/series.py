"""Monitoring series of one subject, and one requirement held against them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from envcheck.judging.check import check
from support import read_facility, rule, small_pack

AS_OF = date(2025, 12, 1)
START = datetime(2025, 6, 1)
LIMIT = "emissions.NOx <= 50 mg/m3"
SHARE = f"share_of_hours({LIMIT}) >= 95 %"


def hours(number, value=40, start=START, **columns):
    """Rows of hourly means; a column may be a function of the row's number."""
    columns = {"NOx (mg/m3)": value, **columns}
    made = []
    for n in range(number):
        row = {"timestamp": f"{start + timedelta(hours=n):%Y-%m-%d %H:%M}"}
        made.append({**row, **{name: (c(n) if callable(c) else c) for name, c in columns.items()}})
    return made


def written(rows):
    names = list(rows[0])
    return "\n".join([",".join(names), *(",".join(str(row[name]) for name in names) for row in rows)]) + "\n"


def judge_in(tmp_path, words):
    """Gives a function: the finding of one requirement on one subject with a series."""

    def judged(require, rows, facts="", subject="outlet", when="", as_of=AS_OF):
        (tmp_path / "s1.csv").write_text(rows if isinstance(rows, str) else written(rows))
        plural = words.kinds[subject].plural
        head = f'format: envcheck/facility/1\nid: plant\nregion: "150203"\n{plural}:\n  - {{id: S1, series: s1.csv, {facts}}}\n'
        plant = read_facility(head, words, str(tmp_path / "plant.yaml"))
        pack = small_pack(rule(require, when=when, subject=subject))
        return check([plant], [pack], as_of, "direct").reports[0].findings[0]

    return judged
