"""Passwords of staff: argon2, the same work for a known and an unknown login. Pure."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from supplyhub.errors import InvalidError

SHORTEST = 10
LONGEST = 200
HASHER = PasswordHasher()


def hashed(password: str) -> str:
    """Return the hash that is kept of a new password. Raises InvalidError when it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidError(f"a password has {SHORTEST} to {LONGEST} characters", shortest=SHORTEST, longest=LONGEST)
    return HASHER.hash(_bytes(password))


def matches(kept: str | None, password: str) -> bool:
    """Tell whether the password is the one that `kept` is the hash of; False, after the same work, for none kept."""
    try:
        HASHER.verify(kept or nobodys(), _bytes(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Tell whether a hash was made with other costs than new ones."""
    return HASHER.check_needs_rehash(kept)


@cache
def nobodys() -> str:
    """Return the hash of nobody's password, for logins that there are none of."""
    # Made with the same costs: verifying against it takes as long as against a real one. At the first need, not at
    # the start of every process.
    return HASHER.hash("nobody has this password")


def _bytes(password: str) -> bytes:
    # A lone surrogate, which JSON can carry, has no UTF-8; it must not end in an error.
    return password.encode("utf-8", "surrogatepass")
