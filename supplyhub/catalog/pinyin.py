"""How a Chinese name sounds, for the search. The dictionaries weigh 57 MB: only imports read them, no web process does."""

from __future__ import annotations

from pypinyin import lazy_pinyin


def syllables(name: str) -> str:
    """Return a name's syllables without tones, "da bai cai"; letters and digits stay, in lower case."""
    return " ".join(" ".join(lazy_pinyin(name)).lower().split())
