"""Input from a person, stdin or a file: bodies and secrets."""

from __future__ import annotations

import getpass
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from helpdeskctl.cli.exits import Usage
from helpdeskctl.errors import InputMissing, InvalidInput, NotPermitted

if TYPE_CHECKING:
    from helpdeskctl.cli.runtime import Run
    from helpdeskctl.store.secrets import NewSecret


def read_input(path: Path) -> bytes:
    """The octets of a file or, for `-`, of stdin. Raises InputMissing."""
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputMissing(f"{path}: {error.strerror}", hint="the path of a file to read, or - for stdin") from error


def body(run: Run, message: str | None, body_file: Path | None, *, present: str = "") -> str:
    """The text of a message; the editor begins with `present`.

    Raises Usage when there is none, InvalidInput when it is not UTF-8.
    """
    if message is not None:
        return message
    if body_file is not None:
        try:
            return run.read(body_file).decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{body_file}: not UTF-8 (octet {error.start})") from error
    if not run.may_ask or run.session.door:
        raise Usage("no text", hint="-m TEXT or --body-file FILE")
    return _edited(run, present)


def _edited(run: Run, present: str) -> str:
    editor = run.session.environ.get("VISUAL") or run.session.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="helpdesk-") as folder:
        path = Path(folder) / "message.txt"
        path.touch(0o600)
        path.write_text(present, encoding="utf-8")
        subprocess.run([*shlex.split(editor), os.fspath(path)], check=True)
        text = path.read_text(encoding="utf-8")
    if not text.strip():
        raise Usage("the text is empty; nothing was done")
    return text


def secret(
    run: Run, question: str, *, stdin: bool = False, file: Path | None = None, reference: str | None = None
) -> NewSecret:
    """A password from exactly one source. Raises Usage for two sources, or none where nobody can be asked."""
    from helpdeskctl.store.secrets import NewSecret, check_reference

    if sum((stdin, file is not None, reference is not None)) > 1:
        raise Usage("more than one source for the password", hint="one of --password-stdin, --password-file, --secret")
    if reference is not None:
        if run.session.door:
            raise NotPermitted("secrets of this host are not for agents who come by SSH")
        return NewSecret(reference=check_reference(reference))
    if stdin:
        return NewSecret(value=_first_line(sys.stdin.readline(), "stdin", of=question))
    if file is not None:
        return NewSecret(value=_first_line(run.read(file).decode("utf-8", "surrogateescape"), str(file), of=question))
    if not run.may_ask:
        raise Usage(
            f"nobody is there to ask: {question}", hint="--password-stdin, --password-file FILE or --secret REF"
        )
    return NewSecret(value=_first_line(getpass.getpass(f"{question}: "), "the terminal", of=question))


def _first_line(text: str, source: str, *, of: str) -> str:
    password = text.split("\n", 1)[0].rstrip("\r")
    if not password:
        raise InvalidInput(f"{of}: its first line is empty ({source})", hint="one line that is not empty")
    return password
