"""A shortage that ends before anybody decided: goods are put back, released or found, and shared out by themselves."""

from __future__ import annotations

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.depot.commands import (
    Counted,
    Why,
    book_stocktake,
    count_lots,
    decide_shares,
    finish_count,
    finish_receiving,
    put_back,
    release,
    set_aside,
    share_out,
    start_stocktake,
)
from supplyhub.depot.states import MoveReason, Place
from supplyhub.people.states import Role
from tests.factories import an_account, asking
from tests.factories_depot import Town, work

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of two homes with 3 each of two SKUs, where one of V001 didn't come, and nobody has decided."""
    town = Town(homes=2, skus=("V001", "V002"))
    town.everybody_orders(V001=3, V002=3)
    town.cut_off()
    town.send()
    town.receive(V001=5, V002=6)
    assert not finish_receiving(town.depot, town.cycle_id)
    return town


def lot_of(sku: str) -> int:
    return int(scalar("SELECT l.id FROM lot AS l JOIN product AS p ON p.id = l.product_id WHERE p.sku = :sku", sku=sku))


def came_back(town: Town, units: int, *, sku: str = "V001") -> int:
    """Let units of a lot stand where goods come back, and return the lot."""
    lot = lot_of(sku)
    with transaction():
        execute(
            "INSERT INTO movement (lot_id, from_place, to_place, quantity, reason, moved_by, second_by)"
            " VALUES (:lot, 'count', 'returned', :units, 'found', :first, :second)",
            lot=lot,
            units=units,
            first=town.depot.account_id,
            second=town.coordinator.account_id,
        )
    return lot


def waiting() -> int:
    return int(scalar("SELECT count(*) FROM outbox WHERE topic = 'share_out'"))


def shared(town: Town) -> bool:
    work(share_out, town.cycle_id)
    return rows("SELECT DISTINCT reason FROM allocation") == [("full",)]


def test_put_back_on_the_shelf(town):
    lot = came_back(town, 1)
    assert waiting() == 0
    put_back(town.depot, lot, quantity=1)
    assert waiting() == 1
    assert shared(town)


def test_released_from_quarantine(town):
    lot = came_back(town, 1)
    set_aside(town.depot, lot, quantity=1)
    assert waiting() == 0
    release(asking(an_account(town.community, Role.DEPOT).id), lot, quantity=1)
    assert waiting() == 1
    assert shared(town)


@pytest.mark.parametrize(("found", "ends"), [(6, 1), (5, 0), (4, 0)])
def test_found_by_a_count(town, found, ends):
    first, second = lot_of("V001"), lot_of("V002")
    stocktake = start_stocktake(town.depot, Place.SHELF)
    count_lots(town.depot, stocktake, [Counted(first, found), Counted(second, 6)])
    finish_count(town.depot, stocktake)
    why = Why(MoveReason.MISCOUNTED)
    book_stocktake(town.coordinator, stocktake, {} if found == 5 else {first: why})
    assert waiting() == ends


def test_what_is_still_short_waits_for_somebody(town):
    with transaction():
        execute(
            "INSERT INTO movement (lot_id, from_place, to_place, quantity, reason) VALUES (:lot, 'shelf', 'waste', 1, 'spoiled')",
            lot=lot_of("V002"),
        )
    put_back(town.depot, came_back(town, 1), quantity=1)
    assert waiting() == 0
    decide_shares(town.depot, town.cycle_id)
    assert waiting() == 1


def test_once_it_was_decided_nothing_happens_twice(town):
    lot = came_back(town, 2)
    decide_shares(town.depot, town.cycle_id)
    put_back(town.depot, lot, quantity=1)
    assert waiting() == 1
    work(share_out, town.cycle_id)
    put_back(town.depot, lot, quantity=1)
    assert waiting() == 1
