"""The depot's place in the API."""

from __future__ import annotations

from typing import Any

import pytest

from supplyhub.db import scalar
from supplyhub.depot.commands import finish_receiving, share_out
from supplyhub.people.states import Role
from tests.factories import an_account, bearer
from tests.factories_depot import Town, a_volunteer, work

V1 = "/api/v1"


class Desk:
    """A town and a depot worker's hand on the API."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.town = Town(grids=2, homes=2)
        self.town.everybody_orders(V001=3)
        self.token = bearer(self.town.depot.account_id)

    def get(self, path: str, token: dict[str, str] | None = None) -> Any:
        return self.client.get(V1 + path, headers=token or self.token)

    def post(self, path: str, body: Any = None, token: dict[str, str] | None = None) -> Any:
        return self.client.post(V1 + path, json=body, headers=token or self.token)

    def bought(self) -> dict[str, Any]:
        """Go on to a purchase order that was sent, and return it."""
        self.town.cut_off()
        self.town.send()
        return self.get(f"/cycles/{self.town.cycle_id}/purchase-orders").json[0]

    def shared(self) -> None:
        """Go on to parcels."""
        self.town.cut_off()
        self.town.send()
        self.town.receive(V001=10)
        finish_receiving(self.town.depot, self.town.cycle_id)
        work(share_out, self.town.cycle_id)


@pytest.fixture
def desk(client) -> Desk:
    return Desk(client)


def test_a_purchase_order_is_sent_received_and_finished(desk):
    desk.town.cut_off()
    (order,) = desk.get(f"/cycles/{desk.town.cycle_id}/purchase-orders").json
    assert (order["state"], order["units"], order["cost_fen"]) == ("draft", 20, 6_000)
    (line,) = order["lines"]
    assert (line["sku"], line["demand"], line["cases"], line["quantity"]) == ("V001", 12, 2, 20)
    assert desk.post(f"/purchase-orders/{order['id']}/send").status_code == 204
    receipt = {"delivery_note": "N-1", "lines": [{"line": line["id"], "quantity": 9}]}
    first = desk.post(f"/purchase-orders/{order['id']}/receipts", receipt)
    assert first.status_code == 200
    assert desk.post(f"/purchase-orders/{order['id']}/receipts", receipt).json == first.json
    assert desk.get(f"/purchase-orders/{order['id']}").json["received_units"] == 9
    other = receipt | {"lines": [{"line": line["id"], "quantity": 8}]}
    answer = desk.post(f"/purchase-orders/{order['id']}/receipts", other)
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert desk.post(f"/cycles/{desk.town.cycle_id}/finish-receiving").status_code == 204
    assert [(lot["sku"], lot["shelf"]) for lot in desk.get("/stock").json] == [("V001", 9)]


NO_RECEIPTS = [
    {"surprise": 1},
    {"delivery_note": ""},
    {"delivery_note": "a\0b"},
    {"delivery_note": "x" * 61},
    {"lines": []},
    {"lines": [{"line": 1, "quantity": -1}]},
    {"lines": [{"line": 1, "quantity": 10**9}]},
    {"lines": [{"line": 10**30, "quantity": 1}]},
    {"lines": [{"line": 1, "quantity": 1, "expires_on": "soon"}]},
    {"lines": [{"line": 2**62, "quantity": 1}]},
]


def test_a_receipt_that_makes_no_sense_is_refused_whole(desk):
    order = desk.bought()
    for change in NO_RECEIPTS:
        body = {"delivery_note": "N-1", "lines": [{"line": order["lines"][0]["id"], "quantity": 1}]} | change
        answer = desk.post(f"/purchase-orders/{order['id']}/receipts", body)
        assert answer.status_code == 422, change
    assert desk.get("/stock").json == []


def test_expired_goods_are_refused_with_the_line(desk):
    order = desk.bought()
    line = {"line": order["lines"][0]["id"], "quantity": 1, "expires_on": "2020-01-01"}
    answer = desk.post(f"/purchase-orders/{order['id']}/receipts", {"delivery_note": "N", "lines": [line]})
    assert (answer.status_code, answer.json["expired_lines"]) == (422, [line["line"]])


def test_shortages_batches_and_parcels_are_listed(desk):
    desk.shared()
    (short,) = desk.get(f"/cycles/{desk.town.cycle_id}/shortages").json
    assert (short["sku"], short["short"], short["part_lines"]) == ("V001", 2, 2)
    first, second = desk.get(f"/cycles/{desk.town.cycle_id}/batches").json
    assert (first["grid"], second["grid"], first["parcels"], first["packed"]) == (1, 2, 2, 0)
    page = desk.get(f"/batches/{first['id']}/parcels?page_size=1")
    assert '"total": 2' in page.headers["X-Pagination"]
    (parcel,) = page.json
    assert (parcel["door"], parcel["state"], parcel["position"]) == ("10-1-101", "planned", 1)
    assert parcel["lines"][0]["sku"] == "V001"


def test_packing_answers_with_who_packed_before(desk):
    desk.shared()
    batch, codes = desk.town.batch_of(desk.town.first), desk.town.codes(desk.town.first)
    answer = desk.post(f"/batches/{batch}/pack", {"parcels": codes[:1]})
    assert answer.json == {"parcels": 1, "left": 1, "sealed": False}
    again = desk.post(f"/batches/{batch}/pack", {"parcels": codes})
    assert (again.status_code, again.json["code"]) == (409, "already_packed")
    assert again.json["by"] == desk.town.depot.display_name
    assert again.json["parcels"][0]["code"] == codes[0]
    unknown = desk.post(f"/batches/{batch}/pack", {"parcels": ["ZZZZZZ"]})
    assert (unknown.status_code, unknown.json["unknown"]) == (422, ["ZZZZZZ"])
    other = desk.post(f"/batches/{batch}/pack", {"parcels": desk.town.codes(desk.town.sides[1])})
    assert (other.status_code, {found["grid"] for found in other.json["other_batch"]}) == (409, {2})


def test_a_parcel_is_unpacked_for_a_reason_and_once(desk):
    desk.shared()
    batch, code = desk.town.batch_of(desk.town.first), desk.town.codes(desk.town.first)[0]
    desk.post(f"/batches/{batch}/pack", {"parcels": [code]})
    assert desk.post(f"/parcels/{code}/unpack", {"reason": "damaged"}).status_code == 422
    assert desk.post(f"/parcels/{code}/unpack", {"reason": "other"}).status_code == 422
    answer = desk.post(f"/parcels/{code}/unpack", {"reason": "misweighed", "note": "去皮"})
    assert (answer.status_code, answer.json) == (
        200,
        {"units": scalar("SELECT sum(quantity) FROM movement WHERE note = '去皮'")},
    )
    assert desk.post(f"/parcels/{code}/unpack", {"reason": "misweighed"}).status_code == 409
    assert desk.post("/parcels/ZZZZZZ/unpack", {"reason": "misweighed"}).status_code == 404
    coordinator = bearer(desk.town.coordinator.account_id)
    assert desk.post(f"/parcels/{code}/unpack", {"reason": "misweighed"}, coordinator).status_code == 403


def test_only_the_depot_packs_and_nobody_else_reads_its_lists(desk):
    desk.shared()
    town = desk.town
    batch = town.batch_of(town.first)
    lead = bearer(an_account(town.community, Role.GRID_LEAD, grid=town.first.grid).id)
    volunteer = bearer(a_volunteer(town.first).asker.account_id)
    resident = bearer(town.first.homes[0].account_id)
    for token in (lead, volunteer, resident):
        assert desk.get(f"/batches/{batch}/parcels", token).status_code == 403
        assert desk.post(f"/batches/{batch}/pack", {"parcels": ["ZZZZZZ"]}, token).status_code == 403
    assert (
        desk.post(f"/batches/{batch}/pack", {"parcels": ["X"]}, bearer(town.coordinator.account_id)).status_code == 403
    )


def test_another_communitys_things_are_not_found(desk):
    desk.shared()
    stranger = bearer(Town().depot.account_id)
    batch = desk.town.batch_of(desk.town.first)
    for path in (f"/batches/{batch}/parcels", f"/cycles/{desk.town.cycle_id}/batches", "/purchase-orders/999999999"):
        assert desk.get(path, stranger).status_code == 404
