"""What stands behind the portal, with a clock that can be moved: limits, tokens, sessions, kept bytes."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import Refused
from helpdeskctl.operations import passwords, portal_access, portal_drafts, portal_tokens, rate_limits, sessions
from helpdeskctl.operations.portal_drafts import Form, NewFile
from helpdeskctl.operations.rate_limits import Limit, TooMany
from helpdeskctl.queries import portal, portal_forms
from helpdeskctl.store.tables import Attachment, Blob, Message, Setting, Upload
from tests.builders import Builder
from tests.clock import SteppedClock

HOURLY = Limit("test", 3, timedelta(hours=1))
FORM = Form("0" * 32, "/new", None, "203.0.113.9")


def test_a_limit_opens_again_when_the_oldest_try_is_as_old_as_the_window(desk: Desk, clock: SteppedClock) -> None:
    for _ in range(3):
        rate_limits.hit(desk, HOURLY, "alice")
        clock.advance(900)
    with pytest.raises(TooMany) as refusal:
        rate_limits.hit(desk, HOURLY, "alice")
    rate_limits.hit(desk, HOURLY, "bob")
    clock.set(refusal.value.until + timedelta(minutes=6))
    rate_limits.hit(desk, HOURLY, "alice")
    with pytest.raises(TooMany):
        rate_limits.hit(desk, HOURLY, "alice")


def test_no_moment_lets_twice_as_many_through(desk: Desk, clock: SteppedClock) -> None:
    clock.advance(3599)
    for _ in range(3):
        rate_limits.hit(desk, HOURLY, "alice")
    clock.advance(2)
    with pytest.raises(TooMany):
        rate_limits.hit(desk, HOURLY, "alice")


def test_a_clock_that_ran_ahead_locks_nobody_out(desk: Desk, clock: SteppedClock) -> None:
    clock.advance(5 * 365 * 86400)
    for _ in range(3):
        rate_limits.hit(desk, HOURLY, "alice")
    clock.advance(-5 * 365 * 86400)
    for _ in range(3):
        rate_limits.hit(desk, HOURLY, "alice")
    with pytest.raises(TooMany):
        rate_limits.hit(desk, HOURLY, "alice")


def test_networks_are_addresses_and_for_ipv6_their_64_bits() -> None:
    assert rate_limits.network("203.0.113.9") == "203.0.113.9"
    assert rate_limits.network("2001:db8:1:2:3::4") == rate_limits.network("2001:db8:1:2:ffff::1")
    assert rate_limits.network("::ffff:203.0.113.9") == "203.0.113.9"
    assert rate_limits.network("localhost") == "localhost"


def test_a_token_is_good_once_for_its_purpose_and_in_its_time(desk: Desk, clock: SteppedClock) -> None:
    contact = Builder(desk).contact("alice@acme.example")
    lasting = {"lasts": timedelta(minutes=10), "contact_id": contact, "address": "alice@acme.example"}
    first, second, third = (portal_tokens.issue(desk, "reset", **lasting) for _ in range(3))
    assert portal_tokens.redeem(desk, first, "sign_in") is None
    assert portal_tokens.redeem(desk, first, "reset")
    assert portal_tokens.redeem(desk, first, "reset") is None
    clock.advance(601)
    assert portal_tokens.redeem(desk, second, "reset") is None
    clock.advance(-7200)  # a clock set back revives nothing
    assert portal_tokens.redeem(desk, third, "reset") is None


def test_a_session_slides_on_in_steps_and_ends(desk: Desk, clock: SteppedClock) -> None:
    contact = Builder(desk).contact("alice@acme.example", portal_access=True)
    secret = sessions.open_session(desk, contact, sessions.Browser("203.0.113.9", "x" * 500))
    for _ in range(10):
        clock.advance(15 * 3600)
        visitor = portal.visitor(desk, secret)
        assert visitor
        sessions.note_use(desk, visitor)
    clock.advance(21 * 3600)
    assert portal.visitor(desk, secret) is None
    assert portal.visitor(desk, secret + "x") is None


def test_where_no_mail_can_leave_nobody_is_told_that_one_did(desk: Desk) -> None:
    Builder(desk).contact("alice@acme.example", portal_access=True)
    for address in ("alice@acme.example", "nobody@acme.example"):
        with pytest.raises(Refused):
            portal_access.ask_link(desk, address, nonce="0" * 32, ticket=None, peer="203.0.113.9")
    Builder(desk).mailbox()
    for address in ("alice@acme.example", "nobody@acme.example"):
        with pytest.raises(Refused, match="address is not set"):
            portal_access.ask_link(desk, address, nonce="0" * 32, ticket=None, peer="203.0.113.9")
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    assert portal_access.ask_link(desk, "alice@acme.example", nonce="0" * 32, ticket=None, peer="203.0.113.9")
    assert portal_access.ask_link(desk, "nobody@acme.example", nonce="0" * 32, ticket=None, peer="203.0.113.9") is None


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "short"),
        ("x" * 257, "long"),
        ("x" * 256, None),
        ("Password", "common"),
        ("12345678", "common"),
        ("alice@acme.example", "personal"),
        ("correct horse", None),
        ("        ", None),
        ("pässwörter", None),
    ],
)
def test_passwords_are_refused_for_length_and_for_being_everybodys(password: str, fault: str | None) -> None:
    assert passwords.fault(password, personal=["alice@acme.example"]) == fault


def test_a_password_fits_however_its_letters_were_composed_and_not_otherwise() -> None:
    stored = passwords.hashed("pa\u0308sswo\u0308rter")
    assert passwords.fits(stored, "p\u00e4ssw\u00f6rter")
    assert not passwords.fits(stored, "p\u00e4ssw\u00f6rter ")
    assert not passwords.fits(None, "p\u00e4ssw\u00f6rter")
    assert not passwords.fits("no hash at all", "x")
    assert not passwords.outdated(stored)
    weak = "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzYWx0$Q3c8cW1J4Zk0a9q0o3m0m1b2c3d4e5f6g7h8i9j0"
    assert passwords.outdated(weak)


def test_a_basket_takes_what_fits_into_one_message(desk: Desk) -> None:
    Setting.insert(key="attachment_size", value=100).execute()
    Setting.insert(key="attachment_files", value=3).execute()
    files = [NewFile(f"{n}.txt", "text/plain", bytes([n]) * size) for n, size in enumerate((60, 60, 30, 10, 1))]
    left_out = portal_drafts.put(desk, FORM, files, trusted=True)
    assert [(each.filename, each.why) for each in left_out] == [("1.txt", "too much"), ("4.txt", "too much")]
    assert [file.filename for file in portal_forms.basket(desk, FORM.nonce)] == ["0.txt", "2.txt", "3.txt"]
    assert [file.filename for file in portal_drafts.hand_over(desk, FORM.nonce)] == ["0.txt", "2.txt", "3.txt"]
    assert portal_forms.basket(desk, FORM.nonce) == ()


def test_who_has_not_signed_in_leaves_25_mb_an_hour_at_most(desk: Desk) -> None:
    half = NewFile("a.bin", "text/plain", os.urandom(13 * 1024**2))
    assert portal_drafts.put(desk, FORM, [half], trusted=False) == ()
    with pytest.raises(TooMany):
        portal_drafts.put(desk, FORM, [half], trusted=False)
    assert Upload.select().count() == 1


def test_abandoned_bytes_go_unless_something_else_has_them_or_takes_them_up(desk: Desk, clock: SteppedClock) -> None:
    build = Builder(desk)
    number = build.ticket()
    contents = {name: f"{name} bytes".encode() for name in ("lost", "shared", "again")}
    files = [NewFile(name, "text/plain", data) for name, data in contents.items()]
    portal_drafts.put(desk, FORM, files, trusted=True)
    sha256 = {row.filename: row.sha256 for row in Upload.select()}
    build.attachment(Message.get(Message.ticket_id == number).id, "x", contents["shared"])
    clock.advance(25 * 3600)
    for path in desk.blobs.root.rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    desk.blobs.put(contents["again"], now=desk.now())  # somebody is just about to attach the same bytes
    assert portal_drafts.forget_uploads(desk) == 3
    assert {row.sha256 for row in Blob.select()} == {sha256["shared"], sha256["again"]}
    assert desk.blobs.get(sha256["shared"]) == contents["shared"]
    assert desk.blobs.get(sha256["again"]) == contents["again"]
    if desk.database.kind == "sqlite":
        kept = {path.parent.name + path.name for path in desk.blobs.root.rglob("*") if path.is_file()}
        assert kept == {sha256["shared"], sha256["again"]}
    assert Attachment.select().count() == 1


def test_a_file_kept_a_moment_ago_outlives_the_row_that_named_it_before(desk: Desk, clock: SteppedClock) -> None:
    if desk.database.kind == "postgres":
        assert desk.blobs.keep(b"x").data  # bytes travel in the row there
        return
    portal_drafts.put(desk, FORM, [NewFile("a", "text/plain", b"precious")], trusted=True)
    clock.advance(25 * 3600)
    for path in desk.blobs.root.rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    kept = desk.blobs.keep(b"precious")  # not named yet when the cleaner runs
    portal_drafts.forget_uploads(desk)
    assert desk.blobs.get(desk.blobs.name(kept, now=desk.now())) == b"precious"
