"""Stocktakes: counted blind, compared with the book of that moment, booked once by somebody who didn't count."""

from __future__ import annotations

import pytest

from supplyhub.db import row, rows, scalar
from supplyhub.depot.commands import (
    Counted,
    Why,
    book_stocktake,
    count_lots,
    drop_stocktake,
    finish_count,
    pack,
    recount,
    start_stocktake,
    write_off,
)
from supplyhub.depot.errors import AlreadyBookedError, SecondPersonError
from supplyhub.depot.states import MoveReason, Place
from supplyhub.depot.stocktake_queries import stocktake_for, stocktakes_for
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.people.states import Role
from tests.factories import an_account, asking
from tests.factories_depot import Town, places

pytestmark = pytest.mark.usefixtures("database")

LOST = Why(MoveReason.LOST)
FOUND = Why(MoveReason.FOUND)


@pytest.fixture
def town(database) -> Town:
    """Return a town with ten units of each of two lots on the shelf, three of each for both homes."""
    town = Town(homes=2, skus=("V001", "V002"))
    town.everybody_orders(V001=3, V002=3)
    town.share()
    return town


def lots() -> tuple[int, int]:
    first, second = (found.id for found in rows("SELECT id FROM lot ORDER BY id"))
    return first, second


def counted(town: Town, *units: int) -> int:
    """Return a stocktake of the shelf, counted to the end."""
    stocktake = start_stocktake(town.depot, Place.SHELF)
    count_lots(town.depot, stocktake, [Counted(lot, here) for lot, here in zip(lots(), units, strict=True)])
    finish_count(town.depot, stocktake)
    return stocktake


def test_differences_are_booked_with_reason_and_second_person(town):
    first, second = lots()
    stocktake = counted(town, 8, 11)
    book_stocktake(town.coordinator, stocktake, {first: LOST, second: Why(MoveReason.FOUND, " 在角落 ")})
    moved = rows(
        "SELECT lot_id, from_place, to_place, quantity, reason, note, moved_by, second_by, stocktake_id FROM movement"
        " WHERE stocktake_id IS NOT NULL ORDER BY lot_id"
    )
    who = (town.depot.account_id, town.coordinator.account_id, stocktake)
    assert [tuple(each) for each in moved] == [
        (first, "shelf", "count", 2, "lost", "", *who),
        (second, "count", "shelf", 1, "found", "在角落", *who),
    ]
    assert places() == {"shelf": 19}
    (head,) = stocktakes_for(town.depot)
    assert (head.state, head.ended_by_name, head.differing, head.less, head.more) == (
        "booked",
        town.coordinator.display_name,
        2,
        2,
        1,
    )


def test_what_agrees_needs_no_reason_and_moves_nothing(town):
    before = scalar("SELECT count(*) FROM movement")
    book_stocktake(town.coordinator, counted(town, 10, 10), {})
    assert scalar("SELECT count(*) FROM movement") == before


def test_who_counts_sees_no_book_and_sees_it_when_the_counting_is_over(town):
    stocktake = start_stocktake(town.depot, Place.SHELF)
    first, second = lots()
    count_lots(town.depot, stocktake, [Counted(first, 8)])
    lines = stocktake_for(town.depot, stocktake).lines
    assert [(line.lot_id, line.book, line.counted, line.difference) for line in lines] == [
        (first, None, 8, None),
        (second, None, None, None),
    ]
    count_lots(town.depot, stocktake, [Counted(second, 10)])
    finish_count(town.depot, stocktake)
    lines = stocktake_for(town.depot, stocktake).lines
    assert [(line.book, line.counted, line.difference) for line in lines] == [(10, 8, -2), (10, 10, 0)]


def test_one_stocktake_is_open_at_a_place_and_starting_again_finds_it(town):
    other = asking(an_account(town.community, Role.DEPOT).id)
    stocktake = start_stocktake(town.depot, Place.SHELF)
    assert start_stocktake(other, Place.SHELF) == stocktake
    assert start_stocktake(other, Place.RETURNED) != stocktake
    drop_stocktake(town.depot, stocktake)
    assert start_stocktake(other, Place.SHELF) != stocktake


@pytest.mark.parametrize("place", [Place.PACKED, Place.WASTE, Place.COUNT, Place.SUPPLIER, Place.DELIVERED])
def test_only_places_where_goods_lie_open_are_counted(town, place):
    with pytest.raises(InvalidError):
        start_stocktake(town.depot, place)


def test_the_counting_doesnt_end_while_a_lot_is_uncounted(town):
    first, second = lots()
    stocktake = start_stocktake(town.depot, Place.SHELF)
    count_lots(town.depot, stocktake, [Counted(second, 10)])
    with pytest.raises(ConflictError) as caught:
        finish_count(town.depot, stocktake)
    assert caught.value.data["uncounted"] == [first]
    count_lots(town.depot, stocktake, [Counted(first, 0)])
    finish_count(town.depot, stocktake)


def test_a_lot_that_the_book_doesnt_have_there_is_found(town):
    first, _ = lots()
    stocktake = start_stocktake(town.depot, Place.RETURNED)
    count_lots(town.depot, stocktake, [Counted(first, 2)])
    finish_count(town.depot, stocktake)
    book_stocktake(town.coordinator, stocktake, {first: FOUND})
    assert places() == {"shelf": 20, "returned": 2}


