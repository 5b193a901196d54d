"""The policy that serves where nobody gave one. A file replaces it key by key: what it leaves out stands as here."""

DEFAULT_POLICY = """\
timezone: UTC
calendar: {workdays: [mon, tue, wed, thu, fri, sat, sun], hours: "00:00-24:00", holidays: null}
currency: {reporting: USD, rates: {}}
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 30d}
    - {name: Qualification, probability: 0.2, stall_after: 30d}
    - {name: Engaging, probability: 0.4, stall_after: 90d}
    - {name: Proposal, probability: 0.5, stall_after: 45d}
    - {name: Negotiation, probability: 0.75, stall_after: 30d}
  stall_basis: stage_entered
contact:
  intervals: {default: 30d}
  grace: 1d
  lead_time: 1d
  silent_when_planned: false
customers: {active_for: 365d}
max_future: 1d
dedup_keep: null
alerts: {keep: 90d}
notices: {digest: {at: ["09:00"]}, quiet: null, repeat: 1d, flap: {count: 3, within: 1d}}
assessments: {weights: {superior: 40, peer: 30, subordinate: 20, customer: 10}, min_raters: 3}
scorecards:
  sales:
    kpis:
      - {kpi: won_amount, perspective: financial, weight: 40, target: 50000, cap: 1.2}
      - {kpi: win_rate, perspective: process, weight: 20, target: 0.5}
      - {kpi: sales_cycle_days, perspective: process, weight: 10, target: 60, better: lower}
      - {kpi: contacts_connected, perspective: customer, weight: 15, target: 40}
      - {kpi: new_customers, perspective: growth, weight: 15, target: 2}
  service:
    kpis:
      - {kpi: csat, perspective: customer, weight: 30, target: 0.85}
      - {kpi: resolution_rate, perspective: process, weight: 25, target: 0.9}
      - {kpi: first_response_seconds, perspective: process, weight: 20, target: 3600, better: lower}
      - {kpi: tickets_handled, perspective: process, weight: 15, target: 60}
      - {kpi: praise, perspective: growth, weight: 10, target: 3}
  marketing:
    kpis:
      - {kpi: leads, perspective: growth, weight: 35, target: 50}
      - {kpi: lead_conversion_rate, perspective: process, weight: 35, target: 0.1}
      - {kpi: campaign_roi, perspective: financial, weight: 30, target: 1}
  support:
    kpis:
      - {kpi: collected_amount, perspective: financial, weight: 30, target: 20000, cap: 1.2}
      - {kpi: csat, perspective: customer, weight: 30, target: 0.85}
      - {kpi: resolution_rate, perspective: process, weight: 25, target: 0.9}
      - {kpi: contacts, perspective: customer, weight: 15, target: 40}
ratings: {A: 90, B: 75, C: 60, D: 0}
distribution: {}
recommendations: {}
targets: {spread: equal, shares: equal, pro_rata: false}
"""
