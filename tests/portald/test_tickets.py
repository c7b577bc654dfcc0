"""A customer's own requests: list, page, answer, closing and reopening (POR-4, TIC-4, 7, 8, 11, 18)."""

from __future__ import annotations

import threading
from datetime import timedelta

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import ticket_merge
from helpdeskctl.store.tables import Attachment, Message, Status, Ticket
from tests.portald.conftest import Portal


def status_of(number: int) -> str:
    row = Ticket.get(Ticket.id == number)
    return str(Status.get(Status.id == row.status_id).key)


def bodies(number: int) -> list[str]:
    return [row.body for row in Message.select().where(Message.ticket_id == number).order_by(Message.id)]


def test_the_list_shows_own_requests_by_state_with_their_counts(portal: Portal) -> None:
    address = portal.customer()
    for subject, status in (("Fresh", "new"), ("Asked", "question"), ("Done", "closed")):
        portal.build.ticket(f"{subject} request", requester=address, status=status, closed_at=portal.desk.now())
    portal.build.ticket("Somebody else's", requester=portal.customer("bob"))
    browser = portal.signed_in(address)
    shown = {show: browser.get(f"/tickets?show={show}").words for show in ("open", "turn", "solved", "all")}
    assert "Open 2 Your turn 1 Solved 1 All 3" in shown["open"]
    assert "Fresh request" in shown["open"] and "Asked request" in shown["open"] and "Done" not in shown["open"]
    assert "Asked request" in shown["turn"] and "Fresh" not in shown["turn"]
    assert "Done request" in shown["solved"]
    assert all("Somebody else" not in words for words in shown.values())
    assert "Your turn (1)" in browser.get("/").words


def test_an_empty_list_says_why_it_is_empty(portal: Portal) -> None:
    browser = portal.signed_in(portal.customer())
    assert "You have not asked us anything yet" in browser.get("/tickets").words
    address = portal.customer()
    portal.build.ticket(requester=address, status="closed", closed_at=portal.desk.now())
    browser = portal.signed_in(address)
    assert "None of your requests is open" in browser.get("/tickets").words
    assert "Nothing found" in browser.get("/tickets?q=unicorn").words


def test_the_list_goes_on_page_by_page_and_shows_each_request_once(portal: Portal) -> None:
    address = portal.customer()
    wanted = {portal.build.ticket(f"Request {n}", requester=address) for n in range(60)}
    browser = portal.signed_in(address)
    page, seen = browser.get("/tickets"), list[str]()
    for _ in range(3):
        seen += [link for link in page.links if link.startswith("/tickets/")]
        following = [link for link in page.links if "after=" in link]
        if following:
            page = browser.get(following[0])
    assert sorted(seen) == sorted(f"/tickets/{number}" for number in wanted)


