"""Passwords of customers: argon2id at OWASP's floor (19 MiB, 2 passes, 1 lane), few at once.

A password is compared whole and exact, in NFC, so that two keyboards that write the same letter agree.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from argon2 import PasswordHasher

SHORTEST, LONGEST = 8, 256  # characters
_AT_ONCE = 2  # 19 MiB each: a hundred log-ins must not fill the memory
# Of 48 random octets: whoever has no password is compared with this, which takes as long as with a real one.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$tiYPAQcfFWmoNMY1/rYvPQ$ioGzb22BwM4CYpzaVQ2b9ir+fhuFe1eFtzm2y9kNcCI"

Fault = Literal["short", "long", "common", "personal"]


def fault(password: str, *, personal: Iterable[str] = ()) -> Fault | None:
    """Why this cannot be chosen as a password, if so; `personal` are words too near to its owner.

    No rules of composition (ASVS 6.2.5): its length counts, and that it is not among the 3,000 everybody tries first.
    """
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    if hashlib.sha256(password.casefold().encode("utf-8", "replace")).hexdigest()[:10] in _common():
        return "common"
    near = {word.casefold() for word in personal if len(word) > 3}
    return "personal" if password.casefold() in near else None


def hashed(password: str) -> str:
    """The PHC string to store. Takes about a tenth of a second: never inside a transaction."""
    return _threads().submit(_hasher().hash, _octets(password)).result()


def fits(stored: str | None, password: str) -> bool:
    """Whether `password` is the one that was hashed; without one it takes as long to say no."""
    from argon2.exceptions import InvalidHashError, VerifyMismatchError

    if len(password) > LONGEST:
        return False
    try:
        right = _threads().submit(_hasher().verify, stored or _NOBODYS, _octets(password)).result()
        return right and stored is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether the parameters have risen since: hash it again at the next sign-in."""
    return _hasher().check_needs_rehash(stored)


def _octets(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


@cache
def _threads() -> ThreadPoolExecutor:
    """Always the same few threads: the C library keeps what each thread that hashed once needed for it."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(_AT_ONCE, "password")


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _common() -> frozenset[str]:
    """SHA-256, first ten digits, of the most common passwords of eight characters or more (from zxcvbn's list)."""
    return frozenset(Path(__file__).with_name("common_passwords.txt").read_text(encoding="ascii").split())
