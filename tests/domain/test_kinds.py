"""What the kinds of the set-up say of themselves holds together."""

from __future__ import annotations

import pytest

from helpdeskctl.domain import mail_domains
from helpdeskctl.domain.kind import Field, Kind, Right, Shape, emptied, judged, may_change
from helpdeskctl.domain.kind_types import ADDRESS, DOMAIN, ROLE, SLUG, START
from helpdeskctl.domain.kinds import DEPARTMENT, KINDS, MEMBERSHIP, OWNER
from helpdeskctl.domain.permissions import SYSTEM, Actor, Role
from helpdeskctl.errors import InvalidInput

FIELDS = [(kind, field) for kind in KINDS.values() for field in kind.fields]


def named(value: object) -> str:
    return value.name if isinstance(value, Kind | Field) else str(value)


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=named)
def test_a_field_refers_to_a_kind_and_takes_its_own_default(kind: Kind, field: Field) -> None:
    assert field.references in {None, OWNER, MEMBERSHIP, *KINDS}
    assert field.help.endswith(".")
    if field.by_default not in (None, ""):
        assert field.shape is Shape.ONE
        assert field.type.read(field.by_default) == field.by_default


@pytest.mark.parametrize("kind", KINDS.values(), ids=named)
def test_no_name_and_no_option_stands_twice(kind: Kind) -> None:
    names = [field.name for field in kind.fields]
    flags = [field.flag for field in kind.fields if field.flag]
    assert (len(set(names)), len(set(flags))) == (len(names), len(flags))


def test_what_is_wrong_is_gathered_with_the_nearest_known_word() -> None:
    values, problems = judged(DEPARTMENT, {"publik": True, "reopen": "soon", "public": "yes"}, creating=True)
    assert values["public"] is True
    assert {(problem.where, problem.hint) for problem in problems if problem.where != "reopen"} == {
        ("publik", 'did you mean "public"?'),
        ("name", "--name TEXT"),
    }
    assert len(problems) == 3


def test_an_edit_knows_only_what_was_given() -> None:
    assert judged(DEPARTMENT, {"public": True}, creating=False) == ({"public": True}, [])
    assert emptied(DEPARTMENT, ["after-send", "assignee"]) == ({"after_send": "answered", "assignee": None}, [])
    assert [problem.what for problem in emptied(DEPARTMENT, ["name", "nome"])[1]] == [
        "cannot be empty",
        "no such field",
    ]


@pytest.mark.parametrize(
    ("actor", "right", "departments", "allowed"),
    [
        (SYSTEM, Right.ADMIN, [None], True),
        (Actor("agent", 1, admin=True), Right.ADMIN, [None], True),
        (Actor("agent", 1, roles={7: Role.LEAD}), Right.ADMIN, [7], False),
        (Actor("agent", 1, roles={7: Role.LEAD}), Right.LEAD, [7], True),
        (Actor("agent", 1, roles={7: Role.LEAD}), Right.LEAD, [7, 8], False),
        (Actor("agent", 1, roles={7: Role.LEAD}), Right.LEAD, [None], False),
        (Actor("agent", 1, roles={7: Role.LEAD}), Right.LEAD, [], False),
        (Actor("agent", 1, roles={7: Role.AGENT}), Right.LEAD, [7], False),
        (Actor("agent", 1), Right.AGENT, [None], True),
        (Actor("contact", 1), Right.AGENT, [None], False),
        (Actor("link", None, ticket=3), Right.LEAD, [7], False),
    ],
)
def test_who_may_change_what(actor: Actor, right: Right, departments: list[int | None], allowed: bool) -> None:
    kind = Kind(name="thing", key=SLUG, right=right)
    assert may_change(actor, kind, departments).allowed is allowed


def test_words_are_read_as_they_are_kept() -> None:
    assert SLUG.read(" Support-DE ") == "support-de"
    assert ADDRESS.read("Ann@Example.ORG") == "ann@example.org"
    assert DOMAIN.read("Muster.Example") == "muster.example"
    assert (ROLE.read("Support"), ROLE.read("support:Lead")) == ("support:agent", "support:lead")
    assert (ROLE.read("id:3"), ROLE.read("agent:ada@x.example")) == ("id:3:agent", "agent:ada@x.example:agent")
    with pytest.raises(InvalidInput, match='"boss" is no role') as refused:
        ROLE.read("support:boss")
    assert refused.value.hint == "support:reader, support:agent or support:lead"
    assert (START.read("NOW"), START.read("2026-05-01")) == ("now", "2026-05-01")


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (SLUG, "two words"), (SLUG, ""), (SLUG, "-x"), (SLUG, "id:3"), (ADDRESS, "ann"), (ADDRESS, "a b@x.org"),
        (ADDRESS, "a@b@c"), (ADDRESS, "<a@b.c>"), (ADDRESS, "a@b\n.c d"), (DOMAIN, "localhost"), (DOMAIN, "a@b.c"),
        (START, "yesterday"),
    ],
)  # fmt: skip
def test_what_is_no_such_word_is_refused(read: object, text: str) -> None:
    with pytest.raises(InvalidInput):
        read.read(text)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("ann.muster@example.org", True), ("ann@gmail.com", True), ("support@gmx.de", True),
        ("support@example.org", False),        ("info@example.org", False),
        ("it-support@example.org", False), ("v2.api@example.org", False),
    ],
)  # fmt: skip
def test_an_address_looks_like_a_persons_own_or_not(address: str, private: bool) -> None:
    assert mail_domains.looks_private(address) is private
