"""Purchase orders after they were written: sent to the platform, confirmed by it, closed when all is settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, transaction
from supplyhub.depot.purchase_queries import purchase_order_for_update
from supplyhub.depot.states import PURCHASE_MOVES
from supplyhub.moves import move

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker


def send_purchase_order(asker: Asker, purchase_order_id: int) -> None:
    """Note that a purchase order went to its platform; from now on its goods can be received."""
    with transaction():
        order = purchase_order_for_update(asker, purchase_order_id)
        execute(
            "UPDATE purchase_order SET state = :state, sent_at = clock_timestamp() WHERE id = :id",
            id=order.id,
            state=move(PURCHASE_MOVES, order.state, "send"),
        )
