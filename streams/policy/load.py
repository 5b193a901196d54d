"""From a policy file to a Policy, or to every mistake in it."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

from streams.policy.assessments import read_assessments
from streams.policy.defaults import DEFAULT_POLICY
from streams.policy.distribution import read_distribution
from streams.policy.durations import Duration, days
from streams.policy.model import Policy
from streams.policy.notices import read_notices
from streams.policy.places import read_calendar, timezone
from streams.policy.problems import PolicyError, Problem
from streams.policy.reading import Fields, Report, duration, some_time
from streams.policy.recommendations import read_recommendations
from streams.policy.rulebook import read_alerts
from streams.policy.rules import WATCHES, usual
from streams.policy.scorecards import read_scorecards
from streams.policy.sections import (
    read_contact,
    read_currency,
    read_customers,
    read_ratings,
    read_stages,
    read_stall_basis,
)
from streams.policy.segments import with_segments
from streams.policy.targets import read_targets
from streams.policy.tree import MOST_BYTES, Entry, Node, Unreadable, parse
from streams.policy.zone import Zone

MERGED = (
    "calendar",
    "currency",
    "pipeline",
    "contact",
    "customers",
    "intervals",
    "alerts",
    "notices",
    "assessments",
)  # given in part, the rest is default
MOST_PROBLEMS = 100


def load(source: Path | str | None, kpis: Collection[str] | None = None) -> Policy:
    """The policy of a file (a Path), of a text (a str), or the default one (None).

    `kpis` are the names of the KPI catalogue; without it KPI names are not checked. Raises PolicyError
    and nothing else.
    """
    if source is None:
        return default_policy()
    try:
        text = _text(source)
        tree, problems = parse(text)
    except Unreadable as error:
        raise PolicyError([error.problem]) from error
    if not isinstance(tree.value, dict):
        raise PolicyError([*problems, Problem(tree.line, "a policy is a mapping of keys", "Start with pipeline:.")])
    report = Report(problems)
    if not _gives_stages(tree.value):
        report.add(0, "pipeline.stages is missing", "List the stages of your pipeline, first to last.")
    policy = _read(report, _over(_defaults(), tree), kpis, kpis if "scorecards" in tree.value else None)
    if problems:
        raise PolicyError(_shortened(problems))
    return msgspec.structs.replace(policy, text=text)


@cache
def default_policy() -> Policy:
    """The complete policy that serves without a file."""
    return load(DEFAULT_POLICY)


@cache
def _defaults() -> Node:
    return parse(DEFAULT_POLICY)[0]


def _text(source: Path | str) -> str:
    if isinstance(source, str):
        raw = source.encode("utf-8", "surrogatepass")
    else:
        try:
            with source.open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise Unreadable(0, f"the policy '{source}' cannot be read: {reason}", "Check the path.") from error
    if len(raw) > MOST_BYTES:
        raise Unreadable(0, f"a policy has at most {MOST_BYTES // 1024} KiB, and this is longer", "Shorten it.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(line, "the file is not UTF-8 text", "Save it as UTF-8.") from error


def _gives_stages(root: dict[str, Entry]) -> bool:
    pipeline = root["pipeline"].node if "pipeline" in root else None
    if pipeline is None or pipeline.value is None:
        return False
    # A pipeline that is no mapping is reported where it is read.
    return not isinstance(pipeline.value, dict) or (
        "stages" in pipeline.value and pipeline.value["stages"].node.value is not None
    )


def _over(default: Node, given: Node) -> Node:
    """The given mapping laid over the default one; null gives nothing."""
    if not isinstance(default.value, dict) or not isinstance(given.value, dict):
        return given
    entries = dict(default.value)
    for key, entry in given.value.items():
        below = entries.get(key)
        if below is None:
            entries[key] = entry
        elif entry.node.value is not None:
            entries[key] = Entry(entry.line, _over(below.node, entry.node) if key in MERGED else entry.node)
    return Node(given.line, entries)


def _read(report: Report, root: Node, kpis: Collection[str] | None, scored: Collection[str] | None) -> Policy:
    sections = _defaults().value
    assert isinstance(sections, dict)
    fields = Fields(report, "", root, sections)

    def node(key: str) -> Node:
        found = fields.node(key)
        assert found is not None  # the defaults hold every section
        return found

    zone = fields.value("timezone", timezone, Zone("UTC"))
    pipeline = Fields(report, "pipeline", node("pipeline"), ("stages", "stall_basis"))
    stages = pipeline.node("stages")
    alerts, keep = read_alerts(report, node("alerts"))
    calendar = read_calendar(report, node("calendar"), zone)
    ratings = read_ratings(report, node("ratings"))
    customers = read_customers(report, node("customers"))
    scorecards = read_scorecards(report, node("scorecards"), with_segments(scored, customers.segments))
    rules = {name: usual(name, keep) for name in WATCHES} | alerts
    policy = Policy(
        timezone=zone.name,
        zone=zone,
        calendar=calendar,
        currency=read_currency(report, node("currency")),
        stages=() if stages is None else read_stages(report, stages),
        stall_basis=read_stall_basis(pipeline),
        contact=read_contact(report, node("contact")),
        max_future=fields.value("max_future", duration, days(1)).us,
        dedup_keep=_length(fields.value("dedup_keep", lambda text: some_time(text), None)),
        alerts=alerts,
        keep=keep,
        scorecards=scorecards.lines,
        combining=scorecards.combining,
        ratings=ratings,
        notices=read_notices(report, node("notices"), calendar),
        assessments=read_assessments(report, node("assessments")),
        customers=customers,
        targets=read_targets(report, node("targets")),
        distribution=read_distribution(report, node("distribution"), [rating.name for rating in ratings]),
        recommendations=read_recommendations(
            report, node("recommendations"), rules, with_segments(kpis, customers.segments)
        ),
    )
    return msgspec.structs.replace(policy, version=_version(policy))


def _length(length: Duration | None) -> int | None:
    return None if length is None else length.us


def _version(policy: Policy) -> str:
    """A hash of the meaning: comments, order of keys, spelling of numbers and defaults written out do not change it.

    Kinds of rules that a later release has, and judges by, do.
    """
    calendar, currency = policy.calendar, policy.currency
    meaning = (
        policy.timezone,
        (calendar.workdays, calendar.opens, calendar.closes, calendar.holidays),
        (currency.reporting, currency.rates),
        (policy.stages, policy.stall_basis, policy.contact),
        (policy.max_future, policy.dedup_keep),
        (policy.alerts, policy.keep, tuple(WATCHES)),
        (policy.scorecards, policy.ratings, policy.combining),
        policy.notices,
        (dict(policy.assessments.weights), policy.assessments.min_raters),
        policy.customers,
        (policy.targets, policy.distribution),
        policy.recommendations,
    )
    return sha256(msgspec.json.encode(meaning, order="deterministic")).hexdigest()[:12]


def _shortened(problems: list[Problem]) -> list[Problem]:
    ordered = sorted(problems, key=lambda problem: problem.line)
    if len(ordered) <= MOST_PROBLEMS:
        return ordered
    more = len(ordered) - MOST_PROBLEMS
    return [*ordered[:MOST_PROBLEMS], Problem(ordered[MOST_PROBLEMS].line, f"and {more} problems more from here on")]
