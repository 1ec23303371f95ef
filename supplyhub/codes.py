"""Codes that people say aloud and type: no 0/O, no 1/I."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# 26 of 32 letters: 130 bits.
SECRET_LENGTH = 26
LOOKALIKES = str.maketrans({" ": "", "-": ""})


def new_secret() -> str:
    """Return a secret of 130 bits that can also be typed."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))


def read_code(text: str) -> str:
    """Return a typed code as it is stored: upper case, without spaces and dashes."""
    return text.upper().translate(LOOKALIKES)
