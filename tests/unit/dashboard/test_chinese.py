"""What alerts say in Chinese."""

from __future__ import annotations

import msgspec
import pytest

from streams.core.customers import WATCHED
from streams.core.employees import WATCHED as GOALS
from streams.dashboard.alerts import view
from streams.dashboard.chinese import SAYS
from streams.policy.rules import WATCHES
from tests.unit.dashboard.records import alert


def said(rule: str, **values: object) -> str:
    _, _, value = alert("a", rule=rule, opportunity_id="opp-1", values=values)
    assert value is not None
    return view(value).summary_zh


def test_every_kind_of_rule_has_words() -> None:
    assert {*WATCHED, *GOALS} <= SAYS.keys() <= WATCHES.keys()


@pytest.mark.parametrize(
    ("rule", "values", "words"),
    [
        ("contact.overdue", {"planned_at": "2026-03-08T09:00:00Z"}, "原定 2026-03-08 09:00 UTC 联系客户 cus-bob，尚未进行：请立即联系或改期。"),
        ("opp.stalled", {"stage": "Engaging", "bound": "30d"}, "客户 cus-bob 的商机 opp-1 在阶段“Engaging”停滞超过 30天：请推进、求助或关闭。"),
        ("payment.overdue", {"invoice_id": "i-1", "due_at": "2026-03-01T00:00:00Z", "amount": {"amount": "12.50", "currency": "CNY"}},
         "客户 cus-bob 的发票 i-1 自 2026-03-01 00:00 UTC 起欠款 12.50 CNY：请催款。"),
        ("opp.ping_pong", {"bound": "3"}, "客户 cus-bob 的商机 opp-1 第 3 次倒退：再次变动前请与负责人一起检查。"),
        ("goal.achieved", {"period": "2026-03", "kpi": "won_amount", "target": 1000.0, "value": 1234.5},
         "bob 在 2026-03 的目标 won_amount 1,000：已完成 1,234.50，目标达成。"),
    ],
)  # fmt: skip
def test_a_summary_is_made_of_the_values(rule: str, values: dict[str, object], words: str) -> None:
    assert said(rule, **values) == words


def test_without_a_value_or_a_rule_that_is_known_it_stays_english() -> None:
    english = "Contact the customer of bob."
    assert said("contact.overdue") == said("opp.stalled", stage="{id}") == said("own.rule", bound="1d") == english


def test_names_in_values_are_not_read_as_words_of_ours() -> None:
    assert "{summary}" in said("opp.stalled", stage="{summary}", bound="1d")
    assert msgspec.json.encode(said("opp.stalled", stage="</script>", bound="1d"))
