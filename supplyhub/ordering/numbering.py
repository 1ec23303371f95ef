"""Numbers of orders, given once at the cut-off."""

from __future__ import annotations

from supplyhub.catalog.parts import Part, lock_part
from supplyhub.db import execute

ALL = Part()


def number_orders(cycle_id: int, first_grid: int = ALL.first_grid, last_grid: int = ALL.last_grid) -> None:
    """Give each placed order of a cycle's grids its number: grid, delivery day, place in the one sort order (3-0412-087).

    Set-based into fresh rows; a second run adds nothing. Runs in the caller's transaction.
    """
    lock_part(cycle_id, Part(first_grid, last_grid))
    execute(
        """
        INSERT INTO order_number (order_id, cycle_id, grid_id, sequence, number)
        SELECT id, cycle_id, grid_id, place,
               grid_number || '-' || to_char(delivery_on, 'MMDD') || '-'
                 || lpad(CAST(place AS text), greatest(3, length(CAST(place AS text))), '0')
        FROM (
          SELECT o.id, o.cycle_id, o.grid_id, g.number AS grid_number, c.delivery_on,
                 row_number() OVER (PARTITION BY o.grid_id ORDER BY b.route_position, b.number, b.name, h.unit_number, h.floor,
                                    h.door, h.id) AS place
          FROM orders AS o
          JOIN cycle AS c ON c.id = o.cycle_id
          JOIN grid AS g ON g.id = o.grid_id
          JOIN household AS h ON h.id = o.household_id
          JOIN building AS b ON b.id = h.building_id
          WHERE o.cycle_id = :cycle AND o.grid_id BETWEEN :first_grid AND :last_grid AND o.state = 'placed'
            AND NOT EXISTS (SELECT FROM order_number AS done
                            WHERE done.cycle_id = :cycle AND done.grid_id BETWEEN :first_grid AND :last_grid)
        ) AS placed
        """,
        cycle=cycle_id,
        first_grid=first_grid,
        last_grid=last_grid,
    )
