"""The words of a relay, as data: what people write around doors, items and numbers. In the spelling of `plain_text`."""

from __future__ import annotations

import csv
from enum import StrEnum
from fractions import Fraction
from pathlib import Path


class Meaning(StrEnum):
    """What a word of `words.csv` does."""

    ADD = "add"
    SET = "set"
    # Stands after what isn't wanted any more, before it, or on either side; alone it means the whole order.
    DROP_AFTER = "drop_after"
    DROP_BEFORE = "drop_before"
    DROP_EITHER = "drop_either"
    LESS = "less"
    # Makes a change one of the whole order.
    WHOLE = "whole"
    # Before a number: of each item named; of each item there is.
    EACH = "each"
    EVERY = "every"
    # Ties nothing and parts nothing.
    FILLER = "filler"
    # Goes with an order without being a part of it: politeness, how to deliver, how the household is.
    COURTESY = "courtesy"
    DELIVERY = "delivery"
    CIRCUMSTANCE = "circumstance"
    # After a door it makes it another's.
    NEARBY = "nearby"
    # Said with a surname.
    TITLE = "title"
    SURNAME = "surname"
    # How the names of things to eat end: such a word may be an order, and isn't passed over as a remark.
    FOOD_ENDING = "food_ending"
    # Makes an entry something else than an order: a question, a condition, a complaint, a correction.
    DOUBT = "doubt"
    # A line with one of these, or that starts with an example, belongs to the heading.
    HEADING = "heading"
    EXAMPLE = "example"


def _read() -> dict[Meaning, tuple[str, ...]]:
    with Path(__file__).with_name("words.csv").open(encoding="utf-8", newline="") as file:
        return {Meaning(line["meaning"]): tuple(line["words"].split()) for line in csv.DictReader(file)}


WORDS = _read()
BESIDE = frozenset({Meaning.COURTESY, Meaning.DELIVERY, Meaning.CIRCUMSTANCE})
# Those that mean something in the middle of an entry; a later one wins.
SPOKEN = (
    Meaning.DOUBT,
    Meaning.NEARBY,
    *sorted(BESIDE),
    Meaning.FILLER,
    Meaning.WHOLE,
    Meaning.LESS,
    Meaning.ADD,
    Meaning.SET,
    Meaning.DROP_EITHER,
    Meaning.DROP_BEFORE,
    Meaning.DROP_AFTER,
)

# Units that mean "one of what is posted", whatever it is called there; 分 is the usual slip for 份.
ANY_UNIT = frozenset({"份", "分", "套", "单"})
# Words for the same pack.
SAME_UNITS = (frozenset({"袋", "包"}), frozenset({"板", "盘", "托"}), frozenset({"只", "个"}), frozenset({"罐", "听"}))
GRAMS = {
    "公斤": Fraction(1000),
    "千克": Fraction(1000),
    "kg": Fraction(1000),
    "市斤": Fraction(500),
    "斤": Fraction(500),
    "两": Fraction(50),
    "克": Fraction(1),
    "g": Fraction(1),
}
COUNTED = "份分套单板盘托袋包只个罐听盒瓶桶箱件筐把捆颗棵根条块头提打串朵支粒组篮排片扎壶升"
