"""The request form by topic: what it asks for, where it leads, and what is promised after it (POR-3, security 26)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser

from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import setup
from helpdeskctl.store.tables import Attachment, Department, Field, FieldValue, Message, Ticket, Topic, TopicField
from tests.portald.conftest import Portal
from tests.portald.test_requests import patient, ticket_of

TEXT = {"subject": "Broken chair", "body": "It broke."}


@dataclass(frozen=True)
class Furniture:
    """A topic with fields beside one without; `names`: what the fields are called in the form, by key."""

    portal: Portal
    about: str
    other: str
    names: dict[str, str]

    def named(self, **values: str) -> dict[str, str]:
        return {self.names[key]: value for key, value in values.items()}

    def values(self, number: int) -> dict[str, str]:
        rows = FieldValue.select(FieldValue.value, Field.key).join(Field, on=(Field.id == FieldValue.field_id))
        found: Any = rows.where(FieldValue.ticket_id == number).objects()
        return {row.key: row.value for row in found}


@pytest.fixture
def furniture(portal: Portal) -> Iterator[Furniture]:
    desk = portal.desk
    fields: dict[str, dict[str, object]] = {
        "room": {"type": "text", "name": "Room"},
        "legs": {"type": "number", "name": "Legs left"},
        "bought": {"type": "date", "name": "Bought on"},
        "sort": {"type": "choice", "name": "Sort", "choices": ["Chair", "Stool"]},
        "sharp": {"type": "bool", "name": "It has sharp edges"},
        "cost": {"type": "number", "name": "Cost", "portal": "show"},
        "secret": {"type": "text", "name": "Canary", "portal": "hide"},
    }
    for key, values in fields.items():
        setup.create(desk, SYSTEM, "field", key, {"on": "ticket", "portal": "edit", **values})
    wanted = {"name": "Furniture", "department": "support", "fields": list(fields)}
    about = setup.create(desk, SYSTEM, "topic", "furniture", wanted).id
    other = setup.create(desk, SYSTEM, "topic", "other", {"name": "Something else", "department": "support"}).id
    names = {row.key: f"f{row.id}" for row in Field.select()}
    yield Furniture(portal, f"t{about}", f"t{other}", names)
    Ticket.update(topic_id=None).execute()
    for table in (FieldValue, TopicField, Topic, Field):
        table.delete().execute()


def test_a_topic_shows_its_fields_before_anything_is_sent_and_nothing_typed_is_lost(furniture: Furniture) -> None:
    address = furniture.portal.customer()
    browser = furniture.portal.signed_in(address)
    page = browser.get("/new")
    assert "Room" not in page.words and "Go on with this" in page.words
    page = browser.submit("/new", TEXT | {"about": furniture.about, "action": "topic"}, [("a.txt", b"a", "text/plain")])
    assert page.status == 200 and not page.text.count('class="problem"')
    kept = page.form("/new").fields
    assert {name: kept[name] for name in TEXT} == TEXT and "a.txt" in page.words
    assert [name for name in ("Room", "Legs left", "Bought on", "Sort", "sharp edges") if name not in page.words] == []
    assert "Cost" not in page.words and "Canary" not in page.words
    assert 'type="date"' in page.text and 'inputmode="decimal"' in page.text
    given = furniture.named(room="B 12", legs="3", bought="2026-05-03", sort="Stool", sharp="yes")
    browser.submit("/new", given)
    number = ticket_of(address).id
    assert furniture.values(number) == {
        "room": "B 12", "legs": "3", "bought": "2026-05-03", "sort": "Stool", "sharp": "yes",
    }  # fmt: skip
    message = Message.get(Message.ticket_id == number)
    assert [row.filename for row in Attachment.select().where(Attachment.message_id == message.id)] == ["a.txt"]
    words = browser.get(f"/tickets/{number}").words
    assert "Room : B 12" in words and "Bought on : 3 May 2026" in words and "sharp edges : Yes" in words


def test_who_sends_at_once_is_shown_the_fields_of_the_topic_once(furniture: Furniture) -> None:
    address = furniture.portal.customer()
    browser = furniture.portal.signed_in(address)
    browser.get("/new")
    page = browser.submit("/new", TEXT | {"about": furniture.about})
    assert page.status == 200 and "Room" in page.words
    assert not Ticket.select().where(Ticket.requester_address == address).exists()
    browser.submit("/new", {})
    assert furniture.values(ticket_of(address).id) == {}


def test_a_value_that_does_not_fit_is_named_at_its_field_and_everything_is_kept(furniture: Furniture) -> None:
    address = furniture.portal.customer()
    browser = furniture.portal.signed_in(address)
    browser.get("/new?topic=furniture")
    unfit = furniture.named(room="x" * 1001, legs="three", bought="soon", sort="Sofa", sharp="yes")
    page = browser.submit("/new", TEXT | unfit)
    assert page.status == 400 and "Error:" in page.text.partition("</title>")[0]
    for key in ("room", "legs", "bought", "sort"):
        name = furniture.names[key]
        assert f'href="#{name}"' in page.text and f'id="{name}"' in page.text and f'id="{name}-problem"' in page.text
    kept = page.form("/new").fields
    assert kept[furniture.names["legs"]] == "three" and kept[furniture.names["sharp"]] == "yes"
    assert not Ticket.select().where(Ticket.requester_address == address).exists()


def test_fields_that_the_form_did_not_ask_for_change_nothing(furniture: Furniture) -> None:
    for about in (furniture.about, furniture.other):
        address = furniture.portal.customer()
        browser = furniture.portal.signed_in(address)
        browser.get("/new")
        forged = furniture.named(cost="1", secret="x") | {"f999999": "1", "asked": about, "about": about}
        browser.submit("/new", TEXT | forged | (furniture.named(room="R") if about == furniture.other else {}))
        assert furniture.values(ticket_of(address).id) == {}


def test_links_choose_topic_department_subject_and_language(furniture: Furniture) -> None:
    furniture.portal.build.department("workshop")
    Department.update(public=True).where(Department.key == "workshop").execute()
    browser = furniture.portal.browser()
    page = browser.get("/new?topic=furniture&subject=A%20chair&lang=de")
    assert '<html lang="de"' in page.text
    fields = page.form("/new").fields
    assert (fields["about"], fields["subject"], fields["asked"]) == (furniture.about, "A chair", furniture.about)
    assert "Workshop" in page.words
    narrowed = browser.get("/new?dept=support")
    assert "Workshop" not in narrowed.words and "Something else" in narrowed.words
    again = browser.submit("/new", {})
    assert again.status == 400 and "Workshop" not in again.words
    for nothing in ("/new?topic=nothing", "/new?dept=nothing", "/new?topic=%00&dept=%27"):
        page = browser.get(nothing)
        assert page.status == 200 and "about" not in page.form("/new").fields


def test_a_single_department_asks_nothing_and_a_link_to_one_needs_no_choice(portal: Portal) -> None:
    portal.build.department("workshop")
    assert "What is it about?" not in portal.browser().get("/new").words
    Department.update(public=True).where(Department.key == "workshop").execute()
    address = portal.customer()
    browser = portal.signed_in(address)
    assert "What is it about?" in browser.get("/new").words
    assert "What is it about?" not in browser.get("/new?dept=workshop").words
    browser.submit("/new", TEXT)
    assert Department.get(Department.id == ticket_of(address).department_id).key == "workshop"


def test_customers_say_how_urgent_it_is_where_they_may(portal: Portal) -> None:
    said = {"high": Priority.HIGH, "low": Priority.LOW, "normal": Priority.NORMAL, "urgent": Priority.NORMAL}
    browsers = {word: portal.signed_in(portal.customer()) for word in said}
    assert "How urgent" not in browsers["high"].get("/new").words
    portal.set("portal_priority", True)
    for word, browser in browsers.items():
        assert browser.get("/new").form("/new").fields["priority"] == "normal"
        browser.submit("/new", TEXT | {"subject": f"{word} {portal.used}", "priority": word})
        assert Ticket.get(Ticket.subject == f"{word} {portal.used}").priority == said[word]


def test_guests_answer_a_question_where_there_is_one_and_customers_never(portal: Portal) -> None:
    portal.set("guest_question", "What colour is our logo?")
    assert "colour" not in portal.browser().get("/new").words  # without an answer nobody could give the right one
    portal.set("guest_answer", "Dark Blue")
    browser, address = patient(portal), portal.address("guest")
    for wrong in ("red", ""):
        page = browser.submit("/new", TEXT | {"email": address, "answer": wrong})
        assert page.status == 400 and 'href="#answer"' in page.text and page.form("/new").fields["body"] == "It broke."
    browser.submit("/new", {"answer": "  dARKblue "})
    assert ticket_of(address)
    assert "colour" not in portal.signed_in(portal.customer()).get("/new").words


def test_the_page_after_sending_promises_what_the_department_does_and_says_what_was_mailed(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.signed_in(address)
    browser.get("/new")
    page = browser.submit("/new", TEXT)
    assert "We usually answer" not in page.words and "A mail with the number is on its way" in page.words
    assert "We usually answer" not in browser.get("/tickets").words
    setup.edit(portal.desk, SYSTEM, "department", "support", {"answer_within": "4h", "receipt": False})
    page = browser.get(page.url)
    assert "We usually answer within 4 hours." in page.words
    assert "We usually answer within 4 hours." in browser.get("/tickets").words
    browser.get("/new")
    assert "A mail with the number" not in browser.submit("/new", TEXT).words
    setup.edit(portal.desk, SYSTEM, "department", "support", {"receipt": True}, unset=["answer_within"])


def test_enter_in_a_line_sends_the_form_and_presses_none_of_its_other_buttons(portal: Portal) -> None:
    browser = patient(portal)
    page = browser.submit("/new", {"email": "x"}, [("a.txt", b"a", "text/plain")])
    form = page.text.partition('<form method="post" action="/new"')[2]
    first = re.search(r"<button[^>]*>", form)
    assert first and "name=" not in first[0] and "a.txt" in form


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_by_keyboard_and_without_scripts_on_a_narrow_screen(furniture: Furniture, chromium: Browser) -> None:
    portal, address = furniture.portal, furniture.portal.customer()
    session = portal.signed_in(address).cookies["portal"]
    origin = f"http://127.0.0.1:{portal.port}"
    context = chromium.new_context(java_script_enabled=False, base_url=origin, viewport={"width": 320, "height": 700})
    context.add_cookies([{"name": "portal", "value": session, "url": origin}])
    page = context.new_page()
    page.goto("/new")
    page.get_by_label("Furniture").press("Space")
    page.get_by_label("What happened").fill("It broke.")
    page.get_by_label("Subject").fill("Chair")
    page.get_by_label("Subject").press("Enter")
    page.get_by_label("Room").fill("B 12")
    page.get_by_label("Sort").select_option("Stool")
    page.get_by_label("Room").press("Enter")
    assert page.get_by_role("heading", name="We have your request").is_visible()
    context.close()
    assert furniture.values(ticket_of(address).id) == {"room": "B 12", "sort": "Stool"}
