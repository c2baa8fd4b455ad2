"""Pictures of measured values against their limits: where on a line from 0 to 100 % each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from envcheck.judging.judge import decisive
from envcheck.model.facility import Measurement, Subject
from envcheck.model.finding import Comparison, Finding, Means, Report
from envcheck.report.parts import phrases
from envcheck.report.parts.chart import Chart, chart
from envcheck.text.messages import Text, listed, tr
from envcheck.units.quantity import Interval, show
from envcheck.vocabulary.words import Vocabulary

HEADROOM = Fraction(11, 10)
FARTHEST = 4
"""A value beyond this many times its limit is drawn cut off, so that the limit stays visible."""


MEANS: Mapping[Means, Text] = {
    "every_hour": tr("hourly means"),
    "every_day": tr("daily means"),
    "every_mean": tr("rolling means"),
    "share_of_hours": tr("share of a month's hours within the limit"),
}
"""What the conditions over time are called."""


class Span(NamedTuple):
    """A piece of the line, in percent of its length."""

    start: str
    length: str


class Picture(NamedTuple):
    """What is drawn: the value as compared, the value before conversion, the limit marks, the forbidden stretches."""

    value: Span
    raw: Span | None
    marks: tuple[str, ...]
    forbidden: tuple[Span, ...]
    cut: bool


class Bar(NamedTuple):
    """A measured value against its limit; `findings` are the numbers of the findings that compare it so."""

    subject: Subject
    label: Text
    status: str
    deciding: bool
    """Whether a finding that makes it this status bears on the outcome."""
    comparison: Comparison
    raw: Text
    """The value as it was written, with what was stated beside it; empty where nothing was written."""
    converted: bool
    """Whether the value compared differs from the one written by more than its unit."""
    picture: Picture
    chart: Chart | None
    """The series in which the value was found."""
    findings: tuple[int, ...]
    beside: tuple[Bar, ...] = ()
    """The same quantity against limits that are less strict."""


def bars(report: Report, vocabulary: Vocabulary) -> tuple[tuple[Subject, tuple[Bar, ...]], ...]:
    """Every measured value of a report against the strictest limit it was held to, by subject, worst first."""
    found: dict[tuple[object, ...], Bar] = {}
    for number, finding in enumerate(report.findings):
        for c in finding.comparisons:
            if c.measured is None or c.measured.high is None:
                continue
            key = (finding.subject.path, c.path, c.truth, c.measured, c.op, c.limit, c.unit)
            known = found.get(key)
            bar = known or _bar(finding, c, vocabulary)
            status, deciding = min((bar.status, bar.deciding), (_status(finding, c), decisive(finding)), key=_gravity)
            found[key] = bar._replace(status=status, deciding=deciding, findings=(*bar.findings, number))
    quantities: dict[tuple[object, ...], list[Bar]] = {}
    for bar in sorted(found.values(), key=_worst_first):
        c = bar.comparison
        upper = c.op in ("<", "<=")
        alone = len(quantities) if c.series is not None or c.op in ("==", "!=") else None
        quantities.setdefault((bar.subject.path, c.attribute or c.path, upper, alone), []).append(bar)
    groups: dict[str, list[Bar]] = {}
    for strictest, *rest in quantities.values():
        groups.setdefault(strictest.subject.path, []).append(strictest._replace(beside=tuple(rest)))
    return tuple((group[0].subject, tuple(group)) for group in groups.values())


SEVERITY = ("fail", "unknown", "pending", "waived", "pass")


def _gravity(verdict: tuple[str, bool]) -> tuple[int, bool]:
    status, deciding = verdict
    return SEVERITY.index(status), not deciding


def _status(finding: Finding, comparison: Comparison) -> str:
    """A number that holds passes even where its finding fails for another reason; one that does not is as its finding."""
    if comparison.truth:
        return "pass"
    return "unknown" if comparison.truth is None else finding.status


def _worst_first(bar: Bar) -> tuple[int, bool, Fraction, str]:
    margin = bar.comparison.margin.exact if bar.comparison.margin is not None else None
    return SEVERITY.index(bar.status), margin is None, margin or Fraction(0), bar.subject.path


def _bar(finding: Finding, comparison: Comparison, vocabulary: Vocabulary) -> Bar:
    measurement = _measurement(finding.subject, comparison)
    raw, before = Text(comparison.as_written, comparison.as_written), None
    if measurement is not None:
        raw = listed((measurement.text, *phrases.stated(measurement)))
        before = measurement.value if measurement.value != comparison.measured else None
    picture = _picture(comparison, before)
    label = label_of(finding.subject, comparison, vocabulary)
    if label.zh == comparison.path:
        label = finding.rule.title
    return Bar(
        finding.subject,
        label,
        "pass",
        False,
        comparison,
        raw,
        before is not None,
        picture,
        chart(finding.subject, comparison),
        (),
    )


def label_of(subject: Subject, comparison: Comparison, vocabulary: Vocabulary) -> Text:
    """What people call the attribute of a comparison, and over which time; other formulas stay as they are."""
    label = vocabulary.label(vocabulary.kinds[subject.kind], comparison.attribute or (comparison.path,))
    series, means = comparison.series, comparison.means
    if series is None or means is None:
        return label
    if means == "every_mean":
        return tr("{label}, {means} over {hours}", label=label, means=MEANS[means], hours=f"{series.hours} h")
    return tr("{label}, {means}", label=label, means=MEANS[means])


def _measurement(subject: Subject, comparison: Comparison) -> Measurement | None:
    """The measurement behind a comparison such as `emissions.NOx`."""
    if len(comparison.attribute) != 2 or comparison.series is not None:
        return None
    name, substance = comparison.attribute
    fact = subject.facts.get(name)
    found = fact.value.get(substance) if fact is not None and isinstance(fact.value, Mapping) else None
    return found if isinstance(found, Measurement) else None


def _picture(comparison: Comparison, before: Interval | None) -> Picture:
    """The line begins at 0, or below the lowest number where that is negative."""
    assert comparison.measured is not None
    value = _end(comparison.measured)
    raw = _end(before) if before is not None else None
    limits = sorted({n for n in comparison.limit if n is not None})
    numbers = [value, *([raw] if raw is not None else []), *limits]
    low = min(Fraction(0), *numbers) * HEADROOM
    high = max(Fraction(0), *numbers) * HEADROOM
    bound = max(limits, default=Fraction(0)) * FARTHEST
    cut = high > bound > 0
    high = min(high, bound) if cut else high
    length = high - low or Fraction(1)

    def at(number: Fraction) -> Fraction:
        return (min(max(number, low), high) - low) / length * 100

    def span(one: Fraction, other: Fraction) -> Span:
        start, end = sorted((at(one), at(other)))
        return Span(_percent(start), _percent(end - start))

    forbidden: tuple[Span, ...] = ()
    if limits and comparison.op in ("<", "<="):
        forbidden = (span(limits[-1], high),)
    elif limits and comparison.op in (">", ">="):
        forbidden = (span(low, limits[0]),)
    zero = Fraction(0)
    return Picture(
        span(zero, value),
        span(zero, raw) if raw is not None else None,
        tuple(_percent(at(n)) for n in limits),
        forbidden,
        cut,
    )


def _end(value: Interval) -> Fraction:
    """The number drawn for an interval: its upper bound, else its lower."""
    return value.high if value.high is not None else value.low or Fraction(0)


def _percent(value: Fraction) -> str:
    return show(round(value, 2)) + "%"
