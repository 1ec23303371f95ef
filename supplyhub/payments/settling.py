"""Settling orders: covers pay what households don't, what was paid too much goes back, paid goods are kept."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from supplyhub import outbox
from supplyhub.catalog.parts import BY_INDEX, parts_of
from supplyhub.db import execute, row, rows
from supplyhub.payments.balance import BALANCE
from supplyhub.payments.dividing import Payment, cover_wanted, split_surplus
from supplyhub.payments.events import BookedInPart, OrdersSettled, RefundDue
from supplyhub.payments.states import RefundReason, RefundWay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Row

    from supplyhub.payments.dividing import Back

# An entry of more orders than this is settled in parts of its cycle's grids, each in a transaction of its own.
ORDERS_AT_ONCE = 5000


def settle(entry_id: int) -> None:
    """Settle the orders of a journal entry. Runs in the worker's transaction; a second run has no effect.

    Those of a large entry are left to an event for each part of the cycle's grids.
    """
    entry = row(ENTRY, entry=entry_id, most=ORDERS_AT_ONCE)
    if entry is None or not entry.large:
        _settle(_unsettled(OF_ENTRY, entry=entry_id))
        return
    for part in parts_of(entry.cycle_id):
        outbox.record(BookedInPart(entry.cycle_id, *part))


def settle_part(cycle_id: int, first_grid: int, last_grid: int) -> None:
    """Settle the orders of some grids of a cycle. Runs in the worker's transaction; a second run has no effect."""
    execute(BY_INDEX)
    _settle(_unsettled(OF_GRIDS, cycle=cycle_id, first_grid=first_grid, last_grid=last_grid))


def settle_again(orders: Sequence[int]) -> None:
    """Settle orders after the end of a transaction that settled them itself. Runs in the worker's transaction."""
    _settle(_unsettled("o.id = ANY (:orders)", orders=list(orders)))


ENTRY = """
    SELECT cycle_id, (SELECT count(*) FROM (SELECT FROM posting WHERE entry_id = e.id AND account = 'household'
                                            LIMIT CAST(:most AS int) + 1) AS p) > :most AS large
    FROM journal_entry AS e WHERE id = :entry
"""
OF_ENTRY = "o.id IN (SELECT order_id FROM posting WHERE entry_id = :entry AND account = 'household')"
OF_GRIDS = "o.cycle_id = :cycle AND o.grid_id BETWEEN :first_grid AND :last_grid"


def settle_orders(orders: Sequence[int]) -> None:
    """Bring what was paid for orders to what they are worth, as far as that is ours to do. In the caller's transaction.

    Covers follow what is owed. A surplus goes back once the order is final (cancelled, or booked after the cut-off): to
    the online payments that it came from, the newest first, else in cash; a change of mind before the cut-off moves no
    money. What is paid whole holds its goods for good. Again changes nothing.
    """
    _settle(list(orders))
    # Who looks for orders to settle at this moment doesn't see what isn't committed yet.
    outbox.record(OrdersSettled(list(orders)))


def _settle(orders: list[int]) -> None:
    if not orders:
        return
    # The order's row makes everybody who writes money for it take turns.
    execute("SELECT FROM orders WHERE id = ANY (:orders) ORDER BY id FOR NO KEY UPDATE", orders=orders)
    _settle_covers(orders)
    give_back(orders)
    keep_what_is_paid(orders)


def _unsettled(which: str, **bound: object) -> list[int]:
    """Return those of some orders that may have to be settled, by id; none is locked. `which` says of which orders o.

    One whose money changes in another transaction meanwhile may be missing: that one's own event comes after its end.
    """
    found = rows(
        f"""
        SELECT b.order_id FROM ({BALANCE.format(orders=which)}) AS b
        WHERE b.owed_fen < 0 OR (NOT b.booked AND b.paid_fen > 0)
           OR (b.owed_fen > 0 AND EXISTS (SELECT FROM cover WHERE order_id = b.order_id AND ended_at IS NULL))
        ORDER BY b.order_id
        """,
        **bound,
    )
    return [order.order_id for order in found]


def _settle_covers(orders: list[int]) -> None:
    found = rows(
        f"""
        SELECT b.order_id, o.cycle_id, b.value_fen, b.paid_fen - coalesce(c.fen, 0) AS paid_by_household_fen,
               coalesce(c.fen, 0) AS cover_fen, v.order_id IS NOT NULL AS covered
        FROM ({BALANCE.format(orders="o.id = ANY (:orders)")}) AS b
        JOIN orders AS o ON o.id = b.order_id
        LEFT JOIN cover AS v ON v.order_id = b.order_id AND v.ended_at IS NULL
        LEFT JOIN (
            SELECT p.order_id, -sum(p.amount_fen)::bigint AS fen FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id
            WHERE p.order_id = ANY (:orders) AND p.account = 'household' AND e.kind = 'covered' GROUP BY p.order_id
        ) AS c ON c.order_id = b.order_id
        WHERE v.order_id IS NOT NULL OR c.fen <> 0
        ORDER BY b.order_id
        """,
        orders=orders,
    )
    changes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for order in found:
        wanted = cover_wanted(order.value_fen, order.paid_by_household_fen, covered=order.covered)
        if wanted != order.cover_fen:
            changes[order.cycle_id].append((order.order_id, wanted - order.cover_fen))
    for cycle_id, changed in changes.items():
        _book_cover(cycle_id, changed)


