"""The words of a report, in English and in Chinese, and dates and periods in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

from streams.policy import WATCHES
from streams.policy.periods import ROLLING, months
from streams.policy.zone import date_of
from streams.report.chinese import CHANNELS, DEFINITIONS, KPIS, RULES
from streams.report.chinese import WORDS as CHINESE

ENGLISH: Final = {
    "appraisal": "Appraisal",
    "team_sheet": "Team sheet",
    "score": "Score",
    "rating": "Rating",
    "no_score": "no score",
    "rank": "Rank in the team",
    "rank_of_teams": "Rank among teams",
    "of": "{rank} of {of}",
    "team_mean": "team mean {score}",
    "trend": "Score by month",
    "perspectives": "Perspectives",
    "methods": "Methods",
    "financial": "Financial",
    "customer": "Customers",
    "process": "Process",
    "growth": "Growth",
    "scorecard": "Scorecard",
    "kpi": "KPI",
    "value": "Value",
    "target": "Target",
    "attainment": "Attained",
    "weight": "Weight",
    "points": "Points",
    "months": "6 months",
    "sum": "Total",
    "sum_words": "100 × {points} points / {weight} weight = {score}",
    "sum_words_less": "100 × {points} points / {weight} weight − {taken} of penalties = {score}",
    "no_value": "No value: its weight goes to the others.",
    "few": "Too few to tell: its weight goes to the others.",
    "no_target": "No target: it does not count.",
    "more": "{amount} more (reaching {value}) would raise the score by {gain}.",
    "less": "{amount} less (reaching {value}) would raise the score by {gain}.",
    "capped": "At its cap. At {value} the score would be {gain} lower.",
    "percent_points": "percentage points",
    "basis_policy": "The target is the scorecard's.",
    "basis_set": "The target was set for this person.",
    "basis_spread": "The target was spread from other periods.",
    "basis_team": "The target is a share of the team's.",
    "basis_department": "The target is a share of the department's.",
    "basis_company": "The target is a share of the company's.",
    "basis_months": "The target is the sum of its months.",
    "expected": "Expected by then: {expected}.",
    "pace": "Expected by then: {expected}, of which {pace} was reached.",
    "forecast": "Forecast for the end: {value}.",
    "forecast_between": "Forecast for the end: {value}, in four of five cases between {low} and {high}.",
    "based_on": "from {count}",
    "overdue": "Overdue follow-ups",
    "none_overdue": "None stood at the end of this period.",
    "alerts": "Alerts of the period",
    "none_alerts": "None.",
    "recommendations": "Recommendations",
    "praise": "Praise",
    "reward": "Reward",
    "raise": "Raise",
    "promotion": "Promotion",
    "coaching": "Coaching",
    "training": "Training",
    "improvement_plan": "Improvement plan",
    "transfer": "Another post",
    "penalty": "Penalty",
    "dismissal_review": "Review of the employment",
    "target_adjustment": "Another target",
    "more_rows": "and {count} more",
    "about": "About",
    "since": "Since",
    "state": "State",
    "firing": "open",
    "acknowledged": "in hand",
    "resolved": "closed",
    "all_kpis": "All figures",
    "count": "Count",
    "signature": "Seen and discussed",
    "employee": "Employee",
    "manager": "Manager",
    "date": "Date",
    "ranking": "Ranking",
    "name": "Name",
    "totals": "Totals",
    "funnel": "Funnel by stage",
    "funnel_note": "As wide as the opportunities that entered a stage in the period; beside it what is open in it now.",
    "funnel_closed": "As wide as the opportunities that entered a stage in the period.",
    "went_on": "{share} went on",
    "open_now": "{count} open, {amount}",
    "pipeline": "Pipeline",
    "opening": "opening",
    "new": "new",
    "pulled_in": "pulled in",
    "increased": "increased",
    "decreased": "decreased",
    "pushed": "put off",
    "won": "won",
    "lost": "lost",
    "reassigned": "reassigned",
    "closing": "closing",
    "residual": "not explained",
    "line": "Line",
    "amount": "Amount",
    "number": "Number",
    "as_of": "as of {date}",
    "footer": "Made of the events up to {date} under policy {policy}; the same events and policy give the same page.",
    "target_marks": "The mark on a bar is the target.",
    "median": "median",
    "overdue_days": "Days",
    "days": "days",
    "hours": "h",
    "minutes": "min",
    "seconds": "s",
}
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
ACRONYMS: Final = {"csat": "CSAT", "nps": "NPS", "ces": "CES", "okr": "OKR", "roi": "ROI"}

KEPT: Final = ("usage_days",)
"""KPIs that count days, so that the unit belongs to their names."""

_RANKED: Final = re.compile(r"(.+)_p([0-9]+)")
"""A percentile, such as `resolution_seconds_p95`."""


class Language(NamedTuple):
    """A language: its words, and what things are called in it."""

    code: str
    words: Mapping[str, str]

    def __call__(self, word: str, **values: object) -> str:
        """A text, with values in it."""
        return self.words[word].format(**values) if values else self.words[word]

    def kpi(self, name: str) -> str:
        """What a KPI is called; of one that no list has (yet), its name in plain letters."""
        if ranked := _RANKED.fullmatch(name):
            share = self("median") if ranked[2] == "50" else f"P{ranked[2]}"
            return f"{self.kpi(ranked[1])} ({share})"
        plain, _, suffix = name.partition(":")
        if self.code == "zh":
            label = KPIS.get(plain, plain.replace("_", " "))
            return f"{label}：{CHANNELS.get(suffix, suffix)}" if suffix else label
        plain = plain.removesuffix("_days").removesuffix("_seconds") if plain not in KEPT else plain
        words = [ACRONYMS.get(word, word) for word in plain.split("_")]
        label = " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])
        return f"{label}: {suffix}" if suffix else label

    def part(self, suffix: str) -> str:
        """What the part of a KPI is called, such as a channel; stages are called what the policy calls them."""
        return CHANNELS.get(suffix, suffix) if self.code == "zh" else suffix.replace("_", " ")

    def definition(self, name: str, english: str) -> str:
        """How a KPI is defined."""
        if self.code == "en":
            return english
        if ranked := _RANKED.fullmatch(name):
            return f"{self.definition(ranked[1], english)}，{ranked[2]}%不超过此值"
        return DEFINITIONS.get(name.partition(":")[0], english)

    def rule(self, rule: str, watch: str | None) -> str:
        """What an alert's rule is called: by what it watches, and its own name where a policy gave it one."""
        known = WATCHES.get(watch or "")
        if known is None:
            return rule
        says = RULES.get(str(watch), known.says) if self.code == "zh" else known.says.removesuffix(".")
        return says if rule == watch else f"{rule}: {says}"

    def perspective(self, name: str) -> str:
        """One of a scorecard; one that no list has is called what it is."""
        return self.words.get(name, name)

    def day(self, day: int) -> str:
        """A local day."""
        return self.date(date_of(day))

    def date(self, day: date) -> str:
        """`3 Oct 2025`."""
        if self.code == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

    def month(self, key: str) -> str:
        """`Oct 25` of `2025-10`, for the foot of a chart."""
        year, month = key.split("-")
        return f"{year[2:]}年{int(month)}月" if self.code == "zh" else f"{MONTHS[int(month) - 1]} {year[2:]}"

    def period(self, key: str, last: int) -> str:
        """`October 2025`; `last` is the last local day, which a rolling period is named by."""
        chinese = self.code == "zh"
        if key in ROLLING:
            return f"截至{self.day(last)}的{ROLLING[key]}天" if chinese else f"{ROLLING[key]} days to {self.day(last)}"
        span = months(key)
        year, month = divmod(span[0], 12)
        if len(span) == 12:
            return f"{year}年" if chinese else str(year)
        if len(span) == 3:
            return f"{year}年第{month // 3 + 1}季度" if chinese else f"Q{month // 3 + 1} {year}"
        return f"{year}年{month + 1}月" if chinese else f"{LONG_MONTHS[month]} {year}"


LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {"en": Language("en", ENGLISH), "zh": Language("zh", CHINESE)}
)
