"""One rule, one subject, one day: a finding. Pure; the engines only decide in which order it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache

from envcheck.judging.evaluate import evaluate
from envcheck.judging.logic import Answer, conjunction, union
from envcheck.judging.situation import Situation
from envcheck.model import expressions as ex
from envcheck.model.evidence import Gap, Step
from envcheck.model.facility import Facility, Waiver
from envcheck.model.finding import Comparison, Finding, Grounds, Outcome
from envcheck.model.rule import DECISIVE, Pack, Rule, Status
from envcheck.text.messages import EMPTY, Text, tr

ASSUMPTIONS = frozenset({"reference_o2_assumed", "valid_minutes_assumed"})
"""Flags of what is taken for granted of a number."""
UNVERIFIED = "limit_unverified"
REGION = Gap("fact", ("region",), "facility", "facility")


def concerns(rule: Rule, pack: Pack, at: Situation) -> tuple[Answer, Text]:
    """Whether a rule concerns a subject; where it does not, the reason."""
    stands = at.subject if "region" in at.subject.overrides else at.facility.itself
    region = stands.facts.get("region")
    code = str(region.value) if region is not None else ""
    if region is not None and not code.startswith(pack.region) and not pack.region.startswith(code):
        step = Step("region", pack.region, False, result=code)
        reason = tr("region {code} lies outside the plan's region {region}", code=code, region=pack.region)
        return Answer(False, steps=(step,)), reason
    if not rule.in_force(at.as_of):
        if at.as_of < rule.start:
            return _out_of_time(Step("not_yet", str(rule.start), False), tr("in force from {start}", start=rule.start))
        return _out_of_time(Step("no_longer", str(rule.end), False), tr("ended on {end}", end=rule.end))
    parts: list[Answer] = []
    if not code.startswith(pack.region):
        parts.append(Answer(None, (REGION,), (Step("region", pack.region, None, result=code or "?"),)))
    presumed: tuple[Answer, Text] | None = None
    for condition in rule.when:
        part = evaluate(condition, at)
        parts.append(part)
        if part.truth is False:
            unmet = Answer(False, steps=part.steps, comparisons=part.comparisons, presumed=part.presumed)
            if not part.presumed:
                return unmet, _unmet(condition.text)
            presumed = presumed or (unmet, _unmet(condition.text))
    return presumed or (conjunction(parts), EMPTY)


@cache
def _unmet(condition: str) -> Text:
    """Told once a condition: most findings of a check are of this kind."""
    return tr("the condition is not met: {text}", text=condition)


def _out_of_time(step: Step, reason: Text) -> tuple[Answer, Text]:
    return Answer(False, steps=(step,)), reason


def judge(rule: Rule, pack: Pack, at: Situation) -> Finding:
    """The finding of a rule on a subject.

    A fact missing from the conditions or from the requirement gives `unknown`, never `pass`. A requirement shown not
    to hold is `pending` while the due date lies after the day asked for, `waived` under a waiver in force, else `fail`.
    """
    concern, reason = concerns(rule, pack, at)
    if concern.truth is False:
        flags = _flags(rule, pack, at, ("presumed",) if concern.presumed else (), (concern,))
        return Finding(
            rule,
            at.subject,
            "not_applicable",
            flags=flags,
            steps=concern.steps,
            reason=reason,
            presumed=concern.presumed,
        )
    required = conjunction(evaluate(condition, at) for condition in rule.require)
    steps = (*concern.steps, *required.steps)
    truth = required.truth
    if truth is None and rule.missing_fails:
        truth = False
        steps = (*steps, Step("missing_fails", truth=False))
    waiver = None
    status: Status
    gaps: tuple[Gap, ...] = ()
    if concern.truth is None or truth is None:
        status = "unknown"
        gaps = union((concern.gaps, required.gaps))
    elif truth:
        status = "pass"
    elif rule.has_time(at.as_of):
        status = "pending"
        steps = (*steps, Step("day", f"{at.as_of} ≤ {rule.due}"))
    else:
        waiver = find_waiver(rule, at)
        status = "waived" if waiver is not None and at.as_of <= waiver.until else "fail"
        if rule.due is not None:
            steps = (*steps, Step("day", f"{at.as_of} > {rule.due}"))
    flags = _flags(rule, pack, at, (*concern.flags, *required.flags), (concern, required))
    if rule.no_date_printed and status in ("pending", "fail", "waived"):
        flags = (*flags, "no_date_printed")
    if waiver is not None and status == "fail":
        flags = (*flags, "waiver_expired")
    return Finding(
        rule=rule,
        subject=at.subject,
        status=status,
        comparison=governing(required.comparisons, status),
        comparisons=required.comparisons,
        gaps=gaps,
        flags=flags,
        steps=steps,
        against=_against(rule, at, required),
        waiver=waiver,
    )


def _against(rule: Rule, at: Situation, required: Answer) -> tuple[Step, ...]:
    """What does not hold of a requirement; a flat ban is broken by the conditions that do hold.

    Of a condition that leans on definitions only what it comes to is told; `explain` derives the rest.
    """
    short = tuple(step for step in required.steps if step.denied)
    if not any(step.kind == "ban" for step in short):
        return short
    held: list[Step] = []
    for condition in rule.when:
        steps = evaluate(condition, at).steps
        held += steps[-1:] if any(isinstance(part, ex.Defined) for part in ex.walk((condition,))) else steps
    return (*held, *short)


def _flags(rule: Rule, pack: Pack, at: Situation, found: Iterable[str], answers: Iterable[Answer]) -> tuple[str, ...]:
    flags = list(found)
    comparisons = [c for answer in answers for c in answer.comparisons]
    if rule.boundary != EMPTY and any(_on_the_number(c) for c in comparisons):
        flags.append("boundary")
    if pack.ended(at.as_of):
        flags.append("after_plan_period")
    return tuple(dict.fromkeys(flags))


def _on_the_number(comparison: Comparison) -> bool:
    measured = comparison.measured
    return measured is not None and measured.exact is not None and measured.exact == comparison.limit.exact


def governing(comparisons: tuple[Comparison, ...], status: Status) -> Comparison | None:
    """The comparison that tells most: the worst that fails, the unknown one, or the tightest that holds."""
    truth = {"pass": True, "unknown": None}.get(status, False)
    telling = [c for c in comparisons if c.truth is truth] or list(comparisons)

    def room(comparison: Comparison) -> tuple[bool, Fraction]:
        margin = comparison.margin.exact if comparison.margin is not None else None
        return (margin is None, margin if margin is not None else Fraction(0))

    return min(telling, key=room) if telling else None


def find_waiver(rule: Rule, at: Situation) -> Waiver | None:
    """The waiver that names the rule (by its key, its id or a requirement it covers) and the subject; the latest one."""
    fitting = [w for w in at.facility.waivers if waives(w, rule) and w.subject in ("", at.subject.path)]
    return max(fitting, key=lambda w: w.until) if fitting else None


def waives(waiver: Waiver, rule: Rule) -> bool:
    """Whether a waiver names a rule."""
    return waiver.rule in (rule.key, rule.id, *rule.covers)


def decisive(finding: Finding) -> bool:
    """Whether a finding bears on the facility's outcome."""
    return finding.rule.modality in DECISIVE


