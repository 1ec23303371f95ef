"""Goods that were held for a payment that didn't come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from supplyhub.db import scalar, transaction
from supplyhub.payments.settling import settle_orders

if TYPE_CHECKING:
    Lapsed = Literal["kept", "fell_back", "cancelled"]


def lapse_order(order_id: int) -> Lapsed:
    """Take back what an order holds and didn't pay in time: it falls back to what was paid, else it is cancelled.

    One that is paid by now, or has time left, is `kept`. A payment that comes later takes the goods again, if it can.
    """
    with transaction():
        became: Lapsed = scalar("SELECT lapse_hold(:order)", order=order_id)
        if became != "kept":
            settle_orders([order_id])
        return became
