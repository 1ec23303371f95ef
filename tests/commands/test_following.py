"""What waits too long is in the lead's inbox, once; it goes by itself when it moves on, and by a lead's word otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from supplyhub.audit.closing import Open, open_in
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery import following
from supplyhub.delivery.commands import (
    claim_ticket,
    clear_item,
    hand_back,
    record_entries,
    release_ticket,
    replan_grid,
    report_not_arrived,
)
from supplyhub.delivery.entries import Entry
from supplyhub.delivery.following import follow_up
from supplyhub.delivery.inbox_queries import at_work, cleared_items_for, count_open_items, open_items_for
from supplyhub.delivery.levels import change_level
from supplyhub.delivery.states import Problem, StopOutcome
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.places.states import ZoneLevel
from tests.factories import an_account, an_anchor, asking
from tests.factories_depot import Town, Walk, a_volunteer, a_walk, work

pytestmark = pytest.mark.usefixtures("database")


def a_town() -> Town:
    """Return a town of two grids with packed parcels and tickets."""
    town = Town(grids=2, homes=3)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def later(minutes: int) -> None:
    """Let time pass for what the clock watches."""
    with transaction():
        execute("UPDATE parcel SET packed_at = packed_at - make_interval(mins => :m)", m=minutes)
        execute("UPDATE ticket SET handed_over_at = handed_over_at - make_interval(mins => :m)", m=minutes)
        execute("UPDATE inbox_item SET cleared_at = cleared_at - make_interval(mins => :m)", m=minutes)


def kinds(town: Town) -> list[str]:
    return [item.kind for item in open_items_for(town.coordinator)]


def lead_of(town: Town, side: int = 0) -> object:
    return asking(an_account(town.community, Role.GRID_LEAD, grid=town.sides[side].grid).id)


def delivered(walk: Walk, place: int = 0, problem: Problem | None = None) -> None:
    outcome = StopOutcome.FAILED if problem else StopOutcome.DELIVERED
    entry = Entry(uuid4(), walk.stops[place].id, outcome, problem, datetime.now(UTC))
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[entry])


def test_a_ticket_that_nobody_takes_is_in_the_inbox_after_a_quarter_of_an_hour_and_once():
    town = a_town()
    later(14)
    assert follow_up() == 0
    later(1)
    assert follow_up() == 2
    assert follow_up() == 0
    (item,) = open_items_for(lead_of(town))
    assert (item.kind, item.ticket, item.stops_left, item.grid_number) == (
        "unclaimed", town.tickets(town.first)[0], 3, 1
    )  # fmt: skip


def test_a_ticket_that_stays_at_the_point_waits_for_nobody():
    town = a_town()
    later(20)
    follow_up()
    assert kinds(town) == ["unclaimed", "unclaimed"]
    for side in town.sides:
        change_level(town.coordinator, ZoneLevel.NORMAL, grid=side.grid.number)
        work(replan_grid, side.grid.id)
    follow_up()
    assert set(kinds(town)) == {"level_changed"}


def test_it_goes_by_itself_when_somebody_takes_it_and_comes_back_when_it_is_given_back():
    town = a_town()
    later(15)
    follow_up()
    (ticket,) = town.tickets(town.first)
    volunteer = a_volunteer(town.first)
    claim_ticket(volunteer.asker, ticket)
    assert follow_up() == 0
    assert kinds(town) == ["unclaimed"]
    (gone,) = cleared_items_for(lead_of(town))
    assert (gone.ticket, gone.cleared_by) == (ticket, None)
    release_ticket(volunteer.asker, ticket)
    assert follow_up() == 0
    later(15)
    assert follow_up() == 1


def test_a_ticket_of_which_a_parcel_is_not_packed_waits_for_the_depot_and_not_for_volunteers():
    a_town()
    work(execute, "UPDATE parcel SET state = 'planned', packed_at = NULL WHERE position = 1")
    later(60)
    assert follow_up() == 0


def test_a_volunteer_who_reports_nothing_is_in_the_inbox_until_a_door_is_reported(monkeypatch):
    walk = a_walk()
    later(14)
    assert follow_up() == 0
    later(1)
    assert follow_up() == 1
    (item,) = open_items_for(walk.town.coordinator)
    assert (item.kind, item.badge, item.stops_left) == ("silent", walk.volunteer.badge_code, 3)
    delivered(walk)
    assert follow_up() == 0
    assert kinds(walk.town) == []
    monkeypatch.setattr(following, "PATIENCE_MINUTES", 0)
    assert follow_up() == 1
    delivered(walk, 1)
    delivered(walk, 2)
    # Nothing is left to be reported: the volunteer is on the way back.
    assert follow_up() == 0
    assert kinds(walk.town) == []


def test_what_a_lead_cleared_stays_cleared_for_as_long_again():
    walk = a_walk()
    later(15)
    follow_up()
    lead, (item,) = lead_of(walk.town), open_items_for(walk.town.coordinator)
    assert clear_item(lead, item.id, note="打过电话，电梯坏了")
    assert not clear_item(lead, item.id)
    later(14)
    assert follow_up() == 0
    later(1)
    assert follow_up() == 1
    (cleared,) = cleared_items_for(lead)
    assert (cleared.note, cleared.cleared_by) == ("打过电话，电梯坏了", lead.display_name)


def test_only_the_own_lead_and_coordinators_clear():
    town = a_town()
    later(15)
    follow_up()
    item = next(found for found in open_items_for(town.coordinator) if found.grid_number == 1)
    other = lead_of(town, 1)
    with pytest.raises(NotFoundError):
        clear_item(other, item.id)
    with pytest.raises(NotFoundError):
        clear_item(Town(homes=1).coordinator, item.id)
    with pytest.raises(InvalidError):
        clear_item(lead_of(town), item.id, note="长" * 201)
    assert count_open_items(other) == 1
    assert clear_item(town.coordinator, item.id)


def test_a_cycle_does_not_close_before_its_inbox_is_cleared():
    walk = a_walk(homes=1)
    delivered(walk, 0, Problem.NOBODY_HOME)
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[walk.stops[0].code])
    found = next(each for each in open_in(walk.town.cycle_id) if each.what == "inbox")
    assert found == Open("inbox", 1, [walk.town.first.grid.name], ["Grid 1"])
    for item in open_items_for(walk.town.coordinator):
        clear_item(walk.town.coordinator, item.id)
    assert "inbox" not in [each.what for each in open_in(walk.town.cycle_id)]


def test_who_is_at_work_is_who_has_a_shift_with_a_live_badge_the_least_busy_first():
    town = a_town()
    busy, idle, _away = (a_volunteer(town.first) for _ in range(3))
    elsewhere = a_volunteer(town.sides[1])
    claim_ticket(busy.asker, town.tickets(town.first)[0])
    claim_ticket(elsewhere.asker, town.tickets(town.sides[1])[0])
    with transaction():
        execute(
            "INSERT INTO shift (badge_id, grid_id, account_id, starts_at, ends_at) SELECT id, grid_id, account_id,"
            " clock_timestamp(), clock_timestamp() + interval '1 hour' FROM badge WHERE code = :code",
            code=idle.badge_code,
        )
    found = at_work([town.first.grid.id])
    assert [(each.badge, each.doors) for each in found] == [(idle.badge_code, 0), (busy.badge_code, 3)]


def test_a_household_its_anchor_and_the_lead_report_what_has_not_arrived_once():
    walk = a_walk()
    delivered(walk)
    town, code = walk.town, walk.stops[0].code
    home, neighbour, third = town.first.homes
    for stranger in (
        asking(neighbour.account_id),
        town.depot,
        walk.volunteer.asker,
        town.coordinator,
        lead_of(town_of_two()),
    ):
        with pytest.raises(NotFoundError):
            report_not_arrived(stranger, code)
    an_anchor(third)
    assert report_not_arrived(asking(third.account_id), code.lower(), note="门口没有")
    assert not report_not_arrived(asking(home.account_id), code)
    assert not report_not_arrived(lead_of(town), code)
    (item,) = open_items_for(town.coordinator)
    assert (item.kind, item.parcel, item.report_note) == ("not_arrived", code, "门口没有")
    with pytest.raises(InvalidError):
        clear_item(lead_of(town), item.id)
    assert clear_item(lead_of(town), item.id, note="在楼下，送上来了")
    assert scalar("SELECT count(*) FROM arrival_report") == 1


def town_of_two() -> Town:
    return Town(homes=1)


def test_what_is_not_delivered_or_was_a_day_ago_cannot_be_reported():
    walk = a_walk()
    delivered(walk)
    home, neighbour, _ = (asking(home.account_id) for home in walk.town.first.homes)
    with pytest.raises(ConflictError):
        report_not_arrived(neighbour, walk.stops[1].code)
    with pytest.raises(InvalidError):
        report_not_arrived(home, walk.stops[0].code, note="长" * 201)
    with transaction():
        execute("UPDATE stop SET happened_at = happened_at - interval '25 hours' WHERE outcome IS NOT NULL")
    with pytest.raises(ConflictError):
        report_not_arrived(home, walk.stops[0].code)
    assert rows("SELECT id FROM inbox_item") == []


def test_a_ticket_that_waits_at_its_point_is_nobodys_to_take():
    a_town()
    with transaction():
        execute("UPDATE ticket SET at_point = true")
    later(60)
    assert follow_up() == 0


def test_following_up_a_closed_cycle_opens_nothing():
    a_town()
    later(60)
    with transaction():
        execute("UPDATE cycle SET state = 'closed', closed_at = now()")
    assert follow_up() == 0
