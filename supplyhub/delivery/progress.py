"""How far a cycle has come, in one row of counts."""

from __future__ import annotations

from supplyhub.db import as_dict, row
from supplyhub.delivery.states import FINISHED_SQL, OUT_SQL


def cycle_progress(cycle_id: int) -> dict[str, int]:
    """Return the counts of a cycle: menus, orders, purchase orders, parcels by state, tickets by state."""
    counts = row(
        f"""
        SELECT
          (SELECT count(*) FROM menu WHERE cycle_id = :cycle) AS menus,
          (SELECT count(*) FROM menu WHERE cycle_id = :cycle AND state = 'closed') AS menus_closed,
          (SELECT count(*) FROM orders WHERE cycle_id = :cycle AND state = 'placed') AS orders,
          (SELECT count(*) FROM purchase_order WHERE cycle_id = :cycle) AS purchase_orders,
          (SELECT count(*) FROM purchase_order WHERE cycle_id = :cycle AND state IN ('received', 'closed'))
            AS received,
          p.parcels, p.packed, p.delivered, p.returned, t.tickets, t.claimed, t.handed_over, t.done
        FROM (
          SELECT count(*) AS parcels, count(*) FILTER (WHERE state <> 'planned') AS packed,
                 count(*) FILTER (WHERE state = 'delivered') AS delivered, count(*) FILTER (WHERE state = 'returned') AS returned
          FROM parcel WHERE cycle_id = :cycle
        ) AS p, (
          SELECT count(*) AS tickets, count(*) FILTER (WHERE state <> 'issued') AS claimed,
                 count(*) FILTER (WHERE state IN {OUT_SQL}) AS handed_over,
                 count(*) FILTER (WHERE state IN {FINISHED_SQL}) AS done
          FROM ticket WHERE cycle_id = :cycle AND state <> 'void'
        ) AS t
        """,
        cycle=cycle_id,
    )
    return as_dict(counts) if counts else {}
