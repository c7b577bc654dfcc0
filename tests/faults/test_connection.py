"""Case 55: an IMAP connection that ends after any number of bytes, hangs, or is closed by the server's BYE."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import TryAgain
from helpdeskctl.store.tables import IncomingMail, Mailbox, Message
from tests.builders import Builder
from tests.faults.ledger import not_once, rounds
from tests.post import Post, letter
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.proxy import Fault, Proxy, proxy

Figure = Callable[[str, object], None]
MAILS = [letter(f"Number {n}", text=f"{n} " * 150) for n in range(3)]


@pytest.fixture
def wire(imap: ImapServer) -> Iterator[Proxy]:
    """A proxy in front of the server's plain port."""
    with proxy((imap.host, imap.port)) as wire:
        yield wire


@pytest.fixture
def post(desk: Desk) -> Post:
    """A desk that does not wait for long."""
    post = Post(desk, Builder(desk))
    post.limit(command_timeout=1, connect_timeout=1)
    return post


@pytest.fixture
def account(imap: ImapServer) -> ImapAccount:
    """A mailbox with mails in it."""
    account = imap.account("cut")
    account.append(*MAILS)
    return account


def read_through(post: Post, account: ImapAccount, port: int) -> int:
    """A mailbox that is read through a port of this machine."""
    return post.mailbox_at(account, imap_url=f"imap+insecure://{account.user.replace('@', '%40')}@127.0.0.1:{port}")


def octets_of_a_run(post: Post, wire: Proxy) -> int:
    """How much the server says to one undisturbed run, which is undone."""
    with post.desk.database.orm.atomic() as transaction:
        before = wire.bytes_to_client
        (report,) = post.fetch()
        assert report.error is None
        transaction.rollback()
    return wire.bytes_to_client - before


def forget(post: Post) -> None:
    """The desk as it was before the mails came in."""
    for table in ("outgoing_recipient", "outgoing_mail", "automatic_mail", "message_reference", "event"):
        post.desk.database.execute(f"DELETE FROM {table}")
    post.desk.database.execute("UPDATE ticket SET last_customer_message_id = NULL, show_as_id = NULL")
    for table in ("message", "ticket", "incoming_mail", "mailbox_folder"):
        post.desk.database.execute(f"DELETE FROM {table}")


def whole(post: Post) -> bool:
    """Whether every message has the text its sender wrote, to the last word."""
    return all(row.body.strip() == MAILS[int(row.subject[-1])].decode().split("\r\n\r\n")[1].strip() for row in
               Message.select())  # fmt: skip


def test_a_connection_cut_after_any_number_of_bytes_leaves_no_partial_message(
    post: Post, account: ImapAccount, wire: Proxy, record_property: Figure
) -> None:
    read_through(post, account, wire.port)
    answer = octets_of_a_run(post, wire)
    cuts = range(1, answer + 1, max(1, answer // rounds(16, 500)))
    for cut in cuts:
        forget(post)
        wire.fault = Fault(cut_after=cut)
        (report,) = post.fetch()
        assert report.error is None or isinstance(report.error, TryAgain), cut
        assert whole(post), cut
        wire.fault = Fault()
        (report,) = post.fetch()
        assert report.error is None and not_once(post.desk, MAILS) == {}, cut
    figure = f"55: cut after {len(cuts)} numbers of bytes from 1 to {answer} on {post.desk.database.kind}"
    record_property("figure", f"{figure}: 3 mails in, 3 out each time")


def test_a_server_that_hangs_after_any_number_of_bytes_is_given_up_in_time(
    post: Post, account: ImapAccount, wire: Proxy, record_property: Figure
) -> None:
    read_through(post, account, wire.port)
    answer = octets_of_a_run(post, wire)
    longest, times = 0.0, rounds(2, 12)
    for turn in range(times):
        forget(post)
        wire.fault = Fault(hang_after=1 + turn * (answer - 300) // max(1, times - 1))
        began = time.monotonic()
        (report,) = post.fetch()
        longest = max(longest, time.monotonic() - began)
        assert isinstance(report.error, TryAgain) and "no answer in time" in str(report.error)
        assert whole(post)
    assert longest < 10
    wire.fault = Fault()
    post.fetch()
    assert not_once(post.desk, MAILS) == {}
    figure = f"55: hung at {times} places on {post.desk.database.kind}: given up after {longest:.1f} s at most"
    record_property("figure", f"{figure} with a patience of 1 s")


@contextmanager
def leaving(wire: Proxy, *, after: int) -> Iterator[int]:
    """A port whose server answers `after` commands as the real one and the next with BYE (RFC 9051, 7.1.5)."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener.accept()[0] as client, socket.create_connection((wire.host, wire.port)) as server:
            threading.Thread(target=_copy, args=(server, client), daemon=True).start()
            for command in range(after + 1):
                line = client.recv(65536)
                if not line or command == after:
                    break
                server.sendall(line)
            time.sleep(0.05)
            client.sendall(b"* BYE shutting down\r\n")

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        return


def test_a_server_that_says_bye_at_any_command_is_read_to_the_end_by_the_next_run(
    post: Post, account: ImapAccount, wire: Proxy
) -> None:
    mailbox = read_through(post, account, wire.port)
    url = Mailbox.get(Mailbox.id == mailbox).imap_url
    for after in range(0, 8, rounds(2, 1)):
        forget(post)
        with leaving(wire, after=after) as port:
            Mailbox.update(imap_url=url.replace(str(wire.port), str(port))).execute()
            (report,) = post.fetch()
        assert report.error is None or isinstance(report.error, TryAgain), after
        assert whole(post)
        Mailbox.update(imap_url=url).execute()
        post.fetch()
        assert not_once(post.desk, MAILS) == {}, after
    assert IncomingMail.select().count() == len(MAILS)
