"""What is said about an entry: a code with its facts. The code alone decides whether the entry waits for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Whether an entry becomes an order by itself: yes; yes, and it is shown; no, a person decides."""

    SURE = "sure"
    FLAGGED = "flagged"
    REVIEW = "review"


class Code(StrEnum):
    """What was noticed about an entry. In the comments: the keys of `Note.data`."""

    # Only told.
    REMARK = "remark"  # words: what is said beside the order, delivery: what of it says how to deliver
    # Ordered, and shown.
    CONVERTED = "converted"  # item, said, grams, quantity
    ONE_ASSUMED = "one_assumed"  # item
    WHOLE_MENU = "whole_menu"  # quantity: of every posted item
    SAME_WORDS = "same_words"  # entry: an earlier one of the same door with the same words
    REPEATED = "repeated"  # entry: this very entry stands in the text already; not counted again
    UNEXPLAINED = "unexplained"  # words: of the entry that mean nothing here
    NOTHING_TO_WITHDRAW = "nothing_to_withdraw"  # the door has no earlier entry in the text
    # Waits.
    NO_DOOR = "no_door"
    NO_SUCH_DOOR = "no_such_door"  # said
    DOOR_UNCLEAR = "door_unclear"  # doors: those that fit
    OTHER_GRID = "other_grid"  # said, grid: its number
    PHONE_OF_ANOTHER = "phone_of_another"  # door: whose it is
    PHONE_DIFFERS = "phone_differs"  # the register has another for this door
    NAME_OF_ANOTHER = "name_of_another"  # name, door: whose it is
    NO_ITEMS = "no_items"
    UNKNOWN_ITEM = "unknown_item"  # words
    NOT_ON_MENU = "not_on_menu"  # words, product: its name
    WITHDRAWN_ITEM = "withdrawn_item"  # item
    ITEM_UNCLEAR = "item_unclear"  # words, items: those that fit
    ITEM_GUESSED = "item_guessed"  # words, item: the only one that fits
    OVER_CAP = "over_cap"  # item, quantity, cap, had: what earlier entries of the door have of it
    FOREIGN_UNIT = "foreign_unit"  # item, said
    QUANTITY_UNCLEAR = "quantity_unclear"  # words
    CHANGE_UNCLEAR = "change_unclear"  # words
    NUMBER_AGAIN = "number_again"  # entry: another one with this number and door and other words
    EARLIER_MISSING = "earlier_missing"  # entry: what was applied for the door, and isn't in the text
    # Of the text as a whole.
    HEADING_OF_OTHER_GRID = "heading_of_other_grid"  # said, grid: its number
    DOORS_ELSEWHERE = "doors_elsewhere"  # entries: how many name a door of other grids, grid: that of most of them


TOLD = frozenset({Code.REMARK})
FLAGS = frozenset(
    {
        Code.CONVERTED,
        Code.ONE_ASSUMED,
        Code.WHOLE_MENU,
        Code.SAME_WORDS,
        Code.REPEATED,
        Code.UNEXPLAINED,
        Code.NOTHING_TO_WITHDRAW,
    }
)


@dataclass(frozen=True, slots=True)
class Note:
    """A code and its facts; items are ids, doors as the register writes them."""

    code: Code
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """Return what this note makes of its entry."""
        if self.code in TOLD:
            return Verdict.SURE
        return Verdict.FLAGGED if self.code in FLAGS else Verdict.REVIEW
