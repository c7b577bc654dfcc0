"""Acting for others, and the wish to be erased, as agents meet them by the shell (CON-4, CON-6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdeskctl.config import load
from helpdeskctl.desk import open_desk
from helpdeskctl.operations import portal_accounts
from helpdeskctl.queries import access, setup
from tests.cli.conftest import Answer, Call

ANN, BEN = "ann@muster.example", "ben@muster.example"


@pytest.fixture
def here(call: Call, sqlite_config: Path) -> Call:
    """`call` on a desk with two contacts."""

    def called(*words: object, stdin: str | bytes = "") -> Answer:
        return call(*words, config=sqlite_config, stdin=stdin)

    for address in (ANN, BEN):
        assert called("contact", "create", address, "--name", address.partition("@")[0]).code == 0
    return called


def test_a_delegate_is_named_shown_on_both_sides_and_taken_back(here: Call) -> None:
    named = here("contact", "delegate", ANN, "--to", BEN, "-o", "json")
    assert (named.code, named.json["action"], named.json["changed"]) == (0, "updated", ["delegates"])
    assert here("contact", "show", ANN, "-o", "json").json["delegates"] == [BEN]
    assert here("contact", "show", BEN, "-o", "json").json["acts_for"] == [ANN]
    assert here("contact", "delegate", ANN, "--to", BEN, "--remove").code == 0
    assert here("contact", "show", ANN, "-o", "json").json["delegates"] == []


def test_whom_nobody_knows_is_named_with_what_helps(here: Call) -> None:
    refused = here("contact", "delegate", ANN, "--to", "nobody@muster.example", "-o", "json")
    assert refused.code == 67 and "nobody@muster.example" in refused.error["message"] and refused.error["hint"]
    assert here("contact", "delegate", ANN, "--to", ANN).code == 65


def test_who_wants_to_be_erased_is_counted_listed_and_no_more_once_it_is_done(here: Call, sqlite_config: Path) -> None:
    desk = open_desk(load(sqlite_config, {}))
    with desk.connected():
        ann = access.contact_actor(desk, setup.known(desk, "contact", ANN))
        portal_accounts.ask_deletion(desk, ann, wanted=True)
    assert "1 want to be erased" in here("overview").out
    listed = here("contact", "list", "--query", "deletion_asked_at:any", "-o", "json")
    assert [each["key"] for each in listed.json] == [ANN]
    assert here("contact", "anonymize", ANN, "--confirm", ANN).code == 0
    assert here("contact", "list", "--query", "deletion_asked_at:any", "-o", "json").json == []
    assert "want to be erased" not in here("overview").out
