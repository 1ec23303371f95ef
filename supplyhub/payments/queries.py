"""Reads of charges, refunds and the gateway's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows, scalar
from supplyhub.payments.balance import BALANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

# What a charge is asked for with: the same whenever it is asked for.
CHARGE = """
    SELECT id, order_id, state, amount_fen, idempotency_key, session_id, pay_url, wanted,
           made_at, lapsed_at
    FROM charge
"""
# Of an order o: it has a charge that could still be paid.
LIVE = "SELECT FROM charge WHERE order_id = o.id AND state IN ('preparing', 'open')"


def latest_charge(order_id: int) -> Row[Any] | None:
    """Return the latest charge of an order.

    Fields: id, state, amount_fen, paid_fen, paid_way, refunded_fen, pay_url, made_at, paid_at, lapsed.
    """
    return row(
        "SELECT id, state, amount_fen, paid_fen, paid_way, refunded_fen, pay_url, made_at, paid_at,"
        " lapsed_at IS NOT NULL AS lapsed FROM charge WHERE order_id = :order ORDER BY id DESC LIMIT 1",
        order=order_id,
    )


def refunds_of(order_id: int) -> list[Row[Any]]:
    """Return an order's refunds, the oldest first: way, state, reason, amount_fen, made_at, done_at, and the way it came by."""
    return rows(
        "SELECT r.id, r.way, r.state, r.reason, r.amount_fen, r.made_at, r.done_at, c.paid_way"
        " FROM refund AS r LEFT JOIN charge AS c ON c.id = r.charge_id WHERE r.order_id = :order ORDER BY r.id",
        order=order_id,
    )


def charge_of(charge_id: int) -> Row[Any] | None:
    """Return a charge as it is asked for at the gateway, or None."""
    return row(f"{CHARGE} WHERE id = :charge", charge=charge_id)


def charges_to_finish(limit: int) -> list[Row[Any]]:
    """Return live charges that somebody has to look after, the oldest first.

    Those whose opening was broken off; whose goods went to others; whose order owes another amount by now; and those that
    must have ended by themselves. `ask_only`: nothing speaks against it being paid yet.
    """
    return rows(
        f"""
        SELECT c.*, NOT (c.lapsed_at IS NOT NULL OR b.owed_fen <> c.amount_fen) AS ask_only
        FROM ({CHARGE} WHERE state IN ('preparing', 'open')) AS c
        CROSS JOIN LATERAL ({BALANCE.format(orders="o.id = c.order_id")}) AS b
        WHERE (c.state = 'preparing' OR c.lapsed_at IS NOT NULL OR b.owed_fen <> c.amount_fen
               OR c.made_at < clock_timestamp() - interval '45 min') AND c.made_at < clock_timestamp() - interval '30 s'
        ORDER BY c.id LIMIT :limit
        """,
        limit=limit,
    )


def holds_to_lapse(limit: int) -> list[int]:
    """Return orders whose hold has ended and that nobody can pay any more, the oldest first.

    Or where somebody could, and the gateway didn't answer for ten minutes.
    """
    found = rows(
        f"""
        SELECT o.id FROM orders AS o WHERE o.hold_until <= clock_timestamp()
          AND (o.hold_until <= clock_timestamp() - interval '10 min' OR NOT EXISTS ({LIVE}))
        ORDER BY o.hold_until, o.id LIMIT :limit
        """,
        limit=limit,
    )
    return [order.id for order in found]


def charges_of_ended_holds(limit: int) -> list[Row[Any]]:
    """Return live charges of orders whose hold has ended, the oldest first."""
    return rows(
        f"""
        SELECT c.* FROM ({CHARGE} WHERE state IN ('preparing', 'open')) AS c JOIN orders AS o ON o.id = c.order_id
        WHERE o.hold_until <= clock_timestamp() ORDER BY o.hold_until, c.id LIMIT :limit
        """,
        limit=limit,
    )


def event_of(event_id: str) -> Row[Any] | None:
    """Return an event of the gateway: kind and object_id, or None."""
    return row("SELECT kind, object_id FROM gateway_event WHERE id = :event", event=event_id)


def refund_to_send(refund_id: int) -> Row[Any] | None:
    """Return a refund that the gateway has still to be asked for, or None."""
    return row(
        "SELECT r.id, r.amount_fen, r.idempotency_key, c.payment_id FROM refund AS r JOIN charge AS c ON c.id = r.charge_id"
        " WHERE r.id = :refund AND r.state = 'due' AND r.way = 'online'",
        refund=refund_id,
    )


def refunds_on_their_way(limit: int) -> Sequence[str]:
    """Return the gateway's ids of refunds that it has and didn't finish within ten minutes, the oldest first."""
    found = rows(
        "SELECT gateway_id FROM refund WHERE state = 'sent' AND made_at < clock_timestamp() - interval '10 min'"
        " ORDER BY id LIMIT :limit",
        limit=limit,
    )
    return [refund.gateway_id for refund in found]


def cancelled_with_money(limit: int) -> list[int]:
    """Return cancelled orders of cycles under way that still hold money, at most `limit`."""
    found = rows(
        """
        SELECT o.id FROM orders AS o JOIN cycle AS y ON y.id = o.cycle_id AND y.state <> 'closed'
        CROSS JOIN LATERAL (SELECT sum(amount_fen) AS fen FROM posting WHERE order_id = o.id AND account = 'household') AS p
        WHERE o.state = 'cancelled' AND p.fen < 0 ORDER BY o.id LIMIT :limit
        """,
        limit=limit,
    )
    return [order.id for order in found]


def polled_until() -> Any:
    """Return the gateway's date of the newest event when its list was last read to the end, None before there was one."""
    return scalar("SELECT polled_until FROM gateway_poll")
