"""What a monitoring series says of a limit, for people: how much data there was, what is excluded, the worst means."""

from __future__ import annotations

from collections.abc import Iterator

from envcheck.facility.series.headings import STATES
from envcheck.judging.readings import show_interval
from envcheck.model.finding import Finding
from envcheck.model.monitoring import Monitored
from envcheck.report.parts.phrases import OPERATORS
from envcheck.text.messages import Text, join, listed, ptr, tr
from envcheck.units.quantity import Interval, show
from envcheck.vocabulary.words import Vocabulary

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
    unit = tr("days") if series.daily else tr("hours")
    parts = [
        tr(
            "{substance} from {first} to {last}: {total} {unit}, {valid} valid",
            substance=series.substance,
            first=series.first,
            last=series.last,
            total=series.total,
            unit=unit,
            valid=series.valid,
        )
    ]
    if series.excluded:
        left_out = excluded(series, vocabulary)
        parts.append(tr("left out {left_out}", left_out=left_out))
    parts += [beyond(series), *months(series)]
    return join(ptr("list", "; "), parts)


def excluded(series: Monitored, vocabulary: Vocabulary) -> Text:
    """The states and reasons for which rows do not count, by how many."""
    labels = vocabulary.choices[STATES]
    ordered = sorted(series.excluded, key=lambda pair: (-pair[1], pair[0]))
    counted = (join(Text(" ", " "), (labels[name].label, number)) for name, number in ordered)
    return join(ptr("list of words", ", "), counted)


def beyond(series: Monitored) -> Text:
    """How many of the means lie beyond the limit."""
    means = {
        "hour": tr("hourly means"),
        "day": tr("daily means"),
        "window": tr("rolling means of {hours} h", hours=series.hours),
    }[series.every]
    return tr(
        "{exceeding} of {number} {means} beyond the limit ({limit})",
        exceeding=series.exceeding,
        number=series.means,
        means=means,
        limit=limit(series),
    )


def months(series: Monitored) -> Iterator[Text]:
    """The months of which too little is known, and, of a share of hours, those of the least share."""
    lacking = [month for month in series.months if not month.enough]
    if lacking:
        named: list[str | Text] = [f"{month.name} {month.valid}/{month.due}" for month in lacking[:MONTHS]]
        if more := len(lacking) - len(named):
            named.append(tr("and {number} more", number=more))
        yield tr("too little valid data (below 75 %) in {months}", months=listed(named))
    if series.share is not None:
        known = [(share.low, month.name, share) for month in series.months if (share := month.share) and month.enough]
        least = listed(f"{name} {_percent(share)}" for _, name, share in sorted(known)[:MONTHS])
        yield tr("least shares within the limit: {months}", months=least)


def _percent(share: Interval) -> str:
    return f"{show_interval(Interval(*(None if end is None else round(end, 3) for end in share)))} %"


def limit(series: Monitored) -> str:
    """The limit that the means are held against: ≤ 50 mg/m3 @ 16 % O2."""
    reference = f" @ {show(series.reference)} % O2" if series.reference is not None else ""
    return f"{OPERATORS[series.op]} {show_interval(series.limit)} {series.unit}".rstrip() + reference
