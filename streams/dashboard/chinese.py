"""What an alert says, in Chinese: made of its rule and values, where those are all there; else as it is in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from streams.dashboard.shapes import AlertView

GOAL: Final = "{employee_id} 在 {period} 的目标 {kpi} {target}："
SAYS: Final[Mapping[str, str]] = {
    "contact.due": "请在 {planned_at} 前联系客户 {customer_id}。",
    "contact.overdue": "原定 {planned_at} 联系客户 {customer_id}，尚未进行：请立即联系或改期。",
    "contact.interval_exceeded": "客户 {customer_id} 已超过 {bound} 未联系：请尽快联系。",
    "opp.stalled": "客户 {customer_id} 的商机 {opportunity_id} 在阶段“{stage}”停滞超过 {bound}：请推进、求助或关闭。",
    "opp.stage_changed": "客户 {customer_id} 的商机 {opportunity_id} 阶段变化：{stages}。",
    "opp.regressed": "客户 {customer_id} 的商机 {opportunity_id} 阶段倒退（{stages}）：请查明缺少什么。",
    "opp.ping_pong": "客户 {customer_id} 的商机 {opportunity_id} 第 {bound} 次倒退：再次变动前请与负责人一起检查。",
    "opp.close_date_pushed": "客户 {customer_id} 的商机 {opportunity_id} 预计成交日期第 {bound} 次推迟：请确认是否真实。",
    "opp.close_date_passed": "客户 {customer_id} 的商机 {opportunity_id} 预计在 {expected_close_at} 前成交：请关闭或重定日期。",
    "opp.no_next_step": "客户 {customer_id} 的商机 {opportunity_id} 超过 {bound} 没有下一步计划和联系计划：请约定一项。",
    "payment.overdue": "客户 {customer_id} 的发票 {invoice_id} 自 {due_at} 起欠款 {amount}：请催款。",
    "payment.bad_debt": "客户 {customer_id} 的发票 {invoice_id} 核销坏账 {amount}：请查明原因及其他欠款。",
    "ticket.response_breach": "客户 {customer_id} 的工单 {ticket_id} 在 {bound} 内无人答复：请立即答复。",
    "ticket.resolution_breach": "客户 {customer_id} 的工单 {ticket_id} 未在 {bound} 内解决：请解决或求助。",
    "ticket.warning": "客户 {customer_id} 的工单 {ticket_id} 的 {bound} 解决时限已用去五分之四。",
    "complaint.unresolved": "客户 {customer_id} 的投诉（工单 {ticket_id}）超过 {bound} 未解决：请处理。",
    "lead.unprocessed": "线索 {lead_id} 在 {bound} 内无人联系：请立即致电。",
    "lead.slow_response": "线索 {lead_id} 超过 {bound} 才联系上：请查明延误原因。",
    "task.due": "任务 {task_id} 应在 {due_at} 前完成。",
    "task.overdue": "任务 {task_id} 应在 {due_at} 前完成，已逾期：请立即完成或另定日期。",
    "dq.suspicious": "{employee_id} 在 {day} 的 {bound} 内记录了 {count} 次或更多电话、会议和拜访：请询问如何进行。",
    "dq.suspicious_calls": "{employee_id} 在 {day} 记录了 {count} 次或更多时长为零却已接通的电话：请一起核对。",
    "dq.suspicious_moves": "客户 {customer_id} 的商机 {opportunity_id} 在 {bound} 内来回变动（{stages}）：计时重新开始，请询问负责人。",
    "dq.backdated": "{employee_id} 在 {day} 补录了 {count} 次或更多联系，每次都晚于 {bound}：请询问原因并核查。",
    "dq.feedback_score": "{day} 有 {count} 条或更多关于 {employee_id} 的评价分数缺失或超出量表，未计入：请更正。",
    "dq.duplicate_customer": "客户 {customer_id} 与客户 {same_as} 有相同的 {shares}：请合并或更正。",
    "dq.same_name": "客户 {customer_id} 与客户 {same_as} 同名：请合并或更正。",
    "dq.missing_field": "客户 {customer_id} 的商机 {opportunity_id} 关闭时缺少 {field}：请补录。",
    "dq.negative_cycle": "客户 {customer_id} 的商机 {opportunity_id} 的日期前后颠倒（{field}），销售周期不计：请更正日期。",
    "source.lagging": "{topic} 自 {basis} 起没有新数据，已超过 {bound}：请检查数据源。",
    "goal.behind_pace": GOAL + "已完成 {value}，此时应完成 {expected}。",
    "goal.at_risk": GOAL + "已完成 {value}，有无法达成的风险。",
    "goal.milestone": GOAL + "已完成 {value}，达到里程碑。",
    "perf.low": "{employee_id} 的得分偏低：请面谈了解原因。",
    "perf.high": "{employee_id} 的得分突出：请予以肯定。",
    "perf.streak": "{employee_id} 的得分连续多期如此：请关注。",
    "improvement_plan.overdue": "{employee_id} 的改进计划有步骤已逾期：请跟进。",
    "goal.drift": "{scope} 之下各人 {period} 的 {kpi} 目标合计 {parts}，与其自身目标 {target} 不符：请重新设定。",
    "goal.achieved": GOAL + "已完成 {value}，目标达成。",
}
"""By rule; braces name fields of the alert, or of its values."""

LENGTHS: Final[Mapping[str, str]] = {"d": "天", "h": "小时", "m": "分钟", "s": "秒"}
_LENGTH: Final = re.compile(r"(\d+)([dhms])\b")


def in_chinese(alert: AlertView) -> str:
    """One sentence for a person."""
    text = SAYS.get(alert.rule)
    if text is None:
        return alert.summary
    fields = _Fields(alert)
    try:
        return text.format_map(fields)
    except KeyError:
        return alert.summary


class _Fields(dict[str, str]):
    """The fields of an alert and its values as texts; KeyError for what it does not have."""

    def __init__(self, alert: AlertView) -> None:
        super().__init__()
        self._alert = alert

    def __missing__(self, name: str) -> str:
        value = self._alert.values.get(name, getattr(self._alert, name, None))
        if value is None or value == "":
            raise KeyError(name)
        return _WRITE.get(name, _text)(value)


def _text(value: Any) -> str:
    if isinstance(value, dict):  # money
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, float):
        return f"{value:,.2f}".removesuffix(".00")
    return str(value)


def _bound(value: Any) -> str:
    return _LENGTH.sub(lambda found: f"{found[1]}{LENGTHS[found[2]]}", str(value))


def _instant(value: Any) -> str:
    return str(value).replace("T", " ").removesuffix("Z")[:16] + " UTC"


_WRITE: Final[Mapping[str, Callable[[Any], str]]] = {
    "bound": _bound,
    "planned_at": _instant,
    "due_at": _instant,
    "expected_close_at": _instant,
    "basis": _instant,
}
