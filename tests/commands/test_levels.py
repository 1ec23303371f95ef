"""Zone levels decide how parcels reach people; a change plans anew what isn't on its way, and says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import (
    check_off,
    claim_ticket,
    close_point_ticket,
    hand_over,
    issue_tickets,
    record_entries,
    replan_grid,
)
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.levels import change_level, drop_coming_level, levels_for
from supplyhub.delivery.states import StopOutcome
from supplyhub.delivery.timeline import moments_of
from supplyhub.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.places.levels import level_of, levels_in, levels_of
from supplyhub.places.states import ZoneLevel
from tests.factories import an_account, asking, in_care
from tests.factories_depot import Town, a_volunteer, a_walk, places, work

pytestmark = pytest.mark.usefixtures("database")

LOCKDOWN, CONTROLLED, NORMAL = ZoneLevel.LOCKDOWN, ZoneLevel.CONTROLLED, ZoneLevel.NORMAL


def set_to(town: Town, level: ZoneLevel, grid: int = 1) -> None:
    """Change a grid's level, and let the worker see to it."""
    assert change_level(town.coordinator, level, grid=grid)
    work(replan_grid, town.sides[grid - 1].grid.id)


def a_town(level: ZoneLevel | None, *, homes: int = 4, care: int = 0) -> Town:
    """Return a town with packed parcels and tickets in a grid of a level; the first homes are in the care register."""
    town = Town(grids=2, homes=homes)
    for home in town.first.homes[:care]:
        in_care(home)
    if level:
        change_level(town.coordinator, level, grid=1)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def stands(town: Town) -> list[tuple[str, str, bool, int]]:
    """Return of grid 1's tickets: state, the modes of its stops, whether it stays at the point, how many stops."""
    found = rows(
        """
        SELECT t.state, string_agg(DISTINCT s.mode, '+' ORDER BY s.mode) AS modes, t.at_point, count(s.id) AS stops
        FROM ticket AS t LEFT JOIN stop AS s ON s.ticket_id = t.id WHERE t.batch_id = :b GROUP BY t.id ORDER BY t.sequence
        """,
        b=town.batch_of(town.first),
    )
    return [tuple(each) for each in found]


def broken() -> list[str]:
    """Return the laws that are broken now."""
    return [found.law.name for found in audit() if found.offending]


def tickets(town: Town) -> list[str]:
    return town.tickets(town.first)


@pytest.mark.parametrize(
    ("level", "stood"),
    [
        (None, [("issued", "door", False, 4)]),
        (LOCKDOWN, [("issued", "door", False, 4)]),
        (CONTROLLED, [("issued", "entrance", False, 4)]),
        (NORMAL, [("issued", "point", True, 4)]),
    ],
)
def test_tickets_are_issued_by_the_level_of_their_grid(level, stood):
    town = a_town(level)
    assert stands(town) == stood
    assert scalar("SELECT count(*) FROM stop WHERE grid_id = :g AND mode <> 'door'", g=town.sides[1].grid.id) == 0


def test_households_of_the_care_register_always_get_the_door():
    assert stands(a_town(CONTROLLED, care=1)) == [("issued", "door+entrance", False, 4)]
    assert stands(a_town(NORMAL, care=1)) == [("issued", "point", True, 3), ("issued", "door", False, 1)]


def test_issuing_again_changes_nothing():
    town = a_town(NORMAL, care=1)
    before = stands(town)
    work(issue_tickets, town.cycle_id)
    work(replan_grid, town.first.grid.id)
    assert stands(town) == before


def test_a_building_in_a_controlled_grid_has_its_time_and_loses_it_with_the_level():
    town = a_town(CONTROLLED)
    (slot,) = rows("SELECT building_id, parcels, ends_at - starts_at AS long, starts_at FROM slot")
    assert (slot.building_id, slot.parcels, slot.long) == (town.first.building.id, 4, timedelta(minutes=10))
    assert slot.starts_at > datetime.now(UTC)
    set_to(town, LOCKDOWN)
    assert scalar("SELECT count(*) FROM slot") == 0


