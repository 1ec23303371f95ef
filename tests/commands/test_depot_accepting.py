"""Goods that nobody ordered, donations, and what is wrong with a delivery."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from supplyhub.db import rows, scalar
from supplyhub.depot.commands import (
    Goods,
    Seen,
    Sender,
    Unheard,
    accept,
    finish_receiving,
    note_fault,
    share_out,
)
from supplyhub.depot.receipt_queries import damaged_of, photo_of_fault, receipt_for, receipts_for
from supplyhub.depot.states import Fault, LotPurpose, ReceiptKind
from supplyhub.errors import ConflictError, InvalidError, NotFoundError
from supplyhub.photos.commands import keep_photo
from tests.commands.test_depot_receiving import broken
from tests.factories_depot import Town, places, work
from tests.rules.test_photos import a_jpeg

pytestmark = pytest.mark.usefixtures("database")

FAR = date(2099, 5, 1)
UNEXPECTED = Sender(ReceiptKind.UNEXPECTED, "甲平台的车")
GIFT = Sender(ReceiptKind.DONATION, "青山饭店")
FOR_CARE = Sender(ReceiptKind.DONATION, "青山饭店", LotPurpose.CARE)
TEA = Unheard("凉茶", "箱", 6_000)


@pytest.fixture
def town(database) -> Town:
    """Return a town whose purchase order of 2 SKUs was sent: 6 and 2 are wanted, 10 of each were bought."""
    town = Town(homes=2, skus=("V001", "V002"))
    town.everybody_orders(V001=3, V002=1)
    town.cut_off()
    town.send()
    return town


def bring(town: Town, *goods: Goods, note: str = "X-1", sender: Sender = UNEXPECTED) -> int:
    return accept(town.depot, cycle_id=town.cycle_id, delivery_note=note, sender=sender, goods=goods)


def call_also(sku: str, alias: str) -> None:
    """Give a product another name."""
    sql = "INSERT INTO product_alias (product_id, alias) SELECT id, :alias FROM product WHERE sku = :sku RETURNING id"
    work(lambda: rows(sql, sku=sku, alias=alias))


def test_goods_that_nobody_ordered_stand_at_inbound_beside_the_others(town):
    town.receive(V001=4)
    receipt = bring(town, Goods("v001", 2, FAR, "A1"))
    assert places() == {"inbound": 6}
    view = receipt_for(town.depot, receipt)
    assert (view.receipt.kind, view.receipt.source, view.receipt.units) == ("unexpected", "甲平台的车", 2)
    assert [(lot.sku, lot.received, lot.lot_number, lot.expires_on) for lot in view.lots] == [("V001", 2, "A1", FAR)]
    town.receive("N-2", V002=2)
    finish_receiving(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    assert scalar("SELECT sum(allocated) FROM allocation") == 8
    assert broken(2, 4) == {}


def test_the_same_goods_by_the_same_note_are_the_same_receipt(town):
    first = bring(town, Goods("V001", 2), Goods(TEA, 3, FAR))
    assert bring(town, Goods("V001", 2), Goods(TEA, 3, FAR)) == first
    assert places() == {"inbound": 5}
    for other in (
        {"sender": GIFT},
        {"sender": Sender(ReceiptKind.UNEXPECTED, "别人")},
        {"sender": Sender(ReceiptKind.UNEXPECTED, "甲平台的车", LotPurpose.CARE)},
    ):
        with pytest.raises(ConflictError):
            bring(town, Goods("V001", 2), Goods(TEA, 3, FAR), **other)
    with pytest.raises(ConflictError):
        bring(town, Goods("V001", 1))


def test_a_product_that_is_not_known_gets_a_number_of_our_own_once(town):
    bring(town, Goods(TEA, 3, FAR), Goods(Unheard("毛豆", "袋", 500), 2, FAR))
    bring(town, Goods(TEA, 1, FAR), Goods("毛豆", 1, FAR), note="X-2")
    new = rows("SELECT sku, name_zh, unit, unit_weight_grams FROM product WHERE sku LIKE 'Z%' ORDER BY sku")
    assert new == [("Z0001", "凉茶", "箱", 6_000), ("Z0002", "毛豆", "袋", 500)]


def test_products_are_found_by_barcode_and_other_name_and_asked_for_when_unclear(town):
    work(lambda: rows("UPDATE product SET barcode = '6901234567892' WHERE sku = 'V001' RETURNING id"))
    call_also("V002", "小青菜")
    bring(town, Goods("6901234567892", 1), Goods("小青菜", 2))
    assert [
        (lot.sku, lot.received) for lot in receipt_for(town.depot, receipts_for(town.depot, town.cycle_id)[0].id).lots
    ] == [
        ("V001", 1),
        ("V002", 2),
    ]
    call_also("V001", "小青菜")
    with pytest.raises(InvalidError) as caught:
        bring(town, Goods("小青菜", 1), Goods("没有的", 1), note="X-2")
    assert caught.value.data["unknown"] == ["小青菜", "没有的"]


def test_a_donation_for_care_is_not_shared_out(town):
    town.receive(V001=4, V002=2)
    bring(town, Goods("V001", 2), sender=FOR_CARE, note="G-1")
    finish_receiving(town.depot, town.cycle_id)
    work(share_out, town.cycle_id)
    assert places() == {"shelf": 8}
    assert scalar("SELECT sum(allocated) FROM allocation") == 6
    assert broken(2, 4) == {}


def test_what_comes_late_goes_on_to_the_shelf_and_nothing_comes_to_a_closed_cycle(town):
    town.receive(V001=6, V002=2)
    finish_receiving(town.depot, town.cycle_id)
    bring(town, Goods("V001", 2), sender=GIFT)
    assert places() == {"shelf": 10}
    work(share_out, town.cycle_id)
    bring(town, Goods("V001", 1), note="X-2")
    assert places() == {"shelf": 11}
    town.close_by_hand()
    with pytest.raises(ConflictError, match="closed"):
        bring(town, Goods("V001", 1), note="X-3")


YESTERDAY = date.today() - timedelta(days=2)  # noqa: DTZ011 - any day that is over
SENSELESS: list[tuple[Sender, list[Goods]]] = [
    (Sender(ReceiptKind.DONATION), [Goods("V001", 1)]),
    (Sender(ReceiptKind.PURCHASE), [Goods("V001", 1)]),
    (GIFT, [Goods("V001", -1)]),
    (GIFT, [Goods("V001", 0)]),
    (GIFT, []),
    (GIFT, [Goods("V001", 1), Goods("v001", 2)]),
    (GIFT, [Goods("V001", 1, YESTERDAY)]),
    (GIFT, [Goods(TEA, 1)]),
]


@pytest.mark.parametrize(("sender", "goods"), SENSELESS)
def test_goods_that_make_no_sense_are_refused_whole(town, sender, goods):
    with pytest.raises(InvalidError):
        bring(town, *goods, sender=sender)
    assert scalar("SELECT count(*) FROM receipt") == 0
    assert scalar("SELECT count(*) FROM product") == 2


def test_damaged_units_go_to_waste_with_a_photo_and_the_lot_says_so(town):
    receipt = town.receive(V001=10)
    (lot,) = receipt_for(town.depot, receipt).lots
    photo = keep_photo(town.depot, a_jpeg())
    seen = Seen(Fault.DAMAGED, 2, lot_id=lot.id, note="压坏了", photo_id=photo)
    fault = note_fault(town.depot, receipt, seen, noted_before=0)
    assert places() == {"inbound": 8, "waste": 2}
    view = receipt_for(town.depot, receipt)
    assert [(lot.received, lot.damaged) for lot in view.lots] == [(10, 2)]
    assert [(f.id, f.fault, f.quantity, f.note, f.sku) for f in view.faults] == [
        (fault, "damaged", 2, "压坏了", "V001")
    ]
    assert damaged_of(town.purchase_orders()[0]) == {town.line_of("V001").id: 2}
    assert photo_of_fault(town.depot, fault).content == a_jpeg()
    assert broken(2) == {}


def test_a_fault_that_is_sent_twice_counts_once(town):
    receipt = town.receive(V001=10)
    (lot,) = receipt_for(town.depot, receipt).lots
    seen = Seen(Fault.DAMAGED, 2, lot_id=lot.id)
    note_fault(town.depot, receipt, seen, noted_before=0)
    with pytest.raises(ConflictError) as caught:
        note_fault(town.depot, receipt, seen, noted_before=0)
    assert caught.value.data["noted"] == 1
    assert places() == {"inbound": 8, "waste": 2}


def test_no_more_units_are_damaged_than_there_are(town):
    receipt = town.receive(V001=3)
    (lot,) = receipt_for(town.depot, receipt).lots
    note_fault(town.depot, receipt, Seen(Fault.DAMAGED, 2, lot_id=lot.id))
    with pytest.raises(ConflictError) as caught:
        note_fault(town.depot, receipt, Seen(Fault.DAMAGED, 2, lot_id=lot.id))
    assert caught.value.data["left"] == 1
    finish_receiving(town.depot, town.cycle_id)
    note_fault(town.depot, receipt, Seen(Fault.DAMAGED, 1, lot_id=lot.id))
    assert places() == {"waste": 3}


def test_what_never_came_in_moves_nothing(town):
    receipt = town.receive(V001=10)
    product = receipt_for(town.depot, receipt).lots[0].product_id
    note_fault(town.depot, receipt, Seen(Fault.WRONG_ITEM, 4, note="送来了土豆"))
    note_fault(town.depot, receipt, Seen(Fault.REFUSED, 1, product_id=product))
    assert places() == {"inbound": 10}
    assert [(f.fault, f.sku) for f in receipt_for(town.depot, receipt).faults] == [
        ("wrong_item", None),
        ("refused", "V001"),
    ]


def faults(lot: int, other: int) -> list[tuple[type[Exception], Seen]]:
    """Return faults that can't be noted."""
    return [
        (InvalidError, Seen(Fault.DAMAGED, 0, lot_id=lot)),
        (InvalidError, Seen(Fault.DAMAGED, -1, lot_id=lot)),
        (InvalidError, Seen(Fault.DAMAGED, 1, note="哪一种？")),
        (InvalidError, Seen(Fault.REFUSED, 1)),
        (InvalidError, Seen(Fault.REFUSED, 1, lot_id=lot)),
        (NotFoundError, Seen(Fault.DAMAGED, 1, lot_id=other)),
        (NotFoundError, Seen(Fault.REFUSED, 1, product_id=2**40)),
        (NotFoundError, Seen(Fault.REFUSED, 1, note="x", photo_id=2**40)),
    ]