def concerned(findings: Iterable[Finding]) -> bool:
    """Whether any rule concerns anything."""
    return any(f.status != "not_applicable" for f in findings)


def outcome(findings: Sequence[Finding]) -> Outcome:
    """`non_compliant` if a decisive rule fails, else `undetermined` if one is unknown, else `compliant`.

    Where no rule concerns anything nothing was shown, and that is not success either: `undetermined`.
    """
    statuses = {f.status for f in findings if decisive(f)}
    if "fail" in statuses:
        return "non_compliant"
    return "undetermined" if "unknown" in statuses or not concerned(findings) else "compliant"


def grounds(findings: Iterable[Finding]) -> Grounds:
    """On what the outcome of these findings rests."""
    deciding = [f for f in findings if decisive(f)]
    settled = [f for f in deciding if f.status in ("pass", "fail")]
    failing = [f for f in deciding if f.status == "fail"]
    return Grounds(
        assumed=sum(not ASSUMPTIONS.isdisjoint(f.flags) for f in settled),
        unverified=sum(UNVERIFIED in f.flags for f in settled),
        presumed=sum(bool(f.presumed) for f in deciding),
        failing=len(failing),
        ended=sum("after_plan_period" in f.flags for f in failing),
    )


def strictly(finding: Finding) -> Finding:
    """A finding that passes on no assumption and on no unverified limit: it is unknown then."""
    if finding.status != "pass" or ({*ASSUMPTIONS, UNVERIFIED}.isdisjoint(finding.flags)):
        return finding
    gaps = [
        Gap("fact", (*c.attribute, "O2"))
        for c in finding.comparisons
        if "reference_o2_assumed" in finding.flags and c.series is None and c.attribute
    ]
    if "valid_minutes_assumed" in finding.flags:
        gaps.append(Gap("series", ("minutes",)))
    if UNVERIFIED in finding.flags:
        gaps.append(Gap("limit", (", ".join(finding.rule.basis) or finding.rule.key,)))
    return finding._replace(status="unknown", gaps=tuple(dict.fromkeys(gaps)), flags=(*finding.flags, "strict"))


def unused_waivers(facility: Facility, findings: Iterable[Finding]) -> tuple[Waiver, ...]:
    """Waivers that no finding leans on."""
    used = {id(f.waiver) for f in findings if f.waiver is not None}
    return tuple(w for w in facility.waivers if id(w) not in used)
