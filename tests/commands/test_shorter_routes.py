"""Many buildings: a solver looks for a shorter way afterwards, and the shorter of the two is walked."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.db import execute, rows, transaction
from supplyhub.delivery.commands import arrange_route, compute_route, plan_route, plan_routes, shorten_route
from supplyhub.delivery.walks import MANY, length_of, move_parts, short_path, two_opt
from supplyhub.outside.errors import SolverFailedError
from tests.factories_depot import Town
from workers.jobs import drain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from supplyhub.outside.ports import RouteSolver

pytestmark = pytest.mark.usefixtures("database")

A_HUNDRED_METRES = 0.001


@dataclass
class Fake:
    """A solver that answers as it is told and counts who asks."""

    answer: Callable[[Sequence[Sequence[float]]], list[int]]
    asked: list[int] = field(default_factory=list)

    def short_path(self, distances: Sequence[Sequence[float]]) -> list[int]:
        self.asked.append(len(distances))
        return self.answer(distances)


def best(distances: Sequence[Sequence[float]]) -> list[int]:
    """Return the shortest of some walks that begin as a muddle."""
    return min((_untangled(distances, seed) for seed in range(12)), key=lambda path: length_of(path, distances))


def _untangled(distances: Sequence[Sequence[float]], seed: int) -> list[int]:
    rest = list(range(1, len(distances)))
    Random(seed).shuffle(rest)
    path = two_opt([0, *rest], distances)
    while move_parts(path, distances):
        path = two_opt(path, distances)
    return path


def in_order(distances: Sequence[Sequence[float]]) -> list[int]:
    """Return the points as they come: a long way."""
    return list(range(len(distances)))


@pytest.fixture
def town(database: Any) -> Town:
    """Return a town of two grids; in the first stand as many buildings, at random places, as make a solver worth it."""
    town = Town(grids=2)
    build(town, MANY)
    plan_routes(town.community.id)
    return town


def build(town: Town, many: int, *, first: int = 100) -> None:
    """Put buildings into the first grid."""
    random = Random(first)
    with transaction():
        for number in range(first, first + many):
            execute(
                "INSERT INTO building (community_id, name, number, grid_id, longitude, latitude)"
                " VALUES (:community, :name, :number, :grid, :east, :north)",
                community=town.community.id,
                name=f"{number}号楼",
                number=number,
                grid=town.first.grid.id,
                east=117 + random.uniform(0, 10) * A_HUNDRED_METRES,
                north=26 + random.uniform(0, 10) * A_HUNDRED_METRES,
            )


def newest(town: Town) -> Any:
    (found,) = rows(
        "SELECT version, planner, length_metres, made_by FROM route WHERE grid_id = :g ORDER BY version DESC LIMIT 1",
        g=town.first.grid.id,
    )
    return found


def walked(town: Town) -> list[int]:
    found = rows("SELECT id FROM building WHERE grid_id = :g ORDER BY route_position", g=town.first.grid.id)
    return [building.id for building in found]


def shorten(town: Town, solver: RouteSolver | None, *, version: int = 1) -> bool:
    return shorten_route(town.first.grid.id, version, solver=solver)


def asked_for() -> list[tuple[int, int]]:
    found = rows(
        "SELECT payload FROM outbox WHERE topic = 'route_computed' AND finished_at IS NULL ORDER BY id",
    )
    return [(each.payload["grid_id"], each.payload["version"]) for each in found]


def test_a_solver_is_asked_about_many_buildings_only(town):
    assert asked_for() == [(town.first.grid.id, 1)]


def test_a_shorter_way_becomes_a_version_that_says_who_found_it(town):
    before = newest(town)
    assert shorten(town, Fake(best))
    after = newest(town)
    assert (after.version, after.planner, after.made_by) == (2, "solver", None)
    assert after.length_metres < before.length_metres
    on_it = rows(
        "SELECT b.building_id FROM route AS r JOIN route_building AS b ON b.route_id = r.id"
        " WHERE r.grid_id = :g AND r.version = 2 ORDER BY b.position",
        g=town.first.grid.id,
    )
    assert [each.building_id for each in on_it] == walked(town)


@pytest.mark.parametrize("answer", [in_order, short_path], ids=["longer", "the same"])
def test_a_way_that_is_not_shorter_changes_nothing(town, answer):
    before, order = newest(town), walked(town)
    assert not shorten(town, Fake(answer))
    assert (newest(town), walked(town)) == (before, order)


def test_a_solver_that_fails_or_is_not_there_leaves_the_route_as_it_is(town):
    def fails(_distances: Any) -> list[int]:
        raise SolverFailedError("crashed")

    before = newest(town)
    assert not shorten(town, Fake(fails))
    assert not shorten(town, None)
    assert newest(town) == before


def test_an_order_by_hand_that_is_saved_while_it_looks_is_not_overwritten(town):
    by_hand = walked(town)[::-1]

    def meanwhile(distances: Any) -> list[int]:
        arrange_route(town.coordinator, grid=1, building_ids=by_hand, version=1)
        return best(distances)

    assert not shorten(town, Fake(meanwhile))
    assert (newest(town).version, newest(town).planner) == (2, "manual")
    assert walked(town) == by_hand


def test_a_building_that_comes_or_moves_while_it_looks_makes_the_answer_worthless(town):
    def meanwhile(distances: Any) -> list[int]:
        with transaction():
            execute("UPDATE building SET longitude = longitude + 0.02 WHERE number = 105")
        return best(distances)

    assert not shorten(town, Fake(meanwhile))
    assert newest(town).version == 1


def test_what_is_asked_twice_is_answered_once(town):
    solver = Fake(best)
    assert shorten(town, solver)
    assert not shorten(town, solver)
    assert (len(solver.asked), newest(town).version) == (1, 2)


def test_a_shorter_way_outlives_an_import_that_changes_nothing_and_a_lead_who_has_it_computed(town):
    shorten(town, Fake(best))
    assert plan_routes(town.community.id) == 0
    assert not compute_route(town.coordinator, grid=1)
    assert newest(town).planner == "solver"
    assert asked_for() == [(town.first.grid.id, 1)]


def test_new_buildings_are_walked_by_our_own_way_until_the_solver_has_looked_again(town):
    shorten(town, Fake(best))
    build(town, 1, first=900)
    assert plan_routes(town.community.id) == 1
    assert (newest(town).version, newest(town).planner) == (3, "computed")
    assert asked_for()[-1] == (town.first.grid.id, 3)
    assert shorten(town, Fake(best), version=3)


def test_a_way_that_became_long_because_a_building_moved_is_given_up(town):
    shorten(town, Fake(best))
    with transaction():
        execute("UPDATE building SET longitude = longitude + 0.05 WHERE id = :id", id=walked(town)[MANY // 2])
    assert plan_route(town.first.grid.id)
    assert newest(town).planner == "computed"


def test_the_worker_asks_the_solver_that_is_installed(town, monkeypatch):
    solver = Fake(best)
    monkeypatch.setattr("workers.handlers.solver_of", lambda: solver)
    assert drain("route_computed") == 1
    assert (solver.asked, newest(town).planner, asked_for()) == ([MANY], "solver", [])
