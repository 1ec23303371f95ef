"""Sharing out what came: a share and a reason for every line, a batch a grid, a parcel an order. Set-based."""

from __future__ import annotations

from supplyhub import outbox
from supplyhub.catalog.states import CYCLE_MOVES
from supplyhub.db import execute, row, scalar
from supplyhub.depot.events import ParcelsPlanned
from supplyhub.depot.rules import BAG_GRAMS, POLICY
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.moves import move


def share_out(cycle_id: int) -> None:
    """Share a cycle's goods out once, by the policy of `rules.allocate`, and plan its parcels.

    Runs in the worker's transaction; a second run has no effect. Raises ConflictError before receiving is finished.
    """
    cycle = row("SELECT number, delivery_on, state FROM cycle WHERE id = :id FOR NO KEY UPDATE", id=cycle_id)
    if cycle is None:
        raise NotFoundError("no such cycle", cycle=cycle_id)
    if scalar("SELECT count(*) FROM allocation_run WHERE cycle_id = :cycle", cycle=cycle_id):
        return
    state = move(CYCLE_MOVES, cycle.state, "stage")
    if scalar("SELECT count(*) FROM purchase_order WHERE cycle_id = :cycle AND state <> 'received'", cycle=cycle_id):
        raise ConflictError("receiving isn't finished", cycle=cycle_id)
    # Known to everybody and the same in every run: a draw that nobody can repeat until it suits.
    allocate_lines(cycle_id, seed=f"{cycle.delivery_on:%Y-%m-%d}/{cycle.number}")
    _plan_parcels(cycle_id)
    execute("UPDATE cycle SET state = :state WHERE id = :cycle", state=state, cycle=cycle_id)
    outbox.record(ParcelsPlanned(cycle_id=cycle_id))


def allocate_lines(cycle_id: int, *, seed: str) -> None:
    """Write the run and an allocation for every line of placed orders. Only products that are short are drawn for.

    A unit of a short product is a row: care households' first, then everybody's first one before anybody's second,
    equals by the draw. As many units as there are on the shelf get one. What the care register said is kept with the
    decision: the register may change beside it.
    """
    execute(
        "INSERT INTO allocation_run (cycle_id, policy, seed) VALUES (:cycle, :policy, :seed)",
        cycle=cycle_id,
        policy=POLICY,
        seed=seed,
    )
    execute(
        """
        WITH line AS MATERIALIZED (
            SELECT l.order_id, l.item_id, f.product_id, l.quantity, c.id IS NOT NULL AS care_first
            FROM orders AS o
            JOIN order_line AS l ON l.order_id = o.id
            JOIN menu_item AS i ON i.id = l.item_id
            JOIN offer AS f ON f.id = i.offer_id
            LEFT JOIN care_case AS c ON c.household_id = o.household_id AND c.ended_at IS NULL
            WHERE o.cycle_id = :cycle AND o.state = 'placed'
        ), shelf AS (
            SELECT l.product_id, sum(s.quantity) AS units
            FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf'
            WHERE l.serves_cycle_id = :cycle GROUP BY l.product_id
        ), product AS MATERIALIZED (
            SELECT l.product_id, sum(l.quantity) AS demand, coalesce(max(s.units), 0) AS supply
            FROM line AS l LEFT JOIN shelf AS s USING (product_id) GROUP BY l.product_id
        ), unit AS (
            SELECT l.order_id, l.item_id, p.supply, row_number() OVER (
                       PARTITION BY l.product_id
                       ORDER BY l.care_first DESC, nth, md5(:seed || ':' || l.order_id) COLLATE "C", l.order_id, l.item_id
                   ) AS place
            FROM line AS l
            JOIN product AS p ON p.product_id = l.product_id AND p.supply > 0 AND p.supply < p.demand
            CROSS JOIN LATERAL generate_series(1, l.quantity) AS nth
        ), share AS (
            SELECT order_id, item_id, count(*) AS units FROM unit WHERE place <= supply GROUP BY order_id, item_id
        ), shared AS (
            SELECT l.order_id, l.item_id, l.quantity, l.care_first, p.supply,
                   CASE WHEN p.supply >= p.demand THEN l.quantity ELSE coalesce(s.units, 0) END AS units
            FROM line AS l JOIN product AS p USING (product_id) LEFT JOIN share AS s USING (order_id, item_id)
        )
        INSERT INTO allocation (order_id, item_id, cycle_id, ordered, allocated, care_first, reason)
        SELECT order_id, item_id, :cycle, quantity, units, care_first,
               CASE WHEN units = quantity THEN 'full' WHEN units > 0 THEN 'fair_share'
                    WHEN supply > 0 THEN 'none_left' ELSE 'nothing_came' END
        FROM shared
        """,
        cycle=cycle_id,
        seed=seed,
    )


def _plan_parcels(cycle_id: int) -> None:
    """Write a batch for each grid that gets something, and a parcel for each order that does.

    A parcel's place follows the order's number, which the cut-off gave in the one sort order.
    """
    execute(
        """
        INSERT INTO batch (cycle_id, grid_id, delivery_point_id)
        SELECT DISTINCT a.cycle_id, g.id, g.delivery_point_id
        FROM allocation AS a JOIN orders AS o ON o.id = a.order_id JOIN grid AS g ON g.id = o.grid_id
        WHERE a.cycle_id = :cycle AND a.allocated > 0 ORDER BY g.id
        """,
        cycle=cycle_id,
    )
    execute(
        """
        WITH bagged AS (
            SELECT a.order_id, sum(a.allocated * p.unit_weight_grams)::bigint AS weight_grams
            FROM allocation AS a
            JOIN menu_item AS i ON i.id = a.item_id
            JOIN offer AS f ON f.id = i.offer_id
            JOIN product AS p ON p.id = f.product_id
            WHERE a.cycle_id = :cycle AND a.allocated > 0 GROUP BY a.order_id
        )
        INSERT INTO parcel (order_id, batch_id, cycle_id, grid_id, position, bags, weight_grams)
        SELECT g.order_id, b.id, b.cycle_id, b.grid_id, row_number() OVER (PARTITION BY b.id ORDER BY n.sequence),
               (g.weight_grams + :bag - 1) / :bag, g.weight_grams
        FROM bagged AS g
        JOIN order_number AS n ON n.order_id = g.order_id
        JOIN batch AS b ON b.cycle_id = n.cycle_id AND b.grid_id = n.grid_id
        ORDER BY b.id, n.sequence
        """,
        cycle=cycle_id,
        bag=BAG_GRAMS,
    )
