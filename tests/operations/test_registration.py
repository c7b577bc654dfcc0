"""Who registers, who may, who waits, and who stays out (POR-1, CON-1, security 6, 7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.operations import (
    contact_access,
    contacts,
    passwords,
    portal_access,
    portal_tokens,
    registration,
    sessions,
)
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import access, overview, portal
from helpdeskctl.queries import registration as queries
from helpdeskctl.queries import setup as stored
from helpdeskctl.queries.registration import Newcomer
from helpdeskctl.store.tables import (
    CompanyDomain,
    Contact,
    ContactAddress,
    Mailbox,
    MailboxAddress,
    OutgoingMail,
    OutgoingRecipient,
    PortalDraft,
    PortalToken,
    Setting,
    Ticket,
)
from tests.builders import Builder, contact_of
from tests.clock import SteppedClock

ALICE = "alice@acme.example"
HERE = Browser("203.0.113.9")


def put(key: str, value: object) -> None:
    Setting.insert(key=key, value=value).on_conflict(
        conflict_target=[Setting.key], update={Setting.value: value}
    ).execute()


@pytest.fixture
def build(desk: Desk) -> Builder:
    put("portal_url", "https://help.example.org")
    builder = Builder(desk)
    builder.department("support", public=True)
    builder.mailbox("support@example.org")
    return builder


def mails(address: str) -> list[str]:
    theirs = OutgoingRecipient.select(OutgoingRecipient.outgoing_id).where(OutgoingRecipient.address == address)
    return [row.event for row in OutgoingMail.select().where(OutgoingMail.id.in_(theirs)).order_by(OutgoingMail.id)]


def link_to(desk: Desk, address: str, name: str = "Alice", language: str = "de") -> str:
    """The secret of the link that was mailed: its text is not kept, so another one is put in its place."""
    registration.ask(desk, Newcomer(address, name, language), nonce="0" * 32, peer=HERE.peer)
    assert mails(address.casefold())[-1] == "registration"
    newest = PortalToken.select().where(PortalToken.purpose == "register").order_by(PortalToken.id.desc()).get()
    return reissued(newest)


def reissued(row: PortalToken) -> str:
    secret = f"known to the test {row.id}"
    mark = portal.fingerprint(secret)
    PortalDraft.update(nonce_sha256=mark).where(PortalDraft.nonce_sha256 == row.secret_sha256).execute()
    PortalToken.update(secret_sha256=mark).where(PortalToken.id == row.id).execute()
    return secret


def test_nobody_comes_into_being_before_the_address_is_proven(desk: Desk, build: Builder) -> None:
    secret = link_to(desk, "Alice@ACME.example")
    assert Contact.select().count() == 0
    done = registration.confirm(desk, secret, HERE, name="Alice Muster")
    assert done and done.standing == "in" and done.secret
    alice = contact_of(ALICE)
    assert (alice.name, alice.language, alice.origin, bool(alice.portal_access)) == (
        "Alice Muster",
        "de",
        "portal",
        True,
    )
    visitor = portal.visitor(desk, done.secret)
    assert visitor and visitor.actor.addresses == {ALICE}


def test_a_link_is_good_once_and_for_a_day(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    first, second = link_to(desk, ALICE), link_to(desk, "bob@acme.example")
    third = link_to(desk, ALICE)
    assert registration.confirm(desk, first, HERE)
    assert registration.confirm(desk, first, HERE) is None
    assert registration.confirm(desk, third, HERE) is None  # who is in needs no second link that signs in
    clock.advance(24 * 3600 + 1)
    assert registration.confirm(desk, second, HERE) is None
    assert Contact.select().count() == 1


def test_a_link_for_another_purpose_registers_nobody(desk: Desk, build: Builder) -> None:
    contact = build.contact(ALICE)
    secret = portal_tokens.issue(desk, "confirm", lasts=timedelta(hours=1), contact_id=contact, address=ALICE)
    assert registration.confirm(desk, secret, HERE) is None
    assert not contact_of(ALICE).portal_access


def test_what_was_set_up_before_the_proof_is_void(desk: Desk, build: Builder) -> None:
    planted = passwords.hashed("eves own password")
    contact = build.contact(ALICE, confirmed=False, portal_access=False, password_hash=planted)
    session = sessions.open_session(desk, contact, Browser("198.51.100.1"))
    with pytest.raises(portal_access.WrongPassword):
        portal_access.sign_in_by_password(desk, ALICE, "eves own password", HERE)
    assert registration.confirm(desk, link_to(desk, ALICE), HERE)
    assert contact_of(ALICE).password_hash is None
    assert portal.visitor(desk, session) is None
    with pytest.raises(portal_access.WrongPassword):
        portal_access.sign_in_by_password(desk, ALICE, "eves own password", HERE)


def test_a_password_chosen_behind_the_link_signs_in(desk: Desk, build: Builder) -> None:
    secret = link_to(desk, ALICE)
    with pytest.raises(InvalidInput, match="short"):
        registration.confirm(desk, secret, HERE, password="short")
    assert registration.confirm(desk, secret, HERE, password="quiet brown otter")
    assert portal_access.sign_in_by_password(desk, ALICE, "quiet brown otter", HERE)


UNFIT = {
    "support@example.org": "ours",
    "SUPPORT@example.org": "ours",
    "support+1001.abc@example.org": "ours",
    "help@example.net": "ours",
    "help+x@example.net": "ours",
    "no address": "none",
    "a@b.example, c@d.example": "none",
}


def test_addresses_of_the_desk_cannot_be_registered(desk: Desk, build: Builder) -> None:
    MailboxAddress.insert(address="help@example.net", mailbox_id=Mailbox.get().id).execute()
    for typed, fault in UNFIT.items():
        with pytest.raises(InvalidInput, match=fault):
            registration.ask(desk, Newcomer(typed), nonce="0" * 32, peer=HERE.peer)
    assert PortalToken.select().count() == 0


def test_a_twin_of_an_address_is_nobody_or_somebody_else(desk: Desk, build: Builder) -> None:
    build.contact("strasse@acme.example", portal_access=True)
    for typed in ("stra\u00dfe@acme.example", "\uff53trasse@acme.example", "strasse@acme.example\u200b"):
        with pytest.raises(InvalidInput, match="none"):
            registration.ask(desk, Newcomer(typed), nonce="0" * 32, peer=HERE.peer)
    cyrillic = Newcomer("str\u0430sse@acme.example")  # its a is another letter: somebody else, whom no mail reaches
    assert registration.ask(desk, cyrillic, nonce="0" * 32, peer=HERE.peer) is None
    assert [row.address for row in PortalToken.select()] == [cyrillic.address]
    assert mails("strasse@acme.example") == []


def test_only_addresses_of_the_domains_that_were_set_can_register(desk: Desk, build: Builder) -> None:
    put("registration_domains", ["acme.example", "münchen.example"])
    for typed in ("eve@evil.example", "eve@acme.example.evil.example", "eve@sub.acme.example"):
        with pytest.raises(InvalidInput, match="domain"):
            registration.ask(desk, Newcomer(typed), nonce="0" * 32, peer=HERE.peer)
    for typed in (ALICE, "bob@xn--mnchen-3ya.example"):
        assert registration.ask(desk, Newcomer(typed), nonce="0" * 32, peer=HERE.peer)


def test_where_registration_is_closed_neither_form_nor_link_do_anything(desk: Desk, build: Builder) -> None:
    secret = link_to(desk, ALICE)
    for mode in ("invited", "off"):
        put("registration", mode)
        with pytest.raises(NotFound):
            registration.ask(desk, Newcomer(ALICE), nonce="0" * 32, peer=HERE.peer)
        assert registration.confirm(desk, secret, HERE) is None
    assert Contact.select().count() == 0


def test_who_is_in_already_gets_the_ordinary_mail(desk: Desk, build: Builder) -> None:
    build.contact(ALICE, portal_access=True)
    assert registration.ask(desk, Newcomer(ALICE), nonce="0" * 32, peer=HERE.peer)
    put("sign_in", "password")
    assert registration.ask(desk, Newcomer(ALICE), nonce="1" * 32, peer=HERE.peer)
    assert mails(ALICE) == ["sign_in", "reset"]


def test_a_second_address_that_nobody_proved_opens_nothing(desk: Desk, build: Builder) -> None:
    contact = build.contact(ALICE, portal_access=True)
    ContactAddress.insert(address="eve@evil.example", contact_id=contact).execute()
    assert registration.ask(desk, Newcomer("eve@evil.example"), nonce="0" * 32, peer=HERE.peer) is None
    assert mails("eve@evil.example") == []


def test_a_registered_address_joins_its_company_never_as_main_contact(desk: Desk, build: Builder) -> None:
    company = build.company("acme")
    CompanyDomain.insert(domain="acme.example", company_id=company).execute()
    registration.confirm(desk, link_to(desk, ALICE), HERE)
    alice = contact_of(ALICE)
    assert (alice.company_id, bool(alice.main_contact)) == (company, False)


def test_who_has_to_be_confirmed_waits_for_an_agents_yes(desk: Desk, build: Builder) -> None:
    put("registration", "confirm")
    ann = build.actor("ann@example.org") if build.agent("ann@example.org", support="agent") else None
    assert ann
    done = registration.confirm(desk, link_to(desk, ALICE), HERE, password="quiet brown otter")
    assert done and (done.standing, done.secret) == ("waiting", None)
    with pytest.raises(portal_access.AccessEnded):
        portal_access.sign_in_by_password(desk, ALICE, "quiet brown otter", HERE)
    listed = stored.list_of(desk, "contact", among=queries.waiting())
    assert [item.key for item in listed] == [ALICE]
    assert overview.overview(desk).registrations == 1
    change = contact_access.portal(desk, ann, ALICE, on=True)
    assert change.action == "updated"
    assert mails(ALICE) == ["registration", "welcome"]
    assert queries.waiting() == []
    assert portal_access.sign_in_by_password(desk, ALICE, "quiet brown otter", HERE)


def test_no_is_an_answer_for_good_until_an_agent_says_yes(desk: Desk, build: Builder) -> None:
    put("registration", "confirm")
    build.agent("ann@example.org", support="agent")
    ann = build.actor("ann@example.org")
    registration.confirm(desk, link_to(desk, ALICE), HERE)
    assert contact_access.portal(desk, ann, ALICE, on=False).action == "updated"
    assert contact_access.portal(desk, ann, ALICE, on=False).action == "unchanged"
    assert queries.waiting() == []
    put("registration", "open")
    done = registration.confirm(desk, link_to(desk, ALICE), HERE)
    assert done and done.standing == "closed"
    assert not contact_of(ALICE).portal_access
    contact_access.portal(desk, ann, ALICE, on=True)
    assert not contact_of(ALICE).portal_refused
    assert mails(ALICE) == ["registration", "registration"]  # nobody waited: no welcome unless it is asked for


def test_taking_access_away_voids_links_that_are_on_their_way(desk: Desk, build: Builder) -> None:
    secret = link_to(desk, ALICE)
    build.contact(ALICE, confirmed=False)
    build.agent("ann@example.org", support="agent")
    contact_access.portal(desk, build.actor("ann@example.org"), ALICE, on=False)
    assert registration.confirm(desk, secret, HERE) is None


def test_a_period_stays_as_an_agent_has_set_it(desk: Desk, build: Builder) -> None:
    build.contact(ALICE, portal_access=True, portal_until="2020-01-31")
    done = registration.confirm(desk, link_to(desk, ALICE), HERE)
    assert done and done.standing == "closed"
    assert contact_of(ALICE).portal_until == "2020-01-31"


GUESTS = (  # registration, its domains, kept out by an agent, let in
    ("open", [], False, True),
    ("open", [], True, False),
    ("open", ["other.example"], False, False),
    ("confirm", [], False, False),
    ("off", [], False, False),
)


def test_a_guests_confirmation_opens_the_portal_where_everybody_may_register(desk: Desk, build: Builder) -> None:
    for count, (mode, domains, refused, opened) in enumerate(GUESTS):
        put("registration", mode)
        put("registration_domains", domains)
        guest = f"guest{count}@acme.example"
        number = build.ticket(requester=guest, proven=False)
        contact = contacts.known_or_new(desk, guest)
        Contact.update(portal_refused=refused, portal_access=False).where(Contact.id == contact).execute()
        secret = portal_tokens.issue(
            desk, "confirm", lasts=timedelta(hours=1), contact_id=contact, address=guest, ticket=number
        )
        assert portal_access.confirm_request(desk, secret) == number
        assert bool(contact_of(guest).portal_access) is opened, (mode, domains, refused)
    assert queries.waiting() == []


def test_a_request_of_an_address_that_is_gone_meanwhile_is_confirmed_by_nobody(desk: Desk, build: Builder) -> None:
    number = build.ticket(requester=ALICE, proven=False)
    contact = contact_of(ALICE).id
    secret = portal_tokens.issue(
        desk, "confirm", lasts=timedelta(hours=1), contact_id=contact, address=ALICE, ticket=number
    )
    ContactAddress.update(address="alice@home.example").where(ContactAddress.address == ALICE).execute()
    assert portal_access.confirm_request(desk, secret) is None
    assert not Contact.get(Contact.id == contact).portal_access


def test_a_guest_confirms_no_address_into_the_hands_of_whom_it_may_not_be(desk: Desk, build: Builder) -> None:
    eve = build.contact("eve@evil.example", portal_access=True)
    ContactAddress.insert(address="boss@acme.example", contact_id=eve).execute()
    number = build.ticket("Salaries", requester="boss@acme.example", proven=False)
    given = {"lasts": timedelta(hours=1), "contact_id": eve, "address": "boss@acme.example", "ticket": number}
    assert portal_access.confirm_request(desk, portal_tokens.issue(desk, "confirm", **given)) is None
    who = access.contact_actor(desk, eve)
    assert who.addresses == {"eve@evil.example"}
    assert not [row.id for row in Ticket.select().where(access.visible(who))]
