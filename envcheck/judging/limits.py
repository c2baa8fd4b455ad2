"""Rows of limit tables: whether what a subject states, and its monitoring series, keep one."""

from __future__ import annotations

from envcheck.judging.conditions import has_series
from envcheck.judging.logic import Answer, union
from envcheck.judging.readings import Reading, held_against, read_value, rounding, show_interval
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.evidence import Gap, Step, Truth
from envcheck.units.quantity import Interval, compare, show


def of_row(
    limit: ex.Limit,
    values: ex.Value,
    applies: Answer,
    maximum: Interval | None,
    gaps: tuple[Gap, ...],
    at: Situation,
) -> list[Answer]:
    """Whether one row of a table is kept, by the value stated and by the series; nothing where it is not in force.

    ``applies`` says whether the row applies to the subject, ``maximum`` lies between those of its exceptions where facts
    are missing (``gaps``) to tell which of them does.
    """
    value = ex.Value((*values.path, limit.substance), values.type, limit.unit, values.of_facility, values.inherited)
    reading = read_value(value, at, limit.reference_oxygen)
    monitored = has_series(value, at) and _on_record(limit, value, at)
    day = reading.measured_on or at.as_of
    holds = (limit.start is None or day >= limit.start) and (limit.end is None or day <= limit.end)
    if not (holds or monitored):
        return []
    label = f"{limit.table} {limit.process} {limit.substance}"
    if limit.confidence == "unsure":
        # Where it is unknown whether the row applies at all, that may settle it.
        return [Answer(None, (*applies.gaps, Gap("limit", (label,))), (Step("unsure_limit", label),))]
    answers: list[Answer] = []
    for op, bound in (("<=", maximum), (">=", None if limit.minimum is None else Interval.point(limit.minimum))):
        if bound is None:
            continue
        reference = "" if limit.reference_oxygen is None else f" @ {show(limit.reference_oxygen)} % O2"
        text = f"{limit.substance} {op} {show_interval(bound)} {limit.unit}".rstrip() + f"{reference} [{label}]"
        # A value that is not stated is not asked for where there is a series instead.
        if holds and not (monitored and reading.gaps == (value.gap(),)):
            answers.append(_stated(limit, value, reading, op, bound, text))
        if monitored:
            answers.append(_in_series(limit, value, op, bound, text, at))
    return [_where_it_applies(answer, applies, gaps) for answer in answers]


def _stated(limit: ex.Limit, value: ex.Value, reading: Reading, op: str, bound: Interval, text: str) -> Answer:
    """Whether the value that a subject states keeps a row of a table."""
    truth = compare(reading.value, op, bound)
    unverified = ("limit_unverified",) if limit.confidence == "known" else ()
    return Answer(
        truth,
        reading.gaps,
        (*reading.steps, _compared(truth, text, reading)),
        (held_against(value, truth, reading, op, bound, limit.unit),),
        (*reading.flags, *unverified, *rounding(truth, reading.value, op, bound)),
    )


def _compared(truth: Truth, text: str, reading: Reading) -> Step:
    return Step("comparison", text, truth, result=show_interval(reading.value) if not reading.gaps else "")


def _on_record(limit: ex.Limit, value: ex.Value, at: Situation) -> bool:
    from envcheck.judging.series_conditions import on_record

    return on_record(limit, value, at)


def _in_series(limit: ex.Limit, value: ex.Value, op: str, bound: Interval, text: str, at: Situation) -> Answer:
    """Whether the series of a subject keeps a row of a table."""
    from envcheck.judging.series_conditions import of_limit

    found = of_limit(limit, value, op, bound, text, at)
    return found._replace(flags=(*found.flags, "limit_unverified")) if limit.confidence == "known" else found


def _where_it_applies(answer: Answer, applies: Answer, gaps: tuple[Gap, ...]) -> Answer:
    """An answer on a row of which it may be unknown whether, or with which maximum, it applies."""
    if answer.truth is True:
        return answer._replace(gaps=())
    lacking = union((answer.gaps, gaps))
    if applies.truth is None:
        return answer._replace(truth=None, gaps=union((applies.gaps, lacking)))
    compared = tuple(Gap("fact", c.attribute) for c in answer.comparisons)
    return answer._replace(gaps=(lacking or compared) if answer.truth is None else ())
