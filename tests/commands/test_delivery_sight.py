"""Need to know: who sees which doors, and the board that everybody at the depot sees."""

from __future__ import annotations

import pytest

from supplyhub.delivery.board import board_for
from supplyhub.delivery.commands import claim_ticket, hand_back, record_entries
from supplyhub.delivery.errors import WrongGridError
from supplyhub.delivery.queries import count_tickets_for, refusals_for, returns_for, ticket_for, tickets_for
from supplyhub.delivery.states import TicketState
from supplyhub.errors import NotFoundError
from supplyhub.people.commands import issue_badge, revoke_badge
from supplyhub.people.states import Role
from tests.commands.test_delivery_custody import delivered, failed
from tests.factories import a_training, an_account, asking
from tests.factories_depot import Town, a_volunteer, a_walk, expire

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of 2 grids with issued tickets."""
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=30)
    town.to_tickets()
    return town


def test_a_free_ticket_tells_counts_and_where_it_begins_but_no_door(town):
    volunteer = a_volunteer(town.first).asker
    (ticket,) = tickets_for(volunteer)
    assert (ticket.stops, ticket.bags, ticket.weight_grams, ticket.ready) == (2, 4, 30_000, 2)
    assert (ticket.first_building, ticket.delivery_point, ticket.mine) == ("10号楼", "东门", False)
    view = ticket_for(volunteer, ticket.code)
    assert (view.stops, view.parcels) == ([], [])


def test_the_own_live_ticket_shows_its_doors_in_walking_order(town):
    volunteer = a_volunteer(town.first).asker
    (code,) = town.tickets(town.first)
    claim_ticket(volunteer, code)
    view = ticket_for(volunteer, code)
    assert view.ticket.mine
    assert [stop.door for stop in view.stops] == ["10-1-101", "10-1-201"]
    stop = view.stops[0]
    assert (stop.floor, stop.bags, stop.weight_grams, stop.heavy, stop.people_count) == (1, 2, 15_000, True, 2)
    assert (stop.order_number, stop.outcome) == ("1-0412-001", None)


def test_another_volunteers_ticket_shows_no_doors(town):
    (code,) = town.tickets(town.first)
    claim_ticket(a_volunteer(town.first).asker, code)
    mate = a_volunteer(town.first).asker
    assert ticket_for(mate, code).stops == []
    assert tickets_for(mate, mine=True) == []


def test_a_finished_ticket_shows_no_doors_any_more(town):
    walk = a_walk(town=town)
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[delivered(stop.id) for stop in walk.stops])
    assert len(ticket_for(walk.volunteer.asker, walk.ticket).stops) == 2
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[])
    assert ticket_for(walk.volunteer.asker, walk.ticket).stops == []


def test_tickets_of_another_grid_or_community_do_not_exist_for_a_volunteer(town):
    other = a_volunteer(town.sides[1]).asker
    with pytest.raises(NotFoundError):
        ticket_for(other, town.tickets(town.first)[0])
    assert [ticket.grid_number for ticket in tickets_for(other)] == [2]
    stranger = a_volunteer(Town().first).asker
    assert (tickets_for(stranger), count_tickets_for(stranger)) == ([], 0)


@pytest.mark.parametrize("end", ["revoked", "expired", "another grid's"])
def test_a_badge_that_ends_on_the_way_leaves_the_volunteer_the_doors_of_what_is_in_hand(town, end):
    walk = a_walk(town=town)
    if end == "expired":
        expire(walk.volunteer.badge)
    else:
        revoke_badge(town.coordinator, walk.volunteer.badge_code)
    if end == "another grid's":
        a_training(walk.volunteer.asker.account_id)
        issue_badge(town.coordinator, walk.volunteer.asker.account_id, grid=2)
    person = asking(walk.volunteer.asker.account_id)
    (mine,) = tickets_for(person, mine=True)
    assert (mine.code, mine.mine, count_tickets_for(person, mine=True)) == (walk.ticket, True, 1)
    assert len(ticket_for(person, walk.ticket).stops) == 2
    record_entries(person, ticket_code=walk.ticket, entries=[delivered(stop.id) for stop in walk.stops])
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[])
    assert ticket_for(person, walk.ticket).stops == []


def test_a_badge_that_ends_before_the_handover_shows_the_claim_but_no_door(town):
    volunteer = a_volunteer(town.first)
    (code,) = town.tickets(town.first)
    claim_ticket(volunteer.asker, code)
    revoke_badge(town.coordinator, volunteer.badge_code)
    view = ticket_for(asking(volunteer.asker.account_id), code)
    assert (view.ticket.mine, view.stops) == (True, [])


def test_a_volunteer_without_a_live_badge_sees_no_ticket_of_others(town):
    person = asking(an_account(town.community, Role.VOLUNTEER).id)
    assert (tickets_for(person), count_tickets_for(person)) == ([], 0)
    with pytest.raises(NotFoundError):
        ticket_for(person, town.tickets(town.first)[0])
    resident = asking(town.first.homes[0].account_id)
    assert tickets_for(resident) == []


def test_the_depot_sees_parcels_without_doors_and_the_lead_the_doors_of_the_own_grid(town):
    (code,) = town.tickets(town.first)
    seen = ticket_for(town.depot, code)
    assert seen.stops == []
    assert [parcel.code for parcel in seen.parcels] == town.codes(town.first)
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    assert len(ticket_for(lead, code).stops) == 2
    with pytest.raises(NotFoundError):
        ticket_for(lead, town.tickets(town.sides[1])[0])
    assert len(ticket_for(town.coordinator, code).stops) == 2


def test_tickets_are_found_by_cycle_and_state(town):
    claim_ticket(a_volunteer(town.first).asker, town.tickets(town.first)[0])
    assert count_tickets_for(town.depot, cycle_id=town.cycle_id) == 2
    assert [ticket.grid_number for ticket in tickets_for(town.depot, states=[TicketState.ISSUED])] == [2]
    assert tickets_for(town.depot, cycle_id=town.cycle_id + 1) == []


def test_the_board_counts_every_stage_and_tells_each_grid_in_a_word(town):
    walk = a_walk(town=town)
    with pytest.raises(WrongGridError):
        claim_ticket(a_volunteer(town.sides[1]).asker, walk.ticket)
    board = board_for(town.depot, town.cycle_id)
    assert (board.purchase_orders, board.purchase_orders_sent, board.purchase_orders_received) == (1, 1, 1)
    assert (board.products, board.products_seen, board.short) == (1, 1, [])
    assert (board.orders, board.parcels, board.packed, board.refusals) == (4, 4, 4, 1)
    assert (board.tickets, board.tickets_out, board.tickets_done) == (2, 1, 0)
    first, second = board.grids
    assert (first.grid_number, first.word, first.out, first.delivery_point) == (1, "on_way", 2, "东门")
    assert (second.word, second.packed, second.tickets_out) == ("packed", 2, 0)
    with pytest.raises(NotFoundError):
        board_for(Town().depot, town.cycle_id)


def test_the_board_of_a_cycle_that_takes_orders_is_all_zero_but_the_orders(database):
    town = Town(homes=2)
    town.everybody_orders(V001=1)
    board = board_for(town.depot, town.cycle_id)
    assert (board.orders, board.parcels, board.tickets, board.products) == (2, 0, 0, 0)
    assert [(grid.word, grid.batch_id) for grid in board.grids] == [("waiting", None)]


def test_what_could_not_be_left_is_listed_until_it_is_back(town):
    walk = a_walk(town=town)
    first, second = walk.stops
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[delivered(first.id), failed(second.id)])
    (found,) = returns_for(town.depot, town.cycle_id)
    assert (found.code, found.ticket, found.problem, found.state) == (
        second.code, walk.ticket, "nobody_home", "handed_over",
    )  # fmt: skip
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[second.code])
    assert [parcel.state for parcel in returns_for(town.depot, town.cycle_id)] == ["returned"]


def test_who_was_turned_away_is_listed_with_where_they_belong(town):
    other = a_volunteer(town.sides[1])
    (code,) = town.tickets(town.first)
    with pytest.raises(WrongGridError):
        claim_ticket(other.asker, code)
    (refusal,) = refusals_for(town.depot, town.cycle_id)
    assert (refusal.ticket, refusal.ticket_grid, refusal.badge, refusal.badge_grid, refusal.delivery_point) == (
        code, 1, other.badge_code, 2, "西门",
    )  # fmt: skip
