"""What the books of a cycle come to, grid by grid and ticket by ticket; and what of it waits for somebody.

A lead learns of the own grid. Covers are told as a sum, never whose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import row, rows
from supplyhub.errors import NotFoundError
from supplyhub.payments.collecting import CASH_OF_TICKETS
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# Of each grid of a cycle: what its orders are worth, who paid, what went back. Before the cut-off's booking an order is
# worth its total. worth = online + cash + shown_code + covered - back + owed - held, in every grid.
GRIDS = """
    WITH booked AS (
        SELECT p.order_id,
               sum(p.amount_fen) FILTER (WHERE e.kind IN ('ordered', 'shared', 'packed', 'returned', 'credited')) AS worth,
               -sum(p.amount_fen) FILTER (WHERE e.kind = 'credited') AS credited,
               -sum(p.amount_fen) FILTER (WHERE e.kind = 'paid_online') AS online,
               -sum(p.amount_fen) FILTER (WHERE c.paid_way = 'alipay') AS alipay,
               -sum(p.amount_fen) FILTER (WHERE c.paid_way = 'wechat_pay') AS wechat_pay,
               -sum(p.amount_fen) FILTER (WHERE c.paid_way = 'card') AS card,
               -sum(p.amount_fen) FILTER (WHERE e.kind = 'taken' AND t.way = 'cash') AS cash,
               -sum(p.amount_fen) FILTER (WHERE e.kind = 'taken' AND t.way = 'shown_code') AS shown_code,
               -sum(p.amount_fen) FILTER (WHERE e.kind = 'covered') AS covered,
               sum(p.amount_fen) FILTER (WHERE e.kind LIKE 'refund%') AS back
        FROM journal_entry AS e JOIN posting AS p ON p.entry_id = e.id AND p.account = 'household'
        LEFT JOIN taking AS t ON t.id = e.taking_id LEFT JOIN charge AS c ON c.id = e.charge_id
        WHERE e.cycle_id = :cycle GROUP BY p.order_id
    ), each AS (
        SELECT o.id, o.grid_id, o.state, b.credited, b.online, b.alipay, b.wechat_pay, b.card, b.cash, b.shown_code,
               b.covered, b.back,
               coalesce(b.worth, CASE WHEN o.state = 'placed' AND y.state <> 'closed' THEN o.total_fen ELSE 0 END) AS worth
        FROM orders AS o JOIN cycle AS y ON y.id = o.cycle_id LEFT JOIN booked AS b ON b.order_id = o.id
        WHERE o.cycle_id = :cycle AND y.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR o.grid_id = :grid)
    ), sums AS (
        SELECT *, worth - coalesce(online, 0) - coalesce(cash, 0) - coalesce(shown_code, 0) - coalesce(covered, 0)
                  + coalesce(back, 0) AS owed
        FROM each
    )
    SELECT g.id AS grid_id, g.number AS grid_number, count(*) FILTER (WHERE s.state = 'placed') AS orders,
           coalesce(sum(worth), 0)::bigint AS worth_fen, coalesce(sum(credited), 0)::bigint AS credited_fen,
           coalesce(sum(online), 0)::bigint AS online_fen, coalesce(sum(alipay), 0)::bigint AS alipay_fen,
           coalesce(sum(wechat_pay), 0)::bigint AS wechat_pay_fen, coalesce(sum(card), 0)::bigint AS card_fen,
           coalesce(sum(cash), 0)::bigint AS cash_fen,
           coalesce(sum(shown_code), 0)::bigint AS shown_code_fen, coalesce(sum(covered), 0)::bigint AS covered_fen,
           coalesce(sum(back), 0)::bigint AS back_fen, coalesce(sum(greatest(owed, 0)), 0)::bigint AS owed_fen,
           coalesce(sum(greatest(-owed, 0)), 0)::bigint AS held_fen, count(*) FILTER (WHERE owed > 0) AS owing,
           count(*) FILTER (WHERE owed < 0) AS held
    FROM sums AS s JOIN grid AS g ON g.id = s.grid_id GROUP BY g.id ORDER BY g.number
