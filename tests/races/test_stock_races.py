"""Many hands on one lot, on real connections: nothing is booked, written off or released twice, nothing is lost."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError

from supplyhub.audit.laws.stock import STOCK
from supplyhub.db import db, execute, rows, scalar, transaction
from supplyhub.depot import ending
from supplyhub.depot.commands import (
    Counted,
    Seen,
    Why,
    book_stocktake,
    count_lots,
    finish_count,
    finish_receiving,
    note_fault,
    pack,
    put_back,
    start_stocktake,
    stock,
    stocktaking,
    write_off,
)
from supplyhub.depot.errors import AlreadyBookedError
from supplyhub.depot.shortage import short_products
from supplyhub.depot.states import Fault, MoveReason, Place
from supplyhub.depot.stocktake_queries import stocktake_for
from supplyhub.errors import ConflictError
from supplyhub.people.states import Role
from tests.factories import an_account, asking
from tests.factories_depot import Town, places
from tests.races.crowd import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplyhub.people.asker import Asker
    from tests.races.crowd import Crowd

HOMES = 6
UNITS = 3
BOUGHT = 20


@pytest.fixture
def town(committed) -> Town:
    """Return a town with twenty units of one lot on the shelf, three of them for each of six homes."""
    town = Town(homes=HOMES)
    town.everybody_orders(V001=UNITS)
    town.share()
    return town


def staff(town: Town, number: int) -> list[Asker]:
    return [asking(an_account(town.community, Role.DEPOT).id) for _ in range(number)]


def the_lot() -> int:
    return int(scalar("SELECT id FROM lot"))


def counted(town: Town, units: int) -> int:
    stocktake = start_stocktake(town.depot, Place.SHELF)
    count_lots(town.depot, stocktake, [Counted(the_lot(), units)])
    finish_count(town.depot, stocktake)
    return stocktake


def broken() -> list[Any]:
    """Return the rows that break law 2."""
    return [found for check in STOCK.checks[:2] for found in rows(check.offending)]


def test_of_two_who_book_one_stocktake_one_wins_and_the_other_sees_who_and_when(town, crowd: Crowd):
    stocktake, lot = counted(town, 18), the_lot()
    lost = {lot: Why(MoveReason.LOST)}
    results = crowd.at_once([lambda who=who: book_stocktake(who, stocktake, lost) for who in staff(town, 6)])
    refused = [result for result in results if result is not None]
    assert len(refused) == 5
    assert {type(error) for error in refused} == {AlreadyBookedError}
    winner = scalar("SELECT a.display_name FROM stocktake AS t JOIN account AS a ON a.id = t.ended_by")
    assert {error.data["by"] for error in refused} == {winner}
    assert all(error.data["at"] is not None for error in refused)
    assert places() == {"shelf": 18}


def test_without_the_lock_on_the_stocktake_its_differences_are_booked_twice(town, crowd: Crowd, monkeypatch):
    """A negative control; the law sees it."""
    stocktake, lot = counted(town, 18), the_lot()
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)

    def unlocked(_asker: Asker, stocktake_id: int) -> Any:
        (found,) = rows("SELECT *, NULL AS ended_by_name FROM stocktake WHERE id = :id", id=stocktake_id)
        both_have_read.wait()
        return found

    monkeypatch.setattr(stocktaking, "stocktake_for_update", unlocked)
    lost = {lot: Why(MoveReason.LOST)}
    crowd.at_once([lambda who=who: book_stocktake(who, stocktake, lost) for who in staff(town, 2)])
    assert places() == {"shelf": 16}
    assert len(rows(STOCK.checks[6].offending)) == 1


def test_of_many_who_start_a_stocktake_all_find_the_same_one(town, crowd: Crowd):
    results = crowd.at_once([lambda who=who: start_stocktake(who, Place.SHELF) for who in staff(town, 8)])
    assert {type(result) for result in results} == {int}
    assert len(set(results)) == 1


def packing(town: Town, packers: list[Asker]) -> list[Callable[[], Any]]:
    """Return the tasks of packers with a parcel each."""
    batch = town.batch_of(town.first)
    pairs = zip(packers, town.codes(town.first), strict=True)
    return [lambda who=who, code=code: pack(who, batch, [code]) for who, code in pairs]  # type: ignore[misc]


def count_until_noted(counter: Asker, stocktake: int, gone: int) -> int:
    """Count a lot of which some units are gone, as often as it takes; return how often that was."""
    for times in range(1, 100):
        (line,) = stocktake_for(counter, stocktake).lines
        here = scalar("SELECT quantity FROM stock_level WHERE place = 'shelf'") - gone
        if not count_lots(counter, stocktake, [Counted(line.lot_id, here, line.moves)]):
            return times
    raise AssertionError("never noted")


def test_a_count_while_others_pack_finds_what_is_gone_and_no_more(town, crowd: Crowd):
    stocktake = start_stocktake(town.depot, Place.SHELF)
    counter, *packers = staff(town, HOMES + 1)
    results = crowd.at_once([*packing(town, packers), lambda: count_until_noted(counter, stocktake, 2)])
    assert not [result for result in results if isinstance(result, Exception)]
    finish_count(town.depot, stocktake)
    book_stocktake(town.coordinator, stocktake, {the_lot(): Why(MoveReason.LOST)})
    assert scalar("SELECT quantity FROM movement WHERE to_place = 'count'") == 2
    assert places() == {"packed": HOMES * UNITS}
    assert broken() == []


def test_a_count_that_doesnt_ask_what_moved_takes_what_was_packed_for_found(town):
    """A negative control: the sheet is read, a parcel is packed, then the count is entered."""
    stocktake, lot = start_stocktake(town.depot, Place.SHELF), the_lot()
    here = places()["shelf"]
    packing(town, staff(town, HOMES))[0]()
    assert count_lots(town.depot, stocktake, [Counted(lot, here)]) == []
    finish_count(town.depot, stocktake)
    assert stocktake_for(town.coordinator, stocktake).lines[0].difference == UNITS


def test_of_many_who_write_the_same_units_off_one_does(town, crowd: Crowd):
    lot = the_lot()
    results = crowd.at_once(
        [
            lambda who=who: write_off(who, lot, place=Place.SHELF, quantity=15, reason=MoveReason.SPOILED, seen=BOUGHT)
            for who in staff(town, 8)
        ]
    )
    assert results.count(None) == 1
    assert {type(result) for result in results if result is not None} == {ConflictError}
    assert places() == {"shelf": 5, "waste": 15}


def test_without_the_lock_on_the_lot_the_database_alone_keeps_a_place_from_below_zero(town, crowd: Crowd, monkeypatch):
    """A negative control: the loser learns nothing of what is there."""
    lot = the_lot()
    both_have_read = Barrier(2, timeout=PATIENCE_SECONDS)
    levels_at = stock.levels_at

    def read(*args: Any) -> Any:
        levels = levels_at(*args)
        both_have_read.wait()
        return levels

    monkeypatch.setattr(stock, "lots_for_update", lambda *_: [])
    monkeypatch.setattr(stock, "levels_at", read)
    results = crowd.at_once(
        [
            lambda who=who: write_off(who, lot, place=Place.SHELF, quantity=15, reason=MoveReason.SPOILED)
            for who in staff(town, 2)
        ]
    )
    assert {type(result) for result in results} == {type(None), IntegrityError}
    db.session.rollback()
    assert places() == {"shelf": 5, "waste": 15}


def test_packing_and_writing_off_at_once_leave_every_unit_somewhere(town, crowd: Crowd):
    lot = the_lot()
    thrower, *packers = staff(town, HOMES + 1)

    def throw() -> None:
        write_off(thrower, lot, place=Place.SHELF, quantity=4, reason=MoveReason.DAMAGED)

    results = crowd.at_once([*packing(town, packers), throw])
    assert {type(result) for result in results if isinstance(result, Exception)} <= {ConflictError}
    assert sum(places().values()) == BOUGHT
    assert places().get("waste", 0) in {0, 4}
    assert broken() == []


def test_packing_and_noting_damage_at_once_leave_every_unit_somewhere(town, crowd: Crowd):
    lot, receipt = the_lot(), int(scalar("SELECT id FROM receipt"))
    *finders, a, b, c, d, e, f = staff(town, 2 * HOMES)
    seen = Seen(Fault.DAMAGED, 4, lot_id=lot)
    results = crowd.at_once(
        [*packing(town, [a, b, c, d, e, f]), *(lambda who=who: note_fault(who, receipt, seen) for who in finders)]
    )
    assert {type(result) for result in results if isinstance(result, Exception)} <= {ConflictError}
    assert sum(places().values()) == BOUGHT
    assert broken() == []


@pytest.fixture
def short(committed) -> Town:
    """Return a town where one unit of each of two SKUs is missing, and came back meanwhile."""
    town = Town(homes=2, skus=("V001", "V002"))
    town.everybody_orders(V001=3, V002=3)
    town.cut_off()
    town.send()
    town.receive(V001=5, V002=5)
    finish_receiving(town.depot, town.cycle_id)
    with transaction():
        execute(
            "INSERT INTO movement (lot_id, from_place, to_place, quantity, reason, moved_by, second_by)"
            " SELECT id, 'count', 'returned', 1, 'found', :first, :second FROM lot",
            first=town.depot.account_id,
            second=town.coordinator.account_id,
        )
    return town


def both_put_back(town: Town) -> list[Callable[[], None]]:
    who = town.depot
    return [lambda lot=lot.id: put_back(who, lot, quantity=1) for lot in rows("SELECT id FROM lot ORDER BY id")]


def shared_out() -> int:
    return int(scalar("SELECT count(*) FROM outbox WHERE topic = 'share_out'"))


def test_two_who_end_the_last_shortages_at_once_have_the_goods_shared_out(short, crowd: Crowd):
    for result in crowd.at_once(both_put_back(short)):
        assert result is None
    assert shared_out() >= 1


def test_without_their_turns_neither_sees_that_nothing_is_short(short, crowd: Crowd, monkeypatch):
    """A negative control: the cycle would wait for a decision that there is nothing to decide on."""
    both_have_looked = Barrier(2, timeout=PATIENCE_SECONDS)

    def look(cycle_id: int) -> Any:
        found = short_products(cycle_id)
        both_have_looked.wait()
        return found

    monkeypatch.setattr(ending, "execute", lambda *_, **__: None)
    monkeypatch.setattr(ending, "short_products", look)
    crowd.at_once(both_put_back(short))
    assert shared_out() == 0
