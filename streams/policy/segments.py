"""Segments of customers: which of them a company looks at by itself, by grade and by the segment of the CRM."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from streams.policy.reading import Fields, Report, name
from streams.policy.tree import Node

SUFFIX = "_segment:"
"""How the names of the KPIs end that go by segment, before that of a segment."""


class Segment(msgspec.Struct, frozen=True):
    """A customer belongs to it while its grade is one of these, and what the CRM calls its segment one of those; of
    which nothing is listed may be anything."""

    name: str
    grades: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()

    def has(self, grade: str | None, segment: str | None) -> bool:
        """Whether a customer of this grade and segment belongs to it."""
        return (not self.grades or grade in self.grades) and (not self.segments or segment in self.segments)


def read_segments(report: Report, node: Node) -> tuple[Segment, ...]:
    """The mapping of `customers.segments`."""
    found = []
    for key, line, value in report.pairs("customers.segments", node):
        where = f"customers.segments.{key}"
        fields = Fields(report, where, value, ("grade", "segment"))
        segment = Segment(key, _listed(report, fields, "grade"), _listed(report, fields, "segment"))
        if isinstance(value.value, dict) and not (segment.grades or segment.segments):
            report.add(line, f"{where} says nothing of its customers", "List a grade or a segment, as in grade: [A].")
        found.append(segment)
    return tuple(found)


def _listed(report: Report, fields: Fields, key: str) -> tuple[str, ...]:
    given = fields.node(key)
    if given is None:
        return ()
    return tuple(report.read(place, item, name, "") for place, item in report.items(fields.path(key), given))


def with_segments(kpis: Collection[str] | None, segments: Collection[Segment]) -> Collection[str] | None:
    """The names of KPIs, those that go by segment with the segments that there are."""
    if kpis is None:
        return None
    plain = {kpi for kpi in kpis if not kpi.endswith(SUFFIX)}
    return plain | {f"{kpi}{one.name}" for kpi in kpis if kpi.endswith(SUFFIX) for one in segments}
