"""Strangers and people in Cc: where their mail may belong, who they are, how it came in (MAIL-10, MAIL-15, BOX-9)."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.queries import threads
from helpdeskctl.store.tables import ContactAddress, Message
from tests.builders import Builder
from tests.post import Post, letter
from tests.tui.driver import opened, work

ADA, ALICE, PRIVATE = "ada@example.org", "alice@acme.example", "alice@home.example"


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.agent(ADA, support="lead")
    build.mailbox()
    return Post(desk, build)


def owner(address: str) -> int:
    return int(ContactAddress.get(ContactAddress.address == address).contact_id)


def test_a_strangers_mail_is_moved_where_it_belongs_with_its_address_and_back(post: Post) -> None:
    post.pipe(letter())
    (first,) = post.tickets()
    post.pipe(letter(f"Re: [Support#{first.id}] Printer on fire", sender=f"Alice P <{PRIVATE}>", text="From home."))
    second = post.tickets()[1]
    mine, theirs = owner(ALICE), owner(PRIVATE)

    async def flow() -> None:
        async with opened(post.desk, ADA) as screen:
            await screen.press("g", "u")
            await screen.expect(str(second.id))
            await screen.press("#")
            await screen.type(str(second.id))
            await screen.press("enter")
            await screen.at("ticket", f"! may belong to #{first.id} Printer on fire")
            await screen.press("M")
            await screen.at("Confirm", f"Move #{second.id} into #{first.id} and give {PRIVATE} to Alice?")
            await screen.press("y")
            await screen.expect("its address added there; z undoes it")
            assert [message.text for message in threads.show(post.desk, SYSTEM, first.id).messages][1:] == [
                "From home."
            ]
            assert owner(PRIVATE) == mine
            await screen.press("z")
            await screen.expect("merge undone")
            await screen.expect("From home.")

    work(flow)
    assert owner(PRIVATE) == theirs
    assert len(threads.show(post.desk, SYSTEM, first.id).messages) == 1


def test_no_stranger_no_move(post: Post) -> None:
    post.pipe(letter())

    async def flow() -> None:
        async with opened(post.desk, ADA) as screen:
            await screen.press("g", "u")
            await screen.expect("Printer on fire")
            await screen.press("enter")
            await screen.at("ticket", "It smokes.")
            await screen.press("M")
            await screen.expect("nobody named another ticket here")
            await screen.press("P")
            await screen.expect("nobody was named in Cc")

    work(flow)


def test_people_named_in_cc_later_are_added_by_one_key_and_taken_off_again(post: Post) -> None:
    number = post.build.ticket(assignee=ADA)
    for name in ("bo", "cy"):
        post.build.participant(number, f"{name}@acme.example", state="suggested")

    async def flow() -> None:
        async with opened(post.desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("enter")
            await screen.at("ticket", "in Cc, but not on this ticket: bo@acme.example, cy@acme.example")
            await screen.press("P")
            await screen.expect(f"#{number} now goes to bo@acme.example, cy@acme.example, too; z undoes it")
            await screen.expect("with bo@acme.example, cy@acme.example")
            await screen.press("z")
            await screen.expect(f"#{number} no longer goes to")

    work(flow)
    assert {person.state for person in threads.show(post.desk, SYSTEM, number).people} <= {"removed"}


def test_an_unproven_sender_and_a_machine_are_named_so(post: Post) -> None:
    number = post.build.ticket(assignee=ADA)
    post.build.message(number, "Send me the money.", sender_proven=False)
    post.build.message(number, "I am away.", automatic=True)

    async def flow() -> None:
        async with opened(post.desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("enter")
            await screen.at("ticket", "sender NOT proven")
            assert any("Alice" in line and line.endswith("automatic") for line in screen.lines)

    work(flow)


def test_a_mail_is_read_as_it_came_with_the_reason_why_it_is_here(post: Post) -> None:
    post.pipe(letter(lines="X-Odd: \x1b[31mred"))
    post.pipe(letter("Second", text="Another."))
    first = post.tickets()[0].id

    async def flow() -> None:
        async with opened(post.desk, ADA, size=(100, 60)) as screen:
            await screen.press("#")
            await screen.type(str(first))
            await screen.press("enter")
            await screen.at("ticket", "It smokes.")
            await screen.press("W")
            await screen.at("Letter", "by support@example.org: stored")
            await screen.expect("rule new_ticket")
            await screen.expect("WHAT THE RULES SAY OF IT NOW")
            await screen.expect("THE MAIL AS IT CAME")
            await screen.expect("Subject: Printer on fire")
            assert "\x1b" not in screen.text
            await screen.press("escape")
            await screen.at("ticket")

    work(flow)


def test_of_several_mails_the_agent_chooses(post: Post) -> None:
    post.pipe(letter())
    number = post.tickets()[0].id
    mail_id = Message.get().mail_id
    post.pipe(letter("Re: Printer on fire", text="It burns.", lines=f"References: {mail_id}"))

    async def flow() -> None:
        async with opened(post.desk, ADA) as screen:
            await screen.press("#")
            await screen.type(str(number))
            await screen.press("enter")
            await screen.at("ticket", "It burns.")
            await screen.press("W")
            await screen.at("Picker", "Which mail, as it came?")
            await screen.type("burns")
            await screen.press("enter")
            await screen.at("Letter", "stored")
            await screen.expect("Subject  Re: Printer on fire")

    work(flow)
