"""A furnished desk and every address of its portal that shows a page: what is judged by eye, by rule and by crawler."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import articles, delegates, portal_tokens, setup, ticket_people, tickets
from helpdeskctl.operations.articles import Wanted
from helpdeskctl.store.tables import Contact, ContactAddress, Message
from tests.portald.conftest import Portal

_BODY = """Open the tray.

## If it smokes

1. Unplug it.
2. Call us.

| Lamp | Meaning |
|---|---|
| red | hot |
"""
_LONG = "Averylongwordwithoutanyspaceinit" * 3


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses by who looks at them. `main_contact`: whom to sign in for `for_customers`; `tickets`: of theirs."""

    main_contact: str
    tickets: tuple[int, ...]
    for_guests: tuple[str, ...]
    for_customers: tuple[str, ...]


def furnish(portal: Portal) -> Places:
    """A company with tickets in every state, articles, links that were mailed; where all of it is seen."""
    build = portal.build
    company = build.company(f"muster{portal.used}")
    carl, alice = portal.customer("carl"), portal.customer("alice")
    for address in (carl, alice):
        contact = ContactAddress.get(ContactAddress.address == address).contact_id
        Contact.update(company_id=company, main_contact=address == carl).where(Contact.id == contact).execute()
    asked = build.ticket(f"Printer on fire {_LONG}", requester=carl, status="question", assignee="ann@example.org",
                         company_id=company)  # fmt: skip
    build.message(asked, f"Did you unplug it?\nhttps://example.org/{_LONG}", agent="ann@example.org")
    build.attachment(Message.get(Message.ticket_id == asked).id, f"{_LONG}.txt", b"smoke")
    solved = build.ticket("Broken chair", requester=carl, company_id=company)
    tickets.close(portal.desk, SYSTEM, solved)
    colleagues = build.ticket("Lost key", requester=alice, company_id=company)
    key = _article(portal)
    shared = ticket_people.share(portal.desk, SYSTEM, asked)
    guests = ("/", "/login", "/login/code", "/register", "/register?asked=0", "/forgot", "/new", "/search?q=printer",
              "/search?q=nothingatall", "/nothing", "/kb", "/kb/en/printing", f"/kb/en/{key}", f"/t/{shared}",
              *(f"{at}/{_token(portal, carl, purpose, solved)}" for at, purpose in _MAILED.items()))  # fmt: skip
    customers = ("/", "/tickets", "/tickets?show=all", "/tickets?q=nothingatall", f"/tickets/{asked}",
                 f"/tickets/{solved}", f"/tickets/{colleagues}", "/new", "/account/password", "/account/email",
                 "/search?q=printer", f"/kb/en/{key}", "/nothing", *_ACCOUNT)  # fmt: skip
    for person, delegate in ((carl, alice), (alice, carl)):
        delegates.change(portal.desk, SYSTEM, person, delegate)
    return Places(carl, (asked, solved, colleagues), guests, customers)


_MAILED = {"/login/link": "sign_in", "/reset": "reset", "/confirm": "confirm", "/register": "register",
           "/account/email": "change_address"}  # fmt: skip


_ACCOUNT = (
    "/account", "/account?done=saved", "/account/sessions", "/account/data", "/account/data/delete", "/account/people",
)  # fmt: skip


def _token(portal: Portal, address: str, purpose: str, ticket: int) -> str:
    contact = ContactAddress.get(ContactAddress.address == address).contact_id
    return portal_tokens.issue(
        portal.desk, purpose, lasts=timedelta(hours=1), contact_id=contact, address=address, ticket=ticket
    )


def _article(portal: Portal) -> str:
    setup.create(portal.desk, SYSTEM, "article_category", "printing", {"name": "Printing"}, if_not_exists=True)
    wanted = Wanted(title="The printer smokes", body=_BODY, category="printing", status="published")
    return articles.create(portal.desk, SYSTEM, None, wanted).key
