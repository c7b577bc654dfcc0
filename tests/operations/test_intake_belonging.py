"""Which ticket a mail belongs to, and what strangers cannot do to it (security.md 1-6, 8-11)."""

from __future__ import annotations

from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.references import Audience
from helpdeskctl.store.tables import (
    Company,
    CompanyDomain,
    Contact,
    ContactAddress,
    Event,
    IncomingMail,
    Link,
    Message,
    OutgoingRecipient,
    Participant,
    Ticket,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.post import Post, letter

EVE = "Eve <eve@beta.example>"
DAY = 86400


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


def opened(post: Post) -> int:
    """Alice's first mail; the number of its ticket."""
    assert post.pipe(letter(mail_id="<first@acme.example>")) == "open"
    return post.tickets()[0].id


def state_of(number: int) -> tuple[Any, ...]:
    """The ticket's row, its people and its messages."""
    tables = (
        Ticket.select().where(Ticket.id == number),
        Participant.select().where(Participant.ticket_id == number).order_by(Participant.id),
        Message.select().where(Message.ticket_id == number).order_by(Message.id),
    )
    return tuple(list(table.dicts()) for table in tables)


def security_events() -> list[Event]:
    return list(Event.select().where(Event.verb == "security"))


class TestStrangers:
    def names(self, post: Post, number: int, kind: str) -> dict[str, Any]:
        """The ways in which a mail can name a ticket."""
        answer = post.answer_id(number, post.messages(number)[0].id)
        return {
            "the customer's own Message-ID": {"lines": "In-Reply-To: <first@acme.example>"},
            "a true token": {"lines": f"References: <x@y.example> {answer}"},
            "the subject tag": {"subject": f"Re: [Support#{number}] hello"},
            "a true token in a plus address": {"to": f"support+{answer[1:].partition('@')[0]}@example.org"},
        }[kind]

    @pytest.mark.parametrize(
        "kind",
        ["the customer's own Message-ID", "a true token", "the subject tag", "a true token in a plus address"],
    )
    def test_a_stranger_s_mail_changes_nothing_there_and_opens_a_linked_ticket(self, post: Post, kind: str) -> None:
        number = opened(post)
        before = state_of(number)
        assert post.pipe(letter(sender=EVE, **{"subject": "Let me in"} | self.names(post, number, kind))) == "open"
        assert state_of(number) == before
        other = post.tickets()[-1]
        assert other.requester_address == "eve@beta.example"
        link = Link.get()
        assert (link.ticket_id, link.other_id, link.kind) == (other.id, number, "may_belong")
        assert link.message_id == post.messages(other.id)[0].id
        assert [event.ticket_id for event in security_events()] == [other.id]

    def test_nobody_gets_in_by_a_token_that_is_not_whole(self, post: Post) -> None:
        number = opened(post)
        token = post.answer_id(number, post.messages(number)[0].id)[1:].partition("@")[0]
        wrong = [token[:length] for length in (0, 3, 8, len(token) - 1)] + [
            token.upper(),
            token[:-1] + ("a" if token[-1] == "7" else "7"),
            f"{token}a",
        ]
        before = state_of(number)
        for n, each in enumerate(wrong):
            mail = letter("About that", lines=f"In-Reply-To: <{each}@example.org>", text=f"try {n}")
            assert post.pipe(mail) == "open"
        assert state_of(number) == before
        assert len(post.tickets()) == 1 + len(wrong)

    def test_a_token_of_another_ticket_leads_nowhere_else(self, post: Post) -> None:
        number = opened(post)
        post.pipe(letter("Other", sender=EVE))
        theirs = post.tickets()[-1].id
        forged = post.answer_id(theirs, 1).replace(f"hd.{theirs}.", f"hd.{number}.")
        before = state_of(number)
        post.pipe(letter("Hm", sender=EVE, lines=f"In-Reply-To: {forged}"))
        assert state_of(number) == before

    def test_a_colleague_of_the_same_company_is_a_stranger_until_somebody_adds_him(self, post: Post) -> None:
        company = Company.insert(key="acme", name="Acme", created_at=post.desk.now()).execute()
        CompanyDomain.insert(domain="acme.example", company_id=company).execute()
        number = opened(post)
        before = state_of(number)
        post.pipe(letter("Me too", sender="bob@acme.example", lines="In-Reply-To: <first@acme.example>"))
        assert state_of(number) == before
        assert post.tickets()[-1].company_id == post.tickets()[0].company_id == company

    def test_equal_subjects_never_match(self, post: Post) -> None:
        opened(post)
        assert post.pipe(letter(text="Another printer, the same subject.")) == "open"


class TestThoseWhoTakePart:
    def test_the_requester_answers_from_any_of_the_contact_s_addresses(self, post: Post) -> None:
        number = opened(post)
        contact = post.tickets()[0].contact_id
        ContactAddress.insert(address="alice@home.example", contact_id=contact).execute()
        mail = letter("Re: Printer", sender="alice@home.example", lines="In-Reply-To: <first@acme.example>")
        assert post.pipe(mail) == "add"
        assert [m.contact_id for m in post.messages(number)] == [contact, contact]

    def test_the_answer_to_our_mail_lands_in_the_ticket_and_reopens_it(self, post: Post, clock: SteppedClock) -> None:
        number = post.build.ticket(status="closed", closed_at=clock())
        answer = post.answer_id(number, post.messages(number)[0].id)
        assert post.pipe(letter("Re: Printer", lines=f"In-Reply-To: {answer}")) == "add"
        ticket = post.tickets()[0]
        assert (ticket.closed_at, ticket.last_customer_message_id) == (None, post.messages(number)[-1].id)

    def test_a_main_contact_of_the_company_takes_part_and_a_plain_colleague_does_not(self, post: Post) -> None:
        number = post.build.ticket(company="acme")
        post.build.contact("boss@acme.example", company="acme", main_contact=True)
        post.build.contact("bob@acme.example", company="acme")
        tag = f"Re: [Support#{number}] Printer"
        assert post.pipe(letter(tag, sender="boss@acme.example")) == "add"
        assert post.pipe(letter(tag, sender="bob@acme.example")) == "open"

    def test_people_in_cc_of_the_opening_mail_take_part_later_ones_are_only_suggested(self, post: Post) -> None:
        post.pipe(letter(mail_id="<1@a>", lines="Cc: Bob <bob@acme.example>, support@example.org, alice@acme.example"))
        number = post.tickets()[0].id
        post.pipe(letter("Re: Printer", lines=f"In-Reply-To: <1@a>\nCc: {EVE}, bob@acme.example"))
        people = {
            ContactAddress.get(ContactAddress.contact_id == p.contact_id).address: (p.state, p.may_view)
            for p in Participant.select().where(Participant.ticket_id == number)
        }
        assert people == {"bob@acme.example": ("active", False), "eve@beta.example": ("suggested", False)}
        assert post.pipe(letter("Re: Printer", sender="bob@acme.example", lines="References: <1@a>")) == "add"
        assert post.pipe(letter("Re: Printer", sender=EVE, lines="References: <1@a>")) == "open"

    def test_a_colleague_s_mail_that_answers_the_same_older_mail_is_found_by_it(self, post: Post) -> None:
        post.pipe(letter(lines="References: <root@acme.example>\nCc: bob@acme.example"))
        mail = letter("Re: Printer", sender="bob@acme.example", lines="In-Reply-To: <root@acme.example>")
        assert post.pipe(mail) == "add"

    def test_a_merged_ticket_hands_on_to_its_survivor(self, post: Post) -> None:
        last = post.build.ticket("Toner")
        number = post.build.ticket(merged_into_id=last)
        assert post.pipe(letter(f"Re: [Support#{number}] Printer")) == "add"
        assert (post.row().ticket_id, len(post.messages(last))) == (last, 2)

    @pytest.mark.parametrize("columns", [{"billed": True}, {"status": "closed"}])
    def test_what_is_closed_for_good_goes_on_in_a_linked_ticket(
        self, post: Post, clock: SteppedClock, columns: dict[str, Any]
    ) -> None:
        number = post.build.ticket(**columns, **({"closed_at": clock()} if "status" in columns else {}))
        clock.advance(31 * DAY)
        before = state_of(number)
        assert post.pipe(letter(f"Re: [Support#{number}] Printer")) == "open"
        link = Link.get()
        assert (link.other_id, link.kind) == (number, "follow_up")
        assert state_of(number) == before

    def test_x_priority_sets_a_new_ticket_s_and_an_answer_may_only_raise_it(self, post: Post) -> None:
        post.pipe(letter(mail_id="<1@a>", lines="X-Priority: 1"))
        post.pipe(letter("Re: Printer", lines="X-Priority: 5\nIn-Reply-To: <1@a>"))
        assert post.tickets()[0].priority == 4
        number = post.build.ticket(priority=3)
        post.pipe(letter(f"[Support#{number}] now", lines="X-Priority: 1"))
        assert post.tickets()[1].priority == 4


class TestAgents:
    def test_an_agent_s_address_writes_as_a_customer_sends_nothing_and_is_logged(self, post: Post) -> None:
        post.build.agent("ann@example.org", support="agent")
        number = opened(post)
        sent = len(post.outbox())
        answer = post.answer_id(number, post.messages(number)[0].id, Audience.AGENT)
        mail = letter("Re: Printer", sender="Ann <ann@example.org>", lines=f"In-Reply-To: {answer}")
        assert post.pipe(mail) == "add"
        last = post.messages(number)[-1]
        assert (last.kind, last.direction, last.agent_id) == ("mail", "in", None)
        assert len(post.outbox()) == sent
        assert len(security_events()) == 1

    def test_a_forged_notification_id_from_an_agent_s_address_opens_a_ticket_of_its_own(self, post: Post) -> None:
        post.build.agent("ann@example.org", support="agent")
        number = opened(post)
        before = state_of(number)
        post.pipe(letter("Re: x", sender="ann@example.org", lines=f"In-Reply-To: <hd.{number}.1.a.{'a' * 26}@x>"))
        assert state_of(number) == before
        assert not Message.select().where(Message.agent_id.is_null(False)).exists()

    def test_an_agent_without_a_role_there_is_a_stranger(self, post: Post) -> None:
        post.build.agent("ben@example.org", billing="agent")
        number = opened(post)
        before = state_of(number)
        assert post.pipe(letter(f"[Support#{number}] x", sender="ben@example.org")) == "open"
        assert state_of(number) == before
        assert len(security_events()) == 1


@pytest.mark.parametrize(
    "head",
    [
        "From: alice@acme.example\r\nFrom: eve@beta.example",
        "From: alice@acme.example, eve@beta.example",
        "From: alice@acme.example\x00 <bob@evil.example>",
        "From: alice@acme.example )bob@evil.example",
        "From: =?utf-8?q?alice=40acme=2Eexample?= <eve@beta.example>",
        "From: friends: alice@acme.example, eve@beta.example;",
        "From: <>",
        "Subject: no From at all",
    ],
)
def test_no_odd_from_is_taken_for_alice_and_every_mail_is_kept(post: Post, head: str) -> None:
    number = opened(post)
    before = state_of(number)
    raw = f"{head}\r\nTo: support@example.org\r\nIn-Reply-To: <first@acme.example>\r\n\r\nHi".encode("latin-1")
    assert post.pipe(raw) in {"open", "quarantine"}
    assert state_of(number) == before
    assert not [t for t in post.tickets()[1:] if t.requester_address == "alice@acme.example"]
    assert post.desk.blobs.get(post.row().raw_sha256 or "") == raw


def test_who_sends_alice_s_message_id_first_suppresses_nothing(post: Post) -> None:
    assert post.pipe(letter("First!", sender=EVE, mail_id="<next@acme.example>")) == "open"
    assert post.pipe(letter("The real one", mail_id="<next@acme.example>")) == "open"
    assert len(post.tickets()) == 2


class TestReplyTo:
    def test_a_web_form_s_mail_is_for_whom_reply_to_names(self, post: Post) -> None:
        post.pipe(letter(sender="Form <support@example.org>", lines="Reply-To: Carl <carl@c.example>"))
        assert post.tickets()[0].requester_address == "carl@c.example"

    def test_a_person_s_reply_to_makes_nobody_else_the_requester(self, post: Post) -> None:
        post.pipe(letter(sender=EVE, lines="Reply-To: alice@acme.example"))
        assert post.tickets()[0].requester_address == "eve@beta.example"

    def test_reply_to_gives_no_part_in_a_ticket(self, post: Post) -> None:
        number = opened(post)
        before = state_of(number)
        mail = letter(f"[Support#{number}] x", sender="noreply@beta.example", lines="Reply-To: alice@acme.example")
        assert post.pipe(mail) == "open"
        assert state_of(number) == before


class TestBounces:
    def dsn(self, returned: str, *, status: str = "5.1.1", address: str = "alice@acme.example") -> bytes:
        return (
            "From: MAILER-DAEMON@mx.example\r\nTo: support@example.org\r\nSubject: Undelivered Mail\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
            f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: {status}\r\n"
            "Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
            f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {returned}\r\nSubject: x\r\n\r\n--b--\r\n"
        ).encode()

    def replied(self, post: Post) -> tuple[int, int]:
        """A ticket with a receipt that was sent; the ticket and the message that the receipt is about."""
        number = opened(post)
        row = post.outbox()[0]
        OutgoingRecipient.update(state="sent").execute()
        return number, row.message_id or 0

    def test_a_bounce_of_our_mail_marks_its_delivery_and_opens_nothing(self, post: Post) -> None:
        number, message = self.replied(post)
        assert post.pipe(self.dsn(post.outbox()[0].mail_id)) == "bounce"
        assert len(post.tickets()) == 1
        assert [m.automatic for m in post.messages(number)] == [False, True]
        recipient = OutgoingRecipient.get()
        assert (recipient.state, "550 no such user" in recipient.detail) == ("bounced", True)
        assert Event.select().where(Event.verb == "bounced", Event.ticket_id == number).exists()
        assert len(post.outbox()) == 1
        assert message == post.messages(number)[0].id

    def test_it_does_not_reopen_and_does_not_make_anybody_wait(self, post: Post, clock: SteppedClock) -> None:
        number, _ = self.replied(post)
        Ticket.update(status_id=post.build.status("closed"), closed_at=clock(), waiting_since=None).execute()
        post.pipe(self.dsn(post.outbox()[0].mail_id))
        ticket = Ticket.get(Ticket.id == number)
        assert ticket.closed_at is not None
        assert ticket.waiting_since is None

    def test_a_dead_address_gets_no_automatic_mail_for_a_while(self, post: Post, clock: SteppedClock) -> None:
        self.replied(post)
        post.pipe(self.dsn(post.outbox()[0].mail_id))
        clock.advance(2 * DAY)
        post.pipe(letter("Something else"))
        assert [row.state for row in post.outbox()[1:]] in ([], ["suppressed"])

    def test_a_forged_bounce_changes_nothing_and_waits_in_quarantine(self, post: Post) -> None:
        number, _ = self.replied(post)
        before = state_of(number)
        token = post.outbox()[0].mail_id
        for returned in ("<first@acme.example>", "<a@b.example>", token.replace("hd.1", "hd.9"), token[:-20] + "@x>"):
            assert post.pipe(self.dsn(returned)) == "quarantine"
        assert state_of(number) == before
        assert OutgoingRecipient.get().state == "sent"
        assert set(post.held()) == {"backscatter"}


def test_a_contact_that_was_merged_away_still_takes_part_as_who_it_is_now(post: Post) -> None:
    number = opened(post)
    alice = post.tickets()[0].contact_id
    old = post.build.contact("alice@old.example")
    Contact.update(merged_into_id=alice).where(Contact.id == old).execute()
    mail = letter("Re: x", sender="alice@old.example", lines="In-Reply-To: <first@acme.example>")
    assert post.pipe(mail) == "add"
    assert post.messages(number)[-1].contact_id == alice


def test_own_mail_come_back_is_recorded_and_nothing_else(post: Post) -> None:
    number = opened(post)
    before = state_of(number)
    ours = post.answer_id(number, post.messages(number)[0].id)
    assert post.pipe(letter("Re: Printer", mail_id=ours)) == "reflected"
    assert post.pipe(letter("Re: x", lines=f"X-Helpdesk-Installation: {post.desk.config.installation}")) == "reflected"
    assert state_of(number) == before
    assert [row.state for row in IncomingMail.select().order_by(IncomingMail.id)][1:] == ["reflected", "reflected"]
