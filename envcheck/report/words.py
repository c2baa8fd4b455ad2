"""The words of reports, in both languages: statuses, flags, and one sentence for every finding."""

from __future__ import annotations

import unicodedata
from fractions import Fraction

from envcheck.model import Comparison, Finding
from envcheck.quantity import Interval, show
from envcheck.text import EMPTY, Text

STATUS = {
    "pass": Text("符合", "pass"),
    "fail": Text("不符合", "fail"),
    "unknown": Text("待定", "unknown"),
    "pending": Text("未到期", "pending"),
    "waived": Text("已豁免", "waived"),
    "not_applicable": Text("不涉及", "not applicable"),
}
OUTCOME = {
    "compliant": Text("符合", "compliant"),
    "non_compliant": Text("不符合", "non-compliant"),
    "undetermined": Text("待定（资料不全）", "undetermined"),
}
MODALITY = {
    "must": Text("应当", "must"),
    "in_principle": Text("原则上", "in principle"),
    "target": Text("目标", "target"),
    "encourage": Text("鼓励", "encouraged"),
}
FLAGS = {
    "reference_o2_assumed": Text("未给出含氧量，视为已折算", "no oxygen content given: taken as already at reference"),
    "limit_unverified": Text("限值尚未与标准原文核对", "the limit was not verified against the standard's text"),
    "boundary": Text("恰在界限上，原文有歧义", "exactly on a number that the text leaves ambiguous"),
    "after_plan_period": Text("规划期已结束", "the plan's period has ended"),
    "only_listed_substances": Text("仅按所列污染物判断", "only the substances listed were judged"),
    "differs_if_rounded": Text("按修约值比较则符合", "would pass if rounded to the limit's digits"),
    "below_detection": Text("低于检出限", "below the detection limit"),
    "valid_minutes_assumed": Text(
        "未给出每小时有效分钟数，视为整小时", "minutes of valid data not given: hours taken as whole"
    ),
    "governing": Text("多条规则限制同一指标，此条最严", "several rules limit this quantity: this is the strictest"),
    "waiver_expired": Text("豁免已过期", "the waiver has expired"),
}


def clean(text: str) -> str:
    """A text without characters that steer a terminal or reorder a line."""
    if text.isprintable():
        return text
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)


OPERATORS = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠", "<": "<", ">": ">"}


def amount(value: Interval | None, unit: str, digits: int = 5) -> str:
    """A measured value for people."""
    if value is None:
        return "?"
    tail = f" {unit}" if unit else ""
    if value.exact is not None:
        return _rounded(value.exact, digits) + tail
    if value.high is None:
        return f"≥ {_rounded(value.low or Fraction(0), digits)}{tail}"
    return f"≤ {_rounded(value.high, digits)}{tail}"


def _rounded(value: Fraction, digits: int) -> str:
    exact = show(value)
    return exact if len(exact) <= digits + 2 else show(_significant(value, digits))


def _significant(value: Fraction, digits: int) -> Fraction:
    from decimal import Decimal

    return Fraction(Decimal(f"{Decimal(value.numerator) / Decimal(value.denominator):.{digits}g}"))


def limit(comparison: Comparison) -> str:
    """A limit for people: ≤ 30 mg/m3."""
    value = comparison.limit
    sign = OPERATORS[comparison.op]
    if value.exact is None:
        low = show(value.low, 6) if value.low is not None else "?"
        high = show(value.high, 6) if value.high is not None else "?"
        return f"{sign} {low}…{high} {comparison.unit}".rstrip()
    return f"{sign} {show(value.exact, 6)} {comparison.unit}".rstrip()


def percent(margin: Interval | None) -> str:
    """A margin's size in percent."""
    if margin is None or margin.exact is None:
        return ""
    return show(_significant(abs(margin.exact) * 100, 3)) + " %"


def measured(comparison: Comparison) -> str:
    """A measured value for people, as many digits as keep it apart from the limit."""
    for digits in (5, 8, 12, 18):
        text = amount(comparison.measured, comparison.unit, digits)
        bound = comparison.limit.exact
        exact = comparison.measured.exact if comparison.measured is not None else None
        if (
            exact is None
            or bound is None
            or exact == bound
            or text != amount(comparison.limit, comparison.unit, digits)
        ):
            return text
    return text


def distance(comparison: Comparison) -> Text:
    """How far a value lies on which side of its limit."""
    share = percent(comparison.margin)
    margin = comparison.margin.exact if comparison.margin is not None else None
    if not share or margin is None:
        return EMPTY
    if comparison.op == "==":
        return EMPTY if margin == 0 else Text(f"相差 {share}", f"{share} off")
    if margin == 0 and comparison.truth is False:
        return Text("恰为限值，而限值本身不含在内", "exactly the limit, which is itself not allowed")
    upper = comparison.op in ("<", "<=")
    if margin < 0:
        return Text(f"超出 {share}", f"{share} over") if upper else Text(f"不足 {share}", f"{share} short")
    return Text(f"余量 {share}", f"{share} to spare")


def message(finding: Finding) -> Text:
    """One sentence on a finding."""
    title, main = finding.rule.title, finding.comparison
    if finding.status == "not_applicable":
        return Text(f"{title.zh}：{finding.reason.zh}", f"{title.en}: {finding.reason.en}")
    if finding.status == "unknown":
        words = ", ".join(finding.missing)
        return Text(f"{title.zh}：缺少 {words}", f"{title.en}: {words} missing")
    parts = title
    if main is not None and main.measured is not None:
        numbers = f"{measured(main)}（{limit(main)}）", f"{measured(main)} ({limit(main)})"
        far = distance(main)
        parts = Text(f"{title.zh}：{numbers[0]}", f"{title.en}: {numbers[1]}")
        if far != EMPTY:
            parts = Text(f"{parts.zh}，{far.zh}", f"{parts.en}, {far.en}")
    word = STATUS[finding.status]
    due = finding.rule.due
    if finding.status == "pending":
        return Text(f"{parts.zh}；{due} 前须达到", f"{parts.en}; due by {due}")
    if finding.status == "waived" and finding.waiver is not None:
        waiver = finding.waiver
        return Text(
            f"{parts.zh}；豁免至 {waiver.until}（{waiver.document}）",
            f"{parts.en}; waived until {waiver.until} ({waiver.document})",
        )
    return Text(f"{parts.zh}；{word.zh}", f"{parts.en}; {word.en}")


def worst_first(finding: Finding) -> tuple[bool, Fraction, str, str]:
    """A key that sorts findings by how far their limits are exceeded; those without a number come last."""
    main = finding.comparison
    margin = main.margin.exact if main is not None and main.margin is not None else None
    return margin is None, margin or Fraction(0), finding.rule.key, finding.subject.path
