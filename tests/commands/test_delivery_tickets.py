"""Routes and tickets: planned, cut, claimed, released."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supplyhub.db import db, execute, rows, scalar
from supplyhub.delivery.commands import (
    claim_ticket,
    hand_over,
    issue_tickets,
    plan_route,
    plan_routes,
    release_ticket,
)
from supplyhub.delivery.errors import WrongGridError
from supplyhub.errors import ConflictError, NotAllowedError, NotFoundError
from supplyhub.people.commands import revoke_badge
from supplyhub.people.states import Role
from supplyhub.places.models import DeliveryPoint
from tests.factories import a_building, a_household, an_account, asking
from tests.factories_depot import Town, a_volunteer, expire, stops_of, work

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of 2 grids with a ticket each."""
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def place(building, east: float, north: float = 0.0) -> None:
    building.longitude, building.latitude = 117.0 + east / 1000, 26.0 + north / 1000
    db.session.commit()


def route_of(grid_id: int) -> list[int]:
    return [
        stop.building_id
        for stop in rows(
            "SELECT building_id FROM route_building WHERE route_id ="
            " (SELECT id FROM route WHERE grid_id = :g ORDER BY version DESC LIMIT 1) ORDER BY position",
            g=grid_id,
        )
    ]


def test_a_route_is_planned_once_and_again_only_when_it_changes():
    town = Town()
    grid, first = town.first.grid.id, town.first.building
    second, third, unplaced = (a_building(town.first.grid, number=number) for number in (20, 30, 5))
    for building, east in ((first, 3), (second, 1), (third, 2)):
        place(building, east)
    ids = [second.id, third.id, first.id, unplaced.id]
    assert plan_route(grid)
    assert route_of(grid) == ids
    assert not plan_route(grid)
    assert [b.route_position for b in rows("SELECT route_position FROM building WHERE grid_id = :g ORDER BY number", g=grid)] == [
        4, 3, 1, 2,
    ]  # fmt: skip
    place(second, 9)
    assert plan_routes(town.community.id) == 1
    assert route_of(grid)[0] == ids[1]
    assert scalar("SELECT max(version) FROM route WHERE grid_id = :g", g=grid) == 2


def test_a_route_begins_at_the_delivery_point():
    town = Town()
    point = db.session.get_one(DeliveryPoint, town.first.grid.delivery_point_id)
    point.longitude, point.latitude = 117.01, 26.0
    west, east = town.first.building, a_building(town.first.grid, number=20)
    place(west, 0)
    place(east, 5)
    ids = [east.id, west.id]
    plan_route(town.first.grid.id)
    assert route_of(town.first.grid.id) == ids
    assert 990 < scalar("SELECT length_metres FROM route WHERE grid_id = :g", g=town.first.grid.id) < 1_010


def test_tickets_are_cut_along_the_one_sort_order_with_a_stop_a_parcel():
    town = Town(homes=0)
    houses = [town.first.building, a_building(town.first.grid, number=20)]
    town.first.homes = [a_household(house, door=f"{floor}01") for house in houses for floor in range(1, 11)]
    place(houses[0], 2)
    place(houses[1], 1)
    plan_route(town.first.grid.id)
    town.open_cycle()
    town.everybody_orders(V001=1)
    town.to_tickets()
    first, second = town.tickets(town.first)
    doors = rows(
        "SELECT t.code, b.number, h.floor FROM stop AS s JOIN ticket AS t ON t.id = s.ticket_id"
        " JOIN orders AS o ON o.id = s.order_id JOIN household AS h ON h.id = o.household_id"
        " JOIN building AS b ON b.id = o.building_id ORDER BY t.sequence, s.position"
    )
    assert [tuple(door) for door in doors] == [(first, 20, floor) for floor in range(1, 11)] + [
        (second, 10, floor) for floor in range(1, 11)
    ]


def test_a_building_that_moved_leaves_the_route_of_its_old_grid():
    town = Town(grids=2)
    old, new = (side.grid.id for side in town.sides)
    moved = town.first.building.id
    assert plan_routes(town.community.id) == 2
    execute("UPDATE building SET grid_id = :new WHERE id = :moved", new=new, moved=moved)
    db.session.commit()
    assert plan_routes(town.community.id) == 2
    assert route_of(old) == []
    assert moved in route_of(new)
    assert plan_routes(town.community.id) == 0


def test_a_grid_whose_route_is_missing_gets_one_with_its_tickets_and_the_parcels_keep_their_order():
    town = Town(grids=2, homes=3)
    plan_route(town.first.grid.id)
    town.everybody_orders(V001=1)
    town.share()
    assert scalar("SELECT count(*) FROM route") == 1
    work(issue_tickets, town.cycle_id)
    second = town.sides[1]
    assert route_of(second.grid.id) == [second.building.id]
    for side in town.sides:
        (code,) = town.tickets(side)
        assert [stop.code for stop in stops_of(code)] == town.codes(side)


def test_a_grid_that_lost_its_buildings_since_they_ordered_still_gets_tickets():
    town = Town(grids=2)
    town.everybody_orders(V001=1)
    town.share()
    first, second = town.sides
    execute("UPDATE building SET grid_id = :new WHERE grid_id = :old", new=second.grid.id, old=first.grid.id)
    db.session.commit()
    work(issue_tickets, town.cycle_id)
    (code,) = town.tickets(first)
    assert len(stops_of(code)) == 2
    assert route_of(first.grid.id) == []


