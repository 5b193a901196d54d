"""Lists of alerts, and one alert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator
from typing import Any

from streams.dashboard.access import Scope
from streams.dashboard.alerts import STANDING
from streams.dashboard.model import ReadModel
from streams.dashboard.queries import AlertsQuery
from streams.dashboard.shapes import AlertDetail, Alerts, AlertView, GroupCount

MOST_GROUPS = 500
STATUSES = (*STANDING, "resolved")
STANDS = "standing"
"""As a status: any but resolved."""


class Unanswerable(ValueError):
    """A question has no answer; the message is one sentence."""


def alerts(model: ReadModel, scope: Scope, query: AlertsQuery) -> Generator[None, None, Alerts]:
    """Those that are asked for, of the employees in the scope. Raises `Unanswerable` and `BadCursor`.

    Where everything has to be looked at, it yields now and then, so that others have their turn.
    """
    book = model.alerts
    wanted: dict[str, Collection[str]] = {
        field: frozenset(value.split(","))
        for field in ("rule", "severity", "team", "employee", "customer")
        if (value := getattr(query, field))
    }
    if scope is not None:
        asked = wanted.get("employee")
        wanted["employee"] = scope if asked is None else [one for one in asked if one in scope]
    groups = _statuses(query.status)
    if query.search or (query.group and wanted):
        text, at, by = (query.search or "").casefold(), query.offset, query.group
        page, counts = yield from book.index.search(
            text, wanted, query.limit, query.cursor, groups, offset=at, field=by
        )
    else:
        page = book.index.page(wanted, query.limit, query.cursor, groups, offset=query.offset)
        counts = book.index.tally(query.group, wanted, groups) if query.group else Counter()
    items = [one for one in map(book.get, page.ids) if one is not None]
    greatest = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:MOST_GROUPS]
    return Alerts(
        items=items,
        total=page.total,
        next=page.next,
        groups=[GroupCount(key=key, count=count) for key, count in greatest],
    )


def _statuses(text: str | None) -> list[str] | None:
    if not text:
        return None
    found: list[str] = []
    for status in text.split(","):
        if status == STANDS:
            found += STANDING
        elif status in STATUSES:
            found.append(status)
        else:
            raise Unanswerable(
                f"status is {status!r}; it may be {STANDS}, {', '.join(STATUSES)}, or several with commas."
            )
    return found


def alert(model: ReadModel, id: str) -> AlertDetail | None:
    """One with its history; None for one that is not known."""
    found = model.alerts.get(id)
    if found is None:
        return None
    return AlertDetail(**_fields(found), history=model.alerts.history(id))


def _fields(alert: AlertView) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in alert.__struct_fields__}
