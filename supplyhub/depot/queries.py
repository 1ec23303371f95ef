"""Reads of the depot: purchase orders, shortages, batches, stock. No phone, no name of a household, no care.

All of them are scoped to the asker's community; rows carry the fields that their docstrings name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def shortages_for(asker: Asker, cycle_id: int) -> list[Row[Any]]:
    """Return what is short of a cycle after it was shared out, the largest gap first; empty before.

    Fields: product_id, sku, name_zh, name_en, unit, picture, ordered, allocated, short, and how many lines got all
    (`full_lines`), a part (`part_lines`), nothing (`empty_lines`); the policy, and how many units others stood in for
    (`replaced`).
    """
    return rows(
        """
        SELECT p.id AS product_id, p.sku, p.name_zh, p.name_en, p.unit, p.picture, sum(a.ordered)::bigint AS ordered,
               sum(a.allocated)::bigint AS allocated, sum(a.ordered - a.allocated)::bigint AS short,
               count(*) FILTER (WHERE a.allocated = a.ordered) AS full_lines,
               count(*) FILTER (WHERE a.allocated BETWEEN 1 AND a.ordered - 1) AS part_lines,
               count(*) FILTER (WHERE a.allocated = 0) AS empty_lines,
               coalesce((SELECT policy FROM shortage_choice WHERE cycle_id = :cycle AND product_id = p.id),
                        'care_first_equal_share') AS policy,
               coalesce(sum(s.units), 0)::bigint AS replaced
        FROM allocation AS a
        LEFT JOIN substitution AS s ON s.order_id = a.order_id AND s.item_id = a.item_id
        JOIN cycle AS c ON c.id = a.cycle_id
        JOIN menu_item AS i ON i.id = a.item_id AND NOT i.for_care
        JOIN offer AS o ON o.id = i.offer_id
        JOIN product AS p ON p.id = o.product_id
        WHERE a.cycle_id = :cycle AND c.community_id = :community
        GROUP BY p.id HAVING sum(a.ordered - a.allocated) > 0 ORDER BY short DESC, p.sku
        """,
        cycle=cycle_id,
        community=asker.community_id,
    )
