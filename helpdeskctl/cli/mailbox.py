"""`helpdeskctl mailbox`: where mail comes from and leaves by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli import setup_options as opts
from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.mailbox_login import login
from helpdeskctl.cli.mailbox_test import test
from helpdeskctl.cli.options import (
    IfNotExists,
    OrUpdate,
    PasswordFile,
    PasswordStdin,
    SecretReference,
    Unset,
)
from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs, dressed
from helpdeskctl.domain import mail_domains, mailurls
from helpdeskctl.domain.kinds import MAILBOX
from helpdeskctl.errors import InvalidInput, Refused, TryAgain

if TYPE_CHECKING:
    from helpdeskctl.domain.change import Change
    from helpdeskctl.operations.mailbox_probe import Target
    from helpdeskctl.store.secrets import NewSecret

app = noun("Mailboxes: where mail comes from and leaves by.")
add_verbs(app, MAILBOX, "list show rename delete", example="support@example.org")
app.command()(test)
app.command()(login)

UNREACHABLE = (TryAgain, Refused)  # no server at 587, or none that offers TLS there: 465 may do

Mailbox = Annotated[str, typer.Argument(metavar="ADDRESS", help="The mailbox.")]
NoTest = Annotated[bool, typer.Option("--no-test", help="Do not try the servers before saving.")]
_SERVER = [
    opts.keyword(
        "server",
        Annotated[
            str | None,
            typer.Option("--server", metavar="HOST", help="Both servers: imaps://HOST and submission://HOST."),
        ],
    ),
    opts.keyword(
        "allow_insecure",
        Annotated[bool, typer.Option("--allow-insecure", help="Without TLS to another machine. Passwords are seen.")],
        False,
    ),
    opts.keyword("no_test", NoTest, False),
]
_PASSWORD = [
    opts.keyword("password_stdin", PasswordStdin, False),
    opts.keyword("password_file", PasswordFile),
    opts.keyword("secret", SecretReference),
]


def _create(run: Run, key: str, *, if_not_exists: bool, or_update: bool, **given: Any) -> None:
    from helpdeskctl.operations import mailboxes, setup

    values = _values(key, given)
    password = _given_password(run, key, given)
    desk, actor = run.desk(), run.actor()

    def create(values: dict[str, object], password: NewSecret | None) -> Change:
        return mailboxes.create(
            desk, actor, key, values, password=password, if_not_exists=if_not_exists, or_update=or_update
        )

    foreseen = setup.rehearse(desk, lambda: create(values, password))
    if foreseen.action == "unchanged":
        run.change(foreseen)
        return
    by_token = mailboxes.takes_tokens_only(values) if foreseen.action == "created" and password is None else None
    if foreseen.action == "created" and password is None and not by_token and mailboxes.needs_password(values):
        password = _asked_unless(run, foreseen.key, optional=given["no_test"])
    if foreseen.action == "created":
        _warn_if_private(run, foreseen.key, values)
    if not (given["no_test"] or run.dry_run or by_token):
        better = _tried(run, foreseen.key, values, password, server=given["server"])
        if better is None:
            return
        values |= better
    change = create(values, password)
    _tell(run, change, older=_start(run, change, no_test=given["no_test"] or by_token is not None))
    if by_token:
        run.note(f"next     helpdeskctl mailbox login {change.key} --provider {by_token}")


def _edit(run: Run, key: str, *, unset: list[str] | None, **given: Any) -> None:
    from helpdeskctl.operations import setup

    values = _values(key, given)
    desk, actor = run.desk(), run.actor()
    foreseen = setup.rehearse(desk, lambda: setup.edit(desk, actor, "mailbox", key, values, unset=unset or ()))
    tested = {"imap", "smtp", "ca_file", "folder"} | ({"after"} if _removes(values.get("after")) else set())
    if tested & set(foreseen.changed) and not (given["no_test"] or run.dry_run):
        better = _tried(run, foreseen.key, values, None, server=given["server"])
        if better is None:
            return
        values |= better
    run.change(setup.edit(desk, actor, "mailbox", key, values, unset=unset or ()))


_KEY = opts.argument("key", "ADDRESS", "Its address, or id:N.")
app.command("create")(
    command(changes=True)(
        dressed(
            _create,
            "create",
            [
                _KEY, *opts.parameters(MAILBOX), *_SERVER, *_PASSWORD,
                opts.keyword("if_not_exists", IfNotExists, False), opts.keyword("or_update", OrUpdate, False),
            ],
            "Create a mailbox; its servers are tried first.\n\n"
            "Example: helpdeskctl mailbox create support@example.org --department support --server mail.example.org",
        )
    )
)  # fmt: skip
app.command("edit")(
    command(changes=True)(
        dressed(
            _edit,
            "edit",
            [_KEY, *opts.parameters(MAILBOX), *_SERVER, opts.keyword("unset", Unset)],
            "Change the fields that are named and nothing else; new servers are tried first.\n\n"
            "Example: helpdeskctl mailbox edit support@example.org --after move:Archive --alias info@example.org",
        )
    )
)


@app.command()
@command(changes=True)
def enable(run: Run, key: Mailbox) -> None:
    """Fetch from a mailbox and send by it again.

    Example: helpdeskctl mailbox enable support@example.org
    """
    from helpdeskctl.operations import mailboxes

    run.change(mailboxes.enable(run.desk(), run.actor(), key))


@app.command()
@command(changes=True)
def disable(run: Run, key: Mailbox) -> None:
    """Neither fetch from a mailbox nor send by it.

    Example: helpdeskctl mailbox disable support@example.org
    """
    from helpdeskctl.operations import mailboxes

    run.change(mailboxes.disable(run.desk(), run.actor(), key))


@app.command()
@command(changes=True)
def password(
    run: Run,
    key: Mailbox,
    *,
    password_stdin: PasswordStdin = False,
    password_file: PasswordFile = None,
    secret: SecretReference = None,
    no_test: NoTest = False,
) -> None:
    """Keep another password for a mailbox; it is tried first.

    Example: helpdeskctl mailbox password support@example.org --password-file new.secret
    """
    from helpdeskctl.operations import mailboxes
    from helpdeskctl.queries import setup

    given = {"password_stdin": password_stdin, "password_file": password_file, "secret": secret}
    kept = _given_password(run, key, given)
    address = setup.one(run.desk(), "mailbox", key).key
    kept = kept or _asked_password(run, address)
    if not (no_test or run.dry_run) and _tried(run, address, {}, kept) is None:
        return
    run.change(mailboxes.set_password(run.desk(), run.actor(), key, kept))


@app.command()
@command()
def folders(run: Run, key: Mailbox) -> None:
    """List the folders of a mailbox on its server.

    Example: helpdeskctl mailbox folders support@example.org
    """
    from helpdeskctl.operations import mailboxes

    run.emit([{"name": name} for name in mailboxes.folders(run.desk(), key)])


def _values(address: str, given: dict[str, Any]) -> dict[str, object]:
    values = opts.values(MAILBOX, given)
    server = given["server"]
    if server and {"imap", "smtp"} & set(values):
        raise Usage("--server beside --imap or --smtp", hint="either --server HOST, or --imap URL and --smtp URL")
    if server:
        values["imap"] = mailurls.imap_at(server, address.strip().casefold())
        values["smtp"] = mailurls.smtp_at(server, address.strip().casefold())[0]
    for name, parse in (("imap", mailurls.parse_imap), ("smtp", mailurls.parse_smtp)):
        if name in values and not given["allow_insecure"] and "+insecure:" in str(values[name]):
            parse(str(values[name]))  # says no where it would leave this machine
    return values


def _removes(after: object) -> bool:
    """Whether the server must be able to remove single mails for that."""
    return str(after).startswith(("move:", "delete"))


def _given_password(run: Run, address: str, given: dict[str, Any]) -> NewSecret | None:
    """The password, if the command line says where it is; read while files of root may still be."""
    stdin, file, reference = given["password_stdin"], given["password_file"], given["secret"]
    if not stdin and file is None and reference is None:
        return None
    return run.secret(f"Password for {address}", stdin=stdin, file=file and Path(file), reference=reference)


def _asked_password(run: Run, address: str) -> NewSecret:
    return run.secret(f"Password for {address}")


def _asked_unless(run: Run, address: str, *, optional: bool) -> NewSecret | None:
    """The password from a person; where it is `optional` and nobody is there or has one, a hint instead."""
    if run.may_ask or not optional:
        try:
            return _asked_password(run, address)
        except InvalidInput as empty:
            if not optional:
                by_token = f"--no-test, then helpdeskctl mailbox login {address}, where the server takes tokens"
                raise InvalidInput(empty.message, hint=by_token) from empty
    run.note(f"no password yet: helpdeskctl mailbox password {address}, or mailbox login {address}")
    return None


def _warn_if_private(run: Run, address: str, values: dict[str, object]) -> None:
    department = str(values.get("department", ""))
    if mail_domains.looks_private(address) and not department.startswith("agent:"):
        run.note(f"warning: {address} looks like one person's own mailbox; all of {department} will read its mail")


def _start(run: Run, change: Change, *, no_test: bool) -> int:
    """Let mail count from now on; how many older ones that leaves alone."""
    from helpdeskctl.errors import HelpdeskError
    from helpdeskctl.operations import mailboxes

    if change.action != "created" or no_test or run.dry_run:
        return 0
    try:
        return mailboxes.start(run.desk(), change.key)
    except HelpdeskError as fault:
        run.note(f"{fault.message}; it starts with the first fetch")
        return 0


def _tell(run: Run, change: Change, *, older: int) -> None:
    if not run.for_people or change.action != "created":
        run.change(change)
        return
    from helpdeskctl.queries import setup

    values = setup.one(run.desk(), "mailbox", change.key).values
    run.say(change.action, f"mailbox {change.key}{_what_follows(values, older)}")


def _what_follows(values: Mapping[str, Any], older: int) -> str:
    if values["imap"] is None:
        return ": sends only"
    if values["start"] == "now":
        return ": mail from now on becomes tickets (older mail: --start)"
    since = "all mail in it" if values["start"] == "all" else f"mail since {values['start']}"
    left = f" ({older:,} older left alone)" if older else ""
    return f": {since} becomes tickets{left}"


def _tried(
    run: Run, address: str, values: Mapping[str, object], password: NewSecret | None, *, server: str | None = None
) -> dict[str, object] | None:
    """Try the servers; what that adds to the values. None when something failed: all of it is told by then."""
    from helpdeskctl.operations import mailboxes

    return tried(run, mailboxes.target(run.desk(), address, values, password), server=server)


def tried(run: Run, target: Target, *, server: str | None = None) -> dict[str, object] | None:
    """As `_tried`, of a mailbox as somebody wants it; `server`: where its second way to send is tried, too."""
    from helpdeskctl.operations import mailbox_probe as probe

    desk = run.desk()
    findings = [probe.try_imap(desk, target)] if target.imap else []
    better: dict[str, object] = {}
    if target.smtp:
        finding = probe.try_smtp(desk, target)
        if server and isinstance(finding.fault, UNREACHABLE):
            url = mailurls.smtp_at(server, target.address)[1]
            second = probe.try_smtp(desk, replace(target, smtp=url))
            if second.ok:
                finding, better["smtp"] = second, url
        findings.append(finding)
    if works := "   ok  ".join(finding.text for finding in findings if finding.ok):
        run.say("ok", works)
    faults = [finding.fault for finding in findings if finding.fault is not None]
    if faults:
        run.note("nothing was saved; --no-test saves without trying")
        for fault in faults:
            run.failed(fault)
        return None
    return better
