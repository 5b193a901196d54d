"""An employee who is erased: name, region and the like, targets, desk, figures and scores go. The sums go on under a
name that stands for all of the team who were erased (see `pseudonyms`), so that teams and company stay as they were.

What customers have been through stays as it happened, and names the employee by the id alone: who owned it, who called.
Alerts that it would be in charge of are nobody's. What is only the employee's own is refused from then on.
"""

from __future__ import annotations

from collections.abc import Iterable

from streams.core.customers.campaigns import Campaigns
from streams.core.customers.host import Host
from streams.core.ledger import Ledger
from streams.core.notices.facts import write_departed
from streams.core.organisation import Organisation
from streams.core.pseudonyms import pseudonym_of
from streams.core.stage import ALL, DEPARTED, Send
from streams.core.targets import EMPLOYEE, Targets
from streams.events import Event, TargetSet, subject_of


class Departing:
    """What partition `origin` knows of employees, as far as that is to be forgotten."""

    def __init__(
        self,
        origin: int,
        organisation: Organisation,
        targets: Targets,
        ledgers: Iterable[Ledger],
        campaigns: Campaigns,
        host: Host,
    ) -> None:
        self._origin, self._organisation, self._targets = origin, organisation, targets
        self._ledgers, self._campaigns, self._host = tuple(ledgers), campaigns, host

    def name_for(self, employee: str) -> str:
        """The name under which what somebody brought is to go on, as the team is now."""
        return pseudonym_of(self._organisation.team(employee))

    def forget(self, employee: str, name: str) -> list[str]:
        """Forget somebody, whose sums go on under a name; those whose manager it was."""
        self._organisation.erase(employee, name)
        for ledger in self._ledgers:
            ledger.fold(employee, name)
        self._campaigns.rename(employee, name)
        self._targets.erase(employee)
        return self._organisation.unlink(employee)

    def tell(self, employee: str) -> set[str]:
        """Let those who keep figures, scores and notices of somebody forget them; of whom the profiles are others."""
        self._host.say(Send("streams.facts", DEPARTED, write_departed(employee, self._origin), ALL))
        self._host.say(Send("streams.facts", DEPARTED, None, ALL))  # the record itself names the employee
        return {employee, self._organisation.pseudonyms[employee]}

    def restored(self) -> None:
        """Everybody who was erased has been given."""
        for employee, name in self._organisation.pseudonyms.items():
            for ledger in self._ledgers:
                ledger.rename(employee, name)


def names_departed(event: Event, organisation: Organisation) -> bool:
    """Whether an event is about nobody but an employee who was erased."""
    data, subject = event.data, subject_of(event)
    if isinstance(data, TargetSet):
        return data.scope == EMPLOYEE and data.scope_id in organisation.pseudonyms
    return subject.kind == "employee" and subject.id in organisation.pseudonyms
