"""Text as people paste it, made plain: no invisible characters, one width, one dash, numbers in circles as one kind."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from supplyhub.errors import InvalidError

LARGEST_BYTES = 500_000
# What a grid writes is far below; the work for what isn't a chain stays bounded.
MOST_SIGNS = 100_000
MOST_LINES = 20_000
# A number in a circle, in brackets or on a key becomes one character of Unicode's private area: still one number,
# and never a part of the digits beside it (⑫47-1-101).
CIRCLED = 0xE000
MOST_CIRCLED = 999
# Zero-width and direction marks, soft hyphens, variation selectors, the byte-order mark.
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ue000-\uf8ff]")
KEYS = re.compile("(?:[0-9]\u20e3)+")
TEN_KEY = "\U0001f51f"
DASHES = "‐‑‒–—―−－ー─﹣"
LETTERS = dict.fromkeys(DASHES, "-") | dict.fromkeys("×✕✖╳⨯", "x") | {"＃": "#", "〇": "零", "～": "-", "~": "-"}
LETTERS |= dict.fromkeys("❌❎✗✘🚫", "错")
TRADITIONAL = dict(
    zip(
        "號樓棟單個雞鴨魚蝦麵條隻盒瓶兩雙點給來還訂購換為沒無與這壹貳參們謝請電話門戶婦兒蘿蔔蔥薑蘋葡鹹檸",
        "号楼栋单个鸡鸭鱼虾面条只盒瓶两双点给来还订购换为没无与这壹贰叁们谢请电话门户妇儿萝卜葱姜苹葡咸柠",
        strict=True,
    )
)


def _circled() -> dict[int, str]:
    """Return how the ready-made numbers in circles and brackets are written here."""
    runs = [(0x2460, 20), (0x2474, 20), (0x2488, 20), (0x2776, 10), (0x2780, 10), (0x278A, 10), (0x24F5, 10)]
    runs += [(0x3220, 10), (0x3280, 10)]
    found = {start + step: chr(CIRCLED + step + 1) for start, count in runs for step in range(count)}
    found |= {0x24EB + step: chr(CIRCLED + step + 11) for step in range(10)}
    found |= {0x3251 + step: chr(CIRCLED + step + 21) for step in range(15)}
    found |= {0x32B1 + step: chr(CIRCLED + step + 36) for step in range(15)}
    return found | {0x24EA: chr(CIRCLED), 0x24FF: chr(CIRCLED), ord(TEN_KEY): chr(CIRCLED + 10)}


IN_CIRCLES = _circled()
LETTERS_BY_CODE = str.maketrans(LETTERS | TRADITIONAL)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was typed, less what can't be seen; and plain, to be read."""

    typed: str
    plain: str


def clean_lines(text: str) -> list[Line]:
    """Return the lines of a pasted text. Raises InvalidError when it is longer than any chain."""
    if len(text) > LARGEST_BYTES or len(text.encode(errors="replace")) > LARGEST_BYTES:
        raise InvalidError(
            f"the text is longer than {LARGEST_BYTES:,} bytes; that is no chain of one grid", most=LARGEST_BYTES
        )
    lines = text.splitlines()
    if len(text) > MOST_SIGNS or len(lines) > MOST_LINES:
        raise InvalidError(
            f"the text has more than {MOST_SIGNS:,} characters or {MOST_LINES:,} lines; that is no chain of one grid",
            most=MOST_LINES,
        )
    return [_line(line) for line in lines]


def _line(line: str) -> Line:
    typed = NO_TEXT.sub(" ", INVISIBLE.sub("", line)).strip()
    return Line(typed, plain_text(typed))


def plain_text(text: str) -> str:
    """Return a text as it is compared: one width, lower case, simplified where relays need it."""
    numbered = KEYS.sub(_key, INVISIBLE.sub("", text)).translate(IN_CIRCLES)
    wide = unicodedata.normalize("NFKC", numbered) if not numbered.isascii() else numbered
    return wide.translate(LETTERS_BY_CODE).lower().strip()


def _key(found: re.Match[str]) -> str:
    digits = found.group().replace("\u20e3", "")
    return chr(CIRCLED + int(digits)) if len(digits) <= 3 else digits


def circled_number(character: str) -> int | None:
    """Return the number that a character of `plain_text` stands for, or None."""
    number = ord(character) - CIRCLED
    return number if 0 <= number <= MOST_CIRCLED else None