def test_faults_that_make_no_sense_are_refused(town):
    receipt, another = town.receive(V001=10), town.receive("N-2", V001=1)
    (lot,), (other,) = receipt_for(town.depot, receipt).lots, receipt_for(town.depot, another).lots
    for refusal, seen in faults(lot.id, other.id):
        with pytest.raises(refusal):
            note_fault(town.depot, receipt, seen)
    assert scalar("SELECT count(*) FROM receipt_fault") == 0


def test_another_community_sees_and_touches_nothing(town):
    receipt = town.receive(V001=10)
    (lot,) = receipt_for(town.depot, receipt).lots
    photo = keep_photo(town.depot, a_jpeg())
    fault = note_fault(town.depot, receipt, Seen(Fault.DAMAGED, 1, lot_id=lot.id, photo_id=photo))
    stranger = Town().depot
    calls: list[Any] = [
        lambda: receipt_for(stranger, receipt),
        lambda: photo_of_fault(stranger, fault),
        lambda: note_fault(stranger, receipt, Seen(Fault.REFUSED, 1, note="x")),
        lambda: accept(stranger, cycle_id=town.cycle_id, delivery_note="X", sender=GIFT, goods=[Goods("V001", 1)]),
    ]
    for call in calls:
        with pytest.raises(NotFoundError):
            call()
    assert receipts_for(stranger, town.cycle_id) == []
