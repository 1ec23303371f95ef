"""What still has to be done before a cycle can be closed: counted, the first of it named."""

from __future__ import annotations

from dataclasses import dataclass, field

from supplyhub.db import rows
from supplyhub.payments.collecting import CASH_OF_TICKETS

NAMED = 12


@dataclass(frozen=True, slots=True)
class Open:
    """One kind of thing that is open. `first`: at most 12 of its codes or names, as people know them; `english`: those names.

    Without English names they are the same in every language.

    what: shares, purchase_orders, parcels_to_pack, crates_on_the_way, tickets_free, tickets_claimed, tickets_out,
    parcels_out, returned_goods (units), stocktakes (`first`: places), holds (`first`: grids), cash_uncounted (`first`:
    tickets), inbox (`first`: grids), surplus, refunds_due, refunds_by_hand, credits (`first` of these: orders)
    """

    what: str
    number: int
    first: list[str]
    english: list[str] = field(default_factory=list)


def open_in(cycle_id: int) -> list[Open]:
    """Return what is open in a cycle, in the order of the work; nothing when it can be closed."""
    found = rows(OPEN, cycle=cycle_id)
    return [
        Open(each.what, each.number, _named(each.names), _named(each.english or [])) for each in found if each.number
    ]


def _named(names: list[str | None]) -> list[str]:
    # An order that was cancelled before the cut-off has no number.
    return [name for name in names if name][:NAMED]


# A stocktake is of the whole community: what it finds may still be a unit of this cycle.
OPEN = f"""
    SELECT 'shares' AS what, count(*) AS number, ARRAY[]::text[] AS names, ARRAY[]::text[] AS english FROM cycle
    WHERE id = :cycle AND (state = 'procuring' OR NOT EXISTS (SELECT FROM allocation_run WHERE cycle_id = :cycle))
    UNION ALL
    SELECT 'purchase_orders', count(*), array_agg(f.name ORDER BY f.name), NULL
    FROM purchase_order AS o JOIN platform AS f ON f.id = o.platform_id
    WHERE o.cycle_id = :cycle AND o.state NOT IN ('received', 'closed')
    UNION ALL
    SELECT 'parcels_to_pack', count(*), array_agg(code ORDER BY id), NULL FROM parcel
    WHERE cycle_id = :cycle AND state = 'planned'
    UNION ALL
    SELECT 'crates_on_the_way', count(*), array_agg(c.code ORDER BY c.id), NULL
    FROM crate_passage AS l JOIN crate AS c ON c.id = l.crate_id JOIN ticket AS t ON t.id = c.ticket_id
    WHERE t.cycle_id = :cycle AND l.step = 'left_depot' AND NOT EXISTS (
        SELECT FROM crate_passage AS r WHERE r.crate_id = l.crate_id AND r.step = 'reached_point')
    UNION ALL
    SELECT 'tickets_free', count(*), array_agg(code ORDER BY id), NULL FROM ticket
    WHERE cycle_id = :cycle AND state = 'issued'
    UNION ALL
    SELECT 'tickets_claimed', count(*), array_agg(code ORDER BY id), NULL FROM ticket
    WHERE cycle_id = :cycle AND state = 'claimed'
    UNION ALL
    SELECT 'tickets_out', count(*), array_agg(code ORDER BY id), NULL FROM ticket
    WHERE cycle_id = :cycle AND state IN ('handed_over', 'under_way')
    UNION ALL
    SELECT 'parcels_out', count(*), array_agg(p.code ORDER BY p.id), NULL
    FROM parcel AS p LEFT JOIN stop AS s ON s.parcel_id = p.id LEFT JOIN ticket AS t ON t.id = s.ticket_id
    WHERE p.cycle_id = :cycle AND p.state IN ('packed', 'handed_over') AND (t.id IS NULL OR t.state IN ('done', 'handed_back'))
    UNION ALL
    SELECT 'returned_goods', coalesce(sum(units), 0)::bigint, array_agg(name ORDER BY name),
           array_agg(english ORDER BY name)
    FROM (
        SELECT p.name_zh AS name, p.name_en AS english, sum(s.quantity) AS units
        FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'returned' AND s.quantity > 0
        JOIN product AS p ON p.id = l.product_id
        WHERE l.serves_cycle_id = :cycle GROUP BY p.id, p.name_zh, p.name_en
    ) AS goods
    UNION ALL
    SELECT 'stocktakes', count(*), array_agg(s.place ORDER BY s.place), NULL
    FROM stocktake AS s JOIN cycle AS c ON c.community_id = s.community_id
    WHERE c.id = :cycle AND s.state IN ('counting', 'counted')
    UNION ALL
    SELECT 'holds', count(*), array_agg(DISTINCT g.name), array_agg(DISTINCT 'Grid ' || g.number)
    FROM orders AS o JOIN grid AS g ON g.id = o.grid_id WHERE o.cycle_id = :cycle AND o.hold_until IS NOT NULL
    UNION ALL
    SELECT 'cash_uncounted', count(*), array_agg(t.code ORDER BY t.id), NULL
    FROM ({CASH_OF_TICKETS.format(tickets="t.cycle_id = :cycle")}) AS k JOIN ticket AS t ON t.id = k.ticket_id
    WHERE k.left_fen <> 0
    UNION ALL
    SELECT 'inbox', count(*), array_agg(DISTINCT g.name), array_agg(DISTINCT 'Grid ' || g.number)
    FROM inbox_item AS i JOIN grid AS g ON g.id = i.grid_id WHERE i.cycle_id = :cycle AND i.cleared_at IS NULL
    UNION ALL
    SELECT 'surplus', count(*), array_agg(n.number ORDER BY n.number), NULL
    FROM (
        SELECT p.order_id FROM journal_entry AS e JOIN posting AS p ON p.entry_id = e.id AND p.account = 'household'
        WHERE e.cycle_id = :cycle GROUP BY p.order_id HAVING sum(p.amount_fen) < 0
    ) AS held LEFT JOIN order_number AS n ON n.order_id = held.order_id
    UNION ALL
    SELECT 'refunds_' || CASE r.way WHEN 'cash' THEN 'by_hand' ELSE 'due' END, count(*),
           array_agg(n.number ORDER BY n.number), NULL
    FROM refund AS r JOIN orders AS o ON o.id = r.order_id LEFT JOIN order_number AS n ON n.order_id = o.id
    WHERE o.cycle_id = :cycle AND r.state IN ('due', 'sent') GROUP BY r.way
    UNION ALL
    SELECT 'credits', count(*), array_agg(n.number ORDER BY n.number), NULL
    FROM credit AS k JOIN orders AS o ON o.id = k.order_id LEFT JOIN order_number AS n ON n.order_id = o.id
    WHERE o.cycle_id = :cycle AND k.state = 'asked'
"""
