"""Packing: whole calls, from the lots that expire first, every refusal named."""

from __future__ import annotations

from datetime import date

import pytest

from supplyhub.db import execute, row, rows, scalar, transaction
from supplyhub.depot.commands import Packed, ReceivedLine, finish_receiving, pack, receive, share_out
from supplyhub.depot.errors import AlreadyPackedError
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from tests.factories_depot import Town, places, work

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town of 2 grids whose goods were shared out: 2 homes each, 3 units a parcel."""
    town = Town(grids=2, homes=2)
    town.everybody_orders(V001=3)
    town.share()
    return town


def test_a_packed_parcel_holds_what_was_shared_out_and_says_who_packed_it(town):
    side = town.first
    code = town.codes(side)[0]
    assert pack(town.depot, town.batch_of(side), [code]) == Packed(parcels=1, left=1, sealed=False)
    parcel = row("SELECT * FROM parcel WHERE code = :code", code=code)
    assert parcel is not None
    assert (parcel.state, parcel.packed_by) == ("packed", town.depot.account_id)
    assert places() == {"shelf": 17, "packed": 3}
    assert scalar("SELECT sum(quantity) FROM parcel_line WHERE parcel_id = :p", p=parcel.id) == 3


def test_the_last_parcel_seals_the_batch(town):
    batch = town.batch_of(town.first)
    assert pack(town.depot, batch, town.codes(town.first)).sealed
    assert scalar("SELECT state FROM batch WHERE id = :b", b=batch) == "sealed"
    assert scalar("SELECT state FROM batch WHERE id = :b", b=town.batch_of(town.sides[1])) == "packing"


def test_codes_are_read_as_people_type_them_and_twice_in_a_call_is_once(town):
    code = town.codes(town.first)[0]
    typed = f" {code[:3].lower()}-{code[3:].lower()}"
    assert pack(town.depot, town.batch_of(town.first), [typed, code]).parcels == 1


def test_a_packed_parcel_is_refused_with_who_and_when_and_the_rest_of_the_call_too(town):
    first, second = town.codes(town.first)
    batch = town.batch_of(town.first)
    pack(town.depot, batch, [first])
    with pytest.raises(AlreadyPackedError) as caught:
        pack(town.coordinator, batch, [second, first])
    assert caught.value.data["by"] == town.depot.display_name
    assert caught.value.data["at"] is not None
    assert [parcel["code"] for parcel in caught.value.data["parcels"]] == [first]
    assert places()["packed"] == 3


def test_a_parcel_of_another_grid_is_refused_with_its_grid(town):
    mine, other = town.codes(town.first)[0], town.codes(town.sides[1])[0]
    with pytest.raises(ConflictError) as caught:
        pack(town.depot, town.batch_of(town.first), [mine, other])
    assert caught.value.data["other_batch"] == [{"code": other, "grid": 2, "cycle": town.cycle.number}]
    assert "packed" not in places()


def test_a_parcel_of_another_cycle_is_refused(town):
    old = town.codes(town.first)[0]
    town.open_cycle()
    town.everybody_orders(V001=1)
    town.share()
    with pytest.raises(ConflictError) as caught:
        pack(town.depot, town.batch_of(town.first), [old])
    assert caught.value.data["other_batch"][0]["code"] == old


def test_unknown_codes_are_named(town):
    with pytest.raises(InvalidError) as caught:
        pack(town.depot, town.batch_of(town.first), [town.codes(town.first)[0], "ZZZZZZ", "Ž"])
    assert caught.value.data["unknown"] == ["ZZZZZZ", "Ž"]


def test_another_community_has_no_such_batch_or_parcel(town):
    strangers = Town(homes=1)
    strangers.everybody_orders(V001=1)
    strangers.share()
    with pytest.raises(NotFoundError):
        pack(strangers.depot, town.batch_of(town.first), town.codes(town.first))
    with pytest.raises(InvalidError):
        pack(strangers.depot, strangers.batch_of(strangers.first), town.codes(town.first))


def test_lots_that_expire_first_are_packed_first_and_a_parcel_may_hold_two(database):
    town = Town(homes=3)
    town.everybody_orders(V001=4)
    town.cut_off()
    town.send()
    (purchase_order_id,) = town.purchase_orders()
    line = town.line_of("V001").id
    for note, quantity, day in (("N-1", 7, 20), ("N-2", 5, 10)):
        came = [ReceivedLine(line, quantity, date(2099, 1, day))]
        receive(town.depot, purchase_order_id=purchase_order_id, delivery_note=note, lines=came)
    finish_receiving(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    # Out of order, so that the second call goes on where the first one stopped.
    codes = town.codes(town.first)
    pack(town.depot, town.batch_of(town.first), [codes[2]])
    pack(town.depot, town.batch_of(town.first), codes[:2])
    packed = rows(
        "SELECT p.position, l.expires_on, x.quantity FROM parcel_line AS x JOIN parcel AS p ON p.id = x.parcel_id"
        " JOIN lot AS l ON l.id = x.lot_id ORDER BY p.position, l.expires_on"
    )
    early, late = date(2099, 1, 10), date(2099, 1, 20)
    assert [tuple(found) for found in packed] == [(1, early, 1), (1, late, 3), (2, late, 4), (3, early, 4)]


def test_a_shelf_that_holds_less_than_was_shared_out_packs_nothing(town):
    lot = scalar("SELECT id FROM lot")
    with transaction():
        execute(
            "INSERT INTO movement (lot_id, from_place, to_place, quantity, reason, moved_by, second_by)"
            " VALUES (:lot, 'shelf', 'count', 15, 'lost', :first, :second)",
            lot=lot,
            first=town.depot.account_id,
            second=town.coordinator.account_id,
        )
    with pytest.raises(ConflictError) as caught:
        pack(town.depot, town.batch_of(town.first), town.codes(town.first))
    assert caught.value.data["missing"] == [{"sku": "V001", "units": 1}]
    assert "packed" not in places()
