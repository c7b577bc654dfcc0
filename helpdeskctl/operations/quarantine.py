"""Mail that waits for a person: released into the desk, or discarded (MAIL-4)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.mail import virus
from helpdeskctl.mail.rules.decision import UNREAD, Held
from helpdeskctl.operations import blocks, events
from helpdeskctl.operations.intake_settle import of_row, settle
from helpdeskctl.queries import ledger
from helpdeskctl.queries.intake import Standing, standing
from helpdeskctl.queries.ledger import HeldMail
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Department, IncomingMail, Quarantine


def release(
    desk: Desk, actor: Actor, ledger_id: int, *, department: str | None = None, malware: bool = False
) -> Change:
    """Run the mail through the pipeline again, without the rule that held it. What cannot be read is attached.

    A second rule that would hold it is passed over, too: a person has looked. `department` is where mail goes that
    belongs to none. What was discarded can be released as long as its bytes are kept. Refused when it was released
    already, and for malware unless told; NotFound when there is none that the actor may release, or its bytes are gone.
    """
    mail = _waiting(desk, actor, ledger_id)
    raw = ledger.raw(desk, ledger.entry(desk, actor, ledger_id))
    if not malware:
        _refuse_malware(desk, mail, raw)
    return _release(desk, actor, mail, raw, department)


@transaction
def _release(desk: Desk, actor: Actor, mail: HeldMail, raw: bytes, department: str | None) -> Change:
    _claim(mail, "released")
    waived: set[str] = set()
    word = "quarantine"
    while word == "quarantine":
        waived.add(_begin_again(mail.id))
        word = _settled(desk, mail.id, raw, _waiving(desk, waived, mail, department))
    Quarantine.update(state="released").where(Quarantine.incoming_id == mail.id).execute()
    data = {"reason": mail.reason, "decision": word}
    events.record(desk, actor, "released", subject=("mail", str(mail.id)), data=data)
    return Change("mail", str(mail.id), mail.id, "updated", ("state",), _outcome(mail.id))


@transaction
def discard(desk: Desk, actor: Actor, ledger_id: int, *, block: bool = False) -> Change:
    """Put a mail away; its bytes stay until retention takes them. `block`: its sender, too, from now on.

    NotFound as `release`, Refused when it was released or discarded already, and for a block of nobody.
    """
    mail = _waiting(desk, actor, ledger_id)
    if mail.state != "held":
        raise _settled_already(mail)
    _claim(mail, "discarded")
    IncomingMail.update(state="dead").where(IncomingMail.id == ledger_id).execute()
    data: dict[str, object] = {"reason": mail.reason}
    if block:
        if mail.sender is None:
            raise Refused(
                f"mail {ledger_id} does not say who wrote it: nobody can be blocked",
                hint=f"helpdeskctl mail quarantine delete {ledger_id}, without --block",
                subject=f"mail/{ledger_id}",
            )
        data["blocked"] = blocks.add(desk, actor, mail.sender).key
    events.record(desk, actor, "discarded", subject=("mail", str(ledger_id)), data=data)
    return Change("mail", str(ledger_id), ledger_id, "deleted")


@transaction
def restore(desk: Desk, actor: Actor, ledger_id: int) -> Change:
    """Take a discard back: the mail waits again. Refused when it was not discarded, NotFound as `release`."""
    mail = ledger.one_held(desk, actor, ledger_id)
    if mail.state != "discarded":
        raise Refused(f"mail {ledger_id} was not discarded: it is {mail.state}", subject=f"mail/{ledger_id}")
    _claim(mail, "held")
    IncomingMail.update(state="quarantined").where(IncomingMail.id == ledger_id).execute()
    events.record(desk, actor, "restored", subject=("mail", str(ledger_id)), data={"reason": mail.reason})
    return Change("mail", str(ledger_id), ledger_id, "updated", ("state",))


def _waiting(desk: Desk, actor: Actor, ledger_id: int) -> HeldMail:
    mail = ledger.one_held(desk, actor, ledger_id)
    if mail.state == "released":
        raise _settled_already(mail)
    return mail


def _claim(mail: HeldMail, state: str) -> None:
    """Be the one who settles it: whoever comes second at the same moment finds it settled."""
    held = Quarantine.incoming_id == mail.id, Quarantine.state == mail.state
    if not Quarantine.update(state=state).where(*held).execute():
        raise _settled_already(replace(mail, state="released or discarded"))


def _settled_already(mail: HeldMail) -> Refused:
    return Refused(f"mail {mail.id} is {mail.state} already", subject=f"mail/{mail.id}")


def _refuse_malware(desk: Desk, mail: HeldMail, raw: bytes) -> None:
    """What the scanner found when the mail came, or knows by now. Asked outside the transaction."""
    signature = mail.detail if mail.reason == Held.MALWARE else None
    scan = virus.scanner(desk.config.mail)
    if signature is None and scan is not None:
        with suppress(virus.TooLargeToScan, virus.ScanFailed):  # that may be why it waits for a person
            signature = scan(raw)
    if signature is not None:
        raise Refused(
            f"mail {mail.id} carries malware ({signature})",
            hint=f"helpdeskctl mail quarantine release {mail.id} --malware, if you know better",
            subject=f"mail/{mail.id}",
        )


def _begin_again(ledger_id: int) -> str:
    """Put the mail back to the start; returns the rule that held it."""
    rule = IncomingMail.get(IncomingMail.id == ledger_id).rule or ""
    IncomingMail.update(state="received", attempts=1).where(IncomingMail.id == ledger_id).execute()
    return rule


def _settled(desk: Desk, ledger_id: int, raw: bytes, known: Standing) -> str:
    received = replace(of_row(IncomingMail.get(IncomingMail.id == ledger_id), raw=raw), scanned=True)
    for salvaged in (False, True):
        (word,) = settle(desk, [received], known, salvaged=salvaged)
        held = IncomingMail.get(IncomingMail.id == ledger_id)
        if word != "failed" and not (word == "quarantine" and held.rule == UNREAD):
            return word
        _begin_again(ledger_id)
    raise Refused(f"mail {ledger_id} cannot be stored: {held.reason}", subject=f"mail/{ledger_id}")


def _outcome(ledger_id: int) -> str:
    """What became of the mail, as `mail replay` says it."""
    row = IncomingMail.get(IncomingMail.id == ledger_id)
    return f"mail {ledger_id}: {row.state}" + (f", #{row.ticket_id}" if row.ticket_id else "")


def _waiving(desk: Desk, waived: set[str], mail: HeldMail, department: str | None) -> Standing:
    """What holds for this mail: the desk's policy without `waived`; without a department of its own, the one named."""
    known = standing(desk, waived=frozenset(waived - {"routing"}))
    if mail.reason != Held.NO_DEPARTMENT and department is None:
        return known
    return replace(known, policy=replace(known.policy, otherwise=_department(mail, department)))


def _department(mail: HeldMail, key: str | None) -> int:
    active = Department.select().where(Department.archived_at.is_null(), Department.agent_id.is_null())
    found = [row for row in active if key is None or row.key == key]
    if not found and key is not None:
        raise NotFound(f'no department "{key}"', hint="helpdeskctl department list", subject=f"department/{key}")
    if len(found) != 1:
        raise Refused(
            f"mail {mail.id} belongs to no department",
            hint=f"helpdeskctl mail quarantine release {mail.id} --department KEY",
            subject=f"mail/{mail.id}",
        )
    return int(found[0].id)
