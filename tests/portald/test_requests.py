"""New requests, signed in and as a guest; what is kept when they cannot be sent (POR-3, security 13, 27, 47)."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest

from helpdeskctl.operations import sessions
from helpdeskctl.store.tables import (
    Attachment,
    Blob,
    Contact,
    ContactAddress,
    Department,
    Message,
    PortalDraft,
    Ticket,
    Topic,
    Upload,
)
from portald.tokens import FormToken, Tokens
from tests.portald.browser import Answer, Browser
from tests.portald.conftest import Portal, link_in

GUEST = {"subject": "Broken chair", "body": "It broke."}


def ticket_of(address: str) -> Ticket:
    return Ticket.get(Ticket.requester_address == address)


def open_to_all(portal: Portal, key: str) -> int:
    number = portal.build.department(key)
    Department.update(public=True).where(Department.id == number).execute()
    return number


def patient(portal: Portal) -> Browser:
    """A guest with the form before him who takes the time that people take: the form is a minute old."""
    browser = portal.browser()
    page = browser.get("/new")
    token = page.form("/new").fields["form"]
    older = Tokens(portal.desk.keys.key("portal-form")).make(
        None, None, now=portal.desk.now(), again=FormToken(token.split(".")[1], age=timedelta(minutes=1))
    )
    page.body = page.body.replace(token.encode(), older.encode())
    return browser


def test_a_customers_request_opens_a_ticket_in_the_department_that_was_chosen(portal: Portal) -> None:
    open_to_all(portal, "workshop")
    address = portal.customer()
    browser = portal.signed_in(address)
    offered = browser.get("/new")
    assert "Workshop" in offered.words
    key = re.search(r'value="(d[0-9]+)"[^>]*><label[^>]*><bdi>Support', offered.text)
    assert key
    page = browser.submit("/new", {"subject": "Broken\nchair", "body": "It broke.", "about": key[1]})
    ticket = ticket_of(address)
    assert f"#{ticket.id}" in page.words
    assert (ticket.subject, ticket.origin, ticket.proven) == ("Broken chair", "portal", True)
    assert Department.get(Department.id == ticket.department_id).key == "support"
    assert portal.mail_to(address, "We have your request")
    assert "It broke." in browser.get(f"/tickets/{ticket.id}").words


def test_departments_that_are_not_public_cannot_be_chosen_by_hand_either(portal: Portal) -> None:
    inside = portal.build.department("inside")
    open_to_all(portal, "other")
    address = portal.customer()
    browser = portal.signed_in(address)
    assert "Inside" not in browser.get("/new").words
    for about in (f"d{inside}", "d999", "", "x", f"t{inside}"):
        assert browser.submit("/new", {"subject": "S", "body": "B", "about": about}).status == 400
    assert not Ticket.select().where(Ticket.requester_address == address).exists()


def test_a_topic_leads_to_its_department_and_is_noted(portal: Portal) -> None:
    repairs = open_to_all(portal, "repairs")
    topic = Topic.insert(key=f"t{portal.used}", names={"en": "A broken thing"}, department_id=repairs).execute()
    address = portal.customer()
    browser = portal.signed_in(address)
    assert "A broken thing" in browser.get("/new").words
    browser.submit("/new", {"subject": "S", "body": "B", "about": f"t{topic}"})
    assert (ticket_of(address).topic_id, ticket_of(address).department_id) == (topic, repairs)
    Ticket.update(topic_id=None).execute()
    Topic.delete().execute()


def test_a_guests_request_shows_its_number_and_is_open_to_nobody_until_it_is_confirmed(portal: Portal) -> None:
    portal.set("registration", "open")
    address = portal.address("guest")
    browser = patient(portal)
    page = browser.submit("/new", GUEST | {"email": address.upper(), "name": "Gus Guest"})
    ticket = ticket_of(address)
    assert f"#{ticket.id}" in page.words
    assert ticket.proven is False
    mail = portal.mail_to(address)
    assert "chair" not in str(portal.smtp.to(address)[-1].message).lower()
    assert "Gus" not in str(portal.smtp.to(address)[-1].message)
    link = link_in(mail)
    assert portal.browser().request("HEAD", link).status == 200
    assert "Did you write to us?" in browser.get(link).words
    assert ticket_of(address).proven is False
    page = browser.submit("")
    assert "Thank you" in page.words
    assert f"/login?next=/tickets/{ticket.id}" in page.links
    assert ticket_of(address).proven is True
    assert ContactAddress.get(ContactAddress.address == address).confirmed_at is not None
    assert "does not work" in portal.browser().get(link).words
    assert "It broke." in portal.signed_in(address).get(f"/tickets/{ticket.id}").words


def test_a_guest_is_pointed_to_no_sign_in_where_only_the_invited_get_in(portal: Portal) -> None:
    portal.set("registration", "invited")
    address = portal.address("guest")
    patient(portal).submit("/new", GUEST | {"email": address})
    browser = portal.browser()
    browser.get(link_in(portal.mail_to(address)))
    page = browser.submit("")
    assert "Thank you" in page.words
    assert not [link for link in page.links if "next=" in link]


def test_a_request_in_somebody_elses_name_is_not_shown_to_them_or_to_its_writer(portal: Portal) -> None:
    address = portal.customer()
    browser = patient(portal)
    browser.submit("/new", GUEST | {"email": address, "name": "Mallory"})
    number = ticket_of(address).id
    assert Contact.get(Contact.id == ticket_of(address).contact_id).name != "Mallory"
    owner = portal.signed_in(address)
    assert owner.get(f"/tickets/{number}").status == 404
    assert "Broken chair" not in owner.get("/tickets?show=all").words
    assert "Sign in" in browser.get(f"/tickets/{number}").words


def test_what_is_missing_is_named_at_its_field_and_everything_typed_is_kept(portal: Portal) -> None:
    browser = patient(portal)
    files = [("chair.txt", b"chair", "text/plain")]
    page = browser.submit("/new", {"body": "A long story.", "email": "nobody", "name": "Gus"}, files)
    assert page.status == 400
    assert "Error:" in page.text.partition("</title>")[0]
    for field in ("email", "subject"):
        assert f'href="#{field}"' in page.text
        assert f'aria-describedby="{field}-problem' in page.text
    kept = page.form("/new").fields
    assert (kept["body"], kept["email"], kept["name"]) == ("A long story.", "nobody", "Gus")
    assert "chair.txt" in page.words
    address = portal.address("guest")
    browser.submit("/new", {"email": address, "subject": "Chair"})
    message = Message.get(Message.ticket_id == ticket_of(address).id)
    assert [row.filename for row in Attachment.select().where(Attachment.message_id == message.id)] == ["chair.txt"]


def test_robots_are_told_by_the_hidden_field_and_by_their_haste(portal: Portal) -> None:
    address = portal.address("robot")
    browser = portal.browser()
    browser.get("/new")
    quick = browser.submit("/new", GUEST | {"email": address})
    assert "That was very fast" in quick.words and quick.form("/new").fields["body"] == "It broke."
    slow = patient(portal)
    assert "Leave this field empty" in slow.submit("/new", GUEST | {"email": address, "website": "http://x"}).words
    assert not Ticket.select().where(Ticket.requester_address == address).exists()


def test_our_own_addresses_are_no_guests(portal: Portal) -> None:
    browser = patient(portal)
    page = browser.submit("/new", GUEST | {"email": "Support@Example.org"})
    assert page.status == 400 and "address of ours" in page.words


def test_many_guests_requests_are_stopped_and_their_text_is_kept(portal: Portal) -> None:
    victim = portal.address("victim")
    answers = list[Answer]()
    for browser in [patient(portal) for _ in range(7)]:
        answers.append(browser.submit("/new", GUEST | {"email": victim}, X_Forwarded_For=f"203.0.113.{len(answers)}"))
    assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
    assert "Please wait until" in answers[-1].words
    assert answers[-1].form("/new").fields["body"] == "It broke."
    portal.mail_to(victim)
    assert len(portal.smtp.to(victim)) == 1  # one receipt an hour
    assert "chair" not in portal.smtp.to(victim)[0].data.decode("utf-8", "replace").lower()


def test_where_guests_may_not_write_they_sign_in_first(portal: Portal) -> None:
    browser = patient(portal)
    portal.set("guest_requests", False)
    address = portal.customer()
    page = browser.submit("/new", GUEST | {"email": address}, [("c.txt", b"c", "text/plain")])
    assert "Sign in" in page.words
    draft = re.search(r"draft=[0-9a-f]{32}", page.form("/login").fields["next"])
    assert draft
    there = portal.signed_in(address)
    page = there.get(f"/new?{draft[0]}")
    assert page.form("/new").fields["body"] == "It broke." and "c.txt" in page.words
    there.submit("/new")
    assert Message.get(Message.ticket_id == ticket_of(address).id).body == "It broke."
    assert "Sign in" in portal.browser().get("/new").words


def test_departments_that_hold_strangers_back_are_not_for_guests(portal: Portal) -> None:
    Department.update(unknown_senders="hold").where(Department.key == "support").execute()
    assert "please sign in" in portal.browser().get("/new").words
    assert portal.signed_in(portal.customer()).get("/new").form("/new")


def test_five_drafts_an_hour_are_kept_of_those_who_have_not_signed_in(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    forms = [browser.get(f"/tickets/{number}").form("/reply").fields | {"body": f"text {n}"} for n in range(7)]
    guest = portal.browser()
    before = PortalDraft.select().count()
    for fields in forms:
        assert guest.post(f"/tickets/{number}/reply", fields, follow=False).status == 303
    assert PortalDraft.select().count() == before + 5


def test_what_is_never_sent_leaves_nothing_behind_once_it_is_cleaned(portal: Portal) -> None:
    data = f"abandoned {portal.used} {time.time()}".encode()
    shared = f"shared {portal.used} {time.time()}".encode()
    browser = patient(portal)
    files = [("a.txt", data, "text/plain"), ("b.txt", shared, "text/plain")]
    assert browser.submit("/new", {"subject": "", "email": "x"}, files).status == 400
    number = portal.build.ticket(requester=portal.customer())
    portal.build.attachment(Message.get(Message.ticket_id == number).id, "b.txt", shared)
    sessions.clean(portal.desk)
    assert Upload.select().where(Upload.size == len(data)).exists()  # not yet a day old
    make_old(portal, data, shared)
    assert sessions.clean(portal.desk)["uploads"] >= 2
    kept = {row.sha256 for row in Blob.select(Blob.sha256)}
    assert sha256(shared) in kept and sha256(data) not in kept
    assert portal.desk.blobs.get(sha256(shared)) == shared
    assert not portal.desk.blobs._path(sha256(data)).exists()


def sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def make_old(portal: Portal, *contents: bytes) -> None:
    """A day and more has passed."""
    import os

    before = portal.desk.now() - timedelta(hours=25)
    Upload.update(created_at=before).execute()
    Blob.update(created_at=before).execute()
    for data in contents:
        path = portal.desk.blobs._path(sha256(data))
        if path.exists():
            os.utime(path, (before.timestamp(), before.timestamp()))


@pytest.mark.parametrize("page", ["/new", "/login", "/forgot", "/"])
def test_pages_say_their_language_have_one_heading_and_label_every_field(portal: Portal, page: str) -> None:
    text = portal.browser().get(page).text
    assert '<html lang="en" dir="ltr">' in text
    assert len(re.findall(r"<h1\b", text)) == 1
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    labelled = set(re.findall(r'<label[^>]*\bfor="([^"]+)"', text))
    fields = re.findall(r'<(?:input|textarea|select)\b(?![^>]*type="hidden")[^>]*>', text)
    assert all(found[1] in labelled for field in fields if (found := re.search(r'\bid="([^"]+)"', field)))
    assert all("id=" in field for field in fields)
    assert not re.search(r'<script(?! src="/static/)', text) and "style=" not in text
