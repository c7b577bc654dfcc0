"""Customers of another system become contacts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.contact_files import Entry, reason
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import TryAgain
from helpdeskctl.operations import contact_access, contact_import, contact_merge, setup
from helpdeskctl.operations.contact_import import Outcome
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.tables import Company, Contact
from tests.builders import Builder


def take(desk: Desk, *people: dict[str, Any], or_update: bool = False, actor: Any = SYSTEM) -> list[Outcome]:
    entries = [Entry(line, values, ()) for line, values in enumerate(people, 2)]
    return list(contact_import.take_all(desk, actor, entries, or_update=or_update))


def actions(outcomes: list[Outcome]) -> list[str]:
    return [outcome.change.action if outcome.change else "rejected" for outcome in outcomes]


def contact(desk: Desk, key: str) -> Any:
    return stored.one(desk, "contact", key).values


ANN = {"email": "Ann@Muster.example", "name": "Ann Muster", "phone": "+49 30 1", "external_id": "7"}


def test_an_import_may_be_repeated(desk: Desk) -> None:
    assert actions(take(desk, ANN, {"email": "ben@x.example"})) == ["created", "created"]
    assert actions(take(desk, ANN, {"email": "ben@x.example"}, or_update=True)) == ["unchanged", "unchanged"]
    made = contact(desk, "ann@muster.example")
    assert (made["name"], made["phone"], made["origin"], made["portal_access"]) == (
        "Ann Muster", "+49 30 1", "import", False,
    )  # fmt: skip
    assert contact(desk, "ben@x.example")["name"] == "ben@x.example"


def test_who_is_known_stays_as_they_are_unless_they_may_be_updated(desk: Desk) -> None:
    take(desk, ANN)
    assert actions(take(desk, {**ANN, "name": "Ann M."})) == ["unchanged"]
    assert contact(desk, "ann@muster.example")["name"] == "Ann Muster"
    assert actions(take(desk, {"email": ANN["email"], "name": "Ann M."}, or_update=True)) == ["updated"]
    assert (contact(desk, "ann@muster.example")["name"], contact(desk, "ann@muster.example")["phone"]) == (
        "Ann M.", "+49 30 1",
    )  # fmt: skip


def test_the_external_id_finds_who_has_a_new_address_and_the_old_one_stays_theirs(desk: Desk) -> None:
    take(desk, ANN)
    [moved] = take(desk, {"email": "ann@new.example", "external_id": "7"}, or_update=True)
    assert moved.change is not None
    assert (moved.change.key, moved.change.action) == ("ann@new.example", "updated")
    assert contact(desk, "ann@muster.example")["addresses"] == ("ann@muster.example", "ann@new.example")
    assert actions(take(desk, {"email": "ann@new.example", "external_id": "7"}, or_update=True)) == ["unchanged"]
    assert actions(take(desk, {"external_id": "7", "phone": "2"}, or_update=True)) == ["updated"]


def test_an_entry_that_means_two_contacts_is_rejected(desk: Desk) -> None:
    take(desk, ANN, {"email": "ben@x.example"})
    [outcome] = take(desk, {"email": "ben@x.example", "external_id": "7"}, or_update=True)
    assert outcome.error is not None
    assert "another contact" in reason(outcome.error)


def test_a_further_address_finds_them_and_a_merged_contact_leads_to_the_other(desk: Desk) -> None:
    take(desk, ANN, {"email": "ann@private.example", "external_id": "8"})
    contact_merge.merge(desk, SYSTEM, "ann@private.example", "ann@muster.example")
    again = {"email": "ann@private.example", "external_id": "8", "phone": "5"}
    assert actions(take(desk, again, or_update=True)) == ["updated"]
    assert (contact(desk, "ann@muster.example")["phone"], contact(desk, "ann@muster.example")["external_id"]) == (
        "5", "7",
    )  # fmt: skip


def test_further_addresses_are_added_and_never_taken_from_another(desk: Desk) -> None:
    take(desk, ANN, {"email": "ben@x.example"})
    [added] = take(desk, {"email": ANN["email"], "addresses": ["a@private.example"]}, or_update=True)
    assert added.change is not None
    assert added.change.changed == ("addresses",)
    outcomes = take(desk, {"email": ANN["email"], "phone": "9", "addresses": ["ben@x.example"]}, or_update=True)
    assert actions(outcomes) == ["rejected"]
    assert contact(desk, "ann@muster.example")["phone"] == "+49 30 1"  # nothing of a rejected entry stays


def test_a_company_is_found_by_key_or_name_or_made(desk: Desk) -> None:
    setup.create(desk, SYSTEM, "company", "muster", {"name": "Muster GmbH"})
    take(
        desk,
        {"email": "a@x.example", "company": "muster"},
        {"email": "b@x.example", "company": "Muster GmbH"},
        {"email": "c@x.example", "company": "Beispiel & S\u00f6hne"},
        {"email": "d@x.example", "company": "Beispiel & S\u00f6hne"},
    )
    keys = [contact(desk, f"{letter}@x.example")["company"] for letter in "abcd"]
    assert keys == ["muster", "muster", "beispiel-s\u00f6hne", "beispiel-s\u00f6hne"]
    assert Company.select().count() == 2


def test_one_bad_entry_stops_no_other_and_says_all_that_is_wrong(desk: Desk) -> None:
    outcomes = take(
        desk,
        {"email": "no address"},
        {"email": "a@x.example", "language": "tlh", "main_contact": "perhaps"},
        {"name": "Nobody"},
        {"email": "b@x.example", "fields": {"shoe": "38"}},
        ANN,
    )
    assert actions(outcomes) == ["rejected"] * 4 + ["created"]
    reasons = [reason(outcome.error) for outcome in outcomes if outcome.error]
    assert "e-mail address" in reasons[0]
    assert "language" in reasons[1]
    assert "main_contact" in reasons[1]
    assert "email: is missing" in reasons[2]
    assert Contact.select().count() == 1


def test_a_busy_database_is_no_fault_of_the_entry(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise TryAgain("busy")

    monkeypatch.setattr(contact_access, "add_address", busy)
    with pytest.raises(TryAgain):
        take(desk, {"email": "a@x.example", "addresses": ["b@x.example"]})
    assert Contact.select().count() == 0


def test_an_agent_imports_contacts_but_makes_no_company(desk: Desk) -> None:
    build = Builder(desk)
    build.agent("ben@example.org", support="agent")
    people = ANN, {"email": "b@x.example", "company": "New"}
    assert actions(take(desk, *people, actor=build.actor("ben@example.org"))) == ["created", "rejected"]


def test_more_entries_than_one_transaction_holds_all_arrive(desk: Desk) -> None:
    people = [{"email": f"p{number}@x.example"} for number in range(contact_import.AT_ONCE + 5)]
    assert Counter(actions(take(desk, *people))) == {"created": len(people)}
