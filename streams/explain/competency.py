"""The assessments behind a competency. Pure.

A relation counts by the mean of its scores, so an assessment adds its score, times the weight of its relation, over how
many of them there are. Those of a relation that is left out, as too few have spoken, are not behind the value. What a
superior said is told as it is; of others, who are promised that nobody learns what each of them said, what all of a
relation said together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from streams.core.kpis import Formula, kpi_of
from streams.core.ledger import Measures
from streams.core.periods import distinct_in
from streams.core.tracing import Posting
from streams.core.units import DAY
from streams.explain.account import Account, Share
from streams.policy.assessments import PREFIX, SUPERIOR, AssessmentPolicy
from streams.policy.periods import days


def assessed(
    kpi: str, postings: Iterable[Posting], period: str, today: int, assessments: AssessmentPolicy
) -> Account | None:
    """What is behind a competency in a period, by the name of its KPI; None for another KPI. `today` is the local day
    of `as_of`."""
    known = kpi_of(kpi)
    if known is None or not kpi.startswith(PREFIX):
        return None
    name, span = kpi.removeprefix(PREFIX), days(period, today)
    found: list[tuple[Posting, Measures]] = []
    sums: Measures = {}
    for posting in postings:
        measures: Measures = {}
        for (day, measure), value in posting.nets.items():
            if day in span and measure.endswith(f":{name}"):
                measures[measure] = measures.get(measure, 0) + value
                sums[measure] = sums.get(measure, 0) + value
        found.append((posting, measures))
    shares: list[Share] = []
    for relation, weight in _counted(name, sums, distinct_in(period), assessments):
        of_all = weight / sums[f"{relation}_scores:{name}"]
        said = [share for one, measures in found if (share := _share(name, relation, of_all, one, measures)).number]
        shares += said if relation == SUPERIOR else [_together(relation, said)]
    shares.sort(key=lambda share: (share.posting.time, share.posting.source, share.posting.id))
    return Account(Formula(kpi, known, (), (), (), (), (), None), tuple(shares))


def _counted(
    name: str, sums: Measures, distinct: str, assessments: AssessmentPolicy
) -> Iterable[tuple[str, Fraction]]:  # fmt: skip
    """The relations of which enough have spoken, with their weights."""
    for relation, weight in assessments.weights.items():
        raters = sums.get(f"{relation}_raters@{distinct}:{name}", 0)
        if sums.get(f"{relation}_scores:{name}") and (relation == SUPERIOR or raters >= assessments.min_raters):
            yield relation, Fraction(weight)


def _share(name: str, relation: str, of_all: Fraction, posting: Posting, measures: Measures) -> Share:
    scored, scores = (measures.get(f"{relation}_{what}:{name}", 0) for what in ("scored", "scores"))
    return Share(posting, of_all * scored, of_all * scores, scores, measures)


def _together(relation: str, said: Sequence[Share]) -> Share:
    """One share for all of a relation, of the day of the newest, without anything that names one of them."""
    newest = max(share.posting.time for share in said)
    posting = Posting("", "", newest - newest % DAY, said[0].posting.type, "", None, f":{relation}", {})
    top, bottom = sum(share.top for share in said), sum(share.bottom for share in said)
    return Share(posting, top, bottom, sum(share.number for share in said), {})
