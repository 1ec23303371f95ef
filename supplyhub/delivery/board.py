"""The board of a cycle: five stages with one number each, and how far every grid is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.queries import cycle_for
from supplyhub.db import rows
from supplyhub.delivery.rules import grid_word
from supplyhub.delivery.states import FINISHED_SQL, OUT_SQL
from supplyhub.depot.purchase_queries import purchase_orders_for
from supplyhub.depot.shortage import Standing, short_products, standing_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# Over how many minutes the pace of packing is told.
PACE_MINUTES = 10


@dataclass(frozen=True, slots=True)
class GridProgress:
    """How far a grid is. `packed` counts parcels packed or beyond, `out` those handed over or beyond.

    crates: `gone` ones left the depot, `reached` ones are at the delivery point
    word: waiting, packing, packed, leaving, at_point, on_way, done.
    """

    grid_number: int
    grid_name: str
    delivery_point: str | None
    batch_id: int | None
    orders: int
    parcels: int
    packed: int
    packed_lately: int
    out: int
    delivered: int
    crates: int
    gone: int
    reached: int
    tickets: int
    tickets_out: int
    tickets_done: int
    word: str


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase order: of how many products something came (`seen`); sent_at None while it is a draft."""

    platform: str
    state: str
    sent_at: datetime | None
    products: int
    seen: int


@dataclass(frozen=True, slots=True)
class Short:
    """A product of which less came than was ordered, by units; `decided`: somebody said how it is shared out."""

    name_zh: str
    name_en: str
    unit: str
    units: int
    decided: bool


@dataclass(frozen=True, slots=True)
class Board:
    """A cycle at a glance. Tickets `out` were handed over or are done. `short`: the largest gap first."""

    cycle_id: int
    number: int
    delivery_on: date
    state: str
    counted: bool
    bought: list[Bought]
    short: list[Short]
    refusals: int
    grids: list[GridProgress]

    @property
    def purchase_orders(self) -> int:
        """Return how many purchase orders there are."""
        return len(self.bought)

    @property
    def purchase_orders_sent(self) -> int:
        """Return how many of them were sent."""
        return sum(order.sent_at is not None for order in self.bought)

    @property
    def purchase_orders_received(self) -> int:
        """Return how many of them were received to the end."""
        return sum(order.state in {"received", "closed"} for order in self.bought)

    @property
    def products(self) -> int:
        """Return how many products were bought, counted once a platform."""
        return sum(order.products for order in self.bought)

    @property
    def products_seen(self) -> int:
        """Return of how many of them something came."""
        return sum(order.seen for order in self.bought)

    @property
    def products_short(self) -> int:
        """Return of how many products too little came."""
        return len(self.short)

    @property
    def undecided(self) -> list[Short]:
        """Return the short products of which nobody has said yet how they are shared out."""
        return [product for product in self.short if not product.decided]

    @property
    def orders(self) -> int:
        """Return the orders of all grids."""
        return self._sum("orders")

    @property
    def parcels(self) -> int:
        """Return the parcels of all grids."""
        return self._sum("parcels")

    @property
    def packed(self) -> int:
        """Return the parcels that are packed or beyond."""
        return self._sum("packed")

    @property
    def packed_a_minute(self) -> float:
        """Return how many parcels were packed a minute, of late."""
        return self._sum("packed_lately") / PACE_MINUTES

    @property
    def crates(self) -> int:
        """Return the crates of all grids."""
        return self._sum("crates")

    @property
    def crates_gone(self) -> int:
        """Return the crates that left the depot for a delivery point."""
        return self._sum("gone")

    @property
    def grids_out(self) -> int:
        """Return how many grids have something away from the depot."""
        return sum(grid.gone > 0 or grid.out > 0 for grid in self.grids)

    @property
    def tickets(self) -> int:
        """Return the tickets of all grids."""
        return self._sum("tickets")

    @property
    def tickets_out(self) -> int:
        """Return the tickets that were handed over."""
        return self._sum("tickets_out")

    @property
    def tickets_done(self) -> int:
        """Return the tickets that are done."""
        return self._sum("tickets_done")

    def _sum(self, field: str) -> int:
        return sum(getattr(grid, field) for grid in self.grids)


def board_for(asker: Asker, cycle_id: int) -> Board:
    """Return the board of a cycle. Raises NotFoundError."""
    cycle = cycle_for(asker, cycle_id)
    standing = standing_of(cycle_id)
    return Board(
        cycle_id=cycle.id,
        number=cycle.number,
        delivery_on=cycle.delivery_on,
        state=cycle.state,
        counted=standing.counted,
        bought=[
            Bought(order.platform, order.state, order.sent_at, order.lines, order.lines_seen)
            for order in purchase_orders_for(asker, cycle_id)
        ],
        short=_short(cycle_id, standing),
        refusals=_refusals(cycle_id),
        grids=_grids(cycle_id),
    )


def _short(cycle_id: int, standing: Standing) -> list[Short]:
    if standing.shared:
        return _short_as_shared(cycle_id)
    if not standing.counted:
        return []
    short = short_products(cycle_id)
    found = rows(
        """
        SELECT p.name_zh, p.name_en, p.unit, s.units
        FROM unnest(CAST(:products AS bigint[]), CAST(:units AS bigint[])) AS s(product_id, units)
        JOIN product AS p ON p.id = s.product_id ORDER BY s.units DESC, p.sku
        """,
        products=[product.id for product in short],
        units=[product.demand - product.supply for product in short],
    )
    return [Short(**product._asdict(), decided=standing.decided) for product in found]


