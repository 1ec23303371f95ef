"""The board of a cycle: five stages with one number each, and how far every grid is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import rows
from supplyhub.delivery.rules import grid_word

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker


@dataclass(frozen=True, slots=True)
class GridProgress:
    """How far a grid is. `packed` counts parcels packed or beyond, `out` those handed over or beyond.

    word: waiting, packing, packed, on_way, done.
    """

    grid_number: int
    grid_name: str
    delivery_point: str | None
    batch_id: int | None
    orders: int
    parcels: int
    packed: int
    out: int
    delivered: int
    tickets: int
    tickets_out: int
    tickets_done: int
    word: str


@dataclass(frozen=True, slots=True)
class Board:
    """A cycle at a glance. Tickets `out` were handed over or are done; `products_seen`: something of them came."""

    cycle_id: int
    number: int
    delivery_on: date
    state: str
    purchase_orders: int
    purchase_orders_sent: int
    purchase_orders_received: int
    products: int
    products_seen: int
    products_short: int
    units_short: int
    refusals: int
    grids: list[GridProgress]

    @property
    def orders(self) -> int:
        """Return the orders of all grids."""
        return sum(grid.orders for grid in self.grids)

    @property
    def parcels(self) -> int:
        """Return the parcels of all grids."""
        return sum(grid.parcels for grid in self.grids)

    @property
    def packed(self) -> int:
        """Return the parcels that are packed or beyond."""
        return sum(grid.packed for grid in self.grids)

    @property
    def tickets(self) -> int:
        """Return the tickets of all grids."""
        return sum(grid.tickets for grid in self.grids)

    @property
    def tickets_out(self) -> int:
        """Return the tickets that were handed over."""
        return sum(grid.tickets_out for grid in self.grids)

    @property
    def tickets_done(self) -> int:
        """Return the tickets that are done."""
        return sum(grid.tickets_done for grid in self.grids)


def board_for(asker: Asker, cycle_id: int) -> Board:
    """Return the board of a cycle. Raises NotFoundError."""
    cycle = cycle_for(asker, cycle_id)
    stages = _stages(cycle_id)
    return Board(
        cycle_id=cycle.id,
        number=cycle.number,
        delivery_on=cycle.delivery_on,
        state=cycle.state,
        grids=_grids(cycle_id),
        **stages._asdict(),
    )


def _stages(cycle_id: int) -> Row[Any]:
    return rows(
        """
        SELECT (SELECT count(*) FROM purchase_order WHERE cycle_id = :cycle) AS purchase_orders,
               (SELECT count(*) FROM purchase_order WHERE cycle_id = :cycle AND state <> 'draft') AS purchase_orders_sent,
               (SELECT count(*) FROM purchase_order WHERE cycle_id = :cycle AND state = 'received')
                   AS purchase_orders_received,
               lines.products, lines.products_seen, short.products_short, short.units_short,
               (SELECT count(*) FROM grid_refusal AS r JOIN ticket AS t ON t.id = r.ticket_id WHERE t.cycle_id = :cycle)
                   AS refusals
        FROM (
            SELECT count(*) AS products, count(*) FILTER (WHERE l.cases = 0 OR EXISTS (
                       SELECT FROM lot WHERE lot.purchase_order_line_id = l.id)) AS products_seen
            FROM purchase_order_line AS l JOIN purchase_order AS o ON o.id = l.purchase_order_id
            WHERE o.cycle_id = :cycle
        ) AS lines, (
            SELECT count(*) AS products_short, coalesce(sum(units), 0)::bigint AS units_short FROM (
                SELECT sum(a.ordered - a.allocated)::bigint AS units
                FROM allocation AS a JOIN menu_item AS i ON i.id = a.item_id JOIN offer AS o ON o.id = i.offer_id
                WHERE a.cycle_id = :cycle AND a.allocated < a.ordered GROUP BY o.product_id
            ) AS by_product
        ) AS short
        """,
        cycle=cycle_id,
    )[0]


def _grids(cycle_id: int) -> list[GridProgress]:
    found = rows(
        """
        SELECT g.number AS grid_number, g.name AS grid_name, d.name AS delivery_point, b.id AS batch_id, o.orders,
               p.parcels, p.packed, p.out, p.delivered, t.tickets, t.tickets_out, t.tickets_done
        FROM (
            SELECT grid_id, count(*) AS orders FROM orders WHERE cycle_id = :cycle AND state = 'placed' GROUP BY grid_id
        ) AS o
        JOIN grid AS g ON g.id = o.grid_id
        LEFT JOIN batch AS b ON b.cycle_id = :cycle AND b.grid_id = g.id
        LEFT JOIN delivery_point AS d ON d.id = coalesce(b.delivery_point_id, g.delivery_point_id)
        CROSS JOIN LATERAL (
            SELECT count(*) AS parcels, count(*) FILTER (WHERE state <> 'planned') AS packed,
                   count(*) FILTER (WHERE state NOT IN ('planned', 'packed')) AS out,
                   count(*) FILTER (WHERE state = 'delivered') AS delivered
            FROM parcel WHERE batch_id = b.id
        ) AS p
        CROSS JOIN LATERAL (
            SELECT count(*) AS tickets, count(*) FILTER (WHERE state IN ('handed_over', 'done')) AS tickets_out,
                   count(*) FILTER (WHERE state = 'done') AS tickets_done
            FROM ticket WHERE batch_id = b.id
        ) AS t
        ORDER BY g.number
        """,
        cycle=cycle_id,
    )
    return [GridProgress(**grid._asdict(), word=_word(grid)) for grid in found]


def _word(grid: Row[Any]) -> str:
    return grid_word(
        parcels=grid.parcels, packed=grid.packed, tickets=grid.tickets, out=grid.tickets_out, done=grid.tickets_done
    )