def _book_cover(cycle_id: int, changed: list[tuple[int, int]]) -> None:
    execute(
        """
        WITH entry AS (INSERT INTO journal_entry (kind, cycle_id) VALUES ('covered', :cycle) RETURNING id),
        change AS (SELECT * FROM unnest(CAST(:orders AS bigint[]), CAST(:fen AS bigint[])) AS c(order_id, fen))
        INSERT INTO posting (entry_id, account, order_id, amount_fen)
        SELECT entry.id, 'household', change.order_id, -change.fen FROM change, entry
        UNION ALL
        SELECT entry.id, 'cover', change.order_id, change.fen FROM change, entry
        """,
        cycle=cycle_id,
        orders=[order for order, _ in changed],
        fen=[fen for _, fen in changed],
    )


def give_back(orders: Sequence[int]) -> None:
    """Promise back what was paid too much for final orders. In the caller's transaction, which holds their rows."""
    # Before the cut-off a household may still change its mind, and pays or gets back once for all.
    surplus = rows(
        f"""
        SELECT b.order_id, o.state = 'cancelled' AS cancelled, -b.owed_fen AS fen
        FROM ({BALANCE.format(orders="o.id = ANY (:orders)")}) AS b JOIN orders AS o ON o.id = b.order_id
        WHERE b.owed_fen < 0 AND (o.state = 'cancelled' OR b.booked) ORDER BY b.order_id
        """,
        orders=list(orders),
    )
    if surplus:
        payments = _refundable([order.order_id for order in surplus])
        promise(
            (
                order.order_id,
                RefundReason.CANCELLED if order.cancelled else RefundReason.SURPLUS,
                split_surplus(order.fen, payments[order.order_id]),
            )
            for order in surplus
        )


def _refundable(orders: list[int]) -> dict[int, list[Payment]]:
    """Lock the paid charges of orders and return what can go back to each, newest first.

    One that a refund bounced off isn't tried again: the household gets cash.
    """
    found: list[Row[Any]] = rows(
        """
        SELECT id, order_id, paid_fen - refunded_fen AS left_fen FROM charge
        WHERE order_id = ANY (:orders) AND paid_fen > refunded_fen
          AND NOT EXISTS (SELECT FROM refund AS r WHERE r.charge_id = charge.id AND r.state = 'failed')
        ORDER BY id FOR NO KEY UPDATE
        """,
        orders=orders,
    )
    payments: dict[int, list[Payment]] = defaultdict(list)
    for charge in reversed(found):
        payments[charge.order_id].append(Payment(charge.id, charge.left_fen))
    return payments


def promise(refunds: Iterable[tuple[int, RefundReason, list[Back]]]) -> None:
    """Promise money back: a refund each, its journal entry, and the worker's task for those that go online.

    In the caller's transaction, which holds the orders and their charges. The database refuses more than came.
    """
    wanted = [(order, reason, back) for order, reason, parts in refunds for back in parts]
    execute(
        """
        WITH wanted AS (
            SELECT * FROM unnest(CAST(:orders AS bigint[]), CAST(:reasons AS text[]), CAST(:charges AS bigint[]),
                                 CAST(:fen AS bigint[])) AS w(order_id, reason, charge_id, fen)
        ), made AS (
            INSERT INTO refund (order_id, way, charge_id, amount_fen, reason)
            SELECT order_id, CASE WHEN charge_id IS NULL THEN :cash ELSE :online END, charge_id, fen, reason FROM wanted
            RETURNING id, order_id, way, amount_fen
        ), entry AS (
            INSERT INTO journal_entry (kind, cycle_id, refund_id)
            SELECT 'refund_due', o.cycle_id, m.id FROM made AS m JOIN orders AS o ON o.id = m.order_id ORDER BY m.id
            RETURNING id, refund_id
        ), told AS (
            INSERT INTO outbox (topic, payload)
            SELECT :topic, jsonb_build_object('refund_id', id) FROM made WHERE way = :online
        )
        INSERT INTO posting (entry_id, account, order_id, amount_fen)
        SELECT e.id, 'household', m.order_id, m.amount_fen FROM made AS m JOIN entry AS e ON e.refund_id = m.id
        UNION ALL
        SELECT e.id, 'refunds', m.order_id, -m.amount_fen FROM made AS m JOIN entry AS e ON e.refund_id = m.id
        """,
        orders=[order for order, _, _ in wanted],
        reasons=[reason.value for _, reason, _ in wanted],
        charges=[back.charge_id for _, _, back in wanted],
        fen=[back.fen for _, _, back in wanted],
        cash=RefundWay.CASH,
        online=RefundWay.ONLINE,
        topic=RefundDue.topic,
    )


def keep_what_is_paid(orders: list[int]) -> None:
    """End the hold of orders that are paid whole, and remember the basket that they fall back to."""
    execute(
        f"""
        WITH paid AS (
            UPDATE orders AS u SET hold_until = NULL
            FROM ({BALANCE.format(orders="o.id = ANY (:orders)")}) AS b
            JOIN menu AS m ON NOT m.pays_on_delivery
            WHERE u.id = b.order_id AND m.id = u.menu_id AND u.state = 'placed' AND b.owed_fen <= 0 AND b.paid_fen > 0
              AND NOT b.booked
            RETURNING u.id, u.total_fen
        )
        INSERT INTO paid_basket (order_id, basket, total_fen)
        SELECT p.id, basket_of(p.id), p.total_fen
        FROM paid AS p
        ON CONFLICT (order_id) DO UPDATE SET basket = excluded.basket, total_fen = excluded.total_fen,
               paid_at = clock_timestamp()
        """,
        orders=orders,
    )
