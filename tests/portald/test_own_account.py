"""The customer's own page: what is kept, what is refused with all that was typed, and what a browser is called."""

from __future__ import annotations

import pytest

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import setup
from helpdeskctl.store.tables import Field, FieldValue
from portald import texts
from portald.browsers import named
from tests.builders import contact_of
from tests.portald.conftest import Portal


def test_a_profile_is_kept_and_spoken_to_in_its_language_and_time(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.signed_in_directly(address)
    page = browser.get("/account")
    assert page.form("/account").fields["timezone"] == "" and "Europe/Berlin" in page.text
    given = {"name": "Alice Beispiel", "phone": "+49 30 1", "timezone": "Europe/Berlin", "language": "de"}
    done = browser.submit("/account", given)
    assert (done.status, 'lang="de"' in done.text) == (200, True)
    row = contact_of(address)
    assert (row.name, row.phone, row.timezone, row.language) == ("Alice Beispiel", "+49 30 1", "Europe/Berlin", "de")
    assert browser.page.form("/account").fields["timezone"] == "Europe/Berlin"


def test_mails_are_chosen_among_those_that_the_desk_sends(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.signed_in_directly(address)
    page = browser.get("/account")
    fields = page.form("/account").fields
    assert {name for name in fields if name.startswith("mail_")} == {"mail_received", "mail_taken"}
    form = page.form("/account")
    del form.fields["mail_taken"]
    browser.post("/account", form.fields | {"mail_status": "1"})
    assert contact_of(address).wants_mail == {"taken": False}
    assert "mail_taken" not in browser.get("/account").form("/account").fields


def test_what_is_wrong_stands_at_its_field_and_all_that_was_typed_is_still_there(portal: Portal) -> None:
    address = portal.customer()
    browser = portal.signed_in_directly(address)
    browser.get("/account")
    page = browser.submit("/account", {"name": "", "phone": "0" * 300, "timezone": "Mars/Olympus"})
    assert page.status == 400 and page.text.count('aria-invalid="true"') == 3
    assert page.text.startswith("<!doctype html>") and "<title>Error: " in page.text
    assert page.form("/account").fields["phone"] == "0" * 300
    assert contact_of(address).name != ""


def test_fields_of_the_desk_are_shown_and_edited_as_they_are_set_up(portal: Portal) -> None:
    made = {}
    for key, portal_ in (("room", "edit"), ("contract", "show"), ("rank", "hide")):
        setup.create(portal.desk, SYSTEM, "field", key, {"on": "contact", "type": "text", "portal": portal_})
        made[key] = Field.get(Field.key == key).id
    address = portal.customer()
    setup.edit(portal.desk, SYSTEM, "contact", address, {"fields": {"contract": "gold", "rank": "canary"}})
    browser = portal.signed_in_directly(address)
    page = browser.get("/account")
    assert "gold" in page.words and "canary" not in page.text
    fields = {f"f{made['room']}": "815", f"f{made['contract']}": "lead", f"f{made['rank']}": "first"}
    browser.submit("/account", fields)
    values = {row.field_id: row.value for row in FieldValue.select()}
    assert values == {made["room"]: "815", made["contract"]: "gold", made["rank"]: "canary"}
    browser.submit("/account", {f"f{made['room']}": ""})
    assert made["room"] not in {row.field_id for row in FieldValue.select()}
    FieldValue.delete().execute()
    Field.delete().where(Field.on_kind == "contact").execute()


def test_every_page_of_the_account_leads_to_the_others_and_asks_strangers_to_sign_in(portal: Portal) -> None:
    browser = portal.signed_in_directly(portal.customer())
    pages = ["/account", "/account/email", "/account/password", "/account/sessions", "/account/data", "/account/people"]
    for path in pages:
        page = browser.get(path)
        assert page.status == 200 and set(pages) <= set(page.links), path
        assert page.text.count('aria-current="page"') == 1, path
        guest = portal.browser().request("GET", path)
        assert (guest.status, guest.header("Location")) == (303, f"/login?next={path}")


@pytest.mark.parametrize(
    ("agent_string", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Linux"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605 Version/17.5 Safari/605.1", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) CriOS/126 Mobile Safari/604.1", "Chrome on iPhone"),
        ("<b>evil</b>", "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent_string: str, words: str) -> None:
    with texts.speaking("en"):
        assert named(agent_string) == words
