"""Buying: what is demanded and not on the shelf, in whole cases, a purchase order a platform."""

from __future__ import annotations

from supplyhub import outbox
from supplyhub.catalog.commands import cut_off_cycle
from supplyhub.db import execute, rows, scalar
from supplyhub.depot.batching import WORK_MEMORY, in_parts, seed_of
from supplyhub.depot.events import CycleCutOff, OrdersFinal
from supplyhub.depot.gifts import lay_gifts
from supplyhub.errors import ConflictError
from supplyhub.ordering.numbering import number_orders

UNDRAWN = """
    SELECT count(*) FROM menu AS m
    WHERE m.cycle_id = :cycle AND m.mode = 'draw' AND m.state = 'closed'
      AND NOT EXISTS (SELECT FROM draw AS d WHERE d.menu_id = m.id AND d.drawn_at IS NOT NULL)
"""


def cut_off_batch(cycle_id: int) -> None:
    """Take over what is usable on the shelf, write a cycle's purchase orders, lay in care packs, have its orders numbered.

    Runs in the worker's transaction; a second run has no effect. Raises ConflictError while a menu is still open or
    waits for its draw: asks are no orders.
    """
    if not cut_off_cycle(cycle_id):
        return
    execute(WORK_MEMORY)
    if scalar("SELECT count(*) FROM menu WHERE cycle_id = :cycle AND state = 'published'", cycle=cycle_id):
        raise ConflictError("a menu of this cycle still takes orders", cycle=cycle_id)
    if scalar(UNDRAWN, cycle=cycle_id):
        raise ConflictError("a menu of this cycle is not drawn yet", cycle=cycle_id)
    _take_over_the_shelf(cycle_id)
    _write_purchase_orders(cycle_id)
    _fill_cases(cycle_id, seed=seed_of(cycle_id))
    lay_gifts(cycle_id)
    in_parts(cycle_id, OrdersFinal, number_orders)
    outbox.record(CycleCutOff(cycle_id=cycle_id))


def _take_over_the_shelf(cycle_id: int) -> None:
    """Let lots that closed cycles left on the shelf, and that are good on the delivery day, serve this cycle."""
    lots = rows(
        """
        SELECT l.id FROM lot AS l
        JOIN cycle AS old ON old.id = l.serves_cycle_id
        JOIN cycle AS new ON new.id = :cycle AND new.community_id = old.community_id
        JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf' AND s.quantity > 0
        WHERE old.state = 'closed' AND l.purpose = 'everybody' AND l.expires_on >= new.delivery_on AND l.product_id IN (
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
    """Write an order a platform, in whole cases. What the shelf covers goes to the offers of a product in id order.

    A case that isn't full is filled by lines that take more, as far as they do; the rest of it stays on the shelf. Asks
    of a draw fill nothing.
    """
    execute(
        """
        WITH demand AS (
            SELECT f.id AS offer_id, f.platform_id, f.product_id, f.case_size, f.minimum_cases, f.cost_fen,
                   sum(l.units)::bigint AS units, coalesce(sum(l.more) FILTER (WHERE m.mode <> 'draw'), 0)::bigint AS more
            FROM (
                SELECT l.item_id, sum(l.quantity) AS units, coalesce(sum(l.most - l.quantity), 0) AS more
                FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
                WHERE o.cycle_id = :cycle AND o.state = 'placed' GROUP BY l.item_id
            ) AS l
            JOIN menu_item AS i ON i.id = l.item_id
            JOIN menu AS m ON m.id = i.menu_id
            JOIN offer AS f ON f.id = i.offer_id
            GROUP BY f.id
        ), shelf AS (
            SELECT l.product_id, sum(s.quantity)::bigint AS units
            FROM lot AS l JOIN stock_level AS s ON s.lot_id = l.id AND s.place = 'shelf'
            WHERE l.serves_cycle_id = :cycle AND l.purpose = 'everybody' GROUP BY l.product_id
        ), covered AS (
            SELECT d.*, greatest(0, least(d.units, coalesce(s.units, 0)
                - (sum(d.units) OVER (PARTITION BY d.product_id ORDER BY d.offer_id) - d.units)))::bigint AS from_shelf
            FROM demand AS d LEFT JOIN shelf AS s USING (product_id)
        ), bought AS (
            SELECT c.*, CASE WHEN c.units > c.from_shelf THEN
                       greatest(c.minimum_cases, (c.units - c.from_shelf + c.case_size - 1) / c.case_size) ELSE 0 END AS cases
            FROM covered AS c
        ), written AS (
            INSERT INTO purchase_order (cycle_id, platform_id)
            SELECT DISTINCT CAST(:cycle AS bigint), platform_id FROM demand ORDER BY platform_id
            RETURNING id, platform_id
        )
        INSERT INTO purchase_order_line (purchase_order_id, offer_id, demand, from_shelf, case_size, minimum_cases, cases,
                                         filled, cost_fen)
        SELECT w.id, b.offer_id, b.units, b.from_shelf, b.case_size, b.minimum_cases, b.cases,
               greatest(0, least(b.more, b.cases * b.case_size - b.units + b.from_shelf)), b.cost_fen
        FROM bought AS b JOIN written AS w USING (platform_id) ORDER BY w.id, b.offer_id
        """,
        cycle=cycle_id,
    )


def _fill_cases(cycle_id: int, *, seed: str) -> None:
    """Give what fills the cases to the lines that take more: one each before anybody gets two, equals by the draw."""
    execute(
        """
        WITH unit AS (
            SELECT l.order_id, l.item_id, p.filled, row_number() OVER (
                       PARTITION BY p.id ORDER BY nth, md5(:seed || ':' || l.order_id) COLLATE "C", l.order_id, l.item_id
                   ) AS place
            FROM purchase_order AS b
            JOIN purchase_order_line AS p ON p.purchase_order_id = b.id AND p.filled > 0
            JOIN menu AS m ON m.cycle_id = b.cycle_id AND m.mode <> 'draw'
            JOIN menu_item AS i ON i.menu_id = m.id AND i.offer_id = p.offer_id
            JOIN order_line AS l ON l.item_id = i.id AND l.most IS NOT NULL
            JOIN orders AS o ON o.id = l.order_id AND o.state = 'placed'
            CROSS JOIN LATERAL generate_series(1, l.most - l.quantity) AS nth
            WHERE b.cycle_id = :cycle
        )
        INSERT INTO case_fill (order_id, item_id, cycle_id, units)
        SELECT order_id, item_id, :cycle, count(*) FROM unit WHERE place <= filled GROUP BY order_id, item_id
        """,
        cycle=cycle_id,
        seed=seed,
    )
