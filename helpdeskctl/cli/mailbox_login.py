"""`helpdeskctl mailbox login`: OAuth 2.0 from a terminal, for providers that take no passwords."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpdeskctl.cli import setup_options as opts
from helpdeskctl.cli import speech
from helpdeskctl.cli.exits import Usage
from helpdeskctl.cli.runtime import Run, command
from helpdeskctl.cli.setup_verbs import dressed
from helpdeskctl.errors import HelpdeskError

if TYPE_CHECKING:
    from helpdeskctl.mail.sasl import Tokens
    from helpdeskctl.operations.mailbox_login_ways import Plan, Wish

_PATIENCE = 900.0  # seconds for a person at a browser


def _text(name: str, metavar: str, help_: str) -> inspect.Parameter:
    annotation: Any = Annotated[str | None, typer.Option(f"--{name}", metavar=metavar, help=help_)]
    return opts.keyword(name.replace("-", "_"), annotation)


def _flag(name: str, help_: str) -> inspect.Parameter:
    annotation: Any = Annotated[bool, typer.Option(f"--{name}", help=help_)]
    return opts.keyword(name.replace("-", "_"), annotation, False)


_OPTIONS = (
    opts.argument("key", "ADDRESS", "The mailbox."),
    _text("provider", "microsoft|google|ISSUER", "Who signs it in; ISSUER is the URL of any OpenID provider."),
    _text("tenant", "T", "Microsoft's directory: its id or domain."),
    _text("client-id", "I", "The application, as it is registered there."),
    _text("client-secret", "REF", "Its secret: env:NAME, file:PATH or command:…, read by the service each time."),
    _flag("client-secret-stdin", "Read its secret once from stdin."),
    _text("client-secret-file", "FILE", "Read its secret once from this file."),
    _text("client-secret-until", "DATE", "When its secret ends; doctor warns a month before."),
    _flag("app-only", "The application signs in alone, without a person."),
    _flag("browser", "In a browser here, not by a code on another device."),
    _text("port", "N", "The port of this machine where the browser comes back; else any."),
    _text("scope", "TEXT", "Ask for this instead of what the provider is known to want."),
    _flag("no-test", "Do not try the servers before saving."),
)
_DOC = """Sign a mailbox in by OAuth 2.0, in place of a password. Repeated without options it does the same again.

Example: helpdeskctl mailbox login support@example.org --provider microsoft --tenant example.org --client-id ID
"""


def _login(run: Run, key: str, **given: Any) -> None:
    from helpdeskctl.operations.mailbox_login_ways import Wish

    value, reference = _secret(run, key, given)
    wish = Wish(
        provider=given["provider"],
        tenant=given["tenant"],
        client_id=given["client_id"],
        secret=value,
        secret_reference=reference,
        secret_until=_day(given["client_secret_until"]),
        scope=given["scope"],
        app_only=given["app_only"],
        browser=given["browser"],
    )
    try:
        _sign_in(run, key, wish, port=_port(given["port"]), no_test=given["no_test"])
    except HelpdeskError as fault:
        fault.hint = (fault.hint or "helpdeskctl mailbox login ADDRESS").replace("ADDRESS", key)
        fault.subject = fault.subject or f"mailbox/{key}"
        raise


login = command(changes=True)(dressed(_login, "login", _OPTIONS, _DOC))


def _sign_in(run: Run, key: str, wish: Wish, *, port: int, no_test: bool) -> None:
    from helpdeskctl.cli.mailbox import tried
    from helpdeskctl.operations import mailbox_login_ways as ways
    from helpdeskctl.operations import mailboxes

    if run.dry_run:
        raise Usage("a sign-in cannot be rehearsed", hint=f"helpdeskctl mailbox test {key}")
    desk = run.desk()
    plan = ways.plan(desk, key, wish)
    tokens = _tokens(run, plan, port)
    if not no_test and tried(run, ways.target(desk, plan, tokens)) is None:
        return
    change = ways.keep(desk, run.actor(), plan, tokens)
    if not no_test:
        try:
            mailboxes.start(desk, plan.address)
        except HelpdeskError as fault:
            run.note(f"{fault.message}; it starts with the first fetch")
    run.change(change)
    how = "asks for its tokens by itself" if plan.way == "app" else "stays signed in by itself"
    run.say("next", f"nothing: it {how}; helpdeskctl doctor tells when that ends")


def _tokens(run: Run, plan: Plan, port: int) -> Tokens:
    from helpdeskctl.operations import mailbox_login_ways as ways

    if plan.way == "app":
        return ways.by_app(plan)
    try:
        return _by_device(plan) if plan.way == "device" else _by_browser(run, plan, port)
    finally:
        speech.progress("")


def _by_device(plan: Plan) -> Tokens:
    from helpdeskctl.mail import oauth

    device = oauth.device_code(plan.provider, plan.client, plan.scope)
    speech.note(f"sign in  as {plan.user}: open {device.url} on any device and type the code {device.user_code}")

    def told(left: float) -> None:
        speech.progress(f"waiting for you to sign in, {max(1, round(left / 60))} min left")

    return oauth.wait_for_device(plan.provider, plan.client, device, told=told)


def _by_browser(run: Run, plan: Plan, port: int) -> Tokens:
    from helpdeskctl.mail import oauth, oauth_browser

    with oauth_browser.Listener(plan.provider.here, port) as listener:
        wanted = oauth_browser.request(
            plan.provider, plan.client, plan.scope, redirect_uri=listener.redirect_uri, user=plan.user
        )
        speech.note(f"sign in  as {plan.user}: open this in a browser\n\n{wanted.url}\n")
        terminal = sys.stdin.fileno() if run.may_ask else None
        if terminal is not None:
            speech.note("Where the browser runs on another machine, its last page cannot be shown there:")
            speech.note("copy the address of that page and paste it here.")
        code = listener.code(wanted, patience=_PATIENCE, terminal=terminal, complain=speech.note)
    return oauth.by_code(
        plan.provider.token_url, plan.client, code=code, verifier=wanted.verifier, redirect_uri=wanted.redirect_uri
    )


def _secret(run: Run, key: str, given: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """(value, reference) of the client secret, read while files of root may still be; neither where none was given."""
    stdin, file, reference = (given[f"client_secret{source}"] for source in ("_stdin", "_file", ""))
    if not stdin and file is None and reference is None:
        return None, None
    if sum((stdin, file is not None, reference is not None)) > 1:
        flags = "one of --client-secret, --client-secret-stdin, --client-secret-file"
        raise Usage("more than one source for the client secret", hint=flags)
    path = Path(file) if file is not None else None
    read = run.secret(f"Client secret for {key}", stdin=stdin, file=path, reference=reference)
    return read.value, read.reference


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Usage(f'"{text}" is no day', hint="--client-secret-until 2027-05-31") from None


def _port(text: str | None) -> int:
    if text is not None and not (text.isdecimal() and 1024 <= int(text) <= 65535):
        raise Usage(f'"{text}" is no port to listen at', hint="--port 8400")
    return int(text or 0)
