"""Mailboxes and their passwords (BOX-1, BOX-5): a password is sealed under the key file, or kept as a reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain import mailurls
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kinds import MAILBOX
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import Refused
from helpdeskctl.mail import fetch
from helpdeskctl.operations import events, intake_cursor, mailbox_login_rows, mailbox_probe, setup
from helpdeskctl.operations.mailbox_login_rows import Granted
from helpdeskctl.operations.mailbox_probe import Target
from helpdeskctl.queries import settings
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.database import transaction
from helpdeskctl.store.secrets import NewSecret, check_reference, read_reference
from helpdeskctl.store.tables import Mailbox, Secret


@transaction
def create(
    desk: Desk,
    actor: Actor,
    address: str,
    values: Mapping[str, object],
    *,
    password: NewSecret | None = None,
    if_not_exists: bool = False,
    or_update: bool = False,
) -> Change:
    """As `setup.create`, with the password in the same transaction."""
    change = setup.create(desk, actor, "mailbox", address, values, if_not_exists=if_not_exists, or_update=or_update)
    if password is None or (change.action == "unchanged" and not or_update):
        return change
    kept = set_password(desk, actor, f"id:{change.id}", password)
    if change.action != "unchanged":
        return Change(change.kind, change.key, change.id, change.action, (*change.changed, *kept.changed))
    return kept


@transaction
def set_password(desk: Desk, actor: Actor, key: str, password: NewSecret) -> Change:
    """Keep another password; the next fetch tries it. Unchanged when it is the same. A sign-in by OAuth 2.0 ends.

    Raises NotFound, NotPermitted, InvalidInput for a reference that is none. The event says that, not what.
    """
    setup.permit(desk, actor, MAILBOX)
    current = stored.one(desk, "mailbox", key)
    row = Mailbox.get(Mailbox.id == current.id)
    signed_in = mailbox_login_rows.forget(desk, current.id)
    if not signed_in and _is_kept(desk, row.secret_id, password):
        return Change("mailbox", current.key, current.id, "unchanged")
    columns = {
        "reference": check_reference(password.reference) if password.reference is not None else None,
        "sealed": desk.keys.seal(password.value or "") if password.reference is None else None,
        "changed_at": desk.now(),
    }
    if row.secret_id is not None:
        Secret.update(**columns).where(Secret.id == row.secret_id).execute()
    else:
        row.secret_id = int(Secret.insert(purpose="mailbox", **columns).execute())
    Mailbox.update(secret_id=row.secret_id, not_before=None).where(Mailbox.id == current.id).execute()
    events.record(desk, actor, "updated", subject=("mailbox", current.key), data={"changed": ["password"]})
    return Change("mailbox", current.key, current.id, "updated", ("password",))


@transaction
def set_login(desk: Desk, actor: Actor, key: str, granted: Granted) -> Change:
    """Sign in by OAuth 2.0 from now on (BOX-6); the next fetch tries it. A password that there was is forgotten.

    Raises NotFound, NotPermitted. The event says with whom, and nothing that is secret.
    """
    setup.permit(desk, actor, MAILBOX)
    current = stored.one(desk, "mailbox", key)
    mailbox_login_rows.put(desk, current.id, granted)
    data = {"changed": ["login"], "provider": granted.provider, "way": granted.way}
    events.record(desk, actor, "updated", subject=("mailbox", current.key), data=data)
    return Change("mailbox", current.key, current.id, "updated", ("login",))


@transaction
def enable(desk: Desk, actor: Actor, key: str) -> Change:
    """Fetch from a mailbox and send by it again, at once."""
    setup.permit(desk, actor, MAILBOX)
    current = stored.one(desk, "mailbox", key)
    Mailbox.update(not_before=None).where(Mailbox.id == current.id).execute()
    return setup.set_columns(desk, actor, current, "enabled", enabled=True)


@transaction
def disable(desk: Desk, actor: Actor, key: str) -> Change:
    """Neither fetch nor send; what waits in the outbox waits on."""
    setup.permit(desk, actor, MAILBOX)
    return setup.set_columns(desk, actor, stored.one(desk, "mailbox", key), "disabled", enabled=False)


def needs_password(values: Mapping[str, object]) -> bool:
    """Whether the servers want to be signed in to."""
    return any(server.user is not None for server in _servers(values))


def takes_tokens_only(values: Mapping[str, object]) -> str | None:
    """The provider whose servers want OAuth 2.0 instead of passwords, where they are known for it."""
    return next(filter(None, (mailurls.provider_of(server.host) for server in _servers(values))), None)


def _servers(values: Mapping[str, object]) -> list[mailurls.Server]:
    imap, smtp = values.get("imap"), values.get("smtp")
    both = [
        mailurls.parse_imap(str(imap), allow_insecure=True) if imap else None,
        mailurls.parse_smtp(str(smtp), allow_insecure=True) if smtp else None,
    ]
    return [server for server in both if isinstance(server, mailurls.Server)]


def target(desk: Desk, address: str, values: Mapping[str, object], password: NewSecret | None) -> Target:
    """What is to be tried before `values` and `password` are saved: they stand over what is kept.

    ConfigError or Refused when the password cannot be read as the present user.
    """
    there = stored.find(desk, "mailbox", address) is not None
    new = Target(address=address, after=settings.get(desk, "after_import"))
    wanted = mailbox_probe.of_mailbox(desk, address) if there else new
    given = {name: values[name] for name in ("imap", "smtp", "ca_file", "folder", "after") if values.get(name)}
    if "imap" in given:
        given["imap"] = mailurls.signed_in(str(given["imap"]), address)
    if password is not None:
        given["password"] = read_reference(password.reference) if password.reference else password.value
        given["bearer"] = None
    return replace(wanted, **given)  # type: ignore[arg-type]  # texts, as the kind's fields say


def start(desk: Desk, key: str) -> int:
    """Set where a new mailbox starts (BOX-7) by asking its server; how many older mails that leaves alone.

    Outside of a transaction. Raises what `mail.fetch.connected` raises.
    """
    current = stored.one(desk, "mailbox", key)
    return intake_cursor.start_folder(desk, current.id).skipped if current.values["imap"] else 0


def folders(desk: Desk, key: str) -> list[str]:
    """The folders on the server of a mailbox. Refused when it does not receive; else as `mail.fetch.connected`."""
    row = Mailbox.get(Mailbox.id == stored.known(desk, "mailbox", key))
    if row.imap_url is None:
        raise Refused(
            f"mailbox {row.address} does not receive",
            hint=f"helpdeskctl mailbox edit {row.address} --imap URL",
            subject=f"mailbox/{row.address}",
        )
    with fetch.connected(intake_cursor.login(desk, row)) as session:
        return session.folders()


def _is_kept(desk: Desk, secret_id: int | None, password: NewSecret) -> bool:
    row = Secret.get_or_none(Secret.id == secret_id) if secret_id is not None else None
    if row is None:
        return False
    if password.reference is not None or row.sealed is None:
        return bool(row.reference == password.reference)
    return desk.keys.unseal(row.sealed) == password.value
