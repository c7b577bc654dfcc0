"""Mail servers that say no, show a wrong certificate or hand out mail that is none: told, and nothing lost."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote

import pytest

from helpdeskctl.store.tables import IncomingMail, JobRun, Mailbox, OutgoingMail
from tests.cli.conftest import Answer
from tests.flows.shell import Place, harmless, place, told
from tests.post import letter
from tests.servers.certificates import Certificates
from tests.servers.imap import ImapServer
from tests.servers.proxy import proxy
from tests.servers.smtp import SmtpSink

__all__ = ["place"]

PUT_OFF = "mail     1 deferred: support@example.org\n"
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"])


def deep(levels: int) -> bytes:
    """A mail of nested multiparts."""
    head = letter("Deep", lines="MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b0").split(b"\r\n\r\n")[0]
    inner = "".join(f"--b{n - 1}\r\nContent-Type: multipart/mixed; boundary=b{n}\r\n\r\n" for n in range(1, levels))
    return head + f"\r\n\r\n{inner}--b{levels - 1}\r\n\r\nText\r\n".encode()


MALFORMED = {
    "nested": deep(1000),
    "encoded words": letter("=?utf-8?q?x?= " * 20_000),
    "no header": b"just some words\r\nand more of them\r\n",
    "no colon": b"From alice\r\nSubject\r\n\r\nText\r\n",
    "broken": letter("Odd", mail_id="<[abc@]>", lines="Date: never\nContent-Type: text/plain; charset=klingon"),
    "nul": b"\x00\xff" * 200,
}


@sqlite_only
def test_a_refused_login_names_the_mailbox_and_stops_no_other(place: Place, imap: ImapServer) -> None:
    good, bad = imap.account("good"), imap.account("bad")
    for account in (good, bad):
        account.append(letter(f"To {account.user}", to=account.user))
    place.receiving(bad, password="wrong")
    place.build.mailbox("away@example.org", imap_url="imaps://away@localhost:1", secret_id=place.secret())
    place.receiving(good)
    answer = place.run("mail", "fetch")
    assert answer.code == 77  # not the 75 of the server that is away
    assert f"helpdeskctl: error: mailbox {bad.user}: login refused by localhost" in answer.err
    assert f"  try: helpdeskctl mailbox password {bad.user} --password-file FILE\n" in answer.err
    assert "mailbox away@example.org: localhost cannot be reached" in answer.err
    assert f"fetched  1 of {good.user}" in answer.out
    assert len(place.bodies()) == 1 and len(bad.mails()) == 1
    facts = place.run("mail", "fetch", bad.user, "-o", "json").error
    assert (facts["code"], facts["name"], facts["object"]) == (77, "not-permitted", f"mailbox/{bad.user}")
    Mailbox.update(secret_id=place.secret()).where(Mailbox.address == bad.user).execute()
    assert place.run("mail", "fetch", bad.user).code == 0
    assert len(place.bodies()) == 2


@sqlite_only
def test_cron_tells_a_refused_login_at_once_and_no_recovery_before_there_is_one(place: Place, imap: ImapServer) -> None:
    bad = imap.account("bad")
    bad.append(letter())
    place.receiving(bad, password="wrong")
    place.build.mailbox("away@example.org", imap_url="imaps://away@localhost:1", secret_id=place.secret())
    told(place.run("cron"), 77, f"mailbox {bad.user}: login refused", "mailbox away@example.org: localhost cannot be")
    Mailbox.delete().where(Mailbox.address == "away@example.org").execute()
    for _ in range(2):  # while the mailbox is left alone, and tried again
        JobRun.update(started_at=place.desk.now() - timedelta(minutes=5)).execute()
        assert place.run("cron") == Answer(0, "", "")
        Mailbox.update(not_before=None).execute()
    JobRun.update(started_at=place.desk.now() - timedelta(minutes=5)).execute()
    Mailbox.update(secret_id=place.secret()).execute()
    answer = place.run("cron")
    assert answer.code == 0 and answer.err.startswith("mail.fetch: recovered after ")
    assert place.bodies() == ["It smokes."]


@sqlite_only
def test_a_reply_stays_queued_when_the_server_refuses_the_login(place: Place, smtp: SmtpSink) -> None:
    address = place.sending(smtp, password="wrong")
    number = place.build.ticket()
    answer = place.run("ticket", "reply", number, "-m", "Use water.")
    assert answer.code == 0 and answer.out.startswith(f"queued   #{number} to alice@acme.example")
    assert f"mailbox {address}: login refused by localhost" in answer.err and "tried again later" in answer.err
    assert smtp.deliveries == [] and "Use water." in place.bodies()
    OutgoingMail.update(not_before=place.desk.now()).execute()
    told(place.run("mail", "send"), 77, f"mailbox {address}: login refused", f"mailbox password {address}", out=PUT_OFF)
    (waiting,) = json.loads(place.run("mail", "queue", "list", "-o", "json").out)
    assert waiting["state"] == "deferred" and "login refused" in waiting["detail"]
    Mailbox.update(secret_id=place.secret()).execute()
    OutgoingMail.update(not_before=place.desk.now()).execute()
    assert place.run("mail", "send").out == f"mail     1 sent: {address}\n"
    assert [taken.rcpt_tos for taken in smtp.deliveries] == [("alice@acme.example",)]


@sqlite_only
@pytest.mark.parametrize("scheme", ["imaps", "imap"])
def test_a_wrong_certificate_of_an_imap_server_is_refused(place: Place, imap: ImapServer, scheme: str) -> None:
    account = imap.account()
    account.append(letter())
    port = imap.tls_port if scheme == "imaps" else imap.port
    url = f"{scheme}://{quote(account.user, safe='')}@localhost:{port}"
    place.receiving(account, imap_url=url, ca_file=None)  # the machine's authorities do not know the server's
    answer = place.run("mail", "fetch")
    told(answer, 69, f"mailbox {account.user}: the certificate of localhost is not trusted", "--ca-file")
    assert place.bodies() == [] and len(account.mails()) == 1
    Mailbox.update(ca_file=str(imap.ca_file)).execute()
    assert place.run("mail", "fetch").code == 0
    assert place.bodies() == ["It smokes."]


@sqlite_only
def test_a_certificate_for_another_name_is_refused_before_a_password_is_said(
    place: Place, imap: ImapServer, smtp: SmtpSink, certificates: Certificates
) -> None:
    account = imap.account()
    with (
        proxy((imap.host, imap.port), certificate=certificates.wrong_host) as other,
        proxy((smtp.host, smtp.port), certificate=certificates.wrong_host) as outgoing,
    ):
        place.receiving(account, imap_url=f"imaps://{quote(account.user, safe='')}@localhost:{other.port}")
        place.sending(smtp, smtp_url=f"submissions://support%40example.org@localhost:{outgoing.port}")
        told(place.run("mail", "fetch"), 69, "the certificate of localhost is not trusted")
        number = place.build.ticket()
        assert "the certificate of localhost is not trusted" in place.run("ticket", "reply", number, "-m", "No.").err
        assert other.bytes_to_client == outgoing.bytes_to_client == 0
    assert smtp.logins == [] and smtp.deliveries == []


@sqlite_only
def test_a_wrong_certificate_of_an_smtp_server_keeps_the_mail_here(place: Place, smtp: SmtpSink) -> None:
    address = place.sending(smtp, ca_file=None)
    number = place.build.ticket()
    place.run("ticket", "reply", number, "-m", "Use water.")
    OutgoingMail.update(not_before=place.desk.now()).execute()
    answer = place.run("mail", "send")
    told(answer, 69, f"mailbox {address}: the certificate of localhost is not trusted", "--ca-file", out=PUT_OFF)
    assert smtp.logins == [] and smtp.deliveries == []
    Mailbox.update(ca_file=str(smtp.ca_file)).execute()
    OutgoingMail.update(not_before=place.desk.now()).execute()
    assert place.run("mail", "send").code == 0
    assert smtp.deliveries[0].tls and len(smtp.deliveries) == 1


@sqlite_only
def test_what_a_server_says_steers_no_terminal(place: Place, smtp: SmtpSink) -> None:
    smtp.behaviour.recipients["alice@acme.example"] = "550 no \x1b]52;c;cHduZWQ=\x07 such \x1b[2J user"
    place.sending(smtp)
    answer = place.run("ticket", "reply", place.build.ticket(), "-m", "Use water.")
    assert answer.code == 69 and "not taken for alice@acme.example: 550 no" in answer.err
    assert harmless(answer.err) and "52;c;cHduZWQ=" in answer.err


def test_malformed_mail_is_kept_and_the_next_one_comes_in(place: Place, imap: ImapServer) -> None:
    account = imap.account()
    account.append(*MALFORMED.values(), letter("Next", text="I am well.", to=account.user))
    place.receiving(account)
    answer = place.run("mail", "fetch", "-o", "json")
    assert answer.code == 0, answer.err
    counts = json.loads(answer.out)["total"]
    assert counts["fetched"] == len(MALFORMED) + 1 and counts["failed"] == counts["left"] == 0
    assert "I am well." in place.bodies()
    assert len(place.bodies()) + place.quarantined() == len(MALFORMED) + 1
    kept = [place.desk.blobs.get(row.raw_sha256) for row in IncomingMail.select().order_by(IncomingMail.uid)]
    assert kept == list(account.mails().values())


@sqlite_only
def test_a_mail_of_no_octets_is_no_fault(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    place.build.mailbox()
    assert place.run("mail", "pipe", "--mailbox", "support@example.org").code == 0
    folder = tmp_path_factory.mktemp("mails")
    (folder / "1.eml").write_bytes(b"")
    (folder / "2.eml").write_bytes(letter("Next"))
    assert place.run("mail", "import", folder, "--mailbox", "support@example.org").code == 0
    assert place.bodies()[-1] == "It smokes."
    assert IncomingMail.select().where(IncomingMail.size == 0).count() >= 1
