"""Who entered an order for a household, and how it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows
from supplyhub.people.states import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def entered_for(asker: Asker, order_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Return by order who entered it as it stands, if that wasn't the household itself by web.

    Fields: order_id, version, channel, entered_at, who (a lead's name; an anchor's door), by (the account). A grid lead
    and a resident learn of the orders of the own grid, nobody of another community's.
    """
    found = rows(
        """
        SELECT DISTINCT ON (p.order_id)
               p.order_id, p.version, p.channel, p.entered_at, p.account_id AS by, a.display_name AS who, a.role
        FROM proxy_order AS p
        -- A withdrawal or a draw raises the version; the order is still that of whoever entered it last.
        JOIN orders AS o ON o.id = p.order_id AND o.channel <> 'web'
        JOIN account AS a ON a.id = p.account_id
        WHERE p.order_id = ANY (:orders) AND a.community_id = :community
          AND (CAST(:grid AS bigint) IS NULL OR o.grid_id = :grid)
        ORDER BY p.order_id, p.version DESC
        """,
        orders=list(order_ids),
        community=asker.community_id,
        grid=asker.grid() if asker.role == Role.GRID_LEAD else None,
    )
    return {entry.order_id: entry for entry in found}
