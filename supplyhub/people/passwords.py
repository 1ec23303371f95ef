"""Passwords of staff: argon2, the same work for a known and an unknown login. Pure."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from supplyhub.errors import InvalidError

SHORTEST = 10
LONGEST = 200
HASHER = PasswordHasher()
# Made once with the same costs: verifying against it takes as long as against a real one.
NOBODY = HASHER.hash("nobody has this password")


def hashed(password: str) -> str:
    """Return the hash that is kept of a new password. Raises InvalidError when it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidError(f"a password has {SHORTEST} to {LONGEST} characters", shortest=SHORTEST, longest=LONGEST)
    return HASHER.hash(_bytes(password))


def matches(kept: str | None, password: str) -> bool:
    """Tell whether the password is the one that `kept` is the hash of; False, after the same work, for none kept."""
    try:
        HASHER.verify(kept or NOBODY, _bytes(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Tell whether a hash was made with other costs than new ones."""
    return HASHER.check_needs_rehash(kept)


def _bytes(password: str) -> bytes:
    # A lone surrogate, which JSON can carry, has no UTF-8; it must not end in an error.
    return password.encode("utf-8", "surrogatepass")
