"""Every kind of set-up object goes through the same life, and each fault is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.kinds import KINDS
from helpdeskctl.domain.permissions import SYSTEM, Actor, Role
from helpdeskctl.errors import Exists, InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import setup
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.tables import Event


@dataclass(frozen=True)
class Life:
    """How one kind is made, what is changed of it, and what it is called afterwards."""

    kind: str
    key: str
    made: dict[str, object]
    edited: dict[str, object]
    new: str


LIVES = [
    Life("department", "repairs", {"name": "Repairs", "after_send": "question"}, {"priority": "high"}, "workshop"),
    Life(
        "mailbox",
        "help@example.org",
        {"department": "support", "imap": "imaps://help@mail.example.org", "aliases": ["info@example.org"]},
        {"aliases": ["help2@example.org", "info@example.org"], "after": "move:Done", "max_size": "10M"},
        "hilfe@example.org",
    ),
    Life(
        "agent",
        "ben@example.org",
        {"name": "Ben", "departments": ["support:lead"]},
        {"departments": ["billing", "support:reader"], "timezone": "Europe/Berlin"},
        "benno@example.org",
    ),
    Life("team", "night", {"name": "Night shift", "members": ["ada@example.org"]}, {"members": []}, "late"),
    Life(
        "contact",
        "ann@muster.example",
        {"name": "Ann", "company": "muster", "fields": {"room": "3.12"}},
        {"main_contact": True, "portal_access": True, "portal_until": "2027-01-31"},
        "anna@muster.example",
    ),
    Life("company", "acme", {"name": "ACME", "domains": ["acme.example"]}, {"domains": ["acme.test"]}, "acme-2"),
    Life(
        "signature",
        "support-de",
        {"department": "support", "body": "{{agent.name}}\n{{department.name}}"},
        {"agents": ["ada@example.org"], "language": "de"},
        "support-deutsch",
    ),
    Life("canned_category", "hardware", {"name": "Hardware"}, {"name": "Devices"}, "devices"),
    Life(
        "canned",
        "printer",
        {"title": "Printer", "body": "Dear {{contact.name}}", "sets": {"status": "closed"}, "tags": ["vip"]},
        {"sets": {"priority": "low"}, "shortcut": "ps"},
        "printers",
    ),
    Life(
        "status", "waiting", {"kind": "hold", "name": "Waiting"}, {"names": {"de": "Wartet"}, "hidden": True}, "parts"
    ),
    Life("type", "incident", {"name": "Incident"}, {"names": {"de": "Störung"}, "position": 3}, "fault"),
    Life(
        "topic",
        "printing",
        {"name": "Printing", "department": "support", "assignee": "team:first"},
        {"assignee": "ada@example.org", "fields": ["serial"]},
        "printers",
    ),
    Life(
        "field",
        "size",
        {"on": "ticket", "type": "choice", "choices": ["small", "large"]},
        {"choices": ["small", "large", "huge"], "portal": "edit"},
        "extent",
    ),
    Life("article_category", "guides", {"name": "Guides"}, {"names": {"de": "Anleitungen"}}, "manuals"),
    Life("tag", "vip", {}, {}, "important"),
    Life(
        "page", "hours", {"name": "Hours", "bodies": {"en": "From nine."}}, {"audience": "signed-in"}, "opening-hours"
    ),
    Life(
        "rule",
        "fire",
        {"on": "mail", "when": "subject~fire", "do": ["department:billing", "tag:safety"]},
        {"when": "subject~fire department:support", "stop": True, "enabled": False},
        "brand",
    ),
]


@pytest.fixture
def furnished(desk: Desk) -> Desk:
    """A desk with something to refer to."""
    make(desk, "department", "support", name="Support", public=True)
    make(desk, "department", "billing", name="Billing")
    make(desk, "agent", "ada@example.org", name="Ada", admin=True)
    make(desk, "team", "first", name="First line")
    make(desk, "company", "muster", name="Muster")
    make(desk, "field", "room", on="contact", type="text")
    make(desk, "field", "serial", on="ticket", type="text")
    return desk


def make(desk: Desk, kind: str, key: str, /, **values: object) -> None:
    assert setup.create(desk, SYSTEM, kind, key, values).action == "created"


def plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def verbs_of(kind: str, *keys: str) -> list[str]:
    rows = Event.select().where(Event.object_kind == kind, Event.object_key.in_(keys)).order_by(Event.id)
    return [row.verb for row in rows]


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.kind)
def test_an_object_is_made_shown_changed_renamed_and_deleted_each_with_an_event(furnished: Desk, life: Life) -> None:
    desk = furnished
    made = setup.create(desk, SYSTEM, life.kind, life.key, life.made)
    assert (made.kind, made.key, made.action) == (life.kind, life.key, "created")
    shown = stored.one(desk, life.kind, life.key)
    assert {name: shown.values[name] for name in life.made} == {n: plain(v) for n, v in life.made.items()}
    assert set(shown.values) >= {field.name for field in KINDS[life.kind].fields}

    if life.edited:
        edited = setup.edit(desk, SYSTEM, life.kind, f"id:{made.id}", life.edited)
        assert edited.action == "updated"
        assert set(life.edited) >= set(edited.changed) != set()
        assert setup.edit(desk, SYSTEM, life.kind, life.key, life.edited).action == "unchanged"

    before = stored.one(desk, life.kind, life.key).values
    renamed = setup.rename(desk, SYSTEM, life.kind, life.key, life.new)
    assert (renamed.key, renamed.id) == (life.new, made.id)
    after = stored.one(desk, life.kind, life.new).values
    assert {n: v for n, v in after.items() if n != "addresses"} == {n: v for n, v in before.items() if n != "addresses"}
    assert stored.find(desk, life.kind, life.key) is None

    assert setup.delete(desk, SYSTEM, life.kind, life.new).action == "deleted"
    assert stored.find(desk, life.kind, life.new) is None
    assert verbs_of(life.kind, life.key, life.new) == [
        "created",
        *["updated"] * bool(life.edited),
        "renamed",
        "deleted",
    ]


def test_every_kind_has_its_life_here() -> None:
    assert {life.kind for life in LIVES} == set(KINDS)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.kind)
def test_a_second_object_of_the_same_key_is_refused_left_alone_or_updated(furnished: Desk, life: Life) -> None:
    desk = furnished
    number = setup.create(desk, SYSTEM, life.kind, life.key, life.made).id
    with pytest.raises(Exists) as error:
        setup.create(desk, SYSTEM, life.kind, life.key.upper(), {})
    assert error.value.message.endswith(f'"{life.key}" exists already (id {number})')
    assert setup.create(desk, SYSTEM, life.kind, life.key, life.edited, if_not_exists=True).action == "unchanged"
    updated = setup.create(desk, SYSTEM, life.kind, life.key, life.edited, or_update=True)
    assert updated.action == ("updated" if life.edited else "unchanged")


def test_all_faults_are_told_at_once(furnished: Desk) -> None:
    wrong = {
        "department": "suport", "imap": "imaps://u:hunter2@h", "max_size": "lots", "colour": "blue", "after": "burn",
    }  # fmt: skip
    with pytest.raises(InvalidInput) as error:
        setup.create(furnished, SYSTEM, "mailbox", "no address", wrong)
    assert {problem.where for problem in error.value.problems} >= {
        "ADDRESS", "department", "imap", "max_size", "colour", "after",
    }  # fmt: skip
    assert "hunter2" not in str([error.value.message, error.value.problems])
    assert stored.list_of(furnished, "mailbox") == []


def test_an_unknown_reference_names_what_is_known(furnished: Desk) -> None:
    with pytest.raises(NotFound) as error:
        setup.create(
            furnished, SYSTEM, "mailbox", "support@example.org", {"department": "suport", "imap": "imaps://h.example"}
        )
    assert error.value.message == 'no department "suport"'
    assert error.value.hint == "--department support        (known: billing, support)"
    assert error.value.subject == "mailbox/support@example.org"


def test_an_unknown_key_names_the_nearest(furnished: Desk) -> None:
    with pytest.raises(NotFound, match='no department "suport"') as error:
        stored.one(furnished, "department", "suport")
    assert "support" in str(error.value.hint)


def test_what_is_not_given_stays_and_what_is_unset_is_emptied(furnished: Desk) -> None:
    setup.edit(furnished, SYSTEM, "department", "support", {"priority": "high", "assignee": "team:first"})
    setup.edit(furnished, SYSTEM, "department", "support", {"reopen": "never"})
    assert stored.one(furnished, "department", "support").values["assignee"] == "team:first"
    change = setup.edit(furnished, SYSTEM, "department", "support", unset=["assignee", "reopen"])
    assert set(change.changed) == {"assignee", "reopen"}
    values = stored.one(furnished, "department", "support").values
    assert (values["assignee"], values["reopen"], values["priority"]) == (None, "30d", "high")
    with pytest.raises(InvalidInput, match="cannot be empty"):
        setup.edit(furnished, SYSTEM, "department", "support", unset=["name"])


def test_names_in_other_languages_are_added_and_taken_away_one_by_one(furnished: Desk) -> None:
    setup.edit(furnished, SYSTEM, "status", "open", {"names": {"de": "In Arbeit", "fr": "En cours"}})
    setup.edit(furnished, SYSTEM, "status", "open", {"names": {"fr": ""}, "name": "Working"})
    values = stored.one(furnished, "status", "open").values
    assert (values["name"], values["names"]) == ("Working", {"en": "Working", "de": "In Arbeit"})


def test_deleting_what_is_in_use_names_its_users_and_moving_them_is_the_way_out(furnished: Desk) -> None:
    make(furnished, "mailbox", "help@example.org", department="support", smtp="sendmail:")
    make(furnished, "topic", "printing", name="Printing", department="support")
    with pytest.raises(Refused) as error:
        setup.delete(furnished, SYSTEM, "department", "support")
    assert error.value.message == "department support is in use: mailbox help@example.org, topic printing"
    assert error.value.hint == "--move-to KEY, or: helpdeskctl department archive support"
    assert setup.delete(furnished, SYSTEM, "department", "support", move_to="billing").action == "deleted"
    assert stored.one(furnished, "topic", "printing").values["department"] == "billing"


def test_one_status_of_each_kind_stays(furnished: Desk) -> None:
    with pytest.raises(Refused, match="last of kind closed"):
        setup.delete(furnished, SYSTEM, "status", "closed")
    make(furnished, "status", "done", kind="closed", name="Done")
    assert setup.delete(furnished, SYSTEM, "status", "closed").action == "deleted"


def test_a_renamed_status_keeps_its_departments(furnished: Desk) -> None:
    setup.rename(furnished, SYSTEM, "status", "answered", "done")
    assert stored.one(furnished, "department", "support").values["after_send"] == "done"


def test_an_archived_department_is_nowhere_to_go(furnished: Desk) -> None:
    assert setup.archive(furnished, SYSTEM, "department", "billing").changed == ("archived_at",)
    assert setup.archive(furnished, SYSTEM, "department", "billing").action == "unchanged"
    with pytest.raises(InvalidInput, match="department billing is archived"):
        setup.create(furnished, SYSTEM, "topic", "t", {"name": "T", "department": "billing"})
    assert setup.archive(furnished, SYSTEM, "department", "billing", archived=False).action == "updated"


def test_a_rehearsal_leaves_nothing(furnished: Desk) -> None:
    change = setup.rehearse(furnished, lambda: setup.create(furnished, SYSTEM, "type", "incident", {"name": "I"}))
    assert change.action == "created"
    assert stored.find(furnished, "type", "incident") is None


def test_only_admins_set_up_and_leads_their_departments_words(furnished: Desk) -> None:
    support = stored.known(furnished, "department", "support")
    lead = Actor("agent", 9, "lea@example.org", roles={support: Role.LEAD})
    canned = {"title": "T", "body": "B", "department": "support"}
    assert setup.create(furnished, lead, "canned", "mine", canned).action == "created"
    for kind, key, values in (
        ("canned", "all", {"title": "T", "body": "B"}),
        ("canned", "theirs", {**canned, "department": "billing"}),
        ("department", "new", {"name": "New"}),
        ("type", "new", {"name": "New"}),
    ):
        with pytest.raises(NotPermitted):
            setup.create(furnished, lead, kind, key, values)
    with pytest.raises(NotPermitted):
        setup.edit(furnished, lead, "canned", "mine", {"department": "billing"})
    assert setup.create(furnished, lead, "contact", "a@example.com", {"name": "A"}).action == "created"


def test_lists_are_searched_sorted_and_limited(furnished: Desk) -> None:
    def keys(**how: Any) -> list[str]:
        return [item.key for item in stored.list_of(furnished, "department", **how)]

    assert keys() == ["billing", "support"]
    assert keys(sort="-key") == ["support", "billing"]
    assert keys(query="SUPP") == ["support"]
    assert keys(query="public:no") == ["billing"]
    assert keys(limit=1) == ["billing"]
    with pytest.raises(InvalidInput, match="cannot be sorted"):
        keys(sort="members")


def test_no_company_claims_a_free_mail_domain(furnished: Desk) -> None:
    with pytest.raises(InvalidInput, match=r"gmail\.com"):
        setup.edit(furnished, SYSTEM, "company", "muster", {"domains": ["muster.example", "GMAIL.com"]})


def test_a_domain_or_an_alias_has_one_owner(furnished: Desk) -> None:
    make(furnished, "company", "acme", name="ACME", domains=["acme.example"])
    with pytest.raises(InvalidInput, match=r'"acme\.example" is taken by company acme'):
        setup.edit(furnished, SYSTEM, "company", "muster", {"domains": ["acme.example"]})


def test_a_mailbox_for_an_agent_makes_the_personal_department(furnished: Desk) -> None:
    make(furnished, "mailbox", "ada2@example.org", department="agent:ada@example.org", smtp="sendmail:")
    assert stored.one(furnished, "mailbox", "ada2@example.org").values["department"] == "agent:ada@example.org"
    assert stored.one(furnished, "department", "agent:ada@example.org").values["personal"] == "ada@example.org"
    with pytest.raises(InvalidInput, match="alone"):
        setup.edit(furnished, SYSTEM, "agent", "ada@example.org", {"departments": ["agent:ada@example.org"]})


def test_the_last_admin_stays_one(furnished: Desk) -> None:
    with pytest.raises(InvalidInput, match="last admin"):
        setup.edit(furnished, SYSTEM, "agent", "ada@example.org", {"admin": False})


def test_placeholders_that_nobody_knows_are_refused_when_saved(furnished: Desk) -> None:
    with pytest.raises(InvalidInput, match=r'unknown placeholder "agent\.nmae"'):
        setup.create(furnished, SYSTEM, "signature", "s", {"body": "{{agent.nmae}}"})


def test_a_lists_order_is_what_was_said(furnished: Desk) -> None:
    for key in ("a", "b", "c"):
        make(furnished, "topic", key, name=key, department="support")
    setup.order(furnished, SYSTEM, "topic", ["c", "a"])
    assert [item.key for item in stored.list_of(furnished, "topic")] == ["c", "a", "b"]
