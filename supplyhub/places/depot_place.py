"""Where the depot stands on the map: at a building of the register, at a delivery point, or where two numbers say."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from supplyhub.db import execute, row, scalar, transaction
from supplyhub.errors import InvalidError, NotFoundError

# In degrees: what lies so far from every building is on this map by mistake.
FAR_DEGREES = 0.5
NUMBERS = re.compile(r"(-?[0-9]{1,3}\.[0-9]+)\s*[,\s、;]\s*(-?[0-9]{1,3}\.[0-9]+)")

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class DepotPlace:
    """The depot with its place (longitude, latitude; None while nobody said it) and the building nearest to it, if any."""

    name: str
    spot: Spot | None
    near: str


def depot_place(community_id: int) -> DepotPlace:
    """Return where a community's depot stands. Raises NotFoundError for a community without one."""
    found = row(
        """
        SELECT d.name, d.longitude, d.latitude, b.name AS near FROM depot AS d
        LEFT JOIN LATERAL (
          SELECT name FROM building
          WHERE community_id = d.community_id AND longitude IS NOT NULL AND d.longitude IS NOT NULL
          ORDER BY power((longitude - d.longitude) * cos(radians(d.latitude)), 2) + power(latitude - d.latitude, 2), id
          LIMIT 1) AS b ON true
        WHERE d.community_id = :community
        """,
        community=community_id,
    )
    if found is None:
        raise NotFoundError("this community has no depot", community=community_id)
    spot = None if found.longitude is None else (float(found.longitude), float(found.latitude))
    return DepotPlace(found.name, spot, found.near or "")


def place_depot(community_id: int, written: str) -> None:
    """Put a community's depot where somebody wrote: a building, a delivery point, or longitude and latitude.

    An empty text takes it off the map. Raises NotFoundError for what is nowhere, InvalidError for what is far from
    every building.
    """
    with transaction():
        spot = _spot(community_id, unicodedata.normalize("NFKC", written).strip()) if written.strip() else (None, None)
        execute(
            "UPDATE depot SET longitude = :longitude, latitude = :latitude WHERE community_id = :community",
            longitude=spot[0],
            latitude=spot[1],
            community=community_id,
        )


def read_numbers(written: str) -> Spot | None:
    """Return the two numbers of a place as somebody typed or copied them; None for anything else."""
    found = NUMBERS.fullmatch(written)
    return (float(found[1]), float(found[2])) if found else None


def _spot(community_id: int, written: str) -> Spot:
    numbers = read_numbers(written)
    if numbers is not None:
        return _near_buildings(community_id, numbers)
    number = re.fullmatch("([0-9]{1,6})(?:号楼?)?", written)
    found = row(
        """
        SELECT longitude, latitude FROM (
          SELECT 1 AS part, id, name, longitude, latitude FROM delivery_point WHERE community_id = :community
          UNION ALL SELECT CASE WHEN name = :name THEN 2 ELSE 3 END, id, name, longitude, latitude FROM building
          WHERE community_id = :community AND (name = :name OR number = :number)
        ) AS known WHERE longitude IS NOT NULL AND (part = 3 OR name = :name) ORDER BY part, id LIMIT 1
        """,
        community=community_id,
        name=written,
        number=int(number[1]) if number else None,
    )
    if found is None:
        raise NotFoundError("neither building nor delivery point with a place", written=written)
    return found.longitude, found.latitude


def _near_buildings(community_id: int, numbers: Spot) -> Spot:
    """Return two numbers as longitude and latitude, whichever of them was written first. Raises InvalidError."""
    ways = [way for way in (numbers, numbers[::-1]) if abs(way[0]) <= 180 and abs(way[1]) <= 90]
    far = {way: _degrees_away(community_id, way) for way in ways}
    nearest = min(ways, key=lambda way: far[way], default=None)
    if nearest is None or far[nearest] > FAR_DEGREES:
        raise InvalidError("this place is far from every building", first=numbers[0], second=numbers[1])
    return nearest


def _degrees_away(community_id: int, spot: Spot) -> float:
    """Return how far a place is from the nearest building, along the farther axis; 0 where no building has a place."""
    found = scalar(
        """
        SELECT min(greatest(abs(longitude - :longitude), abs(latitude - :latitude))) FROM building
        WHERE community_id = :community AND longitude IS NOT NULL
        """,
        community=community_id,
        longitude=spot[0],
        latitude=spot[1],
    )
    return float(found or 0)
