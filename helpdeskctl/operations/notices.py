"""Automatic mail to customers: what happened to their ticket (OUT-3), receipts (DEP-5), and their accounts (OUT-7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from helpdeskctl.desk import Desk
from helpdeskctl.domain import templates, wording
from helpdeskctl.domain.loops import Verdict
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import Refused
from helpdeskctl.mail.compose import Person
from helpdeskctl.operations import automatic, invitations, letters, outbox, ratings
from helpdeskctl.operations.outbox import Letter
from helpdeskctl.operations.portal_links import Link
from helpdeskctl.queries import outgoing, settings
from helpdeskctl.queries.outgoing import About, Answered, Thread
from helpdeskctl.store.database import transaction
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import Contact, Department, Mailbox, Message

__all__ = ["Link", "account_mail", "receipt", "refusal", "tell"]

_SWITCHES = {"taken": "tell_taken", "status": "tell_status", "closed": "tell_closed", "merged": "tell_merged"}


@transaction
def tell(desk: Desk, actor: Actor, number: int, event: str, *, notify: bool | None = None) -> int | None:
    """Tell the requester that a ticket was taken, changed its status, was closed or merged; the outbox row's id.

    Where the desk asks for ratings, the mail that it is closed does that, too: one act, one mail.

    `notify` None: as the desk is set; True: in any case; False: no. None is returned when nobody is told: for the
    contact's own act, in a status that customers may not see, for who does not want such mail, past the limits of
    MAIL-22, or where no mailbox sends.
    """
    told = notify or _switched_on(desk, event)
    rated = event == "closed" and settings.get(desk, "ratings")
    if notify is False or actor.kind in {"contact", "link"} or not (told or rated):
        return None
    about = outgoing.about(desk, number)
    mailbox = _mailbox(desk, about)
    if mailbox is None or about.hidden or not about.proven or about.address == actor.label:
        return None
    if rated and ratings.asks(desk, about):
        event = "rating"
    elif not told or event in about.unwanted:
        return None
    verdict = automatic.admit(desk, about.address, mailbox_id=mailbox.id, kind=event)
    if not _written(verdict):
        return None
    return outbox.enqueue(
        desk,
        _told(desk, actor, about, event),
        mailbox_id=mailbox.id,
        event=event,
        ticket=number,
        message=_newest_message(number),
        suppressed=not verdict.allowed,
    ).id


@transaction
def receipt(
    desk: Desk, number: int, message_id: int, *, no_answer: bool = False, link: Link | None = None
) -> int | None:
    """Confirm a new ticket whose first message is `message_id`; the outbox row's id, None when nothing is sent.

    `no_answer`: its mail is from a list, a noreply or the null path. `link`: a guest's form, to be confirmed by it.
    Until an address has answered us the mail quotes nothing that its sender chose (DEP-5). Where every new contact is
    welcomed (OUT-8), the receipt of a first mail does that, too: one act, one mail.
    """
    about = outgoing.about(desk, number)
    answered = outgoing.answered(desk, message_id)
    mailbox = _mailbox(desk, about)
    untold = about.hidden or answered.archive or not _wants_receipt(desk, about, link)
    if mailbox is None or untold:
        return None
    verdict = automatic.admit(
        desk,
        about.address,
        mailbox_id=mailbox.id,
        kind=automatic.RECEIPT,
        answers_at=answered.at,
        answers_machine=answered.by_machine or no_answer,
    )
    if not _written(verdict):
        return None
    return outbox.enqueue(
        desk,
        _receipt_letter(desk, about, answered, link, sent=verdict.allowed),
        mailbox_id=mailbox.id,
        event="received",
        ticket=number,
        message=message_id,
        sender_null=True,
        suppressed=not verdict.allowed,
    ).id


@transaction
def refusal(
    desk: Desk,
    address: str,
    *,
    mailbox_id: int,
    mail_id: str | None,
    received_at: datetime,
    no_answer: bool = False,
    limit: int | None = None,
) -> int | None:
    """The one polite answer to a mail that opens no ticket (DEP-8); nothing of that mail is quoted.

    `limit`: it was larger than so many octets (MAIL-19). It leaves with the null envelope sender.
    """
    verdict = automatic.admit(
        desk,
        address,
        mailbox_id=mailbox_id,
        kind=automatic.RECEIPT if limit is None else automatic.TOO_LARGE,
        answers_at=received_at,
        answers_machine=no_answer,
    )
    if not verdict.allowed:
        return None
    event = "refused" if limit is None else "too_large"
    mailbox = Mailbox.get(Mailbox.id == mailbox_id)
    department = Department.get(Department.id == mailbox.department_id)
    language = _language(desk, outgoing.language_of(address), department.language)
    given = _desk_values(desk) | {"department.name": department.name}
    given["limit"] = wording.of(language).size(limit) if limit is not None else None
    letter = _letter(desk, event, address, given, language=language, department_id=department.id)
    letter = replace(letter, automatic="auto-replied", in_reply_to=mail_id)
    return outbox.enqueue(desk, letter, mailbox_id=mailbox_id, event=event, sender_null=True).id


@transaction
def account_mail(
    desk: Desk,
    event: str,
    contact_id: int | None,
    address: str,
    *,
    link: Link | None = None,
    until: date | None = None,
    language: str | None = None,
) -> int | None:
    """A mail about a contact's account: one of `templates.ACCOUNT_EVENTS`.

    It leaves from the first public department, in that department's own words if it has some. `contact_id` None: to
    somebody who proves nothing yet, in `language`; no name stands in it. None when the limits of MAIL-22 say no.
    Refused when no mailbox sends, or when the mail would lack what it is about (OUT-8).
    """
    contact = Contact.get(Contact.id == contact_id) if contact_id is not None else None
    mailbox = outgoing.account_mailbox(desk)
    department = Department.get(Department.id == mailbox.department_id)
    language = _language(desk, contact.language if contact else None, language, department.language)
    given = _desk_values(desk) | {
        "contact.name": contact.name if contact and contact.name.casefold() != address else None,
        "contact.address": address,
        "access.until": wording.of(language).day(until) if until else None,
        **_link_values(link, language),
    }
    letter = _letter(desk, event, address, given, language=language, department_id=department.id)
    if not automatic.admit(desk, address, mailbox_id=mailbox.id, kind=event).allowed:
        return None
    return outbox.enqueue(desk, letter, mailbox_id=mailbox.id, event=event).id


_HINTS = {"portal.url": "helpdeskctl setting set portal_url https://…"}


def _switched_on(desk: Desk, event: str) -> bool:
    return bool(settings.get(desk, _SWITCHES[event]))


def _told(desk: Desk, actor: Actor, about: About, event: str) -> Letter:
    link = ratings.link(desk, about) if event == "rating" else None
    given = letters.values(desk, about, actor) | (_link_values(link, about.language) if link else {})
    thread = outgoing.thread(desk, about.number)
    letter = letters.about_ticket(desk, about, event, given, thread=thread, automatic="auto-generated")
    return replace(letter, unsubscribe=f"{link.url}/stop") if link else letter


def _written(verdict: Verdict) -> bool:
    """Sent, or at least shown as suppressed in its ticket."""
    return verdict.allowed or verdict.rule == "MAIL-23"


def _mailbox(desk: Desk, about: About) -> Mailbox | None:
    try:
        return outgoing.sending_mailbox(desk, about)
    except Refused:  # doctor reports it (DEP-4); what happened to the ticket is not to fail for that
        return None


def _newest_message(number: int) -> int | None:
    newest: int | None = Message.select(fn.max(Message.id)).where(Message.ticket_id == number).scalar()
    return newest


def _wants_receipt(desk: Desk, about: About, link: Link | None) -> bool:
    """A guest's is no notice but the way to confirm: whoever has the address may have wished for none."""
    wanted = link is not None or "received" not in about.unwanted
    return wanted and about.receipts and not about.personal and bool(settings.get(desk, "receipts"))


