"""Receiving through the API: lots, gifts, delivery notes, faults with a photo."""

from __future__ import annotations

import io
from typing import Any

import pytest

from supplyhub.people.states import Role
from tests.factories import an_account, bearer
from tests.factories_depot import Town, places
from tests.rules.test_photos import a_jpeg, a_png

V1 = "/api/v1"
FAR = "2099-05-01"


class Ramp:
    """A town whose purchase order was sent, and a depot worker's hand on the API."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.town = Town(homes=2)
        self.town.everybody_orders(V001=3)
        self.town.cut_off()
        self.town.send()
        (self.order,) = self.town.purchase_orders()
        self.line = self.town.line_of("V001").id
        self.token = bearer(self.town.depot.account_id)

    def get(self, path: str, token: dict[str, str] | None = None) -> Any:
        return self.client.get(V1 + path, headers=token or self.token)

    def post(self, path: str, body: Any = None, token: dict[str, str] | None = None) -> Any:
        return self.client.post(V1 + path, json=body, headers=token or self.token)

    def send(self, path: str, field: str, data: bytes, name: str) -> Any:
        return self.client.post(V1 + path, data={field: (io.BytesIO(data), name)}, headers=self.token)


@pytest.fixture
def ramp(database: Any, client: Any) -> Ramp:
    return Ramp(client)


def test_a_delivery_is_entered_by_lot_and_read_again(ramp):
    lines = [
        {"line": ramp.line, "quantity": 4, "expires_on": FAR, "lot_number": "A1"},
        {"line": ramp.line, "quantity": 5, "expires_on": FAR, "lot_number": "B7"},
    ]
    receipt = ramp.post(f"/purchase-orders/{ramp.order}/receipts", {"delivery_note": "N-1", "lines": lines}).json
    (listed,) = ramp.get(f"/cycles/{ramp.town.cycle_id}/receipts").json
    assert (listed["id"], listed["kind"], listed["units"], listed["purchase_order"]) == (
        receipt["id"],
        "purchase",
        9,
        ramp.order,
    )
    whole = ramp.get(f"/receipts/{receipt['id']}").json
    assert [(lot["lot_number"], lot["received"], lot["damaged"]) for lot in whole["lots"]] == [
        ("A1", 4, 0),
        ("B7", 5, 0),
    ]
    twice = {"delivery_note": "N-2", "lines": [lines[0], lines[0]]}
    answer = ramp.post(f"/purchase-orders/{ramp.order}/receipts", twice)
    assert (answer.status_code, answer.json["twice"]) == (422, [ramp.line])


GIFT = {
    "kind": "donation",
    "delivery_note": "G-1",
    "source": "青山饭店",
    "goods": [
        {"product": "V001", "quantity": 2},
        {"new_product": {"name": "凉茶", "unit": "箱", "unit_weight_grams": 6000}, "quantity": 3, "expires_on": FAR},
    ],
}


def test_a_donation_is_entered_once(ramp):
    address = f"/cycles/{ramp.town.cycle_id}/receipts"
    first = ramp.post(address, GIFT)
    assert first.status_code == 200
    assert ramp.post(address, GIFT).json == first.json
    assert places() == {"inbound": 5}
    other = ramp.post(address, GIFT | {"purpose": "care"})
    assert (other.status_code, other.json["receipt"]) == (409, first.json["id"])


NO_GIFTS: list[dict[str, Any]] = [
    {"source": ""},
    {"kind": "purchase"},
    {"purpose": "friends"},
    {"goods": []},
    {"goods": [{"quantity": 1}]},
    {"goods": [GIFT["goods"][0] | GIFT["goods"][1]]},  # type: ignore[operator]
    {"goods": [{"product": "V001", "quantity": 0}]},
    {"goods": [{"product": "V001", "quantity": -1}]},
    {"goods": [{"product": "V001", "quantity": 1, "expires_on": "2020-01-01"}]},
    {"goods": [{"product": "nothing", "quantity": 1}]},
    {"goods": [{"new_product": {"name": "凉茶", "unit": "箱", "unit_weight_grams": 6000}, "quantity": 1}]},
    {
        "goods": [
            {"new_product": {"name": "凉茶", "unit": "箱", "unit_weight_grams": 0}, "quantity": 1, "expires_on": FAR}
        ]
    },
]


def test_a_donation_that_makes_no_sense_is_refused_whole(ramp):
    for change in NO_GIFTS:
        assert ramp.post(f"/cycles/{ramp.town.cycle_id}/receipts", GIFT | change).status_code == 422, change
    assert places() == {}


def test_a_delivery_note_is_read_against_the_orders_lines(ramp):
    text = "货号,品名,数量,到期日,批号\nv001,,4,2099/5/1,A1\n,土豆,5,,\n".encode()
    rows = ramp.send(f"/purchase-orders/{ramp.order}/delivery-note", "note", text, "送货单.csv").json
    assert rows == [
        {"row": 2, "names": ["v001"], "line": ramp.line, "quantity": 4, "expires_on": FAR, "lot_number": "A1"},
        {"row": 3, "names": ["土豆"], "line": None, "quantity": 5, "expires_on": None, "lot_number": ""},
    ]
    wrong = ramp.send(f"/purchase-orders/{ramp.order}/delivery-note", "note", "货号,数量\nV001,-1\n".encode(), "n.csv")
    assert (wrong.status_code, wrong.json["code"]) == (422, "file_refused")
    assert places() == {}


def test_damage_is_noted_with_a_photo(ramp):
    receipt = ramp.town.receive(V001=10)
    (lot,) = ramp.get(f"/receipts/{receipt}").json["lots"]
    photo = ramp.send("/photos", "photo", a_png(), "p.png").json
    body = {"fault": "damaged", "quantity": 2, "lot": lot["id"], "photo": photo["id"], "noted_before": 0}
    fault = ramp.post(f"/receipts/{receipt}/faults", body)
    assert (fault.status_code, places()) == (200, {"inbound": 8, "waste": 2})
    assert ramp.post(f"/receipts/{receipt}/faults", body).status_code == 409
    (noted,) = ramp.get(f"/receipts/{receipt}").json["noted_faults"]
    assert (noted["id"], noted["sku"], noted["has_photo"]) == (fault.json["id"], "V001", True)
    shown = ramp.get(f"/receipt-faults/{fault.json['id']}/photo")
    assert (shown.mimetype, shown.data) == ("image/png", a_png())
    assert ramp.send("/photos", "photo", b"<svg/>", "p.jpg").status_code == 422


NO_FAULTS: list[dict[str, Any]] = [
    {"quantity": 0},
    {"quantity": -1},
    {"fault": "ugly"},
    {"lot": None},
    {"fault": "refused"},
    {"surprise": 1},
]


def test_a_fault_that_makes_no_sense_is_refused(ramp):
    receipt = ramp.town.receive(V001=10)
    (lot,) = ramp.get(f"/receipts/{receipt}").json["lots"]
    for change in NO_FAULTS:
        body = {"fault": "damaged", "quantity": 2, "lot": lot["id"]} | change
        assert ramp.post(f"/receipts/{receipt}/faults", body).status_code == 422, change


def test_others_neither_receive_nor_look(ramp):
    receipt = ramp.town.receive(V001=10)
    lead = bearer(an_account(ramp.town.community, Role.GRID_LEAD, grid=ramp.town.first.grid).id)
    coordinator = bearer(ramp.town.coordinator.account_id)
    assert ramp.get(f"/receipts/{receipt}", lead).status_code == 403
    assert ramp.get(f"/receipts/{receipt}", coordinator).status_code == 200
    assert ramp.post(f"/cycles/{ramp.town.cycle_id}/receipts", GIFT, coordinator).status_code == 403
    stranger = bearer(Town().depot.account_id)
    photo = ramp.send("/photos", "photo", a_jpeg(), "p.jpg").json["id"]
    assert ramp.get(f"/receipts/{receipt}", stranger).status_code == 404
    body = {"fault": "refused", "quantity": 1, "note": "x", "photo": photo}
    assert ramp.post(f"/receipts/{receipt}/faults", body, stranger).status_code == 404
