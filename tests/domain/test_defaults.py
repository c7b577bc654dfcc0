from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from helpdeskctl.domain.defaults import DEFAULTS, Default, Settings, named, read, settings
from helpdeskctl.errors import InvalidInput, NotFound

RULE_BOOK = {
    "unknown_senders": "accept",
    "receipts": True,
    "after_reply": "answered",
    "reopen": "30d",
    "notify": "full",
    "undo_seconds": 10,
    "undo_seconds_shell": 0,
    "autoclose": "off",
    "ratings": False,
    "registration": "open",
    "sign_in": "both",
    "session_idle": "20h",
    "session_remember": "30d",
    "session_longest": "90d",
    "company_by_domain": True,
    "after_import": "keep",
    "attachment_size": "25M",
    "attachment_files": 10,
    "raw_mail_kept": "365d",
    "closed_tickets_kept": "forever",
    "sender_tickets": 200,
    "sender_minutes": 10,
    "remote_images": "blocked",
    "portal_priority": False,
    "suggest_articles": True,
    "tell_taken": True,
    "tell_status": False,
    "tell_closed": False,
    "tell_merged": False,
    "welcome_new_contacts": False,
    "duplicates": "one_ticket",
    "first_number": 1001,
    "spam_kept": "30d",
    "quarantine_kept": "90d",
}


def key_of(default: Default) -> str:
    return default.key


@pytest.mark.parametrize(("key", "shown"), RULE_BOOK.items())
def test_a_new_desk_does_what_the_rule_book_says(key: str, shown: object) -> None:
    assert named(key).shown == shown


@pytest.mark.parametrize("default", DEFAULTS.values(), ids=key_of)
def test_a_setting_is_a_sentence_with_a_default_that_its_own_type_reads(default: Default) -> None:
    assert default.sentence.endswith((".", "]."))
    assert not default.why.endswith(".")
    assert default.type.name
    assert default.type.read(json.loads(json.dumps(default.shown))) == default.default


def test_without_stored_settings_every_setting_is_its_default() -> None:
    assert settings({}) == Settings()


def test_stored_settings_stand_over_the_defaults() -> None:
    desk = settings({"autoclose": "7d", "languages": ["de", "en"]})
    assert (desk.autoclose, desk.languages, desk.ratings) == (timedelta(days=7), ("de", "en"), False)


def test_all_faults_are_told_at_once_with_their_keys() -> None:
    with pytest.raises(InvalidInput) as error:
        read({"ratigns": True, "undo_seconds": "soon", "name": "Example"})
    problems = error.value.problems
    assert [problem.where for problem in problems] == ["ratigns", "undo_seconds"]
    assert problems[0].hint == "near: ratings"


def test_an_unknown_setting_is_not_found() -> None:
    with pytest.raises(NotFound):
        named("colour")


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("receipts", "off", False),
        ("receipts", "Yes", True),
        ("receipts", False, False),
        ("undo_seconds", "0", 0),
        ("undo_seconds", 600, 600),
        ("session_idle", "1h 30m", timedelta(minutes=90)),
        ("autoclose", "OFF", None),
        ("autoclose", False, None),
        ("languages", "de, en,de", ("de", "en")),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
        ("portal_url", "https://help.example.org/", "https://help.example.org"),
        ("portal_url", "http://localhost:8080", "http://localhost:8080"),
        ("portal_url", "http://[::1]:8080", "http://[::1]:8080"),
        ("portal_url", "", None),
        ("attachment_size", "500K", 512000),
        ("attachment_size", 1000, 1000),
        ("after_import", "move:Archive 2026", "move:Archive 2026"),
        ("reopen", "Never", "never"),
        ("default_language", "DE", "de"),
        ("ticket_prefix", "Über-HD", "Über-HD"),
    ],
)
def test_values_are_read_from_text_and_from_typed_files(key: str, raw: object, value: Any) -> None:
    assert read({key: raw}) == {key: value}
    assert read({key: json.loads(json.dumps(named(key).type.write(value)))}) == {key: value}


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("name", ""),
        ("name", "two\nlines"),
        ("name", 7),
        ("receipts", "maybe"),
        ("receipts", 1),
        ("undo_seconds", 601),
        ("undo_seconds", -1),
        ("undo_seconds", True),
        ("session_idle", 20),
        ("autoclose", "later"),
        ("languages", []),
        ("languages", "de,xx"),
        ("languages", 5),
        ("timezone", "Europe/Atlantis"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Europe"),
        ("portal_url", "http://help.example.org"),
        ("portal_url", "help.example.org"),
        ("portal_url", "https://user@help.example.org"),
        ("portal_url", "https://help.example.org/?a=b"),
        ("portal_url", "https://help:x/"),
        ("attachment_size", "big"),
        ("attachment_size", True),
        ("after_import", "expunge"),
        ("after_import", "move:"),
        ("reopen", "30"),
        ("ticket_prefix", "a]b"),
        ("ticket_prefix", "a#b"),
        ("registration", "closed"),
        ("default_language", "xx"),
    ],
)
def test_values_that_do_not_fit_are_refused(key: str, raw: object) -> None:
    with pytest.raises(InvalidInput):
        read({key: raw})
