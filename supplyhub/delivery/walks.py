"""A grid's designated route (指定路线): every building once, a short walk, the same one every time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from supplyhub.delivery.street_net import StreetNet, in_metres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from supplyhub.delivery.street_net import Point

    Distances = Sequence[Sequence[float]]
    # Distances in, the path from 0 over all others out.
    Solver = Callable[[Distances], list[int]]

# Passes over a path; it settles after a handful.
MAX_PASSES = 30
# So many buildings in a row are moved elsewhere together, at most.
LONGEST_MOVED = 3
GAIN = 1e-6
# From so many buildings with a place on, a solver is worth its time: measured in ADR 0015.
MANY = 40


@dataclass(frozen=True, slots=True)
class House:
    """A building to walk to; without a centre it comes last."""

    id: int
    number: int
    name: str
    longitude: float | None
    latitude: float | None


@dataclass(frozen=True, slots=True)
class Walk:
    """Buildings in walking order, and how long the way is between them."""

    building_ids: tuple[int, ...]
    length_metres: int


def plan_walk(
    houses: Iterable[House],
    start: Point | None = None,
    *,
    streets: Iterable[Sequence[Point]] = (),
    solve: Solver | None = None,
) -> Walk:
    """Return a short walk over all houses from `start` (longitude, latitude), else from the westmost house.

    Along `streets` (lines of longitude, latitude), straight where there are none; the end is free. `solve` finds the
    path, by default `short_path`. The result doesn't depend on the order of `houses`.
    """
    ranked = sorted(houses, key=_rank)
    placed = [house for house in ranked if _centre(house)]
    rest = tuple(house.id for house in ranked if not _centre(house))
    if not placed:
        return Walk(rest, 0)
    if start is None:
        westmost = min(placed, key=_place)
        placed.remove(westmost)
        placed.insert(0, westmost)
    distances = _distances(([start] if start else []) + [_place(house) for house in placed], streets)
    path = (solve or short_path)(distances)
    # Without a house at the start: index 0 is none.
    walked = [index - (start is not None) for index in path]
    ids = tuple(placed[index].id for index in walked if index >= 0)
    return Walk((*ids, *rest), round(length_of(path, distances)))


def are_many(houses: Iterable[House]) -> bool:
    """Tell whether a walk over these is worth a solver's time."""
    return sum(map(_centre, houses)) >= MANY


def measure_walk(
    houses: Sequence[House], start: Point | None = None, *, streets: Iterable[Sequence[Point]] = ()
) -> Walk:
    """Return the walk over houses in the order given, from `start` if there is one, and how long it is."""
    placed = [_place(house) for house in houses if _centre(house)]
    points = ([start] if start else []) + placed
    metres = 0.0
    if len(points) > 1:
        metres = length_of(range(len(points)), _distances(points, streets))
    return Walk(tuple(house.id for house in houses), round(metres))


def fit_in(
    order: Sequence[int],
    houses: Iterable[House],
    start: Point | None = None,
    *,
    streets: Iterable[Sequence[Point]] = (),
) -> list[House]:
    """Return houses in an order they had before; those that are new come where they make the walk longer least.

    New ones without a centre come last, and who isn't among `houses` any more is left out.
    """
    by_id = {house.id: house for house in houses}
    path = [by_id[each] for each in order if each in by_id]
    new = sorted((house for house in by_id.values() if house.id not in set(order)), key=_rank)
    placed = [house for house in (*path, *new) if _centre(house)]
    points = ([start] if start else []) + [_place(house) for house in placed]
    distances = _distances(points, streets) if points else []
    index = {house.id: place for place, house in enumerate(placed, start=start is not None)}
    for house in new:
        path.insert(_best_place(path, house, index, distances, from_start=start is not None), house)
    return path


