"""Sharing out what came of a product: four policies, pure, the same for every order of the rows.

A policy is one fixed order of single units: the first `supply` of them get one, so that more supply never leaves anyone
with less. Lines that want all or nothing step back behind it, since they can't be served unit by unit. The batch does
the same in SQL; a test holds the two together.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from supplyhub.depot.states import Policy, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Line = tuple[int, int]

DEFAULT_POLICY = Policy.CARE_FIRST
# Shares of a unit in whole numbers: both this and the database divide them alike.
FINE = 10**12


@dataclass(frozen=True, slots=True)
class Wish:
    """A line that asks for `quantity` units of one product, and takes `fill` more to fill a case.

    `care`: its household is in the care register, with what priority, 1 before 2; `whole`: it wants all or nothing;
    `placed_at`: for first come.
    """

    order_id: int
    item_id: int
    quantity: int
    fill: int = 0
    care: bool = False
    priority: int = 2
    whole: bool = False
    placed_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    @property
    def line(self) -> Line:
        """Return what names the line: (order, item)."""
        return self.order_id, self.item_id

    @property
    def most(self) -> int:
        """Return how many units it takes in all."""
        return self.quantity + self.fill

    @property
    def steps_back(self) -> bool:
        """Tell whether a part of it is refused; of a single unit there is no part."""
        return self.whole and self.quantity > 1


@dataclass(frozen=True, slots=True)
class Ask:
    """A wish, the product that it is for, and the product that may take its place."""

    wish: Wish
    product_id: int
    substitute_id: int | None = None


def share(wishes: Iterable[Wish], supply: int, seed: str, policy: Policy = DEFAULT_POLICY) -> dict[Line, int]:
    """Return how many units of one product each line gets, by (order, item).

    First the units of those who take a part, in the policy's order: all that was ordered, then what fills cases. What is
    left goes to whole lines, in the order of their first units, as far as they fit. Were they served among the others,
    one unit more could turn a line from nothing to all, at the cost of somebody who has a part.
    """
    asked = list(wishes)
    place = PLACES[policy]
    steady = [wish for wish in asked if not wish.steps_back]
    patient = sorted((wish for wish in asked if wish.steps_back), key=lambda wish: (*place(seed, wish, 1), wish.line))
    units = sorted(
        ((nth > wish.quantity, *place(seed, wish, nth), wish.line, nth), wish.line)
        for wish in steady
        for nth in range(1, wish.most + 1)
    )
    shares = {wish.line: 0 for wish in asked}
    for _, line in units[:supply]:
        shares[line] += 1
    given = fit_whole([wish.most for wish in patient], max(0, supply - len(units)))
    return shares | {wish.line: got for wish, got in zip(patient, given, strict=True)}


def fit_whole(wanted: Iterable[int], left: int) -> list[int]:
    """Return what lines get that want all or nothing, in their order: all, or nothing where what is left is less."""
    given = []
    for units in wanted:
        given.append(units if units <= left else 0)
        left -= given[-1]
    return given


def share_cycle(
    asks: Iterable[Ask], supplies: Mapping[int, int], seed: str, policies: Mapping[int, Policy]
) -> tuple[dict[Line, int], dict[Line, int]]:
    """Return what every line of a cycle gets of its own product, and of its substitute.

    Ordered units that are missing are replaced one by one, as far as there is more of the substitute than its own lines
    want, so that nobody waits behind a stand-in; care first, since nothing was chosen for it. Nothing stands in for a
    substitute.
    """
    asked = list(asks)
    shares: dict[Line, int] = {}
    over: dict[int, int] = {}
    for product in {ask.product_id for ask in asked}:
        wishes = [ask.wish for ask in asked if ask.product_id == product]
        supply = supplies.get(product, 0)
        shares |= share(wishes, supply, seed, policies.get(product, DEFAULT_POLICY))
        over[product] = max(0, supply - sum(wish.most for wish in wishes))
    stand_ins: dict[Line, int] = {}
    for product, spare in over.items():
        missing = [
            replace(ask.wish, quantity=ask.wish.quantity - shares[ask.wish.line], fill=0)
            for ask in asked
            if ask.substitute_id == product != ask.product_id and shares[ask.wish.line] < ask.wish.quantity
        ]
        stand_ins |= share(missing, spare, seed)
    return shares, {line: units for line, units in stand_ins.items() if units}


def reason_of(wish: Wish, allocated: int, supply: int, policy: Policy = DEFAULT_POLICY) -> Reason:
    """Return why a line got what it got."""
    if allocated == wish.most:
        return Reason.FULL
    if allocated >= wish.quantity:
        return Reason.FILL_SHORT
    if supply <= 0:
        return Reason.NOTHING_CAME
    if wish.steps_back:
        return Reason.STEPPED_BACK
    if policy != Policy.CARE_FIRST:
        return SHORT_REASONS[policy]
    return Reason.FAIR_SHARE if allocated else Reason.NONE_LEFT


def tie(seed: str, order_id: int) -> str:
    """Return an order's place in the draw; as the database's md5() gives it."""
    return hashlib.md5(f"{seed}:{order_id}".encode(), usedforsecurity=False).hexdigest()


def gini(parts: Iterable[float]) -> float:
    """Return how unequal some shares are: 0 when all are the same, close to 1 when one has everything; 0 of nothing."""
    ranked = sorted(parts)
    total = sum(ranked)
    if not total:
        return 0.0
    weighted = sum(place * part for place, part in enumerate(ranked, start=1))
    return 2 * weighted / (len(ranked) * total) - (len(ranked) + 1) / len(ranked)


def _care_first(seed: str, wish: Wish, nth: int) -> tuple[object, ...]:
    return not wish.care, nth, wish.priority, tie(seed, wish.order_id)


def _pro_rata(seed: str, wish: Wish, nth: int) -> tuple[object, ...]:
    return (2 * nth - 1) * FINE // wish.quantity, tie(seed, wish.order_id)


def _first_come(_: str, wish: Wish, __: int) -> tuple[object, ...]:
    return (wish.placed_at,)


def _draw(seed: str, wish: Wish, _: int) -> tuple[object, ...]:
    return (tie(seed, wish.order_id),)


# Where a line's nth unit stands; equals by order, item and nth. Pro rata is a divisor method (Webster): by largest
# remainders a line can lose a unit when more comes.
PLACES: dict[Policy, Callable[[str, Wish, int], tuple[object, ...]]] = {
    Policy.CARE_FIRST: _care_first,
    Policy.PRO_RATA: _pro_rata,
    Policy.FIRST_COME: _first_come,
    Policy.DRAW: _draw,
}
SHORT_REASONS = {
    Policy.PRO_RATA: Reason.PRO_RATA,
    Policy.FIRST_COME: Reason.CAME_LATER,
    Policy.DRAW: Reason.NOT_DRAWN,
}
