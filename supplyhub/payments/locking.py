"""The order's row makes everybody who writes money for it take turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.catalog.states import CycleState
from supplyhub.db import row, scalar
from supplyhub.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def order_for_update(asker: Asker, order_id: int) -> Row[Any]:
    """Lock an order of the asker's community whose cycle is under way: id, cycle_id, state, cycle_state.

    Raises NotFoundError, ConflictError when the cycle has closed.
    """
    locked = scalar(
        "SELECT o.id FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id"
        " WHERE o.id = :order AND c.community_id = :community FOR NO KEY UPDATE OF o",
        order=order_id,
        community=asker.community_id,
    )
    # Read after the lock, in a statement of its own.
    order = row(
        "SELECT o.id, o.cycle_id, o.state, c.state AS cycle_state FROM orders AS o JOIN cycle AS c ON c.id = o.cycle_id"
        " WHERE o.id = :order",
        order=locked,
    )
    if order is None:
        raise NotFoundError("no such order", order=order_id)
    if order.cycle_state == CycleState.CLOSED:
        raise ConflictError("the cycle of this order has closed", order=order_id)
    return order
