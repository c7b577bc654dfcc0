"""The desk's own texts of automatic mail (OUT-7)."""

from __future__ import annotations

from dataclasses import replace

from helpdeskctl.desk import Desk
from helpdeskctl.domain import templates
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind import Kind
from helpdeskctl.domain.kind_types import REFERENCE
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.templates import Template
from helpdeskctl.domain.text import clean, clean_line
from helpdeskctl.errors import InvalidInput, Problem
from helpdeskctl.operations import events, setup
from helpdeskctl.operations.setup_faults import summary
from helpdeskctl.queries import templates as stored
from helpdeskctl.queries.templates import Place
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Template as Row

KIND = Kind(name="template", key=REFERENCE)


@transaction
def edit(
    desk: Desk,
    actor: Actor,
    where: Place,
    *,
    subject: str | None = None,
    body: str | None = None,
    html: str | None = None,
) -> Change:
    """Write the desk's own text there; what is not given stays as it is. An empty `html` takes it away.

    InvalidInput with every unknown or missing placeholder.
    """
    setup.permit(desk, actor, KIND)
    present = stored.one(desk, where)
    before = Template(present.subject, present.body, present.html)
    after = replace(
        before,
        subject=before.subject if subject is None else clean_line(subject),
        text=before.text if body is None else clean(body),
        html=before.html if html is None else clean(html) or None,
    )
    problems = templates.check_event(where.event, after)
    if problems:
        raise InvalidInput(summary(problems), subject=f"template/{where.key}", problems=problems)
    changed = [n for n in ("subject", "text", "html") if getattr(before, n) != getattr(after, n)]
    row = stored.row_at(where)
    if not changed:
        return Change("template", where.key, row.id if row else None, "unchanged")
    number = _write(where, after, row)
    events.record(desk, actor, "updated", subject=("template", where.key), data={"changed": changed})
    return Change("template", where.key, number, "updated", tuple("body" if n == "text" else n for n in changed))


def _write(where: Place, text: Template, row: Row | None) -> int:
    columns = {"subject": text.subject, "body": text.text, "html": text.html}
    if row is not None:
        Row.update(**columns).where(Row.id == row.id).execute()
        return int(row.id)
    made = Row.insert(event=where.event, language=where.language, department_id=where.department_id, **columns)
    return int(made.execute())


@transaction
def reset(desk: Desk, actor: Actor, where: Place) -> Change:
    """Take the desk's own text away; the one below it is in force again."""
    setup.permit(desk, actor, KIND)
    row = stored.row_at(where)
    if row is None:
        return Change("template", where.key, None, "unchanged")
    Row.delete().where(Row.id == row.id).execute()
    events.record(desk, actor, "deleted", subject=("template", where.key))
    return Change("template", where.key, row.id, "deleted")


def check(desk: Desk) -> list[Problem]:
    """What is wrong with the templates in force, shipped ones too; the place is the template's key."""
    found = []
    for text in stored.list_of(desk, everything=True):
        whole = Template(text.subject, text.body, text.html)
        for fault in templates.check_event(text.event, whole):
            found.append(Problem(f"{text.key} {fault.where}", fault.what, fault.hint))
    return found
