"""Mail that says to be somebody's: cases 4, 5, 6, 7, 8 and 10."""

from __future__ import annotations

from typing import Any

import pytest

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.domain.references import Audience
from helpdeskctl.errors import HelpdeskError, InvalidInput
from helpdeskctl.operations import passwords, portal_access, portal_tokens, setup
from helpdeskctl.operations.portal_access import WrongPassword
from helpdeskctl.operations.portal_drafts import Form
from helpdeskctl.operations.portal_requests import Guest, NewRequest, guest_request
from helpdeskctl.operations.portal_tokens import Redeemed
from helpdeskctl.operations.sessions import Browser
from helpdeskctl.operations.settings import put
from helpdeskctl.queries import portal
from helpdeskctl.queries.portal_forms import Subject
from helpdeskctl.store.tables import (
    Company,
    CompanyDomain,
    Contact,
    ContactAddress,
    Department,
    Message,
    Participant,
    PortalSession,
)
from tests.post import SUPPORT, letter
from tests.security.scene import ALICE, ANN, BOB, EVE, FIRST, Scene

PASSWORD = "quiet brown otter"
BROWSER = Browser("192.0.2.1", "test")


class TestCase4:
    """Spoofed From of an agent, with and without a true notification id: no agent message, nothing to customers."""

    @pytest.mark.parametrize("audience", list(Audience))
    @pytest.mark.parametrize("whole", [True, False], ids=["true id", "forged id"])
    def test_no_agent_speaks_and_no_customer_hears(self, scene: Scene, audience: Audience, whole: bool) -> None:
        token = scene.token(audience) if whole else f"{scene.token(audience)[:-3]}aaa"
        lines = f"In-Reply-To: <{token}@example.org>\nCc: {ALICE}"
        scene.pipe(letter("Re: Printer", sender=f"Ann <{ANN}>", text="Pay to this account", lines=lines))
        spoken = list(Message.select().where(Message.agent_id.is_null(False)))
        assert [message.kind for message in spoken] == []
        assert [m.direction for m in Message.select()] == ["in", "in"]
        assert {address for delivery in scene.sent() for address in delivery.rcpt_tos} <= {ANN}
        assert len(scene.security_events()) == (1 if whole else 0)

    def test_not_by_the_subject_tag_either(self, scene: Scene) -> None:
        scene.pipe(letter(f"Re: [Support#{scene.number}] Printer", sender=ANN, text="Pay"))
        assert not Message.select().where(Message.agent_id.is_null(False)).exists()
        assert scene.sent() == []
        assert len(scene.security_events()) == 1


class TestCase5:
    """Spoofed requester with Cc: eve: eve gets no mail with ticket text, and T1 is not there for her."""

    @pytest.mark.parametrize("named", ["reference", "token", "tag", "closed for good"])
    def test_eve_gets_nothing_and_sees_nothing(self, scene: Scene, named: str) -> None:
        if named == "closed for good":
            Department.update(reopen="never").execute()
            scene.desk.database.execute("UPDATE ticket SET billed = 1")
        by: dict[str, dict[str, Any]] = {
            "reference": {"lines": f"In-Reply-To: {FIRST}\nCc: {EVE}"},
            "token": {"lines": f"In-Reply-To: <{scene.token()}@example.org>\nCc: {EVE}"},
            "tag": {"subject": f"[Support#{scene.number}] x", "lines": f"Cc: {EVE}\nReply-To: {EVE}"},
            "closed for good": {"subject": f"[Support#{scene.number}] x", "lines": f"Cc: {EVE}"},
        }
        scene.pipe(letter(**{"text": "Please tell all"} | by[named]))
        assert [p.state for p in Participant.select()] == ["suggested"]
        scene.answer("The secret number is 4711.")
        assert [delivery.rcpt_tos for delivery in scene.sent()] == [(ALICE,)]
        Contact.update(portal_access=True).execute()
        ContactAddress.update(confirmed_at=scene.desk.now()).execute()
        assert scene.sees(ALICE)
        assert not scene.sees(EVE)


class TestCase6:
    """Ticket Trick: a foreign service's mail becomes a ticket; who claims its address unproven sees nothing of it."""

    def test_an_unconfirmed_account_of_that_address_sees_nothing(self, scene: Scene) -> None:
        scene.pipe(letter("Confirm", sender="no-reply@saas.example", text="https://saas.example/confirm/123"))
        number = scene.newest().id
        Contact.update(portal_access=True).execute()
        assert not scene.sees("no-reply@saas.example", number)
        who = portal.customer(scene.desk, "no-reply@saas.example")
        assert who is None or not who.confirmed
        assert scene.sent() == []

    @pytest.mark.parametrize("address", [SUPPORT, "Support@Example.org", "help@example.org"])
    def test_our_own_addresses_write_no_requests_and_are_nobody_s(self, scene: Scene, address: str) -> None:
        setup.edit(scene.desk, SYSTEM, "mailbox", SUPPORT, {"aliases": ["help@example.org"]})
        with pytest.raises(InvalidInput):
            guest_request(scene.desk, Guest(address), form("n1"), request("Hello"))
        scene.pipe(letter("Hello", sender=address))
        assert not ContactAddress.select().where(ContactAddress.confirmed_at.is_null(False)).exists()
        assert scene.sent() == []


