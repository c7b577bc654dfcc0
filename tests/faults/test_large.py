"""Case 61: a mail over the limit and a mailbox of many large ones: memory is bounded, a run goes on where one died.

The mailbox of 1 GB is `python -m bench big`.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

import pytest

from bench.measure import cost
from helpdeskctl.store.tables import IncomingMail, Message, OutgoingMail, Quarantine
from tests.faults.ledger import inside, not_once, rounds
from tests.flows.shell import Place, place
from tests.post import letter
from tests.servers.dovecot import deliver
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.proxy import Proxy, proxy

__all__ = ["place"]

Figure = Callable[[str, object], None]
MEGABYTE = 1024**2
LIMIT = 5 * MEGABYTE
HUGE = rounds(40, 200) * MEGABYTE


def large(subject: str, size: int, to: str) -> bytes:
    """A mail with a file of so many bytes, coded as mail is."""
    line = "QUFB" * 19
    text = "\r\n".join(repeat(line, size // 78))
    lines = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b"
    file = 'Content-Type: application/octet-stream; name="f.bin"\r\nContent-Disposition: attachment; filename="f.bin"'
    body = f"--b\r\n\r\nSee the file.\r\n--b\r\n{file}\r\nContent-Transfer-Encoding: base64\r\n\r\n{text}\r\n--b--"
    return letter(subject, to=to, lines=lines, text=body, mail_id=f"<{subject.replace(' ', '-')}@acme.example>")


@pytest.mark.parametrize("policy", ["leave", "quarantine"])
def test_a_mail_over_the_limit_ends_as_its_mailbox_says_and_its_sender_hears_of_it_once_at_most(
    place: Place, dovecot: ImapServer, policy: str, record_property: Figure
) -> None:
    account = dovecot.account("large")
    deliver(account, [large("Huge", HUGE, account.user), letter("Next", to=account.user)])
    place.receiving(account, max_size=LIMIT, too_large=policy, smtp_url="sendmail:/bin/true")
    command = ["env", f"HELPDESK_CONFIG={place.shell.config}", *place.shell.command("mail", "fetch", account.user)]
    took = cost(command)
    account.recreate() if HUGE < 50 * MEGABYTE else None
    cost(command)
    assert took.peak < 4 * 25 + 60
    assert [row.subject for row in Message.select()] == ["Next"]
    states = {row.state for row in IncomingMail.select().where(IncomingMail.size > LIMIT)}
    assert states <= ({"left"} if policy == "leave" else {"quarantined", "duplicate"})
    assert Quarantine.select().count() == (policy == "quarantine")
    told = [mail for mail in OutgoingMail.select() if mail.event != "received"]
    assert len(told) <= 1
    figure = f"61: a mail of {HUGE // MEGABYTE} MB, {policy}, on {place.desk.database.kind}: peak {took.peak:.0f} MB"
    record_property("figure", f"{figure}, its sender told {len(told)} times")


@contextmanager
def wire_to(account: ImapAccount) -> Iterator[Proxy]:
    """A proxy that counts what the server says."""
    with proxy((account.server.host, account.server.port)) as wire:
        yield wire


def test_a_run_that_was_killed_is_gone_on_with_and_fetches_nothing_twice(
    place: Place, dovecot: ImapServer, tmp_path: Path, record_property: Figure
) -> None:
    account = dovecot.account("large")
    size, count = rounds(1, 10) * MEGABYTE, rounds(12, 60)
    mails = [large(f"Large {n}", size, account.user) for n in range(count)]
    deliver(account, mails)
    with wire_to(account) as wire:
        url = f"imap+insecure://{account.user.replace('@', '%40')}@127.0.0.1:{wire.port}"
        place.receiving(account, imap_url=url, ca_file=None)
        fetching = place.shell.start("mail", "fetch")
        limit = time.monotonic() + 60
        while Message.select().count() < count // 3:
            assert time.monotonic() < limit and fetching.poll() is None
            time.sleep(0.02)
        fetching.send_signal(signal.SIGKILL)
        fetching.communicate()
        done, said = IncomingMail.select().count(), wire.bytes_to_client
        assert place.run("mail", "fetch").code == 0
        again = wire.bytes_to_client - said
    assert not_once(place.desk, mails) == {} and sum(inside(place.desk).values()) == count
    assert done < count
    assert again < (count - done) * size * 1.1
    figure = f"61: killed after {done} of {count} mails of {size // MEGABYTE} MB on {place.desk.database.kind}"
    record_property("figure", f"{figure}: the next run fetched {again / MEGABYTE:.0f} MB, {count} in, {count} out")
