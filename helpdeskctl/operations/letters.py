"""From an event on a ticket to the mail that tells of it: template, values, thread, signature, quotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from helpdeskctl.desk import Desk
from helpdeskctl.domain import references, templates, wording
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.templates import Template
from helpdeskctl.mail import html_part
from helpdeskctl.mail.compose import Person, quoted
from helpdeskctl.operations import portal_links
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.operations.outbox import Letter
from helpdeskctl.queries import outgoing, settings
from helpdeskctl.queries.outgoing import About, Quotable, Thread

Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """What follows the text of a letter, and who gets it besides the requester."""

    to: Sequence[Person] = ()
    cc: Sequence[Person] = ()
    bcc: Sequence[str] = ()
    files: Sequence[NewAttachment] = ()
    signature: str | None = None
    quotation: Quotable | None = None


def about_ticket(
    desk: Desk,
    about: About,
    event: str,
    given: Values,
    *,
    thread: Thread,
    enclosed: Enclosed | None = None,
    automatic: Literal["auto-replied", "auto-generated"] | None = None,
) -> Letter:
    """The mail of `event` in the ticket's language and thread, to its requester unless `enclosed` names others.

    Of the values those alone count that the event may use: no template shows a stranger's words to a third party.
    """
    enclosed = enclosed or Enclosed()
    given = {name: given.get(name) for name in templates.names(event)}
    template = outgoing.template(desk, event, about.language, about.department_id)
    after = _after_text(about, enclosed)
    return Letter(
        to=enclosed.to or [about.requester],
        cc=enclosed.cc,
        bcc=enclosed.bcc,
        subject=_subject(desk, about, templates.fill_subject(template.subject, given)),
        text=f"{templates.fill(template.text, given).strip()}\n{after}",
        html=own_html(template, given, about.language, after=after),
        language=about.language,
        in_reply_to=thread.parent,
        ancestors=thread.ancestors,
        automatic=automatic,
        files=enclosed.files,
    )


def values(desk: Desk, about: About, actor: Actor, **more: str | None) -> dict[str, str | None]:
    """What the placeholders of a ticket's texts stand for; `more` with `_` for the dot of their names."""
    known = settings.several(desk, "name", "portal_url", "agent_names")
    agent = actor.name if actor.kind == "agent" else about.owner
    url = None
    if about.may_sign_in:
        url = portal_links.ticket_url(desk, about.number, contact_id=about.contact_id, address=about.address)
    return {
        "desk.name": known["name"],
        "portal.url": known["portal_url"],
        "department.name": about.department,
        "agent.name": outgoing.shown_name(agent, known["agent_names"], about.department) if agent else None,
        "contact.name": about.contact_name,
        "contact.address": about.address,
        "company.name": about.company,
        "ticket.number": str(about.number),
        "ticket.subject": about.subject,
        "ticket.status": about.status,
        "ticket.url": url,
        "ticket.survivor": str(about.merged_into) if about.merged_into else None,
    } | {name.replace("_", ".", 1): value for name, value in more.items()}


def _subject(desk: Desk, about: About, text: str) -> str:
    return references.tag_subject(text, about.number, settings.get(desk, "ticket_prefix"))


def own_html(template: Template, given: Values, language: str, *, after: str = "") -> str | None:
    """The HTML that a template has of its own, as a page with the text `after` at its end; None where it has none."""
    if not template.html:
        return None
    body, end, rest = templates.fill_html(template.html, given).rpartition("</body>")
    whole = (body or rest) + (html_part.fragment(after, language) if after.strip() else "")
    return html_part.page(whole + (end + rest if end else ""), language)


def _after_text(about: About, enclosed: Enclosed) -> str:
    parts = [f"\n-- \n{enclosed.signature.strip()}\n"] if enclosed.signature and enclosed.signature.strip() else []
    if enclosed.quotation and enclosed.quotation.text.strip():
        quotation = enclosed.quotation
        said = wording.of(about.language).quoted(quotation.author, quotation.written.astimezone(about.zone))
        parts.append(f"\n{quoted(said, quotation.text)}\n")
    return "".join(parts)
