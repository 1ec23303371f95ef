"""The register's outlines as they can be drawn: mended, put on a sheet, simplified. Pure: GeoJSON in, paths out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from math import cos, isfinite, radians
from statistics import median
from typing import TYPE_CHECKING, Any

from shapely import (
    from_geojson,
    get_coordinates,
    get_parts,
    get_rings,
    make_valid,
    maximum_inscribed_circle,
    simplify,
    transform,
)
from shapely.errors import ShapelyError
from shapely.geometry import MultiLineString, MultiPolygon, shape

from supplyhub.delivery.street_net import METRES_A_DEGREE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

    from supplyhub.reports.drawing import Frame

# What is nearer than this to the line, in units of the sheet, nobody sees.
SLACK = 0.4
# How exactly the place of a label is sought, in units of the sheet.
LABEL_SLACK = 2.0
# What lies so far from the others, in degrees, is on this map by mistake.
FAR_DEGREES = 2.0


class Fault(StrEnum):
    """Why something can't be drawn."""

    MISSING = "missing"
    BROKEN = "broken"
    FAR_OFF = "far_off"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A shape on a sheet: the `d` of its path, where its label stands, and how much room that has around it."""

    d: str
    x: float
    y: float
    room: float


def mended_area(outline: str | None) -> BaseGeometry | Fault:
    """Return the area of an outline (GeoJSON as text), repaired where it crosses itself; or why there is none."""
    return _mended(outline, "Polygon", MultiPolygon)


def mended_line(line: str | None) -> BaseGeometry | Fault:
    """Return the lines of a GeoJSON geometry (as text); or why there are none."""
    return _mended(line, "LineString", MultiLineString)


def _mended(given: str | None, kind: str, of: Callable[[list[Any]], BaseGeometry]) -> BaseGeometry | Fault:
    if given is None:
        return Fault.MISSING
    try:
        found = _read(given)
        if not _on_earth(found):
            return Fault.BROKEN
        if found.geom_type == kind and found.is_valid and found.length > 0:
            return found
        parts = [part for part in _parts(make_valid(found)) if part.geom_type == kind and part.length > 0]
    except READING:
        return Fault.BROKEN
    return of(parts) if parts else Fault.BROKEN


READING = (ShapelyError, ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)


def _read(given: str) -> BaseGeometry:
    """Return what a text says; the quick reader refuses rings that are open, the slow one closes them."""
    try:
        return from_geojson(given)
    except READING:
        return shape(json.loads(given))


def _parts(found: BaseGeometry) -> list[BaseGeometry]:
    """Return the simple parts of a geometry, of collections in collections, too."""
    return [leaf for part in get_parts(found) for leaf in get_parts(part)]


def _on_earth(found: BaseGeometry) -> bool:
    west, south, east, north = found.bounds
    return all(map(isfinite, found.bounds)) and west >= -180 and east <= 180 and south >= -90 and north <= 90


def far_off(areas: Mapping[int, BaseGeometry]) -> set[int]:
    """Return which of some areas lie so far from the others that drawing them would hide those."""
    # Of two nobody can say which of them is at the wrong place.
    if len(areas) < 3:
        return set()
    centres = {key: ((w + e) / 2, (s + n) / 2) for key, (w, s, e, n) in _bounds(areas)}
    east, north = (median(axis) for axis in zip(*centres.values(), strict=True))
    return {key for key, (x, y) in centres.items() if max(abs(x - east), abs(y - north)) > FAR_DEGREES}


def _bounds(areas: Mapping[int, BaseGeometry]) -> Iterable[tuple[int, tuple[float, float, float, float]]]:
    return ((key, area.bounds) for key, area in areas.items())


def corners(areas: Iterable[BaseGeometry]) -> list[tuple[float, float]]:
    """Return the corners of the boxes around some shapes, for a frame around them."""
    return [corner for w, s, e, n in (area.bounds for area in areas) for corner in ((w, s), (e, n))]


def on_sheet(frame: Frame, found: BaseGeometry) -> BaseGeometry:
    """Return a shape in the units of a frame, without the points that nobody sees."""
    wide = METRES_A_DEGREE * cos(radians(frame.middle)) * frame.scale
    tall = METRES_A_DEGREE * frame.scale
    placed = transform(found, lambda points: points * [wide, -tall] + [frame.left, frame.top])
    return simplify(placed, SLACK)


def drawn_area(frame: Frame, area: BaseGeometry) -> Drawn:
    """Return an area as it is drawn, with the place for its label: where it is widest."""
    placed = on_sheet(frame, area)
    middle = maximum_inscribed_circle(placed, LABEL_SLACK)
    (x, y), *_rest = middle.coords
    return Drawn(path_of(placed), round(x, 1), round(y, 1), round(middle.length, 1))


def path_of(placed: BaseGeometry) -> str:
    """Return the `d` of areas (closed) or lines (open) in units of the sheet."""
    areas = placed.geom_type.endswith("Polygon")
    lines = get_rings(get_parts(placed)) if areas else get_parts(placed)
    written = (get_coordinates(line).round(1).tolist() for line in lines)
    return "".join(_line(points[:-1]) + "Z" if areas else _line(points) for points in written)


def square(x: float, y: float, side: float) -> str:
    """Return the `d` of a square around a point: a building of which only the place is known."""
    left, top = x - side / 2, y - side / 2
    return f"M{left:.1f} {top:.1f}h{side:g}v{side:g}h-{side:g}Z"


def _line(points: Iterable[list[float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
