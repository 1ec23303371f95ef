"""The sheet of a map: where everything of the register comes on it. Drawn once, and again when an outline changes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from shapely import clip_by_rect
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from supplyhub.db import row, rows, scalar
from supplyhub.reports.drawing import Frame
from supplyhub.reports.map_shapes import (
    Drawn,
    Fault,
    corners,
    drawn_area,
    far_off,
    mended_area,
    mended_line,
    on_sheet,
    path_of,
    square,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

WIDTH, TALLEST = 960.0, 900.0
# Of more buildings than this only each grid's own map shows them; of more grids their numbers stand without a tile.
MOST_BUILDINGS, MOST_TILES = 800, 60
# A building of which only the place is known, in units of the sheet.
SIDE = 10.0
# A grid's number makes room for a delivery point that is nearer than this.
APART = 36.0
SHEETS_KEPT = 64


@dataclass(frozen=True, slots=True)
class Left:
    """Something that can't be drawn, and why. what: grid, building, micro_grid or street."""

    what: str
    name: str
    number: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Spot:
    """A delivery point or the depot on the sheet."""

    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paths in units of a sheet, by the ids of the rows that they show. `crowded`: the buildings are too many for it."""

    width: float = WIDTH
    height: float = TALLEST
    crowded: bool = False
    grids: dict[int, Drawn] = field(default_factory=dict)
    buildings: dict[int, Drawn] = field(default_factory=dict)
    routes: dict[int, str] = field(default_factory=dict)
    micro_grids: str = ""
    streets: str = ""
    points: tuple[Spot, ...] = ()
    depot: Spot | None = None
    left: tuple[Left, ...] = ()
    digest: str = ""

    @property
    def empty(self) -> bool:
        """Tell whether nothing can be drawn."""
        return not self.grids and not self.buildings

    @property
    def tiled(self) -> bool:
        """Tell whether the grids are so few that each has its tile and its words."""
        return len(self.grids) <= MOST_TILES


_kept: Final[dict[tuple[int, int | None], Sheet]] = {}


def sheet_of(community_id: int, *, grid_id: int | None = None) -> Sheet:
    """Return the sheet of a community, or of one of its grids; the one of before while no outline has changed."""
    digest = str(scalar(DIGEST, community=community_id, grid=grid_id))
    kept = _kept.get((community_id, grid_id))
    if kept and kept.digest == digest:
        return kept
    if len(_kept) >= SHEETS_KEPT:
        _kept.clear()
    made = _kept[community_id, grid_id] = _sheet(digest, {"community": community_id, "grid": grid_id})
    return made


def forget() -> None:
    """Forget the sheets, as a process that has just begun."""
    _kept.clear()


def _sheet(digest: str, scope: dict[str, int | None]) -> Sheet:
    crowded = scope["grid"] is None and int(scalar(BUILDING_COUNT, **scope)) > MOST_BUILDINGS
    grid_rows, building_rows = rows(GRIDS, **scope), [] if crowded else rows(BUILDINGS, **scope)
    grids, left = _mended("grid", grid_rows)
    buildings, roofless = _mended("building", building_rows)
    spots = {each.id: (each.longitude, each.latitude) for each in building_rows if each.longitude is not None}
    left += [(key, each) for key, each in roofless if key not in spots]
    seen = tuple(each for _, each in left)
    around = corners(grids.values()) or [*corners(buildings.values()), *spots.values()]
    if not around:
        return Sheet(crowded=crowded, left=seen, digest=digest)
    depot = _depot(scope, around)
    frame = Frame.around([*around, *depot.values()], width=WIDTH, tallest=TALLEST)
    blocks = {key: _block(frame, spot) for key, spot in spots.items() if key not in buildings}
    points = [Spot(each.name, *frame.place((each.longitude, each.latitude))) for each in rows(POINTS, **scope)]
    stands = next((Spot(name, *frame.place(spot)) for name, spot in depot.items()), None)
    return Sheet(
        width=frame.width,
        height=frame.height,
        crowded=crowded,
        grids={
            key: _beside([*points, *filter(None, [stands])], drawn_area(frame, area)) for key, area in grids.items()
        },
        buildings=blocks | {key: drawn_area(frame, area) for key, area in buildings.items()},
        routes=_routes(frame, scope),
        micro_grids="" if crowded else _micro_grids(frame, scope),
        streets=_streets(frame, scope),
        points=tuple(points),
        depot=stands,
        left=seen,
        digest=digest,
    )


def _depot(scope: dict[str, int | None], around: list[tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Return the depot's place by its name, if there is one: of all grids when it is near, of one grid when within."""
    found = row("SELECT name, longitude, latitude FROM depot WHERE community_id = :community", **scope)
    if found is None or found.longitude is None:
        return {}
    spot = (found.longitude, found.latitude)
    for axis in (0, 1):
        least, most = min(each[axis] for each in around), max(each[axis] for each in around)
        beyond = most - least if scope["grid"] is None else 0.0
        if not least - beyond <= spot[axis] <= most + beyond:
            return {}
    return {found.name: spot}


