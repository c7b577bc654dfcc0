"""Who an OpenID provider may let in, and what its token must say (POR-12; CVE-2026-84458 of another desk)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.operations import contact_access, openid_setup, openid_sign_in, passwords, portal_access
from helpdeskctl.operations.openid_sign_in import Arrival, Discovered, NoAccount, Unverified
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.queries import openid as queries
from helpdeskctl.queries import portal
from helpdeskctl.store.secrets import NewSecret
from helpdeskctl.store.tables import Contact, ContactIdentity, PortalSession, Secret, Setting
from tests.builders import Builder, contact_of
from tests.clock import SteppedClock
from tests.operations.test_registration import put
from tests.servers.openid import CLIENT, SECRET, Provider, openid_provider

ALICE = "alice@acme.example"
HERE = Browser("203.0.113.9")
SHE = {"sub": "a-1", "email": ALICE, "email_verified": True, "name": "Alice Muster", "locale": "de-AT"}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with openid_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider, desk: Desk) -> Provider:
    running.reset()
    running.who, running.clock = dict(SHE), lambda: desk.now().timestamp()
    put("portal_url", "https://help.example.org")
    Builder(desk).mailbox()
    openid_setup.put(desk, SYSTEM, running.issuer, CLIENT, secret=NewSecret(SECRET))
    return running


def back(desk: Desk, provider: Provider, found: Discovered | None = None) -> tuple[str, dict[str, str]]:
    """The cookie and the query with which a browser comes back."""
    leaving = openid_sign_in.begin(desk, found or Discovered(), after="/tickets", language="en", peer=HERE.peer)
    return leaving.cookie, dict(parse_qsl(urlsplit(provider.sign_in(leaving.url)).query))


def sign_in(desk: Desk, provider: Provider) -> Arrival:
    cookie, query = back(desk, provider)
    return openid_sign_in.finish(desk, Discovered(), cookie, query, HERE)


def nobody_came_in() -> None:
    assert PortalSession.select().count() == 0
    assert ContactIdentity.select().count() == 0


def test_a_newcomer_with_a_verified_address_is_known_by_issuer_and_subject(desk: Desk, provider: Provider) -> None:
    arrival = sign_in(desk, provider)
    assert (arrival.registered.standing, arrival.after) == ("in", "/tickets")
    visitor = portal.visitor(desk, arrival.registered.secret or "")
    assert visitor and visitor.actor.addresses == {ALICE}
    alice = contact_of(ALICE)
    assert (alice.name, alice.language, alice.origin) == ("Alice Muster", "de", "portal")
    provider.who = {"sub": "a-1", "email": "else@acme.example", "email_verified": False}
    again = sign_in(desk, provider)
    came = portal.visitor(desk, again.registered.secret or "")
    assert came and came.contact_id == alice.id
    assert Contact.select().count() == 1


def test_two_accounts_of_one_verified_address_are_one_contact(desk: Desk, provider: Provider) -> None:
    sign_in(desk, provider)
    provider.who = {**SHE, "sub": "a-2"}
    assert sign_in(desk, provider).registered.standing == "in"
    assert {row.subject for row in ContactIdentity.select()} == {"a-1", "a-2"}


def test_an_address_that_is_not_verified_binds_nobody(desk: Desk, provider: Provider) -> None:
    Builder(desk).contact(ALICE, portal_access=True)
    provider.lies = {"email_verified": False}
    with pytest.raises(Unverified):
        sign_in(desk, provider)
    nobody_came_in()


def test_addresses_of_the_desk_bind_nobody(desk: Desk, provider: Provider) -> None:
    provider.lies = {"email": "support+7@example.org"}
    with pytest.raises(Unverified):
        sign_in(desk, provider)
    nobody_came_in()


def test_an_answer_is_good_once_even_where_the_provider_takes_its_code_again(desk: Desk, provider: Provider) -> None:
    provider.again = True
    cookie, query = back(desk, provider)
    assert openid_sign_in.finish(desk, Discovered(), cookie, query, HERE)
    with pytest.raises(Refused, match="used already"):
        openid_sign_in.finish(desk, Discovered(), cookie, query, HERE)
    assert PortalSession.select().count() == 1


def test_a_code_that_was_used_or_belongs_to_another_attempt_is_refused(desk: Desk, provider: Provider) -> None:
    cookie, query = back(desk, provider)
    other_cookie, other = back(desk, provider)
    stolen = {**other, "code": query["code"]}
    with pytest.raises(Refused, match="does not take the code"):  # PKCE: it was asked for by another browser
        openid_sign_in.finish(desk, Discovered(), other_cookie, stolen, HERE)
    with pytest.raises(Refused, match="does not take the code"):
        openid_sign_in.finish(desk, Discovered(), cookie, query, HERE)
    nobody_came_in()


def test_an_answer_needs_the_browser_that_asked_and_its_state(
    desk: Desk, provider: Provider, clock: SteppedClock
) -> None:
    cookie, query = back(desk, provider)
    elses, _ = back(desk, provider)
    bad = [("", query), ("nonsense", query), (elses, query), (cookie, {**query, "state": ""})]
    bad += [(cookie, {**query, "state": "é"}), (cookie, {n: v for n, v in query.items() if n != "state"})]
    bad += [(desk.keys.seal("{}").decode(), query)]
    for its, given in bad:
        with pytest.raises(Refused):
            openid_sign_in.finish(desk, Discovered(), its, given, HERE)
    clock.advance(601)
    with pytest.raises(Refused, match="too old"):
        openid_sign_in.finish(desk, Discovered(), cookie, query, HERE)
    nobody_came_in()


def test_an_answer_of_another_issuer_or_without_a_code_is_refused(desk: Desk, provider: Provider) -> None:
    for wrong in ({"iss": "https://evil.example"}, {"code": ""}, {"code": "", "error": "access_denied"}):
        cookie, query = back(desk, provider)
        with pytest.raises(Refused):
            openid_sign_in.finish(desk, Discovered(), cookie, query | wrong, HERE)
    assert "/realm/token" not in provider.asked


def test_the_document_is_asked_for_once_an_hour(desk: Desk, provider: Provider, clock: SteppedClock) -> None:
    found = Discovered()
    for _ in range(3):
        back(desk, provider, found)
    assert len(provider.asked) == 1
    clock.advance(3601)
    back(desk, provider, found)
    assert len(provider.asked) == 2


def test_what_was_set_up_for_an_unproven_address_is_void(desk: Desk, provider: Provider) -> None:
    planted = passwords.hashed("eves own password")
    Builder(desk).contact(ALICE, confirmed=False, portal_access=True, password_hash=planted)
    assert sign_in(desk, provider).registered.standing == "in"
    with pytest.raises(portal_access.WrongPassword):
        portal_access.sign_in_by_password(desk, ALICE, "eves own password", HERE)


def test_registration_and_its_domains_decide_about_newcomers(desk: Desk, provider: Provider) -> None:
    put("registration", "invited")
    with pytest.raises(NoAccount):
        sign_in(desk, provider)
    put("registration", "open")
    put("registration_domains", ["muster.example"])
    with pytest.raises(NoAccount):
        sign_in(desk, provider)
    assert Contact.select().count() == 0
    put("registration_domains", [])
    put("registration", "confirm")
    assert sign_in(desk, provider).registered.standing == "waiting"
    contact_access.portal(desk, SYSTEM, ALICE, on=True)
    assert sign_in(desk, provider).registered.standing == "in"


def test_whom_an_agent_keeps_out_and_whose_time_is_over_stay_out(desk: Desk, provider: Provider) -> None:
    sign_in(desk, provider)
    contact_access.portal(desk, SYSTEM, ALICE, on=False)
    assert sign_in(desk, provider).registered.standing == "closed"
    contact_access.portal(desk, SYSTEM, ALICE, on=True, last="2020-01-31")
    assert sign_in(desk, provider).registered.standing == "closed"
    assert PortalSession.select().count() == 0


def test_the_secret_is_sealed_and_goes_with_the_provider(desk: Desk, provider: Provider) -> None:
    row = Secret.get(Secret.purpose == "openid")
    assert SECRET.encode() not in (row.sealed or b"")
    assert queries.secret(desk) == SECRET
    sign_in(desk, provider)
    again = openid_setup.put(desk, SYSTEM, provider.issuer, CLIENT)
    assert (again.action, queries.secret(desk)) == ("unchanged", SECRET)
    openid_setup.put(desk, SYSTEM, provider.issuer, "another-client")
    assert queries.secret(desk) is None  # a secret never goes to another client or issuer than it was given for
    assert openid_setup.remove(desk, SYSTEM).action == "deleted"
    assert queries.setup(desk) is None
    assert ContactIdentity.select().count() == 0
    assert not Setting.select().where(Setting.key.startswith("openid")).exists()
    with pytest.raises(NotFound):
        openid_sign_in.begin(desk, Discovered(), after="/", language="en", peer=HERE.peer)
