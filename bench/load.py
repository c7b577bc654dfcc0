"""Asks a server for one page over several connections: `python -m bench.load PORT PATH CONNECTIONS SECONDS COOKIE`.

A process of its own, so that asking does not share a lock with answering.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Load:
    """Pages a second; the seconds in which half and 95 of 100 came; how many were not 200."""

    rate: float
    p50: float
    p95: float
    wrong: int


def load(port: int, path: str, *, connections: int, seconds: float, cookie: str = "") -> Load:
    """Ask, each connection anew as soon as it has its answer."""
    command = [sys.executable, "-m", "bench.load", str(port), path, str(connections), str(seconds), cookie]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return Load(**json.loads(done.stdout))


def answer(connection: socket.socket, request: bytes) -> bool:
    """Send a request and read its answer whole; whether it was a 200. ConnectionError when it ended early."""
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += _piece(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    left = length - len(body)
    while left > 0:
        left -= len(_piece(connection))
    return head.startswith(b"HTTP/1.1 200")


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionError("the server hung up")
    return piece


def main() -> None:
    """Ask and print the figures as JSON."""
    port, path, connections, seconds, cookie = sys.argv[1:]
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    times: list[float] = []
    wrong: list[bool] = []
    end = time.perf_counter() + float(seconds)

    def ask() -> None:
        with socket.create_connection(("127.0.0.1", int(port))) as connection:
            while (began := time.perf_counter()) < end:
                good = answer(connection, request)
                times.append(time.perf_counter() - began)
                if not good:
                    wrong.append(True)

    threads = [threading.Thread(target=ask) for _ in range(int(connections))]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(times, n=20)
    rate = len(times) / (time.perf_counter() - began)
    print(json.dumps({"rate": rate, "p50": cuts[9], "p95": cuts[18], "wrong": len(wrong)}))


if __name__ == "__main__":
    main()
