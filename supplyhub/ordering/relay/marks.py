"""How an entry of a chain begins: 1. 1、 (1) ① 一、 第3 #3. Pure."""

from __future__ import annotations

import re

from supplyhub.ordering.relay.door_words import PHONE, SPACED, starts_with_door
from supplyhub.ordering.relay.numerals import CHINESE, IN_CIRCLE, whole_number

IN_WORDS = rf"(?:[0-9]{{1,4}}|{CHINESE})"
MARKS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"({IN_CIRCLE})[.、,:)\s]*",
        rf"[(\[<]\s*({IN_WORDS})\s*[)\]>][.、,:\s]*",
        rf"第\s*({IN_WORDS})\s*(?:家|户|位|个|号|接)?[.、,:)\s]+",
        r"(?:no\.?|#)\s*([0-9]{1,4})[.、,:)\s]+",
        r"([0-9]{1,4})\s*[.、。,):;]\s*",
        rf"({CHINESE})\s*[、.,:)]\s*",
        r"([0-9]{1,4})-(?=[0-9]{1,4}-[0-9]{1,2}-[0-9]{2,4})",
    )
)
BARE = re.compile(r"([0-9]{1,4})\s+(?=\S)")
# A time of day, a price, a weight, a date.
NO_MARK = re.compile(
    r"[0-9]{1,2}:[0-9]{2}(?![0-9\-#号栋幢])"
    r"|[0-9]{1,4}\.[0-9]{1,2}\s*(?:元|块|斤|公斤|kg|日|号(?!楼|院|[0-9])|送|到|截|晚|早|上|下|周|星期|开|前|$|/(?![0-9]))"
)
COUNTED_AT_ONCE = re.compile(r"[份板盒袋包瓶个只斤]|[x*:]?\s*[0-9一二两三四五六七八九十]+\s*(?:[份板袋盒]|$|\s)")


def mark_of(plain: str) -> tuple[int, str] | None:
    """Return the number at the beginning of a line and the rest; None for a line that goes on, or starts unnumbered."""
    if NO_MARK.match(plain):
        return None
    for mark in MARKS:
        if found := mark.match(plain):
            rest = plain[found.end() :]
            # ①2份 is the first item of the menu, twice, ①份白菜 one of it; 47,1,101 a door.
            if _is_item(found[1], rest) or SPACED.match(plain):
                return None
            return whole_number(found[1]), rest
    if (found := BARE.match(plain)) and not SPACED.match(plain):
        rest = plain[found.end() :]
        if starts_with_door(rest) or PHONE.match(rest):
            return int(found[1]), rest
    return None


def _is_item(mark: str, rest: str) -> bool:
    circled = not mark[0].isascii() and bool(re.match(IN_CIRCLE, mark))
    return circled and not starts_with_door(rest) and COUNTED_AT_ONCE.match(rest) is not None
