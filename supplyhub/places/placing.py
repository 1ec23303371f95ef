"""Which micro-grid a building lies in. Pure: shapes in, places or reasons out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from shapely import STRtree
from shapely.geometry import shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shapely.geometry.base import BaseGeometry

Key = TypeVar("Key")


class Unplaced(StrEnum):
    """Why a building has no grid; its doors can't order."""

    NO_FOOTPRINT = "no_footprint"
    OUTSIDE_EVERY_GRID = "outside_every_grid"
    IN_TWO_GRIDS = "in_two_grids"
    OUTSIDE_EVERY_MICRO_GRID = "outside_every_micro_grid"
    IN_TWO_MICRO_GRIDS = "in_two_micro_grids"
    NO_GRID_NAMED = "no_grid_named"
    TWO_GRIDS_NAMED = "two_grids_named"


REASONS = {
    Unplaced.NO_FOOTPRINT: "the cadastre has no footprint of the building",
    Unplaced.OUTSIDE_EVERY_GRID: "the building lies outside every grid",
    Unplaced.IN_TWO_GRIDS: "the building lies in two grids",
    Unplaced.OUTSIDE_EVERY_MICRO_GRID: "the building lies in a grid but in none of its micro-grids",
    Unplaced.IN_TWO_MICRO_GRIDS: "the building lies in two micro-grids",
    Unplaced.NO_GRID_NAMED: "there are no polygons, and the household file names no grid for the building",
    Unplaced.TWO_GRIDS_NAMED: "the household file names two grids or micro-grids for the building",
}


@dataclass(frozen=True, slots=True)
class Placement:
    """A building's grid and micro-grid by number, or why it has none. A micro-grid is a pair (grid, number)."""

    grid: int | None = None
    micro_grid: tuple[int, int] | None = None
    reason: Unplaced | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth (WGS 84)."""

    longitude: float
    latitude: float


def inner_point(outline: Mapping[str, Any]) -> Point:
    """Return a point that surely lies inside an outline, to a tenth of a metre."""
    point = shape(outline).representative_point()
    return Point(round(point.x, 6), round(point.y, 6))


class GridMap:
    """The outlines of grids (by number) and micro-grids (by grid and number), to look up points."""

    def __init__(
        self, grids: Mapping[int, Mapping[str, Any]], micro_grids: Mapping[tuple[int, int], Mapping[str, Any]]
    ) -> None:
        self._grid_keys, self._grids = _tree(grids.items())
        self._micro_keys, self._micro_grids = _tree(micro_grids.items())
        self._divided = {grid for grid, _ in micro_grids}

    def __bool__(self) -> bool:
        """Tell whether there is any grid on the map."""
        return bool(self._grid_keys)

    def place(self, outline: Mapping[str, Any] | None) -> Placement:
        """Return where a footprint's inner point lies: in exactly one grid and one of its micro-grids, or why not.

        A grid that isn't divided on the map has no micro-grid to be in.
        """
        if outline is None:
            return Placement(reason=Unplaced.NO_FOOTPRINT)
        point = shape(outline).representative_point()
        grids = [self._grid_keys[index] for index in self._grids.query(point, predicate="intersects")]
        if len(grids) != 1:
            return Placement(reason=Unplaced.IN_TWO_GRIDS if grids else Unplaced.OUTSIDE_EVERY_GRID)
        micro = [self._micro_keys[index] for index in self._micro_grids.query(point, predicate="intersects")]
        if len(micro) > 1:
            return Placement(reason=Unplaced.IN_TWO_MICRO_GRIDS)
        own = next((key for key in micro if key[0] == grids[0]), None)
        if own is None and grids[0] in self._divided:
            return Placement(reason=Unplaced.OUTSIDE_EVERY_MICRO_GRID)
        return Placement(grids[0], own)


def named_placement(named: Iterable[tuple[int | None, int | None]]) -> Placement:
    """Return the place that the household file's columns (grid, micro-grid) give a building, or why it gives none."""
    places = [(grid, micro) for grid, micro in dict.fromkeys(named) if grid is not None]
    if not places:
        return Placement(reason=Unplaced.NO_GRID_NAMED)
    if len(places) > 1:
        return Placement(reason=Unplaced.TWO_GRIDS_NAMED)
    grid, micro = places[0]
    return Placement(grid, None if micro is None else (grid, micro))


def _tree(outlines: Iterable[tuple[Key, Mapping[str, Any]]]) -> tuple[list[Key], STRtree]:
    keys: list[Key] = []
    found: list[BaseGeometry] = []
    for key, outline in outlines:
        keys.append(key)
        found.append(shape(outline))
    return keys, STRtree(found)
