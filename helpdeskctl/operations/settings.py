"""Changing the settings of the desk."""

from __future__ import annotations

from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.defaults import named
from helpdeskctl.domain.kind import Kind
from helpdeskctl.domain.kind_types import REFERENCE
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, Refused
from helpdeskctl.operations import events, invitations, setup
from helpdeskctl.queries import settings
from helpdeskctl.store.database import transaction
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import Department, Setting, Ticket

KIND = Kind(name="setting", key=REFERENCE)


@transaction
def put(desk: Desk, actor: Actor, key: str, value: object) -> Change:
    """Set a setting, from text or from its own type. NotFound for an unknown one, InvalidInput for an unfit value."""
    setup.permit(desk, actor, KIND)
    default = named(key)
    try:
        typed = default.type.read(value)
    except InvalidInput as error:
        raise InvalidInput(f"{key}: {error.message}", hint=error.hint, subject=f"setting/{key}") from error
    before = settings.get(desk, key)
    if typed == before:
        return Change("setting", key, None, "unchanged")
    raw = default.type.write(typed)
    if raw is None:  # what may be empty is empty by default
        return unset(desk, actor, key)
    _mind(desk, key, typed)
    Setting.insert(key=key, value=raw).on_conflict(conflict_target=[Setting.key], update={Setting.value: raw}).execute()
    _told(desk, actor, key, before, typed)
    return Change("setting", key, None, "updated", ("value",))


@transaction
def unset(desk: Desk, actor: Actor, key: str) -> Change:
    """Back to the default. NotFound for an unknown setting."""
    setup.permit(desk, actor, KIND)
    default = named(key)
    before = settings.get(desk, key)
    if not Setting.delete().where(Setting.key == key).execute():
        return Change("setting", key, None, "unchanged")
    _mind(desk, key, default.default)
    _told(desk, actor, key, before, default.default)
    return Change("setting", key, None, "updated", ("value",))


def _told(desk: Desk, actor: Actor, key: str, before: Any, after: Any) -> None:
    write = named(key).type.write
    events.record(desk, actor, "updated", subject=("setting", key), data={"from": write(before), "to": write(after)})


def _mind(desk: Desk, key: str, value: Any) -> None:
    """What a value means to others."""
    if key == "first_number":
        _start_numbers(desk, value)
    if key == "welcome_new_contacts" and value:
        invitations.refuse_unless_mail_works(desk)
    if key == "portal_url" and value is None:
        _refuse_if_linked_to(desk)
    if key == "notify" and value == "link" and settings.get(desk, "portal_url") is None:
        raise Refused("there is no portal to link to", hint="helpdeskctl setting set portal_url https://…")
    languages = value if key == "languages" else settings.get(desk, "languages")
    usual = value if key == "default_language" else settings.get(desk, "default_language")
    if key in ("languages", "default_language") and usual not in languages:
        raise InvalidInput(
            f"the default language {usual} is none of the languages {', '.join(languages)}",
            hint="helpdeskctl setting set languages …",
            subject=f"setting/{key}",
        )


def reminder(desk: Desk, key: str) -> str | None:
    """What an admin does well to do before a setting has its effect, if anything (OUT-8)."""
    if key == "welcome_new_contacts" and settings.get(desk, key):
        return "tell your customers first: who writes for the first time now gets a link to a password"
    return None


def _refuse_if_linked_to(desk: Desk) -> None:
    """Departments that mail links only, and welcome mails, need the portal's address."""
    linking = Department.select().where(Department.notify == "link").order_by(Department.id).first()
    if linking is not None:
        raise Refused(
            f"department {linking.key} mails links to the portal only",
            hint=f"helpdeskctl department edit {linking.key} --notify full",
            subject="setting/portal_url",
        )
    if settings.get(desk, "welcome_new_contacts"):
        raise Refused(
            "new contacts are welcomed with links to the portal",
            hint="helpdeskctl setting set welcome_new_contacts off",
            subject="setting/portal_url",
        )


def _start_numbers(desk: Desk, number: int) -> None:
    """Numbers are never used twice (TIC-1), so they only go up."""
    last = Ticket.select(fn.max(Ticket.id)).scalar() or 0
    if number <= last:
        raise Refused(
            f"there is a ticket #{last}", hint=f"setting set first_number {last + 1}", subject="setting/first_number"
        )
    if desk.database.kind == "postgres":
        desk.database.execute("SELECT setval(pg_get_serial_sequence('ticket', 'id'), ?, false)", (number,))
    else:
        desk.database.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'ticket'", (number - 1,))
