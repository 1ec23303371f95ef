"""Searching a menu: by characters, by how they sound, by initials, in English, and by other names. Pure.

`static/js/basket.js` does the same while one types.
"""

from __future__ import annotations

import re
import unicodedata

# A word of letters and digits, or one character: "da bai cai", "大白菜" and "Napa cabbage" are two or three words.
WORD = re.compile(r"[a-z0-9]+|[^\W_]")
LONGEST = 40


def words_of(text: str) -> list[str]:
    """Return the words of a name, or of what was typed: full width or half, capital or small."""
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


def finds(typed: str, names: list[str]) -> bool:
    """Tell whether one of the names is meant: what was typed begins at one of its words, or is among its initials."""
    wanted = "".join(words_of(typed[:LONGEST]))
    return not wanted or any(_is_in(wanted, words_of(name)) for name in names)


def _is_in(wanted: str, words: list[str]) -> bool:
    initials = "".join(word[0] for word in words)
    return wanted in initials or any("".join(words[place:]).startswith(wanted) for place in range(len(words)))
