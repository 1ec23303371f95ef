"""Menus in the API: how they are made, and how a published one is edited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from supplyhub.db import scalar
from supplyhub.people.states import Role
from tests.factories import Shop, a_cycle, an_account, an_offer, bearer


class Leading:
    """A shop, its lead's hand on the API, and a resident's."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.shop = Shop()
        self.eggs = self.shop.item(offered=20, cap=5)
        self.url = f"/api/v1/menus/{self.shop.menu.id}"
        self.lead = bearer(an_account(self.shop.community, Role.GRID_LEAD, grid=self.shop.grid).id)
        self.home = bearer(self.shop.home.account_id)

    def edit(self, who: dict[str, str] | None = None, **changes: Any) -> Any:
        return self.client.patch(f"{self.url}/items/{self.eggs.id}", json=changes, headers=who or self.lead)

    def order(self, quantity: int) -> None:
        body = {"lines": [{"item": self.eggs.id, "quantity": quantity}], "total_fen": quantity * 480}
        answer = self.client.put(f"{self.url}/order", json=body, headers=self.home | {"If-None-Match": "*"})
        assert answer.status_code == 201

    def menu(self) -> Any:
        return self.client.get(self.url, headers=self.home).json

    def draft(self, **values: Any) -> Any:
        now = datetime.now(UTC)
        body = {
            "opens_at": now.isoformat(),
            "cutoff_at": (now + timedelta(hours=1)).isoformat(),
            "items": [{"sku": "V900", "offered": 10, "cap": 2, "price_fen": 250}],
        } | values
        url = f"/api/v1/cycles/{a_cycle(self.shop.community).id}/menus/{self.shop.grid.number}"
        return self.client.put(url, json=body, headers=self.lead)


@pytest.fixture
def leading(client) -> Leading:
    return Leading(client)


def test_a_menu_says_its_mode_and_what_each_item_was_bought_for(leading):
    an_offer(leading.shop.community, sku="V900")
    saved = leading.draft(mode="draw", care_percent=30)
    menu = leading.client.get(f"/api/v1/menus/{saved.json['id']}", headers=leading.lead).json
    assert (menu["mode"], menu["care_percent"], menu["edits"]) == ("draw", 30, [])
    (item,) = menu["items"]
    assert (item["position"], item["price_fen"], item["cost_fen"], item["fee_fen"]) == (1, 250, 300, -50)
    assert (item["offered"], item["withdrawn"]) == (10, False)


@pytest.mark.parametrize("wrong", [{"mode": "auction"}, {"care_percent": 101}, {"care_percent": -1}, {"mode": None}])
def test_no_menu_is_shared_in_a_way_that_is_not_known(leading, wrong):
    an_offer(leading.shop.community, sku="V900")
    assert leading.draft(**wrong).status_code == 422


@pytest.mark.parametrize(
    "ways", [["online"], ["on_delivery"], ["online", "on_delivery"], None], ids=["first", "door", "either", "unsaid"]
)
def test_a_menu_says_how_its_orders_may_be_paid(leading, app, monkeypatch, ways):
    monkeypatch.setitem(app.extensions, "gateway", object())
    an_offer(leading.shop.community, sku="V900")
    saved = leading.draft(**{} if ways is None else {"ways": ways})
    menu = leading.client.get(f"/api/v1/menus/{saved.json['id']}", headers=leading.lead).json
    assert menu["ways"] == (ways or ["on_delivery"])


@pytest.mark.parametrize("wrong", [[], ["cheque"], ["online", "online", "online"], "online", None])
def test_a_menu_that_nobody_could_pay_is_refused(leading, wrong):
    an_offer(leading.shop.community, sku="V900")
    assert leading.draft(ways=wrong).status_code == 422


def test_without_a_gateway_no_menu_is_paid_online(leading, app, monkeypatch):
    monkeypatch.setitem(app.extensions, "gateway", None)
    an_offer(leading.shop.community, sku="V900")
    refused = leading.draft(ways=["online"])
    assert (refused.status_code, refused.json["code"]) == (409, "payment_off")
    assert leading.draft(ways=["on_delivery"]).status_code == 200


@pytest.mark.parametrize("mode", ["first_come", "draw"])
def test_a_menu_of_either_mode_is_published(leading, mode):
    an_offer(leading.shop.community, sku="V900")
    menu = leading.draft(mode=mode).json["id"]
    assert leading.client.post(f"/api/v1/menus/{menu}/publish", headers=leading.lead).status_code == 204
    assert scalar("SELECT count(*) FROM draw WHERE menu_id = :menu", menu=menu) == (mode == "draw")
    assert leading.client.post(f"/api/v1/menus/{menu}/publish", headers=leading.lead).status_code == 409


def test_edits_are_public_and_so_is_the_item_as_it_is_now(leading):
    assert leading.edit(price_fen=450, cap=4).status_code == 204
    menu = leading.menu()
    assert [(item["price_fen"], item["cap"]) for item in menu["items"]] == [(450, 4)]
    told = [(edit["kind"], edit["before"], edit["after"], edit["item"]) for edit in menu["edits"]]
    assert told == [("cap", 5, 4, leading.eggs.id), ("price", 480, 450, leading.eggs.id)]
    assert leading.client.get(f"{leading.url}/edits", headers=leading.home).json == menu["edits"]
    assert set(menu["edits"][0]) == {"id", "item", "sku", "kind", "before", "after", "edited_at"}


def test_a_refused_edit_says_what_stands_against_it(leading):
    leading.order(3)
    answer = leading.edit(offered=2, cap=1)
    assert (answer.status_code, answer.json["code"]) == (409, "edit_refused")
    assert (answer.json["reserved"], answer.json["most"], answer.json["orders"]) == (3, 3, 1)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"price_fen": -1}, {"price_fen": "4.80"}, {"cap": 0}, {"offered": 1.5}, {"offered": None}, {"position": 2}],
)
def test_an_edit_of_nothing_or_nonsense_is_refused(leading, wrong):
    assert leading.edit(**wrong).status_code == 422
    assert leading.menu()["edits"] == []


def test_a_withdrawn_item_says_how_many_orders_it_was_in(leading):
    leading.order(3)
    item = f"{leading.url}/items/{leading.eggs.id}"
    answer = leading.client.delete(item, headers=leading.lead)
    assert (answer.status_code, answer.json) == (200, {"orders": 1, "cancelled": 1})
    assert [(item["withdrawn"], item["left"]) for item in leading.menu()["items"]] == [(True, 0)]
    assert leading.edit(price_fen=1).json["code"] == "item_withdrawn"
    assert leading.client.delete(item, headers=leading.lead).json == {"orders": 0, "cancelled": 0}


def test_residents_edit_nothing_and_strangers_see_no_edits(leading):
    assert leading.edit(leading.home, price_fen=1).status_code == 403
    assert leading.client.delete(f"{leading.url}/items/{leading.eggs.id}", headers=leading.home).status_code == 403
    stranger = bearer(Shop().home.account_id)
    assert leading.client.get(f"{leading.url}/edits", headers=stranger).status_code == 404
    other = Shop()
    lead = bearer(an_account(other.community, Role.GRID_LEAD, grid=other.grid).id)
    assert leading.edit(lead, price_fen=1).status_code == 404
