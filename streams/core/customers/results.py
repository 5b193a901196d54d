"""The weights of people where targets are spread over them by what each reached in the year before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streams.core.ledger import Measures
from streams.core.reached import figure_of, read_reached, write_reached
from streams.core.records import key_of

KIND = "reached"
"""The kind of the state records."""


def figure_before(kpi: str, year: str) -> str:
    """The figure by which a year's targets for a KPI may be spread: that of the year before."""
    return figure_of(kpi, f"{int(year) - 1:04}")


class Results:
    """What every partition was told of everybody: atoms by employee and figure."""

    def __init__(self) -> None:
        self._known: dict[str, Measures] = {}
        self._dirty: set[str] = set()

    def put(self, employee: str, figures: Measures) -> set[str]:
        """Take what was told of an employee in the place of what was known; the figures that are others now."""
        before = self._known.get(employee, {})
        changed = {name for name in before.keys() | figures.keys() if before.get(name) != figures.get(name)}
        if changed:
            self._known[employee] = figures
            self._dirty.add(employee)
        return changed

    def forget(self, employee: str) -> None:
        """Let go of somebody who was erased."""
        if self._known.pop(employee, None) is not None:
            self._dirty.add(employee)

    def weights(self, members: Sequence[str], kpi: str, year: str) -> list[int]:
        """What each of some people weighs in the spread of a year's target: what they reached in the year before, and
        nothing where that is below 0. Of whom nothing is known, as who was not here yet, weighs as much as the others
        do on average; all weigh the same where nothing is known of anybody.
        """
        figure = figure_before(kpi, year)
        known = [self._known.get(name, {}).get(figure) for name in members]
        those = [max(value, 0) for value in known if value is not None]
        count, total = len(those), sum(those)
        return [total if value is None else max(value, 0) * count for value in known] if count else [1] * len(known)

    def take_dirty(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The state records that changed since the last call."""
        for employee in sorted(self._dirty):
            figures = self._known.get(employee)
            yield key_of(KIND, employee), None if figures is None else write_reached(employee, figures)
        self._dirty.clear()

    def restore(self, value: bytes) -> None:
        """Put back a record that `take_dirty` gave."""
        employee, figures = read_reached(value)
        self._known[employee] = figures
