"""A TCP proxy on loopback that breaks a connection as networks do: cut after k bytes, hang, be slow, lie in TLS."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.servers.certificates import Certificate

_CHUNK = 65536
_TICK = 0.05  # seconds between looks at the stop flag


@dataclass(slots=True)
class Fault:
    """What happens to the server's answers. `cut_after` and `hang_after` count bytes, `delay` is seconds per chunk.

    `hidden`: words of the server that the client does not get to see.
    """

    cut_after: int | None = None
    hang_after: int | None = None
    delay: float = 0.0
    hidden: tuple[bytes, ...] = ()


class Proxy:
    """Listens on `host:port`, forwards to a target, applies `fault` to every connection opened afterwards."""

    host = "127.0.0.1"

    def __init__(self, target: tuple[str, int], *, certificate: Certificate | None = None) -> None:
        self.target = target
        self.fault = Fault()
        self.connections = 0
        self.bytes_to_client = 0
        self._tls = certificate.server_context() if certificate else None
        self._stopping = threading.Event()
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Stop listening and drop every open connection."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            if not select.select([self._listener], [], [], _TICK)[0]:
                continue
            client, _ = self._listener.accept()
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(client, self.fault), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket, fault: Fault) -> None:
        with contextlib.suppress(OSError), client:
            client.settimeout(10)
            talk = self._tls.wrap_socket(client, server_side=True) if self._tls else client
            with talk, socket.create_connection(self.target, timeout=10) as server:
                self._pump(talk, server, fault)

    def _pump(self, client: socket.socket, server: socket.socket, fault: Fault) -> None:
        sent = 0
        while not self._stopping.is_set():
            if hasattr(client, "pending") and client.pending():
                readable = [client]
            else:
                readable = select.select([client, server], [], [], _TICK)[0]
            for source in readable:
                chunk = source.recv(_CHUNK)
                if not chunk:
                    return
                if source is client:
                    server.sendall(chunk)
                    continue
                time.sleep(fault.delay)
                sent += self._answer(client, chunk, sent, fault)
                if fault.cut_after is not None and sent >= fault.cut_after:
                    return

    def _answer(self, client: socket.socket, chunk: bytes, sent: int, fault: Fault) -> int:
        """Forward what the fault lets through; return the number of bytes counted."""
        for word in fault.hidden:
            chunk = chunk.replace(word, b"X" * len(word))
        limits = [limit - sent for limit in (fault.cut_after, fault.hang_after) if limit is not None]
        allowed = chunk[: max(0, min(limits))] if limits else chunk
        if allowed:
            self.bytes_to_client += len(allowed)
            client.sendall(allowed)
        return len(chunk) if fault.cut_after is None else len(allowed)


@contextmanager
def proxy(target: tuple[str, int], *, certificate: Certificate | None = None) -> Iterator[Proxy]:
    """Run a proxy in front of `target`. With a certificate it speaks TLS to the client and plain to the target."""
    server = Proxy(target, certificate=certificate)
    try:
        yield server
    finally:
        server.close()
