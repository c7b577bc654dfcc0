"""One mail to several of our mailboxes (MAIL-6), and tickets that moved in from another desk (MAIL-10)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.domain.references import INSTALLATION_HEADER, foreign_tags
from helpdeskctl.mail.files import Found
from helpdeskctl.operations import intake_doors, settings
from helpdeskctl.operations.intake_keep import Letter, Source, keep
from helpdeskctl.store.tables import Department, IncomingMail, Link, Message, Ticket, TicketAlias
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.post import SUPPORT, Post, letter
from tests.servers.imap import ImapServer

BILLING = "billing@example.org"
EVE = "Eve <eve@beta.example>"


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    build.mailbox(BILLING, department="billing")
    return Post(desk, build)


def places() -> list[str]:
    """The departments of the messages."""
    keys = {row.id: row.key for row in Department.select()}
    rows = Message.select(Message.ticket_id).order_by(Message.id)
    return sorted(keys[Ticket.get(Ticket.id == row.ticket_id).department_id] for row in rows)


TO_BOTH = {"to": f"{SUPPORT}, {BILLING}"}
BLIND = {"to": BILLING}  # and support@ in Bcc


@pytest.mark.parametrize("to", [TO_BOTH, BLIND], ids=["to both", "blind copy"])
@pytest.mark.parametrize("order", [(SUPPORT, BILLING), (BILLING, SUPPORT)])
class TestOrders:
    def test_one_ticket(self, post: Post, order: tuple[str, ...], to: dict[str, str]) -> None:
        words = [post.pipe(letter(**to), mailbox=each) for each in (*order, *order)]
        assert words == ["open", "duplicate", "duplicate", "duplicate"]

    def test_one_in_each_department(self, post: Post, order: tuple[str, ...], to: dict[str, str]) -> None:
        settings.put(post.desk, SYSTEM, "duplicates", "per_department")
        words = [post.pipe(letter(**to), mailbox=each) for each in (*order, *order)]
        assert words == ["open", "open", "duplicate", "duplicate"]
        assert places() == ["billing", "support"]


@pytest.mark.parametrize(("policy", "wanted"), [("one_ticket", 12), ("per_department", 24)])
def test_both_mailboxes_read_at_once(
    desk: Desk, imap: ImapServer, clock: SteppedClock, policy: str, wanted: int
) -> None:
    clock.set(datetime.now(UTC))
    post = Post(desk, Builder(desk))
    settings.put(desk, SYSTEM, "duplicates", policy)
    for address, key in ((SUPPORT, "support"), (BILLING, "billing")):
        account = imap.account()
        account.append(*(letter(f"Number {n}", to=f"{SUPPORT}, {BILLING}") for n in range(12)))
        post.mailbox_at(account, address, department=key)
    faults: list[BaseException] = []

    def read(address: str) -> None:
        with desk.connected():
            (report,) = post.fetch(address)
        faults.extend([report.error] if report.error else [])

    threads = [threading.Thread(target=read, args=[address]) for address in (SUPPORT, BILLING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(post.tickets()) == wanted
    assert IncomingMail.select().where(IncomingMail.state.in_(("stored", "duplicate"))).count() == 24


def test_a_copy_that_bears_our_mark_never_stands_for_the_true_mail(post: Post) -> None:
    """However the two come in: the true one is judged while the other is not yet."""
    true = letter("Please cancel", mail_id="<true@acme.example>")
    head, _, body = true.partition(b"\r\n\r\n")
    forged = head + f"\r\n{INSTALLATION_HEADER}: {post.desk.config.installation}\r\n\r\n".encode() + body
    keep(post.desk, Source(None), [Letter(forged, post.desk.now())])  # and another process is about to judge it
    assert post.pipe(true) == "open"


@pytest.mark.parametrize(
    ("subject", "tags"),
    [
        ("Re: [Ticket#20230017] Printer", ("ticket#20230017",)),
        ("[#123-456] Printer", ("#123-456",)),
        ("[desk.example #4711] Printer", ("desk.example#4711",)),
        ("Re: [Ticket# 17] [TICKET#17] x", ("ticket#17",)),
        ("[Support#1001] x", ()),
        ("[#hash] [no number] [a#b#1] #1", ()),
    ],
)
def test_what_other_desks_call_a_ticket(subject: str, tags: tuple[str, ...]) -> None:
    assert foreign_tags(subject, "Support") == tags


class TestMovedIn:
    def archived(self, post: Post, *mails: bytes) -> None:
        list(intake_doors.import_files(post.desk, [Found("x", raw) for raw in mails], mailbox=SUPPORT, archive=True))

    def test_an_answer_with_the_old_desk_s_tag_finds_its_ticket_for_who_takes_part_there(self, post: Post) -> None:
        self.archived(post, letter("Re: [Ticket#20230017] Printer"))
        number = post.tickets()[0].id
        assert post.pipe(letter("AW: [Ticket#20230017] Printer", text="Still")) == "add"
        assert len(post.messages(number)) == 2
        assert post.pipe(letter("AW: [Ticket#20230017] Printer", sender=EVE)) == "open"
        assert [(row.other_id, row.kind) for row in Link.select()] == [(number, "may_belong")]

    def test_two_customers_with_the_same_tag_each_find_their_own(self, post: Post) -> None:
        self.archived(post, letter("[#7] One"), letter("[#7] Two", sender=EVE))
        first, second = post.tickets()
        assert post.pipe(letter("[#7] again", sender=EVE)) == "add"
        assert (len(post.messages(first.id)), len(post.messages(second.id))) == (1, 2)

    def test_the_archive_itself_comes_together_by_its_tags(self, post: Post) -> None:
        self.archived(post, letter("[#7] One"), letter("Re: [#7] One", text="More"))
        assert len(post.tickets()) == 1

    def test_our_own_tag_comes_first(self, post: Post) -> None:
        self.archived(post, letter("[#7] One"))
        number = post.build.ticket("Another")
        assert post.pipe(letter(f"[#7] [Support#{number}] x")) == "add"
        assert len(post.messages(number)) == 2

    def test_mail_that_comes_in_by_itself_plants_no_names(self, post: Post) -> None:
        post.pipe(letter("[Ticket#1] x", sender=EVE))
        assert TicketAlias.select().count() == 0