def test_a_change_plans_anew_what_waits_and_tells_the_lead():
    town = a_town(LOCKDOWN, care=1)
    set_to(town, NORMAL)
    assert stands(town) == [("issued", "point", True, 3), ("issued", "door", False, 1)]
    set_to(town, LOCKDOWN)
    assert stands(town) == [("issued", "door", False, 3), ("issued", "door", False, 1)]
    kinds = rows("SELECT DISTINCT kind, grid_id FROM inbox_item")
    assert [tuple(each) for each in kinds] == [("level_changed", town.first.grid.id)]


def test_what_is_on_its_way_stays_as_it_is():
    town = a_town(LOCKDOWN)
    walk = a_walk(town=town)
    set_to(town, NORMAL)
    assert stands(town) == [("handed_over", "door", False, 4)]
    send(walk, walk.stops[0].id)
    set_to(town, CONTROLLED)
    assert stands(town) == [("under_way", "door", False, 4)]


def send(walk: Any, stop: int) -> None:
    entry = Entry(uuid4(), stop, StopOutcome.DELIVERED, None, datetime.now(UTC))
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[entry])


def test_a_claimed_ticket_that_nobody_carries_any_more_is_taken_back_and_cannot_be_claimed():
    town = a_town(LOCKDOWN)
    volunteer = a_volunteer(town.first)
    (ticket,) = tickets(town)
    claim_ticket(volunteer.asker, ticket)
    set_to(town, NORMAL)
    assert stands(town) == [("issued", "point", True, 4)]
    assert scalar("SELECT count(*) FROM inbox_item WHERE ticket_id IS NOT NULL") == 1
    with pytest.raises(ConflictError):
        claim_ticket(volunteer.asker, ticket)
    with pytest.raises(ConflictError):
        hand_over(town.depot, ticket_code=ticket, badge_code=volunteer.badge_code)


def test_parcels_are_fetched_one_by_one_and_the_ticket_ends_with_the_last():
    town = a_town(NORMAL, homes=2)
    first, second = town.codes(town.first)
    assert check_off(town.depot, first.lower())
    assert not check_off(town.depot, first)
    assert stands(town) == [("under_way", "point", True, 2)]
    assert check_off(town.depot, second)
    assert stands(town) == [("done", "point", True, 2)]
    assert places()["delivered"] == 2
    assert broken() == []


def test_what_nobody_fetched_goes_back_counted():
    town = a_town(NORMAL, homes=3)
    first, second, third = town.codes(town.first)
    (ticket,) = tickets(town)
    check_off(town.depot, first)
    for wrong in ([second], [first, second, third], []):
        with pytest.raises(InvalidError):
            close_point_ticket(town.depot, ticket, parcel_codes=wrong)
    close_point_ticket(town.depot, ticket, parcel_codes=[third, second])
    assert stands(town) == [("handed_back", "point", True, 3)]
    with pytest.raises(ConflictError):
        check_off(town.depot, second)
    assert broken() == []


def test_what_was_not_fetched_before_the_level_rose_is_carried_to_the_doors():
    town = a_town(NORMAL, homes=3)
    check_off(town.depot, town.codes(town.first)[0])
    set_to(town, LOCKDOWN)
    assert stands(town) == [("done", "point", True, 1), ("issued", "door", False, 2)]
    volunteer = a_volunteer(town.first)
    successor = tickets(town)[1]
    claim_ticket(volunteer.asker, successor)
    hand_over(town.depot, ticket_code=successor, badge_code=volunteer.badge_code)
    assert broken() == []


