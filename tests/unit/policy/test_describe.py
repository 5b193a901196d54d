"""What `policy check` prints of a good policy."""

import pytest

from streams.policy import default_policy, describe, load

POLICY = """\
timezone: Asia/Shanghai
calendar: {workdays: [mon, tue, wed, thu, fri], hours: "09:00-17:30", holidays: CN}
currency: {reporting: CNY, rates: [{from: 2026-01-01, USD: 7.1}, {from: 2026-07-01, USD: 7.05, EUR: 8}]}
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 30d}
    - {name: Engaging, probability: 0.425}
    - {name: Signing, stall_after: 12h}
contact:
  intervals: {A: 7d, B: 1d}
  grace: 0s
  silent_when_planned: true
  closed: [gone]
customers: {active_for: 90d, segments: {key: {grade: [A, B], segment: [food]}, shops: {segment: [food]}}}
dedup_keep: 400d
alerts:
  contact.overdue: {clock: working, hold: 30m, escalate: [{to: owner}, {after: 2d, to: manager}]}
  opp.stalled: {clock: working, severity: critical, inhibited_by: [opp.regressed]}
  contact.due: {enabled: false}
  opp.ping_pong: {count: 3}
  vip.silent: {watch: opp.no_next_step, after: {A: 2d}, keep: 0s}
  opp.stage_changed: {lasts: 2d}
  perf.low: {below: 55, severity: info}
  star.high: {watch: perf.high, above: 120, period: quarter}
notices: {digest: {at: ["14:30", "9:00"]}, quiet: "20:00-07:00", repeat: 2d, flap: {count: 4}}
assessments: {weights: {peer: 20, superior: 60, customer: 0}, min_raters: 4}
scorecards:
  sales:
    kpis:
      - {kpi: won_amount, perspective: financial, weight: 40, target: 100000, cap: 1.2}
      - {kpi: lost_count, weight: 20, better: lower}
    penalties: [{kpi: overdue_episodes, points: 0.5, most: 10}]
  team:north:
    kpis:
      - {kpi: won_amount, weight: 40, scoring: baseline, baseline: 50, target: 100, floor: 0.2}
      - kpi: csat
        weight: 20
        scoring: bands
        by: value
        bands: [{from: 0.8, points: 50}, {from: 0.9, points: 100}]
        min_count: 5
      - {kpi: contacts, weight: 20, scoring: points_per_event, each: 0.5}
      - kpi: contract_amount
        weight: 20
        scoring: matrix
        matrix: {kpi: collection_rate, rows: [0, 1], columns: [0, 0.9], points: [[0, 10], [80, 100]]}
ratings: {A: 90, B: 75.5}
targets: {spread: working_days, pro_rata: yes}
recommendations:
  praise: {above: 95, roles: [sales]}
  raise: {count: 2, period: quarter}
  promotion: {enabled: false}
  training: {courses: {lost_count: negotiation}}
  improvement_plan: {below: 50}
  penalty: {enabled: true}
  target_adjustment: {enabled: true, below: 0.55, roles: [sales]}
  keep: 400d
"""
MEANING = """\
Policy {version}
  An event may lie 1 day in the future at most.
  Duplicates are known for 400 days; what is older by then is rejected.

Time
  Days, months and quarters are those of Asia/Shanghai.
  Work is done on Mon Tue Wed Thu Fri, 09:00 to 17:30.
  So a working day has 8 h 30 min; 7d on a working clock is 8 h 30 min seven times.
  No work is done on the holidays of: CN.

Money
  Everything is reported in CNY.
  1 EUR is 8 CNY from 2026-07-01 on.
  1 USD is 7.1 CNY from 2026-01-01 on, 7.05 CNY from 2026-07-01 on.
  Amounts in any other currency are rejected (no_rate).

Pipeline
  Prospecting  10 % likely     stalls after 30 working days
  Engaging     42.5 % likely   never stalls
  Signing      no probability  stalls after 12 hours of working time
  The time to a stall counts from when the opportunity entered the stage.

Follow-up
  A customer of grade A is reached every 7 days.
  A customer of grade B is reached every 1 day.
  Any other customer is reached every 30 days.
  While a planned contact lies ahead, that interval is not watched.
  The alerts of a customer whose status is gone are quiet.
  A planned contact is due from 1 day before its time.
  It is overdue as soon as its time has passed.

Customers
  A customer is active for 90 days after a won opportunity or a contract.
  Customers of grade A or B and of segment food are the segment key.
  Customers of segment food are the segment shops.

Alerts
  contact.overdue: counts working time; fires after 30 minutes of working time.
    goes to owner at once, manager after 2 working days.
  opp.stalled: counts working time; is quiet while opp.regressed fires; is critical.
  contact.due: switched off.
  opp.ping_pong: takes 3 times.
  vip.silent: watches opp.no_next_step; allows 2 days for grade A, never for others; is dropped once resolved.
  opp.stage_changed: ends by itself after 2 days.
  perf.low: holds below 55 points; is info.
  star.high: watches perf.high; holds from 120 points on; judges every quarter that is over.
  every other rule: as is usual for what it watches; kept 90 days once resolved.

Notices
  Everybody gets a digest at 09:00 and 14:30, if there is something to say.
  Nobody is told anything from 20:00 to 07:00.
  What falls into quiet or free time or an absence is told in the first working moment after.
  What nobody acknowledges is told again after 2 days, on the clock of its rule.
  What fires 4 times within 1 day is told once as flapping, and not again until it
  was quiet for as long.

Assessments
  A competency is the word of: superior 75.0 %, peer 25.0 %.
  A relation with fewer than 4 raters in a period leaves its weight to others; superiors need one.

Targets
  A target of a year or a quarter is spread over its months by their working days,
  one of a team, a department or the company evenly over its people. What is set for a part is
  taken off first. Targets of rates and means are not spread.
  Scorecards ask less, by working days, of who was hired, left or was away in the period.

Scorecards
  sales:
    won_amount  financial  66.7 %  target 100000, counts up to 120 % of it
    lost_count  process    33.3 %  only where a target is set, lower is better
    Each of overdue_episodes takes 0.5 off the score, 10 at most.
    The weights add up to 60, not to 100.
  team north:
    won_amount       process  40.0 %  from 50 on, target 100, nothing below 20 % of it
    csat             process  20.0 %  by its value, bands 50 % from 0.8, 100 % from 0.9, of 5 things at least
    contacts         process  20.0 %  0.5 of 20 points for each in a month
    contract_amount  process  20.0 %  only where a target is set, a table with collection_rate
  Percentages are shares of the weights of a card, or of its method, which need not add up to 100.
  Targets are for a month: of a sum or a count three times that for a quarter,
  of a rate or a mean the same.
  A KPI without a value leaves its weight to the others.

Ratings
  A from 90, B from 75.5.
  A score below 75.5 has no rating.

Recommendations
  praise: after a month with a score of 95 and more, for the role sales alone.
  reward: after a month with a score of 100 and more.
  raise: after 2 quarters in a row with a score of 90 and more.
  coaching: after a month with a score below 55.
  training: after a month with a score below 55.
  improvement plan: after a month with a score below 50.
  transfer: after 3 months in a row with a score below 60.
  penalty: after a month with a score below 40.
  target adjustment: after 3 months in a row with an attainment below 55 % or of 140 % and more
  of a target that was set for the employee, for the role sales alone: the mean of what was reached.
  the course negotiation where lost_count is the weakest.
  They are kept for 400 days. A person decides about each of them.
"""


