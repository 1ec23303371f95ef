"""The order's place in the API: preconditions, bad input, other people's ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from supplyhub.app import create_app
from supplyhub.db import db, scalar
from supplyhub.people.states import Role
from tests.factories import Shop, an_account, bearer
from tests.factories_money import a_paid_charge

FIRST = {"If-None-Match": "*"}


class Ordering:
    """A shop and a household's hand on the API."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.shop = Shop()
        self.item = self.shop.item()
        self.url = f"/api/v1/menus/{self.shop.menu.id}/order"
        self.token = bearer(self.shop.home.account_id)

    def body(self, quantity: int = 2, **more: Any) -> dict[str, Any]:
        return {
            "lines": [{"item": self.item.id, "quantity": quantity}],
            "total_fen": quantity * self.item.price_fen,
        } | more

    def put(self, body: Any = None, headers: dict[str, str] | None = None, url: str | None = None) -> Any:
        headers = self.token | (FIRST if headers is None else headers)
        return self.client.put(url or self.url, json=self.body() if body is None else body, headers=headers)


@pytest.fixture
def ordering(client) -> Ordering:
    return Ordering(client)


def test_a_first_order_is_created_and_its_etag_is_its_version(ordering):
    answer = ordering.put()
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert answer.json["lines"] == [
        {
            "item": ordering.item.id,
            "quantity": 2,
            "unit_price_fen": 480,
            "consent": "less",
            "substitute": None,
            "most": None,
        }
    ]


def test_the_same_again_is_200_with_the_same_version(ordering):
    ordering.put()
    answer = ordering.put()
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')


def test_a_change_needs_the_version_it_was_made_from(ordering):
    ordering.put()
    assert ordering.put(ordering.body(3), headers={}).status_code == 428
    stale = ordering.put(ordering.body(3), headers=FIRST)
    assert (stale.status_code, stale.json["code"], stale.json["current"]["version"]) == (412, "stale", 1)
    assert ordering.put(ordering.body(3), headers={"If-Match": '"1"'}).headers["ETag"] == '"2"'
    assert ordering.put(ordering.body(4), headers={"If-Match": '"not-ours"'}).status_code == 412


def test_an_order_is_shown_and_cancelled_by_its_household(ordering):
    assert ordering.client.get(ordering.url, headers=ordering.token).status_code == 404
    ordering.put()
    assert ordering.client.get(ordering.url, headers=ordering.token).json["state"] == "placed"
    gone = ordering.client.delete(ordering.url, headers=ordering.token | {"If-Match": '"1"'})
    assert (gone.status_code, gone.json["state"], gone.json["lines"]) == (200, "cancelled", [])


def test_every_shortage_comes_back_in_one_problem(ordering):
    problem = ordering.put(ordering.body(101))
    assert (problem.status_code, problem.content_type) == (409, "application/problem+json")
    assert problem.json["code"] == "sold_out"
    assert problem.json["sold_out"] == [{"item": ordering.item.id, "asked": 101, "left": 100}]
    assert problem.json["over_cap"] == [{"item": ordering.item.id, "asked": 101, "cap": 10}]


