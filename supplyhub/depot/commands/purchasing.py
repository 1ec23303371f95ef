"""Buying: what is demanded and not on the shelf, in whole cases, a purchase order a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplyhub.catalog.commands import cut_off_cycle
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.depot.queries import purchase_order_for_update
from supplyhub.depot.states import PURCHASE_MOVES
from supplyhub.errors import ConflictError
from supplyhub.moves import move
from supplyhub.ordering.numbering import number_orders

if TYPE_CHECKING:
    from supplyhub.people.asker import Asker

UNDRAWN = """
    SELECT count(*) FROM menu AS m
    WHERE m.cycle_id = :cycle AND m.mode = 'draw' AND m.state = 'closed'
      AND NOT EXISTS (SELECT FROM draw AS d WHERE d.menu_id = m.id AND d.drawn_at IS NOT NULL)
"""


def cut_off_batch(cycle_id: int) -> None:
    """Number a cycle's orders, take over what is usable on the shelf, and write its purchase orders.

    Runs in the worker's transaction; a second run has no effect. Raises ConflictError while a menu is still open or
    waits for its draw: asks are no orders.
    """
    if not cut_off_cycle(cycle_id):
        return
    if scalar("SELECT count(*) FROM menu WHERE cycle_id = :cycle AND state = 'published'", cycle=cycle_id):
        raise ConflictError("a menu of this cycle still takes orders", cycle=cycle_id)
    if scalar(UNDRAWN, cycle=cycle_id):
        raise ConflictError("a menu of this cycle is not drawn yet", cycle=cycle_id)
    number_orders(cycle_id)
    _take_over_the_shelf(cycle_id)
    _write_purchase_orders(cycle_id)


def send_purchase_order(asker: Asker, purchase_order_id: int) -> None:
    """Note that a purchase order went to its platform; from now on its goods can be received."""
    with transaction():
        order = purchase_order_for_update(asker, purchase_order_id)
        execute(
            "UPDATE purchase_order SET state = :state, sent_at = clock_timestamp() WHERE id = :id",
            id=order.id,
            state=move(PURCHASE_MOVES, order.state, "send"),
        )


def _take_over_the_shelf(cycle_id: int) -> None:
    """Let lots that closed cycles left on the shelf, and that are good on the delivery day, serve this cycle."""
    lots = rows(
        """
        SELECT l.id FROM lot AS l
        JOIN cycle AS old ON old.id = l.serves_cycle_id
        JOIN cycle AS new ON new.id = :cycle AND new.community_id = old.community_id
        JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf' AND s.quantity > 0
        WHERE old.state = 'closed' AND l.expires_on >= new.delivery_on AND l.product_id IN (
            SELECT f.product_id FROM menu AS m JOIN menu_item AS i ON i.menu_id = m.id JOIN offer AS f ON f.id = i.offer_id
            WHERE m.cycle_id = :cycle AND i.reserved > 0
        )
        ORDER BY l.id FOR NO KEY UPDATE OF l
        """,
        cycle=cycle_id,
    )
    # Asked again after the lock: another cycle may have taken the lot while this one waited.
    execute(
        """
        UPDATE lot SET serves_cycle_id = :cycle FROM cycle AS old
        WHERE lot.id = ANY (:lots) AND old.id = lot.serves_cycle_id AND old.state = 'closed'
        """,
        cycle=cycle_id,
        lots=[lot.id for lot in lots],
    )


def _write_purchase_orders(cycle_id: int) -> None:
    """Write an order a platform. What the shelf covers goes to the offers of a product in id order."""
    execute(
        """
        WITH demand AS (
            SELECT i.offer_id, f.platform_id, f.product_id, f.case_size, f.cost_fen, sum(l.quantity)::bigint AS units
            FROM orders AS o
            JOIN order_line AS l ON l.order_id = o.id
            JOIN menu_item AS i ON i.id = l.item_id
            JOIN offer AS f ON f.id = i.offer_id
            WHERE o.cycle_id = :cycle AND o.state = 'placed'
            GROUP BY i.offer_id, f.id
        ), shelf AS (
            SELECT l.product_id, sum(s.quantity)::bigint AS units
            FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf'
            WHERE l.serves_cycle_id = :cycle GROUP BY l.product_id
        ), covered AS (
            SELECT d.*, greatest(0, least(d.units, coalesce(s.units, 0)
                - (sum(d.units) OVER (PARTITION BY d.product_id ORDER BY d.offer_id) - d.units)))::bigint AS from_shelf
            FROM demand AS d LEFT JOIN shelf AS s USING (product_id)
        ), written AS (
            INSERT INTO purchase_order (cycle_id, platform_id)
            SELECT DISTINCT CAST(:cycle AS bigint), platform_id FROM demand ORDER BY platform_id
            RETURNING id, platform_id
        )
        INSERT INTO purchase_order_line (purchase_order_id, offer_id, demand, from_shelf, case_size, cases, cost_fen)
        SELECT w.id, c.offer_id, c.units, c.from_shelf, c.case_size,
               (c.units - c.from_shelf + c.case_size - 1) / c.case_size, c.cost_fen
        FROM covered AS c JOIN written AS w USING (platform_id) ORDER BY w.id, c.offer_id
        """,
        cycle=cycle_id,
    )
