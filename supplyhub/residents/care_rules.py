"""The care register (特殊群体台账) as rules: what words of a register mean, how long an entry holds, when to call again. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from supplyhub.errors import InvalidError
from supplyhub.residents.states import CareCategory, CheckOutcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

LONGEST_NOTE = 1000
LONGEST_HOLD_DAYS = 366
DAYS_HELD = {CareCategory.AFTER_ISOLATION: 14, CareCategory.PREGNANT_OR_INFANT: 270}
OTHER_DAYS_HELD = 365
# How long an entry that ended can still be taken back before it is destroyed.
DAYS_TO_DESTRUCTION = 7

# What a word of the register file speaks of; one word may speak of two.
SPOKEN = (
    ("独居", CareCategory.LIVING_ALONE),
    ("空巢", CareCategory.LIVING_ALONE),
    ("孤寡", CareCategory.LIVING_ALONE),
    ("残", CareCategory.DISABLED),
    ("失能", CareCategory.DISABLED),
    ("孕", CareCategory.PREGNANT_OR_INFANT),
    ("产妇", CareCategory.PREGNANT_OR_INFANT),
    ("婴", CareCategory.PREGNANT_OR_INFANT),
    ("幼儿", CareCategory.PREGNANT_OR_INFANT),
    ("慢性", CareCategory.CHRONIC_ILLNESS),
    ("慢病", CareCategory.CHRONIC_ILLNESS),
    ("透析", CareCategory.CHRONIC_ILLNESS),
    ("解除隔离", CareCategory.AFTER_ISOLATION),
    ("解隔", CareCategory.AFTER_ISOLATION),
    ("困难", CareCategory.HARDSHIP),
    ("低保", CareCategory.HARDSHIP),
    ("特困", CareCategory.HARDSHIP),
)
BETWEEN_WORDS = re.compile(r"[,，、;；/\s]+")
# After these nobody waits for the next call in its turn.
AGAIN_TOMORROW = {CheckOutcome.NO_ANSWER, CheckOutcome.WORRYING}


@dataclass(frozen=True, slots=True)
class Contents:
    """What an entry says: its categories, the words that a register file had for them, the keeper's note."""

    categories: frozenset[CareCategory]
    words: tuple[str, ...] = ()
    note: str = ""


def read_words(text: str) -> Contents:
    """Return what a register file's words for a household mean: 高龄独居、慢性病 is two categories; unknown words stay."""
    words = tuple(word for word in BETWEEN_WORDS.split(text) if word)
    known = {category.value for category in CareCategory}
    spoken = {category for word in words for part, category in SPOKEN if part in word}
    coded = {CareCategory(word) for word in words if word in known}
    return Contents(frozenset(spoken | coded), tuple(word for word in words if word not in known))


def as_text(contents: Contents) -> str:
    """Return categories and words as they are sealed: codes and words with commas between."""
    return ",".join([*in_order(contents.categories), *contents.words])


def in_order(categories: Iterable[CareCategory]) -> list[CareCategory]:
    """Return categories in the order in which they are always said."""
    return sorted(categories, key=list(CareCategory).index)


def days_held(categories: Iterable[CareCategory]) -> int:
    """Return how many days an entry holds unless somebody says otherwise: as long as the longest of its categories."""
    return max((DAYS_HELD.get(category, OTHER_DAYS_HELD) for category in categories), default=OTHER_DAYS_HELD)


def next_call(today: date, outcome: CheckOutcome, every_days: int | None) -> date | None:
    """Return when to call again after a call; None when nothing more is planned."""
    if outcome in AGAIN_TOMORROW:
        return today + timedelta(days=1)
    return None if every_days is None else today + timedelta(days=every_days)


def check_note(note: str) -> str:
    """Return a keeper's note without outer space. Raises InvalidError when it is too long or not text."""
    text = unicodedata.normalize("NFC", note.replace("\r\n", "\n")).strip()
    if len(text) > LONGEST_NOTE:
        raise InvalidError(f"a note has at most {LONGEST_NOTE} characters", longest=LONGEST_NOTE)
    if any(letter not in "\t\n" and unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in text):
        raise InvalidError("a note is text")
    return text


def check_categories(categories: Collection[CareCategory]) -> frozenset[CareCategory]:
    """Return categories as a set. Raises InvalidError for none: an entry says why it is there."""
    if not categories:
        raise InvalidError("an entry of the care register has at least one category")
    return frozenset(categories)
