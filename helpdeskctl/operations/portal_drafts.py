"""Nothing a customer typed is lost: text and files of a form are kept under the form's nonce for a day.

The files chosen in a form lie in its basket. They become attachments when the form is sent, and go when it is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from helpdeskctl.desk import Desk
from helpdeskctl.domain.text import clean
from helpdeskctl.errors import Refused, TryAgain
from helpdeskctl.operations import files as attached
from helpdeskctl.operations import rate_limits
from helpdeskctl.operations.blob_uses import unreferenced
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.queries import portal, portal_forms, settings
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import PortalDraft, Upload

KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as it came with a form; the name is cleaned, the type is what the bytes are or the browser said."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A form as its sender fills it: its nonce, where it posts to, whose it is, and from where it came."""

    nonce: str
    route: str
    contact_id: int | None
    peer: str

    @property
    def network(self) -> str:
        """The network that limits count."""
        return rate_limits.network(self.peer)


def keep(desk: Desk, form: Form, fields: Mapping[str, str]) -> bool:
    """Keep what was typed for when its sender has signed in; False past five forms per network and hour."""
    try:
        rate_limits.hit(desk, rate_limits.KEPT_DRAFTS, form.network)
    except TooMany:
        return False
    _keep(desk, form, {clean(name): clean(text) for name, text in fields.items()})
    return True


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that did not go into the basket: it does not fit into one message, is of a kind that is refused, carries
    malware (`signature`), or could not be scanned just now."""

    filename: str
    why: Literal["too much", "type", "malware", "later"]
    signature: str = ""


def put(desk: Desk, form: Form, files: Iterable[NewFile], *, trusted: bool) -> tuple[LeftOut, ...]:
    """Put files into the form's basket; returns those that were left out.

    `trusted`: its sender has signed in and may leave 250 MB an hour, others 25 MB per network. TooMany past that.
    """
    known = settings.several(desk, "attachment_size", "attachment_files")
    size, count = known["attachment_size"], known["attachment_files"]
    limit, whose = rate_limits.KEPT_BYTES, form.network
    if trusted:
        limit, whose = rate_limits.FILE_BYTES, str(form.contact_id)
    left_out = []
    for file in files:
        rate_limits.hit(desk, limit, whose, cost=len(file.data))
        if (unfit := _unfit(desk, file)) is not None:
            left_out.append(unfit)
            continue
        # Asked before the bytes are kept, too: those that no row will name would lie there for ever.
        kept = desk.blobs.keep(file.data) if _fits(desk, form.nonce, file, size=size, count=count) else None
        if kept is None or not _put(desk, form.nonce, file, kept, size=size, count=count):
            left_out.append(LeftOut(file.filename, "too much"))
    return tuple(left_out)


def _unfit(desk: Desk, file: NewFile) -> LeftOut | None:
    try:
        attached.refuse_unfit(desk, file.filename, file.content_type, file.data)
    except attached.RefusedType:
        return LeftOut(file.filename, "type")
    except attached.Malware as found:
        return LeftOut(file.filename, "malware", found.signature)
    except (TryAgain, Refused):  # the scanner is away, or cannot make it out
        return LeftOut(file.filename, "later")
    return None


@transaction
def take_out(desk: Desk, nonce: str, upload_id: int) -> None:
    """Take one file out of a basket; the cleaner removes its bytes."""
    Upload.update(nonce_sha256="").where(
        Upload.id == upload_id, Upload.nonce_sha256 == portal.fingerprint(nonce)
    ).execute()


@transaction
def hand_over(desk: Desk, nonce: str) -> tuple[NewAttachment, ...]:
    """Empty the basket of a form that is being sent, and forget its draft: the files as attachments."""
    key = portal.fingerprint(nonce)
    rows = list(Upload.select().where(Upload.nonce_sha256 == key).order_by(Upload.id))
    Upload.delete().where(Upload.nonce_sha256 == key).execute()
    PortalDraft.delete().where(PortalDraft.nonce_sha256 == key).execute()
    return tuple(NewAttachment(row.filename, row.content_type, row.size, row.sha256) for row in rows)


@transaction
def throw_away(desk: Desk, form: Form) -> None:
    """Forget a form that is not needed any more: its text now, its files with the next cleaning."""
    key = portal.fingerprint(form.nonce)
    Upload.update(nonce_sha256="").where(Upload.nonce_sha256 == key).execute()
    PortalDraft.delete().where(PortalDraft.nonce_sha256 == key).execute()


@transaction
def claim(desk: Desk, form: Form) -> bool:
    """Be the one sending of this form, until the transaction ends and for good after it; False for the second click."""
    sent: Any = PortalDraft.insert(
        nonce_sha256=portal_forms.key_of_outcome(form.nonce),
        contact_id=form.contact_id,
        peer=form.peer[:64],
        route=form.route,
        content={},
        created_at=desk.now(),
    ).on_conflict(action="NOTHING", conflict_target=[PortalDraft.nonce_sha256])
    return bool(sent.as_rowcount().execute())


@transaction
def settle(desk: Desk, form: Form, *, number: int, mailed: bool = False) -> None:
    """Remember where the form went and whether a receipt did, for whoever sends it again."""
    key = portal_forms.key_of_outcome(form.nonce)
    PortalDraft.update(content={"number": number, "mailed": mailed}).where(PortalDraft.nonce_sha256 == key).execute()


@transaction
def forget_old(desk: Desk) -> int:
    """Drop drafts, and what became of forms, after a day."""
    return int(PortalDraft.delete().where(PortalDraft.created_at < desk.now() - KEPT_FOR).execute())


@transaction
def forget_uploads(desk: Desk) -> int:
    """Drop files that were never sent, their bytes too where nothing else refers to them; returns how many files."""
    taken_out = Upload.nonce_sha256 == ""
    old = list(Upload.select().where((Upload.created_at < desk.now() - KEPT_FOR) | taken_out))
    if not old:
        return 0
    Upload.delete().where(Upload.id.in_([row.id for row in old])).execute()
    for sha256 in unreferenced({row.sha256 for row in old}):
        desk.blobs.forget(sha256, named_before=desk.now() - timedelta(hours=1))
    return len(old)


@transaction
def _keep(desk: Desk, form: Form, fields: dict[str, str]) -> None:
    content = {"nonce": form.nonce, "fields": fields}
    size = sum(len(value) for value in fields.values())
    PortalDraft.insert(
        nonce_sha256=portal.fingerprint(form.nonce),
        contact_id=form.contact_id,
        peer=form.peer[:64],
        route=form.route,
        content=content,
        size=size,
        created_at=desk.now(),
    ).on_conflict(
        conflict_target=[PortalDraft.nonce_sha256], update={PortalDraft.content: content, PortalDraft.size: size}
    ).execute()


@transaction
def _put(desk: Desk, nonce: str, file: NewFile, kept: Any, *, size: int, count: int) -> bool:
    if not _fits(desk, nonce, file, size=size, count=count):
        return False
    Upload.insert(
        nonce_sha256=portal.fingerprint(nonce),
        filename=file.filename,
        content_type=file.content_type,
        size=len(file.data),
        sha256=desk.blobs.name(kept, now=desk.now()),
        created_at=desk.now(),
    ).execute()
    return True


def _fits(desk: Desk, nonce: str, file: NewFile, *, size: int, count: int) -> bool:
    there = portal_forms.basket(desk, nonce)
    return len(there) < count and sum(each.size for each in there) + len(file.data) <= size
