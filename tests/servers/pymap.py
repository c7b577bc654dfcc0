"""pymap on loopback: an IMAP server in Python for machines without Dovecot, for what it can do."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pysasl.hashing import BuiltinHash

from tests.servers.certificates import Certificates
from tests.servers.imap import PASSWORD, ImapServer
from tests.servers.ports import LOOPBACK, free_ports, wait_for
from tests.servers.proxy import proxy


def find_pymap() -> str | None:
    """Return the path of pymap beside this Python, or None."""
    return shutil.which("pymap", path=str(Path(sys.executable).parent))


@contextmanager
def pymap_server(program: str, certificates: Certificates) -> Iterator[ImapServer]:
    """Run the server for the length of the block. Raises RuntimeError when it does not come up."""
    root = Path(tempfile.mkdtemp(prefix="hd-imap-"))
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [
            *(program, "--host", LOOPBACK, "--port", str(port), "--no-service", "managesieve"),
            *("--cert", str(certificates.good.cert_file), "--key", str(certificates.good.key_file)),
            *("maildir", str(root)),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if not wait_for(port, alive=lambda: process.poll() is None):
            raise RuntimeError("pymap did not start")
        with proxy((LOOPBACK, port), certificate=certificates.good) as tls:
            yield ImapServer("pymap", "localhost", port, tls.port, certificates.ca_file, root, enrol=_enroller(root))
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(root, ignore_errors=True)


def _enroller(root: Path) -> Callable[[str], None]:
    digest = BuiltinHash(rounds=1000).hash(PASSWORD)

    def enrol(user: str) -> None:
        for name, rest in (("passwd", f"x::::{user}:"), ("shadow", digest)):
            with (root / f"pymap-etc-{name}").open("a") as file:
                file.write(f"{user}:{rest}\n")

    return enrol
