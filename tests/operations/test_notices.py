"""Automatic mail: who is told what, once, within the limits, and never a stranger's words to a third party."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain import references
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import Refused
from helpdeskctl.operations import automatic, notices, outbox, ticket_merge, tickets
from helpdeskctl.operations.notices import Link
from helpdeskctl.queries import access
from helpdeskctl.store.tables import (
    AutomaticMail,
    Contact,
    ContactAddress,
    Department,
    Event,
    IncomingMail,
    Mailbox,
    Message,
    OutgoingMail,
    OutgoingRecipient,
    Setting,
    Template,
    Ticket,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import CUSTOMER_ID, opened, state_of, text_of
from tests.servers.smtp import Delivery, SmtpSink


@pytest.fixture
def mailbox(build: Builder) -> int:
    return build.mailbox()


def first_of(number: int) -> Message:
    found: Message = Message.select().where(Message.ticket_id == number).order_by(Message.id).first()
    return found


def receipt(desk: Desk, number: int, **more: Any) -> int | None:
    return notices.receipt(desk, number, first_of(number).id, **more)


def sent_by(desk: Desk, smtp: SmtpSink) -> list[Delivery]:
    outbox.deliver(desk)
    return smtp.deliveries


def events_told() -> list[str]:
    return [row.event for row in OutgoingMail.select().order_by(OutgoingMail.id)]


# --- what happened to the ticket


def test_taking_a_ticket_tells_its_requester_by_automatic_mail(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build)
    tickets.take(desk, ann, number)
    (taken,) = sent_by(desk, smtp)
    assert (taken.rcpt_tos, taken.mail_from) == (("alice@acme.example",), "support@example.org")
    assert taken.message["Auto-Submitted"] == "auto-generated"
    assert taken.message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert taken.message["X-Helpdesk-Installation"] == desk.config.installation
    assert taken.message["Subject"] == f"Re: [Support#{number}] Printer on fire"
    assert taken.message["In-Reply-To"] == CUSTOMER_ID
    assert f"Your request number {number} is now with Ann." in text_of(taken)
    token = references.in_message_id(str(taken.message["Message-ID"]), outbox.token_keys(desk))
    assert token is not None and token.ticket == number


def test_status_closing_and_merging_are_silent_until_switched_on_or_asked(
    desk: Desk, build: Builder, ann: Actor
) -> None:
    one, two = opened(build), opened(build)
    tickets.set_status(desk, ann, one, "hold")
    tickets.close(desk, ann, one)
    tickets.reopen(desk, ann, one)
    ticket_merge.merge(desk, ann, one, two)
    assert events_told() == []
    for key in ("tell_status", "tell_closed", "tell_merged"):
        Setting.insert(key=key, value=True).execute()
    ticket_merge.unmerge(desk, ann, one)
    tickets.set_status(desk, ann, one, "hold")
    tickets.close(desk, ann, one)
    tickets.reopen(desk, ann, one)
    ticket_merge.merge(desk, ann, one, two)
    assert events_told() == ["status", "closed", "status", "merged"]
    merged = OutgoingMail.select().where(OutgoingMail.event == "merged").get()
    assert f"number {one} goes on under number {two}" in merged.content["text"]


def test_notify_overrules_the_settings_either_way(desk: Desk, build: Builder, ann: Actor) -> None:
    tickets.take(desk, ann, opened(build), notify=False)
    assert events_told() == []
    tickets.close(desk, ann, opened(build), notify=True)
    assert events_told() == ["closed"]


def test_nobody_is_told_of_their_own_act(desk: Desk, build: Builder) -> None:
    Setting.insert(key="tell_closed", value=True).execute()
    number = opened(build)
    tickets.close(desk, access.contact_actor(desk, build.contact("alice@acme.example")), number, notify=True)
    assert events_told() == []


@pytest.mark.parametrize("column", ["spam", "hidden", "unproven", "no mailbox", "address"])
def test_what_customers_may_not_see_or_cannot_get_is_not_mailed(
    desk: Desk, build: Builder, ann: Actor, column: str
) -> None:
    number = (
        opened(build, status=build.status("secret", hidden=True) and "secret") if column == "hidden" else opened(build)
    )
    if column == "spam":
        Ticket.update(spam=True).execute()
    elif column == "unproven":
        Ticket.update(proven=False).execute()
    elif column == "no mailbox":
        Mailbox.update(enabled=False).execute()
    elif column == "address":
        Ticket.update(requester_address="a,b@x.example").execute()
    assert notices.tell(desk, ann, number, "taken") is None
    assert OutgoingMail.select().count() == 0


def test_a_change_that_is_undone_mails_nothing(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)

    def work() -> None:
        tickets.take(desk, ann, number)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        desk.database.transact(work)
    assert (OutgoingMail.select().count(), AutomaticMail.select().count()) == (0, 0)


# --- receipts


def test_a_receipt_to_a_known_address_names_the_request(desk: Desk, build: Builder, smtp: SmtpSink) -> None:
    number = opened(build)
    assert receipt(desk, number) is not None
    (taken,) = sent_by(desk, smtp)
    assert taken.mail_from == "<>"
    assert taken.message["Auto-Submitted"] == "auto-replied"
    assert taken.message["In-Reply-To"] == CUSTOMER_ID
    assert taken.message["Subject"] == f"Re: [Support#{number}] Printer on fire"
    assert "Hello Alice" in text_of(taken)


def test_a_receipt_to_an_address_that_never_answered_us_holds_no_word_of_its_sender(
    desk: Desk, build: Builder, smtp: SmtpSink
) -> None:
    build.contact("victim@x.example", confirmed=False, name="BUY canary-name")
    number = build.ticket("BUY canary-subject", requester="victim@x.example", body="canary-body http://evil.example")
    Template.insert(
        event="received_first", language="en", subject="Thanks {{ticket.subject}}", body="{{contact.name}} wrote"
    ).execute()
    assert receipt(desk, number) is not None
    (taken,) = sent_by(desk, smtp)
    assert b"canary" not in taken.data and b"evil" not in taken.data
    assert taken.message["To"] == "victim@x.example"
    Template.delete().execute()


def test_an_address_counts_as_proven_once_it_answered_with_our_token(desk: Desk, build: Builder) -> None:
    contact = build.contact("new@x.example", confirmed=False)
    number = build.ticket(requester="new@x.example")
    ledger = IncomingMail.insert(state="stored", rule="subject_tag", size=1, created_at=desk.now()).execute()
    answer = build.message(number, author="new@x.example", incoming_id=ledger)
    assert answer

    def subject() -> str:
        AutomaticMail.delete().execute()
        receipt(desk, build.ticket("canary", requester="new@x.example"))
        return str(OutgoingMail.select().order_by(OutgoingMail.id.desc()).first().content["subject"])

    assert "canary" not in subject()
    IncomingMail.update(rule="token").execute()
    assert "canary" in subject()
    ContactAddress.update(confirmed_at=desk.now()).where(ContactAddress.contact_id == contact).execute()
    IncomingMail.update(rule="subject_tag").execute()
    assert "canary" in subject()


def test_a_guests_form_gets_the_link_that_proves_it(desk: Desk, build: Builder) -> None:
    build.contact("guest@x.example", confirmed=False)
    number = build.ticket("canary", requester="guest@x.example", origin="portal", proven=False)
    link = Link(url="https://help.example.org/confirm/abc", valid_for=timedelta(hours=24))
    assert receipt(desk, number, link=link) is not None
    content = OutgoingMail.get().content
    assert "https://help.example.org/confirm/abc" in content["text"] and "24 hours" in content["text"]
    assert "canary" not in str(content)


@pytest.mark.parametrize(
    "why", ["setting", "department", "personal", "automatic", "no answer", "old", "archive", "own", "noreply", "spam"]
)
def test_no_receipt(desk: Desk, build: Builder, clock: SteppedClock, why: str) -> None:
    address = {"own": "support@example.org", "noreply": "no-reply@shop.example"}.get(why, "alice@acme.example")
    number = build.ticket(requester=address)
    first, more = first_of(number), {}
    match why:
        case "setting":
            Setting.insert(key="receipts", value=False).execute()
        case "department":
            Department.update(receipt=False).execute()
        case "personal":
            Department.update(agent_id=build.agent("ann@example.org")).execute()
        case "automatic":
            Message.update(automatic=True).execute()
        case "no answer":
            more = {"no_answer": True}
        case "old":
            clock.advance(24 * 3600 + 1)
        case "archive":
            ledger = IncomingMail.insert(state="stored", size=1, archive=True, created_at=desk.now()).execute()
            Message.update(incoming_id=ledger).where(Message.id == first.id).execute()
        case "spam":
            Ticket.update(spam=True).execute()
    assert receipt(desk, number, **more) is None
    assert OutgoingMail.select().count() == 0


def test_when_the_mail_server_received_it_decides_what_is_old(desk: Desk, build: Builder) -> None:
    number = build.ticket()
    old = desk.now() - timedelta(hours=25)
    ledger = IncomingMail.insert(state="stored", size=1, received_at=old, created_at=desk.now()).execute()
    Message.update(incoming_id=ledger).execute()
    assert receipt(desk, number) is None


# --- limits


def test_one_receipt_an_hour_and_five_a_day(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    sent = []
    for _hour in range(12):
        sent += [receipt(desk, build.ticket()) is not None for _ in range(3)]
        clock.advance(3600)
    assert sent.count(True) == 5
    assert sent[0::3] == [True] * 5 + [False] * 7
    clock.advance(24 * 3600)
    assert receipt(desk, build.ticket()) is not None


def test_five_automatic_mails_an_hour_of_all_kinds_to_one_address(
    desk: Desk, build: Builder, mailbox: int, clock: SteppedClock
) -> None:
    kinds = ["taken", "closed", "sign_in", "reset", "status", "merged"]
    allowed = [automatic.admit(desk, "Alice@acme.example", mailbox_id=mailbox, kind=kind).allowed for kind in kinds]
    assert allowed == [True] * 5 + [False]
    assert automatic.admit(desk, "bob@acme.example", mailbox_id=mailbox, kind="taken").allowed
    clock.advance(3601)
    assert automatic.admit(desk, "alice@acme.example", mailbox_id=mailbox, kind="taken").allowed


def test_a_thousand_mails_naming_a_victim_bring_it_one_receipt(desk: Desk, build: Builder) -> None:
    build.contact("victim@x.example", confirmed=False)
    number = build.ticket(requester="victim@x.example")
    sent = [receipt(desk, number) for _ in range(1000)]
    assert len([each for each in sent if each is not None]) == 1


def test_two_hundred_an_hour_from_one_mailbox_then_the_admin_is_told_once(
    desk: Desk, mailbox: int, clock: SteppedClock
) -> None:
    allowed = [automatic.admit(desk, f"c{n}@x.example", mailbox_id=mailbox, kind="receipt").allowed for n in range(210)]
    assert allowed.count(True) == 200
    (event,) = Event.select().where(Event.verb == automatic.STOPPED)
    assert (event.object_kind, event.object_key) == ("mailbox", "support@example.org")
    clock.advance(3601)
    assert automatic.admit(desk, "c@x.example", mailbox_id=mailbox, kind="receipt").allowed


def test_limits_hold_when_many_count_at_once(desk: Desk, mailbox: int) -> None:
    answers: list[bool] = []

    def ask() -> None:
        with desk.connected():
            for _ in range(4):
                answers.append(automatic.admit(desk, "victim@x.example", mailbox_id=mailbox, kind="taken").allowed)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (len(answers), answers.count(True)) == (24, 5)


def test_what_a_clock_that_ran_ahead_counted_does_not_silence_an_address_for_years(
    desk: Desk, mailbox: int, clock: SteppedClock
) -> None:
    clock.advance(5 * 365 * 86400)
    for _ in range(5):
        automatic.admit(desk, "alice@acme.example", mailbox_id=mailbox, kind="taken")
    clock.advance(-5 * 365 * 86400)
    assert automatic.admit(desk, "alice@acme.example", mailbox_id=mailbox, kind="taken").allowed


def test_mail_to_an_address_that_bounced_for_good_is_shown_as_suppressed_and_not_sent(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    automatic.suppress(desk, "alice@acme.example", reason="550 5.1.1 no such user")
    tickets.take(desk, ann, opened(build))
    assert sent_by(desk, smtp) == []
    assert (state_of(OutgoingMail.get().id), OutgoingRecipient.get().state) == ("suppressed", "suppressed")


# --- accounts

_LINK = Link(url="https://x", valid_for=timedelta(minutes=10), code="1")


def test_a_sign_in_mail_has_link_and_code_and_leaves_from_a_public_department(
    desk: Desk, build: Builder, smtp: SmtpSink
) -> None:
    Department.update(public=True).where(Department.key == "support").execute()
    contact = build.contact("alice@acme.example", language="en")
    link = Link(url="https://help.example.org/s/abc", valid_for=timedelta(minutes=10), code="123456")
    assert notices.account_mail(desk, "sign_in", contact, "alice@acme.example", link=link)
    (taken,) = sent_by(desk, smtp)
    assert (
        "https://help.example.org/s/abc" in text_of(taken)
        and "123456" in text_of(taken)
        and "10 minutes" in text_of(taken)
    )
    assert (taken.mail_from, taken.message["Auto-Submitted"]) == ("support@example.org", "auto-generated")
    assert "hd." not in taken.message["Message-ID"]


def test_a_welcome_that_would_lack_the_portal_is_refused(desk: Desk, build: Builder) -> None:
    contact = build.contact("alice@acme.example")
    link = Link(url="https://help.example.org/s/abc", valid_for=timedelta(hours=72))
    with pytest.raises(Refused, match=r"without portal\.url"):
        notices.account_mail(desk, "welcome", contact, "alice@acme.example", link=link)
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    notices.account_mail(desk, "welcome", contact, "alice@acme.example", link=link)
    text = OutgoingMail.get().content["text"]
    assert "https://help.example.org" in text and "72 hours" in text and "alice@acme.example" in text


def test_account_mail_needs_a_mailbox_that_sends(desk: Desk, build: Builder) -> None:
    Mailbox.update(smtp_url=None).execute()
    with pytest.raises(Refused, match="no mailbox of this desk sends"):
        notices.account_mail(desk, "sign_in", build.contact("alice@acme.example"), "alice@acme.example", link=_LINK)


def test_a_refused_stranger_gets_one_polite_answer_without_their_words(
    desk: Desk, mailbox: int, smtp: SmtpSink
) -> None:
    told = [
        notices.refusal(desk, "who@x.example", mailbox_id=mailbox, mail_id="<canary@x>", received_at=desk.now())
        for _ in range(3)
    ]
    assert [each is not None for each in told] == [True, False, False]
    (taken,) = sent_by(desk, smtp)
    assert (taken.mail_from, taken.message["Auto-Submitted"]) == ("<>", "auto-replied")
    assert taken.message["In-Reply-To"] == "<canary@x>"


def test_mail_speaks_the_customers_language_where_there_is_a_template(desk: Desk, build: Builder) -> None:
    Template.insert(event="sign_in", language="de", subject="Anmelden", body="{{link.url}} {{link.code}}").execute()
    contact = build.contact("alice@acme.example", language="de")
    for language in ("de", "th", None):
        Contact.update(language=language).execute()
        notices.account_mail(desk, "sign_in", contact, "alice@acme.example", link=_LINK)
    subjects = [row.content["subject"] for row in OutgoingMail.select().order_by(OutgoingMail.id)]
    assert subjects == ["Anmelden", "เข้าสู่ระบบ Helpdesk", "Sign in to Helpdesk"]
