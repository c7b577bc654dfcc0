"""Cases 50 and 51: mail bombs cost little, and broken mail is a message or waits in quarantine, octet for octet."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from bench.measure import Cost, cost
from helpdeskctl.store.tables import IncomingMail, Message, Quarantine
from tests.faults.bombs import bombs, broken
from tests.faults.ledger import LONG, digest, not_once
from tests.flows.shell import Place, place
from tests.post import letter
from tests.servers.dovecot import deliver
from tests.servers.imap import ImapAccount, ImapServer

__all__ = ["place"]

Figure = Callable[[str, object], None]
MOST_CPU = 10.0  # seconds for one bomb
MOST_MEMORY = 300.0  # MB


def fetched(place: Place, account: ImapAccount) -> Cost:
    """What one `mail fetch` of the mailbox costs."""
    return cost(["env", f"HELPDESK_CONFIG={place.shell.config}", *place.shell.command("mail", "fetch", account.user)])


def test_each_bomb_costs_little_and_the_next_mail_comes_in(
    place: Place, dovecot: ImapServer, record_property: Figure
) -> None:
    account = dovecot.account("bombs")
    place.receiving(account, max_size=100_000_000)
    nothing = fetched(place, account)
    dear, fat = 0.0, 0.0
    everything = list(bombs().items())
    for some in [[each] for each in everything] if LONG else [everything]:
        deliver(account, [mail for name, bomb in some for mail in (bomb, letter(f"After {name}", to=account.user))])
        took = fetched(place, account)
        assert took.cpu - nothing.cpu < MOST_CPU, (some[0][0], took)
        assert took.peak < MOST_MEMORY, (some[0][0], took)
        dear, fat = max(dear, took.cpu - nothing.cpu), max(fat, took.peak)
    assert {f"After {name}" for name, _ in everything} <= {row.subject for row in Message.select()}
    states = {str(state) for (state,) in IncomingMail.select(IncomingMail.state).tuples()}
    assert states <= {"stored", "quarantined"}
    figure = f"50: {len(everything)} bombs on {place.desk.database.kind}"
    figure += f", {'the dearest' if LONG else 'together'} {dear:.1f} s of CPU"
    record_property("figure", f"{figure}, {fat:.0f} MB at most, every next mail in")


def test_broken_mail_is_a_message_or_waits_in_quarantine_and_a_release_makes_one_message_of_it(
    place: Place, dovecot: ImapServer, record_property: Figure
) -> None:
    account = dovecot.account("broken")
    deliver(account, dict.fromkeys(broken()))
    mails = list(account.mails().values())  # the server mends the ends of lines
    assert len(mails) > 180
    place.receiving(account)
    answer = place.run("mail", "fetch", "-o", "json")
    assert answer.code == 0 and "Traceback" not in answer.err, answer.err[-2000:]
    counts = json.loads(answer.out)["total"]
    assert (counts["fetched"], counts["failed"], counts["left"]) == (len(mails), 0, 0)
    mails = list(dict.fromkeys(mails))
    rows = {row.raw_sha256: row for row in IncomingMail.select()}
    assert rows.keys() == set(map(digest, mails))
    assert all(digest(place.desk.blobs.get(name)) == name for name in rows)
    held = [str(row.incoming_id) for row in Quarantine.select().where(Quarantine.state == "held")]
    before = Message.select().count()
    if held:
        assert place.run("mail", "quarantine", "release", *held).code == 0
    ended = not_once(place.desk, _judged(mails, rows))
    assert ended == {}
    figure = f"51: {len(mails)} broken mails on {place.desk.database.kind}: {before} messages, {len(held)} held"
    record_property("figure", f"{figure}, each one message once released, 0 tracebacks")


def _judged(mails: Sequence[bytes], rows: dict[str, IncomingMail]) -> list[bytes]:
    return [raw for raw in mails if rows[digest(raw)].state in ("stored", "quarantined")]
