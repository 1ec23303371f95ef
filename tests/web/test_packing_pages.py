"""The packers' pages: scan, tap or type; weigh; a crate at once; who was there first; what they print."""

from __future__ import annotations

import re

import pytest

from supplyhub.db import execute, rows, scalar, transaction
from supplyhub.delivery.commands import issue_tickets
from supplyhub.depot.commands import pack
from supplyhub.people.states import Role
from tests.factories import an_account, asking
from tests.factories_depot import Town, places, work
from tests.printed import codes_of, texts_of
from tests.web.test_pages import sign_in


class Bench:
    """A packer's table in grid 1: 4 homes, 2 of V001 each; the last has a W001 as well, which is weighed."""

    def __init__(self, client) -> None:
        self.town = Town(grids=2, homes=4, skus=("V001", "W001"))
        with transaction():
            execute("UPDATE product SET by_weight = true, unit_weight_grams = 500 WHERE sku = 'W001'")
        for side in self.town.sides:
            for home in side.homes[:3]:
                self.town.order(side, home, V001=2)
            self.town.order(side, side.homes[3], V001=2, W001=1)
        self.town.share()
        work(issue_tickets, self.town.cycle_id)
        self.client = sign_in(client, self.town.depot.account_id)
        self.batch = self.town.batch_of(self.town.first)
        self.codes = self.town.codes(self.town.first)
        self.item = self.town.first.items["W001"].id
        (crate,) = rows(
            "SELECT k.code FROM crate AS k JOIN ticket AS t ON t.id = k.ticket_id WHERE t.batch_id = :b", b=self.batch
        )
        self.crate = crate.code

    def get(self, path: str = "", **query):
        return self.client.get(f"/depot/pack/{self.batch}{path}", query_string=query)

    def post(self, path: str = "", **form):
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get().text)
        assert token
        return self.client.post(f"/depot/pack/{self.batch}{path}", data={"csrf_token": token[1], **form})

    def scan(self, code: str):
        return self.post(code=code, scan="1")


@pytest.fixture
def bench(client) -> Bench:
    return Bench(client)


def test_scanning_packs_what_needs_no_scales_and_opens_what_does(bench):
    assert bench.scan(bench.codes[0].lower()).status_code == 303
    assert places()["packed"] == 2
    answer = bench.scan(bench.codes[3])
    assert answer.location.endswith(f"parcel={bench.codes[3]}")
    page = bench.client.get(answer.location).text
    assert f'name="grams_{bench.item}_0"' in page
    assert "500\xa0g" in page
    assert places()["packed"] == 2


def test_a_parcel_is_packed_with_its_weight_and_not_without(bench):
    code, grams = bench.codes[3], f"grams_{bench.item}_0"
    assert bench.post(code=code).status_code == 422
    assert bench.post(code=code, **{grams: "很重"}).status_code == 422
    assert bench.post(code=code, **{grams: "５２０"}).status_code == 303
    assert scalar("SELECT grams FROM parcel_weight") == 520


def test_a_weight_that_is_far_off_is_asked_for_twice(bench):
    code, field = bench.codes[3], f"{bench.item}_0"
    answer = bench.post(code=code, **{f"grams_{field}": "5200"})
    assert answer.status_code == 422
    assert "没错就再点一次" in answer.text
    assert f'name="sure_{field}" value="5200"' in answer.text
    # Another weight is another question.
    assert bench.post(code=code, **{f"grams_{field}": "5300", f"sure_{field}": "5200"}).status_code == 422
    assert bench.post(code=code, **{f"grams_{field}": "5200", f"sure_{field}": "5200"}).status_code == 303


def test_what_is_missing_is_noted_with_its_reason(bench):
    item = bench.town.first.items["V001"].id
    answer = bench.post(code=bench.codes[0], **{f"missing_{item}_0": "1", f"reason_{item}_0": "spoiled"})
    assert answer.status_code == 303
    assert rows("SELECT units, reason FROM packing_short") == [(1, "spoiled")]
    assert bench.post(code=bench.codes[1], **{f"missing_{item}_0": "3"}).status_code == 422


def test_what_expired_is_named_and_filled_in_as_missing_for_the_packer_to_send(bench):
    with transaction():
        execute(
            "UPDATE lot SET expires_on = '2020-01-01', lot_number = 'L-7' WHERE product_id = (SELECT id FROM product"
            " WHERE sku = 'V001')"
        )
    answer = bench.post(code=bench.codes[1])
    assert answer.status_code == 409
    assert "批号 L-7" in answer.text
    lot = scalar("SELECT id FROM lot WHERE lot_number = 'L-7'")
    assert f'href="/depot/stock/{lot}#throw-away"' in answer.text
    item = bench.town.first.items["V001"].id
    missing, reason = f"missing_{item}_0", f"reason_{item}_0"
    assert re.search(rf'name="{missing}"[^>]*value="2"|value="2"[^>]*name="{missing}"', answer.text)
    assert '<option value="expired" selected>' in answer.text
    assert bench.post(code=bench.codes[1], **{missing: "2", reason: "expired"}).status_code == 303
    assert places()["waste"] == 2


def test_who_comes_second_sees_who_packed_it_and_when(bench):
    other = asking(an_account(bench.town.community, Role.DEPOT).id)
    pack(other, bench.batch, bench.codes[:1])
    for answer in (bench.scan(bench.codes[0]), bench.post(code=bench.codes[0])):
        assert answer.status_code == 409
        assert f"已经装过了：{other.display_name}，今天" in answer.text
    assert other.display_name in bench.get(parcel=bench.codes[0]).text