def test_a_policy_is_told_in_plain_words() -> None:
    policy = load(POLICY)
    assert describe(policy) + "\n" == MEANING.format(version=policy.version)


@pytest.mark.parametrize(
    "keys", ["scorecards: {}", "contact: {lead_time: 0s}", "alerts: {keep: 0d}", "notices: {digest: {enabled: off}}"]
)
def test_what_is_switched_off_is_said(keys: str) -> None:
    stages = "pipeline: {stages: [{name: A}]}\n"
    assert describe(load(stages + keys)).splitlines()[1:] != describe(load(stages)).splitlines()[1:]


@pytest.mark.parametrize(
    ("every", "said"),
    [
        ("1h", "every hour"),
        ("4h", "every 4 hours from midnight on"),
        ("9h", "every 9 hours from midnight on"),
        ("12h", "at 00:00 and 12:00"),
        ("24h", "at 00:00"),
    ],
)
def test_how_often_there_is_a_digest_is_told(every: str, said: str) -> None:
    policy = load(f"pipeline: {{stages: [{{name: A}}]}}\nnotices: {{digest: {{every: {every}}}}}\n")
    assert f"Everybody gets a digest {said}, if" in describe(policy)


def test_the_default_policy_fits_a_terminal() -> None:
    assert max(map(len, describe(default_policy()).splitlines())) <= 100
