"""Receiving on the pages: as they work without script, with a scanner that only types and presses Enter."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest

from supplyhub.db import db, execute, rows, scalar
from supplyhub.depot.commands import finish_receiving
from supplyhub.depot.receipt_queries import receipt_for, receipts_for
from tests.factories_depot import Town, places
from tests.rules.test_photos import PLACE, a_jpeg, segment
from tests.web.test_pages import sign_in

BARCODE = "6901234567892"


class Ramp:
    """A town whose purchase order of 2 SKUs was sent, and a depot worker's browser."""

    def __init__(self, client: Any) -> None:
        self.town = Town(homes=2, skus=("V001", "V002"))
        self.town.everybody_orders(V001=3, V002=1)
        self.town.cut_off()
        self.town.send()
        execute("UPDATE product SET barcode = :code WHERE sku = 'V002'", code=BARCODE)
        db.session.commit()
        self.client = sign_in(client, self.town.depot.account_id)
        self.first, self.second = (self.town.line_of(sku).id for sku in ("V001", "V002"))
        (order,) = self.town.purchase_orders()
        self.counting = f"/depot/receive/{order}"

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form with its token."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(self.counting).text)
        assert token
        return self.client.post(path, data={"csrf_token": token[1], **fields})

    def count(self, **fields: Any) -> Any:
        """Send the counting form."""
        return self.post(self.counting, **fields)


@pytest.fixture
def ramp(database: Any, client: Any) -> Ramp:
    return Ramp(client)


def focused(page: str) -> str:
    """Return the name of the field that has the focus."""
    (field,) = re.findall(r"<input[^>]*\bautofocus\b[^>]*>", page)
    return str(re.search(r'name="([^"]+)"', field)[1])  # type: ignore[index]


def test_a_scanned_code_leads_to_its_count_and_keeps_what_was_typed(ramp):
    page = ramp.count(note="N-1", scan=BARCODE, **{f"count_{ramp.first}": "4"}).text
    assert focused(page) == f"count_{ramp.second}"
    assert 'value="4"' in page
    assert focused(ramp.count(note="N-1", scan="v001").text) == f"count_{ramp.first}"
    unknown = ramp.count(note="N-1", scan="6900000000000")
    assert (unknown.status_code, focused(unknown.text)) == (200, "scan")
    assert "这张单上没有：6900000000000" in unknown.text
    assert places() == {}


def test_enter_shows_the_sums_and_only_the_button_takes_goods_in(ramp):
    page = ramp.count(note="N-1", check="1", **{f"count_{ramp.first}": "12", f"count_{ramp.second}": "4"})
    assert "还没入库：数了 2 种，16 件" in page.text
    assert ("多 2" in page.text, "差 6" in page.text) == (True, True)
    assert places() == {}
    answer = ramp.count(note="N-1", receive="1", **{f"count_{ramp.first}": "12"})
    assert (answer.status_code, places()) == (303, {"inbound": 12})
    assert "入库了：1 种，12 件。" in ramp.client.get(answer.location).text


def test_a_line_can_be_counted_lot_by_lot(ramp):
    page = ramp.count(note="N-1", another=str(ramp.first), **{f"count_{ramp.first}": "4"}).text
    assert focused(page) == f"count_{ramp.first}_2"
    fields = {
        f"count_{ramp.first}": "4",
        f"lot_{ramp.first}": "A1",
        f"count_{ramp.first}_2": "6",
        f"lot_{ramp.first}_2": "B7",
        f"expires_{ramp.first}_2": "2099-05-01",
    }
    again = ramp.count(note="N-1", another=str(ramp.first), **fields)
    assert focused(again.text) == f"count_{ramp.first}_3"
    assert ramp.count(note="N-1", receive="1", **fields).status_code == 303
    (receipt,) = receipts_for(ramp.town.depot, ramp.town.cycle_id)
    assert [(lot.received, lot.lot_number) for lot in receipt_for(ramp.town.depot, receipt.id).lots] == [
        (4, "A1"),
        (6, "B7"),
    ]