def _best_place(
    path: Sequence[House], house: House, index: dict[int, int], distances: Distances, *, from_start: bool
) -> int:
    """Return before which place of a path a house makes it longer least; without a start nothing comes before the first."""
    if house.id not in index:
        return len(path)
    mine, best = index[house.id], (float("inf"), len(path))
    for place in range(0 if from_start else 1, len(path) + 1):
        before = 0 if place == 0 else index.get(path[place - 1].id)
        after = index.get(path[place].id) if place < len(path) else None
        if before is None:
            continue
        longer = distances[before][mine]
        if after is not None:
            longer += distances[mine][after] - distances[before][after]
        best = min(best, (longer, place))
    return best[1]


def short_path(distances: Distances) -> list[int]:
    """Return a short path from 0 over all points: nearest neighbours, then parts reversed and moved while that helps."""
    path = nearest_neighbours(distances)
    for _ in range(MAX_PASSES):
        path = two_opt(path, distances)
        if not move_parts(path, distances):
            break
    return path


def length_of(path: Iterable[int], distances: Distances) -> float:
    """Return how long a path is, in metres."""
    return sum(distances[a][b] for a, b in pairwise(path))


def nearest_neighbours(distances: Distances) -> list[int]:
    """Return a path from 0 that always goes to the nearest point not yet visited."""
    path, left = [0], list(range(1, len(distances)))
    while left:
        row = distances[path[-1]]
        nearest = min(left, key=row.__getitem__)
        left.remove(nearest)
        path.append(nearest)
    return path


def two_opt(path: list[int], distances: Distances) -> list[int]:
    """Return the path with parts reversed as long as that shortens it; its first point stays, its end is free."""
    path = list(path)
    for _ in range(MAX_PASSES):
        if not _reverse_once_over(path, distances):
            break
    return path


def _reverse_once_over(path: list[int], distances: Distances) -> bool:
    """Go once over all parts and reverse those that shorten the path, in place. Tell whether one did."""
    shortened, last = False, len(path) - 1
    for low in range(1, last):
        before, first = path[low - 1], path[low]
        from_before, from_first = distances[before], distances[first]
        for high in range(low + 1, last + 1):
            end = path[high]
            gain = from_before[first] - from_before[end]
            if high < last:
                after = path[high + 1]
                gain += distances[end][after] - from_first[after]
            if gain > GAIN:
                path[low : high + 1] = path[low : high + 1][::-1]
                shortened = True
                first = path[low]
                from_first = distances[first]
    return shortened


def move_parts(path: list[int], distances: Distances) -> bool:
    """Move rows of up to three points to where they lie better (Or-opt), in place. Tell whether one was moved."""
    moved = False
    for size in range(LONGEST_MOVED, 0, -1):
        low = 1
        while low + size <= len(path):
            moved = _move_part(path, low, size, distances) or moved
            low += 1
    return moved


def _move_part(path: list[int], low: int, size: int, distances: Distances) -> bool:
    """Move one row of points to its best place elsewhere, if that shortens the path."""
    part, rest = path[low : low + size], path[:low] + path[low + size :]
    first, last, before = part[0], part[-1], path[low - 1]
    saved = distances[before][first]
    if low + size < len(path):
        after = path[low + size]
        saved += distances[last][after] - distances[before][after]
    best, place = GAIN, None
    for index, here in enumerate(rest):
        cost = distances[here][first]
        if index + 1 < len(rest):
            cost += distances[last][rest[index + 1]] - distances[here][rest[index + 1]]
        if saved - cost > best:
            best, place = saved - cost, index + 1
    if place is None:
        return False
    path[:] = rest[:place] + part + rest[place:]
    return True


def _distances(places: Sequence[Point], streets: Iterable[Sequence[Point]]) -> Distances:
    middle = sum(latitude for _, latitude in places) / len(places)
    net = StreetNet.of(in_metres(line, middle) for line in streets)
    return net.distances(in_metres(places, middle))


def _rank(house: House) -> tuple[int, str, int]:
    return house.number, house.name, house.id


def _centre(house: House) -> bool:
    return house.longitude is not None and house.latitude is not None


def _place(house: House) -> Point:
    if house.longitude is None or house.latitude is None:
        raise ValueError("this house has no place")
    return house.longitude, house.latitude
