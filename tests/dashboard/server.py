"""A small server for tests of the pages: the API's shapes over a sample that a test may change at will."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from tests.dashboard.sample import STAGES, Record, Sample
from tests.dashboard.shaping import goal, open_deal, periods, pick, stage_sum

PAGES = Path(__file__).parents[2] / "streams" / "dashboard" / "pages"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'"
)
STANDING = ("pending", "firing", "acknowledged")
CONTACTS = ("contact.due", "contact.overdue", "contact.interval_exceeded")
STEPS = 12


class Stub:
    """Answers from the sample. A test may `publish` changes, `drop` the streams, set `down`, `forbidden`, `slow`."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.reader: Record = {"role": "admin", "employee_id": None}
        self.sent: list[tuple[str, Record]] = []
        self.down = False
        self.forbidden: set[str] = set()
        self.slow = 0.0
        self.now = sample.as_of
        """As of when its answers are."""
        self.advice: list[Record] = []
        self.answers: dict[str, Any] = {}
        self.resumed: list[str | None] = []
        self._streams: list[asyncio.Queue[bytes | None]] = []
        self._followed = asyncio.Event()
        self._told: list[bytes] = []
        self._found: dict[frozenset[tuple[str, str]], list[Record]] = {}
        self._periods = periods(sample)

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application(middlewares=[self._guard])
        api = {
            "/me": self._me, "/meta": self._meta, "/company": self._company, "/teams/{id}": self._team,
            "/employees": self._employees, "/employees/{id}": self._employee, "/alerts": self._alerts,
            "/alerts/{id}": self._alert, "/pipeline": self._pipeline, "/customers": self._customers,
            "/customers/{id}": self._customer, "/health": self._health, "/events": self._events,
        }  # fmt: skip
        for path, answer in api.items():
            app.router.add_get(f"/api/v1{path}", answer)
        for path in (
            "/alerts/{id}/acknowledge",
            "/silences",
            "/employees/{id}/response",
            "/recommendations/{id}/decision",
        ):
            app.router.add_post(f"/api/v1{path}", self._command)
        app.router.add_static("/assets", PAGES / "assets")
        app.router.add_get("/{page:(?!api/).*}", self._page)
        return app

    async def publish(self, topic: str, key: str, value: Record | None) -> None:
        """Tells every stream of a change, as soon as there is one, and keeps it for those that resume."""
        self._found.clear()
        await self._followed.wait()
        number = len(self._told) + 1
        data = orjson.dumps({"key": key, "value": value}).decode()
        told = f"id: test-{number}\nevent: {topic}\ndata: {data}\n\n".encode()
        self._told.append(told)
        for stream in self._streams:
            await stream.put(told)

    async def drop(self) -> None:
        """Ends every stream."""
        for stream in self._streams:
            await stream.put(None)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.down and request.path.startswith("/api/"):
            return _failed(503, "The dashboard is not there.")
        await asyncio.sleep(self.slow if request.path.startswith("/api/v1/company") else 0)
        if any(request.path.startswith(f"/api/v1/{path}") for path in self.forbidden):
            return _failed(403, "This is not for you.")
        if request.path.startswith("/api/v1") and (path := request.path.removeprefix("/api/v1")) in self.answers:
            return _json(self.answers[path])
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = POLICY
            response.headers["X-Crmpulse-As-Of"] = self.now
        return response

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGES / "index.html")

    async def _me(self, request: web.Request) -> web.Response:
        pages = ["company", "team", "person", "alerts", "pipeline", "customer", "health"]
        return _json({**self.reader, "sees": {"employees": "all"}, "pages": pages})

    async def _meta(self, request: web.Request) -> web.Response:
        people = self.sample.people.values()
        return _json(
            {
                "as_of": self.sample.as_of,
                "policy_version": "test",
                "timezone": "Europe/Berlin",
                "currency": "EUR",
                "periods": self._periods,
                "teams": [{"team": team, "name": team} for team in sorted({one["team"] for one in people})],
                "employees": [pick(one, "employee_id", "name", "role", "team") for one in people],
                "rules": sorted({alert["rule"] for alert in self.sample.alerts.values()}),
                "stages": [{"name": name, "probability": None} for name in STAGES],
            }
        )

    async def _company(self, request: web.Request) -> web.Response:
        period = self._period(request)
        ranked = sorted(
            (record for record in self.sample.teams.values() if record["period"] == period),
            key=lambda record: record["rank"] or len(self.sample.teams),
        )
        totals = Counter[str]()
        targets = Counter[str]()
        reached = Counter[str]()
        for record in ranked:
            totals.update({kpi: value for kpi, value in record["totals"].items() if not kpi.endswith(("rate", "days"))})
            targets.update(record["targets"])
            reached.update({kpi: record["totals"].get(kpi, 0) for kpi in record["targets"]})
        lines = [line for score in self.sample.scores.values() if score["period"] == period for line in score["kpis"]]
        drift = [
            {"scope": f"team:{record['team']}", "kpi": kpi, "drift": value}
            for record in ranked
            for kpi, value in record["drift"].items()
        ]
        return _json(
            {
                "period": period,
                "as_of": self.sample.as_of,
                "totals": totals,
                "targets": [goal(kpi, reached[kpi], target, lines) for kpi, target in sorted(targets.items())],
                "funnel": self.sample.funnels.get(f"/{period}"),
                "teams": ranked,
                "drift": drift,
                "campaigns": sorted(
                    (record for record in self.sample.campaigns if record["period"] == period),
                    key=lambda record: -record["won_amount"],
                ),
            }
        )

    async def _team(self, request: web.Request) -> web.Response:
        team, period = request.match_info["id"], self._period(request)
        record = self.sample.teams.get(f"{team}/{period}")
        if record is None:
            return _failed(404, f"No team {team!r} has a record of {period}.")
        members = [one for one in self.sample.people.values() if one["team"] == team]
        rows = [
            pick(one, "employee_id", "name", "role")
            | {"score": None, "rating": None}
            | pick(self.sample.scores.get(f"{one['employee_id']}/{period}", {}), "score", "rating")
            | {"trend": [point["score"] for point in self._trend(one["employee_id"])]}
            for one in members
        ]
        rows.sort(key=lambda row: -(row["score"] or 0))
        rules: dict[str, Counter[str]] = {}
        for alert in self._standing("team", team):
            rules.setdefault(alert["rule"], Counter())[alert["severity"]] += 1
        before = sorted(rows, key=lambda row: -([0, 0, *row["trend"]][-2] or 0))
        for rank, row in enumerate(rows, 1):
            row |= {"rank": rank, "former_rank": before.index(row) + 1}
        funnel = self.sample.funnels.get(f"{team}/{period}")
        return _json({"team": record, "members": rows, "alerts_by_rule": rules, "funnel": funnel})

    async def _employees(self, request: web.Request) -> web.Response:
        text = request.query.get("search", "").lower()
        found = [one for one in self.sample.people.values() if text in f"{one['name']} {one['employee_id']}".lower()]
        return _list(request, found)

    async def _employee(self, request: web.Request) -> web.Response:
        id, period = request.match_info["id"], self._period(request)
        if id not in self.sample.people:
            return _failed(404, f"There is no employee {id!r}.")
        alerts = sorted(self._standing("employee_id", id), key=lambda alert: alert["started_at"], reverse=True)
        contacts = [
            pick(alert, "customer_id", "rule", "summary")
            | {
                "due_at": alert["values"].get("planned_at") or alert["started_at"],
                "overdue": alert["rule"] != CONTACTS[0],
            }
            for alert in alerts
            if alert["rule"] in CONTACTS
        ]
        contacts.sort(key=lambda contact: (not contact["overdue"], contact["due_at"]))
        tasks = [
            pick(alert["values"], "task_id", "due_at")
            | {"overdue": alert["rule"] == "task.overdue", "summary": alert["summary"]}
            for alert in alerts
            if alert["rule"].startswith("task.")
        ]
        owned = (deal for deal in self.sample.deals.values() if deal["owner_id"] == id and deal["status"] == "open")
        steps = [
            pick(deal, "opportunity_id", "customer_id", "expected_close_at") | {"step": deal["next_step"]}
            for deal in islice((deal for deal in owned if deal["next_step"]), STEPS)
        ]
        return _json(
            {
                "employee": self.sample.people[id],
                "score": self.sample.scores.get(f"{id}/{period}"),
                "kpis": self.sample.kpis.get(f"{id}/{period}"),
                "trend": self._trend(id),
                "today": {"contacts": contacts, "tasks": tasks, "next_steps": steps},
                "alerts": alerts,
                "recommendations": self.advice,
            }
        )

    async def _alerts(self, request: web.Request) -> web.Response:
        query = request.query
        fields = {
            "rule": "rule",
            "severity": "severity",
            "team": "team",
            "employee": "employee_id",
            "customer": "customer_id",
        }
        found = self._matching(
            {name: value for name, value in query.items() if name not in ("offset", "limit", "group")}, fields
        )
        counts = Counter(alert[fields[query["group"]]] for alert in found) if "group" in query else Counter[str]()
        return _list(request, found, groups=[{"key": key, "count": count} for key, count in counts.most_common()])

    def _matching(self, query: dict[str, str], fields: dict[str, str]) -> list[Record]:
        """The newest first. Kept from one page of a list to the next, until a change is published."""
        asked = frozenset(query.items())
        if asked not in self._found:
            statuses = STANDING if query.get("status") == "standing" else query.get("status", "").split(",")
            wanted = [(field, query[name]) for name, field in fields.items() if name in query]
            text = query.get("search", "").lower()
            found = [
                alert
                for alert in self.sample.alerts.values()
                if alert["status"] in statuses
                and all(alert[field] == value for field, value in wanted)
                and text in alert["summary"].lower()
            ]
            self._found[asked] = sorted(found, key=lambda one: (one["started_at"], one["id"]), reverse=True)
        return self._found[asked]

    async def _alert(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        if id not in self.sample.alerts:
            return _failed(404, f"There is no alert {id!r}.")
        return _json({**self.sample.alerts[id], "history": [one for one in self.sample.changes if one["id"] == id]})

    async def _pipeline(self, request: web.Request) -> web.Response:
        team, employee = request.query.get("team"), request.query.get("employee")
        stalled = {alert["opportunity_id"] for alert in self._standing("rule", "opp.stalled")}
        open_deals = [
            deal
            for deal in self.sample.deals.values()
            if deal["status"] == "open"
            and (team is None or deal["team"] == team)
            and (employee is None or deal["owner_id"] == employee)
        ]
        stages = [stage_sum(name, [deal for deal in open_deals if deal["stage"] == name]) for name in STAGES]
        deals = [open_deal(deal, self.sample.as_of, deal["opportunity_id"] in stalled) for deal in open_deals]
        bridge = self.sample.funnels.get(f"{team or ''}/{self._period(request)}")
        return _json({"stages": stages, "opportunities": _part(request, deals), "bridge": bridge})

    async def _customers(self, request: web.Request) -> web.Response:
        text = request.query.get("search", "")
        return _list(request, [one for one in self.sample.customers.values() if one["customer_id"].startswith(text)])

    async def _customer(self, request: web.Request) -> web.Response:
        asked = request.match_info["id"]
        led_to = [id for id, one in self.sample.customers.items() if asked in one.get("merged_from", ())]
        id = led_to[0] if led_to else asked
        customer = self.sample.customers.get(id)
        if customer is None:
            return _failed(404, f"There is no customer {id!r}.")
        deals = [deal for deal in self.sample.deals.values() if deal["customer_id"] == id]
        alerts = [alert for alert in self.sample.alerts.values() if alert["customer_id"] == id]
        timeline = [
            {"at": one[field], "kind": kind, "text": one["summary"], "text_zh": f"关于 {one['id']}", "ref": one["id"]}
            for kind, field in (("alert", "started_at"), ("over", "ended_at"))
            for one in alerts
            if one[field]
        ]
        for deal in deals:
            ref = deal["opportunity_id"]
            timeline += [
                {"at": stay["entered_at"], "kind": "stage", "text": stay["stage"], "ref": ref}
                for stay in deal["history"]
            ]
            if deal["closed_at"]:
                timeline.append({"at": deal["closed_at"], "kind": deal["status"], "text": deal["stage"], "ref": ref})
        for one in customer["recent_invoices"]:
            known = {"text": one["status"], "ref": one["invoice_id"], "amount": one["amount"]}
            timeline.append({"at": one["issued_at"], "kind": "invoice"} | known)
        for one in customer["recent_payments"]:
            kind = "refund" if one["amount"] < 0 else "payment"
            known = {"text": "", "ref": one["invoice_id"], "amount": abs(one["amount"])}
            timeline.append({"at": one["at"], "kind": kind} | known)
        timeline += [
            {"at": one[field], "kind": kind, "text": one["kind"], "ref": one["ticket_id"]}
            for kind, field in (("ticket", "opened_at"), ("resolved", "resolved_at"))
            for one in customer["recent_tickets"]
            if one[field]
        ]
        for one in customer["recent_contacts"]:
            kind = "contact" if one["connected"] else "attempt"
            known = {"text": one["employee_id"], "channel": one["channel"], "inbound": one["inbound"], "ref": None}
            timeline.append({"at": one["at"], "kind": kind} | known)
        if ahead := customer["next_contact"]:
            timeline.append({"at": ahead["at"], "kind": "plan", "text": ahead["step"] or "", "ref": None})
        standing = [alert for alert in alerts if alert["status"] in STANDING]
        led = {"merged_into": None if id == asked else id}
        return _json({"customer": customer, "opportunities": deals, "timeline": timeline, "alerts": standing} | led)

    async def _health(self, request: web.Request) -> web.Response:
        letters = [
            {
                "reason": reason,
                "detail": detail,
                "topic": topic,
                "partition": 3,
                "offset": 4711,
                "time": self.sample.as_of,
            }
            for reason, detail, topic in (
                ("missing_field", "data.customer_id is missing.", "crm.contacts"),
                ("no_rate", "There is no rate for NOK in the policy.", "crm.payments"),
            )
        ]
        names = ("contacts", "opportunities", "payments", "tickets", "leads", "tasks")
        return _json(
            {
                "ready": True,
                "as_of": self.sample.as_of,
                "sources": [
                    {
                        "topic": f"crm.{name}",
                        "lag_s": 9_000.0 if name == "tickets" else None,
                        "silent": name == "tickets",
                    }
                    for name in names
                ],
                "dead_letters": {"total": 61, "by_reason": {"missing_field": 40, "no_rate": 21}, "newest": letters},
                "records_per_s": 182.4,
                "stale_kpis": [{"source": "crm.tickets", "scorecards": 14}],
                "topics": {
                    "alerts": {"records": len(self.sample.alerts), "behind": 0},
                    "customers": {"records": len(self.sample.customers), "behind": 3},
                    "opportunities": {"records": len(self.sample.deals), "behind": 0},
                    "scores.employees": {"records": len(self.sample.scores), "behind": 12},
                },
            }
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        stream: asyncio.Queue[bytes | None] = asyncio.Queue()
        last = request.headers.get("Last-Event-ID") or request.query.get("last_event_id")
        self.resumed.append(last)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        await response.write(b"retry: 300\nevent: ping\ndata: {}\n\n")
        for missed in self._told[int(last.removeprefix("test-")) :] if last else ():
            await response.write(missed)
        self._streams.append(stream)
        self._followed.set()
        try:
            while (told := await stream.get()) is not None:
                await response.write(told)
        finally:
            self._streams.remove(stream)
            if not self._streams:
                self._followed.clear()
        return response

    async def _command(self, request: web.Request) -> web.Response:
        if request.headers.get("X-Requested-With") != "crmpulse":
            return _failed(403, "Commands come from the pages only.")
        self.sent.append((request.path.removeprefix("/api/v1"), await request.json()))
        return _json({"event_id": f"cmd-{len(self.sent)}"}, status=202)

    def _period(self, request: web.Request) -> str:
        return request.query.get("period", self._periods[0])

    def _trend(self, id: str) -> list[Record]:
        months = sorted(period for period in self._periods if len(period) == len("2026-01") and "Q" not in period)
        scores = [(month, self.sample.scores.get(f"{id}/{month}")) for month in months]
        return [
            {"period": month, "score": score["score"]}
            for month, score in scores
            if score and score["score"] is not None
        ]

    def _standing(self, field: str, value: str) -> list[Record]:
        alerts = self.sample.alerts.values()
        return [alert for alert in alerts if alert[field] == value and alert["status"] in STANDING]


def _part(request: web.Request, items: list[Record]) -> Record:
    offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 100))
    return {"items": items[offset : offset + limit], "total": len(items), "next": None}


def _list(request: web.Request, items: Iterable[Record], **more: Any) -> web.Response:
    return _json(_part(request, list(items)) | more)


def _json(answer: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(answer), status=status, content_type="application/json")


def _failed(status: int, error: str) -> web.Response:
    return _json({"error": error}, status)