@pytest.mark.parametrize(
    "spoil",
    [
        {"surprise": 1},
        {"lines": []},
        {"lines": None},
        {"lines": "1"},
        {"lines": [{"item": 1, "quantity": 0}]},
        {"lines": [{"item": 1, "quantity": -1}]},
        {"lines": [{"item": 1, "quantity": 10**30}]},
        {"lines": [{"item": 1, "quantity": 1.5}]},
        {"lines": [{"item": 1, "quantity": "2"}]},
        {"lines": [{"item": 1, "quantity": True}]},
        {"lines": [{"item": 10**30, "quantity": 1}]},
        {"lines": [{"item": 1, "quantity": 1}, {"item": 1, "quantity": 1}]},
        {"lines": [{"item": 1, "quantity": 1, "price": 0}]},
        {"lines": [{"item": 1, "quantity": 1, "consent": "maybe"}]},
        {"lines": [{"item": 1, "quantity": 1, "consent": "substitute"}]},
        {"lines": [{"item": 1, "quantity": 1, "consent": "less", "substitute": 2}]},
        {"lines": [{"item": 1, "quantity": 1, "consent": "substitute", "substitute": 1}]},
        {"lines": [{"item": 1, "quantity": 1, "consent": "substitute", "substitute": "2"}]},
        {"lines": [{"item": 1, "quantity": 2, "most": 2}]},
        {"lines": [{"item": 1, "quantity": 2, "most": "3"}]},
        {"lines": [{"item": n, "quantity": 1} for n in range(1, 300)]},
        {"total_fen": -1},
        {"total_fen": 10**30},
        {"total_fen": None},
        {"note": "\x00"},
        {"note": "a\ud800"},
        {"note": "长" * 201},
        {"note": {"a": 1}},
    ],
    ids=lambda spoil: str(spoil)[:40],
)
def test_a_bad_basket_is_refused_and_nothing_is_written(ordering, spoil):
    answer = ordering.put(ordering.body() | spoil)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert answer.json["errors"]
    assert scalar("SELECT count(*) FROM orders") == 0


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"lines": NaN}'])
def test_what_is_no_basket_at_all_is_a_4xx_problem(ordering, raw):
    headers = ordering.token | FIRST | {"Content-Type": "application/json"}
    answer = ordering.client.put(ordering.url, data=raw, headers=headers)
    assert 400 <= answer.status_code < 500
    assert answer.content_type == "application/problem+json"


def test_emoji_and_new_lines_in_a_note_are_kept(ordering):
    assert ordering.put(ordering.body(note="门口放🥬就好\n谢谢")).json["note"] == "门口放🥬就好\n谢谢"


def test_a_price_that_changed_is_told(ordering):
    problem = ordering.put(ordering.body(total_fen=1))
    assert (problem.status_code, problem.json["code"], problem.json["total_fen"]) == (409, "price_changed", 960)


def test_strangers_and_wrong_roles_are_turned_away(ordering):
    assert ordering.client.put(ordering.url, json=ordering.body()).status_code == 401
    assert ordering.client.put(ordering.url, headers={"Authorization": "Bearer " + "x" * 5000}).status_code == 401
    ordering.token = bearer(an_account(ordering.shop.community, Role.DEPOT).id)
    assert ordering.put().status_code == 403


def test_other_peoples_ids_are_unknown(ordering):
    lead = an_account(ordering.shop.community, Role.GRID_LEAD, grid=ordering.shop.grid)
    ordering.token = bearer(lead.id)
    elsewhere = Shop()
    menu, home = ordering.shop.menu.id, ordering.shop.home.id
    for url in (
        f"/api/v1/menus/{menu}/households/{elsewhere.home.id}/order",
        f"/api/v1/menus/{elsewhere.menu.id}/households/{home}/order",
        f"/api/v1/menus/{menu}/households/{10**30}/order",
        f"/api/v1/menus/{10**30}/households/{home}/order",
        f"/api/v1/menus/0/households/{home}/order",
    ):
        answer = ordering.put(url=url)
        assert (answer.status_code, answer.json["code"]) in {(404, "not_found"), (422, "invalid")}, url
    assert ordering.put(url=f"/api/v1/menus/{menu}/households/{home}/order").status_code == 201


def test_another_communitys_resident_gets_neither_menu_nor_order(ordering):
    ordering.token = bearer(Shop().home.account_id)
    assert ordering.client.get(f"/api/v1/menus/{ordering.shop.menu.id}", headers=ordering.token).status_code == 404
    assert ordering.put().status_code in {404, 409}
    assert scalar("SELECT count(*) FROM orders") == 0


def test_orders_are_taken_with_the_queue_server_down(ordering, settings):
    nobody_listens = create_app(replace(settings, redis_url="redis://127.0.0.1:1/0"))
    nobody_listens.test_client_class = type(ordering.client)
    ordering.client = nobody_listens.test_client()
    assert ordering.put().status_code == 201


def test_another_grids_closed_menu_is_as_unknown_as_an_open_one(ordering):
    elsewhere = Shop()
    elsewhere.menu.state = "closed"
    db.session.commit()
    answer = ordering.put(url=f"/api/v1/menus/{elsewhere.menu.id}/order")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "when", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-01-01T00:00:00", "soon"]
)
def test_times_that_no_calendar_here_can_write_are_refused(ordering, when):
    lead = bearer(an_account(ordering.shop.community, Role.GRID_LEAD, grid=ordering.shop.grid).id)
    body = {"opens_at": when, "cutoff_at": when, "items": [{"sku": "V1", "offered": 1, "cap": 1}]}
    url = f"/api/v1/cycles/{ordering.shop.cycle.id}/menus/{ordering.shop.grid.number}"
    assert ordering.client.put(url, json=body, headers=lead).status_code == 422


