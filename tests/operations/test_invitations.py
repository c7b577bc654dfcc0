"""The portal opens to people, and closes: welcome mails, receipts that welcome, notices before the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.contact_files import Entry
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import InvalidInput, Refused
from helpdeskctl.operations import (
    access_ending,
    contact_access,
    contact_import,
    contacts,
    notices,
    outbox,
    portal_access,
    settings,
    setup,
    templates,
    tickets,
)
from helpdeskctl.operations.messages import NewMessage
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.operations.tickets import NewTicket
from helpdeskctl.queries import templates as stored
from helpdeskctl.store.tables import (
    Contact,
    ContactAddress,
    Department,
    Event,
    IncomingMail,
    Mailbox,
    OutgoingMail,
    Setting,
    Template,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import put
from tests.post import Post, letter
from tests.servers.smtp import SmtpSink

_URL = "https://help.example.org"
_LINK = _URL + "/reset/"


@pytest.fixture
def portal(build: Builder) -> None:
    Setting.insert(key="portal_url", value=_URL).execute()


@pytest.fixture
def welcoming(portal: None) -> None:
    Setting.insert(key="welcome_new_contacts", value=True).execute()


def mails() -> list[OutgoingMail]:
    return list(OutgoingMail.select().order_by(OutgoingMail.id))


def secret_in(mail: OutgoingMail) -> str:
    return str(mail.content["text"].partition(_LINK)[2].split()[0])


def first_mail(desk: Desk, build: Builder, address: str = "new@x.example", *, archive: bool = False) -> int:
    """A first mail as intake files it, with its receipt."""
    ledger = IncomingMail.insert(state="stored", size=1, archive=archive, created_at=desk.now()).execute()
    contact = contacts.known_or_new(desk, address, name="BUY canary")
    new = NewTicket(
        subject="canary", department_id=build.department(), contact_id=contact, requester_address=address, origin="mail"
    )
    message = NewMessage(
        kind="mail", direction="in", body="canary", contact_id=contact, author_address=address, incoming_id=ledger
    )
    opened = tickets.open_ticket(desk, SYSTEM, new, message)
    notices.receipt(desk, opened.number, opened.message_id)
    return contact


# --- invited by an agent


def test_the_invitation_leads_to_a_password_within_three_days_and_only_once(
    desk: Desk, build: Builder, ann: Actor, portal: None, clock: SteppedClock
) -> None:
    contact = build.contact("alice@acme.example", language="de")
    contact_access.portal(desk, ann, "alice@acme.example", on=True, invite=True)
    (mail,) = mails()
    text = mail.content["text"]
    assert _URL in text and "alice@acme.example" in text and "72 Stunden" in text
    assert mail.content["subject"] == "Ihr Zugang zu Helpdesk"
    secret = secret_in(mail)
    clock.advance(timedelta(hours=72).total_seconds() - 60)
    browser = Browser(peer="192.0.2.1")
    assert portal_access.reset_password(desk, secret, "correct horse battery", browser) is not None
    assert portal_access.reset_password(desk, secret, "correct horse battery", browser) is None
    assert Contact.get(Contact.id == contact).password_hash is not None


def test_an_invitation_holds_no_longer_than_it_says(
    desk: Desk, build: Builder, ann: Actor, portal: None, clock: SteppedClock
) -> None:
    build.contact("alice@acme.example")
    contact_access.portal(desk, ann, "alice@acme.example", on=True, invite=True)
    clock.advance(timedelta(hours=72).total_seconds() + 60)
    browser = Browser(peer="192.0.2.1")
    assert portal_access.reset_password(desk, secret_in(mails()[0]), "correct horse battery", browser) is None


@pytest.mark.parametrize("lack", ["portal", "mailbox", "stuck mailbox", "template"])
def test_nobody_is_invited_while_the_mail_could_not_arrive_or_would_not_help(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink, lack: str
) -> None:
    build.contact("alice@acme.example")
    if lack != "portal":
        Setting.insert(key="portal_url", value=_URL).execute()
    if lack == "mailbox":
        Mailbox.update(smtp_url=None).execute()
    elif lack == "stuck mailbox":
        Mailbox.update(smtp_url="smtp+insecure://127.0.0.1:1").execute()
        put(desk, Mailbox.get().id)
        outbox.deliver(desk)
    elif lack == "template":  # as one may stand in a desk that was moved in from elsewhere
        Template.insert(event="welcome", language="en", subject="Hi", body="{{portal.url}} {{link.url}}").execute()
    with pytest.raises(Refused):
        contact_access.portal(desk, ann, "alice@acme.example", on=True, invite=True)
    assert not Contact.get(Contact.name == "Alice").portal_access
    assert [mail for mail in mails() if mail.event == "welcome"] == []


def test_nobody_is_invited_by_a_link_that_ends_before_the_portal_opens(
    desk: Desk, build: Builder, ann: Actor, portal: None
) -> None:
    build.contact("alice@acme.example")
    first = (desk.now().date() + timedelta(days=1)).isoformat()
    with pytest.raises(Refused, match=f"from {first} until ever, not today"):
        contact_access.portal(desk, ann, "alice@acme.example", on=True, first=first, invite=True)
    assert mails() == [] and not Contact.get(Contact.name == "Alice").portal_access
    contact_access.portal(desk, ann, "alice@acme.example", on=True, first=first)
    assert Contact.get(Contact.name == "Alice").portal_access


def test_a_mailbox_that_got_rid_of_a_mail_again_works(
    desk: Desk, build: Builder, ann: Actor, portal: None, smtp: SmtpSink, clock: SteppedClock
) -> None:
    build.contact("alice@acme.example")
    url = Mailbox.get().smtp_url
    Mailbox.update(smtp_url="smtp+insecure://127.0.0.1:1").execute()
    put(desk, Mailbox.get().id)
    outbox.deliver(desk)
    Mailbox.update(smtp_url=url).execute()
    clock.advance(5)
    put(desk, Mailbox.get().id)
    outbox.deliver(desk)
    contact_access.portal(desk, ann, "alice@acme.example", on=True, invite=True)
    assert mails()[-1].event == "welcome"


def test_the_first_public_departments_own_welcome_is_used(desk: Desk, build: Builder, ann: Actor, portal: None) -> None:
    admin = build.actor("boss@example.org") if build.agent("boss@example.org", admin=True) else ann
    build.contact("alice@acme.example")
    place = stored.place(desk, "welcome", "en", "support")
    templates.edit(desk, admin, place, subject="Come in", body="{{portal.url}} {{contact.address}} {{link.url}}")
    contact_access.portal(desk, ann, "alice@acme.example", on=True, invite=True)
    assert mails()[0].content["subject"] == "Come in"
    with pytest.raises(InvalidInput) as lacking:
        templates.edit(desk, admin, place, body="{{portal.url}} {{link.url}}")
    assert [problem.what for problem in lacking.value.problems] == ["lacks {{contact.address}}"]


# --- everybody who is new


def test_a_first_mail_is_confirmed_and_welcomed_in_one_mail_without_its_senders_words(
    desk: Desk, build: Builder, welcoming: None
) -> None:
    contact = first_mail(desk, build)
    (mail,) = mails()
    assert "Your user name is new@x.example" in mail.content["text"] and _URL + "\n" in mail.content["text"]
    assert "canary" not in str(mail.content)
    row = Contact.get(Contact.id == contact)
    assert row.portal_access and row.password_hash is None
    assert ContactAddress.get(ContactAddress.contact_id == contact).confirmed_at is None
    browser = Browser(peer="192.0.2.1")
    assert portal_access.reset_password(desk, secret_in(mail), "correct horse battery", browser) is not None
    assert ContactAddress.get(ContactAddress.contact_id == contact).confirmed_at is not None


def test_without_the_setting_a_first_mail_is_confirmed_only(desk: Desk, build: Builder, portal: None) -> None:
    contact = first_mail(desk, build)
    assert _LINK not in mails()[0].content["text"]
    assert not Contact.get(Contact.id == contact).portal_access


def test_who_was_there_before_is_not_let_in_by_writing(
    desk: Desk, build: Builder, welcoming: None, clock: SteppedClock
) -> None:
    contact = build.contact("new@x.example", confirmed=False)
    clock.advance(3600)
    first_mail(desk, build)
    assert not Contact.get(Contact.id == contact).portal_access
    assert _LINK not in mails()[0].content["text"]


def test_a_mail_that_comes_in_is_answered_once_in_its_language_and_lets_nobody_else_in(
    desk: Desk, build: Builder, welcoming: None
) -> None:
    post = Post(desk, build)
    lines = "Content-Language: de\nCc: bob@x.example"
    assert post.pipe(letter("canary", sender="BUY canary <neu@x.example>", lines=lines)) == "open"
    (mail,) = post.outbox()
    assert mail.content["subject"] == f"[Support#{post.tickets()[0].id}] Wir haben Ihre Anfrage erhalten"
    assert "Ihr Benutzername ist neu@x.example." in mail.content["text"] and mail.sender_null
    assert "canary" not in str(mail.content)
    let_in = {row.address for row in ContactAddress.select().join(
        Contact, on=(Contact.id == ContactAddress.contact_id)).where(Contact.portal_access == 1)}  # fmt: skip
    assert let_in == {"neu@x.example"}
    post.pipe(letter("Once more", sender="neu@x.example"))
    assert len(post.outbox()) == 1  # one receipt an hour


@pytest.mark.parametrize("lines", ["Auto-Submitted: auto-replied", "List-Id: <x.example>", "Precedence: bulk"])
def test_machines_and_lists_are_not_let_in(desk: Desk, build: Builder, welcoming: None, lines: str) -> None:
    post = Post(desk, build)
    post.pipe(letter(sender="robot@x.example", lines=lines))
    assert post.outbox() == []
    assert not Contact.select().where(Contact.portal_access == 1).exists()


def test_an_archive_welcomes_nobody(desk: Desk, build: Builder, welcoming: None) -> None:
    contact = first_mail(desk, build, archive=True)
    assert mails() == []
    assert not Contact.get(Contact.id == contact).portal_access


def test_contacts_made_by_agents_and_imports_are_welcomed_and_what_could_not_be_sent_is_told(
    desk: Desk, build: Builder, ann: Actor, welcoming: None
) -> None:
    setup.create(desk, ann, "contact", "bea@acme.example", {"name": "Bea"})
    entry = Entry(2, {"email": "cyd@acme.example", "name": "Cyd"}, ())
    (outcome,) = contact_import.take_all(desk, ann, [entry])
    assert outcome.change is not None and outcome.change.action == "created"
    assert [mail.event for mail in mails()] == ["welcome", "welcome"]
    Mailbox.update(smtp_url=None).execute()
    setup.create(desk, ann, "contact", "dan@acme.example", {"name": "Dan"})
    assert not Contact.get(Contact.name == "Dan").portal_access
    (why,) = Event.select().where(Event.verb == "not_invited")
    assert (why.object_key, why.data["why"]) == ("dan@acme.example", "no mailbox of this desk sends")


def test_welcoming_everybody_is_refused_until_it_can_work_and_reminds_to_tell_people_first(
    desk: Desk, build: Builder
) -> None:
    with pytest.raises(Refused, match="the portal has no address"):
        settings.put(desk, SYSTEM, "welcome_new_contacts", "on")
    settings.put(desk, SYSTEM, "portal_url", _URL)
    Mailbox.update(enabled=False).execute()
    with pytest.raises(Refused, match="no mailbox"):
        settings.put(desk, SYSTEM, "welcome_new_contacts", "on")
    Mailbox.update(enabled=True).execute()
    settings.put(desk, SYSTEM, "welcome_new_contacts", "on")
    assert "tell your customers first" in (settings.reminder(desk, "welcome_new_contacts") or "")
    with pytest.raises(Refused, match="welcomed with links"):
        settings.unset(desk, SYSTEM, "portal_url")


def test_links_only_is_refused_without_a_portal_to_link_to(desk: Desk, build: Builder) -> None:
    with pytest.raises(InvalidInput, match="no portal to link to"):
        setup.edit(desk, SYSTEM, "department", "support", {"notify": "link"})
    with pytest.raises(Refused, match="no portal to link to"):
        settings.put(desk, SYSTEM, "notify", "link")
    settings.put(desk, SYSTEM, "portal_url", _URL)
    setup.edit(desk, SYSTEM, "department", "support", {"notify": "link"})
    assert Department.get().notify == "link"
    with pytest.raises(Refused, match="mails links to the portal only"):
        settings.unset(desk, SYSTEM, "portal_url")


# --- the end of a period


def told() -> list[tuple[str, str]]:
    return [(mail.event, mail.content["to"][0][0]) for mail in mails()]


def test_the_end_of_access_is_announced_a_month_and_a_week_before_once_each(
    desk: Desk, build: Builder, portal: None, clock: SteppedClock
) -> None:
    last = desk.now().date() + timedelta(days=40)
    build.contact("alice@acme.example", language="nl", portal_access=True, portal_until=last.isoformat())
    counts = []
    for _ in range(42):
        counts.append(access_ending.tell_job(desk, stop=lambda: False)["told"])
        clock.advance(86400)
    assert [day for day, count in enumerate(counts) if count] == [10, 33]
    assert told() == [("period_ending", "alice@acme.example")] * 2
    assert f"eindigt op {last.day} april {last.year}" in mails()[0].content["text"]


@pytest.mark.parametrize("why", ["closed", "no end", "far", "over", "shorter than the notice"])
def test_nobody_else_hears_of_an_end(desk: Desk, build: Builder, portal: None, why: str) -> None:
    today = desk.now().date()
    days = {"far": 31, "over": -1}.get(why, 5)
    columns = {"portal_access": why != "closed", "portal_until": (today + timedelta(days=days)).isoformat()}
    if why == "no end":
        columns["portal_until"] = None
    if why == "shorter than the notice":
        columns["portal_from"] = today.isoformat()
    build.contact("alice@acme.example", **columns)
    assert access_ending.tell_job(desk, stop=lambda: False) == {"told": 0}
    assert mails() == []


def test_a_notice_that_was_late_is_sent_once_and_a_new_end_is_announced_anew(
    desk: Desk, build: Builder, portal: None
) -> None:
    day = desk.now().date() + timedelta(days=3)
    contact = build.contact("alice@acme.example", portal_access=True, portal_until=day.isoformat())
    assert [access_ending.tell_job(desk, stop=lambda: False)["told"] for _ in range(2)] == [1, 0]
    Contact.update(portal_until=(day + timedelta(days=20)).isoformat()).where(Contact.id == contact).execute()
    assert [access_ending.tell_job(desk, stop=lambda: False)["told"] for _ in range(2)] == [1, 0]
