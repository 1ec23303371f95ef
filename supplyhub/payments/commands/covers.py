"""Somebody else pays for an order (减免): the coordinator decides, and nobody but the household learns of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.db import execute, scalar, transaction
from supplyhub.errors import ConflictError
from supplyhub.ordering.draw.commands import MINUTES_TO_PAY
from supplyhub.ordering.states import OrderState
from supplyhub.payments.locking import order_for_update
from supplyhub.payments.settling import settle_orders

if TYPE_CHECKING:
    from supplyhub.payments.states import CoverSource
    from supplyhub.people.asker import Asker


def cover_order(asker: Asker, order_id: int, source: CoverSource) -> None:
    """Let hardship help or donations pay what an order owes, now and when it changes; again changes nothing.

    Raises NotFoundError, and ConflictError for an order that was cancelled, whose cycle closed, or that another source
    pays already (`source`).
    """
    with transaction():
        order = order_for_update(asker, order_id)
        if order.state == OrderState.CANCELLED:
            raise ConflictError("this order was cancelled", order=order_id)
        standing = scalar("SELECT source FROM cover WHERE order_id = :order AND ended_at IS NULL", order=order_id)
        if standing == source:
            return
        if standing:
            raise ConflictError("another source pays for this order", source=standing)
        execute(
            "INSERT INTO cover (order_id, source, decided_by) VALUES (:order, :source, :by)",
            order=order_id,
            source=source,
            by=asker.account_id,
        )
        settle_orders([order_id])


def end_cover(asker: Asker, order_id: int) -> None:
    """End an order's cover: its household owes again what was covered. Without one nothing changes.

    Where orders are paid before they come, its goods are held for as long as it takes to pay, and no longer. Raises
    NotFoundError, ConflictError when the cycle has closed.
    """
    with transaction():
        order_for_update(asker, order_id)
        ended = scalar(
            "UPDATE cover SET ended_at = clock_timestamp(), ended_by = :by WHERE order_id = :order AND ended_at IS NULL"
            " RETURNING id",
            order=order_id,
            by=asker.account_id,
        )
        if ended is not None:
            settle_orders([order_id])
            execute(HOLD_AGAIN, order=order_id, minutes=MINUTES_TO_PAY)


# What the cover paid is nothing to fall back to any more.
HOLD_AGAIN = """
    WITH unpaid AS (
        UPDATE orders AS o SET hold_until = clock_timestamp()
               + make_interval(mins => CASE m.mode WHEN 'draw' THEN CAST(:minutes AS int) ELSE 15 END)
        FROM menu AS m JOIN cycle AS y ON y.id = m.cycle_id AND y.state = 'ordering'
        WHERE o.id = :order AND m.id = o.menu_id AND NOT m.pays_on_delivery AND o.state = 'placed'
          AND o.total_fen > paid_fen(o.id)
          AND CASE m.mode WHEN 'draw' THEN EXISTS (SELECT FROM draw WHERE menu_id = m.id AND drawn_at IS NOT NULL)
                   ELSE m.state = 'published' END
        RETURNING o.id
    )
    DELETE FROM paid_basket AS k USING unpaid WHERE k.order_id = unpaid.id AND k.total_fen > paid_fen(k.order_id)
"""