"""
ADDED = (
    "orders",
    "worth_fen",
    "credited_fen",
    "online_fen",
    "cash_fen",
    "shown_code_fen",
    "covered_fen",
    "back_fen",
    "owed_fen",
    "held_fen",
    "owing",
    "held",
)

# What of a cycle's money waits for somebody, or went wrong.
WAITING = """
    SELECT coalesce(r.due, 0)::bigint AS due_fen, coalesce(r.due_count, 0) AS due_count,
           coalesce(r.by_hand, 0)::bigint AS by_hand_fen, coalesce(r.by_hand_count, 0) AS by_hand_count,
           coalesce(r.done, 0)::bigint AS done_fen, coalesce(r.failed_count, 0) AS failed_count,
           (SELECT count(*) FROM credit AS c JOIN orders AS o ON o.id = c.order_id
            WHERE o.cycle_id = :cycle AND c.state = 'asked') AS credits,
           (SELECT count(*) FROM cover AS v JOIN orders AS o ON o.id = v.order_id
            WHERE o.cycle_id = :cycle AND v.ended_at IS NULL) AS covers,
           (SELECT count(*) FROM orders WHERE cycle_id = :cycle AND hold_until IS NOT NULL) AS holds
    FROM (
        SELECT sum(f.amount_fen) FILTER (WHERE f.way = 'online' AND f.state IN ('due', 'sent')) AS due,
               count(*) FILTER (WHERE f.way = 'online' AND f.state IN ('due', 'sent')) AS due_count,
               sum(f.amount_fen) FILTER (WHERE f.way = 'cash' AND f.state = 'due') AS by_hand,
               count(*) FILTER (WHERE f.way = 'cash' AND f.state = 'due') AS by_hand_count,
               sum(f.amount_fen) FILTER (WHERE f.state = 'done') AS done,
               count(*) FILTER (WHERE f.way = 'online' AND f.state = 'failed') AS failed_count
        FROM refund AS f JOIN orders AS o ON o.id = f.order_id WHERE o.cycle_id = :cycle
    ) AS r
"""


def sums_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return the sums of each grid of a cycle that has orders, by grid number; a lead's own only.

    Fields: grid_id, grid_number, orders, worth_fen, credited_fen (what was taken off it by hand), online_fen, and
    of it alipay_fen, wechat_pay_fen, card_fen (as far as the gateway said), cash_fen,
    shown_code_fen, covered_fen, back_fen (what went back or is promised back), owed_fen, held_fen (paid too much and not
    promised back yet), owing and held (how many orders).
    """
    own = asker.grid() if asker.role == Role.GRID_LEAD else None
    return rows(GRIDS, cycle=cycle_id, community=asker.community_id, grid=own)


def total(sums: list[Row[Any]]) -> dict[str, int]:
    """Return the sums of all grids together."""
    return {name: sum(getattr(each, name) for each in sums) for name in ADDED}


def waiting_in(asker: Asker, cycle_id: int) -> Row[Any]:
    """Return what of a cycle's money waits for somebody; for coordinators.

    Fields: due_fen and due_count (refunds on their way online), by_hand_fen and by_hand_count (to be handed out),
    done_fen, failed_count (online refunds that the gateway refused; they became cash), credits (asked for), covers, holds.
    """
    found = row(
        f"{WAITING} JOIN cycle AS y ON y.id = :cycle AND y.community_id = :community",
        cycle=cycle_id,
        community=asker.community_id,
    )
    if found is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    return found


def cash_of_cycle(asker: Asker, cycle_id: int, *, grid_id: int | None = None) -> list[Row[Any]]:
    """Return the tickets of a cycle on which money was taken, by grid and sequence; a lead's own grid only.

    Fields: ticket_id, cash_fen, shown_code_fen, expected_fen and counted_fen (of what was counted), left_fen (cash that
    nobody counted yet), code, state, grid_number, badge, volunteer (of a desk badge is None, and this says who took it),
    delivery_point (of a desk, else None), notes (of differences), counted_by, counted_at.
    """
    own = asker.grid() if asker.role == Role.GRID_LEAD else grid_id
    return rows(
        f"""
        SELECT k.*, t.code, t.state, g.number AS grid_number, b.code AS badge, coalesce(a.display_name, s.takers) AS volunteer,
               CASE WHEN b.id IS NULL THEN d.name END AS delivery_point,
               coalesce(n.notes, '') AS notes, n.counted_by, n.counted_at
        FROM ({CASH_OF_TICKETS.format(tickets="t.cycle_id = :cycle")}) AS k
        JOIN ticket AS t ON t.id = k.ticket_id
        JOIN cycle AS y ON y.id = t.cycle_id
        JOIN grid AS g ON g.id = t.grid_id
        JOIN batch AS h ON h.id = t.batch_id
        LEFT JOIN delivery_point AS d ON d.id = h.delivery_point_id
        LEFT JOIN badge AS b ON b.id = t.badge_id
        LEFT JOIN account AS a ON a.id = b.account_id
        LEFT JOIN LATERAL (
            SELECT string_agg(DISTINCT w.display_name, '、') AS takers
            FROM taking AS q JOIN account AS w ON w.id = q.taken_by WHERE q.ticket_id = t.id
        ) AS s ON true
        LEFT JOIN LATERAL (
            SELECT string_agg(c.note, '；' ORDER BY c.id) FILTER (WHERE c.note <> '') AS notes,
                   string_agg(DISTINCT w.display_name, '、') AS counted_by, max(c.counted_at) AS counted_at
            FROM cash_count AS c JOIN account AS w ON w.id = c.counted_by WHERE c.ticket_id = t.id
        ) AS n ON true
        WHERE y.community_id = :community AND (CAST(:grid AS bigint) IS NULL OR t.grid_id = :grid)
        ORDER BY g.number, t.sequence
        """,
        cycle=cycle_id,
        community=asker.community_id,
        grid=own,
    )
