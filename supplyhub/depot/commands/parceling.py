"""Planning parcels after the share-out: a batch for each grid, a parcel for each order that gets something. Set-based."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.catalog.kinds import FRAGILE_KINDS
from supplyhub.db import execute
from supplyhub.depot.contents import CONTENTS
from supplyhub.depot.rules import BAG_GRAMS

if TYPE_CHECKING:
    from supplyhub.catalog.parts import Part


def plan_parcels(cycle_id: int, part: Part) -> None:
    """Write the batches and parcels of a part of a cycle that was shared out. In the caller's transaction.

    A parcel's place follows the order's number, which the cut-off gave in the one sort order.
    """
    execute(
        f"""
        WITH bagged AS MATERIALIZED (
            SELECT g.order_id, n.grid_id, n.sequence, g.weight_grams, g.fragile
            FROM (
                SELECT c.order_id, sum(c.units * p.unit_weight_grams)::bigint AS weight_grams,
                       bool_or(p.category = ANY (:fragile)) AS fragile
                FROM orders AS o JOIN ({CONTENTS}) AS c ON c.order_id = o.id AND c.units > 0
                JOIN menu_item AS i ON i.id = c.goods_item_id
                JOIN offer AS f ON f.id = i.offer_id
                JOIN product AS p ON p.id = f.product_id
                WHERE o.cycle_id = :cycle AND o.grid_id BETWEEN :first_grid AND :last_grid GROUP BY c.order_id
            ) AS g
            JOIN order_number AS n ON n.order_id = g.order_id
        ), opened AS (
            INSERT INTO batch (cycle_id, grid_id, delivery_point_id)
            SELECT :cycle, g.id, g.delivery_point_id
            FROM (SELECT DISTINCT grid_id FROM bagged) AS b JOIN grid AS g ON g.id = b.grid_id ORDER BY g.id
            RETURNING id, cycle_id, grid_id
        )
        INSERT INTO parcel (order_id, batch_id, cycle_id, grid_id, position, bags, weight_grams, fragile)
        SELECT g.order_id, b.id, b.cycle_id, b.grid_id, row_number() OVER (PARTITION BY b.id ORDER BY g.sequence),
               (g.weight_grams + :bag - 1) / :bag, g.weight_grams, g.fragile
        FROM bagged AS g JOIN opened AS b USING (grid_id)
        ORDER BY b.id, g.sequence
        """,
        cycle=cycle_id,
        **part._asdict(),
        bag=BAG_GRAMS,
        fragile=list(FRAGILE_KINDS),
    )
