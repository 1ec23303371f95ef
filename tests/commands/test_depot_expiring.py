"""Goods that expire between their receipt and the packing: nobody gets them, and they are written off once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.depot.commands import Missing, ReceivedLine, finish_receiving, pack, receive, share_out
from supplyhub.depot.errors import ExpiredError
from supplyhub.depot.states import MoveReason
from tests.factories_depot import Town, places, work

pytestmark = pytest.mark.usefixtures("database")

LATER = date(2099, 1, 1)


def expire(lot_number: str, *, days: int = 1) -> None:
    """Let a lot have expired so many days ago, in the community."""
    with transaction():
        execute(
            "UPDATE lot SET expires_on = (now() AT TIME ZONE 'Asia/Shanghai')::date - CAST(:days AS int)"
            " WHERE lot_number = :number",
            days=days,
            number=lot_number,
        )


@pytest.fixture
def town(database) -> Town:
    """Return a town of two homes with 4 of V001 each, of which 3 came in lot OLD and 5 in lot NEW."""
    town = Town(homes=2)
    town.everybody_orders(V001=4)
    town.cut_off()
    town.send()
    line = town.line_of("V001").id
    (purchase_order,) = town.purchase_orders()
    soon = datetime.now(UTC).date() + timedelta(days=2)
    came = [ReceivedLine(line, 3, soon, "OLD"), ReceivedLine(line, 5, LATER, "NEW")]
    receive(town.depot, purchase_order_id=purchase_order, delivery_note="N-1", lines=came)
    finish_receiving(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    return town


def item(town: Town) -> int:
    return town.first.items["V001"].id


def test_a_lot_is_packed_on_its_last_day_and_not_after(town):
    batch, (first, second) = town.batch_of(town.first), town.codes(town.first)
    expire("OLD", days=0)
    pack(town.depot, batch, [first])
    assert rows(
        "SELECT l.lot_number, x.quantity FROM parcel_line AS x JOIN lot AS l ON l.id = x.lot_id ORDER BY 1"
    ) == [
        ("NEW", 1),
        ("OLD", 3),
    ]
    expire("NEW")
    with pytest.raises(ExpiredError):
        pack(town.depot, batch, [second])


def test_what_expired_is_refused_with_its_lots_and_who_lacks_how_much(town):
    batch, (first, second) = town.batch_of(town.first), town.codes(town.first)
    expire("OLD")
    with pytest.raises(ExpiredError) as caught:
        pack(town.depot, batch, [first, second])
    assert "packed" not in places()
    (lot,) = caught.value.data["lots"]
    assert (lot["lot"], lot["sku"], lot["lot_number"], lot["units"]) == (lot_of("OLD"), "V001", "OLD", 3)
    line = {"parcel": second, "item": item(town), "substitute": False, "units": 3}
    assert caught.value.data["lines"] == [line]
    assert caught.value.data["missing"] == [{"sku": "V001", "units": 3}]


def test_who_is_packed_first_still_gets_what_is_good(town):
    batch, (first, _) = town.batch_of(town.first), town.codes(town.first)
    expire("OLD")
    pack(town.depot, batch, [first])
    assert rows("SELECT l.lot_number, x.quantity FROM parcel_line AS x JOIN lot AS l ON l.id = x.lot_id") == [
        ("NEW", 4)
    ]


def test_a_parcel_is_packed_short_for_what_expired_and_that_very_lot_is_written_off(town):
    batch, (first, second) = town.batch_of(town.first), town.codes(town.first)
    expire("OLD")
    pack(town.depot, batch, [first])
    pack(town.depot, batch, [second], missing=[Missing(second, item(town), 3, MoveReason.EXPIRED)])
    assert places() == {"packed": 5, "waste": 3}
    assert rows("SELECT lot_id, quantity, reason FROM movement WHERE to_place = 'waste'") == [
        (lot_of("OLD"), 3, "expired")
    ]


def test_what_is_broken_is_not_taken_from_what_expired(town):
    batch, (first, _) = town.batch_of(town.first), town.codes(town.first)
    expire("OLD")
    pack(town.depot, batch, [first], missing=[Missing(first, item(town), 1, MoveReason.DAMAGED)])
    assert rows("SELECT lot_id, quantity FROM movement WHERE to_place = 'waste'") == [(lot_of("NEW"), 1)]


def lot_of(number: str) -> int:
    return int(scalar("SELECT id FROM lot WHERE lot_number = :number", number=number))
