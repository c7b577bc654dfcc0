"""What goes with a text: copies, files, sender, signature; kept in the draft, taken back whole (OUT-6, TIC-12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import settings, setup
from helpdeskctl.queries import threads
from helpdeskctl.store.tables import OutgoingMail
from tests.builders import Builder
from tests.outgoing import states_of
from tests.tui.driver import Screen, opened, work

ADA, ALICE = "ada@example.org", "alice@acme.example"


@pytest.fixture
def build(desk: Desk) -> Builder:
    build = Builder(desk)
    build.agent(ADA, support="lead")
    build.mailbox()
    build.mailbox("second@example.org")
    setup.create(desk, SYSTEM, "signature", "long", {"department": "support", "body": "Long signature"})
    setup.create(desk, SYSTEM, "signature", "short", {"department": "support", "body": "Short one"})
    setup.edit(desk, SYSTEM, "department", "support", {"signature": "long"})
    return build


async def answering(screen: Screen, key: str = "r") -> None:
    await screen.expect("Printer on fire")
    await screen.press(key)
    await screen.at("composer", "To alice@acme.example")


def newest() -> OutgoingMail:
    return OutgoingMail.select().order_by(OutgoingMail.id.desc()).get()


def test_all_that_goes_with_a_text_is_kept_sent_and_taken_back(desk: Desk, build: Builder, tmp_path: Path) -> None:
    number = build.ticket(assignee=ADA)
    (tmp_path / "plan.pdf").write_bytes(b"x" * 2000)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await answering(screen)
            await screen.type("Here it is")
            await screen.press("f2")
            await screen.at("Recipients", "To alice@acme.example, and")
            await screen.type("bo@acme.example; cy@acme.example")
            await screen.press("tab")
            await screen.type("boss@example.net")
            await screen.press("enter")
            await screen.at("composer", "Cc bo@acme.example, cy@acme.example")
            await screen.press("ctrl+l")
            await screen.at("Attach", "Attach: at most 10 files, 25 MB together")
            await screen.paste(str(tmp_path / "plan.pdf"))
            await screen.press("enter")
            await screen.expect("1 file, 2.0 kB")
            assert any("[x] plan.pdf" in line and "2.0 kB" in line for line in screen.lines)
            await screen.press("escape")
            await screen.at("composer", "1 file, 2.0 kB (^l)")
            await screen.press("f3")
            await screen.at("Picker", "Signature")
            await screen.type("short")
            await screen.press("enter")
            await screen.at("composer", "Short one")
            await screen.press("f4")
            await screen.at("Picker", "Send from")
            await screen.type("second")
            await screen.press("enter")
            await screen.at("composer")
            await screen.press("escape")
            await screen.at("desk")
            await screen.quiet()
        async with opened(desk, ADA, size=(140, 40)) as screen:
            await answering(screen)
            for kept in (
                "Here it is",
                "Short one",
                "From second@example.org",
                "Bcc boss@example.net",
                "1 file, 2.0 kB",
            ):
                await screen.expect(kept)
            await screen.press("ctrl+s")
            await screen.expect("z takes it back")
            mail = newest()
            assert set(states_of(mail.id)) == {ALICE, "bo@acme.example", "cy@acme.example", "boss@example.net"}
            assert mail.content["from"][0] == "second@example.org"
            assert "Short one" in mail.content["text"]
            assert [file["filename"] for file in mail.content["files"]] == ["plan.pdf"]
            await screen.press("z")
            await screen.at("composer", "Here it is")
            for kept in ("Short one", "From second@example.org", "Bcc boss@example.net", "1 file, 2.0 kB"):
                await screen.expect(kept)

    work(flow)
    assert len(threads.show(desk, SYSTEM, number).messages) == 1


def test_a_reply_goes_to_everybody_or_to_the_requester_alone(desk: Desk, build: Builder) -> None:
    build.participant(build.ticket(assignee=ADA), "bo@acme.example")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await answering(screen)
            await screen.expect("Cc bo@acme.example")
            await screen.press("f5")
            await screen.expect("To alice@acme.example alone   Cc -")
            await screen.type("Only for you")
            await screen.press("ctrl+s")
            await screen.at("desk", "sent to alice@acme.example")

    work(flow)
    assert set(states_of(newest().id)) == {ALICE}


def test_a_reply_without_any_signature(desk: Desk, build: Builder) -> None:
    build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await answering(screen)
            await screen.expect("Long signature")
            await screen.press("f3")
            await screen.at("Picker")
            await screen.type("nothing")
            await screen.press("enter")
            await screen.at("composer")
            await screen.expect_gone("Long signature")
            await screen.type("Bare")
            await screen.press("ctrl+s")
            await screen.at("desk", "sent to")

    work(flow)
    assert "Long signature" not in newest().content["text"]


def test_a_message_is_forwarded_with_the_files_that_stay_chosen(desk: Desk, build: Builder) -> None:
    number = build.ticket(assignee=ADA)
    message = build.message(number, "Photos attached.")
    build.attachment(message, "keep.jpg")
    build.attachment(message, "drop.jpg", b"other")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("enter")
            await screen.at("ticket", "Photos attached.")
            await screen.press("f")
            await screen.at("Picker", "Forward which message?")
            await screen.press("enter")
            await screen.at("composer", "FORWARD to somebody else")
            await screen.expect("2 files")
            await screen.press("ctrl+s")
            await screen.expect("! to whom? F2 says")
            await screen.press("f2")
            await screen.at("Recipients")
            await screen.type("maker@printers.example")
            await screen.press("enter", "ctrl+l")
            await screen.at("Attach", "[x] drop.jpg")
            await screen.press("down", "enter")
            await screen.expect("[ ] drop.jpg")
            await screen.press("escape")
            await screen.at("composer", "1 file")
            await screen.press("ctrl+s")
            await screen.at("ticket")
            await screen.expect(f"(message {message} forwarded to maker@printers.example)")

    work(flow)
    assert list(states_of(newest().id)) == ["maker@printers.example"]
    assert [file["filename"] for file in newest().content["files"]] == ["keep.jpg"]


def test_what_is_no_file_or_too_large_is_said_and_not_attached(desk: Desk, build: Builder, tmp_path: Path) -> None:
    build.ticket(assignee=ADA)
    settings.put(desk, SYSTEM, "attachment_size", "1k")
    (tmp_path / "big").write_bytes(b"x" * 5000)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await answering(screen)
            await screen.press("ctrl+l")
            await screen.at("Attach", "together")
            await screen.paste(str(tmp_path / "none"))
            await screen.press("enter")
            await screen.expect("No such file")
            await screen.press("ctrl+u")
            await screen.paste(str(tmp_path / "big"))
            await screen.press("enter")
            await screen.expect("larger than all files of a message may be")
            await screen.expect("0 files, 0 B")

    work(flow)


def test_over_ssh_no_file_of_this_host_is_read_or_written(desk: Desk, build: Builder, tmp_path: Path) -> None:
    number = build.ticket(assignee=ADA)
    file = build.attachment(build.message(number, "Photo attached."), "photo.jpg")

    async def flow() -> None:
        async with opened(desk, ADA, at_door=True) as screen:
            await screen.expect("Printer on fire")
            await screen.press("enter")
            await screen.at("ticket", "Photo attached.")
            await screen.press("o")
            await screen.at("Picker", "photo.jpg")
            await screen.press("enter")
            await screen.at("ticket", f"ssh … attachment get {file} > FILE")
            await screen.press("r")
            await screen.at("composer", "To alice@")
            await screen.press("ctrl+l")
            await screen.at("Attach", "[ ] photo.jpg")
            await screen.type("/etc/passwd")
            await screen.press("enter")
            await screen.expect("files of this host are not for agents who come by SSH")
            await screen.press("ctrl+u", "enter")
            await screen.expect("[x] photo.jpg")

    work(flow)


def test_a_file_is_saved_to_a_new_path_only(desk: Desk, build: Builder, tmp_path: Path) -> None:
    number = build.ticket(assignee=ADA)
    build.attachment(build.message(number, "Photo attached."), "../photo.jpg", b"smoke")
    target = tmp_path / "saved.jpg"

    async def save(screen: Screen) -> None:
        await screen.press("o")
        await screen.at("Picker", "Save which file?  1 file, 5 B")
        await screen.press("enter")
        await screen.at("Ask", "~/photo.jpg")
        await screen.press("ctrl+u")
        await screen.paste(str(target))
        await screen.press("enter")

    async def flow() -> None:
        async with opened(desk, ADA, size=(140, 40)) as screen:
            await screen.expect("Printer on fire")
            await screen.press("enter")
            await screen.at("ticket", "Photo attached.")
            await save(screen)
            await screen.expect(f"saved as {target}, 5 B")
            target.write_bytes(b"mine")
            await save(screen)
            await screen.expect("File exists")

    work(flow)
    assert target.read_bytes() == b"mine"
