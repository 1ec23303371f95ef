"""Parcels that came back, with what is left of them to deal with: no name of a household, no care."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplyhub.codes import read_code
from supplyhub.db import rows
from supplyhub.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Row

    from supplyhub.people.asker import Asker

# Whether a parcel p came back, all of it or what was kept back of it at its door.
CAME_BACK = """(p.state = 'returned' OR p.state = 'delivered' AND EXISTS (
    SELECT FROM movement AS k
    WHERE k.parcel_id = p.id AND k.from_place = 'handed_over' AND k.to_place IN ('returned', 'quarantine')))"""

# What of which lots still stands where it came back, by parcel: parcel_id, lot_id, place, units. What was dealt with lot by
# lot is taken off the parcels that came first.
STILL_THERE = """
    WITH lots AS MATERIALIZED (
        SELECT DISTINCT lot_id FROM stock_level WHERE place IN ('returned', 'quarantine') AND quantity > 0
          AND lot_id IN (SELECT lot_id FROM parcel_line AS l JOIN parcel AS p ON p.id = l.parcel_id WHERE {which})
    ), step AS (
        SELECT lot_id, parcel_id, to_place AS place, quantity AS units, id FROM movement
        WHERE lot_id IN (SELECT lot_id FROM lots) AND to_place IN ('returned', 'quarantine')
        UNION ALL
        SELECT lot_id, parcel_id, from_place, -quantity, id FROM movement
        WHERE lot_id IN (SELECT lot_id FROM lots) AND from_place IN ('returned', 'quarantine')
    ), by_parcel AS (
        SELECT parcel_id, lot_id, place, sum(units) AS units, min(id) AS since FROM step
        WHERE parcel_id IS NOT NULL GROUP BY 1, 2, 3 HAVING sum(units) > 0
    ), by_lot AS (
        SELECT lot_id, place, greatest(0, -sum(units)) AS units FROM step WHERE parcel_id IS NULL GROUP BY 1, 2
    ), laid AS (
        SELECT b.parcel_id, b.lot_id, b.place, b.units, coalesce(g.units, 0) AS gone,
               sum(b.units) OVER (PARTITION BY b.lot_id, b.place ORDER BY b.since, b.parcel_id) AS upto
        FROM by_parcel AS b LEFT JOIN by_lot AS g ON g.lot_id = b.lot_id AND g.place = b.place
    )
    SELECT parcel_id, lot_id, place, least(units, upto - gone)::bigint AS units FROM laid WHERE upto > gone
"""
OF_CYCLE = STILL_THERE.format(which=f"p.cycle_id = :cycle AND {CAME_BACK}")
OF_PARCEL = STILL_THERE.format(which="p.id = :parcel")

PARCEL = f"""
    SELECT p.id, p.code, p.cycle_id, g.number AS grid_number, n.number AS order_number, b.moved_at AS came_back_at,
           a.display_name AS taken_back_by
    FROM parcel AS p
    JOIN cycle AS c ON c.id = p.cycle_id
    JOIN grid AS g ON g.id = p.grid_id
    JOIN order_number AS n ON n.order_id = p.order_id
    LEFT JOIN LATERAL (
        SELECT moved_at, moved_by FROM movement
        WHERE parcel_id = p.id AND from_place = 'handed_over' AND to_place IN ('returned', 'quarantine') LIMIT 1
    ) AS b ON true
    LEFT JOIN account AS a ON a.id = b.moved_by
    WHERE c.community_id = :community AND {CAME_BACK}
"""


@dataclass(frozen=True, slots=True)
class ReturnedParcel:
    """A parcel that came back, or of which something was kept back at its door. Its lines are what is left to deal with.

    Fields of a line: lot_id, place (returned or quarantine), units, sku, name_zh, name_en, unit, picture, category,
    lot_number, expires_on, days_left.
    """

    id: int
    code: str
    cycle_id: int
    grid_number: int
    order_number: str
    came_back_at: datetime | None
    taken_back_by: str | None
    lines: list[Row[Any]]

    @property
    def units(self) -> int:
        """Return how many units are left to deal with."""
        return sum(line.units for line in self.lines)


def returned_parcels(asker: Asker, cycle_id: int) -> list[ReturnedParcel]:
    """Return a cycle's parcels that came back, by grid and in walking order; without lines when they are dealt with."""
    found = rows(
        f"{PARCEL} AND p.cycle_id = :cycle ORDER BY g.number, p.position",
        community=asker.community_id,
        cycle=cycle_id,
    )
    return _with_lines(found, OF_CYCLE, cycle=cycle_id)


def returned_parcel(asker: Asker, code: str) -> ReturnedParcel:
    """Return the parcel that came back with a code, as typed. Raises NotFoundError."""
    found = rows(f"{PARCEL} AND p.code = :code", community=asker.community_id, code=read_code(code))
    if not found:
        raise NotFoundError("no such parcel came back", parcel=code[:20])
    return _with_lines(found, OF_PARCEL, parcel=found[0].id)[0]


def still_there(parcel_id: int) -> list[Row[Any]]:
    """Return what of a parcel still stands where it came back: lot_id, place, units."""
    return rows(
        f"SELECT lot_id, place, units FROM ({OF_PARCEL}) AS line WHERE parcel_id = :parcel ORDER BY lot_id, place",
        parcel=parcel_id,
    )


def _with_lines(found: list[Row[Any]], statement: str, **which: int) -> list[ReturnedParcel]:
    lines: dict[int, list[Row[Any]]] = defaultdict(list)
    for line in rows(
        f"""
        SELECT s.parcel_id, s.lot_id, s.place, s.units, d.sku, d.name_zh, d.name_en, d.unit, d.picture, d.category,
               l.lot_number, l.expires_on, l.expires_on - (now() AT TIME ZONE m.timezone)::date AS days_left
        FROM ({statement}) AS s
        JOIN lot AS l ON l.id = s.lot_id
        JOIN product AS d ON d.id = l.product_id
        JOIN community AS m ON m.id = d.community_id
        ORDER BY s.parcel_id, d.sku, l.expires_on, l.id
        """,
        **which,
    ):
        lines[line.parcel_id].append(line)
    return [ReturnedParcel(**parcel._asdict(), lines=lines[parcel.id]) for parcel in found]