def test_search_finds_words_and_numbers_in_own_public_messages_only(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket("Printer on fire", requester=address, body="The zebra printer smokes.")
    portal.build.note(number, "The customer is a walrus.", agent="ann@example.org")
    portal.build.ticket("Zebra elsewhere", requester=portal.customer("bob"), body="zebra")
    browser = portal.signed_in(address)
    for words in ("zebra", "ZEBRA smokes", f"%23{number}", str(number)):
        assert "Printer on fire" in browser.get(f"/tickets?q={words.replace(' ', '+')}").words, words
    assert "Zebra elsewhere" not in browser.get("/tickets?q=zebra").words
    assert "Nothing found" in browser.get("/tickets?q=walrus").words


def test_the_page_shows_public_messages_and_never_a_note(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket("Printer on fire", requester=address, status="question", assignee="ann@example.org")
    portal.build.note(number, "CANARY the customer is difficult", agent="ann@example.org")
    note = portal.build.note(number, "CANARY", agent="ann@example.org")
    portal.build.attachment(note, "CANARY.txt")
    portal.build.message(number, "Did you unplug it?", agent="ann@example.org")
    portal.build.message(number, "CANARY I am away", author=address, automatic=True)
    portal.build.message(number, "CANARY between us", agent="ann@example.org", direction="internal")
    portal.build.message(number, "CANARY merged", agent="ann@example.org", kind="system")
    page = portal.signed_in(address).get(f"/tickets/{number}")
    assert "Did you unplug it?" in page.words
    assert "Your turn. We need your answer" in page.words
    assert "Ann" in page.words
    assert "CANARY" not in page.text
    assert "ann@example.org" not in page.text


def test_a_long_thread_comes_in_parts(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address, body="the very first")
    for n in range(120):
        portal.build.message(number, f"message {n} of many", author=address)
    browser = portal.signed_in(address)
    page = browser.get(f"/tickets/{number}")
    assert "message 119 of many" in page.words and "the very first" not in page.words
    earlier = browser.get(next(link for link in page.links if "before=" in link))
    assert "the very first" in earlier.words and "message 119 of many" not in earlier.words


def test_an_answer_with_files_lands_in_the_ticket_and_opens_it(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address, status="question")
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    files = [("photo.png", b"\x89PNG\r\n\x1a\nxx", "text/html"), ("\u00fc b.txt", b"hello", "text/plain")]
    page = browser.submit("/reply", {"body": "Yes, I did.\r\n\r\nStill smoking."}, files)
    assert "Your answer has been sent" in page.words and "Still smoking" in page.words
    assert bodies(number)[-1] == "Yes, I did.\n\nStill smoking."
    assert status_of(number) == "open"
    message = Message.select().where(Message.ticket_id == number).order_by(Message.id.desc()).get()
    assert (message.kind, message.direction, message.author_address) == ("portal", "in", address)
    stored = {row.filename: row.content_type for row in Attachment.select().where(Attachment.message_id == message.id)}
    assert stored == {"photo.png": "image/png", "\u00fc b.txt": "text/plain"}


def test_an_empty_answer_is_shown_again_with_its_files(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    page = browser.submit("/reply", {"body": "  "}, [("one.txt", b"1", "text/plain"), ("two.txt", b"2", "text/plain")])
    assert page.status == 400 and "Error:" in page.text.partition("</title>")[0]
    assert "Write your answer" in page.words and "one.txt" in page.words
    remove = next(value for name, value in page.form("/reply").buttons if name == "remove")
    page = browser.submit("/reply", {"body": "Wait", "remove": remove})
    assert "one.txt" not in page.words and "two.txt" in page.words and "Wait" in page.words
    browser.submit("/reply", {"body": "Here it is."})
    message = Message.select().where(Message.ticket_id == number).order_by(Message.id.desc()).get()
    assert [row.filename for row in Attachment.select().where(Attachment.message_id == message.id)] == ["two.txt"]


def test_two_clicks_send_one_answer(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    fields = browser.page.form("/reply").fields | {"body": "Once only."}
    statuses: list[int] = []

    def send() -> None:
        statuses.append(browser.request_form(f"/tickets/{number}/reply", fields).status)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 6
    assert bodies(number).count("Once only.") == 1


def test_an_answer_is_held_back_when_we_wrote_in_the_meantime_and_goes_out_at_the_second_click(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    portal.build.note(number, "between us", agent="ann@example.org")
    portal.build.message(number, "It is solved already!", agent="ann@example.org")
    page = browser.submit("/reply", {"body": "What about it?"})
    assert page.status == 409
    assert "We wrote to you in the meantime" in page.words and "It is solved already!" in page.words
    assert "What about it?" in page.form("/reply").fields["body"]
    assert "What about it?" not in bodies(number)
    browser.submit("/reply")
    assert bodies(number)[-1] == "What about it?"


def test_a_note_holds_no_answer_back(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address)
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    portal.build.note(number, "between us", agent="ann@example.org")
    assert browser.submit("/reply", {"body": "Go."}).status == 200
    assert bodies(number)[-1] == "Go."


def test_closing_and_reopening_take_a_click_each(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address, status="answered")
    browser = portal.signed_in(address)
    browser.get(f"/tickets/{number}")
    page = browser.submit("/close")
    assert "This request is closed" in page.words and status_of(number) == "closed"
    assert "Answer within 29 days" in page.words or "Answer within 30 days" in page.words
    assert "open again" in browser.submit("/reopen").words
    assert status_of(number) == "open"


def test_after_its_days_an_answer_opens_a_new_request_and_there_is_no_reopening(portal: Portal) -> None:
    address = portal.customer()
    long_ago = portal.desk.now() - timedelta(days=40)
    number = portal.build.ticket("Old story", requester=address, status="closed", closed_at=long_ago)
    browser = portal.signed_in(address)
    page = browser.get(f"/tickets/{number}")
    assert "An answer opens a new request" in page.words
    assert not [form for form in page.forms if form.action.endswith("/reopen")]
    page = browser.submit("/reply", {"body": "It is back."})
    assert "opened this new one" in page.words
    assert page.url != f"/tickets/{number}"
    assert status_of(number) == "closed"
    other = portal.build.ticket(requester=address)
    token = browser.get(f"/tickets/{other}").form("/close").fields
    assert browser.post(f"/tickets/{number}/reopen", token).status == 403


def test_a_billed_request_is_shown_and_cannot_be_changed(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address, billed=True)
    browser = portal.signed_in(address)
    page = browser.get(f"/tickets/{number}")
    assert "has been billed" in page.words
    assert {form.action for form in page.forms} == {"/logout", "/account/language"}
    other = portal.build.ticket(requester=address)
    fields = browser.get(f"/tickets/{other}").form("/reply").fields
    assert browser.post(f"/tickets/{number}/reply", fields | {"body": "x"}).status == 403
    assert browser.post(f"/tickets/{number}/close", fields).status == 403
    assert len(bodies(number)) == 1


def test_where_customers_may_not_close_there_is_no_button_and_no_way(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address, customer_may_close=False)
    browser = portal.signed_in(address)
    page = browser.get(f"/tickets/{number}")
    assert not [form for form in page.forms if form.action.endswith("/close")]
    assert browser.post(f"/tickets/{number}/close", page.form("/reply").fields).status == 403
    assert status_of(number) == "new"


def test_a_merged_request_leads_to_its_survivor(portal: Portal) -> None:
    address = portal.customer()
    one, two = (portal.build.ticket(f"Story {n}", requester=address) for n in (1, 2))
    ticket_merge.merge(portal.desk, SYSTEM, one, two)
    browser = portal.signed_in(address)
    assert browser.get(f"/tickets/{one}").url == f"/tickets/{two}"
    assert f"#{one}" not in browser.get("/tickets?show=all").words


def test_a_state_shown_instead_of_the_true_one_counts_for_list_and_page(portal: Portal) -> None:
    address = portal.customer()
    number = portal.build.ticket(requester=address, status="open", show_as_id=portal.build.status("question"))
    browser = portal.signed_in(address)
    assert f"#{number}" in browser.get("/tickets?show=turn").words
    assert "Your turn" in browser.get(f"/tickets/{number}").words
