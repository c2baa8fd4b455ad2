"""Random facilities that the vocabulary allows, with the numbers and words that rules turn on."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from envcheck.model import expressions as ex
from support import shipped

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking a register takes minutes and tells little


def relaxed(examples, phases=tuple(Phase)):
    return settings(deadline=None, max_examples=examples, suppress_health_check=SLOW, phases=phases)


WORDS = [
    "包钢（集团）公司",
    "包钢(集团)公司",
    "金属深加工产业园",
    "西郊污水处理厂",
    "总排口",
    "无",
    'a "quoted"\nname',
    "<script>",
    "x" * 300,
]
NUMBERS = [
    "0",
    "0.07",
    "1",
    "1.5",
    "5.5",
    "6.0",
    "7",
    "9.99",
    "10",
    "20",
    "30",
    "30.1",
    "35",
    "49.9",
    "50",
    "60",
    "88",
    "100",
    "1000000",
]
DAYS = ["2023-09-30", "2023-12-31", "2024-12-31", "2025-12-31", "2026-02-28", "2026-03-01", "2029-01-01"]
as_ofs = st.sampled_from(
    ["2022-12-31", "2023-06-01", "2023-12-31", "2024-01-01", "2025-12-31", "2026-03-01", "2031-01-01"]
)


def used_names() -> dict[str, set[str]]:
    """The attributes that rules ask about, by kind."""
    found: dict[str, set[str]] = {}
    for pack in shipped()[1]:
        nodes = [(r.kind, (r.when, r.require)) for r in pack.rules] + [
            (d.kind, (d.holds, d.fails)) for d in pack.definitions.values()
        ]
        for kind, parts in nodes:
            for item in ex.walk(parts):
                if isinstance(item, ex.Value) and item.type != "series":
                    found.setdefault("facility" if item.inherited or item.of_facility else kind, set()).add(
                        item.path[0]
                    )
                if isinstance(item, ex.Total | ex.Over):
                    found.setdefault(item.kind, set())
    return found


def value(attribute, words):
    number = st.sampled_from(NUMBERS)
    match attribute.type:
        case "text":
            return st.sampled_from(WORDS)
        case "yes_no":
            return st.sampled_from(["true", "false"])
        case "event":
            return st.sampled_from(["true", "false", *DAYS])
        case "date":
            return st.sampled_from(DAYS)
        case "choice" | "level":
            return st.sampled_from(list(words.choices[attribute.choices]))
        case "choices":
            return st.lists(st.sampled_from(list(words.choices[attribute.choices])), min_size=1, max_size=2)
        case "number" | "ratio":
            return number
        case "quantity":
            top = float(attribute.high) if attribute.high is not None else float("inf")
            return number.filter(lambda n: float(n) <= top).map(lambda n: f"{n} {attribute.unit}")
        case "region":
            return st.just("150203")
        case "records":
            return st.just([])
    media = {"emissions": "air", "water": "water"}.get(attribute.type)
    names = [s for s in words.substances.values() if (s.unit is None if media is None else media in s.media)]
    chosen = st.sampled_from(
        [s for s in names if s.id in ("PM", "SO2", "NOx", "NMHC", "COD", "NH3-N", "TP", "pH", "fluoride", "SS")]
        or names
    )

    def entry(substance):
        unit = attribute.unit if substance.unit is None else substance.unit
        plain = number.map(lambda n: f"{n} {unit}".strip())
        if attribute.type != "emissions":
            return plain.map(lambda text: (substance.id, text))
        measured = st.fixed_dictionaries(
            {"value": plain},
            optional={
                "O2": st.sampled_from(["3.5 %", "5.2 %", "16.5 %"]),
                "basis": st.sampled_from(["dry", "wet"]),
                "moisture": st.just("8 %"),
            },
        )
        return (plain | measured).map(lambda item: (substance.id, item))

    return st.lists(chosen.flatmap(entry), max_size=4, unique_by=lambda pair: pair[0]).map(dict)


def subjects(kind, names, words):
    known = [a for a in words.attributes(words.kinds[kind]) if a.name in names and a.name != "id"]
    facts = st.fixed_dictionaries({}, optional={a.name: value(a, words) for a in known})
    return st.lists(facts, max_size=2).map(
        lambda found: [{"id": f"{kind}-{n}", **facts} for n, facts in enumerate(found)]
    )


def facilities(among=None):
    """A facility file as plain data: JSON can hold it; `among` are the kinds of subject in it."""
    words, names = shipped()[0], used_names()
    kinds = sorted(among or (k for k in names if k != "facility"))
    shared = [
        a for a in words.kinds["facility"].attributes.values() if a.name in names.get("facility", ()) and a.name != "id"
    ]
    base = st.fixed_dictionaries(
        {"format": st.just("envcheck/facility/1"), "id": st.just("plant")},
        optional={a.name: value(a, words) for a in shared},
    )

    def lists(chosen):
        return st.fixed_dictionaries({words.kinds[k].plural: subjects(k, names[k], words) for k in chosen})

    listed = st.lists(st.sampled_from(kinds), min_size=1, max_size=4, unique=True).flatmap(lists)
    return st.tuples(base, listed).map(lambda pair: {**pair[0], **pair[1]})
