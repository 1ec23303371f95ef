"""Putting baskets into the books: many in one call of the SQL function `put_orders`, each answered by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from supplyhub.db import db
from supplyhub.ordering.states import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplyhub.ordering.baskets import Line

WRITTEN = frozenset({"placed", "changed", "cancelled", "unchanged"})

# As the driver takes it: for the session as for a connection that is kept.
PUT_ORDERS = """
    SELECT outcome, data FROM put_orders(
      %(menu)s::bigint[], %(household)s::bigint[], %(account)s::bigint[], %(channel)s::text[], %(expected)s::bigint[],
      %(total)s::bigint[], %(note)s::text[], %(basket)s::bigint[], %(item)s::bigint[], %(quantity)s::bigint[],
      %(consent)s::text[], %(substitute)s::bigint[], %(most)s::bigint[]) ORDER BY basket
"""


@dataclass(frozen=True, slots=True)
class Basket:
    """What a household's order in a menu shall be, and who says so.

    `expected` is the version it was made from, None for no order. `total_fen` is what the person saw, None to take the
    price of now. Without lines it cancels.
    """

    menu: int
    household: int
    account: int
    expected: int | None
    lines: Sequence[Line] = ()
    total_fen: int | None = None
    note: str = ""
    channel: Channel = Channel.WEB


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a basket.

    `outcome` is placed, changed, cancelled or unchanged, with the order as `data`; or why it was refused, with what
    explains it.
    """

    outcome: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def written(self) -> bool:
        """Tell whether the order is now this basket."""
        return self.outcome in WRITTEN


def put_baskets(baskets: Sequence[Basket]) -> list[Put]:
    """Put baskets in the caller's transaction and return what became of each, in order.

    A menu and household may stand once among them: raises ValueError otherwise.
    """
    if len({(basket.menu, basket.household) for basket in baskets}) < len(baskets):
        raise ValueError("a household's order in a menu can be put once a call")
    found = db.session.connection().exec_driver_sql(PUT_ORDERS, arrays(baskets))
    return [Put(outcome, data) for outcome, data in found]


def arrays(baskets: Sequence[Basket]) -> dict[str, list[Any]]:
    """Return the values of PUT_ORDERS."""
    lines = [(number, line) for number, basket in enumerate(baskets, 1) for line in basket.lines]
    return {
        "menu": [basket.menu for basket in baskets],
        "household": [basket.household for basket in baskets],
        "account": [basket.account for basket in baskets],
        "channel": [basket.channel.value for basket in baskets],
        "expected": [basket.expected for basket in baskets],
        "total": [basket.total_fen for basket in baskets],
        "note": [basket.note for basket in baskets],
        "basket": [number for number, _ in lines],
        "item": [line.item for _, line in lines],
        "quantity": [line.quantity for _, line in lines],
        "consent": [line.consent.value for _, line in lines],
        "substitute": [line.substitute for _, line in lines],
        "most": [line.most for _, line in lines],
    }