def test_a_lot_that_stands_twice_is_marked(ramp):
    both = {f"count_{ramp.first}": "4", f"count_{ramp.first}_2": "6"}
    answer = ramp.count(note="N-1", receive="1", **both)
    assert (answer.status_code, "同一批写了两行" in answer.text) == (422, True)


YESTERDAY = (date.today() - timedelta(days=2)).isoformat()  # noqa: DTZ011 - any day that is over


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"count": "-3"}, "请填 0 到"),
        ({"count": "3.5"}, "请填 0 到"),
        ({"count": BARCODE}, "请填 0 到"),
        ({"count": "3", "expires": YESTERDAY}, "过期的货不能入库"),
        ({"count": "3", "expires": "soon"}, "请填日期"),
        ({"count": "3", "lot": "x" * 41}, "太长了"),
        ({}, "还没有数"),
    ],
)
def test_a_count_that_makes_no_sense_is_refused_and_kept(ramp, typed, words):
    fields = {f"{name}_{ramp.first}": value for name, value in typed.items()}
    answer = ramp.count(note="N-1", receive="1", **fields)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert places() == {}
    assert all(f'value="{value}"' in answer.text for value in typed.values())


def test_the_same_note_with_other_counts_is_refused_beside_its_field(ramp):
    ramp.count(note="N-1", receive="1", **{f"count_{ramp.first}": "4"})
    same = ramp.count(note="N-1", receive="1", **{f"count_{ramp.first}": "4"})
    other = ramp.count(note="N-1", receive="1", **{f"count_{ramp.first}": "5"})
    assert (same.status_code, other.status_code) == (303, 422)
    assert "这张送货单已经入过库" in other.text
    assert places() == {"inbound": 4}


def sheet(text: str, name: str = "送货单.csv") -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), name


def test_a_delivery_note_fills_the_counts_and_takes_nothing_in(ramp):
    text = (
        "某某商贸送货单,,,,\n货号,条码,品名,数量（件）,批号\nV001,,,4,A1\nV001,,,6,B7\n,"
        + BARCODE
        + ",,3,\nX9,,土豆,5,\n合计,,,18,\n"
    )
    page = ramp.post(f"{ramp.counting}/sheet", note="N-9", sheet=sheet(text))
    assert page.status_code == 200
    for field, value in ((f"count_{ramp.first}_2", "6"), (f"lot_{ramp.first}_2", "B7"), (f"count_{ramp.second}", "3")):
        assert re.search(rf'name="{field}"[^>]* value="{value}"', page.text), field
    assert 'value="N-9"' in page.text
    assert "送货单上有 1 行不在这张采购单里" in page.text
    assert "土豆" in page.text
    assert places() == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "货号,数量\nV001,-4\n",
        "货号,数量\nV001,=1+1\n",
        "货号,数量\n,4\n",
        "货号,数量,到期日\nV001,4,2026-13-40\n",
        "别的\n1\n",
    ],
)
def test_a_delivery_note_that_cannot_be_read_says_where(ramp, text):
    page = ramp.post(f"{ramp.counting}/sheet", sheet=sheet(text))
    assert (page.status_code, "这个文件没读进去" in page.text) == (422, True)


def test_no_file_is_asked_for(ramp):
    page = ramp.post(f"{ramp.counting}/sheet")
    assert (page.status_code, "请先选一个文件。" in page.text) == (422, True)


def test_a_donation_is_taken_in_with_its_donor_and_purpose(ramp):
    address = f"/depot/receive/extra/donation?cycle={ramp.town.cycle_id}"
    fields = {"note": "G-1", "source": "青山饭店", "purpose": "care", "what_1": "V001", "count_1": "5"}
    checked = ramp.post(address, check="1", **fields)
    assert "还没入库：1 种，5 件" in checked.text
    nameless = ramp.post(address, accept="1", **fields | {"source": ""})
    assert (nameless.status_code, places()) == (422, {})
    answer = ramp.post(address, accept="1", **fields)
    page = ramp.client.get(answer.location).text
    assert ("青山饭店" in page, "留给要照顾的户" in page) == (True, True)
    assert places() == {"inbound": 5}


