"""Putting baskets into the books: many in one call of the SQL function `put_orders`, each answered by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from supplyhub.db import db
from supplyhub.ordering.states import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from supplyhub.ordering.baskets import Line

WRITTEN = frozenset({"placed", "changed", "cancelled", "unchanged"})

PUT_ORDERS = text(
    """
    SELECT outcome, data FROM put_orders(
      CAST(:menu AS bigint[]), CAST(:household AS bigint[]), CAST(:account AS bigint[]), CAST(:channel AS text[]),
      CAST(:expected AS bigint[]), CAST(:total AS bigint[]), CAST(:note AS text[]),
      CAST(:basket AS bigint[]), CAST(:item AS bigint[]), CAST(:quantity AS bigint[]), CAST(:consent AS text[]),
      CAST(:substitute AS bigint[])) ORDER BY basket
    """
)


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


def put_baskets(baskets: Sequence[Basket], connection: Connection | None = None) -> list[Put]:
    """Put baskets in the caller's transaction, by default the session's, and return what became of each, in order.

    A menu and household may stand once among them: raises ValueError otherwise.
    """
    if len({(basket.menu, basket.household) for basket in baskets}) < len(baskets):
        raise ValueError("a household's order in a menu can be put once a call")
    found = (connection or db.session).execute(PUT_ORDERS, _arrays(baskets))
    return [Put(outcome, data) for outcome, data in found]


def _arrays(baskets: Sequence[Basket]) -> dict[str, list[Any]]:
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
    }
