"""A throw-away desk with people, words and a folder of mail to play with. What it sends stays in a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from uuid import uuid4

from helpdeskctl import config
from helpdeskctl.config import Config
from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.mail.parse import parse
from helpdeskctl.operations import article_files, init, intake, passwords, setup
from helpdeskctl.operations.intake_keep import Letter, Source
from helpdeskctl.queries.intake import standing
from helpdeskctl.store.database import transaction
from helpdeskctl.store.secrets import write_key_file
from helpdeskctl.store.tables import Contact, ContactAddress, Mailbox

AGENT = "ada@demo.example"
CUSTOMER = "ann@muster.example"
PASSWORD = "smoke and no fire"  # noqa: S105  # printed by the demo itself, for a desk that is gone afterwards

_SIGNATURE = "{{agent.name}}\n{{department.name}} · {{desk.name}}"
_SAFETY = """Hello {{contact.name}},

please unplug the printer and do not touch it. Keep the room ventilated.
A technician will be with you today.
"""
_TONER = """Hello {{contact.name}},

a new cartridge is on its way and arrives within two working days.
"""
_COPY = """Hello {{contact.name}},

you are right, and we are sorry. The corrected invoice is attached.
"""

SET_UP: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("department", "support", {"name": "Support", "public": True}),
    ("department", "billing", {"name": "Billing", "public": True}),
    ("agent", AGENT, {"name": "Ada Admin", "admin": True, "departments": ["support:lead", "billing:lead"]}),
    ("agent", "ben@demo.example", {"name": "Ben Beispiel", "departments": ["support:agent"]}),
    ("signature", "support", {"department": "support", "body": _SIGNATURE}),
    ("signature", "billing", {"department": "billing", "body": _SIGNATURE}),
    ("company", "muster", {"name": "Muster GmbH", "domains": ["muster.example"]}),
    ("contact", CUSTOMER, {"name": "Ann Muster", "company": "muster", "main_contact": True, "portal_access": True}),
    ("contact", "bo.kunde@kunde.example", {"name": "Bo Kunde"}),
    ("canned_category", "hardware", {"name": "Hardware"}),
    (
        "canned",
        "printer-safety",
        {
            "title": "Printer safety first",
            "shortcut": "ps",
            "category": "hardware",
            "department": "support",
            "body": _SAFETY,
        },
    ),
    ("canned", "toner", {"title": "Toner is coming", "shortcut": "to", "category": "hardware", "body": _TONER}),
    ("canned", "invoice", {"title": "Corrected invoice", "shortcut": "in", "department": "billing", "body": _COPY}),
)


def prepare(folder: Path, *, listen: str) -> Config:
    """Write config, key file and a program that keeps outgoing mail as files in `folder`/sent; returns the config.

    `listen` is where the portal will be served, as `127.0.0.1:8080`.
    """
    write_key_file(folder / "secret.key")
    (folder / "sent").mkdir()
    keeper = folder / "keep-mail"
    keeper.write_text(f'#!/bin/sh\ncat > "$(mktemp "{folder}/sent/XXXXXXXX")"\n', encoding="utf-8")
    keeper.chmod(0o700)
    path = folder / "config.toml"
    sections = (
        f'installation = "{uuid4()}"',
        f'[database]\nurl = "sqlite:///{folder}/desk.db"',
        f'[paths]\ndata = "{folder}"',
        f'[portal]\nlisten = "{listen}"',
    )
    path.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    path.chmod(0o600)
    return config.load(path, {})


def furnish(desk: Desk, *, portal_url: str) -> None:
    """Lay out the tables and set up departments, people and words. The connection is the caller's."""
    init.furnish(desk, admin=None, settings={"name": "Example Support", "portal_url": portal_url, "ratings": "on"})
    _set_up(desk)
    article_files.read_all(desk, SYSTEM, list(articles()))


@transaction
def _set_up(desk: Desk) -> None:
    keeper = f"sendmail:{desk.config.paths.data / 'keep-mail'}"
    mailboxes = (
        ("mailbox", "support@demo.example", {"department": "support", "from_name": "Example Support", "smtp": keeper}),
        ("mailbox", "billing@demo.example", {"department": "billing", "from_name": "Example Billing", "smtp": keeper}),
    )
    for kind, key, values in (*SET_UP, *mailboxes):
        setup.create(desk, SYSTEM, kind, key, values)
    address = ContactAddress.get(ContactAddress.address == CUSTOMER)
    ContactAddress.update(confirmed_at=desk.now()).where(ContactAddress.address == CUSTOMER).execute()
    Contact.update(password_hash=passwords.hashed(PASSWORD)).where(Contact.id == address.contact_id).execute()
    for key in ("support", "billing"):
        setup.edit(desk, SYSTEM, "department", key, {"signature": key})


def take_in_samples(desk: Desk) -> Counter[str]:
    """Take in the shipped mails through the same pipeline as any mail; how many met with which decision."""
    boxes = {box.address: box.id for box in Mailbox.select()}
    done: Counter[str] = Counter()
    for raw in samples():
        to = parse(raw).to
        source = Source(mailbox_id=next((boxes[each.address] for each in to if each.address in boxes), None))
        done.update(intake.take_in(desk, source, [Letter(raw, desk.now())], standing(desk)))
    return done


def samples() -> list[bytes]:
    """The shipped mails, raw, in the order they came."""
    folder = files("helpdeskctl").joinpath("samples")
    found = sorted((entry.name, entry.read_bytes()) for entry in folder.iterdir() if entry.name.endswith(".eml"))
    return [raw for _, raw in found]


def articles(folder: Traversable | None = None, path: str = "") -> Iterator[tuple[str, bytes]]:
    """The shipped articles: path within their folder, and what is in the file."""
    for entry in (folder or files("helpdeskctl").joinpath("samples", "kb")).iterdir():
        if entry.is_dir():
            yield from articles(entry, f"{path}{entry.name}/")
        else:
            yield f"{path}{entry.name}", entry.read_bytes()
