"""A designated route: every building once, short, and the same every time."""

from __future__ import annotations

from math import hypot
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from supplyhub.delivery.street_net import StreetNet, in_metres, lines_of
from supplyhub.delivery.walks import (
    House,
    fit_in,
    length_of,
    measure_walk,
    move_parts,
    nearest_neighbours,
    plan_walk,
    short_path,
    two_opt,
)

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


def straight(houses: list[House]) -> list[list[float]]:
    points = in_metres([(house.longitude, house.latitude) for house in houses])
    return [[hypot(a[0] - b[0], a[1] - b[1]) for b in points] for a in points]


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
    distances = straight(houses)
    first = nearest_neighbours(distances)
    better = two_opt(first, distances)
    assert better[0] == first[0]
    assert sorted(better) == sorted(first)
    assert length_of(better, distances) <= length_of(first, distances) + 1e-6
    for low in range(1, number):
        for high in range(low + 1, number):
            other = better[:low] + better[low : high + 1][::-1] + better[high + 1 :]
            assert length_of(other, distances) >= length_of(better, distances) - 1e-3


@given(st.integers(3, 25), st.integers(0, 1000))
def test_moving_parts_never_makes_a_path_longer_nor_loses_a_building(number, seed):
    distances = straight(town(number, seed))
    path = nearest_neighbours(distances)
    before = length_of(path, distances)
    while move_parts(path, distances):
        after = length_of(path, distances)
        assert after < before
        before = after
    assert (path[0], sorted(path)) == (0, list(range(number)))


def test_on_the_whole_the_path_is_shorter_than_reversals_alone_make_it():
    """Both heuristics, thirty towns: a mean, for a single town may be unlucky."""
    towns = [straight(town(40, seed)) for seed in range(30)]
    reversed_only = sum(length_of(two_opt(nearest_neighbours(each), each), each) for each in towns)
    assert sum(length_of(short_path(each), each) for each in towns) < 0.99 * reversed_only


# A wall with one gate far in the east: A lies south of it, B right behind it in the north.
#   B---------------------+
#   =====================  |
#   A-----C---------------+
WALL = [[(0.0, 0.0), (500.0, 0.0), (500.0, 60.0), (0.0, 60.0)]]


def test_people_walk_along_the_street_not_through_the_wall():
    (a_to_b, a_to_c), *_ = [row[1:] for row in StreetNet.of(WALL).distances([(0, 5), (0, 55), (100, 5)])]
    assert (round(a_to_b), round(a_to_c)) == (500 + 60 + 500 + 5 + 5, 100 + 5 + 5)


def test_a_route_follows_the_street_around_the_wall():
    east, north = 1 / 111_320, 1 / 111_320
    streets = [[(x * east, y * north) for x, y in line] for line in WALL]
    places = [(0, 5), (0, 55), (100, 5), (400, 5), (100, 55)]
    houses = [House(n, n, f"{n}号楼", x * east, y * north) for n, (x, y) in enumerate(places, start=1)]
    assert plan_walk(houses, streets=streets).building_ids == (1, 3, 4, 5, 2)
    assert plan_walk(houses).building_ids == (1, 2, 5, 3, 4)


def test_neighbours_of_one_yard_do_not_walk_out_to_the_street_and_back():
    net = StreetNet.of([[(0.0, 0.0), (500.0, 0.0)]])
    assert round(net.distances([(0, 100), (10, 100)])[0][1]) == 14


def test_where_no_street_leads_people_walk_straight_and_longer_than_it_looks():
    apart = StreetNet.of([[(0.0, 0.0), (100.0, 0.0)], [(0.0, 1000.0), (100.0, 1000.0)]])
    assert round(apart.distances([(0, 0), (0, 1000)])[0][1]) == 1400
    assert StreetNet.of([]).distances([(0, 0), (0, 1000)])[0][1] == 1000


@given(st.integers(2, 12), st.integers(0, 1000))
def test_a_walk_is_as_long_back_as_there_and_never_shorter_than_straight(number, seed):
    random = Random(seed)
    points = [(random.uniform(0, 300), random.uniform(0, 300)) for _ in range(number)]
    lines = [[(random.uniform(0, 300), random.uniform(0, 300)) for _ in range(4)] for _ in range(5)]
    distances = StreetNet.of(lines).distances(points)
    for a, here in enumerate(points):
        for b, there in enumerate(points):
            assert abs(distances[a][b] - distances[b][a]) < 1e-6
            assert distances[a][b] >= hypot(here[0] - there[0], here[1] - there[1]) - 1e-6


def test_lines_are_read_from_either_kind_of_geometry():
    one = {"type": "LineString", "coordinates": [[1, 2], [3, 4, 99]]}
    many = {"type": "MultiLineString", "coordinates": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}
    assert lines_of(one) == [[(1.0, 2.0), (3.0, 4.0)]]
    assert lines_of(many) == [[(1.0, 2.0), (3.0, 4.0)], [(5.0, 6.0), (7.0, 8.0)]]
    assert lines_of({"type": "Point", "coordinates": [1, 2]}) == []


def test_an_order_by_hand_is_measured_as_it_is():
    houses = houses_at((0, 0), (3, 0), (1, 0))
    assert measure_walk(houses).length_metres == 500
    assert measure_walk(houses, start=(-HUNDRED_METRES, 0)).length_metres == 600
    assert measure_walk(houses[:1]).length_metres == 0


def test_a_new_building_comes_where_it_lies_best_and_who_left_is_left_out():
    houses = houses_at((0, 0), (3, 0), (2, 0), (1, 0))
    assert [house.id for house in fit_in([2, 1, 99], houses)] == [2, 3, 4, 1]
    assert [house.id for house in fit_in([1], houses, start=(4 * HUNDRED_METRES, 0))] == [2, 3, 4, 1]
    homeless = House(9, 9, "9号楼", None, None)
    assert [house.id for house in fit_in([2, 1], [homeless, *houses[:2]])] == [2, 1, 9]
    assert fit_in([], []) == []
