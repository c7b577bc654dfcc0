"""Coming in by a mailed link, by its six digits, by a password; going out (security 27, 30-33, 36, 37)."""

from __future__ import annotations

import threading
from datetime import timedelta

from helpdeskctl.operations import passwords, portal_tokens
from helpdeskctl.queries import portal as doors
from helpdeskctl.store.tables import Contact, ContactAddress, Event, PortalSession, PortalToken
from tests.builders import contact_of
from tests.portald.browser import Answer, Browser
from tests.portald.conftest import Portal, code_in, link_in

PASSWORD = "quiet brown otter"


def with_password(portal: Portal, **columns: object) -> str:
    return portal.customer(password_hash=passwords.hashed(PASSWORD), **columns)


def sign_in(browser: Browser, address: str, password: str = PASSWORD, **fields: str) -> Answer:
    browser.get("/login")
    return browser.submit("/login", {"email": address, "password": password, "action": "password"} | fields)


def ask(browser: Browser, address: str) -> Answer:
    browser.get("/login")
    return browser.submit("/login", {"email": address, "action": "link"})


def test_a_mailed_link_leads_to_a_button_that_signs_in(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.browser()
    assert "Look into your mail" in ask(browser, address.upper()).words
    page = browser.get(link_in(portal.mail_to(address)))
    assert "Sign out" not in page.words
    assert "Sign out" in browser.submit("").words


def test_the_six_digits_sign_in_the_browser_that_asked_for_them(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.browser()
    ask(browser, address)
    code = code_in(portal.mail_to(address))
    stranger = portal.browser()
    ask(stranger, "nobody@nowhere.example")
    assert stranger.submit("/login/code", {"code": code}).status == 400
    assert "Sign out" in browser.submit("/login/code", {"code": f"{code[:3]} {code[3:]}"}).words


def test_after_five_wrong_codes_the_right_one_is_refused(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.browser()
    ask(browser, address)
    code = code_in(portal.mail_to(address))
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(5):
        assert browser.submit("/login/code", {"code": wrong}).status == 400
    assert browser.submit("/login/code", {"code": code}).status == 400
    assert "portal" not in browser.cookies


def test_looking_at_a_link_uses_nothing_up_and_pressing_its_button_does(portal: Portal) -> None:
    address = portal.customer()
    ask(portal.browser(), address)
    link = link_in(portal.mail_to(address))
    for _ in range(3):  # a mail scanner
        assert portal.browser().request("GET", link).status == 200
        assert portal.browser().request("HEAD", link).status == 200
    first, second = portal.browser(), portal.browser()
    first.get(link)
    second.get(link)
    assert "Sign out" in first.submit("").words
    assert "does not work" in second.submit("").words
    assert "does not work" in portal.browser().get(link).words


def test_many_uses_of_one_link_at_once_make_one_session(portal: Portal) -> None:
    address = portal.customer()
    contact = contact_of(address).id
    secret = portal_tokens.issue(
        portal.desk, "sign_in", lasts=timedelta(minutes=5), contact_id=contact, address=address
    )
    browser = portal.browser()
    browser.get("/login")
    token = browser.page.form("/login").fields["form"]
    answers: list[int] = []

    def use() -> None:
        answer = portal.browser().post(f"/login/link/{secret}", {"form": token}, follow=False)
        answers.append(answer.status)

    threads = [threading.Thread(target=use) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] + [404] * 15
    assert PortalSession.select().where(PortalSession.contact_id == contact).count() == 1


def test_a_password_signs_in_and_signing_out_ends_the_session_on_the_server(portal: Portal) -> None:
    browser = portal.browser()
    assert "Sign out" in sign_in(browser, with_password(portal)).words
    kept = dict(browser.cookies)
    assert "You have signed out" in browser.submit("/logout").words
    browser.cookies = kept
    assert "Sign in" in browser.get("/tickets").words


def test_guessing_is_slowed_by_account_and_the_owner_goes_on_working(portal: Portal) -> None:
    address = with_password(portal)
    owner = portal.browser()
    sign_in(owner, address)
    guesser = portal.browser()
    answers = []
    for n in range(12):
        guesser.get("/login")
        fields = {"email": address, "password": f"guess number {n}", "action": "password"}
        # whatever it says of itself, the peer is the same
        answers.append(guesser.submit("/login", fields, X_Forwarded_For=f"203.0.113.{n}"))
    assert [answer.status for answer in answers] == [400] * 10 + [429] * 2
    assert "Please wait until" in answers[-1].words
    assert sign_in(portal.browser(), address).status == 429
    assert owner.get("/tickets").status == 200


def test_guessing_is_slowed_by_peer_too(portal: Portal) -> None:
    browser = portal.browser()
    browser.get("/login")
    token = browser.page.form("/login").fields["form"]
    statuses = []
    for n in range(104):
        fields = {"form": token, "asked": "0" * 32, "code": f"{n:06d}"}
        statuses.append(browser.post("/login/code", fields, X_Forwarded_For=f"198.51.100.{n}").status)
    assert statuses[:100] == [400] * 100
    assert statuses[100:] == [429] * 4


def test_an_address_gets_three_sign_in_mails_an_hour(portal: Portal) -> None:
    address = portal.customer()
    answers = [ask(portal.browser(), address) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert "Please wait until" in answers[-1].words


def test_the_session_is_a_new_one_after_signing_in(portal: Portal) -> None:
    address = with_password(portal)
    browser = portal.browser()
    browser.cookies["portal"] = "planted-by-somebody-else"
    sign_in(browser, address)
    first = browser.cookies["portal"]
    assert first != "planted-by-somebody-else"
    browser.get("/logout")
    again = portal.browser()
    again.cookies["portal"] = first
    again.get("/login/code?asked=1")
    link = portal_tokens.issue(
        portal.desk, "sign_in", lasts=timedelta(minutes=5), contact_id=contact_of(address).id, address=address
    )
    again.get(f"/login/link/{link}")
    again.submit("")
    assert again.cookies["portal"] != first
    assert "Sign in" in browser.get("/tickets").words  # the first one ended


def test_only_hashes_of_secrets_are_kept(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.signed_in(address)
    link = link_in(portal.mail_to(address)).rpartition("/")[2]
    code = code_in(portal.mail_to(address))
    session = browser.cookies["portal"]
    kept = repr(list(PortalToken.select().dicts())) + repr(list(PortalSession.select().dicts()))
    written = kept + portal.log.read_text() + repr(list(Event.select().dicts()))
    assert link not in written
    assert session not in written
    assert f"'{code}'" not in written
    assert doors.fingerprint(session) in kept


def test_who_leaves_the_password_out_is_told_of_both_ways_in(portal: Portal) -> None:
    page = sign_in(portal.browser(), with_password(portal), password="")
    assert (page.status, "Write your password, or let us mail you a link." in page.words) == (400, True)
    assert "do not belong together" not in page.words


def test_a_changed_password_ends_all_other_sessions_and_open_links(portal: Portal) -> None:
    address = with_password(portal)
    other, here = portal.browser(), portal.browser()
    sign_in(other, address)
    sign_in(here, address)
    before = here.cookies["portal"]
    link = portal_tokens.issue(
        portal.desk, "sign_in", lasts=timedelta(minutes=5), contact_id=contact_of(address).id, address=address
    )
    here.get("/account/password")
    wrong = here.submit("/account/password", {"current": "not it", "new": "another brown otter"})
    assert wrong.status == 400
    changed = here.submit("/account/password", {"current": PASSWORD, "new": "another brown otter"})
    assert "Your password is changed" in changed.words
    assert here.cookies["portal"] != before
    assert "Sign in" in other.get("/tickets").words
    assert "does not work" in portal.browser().get(f"/login/link/{link}").words
    assert sign_in(portal.browser(), address).status == 400
    assert "Sign out" in sign_in(portal.browser(), address, "another brown otter").words


def test_a_password_is_reset_by_a_link_to_the_stored_address(portal: Portal) -> None:
    address = with_password(portal)
    old = portal.browser()
    sign_in(old, address)
    browser = portal.browser()
    browser.get("/forgot")
    assert "on its way" in browser.submit("/forgot", {"email": f" {address.upper()} "}).words
    browser.get(link_in(portal.mail_to(address)))
    assert "Take at least 8" in browser.submit("", {"new": "short"}).words
    assert "everybody tries first" in browser.submit("", {"new": "password123"}).words
    assert "Sign out" in browser.submit("", {"new": "third brown otter"}).words
    assert "Sign in" in old.get("/tickets").words


def test_twins_of_an_address_get_no_mail(portal: Portal) -> None:
    address = portal.customer()
    for twin in (address.replace("a", "\u0430"), address.replace("i", "\u0131"), f"{address},eve@evil.example"):
        ask(portal.browser(), twin)
    ask(portal.browser(), address)
    portal.mail_to(address)
    assert len(portal.smtp.deliveries) == 1


def test_whoever_set_up_an_account_before_its_address_was_proven_is_out(portal: Portal) -> None:
    address = portal.address()
    portal.build.contact(address, confirmed=False, portal_access=True, password_hash=passwords.hashed(PASSWORD))
    assert sign_in(portal.browser(), address).status == 400
    portal.signed_in(address)
    assert contact_of(address).password_hash is None
    assert sign_in(portal.browser(), address).status == 400


def test_an_unproven_second_address_opens_nothing(portal: Portal) -> None:
    address, second = portal.customer(), portal.address("victim")
    ContactAddress.insert(address=second, contact_id=contact_of(address).id).execute()
    ask(portal.browser(), second)
    ask(portal.browser(), address)
    portal.mail_to(address)
    assert portal.smtp.to(second) == []


def test_without_access_or_outside_its_time_nobody_comes_in(portal: Portal) -> None:
    today = portal.desk.now().date()
    gone = with_password(portal, portal_until=str(today - timedelta(days=1)))
    early = with_password(portal, portal_from=str(today + timedelta(days=1)))
    without = with_password(portal, portal_access=False)
    for address in (gone, early, without):
        assert sign_in(portal.browser(), address, "wrong wrong wrong").status == 400
        answer = sign_in(portal.browser(), address)
        assert answer.status == 403
        assert "Your access has ended" in answer.words
        ask(portal.browser(), address)
    last = with_password(portal, portal_from=str(today), portal_until=str(today))
    assert "Sign out" in sign_in(portal.browser(), last).words
    ask(portal.browser(), last)
    portal.mail_to(last)
    assert [portal.smtp.to(address) for address in (gone, early, without)] == [[], [], []]


def test_taking_the_access_away_ends_sessions_at_the_next_request(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.signed_in(address)
    Contact.update(portal_access=False).where(Contact.id == contact_of(address).id).execute()
    assert "Sign in" in browser.get("/tickets").words


def test_a_session_ends_after_a_day_without_a_click_and_after_ninety_in_any_case(portal: Portal) -> None:
    address = portal.customer()
    browser, remembering = portal.signed_in(address), portal.signed_in(address)
    mine = PortalSession.contact_id == contact_of(address).id
    _, second = list(PortalSession.select().where(mine).order_by(PortalSession.created_at))
    long_ago = portal.desk.now() - timedelta(hours=21)
    PortalSession.update(seen_at=long_ago).where(mine).execute()
    PortalSession.update(remember=True).where(PortalSession.id_sha256 == second.id_sha256).execute()
    assert "Sign in" in browser.get("/tickets").words
    assert "My requests" in remembering.get("/tickets").words
    ages_ago = portal.desk.now() - timedelta(days=91)
    PortalSession.update(created_at=ages_ago).where(PortalSession.id_sha256 == second.id_sha256).execute()
    assert "Sign out" not in remembering.get("/tickets").words


def test_a_desk_that_signs_in_by_link_only_takes_no_password(portal: Portal) -> None:
    portal.set("sign_in", "link")
    address = with_password(portal)
    browser = portal.browser()
    assert "Password" not in browser.get("/login").words
    fields = {"email": address, "password": PASSWORD, "action": "password"}
    assert browser.submit("/login", fields).status == 403


def test_a_very_long_password_is_refused_before_it_is_hashed(portal: Portal) -> None:
    address = with_password(portal)
    quick = sign_in(portal.browser(), address, "x" * 300)
    assert quick.status == 400
    huge = sign_in(portal.browser(), address, "x" * 1_000_000)
    assert huge.status == 413
    assert huge.seconds < 2


def test_the_stored_hash_is_argon2id_at_the_floor_and_is_no_password_itself(portal: Portal) -> None:
    address = with_password(portal)
    stored = contact_of(address).password_hash or ""
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert sign_in(portal.browser(), address, stored).status == 400