def test_menus_are_listed_with_items_left_and_cap(ordering):
    ordering.put()
    listed = ordering.client.get("/api/v1/menus", headers=ordering.token)
    assert [menu["id"] for menu in listed.json] == [ordering.shop.menu.id]
    assert listed.headers["X-Pagination"]
    menu = ordering.client.get(f"/api/v1/menus/{ordering.shop.menu.id}", headers=ordering.token).json
    assert [(item["left"], item["cap"]) for item in menu["items"]] == [(98, 10)]


def test_a_lead_lists_the_own_grids_orders_page_by_page(ordering):
    ordering.put()
    lead = bearer(an_account(ordering.shop.community, Role.GRID_LEAD, grid=ordering.shop.grid).id)
    url = f"/api/v1/cycles/{ordering.shop.cycle.id}/orders"
    assert len(ordering.client.get(url, headers=lead).json) == 1
    assert ordering.client.get(f"{url}?page=2", headers=lead).json == []
    assert ordering.client.get(f"{url}?page_size=9999", headers=lead).status_code == 422


def test_a_line_says_what_to_do_when_too_little_comes(ordering):
    other = ordering.shop.item()
    line = {"item": ordering.item.id, "quantity": 1, "consent": "substitute", "substitute": other.id}
    first = ordering.put({"lines": [line], "total_fen": 480})
    assert (first.status_code, first.json["lines"]) == (201, [line | {"unit_price_fen": 480, "most": None}])
    call = {"item": ordering.item.id, "quantity": 1, "consent": "call"}
    changed = ordering.put({"lines": [call], "total_fen": 480}, {"If-Match": '"1"'})
    assert (changed.headers["ETag"], changed.json["lines"][0]["consent"]) == ('"2"', "call")


def test_a_line_says_how_many_it_takes_to_fill_a_case(ordering):
    line = {"item": ordering.item.id, "quantity": 2, "most": 4}
    first = ordering.put({"lines": [line], "total_fen": 960})
    assert (first.status_code, first.json["lines"][0]["most"], first.json["total_fen"]) == (201, 4, 960)
    above = ordering.put({"lines": [line | {"most": 11}], "total_fen": 960}, {"If-Match": '"1"'})
    assert (above.status_code, above.json["over_cap"]) == (409, [{"item": ordering.item.id, "asked": 11, "cap": 10}])


def test_a_substitute_from_another_menu_is_refused(ordering):
    foreign = Shop().item()
    line = {"item": ordering.item.id, "quantity": 1, "consent": "substitute", "substitute": foreign.id}
    answer = ordering.put({"lines": [line], "total_fen": 480})
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert scalar("SELECT count(*) FROM orders") == 0


def test_an_order_says_what_is_owed_for_it_and_what_it_holds_goods_until(ordering):
    assert ordering.put().json["hold_until"] is None
    shown = ordering.client.get(ordering.url, headers=ordering.token).json
    assert (shown["value_fen"], shown["paid_fen"], shown["owed_fen"], shown["hold_until"]) == (960, 0, 960, None)
    a_paid_charge(shown["id"], 500)
    shown = ordering.client.get(ordering.url, headers=ordering.token).json
    assert (shown["value_fen"], shown["paid_fen"], shown["owed_fen"]) == (960, 500, 460)


def test_where_it_is_paid_first_an_order_holds_its_goods_for_a_quarter_of_an_hour(ordering):
    ordering.shop.menu.pays_online, ordering.shop.menu.pays_on_delivery = True, False
    db.session.commit()
    placed = ordering.put().json
    held = datetime.fromisoformat(placed["hold_until"]) - datetime.fromisoformat(placed["placed_at"])
    assert held == timedelta(minutes=15)
    shown = ordering.client.get(ordering.url, headers=ordering.token).json
    assert datetime.fromisoformat(shown["hold_until"]) == datetime.fromisoformat(placed["hold_until"])
