"""What the gateway says comes into the books: each thing once, however often and in whatever order it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.moves import move
from supplyhub.payments.balance import balance_of
from supplyhub.payments.dividing import Back
from supplyhub.payments.events import GatewayEventCame
from supplyhub.payments.journal import Line, book
from supplyhub.payments.settling import promise, settle_orders
from supplyhub.payments.states import CHARGE_MOVES, Account, ChargeState, EntryKind, RefundReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.outside.ports import Checkout, EventSeen
    from supplyhub.payments.states import CameBy

log = structlog.get_logger(__name__)

# What the basket of a charge c costs.
WORTH = """(SELECT coalesce(sum((l ->> 'quantity')::bigint * (l ->> 'unit_price_fen')::bigint), 0)::bigint
            FROM jsonb_array_elements(c.basket -> 'lines') AS l)"""
MOVES = {"open": "open", "paid": "pay", "ended": "end"}


def receive_events(events: Sequence[EventSeen], came_by: CameBy) -> int:
    """Keep events that are new, for the worker to look what they are about; return how many were. Again changes nothing."""
    with transaction():
        return _receive(events, came_by)


def remember_poll(until: datetime) -> None:
    """Remember that the gateway's list was read to its end, and its newest event's date. It never goes back."""
    with transaction():
        execute(
            "INSERT INTO gateway_poll (polled_until) VALUES (:until) ON CONFLICT (only_row)"
            " DO UPDATE SET polled_until = greatest(gateway_poll.polled_until, excluded.polled_until)",
            until=until,
        )


def book_checkout(seen: Checkout) -> bool:
    """Let a charge follow its checkout: opened, paid, ended. Returns False when it isn't one of ours.

    What the gateway received is booked, whatever was asked for, and what is too much goes back. A payment whose goods
    went to others takes them again if they are there, all of them; else it is kept for what the order owes by now,
    if it owes as much; else it goes back whole, at once. A paid charge stays paid.
    """
    with transaction():
        charge = _charge_for_update(seen)
        if charge is None:
            log.warning("checkout_unmatched", session=seen.id, charge=seen.charge_id)
            return False
        if seen.state == "paid" and seen.paid_fen > 0:
            _book_payment(charge, seen)
        elif (ChargeState(charge.state), MOVES[seen.state]) in CHARGE_MOVES:
            _follow(charge, seen)
        return True


def _receive(events: Sequence[EventSeen], came_by: CameBy) -> int:
    new = rows(
        """
        WITH new AS (
            INSERT INTO gateway_event (id, kind, object_id, made_at, came_by)
            SELECT *, :came_by FROM unnest(CAST(:ids AS text[]), CAST(:kinds AS text[]), CAST(:objects AS text[]),
                                           CAST(:made_at AS timestamptz[])) AS e(id, kind, object_id, made_at)
            ORDER BY e.id ON CONFLICT (id) DO NOTHING
            RETURNING id, made_at
        )
        INSERT INTO outbox (topic, payload)
        SELECT :topic, jsonb_build_object('event_id', id) FROM new ORDER BY made_at, id RETURNING id
        """,
        came_by=came_by,
        ids=[event.id for event in events],
        kinds=[event.kind for event in events],
        objects=[event.object_id for event in events],
        made_at=[event.made_at for event in events],
        topic=GatewayEventCame.topic,
    )
    return len(new)


def _charge_for_update(seen: Checkout) -> Row[Any] | None:
    """Lock the household of a checkout's charge, as ordering and lapsing do first, and return the charge as it is then.

    A charge has one checkout: another one that names it isn't its, nor is one that names another charge, or was asked for
    with another key, by another installation at the same gateway.
    """
    found = row(
        "SELECT c.id, o.household_id FROM charge AS c JOIN orders AS o ON o.id = c.order_id"
        " WHERE (c.id = :charge OR CAST(:charge AS bigint) IS NULL AND c.session_id = :session)"
        " AND :key IN ('', CAST(c.idempotency_key AS text))",
        charge=seen.charge_id,
        session=seen.id,
        key=seen.key,
    )
    if found is None:
        return None
    execute("SELECT FROM household WHERE id = :home FOR NO KEY UPDATE", home=found.household_id)
    return row(
        """
        SELECT c.id, c.order_id, c.state, c.amount_fen, c.basket, c.lapsed_at, o.cycle_id
        FROM charge AS c JOIN orders AS o ON o.id = c.order_id
        WHERE c.id = :charge AND coalesce(c.session_id, :session) = :session
          AND NOT EXISTS (SELECT FROM charge WHERE session_id = :session AND id <> c.id)
        """,
        charge=found.id,
        session=seen.id,
    )


def _follow(charge: Row[Any], seen: Checkout) -> None:
    execute(
        "UPDATE charge SET state = :state, session_id = :session, pay_url = CASE WHEN :state = 'open' THEN :url ELSE pay_url END"
        " WHERE id = :charge",
        state=move(CHARGE_MOVES, ChargeState(charge.state), MOVES[seen.state]),
        session=seen.id,
        url=seen.url,
        charge=charge.id,
    )


def _book_payment(charge: Row[Any], seen: Checkout) -> None:
    if charge.state == ChargeState.PAID:
        return
    if charge.lapsed_at is not None:
        # The items before the order's row, as everybody locks them.
        execute("SELECT lock_basket(order_id, basket) FROM charge WHERE id = :charge", charge=charge.id)
    execute("SELECT FROM orders WHERE id = :order FOR NO KEY UPDATE", order=charge.order_id)
    counts = charge.lapsed_at is None or _taken_again(charge, seen.paid_fen) or _owed(charge.order_id) >= seen.paid_fen
    execute(
        """
        UPDATE charge SET state = :state, session_id = :session, payment_id = :payment, paid_fen = :paid,
               paid_way = :way, paid_at = clock_timestamp(), lapsed_at = CASE WHEN NOT :counts THEN lapsed_at END,
               lapsed_version = CASE WHEN NOT :counts THEN lapsed_version END
        WHERE id = :charge
        """,
        state=move(CHARGE_MOVES, ChargeState(charge.state), "pay"),
        session=seen.id,
        payment=seen.payment_id,
        paid=seen.paid_fen,
        way=seen.paid_way,
        counts=counts,
        charge=charge.id,
    )
    lines = (Line(Account.GATEWAY, seen.paid_fen), Line(Account.HOUSEHOLD, -seen.paid_fen, charge.order_id))
    book(charge.cycle_id, EntryKind.PAID_ONLINE, lines, charge_id=charge.id)
    if counts:
        _remember_basket(charge)
    else:
        promise([(charge.order_id, RefundReason.TOO_LATE, [Back(charge.id, seen.paid_fen)])])
    settle_orders([charge.order_id])


def _taken_again(charge: Row[Any], paid_fen: int) -> bool:
    """Reserve again what a charge pays for, if it is paid for with that."""
    enough = scalar(
        f"SELECT {WORTH} <= paid_fen(c.order_id) + :paid FROM charge AS c WHERE c.id = :charge",
        charge=charge.id,
        paid=paid_fen,
    )
    return bool(enough and scalar("SELECT take_again(:charge)", charge=charge.id))


def _owed(order_id: int) -> int:
    balance = balance_of(order_id)
    return int(balance.owed_fen) if balance else 0


def _remember_basket(charge: Row[Any]) -> None:
    """Let an order that was enlarged while it was paid for fall back to what was paid for."""
    execute(
        f"""
        INSERT INTO paid_basket (order_id, basket, total_fen)
        SELECT c.order_id, c.basket, {WORTH} FROM charge AS c JOIN orders AS o ON o.id = c.order_id
        WHERE c.id = :charge AND o.hold_until IS NOT NULL AND {WORTH} <= paid_fen(c.order_id)
        ON CONFLICT (order_id) DO UPDATE SET basket = excluded.basket, total_fen = excluded.total_fen,
               paid_at = clock_timestamp()
        """,
        charge=charge.id,
    )
