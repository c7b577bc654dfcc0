"""What is done to mail as data: to the outbox and to the quarantine, each by the operation that the shell calls, too.

Several at once are done one by one; what is refused for one stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, Refused, StorageFailed, TryAgain
from helpdeskctl.operations import blocks, forwards, quarantine, queue, replies
from helpdeskctl.queries import outbox


@dataclass(frozen=True, slots=True)
class MailStep:
    """One thing done to mails: their ids in the outbox or the ledger; `value` is a department's key or an address."""

    kind: str
    ids: tuple[int, ...]
    value: str = ""


@dataclass(frozen=True, slots=True)
class MailDone:
    """What came of a step: which mails it was done to, what takes it back, what can leave now, the first fault."""

    words: str
    done: tuple[int, ...]
    back: MailStep | None = None
    leaving: tuple[int, ...] = ()
    fault: HelpdeskError | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a step is said, with {mails} and {value} in place, and done; `undo` names the kind that takes it back."""

    words: str
    apply: Callable[[Desk, Actor, int, str], int | None]  # returns the mail of the outbox that can leave now
    undo: str = ""


def do(desk: Desk, actor: Actor, step: MailStep) -> MailDone:
    """Carry a step out."""
    kind = _KINDS[step.kind]
    done: list[int] = []
    leaving: list[int] = []
    fault: HelpdeskError | None = None
    for each in step.ids:
        try:
            leaves = kind.apply(desk, actor, each, step.value)
        except (TryAgain, StorageFailed) as lost:
            fault = lost
            break
        except HelpdeskError as refused:
            fault = fault or refused
            continue
        done.append(each)
        leaving += [leaves] if leaves is not None else []
    named = f"mail {done[0]}" if len(done) == 1 else f"{len(done)} mails"
    words = kind.words.format(mails=named, value=step.value) if done else ""
    back = MailStep(kind.undo, tuple(done), step.value) if kind.undo and done else None
    return MailDone(words, tuple(done), back, tuple(leaving), fault)


def _retry(desk: Desk, actor: Actor, mail: int, _: str) -> int:
    queue.retry(desk, actor, mail)
    return mail


def _resend(desk: Desk, actor: Actor, mail: int, to: str) -> int:
    found = outbox.one(desk, actor, mail)
    if found.ticket is None or found.message is None:
        raise Refused(f"mail {mail} carries no message of a ticket", hint=f"helpdeskctl mail queue retry {mail}")
    chosen = [address.strip() for address in to.split(",") if address.strip()]
    return forwards.resend(desk, actor, found.ticket, found.message, to=chosen).outgoing_id


def _done(apply: Callable[[Desk, Actor, int, str], object]) -> Callable[[Desk, Actor, int, str], None]:
    """A step after which nothing leaves."""

    def applied(desk: Desk, actor: Actor, mail: int, value: str) -> None:
        apply(desk, actor, mail, value)

    return applied


_KINDS: Mapping[str, _Kind] = {
    "retry": _Kind("{mails} is tried again", _retry),
    "resend": _Kind("{mails} goes out once more", _resend),
    "cancel": _Kind("{mails} does not leave", _done(lambda desk, actor, mail, _: replies.cancel(desk, actor, mail))),
    "arrived": _Kind(
        "{mails} counts as sent", _done(lambda desk, actor, mail, _: queue.settle(desk, actor, mail, arrived=True))
    ),
    "settle": _Kind("{mails} is let be", _done(lambda desk, actor, mail, _: queue.settle(desk, actor, mail))),
    "release": _Kind("{mails} let in", _done(lambda desk, actor, mail, _: quarantine.release(desk, actor, mail))),
    "release_into": _Kind(
        "{mails} let in, to {value}",
        _done(lambda desk, actor, mail, key: quarantine.release(desk, actor, mail, department=key)),
    ),
    "discard": _Kind(
        "{mails} discarded", _done(lambda desk, actor, mail, _: quarantine.discard(desk, actor, mail)), undo="restore"
    ),
    "restore": _Kind(
        "{mails} back in quarantine", _done(lambda desk, actor, mail, _: quarantine.restore(desk, actor, mail))
    ),
    "block": _Kind(
        "{value} is kept out from now on",
        _done(lambda desk, actor, mail, address: blocks.add(desk, actor, address)),
        undo="unblock",
    ),
    "unblock": _Kind(
        "{value} is let in again", _done(lambda desk, actor, mail, address: blocks.lift(desk, actor, address))
    ),
}
