"""What customers change of their own account in the portal."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import events
from helpdeskctl.queries import settings
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact


@transaction
def choose_language(desk: Desk, actor: Actor, language: str) -> None:
    """The language of pages and mails from now on (POR-6). InvalidInput for one that the desk does not offer."""
    if language not in settings.get(desk, "languages"):
        raise InvalidInput("this language is not offered")
    contact = Contact.get(Contact.id == actor.id)
    if contact.language == language:
        return
    Contact.update(language=language).where(Contact.id == actor.id).execute()
    data = {"language": {"from": contact.language, "to": language}}
    events.record(desk, actor, "updated", subject=("contact", actor.label), data=data)
