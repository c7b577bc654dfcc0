"""What the screens look like: text dumps beside this file. To make one anew, delete it, run once, read it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import replies, setup, ticket_people
from helpdeskctl.operations.replies import Reply
from helpdeskctl.store.tables import Department, OutgoingMail, OutgoingRecipient
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.post import Post, letter
from tests.tui.driver import NARROW, WIDE, Screen, opened, work

ADA, BEN = "ada@example.org", "ben@example.org"
KEPT = Path(__file__).parent / "screens"
SIZES = {"80x24": NARROW, "140x40": WIDE}


@pytest.fixture
def lively(desk: Desk, clock: SteppedClock) -> Builder:
    """A desk with a ticket of every mark."""
    build = Builder(desk)
    build.agent(ADA, admin=True, support="lead", billing="lead")
    build.agent(BEN, support="agent")
    setup.create(desk, SYSTEM, "signature", "s", {"department": "support", "body": "{{agent.name}}\nSupport"})
    setup.edit(desk, SYSTEM, "department", "support", {"signature": "s"})
    build.mailbox()
    now = clock.now
    fire = build.ticket(
        assignee=ADA, status="open", priority=4, due_at=now - timedelta(minutes=12), company="muster",
        created_at=now - timedelta(hours=2), body="Hello,\nit is smoking again.\n> last time you said off\n> and on",
        )  # fmt: skip
    first = build.message(
        fire, "Photo attached.\n> what\n> quoted", at=now - timedelta(hours=1), folds=[["quote", 1, 2]]
    )
    build.attachment(first, "IMG_2041.jpg", b"x" * 1800)
    build.message(fire, "Same device as #9911.", agent=BEN, kind="note", direction="internal", at=now)
    build.tag(fire, "hw")
    soon = build.ticket(
        "Invoice is wrong", requester="bo@kunde.example", department="billing", assignee=ADA,
        due_at=now + timedelta(minutes=38), created_at=now - timedelta(minutes=30),
    )  # fmt: skip
    build.ticket("Login link does not arrive at all, and Dora has the same", assignee=ADA, requester="c@example.net")
    ticket_people.present(desk, build.actor(BEN), soon, "writing")
    ticket_people.present(desk, build.actor(BEN), fire, "writing")
    build.ticket("Nobody's yet")
    return build


def compare(screen: Screen, name: str, size: str) -> None:
    """The screen is as the file says."""
    path = KEPT / f"{name}-{size}.txt"
    if not path.exists():
        KEPT.mkdir(exist_ok=True)
        path.write_text(f"{screen.text}\n", encoding="utf-8")
        pytest.fail(f"{path} was written: read it, then run again")
    assert screen.text == path.read_text(encoding="utf-8").rstrip("\n")


@pytest.mark.parametrize("size", SIZES)
def test_the_desk_looks_so(desk: Desk, lively: Builder, size: str) -> None:
    async def flow() -> None:
        async with opened(desk, ADA, size=SIZES[size]) as screen:
            await screen.expect("Login link")
            await screen.press("j", "x", "k", "k")
            await screen.expect("1 SELECTED")
            if size == "140x40":
                await screen.expect("Same device as #9911.")
            await screen.quiet()
            compare(screen, "desk", size)

    work(flow)


@pytest.mark.parametrize("size", SIZES)
def test_the_ticket_looks_so(desk: Desk, lively: Builder, size: str) -> None:
    async def flow() -> None:
        async with opened(desk, ADA, size=SIZES[size]) as screen:
            await screen.expect("Login link")
            await screen.press("enter")
            await screen.at("ticket", "Same device as #9911.")
            await screen.quiet()
            compare(screen, "ticket", size)

    work(flow)


@pytest.mark.parametrize("size", SIZES)
def test_the_composer_looks_so(desk: Desk, lively: Builder, size: str) -> None:
    async def flow() -> None:
        async with opened(desk, ADA, size=SIZES[size]) as screen:
            await screen.expect("Login link")
            await screen.press("r")
            await screen.at("composer", "is writing here, too")
            await screen.type("Hello Alice")
            await screen.quiet()
            compare(screen, "composer", size)

    work(flow)


def test_the_marks_tell_states_apart_without_colour(
    desk: Desk, lively: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Login link")
            await screen.press("j", "x")
            await screen.expect("1 SELECTED")
            marks = {line[5:11].strip(): line[:5] for line in screen.lines if line[6:11].strip().isdecimal()}
            assert marks["1001"] == "  *!w"
            assert marks["1002"] == " x*~w"
            assert marks["1003"] == "> *  "
            await screen.press("escape", "home", "n")
            await screen.at("composer", "NOT visible to the customer")
            await screen.press("ctrl+n")
            await screen.expect("REPLY to customer")

    work(flow)


def test_a_tiny_terminal_shows_number_subject_and_time(desk: Desk, lively: Builder) -> None:
    async def flow() -> None:
        async with opened(desk, ADA, size=(60, 18)) as screen:
            await screen.expect("Printer on fire")
            line = next(line for line in screen.lines if "Printer on fire" in line)
            assert line.split()[1:] == ["*!w", "1001", "Printer", "on", "fire", "LATE", "12m"]

    work(flow)


@pytest.mark.parametrize(
    ("view", "words"),
    [("u", "Nobody's yet"), ("w", "No ticket waits for a customer."), ("s", "Nothing is snoozed.")],
)
def test_an_empty_view_says_what_that_means(desk: Desk, lively: Builder, view: str, words: str) -> None:
    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("g", view)
            await screen.expect(words)

    work(flow)


def test_an_agent_without_a_department_is_told_whom_to_ask(desk: Desk) -> None:
    Builder(desk).agent(BEN)

    async def flow() -> None:
        async with opened(desk, BEN) as screen:
            await screen.press("g", "d")
            await screen.expect("You are in no department yet.")

    work(flow)


def test_help_shows_the_keys_of_the_place_and_narrows(desk: Desk, lively: Builder) -> None:
    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("?")
            await screen.at("Help", "Keys: desk")
            await screen.type("snooze")
            await screen.expect("snooze until …")
            assert "open the ticket" not in screen.text

    work(flow)


def test_growing_and_shrinking_keeps_ticket_and_text(desk: Desk, lively: Builder) -> None:
    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Login link")
            await screen.press("j", "r")
            await screen.at("composer", "To bo@kunde.example")
            await screen.type("kept")
            await screen.pilot.resize_terminal(180, 50)
            await screen.expect("kept")
            await screen.pilot.resize_terminal(59, 15)
            await screen.expect("kept")
            await screen.pilot.resize_terminal(80, 24)
            await screen.press("escape")
            await screen.at("desk")
            await screen.expect(lambda: any(line.startswith(">") and "1002" in line for line in screen.lines))

    work(flow)


@pytest.mark.parametrize("size", SIZES)
def test_trouble_with_mail_looks_so(desk: Desk, size: str) -> None:
    post = mail_trouble(desk)

    async def flow() -> None:
        async with opened(desk, ADA, size=SIZES[size]) as screen:
            await screen.expect("! 1 undelivered  2 held")
            await screen.press("#")
            await screen.type(str(post.tickets()[1].id))
            await screen.press("enter")
            await screen.at("ticket", "may belong to")
            await screen.quiet()
            compare(screen, "trouble", size)
            await screen.press("O")
            await screen.at("outbox", "The server will not take it.")
            await screen.quiet()
            compare(screen, "outbox", size)
            await screen.press("g", "q")
            await screen.at("quarantine", "We sell toner.")
            await screen.press("x")
            await screen.expect("1 SELECTED")
            await screen.expect("We sell ink.")
            await screen.quiet()
            compare(screen, "quarantine", size)

    work(flow)


def mail_trouble(desk: Desk) -> Post:
    """Two mails in quarantine; a stranger's ticket that may belong to another, whose answer was refused."""
    build = Builder(desk)
    build.agent(ADA, support="lead")
    build.mailbox()
    post = Post(desk, build)
    post.pipe(letter())
    (first,) = post.tickets()
    post.pipe(letter(f"Re: [Support#{first.id}] Printer on fire", sender="Alice P <alice@home.example>", text="Still."))
    second = post.tickets()[1].id
    sent = replies.reply(desk, build.actor(ADA), second, Reply(body="Unplug it.", undo_seconds=0))
    OutgoingMail.update(state="refused", attempts=1).where(OutgoingMail.id == sent.outgoing_id).execute()
    told = {"state": "refused", "detail": "550 5.1.1 no mailbox of this name here"}
    OutgoingRecipient.update(**told).where(OutgoingRecipient.outgoing_id == sent.outgoing_id).execute()
    build.participant(second, "bo@acme.example", state="suggested")
    Department.update(unknown_senders="hold").execute()
    for subject in ("toner", "ink"):
        mail = letter(
            f"Cheap {subject}", sender="Shop <shop@x.example>", text=f"We sell {subject}.", mail_id=f"<{subject}@x>"
        )
        assert post.pipe(mail) == "quarantine"
    return post
