"""Stock beside the parcels: written off, put back, set aside, released; every refusal says what is there."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from supplyhub.db import db, execute, row, rows, scalar, transaction
from supplyhub.delivery.commands import hand_back
from supplyhub.depot.commands import pack, put_back, release, set_aside, write_off
from supplyhub.depot.errors import SecondPersonError
from supplyhub.depot.states import MoveReason, Place
from supplyhub.depot.stock_queries import count_stock_for, lot_for, movements_of, stock_for, units_by_place
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from supplyhub.places.models import GridZoneLevel
from supplyhub.places.states import ZoneLevel
from tests.factories import an_account, asking, saved
from tests.factories_depot import Town, Walk, a_walk, places

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town with ten units of one lot on the shelf, three of them for each of two homes."""
    town = Town(homes=2)
    town.everybody_orders(V001=3)
    town.share()
    return town


def the_lot() -> int:
    return int(scalar("SELECT id FROM lot"))


def last_movement() -> tuple[object, ...]:
    found = row(
        "SELECT from_place, to_place, quantity, reason, note, moved_by, second_by FROM movement ORDER BY id DESC LIMIT 1"
    )
    assert found is not None
    return tuple(found)


def brought_back(level: ZoneLevel | None = None) -> Walk:
    """Return a walk of three doors, of which all parcels came back to a grid of that level."""
    walk = a_walk()
    if level is not None:
        grid = walk.town.first.grid.id
        saved(GridZoneLevel(grid_id=grid, level=level, valid_from=datetime(2026, 1, 1, tzinfo=UTC)))
    codes = [stop.code for stop in walk.stops]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=codes, unvisited=True)
    return walk


def test_units_are_written_off_with_a_reason(town):
    lot = the_lot()
    write_off(town.depot, lot, place=Place.SHELF, quantity=4, reason=MoveReason.SPOILED, note=" 两箱烂了 ", seen=10)
    assert places() == {"shelf": 6, "waste": 4}
    assert last_movement() == ("shelf", "waste", 4, "spoiled", "两箱烂了", town.depot.account_id, None)


def test_written_off_twice_from_one_page_is_once(town):
    lot = the_lot()
    write_off(town.depot, lot, place=Place.SHELF, quantity=4, reason=MoveReason.DAMAGED, seen=10)
    with pytest.raises(ConflictError) as caught:
        write_off(town.depot, lot, place=Place.SHELF, quantity=4, reason=MoveReason.DAMAGED, seen=10)
    assert caught.value.data["here"] == 6
    assert places() == {"shelf": 6, "waste": 4}


def test_no_more_is_written_off_than_is_there(town):
    with pytest.raises(ConflictError) as caught:
        write_off(town.depot, the_lot(), place=Place.SHELF, quantity=11, reason=MoveReason.EXPIRED)
    assert caught.value.data["here"] == 10
    with pytest.raises(ConflictError):
        write_off(town.depot, the_lot(), place=Place.QUARANTINE, quantity=1, reason=MoveReason.EXPIRED)


@pytest.mark.parametrize(
    ("place", "quantity", "reason"),
    [
        (Place.SHELF, 1, MoveReason.LOST),
        (Place.SHELF, 1, MoveReason.FOUND),
        (Place.SHELF, 1, MoveReason.INSPECTED),
        (Place.SHELF, 1, MoveReason.OTHER),
        (Place.SHELF, 0, MoveReason.DAMAGED),
        (Place.SHELF, -1, MoveReason.DAMAGED),
        (Place.PACKED, 1, MoveReason.DAMAGED),
        (Place.DELIVERED, 1, MoveReason.DAMAGED),
        (Place.SUPPLIER, 1, MoveReason.DAMAGED),
    ],
)
def test_a_write_off_that_isnt_one_is_refused(town, place, quantity, reason):
    pack(town.depot, town.batch_of(town.first), town.codes(town.first)[:1])
    before = places()
    with pytest.raises((InvalidError, ConflictError)):
        write_off(town.depot, the_lot(), place=place, quantity=quantity, reason=reason)
    assert places() == before


def test_what_was_written_off_is_missing_when_it_should_be_packed(town):
    write_off(town.depot, the_lot(), place=Place.SHELF, quantity=8, reason=MoveReason.SPOILED)
    with pytest.raises(ConflictError):
        pack(town.depot, town.batch_of(town.first), town.codes(town.first))
    assert places() == {"shelf": 2, "waste": 8}


def test_parcels_come_back_to_their_own_place_never_to_where_goods_arrive():
    brought_back()
    assert places() == {"shelf": 7, "returned": 3}


@pytest.mark.parametrize("level", [ZoneLevel.CONTROLLED, ZoneLevel.PRECAUTION, ZoneLevel.NORMAL])
def test_parcels_of_a_grid_that_is_open_come_back_as_usual(level):
    brought_back(level)
    assert places()["returned"] == 3


def test_parcels_of_a_grid_in_lockdown_come_back_into_quarantine():
    walk = brought_back(ZoneLevel.LOCKDOWN)
    assert places() == {"shelf": 7, "quarantine": 3}
    assert scalar("SELECT count(*) FROM parcel WHERE state = 'returned'") == 3
    assert scalar("SELECT DISTINCT moved_by FROM movement WHERE to_place = 'quarantine'") == walk.town.depot.account_id


def test_the_level_that_holds_when_they_come_back_decides():
    walk = a_walk(homes=2)
    grid = walk.town.first.grid.id
    saved(GridZoneLevel(grid_id=grid, level=ZoneLevel.LOCKDOWN, valid_from=datetime(2026, 1, 1, tzinfo=UTC)))
    saved(GridZoneLevel(grid_id=grid, level=ZoneLevel.NORMAL, valid_from=datetime(2026, 1, 2, tzinfo=UTC)))
    saved(GridZoneLevel(grid_id=grid, level=ZoneLevel.LOCKDOWN, valid_from=datetime(2099, 1, 1, tzinfo=UTC)))
    codes = [stop.code for stop in walk.stops]
    hand_back(walk.town.depot, ticket_code=walk.ticket, parcel_codes=codes, unvisited=True)
    assert places()["returned"] == 2


