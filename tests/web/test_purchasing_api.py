"""Buying through the API: sent, confirmed, closed; what a platform takes at least; what the shelf still has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from supplyhub.depot.commands import finish_receiving
from tests.factories import bearer
from tests.factories_depot import Town
from tests.web.test_depot_api import Desk

if TYPE_CHECKING:
    from flask.testing import FlaskClient

V1 = "/api/v1"


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return Desk(client)


def put(desk: Desk, path: str, body: Any, token: dict[str, str]) -> Any:
    return desk.client.put(V1 + path, json=body, headers=token)


def a_draft(desk: Desk) -> dict[str, Any]:
    desk.town.cut_off()
    (order,) = desk.get(f"/cycles/{desk.town.cycle_id}/purchase-orders").json
    return order


def test_an_order_below_what_the_platform_takes_goes_out_only_when_that_is_said(desk):
    coordinator = bearer(desk.town.coordinator.account_id)
    order = a_draft(desk)
    (platform,) = desk.get("/platforms").json
    path = f"/platforms/{platform['id']}/minimum-order"
    assert put(desk, path, {"minimum_order_fen": 999_999}, desk.token).status_code == 403
    assert put(desk, path, {"minimum_order_fen": -1}, coordinator).status_code == 422
    assert put(desk, path, {"minimum_order_fen": 999_999}, coordinator).status_code == 204
    refused = desk.post(f"/purchase-orders/{order['id']}/send")
    assert (refused.status_code, refused.json["code"]) == (409, "below_minimum")
    assert refused.json["total_fen"] == order["cost_fen"]
    assert desk.post(f"/purchase-orders/{order['id']}/send", {"below_minimum": True}).status_code == 204


def test_a_confirmation_is_read_back_and_refused_for_more_than_was_ordered(desk):
    order = desk.bought()
    (line,) = order["lines"]
    path = f"/purchase-orders/{order['id']}/confirm"
    assert desk.post(path, {"lines": [{"line": line["id"], "quantity": 11}]}).status_code == 204
    confirmed = desk.get(f"/purchase-orders/{order['id']}").json
    assert (confirmed["state"], confirmed["expected_units"]) == ("confirmed", 11)
    assert confirmed["lines"][0]["confirmed_cost_fen"] == line["cost_fen"]
    more = {"lines": [{"line": line["id"], "quantity": line["quantity"] + 1}]}
    assert desk.post(path, more).status_code == 422
    assert desk.post(path, {"lines": [{"line": line["id"], "quantity": -1}]}).status_code == 422
    assert desk.post(path, {}).status_code == 204


def test_only_the_coordinator_closes_and_only_what_was_received(desk):
    coordinator = bearer(desk.town.coordinator.account_id)
    order = desk.bought()
    path = f"/purchase-orders/{order['id']}/close"
    assert desk.post(path).status_code == 403
    assert desk.post(path, token=coordinator).status_code == 409
    desk.town.receive(V001=20)
    finish_receiving(desk.town.depot, desk.town.cycle_id)
    assert desk.post(path, token=coordinator).status_code == 204
    assert desk.get(f"/purchase-orders/{order['id']}").json["state"] == "closed"


def test_what_a_closed_cycle_left_on_the_shelf_is_offered_to_the_next_menus(client):
    town = Town(homes=1)
    town.everybody_orders(V001=4)
    town.share(V001=10)
    town.pack()
    headers = bearer(town.depot.account_id)
    assert client.get(f"{V1}/shelf-surplus", headers=headers).json == []
    town.close_by_hand()
    (left,) = client.get(f"{V1}/shelf-surplus", headers=headers).json
    assert (left["sku"], left["units"]) == ("V001", 6)
    assert client.get(f"{V1}/shelf-surplus", headers=bearer(Town().depot.account_id)).json == []
