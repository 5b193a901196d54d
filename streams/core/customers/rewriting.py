"""Changing the history of a dossier at an instant in a way that no event does: all that follows from it is taken back,
and made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streams.core.customers import attendance, campaigns, crediting, opportunity, pipeline, servicing, tickets
from streams.core.customers.alerting import Alerting
from streams.core.customers.campaigns import Campaigns
from streams.core.customers.sharing import Sharing
from streams.core.customers.state import Customer, Holder
from streams.core.ledger import Ledger
from streams.policy import Policy


class Rewriting:
    """One partition's part of it."""

    def __init__(
        self, policy: Policy, ledger: Ledger, funnel: Ledger, campaigns_: Campaigns, alerting: Alerting,
        sharing: Sharing,
    ) -> None:  # fmt: skip
        self._ledger, self._funnel, self._campaigns, self._alerting = ledger, funnel, campaigns_, alerting
        self._sharing = sharing
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Reckon by another policy from now on."""
        self._policy = policy

    def rewrite(
        self, dossier: Customer, since: int, now: int, change: Callable[[], None], holders: Sequence[Holder] = ()
    ) -> None:
        """Let a dossier be changed from an instant on; what stands for these of its holders, or all, is judged anew."""
        dossier.dirty = dossier.whole = True
        judged = holders or list(dossier.holders())
        self._alerting.around(judged, dossier, since, now, lambda: self.renew(dossier, change))

    def renew(self, dossier: Customer, change: Callable[[], None]) -> None:
        """Let a dossier be changed, and be credited as it is then."""
        self._post(dossier, -1)
        change()
        self._refresh(dossier)
        self._sharing.recast(dossier)
        self._post(dossier, 1)

    def _refresh(self, dossier: Customer) -> None:
        for one in dossier.opportunities.values():
            view = one.view = opportunity.fold(one.log, self._policy)
            dossier.open.pop(one.id, None)
            dossier.leaning.pop(one.id, None)
            if view is not None and view.open:
                dossier.open[one.id] = one
            if view is not None and opportunity.leans_on_customer(view):
                dossier.leaning[one.id] = one
        for ticket in dossier.tickets.values():
            ticket.view = tickets.fold(ticket.log)
        dossier.purchase = crediting.first_purchase(dossier)
        attendance.sweep(dossier)

    def _post(self, dossier: Customer, sign: int) -> None:
        """Credit or take back all that follows from what is kept of a dossier; nothing does of one that went on into
        another."""
        if dossier.merged is not None:
            return
        policy, zone, deals = self._policy, self._policy.zone, self._campaigns.ledger
        crediting.post_customer(dossier, policy, self._ledger, sign)
        self._sharing.post(dossier, sign)
        pipeline.post_customer(dossier, self._funnel, sign)
        for one in dossier.opportunities.values():
            opportunity.post(one, dossier, policy, self._ledger, sign)
            pipeline.post(one, dossier, policy, self._funnel, sign)
            campaigns.post_deal(one.view, zone, deals, sign)
        servicing.post_cases(dossier, policy, self._ledger, sign)
        for lead in dossier.leads.values():
            pipeline.post_lead(lead, self._funnel, sign)
            campaigns.post_lead(lead, zone, deals, sign)