def test_issuing_again_changes_nothing_and_an_unknown_cycle_is_refused(town):
    before = town.tickets(town.first)
    work(issue_tickets, town.cycle_id)
    assert town.tickets(town.first) == before
    with pytest.raises(NotFoundError):
        work(issue_tickets, 0)


def test_a_cycle_without_parcels_has_no_tickets(database):
    town = Town()
    town.cut_off()
    work(issue_tickets, town.cycle_id)
    assert scalar("SELECT count(*) FROM ticket") == 0


def test_a_volunteer_claims_a_free_ticket_of_the_own_grid(town):
    volunteer = a_volunteer(town.first)
    (code,) = town.tickets(town.first)
    claim_ticket(volunteer.asker, code.lower())
    assert scalar("SELECT badge_id FROM ticket WHERE code = :c", c=code) == volunteer.asker.badge_id


def test_a_claimed_ticket_cannot_be_claimed_again(town):
    (code,) = town.tickets(town.first)
    first, second = a_volunteer(town.first), a_volunteer(town.first)
    claim_ticket(first.asker, code)
    for volunteer in (first, second):
        with pytest.raises(ConflictError) as caught:
            claim_ticket(volunteer.asker, code)
        assert caught.value.data == {"state": "claimed", "action": "claim"}
    assert scalar("SELECT badge_id FROM ticket WHERE code = :c", c=code) == first.asker.badge_id


def test_a_ticket_of_another_grid_is_refused_with_where_to_go_and_the_refusal_is_kept(town):
    (code,) = town.tickets(town.first)
    volunteer = a_volunteer(town.sides[1])
    with pytest.raises(WrongGridError) as caught:
        claim_ticket(volunteer.asker, code)
    assert caught.value.data == {"ticket_grid": 1, "badge_grid": 2, "delivery_point": "西门"}
    (refusal,) = rows("SELECT badge_id, refused_move FROM grid_refusal")
    assert tuple(refusal) == (volunteer.asker.badge_id, "claim")
    assert scalar("SELECT state FROM ticket WHERE code = :c", c=code) == "issued"


@pytest.mark.parametrize("change", ["revoked", "expired", "not yet"])
def test_a_badge_that_stopped_being_valid_after_signing_in_claims_nothing(town, change):
    volunteer = a_volunteer(town.first)
    if change == "revoked":
        revoke_badge(town.coordinator, volunteer.badge_code)
    elif change == "expired":
        expire(volunteer.badge)
    else:
        volunteer.badge.valid_from = datetime.now(UTC) + timedelta(days=1)
        db.session.commit()
    with pytest.raises(NotAllowedError):
        claim_ticket(volunteer.asker, town.tickets(town.first)[0])


def test_a_released_ticket_is_free_again(town):
    (code,) = town.tickets(town.first)
    first, second = a_volunteer(town.first), a_volunteer(town.first)
    claim_ticket(first.asker, code)
    with pytest.raises(NotFoundError):
        release_ticket(second.asker, code)
    release_ticket(first.asker, code)
    with pytest.raises(NotFoundError):
        release_ticket(first.asker, code)
    claim_ticket(second.asker, code)


@pytest.mark.parametrize("role", [Role.DEPOT, Role.COORDINATOR])
def test_a_ticket_whose_volunteer_is_gone_is_freed_by_the_depot_and_by_coordinators(town, role):
    (code,) = town.tickets(town.first)
    first, second = a_volunteer(town.first), a_volunteer(town.first)
    claim_ticket(first.asker, code)
    office = town.depot if role == Role.DEPOT else town.coordinator
    revoke_badge(town.coordinator, first.badge_code)
    release_ticket(office, code)
    claim_ticket(second.asker, code)
    assert scalar("SELECT badge_id FROM ticket WHERE code = :c", c=code) == second.asker.badge_id
    hand_over(town.depot, ticket_code=code, badge_code=second.badge_code)
    with pytest.raises(ConflictError):
        release_ticket(office, code)


def test_nobody_else_frees_a_claimed_ticket(town):
    (code,) = town.tickets(town.first)
    claim_ticket(a_volunteer(town.first).asker, code)
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    strangers = Town()
    for asker in (lead, a_volunteer(town.first).asker, strangers.depot, strangers.coordinator):
        with pytest.raises(NotFoundError):
            release_ticket(asker, code)
    with pytest.raises(ConflictError):
        release_ticket(town.depot, town.tickets(town.sides[1])[0])


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_volunteer_whose_badge_ended_still_gives_the_ticket_back(town, end):
    (code,) = town.tickets(town.first)
    volunteer = a_volunteer(town.first)
    claim_ticket(volunteer.asker, code)
    if end == "revoked":
        revoke_badge(town.coordinator, volunteer.badge_code)
    else:
        expire(volunteer.badge)
    release_ticket(asking(volunteer.asker.account_id), code)
    assert scalar("SELECT state FROM ticket WHERE code = :c", c=code) == "issued"


def test_unknown_codes_and_other_communities_tickets_are_not_found(town):
    strangers = Town()
    volunteer = a_volunteer(strangers.first)
    for code in (town.tickets(town.first)[0], "ZZZZZZ", ""):
        with pytest.raises(NotFoundError):
            claim_ticket(volunteer.asker, code)
    assert scalar("SELECT count(*) FROM grid_refusal") == 0
