"""The one place for secrets: the key file, what is derived from it, and what is sealed under it (BOX-5).

The key file holds one line per key, newest first: a letter and 32 bytes in base64 (`a:...`). Older lines stay for
reading. It must be readable by its owner only; it is no part of any backup.
"""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from helpdeskctl.errors import ConfigError, InvalidInput, NotPermitted, Refused

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_COMMAND_TIMEOUT = 30  # seconds


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret as somebody gives it: the value itself, to be sealed, or the reference to where it is kept."""

    value: str | None = field(default=None, repr=False)
    reference: str | None = None


class Keys:
    """The keys of one installation, read from their file at the first use."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _masters(self) -> Mapping[str, bytes]:
        try:
            mode = self.path.stat().st_mode & 0o777
            lines = self.path.read_text(encoding="ascii").split()
        except OSError as fault:
            raise ConfigError(
                f"the key file {self.path} cannot be read: {fault.strerror}", hint="helpdeskctl init"
            ) from fault
        if mode & 0o077:
            raise NotPermitted(
                f"the key file {self.path} is open to others (mode {mode:04o})", hint=f"chmod 600 {self.path}"
            )
        keys = {line[0]: base64.b64decode(line[2:]) for line in lines if line[1:2] == ":"}
        if not keys:
            raise ConfigError(f"the key file {self.path} holds no key", hint="restore it from where you keep it apart")
        return keys

    @property
    def current(self) -> str:
        """The letter of the key that new tokens and secrets use."""
        return next(iter(self._masters))

    def derived(self, purpose: str) -> Mapping[str, bytes]:
        """A 32-byte key per letter, for one purpose only: HMAC-SHA256 over the purpose."""
        import hashlib  # here, because both load OpenSSL
        import hmac

        return {
            letter: hmac.new(master, f"helpdesk|{purpose}".encode(), hashlib.sha256).digest()
            for letter, master in self._masters.items()
        }

    def key(self, purpose: str) -> bytes:
        """The current key of that purpose."""
        return self.derived(purpose)[self.current]

    def seal(self, value: str) -> bytes:
        """Encrypt for the database."""
        return self._box().encrypt(value.encode())

    def unseal(self, sealed: bytes) -> str:
        """Decrypt; ConfigError when no key of the file fits."""
        from cryptography.fernet import InvalidToken

        try:
            return self._box().decrypt(sealed).decode()
        except InvalidToken as wrong:
            raise ConfigError(
                f"a stored secret cannot be read with the key file {self.path}",
                hint="put back the key file of this installation, or set the secret anew",
            ) from wrong

    def _box(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in self.derived("secret").values()])


def write_key_file(path: Path) -> bool:
    """Make a key file (0600) with one fresh key unless there is one; returns whether it was made."""
    import secrets as random_source

    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(f"a:{base64.b64encode(random_source.token_bytes(32)).decode()}\n")
        out.flush()
        os.fsync(out.fileno())
    return True


def check_reference(reference: str) -> str:
    """`env:NAME`, `file:/abs/path` or `command:WORDS`; returned as given, InvalidInput otherwise."""
    kind, _, rest = reference.partition(":")
    if (kind in {"env", "command"} and rest) or (kind == "file" and rest.startswith("/")):
        return reference
    # the text itself is not repeated: it may be the secret, given to the wrong option
    raise InvalidInput("that is no reference to a secret", hint="env:NAME, file:/absolute/path or command:WORDS")


def read_reference(reference: str) -> str:
    """The secret a reference points at, without its last line end. Never in an error: only the reference is named."""
    kind, _, rest = reference.partition(":")
    try:
        if kind == "env":
            return os.environ[rest]
        if kind == "file":
            return Path(rest).read_text(encoding="utf-8").rstrip("\r\n")
        import shlex

        done = subprocess.run(shlex.split(rest), capture_output=True, text=True, timeout=_COMMAND_TIMEOUT, check=True)
        return done.stdout.rstrip("\r\n")
    except (KeyError, OSError, UnicodeDecodeError, subprocess.SubprocessError) as fault:
        raise Refused(
            f"the secret {kind}:{rest} cannot be read ({type(fault).__name__})",
            hint="make it readable for the account that runs the desk",
        ) from None
