"""A good policy: what is read, what stands for what a file leaves out, and what its version hashes."""

from decimal import Decimal
from pathlib import Path

import pytest

from streams.policy import (
    WATCHES,
    Better,
    Bounds,
    Clock,
    Duration,
    Escalation,
    FlapPolicy,
    NoticePolicy,
    Perspective,
    Quiet,
    Rating,
    RulePolicy,
    ScoreKpi,
    Severity,
    Stage,
    StallBasis,
    days,
    default_policy,
    load,
)

DAY = 86_400_000_000
STAGES = "pipeline: {stages: [{name: Engaging, probability: 0.4}]}\n"
FULL = """\
timezone: Asia/Shanghai                        # default UTC
calendar: {workdays: [mon, tue, wed, thu, fri], hours: "09:00-18:00", holidays: CN}
currency: {reporting: CNY, rates: {USD: 7.1}}
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 30d}
    - {name: Engaging, probability: 0.4, stall_after: 90d}
  stall_basis: last_contact
contact:
  intervals: {A: 7d, B: 14d, default: 20d}
  grace: 2d
  lead_time: 12h
  silent_when_planned: true
max_future: 90s
dedup_keep: 400d
alerts:
  contact.overdue:
    enabled: true
    hold: 30m
    keep: 10d
    escalate: [{after: 0d, to: owner}, {after: 2d, to: manager}, {after: 4d, to: high_risk}]
    clock: working
notices:
  digest: {at: ["15:30", "08:00", "15:30"]}
  quiet: "20:00-07:00"
  repeat: 12h
  flap: {count: 5, within: 6h}
scorecards:
  sales:
    kpis:
      - {kpi: won_amount, perspective: financial, weight: 40, target: 100000, cap: 1.2}
      - {kpi: win_rate, perspective: process, weight: 20, target: 0.5, better: higher}
ratings: {A: 90, B: 75, C: 60, D: 0}
"""


