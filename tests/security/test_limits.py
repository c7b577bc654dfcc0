"""Limits that a stranger would get round: how much one may open, and what automatic mail an address gets."""

from __future__ import annotations

from typing import Any

import pytest

from helpdeskctl.domain.loops import MOST_REPEATED
from helpdeskctl.operations import automatic
from helpdeskctl.queries import intake
from helpdeskctl.store.tables import AutomaticMail
from tests.post import letter
from tests.security.scene import ALICE, BOB, EVE, Scene

BROUGHT_BACK = """--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--b\r\nContent-Type: message/rfc822\r\n\r
Message-ID: {mail_id}\r\nSubject: We have your request\r\n\r\nHello\r\n--b--"""


def test_who_attaches_a_mail_of_ours_is_counted_all_the_same(scene: Scene) -> None:
    assert scene.pipe(letter("First", sender=EVE)) == "open"
    own = scene.newest().id
    receipt = scene.answer_id(own, scene.messages(own)[0].id)
    became = [
        scene.pipe(
            letter(
                "Again",
                sender=EVE,
                mail_id=f"<{number}@beta.example>",
                text=BROUGHT_BACK.format(text="The very same", mail_id=receipt),
                lines="MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b",
            )
        )
        for number in range(MOST_REPEATED + 1)
    ]
    assert became == ["open"] * MOST_REPEATED + ["quarantine"]


@pytest.mark.parametrize("kind", ["receipt", "welcome"])
def test_a_domain_in_letters_and_in_ascii_is_one_address(scene: Scene, kind: str) -> None:
    spellings = ["kim@münchen.example", "kim@xn--mnchen-3ya.example", "kim+x@münchen.example", "kim@MÜNCHEN.example"]
    box = scene.tickets()[0].mailbox_id
    verdicts = [automatic.admit(scene.desk, each, mailbox_id=box, kind=kind) for each in spellings * 2]
    assert sum(verdict.allowed for verdict in verdicts) == (1 if kind == "receipt" else 5)


def test_an_address_of_ours_in_another_spelling_gets_no_automatic_mail(scene: Scene) -> None:
    box = scene.build.mailbox("hilfe@münchen.example")
    for spelling in ("hilfe@münchen.example", "hilfe@xn--mnchen-3ya.example"):
        assert automatic.admit(scene.desk, spelling, mailbox_id=box, kind="welcome").rule == "DEP-5"


@pytest.mark.parametrize(("cc", "subject"), [("", "Words of a stranger"), (f"Cc: {EVE}", "We have your request")])
def test_a_token_that_others_have_proves_no_address_so_its_receipts_quote_nothing(
    scene: Scene, cc: str, subject: str
) -> None:
    assert scene.pipe(letter("Another", lines=cc)) == "open"
    scene.number = scene.newest().id
    scene.answer("See the manual.")
    answer = scene.sent()[-1]
    scene.everything_arrived()
    assert scene.pipe(letter("Re: Another", lines=f"In-Reply-To: {answer.message['Message-ID']}")) == "add"
    AutomaticMail.delete().execute()
    assert scene.pipe(letter("Words of a stranger")) == "open"
    receipt = scene.sent()[-1]
    assert receipt.rcpt_tos == (ALICE,)
    assert receipt.message["Subject"].endswith(subject)


@pytest.mark.parametrize(
    "given",
    [{"lines": "In-Reply-To: <old@other.example>"}, {"mail_id": "<old@other.example>"}],
    ids=["they answer one mail", "they have one Message-ID"],
)
@pytest.mark.parametrize("sender", [ALICE, BOB])
def test_of_mails_that_share_an_id_a_few_are_looked_up_and_the_sender_s_own_is_found(
    scene: Scene, given: dict[str, Any], sender: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flood(name: str) -> None:
        for number in range(25):
            assert scene.pipe(letter("x", sender=f"{name}{number}@beta.example", text=f"{number}", **given)) == "open"

    flood("a")
    assert scene.pipe(letter("Mine", text="Mine", **given)) == "open"
    own = scene.newest().id
    scene.build.participant(own, BOB)
    flood("b")
    asked: list[int] = []
    looked_up = intake._ticket_rows
    monkeypatch.setattr(intake, "_ticket_rows", lambda numbers: asked.extend(numbers) or looked_up(asked))
    again = letter("Again", sender=sender, mail_id="<b@acme.example>", lines="In-Reply-To: <old@other.example>")
    assert scene.pipe(again) == "add"
    assert scene.row().ticket_id == own
    assert len(asked) <= 20
