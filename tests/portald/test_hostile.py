"""People at the doors of the portal who mean harm: tokens, limits, words and memory (security 27, 29-31, 41, 44)."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from helpdeskctl.operations import passwords, portal_tokens
from helpdeskctl.store.tables import Contact, ContactAddress, PortalSession, PortalToken, RateLimit
from tests.portald.browser import Answer
from tests.portald.conftest import Portal
from tests.portald.matrix import SEEN_BY, TABLE
from tests.portald.world import World, marker

SPOILT = (
    "",
    "%20",
    "null",
    "None",
    "0",
    "true",
    "9999999999",
    "%00",
    "..",
    "%2e%2e",
    "*",
    "%25",
    "'",
    "x" * 3000,
)


@pytest.mark.parametrize("name", [name for name in TABLE if name.endswith("<secret>") and name.startswith("GET ")])
def test_every_token_that_is_not_good_gets_one_and_the_same_page(there: World, portal: Portal, name: str) -> None:
    purpose = next(iter(TABLE[name].opens))
    of_tina = {"contact_id": there.contacts["tina"], "address": there.addresses["tina"]}
    number = int(there.things["number"]["tinas"]["number"])
    late = portal_tokens.issue(portal.desk, purpose, lasts=timedelta(seconds=-1), ticket=number, **of_tina)
    used = there.secret(purpose)
    assert portal_tokens.redeem(portal.desk, used, purpose)
    good = there.secret(purpose)
    bad = [*SPOILT, late, used, good[:-1], good + "x", good.swapcase(), good[1:], f"{good}%20", there.secret("handle")]
    browser, start = there.browser("nobody"), there.path(name, "missing").removesuffix("never-was-one")
    form = {"form": there.token("nobody", browser)}
    posts = f"POST {name.removeprefix('GET ')}" in TABLE
    shown: dict[tuple[int, bytes], list[str]] = {}
    for secret in bad:
        shown.setdefault(refused(browser.request("GET", start + secret), secret), []).append(secret)
        if posts:
            shown.setdefault(refused(browser.post(start + secret, form, follow=False), secret), []).append(secret)
    assert len(shown) == 1, list(shown.values())
    assert browser.request("GET", start + good).status == 200


def refused(answer: Answer, secret: str) -> tuple[int, bytes]:
    """What a refusal shows; it names nothing that was sent."""
    assert answer.status == 404, (secret, answer.status)
    return answer.status, answer.body


def asked(portal: Portal, page: str, address: str, **more: str) -> tuple[int, list[str], str]:
    """What a form with an address answers: status, headers, and the page without what differs from form to form."""
    RateLimit.delete().execute()
    browser = portal.browser()
    browser.get(page)
    fields = browser.page.form(page).fields | {"email": address} | more
    answer = browser.post(page, fields, follow=False)
    text = answer.text.replace(address, "ADDRESS")
    headers = sorted(f"{k}: {v}" for k, v in answer.headers if k not in ("Date", "Content-Length"))
    return answer.status, [varying(each) for each in headers], varying(text)


def varying(text: str) -> str:
    return re.sub(r'name="form" value="[^"]*"|[0-9a-f]{32}', "", text)


FORMS = ("/login", "/forgot")


@pytest.mark.parametrize("page", FORMS)
def test_known_and_unknown_addresses_get_the_same_bytes(portal: Portal, page: str) -> None:
    known = portal.customer(password_hash=passwords.hashed("quiet brown otter"))
    unknown = portal.address("nobody")
    for more in ({"action": "link"}, {"action": "password", "password": "wrong wrong"}) if page == "/login" else ({},):
        assert asked(portal, page, known, **more) == asked(portal, page, unknown, **more)


def test_an_address_gets_three_mails_to_reset_its_password_an_hour(portal: Portal) -> None:
    address, statuses = portal.customer(), []
    for n in range(4):
        browser = portal.browser()
        browser.get("/forgot", X_Forwarded_For=f"203.0.113.{n}")
        answer = browser.submit(
            "/forgot", {"email": address}, X_Forwarded_For=f"203.0.113.{n}", Forwarded="for=192.0.2.9"
        )
        statuses.append(answer.status)
    assert statuses == [200, 200, 200, 429]


def test_the_peer_that_is_written_down_is_not_the_one_that_was_claimed(portal: Portal) -> None:
    address = portal.customer(password_hash=passwords.hashed("quiet brown otter"))
    browser = portal.browser()
    browser.get("/login")
    claims = {"X_Forwarded_For": "203.0.113.7, 203.0.113.8", "X_Real_IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    browser.submit("/login", {"email": address, "password": "quiet brown otter", "action": "password"}, **claims)
    assert [row.peer for row in PortalSession.select().order_by(PortalSession.created_at.desc()).limit(1)] == [
        "127.0.0.1"
    ]
    assert "203.0.113" not in portal.log.read_text()


WORDS = (
    "'", "' OR 1=1 --", "'; DROP TABLE ticket; --", "%", "_", "NEAR(", "a AND", "-x", "(((", "\\", "a\0b", "x" * 3000,
    "a " * 1500, ":*", "<->", "<script>alert(1)</script>", "\ud7ff\u202e", "#-1", "9" * 40, "-1", "id desc",
    "__class__", "password_hash", "is:spam", "number>=1 (is:spam or not is:spam)",
)  # fmt: skip
QUERY = (
    "q",
    "show",
    "after",
    "before",
    "sort",
    "order",
    "who",
    "dept",
    "topic",
    "subject",
    "lang",
    "draft",
    "done",
    "p",
)


def test_no_search_filter_or_sort_breaks_a_page_or_shows_what_is_not_ones_own(there: World, portal: Portal) -> None:
    browser = there.browser("eve")
    lists = [there.path(name, "") for name, row in TABLE.items() if row.also] + ["/"]
    others = {there.path(name, "") for name, row in TABLE.items() if name.startswith("GET ") and not row.thing}
    others = {*others, there.path("GET /tickets/<number>", "eves")}.difference(lists)
    hidden = [marker(kind) for kind, readers in SEEN_BY.items() if "eve" not in readers.split()]
    tries = [(page, words, names) for page in lists for words in WORDS for names in (QUERY, ("q",))]
    tries += [(page, words, QUERY) for page in others for words in ("' OR 1=1 --", "a\0b", "9" * 40)]
    for page, words, names in tries:
        said = quote(words, errors="replace")
        answer = browser.request("GET", f"{page}?" + "&".join(f"{name}={said}" for name in names))
        assert answer.status in (200, 303, 400, 404, 414, 431), (page, words, answer.status)
        assert answer.seconds < 2, (page, words)
        assert not [word for word in hidden if word in answer.text], (page, words)
        assert "<script>alert" not in answer.text, (page, words)


def test_many_sign_ins_at_once_do_not_fill_the_memory(portal: Portal) -> None:
    stored = passwords.hashed("quiet brown otter")
    addresses = [portal.customer(password_hash=stored) for _ in range(32)]
    browser = portal.browser()
    token = browser.get("/login").form("/login").fields["form"]
    before, statuses = peak(portal), list[int]()

    def sign_in(address: str) -> None:
        fields = {"form": token, "email": address, "password": "quiet brown otter", "action": "password"}
        statuses.append(portal.browser().post("/login", fields, follow=False).status)

    threads = [threading.Thread(target=sign_in, args=(address,)) for address in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * len(addresses)
    assert peak(portal) - before < 64 * 1024  # two at a time take 19 MiB each


def peak(portal: Portal) -> int:
    """The most memory that the daemon ever had, in KiB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{portal.process.pid}/status").read_text())
    assert found
    return int(found[1])


