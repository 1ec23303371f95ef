"""Who gets what in a draw: pure, the same for every order of the rows, and repeatable by anybody from the list.

Every unit that is asked for is a slip (签). All slips of an item stand in one list: everybody's first unit before
anybody's second, equals by a number drawn with the seed. The list is read twice. First the part set aside goes to the
foremost slips of the care register's households; what they leave of it flows back. Then the list is read from its top
until the rest is given away. It is published whole: care doesn't show in it (ADR 0010).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Slip:
    """One unit that an order asks for: in `round` n the order's n-th. `care`: its household is in the care register."""

    code: str
    round: int
    order_id: int
    care: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What became of an order's units of an item; `got_as_care` of `got` came from what was set aside."""

    asked: int
    got: int
    got_as_care: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """An item, drawn: the slips in the order of the list, of which the first `given_by_draw` won; shares by order.

    `given_to_care` counts the units that went to slips further down: those that the list alone wouldn't have served.
    """

    offered: int
    set_aside: int
    given_to_care: int
    given_by_draw: int
    slips: tuple[Slip, ...]
    shares: dict[int, Share]


def seed_hash(seed: str) -> bytes:
    """Return the hash by which a seed is promised."""
    return hashlib.sha256(seed.encode()).digest()


def drawn_number(seed: str, item: int, code: str) -> str:
    """Return a slip's number among equals: the lowest comes first. As the database's sha256() gives it."""
    return hashlib.sha256(f"{seed}:{item}:{code}".encode()).hexdigest()


def set_aside_of(offered: int, care_percent: int) -> int:
    """Return how many units are set aside for care."""
    return offered * care_percent // 100


def draw(slips: Iterable[Slip], *, offered: int, care_percent: int, seed: str, item: int) -> Drawn:
    """Share `offered` units of an item among its slips. More supply never leaves anyone with less."""
    order = sorted(slips, key=lambda slip: (slip.round, drawn_number(seed, item, slip.code)))
    set_aside = set_aside_of(offered, care_percent)
    served = {slip.code for slip in [slip for slip in order if slip.care][:set_aside]}
    winners = _read_down(order, served, offered - len(served))
    won = Counter(slip.order_id for slip in order[:winners])
    by_care = Counter(slip.order_id for slip in order[winners:] if slip.code in served)
    asked = Counter(slip.order_id for slip in order)
    return Drawn(
        offered=offered,
        set_aside=set_aside,
        given_to_care=by_care.total(),
        given_by_draw=winners,
        slips=tuple(order),
        shares={who: Share(units, won[who] + by_care[who], by_care[who]) for who, units in asked.items()},
    )


def _read_down(order: list[Slip], served: set[str], left: int) -> int:
    """Return how far down the list `left` units reach; slips that care has served already cost nothing on the way."""
    unserved = [place for place, slip in enumerate(order) if slip.code not in served]
    return unserved[left] if left < len(unserved) else len(order)
