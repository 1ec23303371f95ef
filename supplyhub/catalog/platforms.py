"""The platforms that goods are bought on, and the least that an order there must come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplyhub.db import rows, scalar, transaction
from supplyhub.errors import InvalidError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


def platforms_for(asker: Asker) -> list[Row[Any]]:
    """Return the platforms by name: id, name, minimum_order_fen (0 for none), products (that it supplies now)."""
    return rows(
        """
        SELECT p.id, p.name, p.minimum_order_fen, count(o.id) AS products
        FROM platform AS p LEFT JOIN offer AS o ON o.platform_id = p.id AND o.active
        WHERE p.community_id = :community AND NOT p.for_care GROUP BY p.id ORDER BY p.name
        """,
        community=asker.community_id,
    )


def set_minimum_order(asker: Asker, platform_id: int, minimum_order_fen: int) -> None:
    """Set the least that an order on a platform must come to; 0 for none. Raises NotFoundError, InvalidError."""
    if minimum_order_fen < 0:
        raise InvalidError("the least that an order comes to is not negative", minimum_order_fen=minimum_order_fen)
    with transaction():
        found = scalar(
            "UPDATE platform SET minimum_order_fen = :fen WHERE id = :id AND community_id = :community RETURNING id",
            fen=minimum_order_fen,
            id=platform_id,
            community=asker.community_id,
        )
        if found is None:
            raise NotFoundError("no such platform", platform=platform_id)
