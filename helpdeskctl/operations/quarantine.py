"""Mail that waits for a person: released into the desk, or discarded (MAIL-4)."""

from __future__ import annotations

from dataclasses import replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.mail.rules.decision import UNREAD, Held
from helpdeskctl.operations import events
from helpdeskctl.operations.intake_settle import of_row, settle
from helpdeskctl.queries import ledger
from helpdeskctl.queries.intake import Standing, standing
from helpdeskctl.queries.ledger import HeldMail
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Department, IncomingMail, Quarantine


@transaction
def release(desk: Desk, actor: Actor, ledger_id: int, *, department: str | None = None) -> Change:
    """Run the mail through the pipeline again, without the rule that held it. What cannot be read is attached.

    A second rule that would hold it is passed over, too: a person has looked. `department` is where mail goes that
    belongs to none. Refused when it was released or discarded already, NotFound when there is none that the actor may
    release.
    """
    mail = _waiting(desk, actor, ledger_id)
    raw = ledger.raw(desk, ledger.entry(desk, actor, ledger_id))
    waived: set[str] = set()
    word = "quarantine"
    while word == "quarantine":
        waived.add(_begin_again(ledger_id))
        word = _settled(desk, ledger_id, raw, _waiving(desk, waived, mail, department))
    Quarantine.update(state="released").where(Quarantine.incoming_id == ledger_id).execute()
    data = {"reason": mail.reason, "decision": word}
    events.record(desk, actor, "released", subject=("mail", str(ledger_id)), data=data)
    return Change("mail", str(ledger_id), ledger_id, "updated", ("state",))


@transaction
def discard(desk: Desk, actor: Actor, ledger_id: int) -> Change:
    """Put a mail away for good; its bytes stay until retention takes them. NotFound, Refused as `release`."""
    mail = _waiting(desk, actor, ledger_id)
    IncomingMail.update(state="dead").where(IncomingMail.id == ledger_id).execute()
    Quarantine.update(state="discarded").where(Quarantine.incoming_id == ledger_id).execute()
    events.record(desk, actor, "discarded", subject=("mail", str(ledger_id)), data={"reason": mail.reason})
    return Change("mail", str(ledger_id), ledger_id, "deleted")


def _waiting(desk: Desk, actor: Actor, ledger_id: int) -> HeldMail:
    mail = ledger.one_held(desk, actor, ledger_id)
    if mail.state != "held":
        raise Refused(f"mail {ledger_id} is {mail.state} already", subject=f"mail/{ledger_id}")
    return mail


def _begin_again(ledger_id: int) -> str:
    """Put the mail back to the start; returns the rule that held it."""
    rule = IncomingMail.get(IncomingMail.id == ledger_id).rule or ""
    IncomingMail.update(state="received", attempts=1).where(IncomingMail.id == ledger_id).execute()
    return rule


def _settled(desk: Desk, ledger_id: int, raw: bytes, known: Standing) -> str:
    received = of_row(IncomingMail.get(IncomingMail.id == ledger_id), raw=raw)
    for salvaged in (False, True):
        (word,) = settle(desk, [received], known, salvaged=salvaged)
        held = IncomingMail.get(IncomingMail.id == ledger_id)
        if word != "failed" and not (word == "quarantine" and held.rule == UNREAD):
            return word
        _begin_again(ledger_id)
    raise Refused(f"mail {ledger_id} cannot be stored: {held.reason}", subject=f"mail/{ledger_id}")


def _waiving(desk: Desk, waived: set[str], mail: HeldMail, department: str | None) -> Standing:
    """What holds for this mail: the desk's policy without `waived`; without a department of its own, the one named."""
    known = standing(desk, waived=frozenset(waived - {"routing"}))
    if mail.reason != Held.NO_DEPARTMENT and department is None:
        return known
    return replace(known, policy=replace(known.policy, otherwise=_department(department)))


def _department(key: str | None) -> int:
    active = Department.select().where(Department.archived_at.is_null(), Department.agent_id.is_null())
    found = [row for row in active if key is None or row.key == key]
    if not found and key is not None:
        raise NotFound(f'no department "{key}"', hint="helpdeskctl department list", subject=f"department/{key}")
    if len(found) != 1:
        raise Refused("this mail belongs to no department", hint="--department KEY")
    return int(found[0].id)
