"""Maps drawn as SVG from the register's geometry: no tile of anybody else. Pure: shapes in, text out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from supplyhub.delivery.street_net import in_metres, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from supplyhub.delivery.street_net import Point

MARGIN = 24.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Where longitude and latitude come on a sheet of `width` x `height` units; north is up."""

    width: float
    height: float
    scale: float
    left: float
    top: float
    middle: float

    @classmethod
    def around(cls, points: Sequence[Point], *, width: float, tallest: float) -> Frame:
        """Return the frame that holds all points with a margin, as wide as asked and no taller than `tallest`."""
        middle = sum(latitude for _, latitude in points) / len(points) if points else 0.0
        flat = in_metres(points, middle) if points else [(0.0, 0.0)]
        east, north = [x for x, _ in flat], [y for _, y in flat]
        wide, tall = max(max(east) - min(east), 1.0), max(max(north) - min(north), 1.0)
        scale = min((width - 2 * MARGIN) / wide, (tallest - 2 * MARGIN) / tall)
        height = min(tallest, tall * scale + 2 * MARGIN)
        left = (width - wide * scale) / 2 - min(east) * scale
        top = (height + tall * scale) / 2 + min(north) * scale
        return cls(width, height, scale, left, top, middle)

    def place(self, point: Point) -> tuple[float, float]:
        """Return where a point comes."""
        ((east, north),) = in_metres([point], self.middle)
        return round(self.left + east * self.scale, 1), round(self.top - north * self.scale, 1)

    def line(self, points: Iterable[Point]) -> str:
        """Return the `d` of a path through points."""
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in map(self.place, points))

    def area(self, geometry: Mapping[str, Any]) -> str:
        """Return the `d` of a GeoJSON geometry: areas closed, lines open, nothing for anything else."""
        rings = "".join(self.line(ring) + "Z" for ring in rings_of(geometry))
        return rings or "".join(self.line(line) for line in lines_of(geometry))


def rings_of(geometry: Mapping[str, Any] | None) -> Iterator[list[Point]]:
    """Yield the rings of a GeoJSON Polygon or MultiPolygon, none of anything else."""
    kind, coordinates = (geometry or {}).get("type"), (geometry or {}).get("coordinates", [])
    areas = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(str(kind), [])
    for area in areas:
        for ring in area:
            yield [(float(point[0]), float(point[1])) for point in ring]


def shape(d: str, kind: str, **attributes: object) -> str:
    """Return a path of a class; what the class says wins over the attributes, which are for paper."""
    return f'<path class="{kind}" d="{d}"{written(attributes)}/>' if d else ""


def written(attributes: Mapping[str, object]) -> str:
    """Return attributes as they stand in a tag; an underscore in a name is a hyphen there."""
    return "".join(f" {name.replace('_', '-')}={quoteattr(str(value))}" for name, value in attributes.items())
