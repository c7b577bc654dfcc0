"""What customers change of their own account in the portal: entries, mails, the feed, the wish to be erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.kind import emptied, judged
from helpdeskctl.domain.kinds import CONTACT
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, Problem
from helpdeskctl.operations import events, portal_tokens
from helpdeskctl.operations.ticket_fields import checked_value
from helpdeskctl.queries import own_account, portal_fields, settings
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, FieldValue, PortalToken

OWN = ("name", "phone", "timezone", "language")
"""The entries of a contact that are theirs to change; all others are the agents'."""
_FEED_LASTS = timedelta(days=3650)  # until it is revoked


@transaction
def choose_language(desk: Desk, actor: Actor, language: str) -> None:
    """The language of pages and mails from now on (POR-6). InvalidInput for one that the desk does not offer."""
    if language not in settings.get(desk, "languages"):
        raise InvalidInput("this language is not offered")
    _write(desk, actor, {"language": language})


@transaction
def change_profile(
    desk: Desk,
    actor: Actor,
    given: Mapping[str, str],
    mails: Mapping[str, bool],
    *,
    fields: Mapping[str, str] | None = None,
) -> None:
    """Change one's own entries, and which of the mails that the desk sends are wanted (OUT-3).

    `given`: text by entry of `OWN`, `fields` the same by key of the desk's own fields that customers may edit; ""
    empties it, what else is named is left alone. InvalidInput with a problem for each entry that cannot be so.
    """
    typed, problems = judged(CONTACT, {name: given[name] for name in OWN if given.get(name)}, creating=False)
    gone, more = emptied(CONTACT, [name for name in OWN if given.get(name) == ""])
    language = typed.get("language")
    if language is not None and language not in settings.get(desk, "languages"):
        problems.append(Problem("language", "is not offered", "helpdeskctl setting show languages"))
    if problems or more:
        raise InvalidInput("the profile cannot be changed so", problems=[*problems, *more])
    offered = own_account.profile(desk, actor.id or 0).mails
    before = Contact.get(Contact.id == actor.id).wants_mail
    unwanted = {event: False for event, wanted in mails.items() if not wanted and event in offered}
    kept = {event: wanted for event, wanted in before.items() if event not in offered}
    _write(desk, actor, {**typed, **gone, "wants_mail": kept | unwanted})
    _write_fields(desk, actor, fields or {})


@transaction
def ask_deletion(desk: Desk, actor: Actor, *, wanted: bool) -> None:
    """The customer wants to be erased (CON-4), or after all not; an agent does it with `contact anonymize`."""
    before = Contact.get(Contact.id == actor.id).deletion_asked_at
    if (before is not None) == wanted:
        return
    Contact.update(deletion_asked_at=desk.now() if wanted else None).where(Contact.id == actor.id).execute()
    events.record(desk, actor, "deletion_asked" if wanted else "deletion_not_asked", subject=("contact", actor.label))


@transaction
def open_feed(desk: Desk, actor: Actor) -> str:
    """Make the customer's requests readable by an address with a key, which is returned and kept only as a hash.

    An earlier one ends.
    """
    theirs = Contact.select(Contact.id).where(Contact.id == actor.id)
    list(theirs.for_update() if desk.database.kind == "postgres" else theirs)  # of two at once the later one holds
    _end_feed(actor)
    events.record(desk, actor, "feed_opened", subject=("contact", actor.label))
    return portal_tokens.issue(desk, "feed", lasts=_FEED_LASTS, contact_id=actor.id, address=actor.address)


@transaction
def close_feed(desk: Desk, actor: Actor) -> None:
    """The key opens nothing any more."""
    if _end_feed(actor):
        events.record(desk, actor, "feed_closed", subject=("contact", actor.label))


def _end_feed(actor: Actor) -> int:
    theirs = PortalToken.contact_id == actor.id, PortalToken.purpose == "feed"
    return int(PortalToken.delete().where(*theirs).execute())


def _write_fields(desk: Desk, actor: Actor, given: Mapping[str, str]) -> None:
    changed = {}
    for field, before in portal_fields.asked_of(desk, actor.id or 0, actor.language):
        value = given.get(field.key, before)
        after = checked_value(field, value) if value else ""
        if after != before:
            changed[field.key] = {"from": before or None, "to": after or None}
            FieldValue.delete().where(FieldValue.field_id == field.id, FieldValue.contact_id == actor.id).execute()
        if after not in ("", before):
            FieldValue.insert(field_id=field.id, contact_id=actor.id, value=after).execute()
    if changed:
        events.record(desk, actor, "updated", subject=("contact", actor.label), data={"fields": changed})


def _write(desk: Desk, actor: Actor, values: Mapping[str, Any]) -> None:
    row = Contact.get(Contact.id == actor.id)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return
    Contact.update(**changed).where(Contact.id == actor.id).execute()
    data = {name: {"from": getattr(row, name), "to": value} for name, value in changed.items()}
    events.record(desk, actor, "updated", subject=("contact", actor.label), data=data)
