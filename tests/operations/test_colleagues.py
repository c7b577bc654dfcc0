"""What a main contact does about the people of the company, and what stays an agent's to say (CON-1, CON-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import HelpdeskError, InvalidInput, NotFound, Refused
from helpdeskctl.operations import colleagues, contact_access, portal_access, sessions
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import access, portal
from helpdeskctl.queries import colleagues as queries
from helpdeskctl.store.tables import (
    CompanyDomain,
    Contact,
    ContactAddress,
    Event,
    OutgoingMail,
    PortalToken,
    RateLimit,
    Setting,
)
from tests.builders import Builder
from tests.outgoing import sent_by, text_of
from tests.servers.smtp import SmtpSink

ALICE, BOB, CARL, EVE = "alice@acme.example", "bob@acme.example", "carl@acme.example", "eve@beta.example"


@pytest.fixture
def carl(desk: Desk, build: Builder) -> Actor:
    """The main contact of a company that claims its domain."""
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    contact = build.contact(CARL, company="acme", main_contact=True, portal_access=True)
    CompanyDomain.insert(domain="acme.example", company_id=build.company("acme")).execute()
    return access.contact_actor(desk, contact)


def row(address: str) -> Contact:
    found: Contact = Contact.get(Contact.id == ContactAddress.get(ContactAddress.address == address).contact_id)
    return found


def let_in(address: str) -> bool:
    return bool(row(address).portal_access)


def told() -> list[str]:
    return [mail.event for mail in OutgoingMail.select().order_by(OutgoingMail.id)]


def states(desk: Desk, who: Actor) -> dict[str, str]:
    return {person.address: person.state for person in queries.people(desk, who).colleagues}


def test_a_colleague_is_invited_by_a_link_to_a_password_and_joins_the_company(
    desk: Desk, carl: Actor, smtp: SmtpSink
) -> None:
    colleagues.invite(desk, carl, " New@Acme.example ", name="New Person")
    (mail,) = sent_by(desk, smtp)
    secret = text_of(mail).partition("https://help.example.org/reset/")[2].split()[0]
    assert mail.rcpt_tos == ("new@acme.example",) and states(desk, carl)["new@acme.example"] == "invited"
    assert portal_access.reset_password(desk, secret, "quiet brown otter", Browser()) is not None
    new = row("new@acme.example")
    assert (new.name, new.main_contact, states(desk, carl)["new@acme.example"]) == ("New Person", False, "open")
    assert new.company_id == carl.company_id


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("nonsense", InvalidInput), ("support@example.org", InvalidInput), (EVE, Refused),
        ("x@sub.acme.example", Refused), ("x@notacme.example", Refused), ("x@gmail.com", Refused),
    ],
)  # fmt: skip
def test_only_addresses_of_the_companys_own_domains_are_invited(
    desk: Desk, carl: Actor, address: str, error: type[HelpdeskError]
) -> None:
    with pytest.raises(error):
        colleagues.invite(desk, carl, address)
    assert told() == [] and Contact.select().count() == 1


@pytest.mark.parametrize("why", ["other company", "kept out by an agent", "period over", "not begun", "unproven alias"])
def test_what_an_agent_said_stands_and_nobody_of_another_company_is_taken_over(
    desk: Desk, build: Builder, carl: Actor, ann: Actor, why: str
) -> None:
    day = desk.now().date()
    columns = {
        "other company": {"company": "beta"},
        "period over": {"company": "acme", "portal_until": (day - timedelta(days=1)).isoformat()},
        "not begun": {"company": "acme", "portal_from": (day + timedelta(days=9)).isoformat()},
    }.get(why, {"company": "acme"})
    if why == "unproven alias":
        eve = build.contact(EVE, company="acme")
        ContactAddress.insert(address=BOB, contact_id=eve).execute()
    else:
        build.contact(BOB, **columns)
    if why == "kept out by an agent":
        contact_access.portal(desk, ann, BOB, on=False)
    before = row(BOB)
    assert colleagues.invite(desk, carl, BOB) is None
    after = row(BOB)
    assert (after.portal_access, after.company_id, after.portal_until) == (
        False,
        before.company_id,
        before.portal_until,
    )
    assert told() == []
    assert Event.select().where(Event.verb == "invited_in_vain").count() == 1


def test_an_hour_has_its_limit_of_invitations(desk: Desk, carl: Actor) -> None:
    with pytest.raises(TooMany):
        for n in range(21):
            colleagues.invite(desk, carl, f"p{n}@acme.example")


def test_a_colleague_is_shut_out_at_once_and_let_in_again_by_a_main_contact(
    desk: Desk, build: Builder, carl: Actor
) -> None:
    bob = build.contact(BOB, company="acme", portal_access=True)
    secret = sessions.open_session(desk, bob, Browser())
    assert portal_access.ask_reset(desk, BOB, peer="203.0.113.9")
    colleagues.close(desk, carl, bob)
    assert portal.visitor(desk, secret) is None and states(desk, carl)[BOB] == "closed"
    assert row(BOB).portal_refused and PortalToken.get(PortalToken.purpose == "reset").used_at is not None
    assert colleagues.invite(desk, carl, BOB) is not None
    assert let_in(BOB) and not row(BOB).portal_refused and portal.visitor(desk, secret) is None


def test_what_an_agent_says_later_counts_for_more_than_a_main_contact(
    desk: Desk, build: Builder, carl: Actor, ann: Actor
) -> None:
    bob = build.contact(BOB, company="acme", portal_access=True)
    colleagues.close(desk, carl, bob)
    contact_access.portal(desk, ann, BOB, on=True)
    contact_access.portal(desk, ann, BOB, on=False)
    colleagues.close(desk, carl, bob)
    assert colleagues.invite(desk, carl, BOB) is None and not let_in(BOB)


def test_an_agents_no_stands_also_after_a_main_contacts(desk: Desk, build: Builder, carl: Actor, ann: Actor) -> None:
    colleagues.close(desk, carl, build.contact(BOB, company="acme", portal_access=True))
    assert contact_access.portal(desk, ann, BOB, on=False).action == "updated"
    assert contact_access.portal(desk, ann, BOB, on=False).action == "unchanged"
    assert colleagues.invite(desk, carl, BOB) is None and not let_in(BOB)


def test_main_contacts_come_and_go_and_the_last_one_stays(desk: Desk, build: Builder, carl: Actor) -> None:
    bob = build.contact(BOB, company="acme", portal_access=True)
    with pytest.raises(Refused):
        colleagues.make_main(desk, carl, carl.id or 0, on=False)
    with pytest.raises(Refused):
        colleagues.make_main(desk, carl, build.contact(ALICE, company="acme"), on=True)
    with pytest.raises(Refused):
        colleagues.close(desk, carl, carl.id or 0)
    colleagues.make_main(desk, carl, bob, on=True)
    Contact.update(portal_until="2001-01-01").where(Contact.id == bob).execute()
    with pytest.raises(Refused):
        colleagues.make_main(desk, carl, carl.id or 0, on=False)
    Contact.update(portal_until=None).where(Contact.id == bob).execute()
    colleagues.make_main(desk, carl, carl.id or 0, on=False)
    assert (row(CARL).main_contact, row(BOB).main_contact) == (False, True)
    with pytest.raises(NotFound):  # as they were when the request began
        colleagues.make_main(desk, carl, carl.id or 0, on=True)
    data = [event.data for event in Event.select().where(Event.object_key == BOB, Event.verb == "updated")]
    assert data == [{"main_contact": {"from": False, "to": True}}]


def test_nobody_else_reaches_a_companys_people(desk: Desk, build: Builder, carl: Actor, ann: Actor) -> None:
    bob = access.contact_actor(desk, build.contact(BOB, company="acme", portal_access=True))
    build.company("beta")
    eve = access.contact_actor(desk, build.contact(EVE, company="beta", main_contact=True, portal_access=True))
    dan = access.contact_actor(desk, build.contact("dan@acme.example", company="acme"))
    acting = replace(dan, acting_for=carl, company_id=carl.company_id)
    for who in (bob, eve, acting, ann, SYSTEM):
        with pytest.raises(NotFound):
            colleagues.make_main(desk, who, bob.id or 0, on=True)
        with pytest.raises(NotFound):
            colleagues.close(desk, who, bob.id or 0)
        RateLimit.delete().execute()
        if who is not eve:
            with pytest.raises(NotFound):
                colleagues.invite(desk, who, "x@acme.example")
    assert let_in(BOB) and not row(BOB).main_contact
    with pytest.raises(Refused):
        colleagues.invite(desk, eve, "x@acme.example")


def test_a_large_company_is_read_page_by_page(desk: Desk, build: Builder, carl: Actor) -> None:
    for n in range(110):
        build.contact(f"p{n}@acme.example", company="acme", name=f"Same {n % 3}")
    after, seen = None, list[str]()
    for _ in range(3):
        page = queries.people(desk, carl, after=after)
        seen += [person.address for person in page.colleagues]
        after = page.next
    assert after is None and len(seen) == len(set(seen)) == 111


def test_an_alias_at_the_companys_domain_does_not_bring_a_private_contact_into_the_company(
    desk: Desk, build: Builder, carl: Actor
) -> None:
    """They would show their main address and name to the company, and the company could close the portal to them."""
    alice = build.contact("alice@home.example", portal_access=True)
    ContactAddress.insert(address=ALICE, contact_id=alice, confirmed_at=desk.now()).execute()
    assert colleagues.invite(desk, carl, ALICE) is None
    assert "alice@home.example" not in states(desk, carl) and row(ALICE).company_id is None and told() == []
    with pytest.raises(NotFound):
        colleagues.close(desk, carl, alice)
