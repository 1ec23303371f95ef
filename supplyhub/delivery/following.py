"""What the clock watches: tickets that nobody takes and volunteers who have gone silent, for the leads' inbox."""

from __future__ import annotations

from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.inbox import About, open_items
from supplyhub.delivery.states import InboxKind

# How long something may wait before a lead hears of it, and hears of it again once that was cleared.
PATIENCE_MINUTES = 15


def follow_up() -> int:
    """Open an item for each ticket that waits too long, and settle those that wait no more; return how many are new.

    One transaction; the same again changes nothing. Two at once do no harm: an item is open once.
    """
    with transaction():
        execute(
            f"UPDATE inbox_item AS i SET cleared_at = clock_timestamp() WHERE i.cleared_at IS NULL AND {SETTLED}",
            minutes=PATIENCE_MINUTES,
        )
        return _open(InboxKind.UNCLAIMED, UNCLAIMED) + _open(InboxKind.SILENT, SILENT)


def _open(kind: InboxKind, waiting: str) -> int:
    found = rows(waiting, kind=kind, minutes=PATIENCE_MINUTES)
    return open_items(kind, [About(ticket.cycle_id, ticket.grid_id, ticket.id) for ticket in found])


# Not `clock_timestamp()`, which no index is looked up by.
RECENTLY = "(statement_timestamp() - make_interval(mins => :minutes))"

# Something was heard of a ticket's doors lately: signal, or what was typed from paper. The recent entries are few, and found
# by their index, whatever came before.
HEARD = f"""
    t.handed_over_at > {RECENTLY} OR EXISTS (
        SELECT FROM delivery_entry AS e JOIN stop AS s ON s.id = e.stop_id
        WHERE s.ticket_id = t.id AND e.received_at > {RECENTLY})
"""

# Somebody took it, nobody has to any more, or it was voided; somebody reported a door, or all doors are done.
SETTLED = f"""(
    i.kind = 'unclaimed'
    AND EXISTS (SELECT FROM ticket AS t WHERE t.id = i.ticket_id AND (t.state <> 'issued' OR t.at_point))
    OR i.kind = 'silent' AND EXISTS (
        SELECT FROM ticket AS t
        WHERE t.id = i.ticket_id AND (t.state NOT IN ('handed_over', 'under_way') OR {HEARD}
              OR NOT EXISTS (SELECT FROM stop AS s WHERE s.ticket_id = t.id AND s.outcome IS NULL)))
)"""

# What a lead has just cleared may wait again as long.
WAITED = f"""
    NOT EXISTS (SELECT FROM inbox_item AS i WHERE i.ticket_id = t.id AND i.grid_id = t.grid_id AND i.kind = :kind
                AND coalesce(i.cleared_at, 'infinity') > {RECENTLY})
"""

# From when its last parcel was packed, or it took over from another, nothing is in the way of a claim.
UNCLAIMED = f"""
    SELECT t.id, t.cycle_id, t.grid_id
    FROM ticket AS t
    JOIN cycle AS c ON c.id = t.cycle_id AND c.state <> 'closed'
    LEFT JOIN ticket AS before ON before.id = t.predecessor_id
    CROSS JOIN LATERAL (
        SELECT max(p.packed_at) AS at, bool_and(p.packed_at IS NOT NULL) AS whole
        FROM stop AS s JOIN parcel AS p ON p.id = s.parcel_id WHERE s.ticket_id = t.id
    ) AS packed
    WHERE t.state = 'issued' AND NOT t.at_point AND packed.whole AND greatest(packed.at, before.voided_at) <= {RECENTLY}
      AND {WAITED}
"""

SILENT = f"""
    SELECT t.id, t.cycle_id, t.grid_id
    FROM ticket AS t
    JOIN cycle AS c ON c.id = t.cycle_id AND c.state <> 'closed'
    WHERE t.state IN ('handed_over', 'under_way') AND NOT t.at_point AND NOT ({HEARD})
      AND EXISTS (SELECT FROM stop AS s WHERE s.ticket_id = t.id AND s.outcome IS NULL) AND {WAITED}
"""