def test_a_product_that_is_not_known_is_asked_about_and_then_made(ramp):
    address = f"/depot/receive/extra/unexpected?cycle={ramp.town.cycle_id}"
    fields = {"note": "X-1", "what_1": BARCODE, "count_1": "2", "what_2": "毛豆", "count_2": "3"}
    asked = ramp.post(address, accept="1", **fields)
    assert (asked.status_code, 'name="grams_2"' in asked.text, 'name="grams_1"' in asked.text) == (422, True, False)
    told = {"unit_2": "袋", "grams_2": "500", "expires_2": "2099-05-01"}
    assert ramp.post(address, accept="1", **fields, **told).status_code == 303
    assert places() == {"inbound": 5}
    assert scalar("SELECT unit_weight_grams FROM product WHERE name_zh = '毛豆'") == 500
    more = ramp.post(address, another="1", rows="3", **fields)
    assert focused(more.text) == "what_4"


def test_damage_is_noted_with_a_photo_that_only_the_depot_sees(ramp):
    receipt = ramp.town.receive(V001=10)
    (lot,) = receipt_for(ramp.town.depot, receipt).lots
    fields = {"fault": "damaged", "lot": str(lot.id), "quantity": "2", "note": "压坏了", "noted_before": "0"}
    photo = (io.BytesIO(a_jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE))), "p.jpg")
    answer = ramp.post(f"/depot/receive/receipts/{receipt}/faults", **fields, photo=photo)
    assert (answer.status_code, places()) == (303, {"inbound": 8, "waste": 2})
    page = ramp.client.get(answer.location).text
    assert "坏了 2，已报损" in page
    (fault,) = rows("SELECT id FROM receipt_fault")
    shown = ramp.client.get(f"/depot/receive/faults/{fault.id}/photo")
    assert (shown.mimetype, shown.data) == ("image/jpeg", a_jpeg())
    twice = ramp.post(f"/depot/receive/receipts/{receipt}/faults", **fields)
    assert (twice.status_code, "刚才已经记过一条" in twice.text, places()["waste"]) == (422, True, 2)
    stranger = sign_in(ramp.client, Town().depot.account_id)
    assert stranger.get(f"/depot/receive/faults/{fault.id}/photo").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quantity": "0"}, "请填 1 到"),
        ({"quantity": "11"}, "只剩 10 件"),
        ({"lot": ""}, "请选是哪一种坏了"),
        ({"fault": "refused", "lot": "", "note": ""}, "或者写明是什么"),
        ({"photo": (io.BytesIO(b"<svg onload=alert(1)>"), "p.jpg")}, "这不是照片"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_beside_its_field(ramp, change, words):
    receipt = ramp.town.receive(V001=10)
    (lot,) = receipt_for(ramp.town.depot, receipt).lots
    fields = {"fault": "damaged", "lot": str(lot.id), "quantity": "2", "note": "压坏了", "noted_before": "0"} | change
    answer = ramp.post(f"/depot/receive/receipts/{receipt}/faults", **fields)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert scalar("SELECT count(*) FROM receipt_fault") == 0


def test_a_late_truck_is_told_where_its_goods_go(ramp):
    ramp.town.receive(V001=6, V002=2)
    finish_receiving(ramp.town.depot, ramp.town.cycle_id)
    assert "晚到的货入库后直接上架" in ramp.client.get(ramp.counting).text
    ramp.count(note="N-2", receive="1", **{f"count_{ramp.first}": "1"})
    assert places() == {"shelf": 9}


def test_ending_says_whether_somebody_must_decide(ramp):
    ramp.town.receive(V001=5, V002=2)
    assert "还有 2 种没到齐" in ramp.client.get("/depot/receive/finish").text
    answer = ramp.post("/depot/receive/finish")
    assert "有的不够分：先定怎么分" in ramp.client.get(answer.location).text
    home = ramp.client.get("/depot/receive").text
    assert ("N-1" in home, "收齐了" in home) == (True, True)
