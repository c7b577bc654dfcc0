"""A real clamd on loopback with one signature of its own: that of the EICAR test file. Nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.ports import LOOPBACK, free_ports, wait_for
from tests.servers.reaper import end_with

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Test.EICAR.UNOFFICIAL"  # clamd's mark for what its makers did not sign
LARGEST = 2 * 1024 * 1024  # octets that it takes

_CONFIG = """\
DatabaseDirectory {run}/database
TemporaryDirectory {run}
LocalSocket {run}/socket
TCPSocket {port}
TCPAddr {host}
PidFile {run}/pid
LogFile {run}/log
Foreground yes
StreamMaxLength {largest}
MaxThreads 4
"""


@dataclass(frozen=True, slots=True)
class Clamd:
    """A running scanner, by its socket and by its port, as mail.clamd names them."""

    unix: str
    tcp: str


def find_clamd() -> str | None:
    """Return the path of the program, or None."""
    return shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def clamd_server(program: str) -> Iterator[Clamd]:
    """Run the scanner for the length of the block. Raises RuntimeError with its log when it does not come up."""
    run = Path(tempfile.mkdtemp(prefix="hd-clamd-"))
    (run / "database").mkdir()
    (run / "database" / "test.ndb").write_text(f"Test.EICAR:0:*:{EICAR.hex()}\n")
    (port,) = free_ports(1)
    (run / "clamd.conf").write_text(_CONFIG.format(run=run, port=port, host=LOOPBACK, largest=LARGEST))
    with (run / "stderr").open("wb") as stderr:
        command = [program, "--config-file", str(run / "clamd.conf")]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
    end_with(os.getpid(), process.pid, run)
    try:
        if not wait_for(port, alive=lambda: process.poll() is None):
            raise RuntimeError(f"clamd did not start: {(run / 'stderr').read_text()[-2000:]}")
        yield Clamd(f"unix:{run}/socket", f"{LOOPBACK}:{port}")
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(run, ignore_errors=True)
