"""Walking distances over a community's street lines: from a building to the nearest street, along it, and off again.

Pure, in metres on a flat map (`in_metres`). Where no street leads, people walk straight.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from math import cos, hypot, inf, radians
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

METRES_A_DEGREE = 111_320
# Two ends of lines that are nearer than this are one crossing.
CROSSING_METRES = 0.5
# Walking straight across what no street leads to is longer than it looks.
DETOUR = 1.4
# Neighbours of one yard don't walk out to the street and back.
YARD_METRES = 30

Point = tuple[float, float]


def in_metres(points: Sequence[Point], middle: float | None = None) -> list[Point]:
    """Return (longitude, latitude) as metres on a flat map around a latitude, by default their mean.

    Right to 0.1 % within a city.
    """
    if middle is None:
        middle = sum(latitude for _, latitude in points) / len(points)
    shrink = cos(radians(middle))
    return [(longitude * METRES_A_DEGREE * shrink, latitude * METRES_A_DEGREE) for longitude, latitude in points]


def lines_of(geometry: Mapping[str, Any]) -> list[list[Point]]:
    """Return the lines of a GeoJSON LineString or MultiLineString, none of anything else."""
    if geometry.get("type") == "LineString":
        found = [geometry["coordinates"]]
    elif geometry.get("type") == "MultiLineString":
        found = geometry["coordinates"]
    else:
        found = []
    return [[(float(point[0]), float(point[1])) for point in line] for line in found]


class Access(NamedTuple):
    """Where a building meets its street: `along` metres after the first end of a segment, `off` metres beside it."""

    segment: int
    along: float
    off: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight piece of a street between two crossings or bends."""

    start: int
    end: int
    metres: float


@dataclass(frozen=True, slots=True)
class StreetNet:
    """Streets as crossings, bends and the straight pieces between them."""

    nodes: tuple[Point, ...]
    segments: tuple[Segment, ...]
    # By node: the nodes next to it and how far they are.
    ways: tuple[tuple[tuple[int, float], ...], ...]

    @classmethod
    def of(cls, lines: Iterable[Sequence[Point]]) -> StreetNet:
        """Return the net of lines given in metres. What crosses without a common point isn't joined, as on the map."""
        nodes: dict[tuple[int, int], int] = {}
        points: list[Point] = []

        def node(point: Point) -> int:
            key = (round(point[0] / CROSSING_METRES), round(point[1] / CROSSING_METRES))
            if key not in nodes:
                nodes[key] = len(points)
                points.append(point)
            return nodes[key]

        segments = []
        for line in lines:
            for first, last in pairwise(node(point) for point in line):
                if first != last:
                    segments.append(Segment(first, last, _apart(points[first], points[last])))
        ways: list[list[tuple[int, float]]] = [[] for _ in points]
        for segment in segments:
            ways[segment.start].append((segment.end, segment.metres))
            ways[segment.end].append((segment.start, segment.metres))
        return cls(tuple(points), tuple(segments), tuple(map(tuple, ways)))

    def distances(self, points: Sequence[Point]) -> list[list[float]]:
        """Return how far it is on foot from each point to each other, both ways the same, in metres."""
        if not self.segments:
            return [[_apart(a, b) for b in points] for a in points]
        accesses = [self._access(point) for point in points]
        rows = []
        for point, access in zip(points, accesses, strict=True):
            reached = self._reached(access)
            rows.append([self._walk((point, access), other, reached) for other in zip(points, accesses, strict=True)])
        return rows

    def _access(self, point: Point) -> Access:
        """Return where the nearest street is; of equally near ones the first."""
        found = (_foot(point, self.nodes[s.start], self.nodes[s.end]) for s in self.segments)
        off, segment, along = min((off, index, along) for index, (along, off) in enumerate(found))
        return Access(segment, along, off)

    def _reached(self, access: Access) -> list[float]:
        """Return how far every node is from a point of a street (Dijkstra)."""
        segment = self.segments[access.segment]
        best = [inf] * len(self.nodes)
        best[segment.start], best[segment.end] = access.along, segment.metres - access.along
        queue = [(best[segment.start], segment.start), (best[segment.end], segment.end)]
        queue.sort()
        while queue:
            metres, node = heappop(queue)
            if metres > best[node]:
                continue
            for neighbour, step in self.ways[node]:
                if metres + step < best[neighbour]:
                    best[neighbour] = metres + step
                    heappush(queue, (best[neighbour], neighbour))
        return best

    def _walk(self, here: tuple[Point, Access], there: tuple[Point, Access], reached: Sequence[float]) -> float:
        if here == there:
            return 0.0
        (point, mine), (other, yours) = here, there
        segment = self.segments[yours.segment]
        along = min(reached[segment.start] + yours.along, reached[segment.end] + segment.metres - yours.along)
        if mine.segment == yours.segment:
            along = min(along, abs(mine.along - yours.along))
        straight = _apart(point, other)
        if along == inf:
            return DETOUR * straight
        walk = max(mine.off + along + yours.off, straight)
        return min(walk, DETOUR * straight) if straight < YARD_METRES else walk


def _apart(a: Point, b: Point) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])


def _foot(point: Point, start: Point, end: Point) -> tuple[float, float]:
    """Return how far along a segment the nearest place to a point is, and how far off the point."""
    east, north = end[0] - start[0], end[1] - start[1]
    length = hypot(east, north)
    part = ((point[0] - start[0]) * east + (point[1] - start[1]) * north) / (length * length)
    part = min(1.0, max(0.0, part))
    return part * length, _apart(point, (start[0] + part * east, start[1] + part * north))
