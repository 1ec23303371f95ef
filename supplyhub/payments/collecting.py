"""What volunteers collect at doors, and what of it is still in their bags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.payments.balance import BALANCE
from supplyhub.payments.rules import AtDoor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

# A subquery, a row an order: order_id, fen. What is to be collected at the door: what is owed where the menu is paid on
# delivery. An order that somebody else pays says what a paid one says: nothing. `{{orders}}` says which orders o.
TO_COLLECT = f"""
    SELECT b.order_id, CASE
             WHEN m.pays_on_delivery AND NOT EXISTS (
               SELECT FROM cover AS k WHERE k.order_id = b.order_id AND k.ended_at IS NULL)
             THEN greatest(0, b.owed_fen) ELSE 0
           END AS fen
    FROM ({BALANCE}) AS b JOIN orders AS o ON o.id = b.order_id JOIN menu AS m ON m.id = o.menu_id
"""

# A subquery, a row a ticket where money was taken: ticket_id, cash_fen and shown_code_fen (taken, less what was taken back),
# expected_fen (cash that was counted already), counted_fen, left_fen (cash that nobody counted yet). `{tickets}` says
# which tickets t.
CASH_OF_TICKETS = """
    SELECT t.id AS ticket_id, coalesce(k.cash, 0)::bigint AS cash_fen, coalesce(k.shown_code, 0)::bigint AS shown_code_fen,
           coalesce(n.expected, 0)::bigint AS expected_fen, coalesce(n.counted, 0)::bigint AS counted_fen,
           (coalesce(k.cash, 0) - coalesce(n.expected, 0))::bigint AS left_fen
    FROM ticket AS t
    LEFT JOIN LATERAL (
        SELECT sum(amount_fen) FILTER (WHERE way = 'cash') AS cash,
               sum(amount_fen) FILTER (WHERE way = 'shown_code') AS shown_code,
               count(*) AS times
        FROM taking WHERE ticket_id = t.id
    ) AS k ON true
    LEFT JOIN LATERAL (
        SELECT sum(expected_fen) AS expected, sum(counted_fen) AS counted FROM cash_count WHERE ticket_id = t.id
    ) AS n ON true
    WHERE k.times > 0 AND {tickets}
"""


def to_collect(order_ids: Sequence[int]) -> dict[int, int]:
    """Return what is to be collected at the door for each of these orders, in fen."""
    found = rows(TO_COLLECT.format(orders="o.id = ANY (:orders)"), orders=list(order_ids))
    return {order.order_id: order.fen for order in found}


def at_doors(ticket_id: int, order_ids: Sequence[int]) -> dict[int, AtDoor]:
    """Return how orders of a ticket stand at their doors, for money that is reported now. The caller holds their rows."""
    owed = to_collect(order_ids)
    return {
        order.order_id: AtDoor(owed[order.order_id], order.told_fen, order.kept_fen)
        for order in rows(AT_DOORS, ticket=ticket_id, orders=list(order_ids))
    }


# A desk sees what is owed now; a phone without signal believes what it was told last. `most`: what was owed at most, money
# at doors left aside, at any time since the ticket was claimed. What is due in cash hasn't gone back, and needn't when it
# was never there.
AT_DOORS = """
    SELECT o.id AS order_id, coalesce(k.fen, 0) + coalesce(c.fen, 0) - coalesce(r.fen, 0) AS kept_fen,
           CASE WHEN m.pays_on_delivery AND NOT t.at_point
                THEN greatest(0, coalesce(told.most, 0) - coalesce(k.fen, 0)) ELSE 0 END AS told_fen
    FROM orders AS o JOIN menu AS m ON m.id = o.menu_id JOIN ticket AS t ON t.id = :ticket
    LEFT JOIN LATERAL (SELECT sum(amount_fen) AS fen FROM taking WHERE order_id = o.id) AS k ON true
    LEFT JOIN LATERAL (SELECT sum(paid_fen) AS fen FROM charge WHERE order_id = o.id) AS c ON true
    LEFT JOIN LATERAL (
        SELECT sum(amount_fen) AS fen FROM refund
        WHERE order_id = o.id AND state <> 'failed' AND NOT (way = 'cash' AND state = 'due')
    ) AS r ON true
    LEFT JOIN LATERAL (
        SELECT max(owed) AS most FROM (
            SELECT sum(p.amount_fen) OVER (ORDER BY e.id) AS owed, lead(e.booked_at) OVER (ORDER BY e.id) AS until
            FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id
            WHERE p.order_id = o.id AND p.account = 'household' AND e.kind <> 'taken'
        ) AS since WHERE coalesce(until > coalesce(t.claimed_at, t.handed_over_at), true)
    ) AS told ON true
    WHERE o.id = ANY (:orders)
"""


def cash_left(ticket_ids: Sequence[int]) -> dict[int, int]:
    """Return the cash of tickets that is still to be counted, in fen; tickets without any are left out."""
    found = rows(CASH_OF_TICKETS.format(tickets="t.id = ANY (:tickets)"), tickets=list(ticket_ids))
    return {ticket.ticket_id: ticket.left_fen for ticket in found if ticket.left_fen}


def takings_at(stop_id: int) -> list[Row[Any]]:
    """Return the money taken at a stop that nobody took back. Ask whose it is first.

    Fields: id, way, amount_fen, happened_at, booked_by (the account).
    """
    return rows(
        """
        SELECT k.id, k.way, k.amount_fen, k.happened_at, e.booked_by
        FROM stop AS s
        JOIN taking AS k ON k.order_id = s.order_id AND k.ticket_id = s.ticket_id
        JOIN journal_entry AS e ON e.taking_id = k.id
        WHERE s.id = :stop AND k.corrects IS NULL AND NOT EXISTS (SELECT FROM taking AS c WHERE c.corrects = k.id)
        ORDER BY k.received_at, k.id
        """,
        stop=stop_id,
    )


def cash_of_ticket(ticket_id: int) -> Row[Any] | None:
    """Return the money of a ticket, as CASH_OF_TICKETS has it, or None when none was taken. Ask whose it is first."""
    return row(CASH_OF_TICKETS.format(tickets="t.id = :ticket"), ticket=ticket_id)


def taken_too_much(cycle_id: int, grid_id: int) -> list[Row[Any]]:
    """Return the doors of a grid where more was taken than was owed by then, in walking order. Ask whose it is first.

    Fields: number (the order's), building_number, building_name, unit_number, door, surplus_fen, happened_at, waits: it
    is still to be given back in cash.
    """
    return rows(
        """
        SELECT n.number, b.number AS building_number, b.name AS building_name, h.unit_number, h.door,
               k.surplus_fen, k.happened_at,
               EXISTS (SELECT FROM refund AS r WHERE r.order_id = o.id AND r.way = 'cash' AND r.state = 'due') AS waits
        FROM taking AS k
        JOIN orders AS o ON o.id = k.order_id
        JOIN household AS h ON h.id = o.household_id
        JOIN building AS b ON b.id = h.building_id
        LEFT JOIN order_number AS n ON n.order_id = o.id
        WHERE o.cycle_id = :cycle AND k.grid_id = :grid AND k.surplus_fen > 0
          AND NOT EXISTS (SELECT FROM taking AS c WHERE c.corrects = k.id)
        ORDER BY b.route_position, b.number, h.unit_number, h.floor, h.door, k.received_at
        """,
        cycle=cycle_id,
        grid=grid_id,
    )
