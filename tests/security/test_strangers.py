"""Mail of strangers who name a ticket: cases 1, 2, 3 and 9."""

from __future__ import annotations

from typing import Any

import pytest

from helpdeskctl.domain.references import TokenKeys, make_token
from helpdeskctl.operations import ticket_merge
from helpdeskctl.queries.intake import token_keys
from helpdeskctl.store.tables import ContactAddress, Link
from tests.post import letter
from tests.security.scene import ALICE, ANN, EVE, FIRST, Scene


class TestCase1:
    """A stranger with In-Reply-To or References of T1: it is byte-equal before and after; a ticket of theirs exists."""

    @pytest.mark.parametrize("header", ["In-Reply-To", "References"])
    @pytest.mark.parametrize("which", ["the customer's id", "our token"])
    def test_t1_is_untouched(self, scene: Scene, header: str, which: str) -> None:
        named = FIRST if which == "the customer's id" else f"<{scene.token()}@example.org>"
        before = scene.state()
        assert scene.pipe(letter("Re: Printer", sender=EVE, lines=f"{header}: {named}")) == "open"
        assert scene.state() == before
        assert scene.newest().requester_address == EVE
        assert [(link.other_id, link.kind) for link in Link.select()] == [(scene.number, "may_belong")]
        assert scene.sent() == []

    def test_an_agent_accepts_it_by_one_step_and_undoes_it_by_another(self, scene: Scene) -> None:
        scene.pipe(letter("Re: Printer", sender=EVE, text="Its me from home", lines=f"In-Reply-To: {FIRST}"))
        other, ann = scene.newest().id, scene.build.actor(ANN)
        eve = ContactAddress.get(ContactAddress.address == EVE).contact_id
        before, theirs = scene.state(), scene.state(other)
        ticket_merge.merge(scene.desk, ann, other, scene.number, add_address=True, notify=False)
        assert scene.messages(scene.number)[-1].body == "Its me from home"
        alice = ContactAddress.get(ContactAddress.address == ALICE).contact_id
        assert ContactAddress.get(ContactAddress.address == EVE).contact_id == alice
        assert scene.pipe(letter("Re: Printer", sender=EVE, text="Again", lines=f"In-Reply-To: {FIRST}")) == "add"
        ticket_merge.unmerge(scene.desk, ann, other)
        assert ContactAddress.get(ContactAddress.address == EVE).contact_id == eve
        assert [message["body"] for message in scene.state(other)[2]] == [message["body"] for message in theirs[2]]
        assert scene.state()[1] == before[1]
        count = len(scene.messages(scene.number))
        assert scene.pipe(letter("Re: Printer", sender=EVE, text="Once more", lines=f"In-Reply-To: {FIRST}")) == "add"
        assert (scene.row().ticket_id, len(scene.messages(scene.number))) == (other, count)


class TestCase2:
    """A stranger with T1's subject tag: the same; alice's own reply with the tag is appended."""

    def test_t1_is_untouched(self, scene: Scene) -> None:
        before = scene.state()
        assert scene.pipe(letter(f"Re: [Support#{scene.number}] Printer", sender=EVE)) == "open"
        assert scene.state() == before

    def test_alice_s_is_appended(self, scene: Scene) -> None:
        assert scene.pipe(letter(f"Re: [Support#{scene.number}] Printer", text="Still.")) == "add"
        assert scene.messages(scene.number)[-1].body == "Still."


class TestCase3:
    """A reply token shortened to every prefix, emptied, case-changed or of another ticket: none is accepted."""

    PLACES: tuple[Any, ...] = (
        lambda token: {"lines": f"In-Reply-To: <{token}@example.org>"},
        lambda token: {"to": f"support+{token}@example.org"},
        lambda token: {"text": f"Hello\n\n[{token}]"},
    )

    @pytest.mark.parametrize("place", PLACES, ids=["Message-ID", "plus address", "body marker"])
    def test_the_whole_token_leads_to_its_ticket(self, scene: Scene, place: Any) -> None:
        assert scene.pipe(letter("Re", **place(scene.token()))) == "add"

    @pytest.mark.parametrize("place", PLACES, ids=["Message-ID", "plus address", "body marker"])
    def test_no_other_one_does(self, scene: Scene, place: Any) -> None:
        token = scene.token()
        scene.pipe(letter("Other", sender=EVE))
        theirs = make_token(scene.newest().id, 1, token_keys(scene.desk)).replace(
            f"hd.{scene.newest().id}.", f"hd.{scene.number}."
        )
        mac = token.rpartition(".")[2]
        wrong = [token[:length] for length in range(len(token))]
        wrong += [token.upper(), token.replace(mac, mac.upper()), f"{token}a", f"a{token}", theirs, token[::-1]]
        wrong += [token.replace("hd.", "hd.0"), token.replace(f".{mac}", f".\u0430{mac[1:]}")]
        before = scene.state()
        for n, each in enumerate(wrong):
            mail = letter(f"Try {n}", **{"text": f"{n}"} | place(each))
            assert scene.pipe(mail) in {"open", "quarantine"}, each
        assert scene.state() == before

    def test_a_key_that_was_replaced_still_opens_and_one_that_was_never_ours_does_not(self, scene: Scene) -> None:
        keys = token_keys(scene.desk)
        message = scene.messages(scene.number)[0].id
        foreign = make_token(scene.number, message, TokenKeys("z", {"z": b"another desk's key" * 2}))
        posing = foreign.replace(".z.", f".{keys.current}.")
        for each in (foreign, posing):
            assert scene.pipe(letter("Try", text=each, lines=f"References: <{each}@example.org>")) == "open"
        assert len(scene.messages(scene.number)) == 1


class TestCase9:
    """Message-ID squatting: eve's mail uses the id of a later mail of alice; both become messages."""

    def test_both_are_there(self, scene: Scene) -> None:
        assert scene.pipe(letter("Mine", sender=EVE, mail_id="<next@acme.example>")) == "open"
        assert scene.pipe(letter("Next", mail_id="<next@acme.example>", lines=f"In-Reply-To: {FIRST}")) == "add"
        assert [m.mail_id for m in scene.messages(scene.number)] == [FIRST, "<next@acme.example>"]

    def test_an_answer_to_the_id_that_both_have_lands_with_whoever_writes_it(self, scene: Scene) -> None:
        scene.pipe(letter("Mine", sender=EVE, mail_id="<next@acme.example>"))
        theirs = scene.newest().id
        scene.pipe(letter("Next", mail_id="<next@acme.example>", lines=f"In-Reply-To: {FIRST}"))
        assert scene.pipe(letter("Re: Next", text="alice", lines="In-Reply-To: <next@acme.example>")) == "add"
        assert scene.messages(scene.number)[-1].body == "alice"
        assert len(scene.messages(theirs)) == 1
