"""Codes of slips (签号): pseudonyms that a household finds its own units by, and nobody anybody else's.

A code comes from a key that is never published, so that slips of one household can't be told to belong together. It
is the same from the first ask to the list: nobody can choose it once the seed is known.
"""

from __future__ import annotations

import base64
import hmac
from collections import defaultdict
from typing import TYPE_CHECKING

from supplyhub.codes import ALPHABET

if TYPE_CHECKING:
    from collections.abc import Iterable

# 40 bits. Two slips of an item that agree so far, one case in millions, are written with more letters.
LETTERS = 8
MORE_LETTERS = 4
_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET)
_WHOLE_BYTES = 30


def long_code(key: bytes, household_id: int, item_id: int, nth: int) -> str:
    """Return the 48 letters of a household's n-th unit of an item; as many of them are written as tell it apart."""
    digest = hmac.digest(key, f"{household_id}|{item_id}|{nth}".encode(), "sha256")
    return base64.b32encode(digest[:_WHOLE_BYTES]).decode().translate(_BASE32)


def written(long_codes: Iterable[str], letters: int = LETTERS) -> dict[str, str]:
    """Return how each code of an item is written: `letters` of it, or more where that is another's too."""
    alike = defaultdict(list)
    for code in long_codes:
        alike[code[:letters]].append(code)
    found = {group[0]: short for short, group in alike.items() if len(group) == 1}
    for group in alike.values():
        if len(group) > 1:
            found |= written(group, letters + MORE_LETTERS)
    return found
