"""Numbers as people write them in a relay: 2, 1.5, 十二, 两, 俩, 半. Pure."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from supplyhub.ordering.relay.hygiene import CIRCLED, MOST_CIRCLED, circled_number

# Whole numbers as int, which is a fraction as well, and faster.
Number = Fraction | int
DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰", "一二三四五六七八九十百")
PAIRS = {"俩": 2, "仨": 3}
CHINESE = "(?:[零一二三四五六七八九十百壹贰叁肆伍陆柒捌玖拾佰]{1,7}|两百?|俩|仨|半)"
IN_CIRCLE = f"[{chr(CIRCLED)}-{chr(CIRCLED + MOST_CIRCLED)}]"
NUMBER = rf"(?:[0-9]{{1,5}}(?:\.[0-9]{{1,3}})?(?![0-9])|{IN_CIRCLE}|{CHINESE})"
WRITTEN = re.compile(CHINESE)


@lru_cache(maxsize=4_096)
def number_of(text: str) -> Number | None:
    """Return the value of a text that matches NUMBER; None for characters of numbers that make none (一百零百)."""
    if (circled := circled_number(text[0])) is not None:
        return circled
    if text[0].isdigit() and text.isascii():
        return Fraction(text) if "." in text else int(text)
    if text == "半":
        return Fraction(1, 2)
    return PAIRS[text] if text in PAIRS else _written(text.translate(FORMAL))


def whole_number(text: str) -> int:
    """Return the whole number of a building, a unit or a place in the chain; 0 when it is none."""
    value = number_of(text)
    return int(value) if value is not None and value.denominator == 1 else 0


def _written(text: str) -> int | None:
    """Return 1 to 999 in Chinese: 十二, 二十, 一百零五; digits alone are read one by one (一零一)."""
    if not {"十", "百"} & set(text):
        return int("".join(str(DIGITS[digit]) for digit in text))
    hundreds, hundred, rest = text.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    parts = [hundreds, tens.lstrip("零"), ones.lstrip("零")]
    if any(len(part) > 1 or part in {"十", "百"} for part in parts):
        return None
    value = (DIGITS[hundreds] if hundreds else 1) * 100 if hundred else 0
    value += (DIGITS[parts[1]] if parts[1] else 1) * 10 if ten else 0
    return value + (DIGITS[parts[2]] if parts[2] else 0)
