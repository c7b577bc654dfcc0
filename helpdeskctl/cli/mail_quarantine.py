"""`helpdeskctl mail quarantine`: mail that waits for a person."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.mail_ids import Ids, numbers
from helpdeskctl.cli.runtime import Run, command, noun

app = noun("Mail that waits for a person: look, release, discard.")

_LIST = "helpdeskctl mail quarantine list"


@app.command("list")
@command(acts=True)
def list_(run: Run) -> None:
    """What waits, the oldest first, and why.

    Example: helpdeskctl mail quarantine list -o json
    """
    from helpdeskctl.queries import ledger

    rows = (_row(mail) for mail in ledger.held(run.desk(), run.actor()))
    run.emit(rows, columns=("id", "received_at", "mailbox", "from", "subject", "sentence"))


@app.command()
@command(acts=True)
def show(run: Run, ids: Ids) -> None:
    """One mail in quarantine: who wrote it and what holds it. Its bytes: helpdeskctl mail show ID --raw

    Example: helpdeskctl mail quarantine show 81
    """
    from helpdeskctl.queries import ledger

    desk, actor = run.desk(), run.actor()
    run.show([_row(ledger.one_held(desk, actor, each)) for each in numbers(run, ids, listed_by=_LIST)])


@app.command()
@command(changes=True)
def release(
    run: Run,
    ids: Ids,
    *,
    department: Annotated[
        str | None, typer.Option(metavar="KEY", help="Where mail goes that belongs to no department.")
    ] = None,
) -> None:
    """Let mail in after all: the rule that holds it is passed over, once.

    Example: helpdeskctl mail quarantine release 81
    """
    from helpdeskctl.operations import quarantine

    desk, actor = run.desk(), run.actor()
    for each in numbers(run, ids, listed_by=_LIST):
        run.change(quarantine.release(desk, actor, each, department=department))


@app.command()
@command(changes=True)
def delete(run: Run, ids: Ids) -> None:
    """Discard mail: nothing comes of it, and nobody is told.

    Example: helpdeskctl mail quarantine delete 81 82
    """
    from helpdeskctl.operations import quarantine

    desk, actor = run.desk(), run.actor()
    for each in numbers(run, ids, listed_by=_LIST):
        run.change(quarantine.discard(desk, actor, each))


def _row(mail: object) -> dict[str, object]:
    """The keys of the contract: `from` is no name a dataclass can have."""
    from helpdeskctl.cli.output import fields_of

    fields = fields_of(mail)
    return {"from" if name == "sender" else name: value for name, value in fields.items()}