def test_every_key_is_read() -> None:
    policy = load(FULL, {"won_amount", "win_rate"})
    assert policy.timezone == policy.zone.name == "Asia/Shanghai"
    assert (policy.calendar.workdays, policy.calendar.holidays) == ((0, 1, 2, 3, 4), ("CN",))
    assert (policy.calendar.opens, policy.calendar.closes) == (9 * 60, 18 * 60)
    assert policy.currency.reporting == "CNY"
    assert policy.currency.atoms(Decimal(2), "USD", 0) == 142 * 10**29
    assert policy.stages == (
        Stage("Prospecting", Decimal("0.1"), Bounds(days(30))),
        Stage("Engaging", Decimal("0.4"), Bounds(days(90))),
    )
    assert policy.stall_basis is StallBasis.LAST_CONTACT
    contact = policy.contact
    assert [contact.intervals.of(grade) for grade in ("A", "Z", None)] == [days(7), days(20), days(20)]
    assert (contact.grace, contact.lead_time) == (days(2), Duration(DAY // 2))
    assert contact.silent_when_planned
    assert (policy.max_future, policy.dedup_keep) == (90_000_000, 400 * DAY)
    assert policy.rule("contact.overdue") == RulePolicy(
        "contact.overdue",
        Severity.WARNING,
        hold=Duration(1_800_000_000),
        keep=days(10),
        clock=Clock.WORKING,
        escalate=(Escalation(days(0), "owner"), Escalation(days(2), "manager"), Escalation(days(4), "high_risk")),
    )
    assert policy.notices == NoticePolicy(
        times=(480, 930), quiet=Quiet(1200, 420), repeat=Duration(DAY // 2), flap=FlapPolicy(5, Duration(DAY // 4))
    )
    assert policy.scorecards == {
        "sales": (
            ScoreKpi("won_amount", Perspective.FINANCIAL, Decimal(40), Decimal(100_000), Decimal("1.2")),
            ScoreKpi("win_rate", Perspective.PROCESS, Decimal(20), Decimal("0.5"), Decimal(1), Better.HIGHER),
        )
    }
    assert policy.ratings == tuple(
        Rating(name, Decimal(least)) for name, least in zip("ABCD", (90, 75, 60, 0), strict=True)
    )


def test_stages_alone_are_a_policy_with_the_documented_defaults() -> None:
    policy = load(STAGES)
    assert policy.stages == (Stage("Engaging", Decimal("0.4"), None),)
    assert policy.timezone == "UTC"
    assert policy.calendar.always
    assert (policy.currency.reporting, policy.currency.rates) == ("USD", {})
    assert policy.stall_basis is StallBasis.STAGE_ENTERED
    contact = policy.contact
    assert (contact.intervals, contact.grace, contact.lead_time) == (Bounds(days(30)), days(1), days(1))
    assert not contact.silent_when_planned
    assert (policy.max_future, policy.dedup_keep) == (DAY, None)
    assert policy.notices == NoticePolicy(True, (540,), None, days(1), FlapPolicy(3, days(1)))
    assert policy.rule("opp.stalled") == RulePolicy("opp.stalled", Severity.WARNING)
    assert [f"{rating.name}{rating.minimum}" for rating in policy.ratings] == ["A90", "B75", "C60", "D0"]
    assert policy.scorecards == default_policy().scorecards


def test_no_file_is_the_complete_default_policy() -> None:
    policy = load(None)
    assert policy is default_policy()
    assert [stage.name for stage in policy.stages] == [
        "Prospecting",
        "Qualification",
        "Engaging",
        "Proposal",
        "Negotiation",
    ]
    assert all(stage.probability is not None and stage.stall_after is not None for stage in policy.stages)
    assert set(policy.scorecards) == {"sales", "service", "marketing", "support"}
    assert all(sum(line.weight for line in card) == 100 for card in policy.scorecards.values())


def test_a_file_is_read_as_a_text_is(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert load(file).version == load(FULL).version


@pytest.mark.parametrize(
    "keys",
    [
        "timezone: null",
        "calendar:",
        "calendar: {workdays: null, hours: ~}",
        "currency: {rates: null}",
        "contact: {intervals: null, grace: null}",
        "alerts:\n  contact.overdue:",
        "alerts: {contact.overdue: {enabled: true, hold: 0s, keep: 90d, clock: elapsed, escalate: []}}",
        "alerts: {keep: 90d}",
        "notices: {digest: {at: 9:00}, quiet: null, repeat: 1d, flap: {count: 3}}",
        "notices:",
        "scorecards: null",
        "contact: {intervals: {default: 30d}, lead_time: 1d}",
        "customers: {active_for: 365d}",
        "customers: {segments: {}}",
        "ratings: {A: 90.0, B: +75, C: 060, D: 0.00}",
        "calendar: {workdays: [sun, mon, tue, Wed, thu, fri, sat], hours: 00:00 - 24:00}",
        "# a comment",
    ],
)
def test_null_and_defaults_written_out_mean_the_same(keys: str) -> None:
    assert load(STAGES + keys).version == load(STAGES).version


@pytest.mark.parametrize(
    "keys",
    [
        "timezone: Europe/Berlin",
        "calendar: {workdays: [mon]}",
        "calendar: {hours: 09:00-24:00}",
        "calendar: {holidays: DE}",
        "calendar: {holidays: [2026-01-01]}",
        "currency: {reporting: CNY}",
        "currency: {rates: {CNY: 0.14}}",
        "contact: {intervals: {A: 7d}}",
        "contact: {grace: 24h}",
        "contact: {silent_when_planned: yes}",
        "customers: {active_for: 90d}",
        "customers: {segments: {high_value: {grade: [A]}}}",
        "max_future: 2d",
        "dedup_keep: 400d",
        "alerts: {opp.stalled: {enabled: off}}",
        "alerts: {keep: 91d}",
        "notices: {digest: {enabled: no}}",
        "notices: {digest: {every: 24h}}",
        "notices: {quiet: 20:00-07:00}",
        "notices: {repeat: 2d}",
        "notices: {flap: {count: 4}}",
        "notices: {flap: {within: 2d}}",
        "scorecards: {}",
        "scorecards: {r: {kpis: [{kpi: a}], combine: {kpi: 1}}}",
        "ratings: {A: 91, B: 75, C: 60, D: 0}",
        "targets: {spread: working_days}",
        "recommendations: {praise: {above: 95}}",
        "recommendations: {training: {courses: {win_rate: negotiation}}}",
        "recommendations: {improvement_plan: {within: 30d}}",
        "recommendations: {target_adjustment: {enabled: true}}",
        "alerts: {perf.high: {above: 95}}",
        "targets: {spread: seasonal, seasons: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]}",
    ],
)
def test_every_other_meaning_is_another_version(keys: str) -> None:
    assert load(STAGES + keys).version != load(STAGES).version


def test_the_version_is_twelve_hex_digits_that_stay_the_same() -> None:
    # A change here makes every running installation see a new policy: it needs a line in the CHANGELOG.
    assert default_policy().version == "f98599aa0ee7"


def test_the_order_of_keys_and_the_spelling_of_numbers_do_not_matter() -> None:
    one = load("max_future: 1d\n" + STAGES + "contact: {intervals: {A: 7d, B: 14d}, grace: 1d}")
    two = load("contact: {grace: 1d, intervals: {B: 14d, A: 7d}}\n" + STAGES.replace("0.4", "0.40"))
    assert one.version == two.version


def test_a_rate_is_read_exactly_as_written() -> None:
    policy = load(STAGES + "currency: {reporting: CNY, rates: {USD: 7.100000000001, JPY: '0.05'}}")
    assert policy.currency.atoms(Decimal("1E-18"), "USD", 0) == 7_100_000_000_001
    assert policy.currency.atoms(Decimal(1), "JPY", 0) == 5 * 10**28


def test_rates_by_date_hold_from_their_day_on() -> None:
    policy = load(
        STAGES
        + """
currency:
  reporting: CNY
  rates:
    - {from: 2026-07-01, USD: 7.0}
    - {from: 2026-01-01, USD: 7.1, EUR: 7.8}
"""
    )
    january, june, july = (
        policy.zone.day(us) for us in (1_767_225_600_000_000, 1_782_777_600_000_000, 1_782_864_000_000_000)
    )
    one = Decimal(1)
    assert policy.currency.atoms(one, "USD", january - 1) is None
    assert policy.currency.atoms(one, "USD", january) == 71 * 10**29
    assert policy.currency.atoms(one, "USD", june) == 71 * 10**29
    assert policy.currency.atoms(one, "USD", july) == 70 * 10**29
    assert policy.currency.atoms(one, "EUR", july) == 78 * 10**29
    assert policy.currency.atoms(one, "GBP", july) is None


def test_texts_stay_texts() -> None:
    """YAML 1.1 would make a boolean of Norway, a number of a stage, and base 60 of hours."""
    policy = load("pipeline: {stages: [{name: No}, {name: 007}]}\ncalendar: {holidays: NO, hours: 09:00-10:30}")
    assert [stage.name for stage in policy.stages] == ["No", "007"]
    assert policy.calendar.holidays == ("NO",)
    assert policy.calendar.day_us == 90 * 60_000_000


def test_an_alias_repeats_a_value() -> None:
    policy = load(STAGES + "contact: {grace: &long 5d, lead_time: *long}")
    assert policy.contact.grace == policy.contact.lead_time == days(5)


def test_alerts_keep_is_the_default_of_every_rule() -> None:
    policy = load(STAGES + "alerts: {keep: 10d, contact.due: {hold: 1h}, opp.stalled: {keep: 5d}}")
    assert policy.rule("contact.due").keep == policy.rule("contact.overdue").keep == days(10)
    assert policy.rule("opp.stalled").keep == days(5)


def test_a_policy_may_have_rules_of_its_own() -> None:
    policy = load(
        STAGES
        + """alerts:
  vip.silent: {watch: contact.interval_exceeded, after: {A: 3d}, severity: critical, text: "{customer} waits"}
  opp.no_next_step: {after: {A: 2d, default: 5d}}
  opp.ping_pong: {count: 3}
  opp.regressed: {lasts: 2d}
"""
    )
    assert policy.rule("vip.silent") == RulePolicy(
        "contact.interval_exceeded",
        Severity.CRITICAL,
        after=Bounds(None, {"A": days(3)}),
        inhibited_by=("contact.overdue",),
        text="{customer} waits",
    )
    assert policy.rule("opp.no_next_step").after == Bounds(days(5), {"A": days(2)})
    assert (policy.rule("opp.ping_pong").count, policy.rule("opp.regressed").lasts) == (3, days(2))
    assert [name for name, _ in policy.watching("contact.interval_exceeded")] == [
        "contact.interval_exceeded",
        "vip.silent",
    ]


def test_a_rule_that_is_switched_off_does_not_watch() -> None:
    policy = load(STAGES + "alerts: {opp.stalled: {enabled: false}, own.stalled: {watch: opp.stalled, after: 3d}}")
    assert [name for name, _ in policy.watching("opp.stalled")] == ["own.stalled"]


@pytest.mark.parametrize("name", WATCHES)
def test_every_kind_of_rule_has_a_rule_of_its_name(name: str) -> None:
    assert default_policy().rule(name).watch == name
    assert WATCHES[name].says.endswith(".")


def test_words_without_a_bound_have_that_of_all_others() -> None:
    bounds = Bounds(days(5), {"A": days(2)})
    assert [bounds.of(word) for word in ("A", "B", None)] == [days(2), days(5), days(5)]
    assert [bounds.chosen(word) for word in ("A", "B", None)] == ["A", None, None]


def test_stages_are_found_by_name() -> None:
    policy = load(FULL)
    assert policy.stage("Engaging") is policy.stages[1]
    assert (policy.stage_index("Engaging"), policy.stage_index("engaging"), policy.stage("x")) == (1, None, None)


@pytest.mark.parametrize(("score", "rating"), [("120", "A"), ("90", "A"), ("89.999", "B"), ("0", "D")])
def test_a_score_earns_the_best_rating_that_it_reaches(score: str, rating: str) -> None:
    assert load(FULL).rating(Decimal(score)) == rating


def test_a_score_below_every_rating_has_none() -> None:
    assert load(STAGES + "ratings: {A: 90}").rating(Decimal("89.9")) is None


def test_a_bound_after_an_instant_counts_on_the_clock_of_its_rule() -> None:
    policy = load(STAGES + 'calendar: {workdays: [mon, tue, wed, thu, fri], hours: "09:00-18:00"}')
    hour = DAY // 24
    thursday_noon = 12 * hour  # 1970-01-01
    assert policy.after(thursday_noon, days(2), "elapsed") == thursday_noon + 2 * DAY
    assert policy.after(thursday_noon, days(2), "working") == thursday_noon + 4 * DAY
    assert policy.after(thursday_noon, Duration(12 * hour), "working") == DAY + 15 * hour
    assert policy.before(thursday_noon + 4 * DAY, days(2), "working") == thursday_noon
    assert policy.before(thursday_noon, days(2), "elapsed") == thursday_noon - 2 * DAY
    # Reached as work ends, a bound is passed when work goes on.
    assert policy.after(thursday_noon, Duration(6 * hour), "working") == DAY + 9 * hour
    saturday = 2 * DAY + 12 * hour
    assert policy.after(saturday, days(0), "working") == saturday
