"""A mailbox that has sent enough automatic mail stops, the admin hears of it once, and nobody is kept out (MAIL-22)."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.loops import ASKED, ASKED_AN_HOUR
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import automatic, jobs, settings
from helpdeskctl.operations.portal_access import ask_link
from helpdeskctl.queries.overview import overview
from helpdeskctl.store.tables import AutomaticMail, Department, OutgoingMail
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import sending
from tests.post import Post, letter
from tests.servers.smtp import SmtpSink

ALICE = "alice@acme.example"


@pytest.fixture
def post(desk: Desk, smtp: SmtpSink) -> Post:
    build = Builder(desk)
    sending(desk, build, smtp)
    Department.update(public=True).execute()
    settings.put(desk, SYSTEM, "portal_url", "https://help.example.org")
    build.contact(ALICE, portal_access=True)
    return Post(desk, build)


def flood(post: Post, *, count: int = 205) -> None:
    """So many strangers write, each a name that somebody else's mail bears."""
    for n in range(count):
        assert post.pipe(letter(f"Number {n}", sender=f"victim{n}@v.example")) == "open"


def said(desk: Desk) -> str | None:
    outcome = jobs.run(desk, jobs.named("mail.send"), stop=lambda: False, force=True)
    assert outcome.state == "done"
    return outcome.line


class TestFlood:
    def test_the_mailbox_stops_the_admin_hears_it_once_an_hour_and_the_mails_are_tickets(
        self, post: Post, clock: SteppedClock
    ) -> None:
        assert said(post.desk) is None
        flood(post)
        assert OutgoingMail.select().count() == 200
        assert len(post.tickets()) == 205
        assert "support@example.org sends nothing automatic" in (said(post.desk) or "")
        assert said(post.desk) is None
        assert overview(post.desk).mailboxes[0].stopped_at is not None
        clock.advance(3601)
        assert overview(post.desk).mailboxes[0].stopped_at is None
        assert said(post.desk) is None
        assert post.pipe(letter("Later", sender="somebody@else.example")) == "open"
        assert OutgoingMail.select().count() == 201

    def test_it_keeps_nobody_from_signing_in(self, post: Post) -> None:
        for n in range(200):
            AutomaticMail.insert(address=f"v{n}@v.example", mailbox_id=1, kind="receipt", at=post.desk.now()).execute()
        assert not automatic.admit(post.desk, "somebody@else.example", mailbox_id=1, kind="taken").allowed
        assert ask_link(post.desk, ALICE, nonce="n" * 32, ticket=None, peer="192.0.2.1") is not None

    def test_nor_do_five_mails_that_bear_somebody_s_name(self, post: Post) -> None:
        assert [admitted(post.desk, 1, "taken") for _ in range(6)] == [True] * 5 + [False]
        assert [admitted(post.desk, 1, "sign_in") for _ in range(4)] == [True] * ASKED_AN_HOUR + [False]


def admitted(desk: Desk, mailbox: int, kind: str) -> bool:
    return automatic.admit(desk, ALICE, mailbox_id=mailbox, kind=kind).allowed


@pytest.mark.parametrize("kind", ASKED)
def test_what_somebody_asked_for_takes_from_what_else_may_go_there(post: Post, kind: str) -> None:
    assert admitted(post.desk, 1, kind)
    assert [admitted(post.desk, 1, "taken") for _ in range(5)] == [True] * 4 + [False]
