"""Rules as columns: the status of every rule on every row, and the number that governs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from envcheck import expressions as ex
from envcheck import gas
from envcheck.columns.layout import Layout
from envcheck.columns.limits import bounds_of
from envcheck.columns.lists import Gathering, Lists
from envcheck.columns.logic import FALSE, TRUE, UNKNOWN, Frame, Refusal, all_of, in_region
from envcheck.model import STATUSES, Pack, Rule, Status
from envcheck.text import InputError, Problem, Text

STATUS = pl.Enum(list(STATUSES))
CODES: Mapping[str, int] = {status: number for number, status in enumerate(STATUSES)}
REGION = ex.Value(("region",), "region", "")
FAR = 1e6


class Figure(NamedTuple):
    """A number of a row held against a limit, as `model.Comparison` for one subject."""

    truth: pl.Expr
    measured: pl.Expr
    limit: Fraction
    op: str
    unit: str


class Column(NamedTuple):
    """A rule on the subjects of one kind: its status (the code of it), and the numbers it compares."""

    pack: Pack
    rule: Rule
    status: pl.Expr
    figures: tuple[Figure, ...]


class Plan(NamedTuple):
    """All that is asked of the rows of one kind."""

    frame: Frame
    columns: tuple[Column, ...]


class Plans(NamedTuple):
    """What is asked of a register: of the rows of each kind, and of the lists of its facilities."""

    by_kind: Mapping[str, Plan]
    gatherings: tuple[Gathering, ...]
    layouts: Mapping[str, Layout]
    as_of: date


def plans(layouts: Mapping[str, Layout], packs: Sequence[Pack], as_of: date) -> Plans:
    """How to judge the tables with these layouts, by kind.

    Raises:
        InputError: a rule has no form in columns; it is named.
    """
    lists = Lists(layouts, as_of)
    frames = {kind: Frame(layout, layouts.get("facility"), {}, as_of, lists) for kind, layout in layouts.items()}
    found: dict[str, list[Column]] = {kind: [] for kind in layouts}
    problems: list[Problem] = []
    for pack in packs:
        lists.rebind(pack.definitions)
        for kind, frame in frames.items():
            frame.rebind(pack.definitions)
            rules = [rule for rule in pack.rules if rule.kind == kind]
            shared = {when for when, uses in Counter(rule.when for rule in rules).items() if uses > 1}
            concerns: dict[tuple[ex.Node, ...], pl.Expr] = {}
            for rule in rules:
                try:
                    found[kind].append(_column(rule, pack, frame, shared, concerns))
                except Refusal as refusal:
                    what = Text(f"规则 {rule.key} 无法列式执行：", f"rule {rule.key} cannot be run on columns: ")
                    remedy = Text(
                        "请用 --ignore 排除此规则，或逐个核查", "leave it out with --ignore, or check files one by one"
                    )
                    problems.append(Problem(rule.place, what + refusal.what, remedy))
    if problems:
        raise InputError(problems)
    by_kind = {kind: Plan(frame, tuple(found[kind])) for kind, frame in frames.items()}
    return Plans(by_kind, tuple(lists.gatherings), layouts, as_of)


def _column(
    rule: Rule, pack: Pack, frame: Frame, shared: set[tuple[ex.Node, ...]], concerns: dict[tuple[ex.Node, ...], pl.Expr]
) -> Column:
    if frame.as_of < rule.start or (rule.end is not None and frame.as_of > rule.end):
        return Column(pack, rule, _code("not_applicable"), ())
    concern = concerns.get(rule.when)
    if concern is None:
        concern = _concern(rule, pack, frame, keep=rule.when in shared)
        concerns[rule.when] = concern
    required = all_of([frame.condition(node)[0] for node in rule.require])
    if rule.missing_fails:
        required = required.fill_null(False)
    short: Status = "pending" if rule.due is not None and frame.as_of < rule.due else "fail"
    status = (
        pl.when(~concern).then(_code("not_applicable"))
        .when(concern & required).then(_code("pass"))
        .when(concern & ~required).then(_code(short))
        .otherwise(_code("unknown"))
    )  # fmt: skip
    figures = tuple(figure for node in rule.require for figure in _figures(node, frame))
    return Column(pack, rule, status, figures)


def _concern(rule: Rule, pack: Pack, frame: Frame, *, keep: bool) -> pl.Expr:
    """Whether a rule concerns a row: its region, and all its conditions."""
    region = frame.cell(REGION._replace(inherited=frame.own.kind.id != "facility")).expression
    parts = [(frame.once(("region", pack.region), in_region(region, (pack.region,))), 1)]
    parts += [frame.condition(node) for node in rule.when]
    concern = all_of([part for part, _ in parts])
    return frame.kept(concern, max(level for _, level in parts))[0] if keep else concern


def _code(status: Status) -> pl.Expr:
    return pl.lit(CODES[status], dtype=pl.UInt8)


# --- figures ---------------------------------------------------------------------------------------------------------


def _figures(node: ex.Node, frame: Frame) -> Iterator[Figure]:
    """The numbers that a requirement compares, as they stand in its answer."""
    if isinstance(node, ex.And):
        for part in node.parts:
            yield from _figures(part, frame)
    elif isinstance(node, ex.Or):
        whole = frame.condition(node)[0]
        for part in node.parts:
            own = frame.condition(part)[0]
            telling = own.fill_null(False) | ~whole.fill_null(False)
            for figure in _figures(part, frame):
                yield figure._replace(measured=pl.when(telling).then(figure.measured))
    elif isinstance(node, ex.Compare):
        yield from _compared(node, frame)
    elif isinstance(node, ex.Within):
        for bound in bounds_of(node, frame):
            limit = bound.limit.maximum if bound.op == "<=" else bound.limit.minimum
            if limit is not None and bound.limit.confidence != "unsure":
                measured = pl.when(bound.speaks).then(_measured(bound.value, bound.limit.reference_oxygen, frame))
                yield Figure(bound.truth, measured, limit, bound.op, bound.limit.unit)


def _compared(node: ex.Compare, frame: Frame) -> Iterator[Figure]:
    left, right = node.left, node.right
    if not isinstance(right, ex.Constant) or not isinstance(right.value, Fraction):
        return
    truth = frame.condition(node)[0]
    if isinstance(left, ex.Value) and left.type != "level":
        yield Figure(truth, _measured(left, right.reference_oxygen, frame), right.value, node.op, left.unit)
    elif isinstance(left, ex.Total):
        low, high, scale = frame.total(left)
        known = pl.when(low == high).then(low.cast(pl.Float64) * float(scale))
        yield Figure(truth, known, right.value, node.op, left.unit)


def _measured(value: ex.Value, reference: Fraction | None, frame: Frame) -> pl.Expr:
    """A number of the row in its canonical unit, at the reference oxygen content where the limit has one; for reading."""
    cell = frame.cell(value, dtype=pl.Float64)
    measured = cell.expression * float(cell.factor)
    oxygen = frame.oxygen(value) if reference is not None else None
    if oxygen is None or reference is None:
        return measured
    converted = measured * float(gas.AIR_OXYGEN - reference) / (gas.AIR_OXYGEN - oxygen)
    return pl.when(oxygen.is_null()).then(measured).otherwise(converted)


def margin(figure: Figure) -> pl.Expr:
    """The room left as a share of the limit; below zero where it is exceeded."""
    limit = float(figure.limit)
    if not limit or figure.op == "!=":
        return pl.lit(None, dtype=pl.Float64)
    if figure.op in ("<", "<="):
        return (limit - figure.measured) / limit
    room = (figure.measured - limit) / limit
    return room if figure.op in (">", ">=") else -room.abs()


def governing(column: Column) -> dict[str, pl.Expr]:
    """The number that tells most (`judge.governing`): the worst that fails, the unknown one, or the tightest that holds."""
    nothing: dict[str, pl.Expr] = {
        "measured": pl.lit(None, dtype=pl.Float64),
        "op": pl.lit(None, dtype=pl.String),
        "limit": pl.lit(None, dtype=pl.Float64),
        "unit": pl.lit(None, dtype=pl.String),
        "margin": pl.lit(None, dtype=pl.Float64),
    }
    if not column.figures:
        return nothing
    wanted = (
        pl.when(pl.col("status") == "pass")
        .then(TRUE)
        .when(pl.col("status") == "unknown")
        .then(UNKNOWN)
        .otherwise(FALSE)
    )
    rooms = [margin(figure) for figure in column.figures]
    keys = [
        pl.when(figure.measured.is_null())
        .then(None)
        .otherwise(room.fill_null(FAR) + pl.when(figure.truth.eq_missing(wanted)).then(0.0).otherwise(1000 * FAR))
        for figure, room in zip(column.figures, rooms, strict=True)
    ]
    least = pl.min_horizontal(keys)
    found = nothing
    for figure, room, key in reversed(list(zip(column.figures, rooms, keys, strict=True))):
        chosen = key == least
        values = {
            "measured": figure.measured,
            "op": pl.lit(figure.op),
            "limit": pl.lit(float(figure.limit)),
            "unit": pl.lit(figure.unit or None, dtype=pl.String),
            "margin": room,
        }
        found = {name: pl.when(chosen).then(value).otherwise(found[name]) for name, value in values.items()}
    return found
