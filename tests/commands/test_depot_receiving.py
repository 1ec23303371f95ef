"""Receiving: by line, once a delivery note, into lots."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from supplyhub.audit.queries import audit
from supplyhub.db import db, rows, scalar
from supplyhub.depot.commands import ReceivedLine, finish_receiving, receive, share_out
from supplyhub.depot.purchase_queries import purchase_order_for
from supplyhub.depot.receipt_queries import receipt_for
from supplyhub.depot.stock_queries import count_stock_for, stock_for
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from tests.factories import an_offer
from tests.factories_depot import Town, places, work

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def town(database) -> Town:
    """Return a town whose purchase order of 2 SKUs was sent."""
    town = Town(homes=2, skus=("V001", "V002"))
    town.everybody_orders(V001=3, V002=1)
    town.cut_off()
    town.send()
    return town


def enter(town: Town, note: str, *lines: ReceivedLine) -> int:
    (purchase_order_id,) = town.purchase_orders()
    return receive(town.depot, purchase_order_id=purchase_order_id, delivery_note=note, lines=lines)


def broken(*laws: int) -> dict[int, list[Any]]:
    """Return what breaks some laws, by their number."""
    return {found.law.number: found.first_rows for found in audit() if found.law.number in laws and found.offending}


def events(topic: str) -> int:
    return scalar("SELECT count(*) FROM outbox WHERE topic = :topic", topic=topic)


def test_what_came_stands_at_inbound_as_lots_with_their_expiry(town):
    town.receive(V001=10, V002=4)
    assert places() == {"inbound": 14}
    first, second = stock_for(town.depot)
    assert (first.sku, first.received, first.inbound) == ("V001", 10, 10)
    assert count_stock_for(town.depot) == 2
    view = purchase_order_for(town.depot, town.purchase_orders()[0])
    assert first.expires_on == second.expires_on == view.lines[0].usual_expiry
    assert [line.received for line in view.lines] == [10, 4]
    assert [(found.delivery_note, found.units) for found in view.receipts] == [("N-1", 14)]


def test_the_same_delivery_note_again_is_the_same_receipt_without_effect(town):
    first = town.receive(V001=10, V002=0)
    assert town.receive(V001=10) == first
    assert places() == {"inbound": 10}


def test_the_same_delivery_note_with_other_counts_is_refused(town):
    town.receive(V001=10)
    with pytest.raises(ConflictError, match="other counts"):
        town.receive(V001=9)
    assert places() == {"inbound": 10}


def test_a_delivery_note_can_be_sent_again_after_receiving_was_finished(town):
    first = town.receive(V001=10)
    finish_receiving(town.depot, town.cycle_id)
    assert town.receive(V001=10) == first


def test_several_trucks_bring_one_purchase_order(town):
    town.receive("N-1", V001=4)
    town.receive("N-2", V001=5, V002=10)
    assert places() == {"inbound": 19}
    assert scalar("SELECT count(*) FROM lot") == 3


def test_a_receipt_in_which_nothing_came_leaves_no_lot(town):
    assert town.receive(V001=0, V002=0)
    assert places() == {}


def test_expired_goods_are_not_received(town):
    line = town.line_of("V001")
    yesterday = scalar("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date") - timedelta(days=1)
    with pytest.raises(InvalidError) as caught:
        enter(town, "N-1", ReceivedLine(line.id, 1, yesterday))
    assert caught.value.data["expired_lines"] == [line.id]
    assert scalar("SELECT count(*) FROM receipt") == 0


def test_lines_of_another_order_and_lines_that_stand_twice_are_named(town):
    line = town.line_of("V001")
    with pytest.raises(InvalidError) as caught:
        enter(town, "N-1", ReceivedLine(line.id, 1), ReceivedLine(line.id, 2), ReceivedLine(2**40, 1))
    assert caught.value.data == {"unknown_lines": [2**40]}
    with pytest.raises(InvalidError) as caught:
        enter(town, "N-1", ReceivedLine(line.id, 1), ReceivedLine(line.id, 2))
    assert caught.value.data == {"twice": [line.id]}


def test_goods_of_an_order_that_was_not_sent_are_not_received(database):
    town = Town()
    town.everybody_orders(V001=1)
    town.cut_off()
    with pytest.raises(ConflictError):
        town.receive(V001=10)


def test_another_community_cannot_receive(town):
    strangers = Town()
    with pytest.raises(NotFoundError):
        receive(strangers.depot, purchase_order_id=town.purchase_orders()[0], delivery_note="N", lines=[])


def test_finishing_puts_everything_on_the_shelf_once(town):
    town.receive(V001=10, V002=3)
    finish_receiving(town.depot, town.cycle_id)
    finish_receiving(town.depot, town.cycle_id)
    assert places() == {"shelf": 13}
    assert events("share_out") == 1
    assert [o.state for o in rows("SELECT state FROM purchase_order")] == ["received"]


def test_what_a_late_truck_brings_goes_on_to_the_shelf(town):
    town.receive(V001=6, V002=2)
    finish_receiving(town.depot, town.cycle_id)
    late = town.receive("N-2", V001=4)
    assert places() == {"shelf": 12}
    assert town.receive("N-2", V001=4) == late
    work(share_out, town.cycle_id)
    town.receive("N-3", V001=1)
    assert places() == {"shelf": 13}
    assert broken(2, 4) == {}
    assert [o.state for o in rows("SELECT state FROM purchase_order")] == ["received"]


def test_what_comes_before_the_sharing_out_still_counts(town):
    town.receive(V001=4)
    finish_receiving(town.depot, town.cycle_id)
    town.receive("N-2", V001=2, V002=2)
    work(share_out, town.cycle_id)
    assert rows("SELECT DISTINCT reason FROM allocation") == [("full",)]
    assert broken(2, 4) == {}


def test_a_short_delivery_waits_for_somebody_to_decide(town):
    town.receive(V001=5, V002=2)
    finish_receiving(town.depot, town.cycle_id)
    finish_receiving(town.depot, town.cycle_id)
    assert places() == {"shelf": 7}
    assert events("share_out") == 0


def test_a_late_truck_that_ends_the_shortage_has_the_goods_shared_out(town):
    town.receive(V001=5, V002=1)
    finish_receiving(town.depot, town.cycle_id)
    town.receive("N-2", V001=1)
    assert events("share_out") == 0
    town.receive("N-3", V002=1)
    town.receive("N-4", V002=1)
    assert events("share_out") == 1
    work(share_out, town.cycle_id)
    assert rows("SELECT DISTINCT reason FROM allocation") == [("full",)]


def test_a_closed_cycle_takes_no_more(town):
    town.receive(V001=6, V002=2)
    finish_receiving(town.depot, town.cycle_id)
    town.close_by_hand()
    with pytest.raises(ConflictError, match="closed"):
        town.receive("N-2", V001=1)


def test_several_lots_of_a_line_stand_beside_each_other(town):
    line = town.line_of("V001")
    lots = [
        ReceivedLine(line.id, 4, date(2099, 5, 1), "A1"),
        ReceivedLine(line.id, 3, date(2099, 5, 1), "B7"),
        ReceivedLine(line.id, 2, date(2099, 6, 1), "A1"),
    ]
    receipt = enter(town, "N-1", *lots)
    assert enter(town, "N-1", *reversed(lots)) == receipt
    found = [(lot.received, lot.lot_number) for lot in receipt_for(town.depot, receipt).lots]
    assert found == [(4, "A1"), (3, "B7"), (2, "A1")]
    with pytest.raises(ConflictError):
        enter(town, "N-1", *lots[:2])


def test_a_count_below_zero_is_refused(town):
    with pytest.raises(InvalidError) as caught:
        town.receive(V001=-1)
    assert caught.value.data["below_zero"] == [town.line_of("V001").id]


def test_receiving_is_not_finished_while_an_order_was_never_sent(database):
    town = Town()
    town.offers["W001"] = an_offer(town.community, sku="W001", platform="乙")
    town.open_cycle()
    town.everybody_orders(V001=1, W001=1)
    town.cut_off()
    with pytest.raises(ConflictError) as caught:
        finish_receiving(town.depot, town.cycle_id)
    assert caught.value.data["not_sent"] == town.purchase_orders()


def test_receiving_of_a_cycle_that_takes_orders_cannot_be_finished(database):
    town = Town()
    with pytest.raises(ConflictError):
        finish_receiving(town.depot, town.cycle_id)


def test_an_expiry_is_kept_as_it_was_counted(town):
    line = town.line_of("V001")
    enter(town, "N-1", ReceivedLine(line.id, 2, date(2099, 5, 1)))
    enter(town, "N-1", ReceivedLine(line.id, 2, date(2099, 5, 1)))
    with pytest.raises(ConflictError):
        enter(town, "N-1", ReceivedLine(line.id, 2, date(2099, 5, 2)))
    db.session.rollback()
    assert scalar("SELECT expires_on FROM lot") == date(2099, 5, 1)
