"""Sharing out what came: pure, the same for every order of the rows. The batch does the same in SQL."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplyhub.depot.states import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

POLICY = "care_first_equal_share"
BAG_GRAMS = 8_000


@dataclass(frozen=True, slots=True)
class Wish:
    """A line that asks for `quantity` units of one product; `care`: its household is in the care register."""

    order_id: int
    item_id: int
    quantity: int
    care: bool = False


def allocate(wishes: Iterable[Wish], supply: int, seed: str) -> dict[tuple[int, int], int]:
    """Return how many units of one product each line gets, by (order, item).

    Care households come first; within them, and then among everybody else, all get one before anybody gets two.
    Who is first among equals is drawn by `seed`. More supply never leaves anyone with less.
    """
    asked = list(wishes)
    units = sorted(
        (not wish.care, nth, tie(seed, wish.order_id), wish.order_id, wish.item_id)
        for wish in asked
        for nth in range(wish.quantity)
    )
    shares = {(wish.order_id, wish.item_id): 0 for wish in asked}
    for *_, order_id, item_id in units[:supply]:
        shares[order_id, item_id] += 1
    return shares


def tie(seed: str, order_id: int) -> str:
    """Return an order's place in the draw; as the database's md5() gives it."""
    return hashlib.md5(f"{seed}:{order_id}".encode(), usedforsecurity=False).hexdigest()


def reason_of(ordered: int, allocated: int, supply: int) -> Reason:
    """Return why a line got what it got."""
    if allocated == ordered:
        return Reason.FULL
    if allocated > 0:
        return Reason.FAIR_SHARE
    return Reason.NONE_LEFT if supply > 0 else Reason.NOTHING_CAME


def bags_for(weight_grams: int) -> int:
    """Return how many bags a parcel needs at 8 kg a bag."""
    return -(-weight_grams // BAG_GRAMS)
