"""What is being written, besides its text: to whom, from where, with which files. A value; drafts keep all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from helpdeskctl.operations.drafts import Draft, Kind
from helpdeskctl.operations.forwards import Forward
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.operations.replies import Note, Reply
from helpdeskctl.queries.messages import AttachmentView

NO_SIGNATURE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A reply, a note or a forward. `to` and `message` are a forward's; `signature` a key, or `-` for none at all."""

    kind: Kind = "reply"
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    status: str = ""
    signature: str | None = None
    mailbox: str | None = None
    only_requester: bool = False
    message: int | None = None
    files: tuple[NewAttachment, ...] = ()

    @property
    def size(self) -> int:
        """Octets of all files."""
        return sum(file.size for file in self.files)

    def draft(self, body: str, cursor: Sequence[int], seen: int | None) -> Draft:
        """All of it, to be kept."""
        rest = {name: value for name, value in asdict(self).items() if name not in {"kind", "files"}}
        files = [asdict(file) for file in self.files]
        content = {**rest, "attachments": files, "body": body, "cursor": list(cursor)}
        return Draft(kind=self.kind, content=content, seen_message_id=seen)

    def reply(self, body: str, seen: int | None) -> Reply:
        """As the answer it is."""
        none = self.signature == NO_SIGNATURE
        return Reply(
            body=body,
            cc=self.cc,
            bcc=self.bcc,
            status=self.status or None,
            signature=None if none else self.signature,
            no_signature=none,
            attachments=self.files,
            if_last=seen,
            mailbox=self.mailbox,
            only_requester=self.only_requester,
        )

    def note(self, body: str, seen: int | None) -> Note:
        """As the note it is."""
        return Note(body=body, attachments=self.files, if_last=seen)

    def forward(self, body: str) -> Forward:
        """As the forward it is."""
        none = self.signature == NO_SIGNATURE
        return Forward(
            to=self.to,
            cc=self.cc,
            message=self.message,
            body=body,
            signature=None if none else self.signature,
            no_signature=none,
            mailbox=self.mailbox,
            attachments=self.files,
        )


def of_draft(draft: Draft) -> Composition:
    """What a draft kept; what is missing in it is as in the beginning."""
    content: Mapping[str, Any] = draft.content
    return Composition(
        kind=draft.kind,
        to=tuple(content.get("to") or ()),
        cc=tuple(content.get("cc") or ()),
        bcc=tuple(content.get("bcc") or ()),
        status=str(content.get("status") or ""),
        signature=NO_SIGNATURE if content.get("no_signature") else content.get("signature"),
        mailbox=content.get("mailbox"),
        only_requester=bool(content.get("only_requester")),
        message=content.get("message"),
        files=tuple(NewAttachment(**file) for file in content.get("attachments") or ()),
    )


def to_attach(file: AttachmentView) -> NewAttachment:
    """A file of a ticket, to go out once more."""
    return NewAttachment(file.filename, file.content_type, file.size, file.sha256)