def _mended(what: str, found: list[Row[Any]]) -> tuple[dict[int, BaseGeometry], list[tuple[int, Left]]]:
    """Return the areas that can be drawn, by id; and with their ids those that can't."""
    mended = {each.id: mended_area(each.outline) for each in found}
    areas = {key: area for key, area in mended.items() if isinstance(area, BaseGeometry)}
    faults = {key: area for key, area in mended.items() if isinstance(area, Fault)}
    faults |= dict.fromkeys(far_off(areas), Fault.FAR_OFF)
    left = [(each.id, Left(what, each.name, each.number, faults[each.id])) for each in found if each.id in faults]
    return {key: area for key, area in areas.items() if key not in faults}, left


def _beside(points: list[Spot], drawn: Drawn) -> Drawn:
    """Return a grid whose number stands below a delivery point that would lie under it."""
    near = [point.y for point in points if abs(point.x - drawn.x) < APART and abs(point.y - drawn.y) < APART]
    return replace(drawn, y=round(max(near) + APART, 1)) if near and drawn.room > APART else drawn


def _block(frame: Frame, spot: tuple[float, float]) -> Drawn:
    x, y = frame.place(spot)
    return Drawn(square(x, y, SIDE), x, y, SIDE / 2)


def _micro_grids(frame: Frame, scope: dict[str, int | None]) -> str:
    found, _left = _mended("micro_grid", rows(MICRO_GRIDS, **scope))
    return "".join(path_of(on_sheet(frame, area)) for area in found.values())


def _streets(frame: Frame, scope: dict[str, int | None]) -> str:
    lines = [mended_line(street.line) for street in rows(STREETS, **scope)]
    placed = [on_sheet(frame, line) for line in lines if isinstance(line, BaseGeometry)]
    inside = [clip_by_rect(line, 0, 0, frame.width, frame.height) for line in placed]
    return "".join(path_of(line) for line in inside if not line.is_empty)


def _routes(frame: Frame, scope: dict[str, int | None]) -> dict[int, str]:
    """Return each grid's way from building to building, as its newest route has them in order."""
    ways: dict[int, list[tuple[float, float]]] = {}
    for stop in rows(ROUTES, **scope):
        ways.setdefault(stop.grid_id, []).append((stop.longitude, stop.latitude))
    return {grid: path_of(on_sheet(frame, LineString(way))) for grid, way in ways.items() if len(set(way)) > 1}


HERE = "community_id = :community AND (CAST(:grid AS bigint) IS NULL OR {} = :grid)"
GRIDS = f"SELECT id, number, name, outline::text AS outline FROM grid WHERE {HERE.format('id')} ORDER BY number"
BUILDINGS = f"""
    SELECT id, number, name, outline::text AS outline, longitude, latitude FROM building
    WHERE {HERE.format("grid_id")} AND grid_id IS NOT NULL ORDER BY grid_id, route_position, number, name
"""
BUILDING_COUNT = f"SELECT count(*) FROM building WHERE {HERE.format('grid_id')} AND grid_id IS NOT NULL"
MICRO_GRIDS = f"""
    SELECT m.id, m.number, m.name, m.outline::text AS outline FROM micro_grid AS m JOIN grid AS g ON g.id = m.grid_id
    WHERE {HERE.format("g.id")} AND m.outline IS NOT NULL ORDER BY m.id
"""
STREETS = "SELECT line::text AS line FROM street WHERE community_id = :community ORDER BY name"
POINTS = """
    SELECT d.name, d.longitude, d.latitude FROM delivery_point AS d
    WHERE d.community_id = :community AND d.longitude IS NOT NULL AND d.latitude IS NOT NULL
      AND (CAST(:grid AS bigint) IS NULL OR EXISTS (SELECT FROM grid WHERE id = :grid AND delivery_point_id = d.id))
    ORDER BY d.id
"""
NEWEST = "SELECT max(r.id) AS id FROM route AS r JOIN grid AS g ON g.id = r.grid_id WHERE {} GROUP BY g.id"
ROUTES = f"""
    SELECT w.grid_id, b.longitude, b.latitude
    FROM ({NEWEST.format(HERE.format("g.id"))}) AS r JOIN route_building AS w ON w.route_id = r.id
    JOIN building AS b ON b.id = w.building_id
    WHERE b.longitude IS NOT NULL AND b.latitude IS NOT NULL ORDER BY w.grid_id, w.position
"""
# Which version each row has, without reading one outline.
VERSIONS = "md5(coalesce(string_agg({0}.id || ':' || {0}.xmin::text || {0}.ctid::text, ',' ORDER BY {0}.id), ''))"
DIGEST = f"""
    SELECT concat_ws(' ',
        (SELECT {VERSIONS.format("g")} FROM grid AS g WHERE {HERE.format("g.id")}),
        (SELECT {VERSIONS.format("b")} FROM building AS b WHERE {HERE.format("b.grid_id")}),
        (SELECT {VERSIONS.format("m")} FROM micro_grid AS m JOIN grid AS g ON g.id = m.grid_id WHERE {HERE.format("g.id")}),
        (SELECT {VERSIONS.format("s")} FROM street AS s WHERE s.community_id = :community),
        (SELECT {VERSIONS.format("d")} FROM delivery_point AS d WHERE d.community_id = :community),
        (SELECT {VERSIONS.format("p")} FROM depot AS p WHERE p.community_id = :community),
        (SELECT sum(id) FROM ({NEWEST.format(HERE.format("g.id"))}) AS r))
"""
