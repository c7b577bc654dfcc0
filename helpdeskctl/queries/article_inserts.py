"""Help articles as they go into a reply: as a link or as their text, only what the requester may read (KB-3)."""

from __future__ import annotations

from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.domain.articles import Reader
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.queries import outgoing, portal_articles, settings
from helpdeskctl.queries.articles import texts_of
from helpdeskctl.store.tables import Contact


@dataclass(frozen=True, slots=True)
class Insert:
    """An article in the requester's language, else the nearest. `url` is None where the portal has no address."""

    key: str
    title: str
    category: str
    text: str
    url: str | None

    @property
    def link(self) -> str:
        """Title and address. Refused where there is none."""
        if self.url is None:
            raise Refused("the portal has no address to link to", hint="helpdeskctl setting set portal_url https://…")
        return f"{self.title}\n{self.url}"


def offered(desk: Desk, number: int) -> tuple[Insert, ...]:
    """Every article that the requester of a ticket may read, by category and place."""
    about = outgoing.about(desk, number)
    reader = _reader(about.contact_id)
    lines = [line for each in portal_articles.categories(desk, reader, about.language) for line in each.lines]
    texts, base = texts_of([line.id for line in lines]), settings.get(desk, "portal_url")
    return tuple(
        Insert(
            line.key,
            line.title,
            line.category,
            texts[line.id][line.language].body.strip(),
            f"{base.rstrip('/')}/kb/{line.language}/{line.key}" if base else None,
        )
        for line in lines
    )


def named(desk: Desk, number: int, key: str) -> Insert:
    """One of them by its key. NotFound, also for one that is not published or not for the requester."""
    found = next((each for each in offered(desk, number) if each.key == key.strip().casefold()), None)
    if found is None:
        raise NotFound(
            f'no article "{key}" that the requester of #{number} may read',
            hint="helpdeskctl kb article list --status published",
            subject=f"article/{key}",
        )
    return found


def _reader(contact_id: int) -> Reader:
    """What somebody reads once signed in; who has no access reads what is for everybody."""
    contact = Contact.get(Contact.id == contact_id)
    return Reader(signed_in=contact.portal_access, company_id=contact.company_id if contact.portal_access else None)
