"""The company's page, its table and its people, for main contacts alone (POR-11, security 20, 25)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import pytest

from helpdeskctl.store.tables import CompanyDomain, Contact, Ticket
from tests.builders import contact_of
from tests.portald.browser import Browser
from tests.portald.conftest import Portal, refusal


@dataclass(frozen=True, slots=True)
class House:
    """A company of alice and its main contact carl, each with a ticket, and a ticket that nobody is to see."""

    company: int
    domain: str
    alice: str
    carl: str
    asked: int
    own: int


@pytest.fixture
def house(portal: Portal) -> House:
    alice, carl = portal.customer("alice", name="Alice Alison"), portal.customer("carl", name="Carl Carlson")
    company, domain = portal.build.company(f"acme{portal.used}"), f"d{portal.used}.example"
    CompanyDomain.insert(domain=domain, company_id=company).execute()
    Contact.update(company_id=company).where(Contact.id.in_([contact_of(alice).id, contact_of(carl).id])).execute()
    Contact.update(main_contact=True).where(Contact.id == contact_of(carl).id).execute()
    asked = portal.build.ticket("=SUM(A1) printer", requester=alice, company_id=company)
    own = portal.build.ticket("Broken chair", requester=carl, company_id=company, status="closed",
                              closed_at=portal.desk.now())  # fmt: skip
    portal.build.ticket("hidden canary", requester=alice, company_id=company, spam=True)
    return House(company, domain, alice, carl, asked, own)


def test_all_requests_of_the_company_by_person_and_state(portal: Portal, house: House) -> None:
    browser = portal.signed_in(house.carl)
    page = browser.get("/").links
    assert "/company" in page
    words = browser.get("/company").words
    assert "=SUM(A1) printer" in words and "Broken chair" in words and "canary" not in words
    assert "Open 1 Your turn 0 Solved 1 All 2" in words and "Opened by Alice Alison" in words
    page = browser.get(f"/company?who={contact_of(house.alice).id}")
    assert "printer" in page.words and "Broken chair" not in page.words and "All 1" in page.words
    assert "printer" not in browser.get("/company?show=solved").words
    for odd in ("who=x", "who=999999999999999999", "show='", "after=-1", "after=9&who=%00"):
        assert browser.get(f"/company?{odd}").status == 200


def test_the_table_is_whole_and_runs_nothing_in_a_spreadsheet(portal: Portal, house: House) -> None:
    portal.build.many_tickets(530, subject="@bulk", company_id=house.company)
    answer = portal.signed_in(house.carl).get("/company/requests.csv")
    assert answer.header("Content-Type").startswith("text/csv; charset=UTF-8")
    assert answer.header("Content-Disposition") == 'attachment; filename="requests.csv"'
    assert answer.body.startswith(b"\xef\xbb\xbfNumber,Request,Who,Where it stands,Opened,Last message\r\n")
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))[1:]
    assert len(rows) == 532 and len({row[0] for row in rows}) == 532
    assert {len(row) for row in rows} == {6}
    by_number = {int(row[0]): row for row in rows}
    assert by_number[house.asked][1:3] == ["'=SUM(A1) printer", "Alice Alison"]
    assert by_number[house.asked][3] == "We have your request. We answer by e-mail."
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "canary" not in answer.text


def test_a_colleague_is_invited_made_main_contact_and_shut_out(portal: Portal, house: House) -> None:
    browser = portal.signed_in(house.carl)
    new = f"new@{house.domain}"
    browser.get("/company/people")
    page = browser.submit("/company/people", {"email": new, "name": "New Person", "action": "invite"})
    assert "the mail is on its way" in page.words and "New Person" in page.words
    assert "Invited, has not signed in yet" in page.words
    assert "/reset/" in portal.mail_to(new)
    other = portal.signed_in(house.alice)
    assert other.get("/company").status == 404
    assert press(browser, house.alice, "main") and other.get("/company").status == 200
    assert press(browser, house.alice, "close")
    assert other.request("GET", "/tickets").status == 303
    assert not contact_of(house.alice).main_contact
    assert press(browser, new, "close") and not contact_of(new).portal_access
    assert press(browser, new, "invite", told="the mail is on its way")
    assert contact_of(new).portal_access


def press(browser: Browser, address: str, action: str, told: str = "Done.") -> bool:
    page = browser.get("/company/people")
    form = next(form for form in page.forms if form.fields.get("person") == str(contact_of(address).id))
    assert ("action", action) in form.buttons
    answer = browser.post("/company/people", form.fields | {"action": action})
    return answer.status == 200 and told in answer.words


def test_the_answer_to_an_invitation_tells_nothing_of_who_has_the_address(portal: Portal, house: House) -> None:
    taken = f"taken@{house.domain}"
    portal.build.contact(taken, company=f"beta{portal.used}", portal_access=True)
    browser, answers = portal.signed_in(house.carl), []
    for address in (taken, f"fresh@{house.domain}"):
        browser.get("/company/people")
        answer = browser.submit("/company/people", {"email": address, "action": "invite"}, follow=False)
        answers.append((answer.status, answer.header("Location"), answer.body))
    assert answers[0] == answers[1]
    page = browser.submit("/company/people", {"email": "x@elsewhere.example", "action": "invite"})
    assert page.status == 400 and "Please write to us" in page.words
    assert page.form("/company/people").fields["email"] == "x@elsewhere.example"
    assert "Error:" in page.text.partition("</title>")[0]


def test_the_last_main_contact_has_no_way_out_and_others_no_way_in(portal: Portal, house: House) -> None:
    carl, eve = portal.signed_in(house.carl), portal.signed_in(portal.customer("eve"))
    alice, guest = portal.signed_in(house.alice), Browser(portal.port)
    token = carl.get("/company/people").form("/company/people").fields
    own = str(contact_of(house.carl).id)
    for action in ("no_main", "close"):
        assert carl.post("/company/people", token | {"action": action, "person": own}, follow=False).status == 403
    stranger = portal.customer("zed")
    for action in ("main", "close"):
        sent = token | {"action": action, "person": str(contact_of(stranger).id)}
        assert carl.post("/company/people", sent, follow=False).status == 404
    for browser in (eve, alice):
        missing = refusal(browser.request("GET", "/tickets/999999999"))
        for path in ("/company", "/company/requests.csv", "/company/people", f"/company?who={own}"):
            assert refusal(browser.request("GET", path)) == missing, path
        assert "/company" not in browser.get("/").links
        mine = browser.get("/account/password").form("/account/password").fields
        for action in ("invite", "main", "close", "no_main", ""):
            sent = mine | {"action": action, "person": own, "email": f"x@{house.domain}"}
            assert refusal(browser.post("/company/people", sent, follow=False)) == missing, action
    for path in ("/company", "/company/requests.csv", "/company/people"):
        assert guest.request("GET", path).header("Location").startswith("/login?next=")
    assert contact_of(house.carl).main_contact
    assert Ticket.get(Ticket.id == house.asked).company_id == house.company
