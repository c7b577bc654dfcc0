"""What the virus scanner says of bytes, and what becomes of the question when it cannot answer."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from helpdeskctl.config import MailConfig
from helpdeskctl.errors import TryAgain
from helpdeskctl.mail import virus
from tests.servers.clamd import EICAR, LARGEST, SIGNATURE, Clamd
from tests.servers.ports import LOOPBACK, free_ports


def config(clamd: str | None, *, patience: int = 10) -> MailConfig:
    return MailConfig(2, patience, 300, 600, 4_000_000, 1800, clamd)


def scan(clamd: str, data: bytes, *, patience: int = 10) -> str | None:
    ask = virus.scanner(config(clamd, patience=patience))
    assert ask is not None
    return ask(data)


def carrier(content: bytes) -> bytes:
    """A mail with an attachment."""
    head = b'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="a.bin"\r\n'
    return (
        b"From: a@x.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n"
        b"--b\r\n" + head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(content) + b"--b--\r\n"
    )


@contextmanager
def answering(*answers: bytes | None) -> Iterator[str]:
    """Something on a port that reads a little and says this to one after the other; None: it says nothing."""
    with socket.create_server((LOOPBACK, 0)) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            for answer in answers:
                line, _ = server.accept()
                held.append(line)
                line.recv(100)
                if answer is not None:
                    line.sendall(answer)
                    line.shutdown(socket.SHUT_RDWR)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"{LOOPBACK}:{server.getsockname()[1]}"
        thread.join(5)
        for line in held:
            line.close()


def test_nobody_is_asked_where_no_scanner_is_configured() -> None:
    assert virus.scanner(config(None)) is None


def test_what_it_knows_is_named_by_socket_and_by_port_and_inside_an_attachment(clamd: Clamd) -> None:
    for address in (clamd.unix, clamd.tcp):
        assert [scan(address, data) for data in (EICAR, carrier(EICAR))] == [SIGNATURE, SIGNATURE]
        assert [scan(address, data) for data in (b"", b"hello", carrier(b"hello"))] == [None, None, None]


def test_more_than_it_takes_is_said_and_is_no_fault_of_the_moment(clamd: Clamd) -> None:
    with pytest.raises(virus.TooLargeToScan, match="nothing so large"):
        scan(clamd.unix, b"x" * (LARGEST + 1_000_000))
    assert scan(clamd.unix, b"x" * (LARGEST - 1000)) is None


def test_a_scanner_that_is_away_is_a_fault_of_the_moment() -> None:
    for address in ("unix:/nowhere/clamd.ctl", f"{LOOPBACK}:{free_ports(1)[0]}"):
        with pytest.raises(TryAgain, match=r"virus scanner at .* cannot be asked") as away:
            scan(address, b"hello")
        assert "mail.clamd" in (away.value.hint or "")


def test_one_that_fails_and_is_not_well_is_away() -> None:
    with answering(b"stream: Out of memory ERROR\0", b"nonsense\0") as address, pytest.raises(TryAgain, match="ERROR"):
        scan(address, b"hello")


@pytest.mark.parametrize("answer", [b"stream: Can't allocate memory ERROR\0", b""])
def test_one_that_is_well_and_fails_at_these_bytes_says_so(answer: bytes) -> None:
    with answering(answer, b"PONG\0") as address, pytest.raises(virus.ScanFailed, match="failed at it"):
        scan(address, b"hello")


def test_one_that_never_answers_is_waited_for_no_longer_than_configured() -> None:
    with answering(None, b"") as address, pytest.raises(TryAgain, match="no answer in time"):
        scan(address, b"hello", patience=1)


def test_a_signature_cannot_steer_a_terminal() -> None:
    with answering(b"stream: Evil\x1b[2J.A FOUND\0") as address:
        assert scan(address, b"hello") == "Evil[2J.A"