class TestCase7:
    """Eve sets up alice's address first: it opens nothing; once alice confirms, what eve had is dead."""

    def test_what_was_set_up_before_the_proof_is_void(self, scene: Scene) -> None:
        put(scene.desk, SYSTEM, "portal_url", "https://help.example.org")
        guest_request(scene.desk, Guest("new@acme.example"), form("n1"), request("Eve wrote this"))
        row = ContactAddress.get(ContactAddress.address == "new@acme.example")
        hashed = passwords.hashed(PASSWORD)
        Contact.update(portal_access=True, password_hash=hashed).where(Contact.id == row.contact_id).execute()
        with pytest.raises(WrongPassword):
            portal_access.sign_in_by_password(scene.desk, "new@acme.example", PASSWORD, BROWSER)
        PortalSession.insert(
            id_sha256="e" * 64, contact_id=row.contact_id, created_at=scene.desk.now(), seen_at=scene.desk.now()
        ).execute()
        reset = portal_tokens.issue(
            scene.desk, "reset", lasts=portal_access.RESET_LASTS, contact_id=row.contact_id, address=row.address
        )
        portal_access.prove(scene.desk, Redeemed(row.contact_id, row.address, None))
        assert PortalSession.select().count() == 0
        assert portal_access.reset_password(scene.desk, reset, "another brown otter", BROWSER) is None
        with pytest.raises(WrongPassword):
            portal_access.sign_in_by_password(scene.desk, "new@acme.example", PASSWORD, BROWSER)


class TestCase8:
    """From variants: none is attributed to alice, all are stored."""

    @pytest.mark.parametrize(
        "head",
        [
            f"From: {ALICE}\r\nFrom: {EVE}",
            f"From: {EVE}\r\nFrom: {ALICE}",
            f"From: {ALICE}, {EVE}",
            f"From: {ALICE}\x00 <{EVE}>",
            f"From: {ALICE}\x00",
            f"From: {ALICE} )bob@evil.example",
            f"From: {ALICE}@evil.example",
            f"From: <{ALICE}@evil.example>",
            f'From: "{ALICE}" <{EVE}>',
            f"From: =?utf-8?q?alice=40acme=2Eexample?= <{EVE}>",
            f"From: =?utf-8?q?=3Calice=40acme=2Eexample=3E?= <{EVE}>",
            "From: =?utf-8?q?alice=40acme=2Eexample?=",
            f"From: friends: {ALICE}, {EVE};",
            f"From: friends: {ALICE};",
            "From: alice@acme.example.",
            "From: alice@acme.ex\u0430mple",
            "From: \u0430lice@acme.example",
            "From: alice\u200b@acme.example",
            "From: alice+x@acme.example",
            "From: alice@[acme.example]",
            f"From: {ALICE} <>",
            "From: <>",
            "From:",
            "Subject: no From",
        ],
    )
    def test_none_is_alice(self, scene: Scene, head: str) -> None:
        before, count = scene.state(), len(scene.tickets())
        raw = f"{head}\r\nTo: {SUPPORT}\r\nReply-To: {ALICE}\r\nIn-Reply-To: {FIRST}\r\n\r\nHi".encode()
        word = scene.pipe(raw)
        if head == "From: alice@acme.example.":  # the root's dot: the same domain (RFC 1034 3.1)
            assert word in {"add", "open", "quarantine"}
            return
        assert word in {"open", "quarantine"}
        assert scene.state() == before
        assert not [ticket for ticket in scene.tickets()[count:] if ticket.requester_address == ALICE]
        assert scene.desk.blobs.get(scene.row().raw_sha256 or "") == raw


class TestCase10:
    """A company by mail domain or form field gives no sight of others' tickets; free-mail domains cannot be claimed."""

    def test_a_colleague_by_domain_sees_and_changes_nothing(self, scene: Scene) -> None:
        company = Company.insert(key="acme", name="Acme", created_at=scene.desk.now()).execute()
        CompanyDomain.insert(domain="acme.example", company_id=company).execute()
        Contact.update(company_id=company).execute()
        scene.desk.database.execute(f"UPDATE ticket SET company_id = {company}")
        before = scene.state()
        assert scene.pipe(letter(f"[Support#{scene.number}] me too", sender=BOB)) == "open"
        assert scene.state() == before
        Contact.update(portal_access=True).execute()
        ContactAddress.update(confirmed_at=scene.desk.now()).execute()
        bob = Contact.get(Contact.id == ContactAddress.get(ContactAddress.address == BOB).contact_id)
        assert (bob.company_id, bob.main_contact) == (company, False)
        assert not scene.sees(BOB)

    @pytest.mark.parametrize("domain", ["gmail.com", "web.de", "outlook.com"])
    def test_a_free_mail_domain_is_no_company_s(self, scene: Scene, domain: str) -> None:
        with pytest.raises(HelpdeskError):
            setup.create(scene.desk, SYSTEM, "company", "shop", {"name": "Shop", "domains": [domain]})


def form(nonce: str) -> Form:
    return Form(nonce, "/requests/new", None, "192.0.2.1")


def request(subject: str) -> NewRequest:
    Department.update(public=True).execute()
    key = Department.get(Department.key == "support")
    return NewRequest(Subject(f"d{key.id}", "Support", key.id, None), subject, "Body")