def test_many_clicks_at_once_break_nothing_and_leave_one_of_each(portal: Portal) -> None:
    alice, anew = portal.customer("alice"), portal.address("anew")
    browser = portal.signed_in_directly(alice)
    answers: list[int] = []

    def clicked(path: str, fields: dict[str, str]) -> None:
        clicks = [
            threading.Thread(target=lambda: answers.append(browser.request_form(path, fields).status)) for _ in range(8)
        ]
        for click in clicks:
            click.start()
        for click in clicks:
            click.join()

    named = next(form for form in browser.get("/account/people").forms if "email" in form.fields)
    clicked("/account/people", named.fields | {"email": anew})
    feed = next(form for form in browser.get("/account/data").forms if form.action.endswith("/feed"))
    clicked("/account/feed", feed.fields)
    contact = ContactAddress.get(ContactAddress.address == alice).contact_id
    feeds = PortalToken.select().where(PortalToken.purpose == "feed", PortalToken.contact_id == contact).count()
    assert (set(answers), feeds, Contact.select().where(Contact.name == anew).count()) == ({200, 303}, 1, 1)


def test_a_nul_breaks_no_page_and_costs_nobody_their_text(portal: Portal) -> None:
    alice = portal.customer("alice")
    number = portal.build.ticket(requester=alice)
    browser = portal.signed_in_directly(alice)
    for path in ("/p/%00", "/kb/en/%00", "/kb/en/a%00b"):
        assert browser.request("GET", path).status == 404, path
    sent = browser.get(f"/tickets/{number}").form("/reply").fields | {"body": "What I\0 wrote", "x\0": "\0"}
    PortalSession.delete().execute()
    assert browser.post(f"/tickets/{number}/reply", sent, follow=False).status == 303
    assert "What I wrote" in portal.signed_in_directly(alice).get(f"/tickets/{number}").text
