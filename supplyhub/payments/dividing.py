"""Who pays, and where what is too much goes back to; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Payment:
    """An online payment and what of it can still go back."""

    charge_id: int
    left_fen: int


@dataclass(frozen=True, slots=True)
class Back:
    """So much goes back: to a charge, or in cash."""

    charge_id: int | None
    fen: int


def cover_wanted(value_fen: int, paid_by_household_fen: int, *, covered: bool) -> int:
    """Return what a cover pays: what the household didn't, and nothing that need not be paid."""
    return max(0, value_fen - paid_by_household_fen) if covered else 0


def split_surplus(surplus_fen: int, payments: Iterable[Payment]) -> list[Back]:
    """Return where a surplus goes: to the online payments, the newest first as they are given, the rest in cash."""
    found = []
    for payment in payments:
        part = min(surplus_fen, payment.left_fen)
        if part > 0:
            found.append(Back(payment.charge_id, part))
            surplus_fen -= part
    if surplus_fen > 0:
        found.append(Back(None, surplus_fen))
    return found