def _receipt_letter(desk: Desk, about: About, answered: Answered, link: Link | None, *, sent: bool) -> Letter:
    thread = Thread(parent=answered.mail_id)
    given = letters.values(desk, about, SYSTEM)
    if link is None and outgoing.answered_us(desk, about.contact_id, about.address):
        return letters.about_ticket(desk, about, "received", given, thread=thread, automatic="auto-replied")
    event = "received_guest" if link else "received_first"
    if link is None and sent and invitations.due(desk, about.contact_id):
        event, link = "registered", invitations.issue(desk, SYSTEM, about.contact_id, about.address)
    given |= _link_values(link, about.language)
    nameless = letters.Enclosed(to=[Person(about.address)])
    return letters.about_ticket(desk, about, event, given, thread=thread, enclosed=nameless, automatic="auto-replied")


def _language(desk: Desk, *wanted: str | None) -> str:
    return outgoing.chosen(settings.several(desk, "default_language", "languages"), *wanted)


def _desk_values(desk: Desk) -> dict[str, str | None]:
    known = settings.several(desk, "name", "portal_url")
    return {"desk.name": known["name"], "portal.url": known["portal_url"]}


def _link_values(link: Link | None, language: str) -> dict[str, str | None]:
    if link is None:
        return dict.fromkeys(("link.url", "link.code", "link.valid_for"))
    return {
        "link.url": link.url,
        "link.code": link.code,
        "link.valid_for": wording.of(language).period(link.valid_for),
    }


def _letter(
    desk: Desk, event: str, address: str, given: dict[str, str | None], *, language: str, department_id: int
) -> Letter:
    """The mail of an event without a ticket. Refused where it would not say what it is about."""
    template = outgoing.template(desk, event, language, department_id)
    for name in templates.REQUIRED.get(event, ()):
        if given[name] is None:
            raise Refused(f"the mail {event} cannot be written without {name}", hint=_HINTS.get(name))
    if lacking := templates.lacking(event, template):
        raise Refused(
            f"the template {event}/{language} {lacking[0].what}", hint=f"helpdeskctl template edit {event}",
            subject=f"template/{event}/{language}",
        )  # fmt: skip
    return Letter(
        to=[Person(address)],
        subject=templates.fill_subject(template.subject, given),
        text=templates.fill(template.text, given),
        html=letters.own_html(template, given, language),
        language=language,
        automatic="auto-generated",
    )
