"""Tickets that somebody else goes on with, and parcels that came after their batch was cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supplyhub.audit.queries import audit, summary
from supplyhub.crypto import SigningKey
from supplyhub.db import db, execute, rows, scalar
from supplyhub.delivery.chain import crates_for, loads_for
from supplyhub.delivery.commands import (
    claim_ticket,
    cut_late,
    hand_back,
    hand_over,
    issue_tickets,
    reassign_ticket,
    record_entries,
    take_over,
)
from supplyhub.delivery.errors import ScanRefusedError, WrongGridError, WrongPointError
from supplyhub.errors import ConflictError, NotFoundError
from supplyhub.people.shifts import end_shifts
from supplyhub.people.states import Role
from tests.commands.test_delivery_custody import delivered, failed
from tests.factories import an_account, asking
from tests.factories_depot import Town, Walk, a_volunteer, a_walk, places, stops_of, work

pytestmark = pytest.mark.usefixtures("database")

KEY = SigningKey(bytes(range(32)))


@pytest.fixture
def town(database) -> Town:
    """Return a town of 2 grids with a ticket each."""
    town = Town(grids=2, homes=3)
    town.everybody_orders(V001=1)
    town.to_tickets()
    return town


def state_of(code: str) -> tuple[str, str | None, str | None]:
    found = rows(
        "SELECT t.state, b.code, t.void_reason FROM ticket AS t LEFT JOIN badge AS b ON b.id = t.badge_id WHERE t.code = :c",
        c=code,
    )
    return tuple(found[0])


def test_a_claimed_ticket_goes_to_somebody_else_with_its_crates_and_its_old_code_hands_nothing_over(town):
    (code,) = town.tickets(town.first)
    first, second = a_volunteer(town.first), a_volunteer(town.first)
    claim_ticket(first.asker, code)
    successor = reassign_ticket(town.coordinator, code, badge_code=second.badge_code)
    assert state_of(code) == ("void", first.badge_code, "reassigned")
    assert state_of(successor) == ("claimed", second.badge_code, None)
    assert (len(stops_of(code)), len(stops_of(successor))) == (0, 3)
    with pytest.raises(ScanRefusedError) as caught:
        hand_over(town.depot, ticket_code=code, badge_code=first.badge_code)
    assert (caught.value.reason, caught.value.data["successor"]) == ("revoked", successor)
    assert hand_over(town.depot, ticket_code=successor, badge_code=second.badge_code, crates=1)
    assert [crate.ticket for crate in crates_for(town.depot, town.batch_of(town.first))] == [successor]
    assert summary(audit())["broken"] == 0


def test_a_ticket_put_back_is_free_for_everybody_of_the_grid(town):
    (code,) = town.tickets(town.first)
    first, second = a_volunteer(town.first), a_volunteer(town.first)
    claim_ticket(first.asker, code)
    successor = reassign_ticket(town.coordinator, code)
    assert state_of(successor) == ("issued", None, None)
    claim_ticket(second.asker, successor)
    assert scalar("SELECT sequence FROM ticket WHERE code = :c", c=successor) == 2


def test_on_the_way_the_open_doors_go_over_and_the_parcels_pass_from_person_to_person():
    walk = a_walk(homes=3)
    town = walk.town
    done, failing, _ = walk.stops
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[delivered(done.id), failed(failing.id)])
    second = a_volunteer(town.first)
    successor = reassign_ticket(town.coordinator, walk.ticket, badge_code=second.badge_code)
    assert [stop.outcome for stop in stops_of(walk.ticket)] == ["delivered", "failed"]
    (left,) = stops_of(successor)
    assert (left.state, left.outcome) == ("handed_over", None)
    assert scalar("SELECT position FROM stop WHERE id = :id", id=left.id) == 3
    take_over(second.asker, successor)
    assert state_of(successor)[0] == "handed_over"
    record_entries(second.asker, ticket_code=successor, entries=[delivered(left.id)])
    hand_back(town.depot, ticket_code=successor, parcel_codes=[])
    assert summary(audit())["broken"] == 0
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[failing.code])
    assert (state_of(walk.ticket)[0], state_of(successor)[0]) == ("void", "done")
    assert places() == {"delivered": 2, "returned": 1, "shelf": 7}
    with pytest.raises(ConflictError):
        hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[failing.code])
    (load,) = [found for found in loads_for(town.depot, town.cycle_id) if found.grid_number == 1]
    assert load.crates == load.handed_over == 1
    assert summary(audit())["broken"] == 0


def test_the_depot_may_write_down_what_passed_from_person_to_person():
    walk: Walk = a_walk(homes=2)
    second = a_volunteer(walk.town.first)
    successor = reassign_ticket(walk.town.coordinator, walk.ticket, badge_code=second.badge_code)
    assert hand_over(walk.town.depot, ticket_code=successor, badge_code=second.badge_code)
    assert places()["handed_over"] == 2


def test_what_stands_at_the_depot_is_not_taken_over_from_a_person(town):
    (code,) = town.tickets(town.first)
    volunteer, other = a_volunteer(town.first), a_volunteer(town.first)
    claim_ticket(volunteer.asker, code)
    with pytest.raises(ConflictError):
        take_over(volunteer.asker, code)
    with pytest.raises(NotFoundError):
        take_over(other.asker, code)
    with pytest.raises(WrongGridError):
        take_over(a_volunteer(town.sides[1]).asker, code)


def test_off_shift_nothing_is_taken_over():
    walk = a_walk(homes=2)
    second = a_volunteer(walk.town.first)
    successor = reassign_ticket(walk.town.coordinator, walk.ticket, badge_code=second.badge_code)
    work(end_shifts, second.asker.badge_id)
    with pytest.raises(ConflictError) as caught:
        take_over(second.asker, successor)
    assert caught.value.data["off_shift"] == second.badge_code


def test_who_may_not_have_a_ticket_does_not_get_it_by_being_named(town):
    (code,) = town.tickets(town.first)
    volunteer, stranger = a_volunteer(town.first), a_volunteer(town.sides[1])
    claim_ticket(volunteer.asker, code)
    with pytest.raises(WrongGridError):
        reassign_ticket(town.coordinator, code, badge_code=stranger.badge_code)
    with pytest.raises(ConflictError):
        reassign_ticket(town.coordinator, code, badge_code=volunteer.badge_code)
    with pytest.raises(NotFoundError):
        reassign_ticket(town.coordinator, code, badge_code="1-999")
    with pytest.raises(WrongPointError):
        reassign_ticket(replace(town.depot, delivery_point_id=0), code)
    lead = asking(an_account(town.community, Role.GRID_LEAD, grid=town.sides[1].grid).id)
    with pytest.raises(NotFoundError):
        reassign_ticket(lead, code)
    assert state_of(code)[0] == "claimed"
    own = asking(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    assert state_of(reassign_ticket(own, code))[0] == "issued"


def test_a_ticket_at_its_end_and_one_without_open_doors_stay():
    walk = a_walk(homes=1)
    record_entries(walk.volunteer.asker, ticket_code=walk.ticket, entries=[delivered(walk.stops[0].id)])
    with pytest.raises(ConflictError) as caught:
        reassign_ticket(walk.town.coordinator, walk.ticket)
    assert caught.value.data["nothing_left"] == walk.ticket
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=[])
    with pytest.raises(ConflictError):
        reassign_ticket(walk.town.coordinator, walk.ticket)


@pytest.fixture
def late(database) -> Town:
    """Return a town with a ticket of two parcels, and a third parcel that came after it was cut."""
    town = Town(homes=3)
    town.everybody_orders(V001=1)
    town.share()
    last = town.codes(town.first)[-1]
    (parcel,) = rows("SELECT * FROM parcel WHERE code = :code", code=last)
    execute("DELETE FROM parcel WHERE code = :code", code=last)
    db.session.commit()
    work(issue_tickets, town.cycle_id)
    said = ("order_id", "batch_id", "cycle_id", "grid_id", "position", "bags", "weight_grams")
    execute(
        f"INSERT INTO parcel ({', '.join(said)}) VALUES (:{', :'.join(said)})",
        **{name: getattr(parcel, name) for name in said},
    )
    db.session.commit()
    return town


def test_a_late_parcel_gets_a_ticket_after_the_others(late):
    batch, (old,) = late.batch_of(late.first), late.tickets(late.first)
    (new,) = cut_late(late.coordinator, batch)
    assert (len(stops_of(old)), len(stops_of(new))) == (2, 1)
    assert scalar("SELECT sequence FROM ticket WHERE code = :c", c=new) == 2
    assert scalar("SELECT count(*) FROM crate") == 2
    assert cut_late(late.coordinator, batch) == []
    late.pack()
    volunteer = a_volunteer(late.first)
    claim_ticket(volunteer.asker, new)
    assert hand_over(late.depot, ticket_code=new, badge_code=volunteer.badge_code, crates=1)
    assert summary(audit())["broken"] == 0


def test_a_late_parcel_joins_a_ticket_that_nobody_took_yet(late):
    batch, (old,) = late.batch_of(late.first), late.tickets(late.first)
    (new,) = cut_late(late.coordinator, batch, with_free=True)
    assert (state_of(old), len(stops_of(new))) == (("void", None, "cut_again"), 3)
    assert [stop.code for stop in stops_of(new)] == late.codes(late.first)
    assert [crate.ticket for crate in crates_for(late.depot, batch)] == [new]


def test_a_ticket_that_somebody_claimed_is_not_cut_again(late):
    batch, (old,) = late.batch_of(late.first), late.tickets(late.first)
    claim_ticket(a_volunteer(late.first).asker, old)
    (new,) = cut_late(late.coordinator, batch, with_free=True)
    assert (len(stops_of(old)), len(stops_of(new))) == (2, 1)
