"""Mail that waits for a person: looked at, let in, discarded, its sender kept out (MAIL-4, TIC-15)."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Block, Department, Ticket
from tests.builders import Builder
from tests.post import Post, letter
from tests.tui.driver import NARROW, WIDE, opened, work

ADA, BEN, ROOT = "ada@example.org", "ben@example.org", "root@example.org"


@pytest.fixture
def post(desk: Desk) -> Post:
    """A desk that looks at mail of strangers first; Ada leads, Ben works in another department, Root is an admin."""
    build = Builder(desk)
    build.agent(ADA, support="lead")
    build.agent(BEN, billing="agent")
    build.agent(ROOT, admin=True)
    build.mailbox()
    Department.update(unknown_senders="hold").execute()
    return Post(desk, build)


def held(post: Post, *subjects: str) -> None:
    for subject in subjects:
        assert post.pipe(letter(subject, text=f"{subject}, says the mail.")) == "quarantine"


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_a_held_mail_says_why_and_what_it_says_and_is_let_in(post: Post, size: tuple[int, int]) -> None:
    held(post, "Printer on fire")

    async def flow() -> None:
        async with opened(post.desk, ADA, size=size) as screen:
            await screen.expect("! 1 held")
            await screen.press("g", "q")
            await screen.at("quarantine", "Held because the department looks at mail of strangers first")
            await screen.expect("Printer on fire, says the mail.")
            assert "From     Alice <alice@acme.example>" in screen.text
            assert "department support" in screen.text
            await screen.press("r")
            await screen.expect("let in")
            await screen.expect("No mail waits for you.")
            await screen.press("u")
            await screen.at("desk")
            await screen.expect_gone("1 held")

    work(flow)
    assert [ticket.subject for ticket in post.tickets()] == ["Printer on fire"]


def test_several_are_discarded_together_after_a_question_and_come_back_with_z(post: Post) -> None:
    held(post, "One", "Two", "Three")

    async def flow() -> None:
        async with opened(post.desk, ADA) as screen:
            await screen.press("g", "q")
            await screen.at("quarantine", "1/3 in quarantine")
            await screen.press("x", "x")
            await screen.expect("2 SELECTED")
            await screen.press("d")
            await screen.at("Confirm", "Discard 2 mails?")
            await screen.press("n")
            await screen.at("quarantine", "2 SELECTED")
            await screen.press("d", "y")
            await screen.expect("2 mails discarded; z undoes it")
            await screen.expect("1/1 in quarantine")
            assert len(post.held()) == 1
            await screen.press("z")
            await screen.expect("2 mails back in quarantine")
            await screen.expect("/3 in quarantine")

    work(flow)
    assert len(post.held()) == 3
    assert post.tickets() == []


def test_a_sender_is_kept_out_after_a_question_that_names_them_and_let_in_again_with_z(post: Post) -> None:
    held(post, "Buy now")

    async def flow() -> None:
        async with opened(post.desk, ADA) as screen:
            await screen.press("g", "q")
            await screen.at("quarantine", "Buy now")
            await screen.press("b")
            await screen.at("Confirm", "Keep alice@acme.example out?")
            await screen.press("y")
            await screen.expect("alice@acme.example is kept out from now on; z undoes it")
            assert [block.value for block in Block.select()] == ["alice@acme.example"]
            await screen.press("z")
            await screen.expect("alice@acme.example is let in again")

    work(flow)
    assert Block.select().count() == 0
    assert len(post.held()) == 1


def test_mail_for_nobody_is_let_in_to_a_chosen_department_by_an_admin(post: Post) -> None:
    post.build.department("billing")
    post.pipe(letter("For nobody", to="nobody@elsewhere.example"), mailbox=None)

    async def flow() -> None:
        async with opened(post.desk, ROOT) as screen:
            await screen.press("g", "q")
            await screen.at("quarantine", "none of its recipients belongs to a department")
            await screen.press("r")
            await screen.expect("belongs to no department")
            await screen.press("R")
            await screen.at("Picker", "to department")
            await screen.type("billing")
            await screen.press("enter")
            await screen.expect("let in, to billing")

    work(flow)
    assert Department.get(Department.id == post.tickets()[0].department_id).key == "billing"


def test_an_agent_of_another_department_finds_nothing_and_is_told_what_comes_here(post: Post) -> None:
    held(post, "Printer on fire")

    async def flow() -> None:
        async with opened(post.desk, BEN) as screen:
            assert "held" not in screen.text
            await screen.press("g", "q")
            await screen.at("quarantine", "No mail waits for you.")
            await screen.press("r", "d", "b", "R", "x")
            await screen.expect("! no mail here")

    work(flow)
    assert len(post.held()) == 1


def test_a_mail_whose_bytes_are_gone_is_still_listed(post: Post) -> None:
    held(post, "Printer on fire")
    post.desk.database.execute("UPDATE incoming_mail SET raw_sha256 = NULL")

    async def flow() -> None:
        async with opened(post.desk, ADA) as screen:
            await screen.press("g", "q")
            await screen.at("quarantine", "the bytes of this mail are not kept")
            assert "Printer on fire" in screen.text

    work(flow)


class TestSpam:
    @pytest.fixture
    def number(self, post: Post) -> int:
        return post.build.ticket("Cheap ink", requester="shop@x.example", assignee=ADA)

    def test_it_goes_to_the_spam_list_and_comes_back_from_there(self, post: Post, number: int) -> None:
        async def flow() -> None:
            async with opened(post.desk, ADA) as screen:
                await screen.expect("Cheap ink")
                await screen.press("!")
                await screen.at("Picker", "> spam")
                await screen.press("enter")
                await screen.expect(f"#{number} marked as spam; z undoes it")
                await screen.press("v")
                await screen.at("Picker", "View")
                await screen.type("spam")
                await screen.press("enter")
                await screen.expect("1/1 in Spam")
                await screen.press("!")
                await screen.expect(f"#{number} back from spam; z undoes it")

        work(flow)
        assert (Ticket.get(Ticket.id == number).spam, Block.select().count()) == (0, 0)

    def test_its_sender_is_kept_out_where_that_is_chosen_and_z_takes_back_both(self, post: Post, number: int) -> None:
        async def flow() -> None:
            async with opened(post.desk, ADA) as screen:
                await screen.expect("Cheap ink")
                await screen.press("!")
                await screen.at("Picker", "shop@x.example")
                await screen.press("down", "enter")
                await screen.expect(f"#{number} marked as spam, its sender kept out; z undoes it")
                assert [block.value for block in Block.select()] == ["shop@x.example"]
                await screen.press("z")
                await screen.expect(f"#{number} back from spam, shop@x.example let in again")

        work(flow)
        assert (Ticket.get(Ticket.id == number).spam, Block.select().count()) == (0, 0)
