"""Planning parcels after the share-out: a batch for each grid, a parcel for each order that gets something. Set-based."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.catalog.kinds import FRAGILE_KINDS
from supplyhub.db import execute
from supplyhub.depot.contents import CONTENTS
from supplyhub.depot.rules import BAG_GRAMS

if TYPE_CHECKING:
    from supplyhub.catalog.parts import Part


# The orders that get something, with what it weighs: order_id, grid_id, weight_grams, fragile, sequence. What the planner
# knows of tables that were empty a moment ago is worth nothing: OFFSET 0 lets it look each order's goods up, and a part takes
# the items of its own menus.
BAGGED = f"""
    WITH item AS MATERIALIZED (
        SELECT i.id, p.unit_weight_grams, p.category = ANY (:fragile) AS fragile
        FROM menu AS m
        JOIN menu_item AS i ON i.menu_id = m.id
        JOIN offer AS f ON f.id = i.offer_id
        JOIN product AS p ON p.id = f.product_id
        WHERE m.cycle_id = :cycle AND m.grid_id BETWEEN :first_grid AND :last_grid
    ), content AS MATERIALIZED (
        SELECT o.id AS order_id, o.grid_id, c.goods_item_id, c.units
        FROM orders AS o
        CROSS JOIN LATERAL (
            SELECT goods_item_id, units FROM ({CONTENTS}) AS c WHERE order_id = o.id AND units > 0 OFFSET 0
        ) AS c
        WHERE o.cycle_id = :cycle AND o.grid_id BETWEEN :first_grid AND :last_grid
    )
    SELECT c.order_id, c.grid_id, sum(c.units * i.unit_weight_grams)::bigint AS weight_grams, bool_or(i.fragile) AS fragile,
           (SELECT n.sequence FROM order_number AS n WHERE n.order_id = c.order_id) AS sequence
    FROM content AS c JOIN item AS i ON i.id = c.goods_item_id GROUP BY c.order_id, c.grid_id
"""


def plan_parcels(cycle_id: int, part: Part) -> None:
    """Write the batches and parcels of a part of a cycle that was shared out. In the caller's transaction.

    A parcel's place follows the order's number, which the cut-off gave in the one sort order.
    """
    execute(
        f"""
        WITH bagged AS MATERIALIZED ({BAGGED}), opened AS (
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