@lru_cache(maxsize=8)
def _short_as_shared(cycle_id: int) -> list[Short]:
    # Once it is shared out it stays so: a million lines are looked through once.
    found = rows(
        """
        SELECT p.name_zh, p.name_en, p.unit, sum(l.quantity - a.allocated)::bigint AS units
        FROM allocation AS a
        JOIN order_line AS l ON l.order_id = a.order_id AND l.item_id = a.item_id
        JOIN menu_item AS i ON i.id = a.item_id AND NOT i.for_care
        JOIN offer AS o ON o.id = i.offer_id
        JOIN product AS p ON p.id = o.product_id
        WHERE a.cycle_id = :cycle AND a.allocated < a.ordered AND a.allocated < l.quantity
        GROUP BY p.id ORDER BY units DESC, p.sku
        """,
        cycle=cycle_id,
    )
    return [Short(**product._asdict(), decided=True) for product in found]


def _refusals(cycle_id: int) -> int:
    found = rows(
        "SELECT count(*) AS refusals FROM grid_refusal AS r JOIN ticket AS t ON t.id = r.ticket_id WHERE t.cycle_id = :cycle",
        cycle=cycle_id,
    )
    return int(found[0].refusals)


def _grids(cycle_id: int) -> list[GridProgress]:
    return [GridProgress(**grid._asdict(), word=_word(grid)) for grid in rows(GRIDS, cycle=cycle_id, pace=PACE_MINUTES)]


def _word(grid: Row[Any]) -> str:
    return grid_word(
        parcels=grid.parcels,
        packed=grid.packed,
        tickets=grid.tickets,
        out=grid.tickets_out,
        done=grid.tickets_done,
        crates=grid.crates,
        gone=grid.gone,
        reached=grid.reached,
    )


# Each table is gone through once, whatever the number of grids.
GRIDS = f"""
    WITH o AS (
        SELECT grid_id, count(*) AS orders FROM orders WHERE cycle_id = :cycle AND state = 'placed' GROUP BY grid_id
    ), p AS (
        SELECT grid_id, count(*) AS parcels, count(*) FILTER (WHERE state <> 'planned') AS packed,
               count(*) FILTER (WHERE packed_at > clock_timestamp() - make_interval(mins => :pace)) AS packed_lately,
               count(*) FILTER (WHERE state NOT IN ('planned', 'packed')) AS out,
               count(*) FILTER (WHERE state = 'delivered') AS delivered
        FROM parcel WHERE cycle_id = :cycle GROUP BY grid_id
    ), t AS (
        SELECT grid_id, count(*) AS tickets, count(*) FILTER (WHERE state IN {OUT_SQL}) AS tickets_out,
               count(*) FILTER (WHERE state IN {FINISHED_SQL}) AS tickets_done
        FROM ticket WHERE cycle_id = :cycle AND state <> 'void' GROUP BY grid_id
    ), c AS (
        SELECT t.grid_id, count(*) AS crates FROM crate JOIN ticket AS t ON t.id = crate.ticket_id
        WHERE t.cycle_id = :cycle AND (t.state <> 'void' OR t.handed_over_at IS NOT NULL) GROUP BY t.grid_id
    ), w AS (
        SELECT t.grid_id, count(*) FILTER (WHERE w.step = 'left_depot') AS gone,
               count(*) FILTER (WHERE w.step = 'reached_point') AS reached
        FROM crate_passage AS w JOIN crate ON crate.id = w.crate_id JOIN ticket AS t ON t.id = crate.ticket_id
        WHERE t.cycle_id = :cycle AND (t.state <> 'void' OR t.handed_over_at IS NOT NULL) GROUP BY t.grid_id
    )
    SELECT g.number AS grid_number, g.name AS grid_name, d.name AS delivery_point, b.id AS batch_id, o.orders,
           coalesce(p.parcels, 0) AS parcels, coalesce(p.packed, 0) AS packed,
           coalesce(p.packed_lately, 0) AS packed_lately, coalesce(p.out, 0) AS out,
           coalesce(p.delivered, 0) AS delivered, coalesce(c.crates, 0) AS crates, coalesce(w.gone, 0) AS gone,
           coalesce(w.reached, 0) AS reached, coalesce(t.tickets, 0) AS tickets,
           coalesce(t.tickets_out, 0) AS tickets_out, coalesce(t.tickets_done, 0) AS tickets_done
    FROM o
    JOIN grid AS g ON g.id = o.grid_id
    LEFT JOIN batch AS b ON b.cycle_id = :cycle AND b.grid_id = g.id
    LEFT JOIN delivery_point AS d ON d.id = coalesce(b.delivery_point_id, g.delivery_point_id)
    LEFT JOIN p ON p.grid_id = g.id
    LEFT JOIN t ON t.grid_id = g.id
    LEFT JOIN c ON c.grid_id = g.id
    LEFT JOIN w ON w.grid_id = g.id
    ORDER BY g.number
"""
