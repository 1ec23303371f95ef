"""What the coordinator works on: an order's money, refunds in cash, credits that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError
from supplyhub.payments.balance import BALANCE

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

FOUND = 60

# An order with where it lives.
ORDER = """
    SELECT o.id, o.cycle_id, y.number AS cycle_number, y.state AS cycle_state, o.state, o.household_id, n.number,
           g.number AS grid_number,
           coalesce(nullif(b.number, 0)::text, b.name) || '-' || h.unit_number || '-' || h.door AS door
    FROM orders AS o
    JOIN cycle AS y ON y.id = o.cycle_id
    JOIN grid AS g ON g.id = o.grid_id
    JOIN household AS h ON h.id = o.household_id
    JOIN building AS b ON b.id = o.building_id
    LEFT JOIN order_number AS n ON n.order_id = o.id
    WHERE y.community_id = :community
"""
WHICH = {
    "owing": "m.owed_fen > 0",
    "covered": "EXISTS (SELECT FROM cover AS v WHERE v.order_id = o.id AND v.ended_at IS NULL)",
    "credited": "EXISTS (SELECT FROM credit AS k WHERE k.order_id = o.id)",
    "all": "true",
}


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """An order's money as the coordinator sees it.

    order: id, cycle_id, cycle_number, cycle_state, state, household_id, number, grid_number, door
    balance: value_fen, paid_fen, owed_fen, booked
    entries: what stands in the journal about it, the oldest first: kind, way (of money at the door), amount_fen (what it
    changed of what is owed), booked_at, by
    cover: source, decided_by, decided_at of the one that stands, or None
    credits: id, amount_fen, reason, note, state, asked_by, asked_by_id, asked_at, decided_by
    refunds: id, way, amount_fen, reason, state, failure, made_at, done_at
    """

    order: Row[Any]
    balance: Row[Any]
    entries: list[Row[Any]]
    cover: Row[Any] | None
    credits: list[Row[Any]]
    refunds: list[Row[Any]]


def orders_with_money(asker: Asker, cycle_id: int, *, which: str = "owing", find: str = "") -> list[Row[Any]]:
    """Return orders of a cycle with their balance, in walking order, at most 60; `find`: a part of a number or a door.

    `which`: owing, covered, credited or all. Fields: those of `OrderMoney.order` and value_fen, paid_fen, owed_fen.
    """
    return rows(
        f"""
        SELECT * FROM (
            SELECT q.*, m.value_fen, m.paid_fen, m.owed_fen, b.route_position, b.number AS house, h.unit_number, h.floor
            FROM ({ORDER} AND o.cycle_id = :cycle) AS q
            JOIN orders AS o ON o.id = q.id
            JOIN household AS h ON h.id = o.household_id
            JOIN building AS b ON b.id = o.building_id
            CROSS JOIN LATERAL ({BALANCE.format(orders="o.id = q.id")}) AS m
            WHERE (:find = '' OR q.number LIKE '%' || :find || '%' OR q.door LIKE :find || '%') AND {WHICH[which]}
        ) AS found ORDER BY grid_number, route_position, house, unit_number, floor, door LIMIT :limit
        """,
        community=asker.community_id,
        cycle=cycle_id,
        find=find.replace("%", "").replace("_", "").replace("\\", ""),
        limit=FOUND + 1,
    )


def order_money(asker: Asker, order_id: int) -> OrderMoney:
    """Return an order's money, for coordinators. Raises NotFoundError."""
    order = row(f"{ORDER} AND o.id = :order", community=asker.community_id, order=order_id)
    balance = row(BALANCE.format(orders="o.id = :order"), order=order_id)
    if order is None or balance is None:
        raise NotFoundError("no such order", order=order_id)
    return OrderMoney(
        order,
        balance,
        rows(ENTRIES, order=order_id),
        row(
            "SELECT v.source, a.display_name AS decided_by, v.decided_at FROM cover AS v JOIN account AS a ON a.id = v.decided_by"
            " WHERE v.order_id = :order AND v.ended_at IS NULL",
            order=order_id,
        ),
        rows(f"{CREDITS} WHERE k.order_id = :order ORDER BY k.id", order=order_id),
        rows(
            "SELECT id, way, amount_fen, reason, state, failure, made_at, done_at FROM refund"
            " WHERE order_id = :order ORDER BY id",
            order=order_id,
        ),
    )


def credits_asked(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return the credits of a cycle that wait for a second person, the oldest first: as `OrderMoney.credits`, with door."""
    return rows(
        f"SELECT k.*, q.door, q.number, q.grid_number FROM ({CREDITS} WHERE k.state = 'asked') AS k"
        f" JOIN ({ORDER} AND o.cycle_id = :cycle) AS q ON q.id = k.order_id ORDER BY k.id",
        community=asker.community_id,
        cycle=cycle_id,
    )


def refunds_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return the refunds of a cycle, those to be handed out first, then those on their way, then the rest.

    Fields: id, order_id, way, amount_fen, reason, state, failure, made_at, done_at, agreed_by and agreed_by_id (who agreed
    to much cash, or None), done_by, door, number, grid_number.
    """
    return rows(
        f"""
        SELECT r.id, r.order_id, r.way, r.amount_fen, r.reason, r.state, r.failure, r.made_at, r.done_at,
               s.display_name AS agreed_by, r.second_by AS agreed_by_id, d.display_name AS done_by, q.door, q.number,
               q.grid_number
        FROM refund AS r JOIN ({ORDER} AND o.cycle_id = :cycle) AS q ON q.id = r.order_id
        LEFT JOIN account AS s ON s.id = r.second_by LEFT JOIN account AS d ON d.id = r.done_by
        ORDER BY CASE WHEN r.way = 'cash' AND r.state = 'due' THEN 0 WHEN r.state IN ('due', 'sent') THEN 1 ELSE 2 END, r.id
        """,
        community=asker.community_id,
        cycle=cycle_id,
    )


ENTRIES = """
    SELECT e.kind, t.way, p.amount_fen, e.booked_at, a.display_name AS by
    FROM posting AS p JOIN journal_entry AS e ON e.id = p.entry_id
    LEFT JOIN taking AS t ON t.id = e.taking_id LEFT JOIN account AS a ON a.id = e.booked_by
    WHERE p.order_id = :order AND p.account = 'household' ORDER BY e.id
"""

CREDITS = """
    SELECT k.id, k.order_id, k.amount_fen, k.reason, k.note, k.state, a.display_name AS asked_by, k.asked_by AS asked_by_id,
           k.asked_at, d.display_name AS decided_by
    FROM credit AS k JOIN account AS a ON a.id = k.asked_by LEFT JOIN account AS d ON d.id = k.decided_by
"""
