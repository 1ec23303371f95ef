"""What the map says of grids and buildings is what the lists of the same cycle say, door by door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from supplyhub.db import execute, scalar, transaction
from supplyhub.delivery.commands import record_entries
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.delivery.timeline import failed_doors_for
from supplyhub.errors import NotAllowedError, NotFoundError
from supplyhub.ordering.commands import decline
from supplyhub.ordering.queries import standing_counts
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from supplyhub.reports.map_doors import building_for, doors_of
from supplyhub.reports.map_figures import Counts, building_counts, due_requests, grid_counts, in_all, problem_doors
from tests.factories import a_building, a_community, a_grid, a_household, an_account, asking, in_care
from tests.factories_depot import Town, a_walk

pytestmark = pytest.mark.usefixtures("database")

SUMS = ("households", "ordered", "declined", "silent", "parcels", "packed", "out", "delivered", "problems")


def a_town() -> Town:
    """Return a town of two grids: grid 1 with a second building; one home silent, one that declined, one inactive."""
    town = Town(grids=2, homes=4)
    more = a_building(town.first.grid, number=77)
    homes = [a_household(more, door=f"{floor}02") for floor in (1, 2)]
    a_household(more, door="302", active=False)
    with transaction():
        execute(
            "INSERT INTO cycle_building (cycle_id, building_id, grid_id) VALUES (:c, :b, :g)",
            c=town.cycle_id,
            b=more.id,
            g=town.first.grid.id,
        )
    for home in [*town.first.homes[:3], homes[0]]:
        town.order(town.first, home, V001=1)
    town.order(town.sides[1], town.sides[1].homes[0], V001=1)
    decline(town.coordinator, cycle_id=town.cycle_id, household_id=homes[1].id)
    return town


def entry(stop: Any, problem: Problem | None = None) -> Entry:
    outcome = StopOutcome.FAILED if problem else StopOutcome.DELIVERED
    return Entry(id=uuid4(), stop=stop.id, outcome=outcome, problem=problem, happened_at=datetime.now(UTC))


def a_request(town: Town, grid: int, *, hours: int, state: str = "new", code: str = "ABCDEF") -> None:
    """Write down a help request that is due in so many hours."""
    with transaction():
        execute(
            """
            INSERT INTO help_request (key, community_id, grid_id, code, kind, state, channel, opened_by, opened_at, due_at,
                                      ended_at)
            SELECT gen_random_uuid(), community_id, id, :code, 'errand', :state, 'phone', :who, now() - interval '9 days',
                   now() + make_interval(hours => :hours), CASE WHEN :state = 'withdrawn' THEN now() END
            FROM grid WHERE id = :grid
            """,
            code=code,
            state=state,
            who=town.coordinator.account_id,
            hours=hours,
            grid=town.sides[grid - 1].grid.id,
        )


def test_every_household_of_a_grid_is_in_one_standing_as_the_lists_have_it():
    town = a_town()
    for found in grid_counts(town.coordinator, cycle_id=town.cycle_id):
        listed = standing_counts(town.coordinator, cycle_id=town.cycle_id, grid_id=found.id)
        assert {"ordered": found.ordered, "declined": found.declined, "silent": found.silent} == listed
    first, second = grid_counts(town.coordinator, cycle_id=town.cycle_id)
    assert (first.households, first.ordered, first.declined, first.silent) == (6, 4, 1, 1)
    assert (second.households, second.ordered, second.declined, second.silent) == (4, 1, 0, 3)


def test_the_buildings_of_a_grid_sum_up_to_the_grid_at_every_step():
    town = a_town()

    def check() -> None:
        for grid in grid_counts(town.coordinator, cycle_id=town.cycle_id):
            houses = building_counts(town.coordinator, cycle_id=town.cycle_id, grid_id=grid.id)
            assert {each.grid_id for each in houses} == {grid.id}
            assert {name: sum(getattr(each, name) for each in houses) for name in SUMS} == {
                name: getattr(grid, name) for name in SUMS
            }

    check()
    town.to_tickets()
    check()
    walk = a_walk(town=town)
    check()
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[entry(walk.stops[0], Problem.NOBODY_HOME)])
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[entry(walk.stops[1])])
    check()
    first = grid_counts(town.coordinator, cycle_id=town.cycle_id)[0]
    assert (first.parcels, first.packed, first.out, first.delivered, first.problems) == (4, 4, 4, 1, 1)
    assert first.on_way == 2


def test_doors_with_a_problem_are_those_of_the_coordinators_list():
    town = a_town()
    town.to_tickets()
    walk = a_walk(town=town)
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[entry(walk.stops[0], Problem.WRONG_DOOR)])
    (listed,) = failed_doors_for(town.coordinator, town.cycle_id)
    (found,) = problem_doors(town.coordinator, cycle_id=town.cycle_id, grid_id=None, limit=9)
    assert (found.door, found.problem, found.happened_at) == (listed.door, listed.problem, listed.happened_at)
    assert problem_doors(town.coordinator, cycle_id=town.cycle_id, grid_id=town.sides[1].grid.id, limit=9) == []


def test_open_requests_are_counted_by_grid_and_those_that_are_late_besides():
    town = a_town()
    a_request(town, 1, hours=3, code="AAAAAA")
    a_request(town, 1, hours=-3, code="BBBBBB")
    a_request(town, 1, hours=5, code="CCCCCC", state="withdrawn")
    a_request(town, 2, hours=1, code="DDDDDD")
    first, second = grid_counts(town.coordinator, cycle_id=town.cycle_id)
    assert (first.requests, first.overdue, second.requests, second.overdue) == (2, 1, 1, 0)
    due = due_requests(town.coordinator, grid_id=None, limit=9)
    assert [(each.code, each.late) for each in due] == [("BBBBBB", True), ("DDDDDD", False), ("AAAAAA", False)]


def test_a_lead_gets_the_own_grid_whatever_is_asked_for_and_others_get_nothing():
    town = a_town()
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.sides[1].grid).id)
    for asked in (None, town.first.grid.id):
        assert [each.number for each in grid_counts(lead, cycle_id=town.cycle_id, grid_id=asked)] == [2]
        assert {each.grid_id for each in building_counts(lead, cycle_id=town.cycle_id, grid_id=asked)} == {
            town.sides[1].grid.id
        }
    stranger = asking(an_account(a_community(), Role.COORDINATOR).id)
    assert grid_counts(stranger, cycle_id=town.cycle_id) == []
    assert building_counts(stranger, cycle_id=town.cycle_id) == []
    assert problem_doors(stranger, cycle_id=town.cycle_id, grid_id=None, limit=9) == []
    with pytest.raises(NotAllowedError):
        grid_counts(town.depot, cycle_id=town.cycle_id)


def test_before_the_first_cycle_there_are_households_and_levels_and_no_orders():
    community = a_community()
    grid = a_grid(community, 5)
    a_household(a_building(grid))
    coordinator = asking(an_account(community, Role.COORDINATOR).id)
    change_level(coordinator, ZoneLevel.CONTROLLED, grid=5)
    (found,) = grid_counts(coordinator, cycle_id=None)
    assert (found.households, found.ordered, found.silent, found.level) == (1, 0, 1, "controlled")
    assert len(building_counts(coordinator, cycle_id=None)) == 1


def test_a_building_counts_where_the_cycle_has_it_even_when_the_register_moves_it():
    town = a_town()
    with transaction():
        execute(
            "UPDATE building SET grid_id = :new, micro_grid_id = NULL WHERE id = :id",
            new=town.sides[1].grid.id,
            id=town.first.building.id,
        )
    first, second = grid_counts(town.coordinator, cycle_id=town.cycle_id)
    assert (first.households, second.households) == (6, 4)
    found = building_for(town.coordinator, town.first.building.id, cycle_id=town.cycle_id)
    assert found.grid_number == 1


def test_the_doors_of_a_building_stand_as_they_are_and_nobody_is_named():
    town = a_town()
    in_care(town.first.homes[0])
    town.to_tickets()
    walk = a_walk(town=town)
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[entry(walk.stops[0], Problem.REFUSED)])
    doors = doors_of(town.first.building.id, cycle_id=town.cycle_id)
    assert [(door.door, door.standing) for door in doors] == [
        ("10-1-101", "ordered"),
        ("10-1-201", "ordered"),
        ("10-1-301", "ordered"),
        ("10-1-401", "silent"),
    ]
    assert [door.in_care for door in doors] == [True, False, False, False]
    assert [door.problem for door in doors].count("refused") <= 1
    assert not {"contact", "phone", "name"} & set(doors[0]._fields)


def test_another_leads_building_and_another_communitys_are_not_found():
    town = a_town()
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.sides[1].grid).id)
    other = asking(an_account(a_community(), Role.COORDINATOR).id)
    for who in (lead, other):
        with pytest.raises(NotFoundError):
            building_for(who, town.first.building.id, cycle_id=town.cycle_id)
    assert building_for(lead, town.sides[1].building.id, cycle_id=town.cycle_id).grid_number == 2


def counts(**figures: int) -> Counts:
    nothing = dict.fromkeys(("households", "ordered", "declined", *SUMS[4:], "returned"), 0)
    return Counts(**(nothing | figures))


@pytest.mark.parametrize(
    ("figures", "stage", "worst"),
    [
        ({}, "waiting", "waiting"),
        ({"ordered": 3}, "ordered", "ordered"),
        ({"ordered": 3, "parcels": 3}, "ordered", "ordered"),
        ({"ordered": 3, "parcels": 3, "packed": 1}, "packed", "ordered"),
        ({"ordered": 3, "parcels": 3, "packed": 3}, "packed", "packed"),
        ({"ordered": 3, "parcels": 3, "packed": 3, "out": 1}, "onway", "packed"),
        ({"ordered": 3, "parcels": 3, "packed": 3, "out": 3, "delivered": 1}, "onway", "onway"),
        ({"ordered": 3, "parcels": 3, "packed": 3, "out": 3, "delivered": 2, "problems": 1}, "delivered", "problem"),
        ({"ordered": 3, "parcels": 3, "packed": 3, "out": 3, "delivered": 3}, "delivered", "delivered"),
    ],
)
def test_a_grid_shows_how_far_it_is_and_a_building_its_worst_door(figures, stage, worst):
    found = counts(**figures)
    assert (found.stage, found.worst) == (stage, worst)


def test_a_share_of_nothing_is_nothing():
    assert [counts().share(what) for what in ("ordered", "packed", "delivered", "silent")] == [0, 0, 0, 0]
    assert counts(households=4, ordered=1, declined=1).share("silent") == 0.5


def test_the_sums_of_no_grid_are_zero():
    assert in_all([]) == counts()


def test_the_map_has_every_grid_once_however_often_its_level_changed():
    town = a_town()
    for level in (ZoneLevel.LOCKDOWN, ZoneLevel.NORMAL, ZoneLevel.PRECAUTION):
        change_level(town.coordinator, level, grid=1)
    first, second = grid_counts(town.coordinator, cycle_id=town.cycle_id)
    assert (first.level, second.level) == ("precaution", None)
    assert scalar("SELECT count(*) FROM grid_zone_level WHERE grid_id = :g", g=first.id) == 3
