"""The files of a form: put into its basket as they come, taken out again, and the words for what was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helpdeskctl.operations import portal_drafts
from helpdeskctl.operations.portal_drafts import Form, LeftOut
from portald import texts
from portald.texts import later, t
from portald.visit import Visit

_NOT_ADDED = {
    "too much": later(
        "%(names)s could not be added: all files together may have %(size)s, and at most %(count)s files."
    ),
    "type": later("%(names)s could not be added: files of this kind are not accepted here."),
    "malware": later("%(names)s could not be added: the virus scanner found malware."),
    "later": later("%(names)s could not be checked for viruses just now. Try again in a few minutes."),
}


def put(visit: Visit, form: Form) -> dict[str, str]:
    """Put the files that came into the form's basket, take out the one to be removed; what went wrong by field."""
    if upload := visit.form.number("remove"):
        portal_drafts.take_out(visit.desk, form.nonce, upload)
    trusted = visit.visitor is not None
    left_out = portal_drafts.put(visit.desk, form, visit.form.files(), trusted=trusted)
    return {"files": " ".join(_not_added(visit, left_out))} if left_out else {}


def _not_added(visit: Visit, left_out: Sequence[LeftOut]) -> Iterator[str]:
    """A sentence for each reason."""
    names: dict[str, list[str]] = {}
    for file in left_out:
        named = f"{file.filename} ({file.signature})" if file.signature else file.filename
        names.setdefault(file.why, []).append(named)
    size = texts.size(visit.settings["attachment_size"])
    for why, listed in names.items():
        yield t(_NOT_ADDED[why], names=", ".join(listed), size=size, count=visit.settings["attachment_files"])
