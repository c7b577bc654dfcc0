"""`helpdeskctl contact`: the people who write to the desk."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli import contact_data
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import CONTACT
from helpdeskctl.domain.permissions import SYSTEM

app = noun("Contacts: the people who write to you.")
add_verbs(
    app, CONTACT, "create show edit rename delete", example="ann@muster.example",
    create='--name "Ann Muster" --company muster', edit="--language de --field room=3.12",
)  # fmt: skip

address = noun("Further addresses of a contact.")
app.add_typer(address, name="address")
app.add_typer(contact_data.app)

Contact = Annotated[str, typer.Argument(metavar="EMAIL", help="The contact, by any of its addresses.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The further address.")]


@app.command("list")
@command(lists=True)
def listed(
    run: Run,
    *,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those who have registered and wait for a yes.")
    ] = False,
) -> None:
    """List contacts.

    Example: helpdeskctl contact list --waiting
    """
    from helpdeskctl.queries import registration, setup

    given, desk = run.options, run.desk()
    among = registration.waiting() if waiting else None
    limit = None if given.all_rows else given.limit
    found = setup.list_of(desk, "contact", query=given.query, sort=given.sort, limit=limit, among=among)
    columns = ("key", "name", "company", "portal_asked_at") if waiting else CONTACT.summary
    run.emit((item.row() for item in found), columns=columns)


@app.command()
@command(changes=True)
def merge(
    run: Run,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The contact that goes.")],
    into: Annotated[str, typer.Argument(metavar="INTO", help="The contact that gets its addresses and tickets.")],
) -> None:
    """Make one contact of two; `contact unmerge` undoes it.

    Example: helpdeskctl contact merge ann@private.example ann@muster.example
    """
    from helpdeskctl.operations import contact_merge

    run.change(contact_merge.merge(run.desk(), run.actor(), source, into))


@app.command()
@command(changes=True)
def unmerge(run: Run, source: Annotated[str, typer.Argument(metavar="FROM", help="The contact that went.")]) -> None:
    """Undo the last merge of a contact; what is newer stays where it is.

    Example: helpdeskctl contact unmerge ann@private.example
    """
    from helpdeskctl.operations import contact_merge

    run.change(contact_merge.unmerge(run.desk(), run.actor(), source))


@app.command()
@command(changes=True)
def block(run: Run, key: Contact) -> None:
    """Keep the mail of a contact out, from all its addresses.

    Example: helpdeskctl contact block ann@muster.example
    """
    from helpdeskctl.operations import contact_access

    run.change(contact_access.block(run.desk(), run.actor(), key))


@app.command()
@command(changes=True)
def unblock(run: Run, key: Contact) -> None:
    """Let the mail of a contact in again.

    Example: helpdeskctl contact unblock ann@muster.example
    """
    from helpdeskctl.operations import contact_access

    run.change(contact_access.unblock(run.desk(), run.actor(), key))


@app.command()
@command(changes=True)
def portal(
    run: Run,
    key: Contact,
    *,
    on: Annotated[
        bool | None, typer.Option("--on/--off", help="May sign in, or not any more.", show_default=False)
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first day.")] = None,
    last: Annotated[str | None, typer.Option("--until", metavar="DATE", help="The last day, included.")] = None,
    invite: Annotated[bool, typer.Option("--invite", help="Send the welcome mail with a link to a password.")] = False,
) -> None:
    """Open the portal to a contact, for a period or without end, or close it.

    This is also the answer to who has registered and waits (contact list --waiting): a yes is mailed to them with a
    link to a password. Whom --off keeps out does not get in by registering.

    Example: helpdeskctl contact portal ann@muster.example --on --until 2027-01-31 --invite
    """
    from helpdeskctl.cli.exits import Usage
    from helpdeskctl.cli.sending import try_now
    from helpdeskctl.operations import contact_access
    from helpdeskctl.queries import outbox, setup

    if on is None:
        raise Usage("neither --on nor --off", hint=f"helpdeskctl contact portal {key} --on")
    if invite and not on:
        raise Usage("--invite beside --off", hint=f"helpdeskctl contact portal {key} --on --invite")
    desk, address = run.desk(), setup.one(run.desk(), "contact", key).key
    before = outbox.newest_to(desk, address, event="welcome")
    change = contact_access.portal(desk, run.actor(), key, on=on, first=first, last=last, invite=invite)
    run.change(change)
    mail = outbox.newest_to(desk, address, event="welcome")
    if mail != before and not run.dry_run:
        try_now(run, [mail] if mail else [])
        state = outbox.one(run.desk(), SYSTEM, mail).state if mail else "queued"
        run.say(state if state in ("sent", "refused") else "queued", f"welcome mail to {change.key}")


@app.command()
@command(changes=True)
def delegate(
    run: Run,
    key: Contact,
    *,
    to: Annotated[str, typer.Option("--to", metavar="OTHER", help="The contact who acts for them.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take it back.")] = False,
) -> None:
    """Let another contact act for this one in the portal: see, answer and open requests as they may.

    Example: helpdeskctl contact delegate ann@muster.example --to ben@muster.example
    """
    from helpdeskctl.operations import delegates

    run.change(delegates.change(run.desk(), run.actor(), key, to, remove=remove))


@address.command()
@command(changes=True)
def add(run: Run, key: Contact, further: Address) -> None:
    """Give a contact a further address; mail from there is theirs.

    Example: helpdeskctl contact address add ann@muster.example ann@private.example
    """
    from helpdeskctl.operations import contact_access

    run.change(contact_access.add_address(run.desk(), run.actor(), key, further))


@address.command()
@command(changes=True)
def remove(run: Run, key: Contact, further: Address) -> None:
    """Take a further address away from a contact.

    Example: helpdeskctl contact address remove ann@muster.example ann@private.example
    """
    from helpdeskctl.operations import contact_access

    run.change(contact_access.remove_address(run.desk(), run.actor(), key, further))
