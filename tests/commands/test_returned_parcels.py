"""Parcels that came back, one by one: seen with what is in them, and dealt with in one step."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from supplyhub.audit.laws.fulfilment import FULFILMENT
from supplyhub.audit.laws.stock import STOCK
from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import hand_back, record_doors
from supplyhub.delivery.entries import Entry, Kept
from supplyhub.delivery.states import EntryOutcome, Problem
from supplyhub.depot.commands import Dealt, deal_with_parcel, put_back, set_aside, write_off
from supplyhub.depot.errors import SecondPersonError
from supplyhub.depot.return_queries import returned_parcel, returned_parcels
from supplyhub.depot.states import Fate, MoveReason, Place
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.places.models import GridZoneLevel
from supplyhub.places.states import ZoneLevel
from tests.factories import an_account, asking, saved
from tests.factories_depot import Town, Walk, a_walk, places

pytestmark = pytest.mark.usefixtures("database")


def came_back(level: ZoneLevel | None = None) -> Walk:
    """Return a walk of three doors with 2 units each, of which all parcels came back to a grid of that level."""
    town = Town(homes=3)
    town.everybody_orders(V001=2)
    town.to_tickets()
    walk = a_walk(town=town)
    if level is not None:
        saved(GridZoneLevel(grid_id=town.first.grid.id, level=level, valid_from=datetime(2026, 1, 1, tzinfo=UTC)))
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[stop.code for stop in walk.stops], unvisited=True)
    return walk


@pytest.fixture
def walk(database) -> Walk:
    return came_back()


def left(walk: Walk) -> list[int]:
    """Return how many units are left to deal with, parcel by parcel in walking order."""
    return [parcel.units for parcel in returned_parcels(walk.town.depot, walk.town.cycle_id)]


def laws_hold() -> bool:
    return all(not rows(check.offending, **check.values) for law in (FULFILMENT, STOCK) for check in law.checks)


def the_lot() -> int:
    return int(scalar("SELECT id FROM lot"))


def test_each_parcel_that_came_back_shows_what_is_in_it_and_who_took_it_back(walk):
    parcels = returned_parcels(walk.town.depot, walk.town.cycle_id)
    assert [parcel.code for parcel in parcels] == walk.town.codes(walk.town.first)
    first = parcels[0]
    assert (first.grid_number, first.taken_back_by) == (1, walk.town.depot.display_name)
    assert [(line.sku, line.units, line.place) for line in first.lines] == [("V001", 2, "returned")]
    assert returned_parcel(walk.town.depot, first.code.lower()) == first


@pytest.mark.parametrize(
    ("fate", "dealt", "there"),
    [
        (Fate.SHELF, Dealt(shelf=2), {"returned": 4, "shelf": 6}),
        (Fate.WASTE, Dealt(waste=2), {"returned": 4, "shelf": 4, "waste": 2}),
        (Fate.QUARANTINE, Dealt(quarantine=2), {"returned": 4, "shelf": 4, "quarantine": 2}),
    ],
)
def test_a_parcel_is_dealt_with_in_one_step(walk, fate, dealt, there):
    code = walk.town.codes(walk.town.first)[1]
    reason = MoveReason.DAMAGED if fate == Fate.WASTE else None
    assert deal_with_parcel(walk.town.depot, code, fate, reason=reason, note=" 袋子破了 ") == dealt
    assert places() == there
    move = rows("SELECT parcel_id, moved_by, note FROM movement ORDER BY id DESC LIMIT 1")[0]
    parcel = scalar("SELECT id FROM parcel WHERE code = :code", code=code)
    assert move == (parcel, walk.town.depot.account_id, "袋子破了")
    assert laws_hold()


def test_pressed_twice_it_is_dealt_with_once(walk):
    code = walk.town.codes(walk.town.first)[0]
    deal_with_parcel(walk.town.depot, code, Fate.SHELF)
    with pytest.raises(ConflictError):
        deal_with_parcel(walk.town.depot, code, Fate.SHELF)
    with pytest.raises(ConflictError):
        deal_with_parcel(walk.town.depot, code, Fate.WASTE, reason=MoveReason.SPOILED)
    assert places() == {"returned": 4, "shelf": 6}


def test_what_expired_meanwhile_goes_to_the_waste_when_the_rest_goes_back(walk):
    with transaction():
        execute("UPDATE lot SET expires_on = '2020-01-01'")
    assert deal_with_parcel(walk.town.depot, walk.town.codes(walk.town.first)[0], Fate.SHELF) == Dealt(waste=2)
    assert scalar("SELECT reason FROM movement WHERE to_place = 'waste'") == "expired"


def test_what_was_dealt_with_lot_by_lot_is_taken_off_the_parcels_that_came_first(walk):
    put_back(walk.town.depot, the_lot(), quantity=3)
    assert left(walk) == [0, 1, 2]
    assert deal_with_parcel(walk.town.depot, walk.town.codes(walk.town.first)[1], Fate.SHELF) == Dealt(shelf=1)
    assert left(walk) == [0, 0, 2]
    write_off(walk.town.depot, the_lot(), place=Place.RETURNED, quantity=2, reason=MoveReason.SPOILED)
    assert left(walk) == [0, 0, 0]
    assert places() == {"shelf": 8, "waste": 2}
    assert laws_hold()


def test_a_lot_that_was_set_aside_is_no_parcels_any_more(walk):
    set_aside(walk.town.depot, the_lot(), quantity=6)
    assert left(walk) == [0, 0, 0]


@pytest.mark.parametrize("reason", [None, MoveReason.LOST, MoveReason.OTHER])
def test_waste_needs_a_reason(walk, reason):
    with pytest.raises(InvalidError):
        deal_with_parcel(walk.town.depot, walk.town.codes(walk.town.first)[0], Fate.WASTE, reason=reason)


def test_from_a_grid_in_lockdown_a_second_person_releases_it(database):
    walk = came_back(ZoneLevel.LOCKDOWN)
    code = walk.town.codes(walk.town.first)[0]
    assert [line.place for line in returned_parcel(walk.town.depot, code).lines] == ["quarantine"]
    with pytest.raises(SecondPersonError):
        deal_with_parcel(walk.town.depot, code, Fate.SHELF)
    second = asking(an_account(walk.town.community, Role.DEPOT).id)
    # It is there already.
    with pytest.raises(ConflictError):
        deal_with_parcel(second, code, Fate.QUARANTINE)
    assert deal_with_parcel(second, code, Fate.SHELF) == Dealt(shelf=2)
    assert places() == {"quarantine": 4, "shelf": 6}
    assert laws_hold()


def test_from_quarantine_it_may_go_to_the_waste(database):
    walk = came_back(ZoneLevel.LOCKDOWN)
    code = walk.town.codes(walk.town.first)[0]
    deal_with_parcel(walk.town.depot, code, Fate.WASTE, reason=MoveReason.SPOILED)
    assert places() == {"quarantine": 4, "shelf": 4, "waste": 2}


def test_a_parcel_that_did_not_come_back_or_is_anothers_is_not_found(walk):
    code = walk.town.codes(walk.town.first)[0]
    with pytest.raises(NotFoundError):
        returned_parcel(Town(homes=1).depot, code)
    with pytest.raises(NotFoundError):
        deal_with_parcel(Town(homes=1).depot, code, Fate.SHELF)
    out = a_walk()
    with pytest.raises(NotFoundError):
        deal_with_parcel(out.town.depot, out.stops[0].code, Fate.SHELF)


def test_what_was_kept_back_at_a_door_comes_back_with_its_parcel_and_is_dealt_with(database):
    town = Town(homes=2)
    town.everybody_orders(V001=2)
    town.to_tickets()
    walk = a_walk(town=town)
    (item,), now = town.first.items.values(), datetime.now(UTC)
    first, second = walk.stops
    part = frozenset({Kept(item.id, False, 1, Problem.DAMAGED)})
    whole = Entry(uuid4(), second.id, EntryOutcome.DELIVERED, None, now)
    told = [Entry(uuid4(), first.id, EntryOutcome.DELIVERED, None, now, kept_back=part), whole]
    record_doors(walk.volunteer.asker, ticket_code=walk.ticket, entries=told)
    assert places() == {"delivered": 3, "handed_over": 1, "shelf": 6}
    with pytest.raises(InvalidError):
        hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[])
    hand_back(town.depot, ticket_code=walk.ticket, parcel_codes=[first.code])
    assert scalar("SELECT state FROM ticket WHERE code = :t", t=walk.ticket) == "handed_back"
    assert places() == {"delivered": 3, "returned": 1, "shelf": 6}
    (parcel,) = returned_parcels(town.depot, town.cycle_id)
    assert (parcel.code, parcel.units) == (first.code, 1)
    assert deal_with_parcel(town.depot, first.code, Fate.WASTE, reason=MoveReason.DAMAGED) == Dealt(waste=1)
    assert left(walk) == [0]
    assert laws_hold()
    with pytest.raises(NotFoundError):
        deal_with_parcel(town.depot, second.code, Fate.SHELF)
