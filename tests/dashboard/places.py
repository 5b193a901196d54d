"""The address of each page over the sample."""

from __future__ import annotations

from urllib.parse import quote

from tests.dashboard.sample import Sample

NAMES = ("company", "team", "person", "alerts", "pipeline", "customer", "health")


def address(name: str, sample: Sample) -> str:
    """Of pages about somebody, one who has something to show."""
    standing = [alert for alert in sample.alerts.values() if alert["status"] == "firing" and alert["customer_id"]]
    about = {
        "team": standing[0]["team"],
        "person": next(
            one["employee_id"] for one in standing if f"{one['employee_id']}/{sample.as_of[:7]}" in sample.scores
        ),
        "customer": standing[0]["customer_id"],
    }
    return f"/{name}/{quote(about[name])}" if name in about else f"/{name}"