def test_a_parcel_is_fetched_at_its_own_point_only_and_not_when_it_goes_out():
    town = a_town(NORMAL)
    code = town.codes(town.first)[0]
    other = an_account(town.community, Role.DEPOT)
    with transaction():
        point = scalar("SELECT delivery_point_id FROM grid WHERE id = :g", g=town.sides[1].grid.id)
        rows("UPDATE account SET delivery_point_id = :p WHERE id = :a RETURNING id", p=point, a=other.id)
    with pytest.raises(NotAllowedError) as refused:
        check_off(asking(other.id), code)
    assert refused.value.data["delivery_point"] == scalar(
        "SELECT d.name FROM delivery_point AS d JOIN grid AS g ON g.delivery_point_id = d.id WHERE g.number = 1"
    )
    with pytest.raises(ConflictError):
        check_off(town.depot, town.codes(town.sides[1])[0])
    with pytest.raises(NotFoundError):
        check_off(town.depot, "ZZZZZZ")


def test_a_level_that_comes_later_is_not_planned_before_and_can_be_taken_back():
    town = a_town(LOCKDOWN)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert change_level(town.coordinator, NORMAL, grid=1, since=tomorrow)
    due = scalar("SELECT due_at FROM outbox WHERE topic = 'levels' ORDER BY id DESC LIMIT 1")
    assert due == tomorrow
    work(replan_grid, town.first.grid.id)
    assert stands(town) == [("issued", "door", False, 4)]
    shown = levels_for(town.coordinator)[0]
    assert (shown.level, shown.next_level, shown.next_from) == ("lockdown", "normal", tomorrow)
    with pytest.raises(ConflictError):
        change_level(town.coordinator, CONTROLLED, grid=1)
    drop_coming_level(town.coordinator, grid=1)
    assert levels_for(town.coordinator)[0].next_level is None


def test_the_level_that_holds_is_the_latest_that_has_begun_and_what_was_said_last():
    town = Town(grids=2)
    grid, other = (side.grid.id for side in town.sides)
    assert levels_in(town.coordinator.community_id) == {grid: None, other: None}
    assert change_level(town.coordinator, LOCKDOWN, grid=1)
    with transaction():
        execute(
            "INSERT INTO grid_zone_level (grid_id, level, valid_from)"
            " SELECT grid_id, 'normal', valid_from FROM grid_zone_level"
        )
    assert change_level(town.coordinator, CONTROLLED, grid=1, since=datetime.now(UTC) + timedelta(days=1))
    assert level_of(grid) == NORMAL
    assert levels_of([other, grid]) == {other: None, grid: NORMAL}
    assert levels_in(town.coordinator.community_id) == {grid: NORMAL, other: None}


@pytest.mark.parametrize(
    ("level", "care", "with_point", "mode"),
    [
        (None, 0, True, "door"),
        (CONTROLLED, 0, True, "entrance"),
        (NORMAL, 0, True, "point"),
        (NORMAL, 0, False, "entrance"),
        (NORMAL, 1, True, "door"),
    ],
)
def test_a_household_is_told_before_there_is_a_ticket_how_its_parcel_will_come(level, care, with_point, mode):
    town = Town(grids=1, homes=1)
    if not with_point:
        with transaction():
            execute("UPDATE grid SET delivery_point_id = NULL")
    for home in town.first.homes[:care]:
        in_care(home)
    if level:
        change_level(town.coordinator, level, grid=1)
    town.everybody_orders(V001=1)
    told = moments_of(scalar("SELECT id FROM orders"))
    assert told is not None
    assert told["mode"] == mode


def test_a_level_is_changed_by_a_coordinator_to_another_one_within_reason():
    town = a_town(LOCKDOWN)
    assert not change_level(town.coordinator, LOCKDOWN, grid=1)
    for since in (datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=100)):
        with pytest.raises(InvalidError):
            change_level(town.coordinator, NORMAL, grid=1, since=since)
    with pytest.raises(NotAllowedError):
        change_level(town.depot, NORMAL, grid=1)
    with pytest.raises(NotFoundError):
        change_level(town.coordinator, NORMAL, grid=9)


def test_a_full_batch_of_care_households_is_cut_into_tickets_like_any_other():
    town = a_town(NORMAL, homes=20, care=20)
    assert [each[1:3] for each in stands(town)] == [("door", False)] * 2
    assert sum(each[3] for each in stands(town)) == 20
    assert broken() == []
