"""Setting up the OpenID provider that customers may sign in at (POR-12)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import Refused
from helpdeskctl.mail import openid
from helpdeskctl.operations import events, settings, setup
from helpdeskctl.queries import openid as queries
from helpdeskctl.queries import settings as stored
from helpdeskctl.store.database import transaction
from helpdeskctl.store.secrets import NewSecret, check_reference
from helpdeskctl.store.tables import ContactIdentity, Secret

_KEYS = ("openid_issuer", "openid_client_id", "openid_name")


def try_out(issuer: str) -> openid.Provider:
    """Ask the provider for its document. Refused when it is none, InvalidInput for a bad URL, TryAgain when away."""
    return openid.discover(issuer)


@transaction
def put(
    desk: Desk, actor: Actor, issuer: str, client_id: str, *, name: str | None = None, secret: NewSecret | None = None
) -> Change:
    """Let customers sign in there. `secret` None keeps the one there is for the same client, else there is none.

    Who signed in at another issuer is known by their address there anew. InvalidInput for values that cannot be,
    Refused while the portal has no address.
    """
    if stored.get(desk, "portal_url") is None:
        raise Refused("the portal has no address to come back to", hint="helpdeskctl portal url https://…")
    before = stored.several(desk, *_KEYS)
    wanted = (
        ("openid_issuer", issuer),
        ("openid_client_id", client_id),
        ("openid_name", name or before["openid_name"]),
    )
    changes = [settings.put(desk, actor, key, value) for key, value in wanted]
    same = all(change.action == "unchanged" for change in changes[:2])
    if secret is not None or not same:
        _keep_secret(desk, actor, secret)
    touched = secret is not None or any(change.action != "unchanged" for change in changes)
    return Change("openid", issuer, None, "updated" if touched else "unchanged", tuple(key for key, _ in wanted))


@transaction
def remove(desk: Desk, actor: Actor) -> Change:
    """Nobody signs in there any more; who is bound to whom there is forgotten."""
    issuer = stored.get(desk, "openid_issuer")
    if issuer is None:
        return Change("openid", "none", None, "unchanged")
    for key in _KEYS:
        settings.unset(desk, actor, key)
    _keep_secret(desk, actor, None)
    ContactIdentity.delete().execute()
    return Change("openid", str(issuer), None, "deleted")


def _keep_secret(desk: Desk, actor: Actor, secret: NewSecret | None) -> None:
    setup.permit(desk, actor, settings.KIND)
    gone = Secret.delete().where(Secret.purpose == queries.PURPOSE).execute()
    if secret is not None:
        Secret.insert(
            purpose=queries.PURPOSE,
            reference=check_reference(secret.reference) if secret.reference is not None else None,
            sealed=desk.keys.seal(secret.value or "") if secret.reference is None else None,
            changed_at=desk.now(),
        ).execute()
    if gone or secret is not None:
        events.record(desk, actor, "updated", subject=("setting", "openid"), data={"changed": ["secret"]})