def test_what_came_back_is_looked_at_and_put_on_the_shelf_set_aside_or_written_off():
    depot = brought_back().town.depot
    put_back(depot, the_lot(), quantity=1, seen=3)
    assert last_movement() == ("returned", "shelf", 1, "inspected", "", depot.account_id, None)
    set_aside(depot, the_lot(), quantity=1, note="袋子湿了", seen=2)
    write_off(depot, the_lot(), place=Place.RETURNED, quantity=1, reason=MoveReason.DAMAGED)
    assert places() == {"shelf": 8, "quarantine": 1, "waste": 1}
    with pytest.raises(ConflictError):
        put_back(depot, the_lot(), quantity=1)


def test_quarantine_is_released_by_a_second_person_only():
    walk = brought_back(ZoneLevel.LOCKDOWN)
    town = walk.town
    with pytest.raises(SecondPersonError):
        release(town.depot, the_lot(), quantity=1)
    release(town.coordinator, the_lot(), quantity=2, note="放了 24 小时")
    assert places() == {"shelf": 9, "quarantine": 1}
    assert last_movement() == (
        "quarantine",
        "shelf",
        2,
        "inspected",
        "放了 24 小时",
        town.depot.account_id,
        town.coordinator.account_id,
    )
    write_off(town.depot, the_lot(), place=Place.QUARANTINE, quantity=1, reason=MoveReason.SPOILED)
    assert places() == {"shelf": 9, "waste": 1}


def test_whoever_set_any_of_a_lot_aside_releases_none_of_it():
    town = brought_back().town
    other = asking(an_account(town.community, Role.DEPOT).id)
    set_aside(town.depot, the_lot(), quantity=1)
    set_aside(other, the_lot(), quantity=1)
    for first in (town.depot, other):
        with pytest.raises(SecondPersonError):
            release(first, the_lot(), quantity=1)
    release(town.coordinator, the_lot(), quantity=2)


def test_expired_goods_dont_go_back_to_the_shelf():
    town = brought_back().town
    set_aside(town.depot, the_lot(), quantity=1)
    with transaction():
        execute("UPDATE lot SET expires_on = '2026-01-01'")
    with pytest.raises(ConflictError) as caught:
        put_back(town.depot, the_lot(), quantity=1)
    assert caught.value.data["expired"] == date(2026, 1, 1)
    with pytest.raises(ConflictError):
        release(town.coordinator, the_lot(), quantity=1)


def test_another_community_has_no_such_lot(town):
    strangers = Town(homes=1)
    lot = the_lot()
    for act in (
        lambda: write_off(strangers.depot, lot, place=Place.SHELF, quantity=1, reason=MoveReason.SPOILED),
        lambda: put_back(strangers.depot, lot, quantity=1),
        lambda: set_aside(strangers.depot, lot, quantity=1),
        lambda: release(strangers.coordinator, lot, quantity=1),
        lambda: lot_for(strangers.depot, lot),
        lambda: movements_of(strangers.depot, lot),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert stock_for(strangers.depot) == []


def test_the_database_itself_keeps_goods_that_come_away_from_goods_that_come_back(town):
    for here, there in (
        ("returned", "inbound"),
        ("quarantine", "inbound"),
        ("inbound", "returned"),
        ("waste", "shelf"),
    ):
        with pytest.raises(Exception, match="only_known_ways"), transaction():
            execute(
                "INSERT INTO movement (lot_id, from_place, to_place, quantity, reason)"
                " VALUES (:lot, :here, :there, 1, 'other')",
                lot=the_lot(),
                here=here,
                there=there,
            )


def test_stock_is_listed_by_lot_what_expires_first_on_top(database):
    town = Town(homes=1, skus=("V001", "V002"))
    town.everybody_orders(V001=3, V002=1)
    town.share()
    with transaction():
        execute(
            "UPDATE lot SET expires_on = '2026-01-05', lot_number = 'B7' FROM product AS p"
            " WHERE p.id = product_id AND p.sku = 'V002'"
        )
    assert [(lot.sku, lot.shelf) for lot in stock_for(town.depot)] == [("V002", 10), ("V001", 10)]
    assert stock_for(town.depot)[0].days_left < 0
    assert [lot.sku for lot in stock_for(town.depot, words="b7")] == ["V002"]
    assert [lot.sku for lot in stock_for(town.depot, words="v00", limit=1, offset=1)] == ["V001"]
    assert stock_for(town.depot, places=["quarantine"]) == []
    assert count_stock_for(town.depot, places=["shelf"], words="V001") == 1
    assert units_by_place(town.depot) == {"shelf": 20}


def test_what_is_packed_together_is_one_row_of_a_lots_story(town):
    town.pack()
    write_off(town.depot, the_lot(), place=Place.SHELF, quantity=1, reason=MoveReason.OTHER, note="试吃")
    story = [(m.from_place, m.to_place, m.quantity, m.parcels, m.moved_by) for m in movements_of(town.depot, the_lot())]
    name = town.depot.display_name
    assert story == [
        ("shelf", "waste", 1, 0, name),
        ("shelf", "packed", 6, 2, name),
        ("inbound", "shelf", 10, 0, name),
        ("supplier", "inbound", 10, 0, name),
    ]
    db.session.rollback()
    assert rows("SELECT 1 FROM movement WHERE note = '试吃'")
