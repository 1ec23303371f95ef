"""What a grid is called in Chinese: the same on pages, papers, files and in messages."""

from __future__ import annotations

NUMERALS = "〇一二三四五六七八九"


def grid_in_chinese(number: int) -> str:
    """Return a grid's name: 第三网格."""
    return f"第{numeral(number)}网格"


def numeral(number: int) -> str:
    """Return a number below 100 in Chinese numerals; digits above."""
    tens, ones = divmod(number, 10)
    if number >= 100 or number <= 0:
        return str(number)
    head = "" if tens == 0 else ("" if tens == 1 else NUMERALS[tens]) + "十"
    return head + (NUMERALS[ones] if ones or not head else "")
