"""Texts with their placeholders filled in, for people to look at. Nothing of it is kept or sent."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain import templates
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.domain.templates import Template
from helpdeskctl.mail import html_part
from helpdeskctl.operations import letters, ticket_rows
from helpdeskctl.queries import access, outgoing, settings, setup
from helpdeskctl.queries import templates as stored
from helpdeskctl.queries.templates import Place
from helpdeskctl.store.tables import Department, Signature

Values = dict[str, str | None]


def canned(desk: Desk, actor: Actor, key: str, number: int) -> str:
    """A canned reply as it would stand in an answer to a ticket. NotFound for either."""
    body = setup.one(desk, "canned", key).values["body"]
    return templates.fill(body, _of_ticket(desk, actor, "canned", number))


def signature(desk: Desk, actor: Actor, key: str, agent: str, number: int | None = None) -> str:
    """A signature as `agent` would sign, in general or in an answer to a ticket."""
    found = setup.one(desk, "signature", key)
    signs = access.agent_actor(desk, agent)
    if number is not None:
        return templates.fill(found.values["body"], _of_ticket(desk, actor, "signature", number, signs))
    known = settings.several(desk, "name", "portal_url")
    department = Signature.get(Signature.id == found.id).department_id
    values: Values = {
        "desk.name": known["name"],
        "portal.url": known["portal_url"],
        "department.name": Department.get(Department.id == department).name if department else None,
        "agent.name": signs.name,
        "agent.address": signs.label,
        "ticket.number": None,
    }
    return templates.fill(found.values["body"], values)


def place(
    desk: Desk, actor: Actor, event: str, number: int, *, language: str | None = None, department: str | None = None
) -> Place:
    """The template that a mail of `event` about a ticket would be written by, or the one that is named."""
    ticket_rows.permit(actor, Action.SEE, access.ticket_facts(desk, number))
    about = outgoing.about(desk, number)
    return stored.place(desk, event, language or about.language, department or about.department_key)


def template(desk: Desk, actor: Actor, where: Place, number: int) -> Template:
    """A mail as it would be written about a ticket; what only a real one knows stays as its placeholder."""
    text = stored.one(desk, where)
    values = _of_ticket(desk, actor, where.event, number, language=where.language)
    body = templates.fill(text.body, values)
    own = Template(text.subject, text.body, text.html)
    return Template(
        templates.fill_subject(text.subject, values),
        body,
        letters.own_html(own, values, where.language) or html_part.html_of(body, where.language),
    )


def _of_ticket(
    desk: Desk, actor: Actor, kind: str, number: int, signs: Actor | None = None, *, language: str | None = None
) -> Values:
    ticket_rows.permit(actor, Action.SEE, access.ticket_facts(desk, number))
    agent = signs or actor
    with desk.database.rehearsal():  # links into the portal are written down when they are made
        known = letters.values(desk, outgoing.about(desk, number, language=language), agent)
    known["agent.address"] = agent.label if agent.kind == "agent" else None
    return {name: value for name, value in known.items() if name in templates.names(kind)}
