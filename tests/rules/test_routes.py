"""A designated route: every building once, short, and the same every time."""

from __future__ import annotations

import time
from itertools import pairwise
from math import hypot
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from supplyhub.delivery.rules import House, in_metres, nearest_neighbours, plan_walk, two_opt

HUNDRED_METRES = 100 / 111_320


def houses_at(*centres: tuple[float, float]) -> list[House]:
    """Return houses numbered from 1 at places given in hundreds of metres."""
    return [
        House(number, number, f"{number}号楼", east * HUNDRED_METRES, north * HUNDRED_METRES)
        for number, (east, north) in enumerate(centres, start=1)
    ]


def town(number: int, seed: int = 7) -> list[House]:
    random = Random(seed)
    return houses_at(*((random.uniform(0, 10), random.uniform(0, 10)) for _ in range(number)))


def length_of(path: list[int], distances: list[list[float]]) -> float:
    return sum(distances[a][b] for a, b in pairwise(path))


def test_a_street_is_walked_from_end_to_end_beginning_in_the_west():
    walk = plan_walk(houses_at((2, 0), (0, 0), (3, 0), (1, 0)))
    assert walk.building_ids == (2, 4, 1, 3)
    assert walk.length_metres == 300


def test_a_walk_begins_at_the_delivery_point_and_counts_the_way_from_there():
    walk = plan_walk(houses_at((2, 0), (0, 0), (3, 0), (1, 0)), start=(4 * HUNDRED_METRES, 0))
    assert walk.building_ids == (3, 1, 4, 2)
    assert walk.length_metres == 400


def test_buildings_without_a_place_come_last_by_number():
    houses = [House(9, 12, "12号楼", None, None), House(8, 3, "3号楼", None, None), *houses_at((1, 0), (0, 0))]
    assert plan_walk(houses).building_ids == (2, 1, 8, 9)
    assert plan_walk(houses[:2]).building_ids == (8, 9)
    assert plan_walk([]).building_ids == ()


@given(st.integers(0, 40), st.randoms())
def test_every_building_is_walked_once_whatever_the_order_of_the_rows(number, random):
    houses = town(number)
    walk = plan_walk(houses)
    assert sorted(walk.building_ids) == [house.id for house in houses]
    random.shuffle(houses)
    assert plan_walk(houses) == walk


@given(st.integers(3, 25), st.integers(0, 1000))
def test_two_opt_leaves_no_crossing_that_a_reversal_would_undo(number, seed):
    houses = town(number, seed)
    points = in_metres([(house.longitude, house.latitude) for house in houses])
    distances = [[hypot(a[0] - b[0], a[1] - b[1]) for b in points] for a in points]
    first = nearest_neighbours(distances)
    better = two_opt(first, distances)
    assert better[0] == first[0]
    assert sorted(better) == sorted(first)
    assert length_of(better, distances) <= length_of(first, distances) + 1e-6
    for low in range(1, number):
        for high in range(low + 1, number):
            other = better[:low] + better[low : high + 1][::-1] + better[high + 1 :]
            assert length_of(other, distances) >= length_of(better, distances) - 1e-3


def test_the_largest_grid_is_planned_in_under_three_seconds():
    before = time.perf_counter()
    plan_walk(town(244))
    assert time.perf_counter() - before < 3
