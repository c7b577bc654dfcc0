"""What people have in the portal when two of them become one, and when one is erased (CON-4)."""

from __future__ import annotations

from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.erasure import NAME
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import contact_erasure, contact_merge, delegates, portal_accounts, sessions
from helpdeskctl.queries import access, portal
from helpdeskctl.store import tables
from helpdeskctl.store.tables import (
    Contact,
    ContactIdentity,
    Delegate,
    Event,
    Message,
    Mute,
    PortalSession,
    PortalToken,
    Rating,
    Row,
)
from tests.builders import Builder

ANN, OLD = "ann@muster.example", "ann@old.example"
BOB, CARL = "bob@beta.example", "carl@beta.example"
KEPT = (ContactIdentity, Delegate, Mute, Rating, Contact)


@pytest.fixture
def build(desk: Desk) -> Builder:
    """Ann twice, Bob who acts for both of her, Carl for whom her old self acts; what she rated and muted."""
    build = Builder(desk)
    build.contact(ANN, name="Annegret Beispiel", portal_access=True)
    build.contact(OLD, name="A. Beispielova", portal_access=True)
    for address in (BOB, CARL):
        build.contact(address, portal_access=True)
    for person, delegate in ((ANN, BOB), (OLD, BOB), (CARL, OLD), (ANN, OLD), (OLD, CARL)):
        delegates.change(desk, SYSTEM, person, delegate)
    both, only = build.ticket(requester=CARL), build.ticket(requester=CARL)
    old, now = build.contact(OLD), desk.now()
    for contact, ticket in ((build.contact(ANN), both), (old, both), (old, only)):
        Mute.insert(contact_id=contact, ticket_id=ticket).execute()
    rated = build.ticket(requester=OLD)
    Rating.insert(ticket_id=rated, contact_id=old, good=True, words=f"Thanks, {OLD}", at=now).execute()
    ContactIdentity.insert(issuer="https://id.example", subject="4711", contact_id=old, created_at=now).execute()
    portal_accounts.ask_deletion(desk, access.contact_actor(desk, old), wanted=True)
    return build


def stored() -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: sorted(model.select().dicts(), key=repr) for model in KEPT}


def test_merging_moves_what_they_have_in_the_portal_and_doubles_nothing(desk: Desk, build: Builder) -> None:
    ann, bob, carl = (build.contact(address) for address in (ANN, BOB, CARL))
    contact_merge.merge(desk, SYSTEM, OLD, ANN)
    pairs = {(row.contact_id, row.delegate_id) for row in Delegate.select()}
    assert pairs == {(ann, bob), (carl, ann), (ann, carl)}
    assert Mute.select().where(Mute.contact_id == ann).count() == Mute.select().count() == 2
    assert [row.contact_id for row in Rating.select()] == [ann]
    assert [row.contact_id for row in ContactIdentity.select()] == [ann]
    assert Contact.get(Contact.id == ann).deletion_asked_at is not None


def test_undoing_the_merge_gives_everything_back(desk: Desk, build: Builder) -> None:
    before = stored()
    contact_merge.merge(desk, SYSTEM, OLD, ANN)
    contact_merge.unmerge(desk, SYSTEM, OLD)
    assert stored() == before


def test_what_was_taken_back_after_the_merge_stays_so(desk: Desk, build: Builder) -> None:
    carl, old = build.contact(CARL), build.contact(OLD)
    contact_merge.merge(desk, SYSTEM, OLD, ANN)
    delegates.change(desk, SYSTEM, CARL, ANN, remove=True)
    contact_merge.unmerge(desk, SYSTEM, OLD)
    assert (carl, old) not in {(row.contact_id, row.delegate_id) for row in Delegate.select()}


def test_who_acted_for_the_one_that_went_is_signed_out(desk: Desk, build: Builder) -> None:
    bob = build.contact(BOB)
    acting = sessions.open_session(desk, bob, sessions.Browser())
    PortalSession.update(acting_for_id=build.contact(OLD)).execute()
    own = sessions.open_session(desk, bob, sessions.Browser())
    contact_merge.merge(desk, SYSTEM, OLD, ANN)
    assert portal.visitor(desk, acting) is None
    assert portal.visitor(desk, own) is not None


def everything() -> list[str]:
    models = [each for each in vars(tables).values() if isinstance(each, type) and issubclass(each, Row)]
    return [str(row).casefold() for model in models if model is not Row for row in model.select().dicts()]


def test_erasing_leaves_nothing_of_them_in_the_portal(desk: Desk, build: Builder) -> None:
    old = build.contact(OLD)
    portal_accounts.open_feed(desk, access.contact_actor(desk, old))
    portal_accounts.change_profile(desk, access.contact_actor(desk, old), {"phone": "+49 30 998877"}, {"taken": False})
    sessions.open_session(desk, build.contact(BOB), sessions.Browser())
    PortalSession.update(acting_for_id=old).execute()
    contact_erasure.anonymize(desk, SYSTEM, OLD, confirm=OLD)
    gone = Contact.get(Contact.id == old)
    assert (gone.deletion_asked_at, gone.portal_asked_at, gone.wants_mail) == (None, None, {})
    assert not Delegate.select().where((Delegate.contact_id == old) | (Delegate.delegate_id == old)).exists()
    for model in (ContactIdentity, PortalToken, PortalSession):
        assert not model.select().exists(), model
    assert not Mute.select().where(Mute.contact_id == old).exists()
    assert Rating.get().words == f"Thanks, erased-{old}@erased.invalid"
    assert [row for row in everything() if OLD in row or "beispielova" in row or "998877" in row] == []


def test_who_wrote_for_them_is_named_alone_afterwards(desk: Desk, build: Builder) -> None:
    number = build.ticket(requester=OLD)
    namesake = build.contact("other@muster.example", name="A. Beispielova")
    for contact, name in ((build.contact(BOB), "Bob for A. Beispielova"), (namesake, "A. Beispielova")):
        build.message(number, contact_id=contact, author_name=name, author_address="x@beta.example")
    contact_erasure.anonymize(desk, SYSTEM, OLD, confirm=OLD)
    names = [row.author_name for row in Message.select().where(Message.ticket_id == number).order_by(Message.id)]
    assert names[1:] == [f"Bob for {NAME}", "A. Beispielova"]
    assert not Event.select().where(Event.object_key == OLD).exists()
