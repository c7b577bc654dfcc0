"""Who really asks. X-Forwarded-For counts only from the reverse proxies that config.toml names; nobody else's does."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_USER", "HTTP_REMOTE_USER")
_SOCKET = "localhost"  # what waitress calls the peer of a unix socket


def settle(environ: MutableMapping[str, Any], trusted: Sequence[str]) -> None:
    """Write the peer's address into REMOTE_ADDR and drop every header by which it could be claimed otherwise."""
    claimed = environ.get("HTTP_X_FORWARDED_FOR", "")
    for name in [name for name in environ if name in _FORWARDED or name.startswith("HTTP_X_FORWARDED_")]:
        del environ[name]
    hops = [hop.strip() for hop in claimed.split(",")][-20:] if claimed else []
    peer = environ.get("REMOTE_ADDR", "")
    while hops and _is_trusted(peer, trusted) and _is_address(hops[-1]):
        peer = hops.pop()
    environ["REMOTE_ADDR"] = peer


def _is_trusted(peer: str, trusted: Sequence[str]) -> bool:
    if peer == _SOCKET:
        return "unix" in trusted
    return _is_address(peer) and any(
        ip_address(peer) in ip_network(network, strict=False) for network in trusted if network != "unix"
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
