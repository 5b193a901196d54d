"""How the processing is, as far as its outputs tell."""

from __future__ import annotations

from collections.abc import Mapping

from streams.dashboard.alerts import LAGGING
from streams.dashboard.model import ReadModel
from streams.dashboard.shapes import Health, Letters, Reading, Source, StaleKpi
from streams.events.instants import parse_iso
from streams.topics import SOURCES

US = 1_000_000


def health(model: ReadModel, *, ready: bool, rate: float, behind: Mapping[str, int]) -> Health:
    """`rate`: records read a second; `behind`: by topic, how many are not read yet."""
    return Health(
        ready=ready,
        as_of=model.as_of,
        sources=_sources(model),
        dead_letters=Letters(
            total=model.letters.total, by_reason=dict(model.letters.by_reason), newest=model.letters.newest()
        ),
        records_per_s=round(rate, 1),
        stale_kpis=[
            StaleKpi(source=source, scorecards=count) for source, count in model.scorecards.stale.most_common()
        ],
        topics={
            topic: Reading(records=model.records[topic], behind=behind.get(topic, 0)) for topic in sorted(model.topics)
        },
    )


def _sources(model: ReadModel) -> list[Source]:
    """A source that lags has an alert, which says since when; of the others nothing is known but that they do not."""
    rules = frozenset(name for name, _ in model.policy.watching(LAGGING)) | {LAGGING}
    silent: dict[str, float | None] = {}
    for rule in rules:
        for alert in model.alerts.standing("rule", rule):
            basis = alert.values.get("basis")
            silent[str(alert.values.get("topic"))] = (
                max(0.0, (model.now - parse_iso(basis)) / US) if isinstance(basis, str) else None
            )
    return [Source(topic=topic.name, lag_s=silent.get(topic.name), silent=topic.name in silent) for topic in SOURCES]