def test_whoever_counted_a_line_or_started_doesnt_book(town):
    other = asking(an_account(town.community, Role.DEPOT).id)
    first, second = lots()
    stocktake = start_stocktake(town.depot, Place.SHELF)
    count_lots(other, stocktake, [Counted(first, 9), Counted(second, 10)])
    finish_count(other, stocktake)
    for counter in (town.depot, other):
        with pytest.raises(SecondPersonError):
            book_stocktake(counter, stocktake, {first: LOST})
    assert places() == {"shelf": 20}
    book_stocktake(town.coordinator, stocktake, {first: LOST})
    assert scalar("SELECT moved_by FROM movement WHERE stocktake_id IS NOT NULL") == other.account_id


@pytest.mark.parametrize(
    ("units", "why", "fault"),
    [
        (9, None, "without_reason"),
        (9, FOUND, "unfit"),
        (11, LOST, "unfit"),
        (11, Why(MoveReason.DAMAGED), "unfit"),
        (9, Why(MoveReason.INSPECTED), "unfit"),
        (9, Why(MoveReason.OTHER), "unfit"),
    ],
)
def test_a_difference_without_a_reason_that_fits_isnt_booked(town, units, why, fault):
    first, _ = lots()
    stocktake = counted(town, units, 10)
    with pytest.raises(InvalidError) as caught:
        book_stocktake(town.coordinator, stocktake, {first: why} if why else {})
    assert caught.value.data[fault] == [first]
    assert places() == {"shelf": 20}


def test_booked_again_by_the_same_person_is_once_and_another_sees_who_and_when(town):
    first, _ = lots()
    stocktake = counted(town, 9, 10)
    book_stocktake(town.coordinator, stocktake, {first: LOST})
    book_stocktake(town.coordinator, stocktake, {first: LOST})
    assert places() == {"shelf": 19}
    with pytest.raises(AlreadyBookedError) as caught:
        book_stocktake(asking(an_account(town.community, Role.DEPOT).id), stocktake, {first: LOST})
    assert caught.value.data["by"] == town.coordinator.display_name
    assert caught.value.data["at"] is not None


def test_what_is_packed_between_counting_and_booking_changes_no_difference(town):
    first, _ = lots()
    stocktake = counted(town, 9, 10)
    pack(town.depot, town.batch_of(town.first), town.codes(town.first)[:1])
    book_stocktake(town.coordinator, stocktake, {first: LOST})
    assert places() == {"shelf": 13, "packed": 6}
    line = row("SELECT book, counted FROM stocktake_line WHERE lot_id = :lot", lot=first)
    assert tuple(line or ()) == (10, 9)


def test_what_was_packed_while_it_was_counted_has_to_be_counted_again(town):
    first, second = lots()
    stocktake = start_stocktake(town.depot, Place.SHELF)
    sheet = {line.lot_id: line.moves for line in stocktake_for(town.depot, stocktake).lines}
    assert count_lots(town.depot, stocktake, [Counted(first, 10, sheet[first])]) == []
    pack(town.depot, town.batch_of(town.first), town.codes(town.first)[:1])
    assert count_lots(town.depot, stocktake, [Counted(second, 10, sheet[second])]) == [second]
    with pytest.raises(ConflictError):
        finish_count(town.depot, stocktake)
    sheet = {line.lot_id: line.moves for line in stocktake_for(town.depot, stocktake).lines}
    assert count_lots(town.depot, stocktake, [Counted(second, 7, sheet[second])]) == []
    finish_count(town.depot, stocktake)
    assert [line.difference for line in stocktake_for(town.depot, stocktake).lines] == [0, 0]


def test_a_difference_that_is_larger_than_what_is_left_has_to_be_counted_again(town):
    first, _ = lots()
    stocktake = counted(town, 1, 10)
    write_off(town.depot, first, place=Place.SHELF, quantity=5, reason=MoveReason.SPOILED)
    with pytest.raises(ConflictError) as caught:
        book_stocktake(town.coordinator, stocktake, {first: LOST})
    assert caught.value.data["missing"] == [first]
    recount(town.coordinator, stocktake)
    count_lots(town.depot, stocktake, [Counted(first, 5)])
    finish_count(town.depot, stocktake)
    book_stocktake(town.coordinator, stocktake, {})
    assert places() == {"shelf": 15, "waste": 5}


def test_steps_out_of_turn_are_refused(town):
    first, _ = lots()
    stocktake = start_stocktake(town.depot, Place.SHELF)
    with pytest.raises(ConflictError):
        book_stocktake(town.coordinator, stocktake, {})
    with pytest.raises(ConflictError):
        recount(town.depot, stocktake)
    with pytest.raises(InvalidError):
        count_lots(town.depot, stocktake, [Counted(first, 1), Counted(first, 2)])
    drop_stocktake(town.depot, stocktake)
    for step in (
        lambda: count_lots(town.depot, stocktake, [Counted(first, 1)]),
        lambda: finish_count(town.depot, stocktake),
        lambda: book_stocktake(town.coordinator, stocktake, {}),
        lambda: drop_stocktake(town.depot, stocktake),
    ):
        with pytest.raises(ConflictError):
            step()


def test_another_community_has_no_such_stocktake_and_no_such_lot(town):
    strangers = Town(homes=1)
    first, _ = lots()
    stocktake = start_stocktake(town.depot, Place.SHELF)
    for step in (
        lambda: stocktake_for(strangers.depot, stocktake),
        lambda: finish_count(strangers.depot, stocktake),
        lambda: count_lots(strangers.depot, start_stocktake(strangers.depot, Place.SHELF), [Counted(first, 1)]),
    ):
        with pytest.raises(NotFoundError):
            step()
