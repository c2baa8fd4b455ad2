"""What a monitoring series says of a limit, for people: how much data there was, what is excluded, the worst means."""

from __future__ import annotations

from collections.abc import Iterator

from envcheck.model import Finding, Monitored
from envcheck.monitoring import STATES
from envcheck.quantity import Interval, show
from envcheck.readings import show_interval
from envcheck.report.words import OPERATORS
from envcheck.text import Text
from envcheck.vocabulary import Vocabulary

MONTHS = 3
"""So many months are named."""


def monitored(finding: Finding) -> tuple[Monitored, ...]:
    """The series behind a finding, those first that it turns on."""
    for truth in (False, None, True):
        found = tuple(c.series for c in finding.comparisons if c.series is not None and c.truth is truth)
        if found:
            return found
    return ()


def summary(series: Monitored, vocabulary: Vocabulary) -> Text:
    """How much data there was, what does not count and why, and how many means are beyond the limit."""
    unit = Text("天", "days") if series.daily else Text("小时", "hours")
    parts = [
        Text(
            f"{series.substance} 监测 {series.first} 至 {series.last}：{series.total} {unit.zh}，有效 {series.valid}",
            f"{series.substance} from {series.first} to {series.last}: {series.total} {unit.en}, {series.valid} valid",
        )
    ]
    if series.excluded:
        left_out = excluded(series, vocabulary)
        parts.append(Text(f"不计 {left_out.zh}", f"left out {left_out.en}"))
    parts += [beyond(series), *months(series)]
    return Text("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))


def excluded(series: Monitored, vocabulary: Vocabulary) -> Text:
    """The states and reasons for which rows do not count, by how many."""
    labels = vocabulary.choices[STATES]
    ordered = sorted(series.excluded, key=lambda pair: (-pair[1], pair[0]))
    return Text(
        "、".join(f"{labels[name].label.zh} {number}" for name, number in ordered),
        ", ".join(f"{labels[name].label.en} {number}" for name, number in ordered),
    )


def beyond(series: Monitored) -> Text:
    """How many of the means lie beyond the limit."""
    means = {
        "hour": Text("个小时均值", "hourly means"),
        "day": Text("个日均值", "daily means"),
        "window": Text(f"个 {series.hours} 小时滑动均值", f"rolling means of {series.hours} h"),
    }[series.every]
    return Text(
        f"{series.means} {means.zh}中 {series.exceeding} 个超出限值（{limit(series)}）",
        f"{series.exceeding} of {series.means} {means.en} beyond the limit ({limit(series)})",
    )


def months(series: Monitored) -> Iterator[Text]:
    """The months of which too little is known, and, of a share of hours, those of the least share."""
    lacking = [month for month in series.months if not month.enough]
    if lacking:
        listed = ", ".join(f"{month.name} {month.valid}/{month.due}" for month in lacking[:MONTHS])
        more = len(lacking) - MONTHS
        zh, en = (f" 等 {len(lacking)} 个月", f" and {more} more") if more > 0 else ("", "")
        yield Text(f"有效数据不足 75 % 的月份 {listed}{zh}", f"too little valid data (below 75 %) in {listed}{en}")
    if series.share is not None:
        known = [(share.low, month.name, share) for month in series.months if (share := month.share) and month.enough]
        listed = ", ".join(f"{name} {_percent(share)}" for _, name, share in sorted(known)[:MONTHS])
        yield Text(f"达标比例最低的月份 {listed}", f"least shares within the limit: {listed}")


def _percent(share: Interval) -> str:
    return f"{show_interval(Interval(*(None if end is None else round(end, 3) for end in share)))} %"


def limit(series: Monitored) -> str:
    """The limit that the means are held against: ≤ 50 mg/m3 @ 16 % O2."""
    reference = f" @ {show(series.reference)} % O2" if series.reference is not None else ""
    return f"{OPERATORS[series.op]} {show_interval(series.limit)} {series.unit}".rstrip() + reference
