"""A customer's change of address: who asks, who is told, what follows and what ends (POR-1, security 35, 37, 39)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import (
    address_change,
    automatic,
    passwords,
    portal_access,
    portal_links,
    portal_tokens,
    sessions,
)
from helpdeskctl.operations.address_change import Proof
from helpdeskctl.operations.portal_access import SignInAgain, WrongPassword
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import access, portal
from helpdeskctl.queries.portal import Visitor
from helpdeskctl.store.tables import ContactAddress, Event, PortalSession, PortalToken, Setting, Ticket
from tests.builders import Builder
from tests.operations.test_registration import mails, reissued

ALICE, NEW = "alice@acme.example", "alice@home.example"
PASSWORD = "quiet brown otter"
RIGHT = Proof(PASSWORD)
HERE = Browser("203.0.113.9")


@pytest.fixture
def build(desk: Desk) -> Builder:
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    builder = Builder(desk)
    builder.department("support", public=True)
    builder.mailbox("support@example.org")
    return builder


def visiting(desk: Desk, build: Builder, **columns: object) -> tuple[Visitor, str]:
    contact = build.contact(ALICE, portal_access=True, **columns)
    secret = sessions.open_session(desk, contact, HERE)
    visitor = portal.visitor(desk, secret)
    assert visitor
    return visitor, secret


def alice(desk: Desk, build: Builder) -> tuple[Visitor, str]:
    return visiting(desk, build, password_hash=passwords.hashed(PASSWORD))


def link_to(desk: Desk, visitor: Visitor, typed: str = NEW) -> str:
    address_change.ask(desk, visitor, typed, RIGHT, peer=HERE.peer)
    newest = PortalToken.select().where(PortalToken.purpose == "change_address").order_by(PortalToken.id.desc())
    return reissued(newest.get())


def addresses(contact_id: int) -> dict[str, bool]:
    return {
        row.address: bool(row.main) for row in ContactAddress.select().where(ContactAddress.contact_id == contact_id)
    }


def test_a_change_needs_the_password_tells_the_old_address_and_waits_for_the_new_one(
    desk: Desk, build: Builder
) -> None:
    visitor, _ = alice(desk, build)
    with pytest.raises(WrongPassword):
        address_change.ask(desk, visitor, NEW, Proof("wrong wrong"), peer=HERE.peer)
    assert mails(ALICE) == mails(NEW) == []
    secret = link_to(desk, visitor, NEW.upper())
    assert (mails(ALICE), mails(NEW)) == (["address_notice"], ["address_change"])
    assert addresses(visitor.contact_id) == {ALICE: True}
    assert address_change.confirm(desk, secret, HERE, keep=False, here=None) == ""
    assert addresses(visitor.contact_id) == {NEW: True}
    assert address_change.confirm(desk, secret, HERE, keep=False, here=None) is None


def test_a_found_session_gives_itself_no_first_password_that_would_change_the_address(
    desk: Desk, build: Builder
) -> None:
    visitor, _ = visiting(desk, build)
    PortalSession.update(created_at=desk.now() - timedelta(hours=1)).execute()
    with pytest.raises(SignInAgain):
        portal_access.set_password(desk, visitor, PASSWORD, current="", browser=HERE)
    with pytest.raises(WrongPassword):
        address_change.ask(desk, visitor, NEW, RIGHT, peer=HERE.peer)
    PortalSession.update(created_at=desk.now()).execute()
    assert portal_access.set_password(desk, visitor, PASSWORD, current="", browser=HERE)


def test_every_other_session_and_open_token_ends(desk: Desk, build: Builder) -> None:
    visitor, first = alice(desk, build)
    second = sessions.open_session(desk, visitor.contact_id, Browser("198.51.100.1"))
    given = {"lasts": timedelta(hours=1), "contact_id": visitor.contact_id, "address": ALICE}
    tokens = [portal_tokens.issue(desk, purpose, **given) for purpose in ("sign_in", "reset", "change_address")]
    fresh = address_change.confirm(desk, link_to(desk, visitor), HERE, keep=False, here=visitor.contact_id)
    assert fresh and portal.visitor(desk, fresh)
    assert [portal.visitor(desk, secret) for secret in (first, second)] == [None, None]
    assert not any(portal.holds(desk, token, "sign_in", "reset", "change_address") for token in tokens)
    assert portal_access.sign_in_by_password(desk, NEW, PASSWORD, HERE)
    with pytest.raises(WrongPassword):
        portal_access.sign_in_by_password(desk, ALICE, PASSWORD, HERE)


def test_requests_follow_to_the_new_address_and_no_one_elses(desk: Desk, build: Builder) -> None:
    visitor, _ = alice(desk, build)
    mine, bobs = build.ticket(requester=ALICE), build.ticket(requester="bob@acme.example")
    address_change.confirm(desk, link_to(desk, visitor), HERE, keep=False, here=None)
    who = access.contact_actor(desk, visitor.contact_id)
    assert [row.id for row in Ticket.select().where(access.visible(who))] == [mine]
    assert Ticket.get(Ticket.id == bobs).requester_address == "bob@acme.example"
    renamed = Event.select().where(Event.verb == "renamed").get()
    assert renamed.data == {"from": ALICE, "to": NEW}


def test_links_in_mails_to_the_old_address_lead_to_the_new_one(desk: Desk, build: Builder) -> None:
    visitor, _ = alice(desk, build)
    url = portal_links.ticket_url(desk, 1001, contact_id=visitor.contact_id, address=ALICE) or ""
    address_change.confirm(desk, link_to(desk, visitor), HERE, keep=False, here=None)
    assert portal.recipient(desk, url.partition("p=")[2]) == NEW


def test_an_address_can_be_added_beside_the_present_one(desk: Desk, build: Builder) -> None:
    visitor, _ = alice(desk, build)
    assert address_change.confirm(desk, link_to(desk, visitor), HERE, keep=True, here=None) == ""
    assert addresses(visitor.contact_id) == {ALICE: True, NEW: False}
    assert access.contact_actor(desk, visitor.contact_id).addresses == {ALICE, NEW}
    assert portal_access.sign_in_by_password(desk, NEW, PASSWORD, HERE)


def test_an_address_of_somebody_else_gets_nothing_and_is_not_taken(desk: Desk, build: Builder) -> None:
    bob = build.contact("bob@acme.example")
    visitor, _ = alice(desk, build)
    address_change.ask(desk, visitor, "Bob@acme.example", RIGHT, peer=HERE.peer)
    assert (mails(ALICE), mails("bob@acme.example")) == (["address_notice"], [])
    late = link_to(desk, visitor, "eve@evil.example")
    eve = build.contact("eve@evil.example", confirmed=False)  # who wrote to us in the meantime
    assert address_change.confirm(desk, late, HERE, keep=False, here=None) is None
    assert (addresses(bob), addresses(eve)) == ({"bob@acme.example": True}, {"eve@evil.example": True})


UNFIT = {
    "support@example.org": "ours",
    "support+1001@example.org": "ours",
    ALICE.upper(): "same",
    "nothing": "none",
    "\u0430lice@acme.example\u2069": "none",
}


def test_addresses_that_cannot_be_hers_are_named(desk: Desk, build: Builder) -> None:
    visitor, _ = alice(desk, build)
    for typed, fault in UNFIT.items():
        with pytest.raises(InvalidInput, match=fault):
            address_change.ask(desk, visitor, typed, RIGHT, peer=HERE.peer)


def test_a_twin_of_an_address_is_another_one_or_none(desk: Desk, build: Builder) -> None:
    build.contact("strasse@acme.example")
    visitor, _ = alice(desk, build)
    with pytest.raises(InvalidInput, match="none"):
        address_change.ask(desk, visitor, "straße@acme.example", RIGHT, peer=HERE.peer)
    address_change.ask(desk, visitor, "\u0430lice@acme.example", RIGHT, peer=HERE.peer)  # a Cyrillic a
    assert mails(ALICE) == ["address_notice"]
    assert addresses(visitor.contact_id) == {ALICE: True}


def test_who_has_no_password_types_the_digits_that_are_mailed_to_the_present_address(
    desk: Desk, build: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, _ = visiting(desk, build)
    nonce = "a" * 32
    monkeypatch.setattr(portal_tokens, "six_digits", lambda: "123456")  # only its hash is kept
    assert address_change.mail_code(desk, visitor, nonce=nonce, peer=HERE.peer)
    assert mails(ALICE) == ["sign_in"]
    for wrong in (Proof(code="654321", nonce=nonce), Proof(code="123456", nonce="b" * 32), Proof(PASSWORD)):
        with pytest.raises(WrongPassword):
            address_change.ask(desk, visitor, NEW, wrong, peer=HERE.peer)
    assert mails(NEW) == []
    assert address_change.ask(desk, visitor, NEW, Proof(code="123 456", nonce=nonce), peer=HERE.peer)
    assert mails(NEW) == ["address_change"]


def test_the_digits_of_somebody_else_prove_nothing(desk: Desk, build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, _ = visiting(desk, build)
    build.contact("eve@evil.example", portal_access=True)
    monkeypatch.setattr(portal_tokens, "six_digits", lambda: "123456")
    portal_access.ask_link(desk, "eve@evil.example", nonce="a" * 32, ticket=None, peer=HERE.peer)
    with pytest.raises(WrongPassword):
        address_change.ask(desk, visitor, NEW, Proof(code="123456", nonce="a" * 32), peer=HERE.peer)


def test_nothing_begins_while_the_present_address_cannot_be_told(desk: Desk, build: Builder) -> None:
    visitor, _ = alice(desk, build)
    mailbox = build.mailbox("support@example.org")
    while automatic.admit(desk, ALICE, mailbox_id=mailbox, kind="news").allowed:
        pass
    with pytest.raises(TooMany):
        address_change.ask(desk, visitor, NEW, RIGHT, peer=HERE.peer)
    assert PortalToken.select().where(PortalToken.purpose == "change_address").count() == 0


def test_an_address_that_is_lost_can_be_left(desk: Desk, build: Builder) -> None:
    visitor, _ = alice(desk, build)
    automatic.suppress(desk, ALICE, reason="no such user")
    assert link_to(desk, visitor)
    assert (mails(ALICE), mails(NEW)) == ([], ["address_change"])
