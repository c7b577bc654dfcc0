"""The virus scanner: bytes are streamed to a clamd and its answer is read (INSTREAM; clamd(8), "COMMANDS").

Nothing is loaded or asked where none is configured. Who calls this holds no transaction open.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from helpdeskctl.config import MailConfig
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import Refused, TryAgain

_CHUNK = 256 * 1024  # octets in one piece of the stream
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"^stream: (?P<signature>.+) FOUND$")
_TOO_LARGE = "INSTREAM size limit exceeded"

Scan = Callable[[bytes], str | None]


class TooLargeToScan(Refused):
    """The scanner takes nothing of this size: it will say the same tomorrow."""


class ScanFailed(Refused):
    """The scanner is well and fails at these bytes."""


def scanner(config: MailConfig) -> Scan | None:
    """How bytes are scanned here, or None where no scanner is configured.

    The function returns the name of the signature that was found, None for clean bytes. It raises TryAgain while the
    scanner is away or out of order, TooLargeToScan for more than its StreamMaxLength, ScanFailed where it is well and
    these bytes are too much for it.
    """
    if config.clamd is None:
        return None
    clamd = config.clamd

    def scan(data: bytes) -> str | None:
        answer = _streamed(clamd, data, config)
        if answer == "stream: OK":
            return None
        if found := _FOUND.match(answer):
            return found["signature"][:200]
        if _TOO_LARGE in answer:
            raise TooLargeToScan("the virus scanner takes nothing so large", hint="raise StreamMaxLength in clamd.conf")
        if _is_well(clamd, config):
            raise ScanFailed(f"the virus scanner failed at it: {answer[:200]}", hint="look into the log of clamd")
        raise _away(clamd, answer[:200])

    return scan


def _streamed(clamd: str, data: bytes, config: MailConfig) -> str:
    """What it says of the bytes, or how it failed to. Raises TryAgain where nobody listens."""
    try:
        line = _connected(clamd, config.connect_timeout)
    except OSError as fault:
        raise _away(clamd, _words(fault)) from fault
    with line:
        line.settimeout(config.command_timeout)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it has said why, and hung up
                _send(line, data)
            return _read(line) or "it hung up"
        except OSError as fault:
            return _words(fault)


def _send(line: socket.socket, data: bytes) -> None:
    line.sendall(b"zINSTREAM\0")
    for start in range(0, len(data), _CHUNK):
        piece = memoryview(data)[start : start + _CHUNK]
        line.sendall(struct.pack("!L", len(piece)))
        line.sendall(piece)
    line.sendall(struct.pack("!L", 0))


def _is_well(clamd: str, config: MailConfig) -> bool:
    try:
        with _connected(clamd, config.connect_timeout) as line:
            line.sendall(b"zPING\0")
            return _read(line) == "PONG"
    except OSError:
        return False


def _connected(clamd: str, timeout: float) -> socket.socket:
    if not clamd.startswith("unix:"):
        host, _, port = clamd.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(timeout)
        line.connect(clamd.removeprefix("unix:"))
    except BaseException:
        line.close()
        raise
    return line


def _read(line: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < _LONGEST_ANSWER and (more := line.recv(_LONGEST_ANSWER)):
        answer += more
    return clean_line(answer.partition(b"\0")[0].decode("utf-8", "replace"))


def _words(fault: OSError) -> str:
    return "no answer in time" if isinstance(fault, TimeoutError) else fault.strerror or type(fault).__name__


def _away(clamd: str, words: str) -> TryAgain:
    return TryAgain(
        f"the virus scanner at {clamd} cannot be asked: {words}",
        hint="start clamd, or mend mail.clamd in config.toml",
        subject="virus-scanner/clamd",
    )
