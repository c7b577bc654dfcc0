"""The doctor's look at the portal: silent while all is well, else what is wrong and the command that mends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import openid_setup, portal_origins, settings, setup
from helpdeskctl.queries import doctor
from helpdeskctl.queries.doctor import Level
from helpdeskctl.store.secrets import NewSecret
from tests.builders import Builder


@pytest.fixture
def build(desk: Desk) -> Builder:
    """A desk whose portal is well."""
    build = Builder(desk)
    build.mailbox()
    for key, value in (
        ("portal_url", "https://help.example.org"),
        ("imprint_url", "https://www.example.org/imprint"),
        ("privacy_url", "https://www.example.org/privacy"),
    ):
        settings.put(desk, SYSTEM, key, value)
    return build


def told(desk: Desk) -> list[tuple[str, str, str]]:
    """Level, text and command of what is not well."""
    every = [each.finding for each in doctor.examine(desk, ["portal"])]
    return [(f.level.word, f.text, f.mend or "") for f in every if f.level is not Level.OK]


def test_all_is_well_with_and_without_a_portal(desk: Desk, build: Builder) -> None:
    assert told(desk) == []
    settings.unset(desk, SYSTEM, "portal_url")
    assert told(desk) == []


@pytest.mark.parametrize(
    ("key", "value", "level", "words", "mend"),
    [
        ("portal_url", "http://localhost:8080", "note", "only this machine", "portal url https://"),
        ("imprint_url", None, "note", "no imprint", "setting set imprint_url"),
        ("privacy_url", None, "note", "no privacy notice", "setting set privacy_url"),
    ],
)
def test_a_setting_that_is_off_is_named(
    desk: Desk, build: Builder, key: str, value: Any, level: str, words: str, mend: str
) -> None:
    settings.put(desk, SYSTEM, key, value) if value else settings.unset(desk, SYSTEM, key)
    ((said, text, command),) = told(desk)
    assert said == level and words in text and mend in command


def test_customers_without_an_address_to_go_to_are_told_of(desk: Desk, build: Builder) -> None:
    settings.unset(desk, SYSTEM, "portal_url")
    build.contact("alice@acme.example", portal_access=True)
    ((level, text, mend),) = told(desk)
    assert level == "warning" and "no address" in text and "portal url" in mend


def test_registration_without_a_mailbox_that_sends_is_told_of(desk: Desk) -> None:
    settings.put(desk, SYSTEM, "portal_url", "https://help.example.org")
    assert any(level == "warning" and "may register" in text and mend for level, text, mend in told(desk))
    settings.put(desk, SYSTEM, "registration", "off")
    assert not any("may register" in text for _, text, _ in told(desk))


def test_a_forced_accent_a_plain_site_and_a_page_without_the_usual_language(desk: Desk, build: Builder) -> None:
    settings.put(desk, SYSTEM, "accent", "#ffcc00")
    assert told(desk) == []
    settings.put(desk, SYSTEM, "accent_as_it_is", "yes")
    portal_origins.add(desk, SYSTEM, "http://localhost:3000")
    setup.create(desk, SYSTEM, "page", "hours", {"name": "Zeiten", "bodies": {"de": "Ab neun."}})
    accent, site, page = told(desk)
    assert accent[0] == "warning" and "1.4:1" in accent[1] and "brand set --accent" in accent[2]
    assert site[0] == "note" and "origin remove http://localhost:3000" in site[2]
    assert page[0] == "note" and "page edit hours --lang en" in page[2]


def test_a_question_to_guests_without_its_answer_is_told_of(desk: Desk) -> None:
    settings.put(desk, SYSTEM, "guest_question", "Our colour?")
    assert [mend for _, text, mend in told(desk) if "asked nothing" in text] == [
        'helpdeskctl setting set guest_answer "…"'
    ]
    settings.put(desk, SYSTEM, "guest_answer", "blue")
    assert not [text for _, text, _ in told(desk) if "asked nothing" in text]


def test_who_registered_and_waits_for_days_is_told_of(desk: Desk, build: Builder) -> None:
    build.contact("alice@acme.example", portal_asked_at=desk.now() - timedelta(days=3))
    build.contact("bob@acme.example", portal_asked_at=desk.now() - timedelta(hours=3))
    ((level, text, command),) = told(desk)
    assert level == "note" and text.startswith("1 who registered") and "--waiting" in command


def test_a_provider_whose_secret_cannot_be_read_is_told_of(desk: Desk, build: Builder) -> None:
    openid_setup.put(desk, SYSTEM, "https://login.example.org", "helpdesk", secret=NewSecret(reference="file:/nowhere"))
    ((level, text, command),) = told(desk)
    assert level == "error" and "file:/nowhere" in text and "portal openid set" in command
    openid_setup.remove(desk, SYSTEM)
    settings.put(desk, SYSTEM, "openid_issuer", "https://login.example.org")
    ((level, text, command),) = told(desk)
    assert level == "warning" and "client id" in text
