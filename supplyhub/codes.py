"""Codes that people say aloud and type: no 0/O, no 1/I."""

from __future__ import annotations

import secrets
import unicodedata

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# 26 of 32 letters: 130 bits.
SECRET_LENGTH = 26
# 10 of them, 50 bits: what somebody types from a card.
TYPED_LENGTH = 10
LOOKALIKES = str.maketrans(dict.fromkeys(" -\u2010\u2011\u2013\u2014\u2212\u00b7", ""))


def new_secret() -> str:
    """Return a secret of 130 bits that can also be typed."""
    return _letters(SECRET_LENGTH)


def new_typed_code() -> str:
    """Return a secret of 50 bits, short enough to be typed; whoever takes it must count the wrong ones."""
    return _letters(TYPED_LENGTH)


def read_code(text: str) -> str:
    """Return a typed code as it is stored: upper case, without spaces and dashes; full-width letters become plain."""
    return unicodedata.normalize("NFKC", text).upper().translate(LOOKALIKES)


def _letters(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))
