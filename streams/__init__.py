"""crm-pulse: live KPIs, scores and follow-up alerts from a stream of CRM events."""

__version__ = "0.1.0"
