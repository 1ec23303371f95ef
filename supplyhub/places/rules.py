"""How names of places are read. Pure."""

from __future__ import annotations

import re

LARGEST_NUMBER = 9999
CHINESE_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
STEMS = "甲乙丙丁戊己庚辛壬癸"
CHINESE_NUMBER = re.compile(r"[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九两]")
BUILDING_NUMBER = re.compile(r"([0-9]{1,6})\s*(?:号楼|号院|栋|幢|座|楼|号)")


def building_number(name: str) -> int:
    """Return the number in a building's name (47号楼 -> 47, 阳光苑3期12栋 -> 12); 0 when it has none."""
    marked = BUILDING_NUMBER.findall(name)
    found = marked or re.findall(r"[0-9]{1,6}", name)
    return int(found[-1]) if found else 0


def number_in(text: str) -> int:
    """Return the number that names a grid or a unit: 3, 第三网格, 3-2 (its last), 2单元, 甲单元, B单元; 0 for none."""
    digits = re.findall(r"[0-9]+", text)
    if digits:
        number = int(digits[-1][:8])
        return number if number <= LARGEST_NUMBER else 0
    if spelled := CHINESE_NUMBER.search(text):
        return _spelled(spelled.group())
    first = text[:1].upper()
    if first in STEMS and first:
        return STEMS.index(first) + 1
    return ord(first) - ord("A") + 1 if "A" <= first <= "Z" else 0


def _spelled(text: str) -> int:
    """Return 1 to 99 written in Chinese."""
    tens, ten, ones = text.partition("十")
    if not ten:
        return CHINESE_DIGITS[text]
    return CHINESE_DIGITS.get(tens, 1) * 10 + CHINESE_DIGITS.get(ones, 0)
