"""`helpdeskctl mail reconcile`: the server's folder against the ledger (MAIL-25)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli import speech
from helpdeskctl.cli.runtime import Run, command

if TYPE_CHECKING:
    from helpdeskctl.operations.reconcile import Finding
    from helpdeskctl.store.tables import Mailbox

_COLUMNS = ("mailbox", "kind", "count", "uid", "id", "received_at", "sender", "subject")


@command()
def reconcile(
    run: Run,
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="[ADDRESS…]", help="These mailboxes; else all that receive.")
    ] = None,
) -> None:
    """Name every mail that is on the server or in the ledger only. Writes nothing; ends with 1 if the ledger lacks one.

    Example: helpdeskctl mail reconcile support@example.org -o jsonl
    """
    from helpdeskctl.operations import reconcile as comparing

    run.desk()
    found = (each for mailbox in comparing.receiving(addresses or []) for each in _of(run, mailbox))
    if run.for_people and not run.options.fields:
        run.emit((each for each in found if each.kind not in ("skipped", "agreed")), columns=_COLUMNS)
    else:
        run.emit(found)


def _of(run: Run, mailbox: Mailbox) -> Iterator[Finding]:
    from helpdeskctl.errors import HelpdeskError, NegativeAnswer
    from helpdeskctl.operations import reconcile as comparing

    counts: Counter[str] = Counter()
    missing: list[int] = []
    progress = speech.progress if not run.options.quiet else lambda _words: None
    try:
        for each in comparing.reconcile(run.desk(), mailbox, progress=progress):
            counts[each.kind] += each.count
            if each.kind == "missing" and each.uid is not None:
                missing.append(each.uid)
            yield each
    except HelpdeskError as error:
        run.failed(error)
        return
    told = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number) or "nothing on either side"
    run.note(f"mailbox {mailbox.address}: {told}")
    if missing:
        command_line = f"helpdeskctl mail fetch {mailbox.address} --uid {comparing.ranges(missing)}"
        words = f"mailbox {mailbox.address}: {len(missing)} mails on the server are not in the ledger"
        run.failed(NegativeAnswer(words, hint=command_line, subject=f"mailbox/{mailbox.address}"))