def test_a_crates_code_opens_it_and_all_of_it_is_packed_at_once_when_nothing_is_weighed(bench):
    answer = bench.scan(bench.crate)
    assert answer.location.endswith(f"crate={bench.crate}")
    page = bench.client.get(answer.location).text
    assert "1 号单 · 筐 1/1" in page
    # One of them is to be weighed: not at once.
    assert "整筐都装好了" not in page
    assert bench.post("/crate", crate=bench.crate).status_code == 409
    bench.post(code=bench.codes[3], **{f"grams_{bench.item}_0": "490"})
    assert "整筐都装好了" in bench.get(crate=bench.crate).text
    assert bench.post("/crate", crate=bench.crate).status_code == 303
    assert "这一筐装好了" in bench.get(crate=bench.crate).text
    assert scalar("SELECT state FROM batch WHERE id = :b", b=bench.batch) == "sealed"


def test_who_comes_second_to_a_crate_sees_who_packed_it(bench):
    other = asking(an_account(bench.town.community, Role.DEPOT).id)
    pack(other, bench.batch, bench.codes[:2])
    page = bench.get(crate=bench.crate).text
    assert re.search(f"已装 2 / 4 · {other.display_name} 今天 [0-9]{{2}}:[0-9]{{2}}", page)


def test_codes_of_another_grid_and_unknown_ones_are_refused(bench):
    theirs = bench.town.codes(bench.town.sides[1])[0]
    answer = bench.scan(theirs)
    assert (answer.status_code, "是第二网格第" in answer.text) == (409, True)
    crate = scalar(
        "SELECT k.code FROM crate AS k JOIN ticket AS t ON t.id = k.ticket_id WHERE t.batch_id <> :b", b=bench.batch
    )
    answer = bench.scan(crate)
    assert (answer.status_code, f"筐 {crate} 是第二网格的" in answer.text) == (409, True)
    assert "没有这个包裹：ZZZZZZ" in bench.scan("ZZZZZZ").text


def test_any_code_is_found_from_the_list_of_grids(bench):
    token = re.search(r'name="csrf_token" value="([^"]+)"', bench.client.get("/depot/pack").text)
    theirs = bench.town.codes(bench.town.sides[1])[0]
    for code, ends in ((bench.crate, f"crate={bench.crate}"), (theirs, f"parcel={theirs}")):
        answer = bench.client.post("/depot/pack", data={"csrf_token": token[1], "code": code})
        assert answer.location.endswith(ends)
    answer = bench.client.post("/depot/pack", data={"csrf_token": token[1], "code": "ZZZZZZ"})
    assert (answer.status_code, "ZZZZZZ" in answer.text) == (404, True)


def test_the_pick_list_goes_by_product_and_by_order_and_packs_what_needs_no_scales(bench):
    assert "称重" in bench.get("/list").text
    assert all(code in bench.get("/list", by="order").text for code in bench.codes)
    assert bench.post("/list").status_code == 303
    assert scalar("SELECT count(*) FROM parcel WHERE state = 'packed'") == 3
    assert "还有 1 个包裹要称重" in bench.get().text


@pytest.mark.parametrize("paper", ["a4", "roll", "papyrus"])
def test_labels_of_a_grid_and_of_all_grids_are_printed_and_one_again(bench, paper):
    one = bench.client.get(f"/depot/print/labels.pdf?batch={bench.batch}&paper={paper}")
    assert one.mimetype == "application/pdf"
    assert sorted(code for page in codes_of(one.data) for code in page) == sorted(bench.codes)
    every = codes_of(bench.client.get(f"/depot/print/labels.pdf?paper={paper}").data)
    assert len([code for page in every for code in page]) == 8
    again = bench.client.get(
        f"/depot/print/labels.pdf?kind=crates&batch={bench.batch}&paper={paper}&codes={bench.crate}"
    )
    assert codes_of(again.data) == [[bench.crate]]


def test_what_can_not_be_printed_is_said_on_the_page_where_one_chose_it(bench):
    answer = bench.client.get(f"/depot/print/labels.pdf?batch={bench.batch}&codes=ZZZZZZ", follow_redirects=True)
    assert "这里没有这些标签：ZZZZZZ" in answer.text
    assert bench.client.get("/depot/print/labels.pdf?batch=x").status_code == 404
    assert bench.client.get(f"/depot/print?batch={10**17}").status_code == 404


def test_pick_lists_are_printed(bench):
    for by in ("product", "order"):
        answer = bench.client.get(f"/depot/print/list.pdf?batch={bench.batch}&by={by}")
        assert "第一网格批次" in texts_of(answer.data)[0]


def test_a_packed_parcel_is_unpacked_from_where_its_code_was_scanned(bench):
    code = bench.codes[0]
    assert bench.scan(code).status_code == 303
    address = f"/depot/pack/parcels/{code}/unpack"
    for answer in (bench.scan(code), bench.get(parcel=code)):
        assert f'href="{address}"' in answer.text
    page = bench.client.get(address).text
    assert bench.town.depot.display_name in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token

    def send(**form):
        return bench.client.post(address, data={"csrf_token": token[1], **form})

    assert send().status_code == 422
    assert send(reason="other").status_code == 422
    assert places()["packed"] == 2
    answer = send(reason="mispacked")
    assert answer.location.endswith(f"parcel={code}")
    assert "2 件回到架上" in bench.client.get(answer.location).text
    assert "packed" not in places()
    assert send(reason="mispacked").status_code == 409
    assert bench.client.get("/depot/pack/parcels/ZZZZZZ/unpack").status_code == 404
